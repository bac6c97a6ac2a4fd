"""A cell's text becomes a value of its field's kind.

Each kind is one small function: text and :class:`Style` in, value out, ``ValueError`` with half a
sentence when the text is no such value. A value that is doubtful but usable is kept; the verdicts
on check digits are given where the statement is built.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

from esclusa.codes import country, examination, imo, imo_company, iso6346, unlocode
from esclusa.codes.examination import Code
from esclusa.formats.lists.dates import list_date
from esclusa.formats.lists.places import country_words
from esclusa.formats.tabular.fields import plain, words
from esclusa.model import Place


class Style(NamedTuple):
    """How a sender writes numbers and dates."""

    decimal: str = "."
    date_order: str = "ymd"


_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]*)?|\.[0-9]{1,12})")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' \u00a0\u202f][0-9]{3})+(?:[.,][0-9]*)?")
_MASS_UNIT: Final = re.compile(
    r"(?<!\s)\s*(?:kgs?|kgm|kilos?|kilogramos?|kilograms?)\.?$", re.IGNORECASE
)
_DATE: Final = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME: Final = re.compile(
    r"(?<![T ])[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
)
_LOCODE: Final = re.compile(r"([A-Z]{2})[ -]?([A-Z2-9]{3})(?:\s*[-/,:(]\s*(.*?)\)?)?")
_DIGITS: Final = re.compile(r"[0-9]{4,12}")
_UNDG: Final = re.compile(r"(?:UN|NA)?\s*([0-9]{4})", re.IGNORECASE)

_BIRTHS_FROM: Final = 30
"""A two-digit year of birth from 30 on is of the last century, below it of this one:
travellers over 95 are rarer than infants."""


def text(value: str, style: Style) -> str:
    """Return the text with white space runs made one blank."""
    return " ".join(value.split())


def code(value: str, style: Style) -> str:
    """Return the text in upper case, outer blanks off; leading zeros stay."""
    return " ".join(value.upper().split())


def number(value: str, style: Style) -> float:
    """Read a decimal number; thousands may be set apart by the other mark, blanks or quotes."""
    return float(_figures(value, style))


def ratio(value: str, style: Style) -> float:
    """Read a decimal number; ``12.5 %``, as workbooks show it, is 0.125."""
    bare = value.rstrip()
    if not bare.endswith("%"):
        return number(value, style)
    return float(f"{_figures(bare[:-1], style)}e-2")


def _figures(value: str, style: Style) -> str:
    bare = value.replace("\u00a0", " ").replace("\u202f", " ").strip()
    if _GROUPED.fullmatch(bare):
        for mark in {".", ",", "'", " "} - {style.decimal}:
            bare = bare.replace(mark, "")
    bare = bare.replace(style.decimal, ".")
    if not _NUMBER.fullmatch(bare):
        raise ValueError("is not a number")
    return bare


def mass(value: str, style: Style) -> float:
    """Read a mass in kilograms; ``kg`` may be written behind it, no other unit."""
    return number(_MASS_UNIT.sub("", value), style)


def whole(value: str, style: Style) -> int:
    """Read a count."""
    found = number(value, style)
    if found < 0 or not found.is_integer():
        raise ValueError("is not a count")
    return int(found)


def percent(value: str, style: Style) -> float:
    """Read a share in per cent, 0 to 100; the sign may be written behind it."""
    return share(number(value.strip().removesuffix("%").rstrip(), style))


def share(found: float) -> float:
    """Return a share in per cent as it is; one outside 0 to 100 is none."""
    if not 0 <= found <= 100:
        raise ValueError("is not a share of 0 to 100 per cent")
    return found


def date(value: str, style: Style) -> str:
    """Read a date as ``YYYY-MM-DD``."""
    return _date(value, style, birth=False)


def birth_date(value: str, style: Style) -> str:
    """Read a date of birth, possibly partial, estimated or a range."""
    return _date(value, style, birth=True)


def moment(value: str, style: Style) -> str:
    """Read a date, with a time of day if one is written: ``YYYY-MM-DDThh:mm``; zone if written."""
    found = _TIME.search(value)
    if not found:
        return date(value, style)
    clock = dt.time(int(found[1]), int(found[2]), int(found[3] or 0))
    day = date(value[: found.start()], style)
    return f"{day}T{clock.isoformat('seconds' if found[3] else 'minutes')}{found[4] or ''}"


def _date(value: str, style: Style, *, birth: bool) -> str:
    bare = " ".join(value.split())
    if found := _COMPACT.fullmatch(bare):
        return _calendar(int(found[1]), int(found[2]), int(found[3]))
    if found := _DATE.fullmatch(bare):
        return _ordered(found[1], found[2], found[3], style, birth)
    read = list_date(bare)
    if read and (birth or len(read) == 10):
        return read
    raise ValueError("is not a date")


def _ordered(first: str, second: str, third: str, style: Style, birth: bool) -> str:
    order = "ymd" if len(first) == 4 else style.date_order
    part = dict(zip(order, (first, second, third), strict=True))
    year = int(part["y"])
    if len(part["y"]) == 2:
        year += 1900 if birth and year >= _BIRTHS_FROM else 2000
    elif len(part["y"]) != 4:
        raise ValueError("has no year of four digits")
    return _calendar(year, int(part["m"]), int(part["d"]))


def _calendar(year: int, month: int, day: int) -> str:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        raise ValueError("is not a day of the calendar") from None


def alpha2(value: str, style: Style) -> str:
    """Read a country's code or name as ISO 3166-1 alpha-2."""
    found = country.find(value)
    if found is None:
        raise ValueError("is not a country that ISO 3166-1 knows")
    return found.alpha2


