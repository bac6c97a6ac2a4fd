"""Intervals of shares, from counts that are often small."""

from __future__ import annotations

import math
from typing import Final

_Z: Final = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""


def wilson(found: float, of: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, without continuity correction); counts may
    be effective ones, not whole.

    :raises ValueError: when ``of`` is not above zero, or ``found`` not within it.
    """
    if not 0 <= found <= of or of <= 0:
        raise ValueError(f"{found} of {of} is no share")
    share, square = found / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if found == 0 else low), (1.0 if found == of else high)


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the point of the beta distribution (a, b) that a share ``p`` lies below."""
    # A third of a second to import: only a report that has finds needs it.
    from scipy.special import betaincinv

    return float(betaincinv(a, b, p))


def at_least(seen: int, of: int, marked: int, whole: int) -> float:
    """Return the probability of ``seen`` or more marked ones in a draw of ``of`` from ``whole``, of
    which ``marked`` are marked (hypergeometric distribution)."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(seen - 1, whole, marked, of))
