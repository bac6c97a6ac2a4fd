"""UN dangerous goods numbers: four digits for a substance or article (``1203`` gasoline).

The names are those of the United States table (49 CFR 172.101), which takes the UN numbers over and
adds some of its own; those keep their letters (``NA1993``). The list has no class: read it from the
declaration, never from here. Modal rules (IMDG, ADR, ICAO-TI) may list more numbers.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import bare, quoted

LABEL_EN: Final = "UN dangerous goods number"
LABEL_ES: Final = "Número ONU de mercancía peligrosa"
STANDARD: Final = "UN Recommendations on the Transport of Dangerous Goods"

_FORM: Final = re.compile(r"(?:NA|ID)?[0-9]{4}")
_PREFIX: Final = re.compile(r"(?:ONU|UN)+")


class DangerousGood(msgspec.Struct, frozen=True, gc=False):
    """A number and its proper shipping name in English.

    Several names are joined by ``; ``; words in brackets explain and are not part of the name.
    """

    number: str
    name: str


def normalise(text: str) -> str:
    """Return four digits, or ``NA``/``ID`` and four digits: ``UN 1203`` → ``1203``."""
    return bare(text, _PREFIX)


def get(number: str) -> DangerousGood | None:
    """Return the entry for a number, None when the list does not have it."""
    return _TABLE.get(number)


def known(number: str) -> bool:
    """Answer whether the list has the number."""
    return _TABLE.known(number)


def is_valid(text: str) -> bool:
    """Same as :func:`known`: the numbers have no check digit."""
    return _TABLE.known(text)


def fault(text: str) -> str:
    """Return what is wrong with a number as one sentence, "" when the list has it."""
    number = normalise(text)
    if not _FORM.fullmatch(number):
        return f"UN number {quoted(text)} is not four digits"
    return "" if _TABLE.known(number) else f"UN number {number} is not in the {edition()} list"


def edition() -> str:
    """Return the edition of the list."""
    return packed.edition("undg")


_TABLE: Final = Table("undg", lambda row: DangerousGood(row[0], row[1]), normalise)
