"""From facts to figures: counts, shares with their interval, times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import polars as pl

from esclusa.analysis.figures.meaning import Definition
from esclusa.analysis.intervals import wilson

Key = tuple[str, str]
"""Figure and part; the part "" is the whole."""

LATE: Final = 0.9
"""The quantile that is told beside the median: at least nine of ten were as quick or quicker."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of one part in one period.

    ``number`` is a count: of things, of the times measured, or of what a share is taken over
    (``of``). ``value`` is the share, the median of the minutes, or the estimate; ``low`` and
    ``high`` are its 95 % interval, for minutes 0 and the ninth decile. What is unknown is None; a
    ``hidden`` figure has nothing but its name.
    """

    number: int | None = None
    of: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    hidden: bool = False


def counted(facts: pl.DataFrame, definitions: Iterable[Definition]) -> dict[Key, Figure]:
    """Return every figure that these facts give, by figure and part.

    :param facts: columns as in :data:`~esclusa.analysis.figures.facts.COLUMNS`.

    The whole of every definition is there, also where nothing counted; an estimate is not made
    here. Where a thing stands in several parts (``adds`` false), the whole counts it once.
    """
    listed = tuple(definitions)
    counts = _counts(facts, {one.id: one for one in listed})
    times = _times(facts)
    found: dict[Key, Figure] = {}
    for one in listed:
        if one.unit == "count":
            found[one.id, ""] = Figure(number=0)
            found |= {key: Figure(number=n) for key, n in counts.items() if key[0] == one.id}
        elif one.unit == "minutes":
            found |= _measured(one, times)
        elif one.unit == "share":
            found |= _shares(one, counts)
    return found


def _counts(facts: pl.DataFrame, known: Mapping[str, Definition]) -> dict[Key, int]:
    rows = facts.group_by("figure", "part").agg(pl.col("value").sum()).iter_rows()
    found = {(figure, part): int(number) for figure, part, number in rows if figure in known}
    wholes = facts.group_by("figure").agg(
        pl.col("value").sum(), pl.col("record").n_unique().alias("once")
    )
    for figure, number, once in wholes.iter_rows():
        one = known.get(figure)
        if one is not None:
            found[figure, ""] = int(number if one.adds else once)
    return found


def _times(facts: pl.DataFrame) -> dict[Key, tuple[int, float, float]]:
    """Return number, median and ninth decile of the times of each figure and part."""
    timed = facts.drop_nulls("minutes")
    made: list[Any] = [
        pl.len(), pl.col("minutes").median().alias("middle"),
        pl.col("minutes").quantile(LATE, interpolation="higher").alias("late"),
    ]  # fmt: skip
    found = {
        (row[0], row[1]): (row[2], row[3], row[4])
        for row in timed.group_by("figure", "part").agg(made).iter_rows()
    }
    for row in timed.group_by("figure").agg(made).iter_rows():
        found[row[0], ""] = (row[1], row[2], row[3])
    return found


def _measured(one: Definition, times: Mapping[Key, tuple[int, float, float]]) -> dict[Key, Figure]:
    found = {(one.id, ""): Figure(number=0)}
    for (figure, part), (number, middle, late) in times.items():
        if figure == one.bottom:
            found[one.id, part] = Figure(number=number, value=middle, low=0.0, high=late)
    return found


def _shares(one: Definition, counts: Mapping[Key, int]) -> dict[Key, Figure]:
    below = one.bottom.split("+")
    parts = {part for figure, part in counts if figure in below} if one.parts else set()
    found: dict[Key, Figure] = {}
    for part in {"", *parts}:
        top, bottom = one.taken_from(part)
        of = sum(counts.get(cell, 0) for cell in bottom)
        found[one.id, part] = _share(counts.get(top, 0), of)
    return found


def _share(top: int, bottom: int) -> Figure:
    if not bottom:
        return Figure(number=top, of=bottom)
    low, high = wilson(top, bottom)
    return Figure(number=top, of=bottom, value=top / bottom, low=low, high=high)
