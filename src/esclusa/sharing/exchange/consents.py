"""Third-agency consent: asked along the path by which the record came, answered the same way back.

A question is named by what it asks (originator, record, asker, to, use), never by a counter: an
answer to one question can therefore never be taken for the answer to another, even when one of the
nodes was restored from a backup in between. The originator numbers its answers to one question; the
highest number holds, and each is signed by the originator itself.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import derived, grants, outbox, receipts
from esclusa.sharing.exchange.messages import ConsentAnswer, ConsentAsk
from esclusa.sharing.exchange.rows import Consent, ConsentKey, Copy
from esclusa.sharing.exchange.state import Draft, Tables

_NOT_ASKED: Final = Consent()


def key_of(message: ConsentAsk | ConsentAnswer) -> ConsentKey:
    """Return what a question asks."""
    return (message.originator, message.record, message.asker, message.to, message.use)


def ask(draft: Draft, copy: Copy, question: ConsentAsk) -> None:
    """Send a question of ours on its way.

    :raises ExchangeError: when the agreement says that such questions are refused by rule.
    """
    if copy.onward.rule == "never":
        raise ExchangeError("consent", "the agreement lets nothing go on", copy.supplier)
    row = draft.consents.get(key_of(question)) or _NOT_ASKED
    ways = with_way(row, copy.supplier)
    draft.put(Tables.consents, key_of(question), Consent(row.answer, ways=ways))
    outbox.append(draft, copy.supplier, question)
    draft.note("exchange:consent:asked", copy.supplier)


def asked(draft: Draft, sender: str, message: ConsentAsk) -> None:
    """Take in a question: keep it for a person when the record is ours, send it on when it is not.

    A question about a record that we did not supply to the sender is not for us to answer.
    """
    grant = draft.grants.get((sender, message.originator, message.record))
    if grant is None:
        draft.alarm("consent", sender, f"{sender} asks about a record that we did not supply")
        return
    key = key_of(message)
    row = draft.consents.get(key) or _NOT_ASKED
    partner = ""
    if message.originator != draft.me:
        partner = receipts.upstream(draft, message.originator, message.record, grant.via)
    ways = with_way(row, partner)
    draft.put(Tables.consents, key, Consent(row.answer, sender, ways=ways))
    if row.answer is not None:
        outbox.append(draft, sender, row.answer)
    if partner and (row.answer is None or ways != row.ways):
        outbox.append(draft, partner, message)
    draft.note("exchange:consent:asked", sender)


def answer(draft: Draft, given: ConsentAnswer) -> None:
    """Record our answer to a question about a record of ours, and send it back.

    :raises ExchangeError: when it is not ours to give, not the next, or not signed by us.
    """
    key = key_of(given)
    row = draft.consents.get(key)
    last = row.answer.number if row is not None and row.answer is not None else 0
    if given.originator != draft.me or row is None:
        raise ExchangeError("consent", "nobody has asked us this")
    if given.number != last + 1 or not draft.rules.trusts(given):
        raise ExchangeError("consent", f"answer {last + 1} signed by us was expected")
    draft.put(Tables.consents, key, Consent(given, row.back))
    if row.back:
        outbox.append(draft, row.back, given)
    draft.note("exchange:consent:answered", row.back)


def with_way(row: Consent, supplier: str) -> tuple[tuple[str, bool], ...]:
    """Return the ways of a question once it goes to this supplier too; "" is none."""
    if not supplier or supplier in dict(row.ways):
        return row.ways
    return (*row.ways, (supplier, False))


def heard(row: Consent, supplier: str) -> tuple[tuple[str, bool], ...]:
    """Return the ways of a question once an answer has come back from this supplier."""
    return tuple((name, answered or name == supplier) for name, answered in row.ways)


def is_news(draft: Draft, message: ConsentAnswer) -> bool:
    """Tell whether an answer is the originator's own and later than the one we have.

    A restored originator may have given a number twice: then the answer that allows less holds.
    """
    row = draft.consents.get(key_of(message))
    known = row.answer if row is not None else None
    later = known is None or message.number > known.number
    again = known is not None and message.number == known.number and is_stricter(message, known)
    return message.originator != draft.me and (later or again) and draft.rules.trusts(message)


def is_stricter(one: ConsentAnswer, two: ConsentAnswer) -> bool:
    """Tell whether one answer allows less than another."""
    if not (one.granted and two.granted):
        return two.granted and not one.granted
    return one.until is not None and (two.until is None or one.until < two.until)


def answered(draft: Draft, sender: str, message: ConsentAnswer) -> None:
    """Take in an answer: act on it when the question was ours, else hand it back down."""
    if not draft.rules.trusts(message):
        draft.alarm("consent", sender, f"{sender} sent a consent that its originator did not sign")
        return
    key = key_of(message)
    row = draft.consents.get(key) or _NOT_ASKED
    ways, back = heard(row, sender), row.back
    if not is_news(draft, message):
        if ways != row.ways:
            draft.put(Tables.consents, key, msgspec.structs.replace(row, ways=ways))
        return
    draft.put(Tables.consents, key, Consent(message, back, ways=ways))
    draft.note("exchange:consent:answered", sender)
    if message.asker == draft.me:
        take_effect(draft, message)
    elif back or draft.pacts.get(message.asker) is not None:
        outbox.append(draft, back or message.asker, message)


def take_effect(draft: Draft, message: ConsentAnswer) -> None:
    """Bring everyone concerned to what an answer allows now."""
    for supplier in draft.pacts:
        key = (supplier, message.originator, message.record)
        copy = draft.copies.get(key)
        if copy is not None:
            grants.follow(draft, copy)
            lost = message.use == "derive" and not message.granted
            derived.source_changed(draft, key, reopen=lost)


def lapse(draft: Draft) -> None:
    """Act on grants of consent whose time has run out."""
    for key, row in draft.consents.items():
        given = row.answer
        if given is None or not given.granted or row.lapsed or given.until is None:
            continue
        if draft.now >= given.until:
            draft.put(Tables.consents, key, msgspec.structs.replace(row, lapsed=True))
            if given.asker == draft.me:
                take_effect(draft, given)
