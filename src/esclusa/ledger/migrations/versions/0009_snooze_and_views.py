"""Until when an alert sleeps, and the filters that people keep.

A snoozed alert stays open in the queue: whether it sleeps is asked of the moment, so that nothing
has to run for it to come back. A kept filter is one person's own and holds no content of a record.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SNOOZED = sa.text("state = 'snoozed'")


def upgrade() -> None:
    op.add_column("queue", sa.Column("until", sa.Text, nullable=False, server_default=""))
    op.create_index(
        "ix_queue_snoozed_state",
        "queue",
        [sa.text("score DESC"), "arrival", "alert_id"],
        sqlite_where=_SNOOZED,
        postgresql_where=_SNOOZED,
    )
    op.create_table(
        "saved_view",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("saved", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_saved_view"),
    )


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_index("ix_queue_snoozed_state", "queue")
    op.drop_column("queue", "until")
