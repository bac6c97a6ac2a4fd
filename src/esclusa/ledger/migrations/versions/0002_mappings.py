"""Kept mappings, and which of them each file in custody is read with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SQLITE = (
    """CREATE TRIGGER mapping_no_update BEFORE UPDATE ON mapping
        BEGIN SELECT RAISE(ABORT, 'mappings are append-only'); END""",
    """CREATE TRIGGER mapping_no_delete BEFORE DELETE ON mapping
        BEGIN SELECT RAISE(ABORT, 'mappings are append-only'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION mapping_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'mappings are append-only'; END $$""",
    """CREATE TRIGGER mapping_append_only BEFORE UPDATE OR DELETE ON mapping
        FOR EACH ROW EXECUTE FUNCTION mapping_guard()""",
)


def upgrade() -> None:
    op.create_table(
        "mapping",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("added", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_mapping"),
    )
    op.add_column("source", sa.Column("mapping", sa.Text, nullable=False, server_default=""))
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if sqlite else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("source", "mapping")
    op.drop_table("mapping")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION mapping_guard()")
