"""Columns of numbers and texts that take the memory of their bytes, not of Python objects.

A list of a million names is some hundred million bytes this way, and a change is a mask, a
concatenation and a merge of sorted runs instead of a walk over every name.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint32]
Bools = npt.NDArray[np.bool_]

Numbers = Sequence[int] | npt.NDArray[Any]

GONE: Final = -1
"""The new number of something that is no longer there."""


def hashed(text: str) -> int:
    """Return 32 bits that stand for a text: a clash costs a comparison, never an answer."""
    return zlib.crc32(text.encode())


def ends_of(counts: npt.NDArray[Any]) -> Longs:
    """Return where each of neighbouring groups starts, and behind them where the last ends."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends


def spread(starts: npt.NDArray[Any], counts: npt.NDArray[Any]) -> Longs:
    """Return the places start, start + 1 … of each group in a row: (3, 9), (2, 1) → 3, 4, 9."""
    before = np.cumsum(counts, dtype=np.int64) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()), dtype=np.int64)


class Texts:
    """Texts, or other bytes, in one row."""

    def __init__(self, data: bytes | bytearray, ends: Longs) -> None:
        """:param ends: as :func:`ends_of` gives them, one more than there are texts."""
        self._data: Final = memoryview(data)
        self._ends: Final = ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> memoryview:
        return self._data[self._ends.item(number) : self._ends.item(number + 1)]

    def __reduce__(self) -> tuple[type[Texts], tuple[bytes, Longs]]:
        """An index goes to other processes whole, and a view of memory cannot."""
        return Texts, (bytes(self._data), self._ends)

    def changed(self, kept: Bools, more: Texts) -> Texts:
        """Return the texts of ``kept``, then those of ``more``."""
        sizes = np.concatenate((np.diff(self._ends)[kept], np.diff(more._ends)))
        return Texts(b"".join((*self._runs(kept), more._data)), ends_of(sizes))

    def _runs(self, kept: Bools) -> Iterator[memoryview]:
        """Few texts go at a time, so what stays is a few long runs."""
        edges = np.flatnonzero(np.diff(np.concatenate(([False], kept, [False])).astype(np.int8)))
        for first, last in self._ends[edges].reshape(-1, 2).tolist():
            yield self._data[first:last]


class Keys:
    """Numbers found by a 32-bit key: pairs sorted by key, then number."""

    def __init__(self, pairs: npt.NDArray[np.uint64]) -> None:
        """:param pairs: each key above its number, in any order."""
        pairs.sort()
        self._keys: Final[Hashes] = (pairs >> np.uint64(32)).astype(np.uint32)
        self._numbers: Final[Ints] = (pairs & np.uint64(0xFFFFFFFF)).astype(np.int32)

    @classmethod
    def of(cls, keys: Numbers, numbers: Numbers) -> Self:
        """Return the keys of pairs; none of the numbers is negative."""
        above = np.asarray(keys, dtype=np.uint32).astype(np.uint64) << np.uint64(32)
        return cls(above | np.asarray(numbers, dtype=np.uint32))

    def __len__(self) -> int:
        return len(self._keys)

    def pairs(self) -> npt.NDArray[np.uint64]:
        """Return each key above its number, sorted."""
        return (self._keys.astype(np.uint64) << np.uint64(32)) | self._numbers.astype(np.uint64)

    def get(self, key: int) -> Ints:
        """Return the numbers under a key, ascending."""
        sought = np.uint32(key)
        start = int(self._keys.searchsorted(sought))
        if start == len(self._keys) or self._keys[start] != sought:
            return self._numbers[:0]
        return self._numbers[start : self._keys.searchsorted(sought, "right")]

    def any_of(self, keys: Sequence[int]) -> Ints:
        """Return the numbers under any of the keys, one after the other."""
        sought = np.array(keys, dtype=np.uint32)
        starts = self._keys.searchsorted(sought)
        counts = self._keys.searchsorted(sought, "right") - starts
        return self._numbers[spread(starts, counts)] if counts.any() else self._numbers[:0]

    def has(self, keys: Numbers) -> Bools:
        """Answer for each key whether there is a number under it."""
        sought = np.array(keys, dtype=np.uint32)
        places = self._keys.searchsorted(sought)
        there = places < len(self._keys)
        there[there] = self._keys[places[there]] == sought[there]
        return there

    def all_of(self, keys: Numbers) -> tuple[Longs, Ints]:
        """Return (place in ``keys``, number) of each number under any of the keys."""
        sought = np.array(keys, dtype=np.uint32)
        starts = self._keys.searchsorted(sought)
        counts = self._keys.searchsorted(sought, "right") - starts
        return np.repeat(np.arange(len(sought)), counts), self._numbers[spread(starts, counts)]

    def changed(self, moved: Ints, more: Keys) -> Keys:
        """Return these keys under new numbers, together with ``more``.

        :param moved: old number → new number or :data:`GONE`.
        """
        numbers = moved[self._numbers]
        stays = numbers != GONE
        keys = np.concatenate((self._keys[stays], more._keys))
        return Keys.of(keys, np.concatenate((numbers[stays], more._numbers)))


def renumbered(kept: Bools) -> Ints:
    """Return old number → new number when only ``kept`` stay, :data:`GONE` for the others."""
    moved: Ints = np.cumsum(kept, dtype=np.int32) - np.int32(1)
    moved[~kept] = GONE
    return moved
