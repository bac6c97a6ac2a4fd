"""Faults of time: leases, clocks that are wrong, ends that nobody notices."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from bugs.planting import nothing, plant
from esclusa.sharing.exchange import holdings, inbox, pacts, receipts, requests
from esclusa.sharing.exchange.rows import Clock, Lease
from esclusa.sharing.exchange.state import Tables

replace = msgspec.structs.replace
_ZERO = dt.timedelta()


@plant(pacts, "refreshed", "X-Road 197")
def a_lease_ends_by_the_suppliers_wall_clock(right: Any) -> Any:
    def refreshed(draft: Any, batch: Any, message: Any) -> bool:
        pact = pacts.in_force(draft, batch.sender)
        if pact is None or pact.digest != message.agreement:
            return False
        span = message.ends - batch.run + (batch.made - draft.now)
        was = pacts.running(draft, batch.sender, message.originator)
        draft.put(Tables.leases, (batch.sender, message.originator), Lease(draft.run + span))
        return span > _ZERO and not was

    return refreshed


@plant(pacts, "refreshed", "X-Road 207")
def time_on_the_way_is_not_taken_off(right: Any) -> Any:
    return lambda draft, batch, message: right(draft, replace(batch, made=draft.now), message)


@plant(pacts, "refreshed", "X-Road 207")
def a_lease_counts_from_when_it_arrives(right: Any) -> Any:
    def refreshed(draft: Any, batch: Any, message: Any) -> bool:
        pact = pacts.in_force(draft, batch.sender)
        if pact is None or pact.digest != message.agreement:
            return False
        was = pacts.running(draft, batch.sender, message.originator)
        draft.put(Tables.leases, (batch.sender, message.originator), Lease(draft.run + pact.lease))
        return not was

    return refreshed


@plant(pacts, "refreshed", "tractusx-edc 2259")
def a_lease_may_be_longer_than_agreed(right: Any) -> Any:
    def refreshed(draft: Any, batch: Any, message: Any) -> bool:
        pact = pacts.in_force(draft, batch.sender)
        if pact is None or pact.digest != message.agreement:
            return False
        was = pacts.running(draft, batch.sender, message.originator)
        span = message.ends - batch.run
        draft.put(Tables.leases, (batch.sender, message.originator), Lease(draft.run + span))
        return not was

    return refreshed


@plant(pacts, "refreshed", "EDC 3867")
def a_lease_under_another_text_counts(right: Any) -> Any:
    def refreshed(draft: Any, batch: Any, message: Any) -> bool:
        pact = draft.pacts.get(batch.sender)
        return bool(right(draft, batch, replace(message, agreement=pact.digest)))

    return refreshed


@plant(Clock, "at", "X-Road 513")
def a_clock_set_back_gives_time(right: Any) -> Any:
    return lambda clock, now: clock.run + (now - clock.wall)


@plant(Clock, "at", "X-Road 513")
def the_clock_does_not_run(right: Any) -> Any:
    return lambda clock, now: clock.run


@plant(pacts, "readable", "X-Road 207")
def reading_goes_on_after_the_lease(right: Any) -> Any:
    return lambda state, copy, now: (
        copy.content is not None
        and pacts.holds(state.pacts.get(copy.supplier), now)
        and not pacts.expired(copy, now)
    )


@plant(pacts, "readable", "tractusx-edc 2259")
def reading_goes_on_after_the_agreement(right: Any) -> Any:
    def readable(state: Any, copy: Any, now: Any) -> bool:
        lease = state.leases.get((copy.supplier, copy.originator))
        return (
            copy.content is not None
            and lease is not None
            and state.clock[""].at(now) < lease.ends
            and not pacts.expired(copy, now)
        )

    return readable


@plant(pacts, "readable", "EDC 76")
def reading_goes_on_after_the_last_day(right: Any) -> Any:
    def readable(state: Any, copy: Any, now: Any) -> bool:
        endless = replace(copy, marking=replace(copy.marking, retain_until=None))
        return bool(right(state, endless, now))

    return readable


@plant(holdings, "_let_go_all", "EDC 76")
def a_hidden_copy_is_never_erased(right: Any) -> Any:
    return nothing


@plant(holdings, "expire", "xroad-joint 152")
def a_copy_is_erased_as_soon_as_it_is_hidden(right: Any) -> Any:
    def expire(draft: Any) -> None:
        for pair, lease in draft.leases.items():
            if draft.run >= lease.ends:
                draft.drop(Tables.leases, pair)
                holdings._let_go_all(draft, pair)
        right(draft)

    return expire


@plant(pacts, "lend", "xroad-joint 152")
def a_lease_is_never_renewed(right: Any) -> Any:
    def lend(draft: Any, partner: str, originator: str) -> None:
        if draft.lent.get((partner, originator)) is None:
            right(draft, partner, originator)

    return lend


@plant(pacts, "lend", "OpenCTI 1360")
def a_lease_is_renewed_at_every_step(right: Any) -> Any:
    def lend(draft: Any, partner: str, originator: str) -> None:
        draft.put(Tables.lent, (partner, originator), Lease(draft.run))
        right(draft, partner, originator)

    return lend


@plant(pacts, "lend_anew", "MISP 10439")
def a_lost_lease_is_not_lent_again(right: Any) -> Any:
    return nothing


@plant(receipts, "renew", "MISP 10439")
def a_lapsed_copy_never_comes_back(right: Any) -> Any:
    return nothing


@plant(holdings, "resumed", "MISP 10439")
def what_lapsed_onward_never_comes_back(right: Any) -> Any:
    return nothing


@plant(inbox, "check", "X-Road 197")
def any_difference_of_clocks_stops_the_exchange(right: Any) -> Any:
    def check(draft: Any, verified: Any) -> None:
        right(draft, verified)
        if verified.batch.made > draft.now:
            raise inbox.ExchangeError("clock", "made after our now", verified.batch.sender)

    return check


@plant(inbox, "check", "X-Road 197")
def a_batch_from_the_future_is_taken(right: Any) -> Any:
    def check(draft: Any, verified: Any) -> None:
        try:
            right(draft, verified)
        except inbox.ExchangeError as error:
            if error.rule != "clock":
                raise

    return check


@plant(inbox, "check", "minemeld-core 400")
def a_delayed_batch_is_thrown_away(right: Any) -> Any:
    def check(draft: Any, verified: Any) -> None:
        right(draft, verified)
        if verified.batch.made < draft.now - dt.timedelta(hours=1):
            raise inbox.ExchangeError("clock", "made long ago", verified.batch.sender)

    return check


@plant(requests, "escalate", "Directive 2023/977")
def a_late_request_is_never_told(right: Any) -> Any:
    return nothing


@plant(requests, "escalate", "Directive 2023/977")
def a_late_request_is_told_at_every_step(right: Any) -> Any:
    def escalate(draft: Any) -> None:
        right(draft)
        for key, question in draft.questions.items():
            if question.late:
                draft.put(Tables.questions, key, question)
                draft.alarm("request", key[0], "late")

    return escalate
