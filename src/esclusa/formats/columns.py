"""Records of fixed columns: lines in which a value is where it is, as a table says.

The table is a CSV file with a row for each column: record, column, first, last, class, use, title.
Columns count from 1 and tile the record. ``class`` is ``A`` letters, ``N`` digits, ``AN`` letters
and digits, ``X`` anything; ``use`` is ``M`` mandatory, ``C`` conditional, ``O`` optional. A column
without a name is a filler. A column is bytes: its text is decoded after it is cut out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from importlib import resources
from typing import BinaryIO, Final, NamedTuple

import msgspec

from esclusa.formats.edifact.charset import decode
from esclusa.formats.reading import Notes, snippet
from esclusa.model import Severity

_BLOCK: Final = 4096
"""Records read at a time where no line breaks part them."""

_CLASSES: Final = {
    "A": (re.compile(r"[A-Za-z ]*"), "letters"),
    "N": (re.compile(r"[0-9 ]*", re.ASCII), "digits"),
}
"""Classes whose breach means a shifted line. AN and X are not checked: senders fill both freely."""


class Column(msgspec.Struct, frozen=True):
    """One column; ``first`` and ``last`` count from 1."""

    name: str
    first: int
    last: int
    kind: str
    required: bool
    title: str


class Layout(msgspec.Struct, frozen=True):
    """The columns of one kind of record."""

    tag: str
    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        return self.columns[-1].last


class Spot(NamedTuple):
    """Where a column of a line is: ``number`` is the line of the file, from 1."""

    tag: str
    offset: int
    length: int
    number: int


class Record(msgspec.Struct, frozen=True):
    """A line that was cut. ``values`` are texts without blanks at their ends."""

    layout: Layout
    values: dict[str, str]
    offset: int
    number: int

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def spot(self, name: str) -> Spot:
        """Return the place of a column in the file."""
        column = self.column(name)
        length = column.last - column.first + 1
        return Spot(self.layout.tag, self.offset + column.first - 1, length, self.number)

    def column(self, name: str) -> Column:
        return next(each for each in self.layout.columns if each.name == name)

    def note(self, notes: Notes, code: str, severity: Severity, name: str, reason: str) -> None:
        """Note a defect; its sentence begins with line, columns and title."""
        column = self.column(name)
        where = f"line {self.number}, columns {column.first} to {column.last} ({column.title})"
        notes.add(code, severity, f"{where}: {reason}", self.spot(name), str(column.first))


class Line(NamedTuple):
    """A line without its break: ``text`` has one character for each byte."""

    text: str
    offset: int
    number: int


def load(package: str, name: str) -> dict[str, Layout]:
    """Read a table of records; tag → layout.

    :raises ValueError: the columns of a record do not tile it, or a name stands twice.
    """
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    found: dict[str, list[Column]] = {}
    for row in csv.DictReader(text.splitlines()):
        columns = found.setdefault(row["record"], [])
        column = Column(
            row["column"], int(row["first"]), int(row["last"]), row["class"], row["use"] == "M",
            row["title"],
        )  # fmt: skip
        expected = columns[-1].last + 1 if columns else 1
        if column.first != expected or column.last < column.first:
            raise ValueError(f"{name}: {row['record']} has a gap at column {expected}")
        if column.name and any(each.name == column.name for each in columns):
            raise ValueError(f"{name}: {row['record']} names {column.name!r} twice")
        columns.append(column)
    return {tag: Layout(tag, tuple(columns)) for tag, columns in found.items()}


def lines(stream: BinaryIO, width: int) -> Iterator[Line]:
    """Yield the lines of a stream; those of a multiple of ``width`` are cut into records.

    Lines end in a line feed, after a carriage return or not. No line is longer than is held of one:
    a longer one comes in pieces.
    """
    offset, number = 0, 0
    while raw := stream.readline(width * _BLOCK):
        text = raw.decode("latin-1").rstrip("\r\n")
        if len(text) > width and len(text) % width == 0:
            for at in range(0, len(text), width):
                number += 1
                yield Line(text[at : at + width], offset + at, number)
        else:
            number += 1
            yield Line(text, offset, number)
        offset += len(raw)


def cut(line: Line, layout: Layout, notes: Notes) -> Record:
    """Cut a line into its columns, and note what cannot be: its length, classes, empty columns.

    Blanks that mail took from the end of a line are no defect.
    """
    values = {each.name: _text(line, each) for each in layout.columns if each.name}
    record = Record(layout, values, line.offset, line.number)
    if len(line.text.rstrip()) > layout.width:
        spot = Spot(layout.tag, line.offset + layout.width, len(line.text) - layout.width, 0)
        reason = f"line {line.number} has {len(line.text)} columns, expected {layout.width}"
        spot = spot._replace(number=line.number)
        notes.add("columns.width", Severity.WARNING, reason, spot, str(layout.width + 1))
    for column in layout.columns:
        if column.name:
            _check(record, column, notes)
    return record


def text_of(line: Line, layout: Layout, name: str) -> str:
    """Return one column of a line, unchecked."""
    return _text(line, next(each for each in layout.columns if each.name == name))


def _text(line: Line, column: Column) -> str:
    return decode(line.text[column.first - 1 : column.last], "ascii")[0].strip()


def _check(record: Record, column: Column, notes: Notes) -> None:
    value = record.values[column.name]
    if not value:
        if column.required:
            reason = "nothing stands there, a value is expected"
            record.note(notes, "columns.missing", Severity.WARNING, column.name, reason)
        return
    pattern, words = _CLASSES.get(column.kind, (None, ""))
    if pattern is not None and not pattern.fullmatch(value):
        reason = f"{snippet(value)} stands there, {words} are expected"
        record.note(notes, "columns.class", Severity.WARNING, column.name, reason)
