"""Facts about alerts: raised, and decided with the time that it took."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import gathered
from esclusa.casework import snooze
from esclusa.casework.alerts import ANALYSIS, kept
from esclusa.ledger import casework_counts as counts
from esclusa.ledger.labels import Labels
from esclusa.model import record_id


class Move(msgspec.Struct, frozen=True):
    """As much of a move on an alert as counting needs."""

    alert_id: str
    number: int
    move: str
    by: str
    at: str
    verdict: str = ""


_MOVE: Final = msgspec.json.Decoder(Move)
_VERDICT: Final = "verdict"
_REOPEN: Final = "reopen"


def facts(
    connection: sa.Connection, visible: frozenset[int], labels: Labels, since: str, until: str,
    now: str,
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """Yield the facts about the alerts of a span.

    :param since: its first moment, and ``until`` the first after it (ISO 8601 UTC).
    :param now: the moment at which states are told.
    """
    rows = counts.raised(connection, visible, since, until)
    ids = [row.alert_id for row in rows]
    moments = [row.created for row in rows]
    states = [
        "new" if row.state == "snoozed" and not snooze.is_asleep(row.state, row.until, now)
        else row.state for row in rows
    ]  # fmt: skip
    shared = {"record": ids, "kind": "alert", "at": moments}
    kinds = [row.subject_kind for row in rows]
    yield gathered({"figure": "alerts_raised", "part": kinds, **shared})
    yield gathered({"figure": "alerts_standing", "part": states, **shared})
    yield _decided(connection, visible, labels, since, until)


def decisions(
    connection: sa.Connection, visible: frozenset[int], since: str, until: str
) -> dict[tuple[str, int], tuple[list[Move], str]]:
    """Return the moves made in a span by alert and label, in order, with when each was raised."""
    found: dict[tuple[str, int], tuple[list[Move], str]] = {}
    for body, alert_id, label_id, created in counts.moved(connection, visible, since, until):
        found.setdefault((alert_id, label_id), ([], created))[0].append(_MOVE.decode(body))
    return found


def standing(moves: Sequence[Move]) -> Move | None:
    """Return the last verdict of some moves that was not taken back among them, None without one.

    A move of before the span that is taken back in it was no verdict of the span.
    """
    if all(move.move != "undo" for move in moves):
        return next((move for move in reversed(moves) if move.move == _VERDICT), None)
    held: list[Move] = []
    for move in moves:
        held = kept([*held, move]) if move.move != "undo" or held else held
    return next((move for move in reversed(held) if move.move == _VERDICT), None)


def _decided(
    connection: sa.Connection, visible: frozenset[int], labels: Labels, since: str, until: str
) -> pl.DataFrame:
    made = decisions(connection, visible, since, until)
    given = {key: found for key, (moves, _at) in made.items() if (found := standing(moves))}
    starts = _starts(connection, labels, made, given)
    columns: dict[str, list[object]] = {"part": [], "record": [], "at": [], "minutes": []}
    for key, move in given.items():
        columns["part"].append(move.verdict)
        columns["record"].append(key[0])
        columns["at"].append(move.at)
        columns["minutes"].append(_minutes(starts[key], move.at))
    return gathered({"figure": "alerts_decided", "kind": "alert", **columns})


def _starts(
    connection: sa.Connection, labels: Labels,
    made: Mapping[tuple[str, int], tuple[list[Move], str]],
    given: Mapping[tuple[str, int], Move],
) -> dict[tuple[str, int], str]:  # fmt: skip
    """Return from when on each of these alerts waited for its verdict: since it last came back, or
    else since it was raised. Moves of before the span are read where there were any."""
    earlier: dict[tuple[str, int], tuple[str, int]] = {}
    for alert_id, label in given:
        first = made[alert_id, label][0][0].number
        originator = labels.get(label).originator
        for number in range(1, first):
            name = record_id(originator, "alert_move", f"{alert_id}/{number}")
            earlier[name, label] = (alert_id, label)
    before: dict[tuple[str, int], list[Move]] = {}
    for place, body in counts.bodies_named(connection, earlier).items():
        before.setdefault(earlier[place], []).append(_MOVE.decode(body))
    starts = {}
    for key, verdict in given.items():
        moves, created = made[key]
        back = [
            move.at for move in (*before.get(key, ()), *moves)
            if move.move == _REOPEN and move.by == ANALYSIS and move.number < verdict.number
        ]  # fmt: skip
        starts[key] = max(back, default=created)
    return starts


def _minutes(start: str, end: str) -> float:
    passed = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)
    return max(passed.total_seconds(), 0.0) / 60
