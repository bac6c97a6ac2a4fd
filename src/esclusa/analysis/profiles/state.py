"""Profiles one arrival after the other: a state that takes rows and outcomes and answers.

It gives what :func:`~esclusa.analysis.profiles.profile` gives for everything it was told, in
whatever order that came: late outcomes, amended rows, rows of days long past. Questions go forward
in time. For each value of a key it keeps sums, one number for each of the last 365 days, and two
moments; for each group of peers a histogram; for each consignment its versions and outcomes, until
told to forget them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from esclusa.analysis.profiles.answers import COLUMNS, KEYS, LEVELS, Answers, Value
from esclusa.analysis.profiles.catalogue import BINS, WINDOWS, keys, measures
from esclusa.analysis.profiles.coding import Coder
from esclusa.analysis.profiles.contributions import single_versions
from esclusa.analysis.profiles.effects import (
    NOTHING,
    Change,
    Consigned,
    Effect,
    Version,
    effects,
    stronger,
)
from esclusa.analysis.profiles.peers import Floats, bins_of
from esclusa.analysis.profiles.rows import DAY_US, measured, outcomes_taken, taken
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.shaping import Shape, asked_about
from esclusa.analysis.profiles.single import row_measured, row_taken, row_version
from esclusa.analysis.profiles.stream import Ints
from esclusa.analysis.profiles.tally import Histogram, Tally
from esclusa.errors import InputError, StateError

_SETTINGS: Final = Settings()
Told = tuple[int, int, int, bool]
"""An effect, and whether the key's values are named for the first time by this version."""


class _Kept(msgspec.Struct, array_like=True):
    edition: tuple[int, tuple[str, ...]]
    clock: int
    consigned: dict[str, Consigned]
    waiting: list[tuple[int, int, Change, str, Told]]
    tallies: list[list[tuple[Value, Tally]]]
    histograms: list[list[tuple[Value, Histogram]]]


