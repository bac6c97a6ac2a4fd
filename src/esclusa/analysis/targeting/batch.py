"""Facts that only the neighbours in one batch reveal: the same seal, box or document twice.

A batch shows that a thing happened, never that it did not: a seal found on no other box of the
batch may still be on one outside it. So these functions give what was found, or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from esclusa.analysis.targeting.normal import code, day, normal
from esclusa.model import Consignment, TransportEquipment, Traveller

_SHORTEST_NUMBER = 4
"""Shorter marks (``N/A``, ``1``) are place holders: bolt seals carry six digits and more."""

Sightings = Mapping[str, frozenset[str]]


class ConsignmentBatch(NamedTuple):
    """What a batch of consignments shows: seals by box, boxes by place, papers by shipper, and
    consignments counted by shipper, consignee and day."""

    seal_boxes: Sightings
    box_places: Sightings
    document_shippers: Sightings
    pair_counts: Mapping[tuple[str, str, str], int]


def consignment_batch(bodies: Sequence[Consignment]) -> ConsignmentBatch:
    """Look once over ``bodies`` for what repeats."""
    pairs: dict[tuple[str, str, str], int] = defaultdict(int)
    for body in bodies:
        if (pair := pair_of(body)) is not None:
            pairs[pair] += 1
    return ConsignmentBatch(
        seal_boxes=seal_boxes(box for body in bodies for box in body.equipment),
        box_places=_gather(_loadings(bodies)),
        document_shippers=_gather(_papers(bodies)),
        pair_counts=pairs,
    )


def seal_boxes(boxes: Iterable[TransportEquipment]) -> Sightings:
    """Return for each real seal number the container numbers that carry it."""
    return _gather(
        (number, code(box.number) or "")
        for box in boxes
        for seal in box.seals
        if (number := real_number(seal.number)) is not None
    )


def real_number(text: str) -> str | None:
    """Return a seal or document number; None for a place holder (``NO SEAL``, ``000000``)."""
    number = code(text)
    if number is None or len(number) < _SHORTEST_NUMBER or len(set(number)) == 1:
        return None
    return number if any(sign.isdigit() for sign in number) else None


def repeated(names: Iterable[str], seen: Sightings) -> list[str]:
    """Return those of ``names`` that ``seen`` holds with more than one other thing."""
    return [name for name in dict.fromkeys(names) if len(seen.get(name, ())) > 1]


def pair_of(body: Consignment) -> tuple[str, str, str] | None:
    """Return shipper, consignee and day of arrival; None when one is not stated."""
    names = {party.role: normal(party.name) for party in body.parties}
    shipper, consignee, arrival = names.get("shipper"), names.get("consignee"), body.arrival[:10]
    return (shipper, consignee, arrival) if shipper and consignee and arrival else None


def identity_conflicts(people: Sequence[Traveller]) -> frozenset[tuple[str, str]]:
    """Return the documents (issuer, number) shown with two names or two birth dates."""
    names: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    births: dict[tuple[str, str], set[str]] = defaultdict(set)
    for person in people:
        for document in document_keys(person):
            names[document].add(normal(person.surname))
            births[document].update([person.birth_date] if day(person.birth_date) else ())
    return frozenset(key for key in names if len(names[key]) > 1 or len(births[key]) > 1)


def document_keys(person: Traveller) -> list[tuple[str, str]]:
    """Return issuer and number of each document that has both."""
    keys = [(code(paper.issuer), code(paper.number)) for paper in person.documents]
    return [(issuer, number) for issuer, number in keys if issuer and number]


def booking_adults(people: Sequence[Traveller], ages: Sequence[int | None]) -> Mapping[str, int]:
    """Return the number of travellers of 18 years or more per booking and flight."""
    counts: dict[str, int] = defaultdict(int)
    for person, age in zip(people, ages, strict=True):
        if (booking := booking_of(person)) is not None:
            counts[booking] += age is not None and age >= _ADULT
    return counts


_ADULT = 18
"""Convention on the Rights of the Child, article 1."""


def booking_of(person: Traveller) -> str | None:
    """Return a key of booking and flight; None when no booking reference was sent."""
    if not person.booking_reference:
        return None
    leg = person.journey
    return "/".join((person.booking_reference, leg.carrier, leg.number, leg.departure[:10]))


def _loadings(bodies: Sequence[Consignment]) -> Iterable[tuple[str, str]]:
    """Yield box and loading country under one departure day: a box is in one country a day."""
    for body in bodies:
        country = body.load_port.code[:2] if body.load_port.scheme == "unlocode" else ""
        if country and body.departure:
            yield from ((f"{body.departure[:10]} {b.number}", country) for b in body.equipment)


def _papers(bodies: Sequence[Consignment]) -> Iterable[tuple[str, str]]:
    for body in bodies:
        if body.documents:
            shipper = next((normal(p.name) for p in body.parties if p.role == "shipper"), None)
            if shipper:
                yield from ((n, shipper) for text in body.documents if (n := real_number(text)))


def _gather(pairs: Iterable[tuple[str, str]]) -> Sightings:
    found: dict[str, set[str]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return {key: frozenset(values) for key, values in found.items() if len(values) > 1}
