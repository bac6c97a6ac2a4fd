"""The fixtures that other tests stand on do what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa


def _value(url: str, sql: str) -> object:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql(sql).scalar()


def test_ledger_url_is_an_empty_database(ledger_url: str) -> None:
    engine = sa.create_engine(ledger_url, poolclass=sa.NullPool)
    assert sa.inspect(engine).get_table_names() == []


@pytest.mark.postgres
def test_postgres_is_a_real_server_that_stores_every_script(fresh_postgres: str) -> None:
    assert str(_value(fresh_postgres, "SHOW server_encoding")) == "UTF8"
    assert _value(fresh_postgres, "SELECT lower('ÑANDÚ')") == "ñandú"
    assert int(str(_value(fresh_postgres, "SHOW server_version_num"))) >= 140_000


@pytest.mark.postgres
def test_the_server_listens_on_no_network_address(postgres_url: str) -> None:
    assert _value(postgres_url, "SHOW listen_addresses") == ""


@pytest.mark.browser
def test_chromium_answers(chromium: str) -> None:
    done = subprocess.run([chromium, "--version"], check=True, capture_output=True, timeout=60)
    assert b"Chrom" in done.stdout


_SAMPLE = """
import pytest
def test_runs(): pass
def test_needs_more(): pytest.skip("could not run: no Chromium")
def test_needs_more_too(): pytest.skip("could not run: no Chromium")
"""


@pytest.mark.parametrize(
    ("ci", "workers", "code"), [("", "0", 0), ("true", "0", 1), ("true", "2", 1)]
)
def test_what_could_not_run_is_counted_named_and_fails_in_ci(
    tmp_path: Path, ci: str, workers: str, code: int
) -> None:
    (tmp_path / "test_sample.py").write_text(_SAMPLE)
    done = _pytest(tmp_path, ci, "-n", workers)
    last = done.stdout.strip().splitlines()[-6:]
    assert "could not run: 2 tests: no Chromium" in done.stdout
    assert any("test_needs_more_too" in line for line in last)
    assert "1 passed, 2 skipped" in last[-1]
    assert done.returncode == code


def _pytest(folder: Path, ci: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    tests = Path(__file__).parents[1]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "ESCLUSA_"))
    }
    environment |= {"CI": ci, "PYTHONPATH": str(tests), "COLUMNS": "100"}
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-c", os.devnull]
    return subprocess.run(
        [*command, f"--rootdir={folder}", *arguments, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=folder,
    )
