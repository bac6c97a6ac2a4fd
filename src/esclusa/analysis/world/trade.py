"""A week's consignments as columns of numbers: who sends what where, and what honest people err in.

Every part of the world (ordinary trade, each scheme) is drawn from streams of its own.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.world.ground import REEFER, SMALL, Columns, Ground, choose, pick
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.roster import Importers, agent, own_notify, shipper
from esclusa.analysis.world.streams import Flags, Numbers, Reals, Streams, uniform

OPEN: Final = -1
"""What stands where there is none: no scheme, no vague text."""
_MOST_LINES: Final = 4


class Choice(msgspec.Struct, frozen=True):
    """What is decided before papers are written: importer (party), lane, carrier of the lane's
    service, good, and whether the good is the importer's usual line."""

    importer: Numbers
    lane: Numbers
    carrier: Numbers
    good: Numbers

    def __len__(self) -> int:
        return len(self.importer)


def honest(
    land: Ground, parameters: Parameters, streams: Streams, part: str, week: int, count: int,
    importers: Importers, lanes: Numbers,
) -> Choice:  # fmt: skip
    """Decide ``count`` honest consignments of living importers.

    ``lanes`` are those that an importer may turn to when he leaves his own.
    """
    alive = importers.alive(week)
    if not len(alive):
        nothing = np.zeros(0, np.int64)
        return Choice(nothing, nothing, nothing, nothing)
    chosen = alive[choose(streams.rng(part, "who", week), importers.activity[alive], count)]
    chance = streams.rng(part, "habit", week).random((count, 5))
    slot = np.searchsorted([0.7, 0.9], chance[:, 0])
    lane = importers.lanes[chosen, slot]
    other = lanes[(chance[:, 1] * len(lanes)).astype(np.int64)]
    strays = chance[:, 2] < parameters.trade.new_lane
    good = importers.goods[chosen, np.searchsorted([0.6, 0.9], chance[:, 3])]
    leaves = chance[:, 4] < parameters.trade.off_line
    every = streams.rng(part, "off line", week).integers(0, len(land.goods.rows), count)
    party = importers.party[chosen]
    lane = np.where(strays, other, lane)
    return Choice(
        importer=party,
        lane=lane,
        carrier=carrier(streams, party, lane, streams.rng(part, "carrier", week).random(count)),
        good=np.where(leaves, every, good),
    )


def carrier(streams: Streams, importer: Numbers, lane: Numbers, chance: Reals) -> Numbers:
    """Return 0 or 1: the carrier an importer is used to on a lane, or the other one time in six."""
    usual = uniform(importer * 2**8 + lane, streams.key("carrier")) < 0.5
    found: Numbers = (usual ^ (chance < 1 / 6)).astype(np.int64)
    return found


