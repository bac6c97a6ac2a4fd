"""What was erased is counted through an index, so that what a process remembers of the ledger is
held against it at every question without reading the records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("erased_time IS NOT NULL")
    op.create_index(
        "ix_record_erased", "record", ["erased_time"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index("ix_record_erased", "record")
