"""Faults of originator control: passing on and building upon without the originator's word."""

from __future__ import annotations

from typing import Any

import msgspec

from bugs.planting import always, nothing, plant, without
from esclusa.sharing.exchange import (
    consents,
    derived,
    grants,
    holdings,
    onward,
    outbox,
    pacts,
    receipts,
    resync,
)
from esclusa.sharing.exchange.rows import Consent
from esclusa.sharing.exchange.state import Tables

replace = msgspec.structs.replace


@plant(onward, "is_free", "22 CFR 9.12")
def the_list_of_agencies_beats_originator_control(right: Any) -> Any:
    return lambda copy, to: copy.onward.rule == "within" and to in copy.onward.agencies


@plant(onward, "is_free", "SIENA H2")
def any_agency_is_on_the_list(right: Any) -> Any:
    return lambda copy, to: right(copy, to) or copy.onward.rule == "within"


@plant(onward, "is_free", "22 CFR 9.12")
def what_is_not_under_control_is_free(right: Any) -> Any:
    return lambda copy, to: not onward.labels.under_control(copy.marking)


@plant(onward, "allowed", "SIENA H2")
def never_is_not_never(right: Any) -> Any:
    return lambda draft, copy, to, use: (
        to != copy.originator
        and (onward.is_free(copy, to) or onward.consent(draft, copy, to, use) is not None)
    )


@plant(onward, "allowed", "MISP 6033")
def a_record_is_passed_back_to_its_originator(right: Any) -> Any:
    return lambda draft, copy, to, use: to == copy.originator or right(draft, copy, to, use)


@plant(onward, "consent", "CIA memo 1982")
def one_consent_serves_every_use(right: Any) -> Any:
    return lambda draft, copy, to, use: (
        right(draft, copy, to, "pass") or right(draft, copy, to, "derive")
    )


def _any(draft: Any, fits: Any) -> Any:
    for key, row in draft.consents.items():
        if row.answer is not None and fits(key) and onward.stands(row.answer, draft.now):
            return row.answer
    return None


@plant(onward, "consent", "22 CFR 9.12")
def one_consent_serves_every_agency(right: Any) -> Any:
    return lambda draft, copy, to, use: _any(
        draft,
        lambda key: key[:3] == (copy.originator, copy.record, draft.me) and key[4] == use,
    )


@plant(onward, "consent", "22 CFR 9.12")
def one_consent_serves_every_record(right: Any) -> Any:
    return lambda draft, copy, to, use: _any(
        draft, lambda key: key[0] == copy.originator and key[2:] == (draft.me, to, use)
    )


@plant(onward, "stands", "22 CFR 9.12")
def any_answer_is_a_yes(right: Any) -> Any:
    return lambda answer, now: answer.until is None or now < answer.until


@plant(onward, "stands", "22 CFR 9.12")
def a_consent_never_ends(right: Any) -> Any:
    return lambda answer, now: answer.granted


@plant(consents, "lapse", "22 CFR 9.12")
def a_consents_end_is_not_acted_on(right: Any) -> Any:
    return nothing


@plant(onward, "may_build", "CIA memo 1982")
def building_at_home_needs_no_consent(right: Any) -> Any:
    return always(right)


@plant(onward, "_root_reaches", "CIA memo 1982")
def what_was_built_may_go_where_it_likes(right: Any) -> Any:
    return lambda draft, partner, copy: (
        copy is not None and copy.content is not None and onward.may_build(draft, copy)
    )


@plant(onward, "_root_reaches", "OpenCTI 17576")
def what_was_built_on_a_lost_source_stays_out(right: Any) -> Any:
    return lambda draft, partner, copy: (
        copy is not None
        and (partner == copy.originator or onward.allowed(draft, copy, partner, "derive"))
    )


@plant(onward, "proves", "22 CFR 9.12")
def the_receiver_takes_any_consent(right: Any) -> Any:
    return lambda draft, sender, given, key: given is not None


