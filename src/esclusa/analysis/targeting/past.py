"""What other records say around a box, a bill, a trader or a ship: facts for rules, from bodies.

The node fetches the bodies that a reader of the subject may see; here they are compared. Whatever
is not stated on both sides is no difference. Days are UTC days of what the record says happened.
What happened after the subject's own day counts only where it names the same journey: an event that
comes in later is about this bill, or about a later one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple

from esclusa.analysis.targeting.batch import real_number
from esclusa.analysis.targeting.normal import code, day, normal
from esclusa.analysis.targeting.places import country
from esclusa.model import (
    Body,
    Consignment,
    Examination,
    Place,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

FINDINGS_DAYS: Final = 90
"""How long a word about a box counts: about two journeys."""

REFUSED_DAYS: Final = 180
"""How long a refusal counts; a box sent back by one port is stuffed again within months."""

LARGEST_TARE_KG: Final = 5_500
"""Two masses that differ by less may mean with and without the empty box (see :mod:`.boxes`)."""

AFTER_DAYS: Final = 60
"""How long after a bill came in a word still counts for it, if it names the bill or its voyage."""

_TOLD: Final = frozenset({"inspect", "damage", "hold", "refuse"})
"""Events whose reason is a person's word about the state of a box."""
_TAKEN: Final = frozenset({"pick_up", "gate_out"})


class Trip(NamedTuple):
    """One journey of a box: its bill, its voyage, and the day up to which others are looked at."""

    carrier: str
    bill: str
    voyage: Voyage
    today: dt.date


def same_trip(trip: Trip, other: Body) -> bool:
    """True when the other record names the same bill, or the same voyage of the same ship."""
    if isinstance(other, TransportEvent):
        return _same_bill(trip, other.bill) or _same_voyage(trip.voyage, other.voyage)
    if isinstance(other, Examination):
        bills = any(_same_bill(trip, bill) for bill in other.bills)
        return bills or _same_voyage(trip.voyage, other.voyage)
    if isinstance(other, Consignment):
        return _same_bill(trip, other.bill)
    return isinstance(other, TransportEquipment) and _same_voyage(trip.voyage, other.voyage)


def _same_bill(trip: Trip, bill: str) -> bool:
    return bool(bill) and code(bill) == code(trip.bill)


def _same_voyage(one: Voyage, other: Voyage) -> bool:
    return _voyage(one) is not None and _voyage(one) == _voyage(other)


def _voyage(voyage: Voyage) -> tuple[str, str] | None:
    ship = code(voyage.conveyance.imo) or normal(voyage.conveyance.name)
    reference = code(voyage.reference)
    return (ship, reference) if ship and reference else None


def refused(number: str, others: Iterable[Body], trip: Trip) -> bool:
    """True when a port refused the box or sent it back in the last :data:`REFUSED_DAYS` days."""
    return any(
        event.event == "refuse" and _counts(event, event.occurred, trip, REFUSED_DAYS)
        for event in _events(number, others)
    )


def findings(number: str, others: Iterable[Body], trip: Trip) -> Iterator[str]:
    """Yield, normalised, what inspections, holds, damage reports and examinations wrote about the
    box in the last :data:`FINDINGS_DAYS` days."""
    for other in others:
        if isinstance(other, Examination):
            if other.equipment == number and _counts(other, _made(other), trip, FINDINGS_DAYS):
                words = [*(f"{f.category} {f.what}" for f in other.findings), other.remarks]
                yield from (said for text in words if (said := normal(text)))
        elif isinstance(other, TransportEvent) and _box(other) == number:
            told = other.event in _TOLD and _counts(other, other.occurred, trip, FINDINGS_DAYS)
            if told and (said := normal(other.reason)):
                yield said


def mass_change(box: TransportEquipment, others: Iterable[Body], trip: Trip) -> float | None:
    """Return by how much two masses of the box on this journey differ, as a share of the larger;
    None when there are no two, or a tare left out may explain it."""
    found = [*_masses(box), *_trip_masses(box.number, others, trip)]
    gaps = [
        abs(a - b) / max(a, b)
        for i, (a, sure) in enumerate(found)
        for b, certain in found[i + 1 :]
        if (sure and certain) or abs(a - b) > LARGEST_TARE_KG
    ]
    return max(gaps, default=None)


def _trip_masses(number: str, others: Iterable[Body], trip: Trip) -> Iterator[tuple[float, bool]]:
    for other in others:
        if not same_trip(trip, other):
            continue
        if isinstance(other, TransportEvent) and other.equipment is not None:
            if _box(other) == number:
                yield from _masses(other.equipment)
        elif isinstance(other, TransportEquipment) and other.number == number:
            yield from _masses(other)


