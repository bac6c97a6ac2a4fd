"""Records of our own that rest on copies of others: what happens to the copy happens to them.

The marking of a derived record is at least the join of its sources' markings. When a source is
recalled, narrowed, corrected or runs out, the record reopens for a person, and partners lose what
they could only have had through that source.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from esclusa.errors import ExchangeError
from esclusa.model.marking import Marking, join_all
from esclusa.sharing.exchange import grants, labels, onward, pacts
from esclusa.sharing.exchange.rows import Copy, CopyKey, Hold, Own
from esclusa.sharing.exchange.state import Draft, Tables

OWN = ""
"""In place of a supplier: the source is a record of this node."""


def roots_of(draft: Draft, sources: Iterable[CopyKey]) -> tuple[CopyKey, ...]:
    """Return the copies of others that sources rest on, own records followed down to theirs.

    :raises ExchangeError: when a source is not here, or may not be built upon.
    """
    found: dict[CopyKey, None] = {}
    for source in sources:
        if source[0] == OWN:
            own = draft.own.get(source[2])
            if own is None or own.content is None:
                raise ExchangeError("held", f"there is no record {source[2]} here")
            found.update(dict.fromkeys(own.roots))
        else:
            found[source] = None
    for root in found:
        check_root(draft, root)
    return tuple(found)


def check_held(draft: Draft, key: CopyKey) -> Copy:
    """Return a copy that may be read now.

    :raises ExchangeError: when it is not held, or hidden.
    """
    copy = draft.copies.get(key)
    if (
        copy is None
        or copy.content is None
        or not pacts.running(draft, key[0], key[1])
        or pacts.in_force(draft, key[0]) is None
        or pacts.expired(copy, draft.now)
    ):
        raise ExchangeError("held", f"there is no readable copy of {key[2]} here", key[0])
    return copy


def check_root(draft: Draft, root: CopyKey) -> None:
    """Refuse a source that may not be built upon.

    :raises ExchangeError: when it cannot be read, or is under originator control without consent.
    """
    copy = check_held(draft, root)
    if not onward.may_build(draft, copy):
        raise ExchangeError(
            "consent", f"{copy.originator} has not consented to building on {root[2]}", root[0]
        )


def check_marking(draft: Draft, marking: Marking, sources: Collection[CopyKey]) -> None:
    """Refuse a marking that is weaker than the join of the sources' in any part but the audience.

    The audience is checked towards each partner, source by source, when the record goes out.

    :raises ExchangeError: when it is weaker.
    """
    if not sources:
        return
    found = (_marking_of(draft, source) for source in sources)
    if not labels.is_below(join_all(labels.anyone(each) for each in found), marking):
        raise ExchangeError("wider", "the marking is weaker than that of a source")


def _marking_of(draft: Draft, source: CopyKey) -> Marking:
    row = draft.own.get(source[2]) if source[0] == OWN else draft.copies.get(source)
    if row is None:
        raise ExchangeError("held", f"there is no source {source[2]} here")
    return row.marking


def link(draft: Draft, record: str, roots: Iterable[CopyKey]) -> None:
    """Remember that a record rests on copies."""
    for root in roots:
        known = draft.uses.get(root) or ()
        if record not in known:
            draft.put(Tables.uses, root, (*known, record))


def source_changed(draft: Draft, key: CopyKey, *, reopen: bool) -> None:
    """Carry a change of a copy to the own records that rest on it."""
    for record in draft.uses.get(key) or ():
        own = draft.own.get(record)
        if own is None or key not in own.roots:
            continue
        own = tightened(own, draft.copies.get(key))
        draft.put(Tables.own, record, own)
        if reopen and own.hold is Hold.NONE and own.content is not None:
            own = msgspec.structs.replace(own, hold=Hold.REOPENED)
            draft.put(Tables.own, record, own)
            draft.reopen.append(record)
            draft.note("exchange:record:reopened", draft.me, own)
        grants.spread(draft, own)


def tightened(own: Own, copy: Copy | None) -> Own:
    """Return a derived record under a marking at least as strict as its source's present one."""
    if copy is None or copy.content is None or labels.is_below(copy.marking, own.marking):
        return own
    return msgspec.structs.replace(own, marking=own.marking.join(labels.anyone(copy.marking)))
