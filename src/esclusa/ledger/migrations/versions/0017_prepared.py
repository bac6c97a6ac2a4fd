"""Each version says who prepared it and when, by the sender's own clock: the order that counts when
files arrive out of order.

What was recorded before says nothing of it, and goes by the order of arrival as it did. Going back
takes the sayings away and changes no version in force.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS = ("sender", "prepared")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("record", sa.Column(name, sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("record", name)
