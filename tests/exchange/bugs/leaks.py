"""Faults that show somebody what is not for them."""

from __future__ import annotations

from typing import Any

import msgspec

from bugs.planting import always, plant, without
from esclusa.model.marking import EVERYONE, Marking
from esclusa.sharing.exchange import derived, grants, holdings, labels, onward, outbox, resync
from esclusa.sharing.exchange.messages import Checkpoint, Held
from esclusa.sharing.exchange.rows import Own

replace = msgspec.structs.replace


@plant(labels, "names", "MISP 4200")
def no_audience_means_everybody(right: Any) -> Any:
    return lambda words, word: not words or right(words, word)


@plant(labels, "addressed", "MISP 1668")
def members_see_each_other(right: Any) -> Any:
    return lambda marking, partner: marking


@plant(labels, "read", "OpenCTI 2108")
def an_unknown_marking_means_no_restriction(right: Any) -> Any:
    return lambda raw: right(raw) or Marking(releasable_to=frozenset({EVERYONE}))


@plant(onward, "reaches", "OpenCTI 3133")
def one_of_several_sources_is_enough(right: Any) -> Any:
    def reaches(draft: Any, partner: str, item: Any) -> bool:
        if not isinstance(item, Own) or not item.roots:
            return bool(right(draft, partner, item))
        return labels.names(item.marking.releasable_to, partner) and any(
            onward._root_reaches(draft, partner, draft.copies.get(root)) for root in item.roots
        )

    return reaches


@plant(onward, "_root_reaches", "OpenCTI 17576")
def what_a_record_rests_on_is_not_asked(right: Any) -> Any:
    return always(right)


@plant(derived, "roots_of", "OpenCTI 16814")
def sources_of_sources_are_not_followed(right: Any) -> Any:
    return lambda draft, sources: right(draft, [key for key in sources if key[0] != derived.OWN])


@plant(onward, "reaches", "OpenCTI 2108")
def the_audience_of_an_own_record_is_not_asked(right: Any) -> Any:
    def reaches(draft: Any, partner: str, item: Any) -> bool:
        if isinstance(item, Own):
            everyone = replace(item.marking, releasable_to=frozenset({EVERYONE}))
            item = replace(item, marking=everyone)
        return bool(right(draft, partner, item))

    return reaches


@plant(grants, "compose", "OpenCTI 10090")
def the_whole_record_goes(right: Any) -> Any:
    def compose(
        draft: Any, key: Any, grant: Any, item: Any, cut: Any, said: Any, edition: int, text: str
    ) -> Any:
        digest = outbox.content_digest(item.content)
        whole = replace(cut, content=item.content, digest=digest)
        return right(draft, key, grant, item, whole, said, edition, text)

    return compose


@plant(resync, "inventory", "MISP 10818")
def an_inventory_lists_what_others_supplied(right: Any) -> Any:
    def inventory(draft: Any, partner: str) -> Checkpoint:
        holds = tuple(
            Held(
                c.originator, c.record, c.version, c.edition, c.digest, c.content is not None, c.why
            )
            for c in draft.copies.values()
        )
        return replace(right(draft, partner), holds=holds)

    return inventory


@plant(resync, "inventory", "MISP 10019")
def an_inventory_shows_what_others_consented_to(right: Any) -> Any:
    def inventory(draft: Any, partner: str) -> Checkpoint:
        given = tuple(row.answer for row in draft.consents.values() if row.answer is not None)
        return replace(right(draft, partner), consents=given)

    return inventory


@plant(grants, "is_lawful", "MISP 10381")
def a_release_rule_that_weakens_is_believed(right: Any) -> Any:
    return always(right)


@plant(labels, "is_below", "OpenCTI 3133")
def only_levels_are_compared(right: Any) -> Any:
    return lambda lower, upper: lower.level <= upper.level


@plant(labels, "anyone", "OpenCTI 3133")
def caveats_are_not_compared(right: Any) -> Any:
    return lambda marking: replace(right(marking), caveats=frozenset())


@plant(holdings, "refusal", "MISP 4200")
def the_receiver_trusts_its_sender(right: Any) -> Any:
    return lambda *given: ""


@plant(holdings, "refusal", "MISP 4200")
def the_receiver_does_not_look_for_its_own_name(right: Any) -> Any:
    return without(right, "audience")


@plant(holdings, "refusal", "OpenCTI 2108")
def the_receiver_takes_what_serves_no_purpose(right: Any) -> Any:
    return without(right, "purpose")


@plant(holdings, "refusal", "OpenCTI 2108")
def the_receiver_takes_what_it_cannot_read_the_marking_of(right: Any) -> Any:
    return without(right, "marking")


@plant(holdings, "refusal", "EDC 76")
def the_receiver_takes_what_is_overdue(right: Any) -> Any:
    return without(right, "expiry")


@plant(holdings, "refusal", "MISP 6033")
def an_own_record_comes_back_as_a_copy(right: Any) -> Any:
    return without(right, "own")


@plant(holdings, "refusal", "MISP 10753")
def content_is_not_compared_with_its_digest(right: Any) -> Any:
    return without(right, "content")


@plant(grants, "is_lawful", "EDC 76")
def what_is_overdue_leaves(right: Any) -> Any:
    return lambda draft, item, cut: (
        right(draft, item, replace(cut, marking=replace(cut.marking, retain_until=None)))
        or cut.marking.retain_until is not None
    )