def country_or_words(value: str, style: Style) -> str:
    """Read a country as ISO 3166-1 alpha-2, or keep a list's own words for it."""
    return country_words(value)


def icao3(value: str, style: Style) -> str:
    """Read a country as the three letters of ICAO Doc 9303-3 §5."""
    if found := country.by_icao(value):
        return found.code
    known = country.find(value)
    if known is None:
        raise ValueError("is not a state that ICAO Doc 9303 knows")
    return known.alpha3


def hs(value: str, style: Style) -> str:
    """Read a commodity code as 4 to 12 digits, dots and blanks taken out."""
    digits = re.sub(r"[\s.\-]", "", value)
    if not _DIGITS.fullmatch(digits):
        raise ValueError("is not a commodity code of 4 to 12 digits")
    return digits


def undg(value: str, style: Style) -> str:
    """Read a UN dangerous goods number as four digits."""
    found = _UNDG.fullmatch(value.strip())
    if not found:
        raise ValueError("is not a UN number of four digits")
    return found[1]


def container(value: str, style: Style) -> str:
    """Return a container number in upper case without separators."""
    return iso6346.normalise(value)


def ship(value: str, style: Style) -> str:
    """Return an IMO number's digits alone."""
    return imo.normalise(value)


def company(value: str, style: Style) -> str:
    """Return an IMO company number's digits alone."""
    return imo_company.normalise(value)


def place(value: str, style: Style) -> Place:
    """Read a UN/LOCODE, a UN/LOCODE with its name behind it, or a name."""
    bare = " ".join(value.split())
    found = _LOCODE.fullmatch(bare.upper())
    if found and unlocode.is_valid(found[1] + found[2]):
        name = bare[found.start(3) :].rstrip(")") if found[3] else ""
        return Place(code=found[1] + found[2], name=name, scheme="unlocode")
    return Place(name=bare)


def travel_place(value: str, style: Style) -> Place:
    """Read a place of travel: three letters are an airport (IATA), else as :func:`place`."""
    bare = value.strip().upper()
    if len(bare) == 3 and bare.isascii() and bare.isalpha():
        return Place(code=bare, scheme="iata")
    return place(value, style)


def _word(kind: str) -> Callable[[str, Style], str]:
    def read(value: str, style: Style) -> str:
        found = words(kind).get(plain(value))
        if found is None:
            raise ValueError("is not a word known for this column")
        return found

    return read


def owner_type(value: str, style: Style) -> str:
    """Read whether an owner is a person or an organisation; no ship and no paper owns."""
    found = words("entry_type").get(plain(value), "")
    if found not in ("person", "organisation"):
        raise ValueError("is not a word known for this column")
    return found


_OFFSET: Final = re.compile(r"(?:UTC|GMT)?\s*(?:([+-])(\d{1,2})(?::?(\d{2}))?)?", re.IGNORECASE)


def utc_offset(value: str, style: Style) -> str:
    """Read a zone as its offset from UTC: ``-05:00``, ``UTC-5``, ``Z``; a zone's name changes its
    offset over the year and is none."""
    bare = value.strip()
    found = _OFFSET.fullmatch("UTC" if bare.upper() == "Z" else bare)
    if not bare or found is None or int(found[2] or 0) > 14 or int(found[3] or 0) > 59:
        raise ValueError("is no offset from UTC such as -05:00")
    return f"{found[1] or '+'}{int(found[2] or 0):02}:{int(found[3] or 0):02}"


def _coded(name: str) -> Callable[[str, Style], str]:
    def read(value: str, style: Style) -> str:
        found = _exam_words(name).get(plain(value))
        if found is None:
            raise ValueError("is not a code or word known for this column")
        return found

    return read


@cache
def _exam_words(name: str) -> dict[str, str]:
    """Return sender's word → code for one list of examination codes."""
    codes: dict[str, Code] = getattr(examination.lists(), name)
    return {
        plain(word): code
        for code, texts in codes.items()
        for word in (code, texts.en, texts.es, *texts.words)
    }


KINDS: Final[dict[str, Callable[[str, Style], Any]]] = {
    "text": text,
    "code": code,
    "number": ratio,
    "mass": mass,
    "whole": whole,
    "date": date,
    "birth_date": birth_date,
    "moment": moment,
    "country": alpha2,
    "country_words": country_or_words,
    "icao3": icao3,
    "hs": hs,
    "undg": undg,
    "container": container,
    "imo": ship,
    "imo_company": company,
    "percent": percent,
    "owner_type": owner_type,
    "place": place,
    "travel_place": travel_place,
    "utc_offset": utc_offset,
    **{
        f"examination_{name}": _coded(name)
        for name in ("method", "result", "cause", "category", "lane")
    },
    **{
        kind: _word(kind)
        for kind in (
            "load_status",
            "payment",
            "entry_type",
            "role",
            "gender",
            "document_type",
            "capacity",
        )
    },
}
"""Kind → its reader. A new kind is one function and one line here."""
