"""The explainable boosting machine of interpret-core, read out into our own tables.

Lou, Caruana, Gehrke and Hooker (2013); Nori, Jenkins, Koch and Caruana (2019). Each of its terms is
a table over the bins of one feature or of a pair, averaged over bags; nothing else decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.extra import library, quietly
from esclusa.analysis.scoring.model import Part
from esclusa.analysis.scoring.pieces import Piece, Sum
from esclusa.analysis.scoring.recipe import Examples, Recipe, text_of


def fit_boosted(examples: Examples, parts: Sequence[Part], recipe: Recipe) -> Sum:
    """Return the boosted shapes of these parts, and of pairs if the recipe asks for them."""
    return read_out(fit_machine(examples, parts, recipe), parts)


def fit_machine(examples: Examples, parts: Sequence[Part], recipe: Recipe) -> Any:
    """Return interpret's own fitted machine; tests and benchmarks compare with it."""
    glassbox = library("interpret.glassbox")
    machine = glassbox.ExplainableBoostingClassifier(
        feature_names=[f"{number}" for number in range(len(parts))],
        feature_types=["continuous" if part.is_number else "nominal" for part in parts],
        max_bins=recipe.most_bins, interactions=recipe.interactions, outer_bags=recipe.bags,
        min_samples_leaf=recipe.least_leaf, reg_lambda=recipe.ridge, greedy_ratio=recipe.greedy,
        cat_smooth=recipe.smooth_groups, learning_rate=recipe.learning_rate, n_jobs=1,
        random_state=recipe.seed,
    )  # fmt: skip
    with quietly():
        machine.fit(columns(examples.frame, parts), examples.found, sample_weight=examples.weight)
    return machine


def columns(frame: pl.DataFrame, parts: Sequence[Part]) -> npt.NDArray[np.object_]:
    """Return the parts' values as interpret takes them, missing ones as None."""
    found = np.empty((frame.height, len(parts)), dtype=object)
    for place, part in enumerate(parts):
        column = frame[part.feature]
        if part.is_number:
            numbers = column.cast(pl.Float64)
            found[:, place] = numbers.set(~numbers.is_finite().fill_null(False), None).to_list()
        else:
            found[:, place] = text_of(column, part.prefix).to_list()
    return found


def read_out(machine: Any, parts: Sequence[Part]) -> Sum:
    """Return a fitted machine's terms as pieces, unrounded."""
    pieces = []
    for features, scores in zip(machine.term_features_, machine.term_scores_, strict=True):
        axes = [_axis(machine.bins_[one], len(features), parts[one]) for one in features]
        table = np.asarray(scores, dtype=np.float64)
        for number, (_part, places) in enumerate(axes):
            table = table.take(places, axis=number)
        pieces.append(Piece(tuple(part for part, _places in axes), table.ravel()))
    return Sum(tuple(pieces), float(np.ravel(machine.intercept_)[0]))


def _axis(bins: Any, ways: int, part: Part) -> tuple[Part, npt.NDArray[np.int64]]:
    """Return a part with this machine's bins, and where each of our bins lies on its axis: 0 is
    missing, the last what training did not know."""
    known = bins[min(len(bins), ways) - 1]
    if part.is_number:
        cuts = tuple(float(cut) for cut in known)
        return Part(feature=part.feature, cuts=cuts), np.arange(len(cuts) + 3)
    values = tuple(known)
    last = max(known.values(), default=0) + 1
    places = np.array([0, *known.values(), last], dtype=np.int64)
    return Part(feature=part.feature, values=values, prefix=part.prefix), places
