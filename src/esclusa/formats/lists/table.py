"""What the lists in CSV share: rows under headings, several of which may make one entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple

from esclusa.errors import LimitError
from esclusa.formats.format import Reader
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.lists.draft import Draft, Ids, Source
from esclusa.formats.tabular.csv_reader import HEAD, Rewound
from esclusa.formats.tabular.dialect import SEPARATORS
from esclusa.formats.tabular.dialect import sniff as sniff_dialect
from esclusa.formats.tabular.rows import Row, read_rows
from esclusa.formats.work import Work, metered
from esclusa.model import Defect, Message, Severity

_BEFORE: Final = 5
"""Rows that may stand before the headings; publishers put one, with the date."""

_SEPARATOR: Final = re.compile(f"[{SEPARATORS}]")

HELD_BYTES: Final = 256 * MIB
"""Size of a list whose rows are scattered, so that its entries are held in memory to its end. The
largest published one has 30 MB."""


class Cells(NamedTuple):
    """A row under its headings. ``before`` is what stands above them, the edition's date."""

    row: Row
    columns: dict[str, int]
    before: tuple[str, ...]

    def get(self, *names: str) -> str:
        """Return the first of these columns that is not blank, white space runs made one blank."""
        for name in names:
            at = self.columns.get(name, -1)
            if 0 <= at < len(self.row.cells) and (text := " ".join(self.row.cells[at].split())):
                return text
        return ""


class TableList(NamedTuple):
    """A list in CSV: the headings each of its forms is known by, in small letters; ``uid`` and
    ``kind`` of a row's subject; ``fill`` gives a draft what a row states; ``prepared`` is the
    edition's date."""

    source: Source
    forms: tuple[frozenset[str], ...]
    uid: Callable[[Cells], str]
    kind: Callable[[Cells], str]
    fill: Callable[[Cells, Draft], None]
    prepared: Callable[[Cells], str]


def reader(kind: TableList) -> Reader:
    """Return the reader of a list in which several rows may be one entry."""

    def read(
        stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
    ) -> Iterator[Message | Defect]:
        """Read the list: one message with one entry for each id."""
        return read_grouped(stream, kind, file, limits)

    return read


def sniffer(kind: TableList) -> Callable[[bytes, str], bool]:
    """Return what tells a list by the headings in its first lines."""
    return lambda head, name: has_headings(head, *kind.forms)


def read_single(
    stream: BinaryIO, kind: TableList, file: str, limits: Limits
) -> Iterator[Message | Defect]:
    """Read a list whose rows are entries, each handed over as it comes."""
    work, ids = Work(file, limits), Ids()

    def items() -> Iterator[Message | Defect]:
        for cells in _rows(stream, kind, file, limits, work):
            if isinstance(cells, Defect):
                yield cells
                continue
            draft = _draft(cells, kind)
            ids.check(draft)
            yield draft.message(kind.source, kind.prepared(cells), limits)

    yield from metered(items(), work)


def read_grouped(
    stream: BinaryIO, kind: TableList, file: str, limits: Limits
) -> Iterator[Message | Defect]:
    """Read a list in which several rows, anywhere, are one entry; it stands where its first does.

    A broken row is refused alone. Raises :class:`~esclusa.errors.LimitError` past
    :data:`HELD_BYTES`.
    """
    work = Work(file, limits)

    def items() -> Iterator[Message | Defect]:
        held: dict[str, Draft] = {}
        prepared = ""
        for cells in _rows(stream, kind, file, limits, work):
            if isinstance(cells, Defect):
                yield cells
                continue
            if cells.row.offset > HELD_BYTES:
                reason = f"more than {HELD_BYTES:,} bytes, whose entries must be held to the end"
                raise LimitError(reason, file=file, offset=cells.row.offset)
            prepared = prepared or kind.prepared(cells)
            uid = kind.uid(cells) if _usable(cells) else ""
            if not uid:
                yield _draft(cells, kind).message(kind.source, prepared, limits)
            elif uid in held:
                kind.fill(cells, held[uid])
                held[uid].defects += cells.row.defects
            else:
                held[uid] = _draft(cells, kind)
        for draft in held.values():
            yield draft.message(kind.source, prepared, limits)

    yield from metered(items(), work)


