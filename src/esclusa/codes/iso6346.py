"""Container numbers (ISO 6346:2022 §4 and annex A).

Three letters of the owner, a letter for the category (U container, J detachable equipment,
Z trailer or chassis), six digits, one check digit: ``CSQU3054383``.

The check digit is a sum modulo 11. The remainder 10 is written 0, so a single wrong digit escapes
only when it moves the remainder between 10 and 0; the standard advises owners not to use serial
numbers whose remainder is 10, but many do, and they are valid.
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes.sums import DIGITS, three_digits
from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "Container number"
LABEL_ES: Final = "Número de contenedor"
STANDARD: Final = "ISO 6346"

_FORM: Final = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")

LETTERS: Final = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True)
)
"""Value of each letter: 10 to 38 without the multiples of 11 (annex A, table A.1)."""

WEIGHTS: Final = tuple(2**position for position in range(10))

_OWNER: Final = {a + b: LETTERS[a] + 2 * LETTERS[b] for a in LETTERS for b in LETTERS}
_CATEGORY: Final = {a + b: 4 * LETTERS[a] + 8 * LETTERS[b] for a in LETTERS for b in "UJZ"}
"""Sums over the first and the second two letters; a pair that cannot stand there is missing."""

_SERIAL: Final = three_digits(WEIGHTS[4:7])
"""Sums over the first three digits; the last three weigh 8 times as much."""


def normalise(text: str) -> str:
    """Return upper case without blanks and separators: ``csqu 305438-3`` → ``CSQU3054383``."""
    return compact(text)


def check_digit(text: str) -> str:
    """Return the check digit for owner, category and serial (10 characters; more is ignored).

    Returns "" when the text does not have that form.
    """
    try:
        return str(_digit(compact(text)))
    except KeyError:
        return ""


def is_valid(text: str) -> bool:
    """Answer whether the form and the check digit are right; accepts separators, never raises."""
    number = compact(text)
    try:
        return _digit(number) == DIGITS[number[10:]]
    except KeyError:
        return False


def is_exact(text: str) -> bool:
    """Answer whether a text is a number with the right check digit as it stands, no blank too much.

    Faster than :func:`is_valid`, for numbers that come by the thousand.
    """
    try:
        total = _PREFIX[text[:4]] + _SERIAL[text[4:7]] + 8 * _SERIAL[text[7:10]]
        return total % 11 % 10 == DIGITS[text[10:]]
    except KeyError:
        return _is_exact(text)  # whatever another thread has met in between


_PREFIX: Final[dict[str, int]] = {}
_PREFIXES: Final = 4096
"""Sums over the four letters of owners that were met, and how many of them are kept."""


def _is_exact(text: str) -> bool:
    try:
        letters = _OWNER[text[:2]] + _CATEGORY[text[2:4]]
        if len(_PREFIX) < _PREFIXES:
            _PREFIX[text[:4]] = letters
        return _digit(text) == DIGITS[text[10:]]
    except KeyError:
        return False


def fault(text: str) -> str:
    """Return what is wrong with a container number as one sentence, "" when nothing is."""
    if is_valid(text):
        return ""
    number = normalise(text)
    if not _FORM.fullmatch(number):
        return (
            f"container number {quoted(text)} does not have the form of three letters, U, J or Z, "
            f"and seven digits ({STANDARD})"
        )
    found, expected = number[10], _digit(number)
    return f"container number {number} ends in {found}, its check digit is {expected} ({STANDARD})"


def _digit(number: str) -> int:
    """Raises ``KeyError`` when the first ten characters do not have the form."""
    letters = _OWNER[number[:2]] + _CATEGORY[number[2:4]]
    return (letters + _SERIAL[number[4:7]] + 8 * _SERIAL[number[7:10]]) % 11 % 10
