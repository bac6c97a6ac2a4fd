"""Values as spans of the text.

A span is where a value begins and ends. Two ways lead from spans to values: :mod:`views` lays them
out for columns of text, and ``distinct`` finds the different values among many, so that
the functions of the plain reader need to look at each only once: ports, parties, units and dates
come again in message after message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact.columns import compiled, loops
from esclusa.formats.edifact.columns.run import Run, Whole
from esclusa.formats.edifact.segment import Segment

T = TypeVar("T")

_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
MASKS: Final = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)
_GLANCE: Final = 512
_FEW: Final = 32
"""Qualifiers and units come in few kinds, which the first rows show: no sorting then."""


class Spans(NamedTuple):
    """``begin`` to ``end``, both 0 where there is no value."""

    begin: Whole
    end: Whole

    def at(self, rows: npt.NDArray[Any]) -> Spans:
        return Spans(self.begin[rows], self.end[rows])


class Distinct(NamedTuple):
    """``values[code[n]]`` is the value of span ``n``."""

    code: npt.NDArray[np.intp]
    values: list[str]


def whole(run: Run, rows: Whole) -> Spans:
    """The text of segments, without terminator."""
    return Spans(run.begin[rows], run.ends(rows))


def component(run: Run, rows: Whole, element: int, number: int = 1) -> Spans:
    """One component of each of these segments, as :meth:`Segment.get` counts."""
    if run.fast:
        starts, ends = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
        walk = compiled.compiled(loops.component)
        walk(run.first, run.bound, run.at, rows, element, number, starts, ends)
        return Spans(starts, ends)
    edge = run.first[rows] + element
    there = edge < run.first[rows + 1]
    edge = np.where(there, edge, 1) if len(run.bound) > 1 else np.zeros_like(edge)
    place = run.bound[edge - 1] + (number - 1)
    there &= place < run.bound[edge]
    place = np.where(there, place, 0)
    begin, end = run.at[place] + 1, run.at[np.minimum(place + 1, len(run.at) - 1)]
    return Spans(np.where(there, begin, 0), np.where(there, end, 0))


def composite(run: Run, rows: Whole, element: int) -> Spans:
    """A whole element of each of these segments."""
    edge = run.first[rows] + element
    there = edge < run.first[rows + 1]
    edge = np.where(there, edge, 1) if len(run.bound) > 1 else np.zeros_like(edge)
    begin, end = run.at[run.bound[edge - 1]] + 1, run.at[run.bound[edge]]
    return Spans(np.where(there, begin, 0), np.where(there, end, 0))


def stripped(run: Run, spans: Spans) -> Spans:
    """Without blanks at the ends (of ASCII; wider ones are a matter for the values)."""
    array = run.text.array
    if run.fast:
        first, last = np.empty(len(spans.begin), np.int32), np.empty(len(spans.begin), np.int32)
        compiled.compiled(loops.stripped)(array, *narrow(spans), first, last)
        return Spans(first, last)
    begin, end = spans.begin.copy(), spans.end.copy()
    rows = np.flatnonzero((begin < end) & (array[begin] == 0x20))
    while len(rows):
        begin[rows] += 1
        rows = rows[(begin[rows] < end[rows]) & (array[begin[rows]] == 0x20)]
    rows = np.flatnonzero((begin < end) & (array[end - 1] == 0x20))
    while len(rows):
        end[rows] -= 1
        rows = rows[(begin[rows] < end[rows]) & (array[end[rows] - 1] == 0x20)]
    return Spans(begin, end)


def words(run: Run, spans: Spans, count: int) -> list[npt.NDArray[np.uint64]]:
    """The bytes of spans eight by eight, zeros behind their ends."""
    found = [run.words[spans.begin] & MASKS[np.minimum(spans.end - spans.begin, 8)]]
    last = len(run.words) - 1
    for number in range(1, count):
        begin = spans.begin + 8 * number
        here = run.words[np.minimum(begin, last)]
        found.append(here & MASKS[np.clip(spans.end - begin, 0, 8)])
    return found


def text(run: Run, begin: int, end: int) -> str:
    """One value: decoded, release characters taken out."""
    return run.marks.resolve(str(run.text.data[begin:end], "utf-8"))


def texts(run: Run, spans: Spans, *, resolve: bool = True) -> list[str]:
    """Each value, in Python."""
    data, places = run.text.data, zip(spans.begin.tolist(), spans.end.tolist(), strict=True)
    found = [str(data[begin:end], "utf-8") for begin, end in places]
    return [*map(run.marks.resolve, found)] if resolve and len(run.releases) else found


def _hashed(run: Run, spans: Spans) -> npt.NDArray[np.uint64]:
    """A number for each span: the value itself up to eight bytes, else a hash of it."""
    length = spans.end - spans.begin
    longest = int(length.max(initial=0))
    first = words(run, spans, 1)[0]
    if longest <= 8:
        return first
    mixed = (first ^ length.astype(np.uint64)) * _PRIME
    rows = np.flatnonzero(length > 8)
    number = 1
    while len(rows):
        more = words(run, Spans(spans.begin[rows] + 8 * number, spans.end[rows]), 1)[0]
        value = mixed[rows]
        mixed[rows] = ((value ^ (value >> np.uint64(29))) ^ more) * _PRIME
        number += 1
        rows = rows[length[rows] > 8 * number]
    return mixed


def _same(run: Run, one: Spans, other: Spans) -> bool:
    """Are the values of two lists of spans the same, byte by byte?"""
    length = one.end - one.begin
    if (length != other.end - other.begin).any():
        return False
    rows, number = np.arange(len(length)), 0
    while len(rows):
        left = words(run, Spans(one.begin[rows] + 8 * number, one.end[rows]), 1)[0]
        right = words(run, Spans(other.begin[rows] + 8 * number, other.end[rows]), 1)[0]
        if (left != right).any():
            return False
        number += 1
        rows = rows[length[rows] > 8 * number]
    return True


def distinct(run: Run, spans: Spans) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Number the different values: (number of each span, a span that has each value).

    Two values with the same hash would be taken for one, so that is checked, never assumed.
    """
    if run.fast and (numbered := _compiled(run, spans)) is not None:
        return numbered
    code, example = _numbered(_hashed(run, spans))
    if int((spans.end - spans.begin).max(initial=0)) > 8 and not _same(
        run, spans, spans.at(example[code])
    ):
        known: dict[str, int] = {}
        code = np.array([known.setdefault(each, len(known)) for each in texts(run, spans)])
        _, example = np.unique(code, return_index=True)
    return code, example


