"""Cyrillic, Greek and kana to Latin letters, by the romanisation that each language publishes.

A letter's value depends on the language (г is G in Russian, H in Ukrainian), and a text's language
shows in the letters that only it has. The tables are ``data/letters.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, Final

from anyascii import anyascii

from esclusa.analysis.screening import words

_CYRILLIC_LETTERS: Final = "\u0400-\u052f"
_GREEK_LETTERS: Final = "\u0370-\u03ff\u1f00-\u1fff"
_KANA_SIGNS: Final = "\u3041-\u3096\u309d-\u309f\u30a1-\u30f6\u30fc-\u30fe"
SPELT: Final = _CYRILLIC_LETTERS + _GREEK_LETTERS + _KANA_SIGNS
"""What :func:`spelt_letters` changes, as ranges of a regular expression."""
_CYRILLIC: Final = re.compile(f"[{_CYRILLIC_LETTERS}]+")
_GREEK: Final = re.compile(f"[{_GREEK_LETTERS}]+")
_KANA: Final = re.compile(f"[{_KANA_SIGNS}]+")
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_DOUBLING: Final = "っ"
_LONG: Final = "ー"
_DIAERESIS: Final = "\u0308"
_PARTED: Final = re.compile("([\u03b1\u03b5\u03b7\u03bf]\u0301)([\u03b9\u03c5])(?!\u0308)")


def by_language(text: str) -> bool:
    """Answer whether letters of the text are read as its language has them, which all its words of
    the script tell together."""
    return bool(_CYRILLIC.search(text))


def spelt_letters(text: str) -> str:
    """Return the text with Cyrillic, Greek and kana in upper-case Latin letters, the rest as is."""
    if _CYRILLIC.search(text):
        text = _cyrillic(text)
    if _GREEK.search(text):
        text = _GREEK.sub(lambda found: _greek(found[0]), text)
    if _KANA.search(text):
        text = _KANA.sub(lambda found: _kana(found[0]), text)
    return text


def _cyrillic(text: str) -> str:
    lower = text.lower()
    table = next((table for own, table in _languages() if own.search(lower)), _russian())
    return _CYRILLIC.sub(
        lambda found: "".join(table.get(letter, letter) for letter in found[0].lower()), text
    )


@cache
def _languages() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    """Return (letters that only a language has, its letters) in the order of the file."""
    return tuple(
        (re.compile(one["own"]), _russian() | one["letters"]) for one in _tables()["cyrillic"]
    )


@cache
def _russian() -> dict[str, str]:
    return dict(_tables()["russian"]["letters"])


def _greek(word: str) -> str:
    """Two vowels are one sound only without a diaeresis or an accent on the first: Μάιος."""
    spread = unicodedata.normalize("NFD", word.lower())
    broken = _PARTED.sub(rf"\1\2{_DIAERESIS}", spread)
    bare = "".join(c for c in broken if c == _DIAERESIS or not unicodedata.combining(c))
    bare = unicodedata.normalize("NFC", bare)
    for pattern, latin in _greek_rules():
        bare = pattern.sub(latin, bare)
    letters = _greek_letters()
    return "".join(letters.get(letter, letter) for letter in bare)


@cache
def _greek_rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), latin) for pattern, latin in _tables()["greek"]["rules"])


@cache
def _greek_letters() -> dict[str, str]:
    return dict(_tables()["greek"]["letters"])


def _kana(run: str) -> str:
    """A small sign changes the one before, a small tsu doubles the one after: KYO, PPO."""
    rules = _tables()["kana"]
    spelt: list[str] = []
    before, doubled = "", False
    for sign in run.translate(_TO_HIRAGANA):
        if sign == _LONG:
            continue
        if sign == _DOUBLING:
            doubled = True
            continue
        small = rules["small"].get(sign)
        if small and before:
            spelt[-1] = _joined_kana(spelt[-1], before, small, rules)
        else:
            latin = small or anyascii(sign).upper()
            spelt.append(latin[:1] + latin if doubled and latin[:1] not in "AEIOU" else latin)
        before, doubled = "" if small else sign, False
    return "".join(spelt)


def _joined_kana(latin: str, sign: str, small: str, rules: dict[str, Any]) -> str:
    doubled = latin[:1] if latin[:1] == latin[1:2] else ""
    start = rules["before_small"].get(sign)
    start = doubled + start if start else latin[:-1]
    return start + (small[1:] if sign in rules["bare"] and small[0] == "Y" else small)


@cache
def _tables() -> dict[str, Any]:
    return words.toml("letters.toml")
