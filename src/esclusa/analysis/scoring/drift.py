"""Alarms: do the rows of today lie as those of training did, and does the probability still hold?

**Features and score**: the population stability index over about ten bins (quantiles of training,
or its most frequent values), ``Σ (p - q) ln(p / q)``. Without any change it is not 0: on n and m
rows and B bins it lies near ``(B - 1)(1/n + 1/m)`` (Yurdakul and Naranjo 2020). So an alarm needs
both: an index above :data:`SHIFT`, the usual mark of a change that matters, and a difference that
chance gives less than once in a thousand looks at the whole model, by Pearson's test that both
sides are draws from one.

**Calibration**, on the control sample alone, because only it was drawn without the score: finds
against what the probabilities promised, weighted by the chance of selection. An alarm at
:data:`FAR` standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.metrics import Floats
from esclusa.analysis.scoring.model import Feature, Model, Spread

SHIFT: Final = 0.1
CHANCE: Final = 0.001
FAR: Final = 3.0
BINS: Final = 10
LEAST: Final = 100
"""Fewer rows raise no alarm: nothing can be told from them."""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feature ("": the score) moved: index, how far the difference lies beyond what
    chance gives (above 1: beyond it), and whether both make an alarm."""

    feature: str
    index: float
    beyond: float
    rows: int
    alarm: bool


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Calibration on the control sample: share expected and found, and how many standard errors lie
    between them."""

    rows: int
    finds: int
    expected: float
    found: float
    errors: float
    alarm: bool


def spreads(
    frame: pl.DataFrame, features: Sequence[Feature], total: npt.NDArray[np.int64]
) -> tuple[Spread, ...]:
    """Return how the training rows lie over each feature and over the score."""
    score = _spread("", "number", pl.Series(total))
    return (score, *(_spread(one.name, one.kind, frame[one.name]) for one in features))


def shifts(model: Model, frame: pl.DataFrame, total: npt.NDArray[np.int64]) -> tuple[Shift, ...]:
    """Return how far the score and each feature moved since training, alarms first, then by index.

    :param frame: rows of now, with the model's columns; their scores in units in ``total``.
    """
    looks = max(len(model.training.spreads), 1)
    made = []
    for spread in model.training.spreads:
        column = frame[spread.feature] if spread.feature else pl.Series(total)
        made.append(_shift(spread, shares_in(spread, column), len(column), CHANCE / looks))
    return tuple(sorted(made, key=lambda one: (not one.alarm, -one.index, one.feature)))


def promise(probability: Floats, found: npt.NDArray[np.bool_], weight: Floats) -> Promise | None:
    """Return how the probabilities hold on a control sample; None without rows.

    The error is that of a weighted sum of independent outcomes with these probabilities.
    """
    if not len(found):
        return None
    whole = weight.sum()
    gap = float((weight * (found - probability)).sum())
    spread = math.sqrt(float((weight**2 * probability * (1 - probability)).sum()))
    errors = gap / spread if spread else 0.0
    return Promise(
        rows=len(found), finds=int(found.sum()),
        expected=float((weight * probability).sum() / whole),
        found=float((weight * found).sum() / whole),
        errors=errors, alarm=len(found) >= LEAST and abs(errors) > FAR,
    )  # fmt: skip


def _spread(name: str, kind: str, column: pl.Series) -> Spread:
    rows = len(column)
    if kind == "number":
        values = column.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
        quantiles = np.quantile(values, np.arange(1, BINS) / BINS) if len(values) else values
        edges = tuple(np.unique(quantiles).tolist())
        bare = Spread(feature=name, rows=rows, shares=(), edges=edges)
    else:
        counts = column.cast(pl.String).drop_nulls().value_counts(sort=True, name="n")
        order = sorted(
            zip(counts["n"], counts[column.name], strict=True), key=lambda x: (-x[0], x[1])
        )
        values_of = tuple(value for _count, value in order[: BINS - 1])
        bare = Spread(feature=name, rows=rows, shares=(), values=values_of)
    return msgspec.structs.replace(bare, shares=shares_in(bare, column))


def shares_in(spread: Spread, column: pl.Series) -> tuple[float, ...]:
    """Return the shares of a column: missing, then each interval or value, then any other value."""
    rows = max(len(column), 1)
    if spread.values:
        places = {value: place for place, value in enumerate(spread.values, 1)}
        counts = [0] * (len(places) + 2)
        stated = column.cast(pl.String).value_counts(name="n")
        for value, count in zip(stated[column.name], stated["n"], strict=True):
            counts[0 if value is None else places.get(value, -1)] += count
        return tuple(count / rows for count in counts)
    values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    bins = np.searchsorted(np.asarray(spread.edges, dtype=np.float64), values, side="left") + 1
    bins[~np.isfinite(values)] = 0
    counts_of = np.bincount(bins, minlength=len(spread.edges) + 2)
    return tuple(float(count) / rows for count in counts_of)


def _shift(spread: Spread, now: tuple[float, ...], rows: int, chance: float) -> Shift:
    index, pearson, bins = _distances(spread.shares, now, max(spread.rows, 1), max(rows, 1))
    beyond = pearson / chi_square(1 - chance, bins - 1) if bins > 1 else 0.0
    return Shift(
        feature=spread.feature, index=index, beyond=beyond, rows=rows,
        alarm=rows >= LEAST and index > SHIFT and beyond > 1,
    )  # fmt: skip


def _distances(
    then: tuple[float, ...], now: tuple[float, ...], rows_then: int, rows_now: int
) -> tuple[float, float, int]:
    """Return the stability index, Pearson's statistic and the number of bins that either side
    fills. For the index an empty bin counts as half a row, so that the logarithm exists."""
    index, pearson, bins = 0.0, 0.0, 0
    for p, q in zip(then, now, strict=True):
        if p or q:
            bins += 1
            before, after = max(p, 0.5 / rows_then), max(q, 0.5 / rows_now)
            index += (after - before) * math.log(after / before)
            pooled = (p * rows_then + q * rows_now) / (rows_then + rows_now)
            pearson += (q - p) ** 2 / pooled
    return index, pearson * rows_then * rows_now / (rows_then + rows_now), bins


def chi_square(share: float, degrees: int) -> float:
    """Return the quantile of a chi-square, by the cube root of Wilson and Hilferty (1931): within
    2 % at one in a thousand for three degrees and more."""
    ninth = 2 / (9 * degrees)
    return float(degrees * (1 - ninth + NormalDist().inv_cdf(share) * math.sqrt(ninth)) ** 3)
