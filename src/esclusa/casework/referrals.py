"""The rules of a referral.

1. Two sides: the one that asks (``requester``) and the one where the box is (``host``). Each writes
   its own moves only, numbered from 1, and says with each how many of the other side's it knew.
2. The history is the merge of both sides' moves. A move comes after what its maker knew. Of two
   moves that were made beside each other, neither knowing the other, **the host's comes first**.
   So the history is the same at both, in whatever order messages arrive, and nothing that the host
   did is ever undone by something that the other side did meanwhile.
3. Each move counts if ``referral_states.csv`` allows it from the state that the moves before it
   left. One that does not count is kept and shown with the reason.
4. The host decides before the cut-off. Silence past it is ``expired``: no answer, never clear.
   While a question of the host is open the clock rests, and the time that it rested is added.
5. Do-not-load is set by an escalation and lifted by a clearance of the host, by nothing else.
6. A waiver has a standard code or a written reason, and a second person, who leads the team.
7. ``void`` is said by the system when the bill is deleted, or by the host: not by those whose rates
   it would better.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from esclusa.casework.forms import moment
from esclusa.casework.referral_words import SYSTEM, Row, rows
from esclusa.casework.two_sides import barred, in_order, once
from esclusa.model import ReferralMove, ReferralSubject

NONE: Final = "none"
DRAFTS: Final = 0
"""The number of the chain that holds a draft."""
_LONGEST: Final = dt.timedelta(days=366)
"""A clock rests no longer than that, however often it is stopped."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A move in its place. ``state`` is where the referral stood after it; ``lost`` says why it
    does not count (a code of the words), "" when it does."""

    move: ReferralMove
    state: str
    lost: str = ""


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """A referral after its moves.

    ``due`` is the cut-off with the time that the clock rested (``rested``); ``resting`` is since
    when it rests now. ``waiver`` is the move that asked for one, while nobody has approved it.
    ``waiting`` are moves whose turn has not come, because one before them is not here.
    """

    id: str
    requester: str
    host: str
    state: str = NONE
    subject: ReferralSubject = ReferralSubject()
    do_not_load: bool = False
    cut_off: dt.datetime | None = None
    rested: dt.timedelta = dt.timedelta()
    resting: dt.datetime | None = None
    waiver: ReferralMove | None = None
    steps: tuple[Step, ...] = ()
    drafts: tuple[ReferralMove, ...] = ()
    waiting: tuple[ReferralMove, ...] = ()

    @property
    def due(self) -> dt.datetime | None:
        """Return the moment by which the host must decide; None before there is a request."""
        return self.cut_off + self.rested if self.cut_off else None

    def side(self, agency: str) -> str:
        """Return ``requester`` or ``host``, "" for an agency that is neither."""
        return {self.requester: "requester", self.host: "host"}.get(agency, "")

    def known(self, agency: str) -> int:
        """Return how many moves of one side stand in the history."""
        return sum(step.move.agency == agency for step in self.steps)

    @property
    def version(self) -> str:
        """Return a word that changes with each move that becomes known."""
        return f"{len(self.drafts)}.{self.known(self.requester)}.{self.known(self.host)}"

    def left(self, now: dt.datetime) -> dt.timedelta | None:
        """Return how long the host still has, below zero when it is over; None where no clock runs.

        :param now: aware.
        """
        if self.due is None or self.state not in ("requested", "need_info"):
            return None
        return self.due - (self.resting or now)


def merge(moves: Iterable[ReferralMove]) -> Referral:
    """Return the referral after these moves, given in any order and as often as they came.

    :param moves: of one referral; at least one.
    """
    known = once(moves, home=DRAFTS)
    first = min(known, key=lambda move: (move.agency != move.requester, move.number))
    now = Referral(id=first.referral, requester=first.requester, host=first.host)
    for draft in (move for move in known if move.number == DRAFTS):
        now = _drafted(now, draft)
    said = (move for move in known if move.number > DRAFTS)
    order, waiting = in_order(said, (now.host, now.requester))
    for move in order:
        now = _taken(now, move)
    return msgspec.structs.replace(now, waiting=tuple(waiting))


def _drafted(now: Referral, draft: ReferralMove) -> Referral:
    row = rows().get((draft.move, now.state))
    if row is None:
        return now
    return msgspec.structs.replace(
        now, state=row.target, subject=draft.subject, cut_off=moment(draft.cut_off),
        drafts=(*now.drafts, draft),
    )  # fmt: skip


def _taken(now: Referral, move: ReferralMove) -> Referral:
    """Return the referral with a move in its place, whether it counts or not."""
    # The draft stays at home: the other side's history begins with the request.
    if move.move == "request" and now.state == NONE:
        now = msgspec.structs.replace(now, state="draft")
    lost = refusal(now, move)
    if lost:
        return _with(now, move, now.state, lost)
    row = rows()[move.move, now.state]
    return _with(_changed(now, move, row), move, row.target, "")


def _with(now: Referral, move: ReferralMove, state: str, lost: str) -> Referral:
    step = Step(move=move, state=state, lost=lost)
    return msgspec.structs.replace(now, state=state, steps=(*now.steps, step))


def refusal(now: Referral, move: ReferralMove) -> str:
    """Return why a move does not count after these, a code of the words; "" when it does."""
    theirs = (move.requester, move.host) == (now.requester, now.host)
    side = now.side(move.agency) if theirs else ""
    if lost := barred(move, now.state, side, rows(), system=SYSTEM):
        return lost
    at = moment(move.at)
    assert at is not None  # a move without a moment is barred
    return _of_the_rules(now, move, rows()[move.move, now.state], at)


def _of_the_rules(now: Referral, move: ReferralMove, row: Row, at: dt.datetime) -> str:
    due = now.due
    if "ahead" in row.rules:
        cut_off = moment(move.cut_off)
        if cut_off is None:
            return "unreadable"
        return "late" if at >= cut_off else ""
    if "in_time" in row.rules and (due is None or at > due):
        return "late"
    if "past_due" in row.rules and (due is None or at <= due):
        return "early"
    if "second" in row.rules:
        asked = now.waiver
        if asked is None:
            return "overtaken"
        return "one_person" if _same(asked.by, move.by) else ""
    return ""


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _changed(now: Referral, move: ReferralMove, row: Row) -> Referral:
    """Return the referral with what a move that counts does beside the state."""
    change: dict[str, object] = {}
    at = moment(move.at)
    if move.move == "request":
        change |= {"subject": move.subject, "cut_off": moment(move.cut_off)}
    if "pause" in row.rules:
        change["resting"] = at
    if "resume" in row.rules and now.resting is not None and at is not None:
        rested = now.rested + max(at - now.resting, dt.timedelta())
        change["rested"] = min(rested, _LONGEST)
    if row.target != "need_info":
        change["resting"] = None
    if "flag" in row.rules:
        change["do_not_load"] = True
    if "lift" in row.rules:
        change["do_not_load"] = False
    if "propose" in row.rules:
        change["waiver"] = move
    elif row.target != row.source:
        change["waiver"] = None
    return msgspec.structs.replace(now, **change)


def counted(now: Referral) -> Sequence[Step]:
    """Return the steps that count, oldest first."""
    return [step for step in now.steps if not step.lost]
