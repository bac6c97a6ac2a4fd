"""What the transaction sets of cargo share: places, vessels, parties, moments, measures, texts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from esclusa.codes import imo
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

NOWHERE: Final = Place()

_KEPT: Final = 64
"""Characters of a text worth remembering: a hostile file of long ones must not fill the memory."""

_NO_YEAR: Final = 2026
_UNLOCODE: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d)?\d{0,2}", re.ASCII)


def year_of(raw: RawMessage) -> int:
    """Return the year the interchange was prepared in, which settles two-digit years."""
    year = raw.prepared[:4]
    return int(year) if year.isdigit() and len(year) == 4 else _NO_YEAR


def place(code: str, name: str = "") -> Place:
    """Return a UN/LOCODE where the form is one; else a CBP schedule D or K code, kept as sent."""
    if not code and not name:
        return NOWHERE
    return _place(code, name) if len(code) + len(name) <= _KEPT else _new_place(code, name)


def named(name: str) -> Place:
    """Return a place of which the name alone is known."""
    return Place(name=name) if name else NOWHERE


def _new_place(code: str, name: str) -> Place:
    scheme = "unlocode" if _UNLOCODE.fullmatch(code) else ""
    return Place(code=code, name=name, scheme=scheme)


_place = lru_cache(maxsize=4096)(_new_place)
"""Ports return in bill after bill."""


def moment(
    notes: Notes, segment: Cut, date: int, time: int = 0, zone: int = 0, *, year: int
) -> str:
    """Read a date (DT) and, where told and sent, a time (TM) and its code (623) as ISO 8601.

    "" when absent or no date. A time is local unless its code is UT or GM.
    """
    values = segment.values
    text = values[date].strip()
    if not text:
        return ""
    day = _day(text, year) if len(text) <= _KEPT else None
    if day is None:
        reason = f"{snippet(text)} is not a date YYMMDD or CCYYMMDD"
        notes.add("value.date", Severity.ERROR, reason, segment, str(date))
        return ""
    text = values[time].strip() if time else ""
    if not text:
        return day
    clock = _clock(text) if len(text) <= _KEPT else _new_clock(text)
    if clock is None:
        reason = f"{snippet(text)} is not a time HHMM or HHMMSS"
        notes.add("value.time", Severity.ERROR, reason, segment, str(time))
        return day
    universal = zone and values[zone].strip() in ("UT", "GM")
    return f"{day}T{clock}Z" if universal else f"{day}T{clock}"


@lru_cache(maxsize=4096)
def _day(text: str, year: int) -> str | None:
    """Days and times return too; a date of more than 35 characters is none (``dates``)."""
    day = iso_moment(text, LAYOUT_BY_LENGTH.get(len(text), "YYYYMMDD"), year=year)
    return None if day is None or "T" in day else day


def _new_clock(text: str) -> str | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    return f"{found[1]}:{found[2]}" + (f":{found[3]}" if found[3] else "")


_clock = lru_cache(maxsize=4096)(_new_clock)


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
    text = segment.values[value].strip()
    if not text:
        return None
    plain = text.isdigit() and text.isascii() and len(text) <= 18
    amount = float(text) if plain else number(text, notes, segment, str(value))
    if amount is None:
        return None
    code = segment.values[unit].strip() or usual
    factor = table.get(code)
    if factor is not None:
        return amount * factor
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
    return replace(box, seals=box.seals + seals(segment.values[1:5]))


def seals(values: list[str]) -> tuple[Seal, ...]:
    """Return the seals of elements that name some."""
    if not any(values):
        return ()
    return tuple([Seal(number=text) for each in values if (text := each.strip())])


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
    values = segment.values
    words = (
        CODES["mode"].get(values[mode], "") if mode else "sea",
        values[name].strip(),
        values[flag].strip(),
        values[qualifier],
    )
    mark = values[code].strip()
    kept = len(mark) + sum(map(len, words)) <= 2 * _KEPT
    found = _ship(mark, *words) if kept else _new_ship(mark, *words)
    if found.imo_valid is False:
        ship_number(mark, notes, segment, str(code))
    return found


def _new_ship(mark: str, mode: str, name: str, flag: str, qualifier: str) -> Conveyance:
    call_sign = registration = number = ""
    valid: bool | None = None
    if qualifier == "C":
        call_sign = mark
    elif qualifier == "L" or (len(mark) == 7 and mark.isdigit()):
        if mark:
            number = imo.normalise(mark) or mark
            valid = imo.is_valid(number)
    else:
        registration = mark
    return Conveyance(
        mode=mode, name=name, flag=flag, imo=number, imo_valid=valid, call_sign=call_sign,
        registration=registration,
    )  # fmt: skip


_ship = lru_cache(maxsize=4096)(_new_ship)
"""A ship returns in each of her bills."""


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


class Open:
    """A party while its loop is read."""

    address = city = country = contact = ""

    def __init__(self, role: str, name: str, identifiers: tuple[Identifier, ...]) -> None:
        self.role = role
        self.name = name
        self.identifiers = identifiers

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


class PartyLoops:
    """What is read while parties (N1 loops) may come; ``open`` is the one whose loop it is."""

    open: Open | None = None


def party(segment: Cut) -> Open:
    """N1: a party with its role, name and number."""
    values = segment.values
    numbers: tuple[Identifier, ...] = ()
    if text := values[4].strip():
        scheme = _PARTY_NUMBER.get(values[3], "other")
        numbers = (Identifier(scheme=scheme, value=text),)
    return Open(_ROLE.get(values[1], "other"), values[2].strip(), numbers)


def street(found: PartyLoops, segment: Cut) -> None:
    """N3: two lines of address."""
    last = found.open
    if last is None or len(last.address) >= _ADDRESS:
        return
    values = segment.values
    if line := values[1].strip():
        last.address = f"{last.address}, {line}" if last.address else line
    if line := values[2].strip():
        last.address = f"{last.address}, {line}" if last.address else line


def town(found: PartyLoops, segment: Cut) -> None:
    """N4: city and country; state and postal code go with the address."""
    last = found.open
    if last is None:
        return
    values = segment.values
    last.city = values[1].strip()
    last.country = values[4].strip()
    if region := f"{values[2].strip()} {values[3].strip()}".strip():
        last.address = f"{last.address}, {region}" if last.address else region
    if len(last.address) > _ADDRESS:
        last.address = last.address[:_ADDRESS]


def contact(found: PartyLoops, segment: Cut) -> None:
    """PER: a name and two numbers."""
    last = found.open
    if last is not None and last.contact.count(";") < MOST:
        words = (last.contact, *(segment.values[at].strip() for at in (2, 4, 6)))
        last.contact = "; ".join([word for word in words if word])


_ROLE: Final = CODES["role"]
_PARTY_NUMBER: Final = CODES["party_number"]


# -- texts ----------------------------------------------------------------------------------------


def joined(lines: list[str], width: int) -> str:
    """Join text lines: a full line was cut inside its text, a shorter one ended by itself."""
    if len(lines) == 1:
        return lines[0].strip()
    return "".join([line if len(line) >= width else f"{line} " for line in lines]).strip()
