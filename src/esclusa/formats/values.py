"""Values that every cargo format shares: numbers, commodity codes, container numbers.

A value that cannot be read is noted with its place and left out; a text that fails its check digit
is noted and kept as sent.
"""

from __future__ import annotations

import re
from functools import lru_cache

from esclusa.codes import imo, iso6346
from esclusa.formats.reading import Notes, Place, snippet
from esclusa.model import Severity

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}(?:[.,][0-9]{0,12})?|[.,][0-9]{1,12})")
_DIGITS = 18
"""Digits of a number before its decimal mark."""

_CONTAINER = re.compile(r"[A-Z]{4}[0-9]{7}")
_LONGEST = 35
"""Longest equipment number that a message can hold (8260 is an..17, later an..35)."""

_UNDG = re.compile(r"(?:UN|NA)? ?([0-9]{4})")


def number(text: str, notes: Notes, at: Place, element: str) -> float | None:
    """Read a decimal number, comma or point as ISO 9735 §10 allows; None when absent or bad."""
    if not text:
        return None
    if len(text) <= _DIGITS and text.isascii() and text.isdigit():
        return float(text)
    if _NUMBER.fullmatch(text.strip()):
        return float(text.strip().replace(",", "."))
    notes.add("value.number", Severity.ERROR, f"{snippet(text)} is not a number", at, element)
    return None


def whole(text: str, notes: Notes, at: Place, element: str) -> int | None:
    """Read a count; None when absent, negative or not whole."""
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    value = number(text, notes, at, element)
    if value is None or (value >= 0 and value.is_integer()):
        return None if value is None else int(value)
    notes.add("value.count", Severity.ERROR, f"{snippet(text)} is not a count", at, element)
    return None


def hs_code(text: str, notes: Notes, at: Place, element: str) -> str:
    """Return 4 to 12 digits of a commodity code, dots and blanks taken out; "" when it is none."""
    digits = text.replace(".", "").replace(" ", "")
    if not digits or (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 12):
        return digits
    reason = f"{snippet(text)} is not a commodity code of 4 to 12 digits"
    notes.add("value.hs_code", Severity.WARNING, reason, at, element)
    return ""


def undg(text: str, notes: Notes, at: Place, element: str) -> str:
    """Return the four digits of a UN dangerous goods number; "" when it is none."""
    if not text:
        return ""
    if found := _UNDG.fullmatch(text.strip().upper()):
        return found.group(1)
    reason = f"{snippet(text)} is not a UN number of four digits"
    notes.add("value.undg", Severity.WARNING, reason, at, element)
    return ""


def container(text: str) -> tuple[str, bool | None]:
    """Return a container number in upper case without blanks and the verdict of ISO 6346.

    The verdict is None for a unit that carries no such number (a truck, a pallet of breakbulk).
    """
    return _container(text) if len(text) <= _LONGEST else (text, None)


@lru_cache(maxsize=65536)
def _container(text: str) -> tuple[str, bool | None]:
    if _CONTAINER.fullmatch(text):
        return text, iso6346.is_valid(text)
    plain = iso6346.normalise(text)
    shaped = _CONTAINER.fullmatch(plain) is not None
    return plain, iso6346.is_valid(plain) if shaped else None


def checked_container(
    text: str, notes: Notes, at: Place, element: str, *, expected: bool = True
) -> tuple[str, bool | None]:
    """Return :func:`container` and note a failed check.

    ``expected`` says that a container must stand here, so another form is a defect too.
    """
    if iso6346.is_exact(text):
        return text, True
    plain, valid = container(text)
    if valid or not plain or (valid is None and not expected):
        return plain, valid
    notes.add("value.container", Severity.WARNING, iso6346.fault(plain), at, element)
    return plain, False


def ship_number(text: str, notes: Notes, at: Place, element: str) -> tuple[str, bool | None]:
    """Return an IMO number without its prefix and the verdict of its check digit."""
    if not text.strip():
        return "", None
    plain = imo.normalise(text) or text.strip()
    valid = imo.is_valid(plain)
    if not valid:
        notes.add("value.imo", Severity.WARNING, imo.fault(plain), at, element)
    return plain, valid
