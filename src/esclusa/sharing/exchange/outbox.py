"""The gapless outbox to one partner: numbered, hash-chained, and taken up again after a break.

1. Each message takes the next number; its hash covers the message and the hash before it.
2. The hash leaves out a statement's content but covers its salted digest, so content that a later
   statement overtook can be erased and the chain still holds.
3. What was sent is kept. A partner that goes back (a restored backup) gets it again.
4. A partner that knows more of this outbox than the outbox itself, or other hashes, proves that
   *this* node went back. It then continues after the partner's number, on the partner's hash, so
   no number is ever used twice with other content, and asks the partner what it holds.
"""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from typing import Final

import msgspec

from esclusa.sharing.exchange.messages import (
    Batch,
    Checkpoint,
    Content,
    Correct,
    Message,
    Narrow,
    Put,
    Recall,
    Seen,
)
from esclusa.sharing.exchange.rows import Entry, Inbox, Outbox
from esclusa.sharing.exchange.state import Draft, State, Tables

NEW: Final = Outbox()
UNREAD: Final = Inbox()
ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
"""A message read back from a ledger has its counts in another order, and is the same message."""
_parts: Final = msgspec.structs.astuple
CARRIERS: Final = frozenset({Put, Correct, Narrow})
_NONE: Final[tuple[Message, ...]] = ()
_ZERO: Final = dt.timedelta()


def link(head: str, message: Message) -> str:
    """Return the chained hash after ``message``."""
    kind = type(message)
    if kind in CARRIERS:
        said = ENCODE((kind.__name__, *_parts(message)[:-1]))
    else:
        said = ENCODE(message)
    return sha256(head.encode() + said).hexdigest()


def content_digest(content: Content) -> str:
    """Return the salted digest that stands for a content in the chain."""
    return sha256(content.salt.encode() + content.body).hexdigest()


def append(draft: Draft, partner: str, message: Message) -> int:
    """Give a message the next number of the outbox to ``partner``; returns the number."""
    box = draft.outboxes.get(partner) or NEW
    number = box.last + 1
    head = link(box.head, message)
    draft.put(Tables.entries, (partner, number), Entry(message, head))
    draft.put(
        Tables.outboxes,
        partner,
        Outbox(number, head, box.acked, box.cursor, box.base, box.base_head),
    )
    draft.send[partner] = None
    return number


def blank(draft: Draft, partner: str, number: int) -> None:
    """Take the content out of a statement that a later one overtakes."""
    entry = draft.entries.get((partner, number))
    if entry is not None and getattr(entry.message, "content", None) is not None:
        bare = msgspec.structs.replace(entry.message, content=None)
        draft.put(Tables.entries, (partner, number), Entry(bare, entry.head))


def make(state: State, partner: str, now: dt.datetime, *, limit: int = 1000) -> Batch:
    """Return the next batch to a partner: what it has not acknowledged, at most ``limit`` messages.

    Reading only: the same batch may be made, sent and carried any number of times. Content goes
    only while the agreement is in force.
    """
    box = state.outboxes.get(partner) or NEW
    inbox = state.inboxes.get(partner) or UNREAD
    pact, clock = state.pacts.get(partner), state.clock.get("")
    cursor, last = box.cursor, box.last
    if cursor == last:
        messages, head = _NONE, box.head
    else:
        entries, until = state.entries, last if last < cursor + limit else cursor + limit
        if until == cursor + 1:
            messages = (entries[partner, until].message,)
        else:
            numbers = range(cursor + 1, until + 1)
            messages = tuple([entries[partner, number].message for number in numbers])
        if messages and (pact is None or pact.ended or now >= pact.ends):
            messages = tuple([_bare(message) for message in messages])
        head = _head_at(state, partner, box, cursor) or ""
    return Batch(
        state.me,
        partner,
        cursor + 1,
        head,
        messages,
        Seen(inbox.number, inbox.head),
        now,
        clock.at(now) if clock is not None else _ZERO,
        pact.digest if pact is not None and not pact.ended else "",
    )


def _bare(message: Message) -> Message:
    if getattr(message, "content", None) is None:
        return message
    return msgspec.structs.replace(message, content=None)


def _head_at(tables: State | Draft, partner: str, box: Outbox, number: int) -> str | None:
    """Return the chained hash at a number of the outbox, None when it is not known."""
    if number == box.last:
        return box.head
    if number == box.base:
        return box.base_head
    entry = tables.entries.get((partner, number))
    return entry.head if entry is not None else None


def acknowledge(draft: Draft, partner: str, seen: Seen) -> None:
    """Take in how far a partner says it has read."""
    box = draft.outboxes.get(partner) or NEW
    number, last = seen.number, box.last
    if number > last:
        resume(draft, partner, seen, "ahead")
        return
    head = box.head if number == last else _head_at(draft, partner, box, number)
    if head != seen.head or (number < box.base and not _follows(draft, partner, box, number)):
        resume(draft, partner, seen, "fork")
    elif number != box.cursor:
        _move_cursor(draft, partner, box, number)


def _follows(draft: Draft, partner: str, box: Outbox, number: int) -> bool:
    """Tell whether all that was said after a number is still here, up to where numbering broke."""
    before_base = draft.entries.get((partner, box.base))
    return (
        before_base is not None
        and before_base.head == box.base_head
        and all(draft.entries.get((partner, n)) is not None for n in range(number + 1, box.base))
    )


def _move_cursor(draft: Draft, partner: str, box: Outbox, number: int) -> None:
    acked = number if number > box.acked else box.acked
    if number < box.last:
        draft.wake(partner)
    draft.put(
        Tables.outboxes, partner, Outbox(box.last, box.head, acked, number, box.base, box.base_head)
    )


def resume(draft: Draft, partner: str, seen: Seen, rule: str) -> None:
    """Continue the outbox after the partner's place, and ask the partner what it holds.

    What the partner had not acknowledged is said again under new numbers; idempotence makes the
    repeat harmless. What this node forgot comes back with the partner's inventory.
    """
    box = draft.outboxes.get(partner) or NEW
    low = min(box.acked, seen.number)
    moved = _cut_off(draft, partner, low, box.last)
    draft.put(
        Tables.outboxes,
        partner,
        Outbox(seen.number, seen.head, seen.number, seen.number, seen.number, seen.head),
    )
    for message in moved:
        renumber(draft, partner, message, append(draft, partner, message))
    append(draft, partner, Checkpoint(seen.number, seen.head, back=True))
    draft.note("exchange:outbox:resumed", partner)
    draft.alarm(
        rule,
        partner,
        f"{partner} has read our outbox up to {seen.number}, and that is not what we remember: "
        "was a backup restored? We continue after it and ask what it holds.",
    )


def _cut_off(draft: Draft, partner: str, low: int, last: int) -> list[Message]:
    moved: list[Message] = []
    for number in range(low + 1, last + 1):
        entry = draft.entries.get((partner, number))
        if entry is not None:
            draft.drop(Tables.entries, (partner, number))
            if not _is_question(entry.message):
                moved.append(entry.message)
    return moved


def _is_question(message: Message) -> bool:
    return isinstance(message, Checkpoint) and message.back


def renumber(draft: Draft, partner: str, message: Message, number: int) -> None:
    """Note the new place of a statement."""
    if isinstance(message, Put | Correct | Narrow | Recall):
        key = (partner, message.originator, message.record)
        grant = draft.grants.get(key)
        if grant is not None and grant.edition == message.edition:
            draft.put(Tables.grants, key, msgspec.structs.replace(grant, number=number))
