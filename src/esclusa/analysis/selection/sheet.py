"""A selection sheet: which candidates of a port, day and shift are proposed for opening, and why.

1. What has to be opened comes first. If that is more than the slots, all of it stays on the sheet,
   and the sheet says by how much it is too much.
2. At least ``control_share`` of the slots, if any are left, is a control sample, and cells of which
   exams have told too little get what they are owed, up to ``probe_share``. The rest goes to the
   highest expected worth.
3. The control sample, and what is opened for cells, is drawn from what was not chosen. Each of
   these has a chance above zero, and the chance is on the sheet: so what is found in it speaks for
   all that was not chosen.
4. What the sheet proposes is a proposal. People decide, and what they change is kept.

Equal seed, place, candidates and policy give an equal sheet, in whatever order candidates come.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, Literal

import msgspec

from esclusa.analysis.selection import openness
from esclusa.analysis.selection.candidate import Candidate, Place, digest, in_order
from esclusa.analysis.selection.chances import ONE
from esclusa.analysis.selection.control import chances, least_inspected, strata_of
from esclusa.analysis.selection.draw import drawn
from esclusa.analysis.selection.policy import Policy
from esclusa.analysis.selection.seeds import commitment, draw_key
from esclusa.analysis.selection.worth import by_worth

Lane = Literal["mandatory", "value", "control_random", "control_lane", "none"]
CHOSEN: Final[tuple[Lane, ...]] = ("mandatory", "value", "control_random", "control_lane")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate on a sheet.

    ``chance`` is the chance with which it was to be selected, in billionths; ``random_chance`` is
    the part of it in the random half of the control sample. ``stratum`` counts from the highest
    scores, and is -1 for what was chosen without a draw.
    """

    subject: str
    lane: Lane
    chance: int
    random_chance: int = 0
    stratum: int = -1


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed for one place. ``over`` is how far mandatory work exceeds the slots."""

    place: Place
    commitment: str
    candidates: str
    policy: str
    policy_version: str
    over: int
    lines: tuple[Line, ...]

    def chosen(self) -> tuple[Line, ...]:
        """Return the lines that are proposed for opening."""
        return tuple(line for line in self.lines if line.lane != "none")


def select(seed: bytes, place: Place, candidates: Iterable[Candidate], policy: Policy) -> Sheet:
    """Make the sheet of one place.

    :param seed: the secret of 32 bytes whose commitment was published before.
    :param candidates: all that can be opened there and then.
    :return: a line for each candidate, by subject.
    :raises InputError: a subject comes twice, or the seed has not 32 bytes.
    """
    ordered = in_order(candidates)
    must = [at for at, one in enumerate(ordered) if one.mandatory]
    others = [at for at, one in enumerate(ordered) if not one.mandatory]
    left = max(0, place.capacity - len(must))
    wanted = math.ceil(Fraction(str(policy.control_share)) * place.capacity)
    control = min(left, wanted, len(others))
    best = by_worth([ordered[at] for at in others], policy)
    valued = [others[at] for at in best[: left - control]]
    rest = sorted(set(others) - set(valued))
    probes = openness.probes([ordered[at] for at in rest], ordered, rest, place.capacity, policy)
    if probes := min(probes, len(valued)):
        valued = valued[:-probes]
        rest = sorted(set(others) - set(valued))
    lines = [
        *(Line(subject=ordered[at].subject, lane="mandatory", chance=ONE) for at in must),
        *(Line(subject=ordered[at].subject, lane="value", chance=ONE) for at in valued),
        *_control(seed, place, ordered, rest, min(control, len(rest)), probes, policy),
    ]
    return Sheet(
        place=place,
        commitment=commitment(seed, place.port, place.day, place.shift),
        candidates=digest(ordered),
        policy=policy.digest(),
        policy_version=policy.version,
        over=max(0, len(must) - place.capacity),
        lines=tuple(sorted(lines, key=lambda line: line.subject)),
    )


def _control(
    seed: bytes,
    place: Place,
    ordered: Sequence[Candidate],
    rest: list[int],
    slots: int,
    probes: int,
    policy: Policy,
) -> list[Line]:
    """Set chances for what was not chosen, and draw."""
    pool = [ordered[at] for at in rest]
    strata = strata_of(pool, policy.strata)
    least = least_inspected(pool, policy.least_share)
    random, cell = chances(pool, ordered, rest, strata, least, slots, policy, probes)
    key = draw_key(seed, place.port, place.day, place.shift)
    line = [2 * stratum + here for stratum, here in zip(strata, least, strict=True)]
    found = drawn(key, [one.subject for one in pool], line, random, cell)
    return [
        Line(
            subject=one.subject,
            lane="none" if one.subject not in found else
            "control_random" if found[one.subject] else "control_lane",
            chance=random[at] + cell[at],
            random_chance=random[at],
            stratum=strata[at],
        )
        for at, one in enumerate(pool)
    ]  # fmt: skip
