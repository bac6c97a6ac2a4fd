"""The second wall: PostgreSQL itself shows a release the rows of the reader's labels and no others.

Every test asks as a careless program would, without the labels in the query.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from esclusa.errors import LedgerError
from esclusa.ledger import backup, custody, queue, records, search, watchlists
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.ledger.schema import metadata, record
from esclusa.ledger.store import READER_ROLE, Store
from esclusa.model import Consignment, Defect, GoodsItem, Level, Marking, Severity

pytestmark = pytest.mark.postgres

LABELLED = (
    "alert_count", "alert_decision", "record", "queue", "source", "quarantine", "watchlist", "watchlist_edition",
    "watchlist_change", "watchlist_retro",
)  # fmt: skip
FOLLOWING = ("reference", "defect")
"""Tables whose rows belong to a row that has a label."""
OPEN_TO_READERS = (*LABELLED, *FOLLOWING)
SECRETS = 3
"""Records of the secret world; the open one has two."""


@pytest.fixture(scope="module")
def store(postgres_url: str) -> Iterator[Store]:
    """A ledger of its own with a little of everything under two labels; the tests only read it."""
    name = f"walled_{os.getpid()}"
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    url = sa.make_url(postgres_url).set(database=name)
    store = Store(url.render_as_string(hide_password=False))
    store.upgrade()
    two_worlds(store)
    yield store
    store.close()
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def low(store: Store) -> int:
    """The number of the label that the reader may see; the next one is the secret one."""
    return Labels(store).intern("marisol", Marking(level=Level.OFFICIAL))


def two_worlds(store: Store) -> tuple[int, int]:
    """Store two open records and three secret ones; return the numbers of their labels."""
    labels = Labels(store)
    low, high = (
        labels.intern("marisol", Marking(level=level)) for level in (Level.OFFICIAL, Level.SECRET)
    )
    fill(store, low, "OPEN", 2)
    fill(store, high, "GHOST", SECRETS)
    return low, high


def fill(store: Store, label: int, word: str, count: int) -> None:
    """Store ``count`` consignments under a label, with a file, a list and an alert each."""
    bodies = [
        Consignment(carrier="NRCH", bill=f"{word}{n}", goods=(GoodsItem(description=f"{word} X"),))
        for n in range(count)
    ]
    with store.write() as connection:
        # Each has one reference: its bill.
        drafts = [Draft(body=b, originator="marisol", label_id=label) for b in bodies]
        for made in records.append(connection, drafts):
            queue.put(connection, [alert(made, label)])
            name = f"{word}-{made.seq}"
            connection.execute(
                metadata.tables["source"].insert().values(
                    id=name, sha256=name, name=name, size=1, label_id=label, state="done",
                    received=name, received_by="ana",
                )
            )  # fmt: skip
            custody.add_defects(
                connection,
                name,
                0,
                [Defect(code="x", severity=Severity.ERROR, reason=word, offset=0)],
            )
            custody.hold(
                connection, source_id=name, label_id=label, offset=0, length=1, message="",
                reason=word,
            )  # fmt: skip
            watchlists.put(
                connection, id=name, title=word, format="f", edition="e", entries=1,
                label_id=label, by="ana",
            )  # fmt: skip
            history(connection, name, label)


def history(connection: sa.Connection, name: str, label: int) -> None:
    """Store an edition of a list, one change of it, and what a comparison with it found."""
    shared = {"id": name, "label_id": label, "number": 1}
    for table, more in (
        ("watchlist_edition", {"state": "past", "title": name, "edition": "e", "format": "f",
                               "entries": 1, "loaded": "t", "loaded_by": "ana"}),
        ("watchlist_change", {"place": 0, "what": "added", "uid": name, "record_id": name}),
        ("watchlist_retro", {"list_label": label}),
        ("alert_decision", {"made": "t", "alert_id": name, "since": "t", "until": "", "above": "",
                            "verdict": "refer", "by": "ana", "at": "t", "waited": 1}),
    ):  # fmt: skip
        known = {key: value for key, value in shared.items() if key in metadata.tables[table].c}
        connection.execute(metadata.tables[table].insert().values(**known, **more))


def alert(made: records.Appended, label: int) -> dict[str, Any]:
    return {
        "alert_id": f"a{made.seq}", "label_id": label, "seq": made.seq, "subject_id": made.id,
        "subject_kind": "consignment", "source_id": "", "breadth": 1, "title": "t", "score": 5.0,
        "open": True, "state": "claimed", "claimed_by": "ana", "verdict": "", "port": "",
        "arrival": "9999", "created": f"t{made.seq}",
    }  # fmt: skip


def counts(connection: sa.Connection) -> dict[str, int]:
    """Count every row that a reader's role is shown, with no label in the question."""
    return {
        name: connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in OPEN_TO_READERS
    }


