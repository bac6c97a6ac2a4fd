"""Figures of a period that were worked out before, for as long as nothing they rest on changes.

Most of what is written concerns no figure: a bill that nobody opened and no partner was told of.
So beside when they were worked out, figures know what they were looked up by (:class:`Rests`), and
what came since is held against that.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.figures import Figure, Key
from esclusa.ledger.standing import Mark, Written

_KEPT: Final = 128
"""Periods under one set of labels, each twice: alerts, and the others. A report compares three, and
people look at the last ones."""


class Stamp(NamedTuple):
    """What figures were worked out from: how far records, exchange and its log had come, how many
    alerts had come back from a snooze (nothing is written when one does), and the hour, since what
    will become known later may be in the ledger already."""

    records: Mark
    exchange: int
    logged: str
    awake: int
    hour: str

    def only_more(self, before: Stamp) -> bool:
        """Tell whether nothing but new records lies between an earlier stamp and this one."""
        here, then = self.records, before.records
        same = msgspec.structs.replace(then, last=here.last) == here
        return same and here.last >= then.last and self[1:] == before[1:]


class Rests(NamedTuple):
    """What figures rest on: all records of some kinds, and records that were looked for by their
    ids or by references that they hold, found or not; and the moment (aware) at which something
    that is recorded already becomes known, None where all is.

    Of ids and references the hashes are kept, in order: a year's exchange names a hundred thousand
    records. Where two share a hash, figures are worked out once too often.
    """

    kinds: frozenset[str]
    looked_for: npt.NDArray[np.int64]
    until: dt.datetime | None = None

    def concern(self, written: Written) -> bool:
        """Tell whether any of what was written may change the figures."""
        if not self.kinds.isdisjoint(written.kinds):
            return True
        asked = np.fromiter(map(hash, written.names), np.int64, len(written.names))
        return bool(np.isin(asked, self.looked_for).any())


def rests(
    kinds: Iterable[str], looked_for: Collection[int], until: dt.datetime | None = None
) -> Rests:
    """Return what figures rest on, of the hashes of the ids and references looked for."""
    hashes = np.fromiter(looked_for, np.int64, len(looked_for))
    hashes.sort()
    return Rests(frozenset(kinds), hashes, until)


class _Held(NamedTuple):
    stamp: Stamp
    figures: dict[Key, Figure]
    rests: Rests | None


Since = Callable[[int], Written | None]
"""Says what was written after a sequence number; None where that is too much to look at."""


class Remembered:
    """Figures by the labels that they were counted under and the name of their period; safe to
    share between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[frozenset[int], str], _Held] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, visible: frozenset[int], period: str, stamp: Stamp, since: Since,
        make: Callable[[], tuple[dict[Key, Figure], Rests | None]], now: dt.datetime,
    ) -> dict[Key, Figure]:  # fmt: skip
        """Return the figures of a period under these labels: remembered ones where they rest on the
        same, else made now.

        :param now: what is known by then is counted.
        :param make: gives figures and what they rest on; None: on every record that is written.
        """
        key = (visible, period)
        with self._lock:
            held = self._held.get(key)
        if held is None or not _holds(held, stamp, since, now):
            held = _Held(stamp, *make())
        with self._lock:
            self._held[key] = held._replace(stamp=stamp)
            self._held.move_to_end(key)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return dict(held.figures)


def _holds(held: _Held, stamp: Stamp, since: Since, now: dt.datetime) -> bool:
    """Tell whether remembered figures are those of a stamp and a moment."""
    if held.rests is not None and held.rests.until is not None and held.rests.until <= now:
        return False
    if held.stamp == stamp:
        return True
    if held.rests is None or not stamp.only_more(held.stamp):
        return False
    written = since(held.stamp.records.last)
    return written is not None and not held.rests.concern(written)
