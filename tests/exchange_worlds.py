"""Nodes that exchange: Marisol, Northreach, Altamira, each with keys, agreements and a clock.

The clock is the machine's, moved by the test; bytes go from hand to hand in memory.
"""

from __future__ import annotations

import datetime as dt
import io
import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

import worlds
from esclusa.model import Level, Marking, Record
from esclusa.node import credentials
from esclusa.node.node import Node
from esclusa.sharing.agreement import Agreement, Signed, read_agreement, sign, write_signed
from esclusa.sharing.keys import AGREEMENT
from esclusa.sharing.reader import Reader, Role

MANIFEST = files("esclusa.samples").joinpath("manifest-northreach-0412.edi")


class Clock:
    """The machine's clock, moved by a test."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead


class World:
    """Nodes by agency, all on one clock, each knowing the others' keys."""

    def __init__(
        self, folder: Path, *agencies: str, databases: dict[str, str] | None = None
    ) -> None:
        self.clock = Clock()
        self.nodes: dict[str, Node] = {}
        began = self.clock() - dt.timedelta(days=1)
        for agency in agencies:
            place = folder / agency
            node = Node.create(place, agency=agency, database=(databases or {}).get(agency, ""))
            credentials.create(place, agency, began)
            node.exchange.now = self.clock
            self.nodes[agency] = node
        for node in self.nodes.values():
            for other in self.nodes.values():
                if other is not node:
                    keys = credentials.read_public(other.folder).keys
                    node.exchange.add_partner(other.agency, keys, address="", by="test")

    @classmethod
    def copied(cls, made: Path, folder: Path, *agencies: str) -> World:
        """Open copies of the nodes of a closed world, which is quicker than making them."""
        world = cls.__new__(cls)
        world.clock, world.nodes = Clock(), {}
        for agency in agencies:
            shutil.copytree(made / agency, folder / agency)
            world.nodes[agency] = node = Node.open(folder / agency)
            node.exchange.now = world.clock
        return world

    def __getitem__(self, agency: str) -> Node:
        return self.nodes[agency]

    def reopen(self, agency: str) -> Node:
        """Close a node and open it anew, as after a restart."""
        self[agency].close()
        self.nodes[agency] = node = Node.open(self[agency].folder)
        node.exchange.now = self.clock
        return node

    def close(self) -> None:
        """Close every node."""
        for node in self.nodes.values():
            node.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def add_people(self) -> None:
        """Give every node one account per role."""
        for node in self.nodes.values():
            worlds.add_people(node)

    def agree(self, first: str, second: str, **changes: Any) -> Signed:
        """Have two agencies sign the shipped sample between them and put it in force."""
        signed = self.signed(self.draft(first, second, **changes))
        for agency in (first, second):
            self[agency].exchange.adopt(write_signed(signed), by="test")
        return signed

    def draft(
        self, first: str, second: str, sample: str = "marisol-northreach", **changes: Any
    ) -> Agreement:
        """Return a shipped sample between two agencies, the first in Marisol's place."""
        text, shipped = _shipped(sample)
        for party in shipped.parties:
            agency = {"marisol": first, "northreach": second}[party.agency]
            text = text.replace(party.key, self.signer(agency).key_id)
        agencies = ("marisol", "northreach", "altamira")
        third = next(name for name in agencies if name not in (first, second))
        for number, name in enumerate(agencies):
            text = text.replace(name, f"_{number}_")
        for number, name in enumerate((first, second, third)):
            text = text.replace(f"_{number}_", name)
        start = (self.clock() - dt.timedelta(days=1)).date()
        text = text.replace("from: 2026-12-01", f"from: {start.isoformat()}")
        return msgspec.structs.replace(read_agreement(text.encode()), **changes)

    def signer(self, agency: str) -> Any:
        """Return the signer of an agency's agreements."""
        return self[agency].exchange.credentials.signer(AGREEMENT)

    def signed(self, agreement: Agreement) -> Signed:
        """Return an agreement that both parties have signed."""
        done = Signed(agreement=agreement)
        for party in agreement.parties:
            signer = self.signer(party.agency)
            done = sign(done, party.agency, signer.key_id, self.clock(), signer.sign)
        return done

    def sync(self, *pair: str, rounds: int = 6) -> None:
        """Carry batches to and fro between two agencies until neither has news."""
        first, second = (self[agency].exchange for agency in pair)
        for _ in range(rounds):
            second.receive(first.batch(second.agency))
            first.receive(second.batch(first.agency))
            if not first.has_news(second.agency) and not second.has_news(first.agency):
                return


@cache
def _shipped(sample: str) -> tuple[str, Agreement]:
    """Return a shipped agreement, as text and read."""
    text = files("esclusa.samples").joinpath("agreements", f"{sample}.yaml").read_text("utf-8")
    return text, read_agreement(text.encode())


def for_partners(*agencies: str, level: Level = Level.OFFICIAL, caveats: tuple[str, ...] = (),
                 ) -> Marking:  # fmt: skip
    """Return a marking that names partners."""
    return Marking(level=level, releasable_to=frozenset(agencies), caveats=frozenset(caveats))


def take_in(node: Node, marking: Marking, data: bytes | None = None, name: str = "m.edi") -> None:
    """Take a manifest in, marked."""
    stream = io.BytesIO(MANIFEST.read_bytes() if data is None else data)
    view = node.receive(node.operator(), name, stream, marking=marking)
    node.process(view.id)


def officer(node: Node, **changes: Any) -> Reader:
    """Return an analyst of a node."""
    given = {"role": Role.ANALYST, "clearance": Level.RESTRICTED, "purpose": "targeting"} | changes
    return Reader(name="ana", agency=node.agency, **given)  # type: ignore[arg-type]


def found(node: Node, text: str, reader: Reader | None = None) -> list[Any]:
    """Return what an analyst of a node finds by searching."""
    return list(node.search(reader or officer(node), text).rows)


def own(node: Node, kind: str = "consignment") -> list[Record]:
    """Return a node's own records of a kind."""
    from esclusa.ledger import records

    with node.store.read() as connection:
        return list(records.current_of_kind(connection, node.labels, kind))
