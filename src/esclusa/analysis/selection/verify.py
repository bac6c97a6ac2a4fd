"""Anyone can check a sheet: with the seed that was revealed, the candidates and the policy."""

from __future__ import annotations

from collections.abc import Iterable

from esclusa.analysis.selection.candidate import Candidate, digest, in_order
from esclusa.analysis.selection.policy import Policy
from esclusa.analysis.selection.seeds import commitment
from esclusa.analysis.selection.sheet import Line, Sheet, select
from esclusa.errors import InputError

_MOST = 20
"""Faults of lines that are told one by one."""


def verify(
    sheet: Sheet, committed: str, seed: bytes, candidates: Iterable[Candidate], policy: Policy
) -> tuple[str, ...]:
    """Make a sheet again and tell each way in which it is not what it should be.

    :param committed: the commitment that was published before the list was fixed.
    :return: one sentence a fault; none for a sheet that was made as it says.
    """
    place = sheet.place
    try:
        own = commitment(seed, place.port, place.day, place.shift)
        ordered = in_order(candidates)
    except InputError as error:
        return (str(error),)
    faults = []
    if sheet.commitment != committed:
        faults.append("the sheet names another commitment than the one that was published")
    if own != committed:
        faults.append("the seed is not the one that was committed to for this port, day and shift")
    if digest(ordered) != sheet.candidates:
        faults.append("the list of candidates is not the one that the sheet was made from")
    if policy.digest() != sheet.policy:
        faults.append("the policy is not the one that the sheet names")
    made = select(seed, place, ordered, policy)
    if made.over != sheet.over:
        faults.append(f"mandatory work exceeds the slots by {made.over}, not by {sheet.over}")
    return (*faults, *_lines(made, sheet))


def _lines(made: Sheet, told: Sheet) -> list[str]:
    """Compare line by line; after the first faults only the number of the others is told."""
    there = {line.subject: line for line in told.lines}
    here = {line.subject: line for line in made.lines}
    faults = [f"{subject} is not among the candidates" for subject in sorted(there.keys() - here)]
    faults += [f"{subject} is missing on the sheet" for subject in sorted(here.keys() - there)]
    if len(told.lines) != len(there):
        faults.append("a subject stands on the sheet twice")
    for subject in sorted(here.keys() & there.keys()):
        if here[subject] != there[subject]:
            faults.append(_differs(here[subject], there[subject]))
    if len(faults) > _MOST:
        return [*faults[:_MOST], f"and {len(faults) - _MOST} more"]
    return faults


def _differs(made: Line, told: Line) -> str:
    if made.lane != told.lane:
        return f"{made.subject} is drawn for {made.lane}, the sheet says {told.lane}"
    return (
        f"{made.subject} has a chance of {made.chance} billionths ({made.random_chance} at random, "
        f"stratum {made.stratum}), the sheet says {told.chance} ({told.random_chance}, "
        f"{told.stratum})"
    )
