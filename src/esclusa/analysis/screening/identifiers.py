"""Identifiers as keys: one spelling per number, so that equal numbers meet."""

from __future__ import annotations

from typing import Final

from esclusa.codes import imo
from esclusa.codes.text import compact

SHORTEST: Final = 5
"""Shorter numbers (``12``, ``N/A``) meet by accident; MMSI has 9 digits, IMO 7, call signs 4 to 7
are left to the name."""
_LONGEST: Final = 40

_NOTHING: Final = frozenset({"UNKNOWN", "NONUMBER", "NOTAVAILABLE", "NONE", "DESCONOCIDO"})


def identifier_key(scheme: str, value: str) -> tuple[str, str]:
    """Return (scheme, value) in comparable form; value "" when it cannot identify anything.

    ``("imo", "IMO 9074729")`` → ``("imo", "9074729")``. Numbers under five characters, of one
    repeated character, or of letters alone are not identifiers.
    """
    scheme = scheme.strip().lower()
    number = imo.normalise(value) if scheme == "imo" else compact(value)
    return scheme, number if _identifies(number) else ""


def parse_identifier(text: str) -> tuple[str, str]:
    """Read ``scheme:value``; a text without colon has scheme ``other``."""
    scheme, colon, value = text.partition(":")
    return identifier_key(scheme, value) if colon else identifier_key("other", scheme)


def _identifies(number: str) -> bool:
    if not SHORTEST <= len(number) <= _LONGEST or number in _NOTHING:
        return False
    return len(set(number)) > 1 and any(letter.isdigit() for letter in number)
