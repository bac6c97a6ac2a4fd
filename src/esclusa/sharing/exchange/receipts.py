"""Receipts: what each holder says it did, kept by everyone on the way back to the originator."""

from __future__ import annotations

from typing import Final

from esclusa.sharing.exchange import grants, outbox, pacts
from esclusa.sharing.exchange.messages import Receipt
from esclusa.sharing.exchange.rows import CopyKey, Grade, Grant
from esclusa.sharing.exchange.state import Draft, Tables

_ENDS: Final = {
    "recall": Grade.GONE, "agreement": Grade.GONE, "expiry": Grade.GONE,
    "refused": Grade.REFUSED, "superseded": Grade.REFUSED,
}  # fmt: skip


def taken(draft: Draft, sender: str, message: Receipt) -> None:
    """Take in a receipt: keep it, act on it when it is the partner's own, pass it on upwards.

    Our own comes round where two nodes passed each other the same record: it is not news.
    """
    if message.holder == draft.me:
        return
    remember(draft, message)
    draft.note("exchange:receipt:taken", sender, message)
    key = (sender, message.originator, message.record)
    grant = draft.grants.get(key)
    if grant is not None and message.holder == sender and is_answer(grant, message):
        act(draft, key, grant, message)
    if message.originator != draft.me:
        relay(draft, grant, message)


def is_answer(grant: Grant, message: Receipt) -> bool:
    """Tell whether a receipt is about the last thing we said.

    One for a recall that we do not remember is not: a restored node may have given its numbers to
    something else. The inventory that is on its way repairs that.
    """
    forgotten = message.reason == "recall" and grant.state is not Grade.RECALLED
    same = (message.version, message.edition) == (grant.version, grant.edition)
    return same and not forgotten


def act(draft: Draft, key: CopyKey, grant: Grant, message: Receipt) -> None:
    """Bring a grant to what the partner says; what ran out though we still grant it goes again."""
    if message.reason in _ENDS:
        grants.close(draft, key, grant, _ENDS[message.reason])
        draft.note("exchange:grant:ended", key[0], message)
        if message.rule == "agreement" and not pacts.covers(draft, key[0], grant.agreement):
            renew(draft, key, grant)
        elif message.reason == "agreement":
            offer(draft, key, grant)
    elif message.reason in ("lease", "nothing_held") and grant.state is Grade.OUT:
        pacts.lend_anew(draft, key[0], key[1])
        renew(draft, key, grant)


def renew(draft: Draft, key: CopyKey, grant: Grant) -> None:
    """Say a lapsed record again, or keep the wish for when we may read it again ourselves."""
    grants.close(draft, key, grant, Grade.LAPSED)
    offer(draft, key, grant)


def offer(draft: Draft, key: CopyKey, grant: Grant) -> None:
    """Bring a partner that has let go to what it may hold now: its text may have changed since."""
    item = grants.item_of(draft, key, grant)
    if item is not None:
        grants.align(draft, key[0], item)


def remember(draft: Draft, message: Receipt) -> None:
    """Keep the latest receipt of each holder. That nothing is held does not blot out the account
    of how it was erased."""
    key = (message.originator, message.record, message.holder)
    known = draft.trail.get(key)
    if known is not None and (
        message.version < known.version or (known.erased and not is_account(message))
    ):
        return
    draft.put(Tables.trail, key, message)


def is_account(message: Receipt) -> bool:
    """Tell whether a receipt says where a copy is, or what was erased of it."""
    return bool(message.erased) or message.reason == "passed"


def relay(draft: Draft, grant: Grant | None, message: Receipt) -> None:
    """Pass a receipt on towards the originator."""
    partner = upstream(draft, message.originator, message.record, grant.via if grant else "")
    if partner:
        outbox.append(draft, partner, message)


def upstream(draft: Draft, originator: str, record: str, via: str = "") -> str:
    """Return the partner through whom the originator of a record is reached, "" when none is known:
    the supplier that it was passed on from, the originator itself, or any supplier of it."""
    if via:
        return via
    if draft.pacts.get(originator) is not None:
        return originator
    return next((s for s in draft.pacts if draft.copies.get((s, originator, record))), "")
