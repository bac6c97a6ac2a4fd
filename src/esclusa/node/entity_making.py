"""Registers of entities made at once: of everything in force, or of a copy for fewer labels."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from threading import Lock, Thread
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa import __version__
from esclusa.analysis.resolution import Entities, Mention
from esclusa.errors import LedgerError
from esclusa.ledger.labels import Labels
from esclusa.ledger.register import File, fill
from esclusa.ledger.register.file import FORMAT
from esclusa.ledger.standing import in_force, standing
from esclusa.ledger.store import Store
from esclusa.node import entity_judging as judging
from esclusa.node.entity_folder import Folder, register_of
from esclusa.node.entity_taking import KINDS, Taking, labels_in, note, number_of, stands

_CANNOT: Final = "a register of entities cannot be made"
_REMAKE: Final = "`esclusa resolve rebuild` makes it anew"


class Ended(Exception):
    """The node is closed; what was being made is left."""


class Maker:
    """Makes files. Safe to use in several threads and processes: one makes at a time."""

    def __init__(self, folder: Folder, store: Store, labels: Labels, taking: Taking) -> None:
        self._folder, self._store, self._labels, self._taking = folder, store, labels, taking
        self._names: dict[frozenset[int], str] = {}
        self.ended = False
        """Whether to leave what is being made."""

    def name(self, visible: Collection[int]) -> str:
        """Return the name of the register for these labels. Another version of the program, other
        settings or another way of keeping have others."""
        seen = frozenset(visible)
        if seen not in self._names:
            numbers = sorted(number_of(self._labels.get(one)) for one in seen)
            said = [FORMAT, __version__, numbers, self._taking.settings]
            text = msgspec.json.encode(said, order="deterministic")
            self._names[seen] = blake2b(text, digest_size=12).hexdigest()
        return self._names[seen]

    def sets(
        self, stale: Callable[[Path], None] = lambda _path: None
    ) -> Iterator[tuple[Path, frozenset[int]]]:
        """Yield each file and its labels. One of other settings, or written by another version, or
        that is none, is given to ``stale``."""
        for path in self._folder.files():
            try:
                with closing(File(path)) as file:
                    visible = labels_in(file)
                named = self.name(visible)
            except (sqlite3.DatabaseError, msgspec.DecodeError, KeyError):
                named = ""
            if named == register_of(path):
                yield path, visible
            else:
                stale(path)

    def make(self, visible: Collection[int], kept: Collection[str]) -> Path | None:
        """Make a file of what is in force under these labels now, in the place of the one that was
        there, which stays in force until then.

        :param kept: registers that are in use: none of them goes to make room.
        :returns: its path; None when another process or thread was faster.
        :raises LedgerError: when the machine does not let it be written.
        """
        try:
            return self._made(visible, kept)
        except OSError as error:
            raise LedgerError(f"{_CANNOT}: {error.strerror}") from None
        except sqlite3.OperationalError as error:
            raise LedgerError(f"{_CANNOT}: {error}") from None

    def _made(self, visible: Collection[int], kept: Collection[str]) -> Path | None:
        name = self.name(visible)
        stood = self._folder.newest(name)
        with self._folder.making():
            if self._folder.newest(name) != stood:
                return None
            self._folder.prune({name, *kept})
            part = self._folder.part(name)
            if stood is not None or not self.copied(part, visible):
                self._filled(part, visible)
            return self._folder.put(part, name)

    def _filled(self, part: Path, visible: Collection[int]) -> None:
        with self._store.read_for(visible) as connection, closing(File(part, fresh=True)) as file:
            here = standing(connection)
            spoken = in_force(connection, visible, {judging.KIND})
            with file.writing():
                stated = self._stated(connection, visible, file)
                fill(file, Entities.build(stated, (), self._taking.settings))
                self._taking.judgements(connection, visible, file, spoken, (), frozenset())
                note(file, here, visible)
                used(file)

    def _stated(
        self, connection: sa.Connection, visible: Collection[int], file: File
    ) -> Iterator[Mention]:
        versions = in_force(connection, visible, KINDS)
        for one in self._taking.stated(connection, visible, versions, file):
            if self.ended:
                raise Ended
            yield one

    def copied(self, part: Path, visible: Collection[int]) -> bool:
        """Begin with a copy of what is kept for fewer labels, if there is such a file: a marking
        that nobody had used came in. The rest of the labels is owed."""
        seen = frozenset(visible)
        fewer = [path for path, labels in self.sets() if labels and labels < seen]
        if not fewer:
            return False
        largest = max(fewer, key=lambda path: path.stat().st_size)
        with closing(File(largest)) as source, closing(sqlite3.connect(part)) as target:
            source.db.backup(target)
        with closing(File(part)) as file, file.writing():
            file.put("owed", msgspec.json.encode(sorted(seen - labels_in(file))).decode())
            file.put("labels", msgspec.json.encode(sorted(seen)).decode())
            used(file)
        return True

    def check(self) -> list[str]:
        """Verify every file; return one sentence per finding."""
        found = []
        for path, visible in self.sets():
            name = f"{path.parent.name}/{path.name}"
            with self._store.read_for(visible) as connection, closing(File(path)) as file:
                if not file.whole():
                    found.append(f"{name} is damaged: {_REMAKE}")
                elif stands(standing(connection), file):
                    held = {row[0] for row in file.all("SELECT seq FROM version")}
                    if held != in_force(connection, visible, KINDS).keys():
                        found.append(f"{name} is of other records: {_REMAKE}")
        return found


class Runs:
    """What is made beside those who wait for it, each thing once at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._runs: dict[str, Future[None]] = {}

    def started(self, name: str, job: Callable[[], None]) -> Future[None]:
        """Return the run under a name; begun if there is none."""
        with self._lock:
            if name in self._runs:
                return self._runs[name]
            run = self._runs[name] = Future[None]()
        Thread(target=self._run, args=(name, run, job), name="entities", daemon=True).start()
        return run

    def _run(self, name: str, run: Future[None], job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # who waits is told; the next one who asks begins anew
            run.set_exception(error)
        else:
            run.set_result(None)
        with self._lock:
            del self._runs[name]

    def wait(self, seconds: float) -> None:
        """Wait until all have ended, for so long at most."""
        with self._lock:
            runs = list(self._runs.values())
        wait(runs, timeout=seconds)


def used(file: File) -> None:
    """Note that somebody reads a file."""
    file.put("used", dt.datetime.now(dt.UTC).isoformat())


def unused_for(file: File) -> dt.timedelta:
    """Return for how long nobody read a file."""
    noted: Final = file.get("used")
    return dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(noted) if noted else dt.timedelta.max
