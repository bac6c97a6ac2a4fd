"""Dates and times of messages, as ISO 8601 text.

Senders write a date in some thirty layouts (UN/EDIFACT 2379). A layout is a picture: ``YYYY`` or
``yy`` year, ``MM`` month, ``DD`` day, ``hh`` hour, ``mm`` minute, ``ss`` second, ``z`` a zone. A
closing ``-`` makes it a period: two moments with a hyphen between.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

_PARTS = {
    "YYYY": r"(?P<Y>[0-9]{4})",
    "yy": r"(?P<y>[0-9]{2})",
    "MM": r"(?P<M>[0-9]{2})",
    "DD": r"(?P<D>[0-9]{2})",
    "hh": r"(?P<h>[0-9]{2})",
    "mm": r"(?P<m>[0-9]{2})",
    "ss": r"(?P<s>[0-9]{2})",
    "z": r"(?P<z>[+-]?[0-9]{4}|[+-][0-9]{2}|Z|UTC|GMT)",
}
_TOKEN = re.compile("|".join(_PARTS))

LAYOUT_BY_LENGTH = {
    6: "yyMMDD",
    8: "YYYYMMDD",
    10: "yyMMDDhhmm",
    12: "YYYYMMDDhhmm",
    14: "YYYYMMDDhhmmss",
}
"""What a date without a format code most likely is; passenger lists leave the code out."""

_LONGEST = 35
"""Longest date that C507 can hold (2380 is an..35)."""

_YEARS_AHEAD = 30
"""A two-digit year may lie this far ahead: passports run ten years, some residence cards longer."""


def iso_moment(text: str, layout: str, *, year: int, past: bool = False) -> str | None:
    """Return ``text`` as ISO 8601, or None when it is no date in that ``layout``.

    ``year`` is the year the message was prepared: a two-digit year falls in the hundred years
    ending 30 years after it, or, with ``past`` (a birth), ending with it. Seconds appear only when
    sent, a zone only when sent; a period gives ``start/end``. With ``past``, an unknown month or
    day (``00``) gives the shorter date.
    """
    if len(text) > _LONGEST:
        return None
    if layout.endswith("-"):
        return _period(text, layout[:-1], year)
    return _moment(text, layout, year, past)


def _period(text: str, layout: str, year: int) -> str | None:
    start, hyphen, end = text.partition("-")
    ends = (_moment(start, layout, year, False), _moment(end, layout, year, False))
    return f"{ends[0]}/{ends[1]}" if hyphen and all(ends) else None


@lru_cache(maxsize=256)
def _pattern(layout: str) -> re.Pattern[str]:
    return re.compile(_TOKEN.sub(lambda found: _PARTS[found.group()], layout))


@lru_cache(maxsize=16384)
def _moment(text: str, layout: str, year: int, past: bool) -> str | None:
    found = _pattern(layout).fullmatch(text)
    if found is None:
        return None
    part = found.groupdict()
    full = part.get("Y") or _century(part.get("y") or "", year, past)
    if past and "00" in (part.get("M"), part.get("D")):
        return _partial(full, part)
    return _checked(full, part)


def _century(two: str, year: int, past: bool) -> str:
    last = year if past else year + _YEARS_AHEAD
    full = last - last % 100 + int(two)
    return f"{full if full <= last else full - 100:04}"


def _partial(year: str, part: dict[str, str | None]) -> str | None:
    month = part.get("M") or "00"
    if month == "00":
        return year
    return f"{year}-{month}" if 1 <= int(month) <= 12 else None


def _checked(year: str, part: dict[str, str | None]) -> str | None:
    month, day = part.get("M"), part.get("D")
    try:
        date = dt.date(int(year), int(month or 1), int(day or 1))
        time = _time(part)
    except ValueError:
        return None
    if day is None:
        return f"{year}-{month}" if month else year
    return f"{date.isoformat()}T{time}" if time else date.isoformat()


def _time(part: dict[str, str | None]) -> str:
    hour, minute, second = part.get("h"), part.get("m"), part.get("s")
    if hour is None:
        return ""
    time = dt.time(int(hour), int(minute or 0), int(second or 0))
    return time.isoformat("seconds" if second else "minutes") + _zone(part.get("z") or "")


def _zone(text: str) -> str:
    if not text or text in ("Z", "UTC", "GMT"):
        return "Z" if text else ""
    sign = text[0] if text[0] in "+-" else "+"
    digits = text.lstrip("+-").ljust(4, "0")
    dt.time(int(digits[:2]), int(digits[2:]))
    return f"{sign}{digits[:2]}:{digits[2:]}"
