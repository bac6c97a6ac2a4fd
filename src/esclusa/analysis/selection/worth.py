"""What opening a candidate is expected to be worth, and what each formula gives up for another.

The formula moves more than any model does: by chance alone many small finds, by value alone a few
large ones. So it is a setting, and the line between the two is drawn before it is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import msgspec

from esclusa.analysis.selection.candidate import Candidate
from esclusa.analysis.selection.openness import curiosity
from esclusa.analysis.selection.policy import Formula, Policy

_DIGITS = 12
"""Significant digits that are kept, so that machines that differ in the last bit agree."""


class Point(msgspec.Struct, frozen=True):
    """What a setting expects of the slots it fills: finds, and the value that these are worth.

    ``efficient`` tells that no other point of the line has more of one and no less of the other.
    """

    formula: Formula
    value_weight: float
    finds: float
    value: float
    efficient: bool


def worths(
    candidates: Sequence[Candidate], formula: Formula, value_weight: float, value_unit: float
) -> list[float]:
    """Return the expected worth of each candidate: score x ((1 - w) + w x g / mean of g).

    g is 1, log(1 + value / unit) or value / unit. A candidate without a value counts with the
    median of the others, so that leaving it out neither helps nor harms.
    """
    known = [one.value for one in candidates if one.value is not None]
    usual = median(known) if known else 0.0
    gains = [_gain(formula, usual if c.value is None else c.value, value_unit) for c in candidates]
    mean = math.fsum(gains) / len(gains) if gains else 0.0
    weight = value_weight if mean > 0 else 0.0
    return [
        _rounded(one.score * ((1 - weight) + weight * (gain / mean if weight else 0.0)))
        for one, gain in zip(candidates, gains, strict=True)
    ]


def followed(one: Candidate, policy: Policy) -> float:
    """Return a candidate's score after what exams of its cells found lately.

    Odds are multiplied by (found + weight) / (promised + weight) for each kind that the policy
    follows, where that is above one: finds against those that the scores of the same exams had
    promised, drawn towards one by a gamma prior (DuMouchel 1999, section 2). A model learns a new
    way from many finds; this acts on the first. As it learns, scores promise what is found, and the
    factor goes back to one. It never lowers a score: what was not found yet proves nothing.
    """
    times = 1.0
    for look in policy.follow:
        trail = one.trails.get(look.kind)
        if trail is not None and trail.found > trail.promised:
            more = (trail.found + look.weight) / (trail.promised + look.weight)
            times *= min(look.most, more)
    if times == 1.0:
        return one.score
    return _rounded(one.score * times / (1 - one.score + one.score * times))


def by_worth(candidates: Sequence[Candidate], policy: Policy) -> list[int]:
    """Return places in ``candidates``, the best first; equal ones by subject."""
    raised = [msgspec.structs.replace(one, score=followed(one, policy)) for one in candidates]
    told = worths(raised, policy.formula, policy.value_weight, policy.value_unit)
    worth = [
        _rounded(one + curiosity(candidate, policy))
        for one, candidate in zip(told, candidates, strict=True)
    ]
    return sorted(range(len(worth)), key=lambda at: (-worth[at], candidates[at].subject))


def pareto(
    candidates: Sequence[Candidate], slots: int, value_unit: float, steps: int = 10
) -> tuple[Point, ...]:
    """Return what each setting expects to find with so many slots, by formula and weight.

    The points rest on the scores being right: they compare settings, and promise nothing.
    """
    asked: list[tuple[Formula, float]] = [("chance", 0.0)]
    asked += [("chance_log_value", step / steps) for step in range(1, steps + 1)]
    asked += [("chance_value", step / steps) for step in range(1, steps + 1)]
    raw = []
    for formula, weight in asked:
        worth = worths(candidates, formula, weight, value_unit)
        order = sorted(range(len(worth)), key=lambda at: (-worth[at], candidates[at].subject))
        chosen = [candidates[at] for at in order[:slots]]
        finds = math.fsum(one.score for one in chosen)
        raw.append((finds, math.fsum(one.score * (one.value or 0.0) for one in chosen)))
    return tuple(
        Point(formula, weight, finds, value, _efficient((finds, value), raw))
        for (formula, weight), (finds, value) in zip(asked, raw, strict=True)
    )


def _efficient(one: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
    return not any(other[0] >= one[0] and other[1] >= one[1] and other != one for other in others)


def _gain(formula: Formula, value: float, unit: float) -> float:
    if formula == "chance":
        return 1.0
    return math.log1p(value / unit) if formula == "chance_log_value" else value / unit


def _rounded(amount: float) -> float:
    return float(f"{amount:.{_DIGITS - 1}e}")
