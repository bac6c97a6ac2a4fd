"""Korean and Chinese signs: each is a syllable and becomes a word of its own.

Lists write given names of two syllables apart, with a hyphen or joined; words written as one are
met later (:mod:`~.align`). A syllable that would be taken for a particle (``DA``, ``LA``) joins its
neighbour, because inside such a name it is none. The tables are ``data/syllables.toml``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, Final

from anyascii import anyascii

from esclusa.analysis.screening import words

_HANGUL_SIGNS: Final = "\uac00-\ud7a3"
_HAN_SIGNS: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
SPELT: Final = _HANGUL_SIGNS + _HAN_SIGNS
"""What :func:`spelt_syllables` changes, as ranges of a regular expression."""
_HANGUL: Final = re.compile(f"[{_HANGUL_SIGNS}]+")
_HAN: Final = re.compile(f"[{_HAN_SIGNS}]+")
_NAME_LENGTHS: Final = range(2, 5)
"""Syllables of a whole name: a surname of one or two, a given name of one or two."""
_FIRST: Final = 0xAC00
_VOWELS: Final = 21
_LASTS: Final = 28
_RUNS_KEPT: Final = 20_000
"""Given names and surnames repeat."""
_DROPPED: Final = ("particles", "particles_inside", "fillers", "honorifics", "introductions")


def spelt_syllables(text: str) -> str:
    """Return the text with Korean and Chinese signs as upper-case Latin words, the rest as is."""
    if _HANGUL.search(text):
        text = _HANGUL.sub(lambda found: _spelt_hangul(found[0]), text)
    if _HAN.search(text):
        text = _HAN.sub(lambda found: _spelt_han(found[0]), text)
    return text


@lru_cache(maxsize=_RUNS_KEPT)
def _spelt_hangul(run: str) -> str:
    return _apart(_hangul(run))


@lru_cache(maxsize=_RUNS_KEPT)
def _spelt_han(run: str) -> str:
    return _apart(_han(run))


def _hangul(run: str) -> list[str]:
    tables = _tables()["hangul"]
    spelt = [tables["written"].get(sign) or _by_letters(sign, tables) for sign in run]
    if len(run) in _NAME_LENGTHS:
        spelt[0] = tables["surnames"].get(run[0], spelt[0])
    return spelt


def _by_letters(sign: str, tables: dict[str, Any]) -> str:
    """Hangul syllables lie in Unicode in the order of their letters (section 3.12)."""
    rest, last = divmod(ord(sign) - _FIRST, _LASTS)
    first, vowel = divmod(rest, _VOWELS)
    return str(tables["first"][first] + tables["vowel"][vowel] + tables["last"][last])


def _han(run: str) -> list[str]:
    spelt = [anyascii(sign).strip().upper() for sign in run]
    if len(run) in _NAME_LENGTHS:
        spelt[0] = _tables()["han"]["surnames"].get(run[0], spelt[0])
    return spelt


def _apart(syllables: list[str]) -> str:
    joined: list[str] = []
    held = ""
    for at, syllable in enumerate(syllables):
        if at and syllable in _particles():
            held += syllable
            continue
        joined.append(held + syllable)
        held = ""
    if held and joined:
        joined[-1] += held
    return f" {' '.join(joined)} "


@cache
def _particles() -> frozenset[str]:
    return frozenset[str]().union(*map(words.word_set, _DROPPED))


@cache
def _tables() -> dict[str, Any]:
    return words.toml("syllables.toml")
