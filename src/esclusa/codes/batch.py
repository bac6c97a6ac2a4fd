"""Check digits for whole columns at once, with numpy; same verdicts as the modules, row by row.

Kept apart because importing numpy costs more than all the other modules together. Values must be
in normal form already: what is not in the exact form is False here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.codes import imo as _imo
from esclusa.codes import iso6346 as _iso6346

Verdicts = npt.NDArray[np.bool_]

_DIGIT: Final = 1
_LETTER: Final = 2
_CATEGORY: Final = 4
_FIRST: Final = 8

_CLASSES: Final = np.zeros(128, dtype=np.uint8)
_CLASSES[48:58] = _DIGIT
_CLASSES[49:58] |= _FIRST
_CLASSES[65:91] = _LETTER
_CLASSES[[ord(char) for char in "UJZ"]] |= _CATEGORY

_VALUES: Final = np.zeros(128, dtype=np.int32)
_VALUES[48:58] = np.arange(10)
_VALUES[[ord(char) for char in _iso6346.LETTERS]] = list(_iso6346.LETTERS.values())

_CONTAINER: Final = np.array([_LETTER] * 3 + [_CATEGORY] + [_DIGIT] * 7, dtype=np.uint8)
_SHIP: Final = np.array([_FIRST] + [_DIGIT] * 6, dtype=np.uint8)


def iso6346(values: Sequence[str]) -> Verdicts:
    """Return one verdict for each container number (:func:`esclusa.codes.iso6346.is_valid`)."""
    codes, good = _characters(values, _CONTAINER)
    sums = _VALUES[codes[:, :10]] @ np.array(_iso6346.WEIGHTS, dtype=np.int32)
    verdicts: Verdicts = good & (sums % 11 % 10 == _VALUES[codes[:, 10]])
    return verdicts


def imo(values: Sequence[str]) -> Verdicts:
    """Return one verdict for each IMO number (:func:`esclusa.codes.imo.is_valid`)."""
    codes, good = _characters(values, _SHIP)
    sums = _VALUES[codes[:, :6]] @ np.array(_imo.WEIGHTS, dtype=np.int32)
    verdicts: Verdicts = good & (sums % 10 == _VALUES[codes[:, 6]])
    return verdicts


def _characters(
    values: Sequence[str], form: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint32], Verdicts]:
    """Code points by row and place (0 where out of ASCII), and which rows have the form.

    One place more than the form is kept, so a longer value shows itself. numpy cannot tell a
    trailing NUL from padding: rows with one are looked for first.
    """
    width = len(form)
    table = np.array(values, dtype=f"U{width + 1}").reshape(-1)
    codes = table.view(np.uint32).reshape(len(table), width + 1)
    safe = np.where(codes < 128, codes, 0)
    good = (codes[:, width] == 0) & ((_CLASSES[safe[:, :width]] & form) != 0).all(axis=1)
    if "\0" in "".join(values):
        good &= np.array(["\0" not in value for value in values])
    return safe[:, :width], good
