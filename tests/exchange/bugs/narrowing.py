"""Faults of handling more strictly than before: narrowings, corrections, markings that add up."""

from __future__ import annotations

from typing import Any

import msgspec

from bugs.planting import nothing, plant
from esclusa.sharing.exchange import derived, grants, holdings, labels
from esclusa.sharing.exchange.messages import Correct
from esclusa.sharing.exchange.rows import Grade, Hold
from esclusa.sharing.exchange.state import Tables

replace = msgspec.structs.replace


@plant(holdings, "narrow", "MISP 7409")
def a_narrowing_is_not_heeded(right: Any) -> Any:
    return nothing


@plant(holdings, "_narrowed", "MISP 2223")
def a_narrowing_keeps_the_old_marking(right: Any) -> Any:
    return lambda draft, key, copy, message, marking, content: right(
        draft, key, copy, message, copy.marking, content
    )


@plant(holdings, "kept", "OpenCTI 5141")
def a_narrowing_removes_no_field(right: Any) -> Any:
    return lambda copy, message: copy.content if copy is not None else message.content


@plant(holdings, "_narrowed", "MISP 698")
def a_narrowing_stops_at_the_first_holder(right: Any) -> Any:
    def narrowed(draft: Any, key: Any, copy: Any, message: Any, marking: Any, content: Any) -> None:
        row = replace(
            copy, version=message.version, edition=message.edition, onward=message.onward,
            marking=copy.marking.join(marking), digest=message.digest, content=content,
        )  # fmt: skip
        draft.put(Tables.copies, key, row)
        holdings.owe(draft, key, row, "narrow")
        derived.source_changed(draft, key, reopen=True)

    return narrowed


@plant(holdings, "_narrowed", "MISP 7409")
def a_narrowing_leaves_the_onward_rule(right: Any) -> Any:
    return lambda draft, key, copy, message, marking, content: right(
        draft, key, copy, replace(message, onward=copy.onward), marking, content
    )


@plant(derived, "source_changed", "OpenCTI 9700")
def a_correction_is_taken_for_an_update(right: Any) -> Any:
    def source_changed(draft: Any, key: Any, *, reopen: bool) -> None:
        copy = draft.copies.get(key)
        right(draft, key, reopen=reopen and copy.content is None)

    return source_changed


@plant(derived, "tightened", "OpenCTI 4175")
def what_rests_on_a_narrowed_source_keeps_its_marking(right: Any) -> Any:
    return lambda own, copy: own


@plant(derived, "check_marking", "OpenCTI 4175")
def a_record_may_be_marked_weaker_than_its_source(right: Any) -> Any:
    return nothing


@plant(grants, "is_less", "OpenCTI 4175")
def a_wider_marking_is_said_as_a_narrower_one(right: Any) -> Any:
    return lambda draft, grant, item, cut, partner, said: (
        grant.state is Grade.OUT and cut.digest == grant.digest
    )


@plant(grants, "differs", "MISP 7409")
def a_stricter_marking_alone_is_not_told(right: Any) -> Any:
    return lambda item, grant, cut, partner: (
        item.version != grant.version or cut.digest != grant.digest or cut.onward != grant.onward
    )


@plant(grants, "differs", "SIENA H2")
def a_stricter_onward_rule_alone_is_not_told(right: Any) -> Any:
    return lambda item, grant, cut, partner: (
        item.version != grant.version
        or cut.digest != grant.digest
        or labels.addressed(cut.marking, partner) != grant.marking
    )


@plant(grants, "differs", "OpenCTI 5141")
def fewer_fields_alone_are_not_told(right: Any) -> Any:
    return lambda item, grant, cut, partner: (
        item.version != grant.version or labels.addressed(cut.marking, partner) != grant.marking
    )


@plant(grants, "differs", "MISP 10521")
def the_same_is_said_again_and_again(right: Any) -> Any:
    return lambda item, grant, cut, partner: True


@plant(grants, "compose", "OpenCTI 9700")
def a_correction_is_sent_as_an_update(right: Any) -> Any:
    def compose(
        draft: Any, key: Any, grant: Any, item: Any, cut: Any, said: Any, edition: int, text: str
    ) -> Any:
        said = "put" if said == "correct" else said
        return right(draft, key, grant, item, cut, said, edition, text)

    return compose


@plant(holdings, "take", "OpenCTI 4175")
def markings_only_add_up(right: Any) -> Any:
    def take(draft: Any, sender: str, message: Any) -> None:
        key = (sender, message.originator, message.record)
        before = draft.copies.get(key)
        right(draft, sender, message)
        after = draft.copies.get(key)
        if before is not None and before.content is not None and after.content is not None:
            draft.put(
                Tables.copies, key, replace(after, marking=after.marking.join(before.marking))
            )

    return take


@plant(holdings, "take", "MISP 7409")
def a_new_version_brings_no_new_marking(right: Any) -> Any:
    def take(draft: Any, sender: str, message: Any) -> None:
        key = (sender, message.originator, message.record)
        before = draft.copies.get(key)
        right(draft, sender, message)
        after = draft.copies.get(key)
        if before is not None and before.content is not None and after.content is not None:
            draft.put(Tables.copies, key, replace(after, marking=before.marking))

    return take


@plant(grants, "is_news", "OpenCTI 9700")
def what_waits_for_a_person_goes_to_new_partners(right: Any) -> Any:
    return lambda item, grant, cut, partner: right(
        replace(item, hold=Hold.NONE) if hasattr(item, "hold") else item, grant, cut, partner
    )


@plant(holdings, "take", "OpenCTI 1838")
def a_correction_of_what_is_not_held_is_lost(right: Any) -> Any:
    def take(draft: Any, sender: str, message: Any) -> None:
        before = draft.copies.get((sender, message.originator, message.record))
        if not isinstance(message, Correct) or (before is not None and before.content is not None):
            right(draft, sender, message)

    return take
