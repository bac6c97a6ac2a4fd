"""Where a log keeps its files: in memory, or in a folder that survives a pulled plug.

A storage does two things: it reads a file, and it writes a group of files, all or none. In a folder
a group is first one frame at the end of ``journal``, synced once; that is what makes a commit
durable, and why a thousand entries cost one sync. Now and then the journal is *folded*: each file
is written under a second name, synced, renamed, and only then is the journal cut. So a file under
its final name is whole, and a crash at any moment leaves either the old group or the new one.

A torn frame at the end of the journal was never acknowledged and is dropped. A damaged frame with
whole ones behind it was, and raises.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import msgspec

from esclusa.errors import LedgerError, ProofError

Files = Mapping[str, bytes | None]
"""Files by path below the log's prefix; None removes one."""

JOURNAL: Final = "journal"
_MAGIC: Final = b"EsJ1"
_HEAD: Final = len(_MAGIC) + 8
_SECOND: Final = ".new"
_FRAME = dict[str, bytes | None]

FOLD_AT: Final = 8 << 20
"""Bytes of journal from which on it is folded: a start reads no more than that."""

_SYNCS: Final = 16
"""Syncs under way at once; the file system then answers many of them with one write."""


class Storage(Protocol):
    """What a log needs of the place it is kept in."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is no such file."""

    def write(self, files: Files) -> None:
        """Write and remove files: all or none of them, durable on return."""


class MemoryStorage:
    """Keeps files in a dictionary, for tests and for what another node proves about itself."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is no such file."""
        return self.files.get(path)

    def write(self, files: Files) -> None:
        """Write and remove files."""
        for path, data in files.items():
            if data is None:
                self.files.pop(path, None)
            else:
                self.files[path] = data


class Disk(Protocol):
    """The few things a folder does; a test puts one that crashes in its place.

    Each method is durable on return; none but ``rename`` promises to be atomic.
    """

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is no such file."""

    def append(self, path: str, data: bytes) -> None:
        """Add bytes to the end of a file."""

    def cut(self, path: str, size: int) -> None:
        """Shorten a file."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write whole files, folders included."""

    def rename(self, names: Mapping[str, str]) -> None:
        """Give files their final names."""

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files that are there."""


class FolderStorage:
    """Keeps files in a folder, journal first. One writer at a time.

    :raises ProofError: when acknowledged frames of the journal are damaged.
    """

    def __init__(self, disk: Disk, *, fold_at: int = FOLD_AT) -> None:
        self._disk = disk
        self._fold_at = fold_at
        self._failed = False
        frames, self._length = _read_journal(disk.read(JOURNAL) or b"")
        self._fresh: dict[str, bytes | None] = {
            path: data for frame in frames for path, data in frame.items()
        }
        disk.cut(JOURNAL, self._length)

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is no such file."""
        return self._fresh[path] if path in self._fresh else self._disk.read(path)

    def write(self, files: Files) -> None:
        """Write and remove files: all or none of them, durable on return.

        :raises LedgerError: when the disk fails. Nothing more is written until the folder is opened
            anew: what a disk holds after a failed sync, nobody knows.
        """
        if self._failed:
            raise LedgerError("an earlier write of the log failed: open it anew")
        try:
            if self._length >= self._fold_at:
                self.fold()
            frame = _frame(files, self._length)
            self._disk.append(JOURNAL, frame)
        except OSError as error:
            self._failed = True
            raise LedgerError(f"the log cannot be written: {error.strerror}") from error
        self._length += len(frame)
        self._fresh.update(files)

    def fold(self) -> None:
        """Bring what only the journal holds into the files; the content does not change."""
        if not self._length:
            return
        files = {path: data for path, data in self._fresh.items() if data is not None}
        self._disk.write({path + _SECOND: data for path, data in files.items()})
        self._disk.rename({path + _SECOND: path for path in files})
        self._disk.remove(path for path, data in self._fresh.items() if data is None)
        self._disk.cut(JOURNAL, 0)
        self._fresh, self._length = {}, 0


