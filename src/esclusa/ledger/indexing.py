"""What of a record can be searched and referred to.

``search_text`` feeds the full-text index. ``references`` are exact values, ``scheme:VALUE``, by
which records find each other: the same container, seal, party, document, voyage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esclusa.codes import redress
from esclusa.model import (
    Alert,
    AlertMove,
    Body,
    CaseMove,
    CaseWords,
    Consignment,
    Examination,
    Feedback,
    InformationMove,
    JointCaseMove,
    KeptReport,
    ListEntry,
    MatchDecision,
    ModelMove,
    Ownership,
    Party,
    PhotoStep,
    PortCall,
    RedressGrant,
    RedressMove,
    ReferralMove,
    RuleMove,
    ScoreModel,
    Seizure,
    SelectionMove,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
    YardForm,
)
from esclusa.model.movement import Voyage
from esclusa.model.ownership import known_by, subject_of
from esclusa.model.people import REDRESS

JOINT_REFERENCE = "joint_case_move:"
"""The reference by which all moves on joint cases are found."""


CASE_REFERENCE = "case_move:"
"""The reference by which all steps on cases, and what they wrote down, are found."""


RULE_REFERENCE = "rule_move:"
"""The reference by which all steps on rules of the node's own are found."""


SELECTION_REFERENCE = "selection_move:"
"""The reference by which all steps on selections are found."""


REPORT_REFERENCE = "kept_report:"
"""The reference by which all reports that were kept are found."""


MODEL_REFERENCE = "score_model:"
"""The reference by which all fitted models, and all steps on them, are found."""


EXAMINATION_REFERENCE = "examination:"
"""The reference by which all examinations are found."""


REQUEST_REFERENCE = "information_move:"
"""The reference by which all moves on requests for information are found."""


REFERRAL_REFERENCE = "referral_move:"
"""The reference by which all moves on referrals are found."""


REDRESS_REFERENCE = "redress_move:"
"""The reference by which all redress cases and numbers are found."""


SEIZURE_REFERENCE = "seizure:"
"""The reference by which all reports of seizures are found."""


FEEDBACK_REFERENCE = "feedback:"
"""The reference by which all that was said back about records is found."""


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
        case Ownership():
            owned = subject_of(body)
            return f"{owned.name or known_by(owned)}: {body.owner.name}"
        case KeptReport():
            return body.period
        case SelectionMove():
            return f"{body.port} {body.day} {body.shift} {body.move}".replace("  ", " ")
        case YardForm():
            return f"{body.sheet} {body.box}".strip()
        case PhotoStep():
            return f"{body.examination} {body.move}"
        case RuleMove():
            return f"{body.rule_id} {body.version} {body.move}"
        case ReferralMove():
            return f"{body.referral} {body.move}"
        case InformationMove():
            return f"{body.request} {body.move}"
        case JointCaseMove():
            return f"{body.joint} {body.move}"
        case RedressMove():
            return f"{body.case} {body.move}"
        case RedressGrant():
            return redress.shown(body.redress)
        case Seizure():
            return f"{body.agency} {body.number}".strip()
        case Feedback():
            return f"{body.carrier} {body.bill} {body.equipment} {body.result}".strip()
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
        case Seizure():
            words = [body.agency, body.number, body.event, body.equipment, body.bill]
            return " ".join([*words, body.place.code, *(item.what for item in body.items)])
        case Traveller():
            documents = " ".join(document.number for document in body.documents)
            journey = f"{body.journey.carrier}{body.journey.number}"
            return f"{body.surname} {body.given_names} {documents} {journey}"
        case ListEntry():
            names = " ".join(alias.name for alias in body.aliases)
            numbers = " ".join(identifier.value for identifier in body.identifiers)
            return f"{body.name} {names} {numbers}"
        case Ownership():
            return " ".join(filter(None, _ownership_words(body)))
        case _:
            return ""


