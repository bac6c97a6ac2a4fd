"""Figures about alerts for a reader, added up from what :mod:`esclusa.ledger.tallies` keeps, and
the alerts behind each of them, page by page.

Spans are of whole days, ISO 8601, from ``since`` up to and without ``until``. A snooze that has
ended leaves an alert as new as before; the few that are put off are looked at one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger.asked import text, under, which
from esclusa.ledger.queue import broadest, broadest_under
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
    columns = ("kind", "state")
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
    for span, above, number in _summed(connection, visible, ("span",), DAY, since, until):
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
    days: Counter[str] = Counter()
    columns = ("span", "state" if by_state else "kind")
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
    found: dict[str, list[int]] = {}
    given = which(visible, since=since, until=until)
    for verdict, above, waited in connection.execute(_BY_VERDICT, given):
        if counts_for(above, visible):
            found.setdefault(verdict, []).extend(map(int, waited.split(",")))
    return found


def decided_by_day(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> Counter[tuple[str, str]]:
    """Return how many alerts were decided in a span, by the day that the verdict names, and by
    whom."""
    found = Counter[tuple[str, str]]()
    given = which(visible, since=since, until=until)
    for at, by, above, number in connection.execute(_BY_DAY, given):
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
    given = which(visible, since=since, until=until)
    grouped = _decided(held.c.above, sa.func.count())
    counts = list(connection.execute(grouped.where(of_part).group_by(held.c.above), given))
    seen = [above for above, _number in counts if counts_for(above, visible)]
    query = _decided(held.c.alert_id, held.c.verdict, held.c.at)
    query = query.where(of_part, held.c.above.in_(seen))
    query = query.order_by(held.c.at, held.c.alert_id).limit(limit).offset(offset)
    number = sum(count for above, count in counts if above in set(seen))
    return number, [Row(*row) for row in connection.execute(query, given)]


def _decided(*columns: Any) -> sa.Select[Any]:
    """Return the question for columns of what was decided from ``since`` to ``until``."""
    held = alert_decision
    stood = sa.or_(held.c.until == "", held.c.until >= text("until"))
    return sa.select(*columns).where(
        held.c.made >= text("since"), held.c.made < text("until"), held.c.since < text("until"),
        stood, under(held),
    )  # fmt: skip


# Made once, as all questions here that a page asks: to put one together takes as long as to answer
# it.
_BY_VERDICT: Final = _decided(
    alert_decision.c.verdict, alert_decision.c.above,
    sa.func.aggregate_strings(sa.cast(alert_decision.c.waited, sa.Text), ","),
).group_by(alert_decision.c.verdict, alert_decision.c.above)  # fmt: skip
_BY_DAY: Final = _decided(
    sa.func.substr(alert_decision.c.at, 1, _DAY).label("day"), alert_decision.c.by,
    alert_decision.c.above, sa.func.count(),
).group_by("day", alert_decision.c.by, alert_decision.c.above)  # fmt: skip


# --- waiting ------------------------------------------------------------------------------------


def unclaimed(
    connection: sa.Connection, visible: Collection[int], now: str, bounds: Bounds
) -> tuple[dict[int, int], str]:
    """Return how many alerts wait that nobody holds, by age, and since when the oldest ("" when
    there is none); a snooze that has ended by ``now`` leaves an alert so."""
    found: Counter[int] = Counter()
    last = len(bounds.hours)
    day = bounds.hours[-1][:_DAY] if bounds.hours else "9"  # from here on by hours, days before
    hours = {f"age{at}": HOUR + hour for at, hour in enumerate(bounds.hours)}
    rows = [
        (*row, last) for row in connection.execute(_BEFORE, _spans(visible, DAY, "", day))
    ]  # fmt: skip
    rows += map(tuple, connection.execute(_ages(last), _spans(visible, HOUR, day, "9") | hours))
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
    reached = 0
    for span, above, number in connection.execute(_HOURS, _spans(visible, HOUR, begin, end)):
        hour = span[len(HOUR) :]
        if reached >= offset + limit and hour not in hours:
            break
        if counts_for(above, visible):
            hours[hour] += number
            reached += number
    first, after, left = _stretch(sorted(hours.items()), limit, offset)
    if not first:
        return []
    given = which(visible, now=now, since=first, until=after, limit=limit, offset=left)
    rows = connection.execute(_unclaimed_rows(several=len(visible) > 1), given)
    return [(row[0], row[1]) for row in rows]


def awake(connection: sa.Connection, visible: Collection[int], now: str) -> int:
    """Return under how many of these labels a snooze of an alert has ended: it comes back without
    anything being written."""
    return connection.execute(_AWAKE_NUMBER, which(visible, now=now)).scalar_one()


# --- inside -------------------------------------------------------------------------------------


def _summed(
    connection: sa.Connection, visible: Collection[int], columns: tuple[str, ...], kind: str,
    since: str, until: str,
) -> Iterable[Any]:  # fmt: skip
    """Return sums of counts by some columns and ``above``, which comes before the sum."""
    return connection.execute(_sums(columns), _spans(visible, kind, since, until))


@cache
def _sums(columns: tuple[str, ...]) -> sa.Select[Any]:
    keys = [alert_count.c[name] for name in (*columns, "above")]
    query = sa.select(*keys, sa.cast(sa.func.sum(alert_count.c.number), sa.Integer))
    return query.where(*_IN_SPAN).group_by(*keys)


def _spans(visible: Collection[int], kind: str, since: str, until: str) -> dict[str, Any]:
    """Return the values of :data:`_IN_SPAN`."""
    return which(visible, since=kind + since, until=kind + until)


_IN_SPAN: Final = (
    alert_count.c.span >= text("since"), alert_count.c.span < text("until"), under(alert_count),
)  # fmt: skip
_SUM: Final = (
    alert_count.c.above, sa.func.sum(alert_count.c.number), sa.func.min(alert_count.c.span),
)  # fmt: skip
_BEFORE: Final = (
    sa.select(*_SUM).where(*_IN_SPAN, alert_count.c.state == _NEW).group_by(alert_count.c.above)
)
_HOURS: Final = (
    sa.select(alert_count.c.span, alert_count.c.above, alert_count.c.number)
    .where(*_IN_SPAN)
    .order_by(alert_count.c.span)
)
_SPANS: Final = sa.select(alert_count.c.span, alert_count.c.above).where(*_IN_SPAN)


@cache
def _ages(last: int) -> sa.Select[Any]:
    """Return the sums by age; the first hours of all ages but the oldest are bound as ``age0`` and
    so on."""
    age = sa.case(
        *((alert_count.c.span >= text(f"age{at}"), at) for at in range(last)), else_=last
    ).label("age")
    return sa.select(*_SUM, age).where(*_IN_SPAN).group_by(alert_count.c.above, "age")


def _awake(
    connection: sa.Connection, visible: Collection[int], now: str, since: str, until: str
) -> list[Any]:
    """Return (subject_kind, created) of the alerts whose snooze has ended."""
    given = which(visible, now=now, since=since, until=until)
    return list(connection.execute(_awake_rows(several=len(visible) > 1), given))


_AWAKE: Final = (_SNOOZED, queue.c.until <= text("now"), under(queue))
_AWAKE_NUMBER: Final = sa.select(sa.func.count()).where(*_AWAKE)
_CREATED: Final = (queue.c.created >= text("since"), queue.c.created < text("until"))


@cache
def _awake_rows(*, several: bool) -> sa.Select[Any]:
    return sa.select(queue.c.subject_kind, queue.c.created).where(
        *_AWAKE, *_CREATED, broadest_under(several=several)
    )


def _unclaimed(*columns: Any, several: bool) -> sa.Select[Any]:
    awake = sa.or_(queue.c.state == _NEW, sa.and_(_SNOOZED, queue.c.until <= text("now")))
    return sa.select(*columns).where(
        queue.c.open, under(queue), awake, broadest_under(several=several), *_CREATED
    )


@cache
def _unclaimed_rows(*, several: bool) -> sa.Select[Any]:
    """Return the page ``limit``, ``offset`` of these, the oldest first."""
    query = _unclaimed(queue.c.alert_id, queue.c.created, several=several)
    return query.order_by(queue.c.created, queue.c.alert_id).limit(
        sa.bindparam("limit", type_=sa.Integer)
    ).offset(sa.bindparam("offset", type_=sa.Integer))  # fmt: skip


@cache
def _first_unclaimed(*, several: bool) -> sa.Select[Any]:
    return _unclaimed(sa.func.min(queue.c.created), several=several)


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
        hours = connection.execute(_SPANS, _spans(visible, HOUR, hour, _after(hour)))
        hour = min(span[len(HOUR) :] for span, above in hours if counts_for(above, visible))
    given = which(visible, now=now, since=hour, until=_after(hour))
    raised = connection.execute(_first_unclaimed(several=len(visible) > 1), given).scalar()
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
