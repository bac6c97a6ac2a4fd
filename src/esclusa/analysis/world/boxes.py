"""Which bills travel in which box, which container that is, when it moves, and what it weighs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.world.ground import TARE_KG, Columns, Ground
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.streams import Numbers, Reals, Streams, below, uniform
from esclusa.codes import iso6346

HOUR: Final = 60
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
_TYPES: Final = len(TARE_KG)
_OWNERS: Final = 8
_SERIALS: Final = 1_000_000
_SPARE: Final = 2**16
"""Containers of a week's block beyond the usual ones, for weeks that need more."""


class Pool(msgspec.Struct, frozen=True):
    """The containers of a world, in as many blocks as a box takes weeks for its turn. ``usual`` is
    the size of a block by type."""

    turn: int
    usual: Numbers


def pool(parameters: Parameters, shares: Reals) -> Pool:
    """Return a pool for this much ordinary trade, whose boxes are of the types in ``shares``."""
    mean = parameters.trade.consignments_per_week * shares
    usual = np.ceil(1.4 * mean * (1 + parameters.trade.season)).astype(np.int64) + 60
    return Pool(turn=parameters.boxes.turn_weeks, usual=usual)


class Part(msgspec.Struct, frozen=True):
    """The consignments of one part of the world in a week. ``code`` is its number, 0 for ordinary
    trade; ``groups`` tells that its consignments share boxes among themselves."""

    name: str
    code: int
    groups: bool
    rows: Columns


def packed(parts: list[Part], parameters: Parameters, streams: Streams, week: int) -> Columns:
    """Join the parts of a week and give each row its box: the row that the box is named after.

    Honest parts share boxes among themselves. A scheme's consignments join one of those boxes on
    the same lane and carrier, or go alone; so no scheme changes who shares with whom.
    """
    most = parameters.trade.consolidated_most
    counts = [len(part.rows["slot"]) for part in parts]
    rows = {name: np.concatenate([p.rows[name] for p in parts]) for name in parts[0].rows}
    rows["part"] = np.repeat([part.code for part in parts], counts)
    head = np.arange(sum(counts))
    rows["head"] = head
    starts = np.cumsum([0, *counts])
    spans = [slice(a, b) for a, b in pairwise(starts.tolist())]
    for part, span in zip(parts, spans, strict=True):
        if part.groups:
            head[span] += _shared(part.rows, streams.rng(part.name, "sharing", week), most)
            head[span] -= np.arange(len(part.rows["slot"]))
    grouped = np.isin(rows["part"], [part.code for part in parts if part.groups])
    boxes = np.unique(head[grouped & rows["shared"]])
    for part, span in zip(parts, spans, strict=True):
        if not part.groups:
            rng = streams.rng(part.name, "sharing", week)
            head[span] = _joining(rows, head[span], span, boxes, rng)
    return rows


