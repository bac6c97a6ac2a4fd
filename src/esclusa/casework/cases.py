"""The rules of a case.

1. Each move counts if ``case_states.csv`` allows it from where the case stands, for the person who
   makes it: a member, the lead, or whoever set a task or has it. A supervisor may do what a lead
   may: a case outlives the absence of its lead.
2. A case has one lead at every moment, and the lead is a member. Handing over names the next one.
3. What a move is about (an item, a task, a file of evidence) has a state of its own in the same
   table: a sealed file is not read, a task that is done is not given to another.
4. A case is closed with an outcome of a closed list and a written reason, when no task waits that
   its closer knows of.
5. What a step wrote down may be erased; that there was a step never is. So where a case stands
   rests on moves alone, and not on any text.
6. Everything here is of the steps that one reader may see. Steps under a stricter marking change
   neither state nor lead, because moves that do stand under the marking of the case itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

from esclusa.casework.case_words import NONE, WRITTEN, fields, rows
from esclusa.casework.forms import moment
from esclusa.model import CaseMove, CaseWords, EvidenceFile

_VERSION: Final = 12
"""Bytes of a version: two of one case are never equal by chance."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A move in the history with what it wrote down; ``state`` is where the case stood after it.

    ``words`` None means that it wrote nothing, or, with ``erased``, that it was erased.
    """

    move: CaseMove
    state: str
    words: CaseWords | None = None
    erased: bool = False

    def said(self, name: str) -> str:
        """Return what was recorded in a field, "" where nothing was, or nothing any more."""
        written = self.words.recorded if self.words else ()
        return next((x.value for x in (*self.move.recorded, *written) if x.name == name), "")


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """An item, a note, a task or a file of evidence: ``made`` is the step that made it, ``steps``
    are those about it, oldest first; ``state`` is one of ``of_state`` in the words."""

    kind: str
    state: str
    made: Step
    steps: tuple[Step, ...] = ()

    @property
    def name(self) -> str:
        """Return the name under which moves are about it: that of the step that made it."""
        return self.made.move.step

    @property
    def erased(self) -> bool:
        """Tell whether what it says was erased."""
        return self.made.erased

    @property
    def item(self) -> str:
        """Return the id of what was put in; "" for other things, and once it is erased."""
        return self.made.words.item if self.made.words else ""

    @property
    def file(self) -> EvidenceFile | None:
        """Return the file of evidence; None for other things, and once it is erased."""
        return self.made.words.file if self.made.words else None

    def said(self, name: str) -> str:
        """Return what the last step that filled a field wrote in it."""
        found = (step.said(name) for step in (*reversed(self.steps), self.made))
        return next(filter(None, found), "")

    @property
    def due(self) -> dt.datetime | None:
        """Return the deadline of a task, aware; None for other things."""
        return moment(self.said("due")) if self.kind == "task" else None

    def is_overdue(self, now: dt.datetime) -> bool:
        """Tell whether it is a task that waits after its deadline; ``now`` is aware."""
        return self.state == "waiting" and self.due is not None and self.due < now


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case after its moves, as one reader sees it. ``lead`` and ``members`` are names; the lead
    is among the members. ``until`` is when a suspension ends, ``outcome`` a code once it is closed.
    """

    id: str
    state: str = NONE
    lead: str = ""
    members: tuple[str, ...] = ()
    until: dt.datetime | None = None
    outcome: str = ""
    steps: tuple[Step, ...] = ()
    things: tuple[Thing, ...] = ()

    @property
    def version(self) -> str:
        """Return a word that changes with each step that the reader may see, and with no other."""
        told = "\n".join(f"{step.move.step} {step.erased}" for step in self.steps)
        return blake2b(told.encode(), digest_size=_VERSION).hexdigest()

    def said(self, move: str, name: str) -> str:
        """Return what the last move of a kind wrote in a field, "" where it was erased."""
        last = next((step for step in reversed(self.steps) if step.move.move == move), None)
        return last.said(name) if last else ""

    @property
    def title(self) -> str:
        """Return its title; "" once that is erased."""
        return self.said("name", "title")

    def of(self, kind: str) -> tuple[Thing, ...]:
        """Return the things of a kind, oldest first."""
        return tuple(thing for thing in self.things if thing.kind == kind)

    def thing(self, name: str) -> Thing | None:
        """Return a thing by its name."""
        return next((thing for thing in self.things if thing.name == name), None)

    @property
    def shared_with(self) -> tuple[str, ...]:
        """Return the services that it is shared with now, sorted."""
        shares = (one for one in self.of("share") if one.state == "shared")
        return tuple(sorted({one.made.said("partner") for one in shares}))

    def holds(self, item: str) -> bool:
        """Tell whether a thing with this id is in it now."""
        return any(one.item == item and one.state == "in" for one in self.of("item"))

    def rests_over(self, now: dt.datetime) -> bool:
        """Tell whether it is suspended until a moment that has passed; ``now`` is aware."""
        return self.state == "suspended" and self.until is not None and self.until <= now


