"""What one process of a ledger does alone, on both databases."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from esclusa.errors import LedgerError
from esclusa.ledger.store import Store

_END_HOLDERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


@pytest.fixture
def two(ledger_url: str) -> Iterator[tuple[Store, Store]]:
    """One ledger as two processes have it."""
    with closing(Store(ledger_url)) as one, closing(Store(ledger_url)) as other:
        yield one, other


def test_one_is_alone_and_another_is_told_so_at_once(two: tuple[Store, Store]) -> None:
    one, other = two
    with one.sole() as ours, other.sole() as theirs:
        assert (ours, theirs) == (True, False)
    with other.sole() as theirs, one.sole() as ours:
        assert (ours, theirs) == (False, True)
    with one.sole() as ours, other.sole("sets") as another, one.sole("sets") as theirs:
        assert (ours, another, theirs) == (True, True, False)
    with pytest.raises(ZeroDivisionError), one.sole():
        raise ZeroDivisionError
    with other.sole() as theirs:
        assert theirs


def test_what_was_begun_alone_is_ended_when_the_servers_session_is_lost(
    fresh_postgres: str,
) -> None:
    with closing(Store(fresh_postgres)) as one, closing(Store(fresh_postgres)) as other:
        with one.sole() as ours, other.write() as connection:
            assert ours and connection.scalar(sa.text(_END_HOLDERS))
        with other.sole() as theirs:
            assert theirs
        with one.sole() as ours:
            assert ours


def test_a_process_forked_meanwhile_keeps_nothing_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    locking, copies = fcntl.flock, list[int]()

    def locked(file: int, how: int) -> None:
        copies.append(os.dup(file))  # what a fork gives its child
        locking(file, how)

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", locked)
        with store.sole() as ours:
            assert ours
    with store.sole() as ours:
        assert ours
    for file in copies:
        os.close(file)


def test_a_file_that_cannot_be_locked_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'ledger.sqlite'}")

    def unable(_file: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", unable)
        with pytest.raises(LedgerError, match=r"ledger\.sqlite\.lock .*: No locks"), store.sole():
            pass
    (tmp_path / "ledger.sqlite.lock").unlink()
    (tmp_path / "ledger.sqlite.lock").mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.sqlite\.lock .*: Is a directory"), store.sole():
        pass
