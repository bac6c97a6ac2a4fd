"""Which rules fire in which rows, kept row by row: most rules are silent in most rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.integer]


class Fired(msgspec.Struct, frozen=True):
    """Row ``i`` has the rules ``names[n] for n in ids[starts[i]:starts[i + 1]]``, ascending."""

    names: tuple[str, ...]
    starts: Counts
    ids: npt.NDArray[np.uint16]

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.starts) - 1

    def times(self) -> Counts:
        """Return how many rules fire in each row."""
        return np.diff(self.starts)

    def part(self, start: int, stop: int) -> Fired:
        """Return the rows from ``start`` to before ``stop``, which must be there, as a view."""
        starts = self.starts[start : stop + 1]
        return Fired(self.names, starts - starts[:1], self.ids[slice(*starts[[0, -1]])])

    def shared(self, rows: Rows) -> Counts:
        """Return, rule by rule, in how many of these rows (each named once) it fires."""
        begins, lengths = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(lengths)
        if not len(ends) or not ends[-1]:
            return np.zeros(len(self.names), dtype=np.int64)
        places = np.arange(ends[-1]) + np.repeat(begins - ends + lengths, lengths)
        return np.bincount(self.ids[places], minlength=len(self.names))


def fired_in(verdicts: pl.DataFrame, names: Sequence[str]) -> Fired:
    """Return where the columns ``names`` are true; unknown is not true.

    :raises ValueError: for more than 65,536 rules.
    """
    if len(names) > 1 << 16:
        raise ValueError(f"{len(names)} rules are more than 65,536")
    hits = [verdicts[name].arg_true().to_numpy() for name in names]
    times = np.zeros(verdicts.height + 1, dtype=np.int64)
    for rows in hits:
        times[rows + 1] += 1
    starts = np.cumsum(times)
    ids = np.empty(int(starts[-1]), dtype=np.uint16)
    free = starts[:-1].copy()
    for number, rows in enumerate(hits):
        ids[free[rows]] = number
        free[rows] += 1
    return Fired(tuple(names), starts, ids)


def joined(names: Sequence[str], parts: Sequence[Fired]) -> Fired:
    """Return the parts one below the other; all are about ``names``."""
    starts, last = [np.zeros(1, dtype=np.int64)], 0
    for part in parts:
        starts.append(part.starts[1:] + last)
        last += int(part.starts[-1])
    ids = [part.ids for part in parts] or [np.zeros(0, dtype=np.uint16)]
    return Fired(tuple(names), np.concatenate(starts), np.concatenate(ids))
