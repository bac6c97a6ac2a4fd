"""Composites that the typed writers share: the way back from what ``common`` reads.

Each function writes what ``common`` reads as the same value. The codes that stand for Esclusa's
words are in ``write_map.csv``. Lengths follow D.96A: longer texts are broken at blanks into lines,
and a word longer than a line is written whole, because to lose it would cost more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from esclusa.formats.codemap import load_map
from esclusa.formats.dates import iso_moment
from esclusa.formats.edifact.drafting import Element, WritingError, segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.numbers import decimal
from esclusa.model import (
    Consignment,
    Conveyance,
    Message,
    Party,
    Place,
    TransportEquipment,
    Voyage,
)

_MAP: Final = load_map("esclusa.formats.edifact", "write_map.csv")
CODE: Final = {table: {word: code for code, word in rows.items()} for table, rows in _MAP.items()}
"""List → Esclusa's word → the code written for it."""

PAID: Final = CODE["payment"]

_UNLOCODE: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
_MOMENT: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_LAYOUTS: Final = {
    4: (("602", "YYYY"),),
    6: (("610", "YYYYMM"),),
    8: (("102", "YYYYMMDD"),),
    12: (("203", "YYYYMMDDhhmm"), ("303", "YYYYMMDDhhmmz"), ("205", "YYYYMMDDhhmmz")),
    14: (("204", "YYYYMMDDhhmmss"), ("304", "YYYYMMDDhhmmssz"), ("208", "YYYYMMDDhhmmssz")),
}
"""Number of digits → 2379 with its layout: without a zone, with UTC, with an offset."""

_SHORT: Final = {8: ("", "yyMMDD"), 12: ("201", "yyMMDDhhmm")}
"""What the passenger guide asks for: no century, and no code behind a date alone."""


def reference_of(message: Message, number: int) -> str:
    """Return the reference of one of several messages made of ``message`` (0 is the first)."""
    reference = message.reference or "1"
    return reference if not number else f"{reference}-{number + 1}"


def refused(reason: str, what: str) -> WritingError:
    """Return the error of a statement that cannot be written; ``what`` names its kind."""
    return WritingError(f"{what}: {reason}")


def wrong_kind(statement: object, message: str, expected: str) -> WritingError:
    """Return the error of a statement of a kind that the message type does not carry."""
    reason = f"{message} carries {expected}, no {type(statement).__name__}"
    return WritingError(reason)


# -- values ---------------------------------------------------------------------------------------


def number(value: float, what: str) -> str:
    """Return a number as text, a point before at most twelve decimals.

    :raises WritingError: it is not finite.
    """
    if not math.isfinite(value):
        raise refused("a number that is not finite cannot be written", what)
    return decimal(value)


def lines(text: str, width: int, most: int = 0) -> list[str]:
    """Return a text broken at single blanks into lines, so that joining them by blanks restores it.

    The last of ``most`` lines takes the rest, however long; 0 sets no bound.
    """
    found: list[str] = []
    for word in re.split(r"(?<! ) (?! )", text.strip(" ")):
        if found and (len(found[-1]) + 1 + len(word) <= width or len(found) == most):
            found[-1] += f" {word}"
        else:
            found.append(word)
    return [line for line in found if line]


def one_line(text: str) -> str:
    """Return a text in which line breaks and tabs, which no element can hold, are blanks."""
    return re.sub(r"[\r\n\t]+", " ", text) if re.search(r"[\r\n\t]", text) else text


def moment(code: str, value: str, what: str, *, year: int = 0, past: bool = False) -> Segment:
    """Return DTM for a qualifier (2005) and an ISO 8601 moment.

    :param year: that of the message; when given, the short forms of the passenger guide are used
        where they read back the same.
    :param past: the moment is a birth.
    :raises WritingError: no format of 2379 holds the value.
    """
    start, period, end = value.partition("/")
    if period:
        return segment("DTM", (code, *_period(start, end, value, what)))
    text, layout, form = _form(start, what)
    if year and (short := _SHORT.get(len(text))) and not value.endswith("Z"):
        brief = text[2:]
        if iso_moment(brief, short[1], year=year, past=past) == value:
            return segment("DTM", (code, brief, short[0]))
    if iso_moment(text, layout, year=year or 2000, past=past) != value:
        raise refused("a moment is none of the calendar", what)
    return segment("DTM", (code, text, form))


def _form(value: str, what: str) -> tuple[str, str, str]:
    """The text of one moment, its layout and its code of 2379."""
    found = _MOMENT.fullmatch(value)
    if found is None or not value.isascii():
        raise refused("a moment is not written in ISO 8601", what)
    zone = found[7] or ""
    digits = "".join(part or "" for part in found.groups()[:6])
    form, layout = _LAYOUTS[len(digits)][0 if not zone else 1 if zone == "Z" else 2]
    return digits + ("UTC" if zone == "Z" else zone.replace(":", "")), layout, form


def _period(start: str, end: str, value: str, what: str) -> tuple[str, str]:
    text = f"{_form(start, what)[0]}-{_form(end, what)[0]}"
    for form, layout in (("718", "YYYYMMDD-"), ("719", "YYYYMMDDhhmm-")):
        if iso_moment(text, layout, year=2000) == value:
            return text, form
    raise refused("a period is not one of days or minutes", what)


# -- places and parties ---------------------------------------------------------------------------


