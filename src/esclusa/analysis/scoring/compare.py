"""Two scores on the same rows: figures of both, and the interval of their difference.

The bootstrap is paired (Efron and Tibshirani 1993, §8.3): both scores are judged on the same drawn
rows, so what is hard for both cancels out. Rows of one group are drawn together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.scoring.metrics import SHARES, Floats, ranked_at, ranks
from esclusa.analysis.scoring.model import Estimate

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.generic]

DRAWS: Final = 1_000
NAMES: Final = (
    "auc", "average_precision", *(f"precision_{round(share * 100)}" for share in SHARES)
)  # fmt: skip
"""Figures of a ranking, as the card and the comparison name them."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of two scores: ``old``, ``new``, their difference and its interval of 95 %."""

    name: str
    old: float
    new: float
    difference: float
    low: float
    high: float

    @property
    def wins(self) -> bool:
        """Tell whether the whole interval lies above 0: the new score is better in this figure."""
        return self.low > 0

    @property
    def loses(self) -> bool:
        """Tell whether the whole interval lies below 0."""
        return self.high < 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two scores on rows that neither was fitted on; ``twins`` of the split they came from."""

    old: str
    new: str
    rows: int
    finds: int
    twins: float | None
    figures: tuple[Difference, ...]


def figures(found: Flags, rank: npt.NDArray[np.int64], weight: Floats) -> Floats:
    """Return the figures named in :data:`NAMES` of rows with these ranks; not a number where one
    cannot be told."""
    one = ranked_at(found, rank, weight)
    values = (one.auc, one.average_precision, *one.precision)
    return np.array([np.nan if value is None else value for value in values])


def estimates(
    found: Flags, score: Numbers, weight: Floats, *, draws: int = DRAWS, seed: int = 0
) -> tuple[Estimate, ...]:
    """Return each figure with its bootstrap interval; figures that cannot be told are left out."""
    rank = ranks(score)
    whole = figures(found, rank, weight)
    drawn = np.array(
        [figures(found, rank, weight * times) for times in _draws(len(found), draws, seed, None)]
    )
    low, high = _bounds(drawn)
    return tuple(
        Estimate(name=name, value=float(value), low=float(under), high=float(over))
        for name, value, under, over in zip(NAMES, whole, low, high, strict=True)
        if np.isfinite(value)
    )


def compare(
    found: Flags,
    old: Numbers,
    new: Numbers,
    weight: Floats | None = None,
    *,
    names: tuple[str, str],
    group: npt.NDArray[np.int64] | None = None,
    twins: float | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Return a paired comparison.

    :param group: rows of one number are drawn together; None: each for itself.
    :param draws: bootstrap samples.
    """
    heavy = np.ones(len(found)) if weight is None else weight
    first, second = ranks(old), ranks(new)
    before, after = figures(found, first, heavy), figures(found, second, heavy)
    drawn = np.array(
        [
            figures(found, second, heavy * times) - figures(found, first, heavy * times)
            for times in _draws(len(found), draws, seed, group)
        ]
    )
    low, high = _bounds(drawn)
    rows = zip(NAMES, before, after, low, high, strict=True)
    return Comparison(
        old=names[0], new=names[1], rows=len(found), finds=int(found.sum()), twins=twins,
        figures=tuple(
            Difference(
                name=name, old=float(a), new=float(b), difference=float(b - a),
                low=float(under), high=float(over),
            )
            for name, a, b, under, over in rows
            if np.isfinite(b - a)
        ),
    )  # fmt: skip


def _draws(
    rows: int, draws: int, seed: int, group: npt.NDArray[np.int64] | None
) -> Iterable[Floats]:
    """Yield how often each row is drawn; the smallest weight is a hair above 0, so that no group of
    ties is empty."""
    source = np.random.default_rng(seed)
    if group is None:
        count, places = rows, None
    else:
        known, places = np.unique(group, return_inverse=True)
        count = len(known)
    for _ in range(draws):
        times = np.bincount(source.integers(0, count, count), minlength=count).astype(np.float64)
        times += 1e-12
        yield times if places is None else times[places]


def _bounds(drawn: Floats) -> tuple[Floats, Floats]:
    if not len(drawn):
        nothing = np.full(len(NAMES), np.nan)
        return nothing, nothing
    with np.errstate(all="ignore"):
        low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    return low, high
