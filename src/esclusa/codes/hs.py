"""Goods: the Harmonized System of the World Customs Organization, six digits.

Two digits name the chapter, four the heading, six the subheading. Countries add digits of their
own: :func:`find` gives the deepest line of the world list that a longer national code falls under.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "HS code"
LABEL_ES: Final = "Partida del Sistema Armonizado"
STANDARD: Final = "Harmonized System Convention, WCO"

_LONGEST: Final = 12
"""National codes reach 10 digits, 12 with a check or statistical suffix."""

_LENGTHS: Final = frozenset({2, 4, *range(6, _LONGEST + 1)})

_NATIONAL: Final = ("98", "99")


class HsCode(msgspec.Struct, frozen=True, gc=False):
    """A line of the nomenclature with the lines above it. Texts are English.

    ``chapter`` and ``heading`` are codes (``08``, ``0803``), "" below their level's depth;
    ``section`` is the Roman number.
    """

    code: str
    text: str
    chapter: str
    chapter_text: str
    heading: str
    heading_text: str
    section: str
    section_text: str
    edition: str


def normalise(text: str) -> str:
    """Return the digits alone: ``0803.90`` → ``080390``."""
    return compact(text)


def get(code: str) -> HsCode | None:
    """Return the line for exactly 2, 4 or 6 digits, None when this edition has no such line."""
    return _TABLE.get(code)


def find(code: str) -> HsCode | None:
    """Return the deepest line that a declared code of 2 to 12 digits falls under, or None."""
    digits = normalise(code)
    if not _is_code(digits):
        return None
    found = _TABLE.get
    return found(digits[:6]) or found(digits[:4]) or found(digits[:2])


def known(code: str) -> bool:
    """Answer whether the first six digits (or all, if fewer) are a line of this edition."""
    digits = normalise(code)
    return _is_code(digits) and _TABLE.known(digits[:6])


def is_valid(text: str) -> bool:
    """Answer whether nothing is wrong with a declared code; never raises on any text."""
    return not fault(text)


def fault(text: str) -> str:
    """Return what is wrong with a declared code as one sentence, "" when nothing is.

    Chapters 98 and 99 belong to each country; the world list cannot say anything against them.
    """
    digits = normalise(text)
    if not _is_code(digits):
        return f"HS code {quoted(text)} is not 2, 4 or 6 to {_LONGEST} digits"
    line = digits[:6]
    if _TABLE.known(line) or line.startswith(_NATIONAL):
        return ""
    found = find(digits)
    under = f"; {found.code} is" if found else ""
    return f"HS code {line} is not in the Harmonized System {edition()}{under}"


def all_lines() -> list[HsCode]:
    """Return every line, in the order of the nomenclature."""
    return _TABLE.all()


def edition() -> str:
    """Return the edition, such as ``2022``."""
    return packed.edition("hs")


def _is_code(digits: str) -> bool:
    return len(digits) in _LENGTHS and digits.isdigit() and digits.isascii()


@cache
def _sections() -> dict[str, str]:
    rows = (line.split("\t") for line in packed.read("hs_section"))
    return {row[0]: row[1] for row in rows}


@cache
def _text(code: str) -> str:
    line = _TABLE.rows.get(code, "\t\t")
    return line.split("\t")[1]


def _make(row: list[str]) -> HsCode:
    code, text, section = row
    chapter, heading = code[:2], code[:4] if len(code) > 2 else ""
    return HsCode(
        code, text, chapter, _text(chapter), heading, _text(heading) if heading else "",
        section, _sections().get(section, ""), edition(),
    )  # fmt: skip


_TABLE: Final = Table("hs", _make, normalise)
