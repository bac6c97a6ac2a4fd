"""PNRGOV, the booking data that airlines push to a state before a flight.

WCO/IATA/ICAO PNRGOV guide 10.1 to 15.1 (PADIS, no UN directory). Records open at SRC, travellers at
TIF, flights at TVL, whatever stands between: of one agency's messages 7 % failed on a strict
grammar. What a booking was (history: ABI, SAC, LTS) states nothing. One bad SSR costs only itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esclusa.formats import pnr_texts
from esclusa.formats.dates import iso_moment
from esclusa.formats.edifact import common
from esclusa.formats.edifact.paxlst import flight
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.pnr import INFANT, Booking, Leg, Person, fact, readings
from esclusa.formats.reading import Notes, Reading, snippet, walk
from esclusa.formats.values import whole
from esclusa.model import Function, Journey, Severity

_FUNCTION: Final = common.CODES["pnr_function"]
_GROUP: Final = "G"
"""TIF C322: the name of a group, not of a traveller."""

_STATING: Final = ("DOCS", "DOCO", "DOCA", "INFT", "CHLD")
"""Special services that say something about a traveller which we hold."""

_PLACES: Final = 9
"""Travellers of one surname in one TIF (C324 stands nine times)."""

_UNREAD: Final = frozenset({
    "UNH", "UNT", "ORG", "DAT", "IFT", "ADD", "EBD", "FTI", "REF", "FAR", "TKT", "MON", "PTK",
    "TXD", "FOP", "APD", "SSD", "LTS", "AUT", "CRI", "ERC", "UNS",
})  # fmt: skip
"""Segments of the guide that make no statement of their own: tickets, fares, payment, contacts."""


class _State:
    """The message while it is read: where we stand, and what stands open."""

    __slots__ = (
        "booking", "bookings", "counted", "flight", "function", "history", "leg", "notes", "other",
        "person", "split", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function = Function.ORIGINAL
        self.flight: Journey | None = None
        self.counted: int | None = None
        self.bookings: list[Booking] = []
        self.booking: Booking | None = None
        self.person: Person | None = None
        self.leg: Leg | None = None
        self.history = False
        self.other = False
        """The next TVL is a hotel or a car."""
        self.split = False
        """The next RCI names bookings that were split off."""


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one PNRGOV message into travellers; defects go to ``notes``.

    Those who hold no seat on the flight any more come as a cancellation.
    """
    state = _State(raw, notes)
    walk(state, raw, _HANDLERS, _UNREAD, "PNRGOV", "pnrgov")
    _counts(state)
    return readings(state.bookings, state.flight or Journey(), state.function, notes)


def _counts(state: _State) -> None:
    """The guide's EQN counts bookings; many senders count travellers."""
    if state.flight is None:
        reason = "the message names no flight (TVL before the first SRC)"
        state.notes.add("pnrgov.flight.missing", Severity.WARNING, reason, None)
    bookings = len(state.bookings)
    people = sum(len(each) for booking in state.bookings for each in booking.people.values())
    if state.counted is not None and state.counted not in (bookings, people):
        lost = state.counted > max(bookings, people)
        reason = f"EQN counts {state.counted}, found {bookings} bookings with {people} travellers"
        severity = Severity.WARNING if lost else Severity.NOTE
        state.notes.add("pnrgov.count", severity, reason, None)


def _msg(state: _State, segment: Segment) -> None:
    """Before the records the function of the message; inside one it opens a hotel or a car."""
    if state.booking is not None:
        state.other = True
        return
    code = segment.get(1, 2).strip() or segment.get(1).strip()
    word = _FUNCTION.get(code)
    if word is None and code:
        reason = f"function {snippet(code)} is not in the guide; read as original"
        state.notes.add("pnrgov.function", Severity.WARNING, reason, segment, "1.2")
    state.function = Function(word or "original")


def _src(state: _State, segment: Segment) -> None:
    state.booking = Booking()
    state.bookings.append(state.booking)
    state.person = state.leg = None
    state.history = state.other = state.split = False


def _open(state: _State, segment: Segment) -> Booking:
    """Return the booking that stands open; one that lost its SRC opens at its first segment."""
    if state.booking is None:
        reason = "a booking begins without SRC"
        state.notes.first("pnrgov.src.missing", Severity.WARNING, reason, segment)
        _src(state, segment)
    assert state.booking is not None
    return state.booking


def _eqn(state: _State, segment: Segment) -> None:
    """Before the records how many there are; inside one it announces bookings split off."""
    if state.booking is None:
        state.counted = whole(segment.get(1).strip(), state.notes, segment, "1")
    else:
        state.split = True


def _rci(state: _State, segment: Segment) -> None:
    if state.history:
        return
    if state.split:
        state.split = False
        return
    booking = _open(state, segment)
    if booking.locators:
        return
    for element in segment.elements()[:_PLACES]:
        if len(element) > 1 and element[1].strip():
            booking.locators.append((element[0].strip(), element[1].strip()))


def _tvl(state: _State, segment: Segment) -> None:
    if state.history:
        return
    if state.booking is None and state.flight is None:
        leg = _leg(state, segment)
        state.flight = leg.built()
        return
    booking = _open(state, segment)
    if state.other:
        state.other, state.leg = False, None
    elif segment.get(2).strip() or segment.get(3).strip():
        state.leg = booking.fly(_leg(state, segment))
        state.person = None
    elif state.leg is not None:
        _operated(state.leg, segment.get(4, 2) or segment.get(4), segment.get(5))


