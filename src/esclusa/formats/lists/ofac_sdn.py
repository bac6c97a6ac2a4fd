"""OFAC's list of Specially Designated Nationals, CSV edition.

``sdn.csv`` has twelve columns and mostly no header: entry number, name, type, programme, title,
call sign, vessel type, tonnage, gross registered tonnage, flag, owner, remarks; ``-0-`` means
"nothing" (OFAC, "SDN data formats"). Two companions, ``alt.csv`` and ``add.csv``, hold aliases and
addresses by entry number.

:data:`FORMAT` reads ``sdn.csv`` alone; :func:`read_ofac` joins the companions to it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from esclusa.errors import LimitError, UnknownFormat
from esclusa.formats.bounded import bounded
from esclusa.formats.files import HEAD, OpenedFile, open_file
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.lists.draft import owners
from esclusa.formats.lists.identifiers import made
from esclusa.formats.lists.ofac_remarks import FULL, Remarks, parse_remarks
from esclusa.formats.lists.places import address, country_words, unique
from esclusa.formats.tabular.dialect import Dialect
from esclusa.formats.tabular.rows import Row, read_rows
from esclusa.formats.work import Work, metered
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Severity

ID: Final = "ofac_sdn"

COLUMNS: Final = 12

_NOTHING: Final = "-0-"

_TYPES: Final = {
    "individual": "person",
    "": "organisation",
    "entity": "organisation",
    "vessel": "vessel",
    "aircraft": "aircraft",
}

_COMPANION_BYTES: Final = 64 * MIB
"""Size of a companion, whose rows are held in memory in three times the space. OFAC's have 2 MB."""

_DIALECT: Final = Dialect(encoding="utf-8", separator=",")


class _Companions(msgspec.Struct):
    """Aliases and addresses by entry number, taken out as their entry comes by."""

    aliases: dict[str, list[str]] = msgspec.field(default_factory=dict)
    addresses: dict[str, list[str]] = msgspec.field(default_factory=dict)


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read ``sdn.csv`` alone: one message with one entry for each row."""
    return read_ofac(stream, file=file, limits=limits)


def read_ofac(
    sdn: BinaryIO,
    *,
    alt: BinaryIO | None = None,
    add: BinaryIO | None = None,
    file: str = "",
    limits: Limits = DEFAULT,
) -> Iterator[Message | Defect]:
    """Read ``sdn.csv`` and join aliases (``alt.csv``) and addresses (``add.csv``) to its entries.

    The companions are held in memory, ``sdn.csv`` is not. Rows of a companion that belong to no
    entry are counted in one closing note each: the files then come from different days. Offsets in
    a companion's defects count from that companion's start and say so.
    """
    held = _Companions()
    if alt is not None:
        yield from _load(alt, "alt.csv", held.aliases, _alias, file, limits)
    if add is not None:
        yield from _load(add, "add.csv", held.addresses, _address, file, limits)
    work = Work(file, limits)
    yield from metered(_items(sdn, held, file, limits, work), work)
    yield from _left_over(held)


def _items(
    sdn: BinaryIO, held: _Companions, file: str, limits: Limits, work: Work
) -> Iterator[Message | Defect]:
    for item in read_rows(sdn, _DIALECT, file=file, limits=limits, work=work):
        if not _is_header(item):
            yield _message(item, held, limits)


def read_ofac_files(
    paths: Sequence[Path | str], *, limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read OFAC's files given in any order, packed with gzip or not; ``sdn.csv`` must be there.

    Raises :class:`~esclusa.errors.UnknownFormat` when a file is none of the three, is there twice,
    or ``sdn.csv`` is missing; :class:`~esclusa.errors.InputError` when one cannot be opened.
    """
    with ExitStack() as opened:
        streams: dict[str, OpenedFile] = {}
        for path in map(Path, paths):
            stream = opened.enter_context(open_file(path, limits))
            kind = kind_of_file(stream.peek(HEAD)[:HEAD])
            if not kind or kind in streams:
                why = f"{kind}.csv was given before" if kind else "none of sdn, alt and add.csv"
                raise UnknownFormat(why, file=path.name)
            streams[kind] = stream
        if "sdn" not in streams:
            raise UnknownFormat("sdn.csv is missing; aliases and addresses belong to it")
        yield from read_ofac(
            streams["sdn"], alt=streams.get("alt"), add=streams.get("add"), limits=limits
        )


