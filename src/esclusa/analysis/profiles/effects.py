"""What a consignment adds to history and takes back, from its versions and outcomes."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import msgspec

_FOREVER: Final = 1 << 63
Effect = tuple[int, int, int]
"""Consignments, examined, found."""
NOTHING: Final[Effect] = (0, 0, 0)


class Change(msgspec.Struct, frozen=True, array_like=True):
    """What history gains or loses at a moment (microseconds): ``values`` are those of the columns
    that keys are made of, ``steps`` of the measures' histograms (-1: none)."""

    at: int
    values: tuple[str | None, ...]
    steps: tuple[int, ...]


class Version(msgspec.Struct, frozen=True, array_like=True):
    """A version of a consignment."""

    what: Change
    withdrawn: bool


class Consigned(msgspec.Struct, array_like=True):
    """What is known of one consignment: versions by moment, and outcomes by when they were known:
    None for "not examined", else whether something was found."""

    versions: dict[int, Version] = {}
    outcomes: dict[int, bool | None] = {}


def stronger(one: bool | None, other: bool | None) -> bool | None:
    """Of two outcomes known at one moment: found, else examined, else not examined."""
    return max(one, other, key=lambda said: -1 if said is None else int(said))


def effects(held: Consigned) -> dict[Change, Effect]:
    """Return what a consignment adds to history and takes back, by moment and by whose keys."""
    made: dict[Change, list[int]] = defaultdict(lambda: [0, 0, 0])
    moments = [*held.versions, _FOREVER]
    known = [*held.outcomes, _FOREVER]
    for number, version in enumerate(held.versions.values()):
        if version.withdrawn:
            continue
        since, until = moments[number], moments[number + 1]
        _span(made, version.what, since, until, (1, 0, 0))
        for place, said in enumerate(held.outcomes.values()):
            if said is not None:
                start, end = max(since, known[place]), min(until, known[place + 1])
                _span(made, version.what, start, end, (0, 1, int(said)))
    return {what: (n, e, f) for what, (n, e, f) in made.items() if n or e or f}


def _span(
    made: dict[Change, list[int]], what: Change, start: int, end: int, effect: Effect
) -> None:
    if start >= end:
        return
    for at, sign in ((start, 1), (end, -1)):
        if at < _FOREVER:
            cell = made[msgspec.structs.replace(what, at=at)]
            for place in range(3):
                cell[place] += sign * effect[place]
