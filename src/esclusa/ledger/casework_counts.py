"""What a report on casework counts, asked of the tables: who holds alerts, steps on matches, files,
audit lines. Alerts and verdicts are counted by :mod:`esclusa.ledger.alert_figures`.

Each question takes the labels that its reader may see and a span of moments, ISO 8601 text from
``since`` up to and without ``until``. Where an alert stands under several of the labels the one row
counts that this reader gets (:func:`~esclusa.ledger.queue.broadest`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger import audit_sets
from esclusa.ledger.asked import text, under, which
from esclusa.ledger.queue import broadest_under
from esclusa.ledger.records import slices
from esclusa.ledger.schema import audit, quarantine, queue, record, reference, source


def files(connection: sa.Connection, visible: Collection[int], since: str, until: str) -> list[Any]:
    """Return (id, format, state, received, counts) of the files received in a span."""
    return list(connection.execute(_FILES, which(visible, since=since, until=until)))


# Made once: to put such a question together takes as long as to answer it.
_FILES: Final = (
    sa.select(source.c.id, source.c.format, source.c.state, source.c.received, source.c.counts)
    .where(source.c.received >= text("since"), source.c.received < text("until"), under(source))
    .order_by(source.c.received, source.c.id)
)


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


def match_steps(
    connection: sa.Connection, visible: Collection[int], since: str, until: str
) -> Iterator[tuple[str, bytes]]:
    """Yield (id, body as stored) of the steps on matches recorded in a span and not taken back, in
    order."""
    query = (
        sa.select(record.c.id, record.c.body)
        # Spelled out and not bound, so that the partial index is recognised.
        .where(record.c.kind == sa.literal_column("'match_decision'"))
        .where(record.c.recorded_time >= since, record.c.recorded_time < until)
        .where(record.c.body.is_not(None), sa.not_(record.c.withdrawn))
        .where(record.c.label_id.in_(sorted(visible)))
        .order_by(record.c.seq + 0)  # sorted, so that the index is used and not a walk in order
    )
    rows = connection.execute(query, execution_options={"yield_per": 5000})
    yield from ((name, bytes(body)) for name, body in rows)


def exchanged(
    connection: sa.Connection, actions: Collection[str], since: str, until: str
) -> list[Any]:
    """Return (at, action, subject, detail) of the exchange's audit lines of a span, in order. They
    name records of every marking: the caller leaves out what its reader may not know of. A line
    that stands for many records is told as theirs."""
    query = sa.select(audit).where(
        audit.c.role == sa.literal_column("'exchange'"), audit.c.at >= since, audit.c.at < until,
        audit.c.action.in_(sorted(actions)),
    )  # fmt: skip
    found: list[Any] = []
    for row in connection.execute(query.order_by(audit.c.seq + 0)).all():
        found += audit_sets.of_line(connection, row) if audit_sets.is_set(row) else (row,)
    return found


def exchanged_last(connection: sa.Connection) -> str:
    """Return when the exchange wrote its last audit line, "" before the first; for the node."""
    return connection.execute(_LAST_EXCHANGED).scalar() or ""


_LAST_EXCHANGED: Final = sa.select(sa.func.max(audit.c.at)).where(
    audit.c.role == sa.literal_column("'exchange'")
)
_LAST_RECORD: Final = sa.select(sa.func.max(record.c.seq))
_LABELS_OF_FILES: Final = sa.select(source.c.label_id).distinct()


def labels_since(
    connection: sa.Connection, last: int, kinds: Collection[str], *, only: bool = False
) -> tuple[int, set[int]]:
    """Return the last sequence number, and the labels of all versions behind ``last`` that are of
    none of these kinds, or ``only`` of these; for the node, not for people."""
    newest = connection.execute(_LAST_RECORD).scalar() or 0
    if newest <= last:
        return newest, set()
    named = sorted(kinds)
    of_kind = record.c.kind.in_(named) if only else record.c.kind.not_in(named)
    query = sa.select(record.c.label_id).distinct().where(record.c.seq > last, of_kind)
    return newest, set(connection.execute(query).scalars())


def labels_of_files(connection: sa.Connection) -> set[int]:
    """Return the labels of all files in custody; for the node, not for people."""
    return set(connection.execute(_LABELS_OF_FILES).scalars())


def taken(connection: sa.Connection, visible: Collection[int], now: str) -> list[Any]:
    """Return (alert_id, state, claimed_by, created, until, moved) of the alerts that somebody holds
    or put off, the oldest first; ``moved``: when the last move on one that somebody holds was
    recorded, None where no such move is left."""
    found: list[Any] = []
    for query in _taken(several=len(visible) > 1):
        found += connection.execute(query, which(visible, now=now)).all()
    return sorted(found, key=lambda row: (row.created, row.alert_id))


@cache
def _taken(*, several: bool) -> tuple[sa.Select[Any], ...]:
    columns = (queue.c.alert_id, queue.c.state, queue.c.claimed_by, queue.c.created, queue.c.until)
    last = (
        sa.select(sa.func.max(record.c.recorded_time))
        .join(reference, reference.c.seq == record.c.seq)
        .where(reference.c.value == "record:" + queue.c.alert_id, record.c.kind == "alert_move")
        .where(record.c.label_id == queue.c.label_id)
        .scalar_subquery()
    )
    # Spelled out and not bound, each by itself, so that the partial index of the state is used.
    asleep = sa.and_(queue.c.state == sa.literal_column("'snoozed'"), queue.c.until > text("now"))
    claimed = queue.c.state == sa.literal_column("'claimed'")
    seen = (under(queue), broadest_under(several=several))
    return tuple(
        sa.select(*columns, moved.label("moved")).where(held, *seen)
        for held, moved in ((claimed, last), (asleep, sa.null()))
    )


def held_messages(connection: sa.Connection, visible: Collection[int]) -> list[Any]:
    """Return (source_id, how many, received) of the files of which messages wait in quarantine."""
    return list(connection.execute(_HELD, which(visible)))


_HELD: Final = (
    sa.select(quarantine.c.source_id, sa.func.count().label("held"), source.c.received)
    .join(source, source.c.id == quarantine.c.source_id)
    .where(quarantine.c.state == "held", under(quarantine))
    .group_by(quarantine.c.source_id, source.c.received)
    .order_by(source.c.received)
)


def recorded_at(
    connection: sa.Connection, visible: Collection[int], seqs: Collection[int]
) -> dict[int, str]:
    """Return when these versions were recorded, those that are visible."""
    found: dict[int, str] = {}
    for some in slices(sorted(seqs)):
        rows = connection.execute(_RECORDED, which(visible, seqs=some))
        found |= {row[0]: row[1] for row in rows}
    return found


_RECORDED: Final = sa.select(record.c.seq, record.c.recorded_time).where(
    record.c.seq.in_(sa.bindparam("seqs", expanding=True)), under(record)
)
