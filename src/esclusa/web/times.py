"""Times as a watch officer reads them: UTC first, then the reader's zone, both named.

Never a date with slashes: 11/12 is a different day on each side of a border.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

_WITH_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
UTC: Final = ZoneInfo("UTC")


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time ready to be drawn.

    ``text`` is ``2026-11-24 11:00Z``, or the time as sent when it has no zone. ``local`` is the
    same moment in ``place``, with its date when that differs. ``port_time`` tells that no zone was
    sent: the time is local to the place it is about. ``iso`` is for machines.
    """

    text: str
    iso: str = ""
    local: str = ""
    place: str = ""
    port_time: bool = False


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name, UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def moment(text: str, zone: ZoneInfo) -> Moment:
    """Read ISO 8601 text; what is not a date and time is shown as it was sent."""
    if not _WITH_TIME.match(text):
        return Moment(text=text, iso=text if _is_date(text) else "")
    try:
        read = dt.datetime.fromisoformat(text)
        return _placed(read, zone) if read.tzinfo else _floating(read)
    except (ValueError, OverflowError):
        return Moment(text=text)


def now(zone: ZoneInfo) -> Moment:
    """Return the present moment."""
    return _placed(dt.datetime.now(dt.UTC), zone)


def _placed(read: dt.datetime, zone: ZoneInfo) -> Moment:
    utc, here = read.astimezone(dt.UTC), read.astimezone(zone)
    same_day = utc.date() == here.date()
    return Moment(
        text=f"{utc:%Y-%m-%d %H:%M}Z",
        iso=f"{utc:%Y-%m-%dT%H:%M}Z",
        local=""
        if zone.key == "UTC"
        else f"{here:%H:%M}"
        if same_day
        else f"{here:%Y-%m-%d %H:%M}",
        place=zone.key.rsplit("/", 1)[-1].replace("_", " "),
    )


def _floating(read: dt.datetime) -> Moment:
    return Moment(text=f"{read:%Y-%m-%d %H:%M}", iso=f"{read:%Y-%m-%dT%H:%M}", port_time=True)


def _is_date(text: str) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False
