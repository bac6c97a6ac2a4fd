"""After a restored backup: compare what a partner holds with what we remember giving.

A node whose outbox went back has forgotten statements that partners have taken in. It asks each
such partner for an inventory and repairs the difference:

1. What the partner has at a later statement than we remember was given by us and forgotten. It is
   noted as given, so that a recall reaches it, and a person must state the record anew; what we
   remember as withdrawn is recalled at once.
2. What the partner erased on a recall of ours that we forgot stays recalled, everywhere.
3. What we remember giving, and the partner should have by now and has not, is said again.
4. What we passed on for others and forgot is taken back unless we could pass it on today.
5. Consents that we gave and forgot are ours again, because our signature is on them.
"""

from __future__ import annotations

import msgspec

from esclusa.model.marking import Marking
from esclusa.sharing.exchange import consents, grants, labels, outbox
from esclusa.sharing.exchange.messages import Checkpoint, ConsentAnswer, Held, Onward
from esclusa.sharing.exchange.rows import Consent, CopyKey, Grade, Grant, Hold, Own
from esclusa.sharing.exchange.state import Draft, Tables


def taken(draft: Draft, sender: str, message: Checkpoint) -> None:
    """Take in a checkpoint: answer a partner that went back, or repair after our own going back."""
    if message.back:
        draft.alarm(
            "fork", sender, f"{sender} went back to an earlier state: was a backup restored there?"
        )
        outbox.append(draft, sender, inventory(draft, sender))
    elif message.holds is not None:
        reconcile(draft, sender, message, message.holds)
        draft.note("exchange:inventory:taken", sender)


def inventory(draft: Draft, partner: str) -> Checkpoint:
    """Return all that we hold, or held, from a partner, and the consents of it that we know."""
    inbox = draft.inboxes.get(partner) or outbox.UNREAD
    holds = tuple(
        Held(
            copy.originator, copy.record, copy.version, copy.edition, copy.digest,
            copy.content is not None, copy.why, labels.handling(copy.marking, copy.onward),
        )
        for key, copy in draft.copies.items() if key[0] == partner
    )  # fmt: skip
    given = tuple(
        row.answer for key, row in draft.consents.items()
        if key[0] == partner and row.answer is not None
    )  # fmt: skip
    return Checkpoint(inbox.number, inbox.head, holds=holds, consents=given)


def reconcile(draft: Draft, partner: str, message: Checkpoint, holds: tuple[Held, ...]) -> None:
    """Repair every difference between an inventory and what we remember."""
    for held in holds:
        _compare(draft, partner, held, message.number)
    named = {(held.originator, held.record) for held in holds}
    for key, grant in draft.grants.items():
        due = grant.number <= message.number and grant.state is Grade.OUT
        if key[0] == partner and due and key[1:] not in named:
            grants.again(draft, key, grant, grants.item_of(draft, key, grant))
    for own in draft.own.values():
        grants.align(draft, partner, own)
    for given in message.consents:
        _own_consent(draft, partner, given)


def _compare(draft: Draft, partner: str, held: Held, number: int) -> None:
    key = (partner, held.originator, held.record)
    grant = draft.grants.get(key)
    theirs = (held.version, held.edition)
    ours = (grant.version, grant.edition) if grant is not None else (0, 0)
    if theirs > ours or (theirs == ours and is_other(grant, held)):
        forgotten(draft, key, grant, held)
    elif grant is not None and grant.number <= number and needs_repeat(grant, held):
        grants.again(draft, key, grant, grants.item_of(draft, key, grant))


def is_other(grant: Grant | None, held: Held) -> bool:
    """Tell whether the same number was given to two statements: two contents, or a recall and
    something else."""
    if grant is None:
        return False
    if held.held:
        given = (grant.digest, labels.handling(grant.marking, grant.onward))
        return (held.digest, held.handling) != given
    return held.why == "recall" and grant.state not in (Grade.RECALLED, Grade.GONE)


def needs_repeat(grant: Grant, held: Held) -> bool:
    """Tell whether a partner missed the last thing we said."""
    if (held.version, held.edition) < (grant.version, grant.edition):
        return True
    return held.held is not (grant.state is Grade.OUT) and grant.state is not Grade.REFUSED


def forgotten(draft: Draft, key: CopyKey, grant: Grant | None, held: Held) -> None:
    """Note as given what a partner has from us and we do not remember."""
    partner, originator, record = key
    state = Grade.OUT if held.held else Grade.RECALLED
    if grant is not None:
        outbox.blank(draft, partner, grant.number)
    via = grant.via if grant is not None else ""
    if originator != draft.me:
        via = _carrier(draft, partner, originator, record) or via
    row = Grant(
        held.version, held.edition, held.digest, (), labels.NOTHING, Onward(), state, 0, via
    )
    draft.put(Tables.grants, key, row)
    if originator == draft.me and not (held.held and _is_withdrawn(draft, record, held.version)):
        _unaccounted(draft, partner, record, held)
    elif held.held:
        grants.again(draft, key, row, grants.item_of(draft, key, row))


def _is_withdrawn(draft: Draft, record: str, version: int) -> bool:
    """Tell whether a record of ours is withdrawn; its next version then lies beyond ``version``."""
    own = draft.own.get(record)
    if own is None or own.content is not None or own.hold is not Hold.NONE:
        return False
    draft.put(Tables.own, record, msgspec.structs.replace(own, version=max(own.version, version)))
    return True


def _carrier(draft: Draft, partner: str, originator: str, record: str) -> str:
    for supplier in draft.pacts:
        copy = draft.copies.get((supplier, originator, record))
        if supplier != partner and copy is not None and copy.content is not None:
            return supplier
    return ""


def _unaccounted(draft: Draft, partner: str, record: str, held: Held) -> None:
    own = draft.own.get(record)
    if own is None:
        own = Own(draft.me, record, "", held.version, Marking(), None, (), Hold.UNACCOUNTED)
    else:
        own = msgspec.structs.replace(
            own, version=max(own.version, held.version), hold=Hold.UNACCOUNTED
        )
    draft.put(Tables.own, record, own)
    draft.reopen.append(record)
    draft.alarm(
        "unaccounted", partner, f"{partner} has version {held.version} of {record} from us, and "
        "we do not remember giving it: state the record anew, or withdraw it",
    )  # fmt: skip
    if held.why == "recall":
        for key, grant in draft.grants.items():
            if key[1:] == (draft.me, record) and grant.state is Grade.OUT:
                grants.recall(draft, key, grant, own.version)


def _own_consent(draft: Draft, partner: str, given: ConsentAnswer) -> None:
    key = consents.key_of(given)
    row = draft.consents.get(key)
    known = row.answer if row is not None else None
    if given.originator != draft.me or not draft.rules.trusts(given):
        return
    if known is None or given.number > known.number:
        draft.put(Tables.consents, key, Consent(given, partner))
        draft.alarm("unaccounted", partner, f"{partner} shows a consent that we had forgotten")
    elif known != given:
        if known.number == given.number:
            draft.alarm(
                "unaccounted", partner, f"{partner} shows another answer {given.number} of ours to "
                "the same question: until it is answered again, no beats yes",
            )  # fmt: skip
        outbox.append(draft, partner, known)