def _masses(box: TransportEquipment) -> Iterator[tuple[float, bool]]:
    """Yield the mass of a full box and whether it is a verified one."""
    if box.load_status != "empty":
        for mass, sure in ((box.verified_mass_kg, True), (box.gross_mass_kg, False)):
            if mass is not None and mass > 0:
                yield mass, sure
                return


def taken_by_other(number: str, others: Iterable[Body], trip: Trip) -> bool | None:
    """True when another haulier took the box than the one that its release names; None unless both
    are stated for this journey."""
    events = [e for e in _events(number, others) if same_trip(trip, e)]
    named = {who for e in events if e.event == "release" if (who := normal(e.inland.carrier))}
    takers = {who for e in events if e.event in _TAKEN if (who := normal(e.inland.carrier))}
    return not takers <= named if named and takers else None


def elsewhere(number: str, others: Iterable[Body], trip: Trip, loaded: str, at: Place) -> bool:
    """True when an event saw the box in another country on the day on which it was loaded."""
    here, on = country(at), day(loaded)
    if here is None or on is None:
        return False
    return any(
        event.stage == "actual" and day(event.occurred) == on
        and (there := country(event.place)) is not None and there != here
        for event in _events(number, others)
    )  # fmt: skip


def torn_seals(box: TransportEquipment, others: Sequence[Body], trip: Trip) -> Iterator[str]:
    """Yield the seals of the box that an event of the same journey contradicts. A seal that an
    examination put on contradicts nothing."""
    put_on = {code(o.new_seal) for o in others if isinstance(o, Examination) and o.new_seal}
    mine = {code(seal.number): seal.number for seal in box.seals if seal.number}
    for event in _events(box.number, others):
        read = {code(s.number) for s in event.equipment.seals} if event.equipment else set()
        read.discard(None)
        if read and same_trip(trip, event) and not read & put_on:
            yield from (seal for key, seal in mine.items() if key not in read)


def papers_differ(body: Consignment, others: Iterable[Body]) -> tuple[str, ...]:
    """Return what another record of the same bill says otherwise: ``SHIPPER``, ``CONSIGNEE``,
    ``GOODS`` (no chapter in common), ``PACKAGES``, ``MASS`` (by more than a twentieth),
    ``CONTAINERS`` (none in common) and ``STUFFING``."""
    found: dict[str, None] = {}
    for other in others:
        if isinstance(other, Consignment) and _one_bill(body, other):
            found |= dict.fromkeys(_differences(body, other))
    return tuple(found)


def _one_bill(one: Consignment, other: Consignment) -> bool:
    carriers = {code(one.carrier), code(other.carrier)} - {None}
    return bool(one.bill) and code(one.bill) == code(other.bill) and len(carriers) < 2


def _differences(one: Consignment, other: Consignment) -> Iterator[str]:
    for role in ("shipper", "consignee"):
        names = {party(one, role), party(other, role)}
        if None not in names and len(names) > 1:
            yield role.upper()
    for name, (mine, theirs) in {
        "GOODS": (chapters(one), chapters(other)),
        "CONTAINERS": (_boxes(one), _boxes(other)),
    }.items():
        if mine and theirs and not mine & theirs:
            yield name
    packages, more = _sum(one, "packages"), _sum(other, "packages")
    if packages and more and packages != more:
        yield "PACKAGES"
    mass, mass_there = _sum(one, "gross_mass_kg"), _sum(other, "gross_mass_kg")
    if mass and mass_there and abs(mass - mass_there) > 0.05 * max(mass, mass_there):
        yield "MASS"
    places = {normal(one.stuffing_place), normal(other.stuffing_place)}
    if None not in places and len(places) > 1:
        yield "STUFFING"


LEAST_PAST: Final = 5
"""Earlier consignments that a trader must have before a change means anything."""


def changes(body: Consignment, role: str, others: Iterable[Body]) -> tuple[str, ...] | None:
    """Return what is new in this consignment against the earlier ones of one party in one role:
    ``GOODS`` (no chapter of before), ``LANE`` (load port), ``SHIPPER`` or ``CONSIGNEE`` (the other
    side), ``PACKER`` (place of stuffing), ``VOLUME`` (three times the heaviest).

    None when the party is not stated or has fewer than :data:`LEAST_PAST` earlier ones.
    """
    name, on = party(body, role), _day_of(body)
    if name is None or on is None:
        return None
    before = [
        other
        for other in others
        if isinstance(other, Consignment) and party(other, role) == name
        and not _one_bill(body, other) and (then := _day_of(other)) is not None and then < on
    ]  # fmt: skip
    return tuple(_new(body, role, before)) if len(before) >= LEAST_PAST else None


