"""The exchange of one node as a state machine: what a batch does, and what passing time does.

The rules, each shown by the simulator in ``tests/exchange``:

1. Nothing is held without a release path: an agreement in force whose text both sides hold, a
   marking that names the holder, and, beyond the first receiver, the originator's consent or rule.
2. Each node tells each partner through one gapless, hash-chained outbox. Batches may be lost,
   repeated, reordered, delayed for days or carried by hand; what was taken in once changes nothing
   the second time.
3. The originator's numbers order its statements; no clock orders anything.
4. A recall, a narrowing, a correction, the end of an agreement, of a lease or of the time to keep
   reaches every holder, through whomever the copy came, and what rests on it; each holder's receipt
   says what storage erased, by class.
5. A copy may be read while its supplier's lease runs; then it is hidden, then erased, with the
   network cut. A clock that is wrong or set back gives no time.
6. A node whose outbox went back continues after what its partners have read, uses no number
   twice, and takes back or accounts for what it forgot.
7. A batch or message that breaks a rule is refused with one clear word, a person is told, nothing
   is lost, nothing is granted. What lets go (narrow, recall) is heeded when what grants is not.
8. A transition checks first, then notes what it would change, then returns it. Nothing is changed
   until the caller stores all of it at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import (
    agreements,
    consents,
    holdings,
    inbox,
    outbox,
    pacts,
    receipts,
    requests,
    resync,
    runs,
)
from esclusa.sharing.exchange.messages import (
    AgreementChange,
    Answer,
    Batch,
    Checkpoint,
    ConsentAnswer,
    ConsentAsk,
    Correct,
    LeaseRefresh,
    Message,
    Narrow,
    Put,
    Recall,
    Receipt,
    Request,
    Verified,
)
from esclusa.sharing.exchange.rows import Inbox
from esclusa.sharing.exchange.state import Alarm, Audit, Draft, Effects, Rules, State, Tables


def batch_for(state: State, partner: str, now: dt.datetime, *, limit: int = 1000) -> Batch:
    """Return the next batch to a partner; nothing is changed, so it may be made again."""
    if not state.ready:
        raise ExchangeError("not_ready", f"{state.me} is being migrated: nothing moves")
    return outbox.make(state, partner, now, limit=limit)


def receive(state: State, rules: Rules, verified: Verified, now: dt.datetime) -> Effects:
    """Take in a batch whose signature holds. Never raises: a refusal is part of the effects."""
    try:
        draft = Draft.begin(state, rules, now)
        inbox.check(draft, verified)
    except ExchangeError as error:
        return refusal(state, error)
    batch = verified.batch
    sender = batch.sender
    before = draft.inboxes.get(sender) or outbox.UNREAD
    if inbox.is_old(batch, before):
        # Its sender may have gone back: our answer carries how far we have read. What it says of
        # our own outbox is as old as the batch, unless it knows more than we: then we went back.
        draft.wake(sender)
        if batch.seen.number > (draft.outboxes.get(sender) or outbox.NEW).last:
            outbox.acknowledge(draft, sender, batch.seen)
        return draft.effects()
    outbox.acknowledge(draft, sender, batch.seen)
    if inbox.has_gap(batch, before):
        draft.wake(sender)
        return draft.effects()
    messages = batch.messages
    if not messages and batch.previous == before.head:  # a plain acknowledgement
        return draft.effects()
    try:
        heads = inbox.chained(batch, before)
    except ExchangeError as error:
        return fork(draft, error)
    number = before.number
    have = number - batch.first + 1  # messages of this batch that we have already
    if len(heads) - have >= runs.LEAST:
        runs.take(draft, batch, have, heads, handle)
        return draft.effects()
    if have:
        messages, heads = messages[have:], heads[have:]
    for message, head in zip(messages, heads, strict=True):
        number += 1
        draft.put(Tables.inboxes, sender, Inbox(number, head))
        handle(draft, batch, message)
        draft.send[sender] = None
    return draft.effects()


def fork(draft: Draft, error: ExchangeError) -> Effects:
    """Refuse the messages of a batch, and answer with how far we have read."""
    draft.wake(error.partner)
    draft.alarm(error.rule, error.partner, str(error))
    draft.note("exchange:batch:refused", error.partner)
    return draft.effects(refused=error.with_traceback(None))


def refusal(state: State, error: ExchangeError) -> Effects:
    """Return the effects of refusing a batch: an alarm, an answer to a partner we know, no rows.

    Also for bytes that never became a batch: a wrong signature, a revoked key, a torn bundle. The
    error goes without its traceback: that would keep the batch and its reader in memory.
    """
    return Effects(
        send=(error.partner,) if error.partner in state.pacts else (),
        alarms=(Alarm(error.rule, error.partner, str(error)),),
        audit=(Audit("exchange:batch:refused", error.partner),),
        refused=error.with_traceback(None),
    )


def handle(draft: Draft, batch: Batch, message: Message) -> None:
    """Take in one message."""
    _HANDLERS[type(message)](draft, batch, message)


def _lease(draft: Draft, batch: Batch, message: LeaseRefresh) -> None:
    if pacts.refreshed(draft, batch, message):
        holdings.resumed(draft, batch.sender, message.originator)


_HANDLERS: Final[dict[type, Callable[[Draft, Batch, Any], None]]] = {
    Put: lambda draft, batch, message: holdings.take(draft, batch.sender, message),
    Correct: lambda draft, batch, message: holdings.take(draft, batch.sender, message),
    Narrow: lambda draft, batch, message: holdings.narrow(draft, batch.sender, message),
    Recall: lambda draft, batch, message: holdings.recall(draft, batch.sender, message),
    LeaseRefresh: _lease,
    Receipt: lambda draft, batch, message: receipts.taken(draft, batch.sender, message),
    ConsentAsk: lambda draft, batch, message: consents.asked(draft, batch.sender, message),
    ConsentAnswer: lambda draft, batch, message: consents.answered(draft, batch.sender, message),
    Request: lambda draft, batch, message: requests.asked(draft, batch.sender, message),
    Answer: lambda draft, batch, message: requests.answered(draft, batch.sender, message),
    Checkpoint: lambda draft, batch, message: resync.taken(draft, batch.sender, message),
    AgreementChange: lambda draft, batch, message: agreements.announced(
        draft, batch.sender, message
    ),
}


def tick(state: State, rules: Rules, now: dt.datetime) -> Effects:
    """Let time pass: end agreements, leases, retention and consents that ran out; renew leases.

    Call it at least as often as the shortest grace, network or no network.

    :raises ExchangeError: while the node is being migrated.
    """
    draft = Draft.begin(state, rules, now)
    agreements.lapse(draft)
    holdings.expire(draft)
    consents.lapse(draft)
    requests.escalate(draft)
    for partner, originator in draft.lent:
        pacts.lend(draft, partner, originator)
    return draft.effects()
