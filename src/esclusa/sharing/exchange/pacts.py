"""When an agreement carries a release, and when a lease lets a copy be read.

Leases are told as moments of the supplier's running clock. The receiver keeps only the *difference*
to the moment at which the batch was made, counted on its own running clock: neither a difference
between the two wall clocks nor setting one changes anything. Time on the way is taken off as far as
it exceeds the agreed difference of clocks.
"""

from __future__ import annotations

import datetime as dt

from esclusa.sharing.exchange import outbox
from esclusa.sharing.exchange.messages import Batch, LeaseRefresh
from esclusa.sharing.exchange.rows import Copy, Lease, Pact
from esclusa.sharing.exchange.state import Draft, State, Tables

_ZERO = dt.timedelta()


def holds(pact: Pact | None, now: dt.datetime) -> bool:
    """Tell whether an agreement is in force; the moment at which it ends is outside."""
    return pact is not None and not pact.ended and pact.begins <= now < pact.ends


def in_force(draft: Draft, partner: str) -> Pact | None:
    """Return the agreement in force with a partner, None when there is none."""
    pact = draft.pacts.get(partner)
    return pact if holds(pact, draft.now) else None


def covers(draft: Draft, partner: str, agreement: str) -> bool:
    """Tell whether what was released under that text may be held: it must be ours, and in force."""
    pact = in_force(draft, partner)
    return pact is not None and pact.digest == agreement


def running(draft: Draft, supplier: str, originator: str) -> bool:
    """Tell whether copies of an originator from a supplier may be read now."""
    lease = draft.leases.get((supplier, originator))
    return lease is not None and draft.run < lease.ends


def readable(state: State, copy: Copy, now: dt.datetime) -> bool:
    """Tell whether a person may be shown a copy: the one question that a gate asks of this room."""
    clock, lease = state.clock.get(""), state.leases.get((copy.supplier, copy.originator))
    return (
        state.ready
        and copy.content is not None
        and lease is not None
        and clock is not None
        and clock.at(now) < lease.ends
        and holds(state.pacts.get(copy.supplier), now)
        and not expired(copy, now)
    )


def expired(copy: Copy, now: dt.datetime) -> bool:
    """Tell whether the last day for keeping a copy has passed (UTC)."""
    last = copy.marking.retain_until
    return last is not None and now.date() > last


def lend(draft: Draft, partner: str, originator: str) -> None:
    """Let a partner read an originator's copies from us for the agreed time, renewed at half of it.

    What we pass on for others is lent no longer than it is lent to us.
    """
    pact = draft.pacts.get(partner)
    if pact is None:
        return
    lent = draft.lent.get((partner, originator))
    if lent is not None:
        left = lent.ends - draft.run
        if left + left >= pact.lease:
            return
    if not holds(pact, draft.now):
        return
    span = pact.lease if originator == draft.me else min(pact.lease, remaining(draft, originator))
    if span > _ZERO and (lent is None or draft.run + span > lent.ends):
        draft.put(Tables.lent, (partner, originator), Lease(draft.run + span))
        outbox.append(draft, partner, LeaseRefresh(originator, draft.run + span, pact.digest))


def lend_anew(draft: Draft, partner: str, originator: str) -> None:
    """Lend again to a partner that does not have what we lent it."""
    draft.put(Tables.lent, (partner, originator), Lease(draft.run))
    lend(draft, partner, originator)


def remaining(draft: Draft, originator: str) -> dt.timedelta:
    """Return how long we may read copies of an originator ourselves, by the shortest lease."""
    ends = [lease.ends for (_, named), lease in draft.leases.items() if named == originator]
    return min(ends) - draft.run if ends else _ZERO


def refreshed(draft: Draft, batch: Batch, message: LeaseRefresh) -> bool:
    """Take in a lease; returns whether reading resumes after it had stopped."""
    sender = batch.sender
    pact = in_force(draft, sender)
    if pact is None or pact.digest != message.agreement:
        return False
    late = max(draft.now - batch.made - pact.skew, _ZERO)
    span = min(message.ends - batch.run, pact.lease) - late
    was = running(draft, sender, message.originator)
    draft.put(Tables.leases, (sender, message.originator), Lease(draft.run + span))
    return span > _ZERO and not was
