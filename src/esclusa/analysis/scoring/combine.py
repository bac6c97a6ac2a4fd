"""What a container is: the combination of its bills, and what is known of the box itself.

``p = 1 - (1 - p_box) * Π (1 - p_bill)``, the noisy-or of Pearl (1988, §4.3.2): at least one of
the causes holds, if each acts on its own. Bills in one box are often of one importer and then do
not act on their own, so the truth lies between the largest of the probabilities (all one cause) and
the least of 1 and their sum (never together); both bounds are given too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec


class Combined(msgspec.Struct, frozen=True):
    """The probability of a box, the bounds that hold whatever the causes share, and how many bills
    had none, because nothing was scored: these count in no product, and the figure says so."""

    probability: float
    low: float
    high: float
    scored: int
    unscored: int


def combine(bills: Iterable[float | None], box: float | None = None) -> Combined | None:
    """Return the probability of a box with these bills; None when nothing in it has one.

    :param bills: calibrated probabilities, None for a bill without a score.
    :param box: the probability from what is known of the box alone (its mass, seal, moves).
    :raises ValueError: a probability is not between 0 and 1.
    """
    stated = list(bills)
    known = [one for one in stated if one is not None]
    all_of = known + ([box] if box is not None else [])
    if any(not 0.0 <= one <= 1.0 for one in all_of):
        raise ValueError("a probability lies between 0 and 1")
    if not all_of:
        return None
    none_holds = math.prod(1.0 - one for one in all_of)
    return Combined(
        probability=1.0 - none_holds,
        low=max(all_of),
        high=min(1.0, math.fsum(all_of)),
        scored=len(known),
        unscored=len(stated) - len(known),
    )
