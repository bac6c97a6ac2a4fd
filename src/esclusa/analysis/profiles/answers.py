"""Where the answers of a state are gathered, by key and by measure."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

import numpy as np

from esclusa.analysis.profiles.catalogue import BINS, WINDOWS, keys, measures
from esclusa.analysis.profiles.counting import NONE, Counts
from esclusa.analysis.profiles.peers import Peers, no_peers, quartiles

Value = tuple[Any, ...]
"""The values of a key's columns, texts or None."""

COLUMNS: Final = tuple(
    dict.fromkeys(
        name
        for columns in (
            *(key.columns for key in keys()),
            *(level for measure in measures() for level in measure.levels),
        )
        for name in columns
    )
)


def _getter(columns: tuple[str, ...]) -> Callable[[Value], Value]:
    """Return what takes the values of these columns out of all, as a tuple."""
    places = [COLUMNS.index(name) for name in columns]
    if not places:
        return lambda _values: ()
    take = itemgetter(*places)
    return take if len(places) > 1 else lambda values: (take(values),)


KEYS: Final = tuple(
    (key, _getter(key.columns), "w" in key.gives, "t" in key.gives) for key in keys()
)
LEVELS: Final = tuple(
    (number, level, _getter(columns))
    for number, measure in enumerate(measures())
    for level, columns in enumerate(measure.levels, start=1)
)


class Answers:
    """What history and peers say, line by line of the rows asked about."""

    def __init__(self, size: int) -> None:
        self.counts = np.full((len(KEYS), 3 + len(WINDOWS) + 2, size), NONE, np.int64)
        self.level = np.zeros((len(measures()), size), np.int64)
        self.steps = np.zeros((len(measures()), size, BINS), np.int64)

    def made(self) -> tuple[dict[str, Counts], dict[str, Peers]]:
        counts = {
            key.name: Counts(
                total=part[0], windows=tuple(part[3 : 3 + len(WINDOWS)]), examined=part[1],
                found=part[2], first=part[-2], last=part[-1],
            )
            for (key, *_), part in zip(KEYS, self.counts, strict=True)
        }  # fmt: skip
        peers: dict[str, Any] = {}
        for measure, level, steps in zip(measures(), self.level, self.steps, strict=True):
            found = no_peers(len(level))
            some = level > 0
            total, shares = quartiles(measure, steps[some])
            found.level[some], found.total[some] = level[some], total
            for part, values in zip((found.low, found.median, found.high), shares, strict=True):
                part[some] = values
            peers[measure.name] = found
        return counts, peers
