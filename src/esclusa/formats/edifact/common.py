"""Composites that CUSCAR, BAPLIE and PAXLST share: places, parties, moments, masses, conveyances.

Element positions follow directories D.93A and later; where an older or a sloppy sender puts a value
elsewhere, the function says so. The words behind codes come from ``code_map.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from esclusa.formats.codemap import load_map
from esclusa.formats.dates import LAYOUT_BY_LENGTH, iso_moment
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.values import checked_container, number, ship_number
from esclusa.model import (
    Conveyance,
    Function,
    Identifier,
    Party,
    Place,
    Seal,
    Severity,
    Voyage,
)

CODES: Final = load_map("esclusa.formats.edifact", "code_map.csv")
FUNCTION: Final = CODES["function"]
ROLE: Final = CODES["role"]
PLACE: Final = CODES["place"]
REFERENCE: Final = CODES["reference"]
MOMENT: Final = CODES["moment"]
MEASURE: Final = CODES["measure"]
UNIT: Final = {code: float(factor) for code, factor in CODES["unit"].items()}

_LAYOUT: Final = CODES["date_format"]
_MODE: Final = CODES["mode"]
_SEALED_BY: Final = CODES["seal_party"]
_LOAD: Final = CODES["load"]
_UNLOCODE: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
_CACHED: Final = 512
"""Longest segment worth remembering: real parties stay under 300 characters, and a hostile file of
long ones must not fill the memory."""

_NO_YEAR: Final = 2026
"""Reference for two-digit years when the envelope has no readable date of preparation."""


def function_of(
    segment: Segment, notes: Notes, words: Mapping[str, str] = FUNCTION
) -> Function | None:
    """Read BGM 1225; None when the function states no fact (a test, a response).

    ``words`` are the functions as the message uses them: a response is one in itself to some.

    Absent means original, as in bay plans and passenger lists. An unknown code is noted and read as
    original: to lose a manifest would cost more than to read it twice.
    """
    code = segment.get(3)
    word = words.get(code, "original" if not code else "")
    if word == "none":
        reason = f"function {snippet(code)} states nothing of its own (1225); no statement is made"
        notes.add("edifact.function.no_statement", Severity.NOTE, reason, segment, "3")
        return None
    if not word:
        reason = f"function {snippet(code)} is not in 1225; read as original"
        notes.add("edifact.function.unknown", Severity.WARNING, reason, segment, "3")
    return Function(word or "original")


def year_of(raw: RawMessage) -> int:
    """Return the year that two-digit years of the message lie near."""
    year = raw.prepared[:4]
    return int(year) if len(year) == 4 and year.isdigit() and year > "1980" else _NO_YEAR


def moment(segment: Segment, notes: Notes, year: int, *, past: bool = False) -> str:
    """Read DTM C507 as ISO 8601; "" and a defect when it is no date.

    Without a format code (2379) the length decides, as the WCO/IATA passenger guide leaves it out.
    """
    text, code = segment.get(1, 2).strip(), segment.get(1, 3)
    if not text:
        return ""
    layout = _LAYOUT.get(code) or LAYOUT_BY_LENGTH.get(len(text), "")
    value = iso_moment(text, layout, year=year, past=past) if layout else None
    if value is None:
        reason = f"{snippet(text)} is not a date in format {code or 'by its length'} (2379)"
        notes.add("value.date", Severity.ERROR, reason, segment, "1.2")
    return value or ""


def place(segment: Segment) -> Place:
    """Read the place of LOC C517: code, code list (1131), agency (3055), name."""
    read = _place if len(segment.text) <= _CACHED else _place.__wrapped__
    return read(segment.text, segment.marks)


@lru_cache(maxsize=8192)
def _place(text: str, marks: Separators) -> Place:
    """Ports and parties return in message after message: each distinct segment is read once."""
    parts = _again(text, marks).element(2)
    code, code_list, agency, name = (*parts, "", "", "", "")[:4]
    scheme = _scheme(code.strip(), code_list, agency)
    return Place(code=code.strip(), name=name.strip(), scheme=scheme)


def _again(text: str, marks: Separators) -> Segment:
    return Segment(text=text, tag="", offset=0, length=0, number=0, marks=marks)


def _scheme(code: str, code_list: str, agency: str) -> str:
    if code_list == "162" or (len(code) == 2 and code.isalpha()):
        return "country"
    if _UNLOCODE.fullmatch(code) and code_list in ("139", "") and agency in ("6", "", "ZZZ"):
        return "unlocode"
    if len(code) == 3 and code.isalpha() and code.isupper():
        return "iata"
    return ""


def party(segment: Segment, role: str) -> Party:
    """Read NAD: name from C080, else the first line of C058; the rest becomes the address.

    C082 is the party's own code: a DUNS number for agency 16, else the sender's or a list's word.
    """
    read = _party if len(segment.text) <= _CACHED else _party.__wrapped__
    return read(segment.text, segment.marks, role)


@lru_cache(maxsize=32768)
def _party(text: str, marks: Separators, role: str) -> Party:
    elements = _elements(text, marks)
    lines = _filled(elements[3])
    name = " ".join(_filled(elements[4][:5]))
    if not name and lines:
        name = lines.pop(0)
    rest = (elements[7][0].strip(), elements[8][0].strip())
    return Party(
        role=role,
        name=name,
        address=", ".join((*_filled(elements[5]), *lines, *(part for part in rest if part))),
        city=elements[6][0].strip(),
        country=elements[9][0].strip(),
        identifiers=_party_code(elements[2]),
    )


def _elements(text: str, marks: Separators) -> list[list[str]]:
    """Split a NAD at once, ten elements at least: many times faster than one element at a time."""
    if marks.release in text or (marks.repetition and marks.repetition in text):
        segment = _again(text, marks)
        return [segment.element(at) or [""] for at in range(10)]
    found = [part.split(marks.component) for part in text.split(marks.element)]
    return found + [[""]] * (10 - len(found))


def _filled(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts if part and not part.isspace()]


def _party_code(parts: list[str]) -> tuple[Identifier, ...]:
    code = parts[0].strip()
    if not code:
        return ()
    scheme = "duns" if len(parts) > 2 and parts[2] == "16" else "other"
    return (Identifier(scheme=scheme, value=code),)


def quantity(
    segment: Segment, notes: Notes, words: Mapping[str, str] = MEASURE
) -> tuple[str, float | None]:
    """Read MEA: what was measured (``gross``, ``tare``, ``verified``, ``volume``, ``count``, "")
    and the value in kilograms or cubic metres; a count has no unit.

    ``words`` are the measures that the message knows. 6313 decides, else 6311, because bay plans
    write ``MEA+WT++KGM:26700``.
    """
    what = words.get(segment.get(2)) or words.get(segment.get(1), "")
    if not what or what == "count":
        return what, None
    unit = segment.get(3).strip().upper()
    value = number(segment.get(3, 2), notes, segment, "3.2")
    if value is None:
        return what, None
    factor = UNIT.get(unit or ("MTQ" if what == "volume" else "KGM"))
    if factor is None:
        notes.add(
            "value.unit", Severity.ERROR, f"unit {snippet(unit)} is not known", segment, "3.1"
        )
        return what, None
    return what, value * factor if factor != 1 else value


def temperature(segment: Segment, notes: Notes) -> float | None:
    """Read TMP C239 in degrees Celsius."""
    value = number(segment.get(2), notes, segment, "2.1")
    if value is None or segment.get(2, 2) not in ("FAH", "F"):
        return value
    return round((value - 32) / 1.8, 2)


def seal(segment: Segment) -> Seal | None:
    """Read SEL: number and who affixed it (9303); None when the number is empty."""
    text = segment.get(1).strip()
    return Seal(number=text, affixed_by=_SEALED_BY.get(segment.get(2), "")) if text else None


MASS: Final = {"gross": "gross_mass_kg", "verified": "verified_mass_kg", "tare": "tare_kg"}
"""What :func:`quantity` measured → field of the equipment."""


def box_mass(segment: Segment, notes: Notes, fields: dict[str, Any]) -> None:
    """Read MEA of equipment into ``fields``; the first of a kind stands."""
    what, value = quantity(segment, notes)
    field = MASS.get(what)
    if field and value is not None:
        fields.setdefault(field, value)


def equipment(segment: Segment, notes: Notes, code: str) -> dict[str, Any]:
    """Read EQD: number and the verdict on it, size and type, full or empty.

    One without a number is noted under ``code`` (``baplie``); it makes no statement.
    """
    fields = equipment_fields(segment, notes)
    if not fields["number"]:
        reason = f"equipment of type {snippet(segment.get(1))} has no number; it makes no statement"
        notes.add(f"{code}.equipment.number", Severity.NOTE, reason, segment, "2.1")
    return fields


def equipment_fields(segment: Segment, notes: Notes) -> dict[str, Any]:
    """Read EQD as :func:`equipment` does, without a word about a missing number."""
    plain, valid = checked_container(
        segment.get(2), notes, segment, "2.1", expected=segment.get(1) in ("CN", "")
    )
    return {
        "number": plain,
        "number_valid": valid,
        "size_type": segment.get(3).strip() or segment.get(3, 4).strip(),
        "load_status": load_status(segment.get(6)),
    }


def load_status(code: str) -> str:
    """Return ``full``, ``empty`` or "" for 8169."""
    return _LOAD.get(code, "")


def voyage(segment: Segment, notes: Notes, mode: str = "", *, old: bool = False) -> Voyage:
    """Read TDT: voyage number, carrier (C040) and conveyance (C222).

    Directories before D.93A have the conveyance in the fourth element and the carrier in the sixth.
    The code list of the conveyance gives them away; ``old`` says that the message names one.
    """
    bare = not segment.get(8) and not segment.get(8, 4)
    old = bare and (segment.get(4, 2) in ("103", "146") or (old and not segment.get(5)))
    carrier, ship = (6, 4) if old else (5, 8)
    return Voyage(
        reference=segment.get(2).strip(),
        carrier=segment.get(carrier).strip() or segment.get(carrier, 4).strip(),
        conveyance=_conveyance(segment, ship, notes, _MODE.get(segment.get(3), mode)),
    )


def _conveyance(segment: Segment, element: int, notes: Notes, mode: str) -> Conveyance:
    """Read C222: 8213 is an IMO number (code list 146), a call sign (103) or a plate."""
    parts = (*(part.strip() for part in segment.element(element)), "", "", "", "", "")
    mark, code_list, name, flag = parts[0], parts[1], parts[3], parts[4]
    if not (mark or name):
        return Conveyance(mode=mode)
    ship = Conveyance(mode=mode or "sea", name=name, flag=flag)
    digits = mark.upper().removeprefix("IMO").strip()
    if code_list == "146" or (code_list != "103" and len(digits) == 7 and digits.isdigit()):
        imo, valid = ship_number(mark, notes, segment, f"{element}.1")
        return replace(ship, imo=imo, imo_valid=valid)
    if code_list == "103":
        return replace(ship, call_sign=mark)
    if not name and " " in mark:
        return Conveyance(mode=mode, name=mark, flag=flag)
    return Conveyance(mode=mode, name=name, flag=flag, registration=mark)


def free_text(segment: Segment) -> str:
    """Return FTX C108 as one line; some senders fill C107 alone."""
    words = [line.strip() for line in segment.element(4) if line.strip()]
    return " ".join(words) if words else segment.get(3).strip()
