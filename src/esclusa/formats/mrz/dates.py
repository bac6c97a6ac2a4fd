"""Two-digit years of a zone, completed. Doc 9303-3 §4.8 gives YYMMDD and names no century.

The rule, for a reference date that the caller gives (the day the document was seen):

1. A birth lies on or before the reference date, and less than a hundred years back.
2. An expiry lies in the hundred years that end with the 30th year after the reference date, as
   every date of a message does (``formats/dates.py``).

A person over a hundred years old reads as a child: the zone cannot tell them apart.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_DIGITS: Final = re.compile(r"[0-9]{2}")
_UNKNOWN: Final = "<<"
_YEARS_AHEAD: Final = 30

_Century = Callable[[int, str], int]
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def date_fault(text: str, *, unknown_allowed: bool) -> str:
    """Return what is wrong with six characters of a date as a short phrase, "" when nothing is.

    ``unknown_allowed``: parts may be ``<<`` (§4.8 allows that of the date of birth).
    """
    return _fault(text, unknown_allowed) if len(text) == 6 else "is not six digits YYMMDD"


@lru_cache(maxsize=65536)
def _fault(text: str, unknown_allowed: bool) -> str:
    """A hundred years have 36,525 days: people and documents repeat them."""
    parts = (text[:2], text[2:4], text[4:])
    if not all(part == _UNKNOWN or _DIGITS.fullmatch(part) for part in parts):
        return "is not six digits YYMMDD"
    if _UNKNOWN in parts and not unknown_allowed:
        return "is unknown in whole or in part"
    return _calendar_fault(*parts)


def _calendar_fault(year: str, month: str, day: str) -> str:
    if month != _UNKNOWN and not 1 <= int(month) <= 12:
        return f"has month {month}"
    if day == _UNKNOWN:
        return ""
    last = 31 if month == _UNKNOWN else _DAYS[int(month) - 1]
    if month == "02" and year != _UNKNOWN and int(year) % 4:
        last = 28
    return "" if 1 <= int(day) <= last else f"has day {day}"


def birth(text: str, reference: dt.date) -> str:
    """Return a date of birth as ``YYYY-MM-DD``, shorter when only part is known, "" when none is.

    What is not a date gives "" too. A day whose month is unknown is left out.
    """
    return _completed(text, lambda year, rest: _before(year, rest, reference))


def expiry(text: str, reference: dt.date) -> str:
    """Return a date of expiry as ``YYYY-MM-DD``, "" when it is none."""
    return _completed(text, lambda year, _: _ahead(year, reference))


def short(iso: str) -> str:
    """Return an ISO date, whole or partial, as the six characters of a zone; "" → ``<<<<<<``."""
    parts = iso.split("-")
    return (parts[0][2:4] + "".join(parts[1:])).ljust(6, "<")


def _completed(text: str, century: _Century) -> str:
    year, month, day = text[:2], text[2:4], text[4:]
    if date_fault(text, unknown_allowed=True) or year == _UNKNOWN:
        return ""
    known = [part for part in ((month, day) if month != _UNKNOWN else ()) if part != _UNKNOWN]
    full = century(int(year), "".join(known))
    if known[1:] and not _exists(full, month, day):
        return ""
    return "-".join((f"{full:04}", *known))


def _exists(year: int, month: str, day: str) -> bool:
    """29 February of 1900 passes the two-digit test and is no day."""
    return int(day) <= 28 or (int(month), int(day)) != (2, 29) or _leap(year)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _before(year: int, rest: str, reference: dt.date) -> int:
    century = reference.year - reference.year % 100
    today = f"{reference:%m%d}"[: len(rest)]
    later = (year, rest) > (reference.year % 100, today)
    return century + year - (100 if later else 0)


def _ahead(year: int, reference: dt.date) -> int:
    last = reference.year + _YEARS_AHEAD
    full = last - last % 100 + year
    return full if full <= last else full - 100
