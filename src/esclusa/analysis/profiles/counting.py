"""History of one key at every moment asked about, by one sort and running sums.

For a key, the stream is sorted by (code, moment); what stands before a question in its code, and
before its moment, is its history. What happens at the same moment does not count, in whatever order
it stands, and neither does what the consignment itself has said before.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from esclusa.analysis.profiles.catalogue import WINDOWS, Key
from esclusa.analysis.profiles.coding import in_order
from esclusa.analysis.profiles.stream import Ints, Small, Stream

NONE: Final = -1
"""Stands for "never" among moments, and for "this row has no such key" among counts."""

_DAY_BITS: Final = 17


class Counts(NamedTuple):
    """What a key's history says at each question; ``total`` is ``NONE`` where the row has no such
    key. ``first`` and ``last`` are microseconds, ``NONE`` where never seen. What a key does not
    give is empty."""

    total: Ints
    windows: tuple[Ints, ...]
    examined: Ints
    found: Ints
    first: Ints
    last: Ints


_EMPTY: Final = np.zeros(0, np.int64)


def count_key(key: Key, codes: Ints, stream: Stream) -> Counts:
    """Return the history of a key at each question of the stream.

    :param codes: a number for each row of the table, -1 where the row has no such key.
    """
    lines = _Lines(codes, stream)
    results = "e" in key.gives or "r" in key.gives
    first, last = lines.times() if "t" in key.gives else (_EMPTY, _EMPTY)
    return Counts(
        total=lines.total(stream.stated),
        windows=lines.windows() if "w" in key.gives else (),
        examined=lines.total(stream.examined) if results else _EMPTY,
        found=lines.total(stream.found) if results else _EMPTY,
        first=first,
        last=last,
    )


class _Lines:
    """The stream in the order of one key. Names that end in ``_s`` are in that order."""

    def __init__(self, codes: Ints, stream: Stream) -> None:
        self._stream = stream
        of_row = codes[stream.row]
        named = np.flatnonzero(of_row >= 0)
        if len(named) < len(of_row):
            order, self._code_s = in_order(of_row[named])
            self._order = named[order]
        else:
            self._order, self._code_s = in_order(of_row)
        slot_s = stream.slot[self._order]
        self._ask = np.flatnonzero(slot_s >= 0)
        self._slot = slot_s[self._ask]
        new_code = np.ones(len(self._order), np.bool_)
        np.not_equal(self._code_s[1:], self._code_s[:-1], out=new_code[1:])
        rank_s = stream.rank[self._order]
        new_run = new_code.copy()
        new_run[1:] |= rank_s[1:] != rank_s[:-1]
        self._group = _starts(new_code)[self._ask]
        self._before = _starts(new_run)[self._ask]
        own = stream.own
        same = (codes[stream.row[own.asking]] == codes[stream.row[own.told]]) & (
            codes[stream.row[own.told]] >= 0
        )
        self._own = tuple(part[same] for part in own)

    def total(self, part: Small) -> Ints:
        """Return the sum of what was added before each question."""
        sums = self._sums(part)
        found = self._answers(sums[self._before] - sums[self._group])
        _asking, told, slot = self._own
        np.subtract.at(found, slot, part[told].astype(np.int32))
        return found

    def windows(self) -> tuple[Ints, ...]:
        """Return the same for consignments in each window of days, never below 0: a version taken
        back counts on the day it is."""
        stream, (asking, told, slot) = self._stream, self._own
        sums = self._sums(stream.stated)
        day_s = (self._code_s << _DAY_BITS) | stream.day[self._order]
        asked, until = day_s[self._ask], sums[self._before]
        found = []
        for length in WINDOWS:
            since = np.searchsorted(day_s, asked - (length - 1), side="left")
            one = self._answers(until - sums[since])
            near = stream.day[told] > stream.day[asking] - length
            np.subtract.at(one, slot[near], stream.stated[told[near]].astype(np.int32))
            found.append(np.maximum(one, 0))
        return tuple(found)

    def times(self) -> tuple[Ints, Ints]:
        """Return when each key was first and last named by another consignment."""
        seen_s = self._stream.seen[self._order]
        so_far = np.zeros(len(seen_s) + 1, np.int32)
        np.cumsum(seen_s, out=so_far[1:])
        words = self._order[seen_s]
        # Words of a key before a question are those from first to before last.
        first, last = so_far[self._group], so_far[self._before]
        if len(self._own[0]):
            late = np.zeros(self._stream.asked, np.bool_)
            late[self._own[2]] = True
            mine = np.flatnonzero(late[self._slot])
            who, me = self._stream.who[words], self._stream.who[self._order[self._ask[mine]]]
            first[mine], last[mine] = _past_own(first[mine], last[mine], who, me)
        some = np.flatnonzero(first < last)
        at = self._stream.at[words]
        found = []
        for place in (first, last - 1):
            answers = np.full(self._stream.asked, NONE, np.int64)
            answers[self._slot[some]] = at[place[some]]
            found.append(answers)
        return found[0], found[1]

    def _sums(self, part: Small) -> Ints:
        sums = np.zeros(len(self._order) + 1, np.int32)
        np.cumsum(part[self._order], out=sums[1:])
        return sums

    def _answers(self, values: Ints) -> Ints:
        found = np.full(self._stream.asked, NONE, np.int32)
        found[self._slot] = values
        return found


def _starts(new: npt.NDArray[np.bool_]) -> Ints:
    """Return for each place where its run begins."""
    begins = np.flatnonzero(new)
    return np.repeat(begins, np.diff(np.append(begins, len(new))))


def _past_own(first: Ints, last: Ints, who: Ints, me: Ints) -> tuple[Ints, Ints]:
    """Return first and last of the words from ``first`` to before ``last`` that are another's."""
    while len(own := _where(first < last, who, first, me)):
        first[own] += 1
    while len(own := _where(first < last, who, last - 1, me)):
        last[own] -= 1
    return first, last


def _where(some: npt.NDArray[np.bool_], who: Ints, place: Ints, me: Ints) -> Ints:
    left = np.flatnonzero(some)
    return np.asarray(left[who[place[left]] == me[left]])
