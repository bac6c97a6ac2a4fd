"""Faults of order and number: gaps, repeats, pages, acknowledgements, half-stored transitions."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from bugs.planting import always, nothing, plant
from esclusa.sharing.exchange import core, holdings, inbox, outbox, requests
from esclusa.sharing.exchange.messages import Put
from esclusa.sharing.exchange.rows import Entry, Inbox
from esclusa.sharing.exchange.state import Draft, Tables

replace = msgspec.structs.replace


@plant(inbox, "is_old", "connectors 7604")
def the_last_batch_is_answered_for_ever(right: Any) -> Any:
    return lambda batch, inbox: batch.first + len(batch.messages) - 1 <= inbox.number


@plant(inbox, "is_old", "MISP 10521")
def an_old_batch_is_taken_for_a_fork(right: Any) -> Any:
    return lambda batch, inbox: False


@plant(outbox, "make", "cti-python-stix2 479")
def only_the_first_page_is_sent(right: Any) -> Any:
    def make(state: Any, partner: str, now: Any, *, limit: int = 1000) -> Any:
        batch = right(state, partner, now, limit=limit)
        return replace(batch, messages=batch.messages[: max(0, 6 - batch.first)])

    return make


@plant(outbox, "make", "OpenCTI 4537")
def a_message_is_skipped_between_pages(right: Any) -> Any:
    def make(state: Any, partner: str, now: Any, *, limit: int = 1000) -> Any:
        batch = right(state, partner, now, limit=limit)
        if batch.first % 4 == 0 and len(batch.messages) > 1:
            return replace(batch, messages=batch.messages[1:])
        return batch

    return make


@plant(outbox, "make", "OpenCTI 5681")
def the_acknowledged_message_is_counted_twice(right: Any) -> Any:
    def make(state: Any, partner: str, now: Any, *, limit: int = 1000) -> Any:
        batch = right(state, partner, now, limit=limit)
        return replace(batch, first=batch.first + 1) if batch.first > 3 else batch

    return make


@plant(outbox, "make", "cti-taxii-server 152")
def the_place_reached_lives_in_memory(right: Any) -> Any:
    served: dict[tuple[int, str], int] = {}

    def make(state: Any, partner: str, now: Any, *, limit: int = 1000) -> Any:
        batch = right(state, partner, now, limit=limit)
        place = (id(state.entries), partner)
        start = served.get(place, 0)
        served[place] = batch.first + len(batch.messages) - 1
        kept = [m for n, m in enumerate(batch.messages, batch.first) if n > start]
        first = batch.first + len(batch.messages) - len(kept)
        return replace(batch, first=first, messages=tuple(kept))

    return make


@plant(holdings, "is_newer", "minemeld-core 400")
def the_last_to_arrive_wins(right: Any) -> Any:
    return always(right)


@plant(holdings, "is_newer", "OpenCTI 5141")
def editions_are_not_compared(right: Any) -> Any:
    return lambda copy, version, edition: copy is None or version > copy.version


@plant(holdings, "is_newer", "MISP 5544")
def a_repeat_counts_again(right: Any) -> Any:
    return lambda copy, version, edition: (
        copy is None or (version, edition) >= (copy.version, copy.edition)
    )


@plant(holdings, "is_superseded", "MISP 5544")
def an_older_version_comes_in_by_another_path(right: Any) -> Any:
    return lambda *given: False


@plant(holdings, "raise_floor", "MISP 698")
def an_originators_recall_leaves_what_others_passed(right: Any) -> Any:
    return nothing


@plant(inbox, "has_gap", "OpenCTI 4537")
def gaps_are_not_noticed(right: Any) -> Any:
    return lambda batch, inbox: False


@plant(inbox, "chained", "MISP 10753")
def histories_are_not_compared(right: Any) -> Any:
    def chained(batch: Any, inbox: Any) -> list[str]:
        heads, head = [], batch.previous
        for message in batch.messages:
            head = outbox.link(head, message)
            heads.append(head)
        return heads

    return chained


@plant(outbox, "link", "MISP 10753")
def the_chain_covers_no_content(right: Any) -> Any:
    return lambda head, message: sha256(head.encode()).hexdigest()


@plant(outbox, "link", "OpenTAXII 272")
def the_chain_breaks_when_content_is_erased(right: Any) -> Any:
    return lambda head, message: sha256(head.encode() + msgspec.json.encode(message)).hexdigest()


@plant(outbox, "acknowledge", "MISP 10881")
def acknowledgements_are_not_heeded(right: Any) -> Any:
    return nothing


@plant(outbox, "_move_cursor", "MISP 10753")
def a_partner_that_went_back_gets_nothing_again(right: Any) -> Any:
    def move(draft: Any, partner: str, box: Any, number: int) -> None:
        if number > box.cursor:
            right(draft, partner, box, number)

    return move


@plant(outbox, "_follows", "MISP 10753")
def lost_entries_are_not_missed(right: Any) -> Any:
    return lambda *given: True


@plant(core, "handle", "MISP 3381")
def large_records_are_lost_without_an_error(right: Any) -> Any:
    def handle(draft: Any, batch: Any, message: Any) -> None:
        if (
            not isinstance(message, Put)
            or message.content is None
            or len(bytes(message.content.body)) < 30
        ):
            right(draft, batch, message)

    return handle


@plant(core, "handle", "MISP 6030")
def a_batch_is_acknowledged_and_half_taken_in(right: Any) -> Any:
    def handle(draft: Any, batch: Any, message: Any) -> None:
        if message in batch.messages[:3]:
            right(draft, batch, message)

    return handle


@plant(outbox, "append", "MISP 4814")
def nobody_is_told_that_there_is_news(right: Any) -> Any:
    def append(draft: Any, partner: str, message: Any) -> int:
        before = dict(draft.send)
        number = right(draft, partner, message)
        draft.send = before
        return int(number)

    return append


@plant(outbox, "append", "cti-taxii2 50")
def two_messages_bear_one_number(right: Any) -> Any:
    def append(draft: Any, partner: str, message: Any) -> int:
        box = draft.outboxes.get(partner) or outbox.NEW
        if box.last % 5 != 4 or box.last <= box.cursor:
            return int(right(draft, partner, message))
        head = outbox.link(box.head, message)
        draft.put(Tables.entries, (partner, box.last), Entry(message, head))
        draft.put(Tables.outboxes, partner, replace(box, head=head))
        return int(box.last)

    return append


@plant(core, "Inbox", "MISP 6030")
def one_message_more_is_acknowledged_than_came(right: Any) -> Any:
    return lambda number, head: Inbox(number + 1, head)


@plant(requests, "asked", "MISP 10521")
def a_request_that_comes_twice_starts_anew(right: Any) -> Any:
    return lambda draft, sender, message: draft.put(
        Tables.questions,
        (sender, draft.me, message.id),
        requests.Question(message, due=message.due),
    )


@plant(requests, "is_forward", "MISP 5544")
def an_answer_may_be_followed_by_an_earlier_step(right: Any) -> Any:
    return always(right)


@plant(requests, "answered", "MISP 6030")
def an_answer_is_lost(right: Any) -> Any:
    return nothing


@plant(requests, "respond", "Directive 2023/977")
def a_refusal_gives_any_reason(right: Any) -> Any:
    def respond(draft: Any, asker: str, message: Any) -> None:
        pact = draft.pacts.get(asker)
        ground = next(iter(pact.refusals)) if message.step == "refused" else message.reason
        right(draft, asker, replace(message, reason=ground))

    return respond


@plant(Draft, "put", "cti-taxii-server 152")
def a_transition_writes_before_it_is_stored(right: Any) -> Any:
    def put(draft: Any, table: Any, key: Any, row: Any) -> None:
        right(draft, table, key, row)
        getattr(draft, table.name).base[key] = row

    return put


@plant(Draft, "begin", "OpenTAXII 272")
def a_half_migrated_node_goes_on(right: Any) -> Any:
    return lambda state, rules, now: right(replace(state, ready=True), rules, now)


@plant(inbox, "check", "G11")
def anybody_may_sign(right: Any) -> Any:
    def check(draft: Any, verified: Any) -> None:
        right(draft, replace(verified, signer=verified.batch.sender))

    return check


@plant(inbox, "check", "MISP 10381")
def a_batch_for_somebody_else_is_taken(right: Any) -> Any:
    def check(draft: Any, verified: Any) -> None:
        right(draft, replace(verified, batch=replace(verified.batch, receiver=draft.me)))

    return check
