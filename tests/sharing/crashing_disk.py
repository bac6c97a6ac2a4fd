"""A disk in memory that can lose power: what was not synced is lost, torn or kept, as chance has it.

Usage::

    disk = CrashingDisk(random.Random(1), crash_at=7)
    try:
        work(FolderStorage(disk))
    except PowerLoss:
        pass
    again = FolderStorage(disk.after_power_loss())

Every step of a real folder counts: bytes reaching a file, its sync, a new name, the sync of its
folder. The crash comes before the step with the number ``crash_at``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping


class PowerLoss(Exception):
    """The plug was pulled."""


class CrashingDisk:
    """What ``storage.Folder`` does, step by step, with a cache that is not yet on the disk."""

    def __init__(self, chance: random.Random, crash_at: int = -1) -> None:
        self.safe: dict[str, bytes] = {}
        self.cache: dict[str, bytes] = {}
        self.steps = 0
        self._chance = chance
        self._crash_at = crash_at

    def read(self, path: str) -> bytes | None:
        return self.cache.get(path)

    def append(self, path: str, data: bytes) -> None:
        for half in (data[: len(data) // 2], data[len(data) // 2 :]):
            self._step()
            self.cache[path] = self.cache.get(path, b"") + half
        self._sync(path)

    def cut(self, path: str, size: int) -> None:
        if path in self.cache:
            self._step()
            self.cache[path] = self.cache[path][:size]
            self._sync(path)

    def write(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            for part in (data[: len(data) // 2], data):
                self._step()
                self.cache[path] = part
            self._sync(path)

    def rename(self, names: Mapping[str, str]) -> None:
        for old, new in names.items():
            self._step()
            self.cache[new] = self.cache.pop(old)
        self._sync_names(names)

    def remove(self, paths: Iterable[str]) -> None:
        gone = [path for path in paths if path in self.cache]
        for path in gone:
            self._step()
            del self.cache[path]
        self._step()
        for path in gone:
            self.safe.pop(path, None)

    def after_power_loss(self) -> CrashingDisk:
        """Return the disk as the next start finds it."""
        left = CrashingDisk(self._chance)
        for path in self.safe.keys() | self.cache.keys():
            content = self._survivor(self.safe.get(path), self.cache.get(path))
            if content is not None:
                left.safe[path] = left.cache[path] = content
        return left

    def _survivor(self, safe: bytes | None, cached: bytes | None) -> bytes | None:
        if safe == cached:
            return safe
        if cached is None or (safe is not None and not cached.startswith(safe)):
            return self._chance.choice([safe, cached])
        # Torn: part of what was added arrived, and its last blocks may be garbage.
        known = len(safe or b"")
        added = cached[known : known + self._chance.randrange(len(cached) - known + 1)]
        half = len(added) // 2
        garbage = bytes(self._chance.randrange(256) for _ in added[half:])
        return (safe or b"") + self._chance.choice([added, added[:half] + garbage])

    def _step(self) -> None:
        if self.steps == self._crash_at:
            raise PowerLoss
        self.steps += 1

    def _sync(self, path: str) -> None:
        self._step()
        self.safe[path] = self.cache[path]

    def _sync_names(self, names: Mapping[str, str]) -> None:
        """Until the folder is synced, each name may be the old or the new one."""
        self._step()
        for old, new in names.items():
            self.safe[new] = self.safe.pop(old)
