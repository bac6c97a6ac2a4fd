"""What is usual among peers: quartiles of a group's history, from histograms.

A measure is kept as a histogram for each group, in steps that are equal in the logarithm. A row is
compared with its group as it stood when the week of its moment began (Monday, 00:00 UTC): a running
median at every row would need every value again. A histogram adds up in any order, takes back what
was amended, and stays small.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from esclusa.analysis.profiles.catalogue import BINS, Measure
from esclusa.analysis.profiles.coding import in_order
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.stream import Ints, Stream

Floats = npt.NDArray[np.float64]

_CELLS: Final = 1 << 14
"""Histograms held at once, about 10 MB."""
_WEEK_BITS: Final = 16
TO_SPREAD: Final = 1.349
"""Interquartile range of a normal distribution in standard deviations."""


class Peers(NamedTuple):
    """What a measure's peers say at each question. ``total`` is 0 where no group is large enough,
    then the others are NaN; ``level`` counts from 1. Quartiles are natural logarithms."""

    total: Ints
    level: Ints
    low: Floats
    median: Floats
    high: Floats


def week_of(day: Ints) -> Ints:
    """Return the number of the week of a day since 1970-01-01; weeks begin on Monday."""
    return (day + 3) // 7


def bins_of(measure: Measure, values: Floats) -> Ints:
    """Return the step of each value, -1 for NaN; what lies beyond both ends is in the last step."""
    found = np.searchsorted(edges(measure.low, measure.high), values, side="right")
    return np.where(np.isnan(values), -1, found)


@cache
def edges(low: float, high: float) -> Floats:
    """Return where the steps between ``low`` and ``high`` end, the last left out."""
    return np.exp(np.linspace(np.log(low), np.log(high), BINS + 1)[1:-1])


def quartiles(measure: Measure, histograms: Ints) -> tuple[Ints, Floats]:
    """Return how many each histogram holds and its quartiles' logarithms, linear within a step."""
    sums = np.cumsum(histograms, axis=1, dtype=np.int32)
    count = sums[:, -1].astype(np.int64)
    low, width = np.log(measure.low), np.log(measure.high / measure.low) / BINS
    lines = np.arange(len(histograms))
    found = np.full((3, len(histograms)), np.nan)
    some = count > 0
    for line, share in enumerate((0.25, 0.5, 0.75)):
        target = count * share
        step = np.minimum((sums < target[:, None]).sum(axis=1), BINS - 1)
        inside = histograms[lines, step]
        below = sums[lines, step] - inside
        part = (target - below) / np.maximum(inside, 1)
        found[line] = np.where(some, low + (step + part) * width, np.nan)
    return count, found


