"""Faults of letting go: recalls, erasures, receipts, and what rests on what is gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec

from bugs.planting import always, nothing, plant
from esclusa.sharing.exchange import derived, grants, holdings, moves, outbox, pacts, receipts
from esclusa.sharing.exchange.messages import CLASSES, Receipt
from esclusa.sharing.exchange.rows import Hold, Owed
from esclusa.sharing.exchange.state import Tables

replace = msgspec.structs.replace


@plant(holdings, "recall", "MISP 8977")
def a_recall_is_not_heeded(right: Any) -> Any:
    return nothing


@plant(holdings, "let_go", "MISP 4681")
def a_recall_hides_and_keeps(right: Any) -> Any:
    def let_go(draft: Any, key: Any, copy: Any, reason: Any, why: str = "") -> None:
        draft.put(Tables.copies, key, replace(copy, why=why or reason))
        holdings.owe(draft, key, copy, reason)
        grants.follow(draft, replace(copy, content=None))
        derived.source_changed(draft, key, reopen=True)

    return let_go


@plant(holdings, "let_go", "MISP 698")
def a_recall_stops_at_the_first_holder(right: Any) -> Any:
    def let_go(draft: Any, key: Any, copy: Any, reason: Any, why: str = "") -> None:
        row = replace(copy, content=None, why=why or reason)
        draft.put(Tables.copies, key, row)
        holdings.owe(draft, key, row, reason)
        derived.source_changed(draft, key, reopen=True)

    return let_go


@plant(grants, "spread", "OpenCTI 1838")
def a_withdrawal_is_told_to_nobody(right: Any) -> Any:
    return lambda draft, own, said="put": own.content is not None and right(draft, own, said)


@plant(grants, "stop", "OpenCTI 8512")
def what_leaves_the_audience_is_not_recalled(right: Any) -> Any:
    return nothing


@plant(grants, "recall", "MISP 489")
def a_recall_is_noted_and_not_sent(right: Any) -> Any:
    def recall(draft: Any, key: Any, grant: Any, version: int, why: str = "") -> None:
        outbox.blank(draft, key[0], grant.number)
        draft.put(Tables.grants, key, replace(grant, state=grants.Grade.RECALLED))

    return recall


@plant(holdings, "owe", "OpenTAXII 272")
def storage_is_not_told_to_erase(right: Any) -> Any:
    return lambda draft, key, copy, reason: draft.put(
        Tables.owed, key, Owed(reason, copy.version, copy.edition)
    )


@plant(holdings, "owe", "OpenTAXII 278")
def the_erasure_is_not_kept_in_mind(right: Any) -> Any:
    return lambda draft, key, copy, reason: draft.erase.append(key)


@plant(holdings, "settle_debt", "CISE Feedback")
def no_receipt_follows_an_erasure(right: Any) -> Any:
    return lambda draft, key, owed, erased: draft.drop(Tables.owed, key)


@plant(holdings, "settle_debt", "OpenCTI 8545")
def an_erasure_is_reported_for_ever(right: Any) -> Any:
    def settle(draft: Any, key: Any, owed: Any, erased: Any) -> None:
        right(draft, key, owed, erased)
        draft.put(Tables.owed, key, owed)

    return settle


@plant(holdings, "let_go", "OpenCTI 8545")
def a_receipt_is_written_before_the_erasure(right: Any) -> Any:
    def let_go(draft: Any, key: Any, copy: Any, reason: Any, why: str = "") -> None:
        right(draft, key, copy, reason, why)
        said = Receipt(key[1], key[2], copy.version, copy.edition, draft.me, reason)
        outbox.append(draft, key[0], said)

    return let_go


@plant(moves, "CLASSES", "OpenTAXII 278")
def a_receipt_leaves_out_the_exports(right: Any) -> Any:
    return CLASSES[:-1]


@plant(outbox, "blank", "MISP 489")
def content_that_was_taken_back_stays_in_the_outbox(right: Any) -> Any:
    return nothing


@plant(holdings, "refuse", "MISP 7409")
def a_refused_version_leaves_the_old_one(right: Any) -> Any:
    def refuse(draft: Any, key: Any, before: Any, message: Any, rule: str) -> None:
        if before is None or before.content is None:
            right(draft, key, before, message, rule)
        else:
            draft.put(
                Tables.copies,
                key,
                replace(before, version=message.version, edition=message.edition),
            )

    return refuse


@plant(holdings, "_let_go_overtaken", "MISP 4681")
def an_overtaken_version_stays(right: Any) -> Any:
    def stay(draft: Any, key: Any, before: Any, copy: Any) -> None:
        if before is not None and before.content is not None:
            draft.put(
                Tables.copies, key, replace(copy, content=before.content, marking=before.marking)
            )

    return stay


@plant(holdings, "_let_go_overtaken", "OpenTAXII 272")
def an_overtaken_version_is_dropped_without_an_account(right: Any) -> Any:
    return nothing


@plant(pacts, "expired", "EDC 76")
def the_last_day_is_not_noticed(right: Any) -> Any:
    return lambda copy, now: False


@plant(derived, "source_changed", "OpenCTI 9700")
def what_rests_on_a_lost_source_stays(right: Any) -> Any:
    return nothing


@plant(derived, "link", "MISP 7531")
def only_the_newest_use_of_a_source_is_remembered(right: Any) -> Any:
    def link(draft: Any, record: str, roots: Any) -> None:
        for root in roots:
            draft.put(Tables.uses, root, (record,))

    return link


@plant(derived, "source_changed", "OpenCTI 9700")
def nobody_is_told_to_look_again(right: Any) -> Any:
    def source_changed(draft: Any, key: Any, *, reopen: bool) -> None:
        before = list(draft.reopen)
        right(draft, key, reopen=reopen)
        draft.reopen[:] = before

    return source_changed


@plant(derived, "source_changed", "OpenCTI 9700")
def a_lost_source_does_not_stop_what_rests_on_it(right: Any) -> Any:
    def source_changed(draft: Any, key: Any, *, reopen: bool) -> None:
        for record in draft.uses.get(key) or ():
            own = draft.own.get(record)
            if own is not None and reopen and own.hold is Hold.NONE and own.content is not None:
                draft.put(Tables.own, record, replace(own, hold=Hold.REOPENED))
                draft.reopen.append(record)

    return source_changed


@plant(receipts, "relay", "MISP 698")
def receipts_stop_half_way(right: Any) -> Any:
    return nothing


@plant(receipts, "remember", "CISE Feedback")
def a_receipt_is_not_kept(right: Any) -> Any:
    return nothing


@plant(receipts, "is_account", "CISE Feedback")
def nothing_held_blots_out_the_account(right: Any) -> Any:
    return always(right)


@plant(receipts, "is_answer", "MISP 10521")
def an_old_receipt_ends_a_new_grant(right: Any) -> Any:
    return always(right)


@plant(receipts, "act", "OpenCTI 8545")
def a_receipt_changes_nothing(right: Any) -> Any:
    return nothing


@plant(moves, "outbox", "MISP 698")
def an_onward_holder_is_not_reported(right: Any) -> Any:
    return SimpleNamespace(append=nothing)


@plant(receipts, "taken", "OpenTAXII 278")
def another_holders_receipt_ends_the_partners_grant(right: Any) -> Any:
    def taken(draft: Any, sender: str, message: Any) -> None:
        receipts.remember(draft, message)
        grant = draft.grants.get((sender, message.originator, message.record))
        if grant is not None:
            key = (sender, message.originator, message.record)
            if message.version == grant.version:
                receipts.act(draft, key, grant, message)
        if message.originator != draft.me:
            receipts.relay(draft, grant, message)

    return taken
