"""What every test may ask for: a PostgreSQL server, a browser, and an honest count.

A test that cannot run on this machine says ``could not run: reason`` and is counted in the last
lines. With ``CI=true`` such a test fails the run: nothing is left out in silence.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

import postgres_server
from esclusa.api.throttle import Throttle

_RUN_FOLDER = "ESCLUSA_TEST_RUN"
_PREFIX = "could not run: "
_NAMES_SHOWN = 8

# The default repeats exactly; ESCLUSA_LONG=1 explores anew and deep, for an evening's run of the
# mutation and property tests: `ESCLUSA_LONG=1 pytest tests/formats`.
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", deadline=None, max_examples=100_000, suppress_health_check=list(HealthCheck)
)
settings.load_profile("long" if os.environ.get("ESCLUSA_LONG") else "default")


# --- folders in memory, and one PostgreSQL server for the run, shared by all workers --------------


_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
"""Bytes that must be free there, so that a run takes no memory that its programs need."""
_TEMPORARY = "PYTEST_DEBUG_TEMPROOT"
"""Where pytest makes the folders that tests write in; whoever runs the tests may set it."""


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _in_memory() -> bool:
    """Tell whether the folders of tests can lie in memory. The ledger and the vault sync what they
    take in, tens of thousands of times in a run, and a disk takes milliseconds for each. It shows
    nothing here: tests kill programs, never the machine."""
    return os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM


def pytest_configure(config: pytest.Config) -> None:
    os.environ["LC_ALL"] = "C.UTF-8"  # commands refuse in the language of the terminal
    if _is_worker(config):
        return
    os.environ[_RUN_FOLDER] = tempfile.mkdtemp(prefix="esclusa-tests-")
    if _TEMPORARY not in os.environ and _in_memory():
        os.environ[_TEMPORARY] = str(_MEMORY)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker(config):
        return
    folder = Path(os.environ.pop(_RUN_FOLDER))
    server = folder / "server"
    if server.exists():
        with contextlib.suppress(postgres_server.NoServer):
            postgres_server.stop(Path(server.read_text()))
    shutil.rmtree(folder, ignore_errors=True)


def _start_once(folder: Path) -> tuple[str, str]:
    """URL of the run's server, or "" and the reason; the first worker to ask starts it."""
    url, reason = folder / "url", folder / "reason"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not url.exists() and not reason.exists():
            try:
                address, server = postgres_server.start()
                (folder / "server").write_text(str(server))
                url.write_text(address)
            except postgres_server.NoServer as error:
                reason.write_text(str(error))
    return (url.read_text(), "") if url.exists() else ("", reason.read_text())


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """URL of a running PostgreSQL server's maintenance database; never write into that one."""
    given = os.environ.get("ESCLUSA_TEST_POSTGRES", "")
    if given:
        return given
    url, reason = _start_once(Path(os.environ[_RUN_FOLDER]))
    if not url:
        pytest.skip(f"{_PREFIX}no PostgreSQL: {reason}")
    return url


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def database_from(postgres_url: str) -> Callable[[str], contextlib.AbstractContextManager[str]]:
    """Give a function that copies a PostgreSQL database, by its URL, which nobody has open; "" for
    an empty one. The block gets the URL of the copy, which is dropped after it."""
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")

    @contextlib.contextmanager
    def copied(template: str) -> Iterator[str]:
        name = f"esclusa_{worker}_{os.getpid()}_{next(_numbers)}"
        made_from = sa.make_url(template).database if template else "template0"
        with server.connect() as connection:
            # A connection that was closed a moment ago may still be counted as one.
            gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.exec_driver_sql(gone, (made_from,))
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {made_from}")
        yield sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")

    return copied


@pytest.fixture
def fresh_postgres(
    database_from: Callable[[str], contextlib.AbstractContextManager[str]],
) -> Iterator[str]:
    """URL of a new, empty PostgreSQL database, dropped after the test."""
    with database_from("") as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database for a ledger; the test runs once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("fresh_postgres"))


# --- a browser ------------------------------------------------------------------------------------


_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OWN_NAMES = {"chrome", "headless_shell", "chrome-headless-shell"}


def _find_chromium() -> str | None:
    given = os.environ.get("ESCLUSA_CHROMIUM")
    if given:
        return given
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    cache = Path("~/.cache/ms-playwright").expanduser()
    own = [path for path in cache.glob("chromium*/*/*") if path.name in _OWN_NAMES]
    return str(max(own)) if own else None


@pytest.fixture
def brake_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock, in seconds, of the brake on sign-ins in every application made from now on. It
    stands still until a test moves it: on a busy machine one refused password may take longer than
    the first wait, which is 2 s."""
    clock = [0.0]
    build = Throttle.__init__
    monkeypatch.setattr(Throttle, "__init__", lambda self: build(self, clock=lambda: clock[0]))
    return clock


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to drive: ``playwright.chromium.launch(executable_path=chromium)``."""
    path = _find_chromium()
    if path is None:
        pytest.skip(f"{_PREFIX}no Chromium")
    return path


# --- the honest count -----------------------------------------------------------------------------


def _not_run(config: pytest.Config) -> dict[str, list[str]]:
    """Names of the tests that did not run, by reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    groups: dict[str, list[str]] = {}
    for report in reporter.stats.get("skipped", []) if reporter else []:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = text.removeprefix("Skipped: ").removeprefix(_PREFIX).strip()
        groups.setdefault(reason, []).append(report.nodeid)
    return groups


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    groups = _not_run(terminalreporter.config)
    if groups:
        terminalreporter.section("could not run")
    for reason, names in groups.items():
        plural = "" if len(names) == 1 else "s"
        terminalreporter.line(f"{_PREFIX}{len(names)} test{plural}: {reason}", yellow=True)
        for name in names[:_NAMES_SHOWN]:
            terminalreporter.line(f"  {name}")
        if len(names) > _NAMES_SHOWN:
            terminalreporter.line(f"  … and {len(names) - _NAMES_SHOWN} more")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    in_ci = os.environ.get("CI", "").lower() in {"true", "1"}
    if in_ci and not _is_worker(session.config) and _not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
