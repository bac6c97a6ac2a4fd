"""Alerts of one kind, of one holder or in a rare state are found through an index at any size."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTIAL = {
    "ix_queue_claimed_state": "state = 'claimed'",
    "ix_queue_withdrawn_state": "state = 'withdrawn'",
}


def upgrade() -> None:
    order: list[str | sa.TextClause] = [sa.text("score DESC"), "arrival", "alert_id"]
    op.create_index("ix_queue_kind", "queue", ["open", "subject_kind", *order])
    _partial("ix_queue_claimed", ["claimed_by", "open", *order], "claimed_by <> ''")
    for name, condition in _PARTIAL.items():
        _partial(name, order, condition)


def _partial(name: str, columns: list[str | sa.TextClause], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "queue", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in (*_PARTIAL, "ix_queue_claimed", "ix_queue_kind"):
        op.drop_index(name, "queue")
