"""The calibration table: what was expected of rows of like probability, and what was found."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.analysis.scoring.metrics import Floats, worth
from esclusa.analysis.scoring.model import Band

BANDS: Final = 10
_Z: Final = 1.959963984540054


def bands(
    expected: Floats, found: npt.NDArray[np.bool_], weight: Floats, *, count: int = BANDS
) -> tuple[Band, ...]:
    """Return at most ``count`` bands of about equal numbers of rows, the least likely first. Rows
    of one probability are never parted."""
    if not len(expected):
        return ()
    edges = np.unique(np.quantile(expected, np.arange(1, count) / count))
    places = np.searchsorted(edges, expected, side="left")
    made = []
    for place in np.unique(places):
        inside = places == place
        made.append(_band(expected[inside], found[inside], weight[inside]))
    return tuple(made)


def _band(expected: Floats, found: npt.NDArray[np.bool_], weight: Floats) -> Band:
    share = float(np.average(found, weights=weight))
    low, high = _wilson(share, worth(weight))
    return Band(
        low=float(expected.min()), high=float(expected.max()), rows=len(expected),
        expected=float(np.average(expected, weights=weight)),
        found=share, found_low=low, found_high=high,
    )  # fmt: skip


def _wilson(share: float, of: float) -> tuple[float, float]:
    """Wilson (1927) on a number of rows that need not be whole."""
    square = _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)
