"""Rows and a mapping in, messages out; the same for text files and workbooks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec

from esclusa.formats.bounded import bounded
from esclusa.formats.limits import Limits
from esclusa.formats.tabular.cargo import consignment
from esclusa.formats.tabular.examined import examination, groups
from esclusa.formats.tabular.fields import lacking
from esclusa.formats.tabular.mapping import Mapping, check, position, rules
from esclusa.formats.tabular.owning import Repeats, ownerships
from esclusa.formats.tabular.people import list_entry, traveller
from esclusa.formats.tabular.record import Reader, Record
from esclusa.formats.tabular.rows import Row
from esclusa.formats.work import DEFECT, Work
from esclusa.model import Defect, ListEntry, Message, Severity, Statement

_GROUP: Final = 20_000
"""Rows of one bill of lading; the largest ships carry 24,000 units, under thousands of bills."""

_REMEMBERED: Final = 200_000
"""Bills remembered to notice that one comes again further down."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where rows come from. ``where`` names a row for people; ``list_id`` serves when the mapping
    names no list. ``by_number``: rows have no place in the file, as in a workbook; the offset of a
    message is then its first row's number, and its reference names sheet and row. ``work`` counts
    what the file costs."""

    format: str
    where: Callable[[Row], str]
    work: Work
    list_id: str = "own"
    by_number: bool = False


def messages(
    rows: Iterable[Row | Defect], mapping: Mapping, source: Source, limits: Limits
) -> Iterator[Message | Defect]:
    """Yield one message for each consignment, examination, entry, traveller or row of owners, and
    bare defects of the table.

    A mapped column that the table lacks is a warning; a table that lacks all columns of a required
    field is given up with a fatal defect. Raises :class:`~esclusa.errors.LimitError`, the item that
    broke the limit handed over, when the file costs more work than its size allows.
    """
    for item in _messages(rows, mapping, source, limits):
        yield item
        source.work.take(item, placed=not source.by_number)


def _messages(
    rows: Iterable[Row | Defect], mapping: Mapping, source: Source, limits: Limits
) -> Iterator[Message | Defect]:
    stream = iter(rows)
    header = yield from _header(stream, mapping)
    reader = Reader(mapping, header)
    yield from _table_defects(reader, mapping)
    if lost := _lost(reader, mapping):
        reason = f"the table has no column for {', '.join(lost)} that mapping {mapping.id} names"
        yield _bare("table.columns", Severity.FATAL, reason)
        return
    records = _records(stream, reader, source, limits)
    if mapping.target == "consignment":
        yield from _Bills(mapping, source, limits).messages(records)
    elif mapping.target == "examination":
        for each in groups(records, blank_continues=mapping.blank_continues):
            yield each if not isinstance(each, tuple) else _examined(each, source, limits)
    elif mapping.target == "ownership":
        known = Repeats()
        for item in records:
            yield item if not isinstance(item, Record) else _owned(item, known, source, limits)
    else:
        for item in records:
            yield item if not isinstance(item, Record) else _single(item, mapping, source, limits)


def unusable(mapping: Mapping) -> Iterator[Defect]:
    """Yield a bare fatal defect when a mapping that was made in code cannot be used."""
    if faults := check(mapping):
        reason = f"mapping {mapping.id} cannot be used: {'; '.join(faults)}"
        yield _bare("table.mapping", Severity.FATAL, reason)


def fitting(
    mappings: Sequence[Mapping],
    alike: Callable[[Mapping], Hashable],
    rows: Callable[[Mapping], Iterable[Row | Defect]],
) -> tuple[Mapping, ...]:
    """Return the mappings all of whose headings stand in the table, in their order.

    ``rows`` reads the table as a mapping wants it; it is asked once for mappings that ``alike``
    gives the same answer for.
    """
    groups: dict[Hashable, list[Mapping]] = {}
    for each in mappings:
        groups.setdefault(alike(each), []).append(each)
    fit = set()
    for group in groups.values():
        most = max(each.header_row for each in group)
        first = list(islice(rows(group[0]), most)) if most else []
        fit |= {each.id for each in group if fits(first, each)}
    return tuple(each for each in mappings if each.id in fit)


def fits(rows: Iterable[Row | Defect], mapping: Mapping) -> bool:
    """Answer whether the row of headings holds every heading that the mapping names, and it names
    one."""
    headed = any(position(key) is None for key in mapping.columns)
    return headed and not Reader(mapping, _headings(rows, mapping)).missing


def _headings(rows: Iterable[Row | Defect], mapping: Mapping) -> tuple[str, ...]:
    steps = _header(iter(rows), mapping)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return tuple(end.value)


def _header(
    stream: Iterator[Row | Defect], mapping: Mapping
) -> Generator[Defect, None, tuple[str, ...]]:
    """Return the headings, the rows above them passed over; () when the mapping has none."""
    seen = 0
    while seen < mapping.header_row:
        item = next(stream, None)
        if item is None:
            return ()
        if isinstance(item, Defect):
            yield item
            continue
        yield from item.defects
        seen += 1
        if seen == mapping.header_row:
            return tuple(cell.strip() for cell in item.cells)
    return ()


def _table_defects(reader: Reader, mapping: Mapping) -> Iterator[Defect]:
    for name in reader.missing:
        reason = f"the mapping names a column {name[:60]!r} that the table does not have"
        yield _bare("table.columns", Severity.WARNING, reason)
    for name in reader.repeated:
        reason = f"heading {name[:60]!r} stands twice; the first such column is read"
        yield _bare("table.heading.repeated", Severity.WARNING, reason)
    if mapping.target == "consignment" and "carrier" not in _filled(reader, mapping):
        reason = "no column or constant gives the carrier; bills are told apart by number alone"
        yield _bare("table.carrier", Severity.NOTE, reason)


def _lost(reader: Reader, mapping: Mapping) -> list[str]:
    """Return the required fields that a missing column leaves without a source."""
    return lacking(mapping.target, _filled(reader, mapping))


def _filled(reader: Reader, mapping: Mapping) -> set[str]:
    by_column = rules(mapping)
    kept = {rule.field for key, rule in by_column.items() if key not in reader.missing}
    return kept | set(mapping.constants)


def _records(
    stream: Iterator[Row | Defect], reader: Reader, source: Source, limits: Limits
) -> Iterator[Record | Message | Defect]:
    for item in stream:
        if isinstance(item, Defect):
            yield item
        elif not item.cells:
            yield _refused(item, source)
        elif any(cell.strip() for cell in item.cells):
            yield reader.record(item, source.where(item))


def _refused(row: Row, source: Source) -> Message:
    return Message(
        format=source.format,
        offset=row.number if source.by_number else row.offset,
        length=row.length,
        reference=source.where(row) if source.by_number else "",
        defects=row.defects,
    )


def _single(row: Record, mapping: Mapping, source: Source, limits: Limits) -> Message:
    made: Statement | None
    if mapping.target == "list_entry":
        made = list_entry(row, mapping.list_id or source.list_id)
    else:
        made = traveller(row)
    found = row.defects
    if made is None:
        found = (*found, _fatal(row, f"{row.where} names nobody"))
    reference = made.uid if isinstance(made, ListEntry) else row.where
    return _message([row], source, reference, _some(made), found, limits)


def _owned(row: Record, known: Repeats, source: Source, limits: Limits) -> Message:
    stated, doubts = ownerships(row)
    found = (*row.defects, *doubts, *known.of(row, stated))
    return _message([row], source, row.where, stated, found, limits)


def _examined(rows: tuple[Record, ...], source: Source, limits: Limits) -> Message:
    made, found = examination(rows)
    return _message(list(rows), source, str(rows[0].one("number")), _some(made), found, limits)


class _Bills:
    """Collects the rows of one bill until another begins."""

    def __init__(self, mapping: Mapping, source: Source, limits: Limits) -> None:
        self._mapping, self._source, self._limits = mapping, source, limits
        self._rows: list[Record] = []
        self._bill = ""
        self._seen: set[str] = set()

    def messages(self, items: Iterable[Record | Message | Defect]) -> Iterator[Message | Defect]:
        for item in items:
            if not isinstance(item, Record):
                yield item
                continue
            bill = self._bill_of(item)
            if self._rows and (bill != self._bill or len(self._rows) >= _GROUP):
                yield self._finished()
            self._bill = bill
            self._rows.append(item)
        if self._rows:
            yield self._finished()

    def _bill_of(self, row: Record) -> str:
        """Return the row's bill; a row without one may continue the bill above."""
        bill = str(row.one("bill"))
        if bill or not self._mapping.blank_continues:
            return bill
        return self._bill if self._rows else ""

    def _finished(self) -> Message:
        rows, self._rows = self._rows, []
        found = [defect for row in rows for defect in row.defects]
        made = None
        if self._bill:
            made, doubts = consignment(rows, self._bill)
            found += [*doubts, *self._notes(rows)]
        else:
            found.append(_fatal(rows[0], f"{rows[0].where} has no bill number"))
        return _message(rows, self._source, self._bill, _some(made), tuple(found), self._limits)

    def _notes(self, rows: list[Record]) -> Iterator[Defect]:
        blank = [row.where for row in rows if not row.one("bill")]
        if blank:
            reason = f"{len(blank)} rows without a bill number count to the one above: {blank[0]} …"
            yield _defect("table.bill.continued", Severity.NOTE, reason, rows[0])
        if self._bill in self._seen:
            reason = f"{rows[0].where}: the same bill stands further up; this one replaces it"
            yield _defect("table.bill.repeated", Severity.WARNING, reason, rows[0])
        if len(rows) >= _GROUP:
            reason = f"more than {_GROUP:,} rows have the same bill; it was cut here"
            yield _defect("table.bill.large", Severity.WARNING, reason, rows[0])
        if len(self._seen) < _REMEMBERED:
            self._seen.add(self._bill)


def _some(made: Statement | None) -> tuple[Statement, ...]:
    return () if made is None else (made,)


def _message(
    rows: list[Record],
    source: Source,
    reference: str,
    made: tuple[Statement, ...],
    found: tuple[Defect, ...],
    limits: Limits,
) -> Message:
    end = rows[-1].offset + rows[-1].length
    most = limits.defects_per_message
    source.work.owe(DEFECT * max(len(found) - most, 0))
    return Message(
        format=source.format,
        offset=rows[0].number if source.by_number else rows[0].offset,
        length=end - rows[0].offset,
        reference=rows[0].where if source.by_number else reference,
        statements=() if _is_fatal(found) else made,
        defects=bounded(found, most, "table.defects.unlisted"),
    )


def _is_fatal(found: tuple[Defect, ...]) -> bool:
    return any(defect.severity is Severity.FATAL for defect in found)


def _fatal(row: Record, reason: str) -> Defect:
    return _defect("table.row", Severity.FATAL, reason, row)


def _defect(code: str, severity: Severity, reason: str, row: Record) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=row.offset, length=row.length)


def _bare(code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=0)
