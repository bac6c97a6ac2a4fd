"""Approximate keys: a name that sounds alike gives a key in common, so an exact search finds it.

A person's name gives a key for each pair of its words, one spelling per sound, and one for the
consonants of all words; each with the year of birth, without which pairs of common words would meet
strangers. A firm's or a ship's name gives a single key. What this finds and what it finds wrongly
is measured by ``benchmarks/pointers.py`` and told in ``docs/pointer-search.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations, islice, product
from typing import Final

from esclusa.analysis.screening.normalise import ABJAD, normalise
from esclusa.analysis.screening.sound import abjad_skeletons, fold, skeleton
from esclusa.sharing.pointers.keys import Pointer

_WORDS: Final = 6
"""Words that make pairs: 15 at most. Of 6,620 persons on public lists 11 have more."""
_SPELLINGS: Final = 8
"""Most readings of a name in a script without vowels."""
_YEAR: Final = re.compile(r"[12][0-9]{3}")
_RANGE: Final = 6
"""A listed birth date may be a range; a longer one is no date."""


def person(name: str, years: Iterable[str]) -> frozenset[Pointer]:
    """Return the approximate keys of a person; none without a year of birth.

    :param years: as ``YYYY``; more than one when the date is not certain.
    """
    said = _sounds(name)
    return frozenset(
        Pointer("name_year", (sound, year)) for sound in said for year in years
        if _YEAR.fullmatch(year)
    )  # fmt: skip


def company(name: str) -> frozenset[Pointer]:
    """Return the approximate key of a firm: the consonants of its words, without its legal form."""
    words = sorted(filter(None, map(skeleton, normalise(name, "organisation").tokens)))
    return frozenset({Pointer("company_name", (" ".join(words),))} if words else ())


def is_firm(name: str) -> bool:
    """Tell whether a name carries a legal form."""
    return normalise(name, "any").is_firm


def vessel(name: str) -> frozenset[Pointer]:
    """Return the approximate key of a ship: how its words sound, without ``M/V``."""
    words = sorted(filter(None, map(fold, normalise(name, "vessel").tokens)))
    return frozenset({Pointer("vessel_name", (" ".join(words),))} if words else ())


def years_of(date: str) -> tuple[str, ...]:
    """Return the years of a birth date as records hold it: ``1971-05``, ``1960/1965``."""
    first, _slash, last = (part[:4] for part in date.partition("/"))
    if not _YEAR.fullmatch(first):
        return ()
    end = int(last) if _YEAR.fullmatch(last) else int(first)
    span = range(int(first), end + 1)
    return tuple(map(str, span)) if len(span) <= _RANGE else ()


def _sounds(name: str) -> frozenset[str]:
    words = normalise(name, "person").tokens
    folded = sorted({fold(word) for word in words[:_WORDS]} - {""})
    pairs = combinations(folded, 2) if len(folded) > 1 else [tuple(folded)]
    bones = product(*map(_bones, words))
    whole = {"=" + " ".join(sorted(filter(None, spelt))) for spelt in islice(bones, _SPELLINGS)}
    return (frozenset(" ".join(pair) for pair in pairs) | whole) - {"", "="}


def _bones(word: str) -> tuple[str, ...]:
    return abjad_skeletons(word) or ("",) if word.startswith(ABJAD) else (skeleton(word),)
