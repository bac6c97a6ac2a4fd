"""Container numbers (ISO 6346:2022 §4 and annex A).

Three letters of the owner, a letter for the category (U container, J detachable equipment,
Z trailer or chassis), six digits, one check digit: ``CSQU3054383``.

The check digit is a sum modulo 11. The remainder 10 is written 0, so a single wrong digit escapes
only when it moves the remainder between 10 and 0; the standard advises owners not to use serial
numbers whose remainder is 10, but many do, and they are valid.
"""

from __future__ import annotations

import re
from operator import mul
from typing import Final

from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "Container number"
LABEL_ES: Final = "Número de contenedor"
STANDARD: Final = "ISO 6346"

_FORM: Final = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_BASE: Final = re.compile(r"[A-Z]{3}[UJZ][0-9]{6}")

LETTERS: Final = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True)
)
"""Value of each letter: 10 to 38 without the multiples of 11 (annex A, table A.1)."""

WEIGHTS: Final = tuple(2**position for position in range(10))

_VALUES: Final = bytes(
    LETTERS.get(chr(byte), byte - 48 if 48 <= byte < 58 else 0) for byte in range(256)
)


def normalise(text: str) -> str:
    """Return upper case without blanks and separators: ``csqu 305438-3`` → ``CSQU3054383``."""
    return compact(text)


def check_digit(text: str) -> str:
    """Return the check digit for owner, category and serial (10 characters; more is ignored).

    Returns "" when the text does not have that form.
    """
    base = normalise(text)[:10]
    return _digit(base) if _BASE.fullmatch(base) else ""


def is_valid(text: str) -> bool:
    """Answer whether the form and the check digit are right; accepts separators, never raises."""
    number = text if _FORM.fullmatch(text) else normalise(text)
    return _FORM.fullmatch(number) is not None and _digit(number) == number[10]


def fault(text: str) -> str:
    """Return what is wrong with a container number as one sentence, "" when nothing is."""
    number = normalise(text)
    if not _FORM.fullmatch(number):
        return (
            f"container number {quoted(text)} does not have the form of three letters, U, J or Z, "
            f"and seven digits ({STANDARD})"
        )
    expected = _digit(number)
    if expected == number[10]:
        return ""
    found = number[10]
    return f"container number {number} ends in {found}, its check digit is {expected} ({STANDARD})"


def _digit(number: str) -> str:
    values = number.encode("ascii").translate(_VALUES)
    return str(sum(map(mul, values, WEIGHTS)) % 11 % 10)
