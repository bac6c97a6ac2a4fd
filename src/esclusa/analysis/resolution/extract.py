"""Which mentions a record makes, and what ties each of them has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from esclusa.analysis.resolution.mention import (
    ADDRESS,
    CONTAINER,
    DOCUMENT,
    ORGANISATION,
    PARTY,
    PERSON,
    PHONE,
    VESSEL,
    Mention,
    Tie,
    mention_id,
)
from esclusa.analysis.resolution.stakes import OWNER, company, had, having, owned, owns, side
from esclusa.analysis.screening.normalise import normalise
from esclusa.codes.text import compact
from esclusa.model import (
    Body,
    Consignment,
    Conveyance,
    ListEntry,
    Ownership,
    Party,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
    Voyage,
)
from esclusa.model.ownership import known_by, stake, subject_of

NOBODY: Final = frozenset({"TO ORDER", "TO THE ORDER", "A LA ORDEN", "SAME AS CONSIGNEE"})
"""What stands in a party's place without naming one."""

_PHONE: Final = re.compile(r"\+?\d[\d ()./-]{5,24}\d")
_PHONE_DIGITS: Final = range(7, 16)
"""ITU-T E.164 allows 15 digits; seven is the shortest subscriber number in common use."""
_LIST_TYPES: Final = {
    "person": PERSON, "organisation": ORGANISATION, "vessel": VESSEL, "document": DOCUMENT,
}  # fmt: skip

Ties = tuple[Tie, ...]
_Found = Iterator[dict[str, Any]]


def mentions_of(body: Body, *, record: str, label: int, seq: int) -> tuple[Mention, ...]:
    """Return the mentions of a record's body, in the order in which they stand there.

    :param record: the record's id.
    :param label: opaque number of the record's marking.
    :param seq: the record's number in the order of arrival.

    A body that names nobody (an alert, a move on one) gives none.
    """
    return tuple(
        Mention(
            id=mention_id(record, found["path"], label),
            record=record,
            label=label,
            seq=seq,
            **found,
        )
        for found in _found(body)
    )


def phone_number(text: str) -> str:
    """Return the digits of the first telephone number in a text, "" without one."""
    for found in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        if len(digits) in _PHONE_DIGITS:
            return digits.removeprefix("00")
    return ""


def address_key(text: str) -> str:
    """Return an address as its sorted words, "" when they are too few to tell one."""
    tokens = normalise(text, "organisation").tokens
    return " ".join(sorted(tokens)) if len(tokens) > 1 else ""


def _found(body: Body) -> _Found:
    match body:
        case Consignment():
            yield from _consignment(body)
        case PortCall() | ShipDeclaration():
            yield from _call(body)
        case TransportEvent():
            yield from _event(body)
        case TransportEquipment():
            yield from _container(body, "number", _voyage(body.voyage, "carried"))
        case Traveller():
            yield from _traveller(body)
        case ListEntry():
            yield from _entry(body)
        case Ownership():
            yield from _ownership(body)
        case _:
            return


def _consignment(body: Consignment) -> _Found:
    own = _tie("consignment", f"{body.carrier}/{body.bill}" if body.bill else "")
    yield from _parties(body.parties, own, body.voyage)
    ties = (*own, *_voyage(body.voyage, "carrier"), *had(body.parties, body.voyage))
    yield from _ship(body.voyage.conveyance, ties)
    for number, unit in enumerate(body.equipment):
        yield from _container(unit, f"equipment.{number}.number", own)
    for number, text in enumerate(body.documents):
        key = compact(text.partition(":")[2])
        if key:
            yield _document(f"documents.{number}", key, text.partition(":")[0].lower(), own)


def _call(body: PortCall | ShipDeclaration) -> _Found:
    yield from _parties(body.parties, (), body.voyage)
    declared = company(body) if isinstance(body, ShipDeclaration) else {}
    parties = (*body.parties, *declared.values())
    ties = (*_voyage(body.voyage, "carrier"), *had(parties, body.voyage))
    yield from _ship(body.voyage.conveyance, ties)
    for path, party in declared.items():
        for found in _party("", party, having(party, body.voyage)):
            yield found | {"path": path}
    if isinstance(body, ShipDeclaration) and body.declarant.strip():
        yield {
            "path": "declarant",
            "type": PARTY,
            "names": (body.declarant.strip(),),
            "role": "declarant",
            "ties": _voyage(body.voyage, "declarant"),
        }


def _event(body: TransportEvent) -> _Found:
    own = _tie("consignment", f"{body.carrier}/{body.bill}" if body.bill else "")
    yield from _parties(body.parties, own, body.voyage)
    ties = (*own, *_voyage(body.voyage, "carrier"), *had(body.parties, body.voyage))
    yield from _ship(body.voyage.conveyance, ties)
    if body.equipment is not None:
        yield from _container(body.equipment, "equipment.number", own)


def _parties(parties: Iterable[Party], own: Ties, voyage: Voyage) -> _Found:
    for number, party in enumerate(parties):
        context = own or _voyage(voyage, "")
        ties = tuple(msgspec.structs.replace(tie, role=party.role) for tie in context)
        ties = (*ties, *having(party, voyage))
        yield from _party(f"parties.{number}", party, ties)


