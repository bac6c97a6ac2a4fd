"""The rules of a request for information.

1. Two sides: the service that asks (``requester``) and the one that is asked (``answerer``). Each
   writes its own moves only; the history is their merge (:mod:`esclusa.casework.two_sides`). Of
   moves made beside each other the **answerer's come first**: an answer that was given stands.
2. Each move counts if ``information_states.csv`` allows it from the state that the moves before it
   left. One that does not count is kept and shown with the reason.
3. The question names a clock of the agreement. The answer is due so many hours after the question.
   While "more is needed" is open the clock rests, and the time that it rested is added.
4. The answerer may extend, in time, with a reason and the new due moment, to a year at most.
5. Silence past the due moment is ``expired``: no answer, never "clear". A late answer is still an
   answer, and it is counted as late.
6. Answered in full, answered in part, nothing known, refused: the answerer's alone to say.
7. The requester's lead may escalate once, after a refusal, a partial answer, nothing known, or no
   answer. The clock of the question begins again then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec

from esclusa.casework.forms import moment
from esclusa.casework.information_words import DECISIONS, SYSTEM, Row, rows
from esclusa.casework.two_sides import barred, in_order, once
from esclusa.model import InformationMove, InformationSubject
from esclusa.sharing.agreement.lists import clocks

NONE: Final = "none"
HOME: Final = 0
"""The number of the move that holds what a request is about here."""
LONGEST: Final = dt.timedelta(days=366)
"""No clock rests for longer, and no extension reaches further beyond the question."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A move in its place. ``state`` is where the request stood after it; ``lost`` says why it does
    not count (a code of the words), "" when it does; ``late``: it decides after the due moment."""

    move: InformationMove
    state: str
    lost: str = ""
    late: bool = False


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request for information after its moves.

    ``clock`` is the profile that the question named, ``due`` the moment by which the answer is due,
    with all that was added: ``rested``, how long the clock rested, and extensions. ``resting`` is
    since when it rests now. ``waiting`` are moves whose turn has not come.
    """

    id: str
    requester: str
    answerer: str
    state: str = NONE
    subject: InformationSubject = InformationSubject()
    clock: str = ""
    asked: dt.datetime | None = None
    due: dt.datetime | None = None
    rested: dt.timedelta = dt.timedelta()
    resting: dt.datetime | None = None
    extended: int = 0
    escalated: bool = False
    steps: tuple[Step, ...] = ()
    waiting: tuple[InformationMove, ...] = ()

    def side(self, agency: str) -> str:
        """Return ``requester`` or ``answerer``, "" for an agency that is neither."""
        return {self.requester: "requester", self.answerer: "answerer"}.get(agency, "")

    def other(self, agency: str) -> str:
        """Return the agency on the other side."""
        return self.answerer if agency == self.requester else self.requester

    def known(self, agency: str) -> int:
        """Return how many moves of one side stand in the history."""
        return sum(step.move.agency == agency for step in self.steps)

    @property
    def version(self) -> str:
        """Return a word that changes with each move that becomes known."""
        return f"{self.known(self.requester)}.{self.known(self.answerer)}"

    @property
    def running(self) -> bool:
        """Tell whether a clock runs or rests: the answer is still to come."""
        return self.state in ("asked", "acknowledged", "need_more", "escalated")

    def left(self, now: dt.datetime) -> dt.timedelta | None:
        """Return how long the answerer still has, below zero when it is over; None where no clock
        runs.

        :param now: aware.
        """
        if self.due is None or not self.running:
            return None
        return self.due - (self.resting or now)

    @property
    def decision(self) -> Step | None:
        """Return the first answer or refusal that counts, None while there is none."""
        found = (s for s in self.steps if not s.lost and s.move.move in DECISIONS)
        return next(found, None)


def merge(moves: Iterable[InformationMove]) -> Request:
    """Return the request after these moves, given in any order and as often as they came.

    :param moves: of one request; at least one.
    """
    known = once(moves, home=HOME)
    first = known[0]
    now = Request(id=first.request, requester=first.requester, answerer=first.answerer)
    said = (move for move in known if move.number > HOME)
    order, waiting = in_order(said, (now.answerer, now.requester))
    for move in order:
        now = _taken(now, move)
    return msgspec.structs.replace(now, waiting=tuple(waiting))


def _taken(now: Request, move: InformationMove) -> Request:
    """Return the request with a move in its place, whether it counts or not."""
    lost = refusal(now, move)
    if lost:
        step = Step(move=move, state=now.state, lost=lost)
        return msgspec.structs.replace(now, steps=(*now.steps, step))
    row = rows()[move.move, now.state]
    changed = _changed(now, move, row)
    step = Step(move=move, state=row.target, late=move.move in DECISIONS and _is_late(now, move))
    return msgspec.structs.replace(changed, state=row.target, steps=(*now.steps, step))


def _is_late(now: Request, move: InformationMove) -> bool:
    """Tell whether a decision comes after the due moment, or after silence was noted."""
    at = moment(move.at)
    left = now.left(at) if at is not None else None
    silent = any(step.move.move == "expire" and not step.lost for step in now.steps)
    return silent or (left is not None and left < dt.timedelta())


def refusal(now: Request, move: InformationMove) -> str:
    """Return why a move does not count after these, a code of the words; "" when it does."""
    theirs = (move.requester, move.answerer) == (now.requester, now.answerer)
    side = now.side(move.agency) if theirs else ""
    if lost := barred(move, now.state, side, rows(), system=SYSTEM):
        return lost
    if move.move == "ask" and move.clock not in clocks():
        return "unreadable"
    at = moment(move.at)
    assert at is not None  # a move without a moment is barred
    return _of_the_rules(now, move, rows()[move.move, now.state], at)


def _of_the_rules(now: Request, move: InformationMove, row: Row, at: dt.datetime) -> str:
    due = now.due
    if "in_time" in row.rules and (due is None or at > due):
        return "late"
    if "past_due" in row.rules and (due is None or at <= due):
        return "early"
    if "once" in row.rules and now.escalated:
        return "once"
    if "longer" in row.rules:
        until = moment(move.due)
        if until is None:
            return "unreadable"
        return "" if is_longer(now, until) else "sooner"
    return ""


def is_longer(now: Request, until: dt.datetime) -> bool:
    """Tell whether a moment extends the time of a request, by a year after the question at most."""
    if now.due is None or now.asked is None:
        return False
    return now.due < until <= now.asked + LONGEST


def _changed(now: Request, move: InformationMove, row: Row) -> Request:
    """Return the request with what a move that counts does beside the state."""
    change: dict[str, object] = {}
    at = moment(move.at)
    assert at is not None  # a move without a moment does not count
    if move.move == "ask":
        change |= {"subject": move.subject, "clock": move.clock, "asked": at}
        change["due"] = at + _span(move.clock)
    if "pause" in row.rules:
        change["resting"] = at
    if now.resting is not None and row.target != now.state:
        rested = min(max(at - now.resting, dt.timedelta()), LONGEST - now.rested)
        change |= {"resting": None, "rested": now.rested + rested}
        change["due"] = now.due + rested if now.due else None
    if "longer" in row.rules:
        change |= {"due": moment(move.due), "extended": now.extended + 1}
    if "restart" in row.rules:
        change |= {"due": at + _span(now.clock), "escalated": True}
    return msgspec.structs.replace(now, **change)


def _span(clock: str) -> dt.timedelta:
    return dt.timedelta(hours=clocks()[clock].hours)
