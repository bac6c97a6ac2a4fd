"""From score to probability: fitted on rows that the score was not learned from.

Ranking uses the score, never the probability: an isotonic calibration is flat in places.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.analysis.scoring.extra import library, quietly
from esclusa.analysis.scoring.model import UNIT, Calibration

Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.int64]

ISOTONIC_ROWS: Final = 1_000
ISOTONIC_FINDS: Final = 100
"""Below these, two numbers (Platt) are all that the rows can carry; with fewer than
:data:`LEAST_FINDS` the score's own logistic function stays. Niculescu-Mizil and Caruana (2005)
found isotonic regression to overfit below about a thousand rows."""
LEAST_FINDS: Final = 10
_FLOOR: Final = 1e-6


def probability(one: Calibration, total: int) -> float:
    """Return the probability of one score in units."""
    if one.method == "isotonic":
        return float(np.interp(total, one.scores, one.shares))
    return _logistic(one.slope * (total / UNIT) + one.offset)


def probabilities(one: Calibration, totals: Sums) -> Floats:
    """Return the probabilities of many scores in units."""
    if one.method == "isotonic":
        return np.interp(totals, one.scores, one.shares)
    x = one.slope * (totals / UNIT) + one.offset
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _logistic(x: float) -> float:
    small = math.exp(-abs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)


def calibrated(
    totals: Sums, found: npt.NDArray[np.bool_], weight: Floats, *, method: str = ""
) -> Calibration:
    """Return the calibration of scores on known outcomes.

    :param totals: scores in units, of rows that the score was not learned from.
    :param method: ``isotonic``, ``platt`` or ``none``; "" chooses by the number of rows and finds.
    :raises StateError: the extra ``learn`` is not installed, and there is enough to fit.
    """
    rows, finds = len(totals), int(found.sum())
    if not method:
        enough = rows >= ISOTONIC_ROWS and min(finds, rows - finds) >= ISOTONIC_FINDS
        few = min(finds, rows - finds) < LEAST_FINDS
        method = "none" if few else "isotonic" if enough else "platt"
    if method == "isotonic":
        scores, shares = _isotonic(totals, found, weight)
        return Calibration(method="isotonic", scores=scores, shares=shares, rows=rows, finds=finds)
    if method == "platt":
        slope, offset = _platt(totals / UNIT, found, weight)
        if slope > 0:
            return Calibration(method="platt", slope=slope, offset=offset, rows=rows, finds=finds)
    return Calibration(rows=rows, finds=finds)


def _isotonic(
    totals: Sums, found: npt.NDArray[np.bool_], weight: Floats
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the lowest and the highest score of each level of the isotonic regression (Ayer et al.
    1955) and its share, so that between levels the probability rises in a straight line."""
    regression = library("sklearn.isotonic").IsotonicRegression(y_min=_FLOOR, y_max=1 - _FLOOR)
    fitted = regression.fit(totals, found, sample_weight=weight)
    scores = tuple(int(score) for score in fitted.X_thresholds_)
    return scores, tuple(np.maximum.accumulate(fitted.y_thresholds_).tolist())


def _platt(x: Floats, found: npt.NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Return slope and offset of the logistic curve through Platt's (1999) targets, which are held
    back from certainty: each row stands for a part of a find and a part of none."""
    finds, rest = float((weight * found).sum()), float((weight * ~found).sum())
    scale = len(x) / float(weight.sum())
    up, down = (finds * scale + 1) / (finds * scale + 2), 1 / (rest * scale + 2)
    target = np.where(found, up, down)
    curve = library("sklearn.linear_model").LogisticRegression(C=np.inf, tol=1e-8)
    with quietly():
        curve.fit(
            np.concatenate([x, x])[:, None], np.repeat([True, False], len(x)),
            sample_weight=np.concatenate([weight * target, weight * (1 - target)]),
        )  # fmt: skip
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])
