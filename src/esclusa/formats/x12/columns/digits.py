"""Numbers of up to eight digits, all at once: eight bytes are one machine word."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.formats.edifact.columns.spans import Spans
from esclusa.formats.x12.columns.scan import Flags, Rows

_ZEROS: Final = np.uint64(0x3030303030303030)
_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIX: Final = np.uint64(0x0606060606060606)
_SHIFTS: Final = np.array([0, *(8 * (8 - size) for size in range(1, 9))], np.uint64)
_FILL: Final = np.array([0, *((1 << 8 * (8 - size)) - 1 for size in range(1, 9))], np.uint64)


def digits(rows: Rows, found: Spans) -> tuple[npt.NDArray[np.int64], Flags]:
    """Return the number in each span, and where it is one to eight digits and nothing else."""
    length = found.end - found.begin
    plain = (length > 0) & (length <= 8)
    size = np.where(plain, length, 0)
    # The last digit moves to the last byte, and zeros stand before the first.
    word = rows.run.words[found.begin] << _SHIFTS[size]
    word |= _FILL[size] & _ZEROS
    tens = ((word + _SIX) & _HIGH) >> np.uint64(4)
    plain &= ((word & _HIGH) | tens) == np.uint64(0x3333333333333333)
    word -= _ZEROS
    word = word * np.uint64(10) + (word >> np.uint64(8))
    low = (word & np.uint64(0x000000FF000000FF)) * np.uint64(0x000F424000000064)
    high = ((word >> np.uint64(16)) & np.uint64(0x000000FF000000FF)) * np.uint64(0x0000271000000001)
    value = ((low + high) >> np.uint64(32)).astype(np.int64)
    value[~plain] = 0
    return value, plain
