"""What the transaction sets of cargo share: places, vessels, parties, moments, measures, texts."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from esclusa.formats.codemap import load_map
from esclusa.formats.dates import LAYOUT_BY_LENGTH, iso_moment
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.values import checked_container, number, ship_number
from esclusa.model import (
    Conveyance,
    Identifier,
    Party,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
)

CODES: Final = load_map("esclusa.formats.x12", "code_map.csv")
WEIGHT: Final = {code: float(factor) for code, factor in CODES["weight"].items()}
VOLUME: Final = {code: float(factor) for code, factor in CODES["volume"].items()}

MOST: Final = 30
"""Contacts kept for one party, and seals of one container before further ones are passed over."""

_ADDRESS: Final = 1000
"""Characters kept of one address."""

_NO_YEAR: Final = 2026
_UNLOCODE: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d)?\d{0,2}", re.ASCII)


def year_of(raw: RawMessage) -> int:
    """Return the year the interchange was prepared in, which settles two-digit years."""
    year = raw.prepared[:4]
    return int(year) if year.isdigit() and len(year) == 4 else _NO_YEAR


def place(code: str, name: str = "") -> Place:
    """Return a UN/LOCODE where the form is one; else a CBP schedule D or K code, kept as sent."""
    scheme = "unlocode" if _UNLOCODE.fullmatch(code) else ""
    return Place(code=code, name=name, scheme=scheme)


def moment(
    notes: Notes, segment: Segment, date: int, time: int = 0, zone: int = 0, *, year: int
) -> str:
    """Read a date (DT) and, where told and sent, a time (TM) and its code (623) as ISO 8601.

    "" when absent or no date. A time is local unless its code is UT or GM.
    """
    text = segment.get(date).strip()
    if not text:
        return ""
    day = iso_moment(text, LAYOUT_BY_LENGTH.get(len(text), "YYYYMMDD"), year=year)
    if day is None or "T" in day:
        reason = f"{snippet(text)} is not a date YYMMDD or CCYYMMDD"
        notes.add("value.date", Severity.ERROR, reason, segment, str(date))
        return ""
    clock = segment.get(time).strip() if time else ""
    if not clock:
        return day
    found = _CLOCK.fullmatch(clock)
    if found is None:
        reason = f"{snippet(clock)} is not a time HHMM or HHMMSS"
        notes.add("value.time", Severity.ERROR, reason, segment, str(time))
        return day
    seconds = f":{found[3]}" if found[3] else ""
    universal = zone and segment.get(zone).strip() in ("UT", "GM")
    return f"{day}T{found[1]}:{found[2]}{seconds}{'Z' if universal else ''}"


def measured(
    notes: Notes,
    segment: Segment,
    value: int,
    unit: int,
    table: dict[str, float],
    usual: str = "",
) -> float | None:
    """Read an amount in kilograms or cubic metres, whatever unit was sent; None when unusable.

    ``usual`` is the unit of an amount that was sent without one.
    """
    amount = number(segment.get(value).strip(), notes, segment, str(value))
    code = segment.get(unit).strip() or usual
    factor = table.get(code)
    if amount is None or factor is not None:
        return None if amount is None or factor is None else amount * factor
    reason = f"unit {snippet(code)} is not known"
    notes.add("value.unit", Severity.ERROR, reason, segment, str(unit))
    return None


def container_number(notes: Notes, segment: Segment, text: str) -> tuple[str, bool | None]:
    """Return a container number and the verdict on it; a wrong one is noted at element 2."""
    return checked_container(text, notes, segment, "2")


def sealed(box: TransportEquipment, segment: Segment) -> TransportEquipment:
    """Read M7: up to four further seals of a container."""
    if len(box.seals) >= MOST:
        return box
    more = (segment.get(at).strip() for at in range(1, 5))
    return replace(box, seals=(*box.seals, *(Seal(number=each) for each in more if each)))


# -- the voyage -----------------------------------------------------------------------------------


def ship(
    notes: Notes,
    segment: Segment,
    *,
    code: int,
    name: int,
    flag: int,
    qualifier: int,
    mode: int,
) -> Conveyance:
    """Vessel code: a call sign for qualifier C, an IMO number for L or seven digits."""
    found = Conveyance(
        mode=CODES["mode"].get(segment.get(mode), "") if mode else "sea",
        name=segment.get(name).strip(),
        flag=segment.get(flag).strip(),
    )
    mark = segment.get(code).strip()
    if segment.get(qualifier) == "C":
        return replace(found, call_sign=mark)
    if segment.get(qualifier) == "L" or (len(mark) == 7 and mark.isdigit()):
        imo, valid = ship_number(mark, notes, segment, str(code))
        return replace(found, imo=imo, imo_valid=valid)
    return replace(found, registration=mark)


def m10_voyage(notes: Notes, segment: Segment) -> Voyage:
    """Read M10: carrier, vessel, voyage number."""
    return Voyage(
        reference=segment.get(6).strip(),
        carrier=segment.get(1).strip(),
        conveyance=ship(notes, segment, code=4, name=5, flag=3, qualifier=10, mode=2),
    )


def v1_voyage(notes: Notes, segment: Segment, known: Voyage) -> Voyage:
    """Read V1, which names the vessel where M10 did not; return what is known with it."""
    if known.conveyance.name:
        return known
    return Voyage(
        reference=known.reference or segment.get(4).strip(),
        carrier=known.carrier or segment.get(5).strip(),
        conveyance=ship(notes, segment, code=1, name=2, flag=3, qualifier=8, mode=0),
    )


# -- parties --------------------------------------------------------------------------------------


class Parties:
    """The parties of a bill while their N1 loops are read."""

    __slots__ = ("found", "open")

    def __init__(self) -> None:
        self.found: list[Party] = []
        self.open = False

    def begin(self, segment: Segment) -> None:
        """N1: a party with its role, name and number."""
        text, scheme = segment.get(4).strip(), CODES["party_number"].get(segment.get(3), "other")
        self.found.append(
            Party(
                role=CODES["role"].get(segment.get(1), "other"),
                name=segment.get(2).strip(),
                identifiers=(Identifier(scheme=scheme, value=text),) if text else (),
            )
        )
        self.open = True

    def close(self) -> None:
        """What follows belongs to no party."""
        self.open = False

    def street(self, segment: Segment) -> None:
        """N3: two lines of address."""
        if not self.open:
            return
        last = self.found[-1]
        lines = (segment.get(1).strip(), segment.get(2).strip())
        if len(last.address) < _ADDRESS:
            address = ", ".join(part for part in (last.address, *lines) if part)
            self.found[-1] = replace(last, address=address)

    def town(self, segment: Segment) -> None:
        """N4: city and country; state and postal code go with the address."""
        if not self.open:
            return
        last = self.found[-1]
        state, postal = segment.get(2).strip(), segment.get(3).strip()
        region = " ".join(part for part in (state, postal) if part)
        self.found[-1] = replace(
            last,
            city=segment.get(1).strip(),
            country=segment.get(4).strip(),
            address=", ".join(part for part in (last.address, region) if part)[:_ADDRESS],
        )

    def contact(self, segment: Segment) -> None:
        """PER: a name and two numbers."""
        if not self.open:
            return
        last = self.found[-1]
        words = (last.contact, *(segment.get(at).strip() for at in (2, 4, 6)))
        if last.contact.count(";") < MOST:
            contact = "; ".join(word for word in words if word)
            self.found[-1] = replace(last, contact=contact)


# -- texts ----------------------------------------------------------------------------------------


def joined(lines: list[str], width: int) -> str:
    """Join text lines: a full line was cut inside its text, a shorter one ended by itself."""
    pieces: list[str] = []
    for line in lines:
        pieces.extend((line, "" if len(line) >= width else " "))
    return "".join(pieces).strip()
