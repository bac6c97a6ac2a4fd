"""Moments as examinations write them, made instants."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange


def instant(text: str) -> dt.datetime | None:
    """Return the UTC instant of an ISO 8601 text, None when it is none.

    A day, month or year alone means its last second: whoever knows no more can be sure of the event
    only then. A time without a zone is UTC.
    """
    try:
        parts = [int(part) for part in text.split("-")] if len(text) <= 10 else []
        if parts:
            year, month = parts[0], parts[1] if len(parts) > 1 else 12
            day = parts[2] if len(parts) > 2 else monthrange(year, month)[1]
            return dt.datetime(year, month, day, 23, 59, 59, tzinfo=dt.UTC)
        found = dt.datetime.fromisoformat(text)
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def day(text: str) -> dt.date | None:
    """Return the day that an ISO 8601 text begins with, None when there is none."""
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
