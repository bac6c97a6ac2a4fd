"""How people write identifiers down, and how an error sentence quotes one."""

from __future__ import annotations

import re
from typing import Final

_DROPPED: Final = " \t\r\n\v\f\u00a0\u2007\u202f-\u2010\u2011\u2013./_"
"""Blanks and the marks that people put between groups of an identifier."""

_COMPACT: Final = {code: code for code in range(128)} | dict.fromkeys(map(ord, _DROPPED))
"""Also lists what is kept: ``str.translate`` takes twice as long over what it does not find."""

_QUOTE_LIMIT: Final = 24
"""Longest identifier in this room is 21 characters; longer text is not an identifier."""


def compact(text: str) -> str:
    """Return ``text`` in upper case without blanks, hyphens, dots, slashes and underscores."""
    upper = text.upper()
    return upper if upper.isalnum() else upper.translate(_COMPACT)


def bare(text: str, words: re.Pattern[str]) -> str:
    """Return ``text`` compact, without the ``words`` that people put before a number."""
    number = compact(text)
    found = None if number.isdigit() else words.match(number)
    return number[found.end() :] if found else number


def quoted(text: str) -> str:
    """Return ``text`` in quotes for an error sentence, control characters escaped, cut short."""
    return repr(text if len(text) <= _QUOTE_LIMIT else text[:_QUOTE_LIMIT] + "…")
