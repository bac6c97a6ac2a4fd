"""What the lists of the United Kingdom share: names in six parts, kinds, the quality of aliases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from esclusa.formats.lists.draft import Draft, joined

NAMES: Final = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")
"""Parts of a name in the order in which people say it: ``Name 6`` is the surname."""

_TYPES: Final = {"individual": "person", "entity": "organisation", "ship": "vessel"}


def type_of(word: str) -> str:
    """Return the type of an entry by the list's word, ``other`` when it is unknown."""
    return _TYPES.get(word.strip().lower(), "other")


def name(draft: Draft, parts: Iterable[str], kind: str, quality: str) -> None:
    """Give a draft a name; ``kind`` and ``quality`` are the list's own words for it.

    Primary names and their spellings are strong; an alias is weak when its quality begins with
    ``low`` or ``weak``; a former name (``FKA``) is an alias, and the remarks say what it was.
    """
    whole = joined(parts)
    kind = joined((kind,)).lower()
    if kind == "primary name":
        draft.primary(whole)
    else:
        weak = quality.strip().lower().startswith(("low", "weak"))
        draft.alias(whole, weak=weak, former=kind.startswith(("fka", "f.k.a", "former")))
