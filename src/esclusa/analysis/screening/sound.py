"""How a word sounds: one spelling per sound (`fold`) and its consonants (`skeleton`).

Written here because the published phonetic codes (Soundex, Metaphone) are made for English
surnames, while a manifest carries Arabic, Russian and Spanish names in many romanisations.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from esclusa.analysis.screening import words
from esclusa.analysis.screening.normalise import ABJAD

_VOWELS: Final = re.compile(r"(?<!^)[AIUH]+")
_DOUBLED: Final = re.compile(r"(.)\1+")
_FIRST_VOWEL: Final = re.compile(r"^[AIU]")


@lru_cache(maxsize=200_000)
def fold(token: str) -> str:
    """Return the token with one spelling per sound: ``MOUHAMMED`` and ``MUHAMED`` → ``MUHAMID``.

    A final H after a vowel is silent. Digits stay.
    """
    pattern, sounds = _folding()
    folded = pattern.sub(lambda found: sounds[found[0]], token.lstrip(ABJAD))
    folded = _DOUBLED.sub(r"\1", folded)
    return folded[:-1] if len(folded) > 2 and folded[-1] == "H" else folded


@lru_cache(maxsize=200_000)
def skeleton(token: str) -> str:
    """Return the consonants of :func:`fold`, a first vowel as ``A``: ``MUHAMID`` → ``MMD``."""
    return _VOWELS.sub("", _FIRST_VOWEL.sub("A", fold(token)))


def coarse(bones: str) -> str:
    """Return a skeleton with confusable consonants merged: finds candidates, never scores them."""
    return bones.translate(_merging())


def abjad_skeletons(token: str) -> tuple[str, ...]:
    """Return the skeletons that a word written without vowels may have.

    Waw is a vowel or ``V``; ya is a vowel or a consonant that skeletons leave out anyway.
    """
    bare = token.lstrip(ABJAD)
    head, rest = bare[:1], bare[1:]
    spelt = {head + rest, head + rest.replace("W", ""), _last_consonant(head, rest)}
    return tuple(sorted({skeleton(form) for form in spelt} - {""}))


def _last_consonant(head: str, rest: str) -> str:
    before, w, after = rest.rpartition("W")
    return head + before.replace("W", "") + w + after


@cache
def _folding() -> tuple[re.Pattern[str], dict[str, str]]:
    sounds = dict(words.toml("sound.toml")["fold"])
    longest_first = sorted(sounds, key=lambda spelling: (-len(spelling), spelling))
    return re.compile("|".join(longest_first)), sounds


@cache
def _merging() -> dict[int, str]:
    return {ord(letter): merged for letter, merged in words.toml("sound.toml")["coarse"].items()}
