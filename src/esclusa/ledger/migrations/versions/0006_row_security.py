"""PostgreSQL: a role for releases, which sees the rows under the labels of its transaction alone.

The policies say what every query of the gate says too, in the one shape that stays fast: the label
stands in a list that is read once a statement. A list that was never set is empty and shows no row.
Tables without a label of their own follow the row that has one. The role may read nothing else.
The owner is not bound: intake, analysis and upkeep need every row. SQLite has no row security.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from esclusa.errors import LedgerError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROLE = "esclusa_reader"
_NO_ROLE = (
    f"the database lacks the role {_ROLE}, or its owner may not take it; as an administrator of "
    f'the database run: CREATE ROLE {_ROLE} NOLOGIN; GRANT {_ROLE} TO "%s"; then try again'
)

# The outer cast changes nothing; without it PostgreSQL takes the brackets for a list of rows.
_SEEN = (
    "label_id = ANY ((SELECT coalesce(nullif(current_setting('esclusa.labels', true), ''), '{}')"
    "::integer[])::integer[])"
)
# Said of the list, IS TRUE changes nothing but this: the planner takes it for no condition of an
# index. As one it looks dear in the queue's join with itself, and a page then cost up to six times.
_SEEN_ASIDE = f"({_SEEN}) IS TRUE"
# A scalar subquery is looked up row by row; EXISTS may be planned as one scan of the whole table.
_POLICIES = {
    "record": _SEEN,
    "queue": _SEEN_ASIDE,
    "source": _SEEN,
    "quarantine": _SEEN,
    "watchlist": _SEEN,
    "reference": "(SELECT true FROM record WHERE record.seq = reference.seq)",
    "defect": "(SELECT true FROM source WHERE source.id = defect.source_id)",
}

# No policy for the index of words: its operator is not leakproof, so behind a policy PostgreSQL
# would read every row for each search. This function asks as the owner and filters inside. The
# planner takes every word that is a prefix for one in fifty: so the newest texts tell here whether
# a word is common, when a walk from the newest record soon meets enough, or rare, when the index of
# words finds what there is.
_SEARCH = """
    CREATE FUNCTION record_search(question text, wanted text, most integer)
    RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
    DECLARE
      seen integer[] := coalesce(nullif(current_setting('esclusa.labels', true), ''), '{}');
      asked tsquery := to_tsquery('simple', question);
      common boolean := (
        SELECT count(*) > 20 FROM (
          SELECT words FROM record_text ORDER BY record_text.seq DESC LIMIT 2000) AS newest
        WHERE newest.words @@ asked);
    BEGIN
      IF common THEN
        RETURN QUERY SELECT record.seq FROM record JOIN record_text USING (seq)
          WHERE words @@ asked AND label_id = ANY (seen) AND current
            AND (wanted = '' OR kind = wanted)
          ORDER BY record.seq DESC LIMIT most;
      ELSE
        RETURN QUERY WITH held AS MATERIALIZED (
            SELECT record_text.seq FROM record_text WHERE words @@ asked)
          SELECT record.seq FROM held CROSS JOIN LATERAL (  -- one step into the key for each
            SELECT * FROM record WHERE record.seq = held.seq OFFSET 0) AS record
          WHERE label_id = ANY (seen) AND current AND (wanted = '' OR kind = wanted)
          ORDER BY record.seq DESC LIMIT most;
      END IF;
    END $$"""
_SEARCH_NAME = "record_search(text, text, integer)"


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    _provide_role(bind)
    schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {_ROLE}")
    for table, seen in _POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY released ON {table} FOR SELECT TO {_ROLE} USING ({seen})")
        op.execute(f"GRANT SELECT ON {table} TO {_ROLE}")
    op.execute("ALTER TABLE record_text ENABLE ROW LEVEL SECURITY")
    op.execute(_SEARCH)
    # A caller's search path must not choose which tables a function of the owner reads.
    op.execute(f"ALTER FUNCTION {_SEARCH_NAME} SET search_path = {schema}, pg_temp")
    op.execute(f"REVOKE ALL ON FUNCTION {_SEARCH_NAME} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_SEARCH_NAME} TO {_ROLE}")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"DROP FUNCTION {_SEARCH_NAME}")
    op.execute("ALTER TABLE record_text DISABLE ROW LEVEL SECURITY")
    for table in _POLICIES:
        op.execute(f"REVOKE SELECT ON {table} FROM {_ROLE}")
        op.execute(f"DROP POLICY released ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    # The role stays: it belongs to the whole server, and another node's database may use it.


def _provide_role(bind: sa.Connection) -> None:
    """Make the role unless it is there, and see that this account may take it."""
    take = f"SET LOCAL ROLE {_ROLE}"
    if not _attempt(bind, take):
        _attempt(bind, f"CREATE ROLE {_ROLE} NOLOGIN")
        _attempt(bind, f"GRANT {_ROLE} TO CURRENT_USER")
        if not _attempt(bind, take):
            raise LedgerError(_NO_ROLE % bind.scalar(sa.text("SELECT current_user")))
    op.execute("RESET ROLE")


def _attempt(bind: sa.Connection, statement: str) -> bool:
    """Run a statement that may fail; whatever it did is undone then."""
    try:
        with bind.begin_nested():
            bind.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        return False
    return True
