"""What is learned from what: features, the parts of them, and the knobs of fitting."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.model import Feature, Part

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How a score is fitted; docs/scoring.md tells how the defaults were chosen.

    ``prefixes``: for a feature that is a code with levels, the numbers of leading characters that
    make a level (0: the whole code). ``linear``: the share of the regression on groups in the
    whole, the rest is boosted; 0 leaves a plain explainable boosting machine. ``strength``: C of
    scikit-learn's logistic regression, the smaller the more a group is drawn to the whole.
    ``widths``: into how many groups of equal number a number is cut, for the regression; several
    give neighbours something in common. ``least_rows``: a group of fewer rows gets no column.
    """

    prefixes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    crosses: tuple[tuple[str, ...], ...] = ()
    linear: float = 0.7
    strength: float = 0.02
    widths: tuple[int, ...] = (8, 16)
    least_rows: int = 2
    interactions: int = 0
    bags: int = 8
    most_bins: int = 64
    least_leaf: int = 30
    ridge: float = 5.0
    smooth_groups: float = 50.0
    learning_rate: float = 0.015
    greedy: float = 0.0
    seed: int = 0

    def levels(self, feature: str) -> tuple[int, ...]:
        """Return the prefixes of a feature, (0,) for one without levels."""
        return dict(self.prefixes).get(feature, (0,))

    def text(self) -> str:
        """Return the recipe in one line, for the card."""
        boosted = f"explainable boosting ({self.bags} bags, {self.interactions} pairs)"
        if not self.linear:
            return boosted
        group = f"logistic regression on groups (C {self.strength:g}, {len(self.crosses)} crosses)"
        return f"{self.linear:g} × {group} + {1 - self.linear:g} × {boosted}, added in log odds"


PLAIN = Recipe(
    linear=0.0, bags=14, most_bins=1024, least_leaf=4, ridge=0.0, smooth_groups=10.0, greedy=10.0
)
"""A plain explainable boosting machine, with interpret-core's own defaults and no pairs."""


class Examples(msgspec.Struct, frozen=True):
    """Rows with a known outcome, and how many rows each stands for."""

    frame: pl.DataFrame
    found: Flags
    weight: Floats

    @property
    def rows(self) -> int:
        """Return how many there are."""
        return len(self.found)

    def take(self, rows: npt.NDArray[np.intp]) -> Examples:
        """Return some of them, in the order asked for."""
        return Examples(self.frame[rows], self.found[rows], self.weight[rows])


def parts_of(features: tuple[Feature, ...], recipe: Recipe, frame: pl.DataFrame) -> list[Part]:
    """Return the parts that there is something to learn from: features with two values or more.

    Numbers have no cuts yet.
    """
    found: list[Part] = []
    for feature in features:
        column = frame[feature.name]
        if feature.kind == "number":
            if column.cast(pl.Float64).fill_nan(None).n_unique() > 1:
                found.append(Part(feature=feature.name))
            continue
        for prefix in recipe.levels(feature.name):
            known = text_of(column, prefix).drop_nulls().unique().sort().to_list()
            if len(known) + (column.null_count() > 0) > 1:
                found.append(Part(feature=feature.name, values=tuple(known), prefix=prefix))
    return found


def text_of(column: pl.Series, prefix: int) -> pl.Series:
    """Return a column of texts, cut to its first characters unless ``prefix`` is 0."""
    column = column.cast(pl.String)
    return column.str.slice(0, prefix) if prefix else column