def robust_z(values: Floats, peers: Peers, settings: Settings) -> Floats:
    """Return how far each value lies from its peers' median, in spreads of the logarithm: the
    interquartile range divided by 1.349, which is a standard deviation where values are normal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum((peers.high - peers.low) / TO_SPREAD, settings.least_spread)
        return np.asarray((np.log(values) - peers.median) / spread)


def no_peers(size: int) -> Peers:
    """Return peers of which nothing is known."""
    count, level = np.zeros(size, np.int64), np.zeros(size, np.int64)
    low, median, high = (np.full(size, np.nan) for _ in range(3))
    return Peers(count, level, low, median, high)


def compare(
    measure: Measure, values: Floats, codes: Callable[[tuple[str, ...]], Ints], stream: Stream,
    settings: Settings,
) -> Peers:  # fmt: skip
    """Return the peers of each question: of the closest group that is not thin.

    :param values: the measure of every row, NaN where it cannot be said.
    :param codes: the group of every row at a level, -1 where it has none.
    """
    step = bins_of(measure, values)[stream.row]
    week = week_of(stream.day.astype(np.int64))
    found = no_peers(stream.asked)
    asking = np.flatnonzero((stream.slot >= 0) & (step >= 0))
    telling = np.flatnonzero((stream.stated != 0) & (step >= 0))
    for level, columns in enumerate(measure.levels, start=1):
        group = codes(columns)[stream.row].astype(np.int64)  # packed with the week below
        told = telling[group[telling] >= 0]
        many = np.bincount(group[told], minlength=int(group.max(initial=-1)) + 1)
        asking = asking[found.level[stream.slot[asking]] == 0]
        some = asking[group[asking] >= 0]
        some = some[many[group[some]] >= settings.thin]
        wanted = np.zeros(len(many), np.bool_)
        wanted[group[some]] = True
        told = told[wanted[group[told]]]
        _Level(measure, level, found, settings, stream, group, step, week).answer(some, told)
    return found


class _Level(NamedTuple):
    """One level of a measure. Arrays are by place in the stream; ``found`` is filled.

    A cell is a group in a week. What is told in a week stands in the cell of the next week, so a
    question reaches the cells of its group up to that of its own week.
    """

    measure: Measure
    level: int
    found: Peers
    settings: Settings
    stream: Stream
    group: Ints
    step: Ints
    week: Ints

    def answer(self, asking: Ints, told: Ints) -> None:
        """Answer these questions by what was told."""
        order, cell_told = in_order((self.group[told] << _WEEK_BITS) | (self.week[told] + 1))
        told, begins = told[order], _begins(cell_told)
        cells = cell_told[begins]
        order, cell_asked = in_order((self.group[asking] << _WEEK_BITS) | self.week[asking])
        asking, begins_asked = asking[order], _begins(cell_asked)
        asked = cell_asked[begins_asked]
        many = np.diff(begins_asked, append=len(asking))
        last = np.searchsorted(cells, asked, side="right") - 1
        last[(last < 0) | (cells[last] >> _WEEK_BITS != asked >> _WEEK_BITS)] = -1
        first = np.searchsorted(cells, asked >> _WEEK_BITS << _WEEK_BITS)
        ends = np.append(begins, len(told))
        own = self._own()
        for begin, end in _chunks(cells >> _WEEK_BITS):
            sums = self._sums(told[ends[begin] : ends[end]], ends[begin : end + 1] - ends[begin])
            these = np.flatnonzero((last >= begin) & (last < end))
            histograms = sums[last[these] - begin + 1] - sums[first[these] - begin]
            which, inside = _spread(many[these])
            slots = self.stream.slot[asking[begins_asked[these][which] + inside]]
            self._put(slots, which, histograms)
            if len(own[0]):
                self._without_own(slots, histograms[which], own)

    def _sums(self, told: Ints, ends: Ints) -> npt.NDArray[np.int32]:
        """Return running sums of the histograms of cells, one more than cells."""
        cells = len(ends) - 1
        flat = np.repeat(np.arange(cells), np.diff(ends)) * BINS + self.step[told]
        signs = self.stream.stated[told]
        table = np.bincount(flat[signs > 0], minlength=cells * BINS)
        if (signs < 0).any():
            table -= np.bincount(flat[signs < 0], minlength=cells * BINS)
        sums = np.zeros((cells + 1, BINS), np.int32)
        np.cumsum(table.reshape(-1, BINS), axis=0, out=sums[1:])
        return sums

    def _put(self, slots: Ints, which: Ints, histograms: Ints) -> None:
        total, shares = quartiles(self.measure, histograms)
        total, shares, found = total[which], shares[:, which], self.found
        large = total >= self.settings.thin
        slots = slots[large]
        found.total[slots], found.level[slots] = total[large], self.level
        for part, values in zip((found.low, found.median, found.high), shares, strict=True):
            part[slots] = values[large]

    def _own(self) -> tuple[Ints, Ints, Ints]:
        """Return question, step and sign of what consignments told about themselves."""
        asking, told, slot = self.stream.own
        step, sign = self.step[told], self.stream.stated[told].astype(np.int32)
        same = (self.group[asking] == self.group[told]) & (self.week[told] < self.week[asking])
        same &= (step >= 0) & (sign != 0)
        return slot[same], step[same], sign[same]

    def _without_own(self, slots: Ints, histograms: Ints, own: tuple[Ints, Ints, Ints]) -> None:
        """Answer anew the questions whose own consignment is among the peers."""
        mine = np.isin(slots, own[0])
        slots, histograms = slots[mine], histograms[mine]
        number = np.full(self.stream.asked, -1)
        number[slots] = np.arange(len(slots))
        here = number[own[0]] >= 0
        np.subtract.at(histograms, (number[own[0][here]], own[1][here]), own[2][here])
        self.found.level[slots] = self.found.total[slots] = 0
        for part in (self.found.low, self.found.median, self.found.high):
            part[slots] = np.nan
        self._put(slots, np.arange(len(slots)), histograms)


def _spread(many: Ints) -> tuple[Ints, Ints]:
    """Return for each of ``many`` its number, as often as it says, and the place within it."""
    which = np.repeat(np.arange(len(many)), many)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(many) - many, many)


def _begins(ordered: Ints) -> Ints:
    """Return where each run of equal numbers begins."""
    return np.flatnonzero(np.diff(ordered, prepend=-1))


def _chunks(groups: Ints) -> list[tuple[int, int]]:
    """Return stretches of cells that hold whole groups, about ``_CELLS`` each."""
    begins = np.append(np.flatnonzero(np.diff(groups, prepend=-1)), len(groups))
    found, begin = [], 0
    while begin < len(groups):
        end = int(begins[np.searchsorted(begins, min(begin + _CELLS, len(groups)))])
        found.append((begin, end))
        begin = end
    return found
