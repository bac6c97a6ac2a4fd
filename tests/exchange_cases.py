"""Small records for the tests of the exchange, and a search for what must be nowhere.

A ``marked`` manifest carries a word of its own in every field that could travel, so that a search
of bytes tells which field got where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from esclusa.ledger import records
from esclusa.model import Marking, Record
from esclusa.node import Node
from exchange_worlds import World, for_partners, own, take_in

BOX, OTHER_BOX = "CSQU3054383", "MSKU9070323"


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What one consignment of a manifest says."""

    bill: str = "KANARIBILL"
    shipper: str = "KANARI SHIPPER LTD"
    consignee: str = "KANARI CONSIGNEE SA"
    notify: str = "KANARI NOTIFY SA"
    goods: str = "KANARI GOODS"
    marks: str = "KANARI MARKS"
    street: str = "KANARI STREET 1"
    box: str = BOX
    seal: str = "KANARISEAL"


def manifest(*bills: Bill, function: str = "9") -> bytes:
    """Return a CUSCAR interchange; the same bill said again is its next version."""
    body = (
        f"BGM+85+M1+{function}'DTM+132:202612010800:203'"
        "TDT+20+0412N+1++NRCH:172:20+++9074729:146::NORTHREACH STAR'"
    )
    for item in bills:
        body += f"EQD+CN+{item.box}+22G1:102:5++2+5'MEA+AAE+G+KGM:16700.5'SEL+{item.seal}+CA'"
    for number, item in enumerate(bills, 1):
        body += (
            f"CNI+{number}+{item.bill}'RFF+BM:{item.bill}'MOA+144:7777.25:USD'"
            f"LOC+9+CNSHA:139:6'LOC+11+PAONX:139:6'LOC+8+PAONX:139:6'CPI+4++P'"
            f"NAD+CZ+++{item.shipper}+{item.street}+SHANGHAI+++CN'"
            f"NAD+CN+++{item.consignee}+{item.street}+COLON+++PA'"
            f"NAD+NI+++{item.notify}+{item.street}+COLON+++PA'"
            f"GID+1+576:BG'FTX+AAA+++{item.goods}'MEA+AAE+G+KGM:14499.5'MOA+40:60480.25:USD'"
            f"SGP+{item.box}+576'PCI+24+{item.marks}'CST++090111:122:5'"
        )
    segments = body.count("'") + 2
    head = "UNA:+.? 'UNB+UNOC:3+NRCH+MARISOL+261123:1200+I1'UNH+1+CUSCAR:D:95B:UN'"
    return f"{head}{body}UNT+{segments}+1'UNZ+1+I1'".encode("latin-1")


def give(
    world: World, *bills: Bill, giver: str = "marisol", to: tuple[str, ...] = ("northreach",),
    marking: Marking | None = None, sync: bool = True,
) -> None:  # fmt: skip
    """Take bills in at the giver and carry them to a partner."""
    node = world[giver]
    take_in(node, marking or for_partners(*to), manifest(*bills), f"{bills[0].bill}.edi")
    node.exchange.publish()
    if sync:
        world.sync(giver, to[0])


def record_of(node: Node, bill: str) -> Record:
    """Return a node's present record of a bill."""
    return next(item for item in own(node) if bill in _text(item))


def held(node: Node, bill: str = "KANARIBILL") -> list[Record]:
    """Return a node's records in force whose content has a word, whatever anybody may see."""
    with node.store.read() as connection:
        kinds = ("consignment", "traveller", "port_call")
        return [
            item for kind in kinds
            for item in records.current_of_kind(connection, node.labels, kind)
            if bill in _text(item)
        ]  # fmt: skip


def _text(record: Record) -> str:
    return msgspec.json.encode(record.body).decode()


def copies(node: Node) -> list[Any]:
    """Return the copies that a node's exchange holds with content."""
    return [copy for copy in node.exchange.state().copies.values() if copy.content is not None]


def receipts(node: Node, holder: str) -> list[Any]:
    """Return the last receipts of a holder."""
    trail = node.exchange.state().trail.values()
    return [receipt for receipt in trail if receipt.holder == holder]


def leaves(body: Any, path: str = "") -> dict[str, str]:
    """Return every filled value of a record's body by its path."""
    if isinstance(body, dict):
        pairs = [(f"{path}.{name}", value) for name, value in body.items()]
    elif isinstance(body, list | tuple):
        pairs = [(f"{path}.{place}", value) for place, value in enumerate(body)]
    else:
        return {path.lstrip("."): str(body)} if body not in ("", None) else {}
    return {at: value for name, item in pairs for at, value in leaves(item, name).items()}


def traces(node: Node, *words: bytes) -> list[str]:
    """Return every place of a node's storage in which one of the words stands.

    Each file of its folder is searched byte by byte: database, write-ahead log, vault, log. A
    PostgreSQL database is searched row by row, every column of every table.
    """
    found = [f"{path.name}: {word!r}" for path, data in _files(node.folder)
             for word in words if word in data]  # fmt: skip
    if not node.store.is_sqlite:
        found += [f"{table}: {word!r}" for table, data in _rows(node)
                  for word in words if word in data]  # fmt: skip
    return found


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def _rows(node: Node) -> Iterator[tuple[str, bytes]]:
    with node.store.read() as connection:
        tables = connection.execute(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars().all()  # fmt: skip
        for table in tables:
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                yield table, b"\n".join(_bytes(value) for value in row)


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return str(value).encode()


def refused(action: Callable[[], object], *kinds: type[Exception]) -> str:
    """Return the one sentence with which an action is refused."""
    with pytest.raises(kinds) as caught:
        action()
    return str(caught.value)


def some(places: Iterable[int], count: int) -> list[int]:
    """Return at most ``count`` of the places, the first and the last among them."""
    known = list(places)
    step = max(1, len(known) // count)
    return sorted({*known[::step], known[-1]})
