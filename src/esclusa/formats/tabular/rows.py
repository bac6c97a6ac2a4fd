"""Rows of a delimited text file (RFC 4180 and what people make of it), each with its bytes.

Why a layer over the standard library's parser: it knows neither where a row starts nor when to give
up. Here each row carries its offset and length; an open quote that would swallow the rest of the
file costs one line; a row over the limit is skipped without being held in memory.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from esclusa.errors import LimitError
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.tabular.dialect import Dialect
from esclusa.formats.tabular.lines import Line, read_lines
from esclusa.formats.work import LINE, Work
from esclusa.model import Defect, Severity

_ROW_LINES: Final = 2_000
"""A cell with more line breaks than this is an open quote; bounds the cost of a second look."""

_END_MARK: Final = "\x1a"
"""Control-Z, the end of a text file under CP/M and DOS; OFAC's files still end with it."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row. ``number`` counts rows from 1, blank ones left out. ``defects`` holds what is wrong
    with its bytes; with a ``fatal`` one, ``cells`` is empty."""

    number: int
    offset: int
    length: int
    cells: tuple[str, ...] = ()
    defects: tuple[Defect, ...] = ()


class _Broken(Exception):
    """The row that is being read cannot be completed."""


def read_rows(
    stream: BinaryIO,
    dialect: Dialect,
    *,
    file: str = "",
    limits: Limits = DEFAULT,
    work: Work | None = None,
) -> Iterator[Row]:
    """Yield each row in file order.

    ``stream`` stands at the start of the file, before a byte order mark. ``work`` counts what
    reading lines again costs. Raises :class:`~esclusa.errors.LimitError` on too many bytes, rows or
    lines read again.
    """
    source = _Source(_lines(stream, dialect, file, limits), dialect, limits)
    work = work or Work(file, limits)
    reader = csv.reader(source, delimiter=dialect.separator)
    number = 0
    while True:
        try:
            cells = _next(reader, source)
        except StopIteration:
            return
        except (csv.Error, _Broken) as error:
            number += 1
            again = source.taken
            yield _faulty(source, number, str(error))
            work.spend(LINE * again, source.start)
            continue
        if not cells or _is_end_mark(cells):
            continue
        number += 1
        if number > limits.rows:
            raise LimitError(f"more than {limits.rows:,} rows", file=file, offset=source.start)
        yield _row(source, number, cells, limits)


def _next(reader: Iterator[list[str]], source: _Source) -> list[str]:
    """Return the next row; raises :class:`_Broken` when the file ends inside quotes."""
    source.begin()
    cells = next(reader)
    if source.ended_inside:
        raise _Broken("a quoted cell is not closed before the end of the file")
    return cells


def _row(source: _Source, number: int, cells: list[str], limits: Limits) -> Row:
    if len(cells) > limits.columns:
        return _faulty(source, number, f"{len(cells):,} cells, at most {limits.columns:,} expected")
    return Row(
        number=number,
        offset=source.start,
        length=source.size,
        cells=tuple(cells),
        defects=tuple(source.defects),
    )


def _faulty(source: _Source, number: int, reason: str) -> Row:
    """Return the first line of the broken row as refused; its other lines are read again."""
    first = source.give_back()
    defect = Defect(
        code="csv.row",
        severity=Severity.FATAL,
        reason=f"row {number}: {reason or 'cannot be read'}",
        offset=first.offset,
        length=first.length,
    )
    return Row(number=number, offset=first.offset, length=first.length, defects=(defect,))


def _is_end_mark(cells: list[str]) -> bool:
    return cells[0] == _END_MARK and not any(cells[1:])


class _Source:
    """Feeds lines of text to the parser and remembers which ones the present row took."""

    def __init__(self, lines: Iterator[Line], dialect: Dialect, limits: Limits) -> None:
        self._lines = lines
        self._dialect = dialect
        self._limits = limits
        self._again: deque[Line] = deque()
        self._taken: list[Line] = []
        self.defects: list[Defect] = []
        self.ended_inside = False
        self.start = self.size = 0

    @property
    def taken(self) -> int:
        """Lines of the present row."""
        return len(self._taken)

    def begin(self) -> None:
        self._taken.clear()
        self.defects.clear()
        self.size = 0

    def give_back(self) -> Line:
        """Put all lines of the row but the first back in the queue; return the first."""
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        self.ended_inside = False
        return first

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self.ended_inside = bool(self._taken)
            raise StopIteration
        if not self._taken:
            self.start = line.offset
        self._taken.append(line)
        self.size = line.offset + line.length - self.start
        if line.raw is None or self.size > self._limits.row_bytes:
            raise _Broken(f"longer than {self._limits.row_bytes:,} bytes, or a quote left open")
        if len(self._taken) > _ROW_LINES:
            raise _Broken(f"a quoted cell is not closed within {_ROW_LINES:,} lines")
        return self._text(line, line.raw)

    def _text(self, line: Line, raw: bytes) -> str:
        try:
            text = raw.decode(self._dialect.encoding)
        except UnicodeDecodeError as error:
            text = self._otherwise(line, raw, error)
        if "\0" in text:
            self._flag("csv.nul", "NUL bytes were left out", line.offset + raw.index(0), 1)
            text = text.replace("\0", "")
        return text

    def _otherwise(self, line: Line, raw: bytes, error: UnicodeDecodeError) -> str:
        """Read bytes that the file's encoding does not allow: cp1252 stands in for UTF-8."""
        wide = self._dialect.encoding.startswith("utf-16")
        other = self._dialect.encoding if wide else "cp1252"
        at = line.offset + error.start
        reason = f"bytes are not {self._dialect.encoding}; this line was read as {other}"
        self._flag("csv.encoding", reason, at, max(error.end - error.start, 1))
        return raw.decode(other, errors="replace")

    def _flag(self, code: str, reason: str, offset: int, length: int) -> None:
        self.defects.append(
            Defect(
                code=code, severity=Severity.WARNING, reason=reason, offset=offset, length=length
            )
        )


def _lines(stream: BinaryIO, dialect: Dialect, file: str, limits: Limits) -> Iterator[Line]:
    newline = dialect.newline.encode(dialect.encoding)
    return read_lines(stream, newline=newline, mark=dialect.mark, file=file, limits=limits)
