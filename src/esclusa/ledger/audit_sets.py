"""Many lines of the audit log that say the same of many records, kept as one line and a list.

A recall of a manifest is written for each record and each partner. One line then tells how many
records it is about and the SHA-256 of their list; the line's own hash covers that digest, so the
list is as much a part of the chain as the line. The list names each record once. It is kept in
parts by a checksum of each record's name: who asks about one record reads one part of each list. A
record's own line, with its version, is made again from the two.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

import msgspec
import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.schema import audit, audit_part

LEAST: Final = 256
"""Lines from which on they are kept as one. Fewer stand one by one."""
_PARTS: Final = 64
_EVERY: Final = range(_PARTS)
_SAID: Final = re.compile(r"records=(\d+) digest=([0-9a-f]{64}) (.*)", re.DOTALL)
"""The detail of a line that stands for many: how many, the digest of their list, what it says of
each. No other line of the exchange reads like this."""

Deed = tuple[str, str, str, int]
"""What was done to a record: the action, what the detail says besides, the record, its version; a
version of 0 is not told."""
_Member = tuple[str, int]


class Members(msgspec.Struct, frozen=True, gc=False):
    """Records and their versions, column by column."""

    names: list[str]
    versions: list[int]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[_Member]:
        return zip(self.names, self.versions, strict=True)


class Deeds(msgspec.Struct, frozen=True, gc=False):
    """One thing that was done to many records, in their order: as many of :data:`Deed`."""

    action: str
    besides: str
    members: Members


_Members = Sequence[_Member] | Members
_DECODER: Final = msgspec.json.Decoder(tuple[list[str], list[int]])

IS_SET: Final = sa.and_(
    audit.c.role == sa.literal_column("'exchange'"), audit.c.subject == "",
    audit.c.detail.like("records=% digest=%"),
)  # fmt: skip


class Told(msgspec.Struct, frozen=True):
    """A line about one record, as if it stood by itself. ``seq`` is that of the line of many."""

    seq: int
    at: str
    who: str
    role: str
    purpose: str
    action: str
    subject: str
    detail: str


def detail_of(about: str, version: int) -> str:
    """Return the detail of a record's own line."""
    return f"{about} version={version}".lstrip() if version else about


def together(said: Sequence[Deed | Deeds]) -> Iterator[tuple[str, str, _Members]]:
    """Yield deeds of one kind together: the action, what the detail says besides, and the records
    with their versions.

    What was done to one record stays in its order, and no list names a record twice. Few deeds are
    yielded one by one.
    """
    few = sum([len(item.members) if isinstance(item, Deeds) else 1 for item in said]) < LEAST
    made = _Gathered()
    for item in said:
        if isinstance(item, Deeds):
            if not few and made.has_added(item):
                continue
            some: Iterable[Deed] = [(item.action, item.besides, *member) for member in item.members]
        else:
            some = (item,)
        for action, besides, name, version in some:
            if few:
                yield action, besides, ((name, version),)
            else:
                made.add(action, besides, name, version)
    yield from made.lists


class _Gathered:
    """Lists of what was done to records, in the making."""

    def __init__(self) -> None:
        self.lists: list[tuple[str, str, _Members]] = []
        self._newest: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}
        """The list in which each record was named last: its next deed goes into a later one."""
        self._unsaid: list[tuple[int, list[str]]] = []
        """Lists whose records are not entered there yet: it is asked for single deeds only."""

    def has_added(self, deeds: Deeds) -> bool:
        """Add a list as it stands, behind all others; few, or one that names a record twice, are
        added by whoever asks, one by one."""
        names = deeds.members.names
        if len(names) < LEAST or len(set(names)) < len(names):
            return False
        self._unsaid.append((len(self.lists), names))
        self.lists.append((deeds.action, deeds.besides, deeds.members))
        return True

    def add(self, action: str, besides: str, name: str, version: int) -> None:
        """Add one deed to the newest list of its kind, or to a new one."""
        last = self._last
        for at, names in self._unsaid:
            last.update(dict.fromkeys(names, at))
        self._unsaid.clear()
        of = action, besides
        at = self._newest.get(of, -1)
        if at <= last.get(name, -1):
            at = self._newest[of] = len(self.lists)
            self.lists.append((action, besides, []))
        members = self.lists[at][2]
        assert isinstance(members, list)  # only lists that are made here are added to
        members.append((name, version))
        last[name] = at