@plant(onward, "proves", "22 CFR 9.12")
def the_receiver_checks_no_signature(right: Any) -> Any:
    return lambda draft, sender, given, key: (
        (given.originator, given.record) == key
        and given.asker == sender
        and given.to == draft.me
        and given.granted
    )


@plant(onward, "proves", "22 CFR 9.12")
def the_receiver_takes_a_consent_for_another_record(right: Any) -> Any:
    return lambda draft, sender, given, key: given.granted and draft.rules.trusts(given)


@plant(holdings, "refusal", "22 CFR 9.12")
def the_receiver_asks_for_no_consent(right: Any) -> Any:
    return without(right, "consent")


@plant(consents, "take_effect", "22 CFR 9.12")
def a_later_no_is_not_acted_on(right: Any) -> Any:
    return nothing


@plant(consents, "answered", "G11")
def an_answer_is_believed_unsigned(right: Any) -> Any:
    def answered(draft: Any, sender: str, message: Any) -> None:
        draft.put(Tables.consents, consents.key_of(message), Consent(message))
        consents.take_effect(draft, message)

    return answered


@plant(consents, "is_news", "minemeld-core 400")
def the_last_answer_to_arrive_holds(right: Any) -> Any:
    return lambda draft, message: message.originator != draft.me


@plant(consents, "answered", "22 CFR 9.12")
def an_answer_is_not_handed_down(right: Any) -> Any:
    def answered(draft: Any, sender: str, message: Any) -> None:
        if message.asker == draft.me:
            right(draft, sender, message)

    return answered


@plant(consents, "asked", "22 CFR 9.12")
def a_question_is_not_sent_on(right: Any) -> Any:
    def asked(draft: Any, sender: str, message: Any) -> None:
        if message.originator == draft.me:
            right(draft, sender, message)

    return asked


@plant(consents, "asked", "MISP 9596")
def anybody_may_ask_about_any_record(right: Any) -> Any:
    def asked(draft: Any, sender: str, message: Any) -> None:
        row = draft.consents.get(consents.key_of(message))
        draft.put(
            Tables.consents,
            consents.key_of(message),
            Consent(row.answer if row is not None else None, sender),
        )

    return asked


@plant(consents, "asked", "MISP 1668")
def a_question_is_sent_to_everybody(right: Any) -> Any:
    def asked(draft: Any, sender: str, message: Any) -> None:
        right(draft, sender, message)
        if message.originator != draft.me:
            for partner in draft.pacts:
                if partner != sender:
                    outbox.append(draft, partner, message)

    return asked


@plant(receipts, "relay", "MISP 10019")
def a_receipt_is_sent_to_everybody(right: Any) -> Any:
    def relay(draft: Any, grant: Any, message: Any) -> None:
        for partner in draft.pacts:
            outbox.append(draft, partner, message)

    return relay


@plant(resync, "_own_consent", "G11")
def a_forgotten_consent_is_believed_unsigned(right: Any) -> Any:
    def own_consent(draft: Any, partner: str, given: Any) -> None:
        draft.put(Tables.consents, consents.key_of(given), Consent(given, partner))

    return own_consent


@plant(derived, "check_held", "X-Road 207")
def a_hidden_copy_is_passed_on(right: Any) -> Any:
    def check_held(draft: Any, key: Any) -> Any:
        copy = draft.copies.get(key)
        if copy is None or copy.content is None:
            return right(draft, key)
        return copy

    return check_held


@plant(onward, "is_hidden", "X-Road 207")
def a_hidden_copys_changes_go_on(right: Any) -> Any:
    return lambda draft, item: False


@plant(grants, "follow", "MISP 698")
def onward_holders_are_forgotten(right: Any) -> Any:
    return nothing


@plant(pacts, "remaining", "EDC 76")
def what_is_passed_on_is_lent_for_ever(right: Any) -> Any:
    return lambda draft, originator: 100 * next(iter(draft.pacts.values())).lease
