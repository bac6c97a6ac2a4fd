"""Segments and their components as tables, whatever the message."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.index import Index
from esclusa.formats.edifact.columns.plainly import raw_messages
from esclusa.formats.edifact.columns.run import Run, Whole
from esclusa.formats.edifact.columns.spans import Spans, gather, take, whole
from esclusa.formats.edifact.columns.views import column
from esclusa.formats.edifact.segment import RawMessage

SEGMENTS: Final[dict[str, Any]] = {
    "message": pl.Int32, "number": pl.Int32, "tag": pl.String, "offset": pl.Int64,
    "text": pl.String,
}  # fmt: skip
ELEMENTS: Final[dict[str, Any]] = {
    "message": pl.Int32, "number": pl.Int32, "tag": pl.String, "element": pl.Int16,
    "component": pl.Int16, "value": pl.String,
}  # fmt: skip


def segments(index: Index) -> pl.DataFrame:
    """Return the segments of every message, in the order of the file.

    ``message`` counts messages of the file from 1, ``number`` segments of the message from 1
    (UNH); ``offset`` is the byte of the tag, ``text`` the decoded segment without terminator and
    line breaks, release characters in place.
    """
    return _ordered(index, _segments_of, _raw_segments, SEGMENTS)


def elements(index: Index) -> pl.DataFrame:
    """Return every component of every segment, release characters taken out; elements and
    components count from 1. Of a repeated element (syntax version 4) the first occurrence."""
    return _ordered(index, _elements_of, _raw_elements, ELEMENTS)


def _ordered(index: Index, regular: Any, doubtful: Any, schema: dict[str, Any]) -> pl.DataFrame:
    """Regular and doubtful messages in one table, numbered as they stand in the file."""
    frames = [regular(run) for run in index.runs if len(run.message_first)]
    plain = list(raw_messages(index))
    if plain:
        frames.append(doubtful(plain))
    if not frames:
        return pl.DataFrame(schema=schema)
    table = pl.concat(frames)
    if len(frames) > 1:
        table = table.sort("message", maintain_order=True)
    begins = [run.text.shifts.back(run.begin[run.message_first]) for run in index.runs]
    every = np.sort(np.concatenate([*begins, [each.offset for each in plain]]))
    number = np.searchsorted(every, table["message"].to_numpy()) + 1
    numbered: pl.DataFrame = table.with_columns(message=pl.Series(number, dtype=pl.Int32))
    return numbered.select(list(schema))


def rows_of(run: Run) -> tuple[Whole, Whole]:
    """The rows of all regular messages, and the number of the message of each."""
    sizes = run.message_last - run.message_first + 1
    number = np.repeat(np.arange(len(sizes)), sizes)
    ahead = np.cumsum(sizes) - sizes
    rows = np.arange(len(number)) + np.repeat(run.message_first - ahead, sizes)
    return rows, number


def _heads(run: Run, rows: Whole, number: Whole) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Where each row's message begins in the file, the row's number in it, its tag."""
    place = run.text.shifts.back(run.begin[run.message_first])[number]
    tag, example = np.unique(run.tags(rows), return_inverse=True)
    words = [int(code).to_bytes(3, "little").decode("ascii") for code in tag]
    counted = rows - run.message_first[number] + 1
    return pl.Series(place), pl.Series(counted.astype(np.int32)), gather(example, words)


def _segments_of(run: Run) -> pl.DataFrame:
    rows, number = rows_of(run)
    place, counted, tag = _heads(run, rows, number)
    offset = pl.Series(run.text.shifts.back(run.begin[rows]))
    text = column(run, whole(run, rows))
    columns = [place, counted, tag, offset, text]
    return pl.DataFrame(dict(zip(SEGMENTS, columns, strict=True)))


def _raw_segments(messages: list[RawMessage]) -> pl.DataFrame:
    found = [
        (message.offset, segment.number, segment.tag, segment.offset, segment.text)
        for message in messages
        for segment in message.segments
    ]
    return pl.DataFrame(found, {**SEGMENTS, "message": pl.Int64}, orient="row")


def _elements_of(run: Run) -> pl.DataFrame:
    rows, number = rows_of(run)
    place, counted, tag = _heads(run, rows, number)
    # A component ends at each separator behind the one that ends the tag.
    first, last = run.bound[run.first[rows]], run.bound[run.first[rows + 1] - 1]
    sizes = last - first
    owner = np.repeat(np.arange(len(rows)), sizes)
    number_in = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    opens = np.repeat(first, sizes) + number_in
    boundary = np.zeros(len(run.at), bool)
    boundary[run.bound] = True
    element = np.cumsum(boundary[opens]) if len(opens) else opens
    begun = np.flatnonzero(boundary[opens])
    component = np.arange(len(opens)) - begun[element - 1] + 1
    before = np.concatenate([[0], element])[np.cumsum(sizes) - sizes]
    value = column(run, Spans(run.at[opens] + 1, run.at[opens + 1]), resolve=True)
    columns = [
        take(place, owner), take(counted, owner), take(tag, owner),
        pl.Series((element - before[owner]).astype(np.int16)),
        pl.Series(component.astype(np.int16)), value,
    ]  # fmt: skip
    return pl.DataFrame(dict(zip(ELEMENTS, columns, strict=True)))


def _raw_elements(messages: list[RawMessage]) -> pl.DataFrame:
    found = [
        (message.offset, segment.number, segment.tag, element, component, value)
        for message in messages
        for segment in message.segments
        for element, parts in enumerate(segment.elements(), 1)
        for component, value in enumerate(parts, 1)
    ]
    return pl.DataFrame(found, {**ELEMENTS, "message": pl.Int64}, orient="row")
