"""Agreements begin, change and end; each side announces it in its outbox.

Content goes only between nodes that hold the same text in force. To a node that is ahead or behind
it is refused, with a receipt, and offered again when both hold the same text. What
makes a partner let go (narrow, recall) and what reports it (receipts) needs no agreement.
"""

from __future__ import annotations

import msgspec

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import grants, holdings, outbox, pacts
from esclusa.sharing.exchange.messages import AgreementChange
from esclusa.sharing.exchange.rows import Copy, CopyKey, Grade, Grant, Hold, Own, Pact
from esclusa.sharing.exchange.state import Draft, Tables


def adopt(draft: Draft, partner: str, pact: Pact) -> None:
    """Put a text in force that both sides have signed.

    :raises ExchangeError: when it is not in force by our clock, or ended already.
    """
    if not pacts.holds(pact, draft.now) or partner == draft.me:
        raise ExchangeError("agreement", "the text is not in force now", partner)
    before = draft.pacts.get(partner)
    if before is not None and not before.ended and draft.now >= before.ends:
        end(draft, partner)
    elif before is not None and before.digest == pact.digest:
        raise ExchangeError("agreement", "that text was put in force before", partner)
    draft.put(Tables.pacts, partner, pact)
    outbox.append(draft, partner, AgreementChange(pact.digest))
    draft.note("exchange:agreement:adopted", partner)
    renew(draft, partner)


def renew(draft: Draft, partner: str) -> None:
    """Bring a partner to what the text in force allows: everything, from the beginning."""
    for pair in draft.lent:
        if pair[0] == partner:
            pacts.lend_anew(draft, *pair)
    for key, grant in draft.grants.items():
        if key[0] == partner and grant.state is Grade.REFUSED:
            draft.put(Tables.grants, key, msgspec.structs.replace(grant, state=Grade.LAPSED))
    for own in draft.own.values():
        grants.align(draft, partner, own)
    for key, grant in draft.grants.items():
        if key[0] == partner:
            _renew_grant(draft, key, grant)


def _renew_grant(draft: Draft, key: CopyKey, grant: Grant) -> None:
    item = grants.item_of(draft, key, grant)
    if isinstance(item, Copy):
        grants.align(draft, key[0], item)
    elif isinstance(item, Own) and item.hold is Hold.UNACCOUNTED and grant.state is Grade.OUT:
        grants.recall(draft, key, grant, item.version)


def announced(draft: Draft, sender: str, message: AgreementChange) -> None:
    """Take in what a partner says of its text."""
    pact = draft.pacts.get(sender)
    same = pact is not None and pact.digest == message.digest
    if message.ended:
        if same and pact is not None and not pact.ended:
            end(draft, sender)
    elif same and pacts.in_force(draft, sender) is not None:
        renew(draft, sender)
    else:
        if same:
            # It began after our end had reached it: say the end once more.
            outbox.append(draft, sender, AgreementChange(message.digest, ended=True))
        draft.alarm("agreement", sender, f"{sender} works under a text that is not in force here")


def end(draft: Draft, partner: str) -> None:
    """End the agreement with a partner: take back what it has, let go of what we have."""
    pact = draft.pacts.get(partner)
    if pact is None or pact.ended:
        raise ExchangeError("agreement", "there is no agreement to end", partner)
    draft.put(Tables.pacts, partner, msgspec.structs.replace(pact, ended=True))
    outbox.append(draft, partner, AgreementChange(pact.digest, ended=True))
    draft.note("exchange:agreement:ended", partner)
    for key, grant in draft.grants.items():
        if key[0] == partner:
            grants.stop(draft, key, grant, grant.version)
    for key, copy in draft.copies.items():
        if key[0] == partner and copy.content is not None:
            holdings.let_go(draft, key, copy, "agreement")


def lapse(draft: Draft) -> None:
    """End what has run out by our clock."""
    now = draft.now
    for partner, pact in draft.pacts.items():
        if not pact.ended and now >= pact.ends:
            end(draft, partner)
