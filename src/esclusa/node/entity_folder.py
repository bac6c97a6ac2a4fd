"""The folder of registers of entities: which file is in force, how one is put in its place, what is
removed. A file is ``<register>-<time>.db``, a register being the digest of its labels and of all
else that decides what stands in it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from esclusa.ledger.register import File

FOLDER: Final = "entities"
_LOCK: Final = "making.lock"
_KEPT: Final = 8
"""Files in the folder; the one used longest ago is removed first."""


class Folder:
    """The folder of a node's registers. Several processes may share it."""

    def __init__(self, node: Path) -> None:
        self._path = node / FOLDER

    def files(self) -> list[Path]:
        """Return all files, the newest of a register last."""
        return sorted(self._path.glob("*.db"))

    def newest(self, name: str) -> Path | None:
        """Return the file of a register that is in force, None without one."""
        return max(self._path.glob(f"{name}-*.db"), default=None)

    @contextmanager
    def making(self, *, wait: bool = True) -> Iterator[bool]:
        """Be the only one who makes files here, among threads and processes; what others left
        unfinished is removed. A process that is killed lets go.

        :returns: whether it is so; always when ``wait``.
        """
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._path / _LOCK).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            self._clear()
            try:
                yield True
            finally:
                self._clear()

    def _clear(self) -> None:
        for left in self._path.glob("*.part*"):
            left.unlink(missing_ok=True)

    def part(self, name: str) -> Path:
        """Return an empty file that nobody else may read, to become a register; while making."""
        part = self._path / f"{name}.part"
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return part

    def put(self, part: Path, name: str) -> Path:
        """Put a finished file in its place, whole or not at all, and return its path. It is a new
        name each time: others may hold the file before it open, with a journal named after it."""
        with part.open("rb") as written:
            os.fsync(written.fileno())
        before = list(self._path.glob(f"{name}-*.db"))
        path = self._path / f"{name}-{time.time_ns():020}.db"
        part.replace(path)
        for one in before:
            remove(one)
        return path

    def prune(self, kept: Collection[str]) -> None:
        """Make room for one more file: remove those used longest ago, but for ``kept``."""
        used: list[tuple[str, Path]] = []
        for path in self.files():
            try:
                with closing(File(path)) as file:
                    used.append((file.get("used"), path))
            except sqlite3.DatabaseError:
                remove(path)
        old = [path for _, path in sorted(used) if register_of(path) not in kept]
        for path in old[: max(0, len(used) - _KEPT + 1)]:
            remove(path)

    def empty(self) -> None:
        """Remove every file."""
        for path in self.files():
            remove(path)


def register_of(path: Path) -> str:
    """Return which register a file is one of."""
    return path.stem.partition("-")[0]


def remove(path: Path) -> None:
    """Remove a register's file and what SQLite keeps beside it."""
    for beside in ("", "-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
