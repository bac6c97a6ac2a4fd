"""Many values at once: a column is held against them by its index, however many rows there are.

About half a CPU second, of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.schema import record
from esclusa.ledger.store import Store

_TABLE = sa.Table(
    "held", sa.MetaData(), sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, index=True),
)  # fmt: skip


def filled(store: Store, rows: int) -> None:
    with store.write() as connection:
        _TABLE.create(connection)
        bulk.insert(connection, _TABLE, [{"seq": n, "name": f"Ñ{n}"} for n in range(rows)])


@pytest.mark.parametrize(
    "wanted", [(), (7,), (3, 9_999_999_999, 5, 3)], ids=["none", "one", "some"]
)
def test_numbers_that_are_there_are_found_each_once(ledger_url: str, wanted: Sequence[int]) -> None:
    store = Store(ledger_url)
    filled(store, 10)
    with store.read() as connection:
        query = sa.select(_TABLE.c.seq).where(bulk.among(connection, _TABLE.c.seq, wanted))
        found = sorted(connection.execute(query).scalars())
    assert found == sorted({n for n in wanted if n < 10})
    store.close()


def test_texts_are_compared_as_they_are(ledger_url: str) -> None:
    store = Store(ledger_url)
    filled(store, 4)
    hostile = ["Ñ1", "ñ2", "Ñ3 ", '{"Ñ3"}', "Ñ3,Ñ2", "NULL", "", "'; DROP TABLE held; --"]
    with store.read() as connection:
        query = sa.select(_TABLE.c.seq).where(bulk.among(connection, _TABLE.c.name, hostile))
        assert list(connection.execute(query).scalars()) == [1]
        assert connection.execute(sa.select(sa.func.count()).select_from(_TABLE)).scalar() == 4
    store.close()


@pytest.mark.postgres
def test_a_reader_of_some_labels_has_each_value_looked_up_and_no_other_row_read(
    fresh_postgres: str,
) -> None:
    store = Store(fresh_postgres)
    store.upgrade()
    with store.write() as connection:
        connection.exec_driver_sql("INSERT INTO label VALUES (1, 'marisol', '{}', '')")
        connection.exec_driver_sql(
            "INSERT INTO record (seq, id, label_id, version, kind, key, body, salt, digest, "
            "recorded_time) SELECT n, 'R' || n, 1, 1, 'consignment', 'K' || n, '{}', '', '', 'T' "
            "FROM generate_series(1, 20000) AS n"
        )
        connection.exec_driver_sql("ANALYZE record")
    with store.read_for({1}) as connection:
        for column, wanted in ((record.c.seq, [5, 400]), (record.c.id, ["R5", "R400"])):
            query = sa.select(record.c.key).where(bulk.among(connection, column, wanted))
            assert sorted(connection.execute(query).scalars()) == ["K400", "K5"]
            text = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
            plan = connection.exec_driver_sql(f"EXPLAIN {text}").scalars()
            assert "Seq Scan on record" not in "\n".join(plan)
    store.close()