def _draft(cells: Cells, kind: TableList) -> Draft:
    """Return what one row states; a row that is cut or shifted states nothing."""
    row = cells.row
    if not _usable(cells):
        draft = Draft(kind.source, row, "", "other")
        draft.defects += row.defects
        return draft
    draft = Draft(kind.source, row, kind.uid(cells), kind.kind(cells))
    draft.defects += row.defects
    kind.fill(cells, draft)
    return draft


def _usable(cells: Cells) -> bool:
    return bool(cells.row.cells)


class _Ending(Rewound):
    """A stream that remembers how it ends."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__(head, rest)
        self._size, self._last = 0, b""

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, b"" at the end."""
        chunk = super().read(size)
        self._size, self._last = self._size + len(chunk), chunk[-2:] or self._last
        return chunk

    def cut(self, code: str) -> Iterator[Defect]:
        """Tell of a last row without a line end: nobody can tell whether its last cell is whole."""
        if not self._last.strip(b"\0").endswith((b"\n", b"\r", b"\x1a")):
            reason = "the last row has no line end; the file may be cut"
            yield Defect(code=code, severity=Severity.WARNING, reason=reason, offset=self._size)


def _rows(
    stream: BinaryIO, kind: TableList, file: str, limits: Limits, work: Work
) -> Iterator[Cells | Defect]:
    head = stream.read(HEAD)
    bytes_of = _Ending(head, stream)
    rows = read_rows(
        bytes_of,  # type: ignore[arg-type]
        sniff_dialect(head), file=file, limits=limits, work=work,
    )  # fmt: skip
    before: list[str] = []
    for row in rows:
        columns = columns_of(row.cells)
        if any(form <= columns.keys() for form in kind.forms):
            yield from _under(rows, row, columns, tuple(before), f"{kind.source.code}.row")
            yield from bytes_of.cut(f"{kind.source.code}.end")
            return
        before += row.cells
        if row.number == _BEFORE:
            break
    expected = ", ".join(sorted(kind.forms[0]))
    reason = f"no row of headings was found; {expected} were expected"
    yield Defect(
        code=f"{kind.source.code}.headings", severity=Severity.FATAL, reason=reason, offset=0
    )


def _under(
    rows: Iterator[Row], headings: Row, columns: dict[str, int], before: tuple[str, ...], code: str
) -> Iterator[Cells]:
    """Yield the rows under their headings, which may be repeated."""
    width = len(headings.cells)
    for row in rows:
        if row.cells != headings.cells:
            yield Cells(_fitting(row, width, code), columns, before)


def _fitting(row: Row, width: int, code: str) -> Row:
    """Return the row as wide as the headings; a cut or shifted one is refused: its values could
    stand in the wrong columns."""
    if len(row.cells) == width or not row.cells:
        return row
    if len(row.cells) > width and not any(map(str.strip, row.cells[width:])):
        return Row(
            number=row.number, offset=row.offset, length=row.length, cells=row.cells[:width],
            defects=row.defects,
        )  # fmt: skip
    reason = f"row {row.number} has {len(row.cells)} columns, {width} were expected"
    fault = Defect(
        code=code, severity=Severity.FATAL, reason=reason, offset=row.offset,
        length=row.length,
    )  # fmt: skip
    return Row(
        number=row.number, offset=row.offset, length=row.length, defects=(*row.defects, fault)
    )


def columns_of(cells: tuple[str, ...]) -> dict[str, int]:
    """Return the headings in small letters with their place; of equal ones the first counts."""
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        found.setdefault(" ".join(cell.replace("\ufeff", "").split()).lower(), at)
    return found


def has_headings(head: bytes, *forms: frozenset[str]) -> bool:
    """Answer whether one of the first rows has all headings of one of the forms."""
    return any(form <= row for row in headings_in(head) for form in forms)


def headings_in(head: bytes) -> list[set[str]]:
    """Return what may be headings in each of the first lines, whatever parts them."""
    dialect = sniff_dialect(head)
    text = head[dialect.mark :].decode(dialect.encoding, errors="replace")
    return [
        set(columns_of(tuple(cell.strip('" ') for cell in _SEPARATOR.split(line))))
        for line in text.splitlines()[:_BEFORE]
    ]