class Cutter:
    """Cuts lists of (record, version) into parts. What one list says to five partners, or of a
    receipt and of what it ended, is mostly the very same list: it is cut once."""

    def __init__(self) -> None:
        self._last: tuple[_Members, Mapping[int, str], str] = ((), {}, "")

    def __call__(self, members: _Members) -> tuple[Mapping[int, str], str]:
        """Return the parts by number, each JSON, and the digest of them all."""
        if members != self._last[0]:
            parts = _cut(members)
            self._last = members, parts, _digest(parts)
        return self._last[1:]


def _cut(members: _Members) -> dict[int, str]:
    found: list[tuple[list[str], list[int]]] = [([], []) for _ in _EVERY]
    for name, version in members:
        names, versions = found[crc32(name.encode()) % _PARTS]
        names.append(name)
        versions.append(version)
    return {at: msgspec.json.encode(part).decode() for at, part in enumerate(found) if part[0]}


def detail(about: str, records: int, digest: str) -> str:
    """Return the detail of the line that stands for a list."""
    return f"records={records} digest={digest} {about}"


def keep(connection: sa.Connection, lists: Mapping[int, Mapping[int, str]]) -> None:
    """Keep the lists of lines, by the lines' numbers, inside the caller's write transaction."""
    rows = [(number, seq, text) for seq, parts in lists.items() for number, text in parts.items()]
    bulk.insert_tuples(connection, audit_part, sorted(rows))


def is_set(row: Any) -> bool:
    """Tell whether a line stands for many."""
    return row.role == "exchange" and row.subject == "" and bool(_SAID.fullmatch(row.detail))


def size(row: Any) -> int:
    """Return for how many lines a line stands."""
    return int(_SAID.fullmatch(row.detail)[1]) if is_set(row) else 1  # type: ignore[index]


def about(connection: sa.Connection, subject: str, *, since: str = "") -> list[Told]:
    """Return the lines of many that are about one subject too, each as its own, in order.

    :param since: ISO 8601 UTC; earlier ones are left out.
    """
    if not subject:
        return []
    quoted = msgspec.json.encode(subject).decode()
    place = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    query = (
        sa.select(audit, audit_part.c.members)
        .join(audit_part, audit_part.c.seq == audit.c.seq)
        .where(audit_part.c.part == _part_of(subject), place(audit_part.c.members, quoted) > 0)
        .where(IS_SET, audit.c.at >= since)
        .order_by(audit_part.c.seq)
    )
    return [
        line for row in connection.execute(query)
        for line in _lines(row, _DECODER.decode(row.members)) if line.subject == subject
    ]  # fmt: skip


def of_line(connection: sa.Connection, row: Any) -> Iterator[Told]:
    """Yield the lines for which a line of many stands."""
    for text in _parts(connection, row.seq).values():
        yield from _lines(row, _DECODER.decode(text))


def holds(connection: sa.Connection, row: Any) -> bool:
    """Tell whether the list of a line of many is the one that its digest names."""
    said = _SAID.fullmatch(row.detail)
    if said is None:
        return False
    parts = _parts(connection, row.seq)
    return said[2] == _digest(parts)


def _parts(connection: sa.Connection, seq: int) -> dict[int, str]:
    query = (
        sa.select(audit_part.c.part, audit_part.c.members)
        .where(audit_part.c.part.in_(_EVERY), audit_part.c.seq == seq)
        .order_by(audit_part.c.part)
    )
    return {row.part: row.members for row in connection.execute(query)}


def _lines(row: Any, members: tuple[list[str], list[int]]) -> Iterator[Told]:
    said = _SAID.fullmatch(row.detail)
    if said is None:
        return
    for name, version in zip(*members, strict=True):
        yield Told(row.seq, row.at, row.who, row.role, row.purpose, row.action, name,
                   detail_of(said[3], version))  # fmt: skip


def _part_of(name: str) -> int:
    return crc32(name.encode()) % _PARTS


def _digest(parts: Mapping[int, str]) -> str:
    text = "".join(f"{number}\n{parts[number]}\n" for number in sorted(parts))
    return hashlib.sha256(text.encode()).hexdigest()