def kind_of_file(head: bytes) -> str:
    """Return which OFAC file begins with these bytes: ``sdn``, ``alt``, ``add`` or ""."""
    rows = [row for row in _head_rows(head) if row and row[0].strip().isdigit()]
    if not rows or _NOTHING.encode() not in head:
        return ""
    first = rows[0]
    if len(first) == COLUMNS and _value(first[2]).lower() in _TYPES:
        return "sdn"
    if len(first) == 5 and first[2].strip() in ("aka", "fka", "nka"):
        return "alt"
    return "add" if len(first) == 6 and first[1].strip().isdigit() else ""


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the file begins like ``sdn.csv``, with or without a header line."""
    return kind_of_file(head) == "sdn"


def _head_rows(head: bytes) -> list[list[str]]:
    lines = head.decode("utf-8", errors="replace").replace("\0", "").splitlines()
    try:
        return list(csv.reader(lines[: max(len(lines) - 1, 1)][:5]))
    except csv.Error:
        return []


def _is_header(row: Row) -> bool:
    return row.number == 1 and bool(row.cells) and not any(map(str.isdigit, row.cells[0]))


def _value(cell: str) -> str:
    value = cell.strip()
    return "" if value == _NOTHING else value


def _message(row: Row, held: _Companions, limits: Limits) -> Message:
    defects = list(row.defects)
    cells = [_value(cell) for cell in row.cells]
    if cells and (fault := _fault(row, cells)):
        defects.append(fault)
    refused = any(defect.severity is Severity.FATAL for defect in defects)
    entry = None if refused else _entry(row, cells, held, defects)
    return Message(
        format=ID,
        offset=row.offset,
        length=row.length,
        reference=cells[0] if cells else "",
        sender="OFAC",
        statements=(entry,) if entry else (),
        defects=bounded(defects, limits.defects_per_message, "ofac.defects.unlisted"),
    )


def _fault(row: Row, cells: list[str]) -> Defect | None:
    """Return why a row cannot be used: a shifted or cut row would put names in wrong places."""
    reason = ""
    if len(cells) != COLUMNS:
        reason = f"row {row.number} has {len(cells)} columns, {COLUMNS} were expected"
    elif not (cells[0].isascii() and cells[0].isdigit()):
        reason = f"row {row.number} has no entry number in its first column"
    elif not cells[1]:
        reason = f"row {row.number} names nobody"
    return _defect("ofac.row", Severity.FATAL, reason, row) if reason else None


def _entry(row: Row, cells: list[str], held: _Companions, defects: list[Defect]) -> ListEntry:
    remarks = parse_remarks(cells[11])
    defects.extend(_doubts(row, cells, remarks))
    kind = _TYPES.get(cells[2].lower(), "other")
    flag = country_words(cells[9])
    return ListEntry(
        list_id=ID,
        uid=cells[0],
        type=kind,
        name=cells[1],
        aliases=_aliases(held.aliases.pop(cells[0], []), remarks.aliases),
        birth_dates=remarks.birth_dates,
        birth_places=remarks.birth_places,
        nationalities=unique((flag, *remarks.nationalities)),
        identifiers=_identifiers(kind, cells, remarks),
        addresses=unique(held.addresses.pop(cells[0], [])),
        programs=tuple(cells[3].split("] [")) if cells[3] else (),
        remarks=_remarks(cells),
        relations=tuple(owners("Owner", cells[10])),
    )


def _doubts(row: Row, cells: list[str], remarks: Remarks) -> Iterator[Defect]:
    if cells[2].lower() not in _TYPES:
        yield _defect("ofac.type", Severity.WARNING, "type of entry is not known", row)
    if cells[11] and not cells[11].endswith("."):
        why = f"are full at {FULL:,} characters" if len(cells[11]) >= FULL - 1 else "are cut"
        yield _defect("ofac.remarks.cut", Severity.WARNING, f"remarks {why}; more may follow", row)
    for _ in remarks.unread:
        yield _defect("ofac.birth_date", Severity.NOTE, "a date of birth is not understood", row)


def _aliases(strong: list[str], weak: tuple[Alias, ...]) -> tuple[Alias, ...]:
    names = dict.fromkeys(unique(strong))
    return (*(Alias(name=name) for name in names), *(a for a in weak if a.name not in names))


def _identifiers(kind: str, cells: list[str], remarks: Remarks) -> tuple[Identifier, ...]:
    found = list(remarks.identifiers)
    if cells[5]:
        found.append(made("call_sign", cells[5]))
    if kind == "aircraft":
        found.append(made("registration", cells[1]))
    return tuple(dict.fromkeys(found))


def _remarks(cells: list[str]) -> str:
    """Return the remarks with what the model has no field for, each under its own label."""
    labels = {
        4: "Title", 6: "Vessel type", 7: "Tonnage", 8: "Gross registered tonnage", 10: "Owner"
    }  # fmt: skip
    own = [f"{label}: {cells[index]}" for index, label in labels.items() if cells[index]]
    return "; ".join((*own, cells[11]) if cells[11] else own)


def _load(
    stream: BinaryIO,
    which: str,
    into: dict[str, list[str]],
    value: Callable[[list[str]], str | None],
    file: str,
    limits: Limits,
) -> Iterator[Defect]:
    """Fill ``into`` from a companion; yield its defects, their reason naming the companion."""
    work = Work(which, limits)
    for row in read_rows(stream, _DIALECT, file=which, limits=limits, work=work):
        found = list(row.defects)
        if row.offset > _COMPANION_BYTES:
            reason = f"{which} has more than {_COMPANION_BYTES:,} bytes"
            raise LimitError(reason, file=file, offset=row.offset)
        if row.cells and not _is_header(row):
            cells = [_value(cell) for cell in row.cells]
            text = value(cells)
            if text is None:
                found.append(_bad_row(row))
            elif text:
                into.setdefault(cells[0], []).append(text)
        for defect in _of_companion(which, found):
            yield defect
            work.take(defect)


def _alias(cells: list[str]) -> str | None:
    return cells[3] if len(cells) == 5 and cells[0].isdigit() else None


def _address(cells: list[str]) -> str | None:
    return address(cells[2:5]) if len(cells) == 6 and cells[0].isdigit() else None


def _of_companion(which: str, defects: list[Defect]) -> Iterator[Defect]:
    for defect in defects:
        yield msgspec.structs.replace(defect, reason=f"{which}: {defect.reason}")


def _bad_row(row: Row) -> Defect:
    reason = f"row {row.number} has {len(row.cells)} columns or no entry number"
    return _defect("ofac.companion", Severity.ERROR, reason, row)


def _left_over(held: _Companions) -> Iterator[Defect]:
    for which, rest in (("alt.csv", held.aliases), ("add.csv", held.addresses)):
        if rest:
            rows = sum(map(len, rest.values()))
            reason = (
                f"{which}: {rows:,} rows belong to {len(rest):,} entries that sdn.csv does not "
                f"have, the first is entry {next(iter(rest))}; the files are of different days"
            )
            yield Defect(
                code="ofac.companion.stranger", severity=Severity.NOTE, reason=reason, offset=0
            )


def _defect(code: str, severity: Severity, reason: str, row: Row) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=row.offset, length=row.length)


FORMAT: Final = Format(
    id=ID,
    title_en="OFAC list of Specially Designated Nationals (CSV)",
    title_es="Lista OFAC de nacionales especialmente designados (CSV)",
    standard="OFAC SDN data formats (sdn.csv, alt.csv, add.csv)",
    sniff=sniff,
    read=read,
)
