"""The owner's side: open an epoch, answer questions, end it.

1. An epoch has one key and one set. A record that is no longer to be found ends it early.
2. Everything about a question is checked before anything is computed; a refused question tells
   nothing of the set and costs the asker nothing.
3. The answer depends on the key and on the question alone, never on the set: whether something was
   a hit, the owner does not learn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import pairwise

import msgspec

from esclusa.errors import PointerError
from esclusa.sharing.pointers import catalogue as sets
from esclusa.sharing.pointers import epochs, group, meter, voprf
from esclusa.sharing.pointers.epochs import Epoch
from esclusa.sharing.pointers.group import Random
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import (
    TAG,
    Catalogue,
    Question,
    Reply,
    Scope,
    digest,
    split,
)
from esclusa.sharing.pointers.meter import Meter
from esclusa.sharing.pointers.padding import QUESTIONS
from esclusa.sharing.pointers.rows import Event, Row
from esclusa.sharing.pointers.terms import Search, Terms


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner keeps about one asker. ``numbers`` are the last epoch numbers by the name of
    their scope; they only grow, also after an epoch was destroyed."""

    me: str
    asker: str
    epochs: tuple[Epoch, ...] = ()
    numbers: dict[str, int] = {}
    meter: Meter = Meter()


def open_epoch(
    state: Owner, scope: Scope, terms: Terms, pointers: Collection[Pointer], now: dt.datetime,
    random: Random, mapped: sets.Mapped = map,
) -> tuple[Owner, Catalogue, tuple[Row, ...]]:  # fmt: skip
    """Begin a new epoch in a scope; the one before it answers no more.

    :param pointers: the keys that the asker may find (:func:`.admission.set_of`).
    :param mapped: what computes the set (:func:`.catalogue.publish`).
    :raises PointerError: when the terms do not give this, or the set is too large.
    """
    epoch, made = prepare(state, scope, terms, pointers, now, random, mapped)
    opened, rows = adopt(state, epoch, made, now)
    return opened, made, rows


def prepare(
    state: Owner, scope: Scope, terms: Terms, pointers: Collection[Pointer], now: dt.datetime,
    random: Random, mapped: sets.Mapped = map,
) -> tuple[Epoch, Catalogue]:  # fmt: skip
    """Return the next epoch of a scope and its set, which takes long for a large one, and open
    nothing yet; arguments and errors are those of :func:`open_epoch`."""
    _searched(state, scope, terms, now)
    epoch = epochs.begin(scope, state.numbers.get(scope.name, 0) + 1, terms, now, random)
    made = sets.publish(epoch, pointers, terms.clause.catalogue, mapped)
    return msgspec.structs.replace(epoch, catalogue=digest(made)), made


def adopt(
    state: Owner, epoch: Epoch, made: Catalogue, now: dt.datetime
) -> tuple[Owner, tuple[Row, ...]]:
    """Open a prepared epoch; the one before it answers no more.

    :raises PointerError: ``epoch``, when another one was opened since it was prepared.
    """
    scope, number = epoch.scope, epoch.number
    if number != state.numbers.get(scope.name, 0) + 1:
        raise PointerError("epoch", f"epoch {number} is no longer the next one", state.asker)
    state, closed = close_epoch(state, scope, now)
    opened = msgspec.structs.replace(
        state, epochs=(*state.epochs, epoch), numbers={**state.numbers, scope.name: number}
    )
    size = len(made.tags) // TAG
    return opened, (*closed, _row("pointers:epoch:opened", epoch, now, size, epoch.catalogue))


def close_epoch(state: Owner, scope: Scope, now: dt.datetime) -> tuple[Owner, tuple[Row, ...]]:
    """Answer no more in the open epoch of a scope; a later ``lapse`` destroys its key."""
    open_now = [item for item in state.epochs if item.scope == scope and item.answers(now)]
    # It ends where it began, so a clock that is set back does not open it again.
    closed = tuple(
        msgspec.structs.replace(item, ends=item.begins) if item in open_now else item
        for item in state.epochs
    )
    rows = tuple(_row("pointers:epoch:closed", item, now) for item in open_now)
    return msgspec.structs.replace(state, epochs=closed), rows


