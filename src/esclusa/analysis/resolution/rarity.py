"""How much a word tells: the rarer, the more.

Counts come with the settings of a run and never from the mentions at hand, since those may include
what a reader may not see. The default are the words of public lists; :meth:`Rarity.learned` counts
in a table that everybody may know, such as a company register.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import msgspec

from esclusa.analysis.screening import words
from esclusa.analysis.screening.normalise import ABJAD
from esclusa.analysis.screening.sound import fold

_LISTED: Final = 10_000
"""Entries that the counts of common_words.csv stand for, as in the screening room."""
_MOST_NUMBER: Final = 8.0
"""A house number or the 2 of NORTHREACH 2 is rare as a text but common as a number."""


class Rarity(msgspec.Struct, frozen=True):
    """Counts of sounds among ``total`` names. ``version`` is told with each explanation."""

    version: str
    counts: Mapping[str, float]
    total: float

    def bits(self, token: str) -> float:
        """Return log2(names / names with a word of this sound)."""
        bits = math.log2((self.total + 1) / (self.counts.get(sound(token), 0.0) + 1))
        return min(bits, _MOST_NUMBER) if not token.lstrip(ABJAD).isalpha() else bits

    @classmethod
    def learned(cls, names: Iterable[Iterable[str]], version: str) -> Rarity:
        """Count the words of names; a word counts once in a name."""
        counts: Counter[str] = Counter()
        total = 0
        for name in names:
            total += 1
            counts.update({sound(token) for token in name})
        return cls(version, dict(counts), float(total))


def sound(token: str) -> str:
    """Return what counts as the same word: BANCO and BANK, MOHAMED and MUHAMMAD."""
    if token[0] == ABJAD or not token.isalpha():
        return token
    return fold(words.word_variants().get(token, token))


@cache
def listed_rarity() -> Rarity:
    """Return the counts of the public lists that ship with the screening room."""
    rows = words.rows("common_words.csv")
    counts = {row["sound"]: float(row["per_thousand"]) * _LISTED / 1000 for row in rows}
    return Rarity("lists", counts, float(_LISTED))
