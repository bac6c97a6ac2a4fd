"""Figures of a period that were worked out before, for as long as nothing they rest on changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from esclusa.analysis.figures import Figure, Key
from esclusa.ledger.standing import Mark

_KEPT: Final = 64
"""Periods under one set of labels; a report compares three, and people look at the last ones."""


class Stamp(NamedTuple):
    """What figures were worked out from: how far records, exchange and its log had come, how many
    alerts had come back from a snooze (nothing is written when one does), and the hour, since what
    will become known later may be in the ledger already."""

    records: Mark
    exchange: int
    logged: str
    awake: int
    hour: str


class Remembered:
    """Figures by the labels that they were counted under and the name of their period; safe to
    share between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[frozenset[int], str], tuple[Stamp, dict[Key, Figure]]]
        self._held = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, visible: frozenset[int], period: str, stamp: Stamp,
        make: Callable[[], dict[Key, Figure]],
    ) -> dict[Key, Figure]:  # fmt: skip
        """Return the figures of a period under these labels: remembered ones where they rest on the
        same, else made now."""
        key = (visible, period)
        with self._lock:
            held = self._held.get(key)
        if held is None or held[0] != stamp:
            held = (stamp, make())
        with self._lock:
            self._held[key] = held
            self._held.move_to_end(key)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return dict(held[1])
