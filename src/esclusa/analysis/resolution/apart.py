"""The pairs of one large run scored by several processes, with the points that one process gives.

Processes are forked, so that none copies the columns. That is safe only while the process has no
other thread at work; it is asked for by a batch run, never by a node that serves.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.resolution.compare import Columns
from esclusa.analysis.resolution.settings import Settings
from esclusa.analysis.resolution.weigh import score_pairs
from esclusa.analysis.resolution.wordtable import Floats, Ints, WordTable

_BLOCK: Final = 1_000_000
"""Pairs that one process takes at a time: a few seconds of work."""
_LOW: Final = (1 << 32) - 1

Possible = tuple[Ints, Ints, Floats]
"""Two sides and points of pairs that are at least possible."""


class Work(msgspec.Struct, frozen=True):
    """Pairs (``lower << 32 | higher``) of profiles that stand in columns."""

    columns: Columns
    table: WordTable
    settings: Settings
    codes: Ints

    def score(self, start: int) -> Possible:
        """Score the block of pairs that begins at ``start``; return those that are possible."""
        codes = self.codes[start : start + _BLOCK]
        points = score_pairs(self.columns, self.table, self.settings, codes >> 32, codes & _LOW)
        kept = np.flatnonzero(points >= self.settings.threshold.possible)
        return codes[kept] >> 32, codes[kept] & _LOW, points[kept]


_given: list[Work] = []
"""What forked processes find here is what they work on."""


def possible_pairs(work: Work, processes: int = 1) -> Iterator[Possible]:
    """Yield the pairs that are at least possible, block by block in order."""
    starts = range(0, work.codes.size, _BLOCK)
    if processes < 2 or len(starts) < 2:
        yield from map(work.score, starts)
        return
    _given.append(work)
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield from pool.imap(_score, starts)
    finally:
        _given.pop()


def _score(start: int) -> Possible:
    return _given[-1].score(start)
