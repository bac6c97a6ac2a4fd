"""Recalling records from several partners: from the order to the last signed receipt.

    python benchmarks/recall.py [--records 1000 10000] [--partners 5]
    python benchmarks/recall.py --records 100000    # the goal's own size: most of it is giving

Real nodes on SQLite, each partner a process of its own, as real nodes are; batches go between them
as the bytes that a line would carry, and are carried and answered by the node's own functions, as
``esclusa partner recall --sync`` and ``esclusa partner serve`` do: to all partners side by side,
from the first lot on. Only certificates and the network are left out. Each recall passes the release rules, the outbox, the wire with
its Merkle root and signature, the partner's checks, the erasure from its tables and indexes with
the analysis of what rested on it, its receipt, and the way back; audit lines and the transparency
log at both ends. Wall time is that of a machine with as many cores as were free; CPU seconds of the
giver and of all partners together tell what it costs. Afterwards no copy, no body, no word in an
index and no alert on a copy is left at any partner, and its files hold no bill's number any more.
The floor is the same number of messages through the pure exchange of two nodes, without bytes,
ledger and erasure.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import multiprocessing
import re
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.synthetic import generate_cuscar

from esclusa.model import Marking
from esclusa.node import Node, credentials
from esclusa.node.carrying import carrying
from esclusa.node.line import Synced, answer
from esclusa.sharing.agreement import Signed, read_agreement, sign, write_signed
from esclusa.sharing.exchange import core, moves
from esclusa.sharing.exchange.messages import CLASSES, Content, Onward, Verified
from esclusa.sharing.exchange.outbox import content_digest
from esclusa.sharing.exchange.rows import Cut, Pact
from esclusa.sharing.exchange.state import Rules, State, apply, snapshot
from esclusa.sharing.keys import AGREEMENT

GOAL = 30.0
"""Seconds for 100,000 records at 5 partners."""
GIVER = "marisol"


class Used(msgspec.Struct):
    """CPU seconds so far, and the most memory held, in MiB."""

    cpu: float
    memory: float


def used() -> Used:
    """Return what this process has used."""
    return Used(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


class Partner:
    """A partner's node in a process of its own."""

    def __init__(self, folder: Path) -> None:
        here, there = multiprocessing.get_context("spawn").Pipe()
        self._line = here
        self._process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(folder, there), daemon=True
        )
        self._process.start()
        there.close()
        self.agency = folder.name

    def send(self, path: str, body: bytes) -> bytes:
        """Hand over what goes to an address of the line; return what the partner answers."""
        self._line.send_bytes(path.encode())
        self._line.send_bytes(body)
        return self._line.recv_bytes()

    def used(self) -> Used:
        """Return what the partner's process has used."""
        return msgspec.msgpack.decode(self.send("used", b""), type=Used)

    def close(self) -> None:
        """End the process."""
        self._line.send_bytes(b"")
        self._process.join()


def serve(folder: Path, line: Connection) -> None:
    """Answer as the line does until an empty address comes."""
    node = Node.open(folder)
    while path := line.recv_bytes().decode():
        body = line.recv_bytes()
        if path == "used":
            line.send_bytes(msgspec.msgpack.encode(used()))
        else:
            line.send_bytes(answer(node.exchange, GIVER, path, body))
    node.close()


@contextmanager
def world(folder: Path, partners: int) -> Iterator[tuple[Node, list[Partner]]]:
    """Yield a giving node and its partners, with agreements in force."""
    now = dt.datetime.now(dt.UTC)
    names = [GIVER, *(f"partner{number}" for number in range(partners))]
    nodes = [Node.create(folder / name, agency=name) for name in names]
    for node in nodes:
        credentials.create(node.folder, node.agency, now)
    giver = nodes[0]
    for node in nodes[1:]:
        for one, other in ((giver, node), (node, giver)):
            keys = credentials.read_public(other.folder).keys
            one.exchange.add_partner(other.agency, keys, address="", by="benchmark")
        agree(giver, node)
        node.close()
    others = [Partner(folder / name) for name in names[1:]]
    for partner in others:
        partner.used()  # answers once its node is open
    yield giver, others
    for partner in others:
        partner.close()
    giver.close()


