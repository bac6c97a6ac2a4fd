"""A whole history by loops that walk it in order of time: the quick way of :mod:`.batch`.

Values are those of the plain way to the last bit. Keys and measures do not depend on each other,
but for the base rate that the first key gives, so several are worked out at once where there are
threads: compiled loops let other threads run. Columns are the memory that loops have filled.
"""

from __future__ import annotations

import mmap
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.profiles import compiled as loops
from esclusa.analysis.profiles.catalogue import (
    BINS,
    WINDOWS,
    Key,
    Measure,
    feature_names,
    keys,
    measures,
    names_of,
    names_of_peers,
    new_pairs,
    shares,
)
from esclusa.analysis.profiles.coding import Coder
from esclusa.analysis.profiles.compiled import compiled
from esclusa.analysis.profiles.peers import TO_SPREAD, edges, week_of
from esclusa.analysis.profiles.rows import WAY, by_itself, detours_of, measured, said_of
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.shaping import LARGEST, PART, said
from esclusa.analysis.profiles.stream import Stream

Floats = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Columns = dict[str, pl.Series]

_GIVES: Final = (frozenset("w"), frozenset("s"), frozenset("er"), frozenset("r"), frozenset("t"))


def walked(
    coder: Coder, stream: Stream, wanted: pl.DataFrame, settings: Settings, threads: int
) -> pl.DataFrame:
    """Return what ``profile`` returns.

    :param coder: of all rows, the rows asked about, ``wanted``, last.
    :param threads: how many keys and measures are worked out at once.
    """
    made, values = _by_themselves(coder, len(wanted))
    # Codes are made here, one after the other: groups share those of their columns.
    for columns in (*(key.columns for key in keys()), *(c for m in measures() for c in m.levels)):
        coder.codes(columns)
    for loop in loops.LOOPS:
        compiled(loop)  # before threads ask for them
    walk, (first, *others) = _Walk(coder, stream, settings), keys()
    made |= walk.count(first)
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(walk.count, key) for key in others]
        jobs += [pool.submit(walk.compare, one, values.pop(one.name)) for one in measures()]
        for job in jobs:
            made |= job.result()
    made |= walk.pairs()
    return wanted[["id", "at"]].hstack([made[name] for name in feature_names()])


def _by_themselves(coder: Coder, asked: int) -> tuple[Columns, dict[str, Floats]]:
    """Return what the last rows, those asked about, say by themselves, and the measures of all.

    :param asked: how many these are.
    """
    frame, detours = coder.frame[said_of()], _detours(coder)
    size = len(frame)
    values = {one.name: np.empty(size) for one in measures()}
    names, made = by_itself(), _table(len(by_itself()), asked)
    # Piece by piece, so that what polars makes on the way stays near the processor.
    for begin in range(0, size, _PIECE):
        raw = measured(frame[begin : begin + _PIECE], detours[begin : begin + _PIECE])
        for name, of_all in values.items():
            of_all[begin : begin + len(raw)] = raw[name].to_numpy()
        past = max(begin, size - asked)
        if past < begin + len(raw):
            here = slice(past - (size - asked), begin + len(raw) - (size - asked))
            for line, one in zip(made, said(raw[past - begin :]), strict=True):
                line[here] = one.to_numpy()
    return _columns(names, made), values


_PIECE: Final = 1 << 16


def _detours(coder: Coder) -> pl.Series:
    """Return the detour of each row, looked up once for each way."""
    ways = coder.codes(WAY)
    row = np.full(ways.size + 1, -1, np.int32)  # the last place is that of rows without a way
    row[ways.of] = np.arange(len(ways.of))
    met = np.flatnonzero(row[:-1] >= 0)
    known = np.full(ways.size + 1, np.nan)
    known[met] = detours_of(coder.frame[row[met]]).cast(pl.Float64).to_numpy()
    return pl.Series(known[ways.of], nan_to_null=True)


class _Small(NamedTuple):
    """Parts of the stream in whole numbers of 32 bits, as loops read them."""

    row: Int32
    slot: Int32
    who: Int32
    week: Int32
    asking: Int32
    told: Int32


