"""The control sample's draw: random systematic sampling with unequal chances.

The candidates lie on a line, each as long as its chance. A random start below one, and from there
every whole step: whom a step meets is drawn (Madow 1949). Two laws follow for any chances that sum
to a whole number, and they hold exactly:

1. a candidate is drawn with its chance, and never twice;
2. the size of the sample is fixed.

Along the line candidates stand by stratum, and within a stratum in an order made from the key
(Hartley and Rao 1962). So each stratum gets its share to within one, whatever the start.

A candidate's part of the line has two pieces: its chance in the random half, then its chance in the
half for what is seldom opened. The piece that the step meets says for which it was drawn. So
the random half is a probability sample of its own too, with the first piece as its chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from esclusa.analysis.selection.chances import ONE
from esclusa.analysis.selection.seeds import number


def drawn(
    key: bytes,
    subjects: Sequence[str],
    strata: Sequence[int],
    random: Sequence[int],
    cell: Sequence[int],
) -> dict[str, bool]:
    """Draw a sample.

    :param key: of this draw, see :func:`~.seeds.draw_key`.
    :param random: chances in the random half, in billionths; ``cell`` those in the other. The two
        of one subject are at most one together, and all sum to a whole number.
    :return: the subjects that are drawn, and for each whether it is of the random half.
    :raises ValueError: the chances do not sum to a whole number, or one is above one.
    """
    if (sum(random) + sum(cell)) % ONE or any(
        not 0 <= a + b <= ONE for a, b in zip(random, cell, strict=True)
    ):
        raise ValueError("chances must be at most one each, and sum to a whole number")
    line = sorted(
        range(len(subjects)),
        key=lambda at: (strata[at], number(key, "order", subjects[at]), subjects[at]),
    )
    step = number(key, "start") % ONE  # 2**256 is so far above it that the rest does not count.
    found: dict[str, bool] = {}
    ran = 0
    for at in line:
        if step < ran + random[at]:
            found[subjects[at]] = True
        elif step < ran + random[at] + cell[at]:
            found[subjects[at]] = False
        ran += random[at] + cell[at]
        if step < ran:
            step += ONE
    return found
