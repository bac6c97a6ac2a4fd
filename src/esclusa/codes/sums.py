"""Weighted sums made once, so that a check digit costs a few look-ups instead of a loop.

The keys are all that may stand in those places: a missing key means that the form is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

DIGITS: Final = {str(digit): digit for digit in range(10)}
"""The ten ASCII digits and no other: ``int`` would read those of every script."""


def three_digits(weights: Sequence[int]) -> dict[str, int]:
    """Return the sum of digits times ``weights`` (three) for ``000`` to ``999``."""
    first, second, third = ([(a, weight * x) for a, x in DIGITS.items()] for weight in weights)
    return {a + b + c: x + y + z for a, x in first for b, y in second for c, z in third}
