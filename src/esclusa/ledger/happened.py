"""What stands beside some records: who holds a reference, alerts about them, records by id.

For the story of an entity. Everything is asked for many at once, with the labels that the reader
may see in each query, and bounded.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import slices, to_record
from esclusa.ledger.schema import queue, record, reference
from esclusa.ledger.versions import COLUMNS, Held, held
from esclusa.model import Record


def holding(
    connection: sa.Connection, labels: Labels, visible: Collection[int], values: Sequence[str],
    kind: str, *, limit: int,
) -> list[tuple[str, Record]]:  # fmt: skip
    """Return (reference, record) of the newest visible records of a kind, in force, that hold one
    of these references; at most ``limit``, the latest first."""
    found: list[tuple[str, Record]] = []
    for some in slices(sorted(set(values))):
        query = (
            sa.select(reference.c.value, record)
            .join(record, record.c.seq == reference.c.seq)
            .where(
                reference.c.value.in_(some), record.c.kind == kind,
                record.c.label_id.in_(sorted(visible)), record.c.current,
                sa.not_(record.c.withdrawn), record.c.body.is_not(None),
            )
            .order_by(reference.c.seq.desc())
            .limit(limit)
        )  # fmt: skip
        found += [(row.value, to_record(row, labels)) for row in connection.execute(query)]
    return sorted(found, key=lambda one: -one[1].seq)[:limit]


def kinds_holding(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str],
    kinds: Collection[str],
) -> set[str]:  # fmt: skip
    """Return those of these kinds of which :func:`holding` finds a record: most often none, and one
    look tells it of all."""
    found: set[str] = set()
    for some in bulk.lots(sorted(set(values))):
        query = (
            sa.select(record.c.kind)
            .join(reference, record.c.seq == reference.c.seq)
            .where(
                bulk.among(connection, reference.c.value, some), record.c.kind.in_(sorted(kinds)),
                record.c.label_id.in_(sorted(visible)), record.c.current,
                sa.not_(record.c.withdrawn), record.c.body.is_not(None),
            )
            .distinct()
        )  # fmt: skip
        found.update(connection.execute(query).scalars())
    return found


class Raised(NamedTuple):
    """A row of the queue about a record, as a timeline needs it, and the version of the alert that
    it stands for; None where that was erased."""

    subject_id: str
    alert_id: str
    label_id: int
    seq: int
    state: str
    created: str
    title: str
    alert: Held | None


_RAISED: Final = (
    queue.c.subject_id, queue.c.alert_id, queue.c.label_id, queue.c.seq, queue.c.state,
    queue.c.created, queue.c.title,
)  # fmt: skip


def alerts_about(
    connection: sa.Connection, visible: Collection[int], subjects: Collection[str]
) -> dict[str, Raised]:
    """Return the broadest visible row of the queue about each of these records, by record; those
    that were withdrawn because the facts changed are left out."""
    found: dict[str, Raised] = {}
    columns = (column.label(f"of_{column.name}") for column in _RAISED)
    query = sa.select(*columns, *COLUMNS).select_from(
        queue.outerjoin(record, record.c.seq == queue.c.seq)
    )
    for some in bulk.lots(sorted(set(subjects))):
        those = query.where(
            bulk.among(connection, queue.c.subject_id, some),
            queue.c.label_id.in_(sorted(visible)),
        )
        for row in connection.execute(those.order_by(queue.c.breadth, queue.c.seq)):
            subject, name, label_id, seq, state, created, title = row[: len(_RAISED)]
            alert = held(row[len(_RAISED) :]) if row[-1] is not None else None
            found[subject] = Raised(subject, name, label_id, seq, state, created, title, alert)
    return {name: row for name, row in found.items() if row.state != "withdrawn"}


def named(
    connection: sa.Connection, labels: Labels, visible: Collection[int], names: Collection[str]
) -> dict[str, Record]:
    """Return the visible records of these ids that are in force; of several chains of one id, the
    one recorded last."""
    found: dict[str, Record] = {}
    for some in slices(sorted(set(names))):
        query = sa.select(record).where(
            record.c.id.in_(some), record.c.label_id.in_(sorted(visible)), record.c.current,
            sa.not_(record.c.withdrawn), record.c.body.is_not(None),
        )  # fmt: skip
        for row in connection.execute(query.order_by(record.c.seq)):
            found[row.id] = to_record(row, labels)
    return found
