"""The rules of a joint case: one history of what two services say of it.

1. Two sides: the service that shares a case of its own (``owner``) and the partner (``guest``).
   Each writes its own moves only, numbered from 1, and says with each the highest number of the
   other side's that it knew.
2. A move's place is the sum of both numbers: it is higher than that of every move that its maker
   knew. Of moves with one place, made beside each other, the owner's comes first. So any set of
   moves has one order, whatever way and however often messages came, and a move that is not here,
   late or erased, changes the order of no other.
3. A thing (an item, a note, a task, a file of evidence) belongs to the side that made it. Nobody
   else changes it, but for a task that the other side was given: that side says that it is done.
4. A move that does not count is kept and shown with the reason.
5. Where a case stands is said by each side for its own part.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

from esclusa.casework.case_words import NONE, rows
from esclusa.casework.forms import moment
from esclusa.model import JointCaseMove, encode_body

ELSEWHERE: Final = "-"
"""What a move is about where that was not shared."""
SHARE: Final = "share"
TAKE_UP: Final = "take_up"
_VERSION: Final = 12


class JointStep(msgspec.Struct, frozen=True, kw_only=True):
    """A move in its place. ``lost`` says why it does not count (a code of the words), "" when it
    does."""

    move: JointCaseMove
    lost: str = ""

    def said(self, name: str) -> str:
        """Return what was recorded in a field, "" where nothing was or nothing came."""
        return next((item.value for item in self.move.recorded if item.name == name), "")


class JointThing(msgspec.Struct, frozen=True, kw_only=True):
    """An item, a note, a task or a file of evidence, with the steps about it, oldest first;
    ``state`` is one of ``of_state`` in the words of cases."""

    kind: str
    state: str
    made: JointStep
    steps: tuple[JointStep, ...] = ()

    @property
    def name(self) -> str:
        """Return the name under which moves are about it."""
        return self.made.move.step

    def said(self, name: str) -> str:
        """Return what the last step that filled a field wrote in it."""
        found = (step.said(name) for step in (*reversed(self.steps), self.made))
        return next(filter(None, found), "")


class Joint(msgspec.Struct, frozen=True, kw_only=True):
    """A joint case after its moves. ``states`` are where each side stands, the owner first; NONE
    for a guest that has not taken it up. ``missing`` counts the moves that are not here: they have
    not come yet, or were erased or taken back."""

    id: str
    owner: str
    guest: str
    states: tuple[str, str] = (NONE, NONE)
    steps: tuple[JointStep, ...] = ()
    things: tuple[JointThing, ...] = ()
    missing: int = 0

    def side(self, agency: str) -> str:
        """Return ``owner`` or ``guest``, "" for an agency that is neither."""
        return {self.owner: "owner", self.guest: "guest"}.get(agency, "")

    def other(self, agency: str) -> str:
        """Return the agency on the other side."""
        return self.guest if agency == self.owner else self.owner

    def highest(self, agency: str) -> int:
        """Return the highest number of a side's moves that are here, 0 without one."""
        return max((s.move.number for s in self.steps if s.move.agency == agency), default=0)

    def told(self, agency: str) -> frozenset[str]:
        """Return the names of a side's moves that are here."""
        return frozenset(s.move.step for s in self.steps if s.move.agency == agency)

    def state_of(self, agency: str) -> str:
        """Return where one side stands."""
        return self.states[0 if agency == self.owner else 1]

    def thing(self, name: str) -> JointThing | None:
        """Return a thing by its name."""
        return next((thing for thing in self.things if thing.name == name), None)

    def said(self, name: str) -> str:
        """Return what the owner last wrote in a field of the case itself, such as its title."""
        found = (s.said(name) for s in reversed(self.steps) if s.move.move in (SHARE, "name"))
        return next(filter(None, found), "")

    @property
    def version(self) -> str:
        """Return a word that changes with each move that becomes known."""
        told = "\n".join(f"{s.move.agency} {s.move.number}" for s in self.steps)
        return blake2b(told.encode(), digest_size=_VERSION).hexdigest()


def step_name(joint: str, step: str) -> str:
    """Return the name by which a partner knows a step: the same each time, another at another
    partner, so that two of them cannot tell that they were told of one case."""
    return blake2b(f"{joint}\n{step}".encode(), digest_size=8).hexdigest()


