"""What this node holds of others, and how it lets go.

1. A statement counts only if its (version, edition) is higher than the one we have: a repeat, in
   any order and over any path, changes nothing.
2. What the originator itself said binds whatever others passed us: no copy older than its last
   statement, and none at or below its recall, is held through anyone.
3. A copy is taken only under an agreement in force with its supplier, with a marking that we know
   in full and that names us, before its last day, and, when it was passed on, with the originator's
   consent where its marking asks for one. What is refused is receipted as refused; what was held of
   it before goes, because the supplier has overtaken it.
4. Letting go takes the content out at once, in the same transaction. Storage then reports what it
   emptied, class by class, and only that report makes a receipt.
5. Whatever happens to a copy happens next to everyone we passed it to, and to what rests on it.
"""

from __future__ import annotations

import msgspec

from esclusa.model.marking import Marking
from esclusa.sharing.exchange import derived, grants, labels, onward, outbox, pacts
from esclusa.sharing.exchange.messages import (
    Content,
    Correct,
    Narrow,
    Onward,
    Put,
    Reason,
    Recall,
    Receipt,
)
from esclusa.sharing.exchange.rows import Copy, CopyKey, Lease, Owed
from esclusa.sharing.exchange.state import Draft, Tables

_NOBODY = labels.NOTHING


def is_newer(copy: Copy | None, version: int, edition: int) -> bool:
    """Tell whether a statement is later than the one we have of this copy."""
    return copy is None or (version, edition) > (copy.version, copy.edition)


def take(draft: Draft, sender: str, message: Put | Correct) -> None:
    """Take in a record, a newer version or a correction."""
    key = (sender, message.originator, message.record)
    before = draft.copies.get(key)
    if not is_newer(before, message.version, message.edition):
        return
    raise_floor(draft, sender, message, message.version)
    rule = refusal(draft, sender, message)
    if rule:
        refuse(draft, key, before, message, rule)
        return
    copy = _copy(draft, sender, message)
    draft.put(Tables.copies, key, copy)
    if message.content is None:
        _let_go_overtaken(draft, key, before, copy)
        return
    if draft.leases.get((sender, message.originator)) is None:
        draft.put(Tables.leases, (sender, message.originator), Lease(draft.run))
    draft.note("exchange:copy:taken", sender, message)
    corrects = isinstance(message, Correct)
    grants.follow(draft, copy, "correct" if corrects else "put")
    derived.source_changed(draft, key, reopen=corrects and before is not None)


def _copy(draft: Draft, sender: str, message: Put | Correct) -> Copy:
    return Copy(
        sender, message.originator, message.record, message.kind, message.version,
        message.edition, labels.read(message.marking) or _NOBODY, message.onward, message.digest,
        message.content, "" if message.content is not None else "overtaken",
    )  # fmt: skip


def _let_go_overtaken(draft: Draft, key: CopyKey, before: Copy | None, copy: Copy) -> None:
    # The content was erased in the sender's outbox because more about this record follows.
    if before is not None and before.content is not None:
        let_go(draft, key, copy, "superseded", "overtaken")


def refusal(draft: Draft, sender: str, message: Put | Correct) -> str:
    """Return the rule that forbids holding this copy, "" when none does."""
    marking = labels.read(message.marking)
    if not pacts.covers(draft, sender, message.agreement):
        return "agreement"
    if message.originator == draft.me:
        return "own"
    if marking is None:
        return "marking"
    if not labels.names(marking.releasable_to, draft.me):
        return "audience"
    if not marking.purposes:
        return "purpose"
    if marking.retain_until is not None and draft.now.date() > marking.retain_until:
        return "expiry"
    if is_superseded(draft, sender, message):
        return "superseded"
    if not is_permitted(draft, sender, message, labels.under_control(marking)):
        return "consent"
    if message.content is not None and outbox.content_digest(message.content) != message.digest:
        return "content"
    return ""


