"""PAXLST, the passenger and crew list that carriers send ahead.

WCO/IATA/ICAO API guidelines, PAXLST implementation guide (D.02B, D.03B, D.05B, later), and the land
variant of the same directory. Rules of the guide that matter here: a list without a function is an
original; dates come as YYMMDD without a format code; the leg of interest runs from the last place
before the border (LOC+125) to the first behind it (LOC+87), other legs use LOC+92.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from esclusa.codes import redress
from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading, snippet, walk
from esclusa.formats.values import whole
from esclusa.model import (
    Function,
    Journey,
    Place,
    Severity,
    TravelDocument,
    Traveller,
)
from esclusa.model.people import REDRESS

_NOWHERE: Final = Place()
_ROLE: Final = common.CODES["traveller"]
_DOCUMENT: Final = common.CODES["document"]
_FLIGHT: Final = re.compile(r"([A-Z0-9]{2}|[A-Z]{3})0*([0-9]{1,4}[A-Z]?)")
_GENDERS: Final = ("M", "F", "U", "X", "")

_CHANGES: Final = {"CP": Function.AMENDMENT, "XR": Function.CANCELLATION}
"""Document numbers (BGM 1004) by which the API guides say what a list does: CP changes passenger
data, XR takes a reservation back."""

LAND_PLACE: Final = "163"
"""Code list of a state or province: a driving licence names it before its country."""

_UNREAD: Final = frozenset({
    "UNH", "UNT", "FTX", "EMP", "CNT", "AUT", "GEI", "GIS", "CPI", "QTY", "GID", "UNS", "CTA",
    "COM",
})  # fmt: skip
"""Segments that passenger lists hold and that make no statement of their own."""


class _Leg:
    """One leg while its group is read."""

    __slots__ = ("end", "fields", "marked", "place", "start")

    def __init__(self, carrier: str, number: str) -> None:
        self.fields = {"carrier": carrier, "number": number}
        self.start: Place | None = None
        self.end: Place | None = None
        self.place = ""
        self.marked = False

    def built(self) -> Journey:
        return Journey(
            **self.fields,
            departure_place=self.start or _NOWHERE,
            arrival_place=self.end or _NOWHERE,
        )


class _Person:
    """A traveller while the group is read; ``document`` is the travel document standing open."""

    __slots__ = ("documents", "fields", "in_document")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.documents: list[TravelDocument] = []
        self.in_document = False


class _List:
    """The message while it is read."""

    __slots__ = ("function", "leg", "legs", "notes", "people", "person", "year")

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.legs: list[_Leg] = []
        self.leg: _Leg | None = None
        self.people: list[_Person] = []
        self.person: _Person | None = None


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one PAXLST message into travellers; defects go to ``notes``."""
    listing = _List(raw, notes)
    walk(listing, raw, _HANDLERS, _UNREAD, "PAXLST", "paxlst")
    if listing.function is None:
        return []
    return [Reading(listing.function, tuple(_travellers(listing)))]


def _bgm(listing: _List, segment: Segment) -> None:
    word = segment.get(2).strip()
    if not segment.get(3) and word in _CHANGES:
        listing.function = _CHANGES[word]
    else:
        listing.function = common.function_of(segment, listing.notes)


def _tdt(listing: _List, segment: Segment) -> None:
    """Each TDT of the header opens a leg; one inside a person's group is a onward ticket."""
    if listing.person is not None:
        return
    carrier = segment.get(5).strip() or segment.get(5, 4).strip()
    listing.leg = _Leg(*flight(carrier, segment.get(2).strip()))
    listing.legs.append(listing.leg)


def flight(carrier: str, number: str) -> tuple[str, str]:
    """Return carrier designator and number apart: ``"", "LH0532"`` → ``"LH", "532"``.

    Lists of the same flight write it both ways, and the key of a traveller rests on it.
    """
    found = _FLIGHT.fullmatch(number.replace(" ", "").upper())
    if found and (not carrier or found.group(1) == carrier):
        return found.group(1), found.group(2)
    return carrier, number.lstrip("0") or number


def _loc(listing: _List, segment: Segment) -> None:
    if listing.person is None:
        _leg_place(listing, segment)
        return
    code = segment.get(1)
    if listing.person.in_document:
        _issuer(listing.person, segment)
    elif code in ("178", "179"):
        field = "embarkation" if code == "178" else "disembarkation"
        listing.person.fields.setdefault(field, common.place(segment))
    elif code == "174":
        listing.person.fields.setdefault("residence", segment.get(2).strip())
    elif code == "180":
        born = common.place(segment)
        said = ", ".join(filter(None, (born.name, born.code)))
        listing.person.fields.setdefault("birth_place", said)


def _leg_place(listing: _List, segment: Segment) -> None:
    """Of two places of a leg the first is where it starts."""
    leg, code = listing.leg, segment.get(1)
    if leg is None or code not in ("5", "125", "87", "92", "60", "8"):
        return
    place = common.place(segment)
    if code in ("87", "60", "8") or (code == "92" and leg.start is not None):
        leg.end, leg.place = place, "arrival"
        leg.marked = leg.marked or code == "87"
    else:
        leg.start, leg.place = place, "departure"


