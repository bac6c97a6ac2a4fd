"""One week of a world: who trades, in which boxes, and what the tables show of it."""

from __future__ import annotations

import datetime as dt
import math

import msgspec
import numpy as np

from esclusa.analysis.world import acting, boxes, moves, naming, tables, trade
from esclusa.analysis.world.acting import Actors
from esclusa.analysis.world.boxes import Part, Pool
from esclusa.analysis.world.ground import Columns, Ground
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.roster import Importers
from esclusa.analysis.world.streams import Flags, Numbers, Streams
from esclusa.analysis.world.trade import OPEN

_SLOT_BITS = 18
_CODE_BITS = 6
_BESIDE = 32
"""Code of the first honest part beside a scheme; schemes are 1 to 31, ordinary trade is 0."""


class Setting(msgspec.Struct, frozen=True):
    """All that a week is made from, but for its number and what the actors have changed."""

    parameters: Parameters
    streams: Streams
    land: Ground
    pool: Pool
    importers: Importers
    beside: dict[int, Importers]
    crews: tuple[Actors, ...]
    lanes: Numbers
    """The ordinary lanes."""

    def first_day(self, week: int) -> dt.date:
        """Return the Monday of a week."""
        return self.parameters.start + dt.timedelta(weeks=week)


def mean_frauds(parameters: Parameters, place: int) -> float:
    """Return the mean frauds a week of the acting scheme ``place`` before the season."""
    scheme = parameters.schemes[place]
    if not scheme.standing:
        return scheme.per_week
    shares = sum(one.share for one in parameters.schemes)
    trade = parameters.trade
    return trade.consignments_per_week * trade.base_rate * scheme.share / shares


def mean_ordinary(parameters: Parameters) -> float:
    """Return the mean of ordinary consignments a week: all but those of standing schemes' actors.

    Hosts of a scheme are ordinary consignments.
    """
    standing = [
        mean_frauds(parameters, place) * (1 + scheme.cover)
        for place, scheme in enumerate(parameters.schemes)
        if scheme.standing and scheme.identity != "host"
    ]
    return parameters.trade.consignments_per_week - sum(standing)


def season(parameters: Parameters, week: int) -> float:
    """Return the season's factor: a wave of a year around 1."""
    return 1 + parameters.trade.season * math.sin(2 * math.pi * week / 52)


def most(mean: float) -> int:
    """Return the number that a weekly count of this mean is cut at: six sigmas above."""
    return math.ceil(mean + 6 * math.sqrt(mean) + 10)


def _counted(streams: Streams, part: str, mean: float, factor: float, week: int) -> int:
    return min(most(mean), int(streams.rng(part, "count", week).poisson(mean * factor)))


def parts(setting: Setting, week: int) -> list[Part]:
    """Draw the consignments of a week, part by part."""
    parameters, streams, land = setting.parameters, setting.streams, setting.land
    wave = season(parameters, week)
    count = int(streams.rng("ordinary", "count", week).poisson(mean_ordinary(parameters) * wave))
    ordinary = _honest(setting, "ordinary", week, count, setting.importers, setting.lanes)
    found = [Part("ordinary", 0, True, ordinary)]
    for place, importers in setting.beside.items():
        scheme = parameters.schemes[place]
        name = f"beside:{scheme.name}"
        count = _counted(streams, name, scheme.beside, wave, week)
        lanes = land.lanes.of[scheme.name]
        rows = _honest(setting, name, week, count, importers, lanes)
        found.append(Part(name, _BESIDE + place, True, rows))
    for place, crew in enumerate(setting.crews):
        if crew.scheme.acts(week):
            found += _scheme(setting, crew, place, week, wave, ordinary)
    return found


def _honest(
    setting: Setting, name: str, week: int, count: int, importers: Importers, lanes: Numbers
) -> Columns:
    streams, land, parameters = setting.streams, setting.land, setting.parameters
    choice = trade.honest(land, parameters, streams, name, week, count, importers, lanes)
    return trade.papers(land, parameters, streams, name, week, choice)


def _scheme(
    setting: Setting, crew: Actors, place: int, week: int, wave: float, ordinary: Columns
) -> list[Part]:
    """The consignments of a scheme's actors; a host scheme changes ordinary ones instead."""
    parameters, streams, scheme = setting.parameters, setting.streams, crew.scheme
    name, mean = f"scheme:{scheme.name}", mean_frauds(setting.parameters, place)
    wave = wave if scheme.standing else 1.0
    frauds = _counted(streams, name, mean, wave, week)
    if scheme.identity == "host":
        acting.hosts(parameters, streams, setting.land, crew, week, frauds, ordinary)
        return []
    cover = mean * scheme.cover
    covers = _counted(streams, f"{name}:cover", cover, wave, week) if cover else 0
    rows = acting.consignments(parameters, streams, setting.land, crew, week, frauds, covers)
    return [Part(name, 1 + place, False, rows)]


