"""What this node supplies: it brings each partner to what it may hold, with one statement at most.

``align`` compares what a partner was last told with what it may have now, and says the difference:
put, correct, narrow, recall, or nothing. ``send`` is the only place from which content leaves.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from esclusa.sharing.exchange import labels, onward, outbox, pacts
from esclusa.sharing.exchange.messages import Correct, Narrow, Put, Recall
from esclusa.sharing.exchange.rows import Copy, CopyKey, Cut, Grade, Grant, Hold, Own
from esclusa.sharing.exchange.state import Draft, Tables

# Named once: looking a member up in its enumeration costs more than most of what is asked below.
_OUT: Final = Grade.OUT
_LAPSED: Final = Grade.LAPSED
_RECALLED: Final = Grade.RECALLED
_GONE: Final = Grade.GONE
_OVER: Final = (_RECALLED, _GONE)
_NONE: Final = Hold.NONE
_UNACCOUNTED: Final = Hold.UNACCOUNTED

Said = Literal["put", "correct", "narrow"]
"""How the originator meant its statement."""


def wanted(draft: Draft, partner: str, item: Own | Copy) -> Cut | None:
    """Return what a partner may hold of an item now, None when it is nothing.

    A release rule can only take away: a cut under a weaker marking than the item's is none.
    """
    if item.content is None:
        return None
    pact = pacts.in_force(draft, partner)
    if pact is None or not onward.reaches(draft, partner, item):
        return None
    cut = draft.rules.release(item, partner, pact)
    if cut is None or not is_lawful(draft, item, cut):
        return None
    return cut


def is_lawful(draft: Draft, item: Own | Copy, cut: Cut) -> bool:
    """Tell whether a cut is as strict as its item, serves a purpose and has not expired."""
    marking = cut.marking
    last = marking.retain_until
    return (
        (marking is item.marking or labels.is_below(item.marking, marking))
        and bool(marking.purposes)
        and (last is None or draft.now.date() <= last)
    )


def align(draft: Draft, partner: str, item: Own | Copy, said: Said = "put") -> None:
    """Bring a partner to what it may hold of an item.

    Of a copy that we may not read now nothing is said but that it may no longer be held.
    """
    key = (partner, item.originator, item.record)
    grant = draft.grants.get(key)
    if item.content is not None and onward.is_hidden(draft, item):
        if grant is not None and not onward.reaches(draft, partner, item):
            stop(draft, key, grant, item.version)
        return
    cut = wanted(draft, partner, item)
    if cut is not None:
        if is_news(item, grant, cut, partner):
            send(draft, key, grant, item, cut, said)
    elif grant is not None:
        stop(draft, key, grant, item.version)


def is_news(item: Own | Copy, grant: Grant | None, cut: Cut, partner: str) -> bool:
    """Tell whether a partner must be told something.

    What waits for a person starts no new flow. What was passed on and taken back is passed on again
    only by a person. What a partner refused is offered again when it has changed.
    """
    hold = item.hold if isinstance(item, Own) else _NONE
    if hold is _UNACCOUNTED or (hold and (grant is None or grant.state is not _OUT)):
        return False
    if grant is None or grant.state is _LAPSED:
        return True
    if grant.state in _OVER:
        return isinstance(item, Own)
    return differs(item, grant, cut, partner)


def differs(item: Own | Copy, grant: Grant, cut: Cut, partner: str) -> bool:
    """Tell whether a cut is not what the grant says the partner has."""
    return (
        item.version != grant.version
        or cut.digest != grant.digest
        or cut.onward != grant.onward
        or labels.addressed(cut.marking, partner) != grant.marking
    )


def send(
    draft: Draft, key: CopyKey, grant: Grant | None, item: Own | Copy, cut: Cut, said: Said
) -> None:
    """Say an item's present statement to a partner; whatever it was told before is overtaken."""
    partner, originator, _ = key
    marking = labels.addressed(cut.marking, partner)
    edition = next_edition(draft, partner, grant)
    pacts.lend(draft, partner, originator)
    pact = pacts.in_force(draft, partner)
    agreement = pact.digest if pact is not None else ""
    message = compose(draft, key, grant, item, cut, said, edition, agreement)
    if grant is not None:
        outbox.blank(draft, partner, grant.number)
    number = outbox.append(draft, partner, message)
    via = item.supplier if isinstance(item, Copy) else ""
    row = Grant(
        item.version,
        edition,
        cut.digest,
        cut.fields,
        marking,
        cut.onward,
        _OUT,
        number,
        via,
        agreement,
    )
    draft.put(Tables.grants, key, row)
    draft.note("exchange:grant:sent", partner, item)


