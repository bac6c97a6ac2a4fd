"""Write a passenger or crew list: the WCO/IATA/ICAO guide on directory D.02B.

The order is that of the segment table of D.01B, the nearest whose text is published, with RFF
behind NAT as the guide has it. Dates are written as the guide asks, YYMMDD and YYMMDDHHMM, where
the reader finds the same century again: ``message.prepared`` must be the moment that UNB tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import WritingError, segment
from esclusa.formats.edifact.paxlst import GOVERNMENT, flight
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import Function, Journey, Message, TravelDocument, Traveller
from esclusa.model.people import REDRESS

DIRECTORY: Final = "D.02B"
GUIDE: Final = "IATA"

_PASSENGERS: Final = ("745", "42")
"""Document name (1001) of a passenger list, and control qualifier (6069) of its total."""
_CREW: Final = ("250", "41")


class _Route(NamedTuple):
    """The legs of a list, and which of them it is sent for."""

    legs: tuple[Journey, ...]
    chosen: int


def write(message: Message) -> list[NewMessage]:
    """Write travellers as lists, one for each journey.

    :raises WritingError: a statement is of another kind, a journey is none of its legs, a document
        has no number, or a value cannot be written.
    """
    routes: dict[_Route, list[Traveller]] = {}
    for each in message.statements:
        if not isinstance(each, Traveller):
            raise common.wrong_kind(each, "PAXLST", "travellers")
        routes.setdefault(_route(each), []).append(each)
    return [
        NewMessage(
            message_head(
                common.reference_of(message, number), "PAXLST", DIRECTORY, association=GUIDE
            ),
            list(_list(message, route, people)),
        )
        for number, (route, people) in enumerate(routes.items())
    ]


def _route(person: Traveller) -> _Route:
    if not person.legs:
        return _Route((person.journey,) if person.journey != Journey() else (), 0)
    if person.journey not in person.legs:
        raise common.refused("its journey is none of its legs", "traveller")
    return _Route(person.legs, person.legs.index(person.journey))


def _list(message: Message, route: _Route, people: list[Traveller]) -> Iterator[Segment]:
    name, control = _CREW if all(each.role == "crew" for each in people) else _PASSENGERS
    year = _year(message)
    yield _bgm(message.function, name)
    if message.sender:
        yield segment("NAD", "MS", "", "", common.lines(message.sender, 35, 5))
    for at, leg in enumerate(route.legs):
        yield from _leg(leg, at, at == route.chosen, year)
    for person in people:
        yield from _person(person, year)
    yield segment("CNT", (control, str(len(people))))


def _year(message: Message) -> int:
    """The year that the reader takes for short dates; 0 asks for long ones."""
    year = message.prepared[:4]
    return int(year) if len(year) == 4 and year.isdigit() and year > "1980" else 0


def _bgm(function: Function, name: str) -> Segment:
    """An original says nothing of it; 1004 tells a change from a cancellation."""
    return segment("BGM", name, common.CODE["list_change"].get(function, ""))


# -- legs -----------------------------------------------------------------------------------------


def _leg(leg: Journey, at: int, chosen: bool, year: int) -> Iterator[Segment]:
    """Group 2. The leg of interest runs from LOC+125 to LOC+87, others use LOC+92."""
    yield segment("TDT", "20", _number(leg), "", "", leg.carrier)
    start = common.place("125" if chosen else "92", leg.departure_place)
    yield from start
    if leg.departure:
        yield common.moment("189", leg.departure, "journey", year=year)
    end = "87" if chosen else "92" if start else "60"
    yield from common.place(end, leg.arrival_place) or (
        [segment("LOC", end)] if chosen and at else []
    )
    if leg.arrival:
        yield common.moment("232", leg.arrival, "journey", year=year)


def _number(leg: Journey) -> str:
    """Carrier and number together, as lists write it, where they can be told apart again."""
    whole = leg.carrier + leg.number
    apart = (leg.carrier, leg.number)
    return whole if leg.number and flight(leg.carrier, whole) == apart else leg.number


# -- people ---------------------------------------------------------------------------------------


def _person(person: Traveller, year: int) -> Iterator[Segment]:
    """Group 4 in the order NAD ATT DTM MEA LOC NAT RFF, documents behind."""
    role = common.CODE["traveller"].get(person.role)
    if role is None:
        raise common.refused("its role is none of passenger, crew and transit", "traveller")
    yield segment("NAD", role, "", "", (person.surname, *_given(person.given_names)))
    if person.gender:
        yield segment("ATT", "2", "", person.gender)
    if person.birth_date:
        yield common.moment("329", person.birth_date, "traveller", year=year, past=True)
    if person.bags is not None:
        yield segment("MEA", "CT", "", ("", str(person.bags)))
    yield from common.place("178", person.embarkation)
    yield from common.place("179", person.disembarkation)
    if person.residence:
        yield segment("LOC", "174", person.residence)
    if person.birth_place:
        yield segment("LOC", "180", ("", "", "", person.birth_place))
    if person.nationality:
        yield segment("NAT", "2", person.nationality)
    if person.booking_reference:
        yield segment("RFF", ("AVF", person.booking_reference))
    for document in person.documents:
        if document.type == REDRESS:
            yield segment("RFF", (GOVERNMENT, document.number))
    for document in person.documents:
        if document.type != REDRESS:
            yield from _document(document, year)


def _given(names: str) -> tuple[str, ...]:
    """First, second and further names, if joining them by blanks restores them."""
    parts = names.split(" ", 2)
    return tuple(parts) if all(part and part == part.strip() for part in parts) else (names,)


def _document(document: TravelDocument, year: int) -> Iterator[Segment]:
    """Group 5; 110 and 111 are the code list and the agency that the guide prescribes."""
    if not document.number:
        raise WritingError("traveller: a travel document has no number")
    kind = common.CODE["document"].get(document.type, "F")
    yield segment("DOC", (kind, "110", "111"), document.number)
    if document.expires:
        yield common.moment("36", document.expires, "travel document", year=year)
    if document.issuer:
        yield segment("LOC", "91", document.issuer)
