"""Whether somebody looked for himself: the one question about content that the log answers.

The log holds no text that was searched and none of a record. Whether it held the reader's own name
is worked out when it is asked for, and only that word is kept, for an auditor to ask why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

OWN: Final = "own-name"
"""The word in the detail of an audit line."""

_PARTS: Final = re.compile(r"[._-]+")
_WORDS: Final = re.compile(r"[^\W_]+")


def own_name(account: str, texts: Iterable[str]) -> bool:
    """Tell whether one of the texts is the name that an account's name is made of.

    ``ana.perez`` is in "PEREZ RUIZ, Ana" and "Ana Pérez". An account name of one part (``ana``) is
    told only when it is the whole text: as a part it would be a first name like any other.
    """
    parts = {plain(part) for part in _PARTS.split(account) if len(part) > 1}
    for text in texts:
        words = set(_WORDS.findall(plain(text)))
        if parts and (words == parts or (len(parts) > 1 and parts <= words)):
            return True
    return False


def plain(text: str) -> str:
    """Return text in small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
