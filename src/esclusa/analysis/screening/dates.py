"""Birth dates as spans of days, and what two of them say about each other.

A list's date is often a year, a range or a guess, and a sender's day and month are often swapped.
Verdicts, from agreement to contradiction: ``day`` (same day), ``swapped`` (day and month change
places), ``month``, ``year`` (same, as far as the less exact side goes), ``range`` (inside the
list's range), ``near`` (a year apart), ``partial_contradiction`` (apart, but one side is no exact
date) and ``contradiction``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

VERDICTS: Final = (
    "day", "swapped", "month", "year", "range", "near", "partial_contradiction", "contradiction",
)  # fmt: skip
"""Best first."""

_NEAR_YEARS: Final = 1
_FORM: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?")


class Span(msgspec.Struct, frozen=True, gc=False):
    """First and last possible date as (year, month, day); month and day 0 when unknown."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]

    @property
    def exact(self) -> bool:
        """True when a single day is meant."""
        return self.first == self.last and self.first[2] > 0

    def __str__(self) -> str:
        first, last = _iso(self.first), _iso(self.last)
        return first if first == last else f"{first}/{last}"


@lru_cache(maxsize=65_536)
def parse_span(text: str) -> Span | None:
    """Read ``1971-05-02``, ``1971-05``, ``1971`` or ``1960/1965``; None for anything else."""
    first, slash, last = text.strip().partition("/")
    start = _date(first)
    end = _date(last) if slash else start
    return Span(start, end) if start and end and start[0] <= end[0] else None


def compare(asked: Span, listed: Iterable[Span]) -> str:
    """Return the best verdict of ``asked`` against any of the listed dates, "" without dates."""
    verdicts = {_verdict(asked, span) for span in listed}
    return next((verdict for verdict in VERDICTS if verdict in verdicts), "")


def _iso(date: tuple[int, int, int]) -> str:
    year, month, day = date
    return "-".join([f"{year:04}"] + [f"{part:02}" for part in (month, day) if part])


def _date(text: str) -> tuple[int, int, int] | None:
    found = _FORM.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    return (year, month, day) if year and month <= 12 and day <= 31 else None


def _verdict(asked: Span, listed: Span) -> str:
    if asked.first != asked.last or listed.first != listed.last:
        return _ranges(asked, listed)
    (year, month, day), (other, other_month, other_day) = asked.first, listed.first
    if year != other:
        return _apart(abs(year - other), exact=asked.exact and listed.exact)
    if not month or not other_month:
        return "year"
    if month == other_month:
        return "day" if day and day == other_day else "month" if not (day and other_day) else "near"
    swapped = (month, day) == (other_day, other_month)
    return "swapped" if swapped else "near"


def _ranges(asked: Span, listed: Span) -> str:
    gap = max(asked.first[0] - listed.last[0], listed.first[0] - asked.last[0])
    return "range" if gap <= 0 else _apart(gap, exact=False)


def _apart(years: int, *, exact: bool) -> str:
    if years <= _NEAR_YEARS:
        return "near"
    return "contradiction" if exact else "partial_contradiction"
