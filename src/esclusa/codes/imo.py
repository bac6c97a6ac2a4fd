"""IMO ship identification numbers (IMO resolution A.1117(30), annex §1).

Seven digits that stay with a hull for life, the last a check digit: each of the first six times
7, 6, 5, 4, 3, 2, the last figure of the sum. ``IMO 9074729``: 63+0+35+16+21+4 = 139, so 9.

The sum is modulo 10, so only a change of the first or the fifth digit is always noticed; the other
weights share a factor with 10 and some single-digit changes escape.
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes.sums import DIGITS, three_digits
from esclusa.codes.text import bare, quoted

LABEL_EN: Final = "IMO ship number"
LABEL_ES: Final = "Número OMI del buque"
STANDARD: Final = "IMO resolution A.1117(30)"

WEIGHTS: Final = (7, 6, 5, 4, 3, 2)

_FIRST_THREE: Final = three_digits(WEIGHTS[:3])
_NEXT_THREE: Final = three_digits(WEIGHTS[3:])

_FORM: Final = re.compile(r"[1-9][0-9]{6}")
"""No number starts with 0: ``0000000`` would pass the sum and is what senders put for "none"."""

_PREFIX: Final = re.compile(r"(?:IMO|OMI|NUMBER|NO|NR|[:#])+")


def normalise(text: str) -> str:
    """Return the digits alone: ``IMO No. 9074729`` → ``9074729``."""
    return bare(text, _PREFIX)


def check_digit(text: str) -> str:
    """Return the check digit for the first six digits, "" when they are not six digits."""
    try:
        return str(_digit(normalise(text)))
    except KeyError:
        return ""


def is_valid(text: str) -> bool:
    """Answer whether the form and the check digit are right; accepts ``IMO``, never raises."""
    number = normalise(text)
    try:
        return _digit(number) == DIGITS[number[6:]] and number[0] != "0"
    except KeyError:
        return False


def fault(text: str) -> str:
    """Return what is wrong with an IMO number as one sentence, "" when nothing is."""
    if is_valid(text):
        return ""
    number = normalise(text)
    if not _FORM.fullmatch(number):
        return f"IMO number {quoted(text)} is not seven digits starting with 1 to 9 ({STANDARD})"
    expected = _digit(number)
    return f"IMO number {number} ends in {number[6]}, its check digit is {expected} ({STANDARD})"


def _digit(number: str) -> int:
    """Raises ``KeyError`` when the first six characters are not digits."""
    return (_FIRST_THREE[number[:3]] + _NEXT_THREE[number[3:6]]) % 10
