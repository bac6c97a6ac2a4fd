"""Container numbers in two elements: owner and serial with its check digit (ISO 6346)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from esclusa.codes.iso6346 import LETTERS, WEIGHTS
from esclusa.formats.edifact.columns.spans import Spans
from esclusa.formats.x12.columns.scan import Flags, Rows

_NONE: Final = -100_000
"""Sum for two characters that cannot stand there: no others make up for it."""


def _pairs(one: dict[str, int], other: dict[str, int], at: int) -> npt.NDArray[np.int32]:
    """Weighted sums over two characters, found by the two bytes as one number."""
    made = np.full(1 << 16, _NONE, np.int32)
    for left, first in one.items():
        for right, second in other.items():
            pair = ord(left) | ord(right) << 8
            made[pair] = first * WEIGHTS[at] + second * WEIGHTS[at + 1]
    return made


_DIGITS: Final = {str(digit): digit for digit in range(10)}
_CATEGORIES: Final = {letter: LETTERS[letter] for letter in "UJZ"}
_SUMS: Final = (
    _pairs(LETTERS, LETTERS, 0), _pairs(LETTERS, _CATEGORIES, 2),
    *(_pairs(_DIGITS, _DIGITS, at) for at in (4, 6, 8)),
)  # fmt: skip


def valid(rows: Rows, owner: Spans, serial: Spans, check: Spans | None = None) -> Flags:
    """Where four letters and seven digits are a container number with the right check digit.

    :param check: the last digit where the serial has six alone.
    """
    size = serial.end - serial.begin
    good = (owner.end - owner.begin == 4) & (size == 7)
    last = serial.begin + 6
    if check is not None:
        apart = (size == 6) & (check.end - check.begin == 1)
        good |= apart & (owner.end - owner.begin == 4)
        last = np.where(apart, check.begin, last)
    one, two = np.where(good, owner.begin, 0), np.where(good, serial.begin, 0)
    pairs: Any = np.ndarray((len(rows.array) - 1,), np.dtype("<u2"), rows.array.data, strides=(1,))
    total = _SUMS[0][pairs[one]] + _SUMS[1][pairs[one + 2]]
    for at in range(3):
        total += _SUMS[2 + at][pairs[two + 2 * at]]
    digit = rows.array[np.where(good, last, 0)].astype(np.int32) - ord("0")
    found: Flags = good & (total >= 0) & (total % 11 % 10 == digit)
    return found
