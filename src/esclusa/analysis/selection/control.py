"""The chances of the control sample: for each candidate one in either half of it.

The random half gives the same chance to all of a stratum. The other half goes first to cells that
are seldom opened (see :mod:`.openness`), as far as ``looks`` says that they are owed exams. What is
left of it is spread evenly over the least inspected lanes, and the random half then prefers the
other lanes by as much: both together give each stratum of score what one random sample of their
size would give it, so the estimate of what is missed loses little to the choice of lanes
(docs/selection.md, "The control sample").

Without a part for the least inspected lanes (``least_share`` 0) cells take all of their half. Where
cells have slots of their own (``probe_share``), they take nothing of either half.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from esclusa.analysis.selection import openness
from esclusa.analysis.selection.candidate import Candidate
from esclusa.analysis.selection.chances import ONE, size, spread
from esclusa.analysis.selection.policy import LANE, Policy

_LEAST_RANDOM: Final = Fraction(1, 2)
"""In the least inspected lanes the random half gives at least so much of its share of both parts (a
quarter, where both are alike) for one that it gives on others: it stays a sample of everything by
itself."""


def strata_of(pool: Sequence[Candidate], ends: Sequence[float]) -> list[int]:
    """Number the strata from the highest score down; equal scores by subject."""
    found = [0] * len(pool)
    for rank, at in enumerate(sorted(range(len(pool)), key=lambda at: (-pool[at].score, at))):
        found[at] = next(h for h, end in enumerate(ends) if rank < end * len(pool) or end >= 1)
    return found


def least_inspected(pool: Sequence[Candidate], share: float) -> list[bool]:
    """Tell which candidates are on the least inspected lanes.

    Lanes are taken by exams for each bill ever, the fewest first (equal ones together), until they
    hold the share of the pool. A candidate that tells of no lane is on none of them.
    """
    rates = [_rate(one) for one in pool]
    counts = Counter(rate for rate in rates if rate is not None)
    wanted, held, last = Fraction(str(share)) * len(pool), 0, None
    for rate in sorted(counts):
        if held >= wanted:
            break
        held, last = held + counts[rate], rate
    return [rate is not None and last is not None and rate <= last for rate in rates]


def chances(
    pool: Sequence[Candidate],
    everyone: Sequence[Candidate],
    rest: Sequence[int],
    strata: Sequence[int],
    least: Sequence[bool],
    slots: int,
    policy: Policy,
    probes: int = 0,
) -> tuple[list[int], list[int]]:
    """Return chances in the random half and in the other, in billionths, together so many slots.

    :param probes: slots that cells get on top of these; told where the policy has a share for them.
    :param pool: what was not chosen, ``rest`` its places in ``everyone``.
    :param strata: the stratum of score of each, ``least`` whether it is on one of the least
        inspected lanes.

    In the random half strata of score get theirs in proportion to the spread that their scores let
    expect (Neyman 1934), which makes the interval short.
    """
    cells = openness.sizes(pool, everyone, rest, policy)
    believed = _believed(pool, strata, policy)
    random_part = int(Fraction(str(policy.random_share)) * slots * ONE)
    if policy.least_share:
        due = 0 if policy.probe_share else openness.due(pool, everyone, rest, policy)
        random, cell = _with_lanes(cells, due, believed, least, slots * ONE, random_part)
    elif policy.probe_share:
        random, cell = spread(slots * ONE, believed, [ONE] * len(pool)), [0] * len(pool)
    else:
        random = spread(random_part, believed, [ONE] * len(pool))
        cell = spread(slots * ONE - sum(random), cells, [ONE - given for given in random])
    if probes:
        room = [ONE - a - b for a, b in zip(random, cell, strict=True)]
        cell = [a + b for a, b in zip(cell, spread(probes * ONE, cells, room), strict=True)]
    missing = (slots + probes) * ONE - sum(random) - sum(cell)
    if missing:  # Too few cells to open: chance takes what they leave.
        room = [ONE - a - b for a, b in zip(random, cell, strict=True)]
        more = spread(missing, believed, room)
        random = [a + b for a, b in zip(random, more, strict=True)]
    return random, cell


def _with_lanes(
    cells: Sequence[int],
    due: int,
    believed: Sequence[int],
    least: Sequence[bool],
    total: int,
    random_part: int,
) -> tuple[list[int], list[int]]:
    """Share out the other half to cells as far as they are due, then to the least inspected lanes;
    and the random half so that both together are spread as one random sample would be."""
    half = total - random_part
    owed = min(half, due)
    inside = [one if here else 0 for one, here in zip(believed, least, strict=True)]
    part = _kept(random_part, half - owed, sum(inside), sum(believed))
    sizes = [
        one * (part.numerator if here else part.denominator)
        for one, here in zip(believed, least, strict=True)
    ]
    random = spread(random_part, sizes, [ONE] * len(cells))
    cell = spread(owed, cells, [ONE - given for given in random])
    return random, _filled(half, cell, inside, [ONE - given for given in random])


def _filled(
    total: int, given: Sequence[int], sizes: Sequence[int], most: Sequence[int]
) -> list[int]:
    """Share out ``total`` in proportion to sizes; who was given more than his part keeps just that.

    So what cells got counts, and no candidate is preferred twice.
    """
    fixed = [one == 0 for one in sizes]
    while True:
        left = total - sum(own for own, done in zip(given, fixed, strict=True) if done)
        level = spread(
            left, [0 if done else one for one, done in zip(sizes, fixed, strict=True)], most
        )
        above = [not done and own > one for own, one, done in zip(given, level, fixed, strict=True)]
        if not any(above):
            return [
                own if done else one for own, one, done in zip(given, level, fixed, strict=True)
            ]
        fixed = [done or more for done, more in zip(fixed, above, strict=True)]


def _kept(random_part: int, even: int, inside: int, whole: int) -> Fraction:
    """Return how much chance the random half gives in the least inspected lanes, for one that it
    gives on others.

    :param even: what the other half spreads over those lanes; ``inside`` their part of all sizes,
        ``whole``.
    """
    both = random_part + even
    if not even or not inside:
        return Fraction(1)
    enough = 1 - Fraction(even * whole, both * inside)
    return max(enough, _LEAST_RANDOM * Fraction(random_part, both))


def _believed(pool: Sequence[Candidate], strata: Sequence[int], policy: Policy) -> list[int]:
    """Return a size for each candidate, the same in a stratum: the deviation of a find there."""
    held = Counter(strata)
    total: dict[int, list[float]] = {stratum: [] for stratum in held}
    for one, stratum in zip(pool, strata, strict=True):
        total[stratum].append(one.score)
    deviation = {}
    for stratum, scores in total.items():
        mean = min(0.5, math.fsum(scores) / held[stratum] + policy.base_chance)
        deviation[stratum] = size(math.sqrt(mean * (1 - mean)))
    return [deviation[stratum] for stratum in strata]


def _rate(one: Candidate) -> Fraction | None:
    past = one.cells.get(LANE)
    return None if past is None else Fraction(past.examined, max(1, past.ever, past.examined))
