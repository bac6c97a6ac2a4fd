"""Figures about a ranking, with weights: area under the curve, precision and recall at a share.

Ties count as an average over their orders, so no figure hangs on the order of rows.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SHARES: Final = (0.01, 0.02, 0.05, 0.10)
"""Shares of the rows that are looked at."""


class Ranked(msgspec.Struct, frozen=True):
    """Figures of one ranking; None where nothing of one kind is among the rows."""

    auc: float | None
    average_precision: float | None
    precision: tuple[float, ...]
    recall: tuple[float, ...]


class Ties(msgspec.Struct, frozen=True):
    """Rows grouped by equal score, the highest first: the weight of finds and of all in each."""

    finds: Floats
    all: Floats


def ranks(score: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Return for each row the place of its score, 0 for the highest; equal scores share one."""
    levels, places = np.unique(score, return_inverse=True)
    return np.asarray(len(levels) - 1 - places, dtype=np.int64)


def ties(found: Flags, rank: npt.NDArray[np.int64], weight: Floats) -> Ties:
    """Group rows of equal rank. Every rank from 0 to the largest has a row of weight above 0."""
    whole = np.asarray(np.bincount(rank, weight), dtype=np.float64)
    return Ties(np.asarray(np.bincount(rank, weight * found), dtype=np.float64), whole)


def ranked(found: Flags, score: npt.NDArray[np.generic], weight: Floats | None = None) -> Ranked:
    """Return the figures of a ranking by falling score.

    :param weight: how many rows each one stands for; None: itself alone.
    """
    heavy = np.ones(len(found)) if weight is None else weight
    return ranked_at(found, ranks(score), heavy)


def ranked_at(found: Flags, rank: npt.NDArray[np.int64], weight: Floats) -> Ranked:
    """Return the figures of a ranking given as ranks; see :func:`ranks`."""
    groups = ties(found, rank, weight)
    looked = [_at_share(groups, share) for share in SHARES]
    return Ranked(
        auc=auc_of(groups),
        average_precision=_average_precision(groups),
        precision=tuple(precision for precision, _recall in looked),
        recall=tuple(recall for _precision, recall in looked),
    )


def auc_of(groups: Ties) -> float | None:
    """Return the chance that a find ranks above a row that is none, equal ones half."""
    clean = groups.all - groups.finds
    whole = groups.finds.sum() * clean.sum()
    if whole <= 0:
        return None
    below = clean.sum() - np.cumsum(clean)
    return float((groups.finds * (below + clean / 2)).sum() / whole)


def _average_precision(groups: Ties) -> float | None:
    whole = groups.finds.sum()
    if whole <= 0:
        return None
    return float((groups.finds * np.cumsum(groups.finds) / np.cumsum(groups.all)).sum() / whole)


def _at_share(groups: Ties, share: float) -> tuple[float, float]:
    """Return precision and recall among the first ``share`` of the weight."""
    budget = share * float(groups.all.sum())
    upto = np.cumsum(groups.all)
    taken = np.clip((budget - (upto - groups.all)) / groups.all, 0.0, 1.0)
    caught = float((taken * groups.finds).sum())
    whole = float(groups.finds.sum())
    return (caught / budget if budget else math.nan), (caught / whole if whole else math.nan)


def worth(weight: Floats) -> float:
    """Return the number of equal rows that weighted rows are worth (Kish 1965, §11.7)."""
    squares = float((weight * weight).sum())
    return float(weight.sum()) ** 2 / squares if squares else 0.0
