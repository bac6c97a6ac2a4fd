"""IMO unique company and registered owner identification numbers (IMO resolution MSC.160(78)).

Seven digits that stay with a firm: SOLAS XI-1/3-1 has them in the certificates and the continuous
synopsis record of a ship, for its registered owner and for the Company of the ISM Code. They are a
scheme of their own beside the ships' numbers: one value may be a firm's and another ship's.

The last digit is a check digit: the first six times 8, 6, 4, 2, 9, 7; the sum modulo 11 taken from
11; the last figure of that. ``123456?``: 8+12+12+8+45+42 = 127, 127 modulo 11 is 6, 11 - 6 = 5.
The resolution leaves the making to its issuer. All 96 numbers of firms in the OFAC list of November
2023 follow the rule, and one in ten of them that of ships' numbers, as chance has it.
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes.text import bare, quoted

LABEL_EN: Final = "IMO company number"
LABEL_ES: Final = "Número OMI de la compañía"
STANDARD: Final = "IMO resolution MSC.160(78)"

WEIGHTS: Final = (8, 6, 4, 2, 9, 7)

_FORM: Final = re.compile(r"[0-9]{7}")
_PREFIX: Final = re.compile(r"(?:IMO|OMI|COMPANY|NUMBER|NO|NR|[:#])+")
_NONE: Final = "0000000"
"""What senders put for "none"."""


def normalise(text: str) -> str:
    """Return the digits alone: ``IMO 1234565`` → ``1234565``."""
    return bare(text, _PREFIX)


def check_digit(text: str) -> str:
    """Return the check digit for the first six digits, "" when they are not six digits."""
    digits = normalise(text)[:6]
    if len(digits) < 6 or not (digits.isascii() and digits.isdigit()):
        return ""
    return str((11 - sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11) % 10)


def is_valid(text: str) -> bool:
    """Answer whether the form and the check digit are right; accepts ``IMO``, never raises."""
    number = normalise(text)
    return bool(_FORM.fullmatch(number)) and number != _NONE and check_digit(number) == number[6]


def fault(text: str) -> str:
    """Return what is wrong with a company's number as one sentence, "" when nothing is."""
    if is_valid(text):
        return ""
    number = normalise(text)
    if not _FORM.fullmatch(number) or number == _NONE:
        return f"IMO company number {quoted(text)} is not seven digits ({STANDARD})"
    expected = check_digit(number)
    return (
        f"IMO company number {number} ends in {number[6]}, its check digit is {expected} "
        f"({STANDARD})"
    )