def agree(giver: Node, other: Node) -> None:
    """Put the shipped agreement in force between two nodes."""
    sample = files("esclusa.samples").joinpath("agreements", "marisol-northreach.yaml")
    text = sample.read_text("utf-8").replace("northreach", other.agency)
    text = text.replace(f"{giver.agency}-{other.agency}", f"marisol-{other.agency}")
    signers = {node.agency: node.exchange.credentials.signer(AGREEMENT) for node in (giver, other)}
    for party in read_agreement(text.encode()).parties:
        text = text.replace(party.key, signers[party.agency].key_id)
    today = dt.datetime.now(dt.UTC).date()
    text = text.replace("from: 2026-12-01", f"from: {today.isoformat()}")
    signed = Signed(agreement=read_agreement(text.encode()))
    for agency, signer in signers.items():
        signed = sign(signed, agency, signer.key_id, dt.datetime.now(dt.UTC), signer.sign)
    for node in (giver, other):
        node.exchange.adopt(write_signed(signed), by="benchmark")


@contextmanager
def carried(giver: Node, others: Sequence[Partner]) -> Iterator[None]:
    """Carry to and from every partner while the block runs, and until all is acknowledged."""
    with carrying(giver.exchange, {other.agency: other.send for other in others}) as outcome:
        yield
    for agency, made in outcome.items():
        assert isinstance(made, Synced) and made.up_to_date, f"{agency}: {made}"


class Cost(msgspec.Struct):
    """What a part took: seconds, CPU seconds of the giver and of all partners, most MiB in one."""

    wall: float
    giver: float
    partners: float
    memory: float

    @property
    def cpu(self) -> float:
        """CPU seconds of all."""
        return self.giver + self.partners


@contextmanager
def measured(others: Sequence[Partner]) -> Iterator[Cost]:
    """Fill in what the block took."""
    cost = Cost(0, 0, 0, 0)
    started, before, theirs = time.perf_counter(), used(), [other.used() for other in others]
    yield cost
    after, now = used(), [other.used() for other in others]
    cost.wall, cost.giver = time.perf_counter() - started, after.cpu - before.cpu
    cost.partners = sum(now.cpu - then.cpu for now, then in zip(now, theirs, strict=True))
    cost.memory = max(after.memory, *(one.memory for one in now))


def recalled(count: int, partners: int) -> tuple[Cost, Cost]:
    """Return what giving took, and what recalling took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with world(folder, partners) as (giver, others):
            data = b"".join(generate_cuscar(count))
            marking = msgspec.structs.replace(
                giver.settings.intake_marking(),
                releasable_to=frozenset(partner.agency for partner in others),
            )
            source = giver.receive(giver.operator(), "m.edi", io.BytesIO(data), marking=marking)
            giver.process(source.id)
            with measured(others) as gave, carried(giver, others):
                giver.exchange.publish()
            ids = [place.id for place in giver.exchange.pointers.values()]
            with measured(others) as took, carried(giver, others):
                giver.exchange.withdraw(ids, by="benchmark")
            state = giver.exchange.state()
            gone = sum(grant.state == "gone" for grant in state.grants.values())
            assert gone == len(ids) * partners, f"{gone} receipts for {len(ids)} × {partners}"
            told = sum(bool(receipt.erased) for receipt in state.trail.values())
            assert told == gone, f"{told} of {gone} receipts list what was erased"
        bills = bills_of(giver, ids, data)
        for partner in others:
            check_gone(folder / partner.agency, bills)
    return gave, took


def bills_of(giver: Node, ids: Sequence[str], data: bytes) -> list[bytes]:
    """Return the numbers of bills that were given, as the manifest writes them: a sample."""
    found = sorted(set(re.findall(rb"CNI\+\d+\+([^:'+]+)", data)))
    assert len(found) >= len(ids) * 0.9, f"{len(found)} bills in the manifest for {len(ids)}"
    return found[:: max(1, len(found) // 50)]


def check_gone(folder: Path, bills: Sequence[bytes]) -> None:
    """Stop when a partner still holds anything of what was recalled."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
        left = {
            what: ledger.execute(f"SELECT count(*) FROM {what}").fetchone()[0]
            for what in ("record WHERE body IS NOT NULL AND kind <> 'list_entry'", "queue",
                         "record_text",
                         "exchange_row WHERE name = 'copies' AND instr(row, '\"body\":{') > 0")
        }  # fmt: skip
    assert not any(left.values()), f"{folder.name} still holds {left}"
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        found = [bill for bill in bills if bill in data]
        assert not found, f"{path.name} of {folder.name} still holds {found[:3]}"


