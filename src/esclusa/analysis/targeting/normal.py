"""One way to bring raw text, dates and figures to the form that rules compare.

Rules are written by officers in upper-case words; messages hold accents, commas and line breaks.
Both sides pass through here, so a rule never misses for the sake of a hyphen. Whatever cannot be
read becomes None: unknown, never a guess. Nothing that names a person or firm is cached here, so
nothing outlives the erasure of its record.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from anyascii import anyascii

_TO_BLANK = {point: " " for point in range(128) if not chr(point).isalnum()}
_CONTROL = dict.fromkeys([*range(32), 127])
_TIME_STARTS = len("2026-01-01T")


def normal(text: str) -> str | None:
    """Return ``text`` in upper-case ASCII letters, digits and single blanks; None when empty."""
    if not text:
        return None
    if not text.isascii():
        text = anyascii(text)
    return " ".join(text.upper().translate(_TO_BLANK).split()) or None


def code(text: str) -> str | None:
    """Return a code or number in upper case without control characters; None when empty.

    Half of a surrogate pair, which no column can hold, becomes a question mark.
    """
    if not text:
        return None
    if not text.isprintable():
        text = text.translate(_CONTROL).encode("utf-8", "replace").decode()
    return text.strip().upper() or None


def codes(texts: Iterable[str]) -> list[str] | None:
    """Return the codes of ``texts`` without empty ones; None when nothing is left."""
    return [found for text in texts if text and (found := code(text))] or None


def listed(known: Sequence[str] | None) -> list[str] | None:
    """Return what the node knows as a list; None when it did not look."""
    return None if known is None else codes(known) or []


@lru_cache(maxsize=8192)
def day(text: str) -> dt.date | None:
    """Return the calendar day that ISO 8601 ``text`` starts with, None when it names none."""
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def moment(text: str) -> dt.datetime | None:
    """Return the moment that ISO 8601 ``text`` names; None for a bare day, which has no hour."""
    if len(text) <= _TIME_STARTS:
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def days_between(first: dt.date | None, last: dt.date | None) -> int | None:
    """Return whole days from ``first`` to ``last``, negative when ``last`` comes first."""
    return None if first is None or last is None else (last - first).days


def hours_between(first: str, last: str) -> float | None:
    """Return hours between two ISO 8601 moments; None unless both or neither name a zone.

    Two times without a zone are local to the same place; one with and one without cannot be told
    apart by up to 26 hours, so the answer is unknown.
    """
    start, end = moment(first), moment(last)
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return (end - start).total_seconds() / 3600


def number(value: float | None) -> float | None:
    """Return ``value`` as a finite float; None for unknown, infinite or too large."""
    if value is None:
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum; None when there is nothing to add or one part is unknown."""
    result: float | None = None
    try:
        for value in values:
            if value is None:
                return None
            result = value if result is None else result + value
    except OverflowError:
        return None
    return number(result)


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return ``part / whole``; None when either is unknown or ``whole`` is not above zero."""
    if part is None or whole is None or whole <= 0:
        return None
    return number(part / whole)


def any_true(flags: Iterable[bool | None]) -> bool | None:
    """Return the three-valued *or* of ``flags``; None for no flags at all."""
    seen = list(flags)
    if True in seen:
        return True
    return None if None in seen or not seen else False
