"""Registers of entities, one for each set of labels that somebody reads under, brought up to date
from the ledger: before each answer, once a minute, and at once when a record is erased."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Final, Literal

import msgspec
import sqlalchemy as sa

from esclusa.analysis.resolution import Settings
from esclusa.errors import EsclusaError, LedgerError, StateError
from esclusa.ledger.labels import Labels
from esclusa.ledger.register import File
from esclusa.ledger.register.file import is_of_the_machine
from esclusa.ledger.standing import (
    Mark,
    Standing,
    in_force,
    mark,
    since,
    standing,
    standing_at,
)
from esclusa.ledger.store import Store
from esclusa.node import entity_judging as judging
from esclusa.node.entity_folder import Folder, register_of, remove
from esclusa.node.entity_known import Known
from esclusa.node.entity_making import Maker, Runs, unused_for, used
from esclusa.node.entity_taking import (
    KINDS,
    UNSETTLED,
    Taking,
    goes_on,
    gone,
    holds,
    is_before,
    labels_in,
    note,
    noted,
    owed_in,
    stands,
)

_LOG: Final = logging.getLogger("esclusa")
_MADE: Final = "the entities are being worked out, which takes some minutes; ask again then"
_BROKEN: Final = "the register of entities was broken and is made anew; ask again"

State = Literal["current", "more", "ahead", "anew"]
"""What a file is for a snapshot of the ledger: of just that; on the way there; ahead of it, so a
later one is needed; or not to be brought there, so that it is made anew."""

_OPEN: Final = 4
"""Files that a process holds open; the one used longest ago is closed first."""
_STEP: Final = 500
"""Versions taken in at once; between two steps others get their turn."""
_ANEW: Final = 20_000
"""From so many new versions on, if they are a fifth of all, everything is worked out anew."""
_SHARE: Final = 0.2
_IDLE: Final = dt.timedelta(days=1)
"""A file that nobody asked for so long is not kept up to date until somebody does."""
_TURN: Final = 10.0
"""Seconds of keeping up to date before other jobs get their turn."""
_HOUR: Final = dt.timedelta(hours=1)


class Registers:
    """The registers of a node. One thread at a time: :attr:`lock` is the caller's to hold, but for
    :meth:`make`."""

    def __init__(self, folder: Path, store: Store, labels: Labels, settings: Settings) -> None:
        """:param folder: the node's; the files lie in a folder of their own in it."""
        self.settings: Final = settings
        self.lock: Final = RLock()
        self._folder = Folder(folder)
        self._store = store
        self._taking = Taking(labels, settings)
        self._maker = Maker(self._folder, store, labels, self._taking)
        self._open: OrderedDict[str, File] = OrderedDict()
        self.patience: float | None = None
        """Seconds that somebody waits for a file to be made or brought up to date; None: for as
        long as it takes."""
        self._runs = Runs()

    # -- files

    def file(self, visible: Collection[int]) -> File | None:
        """Return the file for these labels, open; None when there is none that can be read."""
        name = self._maker.name(visible)
        path = self._folder.newest(name)
        file = self._open.pop(name, None)
        if file is not None and file.path != path:  # another process made it anew
            file.close()
            file = None
        if file is None and path is not None:
            try:
                file = File(path)
            except sqlite3.DatabaseError as error:
                if not path.exists():
                    return self.file(visible)
                if is_of_the_machine(error):
                    raise
                remove(path)
        if file is None:
            return None
        self._open[name] = file
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)[1].close()
        return file

    def drop(self, visible: Collection[int]) -> None:
        """Remove the file for these labels: it is broken."""
        name = self._maker.name(visible)
        path = self._close(name) or self._folder.newest(name)
        if path is not None:
            remove(path)

    def _close(self, name: str) -> Path | None:
        file = self._open.pop(name, None)
        if file is None:
            return None
        file.close()
        return file.path

    def close(self) -> None:
        """Close all files, and leave what is being made."""
        self._maker.ended = True
        self._runs.wait(_TURN)
        self._maker.ended = False
        with self.lock:
            while self._open:
                self._open.popitem()[1].close()

    def clear(self) -> None:
        """Remove every file; each is made anew when somebody asks."""
        with self.lock:
            self.close()
            self._folder.empty()

    # -- making

    def make(self, visible: Collection[int]) -> None:
        """Make a file of what is in force under these labels now. The one that was there stays in
        force until then. Whoever asks waits for it, no longer than :attr:`patience`; others are
        answered meanwhile.

        :raises StateError: when it takes longer. It is made all the same.
        """
        if self.patience is None:
            self._make(visible)
            return
        run = self._runs.started(self._maker.name(visible), lambda: self._make(visible))
        try:
            run.result(self.patience)
        except TimeoutError:
            raise StateError(_MADE) from None

    def _make(self, visible: Collection[int]) -> None:
        path = self._maker.make(visible, list(self._open))
        if path is not None:
            # A record erased meanwhile is in it, and who erased it did not find the file.
            with self.lock:
                self._forget_or_remove(path)

    def remake(self) -> int:
        """Make every file anew; return how many there are."""
        found = [visible for _path, visible in self._maker.sets(stale=remove)]
        for visible in found:
            self._make(visible)
        return len(found)

    def check(self) -> list[str]:
        """Verify every file; return one sentence per finding."""
        return self._maker.check()

    # -- reading

    def until(self) -> Callable[[], None]:
        """Return what raises ``StateError`` when patience is at its end."""
        end = time.monotonic() + self.patience if self.patience is not None else None

        def check() -> None:
            if end is not None and time.monotonic() > end:
                raise StateError(_MADE)

        return check

    def nearer(
        self, connection: sa.Connection, visible: frozenset[int]
    ) -> tuple[State, Known | None]:
        """Bring the entities of these labels a step nearer to a snapshot of the ledger. Where they
        are of just that, return them too: they are to be read within :meth:`told`."""
        with self._sound(visible, quiet=True):
            file = self.file(visible)
            if file is None:
                return "anew", None
            here = standing(connection)
            state = self.catch_up(connection, visible, file, here)
            if state == "current" and file.path is not None and file.path.exists():
                file.begin()
                if stands(here, file):
                    return state, self._taking.known(file)
                file.end()
                return "ahead", None
            return ("more" if state == "current" else state), None
        return "anew", None

    @contextmanager
    def told(self, visible: frozenset[int]) -> Iterator[None]:
        """What :meth:`nearer` returned is read in this block.

        :raises StateError: when the file turns out to be broken; it is made anew.
        :raises LedgerError: when the machine does not let it be read.
        """
        name = self._maker.name(visible)
        file = self._open[name]
        try:
            with self._sound(visible):
                yield
        finally:
            if self._open.get(name) is file:  # and was not broken
                file.end()

    @contextmanager
    def _sound(self, visible: frozenset[int], *, quiet: bool = False) -> Iterator[None]:
        """Remove the file for these labels when it is broken, and say so."""
        try:
            yield
        except EsclusaError:
            raise
        except Exception as error:
            if isinstance(error, sqlite3.Error) and is_of_the_machine(error):
                raise LedgerError(f"the register of entities answered: {error}") from None
            file = self._open.get(self._maker.name(visible))
            if not isinstance(error, sqlite3.Error) and (file is None or file.whole()):
                raise
            self.drop(visible)
            _LOG.warning("a register of entities was broken and is made anew")
            if not quiet:
                raise StateError(_BROKEN) from None

    # -- keeping up

    def catch_up(
        self, connection: sa.Connection, visible: Collection[int], file: File,
        shown: Standing, *, asked: bool = True,
    ) -> State:  # fmt: skip
        """Bring a file one step nearer to what a snapshot of the ledger shows.

        :param shown: how far the snapshot has come.
        :param asked: somebody reads it; noted once an hour, so that what nobody reads goes.
        """
        here = shown.mark
        if stands(shown, file) and not (asked and unused_for(file) > _HOUR):
            return "current"
        with file.writing():
            before = noted(file)  # another process may have been faster
            if is_before(here, before):
                return "ahead"
            if not goes_on(connection, file, here):
                return "anew"
            left = gone(connection, file, here)
            (fresh, replaced), (said, answered) = since(
                connection, visible, (KINDS, {judging.KIND}), before.last
            )
            if owed := owed_in(file):
                fresh |= in_force(connection, owed, KINDS)
                said |= in_force(connection, owed, {judging.KIND})
            seqs = [seq for seq in sorted({*fresh, *said}) if not holds(file, seq)]
            if len(seqs) > _ANEW and len(seqs) > _SHARE * _size(file):  # counting reads all rows
                return "anew"
            some = set(seqs[:_STEP])
            last = here.last if len(some) == len(seqs) else max(before.last, *some)
            taking, came, spoken = self._taking, _of(fresh, some), _of(said, some)
            touched = taking.versions(connection, visible, file, came, replaced | left)
            taking.judgements(connection, visible, file, spoken, answered | left, touched)
            reached = Mark(last, here.erased, here.at)
            whole = last == here.last
            digest = shown.digest if whole else standing_at(connection, last)
            note(file, Standing(reached, digest), visible)
            if whole:
                file.run("DELETE FROM meta WHERE name = 'owed'")
            if asked:
                used(file)
            if left:
                file.put(UNSETTLED, "1")
        if left:
            self._settle(file)
        return "current" if whole else "more"

    def _settle(self, file: File) -> None:
        """Leave nothing of what was erased beside a file; where a reader in another process hinders
        that, the file goes, and is made anew when somebody asks."""
        if file.settle():
            file.run("DELETE FROM meta WHERE name = ?", (UNSETTLED,))
        elif file.path is not None:
            self._close(register_of(file.path))
            remove(file.path)

    def keep_up(self) -> None:
        """Bring every file nearer to the ledger that somebody uses, for some seconds; safe to do at
        any time and as often as one likes. One that has to be made anew waits until somebody asks:
        other jobs wait for this one."""
        until = time.monotonic() + _TURN
        for path, visible in self._maker.sets(stale=remove):
            state: State = "more"
            while state == "more" and time.monotonic() < until:
                with self.lock, self._store.read_for(visible) as connection:
                    file = self.file(visible)
                    if file is None or file.path != path or unused_for(file) > _IDLE:
                        break
                    here = standing(connection)
                    state = self.catch_up(connection, visible, file, here, asked=False)

    def forget(self, seqs: Collection[int] = ()) -> None:
        """Take what was erased out of every file at once, and nothing else in: that may take long
        where a file was not used for months.

        :param seqs: the versions that were erased; without any each file is compared with the
            ledger, and what a killed process left unfinished is removed.
        """
        if not seqs:
            with self._folder.making(wait=False):
                pass
        for path in self._folder.files():
            with self.lock:
                self._forget_or_remove(path, seqs)

    def _forget_or_remove(self, path: Path, seqs: Collection[int] = ()) -> None:
        try:
            self._forget(path, seqs)
        except (sqlite3.DatabaseError, msgspec.DecodeError, KeyError, LedgerError):
            # Better no file than one with a name that was erased.
            self._close(register_of(path))
            remove(path)

    def _forget(self, path: Path, seqs: Collection[int] = ()) -> None:
        if not path.exists():
            return
        held = self._open.get(register_of(path))
        file = held if held is not None and held.path == path else File(path)
        try:
            if seqs and not any(holds(file, seq) for seq in seqs):
                return
            with self._store.read_for(labels_in(file)) as connection:
                here, before = mark(connection), noted(file)
                left = bool(file.get(UNSETTLED))  # its process was killed
                if seqs or (here.erased, here.at) != (before.erased, before.at):
                    with file.writing():
                        if not goes_on(connection, file, here):
                            remove(path)
                            return
                        left |= self._taking.erased(connection, file)
            if left:
                self._settle(file)
        finally:
            if file is not held:
                file.close()


def _of(found: dict[int, int], some: Collection[int]) -> dict[int, int]:
    return {seq: label for seq, label in found.items() if seq in some}


def _size(file: File) -> int:
    return int(file.one("SELECT count(*) FROM version")[0])