def _issuer(person: _Person, segment: Segment) -> None:
    document = person.documents[-1]
    if segment.get(1) != "91" or segment.get(2, 2) == LAND_PLACE or document.issuer:
        return
    person.documents[-1] = replace(document, issuer=segment.get(2).strip())


def _dtm(listing: _List, segment: Segment) -> None:
    field = common.MOMENT.get(segment.get(1), "")
    person = listing.person
    if person is None:
        _leg_moment(listing, segment, field)
    elif field == "birth":
        value = common.moment(segment, listing.notes, listing.year, past=True)
        person.fields["birth_date"] = value
    elif field == "expires" and person.in_document:
        value = common.moment(segment, listing.notes, listing.year)
        person.documents[-1] = replace(person.documents[-1], expires=value)


def _leg_moment(listing: _List, segment: Segment, field: str) -> None:
    if listing.leg is None or field not in ("departure", "arrival"):
        return
    value = common.moment(segment, listing.notes, listing.year)
    if value:
        listing.leg.fields[field] = value


def _nad(listing: _List, segment: Segment) -> None:
    """Only the roles of travellers open a person; others (NAD+MS, who reports) close one."""
    role = _ROLE.get(segment.get(1))
    listing.person = None
    if role is None:
        return
    person = _Person()
    names = [part.strip() for part in segment.element(4)]
    surname, given = (names or [""])[0], [name for name in names[1:4] if name]
    if not surname:
        reason = "traveller has no surname (NAD C080)"
        listing.notes.add("paxlst.name.missing", Severity.WARNING, reason, segment, "4.1")
    person.fields.update(surname=surname, given_names=" ".join(given), role=role)
    listing.people.append(person)
    listing.person = person


def _att(listing: _List, segment: Segment) -> None:
    person = listing.person
    if person is None or segment.get(1) != "2":
        return
    gender = segment.get(3).strip() or segment.get(2).strip()
    person.fields["gender"] = gender
    if gender not in _GENDERS:
        reason = f"{snippet(gender)} is not M, F, U or X"
        listing.notes.add("paxlst.gender", Severity.WARNING, reason, segment, "3.1")


def _mea(listing: _List, segment: Segment) -> None:
    """MEA+CT counts checked bags; the guide leaves the unit empty and senders drop its colon."""
    if listing.person is None or segment.get(1) != "CT":
        return
    text, element = segment.get(3, 2), "3.2"
    if not text:
        text, element = segment.get(3), "3.1"
    if text:
        listing.person.fields["bags"] = whole(text.strip(), listing.notes, segment, element)


def _nat(listing: _List, segment: Segment) -> None:
    if listing.person is not None and segment.get(1) in ("2", ""):
        listing.person.fields["nationality"] = segment.get(2).strip()


def _rff(listing: _List, segment: Segment) -> None:
    person, number = listing.person, segment.get(1, 2).strip()
    if person is None:
        return
    if common.REFERENCE.get(segment.get(1)) == "booking":
        person.fields["booking_reference"] = number
    elif segment.get(1) == GOVERNMENT and redress.is_valid(number):
        person.documents.append(TravelDocument(number=redress.normalise(number), type=REDRESS))


def _doc(listing: _List, segment: Segment) -> None:
    person = listing.person
    if person is None:
        return
    number, code = segment.get(2).strip(), segment.get(1).strip()
    person.in_document = bool(number)
    if not number:
        reason = "travel document has no number; it was left out"
        listing.notes.add("paxlst.document.number", Severity.WARNING, reason, segment, "2.1")
        return
    kind = _DOCUMENT.get(code) or ("passport" if not code else "other")
    if kind == "other" and redress.is_valid(number):
        kind, number = REDRESS, redress.normalise(number)
    person.documents.append(TravelDocument(number=number, type=kind))


_HANDLERS: Final[dict[str, Callable[[_List, Segment], None]]] = {
    "BGM": _bgm, "TDT": _tdt, "LOC": _loc, "DTM": _dtm, "NAD": _nad, "ATT": _att, "MEA": _mea,
    "NAT": _nat, "RFF": _rff, "DOC": _doc,
}  # fmt: skip


def _travellers(listing: _List) -> list[Traveller]:
    legs = tuple(leg.built() for leg in listing.legs)
    journey = _journey(listing, legs)
    several = legs if len(legs) > 1 else ()
    return [
        Traveller(
            **person.fields,
            documents=tuple(_ordered(person.documents)),
            journey=journey,
            legs=several,
        )
        for person in listing.people
    ]


def _journey(listing: _List, legs: tuple[Journey, ...]) -> Journey:
    """The leg that crosses the border (it ends at LOC+87), else the first."""
    for leg, built in zip(listing.legs, legs, strict=True):
        if leg.marked:
            return built
    return legs[0] if legs else Journey()


def _ordered(documents: list[TravelDocument]) -> list[TravelDocument]:
    """The document that proves identity first: a visa or licence must not become the key."""
    return sorted(documents, key=lambda document: RANK.get(document.type, 3))


RANK: Final = {"passport": 0, "id_card": 1, "seafarer": 1, "residence": 2, "visa": 4, REDRESS: 5}
GOVERNMENT: Final = "AEA"
"""Reference qualifier (UN/EDIFACT 1153) of a government agency's reference number: a redress number
where it has the form of one."""