def reserved(parameters: Parameters, rows: Columns) -> Numbers:
    """Return for each row the place that is kept for a box of its own, 0 for ordinary rows."""
    starts = np.zeros(64, np.int64)
    at = 0
    for place, scheme in enumerate(parameters.schemes):
        mean = mean_frauds(parameters, place)
        starts[1 + place] = at
        at += most(mean) + most(mean * scheme.cover)
        starts[_BESIDE + place] = at
        at += most(scheme.beside)
    return starts[rows["part"]] + rows["slot"]


def sheet(setting: Setting, week: int) -> tuple[tables.Sheet, Columns]:
    """Make a week: the sheet its tables are written from, and what was seen of its boxes."""
    parameters, streams, land = setting.parameters, setting.streams, setting.land
    rows = boxes.packed(parts(setting, week), parameters, streams, week)
    rows["uid"] = (((week << _CODE_BITS) + rows["part"]) << _SLOT_BITS) + rows["slot"]
    heads = np.unique(rows["head"])
    rows["extra_shift"] = _of_box(rows, heads, "extra_shift")
    rows["seal_change"] = _of_box(rows, heads, "seal_change")
    when = boxes.times(rows, land, parameters, streams, week)
    box = boxes.weights(rows, heads, parameters, streams, rows["uid"][heads])
    kept = reserved(parameters, rows)
    number = boxes.containers(rows, heads, setting.pool, streams, week, kept)
    seen = moves.moves(rows, heads, box, when, land, parameters, streams)
    made = tables.Sheet(
        week=week,
        start=parameters.start,
        rows=rows,
        heads=heads,
        box=box,
        number=boxes.container_numbers(number, land.words.owners, streams.key("containers")),
        when=when,
        land=land,
        parameters=parameters,
        streams=streams,
    )
    return made, seen


def _of_box(rows: Columns, heads: Numbers, name: str) -> Numbers:
    """A flag of any bill is one of the box, and of all its bills."""
    flags = boxes.any_of(rows, heads, name)
    found: Numbers = flags[np.searchsorted(heads, rows["head"])]
    return found


def truth(setting: Setting, made: tables.Sheet, bill: object, box: object) -> dict[str, object]:
    """Return the columns of the week's truth."""
    rows = made.rows
    names = [scheme.name for scheme in setting.parameters.schemes]
    crew, bad = rows["crew"], rows["scheme"] != OPEN
    moved = np.zeros(len(bad), np.int64)
    for place, actors in enumerate(setting.crews):
        here = np.flatnonzero(crew == place)
        moved[here] = actors.moves[rows["actor"][here]]
    marks = {int(one): _kinds(int(one)) for one in np.unique(rows["traces"])}
    known = crew.tolist()
    return {
        "week": np.full(len(bad), made.week),
        "bill": bill,
        "box": box,
        "fraud": bad,
        "scheme": [names[c] if b else None for c, b in zip(known, bad.tolist(), strict=True)],
        "cover": [
            names[c] if c != OPEN and not b else None
            for c, b in zip(known, bad.tolist(), strict=True)
        ],
        "actor": [a if c != OPEN else None
                  for a, c in zip(rows["actor"].tolist(), known, strict=True)],
        "moves": [m if c != OPEN else None for m, c in zip(moved.tolist(), known, strict=True)],
        "traces": [marks[one] for one in rows["traces"].tolist()],
    }  # fmt: skip


def _kinds(bits: int) -> str:
    return " ".join(kind for place, kind in enumerate(acting.KINDS) if bits >> place & 1)


def new_parties(
    setting: Setting, made: tables.Sheet, seen: Flags
) -> tuple[Numbers, dict[str, object]]:
    """Return the parties that the week names first, and their columns; ``seen`` are flags."""
    rows, land, streams = made.rows, setting.land, setting.streams
    lanes = land.lanes
    lane = rows["lane"]
    party = np.concatenate([rows["importer"], rows["shipper"], rows["agent"]])
    port = np.concatenate([lanes.discharge[lane], lanes.load[lane], lanes.discharge[lane]])
    every, first = np.unique(party, return_index=True)
    new = ~seen[every]
    party, port = every[new], port[first[new]]
    schemes = setting.parameters.schemes
    address = naming.addressed(party, setting.parameters, streams, schemes)
    country = [land.ports[one][:2] for one in port.tolist()]
    days = naming.registered(
        party, made.week, _known_days(setting, party), schemes, streams
    ).tolist()
    start = setting.parameters.start
    return party, {
        "week": np.full(len(party), made.week),
        "party": naming.numbers(party, streams),
        "role": naming.roles(party),
        "name": naming.names(party, land, streams),
        "address": naming.streets(address, land, streams),
        "city": naming.cities(port, land, streams),
        "country": country,
        "phone": naming.phones(address, streams),
        "registered": [start + dt.timedelta(days=day) for day in days],
    }


def _known_days(setting: Setting, party: Numbers) -> Numbers:
    """The day of registration of honest importers, 0 for other parties."""
    found = np.zeros(len(party), np.int64)
    for importers in (setting.importers, *setting.beside.values()):
        place = np.searchsorted(importers.party, party)
        inside = np.minimum(place, len(importers.party) - 1)
        mine = importers.party[inside] == party
        found[mine] = importers.registered[inside[mine]]
    return found