def all_tables() -> set[str]:
    return {*metadata.tables, "record_text"}


def sqlstate(store: Store, low: int, *statements: str) -> str:
    """Run statements in a release and return PostgreSQL's code of the error that they end in."""
    with pytest.raises(sa.exc.DBAPIError) as caught, store.read_for({low}) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    return str(caught.value.orig.sqlstate)


# --- what is shown --------------------------------------------------------------------------------


def test_every_table_with_a_label_is_behind_the_wall() -> None:
    carrying = {name for name, table in metadata.tables.items() if "label_id" in table.c}
    assert carrying == set(LABELLED)


def test_the_policy_has_one_shape_on_every_table_with_a_label(store: Store) -> None:
    query = "SELECT tablename, qual, roles::text, cmd FROM pg_policies WHERE policyname='released'"
    with store.read() as connection:
        found = {row.tablename: row for row in connection.execute(sa.text(query))}
    assert set(found) == set(OPEN_TO_READERS)
    assert {(row.roles, row.cmd) for row in found.values()} == {(f"{{{READER_ROLE}}}", "SELECT")}
    bare = {re.sub(r"[()]| IS TRUE", "", found[name].qual) for name in LABELLED}
    assert len(bare) == 1
    assert "label_id = ANY" in bare.pop()


def test_a_query_without_labels_shows_the_readers_rows_and_no_others(
    store: Store, low: int
) -> None:
    with store.read_for({low}) as connection:
        assert counts(connection) == dict.fromkeys(OPEN_TO_READERS, 2)
        seen = connection.execute(sa.select(record.c.key)).scalars().all()
        assert sorted(seen) == ["NRCH/OPEN0", "NRCH/OPEN1"]
        assert connection.scalar(sa.select(sa.func.max(record.c.seq))) == 2
        assert (
            connection.scalar(sa.text("SELECT string_agg(body, '') FROM defect")).count("GHOST")
            == 0
        )


def test_the_nodes_own_reading_and_the_reader_of_both_labels_see_all(
    store: Store, low: int
) -> None:
    whole = dict.fromkeys(OPEN_TO_READERS, 2 + SECRETS)
    with store.read() as connection:
        assert counts(connection) == whole
    with store.read_for({low, low + 1}) as connection:
        assert counts(connection) == whole


@pytest.mark.parametrize("visible", [frozenset(), frozenset({99})])
def test_no_label_and_an_unknown_label_show_nothing(
    store: Store, low: int, visible: frozenset[int]
) -> None:
    with store.read_for(visible) as connection:
        assert set(counts(connection).values()) == {0}


def test_labels_that_nobody_set_show_nothing(store: Store, low: int) -> None:
    with store.read() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {READER_ROLE}")
        assert set(counts(connection).values()) == {0}
        found = connection.execute(sa.text("SELECT record_search('ghost', '', 9)"))
        assert found.all() == []


# --- side ways ------------------------------------------------------------------------------------


