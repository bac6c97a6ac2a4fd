"""From score to probability: fitted on rows that the score was not learned from.

Ranking uses the score, never the probability: an isotonic calibration is flat in places.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.analysis.scoring.model import UNIT, Calibration

Floats = npt.NDArray[np.float64]
Sums = npt.NDArray[np.int64]

ISOTONIC_ROWS: Final = 1_000
ISOTONIC_FINDS: Final = 100
"""Below these, two numbers (Platt) are all that the rows can carry; with fewer than
:data:`LEAST_FINDS` the score's own logistic function stays. Niculescu-Mizil and Caruana (2005)
found isotonic regression to overfit below about a thousand rows."""
LEAST_FINDS: Final = 10
_ROUNDS: Final = 100
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
    """Pool adjacent violators (Ayer et al. 1955). Each block gives two points, its lowest and its
    highest score, so that between blocks the probability rises in a straight line."""
    levels, places = np.unique(totals, return_inverse=True)
    mass = np.bincount(places, weight)
    hits = np.bincount(places, weight * found)
    blocks: list[list[float]] = []  # [hits, mass, first level, last level]
    for place, (hit, whole) in enumerate(zip(hits.tolist(), mass.tolist(), strict=True)):
        blocks.append([hit, whole, place, place])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1] = [blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2], last[3]]
    scores: list[int] = []
    shares: list[float] = []
    for hit, whole, first, last_level in blocks:
        for place in dict.fromkeys((int(first), int(last_level))):
            scores.append(int(levels[place]))
            shares.append(min(max(hit / whole, _FLOOR), 1 - _FLOOR) if whole else _FLOOR)
    return tuple(scores), tuple(np.maximum.accumulate(shares).tolist())


def _platt(x: Floats, found: npt.NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Newton's method on the weighted likelihood, with Platt's targets against certainty."""
    finds, rest = float((weight * found).sum()), float((weight * ~found).sum())
    scale = len(x) / float(weight.sum())
    up, down = (finds * scale + 1) / (finds * scale + 2), 1 / (rest * scale + 2)
    target = np.where(found, up, down)
    design = np.stack([x, np.ones_like(x)])
    theta = np.array([1.0, 0.0])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-(theta @ design).clip(-30, 30)))
        slope = design @ (weight * (target - p))
        curve = (design * (weight * p * (1 - p))) @ design.T + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        theta = theta + step.clip(-2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return float(theta[0]), float(theta[1])
