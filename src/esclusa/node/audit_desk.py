"""The audit log for who watches: lines, who looked at one thing, and use in a period.

An auditor reads identifiers, counts and codes, and no content (see ``ledger.audit``). Unusual use
is told as numbers: whether a night watch worked at night or somebody pried is for a person to ask.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from esclusa.errors import InputError, LimitError
from esclusa.ledger import audit, audit_sets, audit_use
from esclusa.ledger.store import Store
from esclusa.sharing.audit_views import (
    AuditFilter,
    LookedView,
    PairUse,
    PersonUse,
    SubjectUse,
    UseView,
)
from esclusa.sharing.own_name import OWN
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import AuditRow

PACK_LINES: Final = 200_000
"""Lines of one pack: about what a spreadsheet opens."""
_PAGE: Final = 200
_ROWS: Final = 50
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDEST: Final = dt.timedelta(days=366)


class AuditDesk:
    """Reads one node's audit log. Each reading is itself a line of it."""

    def __init__(self, store: Store, time_zone: str) -> None:
        self._store = store
        self._zone = _zone(time_zone)

    def lines(self, reader: Reader, wanted: AuditFilter) -> tuple[AuditRow, ...]:
        """Return lines of the log, the newest first; raises ``InputError`` for a wrong day."""
        since, until = _period(wanted.since, wanted.until)
        self._note(reader, "")
        with self._store.read() as connection:
            rows = audit.lines(
                connection, limit=max(1, min(wanted.limit, _PAGE)), before=max(0, wanted.before),
                who=wanted.who, action=wanted.action, subject=wanted.subject,
                purpose=wanted.purpose, since=since, until=until,
            )  # fmt: skip
        return tuple(_row(row) for row in rows)

    def about(self, reader: Reader, subject: str) -> tuple[LookedView, ...]:
        """Return who did something with one subject, the last first."""
        self._note(reader, "who looked", subject)
        with self._store.read() as connection:
            return tuple(
                LookedView(who=row.who, role=row.role, purpose=row.purpose, lines=row.lines,
                           first=row.first, last=row.last)
                for row in audit_use.about(connection, subject, limit=_PAGE)
            )  # fmt: skip

    def use(
        self, reader: Reader, since: str, until: str, *, opens: int = 6, shuts: int = 20,
        weekend: bool = False, least: int = 5,
    ) -> UseView:  # fmt: skip
        """Return the use of the node in a period, for a person to judge.

        :param since: the first day, ``YYYY-MM-DD`` UTC; ``until`` the last one.
        :param opens: the first hour that is not outside, in the node's time zone; ``shuts`` the
            first that is outside again.
        :param weekend: whether Saturday and Sunday are outside as a whole.
        :param least: how often one person has to open one thing to be shown.
        :raises InputError: for a wrong day, an hour that is none, or more than 366 days.
        """
        for name, value, low, high in (
            ("opens", opens, 0, 24), ("shuts", shuts, 0, 24), ("least", least, 1, None),
        ):  # fmt: skip
            if value < low or (high is not None and value > high):
                raise InputError(
                    "hours are from 0 to 24, and the least number is 1 or more", field=name,
                    problem="whole", expected=f"{low}–{high}" if high else f"≥ {low}",
                )  # fmt: skip
        first, last = _period(since, until)
        if not (first and last):
            raise InputError(
                "the period needs its first and its last day",
                field="until" if first else "since", problem="missing",
            )  # fmt: skip
        if dt.date.fromisoformat(last) - dt.date.fromisoformat(first) > _WIDEST:
            raise InputError(
                "the period has at most 366 days", field="until", problem="order",
                expected=f"≤ {_WIDEST.days}",
            )  # fmt: skip
        self._note(reader, f"use {since} {until}")
        with self._store.read() as connection:
            hours = audit_use.by_hour(connection, first, last, OWN)
            pairs = audit_use.pairs(connection, first, last, least=least, limit=_ROWS)
            seen = audit_use.subjects(connection, first, last, least=least, limit=_ROWS)
        inside = _Inside(self._zone, opens, shuts, weekend)
        return UseView(
            since=since, until=until, opens=opens, shuts=shuts, weekend=weekend,
            zone=self._zone.key, least=least, lines=sum(row.lines for row in hours),
            people=_people(hours, inside),
            pairs=tuple(
                PairUse(who=row.who, subject=row.subject, looks=row.looks, first=row.first,
                        last=row.last)
                for row in pairs
            ),
            subjects=tuple(
                SubjectUse(subject=row.subject, people=row.people, looks=row.looks)
                for row in seen
            ),
        )  # fmt: skip

    def pack(self, reader: Reader, since: str, until: str) -> str:
        """Return every line of a period as CSV (RFC 4180), each with its hash. After a line that
        stands for many records stand theirs, under its number and without a hash.

        :raises LimitError: when there are more lines than one pack takes.
        """
        first, last = _period(since, until)
        if not (first and last):
            raise InputError(
                "the period needs its first and its last day",
                field="until" if first else "since", problem="missing",
            )  # fmt: skip
        self._note(reader, f"pack {since} {until}")
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\r\n")
        rows.writerow(("number", "at", "who", "role", "purpose", "action", "subject", "detail",
                       "hash"))  # fmt: skip
        with self._store.read() as connection:
            lines = audit_use.count(connection, first, last)
            if lines + audit_use.of_many(connection, first, last) > PACK_LINES:
                raise LimitError(f"a pack has at most {PACK_LINES:,} lines: ask for fewer days")
            for row in audit_use.whole(connection, first, last, most=PACK_LINES):
                rows.writerow((row.seq, *_told(row), bytes(row.hash).hex()))
                if audit_sets.is_set(row):
                    # What the line stands for; the digest in its detail is over all of it.
                    of_line = audit_sets.of_line(connection, row)
                    rows.writerows((line.seq, *_told(line), "") for line in of_line)
        return out.getvalue()

    def _note(self, reader: Reader, detail: str, subject: str = "") -> None:
        reader.require(Action.AUDIT_READ)
        with self._store.write() as connection:
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=Action.AUDIT_READ, subject=subject, detail=detail,
            )  # fmt: skip


