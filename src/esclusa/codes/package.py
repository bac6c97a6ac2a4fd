"""Package types: UNECE Recommendation 21 annex V, the codes of UN/EDIFACT element 7065."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "Package type"
LABEL_ES: Final = "Tipo de bulto"
STANDARD: Final = "UNECE Recommendation 21"


class Package(msgspec.Struct, frozen=True, gc=False):
    """A package code (``CT``, ``4G``) and its English name (``Carton``)."""

    code: str
    name: str


def normalise(text: str) -> str:
    """Return upper case without blanks and separators."""
    return compact(text)


def get(code: str) -> Package | None:
    """Return the package for a code, None when the list does not have it."""
    return _TABLE.get(code)


def known(code: str) -> bool:
    """Answer whether the list has the code."""
    return _TABLE.known(code)


def is_valid(text: str) -> bool:
    """Same as :func:`known`: the codes have no check digit."""
    return _TABLE.known(text)


def fault(text: str) -> str:
    """Return what is wrong with a code as one sentence, "" when the list has it."""
    return "" if known(text) else f"package type {quoted(text)} is not in {STANDARD}, {edition()}"


def edition() -> str:
    """Return the edition of the list."""
    return packed.edition("package")


_TABLE: Final = Table("package", lambda row: Package(row[0], row[1]), normalise)