def _compiled(run: Run, spans: Spans) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None:
    """The same in a compiled pass; None where the values are made to fall together."""
    count = len(spans.begin)
    code, example = np.empty(count, np.intp), np.empty(count, np.intp)
    walk = compiled.compiled(loops.distinct)
    found = walk(run.words, MASKS, *narrow(spans), code, example)
    return None if found < 0 else (code, example[:found].copy())


def narrow(spans: Spans) -> Spans:
    """As compiled loops want them: 32 bits wide."""
    return Spans(spans.begin.astype(np.int32, copy=False), spans.end.astype(np.int32, copy=False))


def _numbered(key: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The number of each key among the different ones, and a place where each stands."""
    code = np.zeros(len(key), np.intp)
    few = np.unique(key[:_GLANCE])
    if 0 < len(few) <= _FEW:
        code = np.minimum(np.searchsorted(few, key), len(few) - 1)
        if (few[code] == key).all():
            example = np.zeros(len(few), np.intp)
            example[code[:_GLANCE]] = np.arange(min(len(key), _GLANCE))
            return code, example
    order = np.argsort(key)
    ranked = key[order]
    new = np.ones(len(key), bool)
    new[1:] = ranked[1:] != ranked[:-1]
    code[order] = np.cumsum(new) - 1
    found: npt.NDArray[np.intp] = order[new]
    return code, found


def values(run: Run, spans: Spans) -> Distinct:
    """The different values of spans."""
    code, example = distinct(run, spans)
    return Distinct(code, texts(run, spans.at(example)))


def segment(run: Run, row: int) -> Segment:
    """A row as the plain reader has it."""
    begin, end = int(run.begin[row]), int(run.at[run.bound[run.first[row + 1] - 1]])
    found = str(run.text.data[begin:end], "utf-8")
    return Segment(found, found[:3], begin, end - begin + 1, 0, run.marks)


def gather(code: npt.NDArray[Any], found: Sequence[Any], dtype: Any = pl.String) -> pl.Series:
    """A column of ``found[code]``."""
    return take(pl.Series(found, dtype=dtype), code)


def take(column: pl.Series, at: npt.NDArray[Any]) -> pl.Series:
    """``column[at]``, without the query that :meth:`polars.Series.gather` makes of it."""
    return column[pl.Series(at.astype(np.uint32, copy=False))]


def constant(text: str, count: int) -> pl.Series:
    """A column that says the same in each of ``count`` rows."""
    return pl.Series([text], dtype=pl.String).new_from_index(0, count)


def subset(columns: dict[str, pl.Series], at: npt.NDArray[Any]) -> dict[str, pl.Series]:
    """``column[at]`` of each of these columns of the same length; they themselves where that is
    all of them as they stand."""
    if not columns:
        return columns
    length = len(next(iter(columns.values())))
    if len(at) == length and np.array_equal(at, np.arange(length)):
        return columns
    return picked(columns, at)


def picked(columns: dict[str, pl.Series], at: npt.NDArray[Any]) -> dict[str, pl.Series]:
    """``column[at]`` of each of these columns."""
    places = pl.Series(at.astype(np.uint32, copy=False))
    return {name: column[places] for name, column in columns.items()}
