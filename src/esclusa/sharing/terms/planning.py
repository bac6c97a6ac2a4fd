"""Decide what of one record goes to one partner: the preview, and the only ground of a release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from functools import reduce

import msgspec

from esclusa.model import EVERYONE, Marking, Record
from esclusa.sharing.agreement.shape import Onward
from esclusa.sharing.agreement.standing import InForce
from esclusa.sharing.terms.conditions import Asked, Offer, consented, decide
from esclusa.sharing.terms.shape import Consent, Plan, RuleRef, Source
from esclusa.sharing.terms.walked import Walked
from esclusa.sharing.vocabularies.handling import ORIGINATOR_CONTROL, purposes_left


def plan(
    record: Record,
    agreements: Sequence[InForce],
    partner: str,
    purpose: str,
    now: dt.datetime,
    *,
    sources: Sequence[Source] = (),
    consents: Collection[Consent] = (),
    walked: Walked | None = None,
) -> Plan:
    """Return what a release of the record to the partner would hand over, and why.

    :param agreements: those in force (:func:`esclusa.sharing.agreement.in_force`); more than one
        with the same partner releases nothing, because a copy lives under one text.
    :param now: aware; decides validity, retention and lease.
    :param sources: every record that this one was derived from, directly or through others.
    :param consents: those recorded; whichever do not fit are passed over.
    :param walked: what was found of this very record for other partners, to find it once.
    """
    asked = Asked(
        record=record, partner=partner, purpose=purpose, now=now, sources=sources,
        consents=consents,
    )  # fmt: skip
    offers, reason = decide(asked, agreements)
    made = Plan(
        record_id=record.id, version=record.version, kind=record.kind,
        originator=record.originator, partner=partner, purpose=purpose, made=now, reason=reason,
        withdrawn=record.withdrawn,
        rehearsal=any(item.rehearsal for item, _clause in offers),
    )  # fmt: skip
    return made if reason else _filled(made, asked, offers, walked or Walked())


def _filled(made: Plan, asked: Asked, offers: tuple[Offer, ...], walked: Walked) -> Plan:
    found = walked.fields(asked.record, offers)
    goes = any(item.outcome != "withheld" for item in found)
    return msgspec.structs.replace(
        made,
        reason="" if goes else "nothing_goes",
        clauses=tuple(_ref(offer) for offer in offers),
        agreement=offers[0][0].digest,
        fields=found,
        marking=_marking(asked, offers) if goes else None,
        onward=onward(offers) if goes else None,
        lease_until=_lease(asked.now, offers) if goes else None,
        body_digest=walked.digest(asked.record),
    )


def _ref(offer: Offer) -> RuleRef:
    agreement, clause = offer[0].agreement, offer[1]
    return RuleRef(agreement=agreement.id, version=agreement.version, clause=clause.id)


def onward(offers: Sequence[Offer]) -> Onward:
    """Return the strictest onward rule of several clauses; lists of agencies intersect."""
    rules = [clause.onward for _item, clause in offers]
    for word in ("never", "consent"):
        if any(rule.rule == word for rule in rules):
            return Onward(rule=word)
    shared = reduce(frozenset.intersection, (frozenset(rule.agencies) for rule in rules))
    return Onward(rule="within", agencies=tuple(sorted(shared))) if shared else \
        Onward(rule="consent")  # fmt: skip


def _marking(asked: Asked, offers: Sequence[Offer]) -> Marking:
    """The copy's marking: the source's joined with what the clauses ask; never weaker than it.

    The originator's consent names the partner: it is the originator who widens, nobody else.
    """
    source = asked.record.marking
    if consented(asked, asked.record):
        source = source.including(asked.partner)
    passed = onward(offers)
    caveats = frozenset() if passed.rule == "within" else frozenset({ORIGINATOR_CONTROL})
    days = min(clause.retention_days for _item, clause in offers)
    asks = Marking(
        releasable_to=frozenset({asked.partner, *passed.agencies}),
        caveats=caveats,
        purposes=_purposes(source, offers),
        retain_until=asked.now.astimezone(dt.UTC).date() + dt.timedelta(days=days),
    )
    return source.join(asks)


def _purposes(source: Marking, offers: Sequence[Offer]) -> frozenset[str]:
    agreed = (frozenset(clause.purposes) for _item, clause in offers)
    shared = reduce(frozenset.intersection, agreed)
    allowed = purposes_left(source.caveats)
    return shared if EVERYONE in allowed else shared & allowed


def _lease(now: dt.datetime, offers: Sequence[Offer]) -> dt.datetime:
    """Until when a copy may be shown without a refresh; never beyond an agreement's end."""
    hours = min(clause.lease_hours for _item, clause in offers)
    end = min(item.ends for item, _clause in offers)
    return min(now.astimezone(dt.UTC) + dt.timedelta(hours=hours), end)
