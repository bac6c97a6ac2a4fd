"""A new ledger's file has pages of 8 KiB; one that was made with others keeps them and is the same
ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from esclusa.ledger import audit
from esclusa.ledger.store import Store

LOG = 64 << 20


def pages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA page_size").fetchone()[0])


@pytest.mark.parametrize("size", [4096, 8192])
def test_a_ledger_keeps_the_pages_it_was_made_with(tmp_path: Path, size: int) -> None:
    path = tmp_path / "ledger.sqlite"
    if size != 8192:  # as ledgers were made before
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA page_size = {size}")
            connection.execute("CREATE TABLE first (a)")
            connection.execute("DROP TABLE first")
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    for number in range(3):
        with store.write() as connection:
            audit.write_line(connection, who="r.solano", role="analyst", purpose="border_control",
                             action="record:view", subject=f"r{number}")  # fmt: skip
    with store.write() as connection:
        log = connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one()
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    with store.read() as connection:
        assert audit.verified(connection).lines == 3
    store.settle()
    assert store.size() == path.stat().st_size
    store.close()
    assert pages(path) == size
    assert log * size == LOG
