"""Chances of selection in whole billionths: they are recorded, so they have to be exact.

Sizes say how much one candidate should be preferred to another; chances are sizes scaled so that
they sum to the number of slots, none above one. All arithmetic is on whole numbers: the sum is
exact, and every machine gets the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

ONE: Final = 1_000_000_000
"""A chance of one: certain."""
_UNIT: Final = 2**32
"""One, as a whole-number size."""


def size(amount: float) -> int:
    """Return an amount of zero or more as a whole-number size, 2**-32 the smallest step."""
    return round(amount * _UNIT)


def spread(total: int, sizes: Sequence[int], most: Sequence[int]) -> list[int]:
    """Share out ``total`` in proportion to sizes, nobody above his ``most``.

    Who would get more than his most gets just that, and the others share what is left (as the sure
    selections of probability-proportional-to-size designs; Särndal, Swensson and Wretman 1992,
    section 3.6.2). Roundings are carried on along the list, so they never add up.

    :param total: whole billionths to share out.
    :param sizes: zero or more each; who has zero gets nothing.
    :return: whole billionths; they sum to ``total``, or to all that can be taken, if that is less.
    """
    given = [0] * len(sizes)
    left = total
    places = [at for at, one in enumerate(sizes) if one > 0 and most[at] > 0]
    while places and left > 0:
        whole = sum(sizes[at] for at in places)
        full = [at for at in places if left * sizes[at] >= most[at] * whole]
        if not full:
            _in_proportion(left, places, sizes, most, given)
            break
        left -= sum(most[at] for at in full)
        for at in full:
            given[at] = most[at]
        places = [at for at in places if not given[at]]
    return given


def _in_proportion(
    total: int, places: list[int], sizes: Sequence[int], most: Sequence[int], given: list[int]
) -> None:
    whole, ran, before = sum(sizes[at] for at in places), 0, 0
    for at in places:
        ran += sizes[at]
        given[at] = min(total * ran // whole - before, most[at])
        before += given[at]
    for at in places:
        missing = min(total - before, most[at] - given[at])
        given[at] += missing
        before += missing
