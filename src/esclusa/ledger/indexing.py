"""What of a record can be searched and referred to.

``search_text`` feeds the full-text index. ``references`` are exact values, ``scheme:VALUE``, by
which records find each other: the same container, seal, party, document, voyage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esclusa.model import (
    Alert,
    AlertMove,
    Body,
    Consignment,
    Examination,
    ListEntry,
    MatchDecision,
    ModelMove,
    Party,
    PortCall,
    ReferralMove,
    RuleMove,
    ScoreModel,
    SelectionMove,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.model.movement import Voyage

RULE_REFERENCE = "rule_move:"
"""The reference by which all steps on rules of the node's own are found."""


SELECTION_REFERENCE = "selection_move:"
"""The reference by which all steps on selections are found."""


MODEL_REFERENCE = "score_model:"
"""The reference by which all fitted models, and all steps on them, are found."""


EXAMINATION_REFERENCE = "examination:"
"""The reference by which all examinations are found."""


REFERRAL_REFERENCE = "referral_move:"
"""The reference by which all moves on referrals are found."""


def title_of(body: Body) -> str:
    """Return a one-line name for lists and links."""
    match body:
        case Consignment():
            return f"{body.carrier} {body.bill}".strip()
        case TransportEquipment():
            return body.number
        case PortCall():
            ship = body.voyage.conveyance
            return f"{ship.name or ship.imo} {body.port.code or body.port.name}".strip()
        case ShipDeclaration():
            ship = body.voyage.conveyance
            return f"{ship.name or ship.imo} {body.port.code or body.port.name} {body.form}".strip()
        case TransportEvent():
            subject = body.equipment.number if body.equipment else f"{body.carrier} {body.bill}"
            return f"{subject.strip()} {body.event}".strip()
        case Examination():
            return f"{body.agency} {body.number}".strip()
        case Traveller():
            return f"{body.surname}, {body.given_names}".strip(", ")
        case ListEntry():
            return body.name
        case SelectionMove():
            return f"{body.port} {body.day} {body.shift} {body.move}".replace("  ", " ")
        case RuleMove():
            return f"{body.rule_id} {body.version} {body.move}"
        case ReferralMove():
            return f"{body.referral} {body.move}"
        case _:
            return getattr(body, "title", "") or getattr(body, "move", "")


def search_text(body: Body) -> str:
    """Return the words of a record that a person may look for, blank-separated."""
    match body:
        case Consignment():
            return _consignment_text(body)
        case TransportEquipment():
            seals = " ".join(seal.number for seal in body.seals)
            return f"{body.number} {seals} {_ship(body.voyage)}"
        case PortCall():
            where = f"{body.port.code} {body.port.name} {body.call_reference}"
            return f"{_ship(body.voyage)} {where} {_names(body.parties)}".rstrip()
        case ShipDeclaration():
            where = f"{body.port.code} {body.port.name} {body.call_reference}"
            return f"{_ship(body.voyage)} {where} {body.declarant} {_names(body.parties)}"
        case TransportEvent():
            unit = search_text(body.equipment) if body.equipment else ""
            return f"{unit} {body.bill} {_ship(body.voyage)} {_names(body.parties)}"
        case Examination():
            return _examination_text(body)
        case Traveller():
            documents = " ".join(document.number for document in body.documents)
            journey = f"{body.journey.carrier}{body.journey.number}"
            return f"{body.surname} {body.given_names} {documents} {journey}"
        case ListEntry():
            names = " ".join(alias.name for alias in body.aliases)
            numbers = " ".join(identifier.value for identifier in body.identifiers)
            return f"{body.name} {names} {numbers}"
        case _:
            return ""


def _names(parties: Iterable[Party]) -> str:
    return " ".join(party.name for party in parties)


def _ship(voyage: Voyage) -> str:
    ship = voyage.conveyance
    return f"{ship.name} {ship.imo} {ship.call_sign} {voyage.reference}"


def _consignment_text(body: Consignment) -> str:
    words = [body.bill, body.master_bill, _ship(body.voyage)]
    words += [party.name for party in body.parties]
    words += [item.description for item in body.goods]
    for unit in body.equipment:
        words.append(unit.number)
        words += [seal.number for seal in unit.seals]
    return " ".join(word for word in words if word)


def _examination_text(body: Examination) -> str:
    words = [body.agency, body.number, body.equipment, *body.bills, body.port.code]
    words += [body.selection, body.event, body.new_seal, _ship(body.voyage)]
    words += [found.what for found in body.findings]
    return " ".join(word for word in words if word.strip())


_MASKED = "…"
"""Begins a value of which a partner gave us the end alone: equal ends tie nothing together."""


def references(body: Body) -> set[str]:
    """Return the exact values that tie this record to others."""
    return {tie for tie in _ties(body) if _MASKED not in tie}


def _ties(body: Body) -> set[str]:
    match body:
        case Consignment():
            return set(_consignment_references(body))
        case TransportEquipment():
            return set(_equipment_references(body)) | _voyage_references(body.voyage)
        case PortCall() | ShipDeclaration():
            ship = {found} if (found := ship_reference(body.voyage)) else set()
            return _voyage_references(body.voyage) | _party_references(body.parties) | ship
        case TransportEvent():
            return (
                _voyage_references(body.voyage)
                | _party_references(body.parties)
                | set(_equipment_references(body.equipment) if body.equipment else ())
            )
        case Examination():
            return set(_examination_references(body))
        case Traveller():
            return {f"document:{item.number.upper()}" for item in body.documents if item.number} | {
                f"journey:{body.journey.carrier}{body.journey.number}/{body.journey.departure[:10]}"
            }
        case Alert():
            return set(_match_references(body))
        case AlertMove():
            return {bulk_reference(body.bulk)} if body.bulk else set()
        case MatchDecision():
            return set(_decision_references(body))
        case RuleMove():
            return {RULE_REFERENCE}
        case SelectionMove():
            return {SELECTION_REFERENCE}
        case ScoreModel() | ModelMove():
            return {MODEL_REFERENCE}
        case ReferralMove():
            referred = {item.value for item in body.recorded if item.name == RECORD_REFERRED}
            about = {referred_reference(name) for name in referred}
            return {REFERRAL_REFERENCE, referral_reference(body.referral)} | about
        case _:
            return set()


