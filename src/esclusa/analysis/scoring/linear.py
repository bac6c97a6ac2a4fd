"""Logistic regression on groups: a column for each value of each level, drawn to the whole.

A rare code says little, so it leans on its four digits, these on its chapter: the penalty is shared
between the levels, as in a model of nested random effects. Numbers are cut into groups of equal
number, at several widths. Everything is additive in log odds, so it adds to boosted shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.extra import library, quietly
from esclusa.analysis.scoring.model import Part
from esclusa.analysis.scoring.pieces import Piece, Sum, combined_bins
from esclusa.analysis.scoring.recipe import Examples, Recipe

Bins = npt.NDArray[np.int64]
_ROUNDS = 500


def fit_linear(examples: Examples, parts: Sequence[Part], recipe: Recipe) -> Sum:
    """Return the regression on the groups of these parts and of the recipe's crosses."""
    groups = _groups(parts, recipe, examples.frame)
    whole = [combined_bins(group, examples.frame) for group in groups]
    columns = [
        _columns(bins, group, recipe.least_rows) for bins, group in zip(whole, groups, strict=True)
    ]
    matrix = _matrix(whole, columns)
    model = library("sklearn.linear_model").LogisticRegression(C=recipe.strength, max_iter=_ROUNDS)
    with quietly():
        model.fit(matrix, examples.found, sample_weight=examples.weight)
    weights = model.coef_[0]
    pieces, start = [], 0
    for group, known in zip(groups, columns, strict=True):
        scores = np.zeros(_size(group))
        scores[known] = weights[start : start + len(known)]
        start += len(known)
        pieces.append(Piece(tuple(group), scores))
    return Sum(tuple(pieces), float(model.intercept_[0]))


def _groups(parts: Sequence[Part], recipe: Recipe, frame: pl.DataFrame) -> list[tuple[Part, ...]]:
    found: list[tuple[Part, ...]] = []
    for part in parts:
        if part.is_number:
            found += [(cut,) for width in recipe.widths if (cut := _cut(part, frame, width)).cuts]
        else:
            found.append((part,))
    for cross in recipe.crosses:
        chosen = [_named(name, parts, recipe, frame) for name in cross]
        if all(part is not None for part in chosen):
            found.append(tuple(part for part in chosen if part is not None))
    return found


def _cut(part: Part, frame: pl.DataFrame, width: int) -> Part:
    values = frame[part.feature].cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
    edges = np.quantile(values, np.arange(1, width) / width, method="inverted_cdf")
    cuts = np.unique(edges[edges > values.min()]) if len(values) else edges[:0]
    return Part(feature=part.feature, cuts=tuple(cuts.tolist()))


def _named(name: str, parts: Sequence[Part], recipe: Recipe, frame: pl.DataFrame) -> Part | None:
    """Return the part that a cross names: ``feature``, or ``feature:digits`` for a level."""
    feature, _, digits = name.partition(":")
    for part in parts:
        if part.feature == feature and part.prefix == int(digits or 0):
            return _cut(part, frame, min(recipe.widths)) if part.is_number else part
    return None


def _size(group: Sequence[Part]) -> int:
    size = 1
    for part in group:
        size *= part.size
    return size


def _columns(bins: Bins, group: Sequence[Part], least: int) -> Bins:
    """Return the combined bins that get a column; "any other value" has none, so it adds 0."""
    known, count = np.unique(bins, return_counts=True)
    kept = known[count >= least]
    return kept[kept % group[-1].size < group[-1].size - 1]


def _matrix(bins: Sequence[Bins], columns: Sequence[Bins]) -> Any:
    sparse = library("scipy.sparse")
    rows = len(bins[0])
    places, who = [], []
    start = 0
    for one, known in zip(bins, columns, strict=True):
        at = np.searchsorted(known, one).clip(max=max(len(known) - 1, 0))
        inside = known[at] == one if len(known) else np.zeros(rows, bool)
        places.append(at[inside] + start)
        who.append(np.flatnonzero(inside))
        start += len(known)
    where = (np.concatenate(who), np.concatenate(places))
    return sparse.csr_matrix((np.ones(len(where[0])), where), shape=(rows, start))
