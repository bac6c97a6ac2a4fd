"""Connections, transactions and migrations: the only module that knows which database it is.

SQLite runs in WAL mode with full sync, so a committed transaction survives a power cut. Writers
begin IMMEDIATE: with a plain BEGIN, four processes failed 469 of 600 transactions; with IMMEDIATE
none did (measured). On PostgreSQL writers take one advisory lock, which keeps the sequence gapless.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from esclusa.errors import LedgerError
from esclusa.ledger.schema import ERASED

_WRITER_LOCK: Final = 0x65_73_63_6C  # "escl": any constant will do, it must only never change
_SOLE_LOCKS: Final = {"": _WRITER_LOCK + 1, "sets": _WRITER_LOCK + 2}
READER_ROLE: Final = "esclusa_reader"
"""The role of PostgreSQL that sees the rows under the labels of its transaction and no others."""

_BUSY_SECONDS: Final = 60
"""How long a writer waits for another; an ingest transaction holds the lock well under a second."""

_CACHE_KIB: Final = 131_072
_PAGE: Final = 8_192
"""Bytes in a page of a new ledger's file; one that exists keeps its own. Most rows are a kilobyte
or more: half as many pages to write, and less of each empty (decision 0050)."""
_CHECKPOINT_BYTES: Final = 64 << 20
"""Bytes in the write-ahead log before SQLite carries them into the database. Its default of 1,000
pages does so at each commit of an ingest, and writes the same index pages over and over."""


def _address(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # its words would quote a password
        raise LedgerError(
            "the address of the database is none: write sqlite:///FILE or postgresql+psycopg://…"
        ) from None


class Store:
    """A database that holds a ledger.

    :param url: an SQLAlchemy URL, ``sqlite:///path`` or ``postgresql+psycopg://…``.
    :raises LedgerError: when the database cannot be reached or is of an unknown kind.
    """

    def __init__(self, url: str) -> None:
        self.url = _address(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.is_sqlite and self.url.get_backend_name() != "postgresql":
            raise LedgerError(f"database kind {self.url.get_backend_name()!r} is not supported")
        self.after_erasure: list[Callable[[Collection[int]], None]] = []
        """What is told the sequence numbers after each transaction in which
        :func:`~esclusa.ledger.emptying.erase` emptied versions: what is kept beside the ledger
        follows it."""
        self._erased = _Erased()
        self._schema = ""
        """The schema that this process found right, "" before it looked."""
        try:
            self._writer = self._engine(immediate=True)
            self._reader = self._engine(immediate=False)
        except (sa.exc.ArgumentError, ImportError) as error:
            why = str(error).partition("\n")[0]
            raise LedgerError(
                f"database driver {self.url.drivername!r} cannot be used: {why}; "
                "write sqlite:///FILE or postgresql+psycopg://…, which needs the extra postgres"
            ) from None

    def _engine(self, *, immediate: bool) -> sa.Engine:
        if not self.is_sqlite:
            isolation = "READ COMMITTED" if immediate else "REPEATABLE READ"
            engine = sa.create_engine(
                self.url, isolation_level=isolation, pool_pre_ping=True, hide_parameters=True
            )
            if not immediate:

                @sa.event.listens_for(engine, "connect")
                def _read_only(connection: Any, _record: Any) -> None:
                    connection.read_only = True  # said with BEGIN, and not in a trip of its own

            return engine
        # Parameters are record content: they stand in no error and no log line of the database.
        engine = sa.create_engine(
            self.url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True
        )
        begin = "BEGIN IMMEDIATE" if immediate else "BEGIN"

        @sa.event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # SQLAlchemy's "begin" event below starts them
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA page_size = {_PAGE}")  # only before the first table
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            cursor.execute("PRAGMA secure_delete = ON")
            page = cursor.execute("PRAGMA page_size").fetchone()[0]
            cursor.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_BYTES // page}")
            if not immediate:
                cursor.execute("PRAGMA query_only = ON")
            cursor.close()

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One durable transaction, alone among writers; rolled back when the block raises.

        :raises LedgerError: when the schema is no longer the one that :meth:`require_current` let
            this process in by: another process upgraded the ledger, or took it back.
        """
        with self._guard(), self._writer.begin() as connection:
            self._be_alone(connection)
            self._require_same(connection)
            connection.info.pop(ERASED, None)
            yield connection
            erased = connection.info.pop(ERASED, set())
        self._tell(erased)

    def _be_alone(self, connection: sa.Connection) -> None:
        """Wait for the other writers of a PostgreSQL; SQLite's transactions begin alone."""
        if not self.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")

    def _be_alone_soon(self, connection: sa.Connection) -> None:
        """The same for who changes the schema, who gives up after a while as it does on SQLite. Its
        tables wait for who reads them, and who reads may wait to write: no database sees that."""
        if not self.is_sqlite:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_BUSY_SECONDS}s'")
        self._be_alone(connection)

    def _require_same(self, connection: sa.Connection) -> None:
        if not self._schema:
            return
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if found != self._schema:
            raise LedgerError(
                f"the ledger's schema became version {found or 'none'} while this process works "
                f"with {self._schema}; stop it, start the version that belongs there"
            )

    @contextmanager
    def together(self) -> Iterator[None]:
        """Tell what the block erases, in this thread, once at its end and not after each
        transaction, also when it raises."""
        if self._erased.seqs is not None:
            yield
            return
        self._erased.seqs = set()
        try:
            yield
        finally:
            erased, self._erased.seqs = self._erased.seqs, None
            self._tell(erased)

    def _tell(self, erased: set[int]) -> None:
        if self._erased.seqs is not None:
            self._erased.seqs |= erased
            return
        for told in self.after_erasure if erased else ():
            told(erased)

    @contextmanager
    def sole(self, work: str = "") -> Iterator[bool]:
        """Be the only one, among the processes of this ledger, that does what takes several
        transactions and may be done by one at a time; nobody's reading or writing waits for it, and
        nobody waits here. A process that ends, however it ends, lets go. Not to be taken again
        inside the block.

        :param work: what is done, "" for erasing what is owed, "sets" for computing a set of keys;
            one does not hold up the other.
        :returns: whether it is so.
        :raises LedgerError: when it cannot be told.
        """
        with self._sole_file(work) if self.is_sqlite else self._sole_session(work) as ours:
            yield ours

    @contextmanager
    def _sole_file(self, work: str) -> Iterator[bool]:
        """A file beside the database that the operating system locks for who holds it open."""
        path = f"{self.url.database}{work and '.'}{work}.lock"
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError(f"{path} cannot be locked: {error.strerror}") from None
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                ours = True
            except BlockingIOError:
                ours = False
            except OSError as error:
                raise LedgerError(f"{path} cannot be locked: {error.strerror}") from None
            try:
                yield ours
            finally:
                if ours:  # closing alone lets go of nothing while a forked process has it open
                    fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            os.close(file)

    @contextmanager
    def _sole_session(self, work: str) -> Iterator[bool]:
        """A session that the server frees of its locks when it ends."""
        engine = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        with self._guard(), engine.connect() as connection:
            try:
                asked = sa.select(sa.func.pg_try_advisory_lock(_SOLE_LOCKS[work]))
                yield bool(connection.scalar(asked))
            finally:
                try:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock_all()))
                except sa.exc.DBAPIError:  # what the block did stands, and no lock outlives this
                    connection.invalidate()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent snapshot; writing in it fails."""
        with self._guard(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def read_for(self, visible: Collection[int]) -> Iterator[sa.Connection]:
        """One consistent snapshot for a reader who may see these labels; writing in it fails.

        On PostgreSQL the database itself shows no row under another label, whatever is asked. Role
        and labels end with the transaction.

        :raises LedgerError: when the role of releases cannot be taken; nothing is read then.
        """
        if self.is_sqlite:
            with self.read() as connection:
                yield connection
            return
        labels = ",".join(str(int(number)) for number in sorted(visible))
        with self._guard(), self._reader.begin() as connection:
            try:  # one trip to the server; whole numbers alone stand in it
                connection.exec_driver_sql(
                    f"SET LOCAL ROLE {READER_ROLE}; SET LOCAL esclusa.labels = '{{{labels}}}'"
                )
            except (sa.exc.DataError, sa.exc.ProgrammingError) as error:
                raise LedgerError(f"the role of releases cannot be taken: {error.orig}") from None
            yield connection.execution_options(walled=True)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            with suppress(sa.exc.SQLAlchemyError), self._reader.connect() as connection:
                self._require_same(connection)  # a column may be missing because of it
            if isinstance(error, sa.exc.ProgrammingError):
                raise
            # str(error) would quote the statement's parameters, which are record content.
            raise LedgerError(f"the ledger's database answered: {error.orig}") from None

    def upgrade(self) -> None:
        """Bring the schema to the newest version; safe to repeat."""
        with self._guard(), self._writer.begin() as connection:
            self._be_alone_soon(connection)
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        self._schema = ""

    def downgrade(self, revision: str) -> None:
        """Take the schema back to ``revision`` (``base`` removes everything)."""
        with self._guard(), self._writer.begin() as connection:
            self._be_alone_soon(connection)
            config = _alembic()
            config.attributes["connection"] = connection
            command.downgrade(config, revision)
        self._schema = ""

    def require_current(self) -> None:
        """Raise ``LedgerError`` unless the schema is the one this program was written for."""
        expected, found = _newest(), self.revision()
        if found != expected:
            raise LedgerError(
                f"the ledger's schema is version {found or 'none'}, expected {expected}; "
                "run `esclusa upgrade`"
            )
        self._schema = found

    def revision(self) -> str:
        """Return the version of the ledger's schema, "" for none."""
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""

    def size(self) -> int:
        """Return how many bytes the database takes."""
        with self.read() as connection:
            if self.is_sqlite:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())
            asked = sa.select(sa.func.pg_database_size(sa.func.current_database()))
            return int(connection.execute(asked).scalar_one())

    def scrub(self) -> None:
        """Overwrite what was deleted, so that a search of the database's files finds no trace.

        SQLite: deleted content is zeroed as it goes (``secure_delete``); here the index of words is
        merged, which drops its deleted entries, and the write-ahead log is emptied. PostgreSQL:
        dead rows are vacuumed away; their bytes may stay in free space and in its own log until
        reused, so keep its files on an encrypted disk.
        """
        with self._guard():
            if self.is_sqlite:
                with self.write() as connection:
                    connection.execute(
                        sa.text("INSERT INTO record_text(record_text) VALUES('optimize')")
                    )
                self.settle()
            else:
                engine = self._writer.execution_options(isolation_level="AUTOCOMMIT")
                with engine.connect() as connection:
                    for table in ("record", "record_text", "reference", "queue", "exchange_row",
                                  "taxii_object"):  # fmt: skip
                        connection.exec_driver_sql(f"VACUUM {table}")

    def settle(self) -> None:
        """Bring the database's file to the last commit, so that it holds nothing that was deleted
        since; the cheap part of :meth:`scrub`. PostgreSQL needs none."""
        if not self.is_sqlite:
            return
        with self._guard(), self._writer.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()


class _Erased(threading.local):
    """Versions that a thread erased and that nobody was told of yet, None outside of a block."""

    seqs: set[int] | None = None


def is_walled(connection: sa.Connection) -> bool:
    """Tell whether the database shows this connection the rows of some labels only."""
    return bool(connection.get_execution_options().get("walled"))


@cache
def _newest() -> str | None:
    """Return the schema that this program was written for."""
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