RECORD_REFERRED = "record"
"""The field of a draft that names the record it is about; drafts stay at home."""


def bulk_reference(name: str) -> str:
    """Return the reference by which the moves of one step on many alerts find each other."""
    return "bulk:" + name[:64]


def referral_reference(name: str) -> str:
    """Return the reference by which the moves on one referral find each other."""
    return "referral:" + name[:64]


def referred_reference(name: str) -> str:
    """Return the reference by which the referrals of a record are found."""
    return "referred:" + name[:64]


def _match_references(alert: Alert) -> Iterator[str]:
    """Matches that an alert tells of. Those that nobody has decided are ordered by this value: the
    highest score has the lowest number."""
    for reason in alert.reasons:
        if found := reason.match:
            yield f"match:{found.id}"
            if found.decision:
                yield f"decision:{found.decision}"
            if found.state in ("", "reopened"):
                yield f"undecided:{round(100_000 - found.score * 100):06d}:{found.id}"


def _decision_references(body: MatchDecision) -> Iterator[str]:
    yield f"match_entry:{body.list_id}:{body.uid}"
    yield match_party_reference(body.party.name)
    yield f"decided_until:{body.said.until if body.said else body.at[:10]}"


def match_party_reference(name: str) -> str:
    """Return the reference by which decisions about parties of one spelling find each other."""
    return party_reference(name).replace("party:", "match_party:", 1)


def _consignment_references(body: Consignment) -> Iterator[str]:
    yield from _voyage_references(body.voyage)
    for unit in body.equipment:
        yield from _equipment_references(unit)
    yield from _party_references(body.parties)
    if body.bill:
        yield bill_reference(body.bill)
    if pair := pair_reference(body):
        yield pair
    yield from (paper_reference(text) for text in body.documents if text.strip())
    if goods := goods_reference(body):
        yield goods


def _examination_references(body: Examination) -> Iterator[str]:
    yield EXAMINATION_REFERENCE
    yield from _voyage_references(body.voyage)
    yield from (bill_reference(bill) for bill in body.bills if bill)
    if body.equipment:
        yield f"equipment:{body.equipment}"
    if body.new_seal:
        yield seal_reference(body.new_seal)


def _party_references(parties: Iterable[Party]) -> set[str]:
    return {party_reference(party.name) for party in parties if party.name}


def _equipment_references(unit: TransportEquipment) -> Iterator[str]:
    if unit.number:
        yield f"equipment:{unit.number}"
    for seal in unit.seals:
        if seal.number:
            yield seal_reference(seal.number)


def _voyage_references(voyage: Voyage) -> set[str]:
    ship = voyage.conveyance.imo or voyage.conveyance.name.upper()
    return {f"voyage:{ship}/{voyage.reference}"} if ship and voyage.reference else set()


def paper_reference(number: str) -> str:
    """Return the reference of a certificate, permit or other paper, as its sender writes it."""
    return "paper:" + number.strip().upper()[:60]


_HEADING: Final = 4


def goods_reference(body: Consignment) -> str:
    """Return the reference by which consignments of one heading and pair of countries find each
    other to compare values; "" unless all lines are of that heading and state value and mass, and
    both ports are known by UN/LOCODE."""
    headings = {item.hs_code[:_HEADING] for item in body.goods}
    ports = (body.load_port, body.discharge_port)
    priced = all(item.value and item.gross_mass_kg for item in body.goods)
    if len(headings) != 1 or not priced or not all(p.scheme == "unlocode" for p in ports):
        return ""
    heading = headings.pop()
    lane = "/".join(port.code[:2] for port in ports)
    return f"goods:{heading}/{lane}" if len(heading) == _HEADING else ""


def ship_reference(voyage: Voyage) -> str:
    """Return the reference by which calls and declarations of one ship find each other, "" without
    an IMO number."""
    return f"ship:{voyage.conveyance.imo}" if voyage.conveyance.imo else ""


def party_reference(name: str) -> str:
    """Return the reference by which parties of one spelling find each other."""
    return "party:" + " ".join(name.upper().split())[:200]


def bill_reference(number: str) -> str:
    """Return the reference of a bill number, whichever carrier gave it."""
    return "bill:" + number.strip().upper()[:60]


def seal_reference(number: str) -> str:
    """Return the reference of a seal number."""
    return "seal:" + number.strip().upper()[:60]


def pair_reference(body: Consignment) -> str:
    """Return the reference of shipper, consignee and day of arrival, "" when one is missing."""
    names = {party.role: party.name for party in reversed(body.parties)}
    shipper, consignee = names.get("shipper", ""), names.get("consignee", "")
    if not (shipper and consignee and body.arrival):
        return ""
    both = f"{party_reference(shipper)}|{party_reference(consignee)}"
    return f"pair:{both.replace('party:', '')}|{body.arrival[:10]}"