def _shared(rows: Columns, rng: np.random.Generator, most: int) -> Numbers:
    """Group the sharing rows of one lane and carrier into boxes of 2 to ``most`` bills, as even
    chance will; the last one of a group may stay alone."""
    head: Numbers = np.arange(len(rows["slot"]))
    order_by = rng.random(len(head))
    size_by = rng.random(len(head))
    places = np.flatnonzero(rows["shared"])
    if not len(places):
        return head
    group = rows["lane"][places] * 2 + rows["carrier"][places]
    order = np.lexsort((order_by[places], group))
    places, group = places[order], group[order]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    lengths = np.diff(np.r_[starts, len(group)])
    size = np.repeat(2 + (size_by[places[starts]] * (most - 1)).astype(np.int64), lengths)
    within = np.arange(len(group)) - np.repeat(starts, lengths)
    head[places] = places[np.repeat(starts, lengths) + within // size * size]
    return head


def _joining(
    rows: Columns, alone: Numbers, part: slice, boxes: Numbers, rng: np.random.Generator
) -> Numbers:
    """Return for each row of a part an open box of its lane and carrier, or the row itself."""
    chance = rng.random(len(alone))
    if not len(boxes):
        return alone
    group = rows["lane"][boxes] * 2 + rows["carrier"][boxes]
    order = np.argsort(group, kind="stable")
    group, boxes = group[order], boxes[order]
    wanted = rows["lane"][part] * 2 + rows["carrier"][part]
    left = np.searchsorted(group, wanted, side="left")
    right = np.searchsorted(group, wanted, side="right")
    found = boxes[np.minimum(left + (chance * (right - left)).astype(np.int64), len(boxes) - 1)]
    return np.where(rows["shared"][part] & (right > left), found, alone)


def containers(
    rows: Columns, heads: Numbers, pools: Pool, streams: Streams, week: int, reserved: Numbers
) -> Numbers:
    """Return the container of each box (``heads``), as a number of the pool.

    Ordinary boxes take the front of the week's block in a random order, a scheme's box the place
    from the back that ``reserved`` keeps for its row, whether other rows are there or not.
    """
    kind = rows["equipment"][heads]
    front = rows["part"][heads] == 0
    found = np.zeros(len(heads), np.int64)
    block = week % pools.turn
    for one in range(_TYPES):
        usual = int(pools.usual[one])
        order = streams.rng("containers", one, week).permutation(usual)
        spare = pools.turn * usual + block * _SPARE
        here = np.flatnonzero((kind == one) & front)
        used, place = len(here), np.arange(len(here))
        usually = block * usual + order[np.minimum(place, usual - 1)]
        found[here] = np.where(place < usual, usually, spare + place - usual)
        here = np.flatnonzero((kind == one) & ~front)
        kept = reserved[heads[here]]
        place = usual - 1 - kept
        usually = block * usual + order[np.maximum(place, 0)]
        found[here] = np.where(place >= used, usually, spare + _SPARE // 2 + kept)
    return found * _TYPES + kind


def container_numbers(found: Numbers, owners: tuple[str, ...], key: int) -> pl.Series:
    """Return ISO 6346 numbers with their check digit (annex A), one to one for those of a pool."""
    factor = pow(3, 7 + key % 5_000, _SERIALS)
    serial = (found // _OWNERS * factor + key % _SERIALS) % _SERIALS
    owner = found % _OWNERS
    weights = iso6346.WEIGHTS
    letters = np.array(
        [sum(iso6346.LETTERS[c] * w for c, w in zip(f"{o}U", weights, strict=False))
         for o in owners]
    )  # fmt: skip
    digits = serial[:, None] // 10 ** np.arange(5, -1, -1) % 10
    total = letters[owner] + digits @ np.array(weights[4:])
    number = pl.Series(serial * 10 + total % 11 % 10).cast(pl.String).str.zfill(7)
    return pl.Series([f"{code}U" for code in owners]).gather(owner) + number


class Times(msgspec.Struct, frozen=True):
    """Minutes since the start of the world, for each row, and the ships that carry it."""

    ship: Numbers
    onward: Numbers
    departs: Numbers
    canal: Numbers
    leaves: Numbers
    arrives: Numbers
    call: Numbers
    onward_call: Numbers


def times(
    rows: Columns, land: Ground, parameters: Parameters, streams: Streams, week: int
) -> Times:
    """Return when each row's ship leaves, is at the canal and arrives.

    A week's consignments are those whose ship reaches the canal in it. A box that changes ship goes
    on with the same carrier's next one, or the one after when it is rolled.
    """
    lane, carrier = rows["lane"], rows["carrier"]
    line = land.lanes.service[lane] * 2 + carrier
    lines = np.arange(2 * len(land.services))
    hour = below(lines, streams.key("timetable"), 7 * 24 - 12)
    wobble = below(lines * 2**12 + week, streams.key("delay"), 6 * HOUR)
    next_wobble = below(lines * 2**12 + week + 1, streams.key("delay"), 6 * HOUR)
    string = parameters.ships.string
    canal = week * WEEK + hour[line] * HOUR + wobble[line]
    rolled = uniform(rows["uid"][rows["head"]], streams.key("rolled")) < parameters.timing.rolled
    later = 1 + rolled.astype(np.int64)
    changes = land.lanes.transhipped[lane]
    leaves = np.where(changes, (week + later) * WEEK + hour[line] * HOUR + next_wobble[line], canal)
    return Times(
        ship=line * string + week % string,
        onward=np.where(changes, line * string + (week + later) % string, line * string
                        + week % string),
        departs=canal - land.lanes.days_before[lane] * DAY,
        canal=canal,
        leaves=leaves,
        arrives=leaves + land.lanes.days_after[lane] * DAY,
        call=np.full(len(lane), week),
        onward_call=np.where(changes, week + later, week),
    )  # fmt: skip


def weights(
    rows: Columns, heads: Numbers, parameters: Parameters, streams: Streams, uid: Numbers
) -> Columns:
    """Return what papers, scale and stow plan say of each box, in kilograms, NaN where nothing."""
    noise = parameters.noise
    place = np.searchsorted(heads, rows["head"])
    bills = np.bincount(place, minlength=len(heads))
    tare = np.array(TARE_KG)[rows["equipment"][heads]]
    declared = np.bincount(place, rows["declared"], len(heads))
    true = np.bincount(place, rows["mass"] + rows["hidden"], len(heads)) + tare
    factor = np.ones(len(heads))
    np.minimum.at(factor, place, rows["stow_factor"])

    def chance(word: str) -> Reals:
        return uniform(uid, streams.key("box", word))

    def normal(word: str) -> Reals:
        angle = 2 * np.pi * chance(f"{word} angle")
        far: Reals = np.sqrt(-2 * np.log(1 - chance(word))) * np.cos(angle)
        return far

    bare = chance("tare") < noise.tare_left_out
    verified = np.round(true * np.exp(noise.weighing * normal("weighing")), -1)
    slips = chance("stow slip") < noise.stow_slip
    wrong = np.exp(np.where(slips, 0.2, noise.stow_spread) * normal("stow"))
    return {
        "bills": bills,
        "tare": tare,
        "declared": np.where(bare, declared, declared + tare),
        "verified": np.where(chance("verified") < noise.no_verified, np.nan, verified),
        "stow": np.round(verified * wrong * factor, -2),
        "true": true,
        "added": np.bincount(place, rows["added"], len(heads)),
        "sealed": chance("seal") >= noise.no_seal,
    }


def any_of(rows: Columns, heads: Numbers, name: str) -> npt.NDArray[Any]:
    """Return for each box whether a flag is set in one of its rows."""
    place = np.searchsorted(heads, rows["head"])
    found: npt.NDArray[Any] = np.bincount(place, rows[name], len(heads)) > 0
    return found
