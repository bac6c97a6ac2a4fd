"""How a word sounds: one spelling per sound (`fold`) and its consonants (`skeleton`).

Written here because the published phonetic codes (Soundex, Metaphone) are made for English
surnames, while a manifest carries Arabic, Russian and Spanish names in many romanisations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from esclusa.analysis.screening import words
from esclusa.analysis.screening.abjad import ABJAD, SIGNS

_VOWELS: Final = re.compile(r"(?<!^)[AIUH]+")
_DOUBLED: Final = re.compile(r"(.)\1+")
_FIRST_VOWEL: Final = re.compile(r"^[AIU]")
_FIRST: Final = dict.fromkeys("AEIY", ("A",)) | {
    "H": ("H",),
    "W": ("A", "V"),
    "KH": ("K", "H"),
    "KQ": ("H", "K"),
    "WV": ("V", "A"),
}
"""What a sign may sound like at the start of a word, where vowels count."""
_SIGNS_READ: Final = 16
"""Longer words differ enough in these; each ambiguous sign doubles the readings."""
_READINGS: Final = 1024
"""From so many readings on, a further sign has its first sound alone."""


@lru_cache(maxsize=200_000)
def fold(token: str) -> str:
    """Return the token with one spelling per sound: ``MOUHAMMED`` and ``MUHAMED`` → ``MUHAMID``.

    A final H after a vowel is silent. Digits stay.
    """
    return _ended(sounds(token))


def fold_joined(tokens: Sequence[str]) -> str:
    """Return ``fold("".join(tokens))``, mostly from the sounds of each word.

    Only where the letters on both sides of a blank may be one spelling together (``NASSER`` +
    ``HADI``: R and H are none, S and H would be) the letters in a row are read anew.
    """
    joined, last = "", ""
    for token in tokens:
        if last + token[:1] in crossing():
            return fold("".join(tokens))
        heard = sounds(token)
        joined += heard[1:] if joined and heard[:1] == joined[-1] else heard
        last = token[-1:] or last
    return _ended(joined)


def fold_two(left: str, right: str) -> str:
    """Return ``fold_joined((left, right))`` of two words, neither empty, in fewer steps."""
    if left[-1] + right[0] in crossing():
        return fold(left + right)
    joined, heard = sounds(left), sounds(right)
    return _ended(joined + (heard[1:] if joined and heard[:1] == joined[-1] else heard))


@lru_cache(maxsize=200_000)
def sounds(token: str) -> str:
    """Return one sign per sound of a word, none twice in a row; a final H stays."""
    pattern, spellings = _folding()
    heard = pattern.sub(lambda found: spellings[found[0]], token.lstrip(ABJAD))
    return _DOUBLED.sub(r"\1", heard)


def _ended(heard: str) -> str:
    return heard[:-1] if len(heard) > 2 and heard[-1] == "H" else heard


@cache
def crossing() -> frozenset[str]:
    """Return the pairs of neighbouring letters in spellings of several letters: where two words
    meet in one, they do not sound as each does alone."""
    return frozenset(
        spelling[at : at + 2]
        for spelling in words.toml("sound.toml")["fold"]
        for at in range(len(spelling) - 1)
    )


@lru_cache(maxsize=200_000)
def skeleton(token: str) -> str:
    """Return the consonants of :func:`fold`, a first vowel as ``A``: ``MUHAMID`` → ``MMD``."""
    return _VOWELS.sub("", _FIRST_VOWEL.sub("A", fold(token)))


def coarse(bones: str) -> str:
    """Return a skeleton with confusable consonants merged: finds candidates, never scores them."""
    return bones.translate(_merging())


@lru_cache(maxsize=50_000)
def abjad_skeletons(token: str) -> tuple[str, ...]:
    """Return the skeletons that a word written without vowels may have in Latin letters.

    Waw is a vowel or ``V``, jim ``J`` or ``K``, tha ``T`` or ``S`` and so on (``scripts.toml``).
    """
    signs = SIGNS.findall(token.lstrip(ABJAD))
    found = _spellings(signs)
    if signs[:2] == ["A", "L"] and len(signs) > 3:
        found |= _spellings(signs[2:])
    return tuple(sorted(found - {""}))


def _spellings(signs: list[str]) -> set[str]:
    sounds, found, before = _sign_sounds(), {""}, ""
    for sign in signs[:_SIGNS_READ]:
        heard = sounds.get(sign) or (fold(sign),)
        if not before:
            heard = _FIRST.get(sign, heard)
        elif sign == before:
            heard = (*heard, "")
        if len(found) >= _READINGS:
            heard = heard[:1]
        found, before = {bones + sound for bones in found for sound in heard}, sign
    return found


@cache
def _folding() -> tuple[re.Pattern[str], dict[str, str]]:
    sounds = dict(words.toml("sound.toml")["fold"])
    longest_first = sorted(sounds, key=lambda spelling: (-len(spelling), spelling))
    return re.compile("|".join(longest_first)), sounds


@cache
def _merging() -> dict[int, str]:
    return {ord(letter): merged for letter, merged in words.toml("sound.toml")["coarse"].items()}


@cache
def _sign_sounds() -> dict[str, tuple[str, ...]]:
    return {sign: tuple(heard) for sign, heard in words.toml("scripts.toml")["sounds"].items()}