class _Inside:
    """Whether an hour (``YYYY-MM-DDTHH`` UTC) is inside the hours asked for."""

    def __init__(self, zone: ZoneInfo, opens: int, shuts: int, weekend: bool) -> None:
        self._zone = zone
        self._opens, self._shuts = opens, shuts
        self._weekend = weekend

    def __call__(self, hour: str) -> bool:
        at = dt.datetime.fromisoformat(hour + ":00:00+00:00").astimezone(self._zone)
        if self._weekend and at.weekday() >= 5:
            return False
        if self._opens <= self._shuts:
            return self._opens <= at.hour < self._shuts
        return at.hour >= self._opens or at.hour < self._shuts


def _people(hours: Iterable[Any], inside: _Inside) -> tuple[PersonUse, ...]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for row in hours:
        outside = 0 if inside(row.hour) else row.lines
        values = (row.lines, row.records, row.searches, outside, row.own, row.refused)
        totals[row.who] = [a + int(b) for a, b in zip(totals[row.who], values, strict=True)]
    found = [
        PersonUse(who=who, lines=sums[0], records=sums[1], searches=sums[2], outside=sums[3],
                  own=sums[4], refused=sums[5])
        for who, sums in totals.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.lines, one.who)))


def _period(since: str, until: str) -> tuple[str, str]:
    """Return the first moment and the first one after, as texts that compare; "" for open ends."""
    days = []
    for name, text in (("since", since), ("until", until)):
        try:
            days.append(dt.date.fromisoformat(text) if text else None)
        except ValueError:
            raise InputError("a day is written YYYY-MM-DD", field=name, problem="day") from None
    first, last = days
    if first and last and last < first:
        raise InputError("the last day is before the first", field="until", problem="order")
    # Nothing lies behind the last day of the calendar: that end is open.
    after = last + dt.timedelta(days=1) if last and last < dt.date.max else None
    return first.isoformat() if first else "", after.isoformat() if after else ""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _row(row: Any) -> AuditRow:
    return AuditRow(
        seq=row.seq, at=row.at, who=row.who, role=row.role, purpose=row.purpose,
        action=row.action, subject=row.subject, detail=row.detail,
    )  # fmt: skip


def _told(row: Any) -> Iterator[str]:
    told = (row.at, row.who, row.role, row.purpose, row.action, row.subject, row.detail)
    return map(_plain, told)


def _plain(text: str) -> str:
    """A cell that begins like a formula is kept text by an apostrophe."""
    return "'" + text if text.startswith(_FORMULA) else text
