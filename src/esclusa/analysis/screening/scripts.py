"""Other scripts to Latin letters, offline.

Words of Arabic and Hebrew script become their consonants and long vowels with the mark ``~`` in
front (:mod:`~.abjad` compares them). Chinese and Korean signs are syllables and become words of
their own (:mod:`~.syllables`); Cyrillic, Greek and kana follow the standards of their languages
(:mod:`~.letters`). Everything else is AnyAscii's.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from anyascii import anyascii

from esclusa.analysis.screening import letters, syllables, words
from esclusa.analysis.screening.abjad import ABJAD

_INVISIBLE_SIGNS: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_SMALL_SIGNS: Final = "\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
_INVISIBLE: Final = re.compile(f"[{_INVISIBLE_SIGNS}]")
_VOWEL_SIGNS: Final = re.compile(f"[{_SMALL_SIGNS}]")
_ABJAD_LETTERS: Final = "\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u066e-\u06d5"
_ABJAD_WORD: Final = re.compile(f"[{_ABJAD_LETTERS}]+")
_GERESH: Final = re.compile("([גזצץת])['\u05f3\u2019\u00b4`]")
_ARABIC: Final = re.compile("[\u0621-\u06d5]")
_SILENT: Final = re.compile("[ع]|[אע](?=.)")
"""Letters that only carry a vowel inside a word."""
_HEBREW_ENDING: Final = 2
_WORDS_KEPT: Final = 50_000
_RULED: Final = re.compile(
    f"[{_INVISIBLE_SIGNS}{_SMALL_SIGNS}{_ABJAD_LETTERS}{letters.SPELT}{syllables.SPELT}]"
)
"""Signs that some rule below is about; a text without any is AnyAscii's alone."""
_SIGNS_KEPT: Final = 100_000
_BEFORE: Final = "AB"
_ARTICLE: Final = "الغني"
"""A word, and one with an article, that tell whether a rule joins another with them; what joins any
two words is the one behind."""
_PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))


class _Ascii(dict[int, str]):
    """AnyAscii as a table, sign by sign as it is asked for: it reads each sign alone."""

    def __missing__(self, code: int) -> str:
        found = anyascii(chr(code))
        if len(self) < _SIGNS_KEPT:
            self[code] = found
        return found


_ASCII: Final = _Ascii()


def latinised(text: str) -> str:
    """Return the text in ASCII, words without vowels marked ``~``. NFKC text is expected."""
    start = text.rfind(" ", 0, len(text) - len(text.lstrip(_PRINTABLE))) + 1
    end = text.find(" ", len(text.rstrip(_PRINTABLE)))
    core = text[start:] if end < 0 else text[start:end]
    # Arabic words are joined with their neighbours, whatever script these are in.
    if not core or _ABJAD_WORD.search(core):
        return _in_ascii(text)
    return text[:start] + _core(core) + (text[end:] if end >= 0 else "")


@lru_cache(maxsize=_WORDS_KEPT)
def _core(text: str) -> str:
    """Return what :func:`_in_ascii` does, of what stands between the words that are ASCII already:
    no rule but those on Arabic words looks beyond a blank into these."""
    return _in_ascii(text)


def joins(word: str) -> bool:
    """Answer whether a word may be joined with the one before it, whatever script that is in, or
    with an Arabic article behind it. All other rules look at one word alone, but for what
    :func:`~.letters.by_language` says of them."""
    if not _ABJAD_WORD.search(word):
        return False
    bare = _VOWEL_SIGNS.sub("", _INVISIBLE.sub("", word))
    alone, behind = _arranged(bare), _arranged(_ARTICLE)
    before = _arranged(f"{_BEFORE} {bare}") != f"{_BEFORE} {alone}"
    return before or _arranged(f"{bare} {_ARTICLE}") != f"{alone} {behind}"


def _in_ascii(text: str) -> str:
    if not _RULED.search(text):
        return text.translate(_ASCII)
    text = _VOWEL_SIGNS.sub("", _INVISIBLE.sub("", text))
    text = _GERESH.sub(lambda found: _foreign_hebrew()[found[1]], text)
    if _ABJAD_WORD.search(text):
        text = _ABJAD_WORD.sub(_abjad_word, _arranged(text))
    return syllables.spelt_syllables(letters.spelt_letters(text)).translate(_ASCII)


@cache
def _foreign_hebrew() -> dict[str, str]:
    """A geresh makes a Hebrew letter stand for a sound Hebrew lacks: ג׳ is J, צ׳ is CH.

    The sounds have letters of their own in Arabic script, which are read alike.
    """
    return dict(words.toml("scripts.toml")["geresh"])


def _arranged(text: str) -> str:
    """Join and part Arabic words as Latin spelling does."""
    if not _ARABIC.search(text):
        return text
    for pattern, written in _arrangements():
        text = pattern.sub(written, text)
    return text


@cache
def _arrangements() -> tuple[tuple[re.Pattern[str], str], ...]:
    rules = words.toml("scripts.toml")["arrange"]
    return tuple((re.compile(rule["from"]), rule["to"]) for rule in rules)


def _abjad_word(found: re.Match[str]) -> str:
    return f" {_spelt(found[0])} "


@lru_cache(maxsize=_WORDS_KEPT)
def _spelt(word: str) -> str:
    """Return a word of Arabic or Hebrew script letter by letter, without the Arabic article."""
    known = _known_words().get(word)
    if known:
        return known
    if word.startswith("ال") and len(word) > 4:
        word = word[2:]
    if len(word) > _HEBREW_ENDING and word.endswith("ה"):
        word = word[:-1] + "א"
    read = _abjad_letters()
    first = read.get(word[0], "")
    rest = "".join(read.get(letter, "") for letter in _SILENT.sub("", word[1:]))
    return f"{ABJAD}{first}{rest}"


@cache
def _known_words() -> dict[str, str]:
    return dict(words.toml("scripts.toml")["words"])


@cache
def _abjad_letters() -> dict[str, str]:
    return dict(words.toml("sound.toml")["abjad"])
