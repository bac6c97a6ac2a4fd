"""Redress numbers: twelve characters, the last a check character (ISO/IEC 7064, MOD 37,36).

``R7K2-D9QF-4M8X``: the letter R, ten characters drawn at random, one check character. Letters and
digits that people take for each other (O and 0, I and 1) are not drawn; the check character may be
any of the 36. The number tells nothing of its holder and cannot be guessed from another one.

MOD 37,36 is a hybrid system of that standard: every change of one character is noticed, and nearly
every exchange of two neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "Redress number"
LABEL_ES: Final = "Número de reparación"
STANDARD: Final = "ISO/IEC 7064:2003, MOD 37,36"

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DRAWN: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What is drawn: 32 characters, so ten of them hold 50 random bits."""
DRAWN_LENGTH: Final = 10
_FIRST: Final = "R"
_FORM: Final = re.compile(rf"{_FIRST}[{DRAWN}]{{{DRAWN_LENGTH}}}[0-9A-Z]")
_VALUE: Final = {char: value for value, char in enumerate(ALPHABET)}
_GROUP: Final = 4


def normalise(text: str) -> str:
    """Return the number in upper case without hyphens and blanks."""
    return compact(text)


def shown(text: str) -> str:
    """Return the number in groups of four, as people read it."""
    number = normalise(text)
    return "-".join(number[start : start + _GROUP] for start in range(0, len(number), _GROUP))


def check_character(text: str) -> str:
    """Return the check character of MOD 37,36 for a string of digits and letters.

    :raises KeyError: for a character that is neither.
    """
    product = 36
    for char in text:
        total = (product + _VALUE[char]) % 36 or 36
        product = total * 2 % 37
    return ALPHABET[(37 - product) % 36]


def made(drawn: Sequence[int]) -> str:
    """Return the number of ten random draws.

    :param drawn: ten numbers from 0 to 31.
    """
    body = _FIRST + "".join(DRAWN[number] for number in drawn)
    return body + check_character(body)


def is_valid(text: str) -> bool:
    """Tell whether a text is a redress number with the right check character."""
    return not fault(text)


def fault(text: str) -> str:
    """Return what is wrong with a number as one sentence, "" when nothing is."""
    number = normalise(text)
    if not _FORM.fullmatch(number):
        return f"{quoted(text)} is no redress number: R, ten letters or digits, a check character"
    if number[-1] != check_character(number[:-1]):
        return f"the redress number {quoted(text)} has a wrong check character: mistyped?"
    return ""
