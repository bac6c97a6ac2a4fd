"""Whether a record may go to a partner at all. Whatever is not plainly allowed is withheld.

A record goes when all of these hold; the first that fails is the reason given:

1. it has a body, and its retention has not run out;
2. its marking is at least as strict as those of all records it was derived from, and these are
   all known;
3. exactly one agreement between us and the partner is in force, and a clause of it gives this kind
   for the purpose asked;
4. the marking allows that purpose, and so does every handling code among its caveats;
5. the partner is named in ``releasable_to`` (or everyone is), or the originator's consent is
   recorded;
6. its originator, and the originator of each record it was derived from, is this node's agency, or
   has consented, or has named the partner and put no caveat on it that asks for consent;
7. the clause admits its level and each of its caveats.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

import msgspec

from esclusa.model import EVERYONE, Level, Marking, Record
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.agreement.standing import InForce
from esclusa.sharing.policy import is_below
from esclusa.sharing.terms.shape import Consent, Source
from esclusa.sharing.vocabularies.handling import needs_consent, purposes_left


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question about one record: to whom, for what, when, and what is known around it."""

    record: Record
    partner: str
    purpose: str
    now: dt.datetime
    sources: Sequence[Source] = ()
    consents: Collection[Consent] = ()


Offer = tuple[InForce, Clause]


def decide(asked: Asked, agreements: Sequence[InForce]) -> tuple[tuple[Offer, ...], str]:
    """Return the clauses under which a record may go, or none and the reason why it stays."""
    if reason := _of_the_record(asked):
        return (), reason
    between = [item for item in agreements if _holds(item, asked)]
    if not between:
        return (), "no_agreement"
    if len(between) > 1:
        return (), "several_agreements"
    of_kind = [offer for item in between for offer in _offers(item, asked)]
    if not of_kind:
        return (), "kind_not_agreed"
    offers = [offer for offer in of_kind if asked.purpose in offer[1].purposes]
    if not offers:
        return (), "purpose_not_agreed"
    if reason := _of_the_marking(asked, _us(offers[0], asked.partner)):
        return (), reason
    return _admitted(asked.record.marking, offers)


def _of_the_record(asked: Asked) -> str:
    record = asked.record
    if record.body is None:
        return "erased"
    until = record.marking.retain_until
    if until is not None and asked.now.date() > until:
        return "retention_over"
    return _lineage(asked)


def _lineage(asked: Asked) -> str:
    known = {source.id: source for source in asked.sources}
    reached = ancestors(asked.record.derived_from, known)
    if any(source is None for source in reached):
        return "source_unknown"
    own = _with(asked.record.marking, asked.record.originator)
    weaker = (s for s in reached if s and not is_below(_with(s.marking, s.originator), own))
    return "weaker_than_source" if any(weaker) else ""


def ancestors(names: Sequence[str], known: dict[str, Source]) -> tuple[Source | None, ...]:
    """Return every record reached through ``derived_from``; None stands for one not known."""
    found: dict[str, Source | None] = {}
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = source = known.get(name)
            ahead += source.derived_from if source else ()
    return tuple(found.values())


def _with(marking: Marking, agency: str) -> Marking:
    return marking.including(agency)


def _holds(item: InForce, asked: Asked) -> bool:
    parties = {party.agency for party in item.agreement.parties}
    return asked.partner in parties and item.begins <= asked.now < item.ends


def _offers(item: InForce, asked: Asked) -> Iterator[Offer]:
    for clause in item.agreement.clauses:
        if clause.giver != asked.partner and clause.kind == asked.record.kind:
            yield item, clause


def _us(offer: Offer, partner: str) -> str:
    return offer[0].agreement.other(partner)


def _of_the_marking(asked: Asked, us: str) -> str:
    marking, purpose = asked.record.marking, asked.purpose
    if not _names(marking.purposes, purpose):
        return "purpose_not_marked"
    if not _names(purposes_left(marking.caveats), purpose):
        return "handling_code"
    if not (_names(marking.releasable_to, asked.partner) or consented(asked, asked.record)):
        return "not_releasable"
    known = {source.id: source for source in asked.sources}
    passed = (asked.record, *ancestors(asked.record.derived_from, known))
    if any(item is None or not _may_pass(asked, item, us) for item in passed):
        return "no_consent"
    return ""


def _may_pass(asked: Asked, item: Record | Source, us: str) -> bool:
    if item.originator == us or consented(asked, item):
        return True
    named = _names(item.marking.releasable_to, asked.partner)
    return named and not needs_consent(item.marking.caveats)


def consented(asked: Asked, item: Record | Source) -> bool:
    """Tell whether the originator's consent to this partner and purpose is recorded."""
    return any(
        consent.originator == item.originator
        and consent.record_id == item.id
        and consent.to == asked.partner
        and consent.use == ("pass" if isinstance(item, Record) else "derive")
        and _names(consent.purposes, asked.purpose)
        and (consent.until is None or asked.now < consent.until)
        for consent in asked.consents
    )


def _admitted(marking: Marking, offers: Sequence[Offer]) -> tuple[tuple[Offer, ...], str]:
    level = [o for o in offers if marking.level <= Level[o[1].level.upper()]]
    if not level:
        return (), "level_too_high"
    found = tuple(o for o in level if marking.caveats <= frozenset(o[1].caveats))
    return found, "" if found else "caveat_not_agreed"


def _names(words: frozenset[str], word: str) -> bool:
    return EVERYONE in words or word in words
