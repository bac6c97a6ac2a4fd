"""PNRGOV in XML (IATA_PNRGOV_NotifRQ): the booking data of pnrgov.py in another dress.

WCO/IATA/ICAO PNRGOV XML implementation guide 13.1 to 16.1. Each PNR is one message, so a file of
any size is read in little memory and a damaged booking costs only itself. Read with
:mod:`esclusa.formats.xml`: no entities, no network. Bags are not read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from esclusa.formats import pnr_texts
from esclusa.formats.edifact.paxlst import flight
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.pnr import INFANT, Booking, Fact, Leg, Person, fact, readings
from esclusa.formats.pnr_texts import Document
from esclusa.formats.reading import Notes, Reading, snippet
from esclusa.formats.work import Work, metered
from esclusa.formats.xml import Element, read_elements
from esclusa.model import Defect, Function, Journey, Message, Severity

ID: Final = "pnrgov_xml"
ROOT: Final = "IATA_PNRGOV_NotifRQ"

_PNR_BYTES: Final = 4 * MIB
"""Largest PNR that is read; one of 99 travellers with tickets and history takes some 0.4 MiB."""

_NO_YEAR: Final = 2026
_MOMENT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9:.]+(?:Z|[+-][0-9:]+)?)")


class _At(NamedTuple):
    """The place of an element, as a defect wants it."""

    tag: str
    offset: int
    length: int
    number: int = 0


class _Head(NamedTuple):
    """What stands before the bookings."""

    reference: str = ""
    prepared: str = ""
    sender: str = ""
    flight: Journey | None = None
    read: int = 0
    """Bookings so far."""


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the root element, or one inside an envelope, is that of PNRGOV."""
    del name
    return any(ROOT.encode(codec) in head for codec in ("ascii", "utf-16-le", "utf-16-be"))


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the file: one message for each PNR; see :class:`~esclusa.formats.format.Reader`."""
    yield from metered(_items(stream, file, limits), Work(file, limits))


def _items(stream: BinaryIO, file: str, limits: Limits) -> Iterator[Message | Defect]:
    head = _Head()
    tags = ("Originator", "FlightLeg", "PNR")
    size = min(_PNR_BYTES, limits.message_bytes)
    for item in read_elements(stream, tags, file=file, limits=limits, element_bytes=size):
        if isinstance(item, Defect):
            yield item
        elif item.tag == "PNR":
            head = head._replace(read=head.read + 1)
            yield from _messages(item, head, limits)
        elif item.tag == "Originator":
            head = head._replace(sender=item.attributes.get("AirlineCode", "").strip())
        elif item.tag == "FlightLeg":
            notes = Notes(head.reference, item.offset, limits.defects_per_message)
            head = head._replace(flight=_leg(item, notes).built())
            yield from notes.closed()
        else:
            head = head._replace(
                reference=item.attributes.get("TransactionIdentifier", "").strip(),
                prepared=item.attributes.get("TimeStamp", "").strip(),
            )


def _messages(element: Element, head: _Head, limits: Limits) -> Iterator[Message]:
    """Yield the message of a booking, and a second one for travellers who gave their seat up."""
    reference = f"{head.reference}/{head.read}" if head.reference else str(head.read)
    notes = Notes(reference, element.offset, limits.defects_per_message)
    found = [] if element.fault else _readings(element, head, notes)
    if element.fault:
        notes.fatal("pnrgov_xml.pnr", element.fault)
    elif not any(reading.statements for reading in found) and _errors(notes):
        notes.fatal("pnrgov_xml.pnr.unusable", "errors left nothing that the booking states")
    functions = [(each.function, each.statements) for each in found] or [(Function.ORIGINAL, ())]
    defects = notes.closed()
    for function, statements in functions:
        yield Message(
            format=ID, offset=element.offset, length=element.length, reference=reference,
            function=function, sender=head.sender, prepared=head.prepared,
            statements=statements, defects=defects,
        )  # fmt: skip
        defects = ()


def _errors(notes: Notes) -> bool:
    return any(defect.severity is Severity.ERROR for defect in notes.found)


def _readings(element: Element, head: _Head, notes: Notes) -> list[Reading]:
    if head.flight is None:
        reason = "the message names no flight (FlightLeg before the first PNR)"
        notes.add("pnrgov.flight.missing", Severity.WARNING, reason, _at(element))
    booking = Booking()
    year = _year(head)
    for child in element.children:
        if reader := _PARTS.get(child.tag):
            reader(booking, child, notes, year)
    return readings([booking], head.flight or Journey(), Function.ORIGINAL, notes)


def _year(head: _Head) -> int:
    """Return the year that two-digit years lie near."""
    departure = head.flight.departure if head.flight is not None else ""
    text = (head.prepared or departure)[:4]
    return int(text) if text.isdigit() and text.isascii() and text > "1980" else _NO_YEAR


def _at(element: Element) -> _At:
    return _At(element.tag, element.offset, element.length)


def _locator(booking: Booking, element: Element, notes: Notes, year: int) -> None:
    del notes, year
    if locator := element.attributes.get("ID", "").strip():
        company = next(iter(element.all("CompanyName")), None)
        carrier = company.attributes.get("Code", "").strip() if company is not None else ""
        booking.locators.append((carrier, locator))


def _flight(booking: Booking, element: Element, notes: Notes, year: int) -> None:
    del year
    booking.fly(_leg(element, notes))


def _leg(element: Element, notes: Notes) -> Leg:
    """Read Flight or FlightLeg; the flight's own number is that of the marketing carrier."""
    start, end = (_child(element, tag) for tag in ("DepartureAirport", "ArrivalAirport"))
    leg = Leg(
        pnr_texts.airport(start.get("LocationCode", "")),
        pnr_texts.airport(end.get("LocationCode", "")),
    )
    sold, flown = (_child(element, tag) for tag in ("MarketingAirline", "OperatingAirline"))
    own = element.attributes
    leg.carrier, leg.number = _designator(
        own.get("CarrierCode", "") or sold.get("Code", "") or flown.get("Code", ""),
        sold.get("FlightNumber", "") or own.get("FlightNumber", ""),
    )
    leg.operating, leg.operating_number = _designator(
        flown.get("Code", ""), flown.get("FlightNumber", "")
    )
    leg.departure = _moment(element, "DepartureDateTime", notes)
    leg.arrival = _moment(element, "ArrivalDateTime", notes)
    leg.status = own.get("Status", "").strip()
    return leg


