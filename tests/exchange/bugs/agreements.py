"""Faults of agreements: texts that are not in force, not the same, or over."""

from __future__ import annotations

from typing import Any

import msgspec

from bugs.planting import nothing, plant, without
from esclusa.sharing.exchange import agreements, grants, holdings, outbox, pacts
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.exchange.state import Tables

replace = msgspec.structs.replace


def _end(right: Any, *, recalls: bool, lets_go: bool) -> Any:
    def end(draft: Any, partner: str) -> None:
        pact = draft.pacts.get(partner)
        if pact is None or pact.ended:
            right(draft, partner)
        draft.put(Tables.pacts, partner, replace(pact, ended=True))
        said = agreements.AgreementChange(pact.digest, ended=True)
        outbox.append(draft, partner, said)
        for key, grant in draft.grants.items() if recalls else ():
            if key[0] == partner:
                grants.stop(draft, key, grant, grant.version)
        for key, copy in draft.copies.items() if lets_go else ():
            if key[0] == partner and copy.content is not None:
                holdings.let_go(draft, key, copy, "agreement")

    return end


@plant(agreements, "end", "tractusx-edc 2259")
def the_end_of_an_agreement_leaves_the_copies(right: Any) -> Any:
    return _end(right, recalls=True, lets_go=False)


@plant(agreements, "end", "tractusx-edc 2259")
def the_end_of_an_agreement_takes_nothing_back(right: Any) -> Any:
    return _end(right, recalls=False, lets_go=True)


@plant(agreements, "renew", "MISP 7409")
def a_new_text_changes_nothing_that_is_out(right: Any) -> Any:
    return nothing


@plant(agreements, "_renew_grant", "SIENA H2")
def a_new_text_changes_nothing_that_was_passed_on(right: Any) -> Any:
    return nothing


@plant(agreements, "renew", "MISP 10439")
def what_was_refused_is_not_offered_under_a_new_text(right: Any) -> Any:
    def renew(draft: Any, partner: str) -> None:
        refused = {
            key: grant
            for key, grant in draft.grants.items()
            if key[0] == partner and grant.state is Grade.REFUSED
        }
        right(draft, partner)
        for key, grant in refused.items():
            draft.put(Tables.grants, key, grant)

    return renew


@plant(agreements, "lapse", "tractusx-edc 2259")
def a_texts_last_moment_is_not_noticed(right: Any) -> Any:
    return nothing


@plant(agreements, "announced", "EDC 3867")
def what_the_other_side_ended_goes_on(right: Any) -> Any:
    return lambda draft, sender, message: None if message.ended else right(draft, sender, message)


@plant(agreements, "announced", "MISP 4814")
def a_text_that_both_hold_starts_nothing(right: Any) -> Any:
    return lambda draft, sender, message: right(draft, sender, message) if message.ended else None


@plant(pacts, "covers", "EDC 3867")
def any_text_will_do(right: Any) -> Any:
    return lambda draft, partner, agreement: pacts.in_force(draft, partner) is not None


@plant(pacts, "covers", "tractusx-edc 2259")
def a_text_that_is_over_will_do(right: Any) -> Any:
    def covers(draft: Any, partner: str, agreement: str) -> bool:
        pact = draft.pacts.get(partner)
        return pact is not None and pact.digest == agreement

    return covers


@plant(pacts, "in_force", "tractusx-edc 2259")
def a_text_is_always_in_force(right: Any) -> Any:
    return lambda draft, partner: draft.pacts.get(partner)


@plant(pacts, "holds", "tractusx-edc 2259")
def an_ended_text_holds_to_its_last_day(right: Any) -> Any:
    return lambda pact, now: pact is not None and pact.begins <= now < pact.ends


@plant(pacts, "holds", "EDC 76")
def a_text_has_no_last_day(right: Any) -> Any:
    return lambda pact, now: pact is not None and not pact.ended and pact.begins <= now


@plant(outbox, "_bare", "tractusx-edc 2259")
def content_in_the_outbox_goes_after_the_end(right: Any) -> Any:
    return lambda message: message


@plant(holdings, "refusal", "EDC 3867")
def content_under_an_unknown_text_is_taken(right: Any) -> Any:
    return without(right, "agreement")


@plant(grants, "wanted", "EDC 3867")
def no_agreement_is_needed_to_release(right: Any) -> Any:
    def wanted(draft: Any, partner: str, item: Any) -> Any:
        pact = draft.pacts.get(partner)
        if item.content is None or not grants.onward.reaches(draft, partner, item):
            return None
        cut = draft.rules.release(item, partner, pact)
        return cut if cut is not None and grants.is_lawful(draft, item, cut) else None

    return wanted
