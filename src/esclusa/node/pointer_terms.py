"""What partners may search now, and which of our records they may find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from esclusa.errors import AgreementError, PointerError
from esclusa.ledger import records
from esclusa.ledger.labels import Label, Labels
from esclusa.model import EVERYONE, Record
from esclusa.node.exchange_ledger import ExchangeLedger
from esclusa.sharing.agreement import InForce
from esclusa.sharing.agreement.lists import clocks
from esclusa.sharing.agreement.shape import PointerClause, Search, Subject
from esclusa.sharing.exchange import pacts
from esclusa.sharing.pointers.admission import Candidate, found_by, in_force_with, terms_of
from esclusa.sharing.pointers.gather import pointers_of
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import Scope
from esclusa.sharing.pointers.terms import Terms

_AT_ONCE = 500


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What lets one side search the other's records: the agreement in force and its clause."""

    agreement: InForce
    clause: PointerClause
    terms: Terms
    search: Search


def agreement_with(exchange: ExchangeLedger, partner: str, now: dt.datetime) -> InForce:
    """Return the agreement that the exchange works under with a partner.

    :raises PointerError: ``agreement``, when there is none, or more than one.
    """
    pact = exchange.state().pacts.get(partner)
    try:
        found = in_force_with(list(exchange.in_force().values()), partner, now)
    except AgreementError as error:
        raise PointerError("agreement", str(error), partner) from None
    if pact is None or not pacts.holds(pact, now) or pact.digest != found.digest:
        raise PointerError("agreement", "no agreement is in force", partner)
    return found


def ground(
    exchange: ExchangeLedger, partner: str, owner: str, purpose: str, subject: Subject,
    now: dt.datetime,
) -> Ground:  # fmt: skip
    """Return what lets a kind of thing be searched in ``owner``'s records for a purpose.

    :raises PointerError: ``agreement``, when nothing does.
    """
    agreement = agreement_with(exchange, partner, now)
    for clause in agreement.agreement.pointers:
        search = clause.search(subject)
        if clause.giver == owner and purpose in clause.purposes and search is not None:
            terms = terms_of(agreement, clause)
            return Ground(agreement=agreement, clause=clause, terms=terms, search=search)
    raise PointerError(
        "agreement", f"no clause gives a search for a {subject} for {purpose}", partner
    )


def due(agreement: InForce, now: dt.datetime, *, last: bool = False) -> dt.datetime:
    """Return when the agreement's fastest clock ends, or its slowest."""
    hours = [clocks()[name].hours for name in agreement.agreement.requests.clocks]
    return now + dt.timedelta(hours=max(hours) if last else min(hours))


Found = tuple[Record, int, frozenset[Pointer]]
"""A record, its label, and the keys that find it."""


def findable(
    exchange: ExchangeLedger, connection: sa.Connection, labels: Labels, ground: Ground,
    scope: Scope, now: dt.datetime,
) -> Iterator[Found]:  # fmt: skip
    """Yield the records of ours that the asker of a scope may find.

    What a person has recalled from partners is not among them. Copies of partners' records are
    not either: they are never searched.
    """
    recalled = _recalled(exchange)
    chosen = {label.id for label in labels.all() if _names(label, exchange.agency, scope.asker)}
    last, more = 0, True
    while more and chosen:
        last, some = records.after(
            connection, labels, last, ground.clause.records, chosen, limit=_AT_ONCE
        )
        more = len(some) == _AT_ONCE
        known = {record.seq: label for record, label in some}
        candidates = (Candidate(record) for record, _label in some if record.id not in recalled)
        for item, keys in found_by(candidates, ground.agreement, ground.clause, scope, now):
            yield item.record, known[item.record.seq], keys


def _recalled(exchange: ExchangeLedger) -> frozenset[str]:
    state = exchange.state()
    names = (name for name, own in state.own.items() if own.content is None)
    return frozenset(exchange.pointers[name].id for name in names if name in exchange.pointers)


def _names(label: Label, us: str, partner: str) -> bool:
    named = label.marking.releasable_to
    return label.originator == us and not label.supplier and (partner in named or EVERYONE in named)


def still_findable(
    exchange: ExchangeLedger, connection: sa.Connection, labels: Labels, ground: Ground,
    scope: Scope, members: dict[int, str], now: dt.datetime,
) -> bool:  # fmt: skip
    """Tell whether all that made a set may still be found by the same keys.

    :param members: ids of the records in the set, by the sequence number of their version.
    """
    if not _recalled(exchange).isdisjoint(members.values()):
        return False
    standing = records.standing(connection, members)
    moved = {seq: name for seq, name in members.items() if seq not in standing}
    if not moved:
        return True
    every = [label.id for label in labels.all()]
    chosen = {label.id for label in labels.all() if _names(label, exchange.agency, scope.asker)}
    before = records.get_by_seq(connection, labels, every, moved)
    for seq, name in moved.items():
        was, record = before.get(seq), records.get(connection, labels, chosen, name)
        if was is None or was.body is None or record is None:
            return False
        given = (ground.agreement, ground.clause, scope, now)
        new = [keys for _item, keys in found_by([Candidate(record)], *given)]
        old = _keys(was, ground.search)
        if not new or not old <= new[0]:
            return False
    return True


def _keys(record: Record, search: Search) -> frozenset[Pointer]:
    assert record.body is not None
    return pointers_of(record.body, search.keys)