def lapse(state: Owner, now: dt.datetime) -> Owner:
    """Destroy the keys of epochs whose hits can no longer be followed up."""
    kept = tuple(item for item in state.epochs if now < item.until)
    return msgspec.structs.replace(state, epochs=kept)


def end(state: Owner) -> Owner:
    """Destroy all keys: the agreement has ended. Numbers and counts stay."""
    return msgspec.structs.replace(state, epochs=())


def answer(
    state: Owner, question: Question, terms: Terms, now: dt.datetime, random: Random
) -> tuple[Owner, Reply, Row]:
    """Answer a question of the asker.

    :raises PointerError: when it is refused; the state stays as it is.
    """
    search = _searched(state, question.scope, terms, now)
    epoch = _epoch(state, question, now)
    elements = _elements(state.asker, question)
    spent = meter.spend(state.meter, search.limits, question.scope, question.number,
                        len(elements), now, state.asker)  # fmt: skip
    evaluated, proof = voprf.evaluate(epochs.key_of(epoch), elements, random)
    asked = digest(question)
    reply = Reply(question.scope, question.number, question.id, asked, b"".join(evaluated), proof)
    seen = msgspec.structs.replace(epoch, seen=epoch.seen | {question.id})
    kept = tuple(seen if item is epoch else item for item in state.epochs)
    row = _row("pointers:question:answered", epoch, now, len(elements), asked)
    return msgspec.structs.replace(state, epochs=kept, meter=spent), reply, row


def refused(state: Owner, question: Question, error: PointerError, now: dt.datetime) -> Row:
    """Return the log row for a question that was refused."""
    return Row(
        at=now, event="pointers:question:refused", partner=state.asker, scope=question.scope,
        number=question.number, elements=len(split(question.elements)), message=digest(question),
        outcome=error.rule,
    )  # fmt: skip


def _searched(state: Owner, scope: Scope, terms: Terms, now: dt.datetime) -> Search:
    if (scope.owner, scope.asker) != (state.me, state.asker):
        raise PointerError("stranger", "the scope names other agencies", state.asker)
    search = terms.search(scope.subject, state.me, scope.purpose, now)
    if scope.agreement != terms.agreement or search is None:
        raise PointerError("agreement", "no clause gives this search for this purpose", state.asker)
    return search


def _epoch(state: Owner, question: Question, now: dt.datetime) -> Epoch:
    named = (question.scope, question.number)
    found = next((item for item in state.epochs if (item.scope, item.number) == named), None)
    if found is None or not found.answers(now):
        raise PointerError("epoch", f"epoch {question.number} is not open", state.asker)
    if found.catalogue != question.catalogue:
        raise PointerError("catalogue", "the question names another set", state.asker)
    if question.id in found.seen:
        raise PointerError("replay", "the question was answered before", state.asker)
    return found


def _elements(asker: str, question: Question) -> tuple[bytes, ...]:
    elements = split(question.elements)
    if len(elements) not in QUESTIONS:
        sizes = ", ".join(f"{size:,}" for size in QUESTIONS)
        raise PointerError("size", f"a question of {sizes} elements was expected", asker)
    if any(left >= right for left, right in pairwise(elements)):
        raise PointerError("element", "different elements in ascending order were expected", asker)
    if not all(map(group.is_element, elements)):
        raise PointerError("element", "elements of the group were expected", asker)
    return elements


def _row(event: Event, epoch: Epoch, now: dt.datetime, elements: int = 0, message: str = "") -> Row:
    return Row(
        at=now, event=event, partner=epoch.scope.asker, scope=epoch.scope, number=epoch.number,
        elements=elements, message=message,
    )  # fmt: skip