def is_permitted(draft: Draft, sender: str, message: Put | Correct, controlled: bool) -> bool:
    """Tell whether a copy passed on by ``sender`` comes with what originator control asks for."""
    if message.originator == sender:
        return True
    if message.consent is None:
        return not controlled
    return onward.proves(draft, sender, message.consent, (message.originator, message.record))


def is_superseded(draft: Draft, sender: str, message: Put | Correct) -> bool:
    """Tell whether the originator itself has told us something newer about a passed-on record."""
    floor = draft.floors.get((message.originator, message.record)) or 0
    return sender != message.originator and message.version < floor


def raise_floor(
    draft: Draft, sender: str, message: Put | Correct | Narrow | Recall, lowest: int
) -> None:
    """Note the lowest version that may be held through others, when the originator itself speaks.

    What we hold through others below it goes.
    """
    if sender != message.originator:
        return
    pair = (message.originator, message.record)
    if lowest <= (draft.floors.get(pair) or 0):
        return
    draft.put(Tables.floors, pair, lowest)
    for supplier in draft.pacts:
        if supplier == sender:
            continue
        key = (supplier, *pair)
        copy = draft.copies.get(key)
        if copy is not None and copy.content is not None and copy.version < lowest:
            let_go(draft, key, copy, "superseded")


def refuse(
    draft: Draft, key: CopyKey, before: Copy | None, message: Put | Correct, rule: str
) -> None:
    """Hold nothing of a statement, say so, and have a person look."""
    copy = msgspec.structs.replace(
        _copy(draft, key[0], message), content=None, why=rule, marking=_NOBODY
    )
    if before is not None and before.content is not None:
        let_go(draft, key, copy, "superseded", rule)
    else:
        draft.put(Tables.copies, key, copy)
    outbox.append(draft, key[0], _receipt(draft, copy, "refused", rule))
    draft.note("exchange:copy:refused", key[0], message)
    if rule not in ("agreement", "superseded"):
        draft.alarm(rule, key[0], f"{key[0]} sent a record that we may not hold: {rule}")


def _receipt(draft: Draft, copy: Copy, reason: Reason, rule: str = "") -> Receipt:
    return Receipt(copy.originator, copy.record, copy.version, copy.edition, draft.me, reason, rule)


def narrow(draft: Draft, sender: str, message: Narrow) -> None:
    """Handle a copy under a stricter marking, or keep less of it.

    When that cannot be done the copy goes, and its supplier learns that nothing is held.
    """
    key = (sender, message.originator, message.record)
    copy = draft.copies.get(key)
    if not is_newer(copy, message.version, message.edition):
        return
    raise_floor(draft, sender, message, message.version)
    marking = labels.read(message.marking)
    content = kept(copy, message)
    if copy is None or copy.content is None:
        _nothing_held(draft, key, copy, message)
    elif marking is None or content is None or not labels.names(marking.releasable_to, draft.me):
        draft.alarm("marking", sender, f"{sender} narrowed a copy to what we cannot handle")
        row = msgspec.structs.replace(copy, version=message.version, edition=message.edition)
        let_go(draft, key, row, "nothing_held", "marking" if content is not None else "content")
    else:
        _narrowed(draft, key, copy, message, marking, content)


def kept(copy: Copy | None, message: Narrow) -> Content | None:
    """Return the content that remains after a narrowing; None when it is not here."""
    if message.content is not None:
        sound = outbox.content_digest(message.content) == message.digest
        return message.content if sound else None
    return copy.content if copy is not None and copy.digest == message.digest else None


def _narrowed(
    draft: Draft, key: CopyKey, copy: Copy, message: Narrow, marking: Marking, content: Content
) -> None:
    if not labels.is_below(copy.marking, marking):
        draft.alarm("wider", key[0], f"{key[0]} sent a narrowing that would allow more")
    row = msgspec.structs.replace(
        copy, version=message.version, edition=message.edition, onward=message.onward,
        marking=copy.marking.join(marking), digest=message.digest, content=content,
    )  # fmt: skip
    draft.put(Tables.copies, key, row)
    owe(draft, key, row, "narrow")
    draft.note("exchange:copy:narrowed", key[0], message)
    grants.follow(draft, row, "narrow")
    derived.source_changed(draft, key, reopen=True)


