"""Maritime identification digits: three digits → flag (ITU Radio Regulations, table of MIDs).

The digits lead an MMSI. Several belong to one flag, and some to a part of it (303 is Alaska).
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import compact

LABEL_EN: Final = "Maritime identification digits"
LABEL_ES: Final = "Cifras de identificación marítima"
STANDARD: Final = "ITU Radio Regulations, article 19 section VI"


class Mid(msgspec.Struct, frozen=True, gc=False):
    """Three digits, ISO 3166-1 alpha-2 of the flag, and the territory's name in English."""

    digits: str
    alpha2: str
    name: str


def get(digits: str) -> Mid | None:
    """Return the allocation of three digits, None when they are not allocated."""
    return _TABLE.get(digits)


def flag(digits: str) -> str:
    """Return the ISO 3166-1 alpha-2 for three digits, "" when they are not allocated."""
    found = _TABLE.get(digits)
    return found.alpha2 if found else ""


def digits_of(alpha2: str) -> tuple[str, ...]:
    """Return all digits of a flag (``PA`` → ``351``, ``352`` …), lowest first."""
    return tuple(entry.digits for entry in _TABLE.all() if entry.alpha2 == alpha2)


def edition() -> str:
    """Return the edition of the list."""
    return packed.edition("mid")


_TABLE: Final = Table("mid", lambda row: Mid(row[0], row[1], row[2]), compact)