class Folder:
    """A folder on a real disk, held by one process.

    :raises LedgerError: when another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._lock = (path / "lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise LedgerError("another process writes to this log") from None

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is no such file."""
        return read_file(self.path, path)

    def append(self, path: str, data: bytes) -> None:
        """Add bytes to the end of a file."""
        new = not (self.path / path).exists()
        with (self.path / path).open("ab", buffering=0) as file:
            _write_all(file.fileno(), data)
            os.fdatasync(file.fileno())
        if new:
            _sync_folder(self.path)

    def cut(self, path: str, size: int) -> None:
        """Shorten a file."""
        if not (self.path / path).exists():
            return
        with (self.path / path).open("r+b", buffering=0) as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write whole files, folders included."""
        for folder in {(self.path / path).parent for path in files}:
            folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_SYNCS) as pool:
            list(pool.map(lambda item: _write_synced(self.path / item[0], item[1]), files.items()))

    def rename(self, names: Mapping[str, str]) -> None:
        """Give files their final names."""
        for old, new in names.items():
            (self.path / old).replace(self.path / new)
        self._sync_above(names.values())

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files that are there."""
        gone = [path for path in paths if (self.path / path).exists()]
        for path in gone:
            (self.path / path).unlink()
        self._sync_above(gone)

    def _sync_above(self, paths: Iterable[str]) -> None:
        """Sync every folder on the way to these files; one of them may be new itself."""
        folders = {
            folder
            for path in paths
            for folder in (self.path / path).parents
            if folder.is_relative_to(self.path)
        }
        for folder in sorted(folders, reverse=True):
            _sync_folder(folder)


class FolderReader:
    """Reads a log's folder while its node writes to it; what it reads is whole or absent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        frames, _length = _read_journal(read_file(path, JOURNAL) or b"")
        self._fresh = {name: data for frame in frames for name, data in frame.items()}

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is no such file."""
        return self._fresh[path] if path in self._fresh else read_file(self._path, path)

    def write(self, files: Files) -> None:
        """Refuse: only the node writes."""
        raise LedgerError("this log was opened for reading")


def read_file(folder: Path, path: str) -> bytes | None:
    """Return a file's bytes, None when there is no such file."""
    try:
        return (folder / path).read_bytes()
    except FileNotFoundError:
        return None


# --- the journal ----------------------------------------------------------------------------------


def _frame(files: Files, place: int) -> bytes:
    payload = msgspec.msgpack.encode(files)
    check = _check(payload, place).to_bytes(4, "big")
    return _MAGIC + len(payload).to_bytes(4, "big") + check + payload


def _check(payload: bytes, place: int) -> int:
    """Return a checksum that holds at this place alone, so that no entry can pose as a frame.

    It finds what a crash tore. What a person changed is found by the root of the tree.
    """
    return zlib.crc32(payload, zlib.crc32(place.to_bytes(8, "big")))


def _read_journal(data: bytes) -> tuple[list[dict[str, bytes | None]], int]:
    """Return the whole frames and the length they take up; what is torn behind them is no part."""
    frames, place = [], 0
    while (end := _frame_end(data, place)) > 0:
        frames.append(msgspec.msgpack.decode(data[place + _HEAD : end], type=_FRAME))
        place = end
    behind = data.find(_MAGIC, place + 1)
    while behind > 0:
        if _frame_end(data, behind) > 0:
            raise ProofError(f"{JOURNAL}, byte {place}: damaged, and entries stand behind it")
        behind = data.find(_MAGIC, behind + 1)
    return frames, place


def _frame_end(data: bytes, place: int) -> int:
    """Return where the frame that starts here ends, 0 when there is no whole one."""
    head = data[place : place + _HEAD]
    if len(head) < _HEAD or not head.startswith(_MAGIC):
        return 0
    end = place + _HEAD + int.from_bytes(head[4:8], "big")
    payload = data[place + _HEAD : end]
    if end > len(data) or _check(payload, place) != int.from_bytes(head[8:12], "big"):
        return 0
    return end


# --- the real disk --------------------------------------------------------------------------------


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        _write_all(file.fileno(), data)
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
