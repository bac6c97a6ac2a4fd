"""How people write identifiers down, and how an error sentence quotes one."""

from __future__ import annotations

from typing import Final

_DROPPED: Final = dict.fromkeys(map(ord, " \t\r\n\v\f\u00a0\u2007\u202f-\u2010\u2011\u2013./_"))
"""Blanks and the marks that people put between groups of an identifier."""

_QUOTE_LIMIT: Final = 24
"""Longest identifier in this room is 21 characters; longer text is not an identifier."""


def compact(text: str) -> str:
    """Return ``text`` in upper case without blanks, hyphens, dots, slashes and underscores."""
    return text.upper().translate(_DROPPED)


def quoted(text: str) -> str:
    """Return ``text`` in quotes for an error sentence, control characters escaped, cut short."""
    return repr(text if len(text) <= _QUOTE_LIMIT else text[:_QUOTE_LIMIT] + "…")
