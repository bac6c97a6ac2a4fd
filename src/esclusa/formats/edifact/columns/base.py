"""Tables of statements: columns named by the fields of the record model.

A column is named by the path of its field (``voyage.conveyance.imo``); a path through several
values (``seals.number``) gives a list. The same path reads the field of a statement that the plain
reader made, so a table is the same whichever way its rows came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from msgspec.structs import replace

from esclusa.formats.edifact.columns import plainly, spans
from esclusa.formats.edifact.columns.batch import Coded, Columns, frame, taken
from esclusa.formats.edifact.columns.index import Doubt, Index, doubt_of, index
from esclusa.formats.edifact.columns.run import Run, Whole
from esclusa.formats.edifact.columns.sheet import Asks, Picked, Sheet
from esclusa.formats.edifact.columns.views import Pool
from esclusa.model import Message, Statement

HEAD: Mapping[str, Any] = {"offset": pl.Int64, "reference": pl.String, "function": pl.String}
"""Columns of every table: the byte of the file where the message begins, its reference, its
function."""

PART: Final = 1 << 19, 4 << 20
"""The least and the most bytes of messages that are made into rows at a time. Between them it is a
part of the file: fewer cost more time, more cost more memory than the file is worth."""
PARTS: Final = 3

LIST = pl.List(pl.String)


class Table(NamedTuple):
    """``kind`` is the message type, ``fields`` the columns, ``takes`` tells the statements that
    make rows. ``refuse`` names messages that are not laid out as ``rows`` needs it; ``rows`` gives
    the number of the message of each row, and the columns, and asks for what ``asks`` says of all
    rows with a tag."""

    kind: str
    fields: Mapping[str, Any]
    takes: Callable[[Statement], bool]
    refuse: Callable[[Sheet], Picked]
    rows: Callable[[Sheet], tuple[Picked, Columns]]
    asks: Asks


def table(found: bytes | Path | Index, of: Table) -> pl.DataFrame:
    """Return one row for each statement of the messages of a type, in the order of the file.

    :param found: a file, its bytes, or what :func:`index` made of them.
    :raises LimitError: the file is larger than the limits allow.
    :raises InputError: it cannot be opened.
    """
    indexed = found if isinstance(found, Index) else index(found)
    schema = {**HEAD, **of.fields}
    frames, doubts = [], list(indexed.doubts)
    parts = [(run, part) for run in indexed.runs for part in _parts(run, of.kind)]
    # An index that nobody else holds goes with its last part, before that one is laid out.
    indexed = replace(indexed, runs=())
    while parts:
        made, refused = _made(indexed, *parts.pop(0), of)
        doubts += refused
        frames.append(pl.DataFrame(schema=schema) if made is None else frame(*made, schema))
        del made
    plain = list(_plain(indexed, doubts, of))
    if plain:
        frames.append(pl.DataFrame(plain, schema, orient="row"))
    if not frames:
        return pl.DataFrame(schema=schema)
    whole = pl.concat(frames)
    return whole.sort("offset", maintain_order=True) if plain else whole


def _parts(run: Run, kind: str) -> list[npt.NDArray[np.intp]]:
    """The messages of a type, a few megabytes at a time: what is held beside the table then does
    not grow with the file."""
    kinds = spans.values(run, spans.component(run, run.message_first, 2))
    named = np.array([*(value == kind for value in kinds.values), False], bool)[kinds.code]
    chosen = np.flatnonzero(named)
    least, most = PART
    size = min(max(len(run.text.data) // PARTS, least), most)
    sizes = run.ends(run.message_last[chosen]) - run.begin[run.message_first[chosen]]
    part = np.cumsum(sizes.astype(np.int64)) // size
    return np.split(chosen, np.flatnonzero(np.diff(part)) + 1) if len(chosen) else []


def _made(
    indexed: Index, run: Run, part: Whole, of: Table
) -> tuple[tuple[Pool, Columns] | None, list[Doubt]]:
    """The columns of a part, and what of it is left to the plain reader. What it takes beside them,
    several times the part's bytes, is given up when this ends, before the table is laid out: see
    that no sheet is in a circle of references, which would keep it until Python looks for such."""
    sheet = Sheet(run, part, indexed.limits, of.asks)
    refused = np.unique(of.refuse(sheet))
    doubts = [doubt_of(indexed.data, run, sheet.region(int(each))) for each in refused]
    sheet = sheet.without(refused)
    if not sheet.count:
        return None, doubts
    columns = _columns(sheet, of)
    sheet.pool.close()
    return (sheet.pool, columns), doubts


def _columns(sheet: Sheet, of: Table) -> Columns:
    """All columns of a part's rows."""
    owner, columns = of.rows(sheet)
    words = [None if each is None else each.value for each in sheet.functions]
    function = sheet.function[owner]
    whole = {
        "offset": sheet.offset[owner],
        "reference": sheet.reference[owner],
        "function": Coded(function, words),
        **columns,
    }
    stated = np.array([word is not None for word in words], bool)
    return whole if stated.all() else taken(whole, np.flatnonzero(stated[function]))


def _plain(found: Index, doubts: list[Doubt], of: Table) -> Iterator[tuple[Any, ...]]:
    for message in plainly.messages(found, doubts):
        if message.format == f"edifact.{of.kind.lower()}":
            yield from rows_of(message, of)


def rows_of(message: Message, of: Table) -> Iterator[tuple[Any, ...]]:
    """The rows of a message that the plain reader has read."""
    for statement in message.statements:
        if of.takes(statement):
            head = (message.offset, message.reference, message.function.value)
            yield (*head, *(value(statement, path.split(".")) for path in of.fields))


def value(found: Any, path: list[str]) -> Any:
    """The field at the end of a path; a list where the path goes through several values."""
    for at, name in enumerate(path):
        found = getattr(found, name)
        if isinstance(found, tuple):
            return [value(each, path[at + 1 :]) for each in found]
    return found


def nullable(found: npt.NDArray[np.float64]) -> pl.Series:
    """Numbers, null where the array says not a number."""
    return pl.Series(found, nan_to_null=True)


def verdicts(found: npt.NDArray[np.int8]) -> Coded:
    """1, 0 and -1 as true, false and null."""
    return Coded(found % 3, [False, True, None], pl.Boolean)
