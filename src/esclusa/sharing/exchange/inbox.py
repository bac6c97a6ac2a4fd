"""What is asked of a batch before any message in it counts.

1. Its signer is its sender, known to us, it is meant for us, and it was not made further in our
   future than clocks may differ. If not, nothing of it counts.
2. A batch that we have taken in before, followed by more, changes nothing, unless it shows that our
   own outbox went back.
3. Otherwise its word on how far our outbox was read counts, even when its messages do not: two
   that were both restored would else never hear of it.
4. Its messages count when nothing before them is missing and their hashes continue ours. What is
   missing will come again; other hashes are a fork, refused whole.
"""

from __future__ import annotations

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import outbox
from esclusa.sharing.exchange.messages import Batch, Verified
from esclusa.sharing.exchange.rows import Inbox
from esclusa.sharing.exchange.state import Draft


def check(draft: Draft, verified: Verified) -> None:
    """Refuse a batch of which nothing may count.

    :raises ExchangeError: ``stranger`` or ``clock``.
    """
    batch = verified.batch
    sender = batch.sender
    pact = draft.pacts.get(sender)
    if verified.signer != sender or batch.receiver != draft.me or pact is None:
        raise ExchangeError(
            "stranger", f"a batch from {sender} to {batch.receiver} is not for us to take", sender
        )
    if batch.made > draft.now + pact.skew:
        raise ExchangeError("clock", f"made at {batch.made}, our clock says {draft.now}", sender)


def chained(batch: Batch, inbox: Inbox) -> list[str]:
    """Return the hashes after each message of a batch that continues the place we have reached.

    :raises ExchangeError: ``fork`` when a number that we have bears other content.
    """
    heads: list[str] = []
    head = batch.previous
    for message in batch.messages:
        head = outbox.link(head, message)
        heads.append(head)
    place = inbox.number - batch.first + 1  # messages of this batch that we have already
    if (heads[place - 1] if place else batch.previous) != inbox.head:
        raise ExchangeError(
            "fork", f"number {inbox.number} was used before with other content", batch.sender
        )
    return heads


def has_gap(batch: Batch, inbox: Inbox) -> bool:
    """Tell whether messages before a batch have not arrived yet."""
    return batch.first > inbox.number + 1


def is_old(batch: Batch, inbox: Inbox) -> bool:
    """Tell whether all of a batch was taken in before, and the sender has since said more."""
    return batch.first + len(batch.messages) - 1 < inbox.number
