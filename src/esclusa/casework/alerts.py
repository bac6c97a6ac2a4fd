"""The rules of a move on an alert.

1. A move is allowed when ``alert_states.csv`` has a row for it from the present state.
2. ``person`` moves need a named person; ``claimant`` moves the one who claimed it, or a supervisor;
   ``mover`` moves the one who made the last move, or a supervisor; ``analysis`` moves are made by
   the software when the facts change, and never carry a verdict.
3. A claim on an alert that somebody else holds is refused.
4. A verdict needs a code from ``verdicts.csv`` and a written reason. A snooze needs a written
   reason and the moment when the alert comes back (:mod:`esclusa.casework.snooze`); from then on
   the alert is new again, by itself.
5. Undo takes back the last move that has not been taken back yet; it is itself a move, so nothing
   is ever removed from the history. Moves of the analysis cannot be undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, Protocol, TypeVar

import msgspec

from esclusa.casework import snooze, tables
from esclusa.casework.reasons import check_reason
from esclusa.errors import InputError, StateError, Term
from esclusa.model import AlertMove


class Move(Protocol):
    """A step of a history that is only added to; ``undo`` takes the last one back."""

    @property
    def move(self) -> str:
        """What was done."""


M = TypeVar("M", bound=Move)

ANALYSIS: Final = "analysis"
"""Who makes the moves that follow from changed facts."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """An answer from the closed list."""

    code: str
    text_en: str
    text_es: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert stands."""

    state: str = "new"
    claimed_by: str = ""
    verdict: str = ""
    until: str = ""


@cache
def verdicts() -> tuple[Verdict, ...]:
    """Return the closed list of verdicts."""
    return tuple(Verdict(**row) for row in tables.table("verdicts.csv"))


def standing(moves: Sequence[AlertMove], at: str = "") -> Standing:
    """Return where an alert stands after its moves.

    :param at: the moment of asking, ISO 8601 UTC: a snooze that has ended by then left it new.
        Without it a snoozed alert sleeps.
    """
    now = _of(moves[-1]) if moves else Standing()
    if at and now.state == "snoozed" and not snooze.is_asleep(now.state, now.until, at):
        return Standing()
    return now


def next_move(
    moves: Sequence[AlertMove], *, alert_id: str, move: str, by: str, at: str,
    supervisor: bool = False, verdict: str = "", reason: str = "", until: str = "",
    behaviour: str = "", bulk: str = "",
) -> AlertMove:  # fmt: skip
    """Return the move that follows from the history, or refuse it.

    :param at: ISO 8601 UTC.
    :param until: when a snoozed alert comes back, ISO 8601 UTC.
    :param behaviour: when what the alert is about happens, as stated; "" when nobody knows.
    :param bulk: the step on many alerts that this one is part of, "" for one alone.
    :raises StateError: when the present state or person does not allow it.
    :raises InputError: when a verdict or reason is missing, unknown, too long or no text.
    """
    now, allowed = standing(moves, at), tables.moves("alert_states.csv")
    row = allowed.get((move, now.state)) or allowed.get((move, "*"))
    if row is None:
        raise StateError(
            "an alert that is {state} does not allow the move {move!r}",
            state=Term(now.state, group="state"),
            move=Term(move, group="move"),
        )
    _require_actor(row.actor, moves, now, move=move, by=by, supervisor=supervisor)
    _require_content(row.needs, verdict, reason)
    if "until" in row.needs:
        snooze.check_end(until, at, behaviour)
    after = _undone(moves) if move == "undo" else _after(now, row.target, move, by, verdict)
    if move == "snooze":
        after = msgspec.structs.replace(after, until=until)
    return AlertMove(
        alert_id=alert_id,
        number=len(moves) + 1,
        move=move,
        state=after.state,
        by=by,
        at=at,
        verdict=after.verdict,
        reason=reason.strip(),
        claimed_by=after.claimed_by,
        until=after.until,
        bulk=bulk,
    )


def _require_actor(
    actor: str, moves: Sequence[AlertMove], now: Standing, *, move: str, by: str, supervisor: bool
) -> None:
    if (actor == ANALYSIS) != (by == ANALYSIS):
        raise StateError("the move {move!r} is not for {by}", move=Term(move, group="move"), by=by)
    if move == "claim" and now.claimed_by not in ("", by):
        raise StateError("the alert is already claimed by {by}", by=now.claimed_by)
    if actor == "claimant" and by != now.claimed_by and not supervisor:
        raise StateError(
            "only {by} or a supervisor may {move} this alert",
            by=now.claimed_by,
            move=Term(move, group="move"),
        )
    if actor == "mover":
        last = _last_standing_move(moves)
        if last is None:
            raise StateError("there is no move to undo")
        if last.by == ANALYSIS:
            raise StateError("the last move followed from changed facts and cannot be undone")
        if last.by != by and not supervisor:
            raise StateError("only {by} or a supervisor may undo this move", by=last.by)


def _require_content(needs: frozenset[str], verdict: str, reason: str) -> None:
    check_reason(reason)
    if "verdict" in needs and verdict not in {item.code for item in verdicts()}:
        raise InputError(
            f"the verdict {verdict[:40]!r} is not on the list of verdicts",
            field="verdict", problem="code" if verdict else "missing",
        )  # fmt: skip
    if "reason" in needs and not reason.strip():
        raise InputError(
            f"a {'verdict' if 'verdict' in needs else 'snooze'} needs a written reason",
            field="reason", problem="missing",
        )  # fmt: skip


def _after(now: Standing, target: str, move: str, by: str, verdict: str) -> Standing:
    holder = {"claim": by, "verdict": now.claimed_by or by}.get(move, "")
    return Standing(state=target, claimed_by=holder, verdict=verdict if move == "verdict" else "")


def kept(moves: Sequence[M]) -> list[M]:
    """Return the moves that were not taken back, in order."""
    standing: list[M] = []
    for move in moves:
        if move.move == "undo":
            standing.pop()
        else:
            standing.append(move)
    return standing


def _last_standing_move(moves: Sequence[AlertMove]) -> AlertMove | None:
    left = kept(moves)
    return left[-1] if left else None


def _undone(moves: Sequence[AlertMove]) -> Standing:
    left = kept(moves)[:-1]
    return _of(left[-1]) if left else Standing()


def _of(move: AlertMove) -> Standing:
    return Standing(
        state=move.state, claimed_by=move.claimed_by, verdict=move.verdict, until=move.until
    )
