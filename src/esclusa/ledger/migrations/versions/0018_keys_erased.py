"""A record's natural key goes with its content: of a traveller it is flight, day, nationality and
the number of the document.

Until now a record was guarded whole but for its body. Its key may be blanked too, once it has no
body; nothing else may be written there. Those of records that were erased before are blanked here.
Entries of lists keep theirs, by which an edition is compared with the one before: the list's name
and its own number for the entry. Going back guards the keys again and brings none back.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ALWAYS = ("id", "label_id", "version", "kind", "salt", "digest", "recorded_time", "supersedes",
           "withdrawn")  # fmt: skip
_BLANK = """UPDATE record SET key = '' WHERE body IS NULL AND key <> '' AND kind <> 'list_entry'
    AND id IN (SELECT id FROM record WHERE erased_time IS NOT NULL)"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _guard_in_sqlite(_ALWAYS)
        op.execute("""CREATE TRIGGER record_key_only_erased BEFORE UPDATE OF key ON record
            WHEN NEW.key <> OLD.key AND (NEW.key <> '' OR NEW.body IS NOT NULL)
            BEGIN SELECT RAISE(ABORT, 'a key can only be erased, with its body'); END""")
    else:
        _guard_in_postgresql(
            _ALWAYS, "OR (NEW.key <> OLD.key AND (NEW.key <> '' OR NEW.body IS NOT NULL))"
        )
    op.execute(sa.text(_BLANK))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER record_key_only_erased")
        _guard_in_sqlite((*_ALWAYS, "key"))
    else:
        _guard_in_postgresql((*_ALWAYS, "key"), "")


def _guard_in_sqlite(columns: tuple[str, ...]) -> None:
    op.execute("DROP TRIGGER record_append_only")
    op.execute(f"""CREATE TRIGGER record_append_only BEFORE UPDATE OF {", ".join(columns)} ON record
        BEGIN SELECT RAISE(ABORT, 'records are append-only'); END""")


def _guard_in_postgresql(columns: tuple[str, ...], more: str) -> None:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)
    op.execute(f"""CREATE OR REPLACE FUNCTION record_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' OR {changed} {more}
             OR (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body) THEN
            RAISE EXCEPTION 'records are append-only';
          END IF;
          RETURN NEW;
        END $$""")
