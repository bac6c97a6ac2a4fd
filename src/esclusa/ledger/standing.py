"""Which versions are in force under some labels, without their bodies; for incremental analysis."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from esclusa.ledger.records import slices
from esclusa.ledger.schema import record


def in_force(
    connection: sa.Connection, visible: Collection[int], kinds: Collection[str]
) -> dict[int, int]:
    """Return sequence number → label number of the current versions of these kinds under these
    labels that are neither withdrawn nor erased."""
    query = sa.select(record.c.seq, record.c.label_id).where(
        record.c.kind.in_(sorted(kinds)), record.c.label_id.in_(sorted(visible)),
        record.c.current, sa.not_(record.c.withdrawn), record.c.body.is_not(None),
    )  # fmt: skip
    return {row.seq: row.label_id for row in connection.execute(query)}


def withdrawn(
    connection: sa.Connection, visible: Collection[int], names: Collection[str]
) -> set[str]:
    """Return which of these records were withdrawn under all labels here that hold one; an erased
    one is not told from others."""
    found: dict[str, bool] = {}
    for some in slices(sorted(names)):
        query = sa.select(record.c.id, record.c.withdrawn).where(
            record.c.id.in_(some), record.c.label_id.in_(sorted(visible)),
            record.c.current, record.c.body.is_not(None),
        )  # fmt: skip
        for row in connection.execute(query):
            found[row.id] = found.get(row.id, True) and row.withdrawn
    return {name for name, gone in found.items() if gone}
