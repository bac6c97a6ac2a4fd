"""Intervals of shares, from counts that are often small.

Nothing here needs more than the standard library. The beta distribution is worked out by its
continued fraction, as in the handbooks (Abramowitz and Stegun 1964, 26.5.8), and inverted by
halving, so that no start value can lead astray.
"""

from __future__ import annotations

import math
from typing import Final

LEVEL: Final = 0.95
_Z: Final = 1.959963984540054
_STEPS: Final = 300
_NEAR: Final = 1e-15
_TINY: Final = 1e-300


def wilson(found: float, of: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); counts may be effective ones, not whole.

    :raises ValueError: when ``of`` is not above zero, or ``found`` not within it.
    """
    if not 0 <= found <= of or of <= 0:
        raise ValueError(f"{found} of {of} is no share")
    share, square = found / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if found == 0 else low), (1.0 if found == of else high)


def clopper_pearson(found: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share that never covers less than its level (Clopper, Pearson 1934).

    :raises ValueError: when ``of`` is not above zero, or ``found`` not within it.
    """
    if not 0 <= found <= of or of <= 0:
        raise ValueError(f"{found} of {of} is no share")
    tail = (1 - level) / 2
    low = 0.0 if found == 0 else beta_quantile(tail, found, of - found + 1)
    high = 1.0 if found == of else beta_quantile(1 - tail, found + 1, of - found)
    return low, high


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the point of the beta distribution that a share ``p`` lies below."""
    low, high = 0.0, 1.0
    while high - low > _NEAR * max(high, _TINY):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if beta_below(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """Return the share of the beta distribution (a, b) that lies below ``x``."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Work out the continued fraction from the front (Lentz 1976)."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 + term * d, 1 + term / c
            d, c = 1 / (d if abs(d) > _TINY else _TINY), c if abs(c) > _TINY else _TINY
            step = d * c
            value *= step
        if abs(step - 1) < _NEAR:
            break
    return value
