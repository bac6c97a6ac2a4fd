"""The supervisor's board: work that waits with its age, who works on what, what was done lately,
rules and lists that want looking after. Only what the reader may see."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError
from esclusa.ledger import alert_figures as figures
from esclusa.ledger import queue as queue_rows
from esclusa.model import Level
from esclusa.node.case_desk import CaseDesk
from esclusa.node.information_desk import InformationDesk
from esclusa.node.list_desk import ListDesk
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.reporting import waiting
from esclusa.node.reporting.behind import PAGES, title
from esclusa.node.reporting.desk import days_of, marked
from esclusa.node.reporting.in_use import InUse
from esclusa.node.reporting.waiting import Item
from esclusa.node.rule_desk import RuleDesk
from esclusa.sharing import report_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

DAYS: Final = 14
"""Days of work that the board shows."""
STALE_DAYS: Final = 30
"""A list whose edition was loaded longer ago is told; sanctions lists change every few days, and
most that a node keeps come out at least each month."""
_NEW: Final = "alerts_new"
_AT_DESKS: Final = ("referrals_host", "referrals_requester", "requests", "cases")
"""Queues that a desk of their own tells."""
_RULES: Final = frozenset({"review_due", "stopped", "expired"})


class Desks(msgspec.Struct, frozen=True, kw_only=True):
    """The desks whose queues the board shows."""

    referrals: ReferralDesk
    requests: InformationDesk
    cases: CaseDesk
    rules: RuleDesk
    lists: ListDesk


class Board:
    """The board of one node, for supervisors."""

    def __init__(self, gate: Gate, pipeline: Pipeline, desks: Desks, in_use: InUse) -> None:
        self._gate = gate
        self._in_use = in_use
        self._pipeline = pipeline
        self._desks = desks
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def board(self, reader: Reader) -> views.BoardView:
        """Return the board as it is now."""
        reader.require(Action.BOARD_READ)
        with self._gate.together(reader):  # one reading of all desks
            return self._board(reader, self.now())

    def _board(self, reader: Reader, now: dt.datetime) -> views.BoardView:
        queues = self._queues(reader, now)
        first = now.astimezone(dt.UTC).date() - dt.timedelta(days=DAYS - 1)
        end = first + dt.timedelta(days=DAYS)
        with self._gate.reading(reader) as (connection, visible):
            days, decided = self._done(connection, visible, first, end)
            fresh = _unclaimed(connection, visible, now)
            held = self._in_use.among(visible)
        self._gate.note(reader, Action.BOARD_READ)
        level, marking = marked(self._pipeline, held) if held else (int(Level.OPEN), "")
        return views.BoardView(
            made=now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            queues=(fresh, *(_state(name, queues[name], now) for name in waiting.QUEUES[1:])),
            officers=tuple(_officers(queues, decided)), days=days,
            due=(*self._rules(reader), *self._lists(reader, now)), level=level, marking=marking,
        )  # fmt: skip

    def waiting(
        self, reader: Reader, queue: str, *, age: str = "", late: bool = False, who: str = "",
        limit: int = 100, offset: int = 0,
    ) -> views.WaitingView:  # fmt: skip
        """Return what waits in a queue of the board, the longest first.

        :param age: a word of :data:`~esclusa.node.reporting.waiting.BANDS`, "" for all.
        :param late: only what is late.
        :param who: only what this person holds.
        :raises InputError: for a queue or an age that there is not.
        """
        reader.require(Action.BOARD_READ)
        if queue not in waiting.QUEUES:
            raise InputError(f"there is no queue {queue[:40]!r}", field="queue", problem="code")
        if age and age not in {name for name, _days in waiting.BANDS}:
            raise InputError(f"there is no age {age[:40]!r}", field="age", problem="code")
        with self._gate.together(reader):
            return self._waiting(
                reader, queue, age, who, self.now(), late=late, offset=max(0, offset),
                limit=max(1, min(limit, PAGE_LIMIT)),
            )  # fmt: skip

    def _waiting(
        self, reader: Reader, queue: str, age: str, who: str, now: dt.datetime, *, late: bool,
        limit: int, offset: int,
    ) -> views.WaitingView:  # fmt: skip
        if queue == _NEW:
            if who or late:  # nobody holds them, and nothing says until when they must be done
                return views.WaitingView(queue=queue, number=0, offset=offset, rows=())
            with self._gate.reading(reader) as (connection, visible):
                number, some = _page(connection, visible, now, age, limit, offset)
        else:
            held = [one for one in self._waits(reader, now, queue) if who in ("", one.who)]
            found = list(waiting.chosen(held, age, late=late, now=now))
            number, some = len(found), found[offset:][:limit]
        with self._gate.reading(reader) as (connection, visible):
            named = [one.id for one in some if one.kind == "alert"]
            known = queue_rows.find_all(connection, visible, named)
            rows = tuple(
                self._row(connection, visible, one, known[one.id].title if one.id in known else "")
                for one in some
            )
        self._gate.note(reader, Action.BOARD_READ, detail=f"queue={queue} rows={len(rows)}")
        return views.WaitingView(queue=queue, number=number, offset=offset, rows=rows)

    # --- inside --------------------------------------------------------------------------------

    def _queues(self, reader: Reader, now: dt.datetime) -> dict[str, Sequence[Item]]:
        desks = {name: self._at_desk(reader, name) for name in _AT_DESKS}
        with self._gate.reading(reader) as (connection, visible):
            return {
                **desks, **waiting.taken(connection, visible, now),
                "matches": waiting.undecided(connection, visible),
                "quarantine": waiting.held(connection, visible),
            }  # fmt: skip

    def _waits(self, reader: Reader, now: dt.datetime, queue: str) -> Sequence[Item]:
        """Return what waits in a queue, of those that are not so long that the ledger counts."""
        if queue in _AT_DESKS:
            return self._at_desk(reader, queue)
        with self._gate.reading(reader) as (connection, visible):
            if queue == "matches":
                return waiting.undecided(connection, visible)
            if queue == "quarantine":
                return waiting.held(connection, visible)
            return waiting.taken(connection, visible, now)[queue]

    def _at_desk(self, reader: Reader, queue: str) -> Sequence[Item]:
        desks, most = self._desks, waiting.MOST
        if queue == "requests":
            return waiting.with_clock(desks.requests.requests(reader, limit=most).rows, "request")
        if queue == "cases":
            return waiting.of_cases(desks.cases.cases(reader, limit=most).rows)
        side = queue.removeprefix("referrals_")
        rows = desks.referrals.referrals(reader, side=side, limit=most).rows
        return waiting.with_clock(rows, "referral")

    def _done(
        self, connection: sa.Connection, visible: frozenset[int], first: dt.date, end: dt.date
    ) -> tuple[tuple[views.DayRow, ...], Counter[str]]:
        made = figures.decided_by_day(connection, visible, first.isoformat(), end.isoformat())
        officers: Counter[str] = Counter()
        for (_day, who), number in made.items():
            officers[who] += number
        return days_of(connection, visible, first, end, made), officers

    def _row(
        self, connection: sa.Connection, visible: frozenset[int], item: Item, known: str
    ) -> views.BehindRow:
        labels = self._pipeline.labels
        told = item.title or known or title(connection, labels, visible, item.kind, item.id)
        return views.BehindRow(
            id=item.id, kind=item.kind, at=item.since, part=item.who, part_en=item.who,
            part_es=item.who, value=1, title=told, address=PAGES[item.kind] + quote(item.id),
        )  # fmt: skip

    def _rules(self, reader: Reader) -> list[views.DueRow]:
        return [
            views.DueRow(
                kind="rule", name=one.name or one.id, title_en=one.title_en, title_es=one.title_es,
                why=one.state, since=one.valid_to,
                address=f"/rules/{quote(one.name, safe='')}" if one.name else "/rules",
            )
            for one in self._desks.rules.rules(reader)
            if one.state in _RULES
        ]  # fmt: skip

    def _lists(self, reader: Reader, now: dt.datetime) -> list[views.DueRow]:
        old = (now - dt.timedelta(days=STALE_DAYS)).astimezone(dt.UTC).strftime("%Y-%m-%d")
        found = []
        for one in self._desks.lists.lists(reader):
            whys = [("held", one.held), ("stale", one.loaded[:10] < old)]
            found += [
                views.DueRow(
                    kind="list", name=one.id, title_en=one.title, title_es=one.title, why=why,
                    since=one.loaded[:10],
                    address=f"/lists/{quote(one.id, safe='')}?key={quote(one.key, safe='')}",
                )
                for why, holds in whys
                if holds
            ]  # fmt: skip
        return found


def _unclaimed(
    connection: sa.Connection, visible: frozenset[int], now: dt.datetime
) -> views.QueueState:
    """Return how many alerts wait that nobody holds, with their ages."""
    moment = waiting.text_of(now)
    told, oldest = figures.unclaimed(connection, visible, moment, waiting.bounds(now))
    return views.QueueState(
        queue=_NEW, count=sum(told.values()), late=0, oldest=oldest,
        ages=tuple(
            views.AgeCell(
                band=band, count=told.get(at, 0), address=f"/board/{_NEW}?age={band}"
            )
            for at, (band, _days) in enumerate(waiting.BANDS)
        ),
        address=waiting.ADDRESSES[_NEW], late_address=f"/board/{_NEW}?late=true",
    )  # fmt: skip


def _page(
    connection: sa.Connection, visible: frozenset[int], now: dt.datetime, age: str, limit: int,
    offset: int,
) -> tuple[int, list[Item]]:  # fmt: skip
    """Return how many alerts of an age nobody holds, and those of one page."""
    moment, ages = waiting.text_of(now), waiting.bounds(now)
    place = [name for name, _days in waiting.BANDS].index(age) if age else None
    told, _oldest = figures.unclaimed(connection, visible, moment, ages)
    number = sum(count for at, count in told.items() if place in (None, at))
    rows = figures.unclaimed_page(
        connection, visible, moment, ages, place, limit=limit, offset=offset
    )
    return number, [Item(id=name, kind="alert", since=at) for name, at in rows]


def _state(name: str, items: Sequence[Item], now: dt.datetime) -> views.QueueState:
    ages = waiting.bounds(now)
    bands = Counter(waiting.band(one.since, ages) for one in items if one.since)
    return views.QueueState(
        queue=name, count=len(items), late=sum(one.late for one in items),
        oldest=min((one.since for one in items if one.since), default=""),
        ages=tuple(
            views.AgeCell(band=band, count=bands[band], address=f"/board/{name}?age={band}")
            for band, _days in waiting.BANDS
        ),
        address=waiting.ADDRESSES[name], late_address=f"/board/{name}?late=true",
    )  # fmt: skip


def _officers(
    queues: Mapping[str, Sequence[Item]], decided: Counter[str]
) -> list[views.OfficerRow]:
    held: dict[str, list[Item]] = {}
    for one in queues["alerts_claimed"]:
        held.setdefault(one.who, []).append(one)
    leads: Counter[str] = Counter(one.who for one in queues["cases"] if one.who)
    return [
        views.OfficerRow(
            name=name, claimed=len(held.get(name, ())), leads=leads[name], decided=decided[name],
            oldest=min((one.since for one in held.get(name, ())), default=""),
            address=f"/board/alerts_claimed?who={quote(name, safe='')}",
        )
        for name in sorted({*held, *leads, *decided})
    ]  # fmt: skip
