"""A world that is played week by week: trade comes, boxes are opened, actors learn from it.

1. A week's tables say nothing of the truth. It is in :meth:`World.truth`, for measuring alone.
2. A box can be opened once, and only in its own week: after that it is on its way.
3. An exam may miss what is there, and rarely finds what is not. Whether it does belongs to the
   bill, not to the order or number of questions.
4. Actors see true finds alone: a box of theirs that was opened and passed teaches them nothing,
   and neither does a box that nobody opened. What they learn counts from the next week.
5. Equal parameters, seed and exams give equal tables, to the last bit. Other exams change only the
   consignments of actors who moved, and the boxes these share.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from esclusa.analysis.world import acting, boxes, roster, tables
from esclusa.analysis.world import week as weekly
from esclusa.analysis.world.ground import EQUIPMENT, Ground, ground
from esclusa.analysis.world.parameters import Parameters, default_parameters
from esclusa.analysis.world.roster import BITS, Importers
from esclusa.analysis.world.streams import Numbers, Reals, Streams, below, uniform
from esclusa.errors import InputError, StateError

_FINDINGS: Final = ("revenue", "goods", "contraband")
"""What a wrong find is taken for."""


class World:
    """A planted world.

    ::

        world = World(seed=7)
        week = world.week()  # bills, goods, boxes, moves, parties
        outcomes = world.inspect(week.boxes["box"].head(75))
    """

    def __init__(self, parameters: Parameters | None = None, seed: int = 0) -> None:
        """Lay out a world; nothing has happened yet.

        :raises InputError: the seed is negative.
        """
        if seed < 0:
            raise InputError(f"the seed is {seed}, expected 0 or more", file="world")
        self.parameters = parameters or default_parameters()
        self.seed = seed
        self._setting = _setting(self.parameters, Streams(seed))
        self._played = 0
        self._seen = np.zeros(2**BITS, np.bool_)
        self._here: tables.Sheet | None = None
        self._places: dict[str, int] = {}
        self._opened: set[str] = set()
        self._caught: dict[int, list[Numbers]] = {}
        self._truth: list[pl.DataFrame] = []

    @property
    def played(self) -> int:
        """How many weeks have been played."""
        return self._played

    def week(self) -> tables.Week:
        """Play the next week and return what becomes known of it.

        :raises StateError: all weeks of the parameters have been played.
        """
        number = self._played
        if number >= self.parameters.weeks:
            raise StateError(f"the world has {self.parameters.weeks} weeks, and all were played")
        self._learn()
        setting = self._setting
        made, seen = weekly.sheet(setting, number)
        bill = made.bill()
        hs, text = tables.first_lines(made)
        bills = tables.bills(made, hs, text)
        goods = tables.goods(made, bill, hs, text)
        party, columns = weekly.new_parties(setting, made, self._seen)
        self._seen[party] = True
        truth = weekly.truth(setting, made, bill, bills["box"])
        self._truth.append(tables.frame("truth", truth))
        box = tables.boxes(made, bills)
        self._here, self._played = made, number + 1
        self._places = dict(zip(box["box"].to_list(), range(len(box)), strict=True))
        self._opened = set()
        return tables.Week(
            number=number,
            starts=setting.first_day(number),
            bills=_by(bills, "filed", "bill"),
            goods=_by(goods, "bill", "line"),
            boxes=_by(box, "at_canal", "box"),
            moves=_by(tables.moves(made, seen), "at", "box", "event"),
            parties=_by(tables.frame("parties", columns), "party"),
        )

    def inspect(self, chosen: Iterable[str]) -> pl.DataFrame:
        """Open boxes of the week that was played last; return the outcome of each of their bills.

        The rows are those of ``COLUMNS["outcomes"]``, box by box in the order asked for.

        :raises InputError: a box is not one of this week.
        :raises StateError: a box was opened before, or is named twice. No box is opened then.
        """
        boxes_asked = list(chosen)
        made = self._here
        unknown = [box for box in boxes_asked if box not in self._places]
        if unknown or made is None:
            if not boxes_asked:
                return tables.empty("outcomes")
            reason = f"box {unknown[0]} is none of this week's; only those can be opened"
            raise InputError(reason, file="exams")
        again = [box for box in boxes_asked if box in self._opened]
        if again or len(set(boxes_asked)) < len(boxes_asked):
            twice = again or sorted({b for b in boxes_asked if boxes_asked.count(b) > 1})
            raise StateError(f"box {twice[0]} can be opened once only")
        self._opened.update(boxes_asked)
        return self._examined(made, boxes_asked)

    def truth(self) -> pl.DataFrame:
        """Return the truth about all bills so far: for measuring, never for deciding."""
        return pl.concat(self._truth) if self._truth else tables.empty("truth")

    def _examined(self, made: tables.Sheet, chosen: list[str]) -> pl.DataFrame:
        rows, streams, exams = made.rows, made.streams, self.parameters.exams
        place = np.searchsorted(made.heads, rows["head"])
        rank = np.full(len(made.heads), -1)
        rank[[self._places[box] for box in chosen]] = np.arange(len(chosen))
        opened = np.flatnonzero(rank[place] >= 0)
        opened = opened[np.lexsort((rows["uid"][opened], rank[place][opened]))]
        uid, bad = rows["uid"][opened], rows["scheme"][opened] >= 0
        true = bad & (uniform(uid, streams.key("missed")) >= exams.missed)
        found = true | (~bad & (uniform(uid, streams.key("wrong")) < exams.wrong))
        for crew in self._setting.crews:
            mine = opened[true & (rows["scheme"][opened] == crew.place)]
            self._caught.setdefault(crew.place, []).append(rows["actor"][mine])
        days, later = self._days(made, opened)
        kinds = [scheme.finding for scheme in self.parameters.schemes]
        guess = below(uid, streams.key("which wrong"), len(_FINDINGS))
        words = [
            None if not hit else kinds[scheme] if scheme >= 0 else _FINDINGS[other]
            for hit, scheme, other in zip(
                found.tolist(), rows["scheme"][opened].tolist(), guess.tolist(), strict=True
            )
        ]
        start = self.parameters.start
        return tables.frame("outcomes", {
            "week": np.full(len(opened), made.week),
            "box": [chosen[one] for one in rank[place][opened].tolist()],
            "bill": made.bill().gather(opened),
            "examined": [start + dt.timedelta(days=day) for day in days.tolist()],
            "known": [start + dt.timedelta(days=day) for day in (days + later).tolist()],
            "found": found,
            "finding": pl.Series(words, dtype=pl.String),
        })  # fmt: skip

    def _days(self, made: tables.Sheet, opened: Numbers) -> tuple[Numbers, Numbers]:
        """The day of each exam, the one after the box came, and days until its outcome is known."""
        timing, head = self.parameters.timing, made.rows["head"][opened]
        day = made.when.canal[head] // boxes.DAY + 1
        chance = uniform(made.rows["uid"][head], made.streams.key("known"))
        return day, timing.known_days + _geometric(chance, timing.known_more)

    def _learn(self) -> None:
        """Let actors react to what was found of theirs since the last week."""
        setting = self._setting
        for crew in setting.crews:
            found = self._caught.get(crew.place)
            if found:
                caught = np.concatenate(found)
                acting.react(crew, caught, setting.streams, setting.land)
        self._caught = {}


def _geometric(chance: Reals, mean: float) -> Numbers:
    """Return whole numbers of this mean: 0 most often, each next one less so."""
    if mean <= 0:
        return np.zeros(len(chance), np.int64)
    found: Numbers = np.floor(np.log(1 - chance) / np.log(mean / (1 + mean))).astype(np.int64)
    return found


def _by(table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Sort, so that no order tells where a row came from."""
    return table.sort(columns, maintain_order=True)


def _setting(parameters: Parameters, streams: Streams) -> weekly.Setting:
    land = ground(parameters, streams)
    importers = roster.ordinary(parameters, streams, land)
    schemes = list(enumerate(parameters.schemes))
    return weekly.Setting(
        parameters=parameters,
        streams=streams,
        land=land,
        pool=boxes.pool(parameters, _box_shares(parameters, land, importers)),
        importers=importers,
        beside={
            place: roster.beside(streams, land, scheme, place)
            for place, scheme in schemes
            if scheme.beside > 0
        },
        crews=tuple(
            acting.actors(parameters, streams, land, scheme, place) for place, scheme in schemes
        ),
        lanes=np.arange(land.lanes.ordinary),
    )


def _box_shares(parameters: Parameters, land: Ground, importers: Importers) -> Reals:
    """Roughly how many boxes of each type one ordinary consignment needs."""
    first = importers.born == 0  # Later births would make the pool depend on the weeks to come.
    kinds = land.goods.equipment[importers.goods[first, 0]]
    weight = importers.activity[first]
    shares = np.bincount(kinds, weight, len(EQUIPMENT)) / weight.sum()
    shares[0] += 0.3 * parameters.trade.consolidated
    found: Reals = shares
    return found
