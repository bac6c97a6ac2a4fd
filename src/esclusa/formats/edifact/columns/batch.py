"""Columns of a part's rows as arrays, and the table that polars makes of all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats import arrow
from esclusa.formats.edifact.columns import compiled, loops, views
from esclusa.formats.edifact.columns.run import Whole
from esclusa.formats.edifact.columns.views import Pool, Texts

Floats = npt.NDArray[np.float64]


class Coded(NamedTuple):
    """``words[code[n]]`` in each row: values that come again, which polars takes from a few."""

    code: Whole
    words: Sequence[Any]
    dtype: Any = pl.String

    def at(self, rows: Whole) -> Coded:
        return Coded(self.code[rows], self.words, self.dtype)

    def texts(self, pool: Pool) -> Texts:
        """The same, to be chosen from with other texts."""
        return pool.words(self.words)[self.code]


class Listed(NamedTuple):
    """Lists: row ``n`` has the values from ``cuts[n]`` up to ``cuts[n + 1]``."""

    cuts: npt.NDArray[np.int64]
    values: Texts | Floats

    def at(self, rows: Whole) -> Listed:
        size, begin = np.diff(self.cuts)[rows], self.cuts[:-1][rows]
        cuts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(size, out=cuts[1:])
        places = np.repeat(begin - cuts[:-1], size) + np.arange(cuts[-1])
        return Listed(cuts, self.values[places])


Column = Texts | Floats | npt.NDArray[np.int64] | Coded | Listed
"""A column: texts as views; numbers, as floats that are not a number where there is none."""
Columns = dict[str, Any]
"""Columns by their names."""


def taken(columns: Columns, rows: Whole) -> Columns:
    """These rows of columns of the same length; they themselves where that is all as they stand."""
    if not columns:
        return columns
    length = _length(next(iter(columns.values())))
    if len(rows) == length and np.array_equal(rows, np.arange(length)):
        return columns
    codes: dict[int, Whole] = {}
    made: Columns = {}
    for name, column in columns.items():
        if isinstance(column, Coded):
            # Columns of one thing have one code.
            code = codes.setdefault(id(column.code), column.code[rows])
            made[name] = Coded(code, column.words, column.dtype)
        else:
            made[name] = column.at(rows) if isinstance(column, Listed) else column[rows]
    return made


def _length(column: Any) -> int:
    if isinstance(column, Listed):
        return len(column.cuts) - 1
    return len(column.code if isinstance(column, Coded) else column)


def listed(owner: Whole, columns: Mapping[str, Texts | Floats], count: int) -> dict[str, Listed]:
    """Columns of lists: the values of each of ``count`` owners, none for those without."""
    if (owner[1:] < owner[:-1]).any():
        order = np.argsort(owner, kind="stable")
        owner, columns = owner[order], {name: each[order] for name, each in columns.items()}
    cuts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=cuts[1:])
    return {name: Listed(cuts, each) for name, each in columns.items()}


def once(pool: Pool, owner: Whole, found: Texts, other: Whole | None = None) -> Whole | None:
    """Which rows hold the values of each owner once, the first of them; None where all do.

    :param other: a number that must be the same too for two rows to be the same.
    """
    if len(owner) < 2 or not ((owner[1:] == owner[:-1]).any() or (owner[1:] < owner[:-1]).any()):
        return None
    if other is None:
        other = np.zeros(len(owner), np.intp)
    pairs = views.numbered(pool, found).view(np.uint64)
    keep = np.empty(len(owner), bool)
    if pool.run.fast and compiled.compiled(loops.once)(owner, pairs, other, _MOST, keep):
        return None if keep.all() else np.flatnonzero(keep)
    order = np.lexsort((other, pairs[1::2], pairs[::2], owner))
    keys = [each[order] for each in (owner, pairs[::2], pairs[1::2], other)]
    new = np.ones(len(owner), bool)
    new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return None if new.all() else np.sort(order[new])


_MOST: Final = 32
"""Values of one owner that are held against each other; more are sorted."""


def frame(pool: Pool, columns: Mapping[str, Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The table of these columns: texts, numbers and lists in one batch, coded ones taken."""
    laid = {
        name: _laid(pool, columns[name], dtype)
        for name, dtype in schema.items()
        if not isinstance(columns[name], Coded)
    }
    made = arrow.frame(tuple((name, schema[name]) for name in laid), list(laid.values()))
    found = {each.name: each for each in made.get_columns()}
    places: dict[int, pl.Series] = {}
    for name in schema:
        column = columns[name]
        if isinstance(column, Coded):
            key = id(column.code)
            if key not in places:
                places[key] = pl.Series(column.code.astype(np.uint32, copy=False))
            found[name] = pl.Series(name, column.words, dtype=column.dtype)[places[key]]
    return pl.DataFrame([found[name] for name in schema])


def _laid(pool: Pool, column: Any, dtype: Any) -> arrow.Column:
    if isinstance(column, Listed):
        return arrow.cut(column.cuts, _laid(pool, column.values, dtype.inner))
    if column.dtype == np.complex128:
        return views.laid_out(pool, column)
    if column.dtype != np.float64:
        return arrow.numbers(column)
    there = ~np.isnan(column)
    if dtype == pl.Float64:
        return arrow.numbers(column, there)
    return arrow.numbers(np.where(there, column, 0).astype(np.int64), there)