def _nothing_held(draft: Draft, key: CopyKey, copy: Copy | None, message: Narrow) -> None:
    row = Copy(
        *key, "" if copy is None else copy.kind, message.version, message.edition, _NOBODY,
        message.onward, message.digest, None, "overtaken" if copy is None else copy.why,
    )  # fmt: skip
    draft.put(Tables.copies, key, row)
    outbox.append(draft, key[0], _receipt(draft, row, "nothing_held"))


def recall(draft: Draft, sender: str, message: Recall) -> None:
    """Let go of a copy; a receipt follows even when there is nothing left to erase."""
    key = (sender, message.originator, message.record)
    copy = draft.copies.get(key)
    if not is_newer(copy, message.version, message.edition) and not is_for(copy, message):
        return
    raise_floor(draft, sender, message, message.version + 1)
    row = Copy(
        *key, "" if copy is None else copy.kind, message.version, message.edition,
        _NOBODY if copy is None else copy.marking, Onward("never"), "",
        None if copy is None else copy.content,
    )  # fmt: skip
    let_go(draft, key, row, "recall")


def is_for(copy: Copy | None, message: Recall) -> bool:
    """Tell whether a recall bears the very numbers of what we hold.

    No repeat does; a restored node may have given them twice, and letting go is never wrong.
    """
    return (
        copy is not None
        and copy.content is not None
        and (message.version, message.edition) == (copy.version, copy.edition)
    )


def let_go(draft: Draft, key: CopyKey, copy: Copy, reason: Reason, why: str = "") -> None:
    """Take the content out, owe the receipt, and carry it on to all who have it from us."""
    row = msgspec.structs.replace(copy, content=None, why=why or reason)
    draft.put(Tables.copies, key, row)
    owe(draft, key, row, reason)
    draft.note("exchange:copy:removed", key[0], copy)
    grants.follow(draft, row)
    derived.source_changed(draft, key, reopen=True)


def owe(draft: Draft, key: CopyKey, copy: Copy, reason: Reason) -> None:
    """Have storage erase what is no longer held, and remember that a receipt is due."""
    draft.put(Tables.owed, key, Owed(reason, copy.version, copy.edition))
    draft.erase.append(key)


def settle_debt(draft: Draft, key: CopyKey, owed: Owed, erased: dict[str, int]) -> None:
    """Write the receipt for an erasure that storage has confirmed."""
    draft.drop(Tables.owed, key)
    outbox.append(
        draft, key[0],
        Receipt(key[1], key[2], owed.version, owed.edition, draft.me, owed.reason, "", erased),
    )  # fmt: skip
    draft.note("exchange:copy:erased", key[0], grants.grant_name(key, owed.version))


def resumed(draft: Draft, supplier: str, originator: str) -> None:
    """Reading resumes: what lapsed at those we passed copies to may go to them again."""
    for key, copy in draft.copies.items():
        if key[:2] == (supplier, originator) and copy.content is not None:
            grants.follow(draft, copy)


def expire(draft: Draft) -> None:
    """Let go of copies whose lease has been out for the agreed grace, or whose last day is over."""
    run, now = draft.run, draft.now
    for pair, lease in draft.leases.items():
        if run < lease.ends:
            continue
        pact = draft.pacts.get(pair[0])
        if pact is not None and run >= lease.ends + pact.grace:
            draft.drop(Tables.leases, pair)
            _let_go_all(draft, pair)
    for key, copy in draft.copies.items():
        if copy.content is not None and pacts.expired(copy, now):
            let_go(draft, key, copy, "expiry")


def _let_go_all(draft: Draft, pair: tuple[str, str]) -> None:
    for key, copy in draft.copies.items():
        if key[:2] == pair and copy.content is not None:
            let_go(draft, key, copy, "lease")
