"""The exchange with partners is kept as rows; a label says through whom a copy came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "exchange_row",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("row", sa.LargeBinary, nullable=True),
        sa.Column("seq", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name="pk_exchange_row"),
    )
    op.create_index("ix_exchange_row_seq", "exchange_row", ["seq"])
    _rebuild("originator", "marking", "supplier")


def downgrade() -> None:
    op.drop_table("exchange_row")
    op.execute("DELETE FROM label WHERE supplier <> ''")
    _rebuild("originator", "marking")


def _rebuild(*unique: str) -> None:
    """Make the table of labels anew with another key, the same way on both databases."""
    columns = ["id", "originator", "marking"]
    supplier = [sa.Column("supplier", sa.Text, nullable=False, server_default="")]
    op.execute(f"CREATE TABLE label_kept AS SELECT {', '.join(columns)} FROM label")
    op.drop_table("label")
    op.create_table(
        "label",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("originator", sa.Text, nullable=False),
        sa.Column("marking", sa.Text, nullable=False),
        *(supplier if "supplier" in unique else []),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
        sa.UniqueConstraint(*unique, name=f"uq_label_{'_'.join(unique)}"),
    )
    names = ", ".join(columns)
    op.execute(f"INSERT INTO label ({names}) SELECT {names} FROM label_kept")
    op.drop_table("label_kept")
