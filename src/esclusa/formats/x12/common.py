"""What the transaction sets of cargo share: places, vessels, parties, moments, measures, texts."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from esclusa.formats.codemap import load_map
from esclusa.formats.dates import LAYOUT_BY_LENGTH, iso_moment
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.values import checked_container, number, ship_number
from esclusa.formats.x12.cutting import Cut
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
    notes: Notes, segment: Cut, date: int, time: int = 0, zone: int = 0, *, year: int
) -> str:
    """Read a date (DT) and, where told and sent, a time (TM) and its code (623) as ISO 8601.

    "" when absent or no date. A time is local unless its code is UT or GM.
    """
    text = segment.values[date].strip()
    if not text:
        return ""
    day = iso_moment(text, LAYOUT_BY_LENGTH.get(len(text), "YYYYMMDD"), year=year)
    if day is None or "T" in day:
        reason = f"{snippet(text)} is not a date YYMMDD or CCYYMMDD"
        notes.add("value.date", Severity.ERROR, reason, segment, str(date))
        return ""
    clock = segment.values[time].strip() if time else ""
    if not clock:
        return day
    found = _CLOCK.fullmatch(clock)
    if found is None:
        reason = f"{snippet(clock)} is not a time HHMM or HHMMSS"
        notes.add("value.time", Severity.ERROR, reason, segment, str(time))
        return day
    seconds = f":{found[3]}" if found[3] else ""
    universal = zone and segment.values[zone].strip() in ("UT", "GM")
    return f"{day}T{found[1]}:{found[2]}{seconds}{'Z' if universal else ''}"


def measured(
    notes: Notes,
    segment: Cut,
    value: int,
    unit: int,
    table: dict[str, float],
    usual: str = "",
) -> float | None:
    """Read an amount in kilograms or cubic metres, whatever unit was sent; None when unusable.

    ``usual`` is the unit of an amount that was sent without one.
    """
    amount = number(segment.values[value].strip(), notes, segment, str(value))
    code = segment.values[unit].strip() or usual
    factor = table.get(code)
    if amount is None or factor is not None:
        return None if amount is None or factor is None else amount * factor
    reason = f"unit {snippet(code)} is not known"
    notes.add("value.unit", Severity.ERROR, reason, segment, str(unit))
    return None


def container_number(notes: Notes, segment: Cut, text: str) -> tuple[str, bool | None]:
    """Return a container number and the verdict on it; a wrong one is noted at element 2."""
    return checked_container(text, notes, segment, "2")


def sealed(box: TransportEquipment, segment: Cut) -> TransportEquipment:
    """Read M7: up to four further seals of a container."""
    if len(box.seals) >= MOST:
        return box
    more = (segment.values[at].strip() for at in range(1, 5))
    return replace(box, seals=(*box.seals, *(Seal(number=each) for each in more if each)))


# -- the voyage -----------------------------------------------------------------------------------


def ship(
    notes: Notes,
    segment: Cut,
    *,
    code: int,
    name: int,
    flag: int,
    qualifier: int,
    mode: int,
) -> Conveyance:
    """Vessel code: a call sign for qualifier C, an IMO number for L or seven digits."""
    found = Conveyance(
        mode=CODES["mode"].get(segment.values[mode], "") if mode else "sea",
        name=segment.values[name].strip(),
        flag=segment.values[flag].strip(),
    )
    mark = segment.values[code].strip()
    if segment.values[qualifier] == "C":
        return replace(found, call_sign=mark)
    if segment.values[qualifier] == "L" or (len(mark) == 7 and mark.isdigit()):
        imo, valid = ship_number(mark, notes, segment, str(code))
        return replace(found, imo=imo, imo_valid=valid)
    return replace(found, registration=mark)


def m10_voyage(notes: Notes, segment: Cut) -> Voyage:
    """Read M10: carrier, vessel, voyage number."""
    return Voyage(
        reference=segment.values[6].strip(),
        carrier=segment.values[1].strip(),
        conveyance=ship(notes, segment, code=4, name=5, flag=3, qualifier=10, mode=2),
    )


def v1_voyage(notes: Notes, segment: Cut, known: Voyage) -> Voyage:
    """Read V1, which names the vessel where M10 did not; return what is known with it."""
    if known.conveyance.name:
        return known
    return Voyage(
        reference=known.reference or segment.values[4].strip(),
        carrier=known.carrier or segment.values[5].strip(),
        conveyance=ship(notes, segment, code=1, name=2, flag=3, qualifier=8, mode=0),
    )


# -- parties --------------------------------------------------------------------------------------


class _Open:
    """A party while its loop is read."""

    __slots__ = ("address", "city", "contact", "country", "identifiers", "name", "role")

    def __init__(self, role: str, name: str, identifiers: tuple[Identifier, ...]) -> None:
        self.role = role
        self.name = name
        self.identifiers = identifiers
        self.address = self.city = self.country = self.contact = ""

    def party(self) -> Party:
        return Party(
            role=self.role,
            name=self.name,
            address=self.address,
            city=self.city,
            country=self.country,
            identifiers=self.identifiers,
            contact=self.contact,
        )


class Parties:
    """The parties of a bill while their N1 loops are read."""

    __slots__ = ("_found", "open")

    def __init__(self) -> None:
        self._found: list[_Open] = []
        self.open = False

    def told(self) -> tuple[Party, ...]:
        """Return what was read, in order."""
        return tuple([each.party() for each in self._found])

    def begin(self, segment: Cut) -> None:
        """N1: a party with its role, name and number."""
        text = segment.values[4].strip()
        numbers: tuple[Identifier, ...] = ()
        if text:
            scheme = CODES["party_number"].get(segment.values[3], "other")
            numbers = (Identifier(scheme=scheme, value=text),)
        role = CODES["role"].get(segment.values[1], "other")
        self._found.append(_Open(role, segment.values[2].strip(), numbers))
        self.open = True

    def close(self) -> None:
        """What follows belongs to no party."""
        self.open = False

    def street(self, segment: Cut) -> None:
        """N3: two lines of address."""
        if not self.open:
            return
        last = self._found[-1]
        if len(last.address) < _ADDRESS:
            lines = (last.address, segment.values[1].strip(), segment.values[2].strip())
            last.address = ", ".join([part for part in lines if part])

    def town(self, segment: Cut) -> None:
        """N4: city and country; state and postal code go with the address."""
        if not self.open:
            return
        last = self._found[-1]
        last.city = segment.values[1].strip()
        last.country = segment.values[4].strip()
        state, postal = segment.values[2].strip(), segment.values[3].strip()
        region = f"{state} {postal}" if state and postal else state or postal
        last.address = ", ".join([part for part in (last.address, region) if part])[:_ADDRESS]

    def contact(self, segment: Cut) -> None:
        """PER: a name and two numbers."""
        if not self.open:
            return
        last = self._found[-1]
        if last.contact.count(";") < MOST:
            words = (last.contact, *(segment.values[at].strip() for at in (2, 4, 6)))
            last.contact = "; ".join([word for word in words if word])


# -- texts ----------------------------------------------------------------------------------------


def joined(lines: list[str], width: int) -> str:
    """Join text lines: a full line was cut inside its text, a shorter one ended by itself."""
    pieces: list[str] = []
    for line in lines:
        pieces.extend((line, "" if len(line) >= width else " "))
    return "".join(pieces).strip()
