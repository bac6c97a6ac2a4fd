"""What accounts want to be told of, what waits to be sent, and how each agency used it.

An item names what it is about and holds none of its content: what a message may say is asked at the
moment of sending. Tokens of feeds and forms stand here as digests.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = (
    "notice_mark", "notice_form", "notice_use", "notice_message", "notice_item", "notice_choice",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "notice_choice",
        _text("account"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _text("since"),
        _text("agency", default=""),
        _text("feed", default=""),
        sa.PrimaryKeyConstraint("account", name="pk_notice_choice"),
    )
    op.create_index("ix_notice_choice_feed", "notice_choice", ["feed"])
    op.create_table(
        "notice_item",
        *map(_text, ("id", "account", "channel", "sight", "key", "kind", "subject", "at", "due")),
        _text("message", default=""),
        sa.PrimaryKeyConstraint("id", name="pk_notice_item"),
        sa.UniqueConstraint(
            "account",
            "channel",
            "sight",
            "key",
            name="uq_notice_item_account_channel_sight_key",
        ),
    )
    op.create_index("ix_notice_item_at", "notice_item", ["at"])
    op.create_index("ix_notice_item_message", "notice_item", ["message"])
    op.create_table(
        "notice_message",
        *map(_text, ("id", "account", "channel", "at", "state", "due")),
        _number("attempts"),
        _text("told", default=""),
        _text("done", default=""),
        sa.PrimaryKeyConstraint("id", name="pk_notice_message"),
    )
    op.create_index("ix_notice_message_at", "notice_message", ["at"])
    op.create_index("ix_notice_message_state", "notice_message", ["state", "due"])
    op.create_table(
        "notice_use",
        *map(_text, ("agency", "channel", "what", "day")),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("agency", "channel", "what", "day", name="pk_notice_use"),
    )
    op.create_table(
        "notice_form",
        *map(_text, ("token", "account", "referral", "version", "at", "until")),
        _text("used", default=""),
        sa.PrimaryKeyConstraint("token", name="pk_notice_form"),
    )
    op.create_index("ix_notice_form_until", "notice_form", ["until"])
    op.create_table(
        "notice_mark",
        *map(_text, ("name", "value")),
        sa.PrimaryKeyConstraint("name", name="pk_notice_mark"),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")
