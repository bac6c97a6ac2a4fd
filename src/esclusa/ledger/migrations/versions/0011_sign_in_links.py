"""Who a person is at the identity provider, sign-ins under way, and ways into the audit log.

An attempt holds what this node made up for one sign-in and the digests of what the browser holds of
it; it is gone after its first use. The indexes let an auditor ask who looked at one record, what
one person did, and what happened in a week, without reading the whole log.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_AUDIT = {"ix_audit_subject": "subject", "ix_audit_who": "who", "ix_audit_at": "at"}


def upgrade() -> None:
    op.create_table(
        "sign_in_attempt",
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("state", "browser", "nonce", "verifier", "wish", "expires")
        ),
        sa.PrimaryKeyConstraint("state", name="pk_sign_in_attempt"),
    )
    op.create_index("ix_sign_in_attempt_expires", "sign_in_attempt", ["expires"])
    op.create_table(
        "sign_in_link",
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in (
                "issuer",
                "subject",
                "account",
                "said",
                "code",
                "seen",
                "approver",
                "since",
            )
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_sign_in_link"),
    )
    op.create_index("ix_sign_in_link_account", "sign_in_link", ["account"])
    for name, column in _AUDIT.items():
        op.create_index(name, "audit", [column, "seq"])


def downgrade() -> None:
    for name in _AUDIT:
        op.drop_index(name, "audit")
    op.drop_table("sign_in_link")
    op.drop_table("sign_in_attempt")
