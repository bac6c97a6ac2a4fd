"""Every edition of a watchlist, what each changed, and how far kept records were compared with it.

A held edition waits for a person. A change names the versions of its entry in the ledger and not
their content, so that erasure reaches it; only a held edition's new entries, which are no records
yet, have their names here. What a comparison found is counted under the label of list and record.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ROLE = "esclusa_reader"
_SEEN = (
    "label_id = ANY ((SELECT coalesce(nullif(current_setting('esclusa.labels', true), ''), '{}')"
    "::integer[])::integer[])"
)
_TABLES = ("watchlist_edition", "watchlist_change", "watchlist_retro")


def upgrade() -> None:
    op.add_column("watchlist", _number("number"))
    op.add_column("watchlist", _text("source"))
    op.add_column("watchlist", _text("prepared"))
    _editions()
    op.create_table(
        "watchlist_change",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("label_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("record_id", sa.Text, nullable=False),
        _number("before", _BIG),
        _number("after", _BIG),
        _text("fields"),
        _text("name"),
        sa.PrimaryKeyConstraint("id", "label_id", "number", "place", name="pk_watchlist_change"),
    )
    op.create_table(
        "watchlist_retro",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("list_label", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("label_id", sa.Integer, autoincrement=False, nullable=False),
        _number("compared"),
        _number("changed"),
        _number("ended"),
        sa.PrimaryKeyConstraint(
            "id", "list_label", "number", "label_id", name="pk_watchlist_retro"
        ),
    )
    _keep_what_is_in_force()
    if op.get_bind().dialect.name == "postgresql":
        _protect()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    for column in ("prepared", "source", "number"):
        op.drop_column("watchlist", column)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _number(name: str, kind: sa.types.TypeEngine[int] | None = None) -> sa.Column[int]:
    return sa.Column(name, kind or sa.Integer(), nullable=False, server_default="0")


def _editions() -> None:
    op.create_table(
        "watchlist_edition",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("label_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _text("why"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        _text("source"),
        _text("prepared"),
        _text("files", "[]"),
        _text("mapping"),
        sa.Column("entries", sa.Integer, nullable=False),
        _number("added"),
        _number("changed"),
        _number("removed"),
        sa.Column("loaded", sa.Text, nullable=False),
        sa.Column("loaded_by", sa.Text, nullable=False),
        _text("decided"),
        _text("decided_by"),
        _text("reason"),
        _text("retro"),
        _number("position", _BIG),
        _number("until", _BIG),
        _text("retro_started"),
        _text("retro_finished"),
        sa.PrimaryKeyConstraint("id", "label_id", "number", name="pk_watchlist_edition"),
    )
    op.create_index("ix_watchlist_edition_state", "watchlist_edition", ["state"])
    op.create_index("ix_watchlist_edition_retro", "watchlist_edition", ["retro"])


def _keep_what_is_in_force() -> None:
    """Of lists loaded before there was a history, the edition in force is known."""
    op.execute(
        "INSERT INTO watchlist_edition"
        " (id, label_id, number, state, title, edition, format, entries, loaded, loaded_by)"
        " SELECT id, label_id, 1, 'in_force', title, edition, format, entries, loaded, loaded_by"
        " FROM watchlist"
    )
    op.execute("UPDATE watchlist SET number = 1")


def _protect() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY released ON {table} FOR SELECT TO {_ROLE} USING ({_SEEN})")
        op.execute(f"GRANT SELECT ON {table} TO {_ROLE}")
