"""What waits in each queue of work, as items with the moment since when they wait.

The board counts these items and its lists show them, so a count and its list cannot differ. Alerts
that nobody holds may be very many: they are counted and listed by the ledger, with one condition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import casework_counts as counts
from esclusa.ledger import matches
from esclusa.ledger.alert_figures import Bounds

QUEUES: Final = (
    "alerts_new", "alerts_claimed", "alerts_snoozed", "matches", "referrals_host",
    "referrals_requester", "requests", "cases", "quarantine",
)  # fmt: skip
"""Queues of the board, in their order."""
ADDRESSES: Final = {
    "alerts_new": "/queue?state=new", "alerts_claimed": "/queue?state=claimed",
    "alerts_snoozed": "/queue?state=snoozed", "matches": "/matches",
    "referrals_host": "/referrals?side=host", "referrals_requester": "/referrals?side=requester",
    "requests": "/requests", "cases": "/cases", "quarantine": "/intake",
}  # fmt: skip
"""Where each queue is worked on."""
BANDS: Final = (("day", 1), ("days", 3), ("week", 7), ("longer", 0))
"""How long something waits, as a word, and up to how many days (0: no bound), in full hours."""
CLAIM_HOURS: Final = 24
"""An alert that somebody holds for longer is late: whoever took it is off shift by then."""
SOON_HOURS: Final = 24
"""A snooze that ends within so many hours is told: the alert is back on the next day's list."""
CLOCK_MINUTES: Final = 120
"""A clock with less left is late; a host needs about so long to bring a box to the scanner."""
_MATCHES: Final = 1_000
"""Matches that wait are counted so far."""
MOST: Final = 1_000
"""Referrals, requests and cases that wait are counted so far."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits. ``since`` is ISO 8601 UTC, "" where no time is known; ``who`` holds it;
    ``title`` is "" where it is looked up when it is shown."""

    id: str
    kind: str
    since: str = ""
    late: bool = False
    who: str = ""
    title: str = ""


def taken(
    connection: sa.Connection, visible: frozenset[int], now: dt.datetime
) -> dict[str, list[Item]]:
    """Return the alerts that somebody holds or put off, by queue, the oldest first."""
    rows = counts.taken(connection, visible, text_of(now))
    held_long = text_of(now - dt.timedelta(hours=CLAIM_HOURS))
    soon = text_of(now + dt.timedelta(hours=SOON_HOURS))
    found: dict[str, list[Item]] = {"alerts_claimed": [], "alerts_snoozed": []}
    for name, state, who, created, until, moved in rows:
        at, late = created, until <= soon
        if state == "claimed":
            at = moved or created
            late = at < held_long
        item = Item(id=name, kind="alert", since=at, late=late, who=who)
        found[f"alerts_{state}"].append(item)
    return found


def bounds(now: dt.datetime) -> Bounds:
    """Return the ages of :data:`BANDS` as hours: an age begins with a full hour, because that is
    how the ledger keeps the count of what nobody took."""
    told = (text_of(now - dt.timedelta(days=days)) for _name, days in BANDS if days)
    return Bounds(tuple(one[: len("2026-11-27T08")] for one in told))


def undecided(connection: sa.Connection, visible: frozenset[int]) -> list[Item]:
    """Return the matches that wait, each since the alert told of it as it does now."""
    rows = list(islice(matches.undecided(connection, visible), _MATCHES))
    at = counts.recorded_at(connection, visible, [row[1] for row in rows])
    return [Item(id=row[0], kind="match", since=at.get(row[1], "")) for row in rows]


def held(connection: sa.Connection, visible: frozenset[int]) -> list[Item]:
    """Return the messages that wait in quarantine, each under its file."""
    return [
        Item(id=row.source_id, kind="file", since=row.received)
        for row in counts.held_messages(connection, visible)
        for _message in range(row.held)
    ]


def with_clock(rows: Iterable[Any], kind: str) -> list[Item]:
    """Return what waits for us of referrals or requests; ``rows`` are those of their desk."""
    return [
        Item(
            id=row.id, kind=kind, since=row.last,
            late=row.clock.left_minutes is not None and row.clock.left_minutes < CLOCK_MINUTES,
            title=subject_text(row.subject),
        )
        for row in rows
        if row.ours
    ]  # fmt: skip


def of_cases(rows: Iterable[Any]) -> list[Item]:
    """Return the open cases; ``rows`` are those of their desk. One with an overdue task is late."""
    return [
        Item(id=row.id, kind="case", since=row.last, late=row.overdue > 0, who=row.lead,
             title=row.title)
        for row in rows
    ]  # fmt: skip


def subject_text(said: Any) -> str:
    """Return what a referral or a request is about, in words: bill and boxes."""
    parts = (getattr(said, "carrier", ""), getattr(said, "bill", ""), *getattr(said, "boxes", ()))
    return " ".join(part for part in parts if part)


def band(since: str, ages: Bounds) -> str:
    """Return how long something waits, as a word of :data:`BANDS`.

    :param ages: as :func:`bounds` gives them.
    """
    return BANDS[ages.age(since)][0]


def chosen(items: Sequence[Item], age: str, *, late: bool, now: dt.datetime) -> Iterator[Item]:
    """Yield the items of an age ("" for all), or the late ones, the oldest first."""
    ages = bounds(now)
    for item in sorted(items, key=lambda one: (one.since or "9", one.id)):
        if (not late or item.late) and (not age or (item.since and band(item.since, ages) == age)):
            yield item


def text_of(moment: dt.datetime) -> str:
    """Return an aware moment as the ledger writes it."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
