"""The calibration table: what was expected of rows of like probability, and what was found."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.analysis.intervals import wilson
from esclusa.analysis.scoring.metrics import Floats, worth
from esclusa.analysis.scoring.model import Band

BANDS: Final = 10


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
    rows = worth(weight)
    low, high = wilson(share * rows, rows)
    return Band(
        low=float(expected.min()), high=float(expected.max()), rows=len(expected),
        expected=float(np.average(expected, weights=weight)),
        found=share, found_low=low, found_high=high,
    )  # fmt: skip
