"""The history of one value of a key, and the histogram of one group of peers, kept as they grow."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.analysis.profiles.catalogue import WINDOWS

_KEPT_DAYS: Final = WINDOWS[-1]
_SWEEP: Final = _KEPT_DAYS + 64
"""So many days may stand before those that no window reaches any more are taken out."""


class Tally(msgspec.Struct, array_like=True):
    """Sums so far; ``days`` holds consignments by day for the longest window. ``first`` and
    ``last`` hold two consignments each with their moments: one may be the one that asks."""

    total: int = 0
    examined: int = 0
    found: int = 0
    days: dict[int, int] = {}
    first: list[tuple[int, str]] = []
    last: list[tuple[int, str]] = []

    def add_day(self, day: int, number: int, today: int) -> None:
        """Add consignments to a day, unless no window will reach it again."""
        if day <= today - _KEPT_DAYS:
            return
        kept = self.days
        kept[day] = kept.get(day, 0) + number
        if not kept[day]:
            del kept[day]
        elif len(kept) > _SWEEP:
            self.days = {d: n for d, n in kept.items() if d > today - _KEPT_DAYS}

    def window(self, day: int, length: int) -> int:
        """Return the consignments of the days after ``day - length``."""
        since = day - length
        return sum(number for one, number in self.days.items() if one > since)

    def see(self, at: int, name: str) -> None:
        """Note that a consignment named this value at a moment."""
        if not self.first:
            self.first, self.last = [(at, name)], [(at, name)]
            return
        if len(self.first) < 2 or at < self.first[1][0]:
            self.first = _nearest(self.first, at, name, sign=1)
        last = self.last
        if at > last[0][0]:  # as things mostly come
            self.last = [(at, name), *(one for one in last if one[1] != name)][:2]
        elif len(last) < 2 or at > last[1][0]:
            self.last = _nearest(last, at, name, sign=-1)

    def seen(self, own: str) -> tuple[int, int]:
        """Return the first and the last moment of another consignment, -1 where there is none."""
        first, last = (
            next((at for at, name in side if name != own), -1) for side in (self.first, self.last)
        )
        return first, last


def _nearest(
    side: list[tuple[int, str]], at: int, name: str, *, sign: int
) -> list[tuple[int, str]]:
    best = {held: moment for moment, held in side}
    best[name] = sign * min(sign * at, sign * best.get(name, at))
    return sorted(((m, n) for n, m in best.items()), key=lambda one: sign * one[0])[:2]


class Histogram(msgspec.Struct, array_like=True):
    """Values by step; ``open`` are those of weeks that had not ended when last asked."""

    steps: dict[int, int] = {}
    open: dict[int, dict[int, int]] = {}

    def add(self, week: int, step: int, number: int) -> None:
        """Add values of a week."""
        one = self.open.setdefault(week, {})
        one[step] = one.get(step, 0) + number

    def until(self, week: int) -> dict[int, int]:
        """Return the values of all weeks before one; it never asks for an earlier one again."""
        for over in [one for one in self.open if one < week]:
            for step, number in self.open.pop(over).items():
                self.steps[step] = self.steps.get(step, 0) + number
        return self.steps
