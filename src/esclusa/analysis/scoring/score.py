"""Scoring by table look-ups, with numpy and nothing that learns.

The batch way takes a table; the single way takes one row in plain Python, because a data frame of
one row costs more than all look-ups. Both give the same contributions, a test holds them together.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.calibration import probabilities, probability
from esclusa.analysis.scoring.model import Model, Part, Term
from esclusa.errors import InputError

Ints = npt.NDArray[np.int32]
Sums = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_CHUNK: Final = 32_768
"""Rows looked up together, so that bins and contributions stay in the processor's cache."""
_FULL: Final = 1 << 18
"""Combined bins up to which a cross is kept as a full table in memory; above, it is searched."""
_COUNTED: Final = 200
"""Cuts up to which they are counted; a byte must hold the number."""
_BLOCK: Final = 8_192
_NUMBERS: Final = (pl.Boolean, pl.Decimal)


class Scores(msgspec.Struct, frozen=True):
    """Of each row: the contributions, one line a term; their sum with the intercept, in units; and
    the calibrated probability."""

    contributions: Ints
    total: Sums
    probability: Floats


class One(msgspec.Struct, frozen=True):
    """The same of a single row."""

    contributions: tuple[int, ...]
    total: int
    probability: float


class Scorer:
    """A model made ready for look-ups."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._tables = [_table(model, term) for term in model.terms]
        self._cuts = [np.asarray(part.cuts, dtype=np.float64) for part in model.parts]

    def score(self, frame: pl.DataFrame) -> Scores:
        """Return contributions, sums and probabilities of the rows of a table.

        :raises InputError: a feature of the model is not among the columns, or is of another kind.
        """
        self._check(frame)
        pieces = [
            self._look_up(frame.slice(start, _CHUNK)) for start in range(0, frame.height, _CHUNK)
        ]
        found = np.concatenate(pieces, axis=1) if pieces else np.zeros(self._shape(0), np.int32)
        total = found.sum(axis=0, dtype=np.int64) + self.model.intercept
        return Scores(found, total, probabilities(self.model.calibration, total))

    def one(self, row: Mapping[str, Any]) -> One:
        """Return the same of one row.

        :raises InputError: a feature of the model is not in the row, or is of another kind.
        """
        bins = [self._bin(number, row) for number in range(len(self.model.parts))]
        found = tuple(
            _at(table, _joined(self.model, term, bins))
            for term, table in zip(self.model.terms, self._plain, strict=True)
        )
        total = sum(found) + self.model.intercept
        return One(found, total, probability(self.model.calibration, total))

    def _shape(self, rows: int) -> tuple[int, int]:
        return len(self.model.terms), rows

    def _check(self, frame: pl.DataFrame) -> None:
        for feature in self.model.features:
            kind = frame.schema.get(feature.name)
            if kind is None:
                raise InputError(f"the features lack {feature.name!r}, which the model reads")
            fits = kind == pl.Null or (
                kind.is_numeric() or kind in _NUMBERS
                if feature.kind == "number"
                else kind in (pl.String, pl.Categorical, pl.Enum)
            )
            if not fits:
                raise InputError(
                    f"the feature {feature.name!r} is {kind}; a {feature.kind} was expected"
                )

    def _look_up(self, frame: pl.DataFrame) -> Ints:
        model = self.model
        texts: dict[str, tuple[list[str], npt.NDArray[np.uint32]]] = {}
        numbers: dict[str, Floats] = {}
        bins: list[npt.NDArray[np.int64]] = []
        for part, cuts in zip(model.parts, self._cuts, strict=True):
            column = frame[part.feature]
            if part.is_number:
                if part.feature not in numbers:
                    numbers[part.feature] = _numbers(column)
                bins.append(_cut(numbers[part.feature], cuts))
            else:
                if part.feature not in texts:
                    texts[part.feature] = _numbered(column)
                known, codes = texts[part.feature]
                bins.append(_named(part, known)[codes])
        found = np.empty(self._shape(frame.height), np.int32)
        for line, (term, table) in enumerate(zip(model.terms, self._tables, strict=True)):
            found[line] = _taken(table, _joined_many(model, term, bins))
        return found

    @cached_property
    def _values(self) -> list[dict[str, int]]:
        return [_places(part) for part in self.model.parts]

    @cached_property
    def _plain(self) -> list[tuple[int, ...] | dict[int, int]]:
        return [
            dict(zip(term.keys, term.scores, strict=True)) if term.keys else term.scores
            for term in self.model.terms
        ]

    def _bin(self, number: int, row: Mapping[str, Any]) -> int:
        part = self.model.parts[number]
        try:
            value = row[part.feature]
        except KeyError:
            raise InputError(f"the features lack {part.feature!r}, which the model reads") from None
        if value is None:
            return 0
        if isinstance(value, str) == part.is_number:
            raise InputError(
                f"the feature {part.feature!r} is of another kind than the model reads"
            )
        if part.is_number:
            there = float(value)
            return 1 + bisect_right(part.cuts, there) if math.isfinite(there) else 0
        text = value[: part.prefix] if part.prefix else value
        return self._values[number].get(text, part.size - 1)


def part_bins(part: Part, column: pl.Series) -> npt.NDArray[np.int64]:
    """Return for each value the bin of a part that it lies in."""
    if part.is_number:
        return _cut(_numbers(column), np.asarray(part.cuts, dtype=np.float64))
    known, codes = _numbered(column)
    return _named(part, known)[codes]


def _numbers(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _cut(values: Floats, cuts: Floats) -> npt.NDArray[np.int64]:
    """Return the bins of numbers. Counting the cuts one after the other, in blocks that stay in the
    cache, takes less time than a binary search, whose branches no processor can guess."""
    if len(cuts) > _COUNTED:
        bins = np.searchsorted(cuts, values, side="right") + 1
    else:
        counts = np.ones(len(values), np.uint8)
        reached = np.empty(min(len(values), _BLOCK), np.bool_)
        for start in range(0, len(values), _BLOCK):
            some, count = values[start : start + _BLOCK], counts[start : start + _BLOCK]
            flags = reached[: len(some)]
            for cut in cuts:
                np.greater_equal(some, cut, out=flags)
                count += flags.view(np.uint8)
        bins = counts.astype(np.int64)
    bins[~np.isfinite(values)] = 0
    return bins


def _numbered(column: pl.Series) -> tuple[list[str], npt.NDArray[np.uint32]]:
    """Return the different texts, the null of them first, and for each row the place of its own."""
    column = column.cast(pl.String)
    known = column.drop_nulls().unique()
    places = column.cast(pl.Enum(known)).to_physical().cast(pl.UInt32) + 1
    return known.to_list(), places.fill_null(0).to_numpy()


def _places(part: Part) -> dict[str, int]:
    return {value: place for place, value in enumerate(part.values or (), 1)}


def _named(part: Part, texts: list[str]) -> npt.NDArray[np.int64]:
    """Return the bin of each different text, that of the null first."""
    known = _places(part)
    other, cut = part.size - 1, part.prefix or None
    return np.array([0, *(known.get(text[:cut], other) for text in texts)], dtype=np.int64)


class _Table(msgspec.Struct, frozen=True):
    scores: Ints
    keys: npt.NDArray[np.int64] | None


def _table(model: Model, term: Term) -> _Table:
    scores = np.asarray(term.scores, dtype=np.int32)
    if not term.keys:
        return _Table(scores, None)
    bins = math.prod(model.parts[part].size for part in term.parts)
    keys = np.asarray(term.keys, dtype=np.int64)
    if bins > _FULL:
        return _Table(scores, keys)
    full = np.zeros(bins, np.int32)
    full[keys] = scores
    return _Table(full, None)


def _taken(table: _Table, bins: npt.NDArray[np.int64]) -> Ints:
    if table.keys is None:
        return table.scores.take(bins)
    place = np.searchsorted(table.keys, bins).clip(max=len(table.keys) - 1)
    return np.where(table.keys[place] == bins, table.scores[place], np.int32(0))


def _at(table: tuple[int, ...] | dict[int, int], place: int) -> int:
    return table.get(place, 0) if isinstance(table, dict) else table[place]


def _joined(model: Model, term: Term, bins: list[int]) -> int:
    place = 0
    for part in term.parts:
        place = place * model.parts[part].size + bins[part]
    return place


def _joined_many(
    model: Model, term: Term, bins: list[npt.NDArray[np.int64]]
) -> npt.NDArray[np.int64]:
    place = bins[term.parts[0]]
    for part in term.parts[1:]:
        place = place * model.parts[part].size + bins[part]
    return place
