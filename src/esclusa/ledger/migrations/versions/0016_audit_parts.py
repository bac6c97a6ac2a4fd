"""Lists of the audit log's lines that stand for many records: append-only, as the log itself.

Going back takes the lists away. The lines stay, with the digest of each list.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SQLITE = (
    """CREATE TRIGGER audit_part_no_update BEFORE UPDATE ON audit_part
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_part_no_delete BEFORE DELETE ON audit_part
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE TRIGGER audit_part_append_only BEFORE UPDATE OR DELETE ON audit_part
        FOR EACH ROW EXECUTE FUNCTION audit_guard()""",
)


def upgrade() -> None:
    op.create_table(
        "audit_part",
        sa.Column("part", sa.SmallInteger, nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("members", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("part", "seq", name="pk_audit_part"),
        sqlite_with_rowid=False,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if sqlite else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_part")
