"""The texts of a booking that say who travels: SSR DOCS, DOCO, DOCA, INFT, and names with titles.

IATA AIRIMP, SSR elements; WCO/IATA/ICAO PNRGOV guide 10.1 to 15.1. A text is parts between slashes;
a leading slash may stand or be missing. Dates are DDMMMYY. Countries come with two letters or
three; they leave with the three of ICAO 9303.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from esclusa.codes import country, redress
from esclusa.formats.codemap import load_map
from esclusa.formats.dates import iso_moment
from esclusa.formats.reading import Notes, Place, snippet
from esclusa.model import Place as Where
from esclusa.model import Severity, TravelDocument
from esclusa.model.people import REDRESS

_CODES: Final = load_map("esclusa.formats.edifact", "code_map.csv")
DOCUMENT: Final = _CODES["document"]
CANCELLED: Final = _CODES["booking_status"]
"""Status codes of a segment or service (AIRIMP) that say it is not held any more."""

GENDERS: Final = {"M": "M", "F": "F", "U": "U", "X": "X"}
_MONTHS: Final = {
    "JAN": "01", "FEB": "02", "MAR": "03", "APR": "04", "MAY": "05", "JUN": "06", "JUL": "07",
    "AUG": "08", "SEP": "09", "OCT": "10", "NOV": "11", "DEC": "12",
}  # fmt: skip
_DAY: Final = re.compile(r"([0-9]{2})([A-Z]{3})([0-9]{2}|[0-9]{4})")
_TITLE: Final = re.compile(
    r"(?<=\S)\s+(?:MR|MRS|MS|MSTR|MISS|DR|PROF)$|(?<=\w\w)(?:MRS|MSTR|MISS|MR)$"
)
"""A title as the last word, or glued to a name. ``MS`` goes as a word alone: ADAMS is a name."""

_INFANT: Final = re.compile(r"([^/]*)/([^/]*?)[/ ]\s*([0-9]{2}[A-Z]{3}[0-9]{2,4})\b.*")
_LONGEST: Final = 200
"""Longest text of INFT that is looked at; AIRIMP lines end far before."""

_VISA_TYPES: Final = ("V", "K", "R")


class Document(NamedTuple):
    """What DOCS states. ``infant``: it is about the infant in a traveller's care."""

    surname: str = ""
    given_names: str = ""
    birth_date: str = ""
    gender: str = ""
    nationality: str = ""
    document: TravelDocument | None = None
    infant: bool = False


def state(code: str) -> str:
    """Return the three letters of ICAO 9303 for a state; a code that is none stays as sent."""
    plain = code.strip().upper()
    found = country.by_alpha2(plain) if len(plain) == 2 else None
    return found.alpha3 if found else plain


def day(text: str, notes: Notes, at: Place, year: int, *, past: bool = False) -> str:
    """Read DDMMMYY, DDMMMYYYY or ISO 8601 as ``YYYY-MM-DD``; "" and a defect when it is no date.

    ``year`` is the message's; with ``past`` (a birth) a two-digit year is never after it.
    """
    plain = text.strip().upper()
    if not plain:
        return ""
    found = _DAY.fullmatch(plain)
    if found:
        digits = found[1] + _MONTHS.get(found[2], "99") + found[3]
        layout = "DDMMyy" if len(found[3]) == 2 else "DDMMYYYY"
        value = iso_moment(digits, layout, year=year, past=past)
    else:
        value = iso_moment(plain[:10], "YYYY-MM-DD", year=year, past=past)
    if value is None:
        notes.add(
            "value.date", Severity.ERROR, f"{snippet(text)} is not a date DDMMMYY", at, _part(at)
        )
    return value or ""


def untitled(name: str) -> str:
    """Return given names without a closing title: ``NINA MS`` → ``NINA``, ``JOHNMR`` → ``JOHN``."""
    plain = " ".join(name.split())
    return _TITLE.sub("", plain)


def parts(text: str) -> list[str]:
    """Split an SSR text at its slashes; one leading slash opens the text and parts nothing."""
    return [part.strip() for part in text.strip().removeprefix("/").split("/")]


def _part(at: Place) -> str:
    """Where the text stands in an SSR segment; an XML element has no such place."""
    return "1.9" if at.tag == "SSR" and at.number else ""