def papers(
    land: Ground, parameters: Parameters, streams: Streams, part: str, week: int, choice: Choice
) -> Columns:
    """Write the papers of honest consignments: texts, codes, masses, values, times, and errors."""
    count, noise, goods = len(choice), parameters.noise, land.goods
    u = _Chances(streams, part, week, count)
    good, lane = choice.good, choice.lane
    dry = goods.equipment[good] != REEFER
    shared = dry & (u("shared") < parameters.trade.consolidated)
    fill = np.where(shared, 0.03 + 0.22 * u("fill"), 0.68 + 0.32 * u("fill"))
    mass = goods.load_kg[good] * fill
    declared = _declared(mass, u, parameters)
    packages = np.maximum(1, mass / goods.kg_per_package[good] * np.exp(0.08 * u.normal("pack")))
    sector = goods.sector[good]
    value = declared * goods.value_per_kg[good] * np.exp(
        noise.value_spread * goods.value_spread[good] * u.normal("value")
    )  # fmt: skip
    slip = pick(goods.by_sector, sector, u("which code"))
    vague = (u("which vague") * len(land.words.vague)).astype(np.int64)
    origin = streams.rng(part, "shipper", week).random(count)
    return {
        "slot": np.arange(count),
        "importer": choice.importer,
        "lane": lane,
        "carrier": choice.carrier,
        "good": good,
        "code": np.where(u("code slip") < noise.code_slip, slip, good),
        "text": goods.first_text[good] + (u("text") * goods.texts_of[good]).astype(np.int64),
        "vague": np.where(u("vague") < noise.vague, vague, OPEN),
        "lines": 1 + np.minimum(_lines(u("lines"), parameters), _MOST_LINES - 1),
        "shipper": shipper(parameters, streams, land, choice.importer, lane, sector, origin),
        "agent": agent(parameters, streams, land, choice.importer, lane),
        "own_notify": own_notify(parameters, streams, choice.importer),
        "shared": shared,
        "equipment": np.where(shared & (goods.equipment[good] == SMALL), 0, goods.equipment[good]),
        "mass": mass,
        "declared": declared,
        "packages": packages.astype(np.int64),
        "value": np.round(value, 2),
        "freight": np.round(_freight(mass, shared, u, land, lane), 2),
        "lead": _lead(u, parameters),
        "text_typo": _typo(u("text typo"), noise.text_typo),
        "name_typo": _typo(u("name typo"), noise.name_typo),
        "box_typo": u("box typo") < noise.container_typo,
        "no_code": u("no code") < noise.no_code,
        "no_value": u("no value") < noise.no_value,
        "no_stuffing": u("no stuffing") < noise.no_stuffing,
        "no_notify": u("no notify") < noise.no_notify,
        "hidden": np.zeros(count),
        "stow_factor": np.ones(count),
        "added": np.zeros(count),
        "seal_change": np.zeros(count, np.bool_),
        "extra_shift": np.zeros(count, np.bool_),
        "scheme": np.full(count, OPEN),
        "crew": np.full(count, OPEN),
        "actor": np.full(count, OPEN),
        "traces": np.zeros(count, np.int64),
    }


class _Chances:
    """Streams of one part and week: each word gives one number for each row."""

    def __init__(self, streams: Streams, part: str, week: int, count: int) -> None:
        self._streams = streams
        self._part = part
        self._week = week
        self._count = count

    def __call__(self, word: str) -> Reals:
        rng = self._streams.rng(self._part, word, self._week)
        return rng.random(self._count)

    def normal(self, word: str) -> Reals:
        rng = self._streams.rng(self._part, word, self._week)
        return rng.standard_normal(self._count)


def _declared(mass: Reals, u: _Chances, parameters: Parameters) -> Reals:
    noise = parameters.noise
    wide = u("mass slip") < noise.mass_slip
    spread = np.where(wide, noise.mass_slip_spread, noise.mass_spread)
    declared = mass * np.exp(spread * u.normal("mass"))
    coarse = (u("rounded") < noise.rounded) & (declared > 1_000)
    found: Reals = np.where(coarse, np.round(declared, -2), np.round(declared))
    return np.maximum(1.0, found)


def _lines(chance: Reals, parameters: Parameters) -> Numbers:
    """How many further lines: each is as likely as the first."""
    more = parameters.trade.more_lines
    if more <= 0:
        return np.zeros(len(chance), np.int64)
    found: Numbers = np.floor(np.log(1 - chance) / np.log(more)).astype(np.int64)
    return found


def _freight(mass: Reals, shared: Flags, u: _Chances, land: Ground, lane: Numbers) -> Reals:
    """USD: a box by distance, a part of a box by its mass."""
    days = land.lanes.days_before[lane] + land.lanes.days_after[lane]
    box = (900 + 95 * days) * np.exp(0.18 * u.normal("freight"))
    return np.where(shared, 120 + box * mass / 15_000, box)


def _lead(u: _Chances, parameters: Parameters) -> Reals:
    """Hours from filing to departure."""
    timing = parameters.timing
    median = np.where(u("late") < timing.late, timing.late_hours, timing.lead_hours)
    found: Reals = median * np.exp(timing.lead_spread * u.normal("lead"))
    return found


def _typo(chance: Reals, rate: float) -> Numbers:
    """A number that says which letter goes wrong, OPEN for most rows."""
    which = (chance / rate * 10_000).astype(np.int64) if rate > 0 else np.zeros(len(chance))
    return np.where(chance < rate, which, OPEN).astype(np.int64)
