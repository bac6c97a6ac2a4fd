"""Columns of text as small whole numbers, and groups of columns as one."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.profiles import compiled as loops
from esclusa.analysis.profiles.compiled import compiled
from esclusa.analysis.profiles.rows import beginning
from esclusa.analysis.profiles.views import views

Ints = npt.NDArray[np.signedinteger[Any]]


class Codes(NamedTuple):
    """A number of 32 bits for each row, equal for equal values, -1 for null; all are below
    ``size``."""

    of: Ints
    size: int


class Coder:
    """Codes of a frame's columns and of groups of them, each worked out once.

    :param quick: by compiled loops, which must be installed.
    """

    def __init__(self, frame: pl.DataFrame, *, quick: bool = False) -> None:
        self.frame = frame
        self._quick = quick
        self._known: dict[tuple[str, ...], Codes] = {
            (): Codes(np.zeros(len(frame), np.int32), 1),
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
        if name not in self.frame.columns:
            return self._beginning(name)
        return self._coded(self.frame[name])

    def _beginning(self, name: str) -> Codes:
        """Return the codes of one of ``DERIVED`` where the frame has only what it begins."""
        whole = self.codes(("hs",))
        row = np.zeros(whole.size + 1, np.int64)  # the last place is that of rows without a code
        row[whole.of] = np.arange(len(whole.of))
        few = self.frame[["hs"]][row[:-1]] if len(whole.of) else self.frame[["hs"]]
        begun = self._coded(few.select(beginning(name))[name])
        return Codes(np.append(begun.of, np.int32(-1))[whole.of], begun.size)

    def _coded(self, values: pl.Series) -> Codes:
        if self._quick and (found := by_views(values) or by_hash(values)):
            return found
        kind = pl.Categorical(pl.Categories.random())
        physical = values.cast(kind).to_physical().cast(pl.Int32)
        codes = physical.fill_null(-1).to_numpy(writable=True)  # one type for all loops
        return Codes(codes, int(codes.max(initial=0)) + 1)

    def _group(self, columns: tuple[str, ...]) -> Codes:
        # Lanes stand at the end of most groups: they are made once.
        tail = columns[-2:] if len(columns) > 2 else columns[-1:]
        head, end = self.codes(columns[: -len(tail)]), self.codes(tail)
        size = head.size * end.size
        if self._quick:
            # Loops keep something for each number, so theirs have few gaps.
            code = np.empty(len(head.of), np.int32)
            if size <= 4 * len(head.of):
                compiled(loops.paired)(head.of, end.of, end.size, code)
                return Codes(code, size)
            table = np.zeros((1 << (2 * len(code)).bit_length(), 2), np.int64)
            count = compiled(loops.numbered)(head.of, end.of, end.size, table, code)
            return Codes(code, max(count, 1))
        both = head.of.astype(np.int64)
        both *= end.size
        both += end.of
        both[(head.of < 0) | (end.of < 0)] = -1
        return dense(both, size)


_DENSE_ENOUGH: Final = 1 << 24


def dense(numbers: Ints, size: int) -> Codes:
    """Return the grouping of these numbers, all below ``size``, -1 for null, by numbers below
    ``_DENSE_ENOUGH`` or without gaps: small enough to be packed beside a row's number."""
    if size <= _DENSE_ENOUGH or not len(numbers):
        return Codes(numbers.astype(np.int32), size)
    order, sorted_ = in_order(numbers - min(0, int(numbers.min())))
    fresh = np.zeros(len(order), np.bool_)
    fresh[1:] = sorted_[1:] != sorted_[:-1]
    of = np.empty(len(order), np.int32)
    of[order] = np.cumsum(fresh, dtype=np.int32)
    nulls = int((numbers < 0).any())
    return Codes(of - np.int32(nulls), int(of.max()) + 1 - nulls)


def by_views(values: pl.Series) -> Codes | None:
    """Return the codes of short texts by compiled loops; None where one has more than 12 bytes."""
    pieces = views(values)
    if pieces is None:
        return None
    code, nothing = np.empty(len(values), np.int32), np.zeros(0, np.uint8)
    # Drawn each time, so that nobody can send texts that all meet in one place of the table.
    seeds = np.random.default_rng().integers(1 << 20, 1 << 29, 4).astype(np.uint64) * 2 + 1
    for most in (_FEW, _SOME, len(values)):  # a small table is quicker, where it does
        table = np.full(1 << (2 * most).bit_length(), -1, np.int32)
        known = np.empty((most, 2), np.uint64)
        begin = count = 0
        for piece in pieces:
            end, bits = begin + len(piece.halves), piece.valid
            count = compiled(loops.shorts)(
                piece.halves, nothing if bits is None else bits, piece.offset, seeds, count, table,
                known, code[begin:end],
            )  # fmt: skip
            if count < 0:
                break
            begin = end
        if count == -1:
            return None
        if count >= 0:
            break
    return Codes(code, max(count, 1))


def by_hash(values: pl.Series) -> Codes | None:
    """Return the codes of values by compiled loops; None where two of them share a hash."""
    hashes = _hashes(values)
    code, example = np.empty(len(hashes), np.int32), np.empty(len(hashes), np.int32)
    for most in (_FEW, len(hashes)):  # a small table is quicker, where it does
        table = np.full(1 << (2 * most).bit_length(), -1, np.int32)
        size = compiled(loops.distinct)(hashes, most, table, code, example)
        if size >= 0:
            break
    if values.ne_missing(values.gather(example[:size]).gather(code)).any():
        return None
    if values.null_count():
        code[values.is_null().to_numpy()] = -1
    return Codes(code, max(size, 1))


_FEW: Final = 8_000
_SOME: Final = 100_000


def _hashes(values: pl.Series) -> npt.NDArray[np.uint64]:
    return values.hash().to_numpy()


def in_order(numbers: Ints) -> tuple[Ints, Ints]:
    """Return the places of ``numbers`` in ascending order, equal ones as they stand, and the
    numbers in that order.

    Number and place are packed into one 64-bit word: numpy sorts words six times as fast as it
    finds a stable order. Numbers too large for that are ordered without.

    :raises ValueError: a number is negative.
    """
    bits = len(numbers).bit_length()
    if len(numbers) and int(numbers.min()) < 0:
        raise ValueError("a number is negative")
    if len(numbers) and int(numbers.max()) >= 1 << (63 - bits):
        order = np.argsort(numbers, kind="stable")
        return order, numbers[order]
    packed = (numbers.astype(np.int64, copy=False) << bits) | np.arange(len(numbers))
    packed.sort()
    return packed & ((1 << bits) - 1), packed >> bits
