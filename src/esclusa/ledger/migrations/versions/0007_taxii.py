"""What stands on the shelves of the TAXII door, who may ask there, and what became of posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "taxii_object",
        sa.Column("shelf", sa.Text, nullable=False),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("stix_id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("label", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("shelf", "position", name="pk_taxii_object"),
        sa.UniqueConstraint("shelf", "stix_id", "version", name="uq_taxii_object_id"),
    )
    op.create_index(
        "ix_taxii_object_current", "taxii_object", ["shelf", "position"],
        sqlite_where=sa.text("current"), postgresql_where=sa.text("current"),
    )  # fmt: skip
    op.create_index(
        "ix_taxii_object_name", "taxii_object", ["name"],
        sqlite_where=sa.text("name <> ''"), postgresql_where=sa.text("name <> ''"),
    )  # fmt: skip
    op.create_table(
        "taxii_client",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("agency", sa.Text, nullable=False),
        sa.Column("writes", sa.Boolean, nullable=False),
        sa.Column("deletes", sa.Boolean, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("added", sa.Text, nullable=False),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_taxii_client"),
        sa.UniqueConstraint("token", name="uq_taxii_client_token"),
    )
    op.create_table(
        "taxii_status",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_taxii_status"),
    )


def downgrade() -> None:
    op.drop_table("taxii_status")
    op.drop_table("taxii_client")
    op.drop_table("taxii_object")
