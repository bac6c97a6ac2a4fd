"""Dates as watchlists write them, in the model's form: ISO 8601, partial, or a range ``a/b``.

A list's date of birth is often an estimate. An estimate becomes a range of ``CIRCA_YEARS`` on
either side; the list's own words stay in the entry's remarks.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

CIRCA_YEARS: Final = 2
"""No list says how wide its "circa" is; two years cover an age that was estimated from a photograph
without letting half a generation in. Our own choice."""

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january ene enero", "feb february febrero", "mar march marzo",
            "apr april abr abril", "may mayo", "jun june junio", "jul july julio",
            "aug august ago agosto",
            "sep sept september septiembre", "oct october octubre", "nov november noviembre",
            "dec december dic diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip

_DAY: Final = re.compile(r"(\d{1,2})[ -]([A-Za-z]+)\.?[ -](\d{4})")
_MONTH: Final = re.compile(r"([A-Za-z]+)\.?[ -](\d{4})")
_ISO: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?")
_SPAN: Final = re.compile(r"(.+?)(?: to | ?[–/] ?|(?<=\d{4})-(?=\d{4}$))(.+)")
_ABOUT: Final = re.compile(r"(?:(?:circa|ca?\.|approximately|about|hacia)\s+)+", re.IGNORECASE)

_UNKNOWN: Final = re.compile(r"0+|[dm]+", re.IGNORECASE)
"""A day or month that is not known, when it is all there is."""

_LONGEST: Final = 100
"""Longest date in the published lists is 40 characters; what is longer is none."""


def list_date(text: str) -> str:
    """Return a list's date as ISO 8601, "" when the text is none.

    Known: ``12 Mar 1965``, ``Mar 1965``, ``1965``, ``circa 1965``, ``1960 to 1965``.
    A range comes as ``start/end``.
    """
    if len(text) > _LONGEST:
        return ""
    text = " ".join(text.split())
    about = _ABOUT.match(text)
    return _around(_date(text[about.end() :])) if about else _date(text)


def ordered_date(text: str, order: str) -> str:
    """Return a date of three parts between strokes as ISO 8601, "" when it is none.

    ``order`` is ``dmy``, ``mdy`` or ``ymd``; a part of four figures in front is a year in any case.
    A day or month of zeros or of the letters that stand
    for it is unknown: ``00/00/1965`` and ``dd/mm/1965`` are ``1965``. Anything else is read as
    :func:`list_date` does.
    """
    parts = text.strip().split("/")
    if len(text) > _LONGEST or len(parts) != 3:
        return list_date(text)
    known = dict(zip("ymd" if len(parts[0].strip()) == 4 else order, parts, strict=True))
    day, month = (
        "" if _UNKNOWN.fullmatch(known[part].strip()) else known[part].strip() for part in "dm"
    )
    return dated(known["y"].strip(), month, day if month else "")


def dated(year: str, month: str = "", day: str = "") -> str:
    """Return the ISO date of its parts, as full as they are, "" when the calendar has no such day.

    Without a month the day says nothing. ``1965``, ``5``, ``""`` is ``1965-05``.
    """
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return ""
    if any(part and not (part.isascii() and part.isdigit()) for part in (month, day)):
        return ""
    return _checked(year, month or None, (day or None) if month else None)


def period(start: str, end: str) -> str:
    """Return what lies between two ISO dates: a day, a whole month or year, or a range ``a/b``.

    Lists write a year alone as its first and its last day.
    """
    first, last = start, end or start
    if first.endswith("-01-01") and last.endswith("-12-31"):
        first, last = first[:4], last[:4]
    elif first[:7] == last[:7] and len(first) == len(last) == 10 and _is_month(first, last):
        first, last = first[:7], last[:7]
    return span_of(first, last)


def _is_month(first: str, last: str) -> bool:
    after = dt.date.fromisoformat(last) + dt.timedelta(days=1) if last < "9999-12-31" else None
    return first.endswith("-01") and after is not None and after.day == 1


def _date(text: str) -> str:
    span = _SPAN.fullmatch(text)
    return span_of(_single(span[1]), _single(span[2])) if span else _single(text)


def span_of(start: str, end: str) -> str:
    """Return the range of two ISO dates, "" when one is missing or they stand in wrong order."""
    if not start or not end or start[:4] > end[:4]:
        return ""
    return start if start == end else f"{start}/{end}"


def around(year: str) -> str:
    """Return the range that an estimated year stands for, "" when it is no year."""
    return _around(year if len(year) == 4 and year.isascii() and year.isdigit() else "")


def _around(date: str) -> str:
    if not date:
        return ""
    start, _, end = date.partition("/")
    first, last = int(start[:4]) - CIRCA_YEARS, int((end or start)[:4]) + CIRCA_YEARS
    return f"{max(first, 1):04}/{min(last, 9999):04}"


def _single(text: str) -> str:
    if found := _ISO.fullmatch(text):
        return _checked(found[1], found[2], found[3])
    if found := _DAY.fullmatch(text):
        return _checked(found[3], _month(found[2]), found[1])
    if found := _MONTH.fullmatch(text):
        month = _month(found[1])
        return _checked(found[2], month, None) if month else ""
    return ""


def _month(word: str) -> str:
    number = _MONTHS.get(word.lower())
    return f"{number:02}" if number else ""


def _checked(year: str, month: str | None, day: str | None) -> str:
    """Return the ISO date if the calendar has it (a day needs its month), else ""."""
    if day is not None and not month:
        return ""
    try:
        date = dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return date.isoformat()[: 10 if day else 7 if month else 4]
