"""Schemes at work: who acts in a week, which traces he leaves, and where he goes when caught."""

from __future__ import annotations

from typing import Final, get_args

import msgspec
import numpy as np

from esclusa.analysis.world.ground import Columns, Ground, choose, pick
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.roster import actor_party
from esclusa.analysis.world.scheme import Kind, Scheme, Trace
from esclusa.analysis.world.streams import Flags, Numbers, Reals, Streams
from esclusa.analysis.world.trade import OPEN, Choice, papers

KINDS: Final[tuple[str, ...]] = get_args(Kind)
"""Kinds of trace; the place of each is its bit in ``traces``."""


class Actors(msgspec.Struct):
    """The actors of one scheme, one row each, and what they have changed so far.

    ``moves`` counts changes, ``lives`` importers left behind, ``finds`` bills found since the last
    change. ``choices`` are the lanes that the scheme may use.
    """

    scheme: Scheme
    place: int
    sector: Numbers
    lane: Numbers
    good: Numbers
    carrier: Numbers
    phase: Numbers
    moves: Numbers
    lives: Numbers
    finds: Numbers
    choices: Numbers


def actors(
    parameters: Parameters, streams: Streams, land: Ground, scheme: Scheme, place: int
) -> Actors:
    """Make the actors of a scheme as they are before anybody was caught."""
    count, part = scheme.actors, f"scheme:{scheme.name}"
    choices = scheme_lanes(streams, land, scheme)
    sector = streams.rng(part, "sector").integers(0, land.goods.sectors, count)
    nothing = np.zeros(count, np.int64)
    return Actors(
        scheme=scheme,
        place=place,
        sector=sector,
        lane=_first_lanes(streams, land, scheme, choices),
        good=pick(land.goods.by_sector, sector, streams.rng(part, "good").random(count)),
        carrier=streams.rng(part, "carrier").integers(0, 2, count),
        phase=streams.rng(part, "phase").integers(0, max(1, scheme.reborn_weeks), count),
        moves=nothing.copy(),
        lives=nothing.copy(),
        finds=nothing.copy(),
        choices=choices,
    )


def scheme_lanes(streams: Streams, land: Ground, scheme: Scheme) -> Numbers:
    """Return the lanes a scheme works in; a host scheme's are those that change ship."""
    if scheme.beside > 0:
        return land.lanes.of[scheme.name]
    every = np.arange(land.lanes.ordinary)
    if scheme.identity == "host":
        every = every[land.lanes.transhipped[every]]
        used = streams.rng(f"scheme:{scheme.name}", "lanes").permutation(len(every))
        return every[used[: scheme.lanes or len(every)]]
    return every


def _first_lanes(streams: Streams, land: Ground, scheme: Scheme, choices: Numbers) -> Numbers:
    """Actors share the scheme's few lanes, or each has one of the ordinary lanes."""
    number = np.arange(scheme.actors)
    rng = streams.rng(f"scheme:{scheme.name}", "lane")
    if scheme.identity == "host":
        return np.zeros(scheme.actors, np.int64)  # A host scheme goes where its hosts go.
    if scheme.beside > 0:
        return choices[number % len(choices)]
    if scheme.lanes:
        few = choices[choose(rng, land.lanes.share, scheme.lanes)]
        return few[number % len(few)]
    return choices[choose(rng, land.lanes.share, scheme.actors)]


def life(crew: Actors, actor: Numbers, week: int) -> Numbers:
    """Return which of his lives each actor is in: reborn by the calendar, or by his own move."""
    every = crew.scheme.reborn_weeks
    if every:
        found: Numbers = (week + crew.phase[actor]) // every
        return found
    return crew.lives[actor]


def consignments(
    parameters: Parameters, streams: Streams, land: Ground, crew: Actors, week: int,
    frauds: int, covers: int,
) -> Columns:  # fmt: skip
    """Return a scheme's own consignments of a week: ``frauds`` with traces, then honest cover."""
    scheme = crew.scheme
    part, count = f"scheme:{scheme.name}", frauds + covers
    actor = streams.rng(part, "who", week).integers(0, scheme.actors, count)
    chance = streams.rng(part, "habit", week).random((count, 3))
    lane = crew.lane[actor]
    if not scheme.lanes and not scheme.moves:
        other = choose(streams.rng(part, "where", week), land.lanes.share, count)
        lane = np.where(chance[:, 0] < 0.25, other, lane)
    usual = pick(land.goods.by_sector, crew.sector[actor], chance[:, 1])
    good = np.where(chance[:, 2] < 0.7, crew.good[actor], usual)
    choice = Choice(
        importer=actor_party(crew.place, actor, life(crew, actor, week)),
        lane=lane,
        carrier=crew.carrier[actor] ^ (streams.rng(part, "ship", week).random(count) < 1 / 6),
        good=good,
    )
    rows = papers(land, parameters, streams, part, week, choice)
    bad = np.arange(count) < frauds
    rows["scheme"][bad] = crew.place
    rows["crew"] = np.full(count, crew.place)
    rows["actor"] = actor
    for trace in scheme.trace:
        leave(rows, bad, trace, streams, land, parameters, part, week)
    return rows


