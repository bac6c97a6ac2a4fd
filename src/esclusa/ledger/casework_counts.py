"""What a report on casework counts, asked of the tables: alerts, moves on them, files, audit lines.

Each question takes the labels that its reader may see and a span of moments, ISO 8601 text from
``since`` up to and without ``until``. Where an alert stands under several of the labels the one row
counts that this reader gets (:func:`~esclusa.ledger.queue.broadest`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger.queue import broadest
from esclusa.ledger.records import slices
from esclusa.ledger.schema import audit, quarantine, queue, record, reference, source

_ID: Final = 36
"""Characters of an alert's id; a move's natural key is that id, a slash and its number."""


class Moved(NamedTuple):
    """A move on an alert: its body as stored, the alert and label, when the alert was raised and
    by which record its subject is known."""

    body: bytes
    alert_id: str
    label_id: int
    created: str


def raised(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> list[Any]:
    """Return (alert_id, subject_kind, state, until, created) of the alerts raised in a span."""
    query = sa.select(
        queue.c.alert_id, queue.c.subject_kind, queue.c.state, queue.c.until, queue.c.created
    ).where(
        # Both kinds of ``open``, so that the index that begins with it is used.
        queue.c.open.in_((True, False)), queue.c.created >= since, queue.c.created < until,
        queue.c.label_id.in_(sorted(visible)), broadest(visible),
    )  # fmt: skip
    return list(connection.execute(query.order_by(queue.c.created, queue.c.alert_id)))


def raised_by_day(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> dict[str, int]:
    """Return how many alerts were raised on each day of a span that had any."""
    day = sa.func.substr(queue.c.created, 1, len("2026-11-27")).label("day")
    query = (
        sa.select(day, sa.func.count())
        .where(queue.c.open.in_((True, False)), queue.c.created >= since, queue.c.created < until)
        .where(queue.c.label_id.in_(sorted(visible)), broadest(visible))
        .group_by("day")
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def moved(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> Iterator[Moved]:
    """Yield the moves made in a span on alerts as their reader gets them, in order."""
    query = (
        sa.select(record.c.body, queue.c.alert_id, queue.c.label_id, queue.c.created)
        .join(
            queue,
            sa.and_(
                queue.c.alert_id == sa.func.substr(record.c.key, 1, _ID),
                queue.c.label_id == record.c.label_id,
            ),
        )
        .where(record.c.kind == "alert_move", record.c.body.is_not(None))
        .where(*_recorded(connection, since, until))
        .where(record.c.label_id.in_(sorted(visible)), broadest(visible))
        .order_by(record.c.seq)
    )
    rows = connection.execute(query, execution_options={"yield_per": 5000})
    for body, alert_id, label_id, created in rows:
        yield Moved(bytes(body), alert_id, label_id, created)


def bodies_named(
    connection: sa.Connection, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], bytes]:
    """Return the bodies in force of these (id, label), as stored, for a caller who holds the
    labels."""
    wanted = set(places)
    found: dict[tuple[str, int], bytes] = {}
    for some in slices(sorted({name for name, _label in wanted})):
        query = sa.select(record.c.id, record.c.label_id, record.c.body).where(
            record.c.id.in_(some), record.c.current, record.c.body.is_not(None)
        )
        for name, label_id, body in connection.execute(query):
            if (name, label_id) in wanted:
                found[name, label_id] = bytes(body)
    return found


def files(connection: sa.Connection, visible: Collection[int], since: str, until: str) -> list[Any]:
    """Return (id, format, state, received, counts) of the files received in a span."""
    columns = (source.c.id, source.c.format, source.c.state, source.c.received, source.c.counts)
    query = sa.select(*columns).where(
        source.c.received >= since, source.c.received < until,
        source.c.label_id.in_(sorted(visible)),
    )  # fmt: skip
    return list(connection.execute(query.order_by(source.c.received, source.c.id)))


def first_seen(
    connection: sa.Connection, visible: Collection[int], names: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Return (kind, when the first visible version was recorded) of these records by id; those of
    which nothing is visible are left out."""
    found: dict[str, tuple[str, str]] = {}
    for some in slices(sorted(names)):
        query = (
            sa.select(record.c.id, sa.func.min(record.c.kind), sa.func.min(record.c.recorded_time))
            .where(record.c.id.in_(some), record.c.label_id.in_(sorted(visible)))
            .group_by(record.c.id)
        )
        found |= {name: (kind, since) for name, kind, since in connection.execute(query)}
    return found


