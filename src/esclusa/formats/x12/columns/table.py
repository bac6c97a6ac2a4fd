"""Tables of statements and the defects of a file, as the plain reader tells both.

A column is named by the path of its field in the record model, as in
:mod:`esclusa.formats.edifact.columns.base`, whose rows of a read message are used here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns import spans
from esclusa.formats.edifact.columns.base import HEAD
from esclusa.formats.edifact.columns.spans import take
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.files import open_file
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import messages_of
from esclusa.formats.work import Work
from esclusa.formats.x12.columns.machine import Stretch, read_stretches
from esclusa.formats.x12.columns.scan import BACKENDS
from esclusa.formats.x12.columns.sheet import Picked, Sheet, Tags
from esclusa.formats.x12.reader import TYPES
from esclusa.formats.x12.syntax_envelope import Envelopes
from esclusa.model import Defect, Message


class Table(NamedTuple):
    """``kind`` is the transaction set, ``fields`` the columns, ``tags`` those a set may have.

    ``refuse`` sets ``Sheet.doubt`` for sets that are not laid out as ``rows`` needs it. ``rows``
    gives the number of the set of each row, the function of each row, and the columns; it sets
    ``Sheet.doubt`` for values that the plain reader must read.
    """

    kind: str
    fields: Mapping[str, Any]
    tags: Tags
    refuse: Callable[[Sheet], None]
    rows: Callable[[Sheet], tuple[Picked, pl.Series, dict[str, pl.Series]]]

    @property
    def schema(self) -> dict[str, Any]:
        return {**HEAD, **self.fields}


class Tables(NamedTuple):
    """What a file holds: for each transaction set a table of its statements, and all defects of
    messages and between them, in the order of the file. ``plainly`` counts the messages that the
    plain reader had to read, ``messages`` all of them."""

    frames: dict[str, pl.DataFrame]
    defects: tuple[Defect, ...]
    messages: int
    plainly: int


def read(
    data: bytes | Path | BinaryIO, tables: Mapping[str, Table], *, backend: str = "",
    limits: Limits = DEFAULT,
) -> Tables:  # fmt: skip
    """Read a whole file into tables.

    :param data: the file's bytes; its path, packed with gzip or not; or a stream at its start.
    :param backend: ``numba`` or ``numpy``; "" takes the fastest that is installed.
    :raises LimitError: as the plain reader.
    :raises InputError: the file cannot be opened.
    :raises ValueError: an unknown backend, or one that is not installed.
    """
    backend = backend or next(iter(BACKENDS))
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r} is not installed, expected one of {[*BACKENDS]}")
    with ExitStack() as opened:
        if isinstance(data, Path):
            stream: BinaryIO = opened.enter_context(open_file(data, limits))
        else:
            stream = io.BytesIO(data) if isinstance(data, bytes) else data
        name = data.name if isinstance(data, Path) else ""
        reading = _Reading(tables, limits, Work(name, limits))
        for item in read_stretches(
            stream, backend=backend, file=name, limits=limits, work=reading.work
        ):
            reading.take(item)
    return reading.told()


class _Reading:
    """The tables while a file is read."""

    def __init__(self, tables: Mapping[str, Table], limits: Limits, work: Work) -> None:
        self.tables = tables
        self.limits = limits
        self.work = work
        self.envelopes = Envelopes("", limits, work)
        self.frames: dict[str, list[pl.DataFrame]] = {kind: [] for kind in tables}
        self.plain: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in tables}
        self.defects: list[Defect] = []
        self.messages = self.plainly = 0

    def take(self, item: Stretch | RawMessage | Defect) -> None:
        if isinstance(item, Defect):
            self.defects.append(item)
        elif isinstance(item, RawMessage):
            self.messages += 1
            self.raw(item)
        else:
            self.messages += len(item)
            for number in self.stretch(item).tolist():
                self.raw(item.raw(number, self.envelopes))

    def raw(self, raw: RawMessage) -> None:
        """Read a set with the plain reader."""
        self.plainly += 1
        table = self.tables.get(raw.type)
        for message in messages_of(raw, "x12", TYPES.get(raw.type), self.limits, self.work):
            self.defects += message.defects
            if table is not None:
                self.plain[raw.type] += rows_of(message, table)

    def stretch(self, stretch: Stretch) -> Picked:
        """Make the tables of regular sets; the numbers of those that the plain reader must read."""
        found = stretch.rows.element(stretch.first, 1)
        code, kinds = spans.values(stretch.rows.run, found)
        left = []
        for at, kind in enumerate(kinds):
            chosen = np.flatnonzero(code == at)
            table = self.tables.get(kind)
            if table is None:
                left.append(chosen)
            else:
                sheet = Sheet(stretch, chosen, table.tags)
                table.refuse(sheet)
                left.append(chosen[sheet.doubt])
                sheet = sheet.sound()
                if sheet.count:
                    self.sheet(sheet, table)
                    left.append(sheet.chosen[sheet.doubt])
        return np.sort(np.concatenate(left))

    def sheet(self, sheet: Sheet, table: Table) -> None:
        owner, function, columns = table.rows(sheet)
        rows, stretch = sheet.window, sheet.stretch
        heads = stretch.first[sheet.chosen]
        offset = stretch.start + rows.begin[heads].astype(np.int64)
        whole = {
            "offset": pl.Series(offset[owner]),
            "reference": take(rows.column(rows.element(heads, 2)), owner),
            "function": function,
            **columns,
        }
        frame = pl.DataFrame(
            [_column(whole[name], name, kind) for name, kind in table.schema.items()]
        )
        if sheet.doubt.any():
            frame = frame.filter(pl.Series(~sheet.doubt[owner]))
        self.frames[table.kind].append(frame)

    def told(self) -> Tables:
        made = {kind: self.whole(table) for kind, table in self.tables.items()}
        return Tables(made, tuple(self.defects), self.messages, self.plainly)

    def whole(self, table: Table) -> pl.DataFrame:
        frames, plain = self.frames[table.kind], self.plain[table.kind]
        if plain:
            frames = [*frames, pl.DataFrame(plain, table.schema, orient="row")]
        if not frames:
            return pl.DataFrame(schema=table.schema)
        whole = pl.concat(frames)
        return whole.sort("offset", maintain_order=True) if plain else whole


def _column(column: pl.Series, name: str, kind: Any) -> pl.Series:
    """Under this name; most columns have their type already, and a cast is a query."""
    return (column if column.dtype == kind else column.cast(kind)).alias(name)


def rows_of(message: Message, table: Table) -> list[tuple[Any, ...]]:
    """The rows of a message that the plain reader has read."""
    head = (message.offset, message.reference, message.function.value)
    paths = [path.split(".") for path in table.fields]
    return [
        (*head, *(_value(statement, path) for path in paths)) for statement in message.statements
    ]


def _value(found: Any, path: list[str]) -> Any:
    """The field at the end of a path; a list where it goes through several values, None where
    there is nothing on its way."""
    for at, name in enumerate(path):
        if found is None:
            return None
        found = getattr(found, name)
        if isinstance(found, tuple):
            return [_value(each, path[at + 1 :]) for each in found]
    return found