def hosts(
    parameters: Parameters, streams: Streams, land: Ground, crew: Actors, week: int, count: int,
    rows: Columns,
) -> None:  # fmt: skip
    """Put ``count`` frauds into honest full boxes that change ship on the scheme's lanes."""
    part = f"scheme:{crew.scheme.name}"
    fit = np.isin(rows["lane"], crew.choices) & ~rows["shared"] & (rows["scheme"] == OPEN)
    fit &= rows["actor"] == OPEN
    rng = streams.rng(part, "hosts", week)
    order = rng.random(len(fit))
    chosen = np.argsort(np.where(fit, order, 2.0), kind="stable")[: min(count, int(fit.sum()))]
    bad = np.zeros(len(fit), np.bool_)
    bad[chosen] = True
    rows["scheme"][chosen] = rows["crew"][chosen] = crew.place
    rows["actor"][chosen] = np.searchsorted(np.sort(crew.choices), rows["lane"][chosen])
    rows["actor"][chosen] %= crew.scheme.actors
    for trace in crew.scheme.trace:
        leave(rows, bad, trace, streams, land, parameters, part, week)


def leave(
    rows: Columns, bad: Flags, trace: Trace, streams: Streams, land: Ground,
    parameters: Parameters, part: str, week: int,
) -> None:  # fmt: skip
    """Leave one kind of trace in the rows that are ``bad``, with its probability."""
    rng = streams.rng(part, f"trace:{trace.kind}", week)
    hit = bad & (rng.random(len(bad)) < trace.probability)
    size = trace.median * np.exp(trace.spread * rng.standard_normal(len(bad)))
    other = rng.random(len(bad))
    goods = land.goods
    match trace.kind:
        case "unit_value":
            rows["value"] = np.where(hit, np.round(rows["value"] * size, 2), rows["value"])
        case "rounded_value":
            rows["value"] = np.where(hit, np.round(rows["value"], -3) + 1_000, rows["value"])
        case "wrong_code":
            rows["code"] = np.where(hit, _another(land, rows["good"], other), rows["code"])
        case "vague_text":
            word = (other * len(land.words.vague)).astype(np.int64)
            rows["vague"] = np.where(hit, word, rows["vague"])
        case "packages":
            number = np.maximum(1, rows["packages"] * size).astype(np.int64)
            rows["packages"] = np.where(hit, number, rows["packages"])
        case "hidden_mass":
            rows["hidden"] = np.where(hit, size, rows["hidden"])
        case "stow_gap":
            rows["stow_factor"] = np.where(hit, size, rows["stow_factor"])
        case "late_filing":
            rows["lead"] = np.where(hit, size, rows["lead"])
        case "no_stuffing" | "no_notify" | "seal_change" | "extra_shift":
            rows[trace.kind] = rows[trace.kind] | hit
        case "other_shipper":
            most = parameters.parties.shippers_per_trade
            sector = goods.sector[_another(land, rows["good"], other)]
            shift = (sector - goods.sector[rows["good"]]) * most
            rows["shipper"] = np.where(hit, rows["shipper"] + shift, rows["shipper"])
        case "freight":
            rows["freight"] = np.where(hit, np.round(rows["freight"] * size, 2), rows["freight"])
        case "added_mass":
            rows["added"] = np.where(hit, size, rows["added"])
        case "shared_address":
            return  # It belongs to a party, not to a consignment: see naming.
    rows["traces"] = rows["traces"] | np.where(hit, 1 << KINDS.index(trace.kind), 0)


def _another(land: Ground, good: Numbers, chance: Reals) -> Numbers:
    """Return a good of another line of business for each good."""
    sectors = land.goods.sectors
    step = 1 + (chance * (sectors - 1)).astype(np.int64)
    sector = (land.goods.sector[good] + step) % sectors
    return pick(land.goods.by_sector, sector, (chance * 97) % 1)


def react(crew: Actors, caught: Numbers, streams: Streams, land: Ground) -> None:
    """Let the actors who were caught (one entry for each bill found) move, by the stated rule.

    An actor moves when ``patience`` finds have come together since his last move; what he changes
    follows the scheme's ``moves`` in turn. Where he goes depends on the seed, on him and on the
    number of the move alone.
    """
    if not crew.scheme.moves:
        return
    crew.finds += np.bincount(caught, minlength=crew.scheme.actors)
    for actor in np.flatnonzero(crew.finds >= crew.scheme.patience).tolist():
        number = int(crew.moves[actor])
        rng = streams.rng(f"scheme:{crew.scheme.name}", "move", actor, number)
        _move(crew, actor, crew.scheme.moves[number % len(crew.scheme.moves)], rng, land)
        crew.moves[actor] += 1
        crew.finds[actor] = 0


def _move(crew: Actors, actor: int, what: str, rng: np.random.Generator, land: Ground) -> None:
    if what == "lane":
        others = crew.choices[crew.choices != crew.lane[actor]]
        if len(others):
            crew.lane[actor] = rng.choice(others)
    elif what == "importer":
        crew.lives[actor] += 1
    elif what == "goods":
        step = int(rng.integers(1, land.goods.sectors)) if land.goods.sectors > 1 else 0
        crew.sector[actor] = (crew.sector[actor] + step) % land.goods.sectors
        crew.good[actor] = rng.choice(land.goods.by_sector[crew.sector[actor]])
    else:
        crew.carrier[actor] = 1 - crew.carrier[actor]
