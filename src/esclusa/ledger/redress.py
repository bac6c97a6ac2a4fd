"""Redress numbers in the ledger: grants by number, who states one, and under which labels."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from esclusa.ledger.indexing import REDRESS_REFERENCE, redress_reference
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import slices, to_record
from esclusa.ledger.schema import record, reference
from esclusa.model import Record, RedressGrant

GRANT = "redress_grant"


def grants(
    connection: sa.Connection, labels: Labels, visible: Collection[int] | None,
    numbers: Collection[str],
) -> list[tuple[Record, int]]:  # fmt: skip
    """Return the newest version of each grant of these numbers, with its label, oldest first.

    :param visible: labels that count; None for all, for analysis, which looks at labels itself.
    """
    found: list[tuple[Record, int]] = []
    for some in slices(sorted({redress_reference(number) for number in numbers})):
        query = (
            sa.select(record)
            .join(reference, reference.c.seq == record.c.seq)
            .where(reference.c.value.in_(some), record.c.kind == GRANT, record.c.current)
            .where(record.c.body.is_not(None), sa.not_(record.c.withdrawn))
            .order_by(record.c.seq)
        )
        if visible is not None:
            query = query.where(record.c.label_id.in_(sorted(visible)))
        found += [(to_record(row, labels), row.label_id) for row in connection.execute(query)]
    return found


def all_grants(
    connection: sa.Connection, labels: Labels, visible: Collection[int]
) -> list[tuple[Record, int]]:
    """Return the newest version of every grant under these labels, oldest first."""
    query = (
        sa.select(record)
        .join(reference, reference.c.seq == record.c.seq)
        .where(reference.c.value == REDRESS_REFERENCE, record.c.kind == GRANT, record.c.current)
        .where(record.c.body.is_not(None), sa.not_(record.c.withdrawn))
        .where(record.c.label_id.in_(sorted(visible)))
        .order_by(record.c.seq)
    )
    return [(to_record(row, labels), row.label_id) for row in connection.execute(query)]


def last_place(connection: sa.Connection) -> int:
    """Return the place of the last step on a case or number."""
    query = sa.select(sa.func.coalesce(sa.func.max(reference.c.seq), 0))
    found: int = connection.execute(
        query.where(reference.c.value == REDRESS_REFERENCE)
    ).scalar_one()
    return found


def grant_labels(connection: sa.Connection) -> frozenset[int]:
    """Return the labels that grants stand under."""
    query = (
        sa.select(record.c.label_id)
        .join(reference, reference.c.seq == record.c.seq)
        .where(reference.c.value == REDRESS_REFERENCE, record.c.kind == GRANT, record.c.current)
        .distinct()
    )
    return frozenset(connection.execute(query).scalars())


def stating(connection: sa.Connection, numbers: Collection[str]) -> set[str]:
    """Return the records in force that state one of these numbers."""
    found: set[str] = set()
    for some in slices(sorted({redress_reference(number) for number in numbers})):
        query = (
            sa.select(record.c.id)
            .join(reference, reference.c.seq == record.c.seq)
            .where(reference.c.value.in_(some), record.c.kind != GRANT, record.c.current)
            .where(record.c.body.is_not(None))
        )
        found.update(connection.execute(query).scalars())
    return found


def grant_of(item: Record) -> RedressGrant:
    """Return the grant that a record holds."""
    assert isinstance(item.body, RedressGrant)
    return item.body
