"""How the text of a cell becomes a value, and the way back.

A value that cannot be read is noted with its place. Numbers and dates are then left out; codes are
kept as sent.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from esclusa.codes import country, unlocode
from esclusa.formats import values
from esclusa.formats.fal.filing import Cell, Row
from esclusa.formats.fal.tables import CODES, DOCUMENT
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.tabular.convert import Style, moment
from esclusa.formats.tabular.fields import plain, words
from esclusa.model import Place, Severity

_DATE: Final = r"\d{4}-\d\d-\d\d"
_MOMENT: Final = re.compile(rf"{_DATE}(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_PARTIAL: Final = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
_LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
_CELSIUS: Final = re.compile(r"(.*?)\s*°?\s*([CF])", re.ASCII)
_DAY_FIRST: Final = Style(date_order="dmy")
"""Senders of workbooks write 03/04/2026 for the third of April; the forms are not American."""


def number(cell: Cell, notes: Notes) -> float | None:
    """Read a decimal number."""
    return values.number(cell.text, notes, cell, cell.where)


def whole(cell: Cell, notes: Notes) -> int | None:
    """Read a count."""
    return values.whole(cell.text, notes, cell, cell.where)


def hs_code(cell: Cell, notes: Notes) -> str:
    """Read a commodity code."""
    return values.hs_code(cell.text, notes, cell, cell.where)


def undg(cell: Cell, notes: Notes) -> str:
    """Read a UN number; what is none is kept as sent, for the declaration says that it is one."""
    return values.undg(cell.text, notes, cell, cell.where) or cell.text


def ship(cell: Cell, notes: Notes) -> tuple[str, bool | None]:
    """Read an IMO number and the verdict of its check digit."""
    return values.ship_number(cell.text, notes, cell, cell.where)


def celsius(cell: Cell, notes: Notes) -> float | None:
    """Read a temperature in degrees Celsius; ``C`` or ``F`` may be written behind it."""
    found = _CELSIUS.fullmatch(cell.text)
    bare = values.number(found[1] if found else cell.text, notes, cell, cell.where)
    if bare is None or not found or found[2] == "C":
        return bare
    return round((bare - 32) * 5 / 9, 2)


def when(cell: Cell, notes: Notes) -> str:
    """Read a date or moment as ISO 8601, "" when it is none."""
    found = iso(cell.text)
    if not found:
        reason = f"{snippet(cell.text)} is not a date in ISO 8601"
        notes.add("value.date", Severity.ERROR, reason, cell, cell.where)
    return found


def birth(cell: Cell, notes: Notes) -> str:
    """Read a date of birth, of which the day or the month may be unknown."""
    return cell.text if _PARTIAL.fullmatch(cell.text) else when(cell, notes)


def iso(text: str) -> str:
    """Return a date, a moment or a period ``from/to`` as ISO 8601, "" when it is none."""
    start, slash, end = text.partition("/")
    if slash and _MOMENT.fullmatch(start) and _MOMENT.fullmatch(end):
        return text if _real(start) and _real(end) else ""
    if _MOMENT.fullmatch(text):
        return text if _real(text) else ""
    try:
        return moment(text, _DAY_FIRST)
    except ValueError:
        return ""


def _real(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def alpha2(cell: Cell, notes: Notes) -> str:
    """Read a country as ISO 3166-1 alpha-2, else as sent."""
    found = country.find(cell.text)
    return found.alpha2 if found else _foreign(cell, notes, "a country")


def icao3(cell: Cell, notes: Notes) -> str:
    """Read a state as the letters of ICAO Doc 9303-3 §5, else as sent."""
    if found := country.by_icao(cell.text):
        return found.code
    known = country.find(cell.text)
    return known.alpha3 if known else _foreign(cell, notes, "a state")


def _foreign(cell: Cell, notes: Notes, what: str) -> str:
    reason = f"{snippet(cell.text)} is not {what} that the lists know; kept as sent"
    notes.add("value.country", Severity.WARNING, reason, cell, cell.where)
    return cell.text


def coded(table: str, cell: Cell, notes: Notes) -> str:
    """Return our word for a code of ``codes.csv`` or a word of tables; kept as sent if unknown."""
    bare = plain(cell.text)
    found = CODES[table].get(bare) or words(table).get(bare)
    if not found:
        reason = f"{snippet(cell.text)} is no code known here ({table}); kept as sent"
        notes.add("value.code", Severity.WARNING, reason, cell, cell.where)
    return found or cell.text


def indicator(cell: Cell, notes: Notes) -> str:
    """Read a yes or no as ``yes`` or ``no``, else as sent."""
    return coded("indicator", cell, notes)


def gender(cell: Cell, notes: Notes) -> str:
    """Read a gender as ``M``, ``F`` or ``X``, else as sent."""
    return coded("gender", cell, notes)


def document_type(cell: Cell, notes: Notes) -> str:
    """Read the type of a travel document (UN/EDIFACT 1001, ICAO 9303 or a word)."""
    found = DOCUMENT.get(cell.text.upper()) or words("document_type").get(plain(cell.text))
    if not found and plain(cell.text) != "other":
        reason = f"{snippet(cell.text)} is no type of travel document known here; read as other"
        notes.add("value.code", Severity.WARNING, reason, cell, cell.where)
    return found or "other"


def place(row: Row, code: str, name: str) -> Place:
    """Read a place from the numbers of its code and its name.

    A name that is a UN/LOCODE where no code stands is the code. The form of a code tells its
    scheme: five characters a UN/LOCODE, two letters a country.
    """
    coded, named = row.take(code), row.take(name)
    if not coded and named and unlocode.get(named.text):
        coded, named = named, None
    text = coded.text.upper() if coded else ""
    if coded and _LOCODE.fullmatch(text) and not unlocode.known(text):
        reason = f"{snippet(text)} is not in UN/LOCODE {unlocode.edition()}; kept"
        row.notes.add("value.place", Severity.NOTE, reason, coded, coded.where)
    return Place(code=text, name=named.text if named else "", scheme=scheme(text))


def scheme(code: str) -> str:
    """Return the scheme that the form of a code tells."""
    if _LOCODE.fullmatch(code):
        return "unlocode"
    return "country" if len(code) == 2 and code.isascii() and code.isalpha() else ""
