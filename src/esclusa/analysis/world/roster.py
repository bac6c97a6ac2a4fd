"""Who trades: importers with lives and habits, shippers, agents; names and addresses.

A party is a number below 2**20. Ranges tell what it is, and a one-to-one shuffle gives what the
tables show, so that no number tells more than a registry's would.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.world.ground import Ground, choose, pick
from esclusa.analysis.world.parameters import MOST_IMPORTERS, Parameters
from esclusa.analysis.world.scheme import MOST_ACTORS, MOST_INCARNATIONS, Scheme
from esclusa.analysis.world.streams import Flags, Numbers, Reals, Streams, below, uniform

BITS: Final = 20
SHIPPERS: Final = MOST_IMPORTERS
AGENTS: Final = 2 * MOST_IMPORTERS
PARTS: Final = 4 * MOST_IMPORTERS
PART_SIZE: Final = MOST_ACTORS * MOST_INCARNATIONS
"""Numbers of one scheme's importers: every life of every actor."""
BESIDE: Final = 3 * MOST_IMPORTERS
_BESIDE_SIZE: Final = 2**13
"""Numbers of the honest importers beside one scheme."""

_YEAR: Final = 365
_PLACES: Final = 3
_NEVER: Final = np.iinfo(np.int64).max


class Importers(msgspec.Struct, frozen=True):
    """Importers of one part of the world as columns. Weeks of birth and death; at most three lanes
    and three goods; ``registered`` in days from the start of the world."""

    party: Numbers
    born: Numbers
    dies: Numbers
    activity: Reals
    lanes: Numbers
    goods: Numbers
    registered: Numbers

    def alive(self, week: int) -> Numbers:
        """Return the places of those who trade in a week."""
        found: Numbers = np.flatnonzero((self.born <= week) & (week < self.dies))
        return found


def ordinary(parameters: Parameters, streams: Streams, land: Ground) -> Importers:
    """Draw the importers of ordinary trade, with all births of the weeks that can be played."""
    wish = parameters.parties
    births = streams.rng("births").poisson(wish.births_per_week, parameters.weeks)
    born = np.concatenate(
        [np.zeros(wish.importers, np.int64), np.repeat(np.arange(parameters.weeks), births)]
    )
    lives = streams.rng("lives").exponential(wish.life_weeks, len(born))
    lanes = np.arange(land.lanes.ordinary)
    made = _importers(streams, land, "ordinary", len(born), lanes, wish.activity_spread)
    dies = born + np.maximum(1, lives).astype(np.int64)
    old = streams.rng("ordinary", "age").random(len(born))
    registered = np.where(
        np.arange(len(born)) < wish.importers,
        -(60 + old * 15 * _YEAR),
        7 * born - (10 + old * 190),
    )
    return msgspec.structs.replace(
        made, born=born, dies=dies, registered=registered.astype(np.int64)
    )


def beside(streams: Streams, land: Ground, scheme: Scheme, place: int) -> Importers:
    """Draw the honest importers of a new scheme's lanes: one for each consignment a week."""
    count = max(3, round(scheme.beside))
    part = f"beside:{scheme.name}"
    lanes = land.lanes.of[scheme.name]
    found = _importers(streams, land, part, count, lanes, 0.8)
    old = streams.rng(part, "age").random(count)
    return msgspec.structs.replace(
        found,
        party=BESIDE + place * _BESIDE_SIZE + found.party,
        registered=-(60 + old * 15 * _YEAR).astype(np.int64),
    )


def _importers(
    streams: Streams, land: Ground, part: str, count: int, lanes: Numbers, spread: float
) -> Importers:
    """Habits of importers who live for ever."""
    goods = land.goods
    sector = streams.rng(part, "sector").integers(0, goods.sectors, count)
    shares = land.lanes.share if len(lanes) == land.lanes.ordinary else np.ones(len(lanes))
    used = choose(streams.rng(part, "lanes"), shares, count * _PLACES)
    chance = streams.rng(part, "goods").random(count * _PLACES)
    usual = pick(goods.by_sector, np.repeat(sector, _PLACES), chance)
    return Importers(
        party=np.arange(count),
        born=np.zeros(count, np.int64),
        dies=np.full(count, _NEVER),
        activity=np.exp(spread * streams.rng(part, "activity").standard_normal(count)),
        lanes=lanes[used].reshape(count, _PLACES),
        goods=usual.reshape(count, _PLACES),
        registered=np.zeros(count, np.int64),
    )


def actor_party(place: int, actor: Numbers, life: Numbers) -> Numbers:
    """Return the party that an actor of scheme ``place`` is in one of his lives."""
    return PARTS + place * PART_SIZE + actor * MOST_INCARNATIONS + life % MOST_INCARNATIONS


def shipper(
    parameters: Parameters, streams: Streams, land: Ground, importer: Numbers, lane: Numbers,
    sector: Numbers, chance: Reals,
) -> Numbers:  # fmt: skip
    """Return one of the two or three shippers that an importer buys from on a lane."""
    most = parameters.parties.shippers_per_trade
    known = importer * 2**10 + lane * 4 + (chance**2 * 3).astype(np.int64)
    found: Numbers = (
        SHIPPERS
        + (land.lanes.load[lane] * land.goods.sectors + sector) * most
        + below(known, streams.key("shipper"), most)
    )
    return found


def agent(parameters: Parameters, streams: Streams, land: Ground, importer: Numbers,
          lane: Numbers) -> Numbers:  # fmt: skip
    """Return an importer's agent at the port of discharge."""
    most = parameters.parties.agents_per_port
    found: Numbers = (
        AGENTS + land.lanes.discharge[lane] * most + below(importer, streams.key("agent"), most)
    )
    return found


def own_notify(parameters: Parameters, streams: Streams, importer: Numbers) -> Flags:
    """Return whether importers are their own notify party."""
    found: Flags = uniform(importer, streams.key("notify")) < parameters.parties.own_notify
    return found
