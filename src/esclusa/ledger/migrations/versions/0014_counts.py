"""Figures about alerts are kept as they change: how many stand by day, kind and state, and the
verdicts that stood, each under the labels that it counts for; filled from the queue and the moves.

Two small indexes find decisions on matches and the exchange's audit lines among everything else.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from esclusa.ledger import tallies

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ROLE = "esclusa_reader"
_SEEN = (
    "label_id = ANY ((SELECT coalesce(nullif(current_setting('esclusa.labels', true), ''), '{}')"
    "::integer[])::integer[])"
)
"""As in migration 0006."""
_TABLES = ("alert_count", "alert_decision")


def upgrade() -> None:
    op.create_table(
        "alert_count",
        sa.Column("span", sa.Text, nullable=False),
        sa.Column("label_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("above", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(
            "span", "label_id", "above", "kind", "state", name="pk_alert_count"
        ),
        sqlite_with_rowid=False,
    )
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "alert_decision",
        sa.Column("made", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("label_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("above", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("waited", big, nullable=False),
        sa.PrimaryKeyConstraint("made", "alert_id", "label_id", "since", name="pk_alert_decision"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alert_decision_alert_id", "alert_decision", ["alert_id"])
    for name, table, column, where in (
        ("ix_record_match_decision", "record", "recorded_time", "kind = 'match_decision'"),
        ("ix_audit_exchange", "audit", "at", "role = 'exchange'"),
    ):
        told = sa.text(where)
        op.create_index(name, table, [column], sqlite_where=told, postgresql_where=told)
    bind = op.get_bind()
    tallies.rebuild(bind)
    if bind.dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY released ON {table} FOR SELECT TO {_ROLE} USING ({_SEEN})")
            op.execute(f"GRANT SELECT ON {table} TO {_ROLE}")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_record_match_decision", "record")
    op.drop_index("ix_audit_exchange", "audit")
