"""Columns of text as small whole numbers, and groups of columns as one."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]


class Codes(NamedTuple):
    """A number for each row, equal for equal values, -1 for null; all are below ``size``."""

    of: Ints
    size: int


class Coder:
    """Codes of a frame's columns and of groups of them, each worked out once."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._known: dict[tuple[str, ...], Codes] = {
            (): Codes(np.zeros(len(frame), np.int64), 1),
        }

    def codes(self, columns: tuple[str, ...]) -> Codes:
        """Return the codes of these columns together; null where one of them is."""
        if columns not in self._known:
            one = len(columns) == 1
            self._known[columns] = self._column(columns[0]) if one else self._group(columns)
        return self._known[columns]

    def groups(self, columns: tuple[str, ...]) -> Ints:
        """Return the numbers of :meth:`codes`."""
        return self.codes(columns).of

    def _column(self, name: str) -> Codes:
        kind = pl.Categorical(pl.Categories.random())
        physical = self.frame[name].cast(kind).to_physical()
        codes = physical.cast(pl.Int64).fill_null(-1).to_numpy()
        return Codes(codes, int(codes.max(initial=0)) + 1)

    def _group(self, columns: tuple[str, ...]) -> Codes:
        # Lanes stand at the end of most groups: they are made once.
        tail = columns[-2:] if len(columns) > 2 else columns[-1:]
        head, end = self.codes(columns[: -len(tail)]), self.codes(tail)
        both = np.where((head.of < 0) | (end.of < 0), -1, head.of * end.size + end.of)
        return dense(Codes(both, head.size * end.size))


_DENSE_ENOUGH: Final = 1 << 24


def dense(codes: Codes) -> Codes:
    """Return the same grouping with numbers small enough to be packed beside a row's number."""
    if codes.size <= _DENSE_ENOUGH or not len(codes.of):
        return codes
    order, sorted_ = in_order(codes.of - min(0, int(codes.of.min())))
    fresh = np.zeros(len(order), np.int64)
    fresh[1:] = sorted_[1:] != sorted_[:-1]
    of = np.empty(len(order), np.int64)
    of[order] = np.cumsum(fresh)
    nulls = int((codes.of < 0).any())
    return Codes(of - nulls, int(of.max()) + 1 - nulls)


def in_order(numbers: Ints) -> tuple[Ints, Ints]:
    """Return the places of ``numbers`` in ascending order, equal ones as they stand, and the
    numbers in that order.

    Number and place are packed into one 64-bit word: numpy sorts words six times as fast as it
    finds a stable order.

    :raises ValueError: a number is negative or too large to be packed.
    """
    bits = len(numbers).bit_length()
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < 1 << (63 - bits):
        raise ValueError("numbers cannot be packed")
    packed = (numbers << bits) | np.arange(len(numbers))
    packed.sort()
    return packed & ((1 << bits) - 1), packed >> bits