class State:
    """History that grows. Not safe for several threads at once."""

    def __init__(self, settings: Settings = _SETTINGS) -> None:
        self.settings = settings
        self._clock = 0
        self._consigned: dict[str, Consigned] = {}
        self._waiting: list[tuple[int, int, Change, str, Told]] = []
        self._number = 0
        self._tallies: list[dict[Value, Tally]] = [{} for _ in KEYS]
        self._histograms: list[dict[Value, Histogram]] = [{} for _ in LEVELS]

    # --- telling -------------------------------------------------------------------------------

    def add(self, rows: pl.DataFrame) -> None:
        """Take versions of consignments, columns of ``ROW_COLUMNS``, in any order; one that is
        known already changes nothing.

        :raises InputError: as ``profile``; then nothing was taken.
        """
        every = taken(rows)
        if len(every) > 1:
            every = single_versions(every, Coder(every).groups(("id",)))
        self._take(list(_versions(every)))

    def add_rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take versions as :meth:`add` does, each as values by column: for a few of them.

        :raises InputError: as ``profile``; then nothing was taken.
        """
        taken_rows = [row_taken(row) for row in rows]
        self._take([row_version(row, row_measured(row)) for row in taken_rows])

    def _take(self, told: Sequence[tuple[str, Version]]) -> None:
        met: dict[tuple[str, int], Version] = {}
        for name, version in told:
            held = self._consigned.get(name)
            known = held.versions.get(version.what.at) if held else None
            known = known or met.setdefault((name, version.what.at), version)
            if known != version:
                raise InputError(f"rows: {name} is stated twice, differently, at one moment")
        for name, version in told:
            what, held = version.what, self._consigned.get(name)
            if held is None:
                self._consigned[name] = Consigned({what.at: version})
                if not version.withdrawn:
                    self._put(what.at, what, name, (1, 0, 0, True))
                continue
            if what.at in held.versions:
                continue
            before = effects(held)
            held.versions = dict(sorted({**held.versions, what.at: version}.items()))
            self._change(name, before, held)
            if not version.withdrawn:
                self._put(what.at, what, name, (0, 0, 0, True))

    def learn(self, outcomes: pl.DataFrame) -> None:
        """Take outcomes, columns of ``OUTCOME_COLUMNS``, in any order, also of consignments that
        are not known yet.

        :raises InputError: as ``profile``.
        """
        rows = outcomes_taken(outcomes).with_columns(pl.col("known").to_physical())
        for name, known, examined, found in rows.iter_rows():
            held = self._consigned.setdefault(name, Consigned())
            said = found if examined else None
            if known in held.outcomes:
                said = stronger(held.outcomes[known], said)
            before = effects(held)
            held.outcomes = dict(sorted({**held.outcomes, known: said}.items()))
            self._change(name, before, held)

    def forget(self, before: int) -> int:
        """Forget versions and outcomes of consignments last stated before a moment (microseconds);
        their sums stay. Return how many. What comes about them later counts as new."""
        gone = [
            name
            for name, held in self._consigned.items()
            if max((*held.versions, *held.outcomes)) < min(before, self._clock)
        ]
        for name in gone:
            del self._consigned[name]
        return len(gone)

    def _change(self, name: str, before: dict[Change, Effect], held: Consigned) -> None:
        after = effects(held)
        for what in before.keys() | after.keys():
            old, new = before.get(what, NOTHING), after.get(what, NOTHING)
            if old != new:
                more = (new[0] - old[0], new[1] - old[1], new[2] - old[2], False)
                self._put(what.at, what, name, more)

    def _put(self, at: int, what: Change, name: str, more: Told) -> None:
        if at < self._clock:
            self._apply(at, what, name, more)
        else:
            self._number += 1
            heappush(self._waiting, (at, self._number, what, name, more))

    def _advance(self, clock: int) -> None:
        """Let everything before a moment count."""
        if clock < self._clock:
            raise StateError("profiles: questions go forward in time")
        self._clock = clock
        while self._waiting and self._waiting[0][0] < clock:
            at, _number, what, name, more = heappop(self._waiting)
            self._apply(at, what, name, more)

    def _apply(self, at: int, what: Change, name: str, more: Told) -> None:
        day, today = at // DAY_US, self._clock // DAY_US
        values, (count, examined, found, fresh) = what.values, more
        for (_, of, windows, times), tallies in zip(KEYS, self._tallies, strict=True):
            value = of(values)
            if None in value:
                continue
            tally = tallies.get(value)
            if tally is None:
                tally = tallies[value] = Tally()
            tally.total += count
            if examined or found:
                tally.examined += examined
                tally.found += found
            if windows and count:
                tally.add_day(day, count, today)
            if fresh and times:
                tally.see(at, name)
        if count:
            self._weigh(day, what, count)

    def _weigh(self, day: int, what: Change, number: int) -> None:
        week = (day + 3) // 7
        for (measure, _level, of), groups in zip(LEVELS, self._histograms, strict=True):
            step = what.steps[measure]
            value = of(what.values)
            if step >= 0 and None not in value:
                group = groups.get(value)
                if group is None:
                    group = groups[value] = Histogram()
                group.add(week, step, number)

    # --- asking --------------------------------------------------------------------------------

    def ask(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return what ``profile`` returns for these rows as ``asked``; they are not added.

        :raises StateError: a moment lies before one that was asked about earlier.
        :raises InputError: as ``profile``.
        """
        wanted = taken(rows)
        raw = measured(wanted)
        answers = Answers(len(wanted))
        asked = sorted(enumerate(_versions(wanted, raw)), key=lambda one: one[1][1].what.at)
        for line, (name, version) in asked:
            self._answer(answers, line, name, version.what)
        return self._shaped(answers, *asked_about(wanted, raw)).frame(wanted)

    def ask_row(self, row: Mapping[str, Any]) -> dict[str, float | None]:
        """Return the features that :meth:`ask` gives for one row, by name.

        :param row: its values by column.
        :raises StateError, InputError: as :meth:`ask`.
        """
        wanted = row_taken(row)
        raw = row_measured(wanted)
        name, version = row_version(wanted, raw)
        answers = Answers(1)
        self._answer(answers, 0, name, version.what)
        values = {
            what: np.array([math.nan if said is None else said]) for what, said in raw.items()
        }
        return self._shaped(answers, np.array([version.what.at]), values).row()

    def _answer(self, answers: Answers, line: int, name: str, what: Change) -> None:
        self._advance(what.at)
        held = self._consigned.get(name)
        own = [
            (other, more) for other, more in effects(held).items() if other.at < what.at
        ] if held else []  # fmt: skip
        self._count(answers, line, name, what, own)
        self._compare(answers, line, what, own)

    def _shaped(self, answers: Answers, at: Ints, raw: Mapping[str, Floats]) -> Shape:
        counts, peers = answers.made()
        shape = Shape(at, raw, self.settings)
        for key, *_ in KEYS:
            shape.history(key, counts[key.name])
        for measure in measures():
            shape.peers(measure, peers[measure.name])
        return shape

    def _count(
        self, answers: Answers, line: int, name: str, what: Change,
        own: list[tuple[Change, Effect]],
    ) -> None:  # fmt: skip
        day = what.at // DAY_US
        for number, (_, of, windows, times) in enumerate(KEYS):
            value = of(what.values)
            if None in value:
                continue
            tally = self._tallies[number].get(value, _NO_TALLY)
            mine = [(w, more) for w, more in own if of(w.values) == value]
            cells = answers.counts[number][:, line]
            sums = (tally.total, tally.examined, tally.found)
            cells[:3] = [sums[i] - sum(more[i] for _, more in mine) for i in range(3)]
            if windows:
                for place, length in enumerate(WINDOWS, start=3):
                    less = sum(more[0] for w, more in mine if w.at // DAY_US > day - length)
                    cells[place] = max(tally.window(day, length) - less, 0)
            if times:
                cells[-2:] = tally.seen(name)

    def _compare(
        self, answers: Answers, line: int, what: Change, own: list[tuple[Change, Effect]]
    ) -> None:
        week = (what.at // DAY_US + 3) // 7
        thin = self.settings.thin
        for number, (measure, level, of) in enumerate(LEVELS):
            if what.steps[measure] < 0 or answers.level[measure, line]:
                continue
            value = of(what.values)
            group = self._histograms[number].get(value)  # none where a value is None
            if group is None:
                continue
            steps = dict(group.until(week))
            for other, more in own:
                step = other.steps[measure]
                if more[0] and step >= 0 and of(other.values) == value and (
                    (other.at // DAY_US + 3) // 7 < week
                ):  # fmt: skip
                    steps[step] -= more[0]
            if sum(steps.values()) >= thin:
                answers.level[measure, line] = level
                for step, many in steps.items():
                    answers.steps[measure, line, step] = many

    # --- keeping -------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """Return the state as MessagePack; :meth:`load` gives it back."""
        return msgspec.msgpack.encode(
            _Kept(
                edition=_edition(), clock=self._clock, consigned=self._consigned,
                waiting=self._waiting, tallies=[list(one.items()) for one in self._tallies],
                histograms=[list(one.items()) for one in self._histograms],
            )
        )  # fmt: skip

    @classmethod
    def load(cls, data: bytes, settings: Settings = _SETTINGS) -> State:
        """Return a state from :meth:`dump`.

        :raises InputError: the bytes are no state, or one of other keys and measures.
        """
        try:
            kept = msgspec.msgpack.decode(data, type=_Kept)
        except msgspec.MsgspecError as error:
            raise InputError(f"profiles: not a state: {error}") from None
        if kept.edition != _edition():
            raise InputError("profiles: this state was made for other keys and measures")
        made = cls(settings)
        made._clock, made._consigned = kept.clock, kept.consigned
        made._waiting = kept.waiting
        made._number = max((number for _, number, *_ in kept.waiting), default=0)
        made._tallies = [dict(one) for one in kept.tallies]
        made._histograms = [dict(one) for one in kept.histograms]
        return made


_NO_TALLY: Final = Tally()


def _edition() -> tuple[int, tuple[str, ...]]:
    told = [f"{key.name}:{' '.join(key.columns)}" for key in keys()]
    told += [f"{m.name}:{m.low}:{m.high}:{'|'.join(map(' '.join, m.levels))}" for m in measures()]
    return BINS, tuple(told)


def _versions(rows: pl.DataFrame, raw: pl.DataFrame | None = None) -> Iterator[tuple[str, Version]]:
    raw = measured(rows) if raw is None else raw
    steps = [bins_of(m, raw[m.name].to_numpy()) for m in measures()]
    values = zip(*(rows[name].to_list() for name in COLUMNS), strict=True)
    moments = rows["at"].cast(pl.Int64).to_list()
    for name, at, withdrawn, value, *step in zip(
        rows["id"], moments, rows["withdrawn"], values, *(one.tolist() for one in steps),
        strict=True,
    ):  # fmt: skip
        yield name, Version(Change(at, value, tuple(step)), withdrawn)