def _at(found: list[str], index: int) -> str:
    return found[index] if len(found) > index else ""


def docs(text: str, notes: Notes, at: Place, year: int) -> Document | None:
    """Read DOCS: type, issuer, number, nationality, birth, gender, expiry, surname, given names.

    None and a defect when it has fewer than five parts: nothing in it can be told apart.
    """
    found = parts(text)
    if len(found) < 5:
        reason = f"SSR DOCS has {len(found)} parts, at least 5 were expected; it was passed over"
        notes.add("pnrgov.ssr.docs", Severity.WARNING, reason, at, _part(at))
        return None
    gender, infant = sex(_at(found, 5), notes, at)
    return Document(
        surname=_at(found, 7),
        given_names=" ".join(each for each in map(untitled, found[8:10]) if each),
        birth_date=day(found[4], notes, at, year, past=True),
        gender=gender,
        nationality=state(found[3]),
        document=travel_document(found[0], found[1], found[2], day(_at(found, 6), notes, at, year)),
        infant=infant,
    )


def travel_document(kind: str, issuer: str, number: str, expires: str) -> TravelDocument | None:
    """Return the document of DOCS, None without a number."""
    if not number.strip():
        return None
    plain = kind.strip().upper()
    return TravelDocument(
        number=number.strip(),
        type=DOCUMENT.get(plain) or ("other" if plain else "passport"),
        issuer=state(issuer),
        expires=expires,
    )


def sex(text: str, notes: Notes, at: Place) -> tuple[str, bool]:
    """Return the gender and whether the code is an infant's (``FI``, ``MI``)."""
    plain = text.strip().upper()
    infant = len(plain) == 2 and plain[1] == "I"
    word = GENDERS.get(plain[:1] if infant else plain)
    if word is None and plain:
        reason = f"{snippet(text)} is not M, F, U or X, nor one of them with I for an infant"
        notes.add("pnrgov.gender", Severity.WARNING, reason, at, _part(at))
    return word or "", infant


def doco(text: str) -> tuple[TravelDocument | None, bool]:
    """Read DOCO: birthplace, type, number, place and date of issue, country it is for, infant.

    A visa's issuer is the state it is for. A redress number (R) of our form is one; known traveller
    numbers (K) and others give None.
    """
    found = parts(text)
    if _at(found, 0) in _VISA_TYPES and _at(found, 1) not in _VISA_TYPES:
        found.insert(0, "")
    return visa(_at(found, 1), _at(found, 2), _at(found, 5)), _at(found, 6) == "I"


def visa(kind: str, number: str, issuer: str) -> TravelDocument | None:
    """Return the visa or redress number of DOCO, None for other numbers."""
    if kind.strip().upper() == "R" and redress.is_valid(number):
        return TravelDocument(number=redress.normalise(number), type=REDRESS)
    if kind.strip().upper() != "V" or not number.strip():
        return None
    return TravelDocument(number=number.strip(), type="visa", issuer=state(issuer))


def doca(text: str) -> tuple[str, bool]:
    """Read DOCA: the state of residence ("" for an address of destination), and infant."""
    found = parts(text)
    return (state(_at(found, 1)) if _at(found, 0) == "R" else ""), _at(found, 6) == "I"


def inft(text: str, notes: Notes, at: Place, year: int) -> Document | None:
    """Read INFT: an infant's surname, given name and birth date."""
    found = _INFANT.fullmatch(text.strip().removeprefix("/")[:_LONGEST])
    if found is None:
        reason = "SSR INFT is not SURNAME/NAME and a date DDMMMYY; it was passed over"
        notes.add("pnrgov.ssr.inft", Severity.NOTE, reason, at, _part(at))
        return None
    return Document(
        surname=found[1].strip(),
        given_names=untitled(found[2]),
        birth_date=day(found[3], notes, at, year, past=True),
        infant=True,
    )


def airport(code: str, name: str = "") -> Where:
    """Return a place; three letters are an IATA code."""
    plain = code.strip().upper()
    scheme = "iata" if len(plain) == 3 and plain.isalpha() else ""
    return Where(code=plain, name=name.strip(), scheme=scheme)