def _party(path: str, party: Party, ties: Ties) -> _Found:
    name, phone = party.name.strip(), phone_number(party.contact)
    where = ", ".join(filter(None, (party.address.strip(), party.city.strip(), party.country)))
    address = where if party.address.strip() else ""
    shared = (*_tie("phone", phone), *_tie("address", address_key(address)))
    own = (*ties, *shared)
    # Who owns something is the party; its address and telephone own nothing.
    beside = (*(tie for tie in ties if tie.kind != OWNER), *shared)
    if name and name.upper() not in NOBODY:
        yield {
            "path": f"{path}.name",
            "type": PARTY,
            "names": (name,),
            "nationalities": _some(party.country),
            "identifiers": tuple(f"{i.scheme}:{i.value}" for i in party.identifiers),
            "addresses": _some(party.address.strip()),
            "places": _some(party.city.strip()),
            "phones": _some(phone),
            "role": party.role,
            "ties": own,
        }
    if address:
        yield {
            "path": f"{path}.address",
            "type": ADDRESS,
            "addresses": (address,),
            "nationalities": _some(party.country),
            "ties": beside,
        }
    if phone:
        yield {"path": f"{path}.contact", "type": PHONE, "phones": (phone,), "ties": beside}


def _ship(ship: Conveyance, ties: Ties) -> _Found:
    if ship.mode in ("", "sea") and (ship.name or ship.imo):
        pairs = (("imo", ship.imo), ("mmsi", ship.mmsi), ("call_sign", ship.call_sign))
        yield {
            "path": "voyage.conveyance.name",
            "type": VESSEL,
            "names": _some(ship.name.strip()),
            "nationalities": _some(ship.flag),
            "identifiers": tuple(f"{scheme}:{value}" for scheme, value in pairs if value),
            "ties": ties,
        }


def _container(unit: TransportEquipment, path: str, ties: Ties) -> _Found:
    number = compact(unit.number)
    if number:
        yield {
            "path": path,
            "type": CONTAINER,
            "identifiers": (f"iso6346:{number}",),
            "role": "carried",
            "ties": tuple(msgspec.structs.replace(tie, role="carried") for tie in ties),
        }


def _traveller(body: Traveller) -> _Found:
    leg = body.journey
    journey = f"{leg.carrier}/{leg.number}/{leg.departure[:10]}" if leg.number else ""
    papers = [(n, paper) for n, paper in enumerate(body.documents) if compact(paper.number)]
    shared = tuple(Tie("document", compact(f"{p.issuer}{p.number}")) for _, p in papers)
    ties = (*_tie("journey", journey, body.role), *_tie("booking", body.booking_reference), *shared)
    yield {
        "path": "surname",
        "type": PERSON,
        "names": _some(f"{body.given_names} {body.surname}".strip()),
        "birth_dates": _some(body.birth_date),
        "nationalities": _some(body.nationality),
        "identifiers": tuple(f"{paper.type}:{paper.number}" for _, paper in papers),
        "role": body.role,
        "ties": ties,
    }
    for number, paper in papers:
        key = compact(f"{paper.issuer}{paper.number}")
        yield _document(f"documents.{number}.number", key, paper.type, ties)


def _entry(body: ListEntry) -> _Found:
    kind = _LIST_TYPES.get(body.type, PARTY if body.type == "other" else "")
    if not kind:
        return
    yield {
        "path": "name",
        "type": kind,
        "names": (body.name, *(alias.name for alias in body.aliases if not alias.weak)),
        "birth_dates": body.birth_dates,
        "nationalities": body.nationalities,
        "identifiers": tuple(f"{i.scheme}:{i.value}" for i in body.identifiers),
        "addresses": body.addresses,
        "role": "listed",
        "ties": (
            *(Tie("address", key) for text in body.addresses if (key := address_key(text))),
            *(tie for one in body.relations for tie in side(body, one, ours=True)),
        ),
    }
    for number, one in enumerate(body.relations):
        if not one.uid:
            yield {
                "path": f"relations.{number}.name",
                "type": PARTY,
                "names": (one.name,),
                "role": "" if one.owns else one.role,
                "ties": side(body, one, ours=False),
            }


def _ownership(body: Ownership) -> _Found:
    subject = subject_of(body)
    capacity = body.owner.role
    what = stake(
        known_by(subject), known_by(body.owner), capacity, share=body.share_percent,
        since=body.held_from, until=body.held_until,
    )  # fmt: skip
    if isinstance(subject, Party):
        yield from _party("firm", subject, owned(what, capacity))
    else:
        for found in _ship(subject, owned(what, capacity)):
            yield found | {"path": "ship.name"}
    known = _LIST_TYPES.get(body.owner_type, PARTY)
    for found in _party("owner", body.owner, owns(what, capacity)):
        if found["type"] == PARTY:
            found |= {"type": known, "birth_dates": _some(body.owner_birth_date)}
        yield found


def _document(path: str, key: str, scheme: str, ties: Ties) -> dict[str, Any]:
    identifiers = (f"{scheme or 'document'}:{key}",)
    return {"path": path, "type": DOCUMENT, "identifiers": identifiers, "ties": ties}


def _voyage(voyage: Voyage, role: str) -> Ties:
    ship = voyage.conveyance
    name = ship.imo or ship.registration or ship.call_sign or ship.name or voyage.carrier
    return _tie("voyage", f"{name}/{voyage.reference}" if voyage.reference else "", role)


def _tie(kind: str, value: str, role: str = "") -> Ties:
    return (Tie(kind, value.strip().upper(), role),) if value.strip() else ()


def _some(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