def steps(
    connection: sa.Connection, visible: Collection[int], kind: str, since: str, until: str
) -> Iterator[tuple[str, bytes]]:
    """Yield (id, body as stored) of the versions of a kind recorded in a span and not taken back,
    in order."""
    query = (
        sa.select(record.c.id, record.c.body)
        .where(record.c.kind == kind, record.c.body.is_not(None), sa.not_(record.c.withdrawn))
        .where(record.c.label_id.in_(sorted(visible)), *_recorded(connection, since, until))
        .order_by(record.c.seq)
    )
    rows = connection.execute(query, execution_options={"yield_per": 5000})
    yield from ((name, bytes(body)) for name, body in rows)


def _recorded(
    connection: sa.Connection, since: str, until: str
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds for the versions recorded in a span, as a range of sequence numbers too: so
    a month of a large ledger is found without an index of its own."""
    place, at = record.c.seq, record.c.recorded_time
    low = _reached(connection, place, at, since, -SET_BACK)
    high = _reached(connection, place, at, until, SET_BACK)
    return (place >= low, place <= high, at >= since, at < until)


def exchanged(
    connection: sa.Connection, actions: Collection[str], since: str, until: str
) -> list[Any]:
    """Return (at, action, subject, detail) of the exchange's audit lines of a span, in order. They
    name records of every marking: the caller leaves out what its reader may not know of."""
    low = _reached(connection, audit.c.seq, audit.c.at, since, -SET_BACK)
    high = _reached(connection, audit.c.seq, audit.c.at, until, SET_BACK)
    query = sa.select(audit.c.at, audit.c.action, audit.c.subject, audit.c.detail).where(
        audit.c.seq >= low, audit.c.seq <= high, audit.c.at >= since, audit.c.at < until,
        audit.c.role == "exchange", audit.c.action.in_(sorted(actions)),
    )  # fmt: skip
    return list(connection.execute(query.order_by(audit.c.seq)))


SET_BACK: Final = dt.timedelta(days=7)
"""Rows stand in the order in which they were written, and so in that of their times, but for a
clock that was set back: by no more than this, or a span may miss some."""


def _reached(
    connection: sa.Connection, place: sa.Column[int], at: sa.Column[str], moment: str,
    slack: dt.timedelta,
) -> int:  # fmt: skip
    """Return the number of the first row at or after a moment, moved by the slack; 1 beyond the
    last where there is none. A few looks at the primary key."""
    day = dt.date.fromisoformat(moment[:10])
    wanted = (day + slack).isoformat() if dt.date(1, 1, 8) < day < dt.date(9999, 12, 1) else moment
    low, high = 1, (connection.execute(sa.select(sa.func.max(place))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            sa.select(place, at).where(place >= middle).order_by(place).limit(1)
        ).first()
        if row is not None and row[1] < wanted:
            low = row[0] + 1
        else:
            high = middle
    return low


def labels_since(
    connection: sa.Connection, last: int, kinds: Collection[str]
) -> tuple[int, set[int]]:
    """Return the last sequence number, and the labels of all versions behind ``last`` that are of
    none of these kinds; for the node, not for people."""
    newest = connection.execute(sa.select(sa.func.max(record.c.seq))).scalar() or 0
    if newest <= last:
        return newest, set()
    query = sa.select(record.c.label_id).distinct().where(
        record.c.seq > last, record.c.kind.not_in(sorted(kinds))
    )  # fmt: skip
    return newest, set(connection.execute(query).scalars())


def labels_of_files(connection: sa.Connection) -> set[int]:
    """Return the labels of all files in custody; for the node, not for people."""
    return set(connection.execute(sa.select(source.c.label_id).distinct()).scalars())


class Bounds(NamedTuple):
    """Ages as moments: raised at or after the first is the youngest, and so on; before the last the
    oldest."""

    moments: tuple[str, ...]

    def of(self, age: int) -> tuple[sa.ColumnElement[bool], ...]:
        """Return what holds for alerts of an age, counted from 0, the youngest."""
        found = []
        if age < len(self.moments):
            found.append(queue.c.created >= self.moments[age])
        if age:
            found.append(queue.c.created < self.moments[age - 1])
        return tuple(found)


def unclaimed(
    connection: sa.Connection, visible: Collection[int], now: str, bounds: Bounds
) -> dict[int, tuple[int, str]]:
    """Return how many alerts wait that nobody holds, and since when the oldest, by age; a snooze
    that has ended by ``now`` leaves an alert so."""
    places = len(bounds.moments)
    age = sa.case(
        *((queue.c.created >= bounds.moments[at], at) for at in range(places)), else_=places
    )
    query = (
        sa.select(age.label("age"), sa.func.count(), sa.func.min(queue.c.created))
        .where(*_unclaimed(visible, now))
        .group_by("age")
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def unclaimed_ids(
    connection: sa.Connection, visible: Collection[int], now: str, bounds: Bounds, age: int | None,
    *, limit: int, offset: int,
) -> list[tuple[str, str]]:  # fmt: skip
    """Return (alert, when it was raised) of those alerts, of one age or of all, the oldest
    first."""
    of_age = () if age is None else bounds.of(age)
    query = sa.select(queue.c.alert_id, queue.c.created).where(*_unclaimed(visible, now), *of_age)
    query = query.order_by(queue.c.created, queue.c.alert_id).limit(limit).offset(offset)
    return [(row[0], row[1]) for row in connection.execute(query)]


def _unclaimed(visible: Collection[int], now: str) -> tuple[sa.ColumnElement[bool], ...]:
    awake = sa.or_(
        queue.c.state == "new", sa.and_(queue.c.state == "snoozed", queue.c.until <= now)
    )
    return queue.c.open, queue.c.label_id.in_(sorted(visible)), awake, broadest(visible)


def taken(connection: sa.Connection, visible: Collection[int], now: str) -> list[Any]:
    """Return (alert_id, state, claimed_by, created, until) of the alerts that somebody holds or put
    off, the oldest first."""
    held = sa.or_(
        queue.c.state == sa.literal_column("'claimed'"),
        sa.and_(queue.c.state == sa.literal_column("'snoozed'"), queue.c.until > now),
    )
    query = sa.select(
        queue.c.alert_id, queue.c.state, queue.c.claimed_by, queue.c.created, queue.c.until
    ).where(queue.c.open, queue.c.label_id.in_(sorted(visible)), held, broadest(visible))
    return list(connection.execute(query.order_by(queue.c.created, queue.c.alert_id)))


def held_messages(connection: sa.Connection, visible: Collection[int]) -> list[Any]:
    """Return (source_id, how many, received) of the files of which messages wait in quarantine."""
    query = (
        sa.select(quarantine.c.source_id, sa.func.count().label("held"), source.c.received)
        .join(source, source.c.id == quarantine.c.source_id)
        .where(quarantine.c.state == "held", quarantine.c.label_id.in_(sorted(visible)))
        .group_by(quarantine.c.source_id, source.c.received)
    )
    return list(connection.execute(query.order_by(source.c.received)))


def held_since(connection: sa.Connection, visible: Collection[int]) -> dict[str, str]:
    """Return since when each claimed alert is held, as its reader gets it: when its last move was
    recorded."""
    query = (
        sa.select(queue.c.alert_id, sa.func.max(record.c.recorded_time))
        .join(reference, reference.c.value == sa.literal("record:").concat(queue.c.alert_id))
        .join(
            record,
            sa.and_(record.c.seq == reference.c.seq, record.c.label_id == queue.c.label_id),
        )
        .where(queue.c.state == sa.literal_column("'claimed'"), record.c.kind == "alert_move")
        .where(queue.c.label_id.in_(sorted(visible)), broadest(visible))
        .group_by(queue.c.alert_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def recorded_at(
    connection: sa.Connection, visible: Collection[int], seqs: Collection[int]
) -> dict[int, str]:
    """Return when these versions were recorded, those that are visible."""
    found: dict[int, str] = {}
    for some in slices(sorted(seqs)):
        query = sa.select(record.c.seq, record.c.recorded_time).where(
            record.c.seq.in_(some), record.c.label_id.in_(sorted(visible))
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found
