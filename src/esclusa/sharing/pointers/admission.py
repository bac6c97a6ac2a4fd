"""Which records an asker may find: the owner's set holds these and no others.

A record takes part when a release of it to the asker would be allowed under the pointer clause. The
same function decides as for a release (:mod:`esclusa.sharing.terms.conditions`), with the pointer
clause standing in for the clauses that hand over fields. So its marking must name the asker, allow
the purpose, lie at or below the clause's level with no other caveat, and not run out before the
epoch does; another agency's record needs that agency's consent; and one agreement with the asker
must be in force. Withdrawn records take no part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from esclusa.errors import AgreementError
from esclusa.model import Record
from esclusa.sharing.agreement.shape import Clause, Keep, Onward
from esclusa.sharing.agreement.standing import InForce
from esclusa.sharing.pointers.gather import pointers_of
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import Scope
from esclusa.sharing.pointers.terms import PointerClause, Terms, check
from esclusa.sharing.terms.conditions import Asked, decide
from esclusa.sharing.terms.shape import Consent, Source


class Candidate(msgspec.Struct, frozen=True):
    """A record with all that it was derived from."""

    record: Record
    sources: tuple[Source, ...] = ()


def in_force_with(agreements: Sequence[InForce], partner: str, now: dt.datetime) -> InForce:
    """Return the one agreement with a partner.

    :raises AgreementError: when none is in force, more than one, or only a draft.
    """
    between = [
        item for item in agreements
        if item.begins <= now < item.ends
        and partner in {party.agency for party in item.agreement.parties}
    ]  # fmt: skip
    if len(between) != 1 or between[0].rehearsal:
        raise AgreementError(
            "one signed agreement in force with {partner} was expected", partner=partner
        )
    return between[0]


def terms_of(agreement: InForce, clause: PointerClause) -> Terms:
    """Return a clause of an agreement in force as both sides' machines use it.

    :raises AgreementError: when the clause has a fault, or the agreement is only a draft.
    """
    check(clause, agreement.agreement)
    if agreement.rehearsal:
        raise AgreementError("a draft lets nothing be searched")
    return Terms(agreement=agreement.digest, begins=agreement.begins, ends=agreement.ends,
                 clause=clause)  # fmt: skip


def set_of(
    candidates: Iterable[Candidate], agreement: InForce, clause: PointerClause, scope: Scope,
    now: dt.datetime, consents: Collection[Consent] = (),
) -> frozenset[Pointer]:  # fmt: skip
    """Return the keys that the asker of a scope may find.

    :param agreement: the one in force with the asker (:func:`in_force_with`).
    :raises AgreementError: when the clause has a fault, or the scope is not of this agreement.
    """
    found = found_by(candidates, agreement, clause, scope, now, consents)
    return frozenset().union(*(keys for _item, keys in found))


def found_by(
    candidates: Iterable[Candidate], agreement: InForce, clause: PointerClause, scope: Scope,
    now: dt.datetime, consents: Collection[Consent] = (),
) -> Iterator[tuple[Candidate, frozenset[Pointer]]]:  # fmt: skip
    """Yield each record that the asker of a scope may find, with the keys that find it; arguments
    and errors are those of :func:`set_of`."""
    check(clause, agreement.agreement)
    if scope.agreement != agreement.digest or clause.giver != scope.owner:
        raise AgreementError("the scope names another agreement or another owner")
    search = clause.search(scope.subject)
    if search is None:
        return
    view, last = _view(agreement, clause), _last(agreement, clause, now)
    for item in candidates:
        stays = all(admitted(item, view, scope, moment, consents) for moment in (now, last))
        if stays and item.record.body is not None:
            yield item, pointers_of(item.record.body, search.keys)


def _last(agreement: InForce, clause: PointerClause, now: dt.datetime) -> dt.datetime:
    """The last moment of an epoch that begins now: retention and consents must hold until then."""
    ends = min(now + dt.timedelta(hours=clause.epoch_hours), agreement.ends)
    return ends - dt.timedelta(microseconds=1)


def admitted(
    item: Candidate, view: InForce, scope: Scope, now: dt.datetime,
    consents: Collection[Consent] = (),
) -> bool:  # fmt: skip
    """Tell whether a record takes part; ``view`` comes from the agreement and the clause."""
    asked = Asked(
        record=item.record, partner=scope.asker, purpose=scope.purpose, now=now,
        sources=item.sources, consents=consents,
    )  # fmt: skip
    offers, _reason = decide(asked, (view,))
    return bool(offers) and not item.record.withdrawn and not view.rehearsal


def _view(agreement: InForce, clause: PointerClause) -> InForce:
    """The agreement with the pointer clause in the place of those that hand over fields."""
    clauses = tuple(
        Clause(
            id=clause.id, giver=clause.giver, kind=kind, purposes=clause.purposes,
            level=clause.level, caveats=clause.caveats, onward=Onward(rule="never"),
            retention_days=1, lease_hours=1, fields=(Keep(paths=("hit",)),),
        )
        for kind in clause.records
    )  # fmt: skip
    text = msgspec.structs.replace(agreement.agreement, clauses=clauses)
    return msgspec.structs.replace(agreement, agreement=text)
