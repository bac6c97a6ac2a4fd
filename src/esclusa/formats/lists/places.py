"""Countries in the words of the lists, and addresses made of their parts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from esclusa.codes import country

_LISTS_OWN: Final = {
    "burma": "MM",
    "region: gaza": "PS",
    "region: northern gaza": "PS",
    "region: north gaza": "PS",
    "region: west bank": "PS",
    "west bank": "PS",
    "palestinian": "PS",
    "palestinian territories": "PS",
    "region: crimea": "UA",
    "region: kafia kingi": "SD",
    "region: northern mali": "ML",
    "region: russia": "RU",
    "cote d ivoire": "CI",
    "macau": "MO",
    "the gambia": "GM",
}
"""Spellings of OFAC that are in no table of country names. A region counts for its country as OFAC
files it; the words themselves stay in the address."""

_NOTHING: Final = frozenset(("", "-0-", "na", "n/a", "none", "none identified", "undetermined"))


_LONGEST: Final = 200
"""Longest words worth remembering; a hostile list of long ones must not fill the memory."""


def country_words(words: str) -> str:
    """Return ISO 3166-1 alpha-2 for a country's name or code, the words themselves if unknown.

    Returns "" for the words that lists use for "no country".
    """
    words = " ".join(words.split())
    return _country(words) if len(words) <= _LONGEST else words


@lru_cache(maxsize=4096)
def _country(words: str) -> str:
    plain = words.lower()
    if plain in _NOTHING:
        return ""
    if plain in _LISTS_OWN:
        return _LISTS_OWN[plain]
    found = country.find(words)
    return found.alpha2 if found else words


def is_code(text: str) -> bool:
    """Answer whether a country came out as a code rather than as the list's words."""
    return len(text) == 2 and text.isascii() and text.isupper()


def address(parts: Iterable[str]) -> str:
    """Return the parts of an address joined by commas, empty ones left out."""
    return ", ".join(part for part in (" ".join(part.split()) for part in parts) if part)


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values in order, empty ones and repeats left out."""
    return tuple(dict.fromkeys(value for value in values if value))
