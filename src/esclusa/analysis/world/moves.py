"""What is seen of each box on its way: gates, cranes, the yard of the transit port, seals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from esclusa.analysis.world.boxes import HOUR, Times
from esclusa.analysis.world.ground import Columns, Ground
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.streams import Flags, Numbers, Reals, Streams, below, uniform

EVENTS: Final = ("gate_in", "load", "transit", "discharge", "shift", "gate_out")
GATE_IN, LOAD, TRANSIT, DISCHARGE, SHIFT, GATE_OUT = range(6)
_WEIGHED: Final = (LOAD, DISCHARGE)
_UNSEEN: Final = (TRANSIT,)
_SEALS: Final = 10**9


def moves(
    rows: Columns, heads: Numbers, box: Columns, when: Times, land: Ground,
    parameters: Parameters, streams: Streams,
) -> Columns:  # fmt: skip
    """Return one row for each event: which box, what, where (a port's place), when (minutes since
    the start), ship (-1 on land), seal as read (-1 unread), mass by crane (NaN unweighed), noted.

    A box that only passes has a ``transit``. One that changes ship is discharged, shifted in the
    yard at least once, and loaded again; a seal changed there shows from the shift on.
    """
    uid = rows["uid"][heads]
    lane = rows["lane"][heads]
    lanes = land.lanes
    changes = lanes.transhipped[lane]
    canal = np.array([land.ports.index(s.canal) for s in land.services])[lanes.service[lane]]

    def chance(word: str) -> Reals:
        return uniform(uid, streams.key("move", word))

    def hours(word: str, least: float, most: float) -> Numbers:
        found: Numbers = (HOUR * (least + (most - least) * chance(word))).astype(np.int64)
        return found

    departs, arrives = when.departs[heads], when.arrives[heads]
    ashore, leaves = when.canal[heads], when.leaves[heads]
    loaded = departs - hours("load", 2, 18)
    landed = ashore + hours("landed", 1, 10)
    again = rows["extra_shift"][heads] | (chance("again") < parameters.timing.extra_shift)
    out = arrives + hours("discharge", 1, 10)
    every, none = np.ones(len(heads), np.bool_), np.full(len(heads), -1)
    ship, onward = when.ship[heads], when.onward[heads]
    load, discharge = lanes.load[lane], lanes.discharge[lane]
    steps: list[tuple[int, Flags, Numbers, Numbers, Numbers, bool]] = [
        (GATE_IN, every, loaded - hours("gate in", 12, 96), load, none, False),
        (LOAD, every, loaded, load, ship, False),
        (TRANSIT, ~changes, ashore, canal, ship, False),
        (DISCHARGE, changes, landed, canal, ship, False),
        (SHIFT, changes, landed + hours("shift", 2, 10), canal, none, True),
        (SHIFT, changes & again, landed + hours("shift again", 10, 14), canal, none, True),
        (LOAD, changes, leaves - hours("load again", 2, 12), canal, onward, True),
        (DISCHARGE, every, out, discharge, onward, True),
        (GATE_OUT, every, out + hours("gate out", 24, 190), discharge, none, True),
    ]
    new, noted = _resealed(rows, heads, changes, chance, parameters)
    seals = seal_numbers(uid, streams)
    changed = np.where(new, below(uid, streams.key("new seal"), _SEALS), seals)
    found = [
        _step(step, number, uid, np.where(new & step[5], changed, seals), box, streams, parameters)
        | {"noted": (noted & step[5] & (step[0] == SHIFT))[step[1]]}
        for number, step in enumerate(steps)
    ]
    joined = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    order = np.lexsort((joined["box"], joined["when"]))
    return {name: values[order] for name, values in joined.items()}


def _resealed(
    rows: Columns,
    heads: Numbers,
    changes: Flags,
    chance: Callable[[str], Reals],
    parameters: Parameters,
) -> tuple[Flags, Flags]:
    """Which boxes get a new seal at the transit port, and for which somebody noted it."""
    bad = rows["seal_change"][heads]
    honest: Flags = changes & ~bad & (chance("reseal") < parameters.noise.reseal)
    noted: Flags = honest & (chance("noted") < parameters.noise.reseal_noted)
    return bad | honest, noted


def seal_numbers(uid: Numbers, streams: Streams) -> Numbers:
    """Return the seal put on each box when it was filled."""
    return below(uid, streams.key("seal"), _SEALS)


def seal_texts(numbers: Numbers) -> pl.Series:
    """Return seals as text, null for -1."""
    text = pl.Series(numbers).cast(pl.String).str.zfill(9)
    return ("SL" + text).set(pl.Series(numbers < 0), None)


def _step(
    step: tuple[int, Flags, Numbers, Numbers, Numbers, bool], number: int, uid: Numbers,
    seals: Numbers, box: Columns, streams: Streams, parameters: Parameters,
) -> Columns:  # fmt: skip
    """One kind of event for the boxes that have it, as it was seen."""
    event, here, when, port, ship, later = step
    noise, these = parameters.noise, uid[here]

    def chance(word: str) -> Reals:
        return uniform(these, streams.key("seen", word, number))

    read = (chance("read") < noise.seal_read) & box["sealed"][here]
    read &= np.bool_(event not in _UNSEEN)
    wrong = chance("misread") < noise.seal_misread
    slip = (1 + below(these, streams.key("digit", number), 9)) * 10 ** below(
        these, streams.key("place", number), 9
    )
    seal = np.where(wrong, (seals[here] + slip) % _SEALS, seals[here])
    true = box["true"][here] + (box["added"][here] if later else 0.0)
    scale = 1 + noise.crane_spread * (2 * np.sqrt(3) * chance("scale") - np.sqrt(3))
    weighed = (chance("weighed") < noise.crane_weighed) & np.bool_(event in _WEIGHED)
    return {
        "box": np.flatnonzero(here),
        "event": np.full(len(these), event),
        "when": when[here],
        "port": port[here],
        "ship": ship[here],
        "seal": np.where(read, seal, -1),
        "mass": np.where(weighed, np.round(true * scale, -1), np.nan),
    }
