"""What words may mean, told by each process of a pool to the others: each is looked up once.

The processes share memory that has no name and goes when the last of them ends; nothing of it is
ever on a disk. Each writes in a part of its own, one lot behind the other, and reads the parts of
the others as far as their lots are whole: a lot begins with its length and its check sum, which are
written last. So no process waits for another, and one that is killed spoils nothing.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from multiprocessing import reduction
from struct import Struct
from typing import Any, Final, Self
from zlib import crc32

import msgspec

from esclusa.analysis.screening.vocabulary import Variant

_PART: Final = 16 << 20
"""Bytes that each process may write, some 30,000 words; memory is taken as they are written."""
_HEAD: Final = Struct("<II")
_LOT: Final = 32
"""Words told together."""
_TOLD_KEPT: Final = 50_000
"""Words told by others and not yet asked for: with many processes most are never asked for here,
and made into objects they would take ten times the room that they take in the shared memory."""

_Lot = list[tuple[str, list[Variant]]]
_LOTS: Final = msgspec.msgpack.Decoder(list[tuple[str, msgspec.Raw]])
_MEANINGS: Final = msgspec.msgpack.Decoder(list[Variant])


class Learned:
    """What a process tells the others of words, and what they told; made with :meth:`among`, and
    sent to each process of a pool as it is started."""

    def __init__(self, memory: int, processes: int) -> None:
        """:param memory: the number of an open file of so many parts; it is not closed here."""
        self._file: Final = memory
        self.processes: Final = processes
        self._memory: Final = mmap.mmap(memory, processes * _PART)
        self._ends: Final = [part * _PART for part in range(processes)]
        self._own: int | None = None
        self._told: Final[dict[str, msgspec.Raw]] = {}
        self._untold: _Lot = []

    @classmethod
    def among(cls, processes: int) -> Self | None:
        """Return an object for so many processes, None where the system has no such memory."""
        try:
            memory = os.memfd_create("words")
        except (AttributeError, OSError):
            return None
        try:
            os.ftruncate(memory, processes * _PART)
            return cls(memory, processes)
        except OSError:
            os.close(memory)
            return None

    def __reduce__(self) -> tuple[Any, tuple[Any, int]]:
        return _received, (reduction.DupFd(self._file), self.processes)

    def close(self) -> None:
        """Give up the memory; processes that still have it keep it."""
        self._memory.close()
        os.close(self._file)

    def claim(self) -> None:
        """Take the first part that no process has; it is free again when this one ends."""
        for part in range(self.processes):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, part)
            except OSError:
                continue
            self.own(part)
            return

    def own(self, part: int) -> None:
        """Write in a part from now on."""
        self._own = part

    def first(self, tokens: list[str]) -> list[str]:
        """Return words in the order in which this process had best look them up: its own share,
        then those that others begin with."""
        ours = [token for token in tokens if crc32(token.encode()) % self.processes == self._own]
        mine = set(ours)
        return ours + [token for token in tokens if token not in mine]

    def told(self, token: str) -> list[Variant] | None:
        """Return what another process said that a word may mean, once; None if none has."""
        found = self._told.pop(token, None)
        if found is None and self._own is not None:
            self._read()
            found = self._told.pop(token, None)
        return None if found is None else _MEANINGS.decode(found)

    def tell(self, token: str, meanings: list[Variant]) -> None:
        """Tell the others what a word may mean, some together."""
        self._untold.append((token, meanings))
        if len(self._untold) >= _LOT:
            self.flush()

    def flush(self) -> None:
        """Tell the others what they were not yet told, as long as there is room."""
        lot, self._untold = self._untold, []
        if self._own is None or not lot:
            return
        said = msgspec.msgpack.encode(lot)
        start = self._ends[self._own]
        end = start + _HEAD.size + len(said)
        if end + _HEAD.size > (self._own + 1) * _PART:
            return
        self._memory[start + _HEAD.size : end] = said
        self._memory[start : start + _HEAD.size] = _HEAD.pack(len(said), crc32(said))
        self._ends[self._own] = end

    def _read(self) -> None:
        for part in range(self.processes):
            if part != self._own:
                while self._lot(part):
                    pass

    def _lot(self, part: int) -> bool:
        """Read the next lot of another process; False where there is none, or not yet all of it."""
        start = self._ends[part]
        if start + _HEAD.size > (part + 1) * _PART:
            return False
        size, checked = _HEAD.unpack_from(self._memory, start)
        start += _HEAD.size
        if not size or start + size > (part + 1) * _PART:
            return False
        said = self._memory[start : start + size]
        if crc32(said) != checked:
            return False
        for token, meanings in _LOTS.decode(said):
            self._told.pop(token, None)
            self._told[token] = meanings
        while len(self._told) > _TOLD_KEPT:
            del self._told[next(iter(self._told))]
        self._ends[part] = start + size
        return True


def _received(memory: Any, processes: int) -> Learned:
    return Learned(memory.detach(), processes)