def test_search_finds_what_the_reader_may_see_up_to_the_limit(store: Store, low: int) -> None:
    both = {low, low + 1}
    for visible, word, limit, rows in (
        ({low}, "x", 9, 2), ({low}, "GHOST", 9, 0), ({low}, "open", 1, 1), (both, "GHOS", 9, SECRETS),
        (both, "x", 4, 4),
    ):  # fmt: skip
        with store.read_for(visible) as connection:
            # The first wall asks for both labels: only the second one holds here.
            assert len(search.search(connection, both, word, limit=limit)) == rows
            found = search.search(connection, both, word, kind="traveller", limit=limit)
            assert found == []


def test_behind_the_wall_common_and_rare_words_find_what_they_find_before_it(
    fresh_postgres: str,
) -> None:
    store = Store(fresh_postgres)
    store.upgrade()
    labels = Labels(store)
    low, high = (labels.intern("marisol", Marking(level=level)) for level in (1, 4))
    for label, word in ((low, "OPEN"), (high, "GHOST"), (low, "PIER"), (high, "OPEN")):
        fill(store, label, word, 12)  # 24 of OPEN: a common word is one in more than 20 texts
    both = {low, high}
    for visible in ({low}, {high}, both):
        for word in ("x", "open", "pier", "ghost", "open1 x", "absent", "x absent"):
            for kind, limit in product(("", "consignment", "traveller"), (5, 50)):
                with store.read() as connection:
                    plain = search.search(connection, visible, word, kind=kind, limit=limit)
                with store.read_for(visible) as connection:
                    walled = search.search(connection, both, word, kind=kind, limit=limit)
                assert [row.seq for row in walled] == [row.seq for row in plain]
    store.close()


def test_a_function_or_an_error_in_the_query_meets_no_hidden_row(store: Store, low: int) -> None:
    with store.write() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION tell(key text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$"
            " BEGIN IF key LIKE '%%GHOST%%' THEN RAISE EXCEPTION 'met %%', key; END IF;"
            " RETURN true; END $$"
        )
    with store.read_for({low}) as connection:
        told = connection.scalar(sa.text("SELECT count(*) FROM record WHERE tell(key)"))
        assert told == 2
        divided = f"SELECT count(*) FROM record WHERE 1 / (label_id - {low + 1}) < 9"
        assert connection.scalar(sa.text(divided)) == 2
        related = "SELECT count(*) FROM reference WHERE tell(value) AND 1 / (seq - 3) < 9"
        assert connection.scalar(sa.text(related)) == 2
    with store.read() as connection, pytest.raises(sa.exc.DBAPIError, match="met NRCH/GHOST"):
        connection.scalar(sa.text("SELECT count(*) FROM record WHERE tell(key)"))


@pytest.mark.parametrize("table", sorted(all_tables() - set(OPEN_TO_READERS)))
def test_the_readers_role_may_read_no_other_table(store: Store, low: int, table: str) -> None:
    assert sqlstate(store, low, f"SELECT count(*) FROM {table}") == "42501"


@pytest.mark.parametrize(
    "statements",
    [
        ("SET LOCAL row_security = off", "SELECT count(*) FROM record"),
        ("ALTER TABLE record DISABLE ROW LEVEL SECURITY",),
        ("DROP POLICY released ON record",),
        ("CREATE POLICY more ON record USING (true)",),
        ("ALTER ROLE esclusa_reader BYPASSRLS",),
        ("ALTER FUNCTION record_search(text, text, integer) SECURITY INVOKER",),
    ],
    ids=lambda value: value[0][:40],
)
def test_the_readers_role_cannot_turn_the_wall_off(
    store: Store, low: int, statements: tuple[str, ...]
) -> None:
    # 42501 not permitted; 25006 not in a transaction that only reads
    assert sqlstate(store, low, *statements) in {"42501", "25006"}


@pytest.mark.parametrize("table", OPEN_TO_READERS)
def test_the_readers_role_has_no_right_but_to_read(store: Store, low: int, table: str) -> None:
    query = sa.text("SELECT has_table_privilege(:role, :name, :right)")
    with store.read() as connection:
        for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"):
            asked = {"role": READER_ROLE, "name": table, "right": right}
            assert connection.scalar(query, asked) is False
        role = sa.text(
            "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname=:name"
        )
        assert tuple(connection.execute(role, {"name": READER_ROLE}).one()) == (False, False, False)