class _Walk:
    """The stream, and what walks along it leave for others: the base rate of all, and how many
    consignments each key had at each question."""

    def __init__(self, coder: Coder, stream: Stream, settings: Settings) -> None:
        self._coder, self._stream, self._settings = coder, stream, settings
        parts = (stream.row, stream.slot, stream.who, week_of(stream.day), *stream.own[:2])
        self._small = _Small(*(part.astype(np.int32) for part in parts))
        self._base = np.zeros(stream.asked)
        self._near = _Near(stream.rank)
        self._totals: dict[str, Int32] = {}

    def count(self, key: Key) -> Columns:
        """Return the features of a key's history; the first key gives the base rate of others."""
        stream, small, settings = self._stream, self._small, self._settings
        codes, code = self._coder.codes(key.columns), np.empty(len(small.row), np.int32)
        number = np.zeros(codes.size, np.int32)
        size = compiled(loops.keys_of)(codes.of, small.row, number, code)
        # Moments stand in the line of the same memory that holds the counts.
        kept = np.zeros((size, 8 if "t" in key.gives else 4), np.int64)
        names, total = names_of(key), np.empty(stream.asked, np.int32)
        made = _table(len(names), stream.asked)
        gives = (key is keys()[0], *(bool(key.gives & flags) for flags in _GIVES))
        numbers = (settings.strength, settings.base_finds, settings.base_exams, PART)
        compiled(loops.history)(
            code, self._near.tied(code), stream.rank, stream.at, stream.day, stream.stated,
            stream.examined, stream.found, stream.seen, small.slot, small.who, small.asking,
            small.told, WINDOWS, gives, numbers, self._base,
            kept.view(np.int32), kept, np.empty(len(code), np.int32), total, made,
        )  # fmt: skip
        self._totals[key.name] = total
        return _columns(names, made)

    def compare(self, measure: Measure, values: Floats) -> Columns:
        """Return the features of a measure against its peers.

        :param values: of every row, NaN where it cannot be said.
        """
        stream, small, settings = self._stream, self._small, self._settings
        low, width = np.log(measure.low), np.log(measure.high / measure.low) / BINS
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(values)
        step_of_row, step = np.empty(len(values), np.int8), np.empty(len(small.row), np.int8)
        ends = edges(measure.low, measure.high)
        compiled(loops.steps)(values, logs, ends, low, 1 / width, step_of_row)
        np.take(step_of_row, small.row, out=step)
        level, middle = np.zeros(stream.asked, np.int8), np.full(stream.asked, np.nan)
        made = _table(4, stream.asked)
        made[:] = np.nan  # what no group answers
        asked_logs = logs[len(logs) - stream.asked :]
        group = np.empty(len(small.row), np.int32)
        mine, quartiles = np.empty(BINS, np.int32), np.empty(3)
        for rank, columns in enumerate(measure.levels, start=1):
            codes = self._coder.codes(columns)
            some = compiled(loops.groups)(
                codes.of, small.row, step, stream.stated, small.slot, level, settings.thin,
                np.zeros(codes.size, np.int32), group,
            )  # fmt: skip
            compiled(loops.peers)(
                group, step, small.week, stream.stated, small.slot, small.asking, small.told, rank,
                settings.thin, low, width, TO_SPREAD, settings.least_spread, LARGEST, asked_logs,
                np.zeros((some, BINS), np.int32), np.zeros((some, 8), np.int32),
                np.empty((some, 2)), mine, quartiles, level, middle, made,
            )  # fmt: skip
        made[1] = np.exp(middle, out=middle)
        return _columns(names_of_peers(measure), made)

    def pairs(self) -> Columns:
        """Return the features of pairs, when all keys are counted."""
        totals, settings = self._totals, self._settings
        names = tuple(pair.name for pair in (*shares(), *new_pairs()))
        made = _table(len(names), self._stream.asked)
        rows = iter(made)
        for pair in shares():
            compiled(loops.share)(totals[pair.pair], totals[pair.parts[0]], next(rows))
        for pair in new_pairs():
            parts = (totals[pair.parts[0]], totals[pair.parts[-1]])
            compiled(loops.new)(totals[pair.pair], *parts, settings.known, next(rows))
        return _columns(names, made)


class _Near:
    """Which places of the stream have the moment of the next, the second next and the third next
    one, and which are of moments with more places than that."""

    def __init__(self, rank: Int32) -> None:
        self._same = [rank[far:] == rank[:-far] for far in range(1, min(_FAR, len(rank) - 1) + 1)]
        self._wide = np.bincount(rank, minlength=1)[rank] > _FAR + 1

    def tied(self, code: Int32) -> npt.NDArray[np.bool_]:
        """Return marks for all places whose key is named again at their moment, and for all of
        moments with many places."""
        tied = self._wide.copy()
        for far, same in enumerate(self._same, start=1):
            again = code[far:] == code[:-far]
            again &= same
            tied[far:] |= again
            tied[:-far] |= again
        return tied


_FAR: Final = 3


def _table(columns: int, size: int) -> npt.NDArray[np.float32]:
    """Return fresh memory for columns, zeros.

    Not numpy's, which asks the system for large pages: these have to be put together first where
    memory is in pieces, up to five times the work of small ones. The system makes all of them at
    once where it can, in two thirds of the time that it takes to make each when it is first used.
    """
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_POPULATE", 0)
    cells = mmap.mmap(-1, max(1, columns * size * 4), flags=flags)
    return np.frombuffer(cells, np.float32, columns * size).reshape(columns, size)


def _columns(names: tuple[str, ...], made: npt.NDArray[np.float32]) -> Columns:
    pairs = zip(names, made, strict=True)
    return {name: pl.Series(name, values, nan_to_null=True) for name, values in pairs}
