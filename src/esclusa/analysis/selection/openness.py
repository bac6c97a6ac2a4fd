"""Where nobody looks: how far a candidate is in cells of which exams have told little so far.

A cell is, for example, an importer, a lane, or an importer on a lane. Random control finds a thin
new scheme late, because it meets few of its boxes. Schemes start with parties and ways that were
not there before or were never looked at; so this half of the control sample prefers cells that are
new, that carry traffic, and that were seldom opened. It is a draw with known chances like the other
half, so that what it finds can be counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from esclusa.analysis.selection.candidate import Candidate, Past
from esclusa.analysis.selection.chances import ONE, size
from esclusa.analysis.selection.policy import Look, Policy

_DIGITS = 9
"""Significant digits that are kept, so that machines that differ in the last bit agree."""


def sizes(
    pool: Sequence[Candidate], everyone: Sequence[Candidate], rest: Sequence[int], policy: Policy
) -> list[int]:
    """Return the size of each candidate of the pool for the half for cells; 0 for no chance in it.

    The candidates of one cell of the first kind share the size of one, so that the sample is spread
    over cells; a cell from which something is opened anyway gets none.

    :param rest: the places of ``pool`` in ``everyone``.
    """
    crowds = _crowds(pool, everyone, rest, policy)
    return [
        size(_kept(openness(one, policy.cells, policy) * _lean(one, policy) / crowd))
        if crowd
        else 0
        for one, crowd in zip(pool, crowds, strict=True)
    ]


def due(
    pool: Sequence[Candidate], everyone: Sequence[Candidate], rest: Sequence[int], policy: Policy
) -> int:
    """Return how many exams a sheet owes to cells, in billionths: ``looks`` to one of which nothing
    is known, and to each as much less as it draws less attention.

    :param rest: as for :func:`sizes`; a cell from which something is opened anyway is owed none.
    """
    crowds = _crowds(pool, everyone, rest, policy)
    owed = math.fsum(
        _kept(min(1.0, openness(one, policy.cells, policy)) / crowd)
        for one, crowd in zip(pool, crowds, strict=True)
        if crowd
    )
    return round(_kept(policy.looks * owed) * ONE)


def probes(
    pool: Sequence[Candidate],
    everyone: Sequence[Candidate],
    rest: Sequence[int],
    capacity: int,
    policy: Policy,
) -> int:
    """Return how many slots cells get beside the control sample: what they are owed, to the nearest
    whole one, and at most ``probe_share`` of all slots.

    :param rest: as for :func:`sizes`.
    :param capacity: all slots of the sheet.
    """
    most = int(Fraction(str(policy.probe_share)) * capacity)
    return min(most, (2 * due(pool, everyone, rest, policy) + ONE) // (2 * ONE)) if most else 0


def _crowds(
    pool: Sequence[Candidate], everyone: Sequence[Candidate], rest: Sequence[int], policy: Policy
) -> list[int]:
    """Return for each candidate how many of the pool share its cell of the first kind; 0 where it
    tells of none, or something is opened from the cell anyway."""
    if not policy.cells:
        return [0] * len(pool)
    kind, here = policy.cells[0].kind, set(rest)
    opened = {_cell(one, kind) for at, one in enumerate(everyone) if at not in here}
    crowd = Counter(_cell(one, kind) for one in pool)
    return [
        0 if (cell := _cell(one, kind)) is None or cell in opened else crowd[cell] for one in pool
    ]


def curiosity(one: Candidate, policy: Policy) -> float:
    """Return what is added to the worth of a candidate, for what opening it would tell.

    This is the bonus of the upper-confidence policies (Lai and Robbins 1985), per cell.
    """
    if not policy.curiosity or not policy.curious:
        return 0.0
    open_ = min(policy.curious_most, openness(one, policy.curious, policy))
    return _kept(policy.curiosity * open_)


def openness(one: Candidate, looks: Sequence[Look], policy: Policy) -> float:
    """Return how far the cells of a candidate draw attention: the product over its kinds of cell.

    A kind that the candidate does not tell of counts nothing, so it is not preferred for a gap.
    """
    if any(look.kind not in one.cells for look in looks):
        return 0.0
    return math.prod(_open(one.cells[look.kind], look, policy) for look in looks)


def _open(past: Past, look: Look, policy: Policy) -> float:
    lately = max(1, past.lately)
    new = lately / max(lately, past.ever)
    busy = min(1.0, lately / look.busy)
    thin = 1 / (1 + past.examined)
    weight = policy.usual_exams
    rate = (past.found + policy.usual * weight) / (past.examined + weight) / policy.usual
    surge = 1.0 if past.usual is None else (lately + 1) / (past.usual + 1)
    unseen = 1 / (1 + (past.looked or 0))
    excess = 0.0 if past.usual is None else max(0.0, 1 - (past.usual + look.spare) / lately)
    powers = (
        look.novelty, look.traffic, look.thinness, look.promise, look.surge, look.unseen,
        look.excess,
    )  # fmt: skip
    parts = zip((new, busy, thin, rate, surge, unseen, excess), powers, strict=True)
    return math.prod(float(part**power) for part, power in parts if power)


def _cell(one: Candidate, kind: str) -> str | None:
    return one.cells[kind].cell if kind in one.cells else None


def _lean(one: Candidate, policy: Policy) -> float:
    return float((one.score + policy.base_chance) ** (policy.lean / 2))


def _kept(amount: float) -> float:
    return float(f"{amount:.{_DIGITS - 1}e}")
