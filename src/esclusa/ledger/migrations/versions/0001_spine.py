"""The spine: labels, custody, records, references, queue, quarantine, lists, audit, accounts.

The tables are spelled out by the schema of this first version; later versions only alter.
"""

from __future__ import annotations

from alembic import op

from esclusa.ledger.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_GUARDED = "id, label_id, version, kind, key, salt, digest, recorded_time, supersedes, withdrawn"

_SQLITE = (
    'CREATE VIRTUAL TABLE record_text USING fts5(text, tokenize = "unicode61 remove_diacritics 2")',
    f"""CREATE TRIGGER record_append_only BEFORE UPDATE OF {_GUARDED} ON record
        BEGIN SELECT RAISE(ABORT, 'records are append-only'); END""",
    """CREATE TRIGGER record_body_only_erased BEFORE UPDATE OF body ON record
        WHEN NEW.body IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a body can only be erased'); END""",
    """CREATE TRIGGER record_no_delete BEFORE DELETE ON record
        BEGIN SELECT RAISE(ABORT, 'records are append-only'); END""",
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)

_CHANGED = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _GUARDED.split(", ")
)

_POSTGRESQL = (
    """CREATE TABLE record_text (seq BIGINT PRIMARY KEY, text TEXT NOT NULL,
        words TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED)""",
    "CREATE INDEX ix_record_text_words ON record_text USING gin (words)",
    f"""CREATE FUNCTION record_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' OR {_CHANGED}
             OR (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body) THEN
            RAISE EXCEPTION 'records are append-only';
          END IF;
          RETURN NEW;
        END $$""",
    """CREATE TRIGGER record_append_only BEFORE UPDATE OR DELETE ON record
        FOR EACH ROW EXECUTE FUNCTION record_guard()""",
    """CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_guard()""",
)


def upgrade() -> None:
    bind = op.get_bind()
    metadata.create_all(bind)
    for statement in _SQLITE if bind.dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    bind = op.get_bind()
    op.execute("DROP TABLE record_text")
    metadata.drop_all(bind)
    if bind.dialect.name == "postgresql":
        op.execute("DROP FUNCTION record_guard()")
        op.execute("DROP FUNCTION audit_guard()")