def _ownership_words(body: Ownership) -> Iterator[str]:
    ship = body.ship
    yield from (ship.name, ship.imo, ship.call_sign, ship.registration, body.reference)
    for party in filter(None, (body.firm, body.owner)):
        yield party.name
        yield from (item.value for item in party.identifiers)


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
            journey = body.journey
            papers = (item for item in body.documents if item.type != REDRESS)
            return {f"document:{item.number.upper()}" for item in papers if item.number} | {
                f"journey:{journey.carrier}{journey.number}/{journey.departure[:10]}",
                *_redress_references(item.number for item in body.documents),
            }
        case Alert():
            return set(_match_references(body))
        case RedressMove():
            given = {redress_reference(body.redress)} if body.redress else set()
            return {REDRESS_REFERENCE, redress_case_reference(body.case)} | given
        case Seizure():
            places = {f"equipment:{body.equipment}"} if body.equipment else set()
            places |= {bill_reference(body.bill)} if body.bill else set()
            return {SEIZURE_REFERENCE, seizure_reference(body.event)} | places
        case Feedback():
            return {FEEDBACK_REFERENCE, feedback_reference(body.about)}
        case RedressGrant():
            return {REDRESS_REFERENCE, redress_reference(body.redress)}
        case AlertMove():
            return {bulk_reference(body.bulk)} if body.bulk else set()
        case MatchDecision():
            return set(_decision_references(body))
        case RuleMove():
            return {RULE_REFERENCE}
        case SelectionMove():
            return {SELECTION_REFERENCE}
        case KeptReport():
            return {REPORT_REFERENCE}
        case YardForm():
            return {yard_reference(body.examination)}
        case PhotoStep():
            return {photo_reference(body.examination)}
        case ScoreModel() | ModelMove():
            return {MODEL_REFERENCE}
        case CaseMove():
            return {CASE_REFERENCE, case_reference(body.case)}
        case CaseWords():
            put_in = {in_case_reference(body.item)} if body.item else set()
            return {CASE_REFERENCE, case_reference(body.case)} | put_in
        case InformationMove():
            asked = {item.value for item in body.recorded if item.name == RECORD_REFERRED}
            about = {asked_reference(name) for name in asked}
            return {REQUEST_REFERENCE, request_reference(body.request)} | about
        case JointCaseMove():
            return {JOINT_REFERENCE, joint_reference(body.joint)}
        case ReferralMove():
            referred = {item.value for item in body.recorded if item.name == RECORD_REFERRED}
            about = {referred_reference(name) for name in referred}
            return {REFERRAL_REFERENCE, referral_reference(body.referral)} | about
        case _:
            return set()


RECORD_REFERRED = "record"
"""The field of a draft that names the record it is about; drafts stay at home."""


def yard_reference(number: str) -> str:
    """Return the reference by which the form of the yard behind an examination is found."""
    return "yard:" + number[:64]


def photo_reference(number: str) -> str:
    """Return the reference by which the photographs of an examination are found."""
    return "photo:" + number[:64]


def bulk_reference(name: str) -> str:
    """Return the reference by which the moves of one step on many alerts find each other."""
    return "bulk:" + name[:64]


def case_reference(name: str) -> str:
    """Return the reference by which the steps on one case find each other."""
    return "case:" + name[:64]


def joint_reference(name: str) -> str:
    """Return the reference by which the moves on one joint case find each other."""
    return "joint_case:" + name[:64]


def in_case_reference(item: str) -> str:
    """Return the reference by which the cases that hold an item are found."""
    return "in_case:" + item[:64]


def feedback_reference(about: str) -> str:
    """Return the reference by which what was said back about one record is found."""
    return "feedback:" + about[:64]


def seizure_reference(event: str) -> str:
    """Return the reference by which the reports of one seizure find each other."""
    return "seizure:" + event.strip()[:64]


def redress_case_reference(name: str) -> str:
    """Return the reference by which the steps on one redress case find each other."""
    return "redress_case:" + name[:64]


def redress_reference(number: str) -> str:
    """Return the reference by which a redress number and those who state it find each other."""
    return "redress:" + redress.normalise(number)[:40]


def _redress_references(stated: Iterable[str]) -> set[str]:
    return {redress_reference(number) for number in stated if redress.is_valid(number)}


def referral_reference(name: str) -> str:
    """Return the reference by which the moves on one referral find each other."""
    return "referral:" + name[:64]


def request_reference(name: str) -> str:
    """Return the reference by which the moves on one request for information find each other."""
    return "request:" + name[:64]


def asked_reference(name: str) -> str:
    """Return the reference by which the requests for information about a record are found."""
    return "asked:" + name[:64]


def referred_reference(name: str) -> str:
    """Return the reference by which the referrals of a record are found."""
    return "referred:" + name[:64]


def quiet_reference(match: str) -> str:
    """Return the reference by which alerts find each other in which a redress number keeps a match
    quiet."""
    return "quiet:" + match[:64]


def _match_references(alert: Alert) -> Iterator[str]:
    """Matches that an alert tells of. Those that nobody has decided are ordered by this value: the
    highest score has the lowest number."""
    for reason in alert.reasons:
        if found := reason.match:
            yield f"match:{found.id}"
            if found.decision:
                yield f"decision:{found.decision}"
            if found.grant:
                yield f"redressed:{found.grant}"
            if found.state == "redress":
                yield quiet_reference(found.id)
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
    if body.event:
        yield seizure_reference(body.event)


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
