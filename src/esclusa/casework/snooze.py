"""When a snoozed alert comes back, and why it may not sleep longer.

An alert is put off until a moment, with a reason. The moment is compared with the time of the
behaviour that the alert is about and never with the time of a run: who sleeps over the arrival of a
box has decided by doing nothing. A time that its sender wrote without a zone is local to a place
somewhere on earth; it may be as early as 14 hours before the same clock time in UTC (the zone
furthest ahead, Pacific/Kiritimati), and that moment is taken.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from esclusa.errors import InputError, StateError
from esclusa.model import Body, Consignment, PortCall, ShipDeclaration, Traveller

HOURS: Final = (1, 4, 12, 24, 72, 168)
"""Lengths of sleep that are offered, in hours."""
LONGEST: Final = dt.timedelta(days=90)
"""Longer than this nobody puts an alert off: it would be forgotten."""
_AHEAD: Final = dt.timedelta(hours=14)


def in_hours(hours: int, now: dt.datetime) -> str:
    """Return the moment so many hours after an aware one, as the ledger writes moments."""
    return text_of(now + dt.timedelta(hours=hours))


def text_of(moment: dt.datetime) -> str:
    """Return an aware moment as ISO 8601 UTC text with microseconds."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str, zone: str = "") -> str:
    """Return the moment that a person typed as the ledger writes it.

    :param text: ISO 8601 date and time; with an offset, or without one as the clock of ``zone``.
    :param zone: IANA name of a zone.
    :raises InputError: when it is no date and time, has no zone, or the clock of the zone skips it
        or shows it twice (a change of summer time).
    """
    try:
        moment = dt.datetime.fromisoformat(text.strip())
        if moment.tzinfo is None and zone:
            moment = _placed(moment, ZoneInfo(zone))
        if moment.tzinfo is not None and len(text.strip()) > len("2026-11-24"):
            return text_of(moment)
    except (ValueError, OverflowError, KeyError, OSError):
        pass
    raise InputError(
        f"until is {text[:40]!r}, expected a date and a time with a zone, like 2026-11-24T06:00Z",
        field="until", problem="moment",
    )  # fmt: skip


def _placed(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise InputError(
            "until is an hour that the clock skips or shows twice there; give it in UTC",
            field="until", problem="moment",
        )  # fmt: skip
    return first


def check_end(until: str, at: str, behaviour: str) -> None:
    """Refuse a snooze that does not end in time.

    :param until: when the alert comes back, ISO 8601 UTC.
    :param at: the present moment, ISO 8601 UTC.
    :param behaviour: when the subject arrives or departs, as stated; "" when nobody knows.
    :raises InputError: when ``until`` is no moment, lies not ahead, or more than 90 days ahead.
    :raises StateError: when it lies after the behaviour.
    """
    end, now = (dt.datetime.fromisoformat(text) for text in (read(until), at))
    if end <= now:
        raise InputError(
            "until lies not ahead; a snooze ends at a later moment", field="until", problem="past"
        )
    if end > now + LONGEST:
        reason = f"until lies more than {LONGEST.days} days ahead"
        raise InputError(reason, field="until", problem="bounds")
    limit = earliest(behaviour)
    if limit is not None and end > limit:
        raise StateError(
            "the snooze would end after what the alert is about: by then the subject may have "
            "arrived or left (as early as {at}); end it earlier, or decide",
            at=f"{limit:%Y-%m-%d %H:%M}Z",
        )


def is_asleep(state: str, until: str, at: str) -> bool:
    """Tell whether an alert sleeps at a moment."""
    if state != "snoozed" or not until:
        return False
    return dt.datetime.fromisoformat(until) > dt.datetime.fromisoformat(at)


def oversleeps(until: str, behaviour: str) -> bool:
    """Tell whether a snooze ends after the behaviour that its alert is about."""
    limit = earliest(behaviour)
    return limit is not None and dt.datetime.fromisoformat(until) > limit


def earliest(behaviour: str) -> dt.datetime | None:
    """Return the earliest moment that a stated time can mean, None when it is no time."""
    try:
        moment = dt.datetime.fromisoformat(behaviour)
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
        return moment.replace(tzinfo=dt.UTC) - _AHEAD
    except (ValueError, OverflowError):
        return None


def behaviour_of(body: Body | None) -> str:
    """Return when a record's subject arrives, or departs where no arrival is known, as stated; ""
    when neither is. An event has happened; what is still ahead of it nobody stated."""
    match body:
        case Consignment() | PortCall() | ShipDeclaration():
            return body.arrival or body.departure
        case Traveller():
            return body.journey.arrival or body.journey.departure
        case _:
            return ""
