"""Bookings and who travels on them: what PNRGOV says in EDIFACT and in XML, put together.

WCO/IATA/ICAO PNRGOV guide 10.1 to 15.1. A booking names its travellers (TIF), and tells their
documents apart from them, by reference, by place or by name alone (SSR). So facts are collected
first and given to their owners when the booking is whole; one that has no owner costs only itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from esclusa.formats import pnr_texts
from esclusa.formats.pnr_texts import CANCELLED, Document, untitled
from esclusa.formats.reading import Notes, Place, Reading
from esclusa.model import Function, Journey, Severity, TravelDocument, Traveller, natural_key
from esclusa.model import Place as Where

_NOWHERE: Final = Where()
INFANT: Final = ("IN", "INF", "INS")
"""Types of travellers (TIF 6353, fare types) that are infants."""

_RANK: Final = {"passport": 0, "id_card": 1, "seafarer": 1, "residence": 2, "visa": 4, "redress": 5}
"""The document that proves identity first: a visa must not become the key of a record."""


_MOST_PEOPLE: Final = 999
_MOST_LEGS: Final = 99
"""What one booking may hold: reservation systems take 99 names, the guide 99 flights. Each
traveller states every leg: without bounds a booking would grow with the square of its bytes."""

_NAMESAKES: Final = 99
"""Travellers of one surname in a booking that a name is compared with."""


class Person:
    """A traveller while the booking is read. ``given`` maps fields to what a document said."""

    __slots__ = ("bags", "documents", "fields", "given_names", "infant", "surname")

    def __init__(self, surname: str, given_names: str, *, infant: bool = False) -> None:
        self.surname = surname
        self.given_names = given_names
        self.infant = infant
        self.fields: dict[str, Any] = {}
        self.documents: dict[TravelDocument, None] = {}
        self.bags: dict[int, int] = {}
        """Number of a leg in the booking → bags checked in on it."""

    def fill(self, field: str, value: str) -> None:
        """The first statement of a field stands."""
        if value:
            self.fields.setdefault(field, value)


class Leg:
    """A flight of the itinerary while it is read; ``operating`` is who flies it for ``carrier``."""

    __slots__ = (
        "arrival", "carrier", "departure", "from_place", "number", "operating",
        "operating_number", "status", "to_place",
    )  # fmt: skip

    def __init__(self, from_place: Where = _NOWHERE, to_place: Where = _NOWHERE) -> None:
        self.from_place = from_place
        self.to_place = to_place
        self.carrier = self.number = self.operating = self.operating_number = ""
        self.departure = self.arrival = self.status = ""

    def built(self) -> Journey:
        """The flight that flies: that of the operating carrier when its number was sent."""
        flown = bool(self.operating and self.operating_number)
        return Journey(
            carrier=self.operating if flown else self.carrier,
            number=self.operating_number if flown else self.number,
            departure_place=self.from_place,
            departure=self.departure,
            arrival_place=self.to_place,
            arrival=self.arrival,
        )


class Fact(NamedTuple):
    """Something said about a traveller: of the ``reference``, else ``person``, else by name."""

    what: Document
    at: Place
    reference: str = ""
    person: Person | None = None
    residence: str = ""


def fact(
    code: str, text: str, notes: Notes, at: Place, year: int,
    reference: str = "", person: Person | None = None,
) -> Fact | None:  # fmt: skip
    """Return what the text of an SSR states; None when its code or its text states nothing."""
    what: Document | None = None
    residence = ""
    if code == "DOCS":
        what = pnr_texts.docs(text, notes, at, year)
    elif code == "INFT" and text.strip():
        what = pnr_texts.inft(text, notes, at, year)
    elif code == "DOCO":
        document, infant = pnr_texts.doco(text)
        what = Document(document=document, infant=infant) if document is not None else None
    elif code == "DOCA":
        residence, infant = pnr_texts.doca(text)
        what = Document(infant=infant) if residence else None
    elif code == "CHLD" and (birth := pnr_texts.day(text, notes, at, year, past=True)):
        what = Document(birth_date=birth)
    return Fact(what, at, reference, person, residence) if what is not None else None


class Booking:
    """One PNR while it is read."""

    __slots__ = ("facts", "legs", "locators", "names", "overfull", "people", "references")

    def __init__(self) -> None:
        self.locators: list[tuple[str, str]] = []
        """Carrier or system and its record locator, as they come."""
        self.people: dict[bool, list[Person]] = {False: [], True: []}
        """Those with a seat, and infants."""
        self.names: dict[tuple[bool, str], list[Person]] = {}
        self.references: dict[str, Person] = {}
        self.legs: list[Leg] = []
        self.facts: list[Fact] = []
        self.overfull = False

    def add(self, person: Person, reference: str = "") -> Person:
        """Take a traveller in; the first of a reference keeps it."""
        if sum(map(len, self.people.values())) >= _MOST_PEOPLE:
            self.overfull = True
            return person
        self.people[person.infant].append(person)
        self.names.setdefault((person.infant, _plain(person.surname)), []).append(person)
        if reference:
            self.references.setdefault(reference.lstrip("0"), person)
        return person

    def fly(self, leg: Leg) -> Leg:
        """Take a flight of the itinerary in."""
        if len(self.legs) >= _MOST_LEGS:
            self.overfull = True
        else:
            self.legs.append(leg)
        return leg

    def by_reference(self, reference: str) -> Person | None:
        """Return the traveller of a reference; leading zeros do not count."""
        return self.references.get(reference.lstrip("0")) if reference else None

    def by_name(
        self, surname: str, given_names: str, *, infant: bool, exact: bool = False
    ) -> Person | None:
        """Return who bears the name.

        Given names may be longer on one side, as in passports, unless they are to be ``exact``.
        """
        first = _plain(given_names)
        for person in self.names.get((infant, _plain(surname)), [])[:_NAMESAKES]:
            known = _plain(person.given_names)
            if known == first or (not exact and _begins(known, first)):
                return person
        return None


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _plain(name: str) -> str:
    return untitled(name.upper()).replace(" ", "").replace("-", "")


def readings(
    bookings: Iterable[Booking], flight: Journey, function: Function, notes: Notes
) -> list[Reading]:
    """Return the travellers of all bookings on ``flight``, and those whose seat was given up."""
    live: list[Traveller] = []
    gone: list[Traveller] = []
    seen: set[str] = set()
    for booking in bookings:
        _settle(booking, notes)
        _within(booking, notes)
        here = this_flight(booking.legs, flight)
        ended = here is not None and booking.legs[here].status in CANCELLED
        for person in _built(booking, flight, here):
            _once(person, seen, notes)
            (gone if ended else live).append(person)
    found = [Reading(function, tuple(live))] if live or not gone else []
    return [*found, Reading(Function.CANCELLATION, tuple(gone))] if gone else found


def _within(booking: Booking, notes: Notes) -> None:
    if booking.overfull:
        reason = f"a booking has more than {_MOST_PEOPLE} travellers or {_MOST_LEGS} flights"
        notes.add("pnrgov.booking.size", Severity.ERROR, reason, None)


def _once(person: Traveller, seen: set[str], notes: Notes) -> None:
    key = natural_key(person)
    if key in seen:
        reason = "a traveller stands in two bookings of the message; the later one will stand"
        notes.add("pnrgov.traveller.repeated", Severity.NOTE, reason, None)
    seen.add(key)


def this_flight(legs: list[Leg], flight: Journey) -> int | None:
    """Return which leg is the flight the message was sent for: by number, else by its ends."""
    for at, leg in enumerate(legs):
        names = (
            (leg.carrier, leg.number),
            (leg.operating or leg.carrier, leg.operating_number or leg.number),
        )
        if _same_day(leg, flight) and (flight.carrier, flight.number) in names:
            return at
    for at, leg in enumerate(legs):
        ends = (leg.from_place.code, leg.to_place.code)
        same = ends == (flight.departure_place.code, flight.arrival_place.code)
        if same and _same_day(leg, flight) and flight.carrier in (leg.carrier, leg.operating):
            return at
    return None


def _same_day(leg: Leg, flight: Journey) -> bool:
    return not (leg.departure and flight.departure) or leg.departure[:10] == flight.departure[:10]


def _settle(booking: Booking, notes: Notes) -> None:
    for fact in booking.facts:
        person = _owner(booking, fact)
        if person is None:
            reason = "nobody in the booking can be told to be its subject; it was passed over"
            notes.add("pnrgov.ssr.owner", Severity.WARNING, reason, fact.at)
        else:
            _give(person, fact)


def _owner(booking: Booking, fact: Fact) -> Person | None:
    what = fact.what
    if what.infant:
        return _infant(booking, what)
    found = booking.by_reference(fact.reference) or fact.person
    if found is None and what.surname:
        found = booking.by_name(what.surname, what.given_names, infant=False)
    seated = booking.people[False]
    return found or (seated[0] if len(seated) == 1 else None)


def _infant(booking: Booking, what: Document) -> Person | None:
    """An infant has no seat: guides let senders name it in the adult's SSR alone."""
    infants = booking.people[True]
    if what.surname:
        named = booking.by_name(what.surname, what.given_names, infant=True)
        if named is None and not (len(infants) == 1 and not infants[0].documents):
            return booking.add(Person(what.surname, what.given_names, infant=True))
        return named or infants[0]
    return infants[0] if len(infants) == 1 else None