def _child(element: Element, tag: str) -> dict[str, str]:
    return next((child.attributes for child in element.children if child.tag == tag), {})


def _designator(carrier: str, number: str) -> tuple[str, str]:
    plain = number.strip()
    return flight(carrier.strip(), plain) if carrier.strip() else ("", plain.lstrip("0") or plain)


def _moment(element: Element, name: str, notes: Notes) -> str:
    """Read an ISO 8601 moment; seconds of nought are left out, a zone stays when it was sent."""
    text = element.attributes.get(name, "").strip()
    if not text:
        return ""
    found = _MOMENT.fullmatch(text[:40])
    try:
        moment = dt.datetime.fromisoformat(f"{found[1]}T{found[2]}" if found else text)
    except ValueError:
        reason = f"{name} {snippet(text)} is not a moment of ISO 8601"
        notes.add("value.date", Severity.ERROR, reason, _at(element))
        return ""
    if not found:
        return moment.date().isoformat()
    exact = "seconds" if moment.second else "minutes"
    return moment.replace(microsecond=0).isoformat(timespec=exact).replace("+00:00", "Z")


def _passenger(booking: Booking, element: Element, notes: Notes, year: int) -> None:
    given = " ".join((*element.values("GivenName"), *element.values("MiddleName")))
    surname = " ".join((*element.values("SurnamePrefix"), *element.values("Surname")))
    if not (surname or given):
        reason = "traveller has no name (Surname, GivenName)"
        notes.add("pnrgov.name.missing", Severity.WARNING, reason, _at(element))
    kind = _child(element, "FareInfo").get("PTC_Code", "").strip().upper()
    person = Person(surname, pnr_texts.untitled(given), infant=kind in INFANT)
    booking.add(person, element.attributes.get("RPH", "").strip())
    for child in element.children:
        if child.tag in ("SSR", "DOC_SSR"):
            _service(booking, child, notes, year, person)


def _ssr(booking: Booking, element: Element, notes: Notes, year: int) -> None:
    _service(booking, element, notes, year, None)


def _service(
    booking: Booking, element: Element, notes: Notes, year: int, person: Person | None
) -> None:
    """Read SSR (text) or DOC_SSR (attributes); inside a passenger it is that passenger's."""
    own = element.attributes
    if own.get("Status", "").strip() in pnr_texts.CANCELLED:
        return
    reference = "" if person is not None else own.get("RPH", "").strip()
    for child in element.children:
        if child.tag in ("Text", "TEXT") and child.text:
            code = own.get("SSR_Code", "").strip().upper()
            found = fact(code, child.text, notes, _at(element), year, reference, person)
        else:
            what, residence = _document(child, notes, year)
            found = Fact(what, _at(child), reference, person, residence) if what else None
        if found is not None:
            booking.facts.append(found)


def _document(element: Element, notes: Notes, year: int) -> tuple[Document | None, str]:
    own = element.attributes
    if element.tag == "DOCS":
        return _docs(element, notes, year), ""
    infant = own.get("InfantInd", "").strip().lower() in ("true", "1", "i")
    if element.tag == "DOCO":
        kind, number, state = (
            own.get(name, "") for name in ("TravelDocType", "TravelDocNbr", "CountryState")
        )
        visa = pnr_texts.visa(kind, number, state)
        return (Document(document=visa, infant=infant) if visa is not None else None), ""
    if element.tag == "DOCA" and own.get("AddressType", "").strip() == "R" and own.get("Country"):
        return Document(infant=infant), pnr_texts.state(own["Country"])
    return None, ""


def _docs(element: Element, notes: Notes, year: int) -> Document:
    own, at = element.attributes, _at(element)
    gender, infant = pnr_texts.sex(own.get("Gender", ""), notes, at)
    given = (pnr_texts.untitled(own.get(f"{nth}GivenName", "")) for nth in ("First", "Second"))
    expires = pnr_texts.day(own.get("ExpiryDate", ""), notes, at, year)
    return Document(
        surname=own.get("Surname", "").strip(),
        given_names=" ".join(name for name in given if name),
        birth_date=pnr_texts.day(own.get("DateOfBirth", ""), notes, at, year, past=True),
        gender=gender,
        nationality=pnr_texts.state(own.get("PaxNationality", "")),
        document=pnr_texts.travel_document(
            own.get("TravelDocType", ""), own.get("IssuingLoc", ""), own.get("TravelDocNbr", ""),
            expires,
        ),
        infant=infant,
    )  # fmt: skip


_PARTS: Final = {
    "BookingRefID": _locator, "Passenger": _passenger, "Flight": _flight, "SSR": _ssr,
    "DOC_SSR": _ssr,
}  # fmt: skip

FORMAT: Final = Format(
    id=ID,
    title_en="Airline bookings (PNRGOV in XML)",
    title_es="Reservas de aerolíneas (PNRGOV en XML)",
    standard="WCO/IATA/ICAO PNRGOV XML 13.1 to 16.1",
    sniff=sniff,
    read=read,
)