def fold(moves: Iterable[CaseMove], words: Iterable[CaseWords] = ()) -> Case:
    """Return the case after these moves, in the order in which they were made.

    :param moves: of one case; at least one.
    :param words: what they wrote down, in any order; what is missing was erased.
    """
    written = {one.step: one for one in words}
    now: Case | None = None
    for move in moves:
        now = after(now or Case(id=move.case), move, written.get(move.step))
    assert now is not None  # callers have one move at least
    return now


def after(now: Case, move: CaseMove, words: CaseWords | None) -> Case:
    """Return the case after one more move that was allowed when it was made."""
    row = rows().get(move.move)
    if row is None:  # of a newer program
        return now
    state = row.target or now.state
    # Without the words that the table asks for, they have been erased.
    erased = words is None and writes(move.move)
    step = Step(move=move, state=state, words=words, erased=erased)
    return msgspec.structs.replace(
        _peopled(now, move), state=state, steps=(*now.steps, step), things=_things(now, step),
        until=moment(step.said("until")) if state == "suspended" else None,
        outcome=_outcome(now, step),
    )  # fmt: skip


def writes(move: str) -> bool:
    """Tell whether a move always writes something down, so that nothing there means erased."""
    row = rows()[move]
    must = (need.fields[0] for need in row.needs if not need.optional)
    return row.makes in ("item", "evidence") or any(fields()[one].type in WRITTEN for one in must)


def _outcome(now: Case, step: Step) -> str:
    if step.move.move == "close":
        return step.said("outcome")
    return now.outcome if step.state == "closed" else ""


def _peopled(now: Case, move: CaseMove) -> Case:
    person = next((item.value for item in move.recorded if item.name in ("person", "member")), "")
    match move.move:
        case "open":
            return msgspec.structs.replace(now, lead=move.by, members=(move.by,))
        case "hand_over":
            members = tuple(dict.fromkeys((*now.members, person)))
            return msgspec.structs.replace(now, lead=person, members=members)
        case "join":
            return msgspec.structs.replace(
                now, members=tuple(dict.fromkeys((*now.members, person)))
            )
        case "leave":
            members = tuple(name for name in now.members if name != person or name == now.lead)
            return msgspec.structs.replace(now, members=members)
        case _:
            return now


def _things(now: Case, step: Step) -> tuple[Thing, ...]:
    row = rows()[step.move.move]
    if row.makes:
        return (*now.things, Thing(kind=row.of, state=row.of_target, made=step))
    if not row.about:
        return now.things
    return tuple(
        msgspec.structs.replace(
            thing, state=row.of_target or thing.state, steps=(*thing.steps, step)
        ) if thing.name == step.move.of else thing
        for thing in now.things
    )  # fmt: skip