def _give(person: Person, fact: Fact) -> None:
    what = fact.what
    if what.document is not None:
        person.documents[what.document] = None
    if what.surname and (what.given_names or not person.given_names):
        person.fill("surname", what.surname)
        person.fill("given_names", what.given_names)
    person.fill("birth_date", what.birth_date)
    person.fill("gender", what.gender)
    person.fill("nationality", what.nationality)
    person.fill("residence", fact.residence)


def _built(booking: Booking, flight: Journey, here: int | None) -> list[Traveller]:
    held = {at: leg.built() for at, leg in enumerate(booking.legs) if leg.status not in CANCELLED}
    board, off, journey = flight.departure_place, flight.arrival_place, flight
    if here is not None:
        own = booking.legs[here].built()
        board, off = own.departure_place, own.arrival_place
        journey = replace(
            flight,
            departure=flight.departure or own.departure,
            arrival=flight.arrival or (own.arrival if off == flight.arrival_place else ""),
        )
        if here in held:
            held[here] = replace(own, carrier=flight.carrier, number=flight.number)
    legs = tuple(held.values())
    shared = {
        "journey": journey,
        "legs": legs if len(legs) > 1 or (legs and here is None) else (),
        "embarkation": board,
        "disembarkation": off,
        "booking_reference": _locator(booking, flight),
    }
    people = (*booking.people[False], *booking.people[True])
    return [_traveller(person, here, shared) for person in people]


def _locator(booking: Booking, flight: Journey) -> str:
    """The record locator of the carrier that flies, else the first."""
    for carrier, locator in booking.locators:
        if carrier == flight.carrier:
            return locator
    return booking.locators[0][1] if booking.locators else ""


def _traveller(person: Person, here: int | None, shared: dict[str, Any]) -> Traveller:
    bags = person.bags.get(-1 if here is None else here, next(iter(person.bags.values()), None))
    names = {"surname": person.surname, "given_names": person.given_names}
    documents = sorted(person.documents, key=lambda each: _RANK.get(each.type, 3))
    return Traveller(**{**names, **person.fields}, documents=tuple(documents), bags=bags, **shared)