def next_edition(draft: Draft, partner: str, grant: Grant | None) -> int:
    """Return the edition of the next statement to a partner about a record.

    After numbering broke it lies beyond every edition that was said before and forgotten.
    """
    box = draft.outboxes.get(partner) or outbox.NEW
    if grant is None or grant.edition < box.base:
        return box.base + 1
    return grant.edition + 1


def compose(
    draft: Draft, key: CopyKey, grant: Grant | None, item: Own | Copy, cut: Cut, said: Said,
    edition: int, agreement: str,
) -> Put | Correct | Narrow:  # fmt: skip
    """Return the statement that says a cut to a partner."""
    partner, originator, record = key
    marking = labels.written(labels.addressed(cut.marking, partner))
    if grant is not None and is_less(draft, grant, item, cut, partner, said):
        content = None if cut.digest == grant.digest else cut.content
        return Narrow(
            originator, record, item.version, edition, marking, cut.onward, cut.digest, content
        )
    consent = onward.consent(draft, item, partner, "pass") if isinstance(item, Copy) else None
    kind = Correct if said == "correct" and grant is not None else Put
    return kind(
        originator, record, item.version, edition, item.kind, agreement, marking, cut.onward,
        cut.digest, consent, cut.content,
    )  # fmt: skip


def is_less(
    draft: Draft, grant: Grant, item: Own | Copy, cut: Cut, partner: str, said: Said
) -> bool:
    """Tell whether a partner that has read the last statement need only be told to keep less."""
    box = draft.outboxes.get(partner) or outbox.NEW
    return (
        grant.state is _OUT
        and grant.number <= box.cursor
        and (said == "narrow" or item.version == grant.version)
        and (cut.digest == grant.digest or set(cut.fields) < set(grant.fields))
        and labels.is_below(grant.marking, cut.marking)
        and differs(item, grant, cut, partner)
    )


def close(draft: Draft, key: CopyKey, grant: Grant, state: Grade) -> None:
    """Note that a partner has let go; the content leaves the outbox with it."""
    outbox.blank(draft, key[0], grant.number)
    draft.put(Tables.grants, key, msgspec.structs.replace(grant, state=state))


def stop(draft: Draft, key: CopyKey, grant: Grant, version: int) -> None:
    """End a grant: recall what is out, forget the wish to renew what lapsed."""
    if grant.state is _OUT:
        recall(draft, key, grant, version)
    elif grant.state is _LAPSED:
        draft.put(Tables.grants, key, msgspec.structs.replace(grant, state=_GONE))


def recall(draft: Draft, key: CopyKey, grant: Grant, version: int, why: str = "") -> None:
    """Tell a partner to erase, in force or not."""
    partner, originator, record = key
    version = max(version, grant.version)
    edition = next_edition(draft, partner, grant)
    outbox.blank(draft, partner, grant.number)
    number = outbox.append(draft, partner, Recall(originator, record, version, edition, why))
    row = msgspec.structs.replace(
        grant, version=version, edition=edition, state=_RECALLED, number=number
    )
    draft.put(Tables.grants, key, row)
    draft.note("exchange:grant:recalled", partner, grant_name(key, version))


class _Named(msgspec.Struct, frozen=True):
    originator: str
    record: str
    version: int


def grant_name(key: CopyKey, version: int) -> _Named:
    """Return the names that an audit line wants."""
    return _Named(key[1], key[2], version)


def again(draft: Draft, key: CopyKey, grant: Grant, item: Own | Copy | None) -> None:
    """Say once more what a partner ought to hold; recall it when that is nothing.

    What was taken back is recalled again, and so is what waits for a person, or what we may not
    read ourselves at present: only a person lets it flow anew.
    """
    seen = item is not None and not onward.is_hidden(draft, item)
    cut = wanted(draft, key[0], item) if item is not None and seen else None
    hold = item.hold if isinstance(item, Own) else _NONE
    over = grant.state in _OVER
    if item is None or cut is None or over or (hold and grant.state is not _OUT):
        recall(draft, key, grant, grant.version)
    elif hold is not _UNACCOUNTED:
        send(draft, key, grant, item, cut, "put")


def item_of(draft: Draft, key: CopyKey, grant: Grant) -> Own | Copy | None:
    """Return what a grant was cut from, None when it is no longer known."""
    _, originator, record = key
    if originator == draft.me:
        return draft.own.get(record)
    return draft.copies.get((grant.via, originator, record))


def spread(draft: Draft, own: Own, said: Said = "put") -> None:
    """Bring every partner to what it may hold of an own record."""
    for partner in draft.pacts:
        align(draft, partner, own, said)


def follow(draft: Draft, copy: Copy, said: Said = "put") -> None:
    """Bring everyone to whom we passed a copy to its present state."""
    for partner in draft.pacts:
        grant = draft.grants.get((partner, copy.originator, copy.record))
        if grant is not None and grant.via == copy.supplier:
            align(draft, partner, copy, said)
