"""Figures about alerts for a reader, added up from what :mod:`esclusa.ledger.tallies` keeps, and
the alerts behind each of them, page by page.

Spans are of whole days, ISO 8601, from ``since`` up to and without ``until``. A snooze that has
ended leaves an alert as new as before; the few that are put off are looked at one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger.queue import broadest
from esclusa.ledger.schema import alert_count, alert_decision, queue
from esclusa.ledger.tallies import DAY, HOUR, counts_for

_DAY, _HOUR = len("2026-11-27"), len("2026-11-27T08")
_SNOOZED: Final = queue.c.state == sa.literal_column("'snoozed'")
_NEW, _ASLEEP = "new", "snoozed"


class Row(NamedTuple):
    """An alert behind a figure: its part of it, and the moment that places it."""

    alert_id: str
    part: str
    at: str


class Bounds(NamedTuple):
    """Ages as hours: raised in or after the first is the youngest, and so on; before the last the
    oldest. An hour is text such as ``2026-11-27T08``."""

    hours: tuple[str, ...]

    def of(self, age: int | None) -> tuple[str, str]:
        """Return the first hour of an age, counted from 0, the youngest, and the first after it;
        "" and "9" where it has none. None is every age."""
        if age is None:
            return "", "9"
        first = self.hours[age] if age < len(self.hours) else ""
        return first, self.hours[age - 1] if age else "9"

    def age(self, moment: str) -> int:
        """Return the age of what was raised at a moment."""
        for at, one in enumerate(self.hours):
            if moment >= one:
                return at
        return len(self.hours)


# --- raised -------------------------------------------------------------------------------------


def raised(
    connection: sa.Connection, visible: Collection[int], since: str, until: str, now: str
) -> Counter[tuple[str, str]]:
    """Return how many alerts were raised in a span, by kind of the subject and state at ``now``."""
    found: Counter[tuple[str, str]] = Counter()
    columns = (alert_count.c.kind, alert_count.c.state)
    for kind, state, above, number in _summed(connection, visible, columns, DAY, since, until):
        if counts_for(above, visible):
            found[kind, state] += number
    for row in _awake(connection, visible, now, since, until):
        found[row.subject_kind, _ASLEEP] -= 1
        found[row.subject_kind, _NEW] += 1
    return +found


def raised_by_day(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> dict[str, int]:
    """Return how many alerts were raised on each day of a span that had any."""
    found: Counter[str] = Counter()
    columns = (alert_count.c.span,)
    for span, above, number in _summed(connection, visible, columns, DAY, since, until):
        if counts_for(above, visible):
            found[span[len(DAY) :]] += number
    return dict(found)


def raised_page(
    connection: sa.Connection, visible: Collection[int], since: str, until: str, now: str, *,
    by_state: bool, part: str, limit: int, offset: int,
) -> tuple[int, list[Row]]:  # fmt: skip
    """Return how many alerts were raised in a span, and those of a page, the earliest first.

    :param by_state: their parts are the states at ``now``, else the kinds of their subjects.
    :param part: of one part only; "" for all.
    """
    named = alert_count.c.state if by_state else alert_count.c.kind
    days: Counter[str] = Counter()
    columns = (alert_count.c.span, named)
    for span, one, above, number in _summed(connection, visible, columns, DAY, since, until):
        if part in ("", one) and counts_for(above, visible):
            days[span[len(DAY) :]] += number
    if by_state and part in (_NEW, _ASLEEP):
        for row in _awake(connection, visible, now, since, until):
            days[row.created[:_DAY]] += 1 if part == _NEW else -1
    first, end, left = _stretch(sorted(days.items()), limit, offset)
    asleep = sa.and_(_SNOOZED, queue.c.until > now)
    state = sa.case((asleep, _ASLEEP), (_SNOOZED, _NEW), else_=queue.c.state)
    told = state if by_state else queue.c.subject_kind
    query = (
        sa.select(queue.c.alert_id, told.label("part"), queue.c.created)
        .where(queue.c.open.in_((True, False)), *_within(first, end))
        .where(queue.c.label_id.in_(sorted(visible)), broadest(visible))
        .order_by(queue.c.created, queue.c.alert_id)
        .limit(limit).offset(left)
    )  # fmt: skip
    if part:
        query = query.where(told == part)
    return days.total(), [Row(*row) for row in connection.execute(query)] if first else []


# --- decided ------------------------------------------------------------------------------------


def decided(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> dict[str, list[int]]:
    """Return the alerts decided in a span by verdict: for how many microseconds each had waited. An
    alert counts once, by the last verdict given in the span that stood at its end."""
    held = alert_decision
    every = sa.func.aggregate_strings(sa.cast(held.c.waited, sa.Text), ",")
    query = _decided(sa.select(held.c.verdict, held.c.above, every), visible, since, until)
    found: dict[str, list[int]] = {}
    for verdict, above, waited in connection.execute(query.group_by(held.c.verdict, held.c.above)):
        if counts_for(above, visible):
            found.setdefault(verdict, []).extend(map(int, waited.split(",")))
    return found


def decided_by_day(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> Counter[tuple[str, str]]:
    """Return how many alerts were decided in a span, by the day that the verdict names, and by
    whom."""
    held, found = alert_decision, Counter[tuple[str, str]]()
    day = sa.func.substr(held.c.at, 1, _DAY).label("day")
    query = _decided(
        sa.select(day, held.c.by, held.c.above, sa.func.count()), visible, since, until
    )
    query = query.group_by("day", held.c.by, held.c.above)
    for at, by, above, number in connection.execute(query):
        if counts_for(above, visible):
            found[at, by] += number
    return found


def decided_page(
    connection: sa.Connection, visible: Collection[int], since: str, until: str, *, part: str,
    limit: int, offset: int,
) -> tuple[int, list[Row]]:  # fmt: skip
    """Return how many alerts were decided in a span, and those of a page, the earliest first; their
    parts are the verdicts.

    :param part: of one part only; "" for all.
    """
    held = alert_decision
    of_part = held.c.verdict == part if part else sa.true()
    grouped = _decided(sa.select(held.c.above, sa.func.count()), visible, since, until)
    counts = list(connection.execute(grouped.where(of_part).group_by(held.c.above)))
    seen = [above for above, _number in counts if counts_for(above, visible)]
    query = _decided(sa.select(held.c.alert_id, held.c.verdict, held.c.at), visible, since, until)
    query = query.where(of_part, held.c.above.in_(seen))
    query = query.order_by(held.c.at, held.c.alert_id).limit(limit).offset(offset)
    number = sum(count for above, count in counts if above in set(seen))
    return number, [Row(*row) for row in connection.execute(query)]


def _decided(
    query: sa.Select[Any], visible: Collection[int], since: str, until: str
) -> sa.Select[Any]:
    held = alert_decision
    stood = sa.or_(held.c.until == "", held.c.until >= until)
    return query.where(
        held.c.made >= since, held.c.made < until, held.c.since < until, stood,
        held.c.label_id.in_(sorted(visible)),
    )  # fmt: skip


# --- waiting ------------------------------------------------------------------------------------


def unclaimed(
    connection: sa.Connection, visible: Collection[int], now: str, bounds: Bounds
) -> tuple[dict[int, int], str]:
    """Return how many alerts wait that nobody holds, by age, and since when the oldest ("" when
    there is none); a snooze that has ended by ``now`` leaves an alert so."""
    found: Counter[int] = Counter()
    last = len(bounds.hours)
    day = bounds.hours[-1][:_DAY] if bounds.hours else "9"  # from here on by hours, days before
    age = sa.case(
        *((alert_count.c.span >= HOUR + hour, at) for at, hour in enumerate(bounds.hours)),
        else_=last,
    ).label("age")
    first = sa.func.min(alert_count.c.span)
    columns = (alert_count.c.above, sa.func.sum(alert_count.c.number), first)
    before = sa.select(*columns).where(
        *_spans(visible, DAY, "", day), alert_count.c.state == _NEW
    ).group_by(alert_count.c.above)  # fmt: skip
    after = sa.select(*columns, age).where(*_spans(visible, HOUR, day, "9"))
    rows = [(*row, last) for row in connection.execute(before)]
    rows += map(tuple, connection.execute(after.group_by(alert_count.c.above, "age")))
    oldest = []
    for above, number, span, at in rows:
        if counts_for(above, visible):
            found[at] += int(number)
            oldest.append(span[len(HOUR) :])
    awake = [row.created for row in _awake(connection, visible, now, "", "9")]
    found.update(map(bounds.age, awake))
    return dict(found), min([*_first_in(connection, visible, now, oldest), *awake], default="")


def unclaimed_page(
    connection: sa.Connection, visible: Collection[int], now: str, bounds: Bounds, age: int | None,
    *, limit: int, offset: int,
) -> list[tuple[str, str]]:  # fmt: skip
    """Return (alert, when it was raised) of those alerts, of one age or of all, the oldest
    first."""
    begin, end = bounds.of(age)
    waiting = (row.created[:_HOUR] for row in _awake(connection, visible, now, begin, end))
    hours: Counter[str] = Counter(waiting)
    query = sa.select(alert_count.c.span, alert_count.c.above, alert_count.c.number).where(
        *_spans(visible, HOUR, begin, end)
    )
    reached = 0
    for span, above, number in connection.execute(query.order_by(alert_count.c.span)):
        hour = span[len(HOUR) :]
        if reached >= offset + limit and hour not in hours:
            break
        if counts_for(above, visible):
            hours[hour] += number
            reached += number
    first, after, left = _stretch(sorted(hours.items()), limit, offset)
    if not first:
        return []
    rows = (
        sa.select(queue.c.alert_id, queue.c.created)
        .where(*_unclaimed(visible, now), *_within(first, after))
        .order_by(queue.c.created, queue.c.alert_id).limit(limit).offset(left)
    )  # fmt: skip
    return [(row[0], row[1]) for row in connection.execute(rows)]


def awake(connection: sa.Connection, visible: Collection[int], now: str) -> int:
    """Return under how many of these labels a snooze of an alert has ended: it comes back without
    anything being written."""
    query = sa.select(sa.func.count()).where(
        _SNOOZED, queue.c.until <= now, queue.c.label_id.in_(sorted(visible))
    )
    return connection.execute(query).scalar_one()


# --- inside -------------------------------------------------------------------------------------


def _summed(
    connection: sa.Connection, visible: Collection[int], columns: Sequence[sa.Column[str]],
    kind: str, since: str, until: str,
) -> Iterable[Any]:  # fmt: skip
    """Return sums of counts by some columns and ``above``, which comes before the sum."""
    keys = (*columns, alert_count.c.above)
    query = sa.select(*keys, sa.cast(sa.func.sum(alert_count.c.number), sa.Integer))
    return connection.execute(query.where(*_spans(visible, kind, since, until)).group_by(*keys))


def _spans(
    visible: Collection[int], kind: str, since: str, until: str
) -> tuple[sa.ColumnElement[bool], ...]:
    span = alert_count.c.span
    seen = alert_count.c.label_id.in_(sorted(visible))
    return span >= kind + since, span < kind + until, seen


def _awake(
    connection: sa.Connection, visible: Collection[int], now: str, since: str, until: str
) -> list[Any]:
    """Return (subject_kind, created) of the alerts whose snooze has ended."""
    query = sa.select(queue.c.subject_kind, queue.c.created).where(
        _SNOOZED, queue.c.until <= now, queue.c.created >= since, queue.c.created < until,
        queue.c.label_id.in_(sorted(visible)), broadest(visible),
    )  # fmt: skip
    return list(connection.execute(query))


def _unclaimed(visible: Collection[int], now: str) -> tuple[sa.ColumnElement[bool], ...]:
    awake = sa.or_(queue.c.state == _NEW, sa.and_(_SNOOZED, queue.c.until <= now))
    return queue.c.open, queue.c.label_id.in_(sorted(visible)), awake, broadest(visible)


def _within(first: str, end: str) -> tuple[sa.ColumnElement[bool], ...]:
    return queue.c.created >= first, queue.c.created < end


def _first_in(
    connection: sa.Connection, visible: Collection[int], now: str, spans: Sequence[str]
) -> list[str]:
    """Return when the first alert that waits was raised, in a list, given the days and hours in one
    of which it was."""
    if not spans:
        return []
    hour = min(spans)
    if len(hour) == _DAY:
        found = sa.select(alert_count.c.span, alert_count.c.above)
        hours = connection.execute(found.where(*_spans(visible, HOUR, hour, _after(hour))))
        hour = min(span[len(HOUR) :] for span, above in hours if counts_for(above, visible))
    query = sa.select(sa.func.min(queue.c.created)).where(
        *_unclaimed(visible, now), *_within(hour, _after(hour))
    )
    raised = connection.execute(query).scalar()
    return [raised] if raised else []


def _stretch(counts: Sequence[tuple[str, int]], limit: int, offset: int) -> tuple[str, str, int]:
    """Return the first span of a page, the end of its last, and how many rows to pass over there;
    "" where the page has none.

    :param counts: (day or hour, how many) in order.
    """
    passed, first, left = 0, "", 0
    for span, number in counts:
        if not first and passed + number > offset:
            first, left = span, offset - passed
        passed += number
        if first and passed >= offset + limit:
            return first, _after(span), left
    return (first, _after(counts[-1][0]), left) if first else ("", "", 0)


def _after(span: str) -> str:
    """Return the day after a day, the hour after an hour."""
    if len(span) == _DAY:
        return (dt.date.fromisoformat(span) + dt.timedelta(days=1)).isoformat()
    later = dt.datetime.fromisoformat(span + ":00") + dt.timedelta(hours=1)
    return later.isoformat()[:_HOUR]