def at(agency: str) -> str:
    """Return the name under which a task is given to a service, and not to a person."""
    return f"@{agency}"


def merge(moves: Iterable[JointCaseMove]) -> Joint:
    """Return the joint case after these moves, given in any order and as often as they came.

    :param moves: of one joint case; at least one. Those of strangers are left out.
    """
    known = list(moves)
    first = min(known, key=lambda move: (move.number, encode_body(move)))
    now = Joint(id=first.joint, owner=first.owner, guest=first.guest)
    once: dict[tuple[str, int], JointCaseMove] = {}
    for move in known:
        theirs = (move.joint, move.owner, move.guest) == (now.id, now.owner, now.guest)
        if not theirs or not now.side(move.agency) or move.number < 1:
            continue
        # Two moves under one number are a fork: one of them speaks, the same one at both sides.
        other = once.setdefault((move.agency, move.number), move)
        if encode_body(move) < encode_body(other):
            once[move.agency, move.number] = move
    for move in sorted(once.values(), key=lambda one: _place(now, one)):
        now = _taken(now, move)
    missing = sum(
        now.highest(agency) - sum(who == agency for who, _number in once)
        for agency in (now.owner, now.guest)
    )
    return msgspec.structs.replace(now, missing=missing)


def _place(now: Joint, move: JointCaseMove) -> tuple[int, bool, int]:
    return move.number + move.seen, move.agency != now.owner, move.number


def _taken(now: Joint, move: JointCaseMove) -> Joint:
    """Return the joint case with a move in its place, whether it counts or not."""
    step = JointStep(move=move, lost=refusal(now, move))
    steps = (*now.steps, step)
    if step.lost:
        return msgspec.structs.replace(now, steps=steps)
    return msgspec.structs.replace(
        now, steps=steps, states=_states(now, move), things=_things(now, step)
    )


def refusal(now: Joint, move: JointCaseMove) -> str:
    """Return why a move does not count after these, a code of the words; "" when it does."""
    row = rows().get(move.move)
    if row is None or moment(move.at) is None or move.move not in TOLD:
        return "unreadable"
    if (move.move == SHARE and move.agency != now.owner) or (
        move.move == TAKE_UP and move.agency != now.guest
    ):
        return "not_theirs"
    if now.thing(move.step) is not None:
        return "unreadable"
    if not row.about:
        return ""
    thing = now.thing(move.of)
    if thing is None or thing.kind != row.about:
        return "unknown"
    if thing.made.move.agency != move.agency and not is_given(thing, move.agency, move.move):
        return "not_theirs"
    return "" if thing.state in row.of_sources else "overtaken"


def is_given(thing: JointThing, agency: str, move: str = "done") -> bool:
    """Tell whether a move about the other side's thing is a service's to make: to say that a task
    is done which it was given."""
    return thing.kind == "task" and move == "done" and thing.said("member") == at(agency)


TOLD: Final = frozenset(
    {SHARE, TAKE_UP, "name", "start", "suspend", "resume", "close", "reopen", "hand_over", "put",
     "take_out", "note", "task", "assign", "defer", "done", "drop", "take_in", "read", "hand_on",
     "seal", "unseal"}
)  # fmt: skip
"""Moves on a case that a partner can be told of. Who is a member, and to whom else a case goes, is
each side's own business."""


def _states(now: Joint, move: JointCaseMove) -> tuple[str, str]:
    target = "open" if move.move in (SHARE, TAKE_UP) else rows()[move.move].target
    if not target:
        return now.states
    owner, guest = now.states
    return (target, guest) if move.agency == now.owner else (owner, target)


def _things(now: Joint, step: JointStep) -> tuple[JointThing, ...]:
    row, move = rows()[step.move.move], step.move
    if row.makes in ("item", "note", "task", "evidence"):
        return (*now.things, JointThing(kind=row.of, state=row.of_target, made=step))
    if not row.about:
        return now.things
    return tuple(
        msgspec.structs.replace(
            thing, state=row.of_target or thing.state, steps=(*thing.steps, step)
        ) if thing.name == move.of else thing
        for thing in now.things
    )  # fmt: skip
