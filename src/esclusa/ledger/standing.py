"""Which versions are in force under some labels, without their bodies; for incremental analysis."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

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
