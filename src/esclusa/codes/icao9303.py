"""Check digits of machine readable travel documents (ICAO Doc 9303 part 3 §4.9).

Digits count as themselves, A to Z as 10 to 35, the filler ``<`` as 0; weights 7, 3, 1 repeat from
the left; the last figure of the sum is the check digit. Specimen: ``L898902C3`` → 6.

All weights are prime to 10, so a single digit read as another digit is always noticed. A letter
read as a digit is not when the two differ by a multiple of 10 (``A``/``0``, ``B``/``1``).
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes.text import quoted

LABEL_EN: Final = "Travel document field with check digit"
LABEL_ES: Final = "Campo de documento de viaje con dígito de control"
STANDARD: Final = "ICAO Doc 9303-3 §4.9"
FILLER: Final = "<"

_WITH_DIGIT: Final = re.compile(r"[A-Z0-9<]+[0-9]")
_TO_FILLER: Final = {code: code for code in range(128)} | dict.fromkeys(
    map(ord, " -\u00a0"), FILLER
)
_LONGEST: Final = 90
"""The longest line has 44 characters; composite fields stay below 90."""

_FOREIGN: Final = 255
"""Stands for every character that the zone cannot hold."""

_MARKS: Final = {"<": 40} | {
    mark: value for value, mark in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
"""The filler adds 0 to a sum modulo 10, as 40 does; and 40 is never taken for a check digit."""

_VALUES: Final = bytes(_MARKS.get(chr(byte), _FOREIGN) for byte in range(256))


def normalise(text: str) -> str:
    """Return a field as the zone writes it: upper case, blanks and hyphens as ``<``."""
    return text.strip().upper().translate(_TO_FILLER)


def check_digit(field: str) -> str:
    """Return the check digit of a field (its own digit left out).

    Returns "" when the field is longer than 90 characters or has a character that the zone cannot
    hold; an empty field gives ``0``.
    """
    values = _values(field)
    return "" if values is None or len(values) > _LONGEST else str(_digit(values))


def is_valid(text: str) -> bool:
    """Answer whether a field followed by its check digit is right: ``L898902C36``."""
    values = _values(text)
    if values is None or not 1 < len(values) <= _LONGEST + 1:
        return False
    return _digit(values[:-1]) == values[-1]


def fault(text: str) -> str:
    """Return what is wrong with a field and its check digit as one sentence, "" if nothing is."""
    if is_valid(text):
        return ""
    number = normalise(text)
    if not _WITH_DIGIT.fullmatch(number):
        return f"field {quoted(text)} is not letters, digits and < with a check digit ({STANDARD})"
    expected = check_digit(number[:-1])
    return (
        f"field {quoted(number)} ends in {number[-1]}, its check digit is {expected} ({STANDARD})"
    )


def field_matches(field: str, digit: str, *, optional: bool = False) -> bool:
    """Answer whether ``digit`` is the check digit of ``field``.

    An ``optional`` field (the personal number of a passport, part 4 §4.2.2) that is all fillers may
    carry ``<`` instead of ``0``.
    """
    if optional and digit == FILLER:
        return not field.strip(FILLER)
    return bool(digit) and check_digit(field) == digit


def document_number(field: str, digit: str, optional_data: str) -> tuple[str, str, bool]:
    """Return number, check digit and verdict of a card's document number (part 5 §4.2.2, note j).

    A number longer than its nine places leaves ``<`` where the check digit stands and goes on in
    the optional data, its last character there being the check digit, then a filler.
    """
    if digit != FILLER:
        return field.rstrip(FILLER), digit, field_matches(field, digit)
    rest = optional_data.split(FILLER, 1)[0]
    number, long_digit = field + rest[:-1], rest[-1:]
    return number, long_digit, field_matches(number, long_digit)


def _values(text: str) -> bytes | None:
    """Value of each character, None when the zone cannot hold one even after ``normalise``."""
    values = text.encode("ascii", "replace").translate(_VALUES)
    if _FOREIGN not in values:
        return values
    values = normalise(text).encode("ascii", "replace").translate(_VALUES)
    return None if _FOREIGN in values else values


def _digit(values: bytes) -> int:
    return (7 * sum(values[::3]) + 3 * sum(values[1::3]) + sum(values[2::3])) % 10
