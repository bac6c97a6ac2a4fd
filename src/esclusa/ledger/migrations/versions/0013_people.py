"""What an account's holder has to do or has shown: a password to be changed, the number that
partners are shown, whose mail address it is; and which sessions an identity provider opened.

A mail address that was chosen before is asked for anew: none of them was ever confirmed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SESSION = ("way", "issuer", "subject", "provider_session")


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text, nullable=False, server_default="") for name in names)


def upgrade() -> None:
    must = sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("account", must)
    for column in _texts(*_SESSION):
        op.add_column("session", column)
    op.create_index("ix_session_subject", "session", ["subject"])
    op.create_table(
        "service_number",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_service_number"),
    )
    op.create_index("ix_service_number_account", "service_number", ["account"])
    op.create_table(
        "mail_address",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        *_texts("confirmed", "code", "until", "asked", "since"),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sent", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("account", name="pk_mail_address"),
    )
    op.create_table(
        "logout_seen",
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name="pk_logout_seen"),
    )
    op.create_index("ix_logout_seen_until", "logout_seen", ["until"])


def downgrade() -> None:
    op.drop_table("logout_seen")
    op.drop_table("mail_address")
    op.drop_table("service_number")
    op.drop_index("ix_session_subject", "session")
    for name in reversed(_SESSION):
        op.drop_column("session", name)
    op.drop_column("account", "must_change")
