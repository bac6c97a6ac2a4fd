"""Faults of coming back: a node set up from an old backup, and what its partners make of it."""

from __future__ import annotations

from typing import Any

import msgspec

from bugs.planting import nothing, plant
from esclusa.sharing.exchange import core, outbox, resync
from esclusa.sharing.exchange.messages import Checkpoint
from esclusa.sharing.exchange.rows import Hold, Outbox
from esclusa.sharing.exchange.state import Tables

replace = msgspec.structs.replace


@plant(outbox, "acknowledge", "MISP 10753")
def a_partner_that_knows_more_is_not_heard(right: Any) -> Any:
    def acknowledge(draft: Any, partner: str, seen: Any) -> None:
        box = draft.outboxes.get(partner) or outbox.NEW
        if seen.number <= box.last:
            right(draft, partner, seen)

    return acknowledge


@plant(outbox, "acknowledge", "MISP 10753")
def a_partner_with_another_history_is_not_heard(right: Any) -> Any:
    def acknowledge(draft: Any, partner: str, seen: Any) -> None:
        box = draft.outboxes.get(partner) or outbox.NEW
        if seen.number > box.last:
            right(draft, partner, seen)
        elif seen.number != box.cursor:
            outbox._move_cursor(draft, partner, box, seen.number)

    return acknowledge


@plant(outbox, "resume", "cti-taxii2 50")
def numbers_are_used_twice(right: Any) -> Any:
    def resume(draft: Any, partner: str, seen: Any, rule: str) -> None:
        box = draft.outboxes.get(partner) or outbox.NEW
        draft.put(Tables.outboxes, partner, replace(box, cursor=0, acked=0))
        draft.alarm(rule, partner, "went back")

    return resume


@plant(outbox, "_cut_off", "MISP 10753")
def what_was_not_acknowledged_is_dropped(right: Any) -> Any:
    def cut_off(draft: Any, partner: str, low: int, last: int) -> list[Any]:
        right(draft, partner, low, last)
        return []

    return cut_off


@plant(outbox, "resume", "MISP 8977")
def nobody_asks_what_the_partner_holds(right: Any) -> Any:
    def resume(draft: Any, partner: str, seen: Any, rule: str) -> None:
        box = draft.outboxes.get(partner) or outbox.NEW
        moved = outbox._cut_off(draft, partner, min(box.acked, seen.number), box.last)
        number, head = seen.number, seen.head
        draft.put(Tables.outboxes, partner, Outbox(number, head, number, number, number, head))
        for message in moved:
            outbox.renumber(draft, partner, message, outbox.append(draft, partner, message))
        draft.alarm(rule, partner, "went back")

    return resume


@plant(outbox, "renumber", "MISP 489")
def the_new_place_of_a_statement_is_not_noted(right: Any) -> Any:
    return nothing


@plant(resync, "taken", "MISP 8977")
def a_question_what_is_held_is_not_answered(right: Any) -> Any:
    def taken(draft: Any, sender: str, message: Any) -> None:
        if message.back:
            draft.alarm("fork", sender, "went back")
        else:
            right(draft, sender, message)

    return taken


@plant(resync, "taken", "MISP 10753")
def nobody_is_told_that_a_partner_went_back(right: Any) -> Any:
    def taken(draft: Any, sender: str, message: Any) -> None:
        before = list(draft.alarms)
        right(draft, sender, message)
        draft.alarms[:] = before

    return taken


@plant(outbox, "resume", "MISP 10753")
def nobody_is_told_that_the_node_itself_went_back(right: Any) -> Any:
    def resume(draft: Any, partner: str, seen: Any, rule: str) -> None:
        before = list(draft.alarms)
        right(draft, partner, seen, rule)
        draft.alarms[:] = before

    return resume


@plant(resync, "inventory", "OpenCTI 1838")
def an_inventory_leaves_out_what_was_erased(right: Any) -> Any:
    def inventory(draft: Any, partner: str) -> Checkpoint:
        whole = right(draft, partner)
        return replace(whole, holds=tuple(held for held in whole.holds if held.held))

    return inventory


@plant(resync, "inventory", "MISP 10881")
def an_inventory_is_cut_short(right: Any) -> Any:
    def inventory(draft: Any, partner: str) -> Checkpoint:
        whole = right(draft, partner)
        return replace(whole, holds=whole.holds[:1])

    return inventory


@plant(resync, "forgotten", "MISP 8977")
def what_was_given_and_forgotten_stays_forgotten(right: Any) -> Any:
    return nothing


@plant(resync, "needs_repeat", "MISP 10439")
def what_a_partner_missed_is_not_said_again(right: Any) -> Any:
    return lambda grant, held: False


@plant(resync, "is_other", "MISP 10753")
def two_contents_under_one_number_are_not_noticed(right: Any) -> Any:
    return lambda grant, held: False


@plant(resync, "reconcile", "MISP 10439")
def what_a_partner_never_got_is_not_said_again(right: Any) -> Any:
    def reconcile(draft: Any, partner: str, message: Any, holds: Any) -> None:
        for held in holds:
            resync._compare(draft, partner, held, message.number)
        for given in message.consents:
            resync._own_consent(draft, partner, given)

    return reconcile


@plant(resync, "_unaccounted", "OpenCTI 8545")
def a_forgotten_record_waits_for_nobody(right: Any) -> Any:
    def unaccounted(draft: Any, partner: str, record: str, held: Any) -> None:
        right(draft, partner, record, held)
        draft.put(Tables.own, record, replace(draft.own.get(record), hold=Hold.NONE))

    return unaccounted


@plant(resync, "_unaccounted", "MISP 698")
def a_forgotten_recall_is_not_carried_on(right: Any) -> Any:
    return lambda draft, partner, record, held: right(draft, partner, record, replace(held, why=""))


@plant(resync, "_unaccounted", "minemeld-core 400")
def a_forgotten_version_is_used_again(right: Any) -> Any:
    def unaccounted(draft: Any, partner: str, record: str, held: Any) -> None:
        before = draft.own.get(record)
        right(draft, partner, record, held)
        if before is not None:
            draft.put(Tables.own, record, replace(draft.own.get(record), version=before.version))

    return unaccounted


@plant(resync, "_own_consent", "22 CFR 9.12")
def a_forgotten_consent_stays_forgotten(right: Any) -> Any:
    return nothing


@plant(core, "fork", "MISP 10753")
def a_fork_is_refused_in_silence(right: Any) -> Any:
    return lambda draft, error: replace(right(draft, error), alarms=())


@plant(core, "refusal", "MISP 10753")
def a_refusal_raises_no_alarm(right: Any) -> Any:
    return lambda state, error: replace(right(state, error), alarms=())