def place(code: str, where: Place) -> list[Segment]:
    """Return LOC for a qualifier (3227), nothing for a place without code and name."""
    if where == Place():
        return []
    return [segment("LOC", code, (where.code, *_code_list(where), where.name))]


def _code_list(where: Place) -> tuple[str, str]:
    """1131 and 3055. A sender's own word that looks like a UN/LOCODE is said to be none."""
    if where.scheme == "country":
        return "162", "5"
    if where.scheme == "unlocode":
        return "139", "6"
    return ("ZZZ", "ZZZ") if not where.scheme and _UNLOCODE.fullmatch(where.code) else ("", "")


def coded_party(code: str, name: str) -> Segment:
    """Return NAD with a carrier's or operator's code alone (172: carrier codes, 20: BIC)."""
    return segment("NAD", code, (name, "172", "20"))


def party(found: Party) -> Segment:
    """Return NAD: code in C082, name in C080, address in C059, city and country.

    Of several codes the first goes here; :func:`party_numbers` writes the others that it can.
    """
    street = one_line(found.address).split(", ", 3)
    if not all(part and part == part.strip() for part in street):
        street = [one_line(found.address)]
    return segment(
        "NAD", CODE["role"].get(found.role, "ZZZ"), _party_code(found), "",
        lines(one_line(found.name), 35, 5), street, found.city, "", "", found.country,
    )  # fmt: skip


def _party_code(found: Party) -> Element:
    for each in found.identifiers:
        if each.scheme == "duns":
            return (each.value, "160", "16")
        if each.scheme == "other":
            return (each.value, "ZZZ", "ZZZ")
    return ""


def party_numbers(found: Party) -> Iterator[Segment]:
    """Yield RFF for tax and registration numbers of a party."""
    for each in found.identifiers:
        if code := CODE["party_number"].get(each.scheme):
            yield segment("RFF", (code, each.value))


def contacts(found: Party) -> Iterator[Segment]:
    """Yield CTA and COM: names open a contact, telephone numbers and addresses belong to one."""
    opened = False
    for text in found.contact.split("; ") if found.contact else ():
        kind = _channel(text)
        if not kind:
            yield segment("CTA", "IC", ("", text))
        else:
            if not opened:
                yield segment("CTA", "IC")
            yield segment("COM", (text, kind))
        opened = True


def _channel(text: str) -> str:
    """3155 of a text: electronic mail, telephone, or "" for a name."""
    if "@" in text:
        return "EM"
    return "TE" if sum(map(str.isdigit, text)) * 2 >= len(text) else ""


# -- transport ------------------------------------------------------------------------------------


def voyage(found: Voyage, mode: str) -> Segment:
    """Return TDT of the main carriage; ``mode`` is the code of 8067."""
    carrier: Element = (found.carrier, "172", "20") if found.carrier else ""
    ship = _conveyance(found.conveyance)
    return segment("TDT", "20", found.reference, mode, "", carrier, "", "", ship)


def _conveyance(found: Conveyance) -> Element:
    """C222 holds one number: the IMO number, else the call sign, else the registration."""
    code_list = "146" if found.imo else "103" if found.call_sign else ""
    mark = found.imo or found.call_sign or found.registration
    return (mark, code_list, "", found.name, found.flag) if mark or found.name else ""


def equipment(box: TransportEquipment, other: str, what: str) -> Segment:
    """Return EQD; ``other`` is 8053 of a unit that bears no container number.

    :raises WritingError: it has no number.
    """
    if not box.number:
        raise refused("it has no number", what)
    kind = other if box.number_valid is None else "CN"
    size: Element = (box.size_type, "102", "5") if box.size_type else ""
    if len(box.size_type) > 10:
        size = ("", "", "", box.size_type)
    load = CODE["load"].get(box.load_status, "")
    return segment("EQD", kind, box.number, size, "", "", load)


def unit(box: TransportEquipment, other: str, gross: str) -> Iterator[Segment]:
    """Yield EQD, MEA and SEL of a unit; ``gross`` is 6313 of its gross mass, ``other`` as above.

    :raises WritingError: as :func:`equipment`, or a mass is not finite.
    """
    what = "equipment"
    yield equipment(box, other, what)
    yield from mass("AAE", gross, box.gross_mass_kg, what)
    yield from mass("AAE", "VGM", box.verified_mass_kg, what)
    yield from mass("AAE", "T", box.tare_kg, what)
    for seal in box.seals:
        yield segment("SEL", seal.number, CODE["seal_party"].get(seal.affixed_by, ""))


def route(found: Consignment) -> Iterator[Segment]:
    """Yield LOC of the places a consignment passes, from receipt to delivery."""
    yield from place("88", found.place_of_receipt)
    yield from place("9", found.load_port)
    for port in found.transhipment_ports:
        yield from place("13", port)
    yield from place("11", found.discharge_port)
    yield from place("8", found.delivery_place)


def temperature(value: float | None, what: str) -> list[Segment]:
    """Return TMP in degrees Celsius, nothing for None."""
    return [] if value is None else [segment("TMP", "2", (number(value, what), "CEL"))]


def mass(use: str, dimension: str, value: float | None, what: str) -> list[Segment]:
    """Return MEA in kilograms (6311, 6313), nothing for None."""
    if value is None:
        return []
    return [segment("MEA", use, dimension, ("KGM", number(value, what)))]