def _leg(state: _State, segment: Segment) -> Leg:
    leg = Leg(
        pnr_texts.airport(segment.get(2), segment.get(2, 2)),
        pnr_texts.airport(segment.get(3), segment.get(3, 2)),
    )
    leg.carrier, leg.number = _flight(segment.get(4), segment.get(5))
    leg.operating = segment.get(4, 2).strip()
    leg.departure, leg.arrival = _moments(state, segment)
    return leg


def _flight(carrier: str, number: str) -> tuple[str, str]:
    """Part carrier and number as passenger lists do, so that both find the same flight."""
    plain = number.strip()
    return flight(carrier.strip(), plain) if carrier.strip() else ("", plain.lstrip("0") or plain)


def _operated(leg: Leg, carrier: str, number: str) -> None:
    """Take in who flies a codeshare: TRA, or in older guides a TVL without places."""
    leg.operating = carrier.strip() or leg.operating
    if leg.operating and number.strip():
        leg.operating, leg.operating_number = _flight(leg.operating, number)


def _tra(state: _State, segment: Segment) -> None:
    if state.leg is not None and not state.history:
        _operated(state.leg, segment.get(1, 2) or segment.get(1), segment.get(2))


def _moments(state: _State, segment: Segment) -> tuple[str, str]:
    """Read C310: departure, arrival, both local. An arrival without a date is on the same day."""
    day, time, last_day, last_time = (segment.get(1, at).strip() for at in range(1, 5))
    if len(last_day) == 4 and not last_time:
        last_day, last_time = "", last_day
        reason = "the time of arrival stands where its date belongs (C310)"
        state.notes.first("pnrgov.time.place", Severity.NOTE, reason, segment)
    departure = _moment(state, segment, day, time)
    arrival = _moment(state, segment, last_day or day, last_time) if last_day or last_time else ""
    return departure, arrival


def _moment(state: _State, segment: Segment, day: str, time: str) -> str:
    if not day:
        return ""
    layout = "DDMMyy" if len(day) == 6 else "DDMMYYYY"
    value = iso_moment(day + time, layout + ("hhmm" if time else ""), year=state.year)
    if value is None:
        reason = f"{snippet(f'{day} {time}'.strip())} is not a date DDMMYY and a time HHMM"
        state.notes.add("value.date", Severity.ERROR, reason, segment, "1")
        value = iso_moment(day, layout, year=state.year)
    return value or ""


def _tif(state: _State, segment: Segment) -> None:
    if state.history:
        return
    booking = _open(state, segment)
    state.person = None
    surname = segment.get(1).strip()
    if segment.get(1, 2).strip() == _GROUP:
        return
    names = segment.elements()[1 : 1 + _PLACES] or [[""]]
    for each in names:
        given, kind, reference = (*(part.strip() for part in each[:3]), "", "", "")[:3]
        if surname or given:
            state.person = _person(state, booking, surname, given, kind, reference)
    if state.person is None:
        reason = "traveller has no name (TIF)"
        state.notes.add("pnrgov.name.missing", Severity.WARNING, reason, segment, "1.1")


def _person(
    state: _State, booking: Booking, surname: str, given: str, kind: str, reference: str
) -> Person:
    """A traveller that stands again below a flight (check-in) is the one named before."""
    infant, names = kind.upper() in INFANT, pnr_texts.untitled(given)
    known = booking.by_reference(reference)
    if known is not None and known.surname == surname and known.given_names == names:
        return known
    if known is None and booking.legs:
        known = booking.by_name(surname, names, infant=infant, exact=True)
    if known is not None and booking.legs:
        return known
    return booking.add(Person(surname, names, infant=infant), reference)


def _tri(state: _State, segment: Segment) -> None:
    if state.booking is not None and not state.history:
        state.person = state.booking.by_reference(segment.get(2, 4).strip())


def _tbd(state: _State, segment: Segment) -> None:
    """Bags checked in on the flight that stands open."""
    text = segment.get(2).strip()
    if state.person is None or state.booking is None or state.history or not text:
        return
    count = whole(text, state.notes, segment, "2.1")
    if count is not None:
        state.person.bags[len(state.booking.legs) - 1] = count


def _rpi(state: _State, segment: Segment) -> None:
    if state.leg is not None and not state.history:
        state.leg.status = segment.get(2).strip()


def _history(state: _State, segment: Segment) -> None:
    state.history = True
    state.person = state.leg = None


def _ssr(state: _State, segment: Segment) -> None:
    code = segment.get(1).strip().upper()
    if code not in _STATING or state.history:
        return
    booking = _open(state, segment)
    if segment.get(1, 2).strip() in pnr_texts.CANCELLED:
        return
    reference = segment.get(2, 3).strip()
    found = fact(code, _text(segment), state.notes, segment, state.year, reference, state.person)
    if found is not None:
        booking.facts.append(found)


def _text(segment: Segment) -> str:
    """Return the ninth component; some senders lose a colon, so else the first with a slash."""
    words = segment.element(1)
    if len(words) > 8:
        return ":".join(words[8:])
    return next((word for word in words[4:] if "/" in word), "")


_HANDLERS: Final[dict[str, Callable[[_State, Segment], None]]] = {
    "MSG": _msg, "SRC": _src, "EQN": _eqn, "RCI": _rci, "TVL": _tvl, "TRA": _tra, "TIF": _tif,
    "TRI": _tri, "TBD": _tbd, "RPI": _rpi, "SSR": _ssr, "ABI": _history, "SAC": _history,
}  # fmt: skip