def test_the_check_of_a_ledger_names_a_table_whose_row_security_is_off(
    fresh_postgres: str, tmp_path: Path
) -> None:
    store = Store(fresh_postgres)
    store.upgrade()
    assert backup.check(store, custody.Vault(tmp_path)) == []
    with store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE queue DISABLE ROW LEVEL SECURITY")
    found = backup.check(store, custody.Vault(tmp_path))
    assert found == ["table queue has its row security switched off"]
    store.close()


# --- pooled connections ---------------------------------------------------------------------------


def test_role_and_labels_do_not_outlive_the_transaction(store: Store, low: int) -> None:
    asked = sa.text(
        "SELECT pg_backend_pid(), current_user, current_setting('esclusa.labels', true)"
    )
    with store.read_for({low, low + 1}) as connection:
        first, role, labels = connection.execute(asked).one()
    assert (role, labels) == (READER_ROLE, f"{{{low},{low + 1}}}")
    with store.read() as connection:
        again, role, labels = connection.execute(asked).one()
    assert again == first  # one connection, given back and taken again
    assert (role == READER_ROLE, labels or "") == (False, "")
    with pytest.raises(ZeroDivisionError), store.read_for({low}):
        raise ZeroDivisionError
    with store.read() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {READER_ROLE}")
        assert set(counts(connection).values()) == {0}


def test_a_prepared_statement_is_planned_anew_for_each_role(store: Store, low: int) -> None:
    """The driver prepares what it has run five times; a plan of the node's must not serve others."""
    question = sa.select(sa.func.count()).select_from(record).where(record.c.version == 1)
    for _round in range(8):
        with store.read() as connection:
            assert connection.scalar(question) == 2 + SECRETS
    for visible, rows in (({low}, 2), ({low + 1}, SECRETS), (set(), 0)) * 4:
        with store.read_for(visible) as connection:
            assert connection.scalar(question) == rows


# --- an ordinary owner ----------------------------------------------------------------------------


@pytest.fixture
def owner(fresh_postgres: str) -> Iterator[tuple[sa.Engine, str, str]]:
    """The administrator's connection, name of a plain role that owns the database, and its URL."""
    url = sa.make_url(fresh_postgres)
    name = f"owner_{url.database}"
    admin = sa.create_engine(fresh_postgres, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'plain owner'")
        connection.exec_driver_sql(f"ALTER DATABASE {url.database} OWNER TO {name}")
    own = url.set(username=name, password="plain owner")
    yield admin, name, own.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name} CASCADE")
        connection.exec_driver_sql(f"ALTER DATABASE {url.database} OWNER TO CURRENT_USER")
        connection.exec_driver_sql(f"DROP ROLE {name}")


def test_an_owner_who_may_not_make_roles_is_told_what_to_ask_for_and_then_has_the_wall(
    owner: tuple[sa.Engine, str, str],
) -> None:
    admin, name, url = owner
    with admin.connect() as connection:
        known = connection.scalar(
            sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": READER_ROLE}
        )
        if not known:
            connection.exec_driver_sql(f"CREATE ROLE {READER_ROLE} NOLOGIN")
    store = Store(url)
    with pytest.raises(LedgerError, match=f'GRANT {READER_ROLE} TO "{name}"'):
        store.upgrade()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"GRANT {READER_ROLE} TO {name}")
    store.upgrade()
    low, high = two_worlds(store)
    with store.read() as connection:
        assert counts(connection)["record"] == 2 + SECRETS
    with store.read_for({low}) as connection:
        assert set(counts(connection).values()) == {2}
        assert len(search.search(connection, {low, high}, "x", limit=9)) == 2
    with admin.connect() as connection:
        connection.exec_driver_sql(f"REVOKE {READER_ROLE} FROM {name}")
    with pytest.raises(LedgerError, match="cannot be taken"), store.read_for({low}) as connection:
        counts(connection)
    store.close()