def _new(body: Consignment, role: str, before: Sequence[Consignment]) -> Iterator[str]:
    known = {chapter for other in before for chapter in chapters(other)}
    if (now := chapters(body)) and known and not now & known:
        yield "GOODS"
    ports = {code(other.load_port.code) for other in before} - {None}
    if (port := code(body.load_port.code)) and ports and port not in ports:
        yield "LANE"
    side = "shipper" if role == "consignee" else "consignee"
    names = {party(other, side) for other in before} - {None}
    if (other_side := party(body, side)) and names and other_side not in names:
        yield side.upper()
    places = {normal(other.stuffing_place) for other in before} - {None}
    if (place := normal(body.stuffing_place)) and places and place not in places:
        yield "PACKER"
    masses = [mass for other in before if (mass := _sum(other, "gross_mass_kg"))]
    if masses and (_sum(body, "gross_mass_kg") or 0.0) > 3 * max(masses):
        yield "VOLUME"


LEAST_PEERS: Final = 8
"""Values per kg that a median needs, so that two odd neighbours do not make a price."""


def peer_value(body: Consignment, others: Iterable[Body]) -> float | None:
    """Return the median value per kg of other consignments in this one's currency; None with fewer
    than :data:`LEAST_PEERS`.

    :param others: consignments of the same heading and lane.
    """
    mine = _priced(body)
    if mine is None:
        return None
    found = [
        priced[0]
        for other in others
        if isinstance(other, Consignment) and not _one_bill(body, other)
        and (priced := _priced(other)) is not None and priced[1] == mine[1]
    ]  # fmt: skip
    return median(found) if len(found) >= LEAST_PEERS else None


def _priced(body: Consignment) -> tuple[float, str] | None:
    """Return value per kg and currency, where every line states them in one currency."""
    currencies = {code(item.currency) for item in body.goods}
    value, mass = _sum(body, "value"), _sum(body, "gross_mass_kg")
    if len(currencies) != 1 or None in currencies or value is None or not mass:
        return None
    return value / mass, str(currencies.pop())


def papers_elsewhere(body: Consignment, paper: str, others: Iterable[Body]) -> bool:
    """True when another shipper used a paper with this number; a place holder is no number."""
    mine = party(body, "shipper")
    if mine is None or real_number(paper) is None:
        return False
    return any(
        isinstance(other, Consignment) and paper in other.documents
        and (theirs := party(other, "shipper")) is not None and theirs != mine
        for other in others
    )  # fmt: skip


def party(body: Consignment, role: str) -> str | None:
    """Return the normalised name of the first party in a role."""
    return next((normal(p.name) for p in body.parties if p.role == role), None)


def chapters(body: Consignment) -> set[str]:
    """Return the chapters (two digits) of the declared tariff codes."""
    return {item.hs_code[:2] for item in body.goods if item.hs_code[:2].isdigit()}


def _boxes(body: Consignment) -> set[str]:
    return {box.number for box in body.equipment if box.number}


def _sum(body: Consignment, name: str) -> float | None:
    values = [getattr(item, name) for item in body.goods]
    return float(sum(values)) if values and None not in values else None


def _day_of(body: Consignment) -> dt.date | None:
    return day(body.arrival) or day(body.departure) or day(body.issued)


def _events(number: str, others: Iterable[Body]) -> Iterator[TransportEvent]:
    for other in others:
        if isinstance(other, TransportEvent) and _box(other) == number:
            yield other


def _box(event: TransportEvent) -> str:
    return event.equipment.number if event.equipment is not None else ""


def _made(body: Examination) -> str:
    return body.completed or body.reported or body.started


def _counts(other: Body, moment: str, trip: Trip, days: int) -> bool:
    """True when a word about the box is of the last ``days`` days, or of the same journey and at
    most :data:`AFTER_DAYS` days later."""
    on = day(moment)
    if on is None:
        return False
    ago = (trip.today - on).days
    return 0 <= ago <= days or (-AFTER_DAYS <= ago < 0 and same_trip(trip, other))


def recent(moment: str, today: dt.date, days: int) -> bool:
    """True when a moment lies in the last ``days`` days; an unknown one does not."""
    on = day(moment)
    return on is not None and 0 <= (today - on).days <= days
