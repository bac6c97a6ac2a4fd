"""A list's id belongs to its label: two lists under different markings may share it, and loading
one neither ends nor shows the other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rebuild("id", "label_id")


def downgrade() -> None:
    op.execute(
        "DELETE FROM watchlist WHERE EXISTS (SELECT 1 FROM watchlist AS other"
        " WHERE other.id = watchlist.id AND other.label_id < watchlist.label_id)"
    )
    _rebuild("id")


def _rebuild(*key: str) -> None:
    """Make the table anew with another primary key, the same way on both databases."""
    op.execute("CREATE TABLE watchlist_kept AS SELECT * FROM watchlist")
    op.drop_table("watchlist")
    op.create_table(
        "watchlist",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("label_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("loaded", sa.Text, nullable=False),
        sa.Column("loaded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*key, name="pk_watchlist"),
    )
    op.execute("INSERT INTO watchlist SELECT * FROM watchlist_kept")
    op.drop_table("watchlist_kept")