def floor(count: int) -> float:
    """Return CPU seconds for each recall and receipt in the pure exchange."""
    now = dt.datetime.now(dt.UTC)
    marking = Marking(releasable_to=frozenset({"other"}), purposes=frozenset({"border_control"}))
    content = Content("s" * 32, msgspec.Raw(b'{"said":"' + b"x" * 1200 + b'"}'))
    cut = Cut(content, content_digest(content), ("said",), marking, Onward())
    rules = Rules(lambda *_: cut, lambda _: True)
    day = dt.timedelta(days=1)
    pact = Pact("ab" * 32, now - day, now + 300 * day, 30 * day, 5 * day, 2 * day)
    giver, other = (snapshot(State(me=name)) for name in (GIVER, "other"))
    apply(giver, moves.adopt(giver, rules, now, partner="other", pact=pact))
    apply(other, moves.adopt(other, rules, now, partner=GIVER, pact=pact))

    def carry(one: State, two: State) -> None:
        batch = core.batch_for(one, two.me, now, limit=2 * count + 10)
        apply(two, core.receive(two, rules, Verified(batch, one.me), now))

    names = [f"record-{number:09d}" for number in range(count)]
    for name in names:
        apply(giver, moves.state_record(giver, rules, now, record=name, kind="consignment",
                                        version=1, marking=marking, content=content))  # fmt: skip
    carry(giver, other)
    carry(other, giver)
    cpu = time.process_time()
    apply(giver, moves.withdraw_all(giver, rules, now, versions=dict.fromkeys(names, 2)))
    carry(giver, other)
    places = dict.fromkeys(CLASSES, 1)
    reports = {key: (owed, places) for key, owed in other.owed.items()}
    apply(other, moves.erased_all(other, rules, now, reports=reports))
    carry(other, giver)
    took = time.process_time() - cpu
    assert all(grant.state == "gone" for grant in giver.grants.values())
    return took / count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Recall with receipts")
    parser.add_argument("--records", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--partners", type=int, default=5)
    chosen = parser.parse_args()
    print(f"{'records':>9}{'partners':>9}{'given s':>9}{'recalled s':>11}{'CPU s':>8}"
          f"{'of giver':>9}{'CPU ms each':>12}{'cores':>7}{'MiB':>7}")  # fmt: skip
    least = GOAL / 100_000 / 5 * 1000
    for count in chosen.records:
        gave, took = recalled(count, chosen.partners)
        each = took.cpu / count / chosen.partners * 1000
        print(f"{count:>9,}{chosen.partners:>9}{gave.wall:>9.1f}{took.wall:>11.2f}{took.cpu:>8.1f}"
              f"{took.giver:>9.1f}{each:>12.3f}{took.cpu / took.wall:>7.2f}{took.memory:>7,.0f}",
              flush=True)  # fmt: skip
        alone = took.wall / count / chosen.partners * 1000
        reached = "reached" if alone <= least else "not reached"
        print(f"   {alone:.3f} ms of time for each record and partner; the goal allows {least:.2f}:"
              f" {reached} at this size", flush=True)  # fmt: skip
    print(f"floor, the pure exchange: {floor(10_000) * 1000:.3f} ms each")


if __name__ == "__main__":
    main()
