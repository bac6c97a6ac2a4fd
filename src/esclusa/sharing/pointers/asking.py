"""The asker's side: take in a catalogue, ask, settle the reply.

1. Everything asked is hidden by a fresh random number each, mixed with padding and sorted: what
   leaves this node is a number of random elements.
2. A reply is used only when its proof holds under the key of the catalogue that was asked about.
3. A question is settled once. Until then its ``Pending`` holds the keys, and stays at home.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal

import msgspec

from esclusa.errors import PointerError
from esclusa.sharing.pointers import catalogue as sets
from esclusa.sharing.pointers import group, meter, voprf
from esclusa.sharing.pointers.group import Random
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import Catalogue, Question, Reply, Scope, digest, split
from esclusa.sharing.pointers.meter import Meter
from esclusa.sharing.pointers.padding import QUESTIONS, question_size
from esclusa.sharing.pointers.proof import holds
from esclusa.sharing.pointers.rows import Row
from esclusa.sharing.pointers.terms import Search, Terms


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A question on its way: its keys, and the number that hides each. Never leaves this node."""

    question: Question
    pointers: tuple[Pointer, ...]
    blinds: tuple[bytes, ...]
    blinded: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Pending({self.question.id}, {len(self.pointers)} keys)"


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """What an asker keeps about one owner."""

    me: str
    owner: str
    pending: dict[str, Pending] = {}
    meter: Meter = Meter()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A key of ours that the owner's set holds, and what proves that the owner told us."""

    pointer: Pointer
    scope: Scope
    number: int
    evidence: bytes

    def __repr__(self) -> str:
        return f"Hit({self.scope.owner}, {self.pointer.key})"


class Findings(msgspec.Struct, frozen=True):
    """What a settled question found. ``misses`` are not in the owner's set of that epoch: which
    says nothing about what the owner knows and keeps to itself."""

    hits: tuple[Hit, ...]
    misses: tuple[Pointer, ...]


def ask(
    state: Asker, catalogue: Catalogue, terms: Terms, pointers: Collection[Pointer],
    now: dt.datetime, random: Random, size: int = 0,
) -> tuple[Asker, Question, Row]:  # fmt: skip
    """Make a question about keys of one kind of thing.

    :param catalogue: the owner's set, after :func:`.catalogue.accept`.
    :param size: elements of the question, where they must not follow from the number of keys: then
        it may even hold padding alone. 0 for the smallest that holds the keys.
    :raises PointerError: when the terms, the epoch or a limit do not allow it.
    """
    wanted = tuple(sorted(set(pointers)))
    size = size or question_size(len(wanted)) * bool(wanted)
    search = _allowed(state, catalogue, terms, wanted, size, now)
    scope, number = catalogue.scope, catalogue.number
    spent = meter.spend(state.meter, search.limits, scope, number, size, now, state.owner)
    blinds = tuple(group.random_scalar(random) for _ in wanted)
    blinded = tuple(voprf.blind(item.encode(), by) for item, by in zip(wanted, blinds, strict=True))
    padding = tuple(group.element(random(group.WIDE)) for _ in range(size - len(wanted)))
    question = Question(scope, number, random(16).hex(), digest(catalogue),
                        b"".join(sorted(blinded + padding)))  # fmt: skip
    pending = Pending(question=question, pointers=wanted, blinds=blinds, blinded=blinded)
    asked = msgspec.structs.replace(
        state, pending={**state.pending, question.id: pending}, meter=spent
    )
    return asked, question, _row("pointers:question:asked", question, size, now, len(wanted))


def settle(
    state: Asker, catalogue: Catalogue, reply: Reply, now: dt.datetime
) -> tuple[Asker, Findings, Row]:
    """Take in the reply to a question of ours; the question is done with it.

    :param catalogue: the one that the question was made with.
    :raises PointerError: when the reply is refused; the question stays open.
    """
    pending = state.pending.get(reply.id)
    if pending is None:
        raise PointerError("replay", "nobody waits for this reply", state.owner)
    question = pending.question
    if digest(catalogue) != question.catalogue:
        raise PointerError("catalogue", "the question was made with another set", state.owner)
    evaluated = _checked(state.owner, question, reply, catalogue.public)
    found = _found(pending, evaluated, catalogue)
    rest = {name: item for name, item in state.pending.items() if name != reply.id}
    row = _row("pointers:question:settled", question, len(evaluated), now, len(pending.pointers),
               len(found.hits))  # fmt: skip
    return msgspec.structs.replace(state, pending=rest), found, row


def give_up(state: Asker, name: str) -> Asker:
    """Forget a question that will not be answered, with the keys in it."""
    rest = {key: item for key, item in state.pending.items() if key != name}
    return msgspec.structs.replace(state, pending=rest)


def _allowed(
    state: Asker, catalogue: Catalogue, terms: Terms, wanted: tuple[Pointer, ...], size: int,
    now: dt.datetime,
) -> Search:  # fmt: skip
    scope = catalogue.scope
    if (scope.owner, scope.asker) != (state.owner, state.me):
        raise PointerError("stranger", "the set is not for us", state.owner)
    search = terms.search(scope.subject, state.owner, scope.purpose, now)
    if scope.agreement != terms.agreement or search is None:
        raise PointerError("agreement", "no clause gives this search for this purpose", state.owner)
    if not catalogue.begins <= now < catalogue.ends:
        raise PointerError("epoch", f"epoch {catalogue.number} is not open", state.owner)
    if size not in QUESTIONS or len(wanted) > size:
        most = size if size in QUESTIONS else QUESTIONS[-1]
        raise PointerError("size", f"1 to {most:,} keys were expected", state.owner)
    if any(item.subject != scope.subject or item.key not in search.keys for item in wanted):
        keys = ", ".join(search.keys)
        raise PointerError("agreement", f"only the keys {keys} may be asked here", state.owner)
    return search


def _checked(owner: str, question: Question, reply: Reply, public: bytes) -> dict[bytes, bytes]:
    named = (reply.scope, reply.number, reply.question)
    if named != (question.scope, question.number, digest(question)):
        raise PointerError("replay", "the reply is for another question", owner)
    blinded, evaluated = split(question.elements), split(reply.elements)
    if len(evaluated) != len(blinded):
        raise PointerError("size", f"{len(blinded):,} elements were expected", owner)
    if not all(map(group.is_element, evaluated)):
        raise PointerError("element", "elements of the group were expected", owner)
    if not holds(public, blinded, evaluated, reply.proof):
        raise PointerError("proof", "the proof does not hold; the reply is not used", owner)
    return dict(zip(blinded, evaluated, strict=True))


def _found(pending: Pending, evaluated: dict[bytes, bytes], catalogue: Catalogue) -> Findings:
    hits: list[Hit] = []
    misses: list[Pointer] = []
    question = pending.question
    for pointer, by, blinded in zip(pending.pointers, pending.blinds, pending.blinded, strict=True):
        output = voprf.finalize(pointer.encode(), by, evaluated[blinded])
        if sets.holds(catalogue, sets.tag_of(output)):
            hits.append(Hit(pointer=pointer, scope=question.scope, number=question.number,
                            evidence=output))  # fmt: skip
        else:
            misses.append(pointer)
    return Findings(tuple(hits), tuple(misses))


def _row(
    event: Literal["pointers:question:asked", "pointers:question:settled"],
    question: Question, size: int, now: dt.datetime, asked: int, hits: int = 0,
) -> Row:  # fmt: skip
    return Row(
        at=now, event=event, partner=question.scope.owner, scope=question.scope,
        number=question.number, elements=size, asked=asked, hits=hits, message=digest(question),
    )  # fmt: skip
