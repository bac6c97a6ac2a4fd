"""Rehearsal: what a rule would have done over the whole history, before it may act.

History is a feature table with two columns more: ``examined`` (a person opened it) and ``found``
(what was looked for was there; null unless examined). What nobody examined is unknown, never clean:
it counts in no rate.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.intervals import wilson
from esclusa.analysis.targeting.fired import Fired, fired_in, joined

EXAMINED: Final = "examined"
FOUND: Final = "found"
_CHUNK: Final = 262_144
"""Rows looked at together, so that the verdicts of hundreds of rules stay small."""

History = pl.DataFrame | Iterable[pl.DataFrame]
"""One table, or its pieces in order."""


class Rate(msgspec.Struct, frozen=True):
    """Finds among the examined, with Wilson's 95 % interval; None where nothing was examined."""

    hits: int
    examined: int
    found: int

    @property
    def yields(self) -> float | None:
        """Return the share of finds among the examined."""
        return self.found / self.examined if self.examined else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the bounds of the share (Wilson 1927)."""
        return wilson(self.found, self.examined) if self.examined else None


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule would have done.

    ``all`` are its hits; ``alone`` those that no other active rule has, which is what the rule
    adds. ``unjudged`` rows lacked data. ``overlap`` counts hits shared with each active rule that
    shares any. ``examples`` are row numbers: finds first, then what was examined in vain, then
    others, each in the order of history.
    """

    rule: str
    rows: int
    unjudged: int
    all: Rate
    alone: Rate
    overlap: Mapping[str, int]
    examples: tuple[int, ...]


def replay(history: History, active: Mapping[str, pl.Expr]) -> Fired:
    """Return which active rules fire in each row: done once, many drafts are compared with it.

    :param active: compiled conditions by rule id.
    """
    names = tuple(active)
    return joined(names, [fired_in(verdicts, names) for verdicts, _ in _judged(history, active)])


def rehearse(
    history: History,
    rules: Mapping[str, pl.Expr],
    active: Mapping[str, pl.Expr] | Fired,
    *,
    examples: int = 10,
) -> tuple[Rehearsed, ...]:
    """Replay rules over history.

    :param history: feature columns, and flags ``examined`` and ``found``.
    :param rules: compiled conditions by rule id, as :func:`~.compiler.compile_condition` makes
        them; one that is active too is compared with the other active ones.
    :param active: the conditions in force, or what :func:`replay` gave for them and this history.
    :return: one answer for each of ``rules``, in their order.
    :raises ValueError: when a row is found that nobody examined, or ``active`` was replayed over
        another number of rows.
    """
    if isinstance(active, Fired):
        known, names, every = active, active.names, rules
    else:
        known, names, every = None, tuple(active), {**active, **rules}
    tally = _Tally(list(rules), names, examples)
    start = 0
    for verdicts, outcomes in _judged(history, every):
        stop = start + verdicts.height
        if known and known.rows < stop:
            raise ValueError(f"the active rules were replayed over {known.rows} rows only")
        standing = known.part(start, stop) if known else fired_in(verdicts, names)
        tally.take(verdicts, outcomes, standing, start)
        start = stop
    if known and known.rows != start:
        raise ValueError(f"the active rules were replayed over {known.rows} rows, not {start}")
    return tally.answers(start)


def _judged(
    history: History, conditions: Mapping[str, pl.Expr]
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield verdicts and outcomes, piece by piece; what conditions share is computed once."""
    columns = [expression.alias(name) for name, expression in conditions.items()]
    for piece in [history] if isinstance(history, pl.DataFrame) else history:
        for part in piece.iter_slices(_CHUNK):
            outcomes = part.select(
                pl.col(EXAMINED).fill_null(False), pl.col(FOUND).fill_null(False)
            )
            if outcomes.select((pl.col(FOUND) & ~pl.col(EXAMINED)).any()).item():
                raise ValueError("history has finds in rows that were not examined")
            yield part.lazy().select(columns).collect(), outcomes


class _Tally:
    """Sums over the pieces of history."""

    def __init__(self, rules: list[str], active: Sequence[str], examples: int) -> None:
        self._rules = rules
        self._active = active
        self._unjudged = [0] * len(rules)
        self._rates = np.zeros((len(rules), 2, 3), dtype=np.int64)
        """For each rule all hits and those alone: how many, examined, found."""
        self._shared = np.zeros((len(rules), len(active)), dtype=np.int64)
        self._wanted = examples
        self._examples: list[list[list[int]]] = [[[], [], []] for _ in rules]

    def take(
        self, verdicts: pl.DataFrame, outcomes: pl.DataFrame, standing: Fired, start: int
    ) -> None:
        """Add a piece that begins at row ``start``; ``standing``: the active rules in its rows."""
        outcome = outcomes.select(pl.col(EXAMINED).cast(pl.Int8) + pl.col(FOUND).cast(pl.Int8))
        worth = outcome.to_series().to_numpy()
        times = standing.times()
        for at, name in enumerate(self._rules):
            verdict = verdicts[name]
            self._unjudged[at] += verdict.null_count()
            hits = verdict.arg_true().to_numpy()
            if not len(hits):
                continue
            got = worth[hits]
            # What an active rule adds are the rows where it is the only one that fires.
            lone = got[times[hits] == (1 if name in self._active else 0)]
            self._rates[at] += [_counts(got), _counts(lone)]
            self._shared[at] += standing.shared(hits)
            self._show(at, hits, got, start)

    def _show(self, at: int, hits: npt.NDArray[Any], got: npt.NDArray[Any], start: int) -> None:
        shown = self._examples[at]
        if len(shown[0]) < self._wanted:
            for kind in range(3):
                room = self._wanted - len(shown[kind])
                shown[kind] += (hits[got == 2 - kind][:room].astype(np.int64) + start).tolist()

    def answers(self, rows: int) -> tuple[Rehearsed, ...]:
        """Return what the sums say."""
        return tuple(self._answer(at, name, rows) for at, name in enumerate(self._rules))

    def _answer(self, at: int, name: str, rows: int) -> Rehearsed:
        every, alone = self._rates[at].tolist()
        shared = zip(self._active, self._shared[at].tolist(), strict=True)
        return Rehearsed(
            rule=name, rows=rows, unjudged=self._unjudged[at], all=Rate(*every),
            alone=Rate(*alone),
            overlap={other: count for other, count in shared if count and other != name},
            examples=tuple(itertools.chain.from_iterable(self._examples[at]))[: self._wanted],
        )  # fmt: skip


def _counts(worth: npt.NDArray[np.int8]) -> tuple[int, int, int]:
    """Return how many rows, how many examined (1 or 2), how many found (2)."""
    return len(worth), int(np.count_nonzero(worth)), int(np.count_nonzero(worth == 2))


def order(answers: Sequence[Rehearsed]) -> list[Rehearsed]:
    """Return the answers with what adds most finds first, then the better yield, then the id."""
    return sorted(answers, key=lambda one: (-one.alone.found, -(one.all.yields or 0.0), one.rule))
