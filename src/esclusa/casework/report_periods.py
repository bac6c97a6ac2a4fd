"""Months and years of a report. All days are days in UTC, so that a period is the same for all."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import msgspec

from esclusa.errors import InputError

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_YEAR: Final = re.compile(r"20\d\d")
_LAST: Final = dt.date(9999, 12, 30)
"""The last day that another one follows."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A month or a year: its ``name`` (``2026-11`` or ``2026``), its first day, and the first day
    after it."""

    name: str
    first: dt.date
    end: dt.date

    @property
    def is_year(self) -> bool:
        """Tell whether this is a year."""
        return len(self.name) == len("2026")

    @property
    def since(self) -> str:
        """Return the first moment, as text that sorts before every moment in the period."""
        return self.first.isoformat()

    @property
    def until(self) -> str:
        """Return the first moment after it, as text that sorts behind every moment in it."""
        return self.end.isoformat()

    @property
    def last(self) -> dt.date:
        """Return its last day."""
        return self.end - dt.timedelta(days=1)

    def holds(self, at: str) -> bool:
        """Tell whether a moment (ISO 8601 UTC) is in it."""
        return self.since <= at < self.until

    def is_over(self, now: dt.datetime) -> bool:
        """Tell whether it has ended.

        :param now: aware.
        """
        return now.astimezone(dt.UTC).date() >= self.end

    def months(self) -> tuple[Period, ...]:
        """Return the months of a year; a month has none."""
        if not self.is_year:
            return ()
        return tuple(of_month(self.first.year, month) for month in range(1, 13))

    def before(self) -> Period:
        """Return the period before: the month before a month, the year before a year."""
        last = self.first - dt.timedelta(days=1)
        return of_year(last.year) if self.is_year else of_month(last.year, last.month)

    def year_before(self) -> Period:
        """Return the same period of the year before."""
        year = self.first.year - 1
        return of_year(year) if self.is_year else of_month(year, self.first.month)

    def compared(self) -> tuple[tuple[str, Period], ...]:
        """Return the periods that stand beside each other in a report, by what they are to it:
        ``now``, ``before`` and, for a month, ``year`` (for a year the one before is the same)."""
        told = (("now", self), ("before", self.before()))
        return told if self.is_year else (*told, ("year", self.year_before()))


def of_month(year: int, month: int) -> Period:
    """Return a month."""
    first = dt.date(year, month, 1)
    end = dt.date(year + month // 12, month % 12 + 1, 1)
    return Period(name=f"{first:%Y-%m}", first=first, end=end)


def of_year(year: int) -> Period:
    """Return a year."""
    return Period(name=f"{year:04}", first=dt.date(year, 1, 1), end=dt.date(year + 1, 1, 1))


def period(name: str) -> Period:
    """Return a month or a year by its name; raises ``InputError`` for what is neither, of this
    century."""
    if found := _MONTH.fullmatch(name):
        return of_month(int(found[1]), int(found[2]))
    if _YEAR.fullmatch(name):
        return of_year(int(name))
    reason = f"{name[:20]!r} is no month such as 2026-11, and no year such as 2026"
    raise InputError(reason, field="period", problem="period", expected="2026-11, 2026")


def span(since: str, until: str) -> tuple[str, str]:
    """Return first day and first day after it of a span given by its first and last day (ISO 8601);
    "" leaves a side open.

    :raises InputError: for a day that is none, and a span that ends before it begins.
    """
    first, last = _day("since", since, dt.date.min), _day("until", until, _LAST)
    if last < first:
        raise InputError(f"from {first} to {last} is no period", field="until", problem="order")
    last = min(last, _LAST)  # the calendar has no day after its last one
    return first.isoformat(), (last + dt.timedelta(days=1)).isoformat()


def _day(field: str, text: str, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text) if text else default
    except ValueError:
        raise InputError(
            f"{text[:30]!r}: a day is written 2026-11-27", field=field, problem="day"
        ) from None
