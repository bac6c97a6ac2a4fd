"""Names brought into comparable form word by word, as far as no rule looks beyond a word.

Names differ, their words repeat: what a word becomes is worked out once. Where a rule looks at the
whole name, or touches one of its words, :mod:`~.normalise` and :mod:`~.chinese` go through it.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import msgspec

from esclusa.analysis.screening import normalise
from esclusa.analysis.screening.chinese import FEWEST, KINDS, WORDS, in_syllables, is_chinese
from esclusa.analysis.screening.letters import by_language
from esclusa.analysis.screening.normalise import MAX_TOKENS, Name
from esclusa.analysis.screening.romanised import surnames
from esclusa.analysis.screening.scripts import joins
from esclusa.analysis.screening.signs import may_be_signs, written_signs

_WORDS_KEPT: Final = 50_000
"""Words remembered of each kind of name."""
_CHARS: Final = 100
"""Longer names may be cut while they become Latin letters."""
_GROWS: Final = 4
"""A sign that becomes more than so many is rare."""


class _Word(msgspec.Struct, frozen=True, gc=False):
    """What is known of a word: see :class:`~.normalise.Told`; how many of its words are no Chinese
    syllables, and whether one is a Chinese surname; whether its letters are read as the language of
    the whole name has them, and whether it may hold Chinese or Korean signs."""

    tokens: tuple[str, ...]
    ends: bool
    starts: bool
    prefix: bool
    foreign: int
    surname: bool
    by_language: bool
    signs: bool


class _Known(dict[str, _Word | None]):
    """The words of one kind of name, each worked out when it is first asked for."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind: Final = kind

    def __missing__(self, raw: str) -> _Word | None:
        found = _word(raw, self._kind)
        if len(self) < _WORDS_KEPT:
            self[raw] = found
        return found


_known: Final = cache(_Known)


def by_words(text: str, kind: str) -> Name | None:
    """Return what :func:`~.chinese.comparable` does, None where that needs a look at the whole.

    :param kind: ``person``, ``organisation``, ``vessel`` or ``any``; of others None is returned.
    """
    if kind not in _BY_WORDS or len(text) > _CHARS:
        return None
    known, tokens = _known(kind), tuple[str, ...]()
    foreign = languages = 0
    surname = signs = False
    first = last = None
    for raw in text.split(" "):
        last = known[raw]
        if last is None:
            return None
        first = first or last
        tokens += last.tokens
        foreign += last.foreign
        surname |= last.surname
        languages += last.by_language
        signs |= last.signs
    if first is None or last is None:
        return None
    count = len(tokens)
    if count > MAX_TOKENS or languages > 1 or first.starts or first.prefix or last.ends:
        return None
    name = Name(tokens, signs=written_signs(text) if signs else "")
    # As chinese.comparable asks whether the name may be Chinese.
    may_be = kind in KINDS and count <= WORDS and foreign < 2 and foreign < count
    few = count <= FEWEST and not text.isascii()
    return in_syllables(text, kind, name) if may_be and (surname or few) else name


_BY_WORDS: Final = frozenset({"person", "organisation", "vessel", "any"})


def _word(raw: str, kind: str) -> _Word | None:
    folded = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    if " " in folded or joins(folded) or not raw.isprintable():
        return None
    told = normalise.told(raw, kind)
    if told is None or len(folded) > _GROWS * len(raw):
        return None
    return _Word(
        told.tokens,
        told.ends,
        told.starts,
        told.prefix,
        sum(not is_chinese(token) for token in told.tokens),
        not surnames().isdisjoint(told.tokens),
        by_language(folded),
        may_be_signs(raw),
    )
