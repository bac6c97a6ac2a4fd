"""Names that can be read as Chinese ones as a whole, syllable by syllable.

``Cai Yingwen``, ``Ts'ai Ying-wen`` and ``TSAI Ing-wen`` become words of one syllable each, in one
of the ways of :mod:`~.romanised`. A name counts as Chinese only when every word is a syllable (a
given name of two may be written as one), a surname stands at one end, and nothing is left but one
given name of another language: ``Tony Chan Tai-man``. So ``MARISOL HE`` stays what it is.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from esclusa.analysis.screening import words
from esclusa.analysis.screening.normalise import MAX_CHARS, Name, bare_words, normalise
from esclusa.analysis.screening.romanised import (
    CANTONESE,
    PINYIN,
    TAIWAN,
    double_surname,
    surnames,
    ways_of,
)
from esclusa.analysis.screening.romanised import syllables as known_syllables

KINDS: Final = frozenset({"person", "any", "other"})
"""Kinds of names that may be read as Chinese."""
_SYLLABLES: Final = range(2, 5)
"""Of a whole name: a surname of one or two, a given name of one or two."""
FEWEST: Final = 2
WORDS: Final = 6
"""Most words of a name with titles and a given name of another language."""
_SHORTEST: Final = 4
"""Letters of two syllables in one word: a syllable of one letter is an initial."""
_LONGEST: Final = 6
"""Letters of the longest syllables: ZHUANG, CHUANG, HSIUNG."""
_NAMES_KEPT: Final = 65_536
_VOWELS: Final = "AEIOU"

Syllables = tuple[str, ...]


def comparable(text: str, kind: str = "any") -> Name:
    """Return what :func:`~.normalise.normalise` does, a Chinese name syllable by syllable.

    :param kind: as there. Names of firms, ships and addresses are left as they are.
    """
    return in_syllables(text, kind, normalise(text, kind))


def spellings(text: str, kind: str = "any") -> tuple[Name, ...]:
    """Return what :func:`comparable` does, and the name as it is written where a word was cut in
    two: what is asked with a slip (``XIAOMIGN``) is no name of syllables."""
    name = normalise(text, kind)
    found = in_syllables(text, kind, name)
    return (found, name) if found is not name and any(map(parts, name.tokens)) else (found,)


def in_syllables(text: str, kind: str, name: Name) -> Name:
    """Return a name that can be read as a Chinese one syllable by syllable, any other as it is.

    :param name: what :func:`~.normalise.normalise` makes of the text.
    """
    if kind not in KINDS or name.is_firm or not _may_be(text, name.tokens):
        return name
    kept = frozenset(name.tokens)
    raw = bare_words(text[:MAX_CHARS], kind)
    found = syllables(tuple(word for word in raw if word in kept or ways_of(word)))
    if not found:
        return name
    # Y is a particle in Spanish names, in PAK Y SIK an initial.
    full = tuple(word for word in raw if word in kept or ways_of(word) or len(word) == 1)
    return Name(found if syllables(full) == found else full, signs=name.signs)


def _may_be(text: str, tokens: Syllables) -> bool:
    """Most names are done after a look at their words: one must be a surname, unless it was taken
    for a particle (``TAN``) and is gone; and one word at most may be of another language."""
    if not tokens or len(tokens) > WORDS:
        return False
    if surnames().isdisjoint(tokens):
        whole = text.isascii() and text.count(" ") < len(tokens)
        if whole or len(tokens) > FEWEST:
            return False
    foreign = 0
    for token in tokens:
        if not is_chinese(token):
            foreign += 1
            if foreign > 1:
                return False
    return foreign < len(tokens)


def syllables(tokens: Syllables) -> Syllables:
    """Return the words of a name with words of two syllables in two, () for one that is no Chinese
    name."""
    if not 1 < len(tokens) <= WORDS:
        return ()
    return _read(tokens)[0]


def ways(tokens: Syllables) -> int:
    """Return the ways of :mod:`~.romanised` in which the words of a name can all be read, 0 for a
    name that is not Chinese."""
    return _ways_read(tokens) if 1 < len(tokens) <= WORDS else 0


@lru_cache(_NAMES_KEPT)
def _ways_read(tokens: Syllables) -> int:
    return _read(tokens)[1]


def _read(tokens: Syllables) -> tuple[Syllables, int]:
    foreign = [at for at, token in enumerate(tokens) if not is_chinese(token)]
    if len(foreign) > 1 or len(tokens) - len(foreign) < 2:
        return (), 0
    at = foreign[0] if foreign else len(tokens)
    before, after = _apart(tokens[:at]), _apart(tokens[at + 1 :])
    found = before + after
    how = _ways(tokens[:at] + tokens[at + 1 :], found)
    if not how or (foreign and not _may_stand(tokens, at, found)):
        return (), 0
    return before + tokens[at : at + 1] + after, how


def _may_stand(tokens: Syllables, at: int, found: Syllables) -> bool:
    """A name of another language stands anywhere beside a full name; an unknown one before or
    after it, and then words of two syllables are words of that language: ``HENRIK KAREN LIEN``."""
    if len(found) == FEWEST:
        return False
    return tokens[at] in _given_names() or (
        at in (0, len(tokens) - 1) and len(found) == len(tokens) - 1
    )


def is_chinese(token: str) -> bool:
    """Answer whether a word is a syllable of a Chinese name, or two written as one."""
    return token in known_syllables() or bool(parts(token))


def _apart(tokens: Syllables) -> Syllables:
    return tuple(part for token in tokens for part in (parts(token) or (token,)))


def _ways(tokens: Syllables, found: Syllables) -> int:
    """Return the ways in which a name without words of other languages can be read."""
    if len(found) not in _SYLLABLES or not _has_surname(tokens, found):
        return 0
    if len(found) == FEWEST and not _given_names().isdisjoint(tokens):
        return 0
    return _common_ways([ways_of(syllable) for syllable in found])


def _has_surname(tokens: Syllables, found: Syllables) -> bool:
    """A surname of one syllable is a word of its own, at one end."""
    if tokens[0] in surnames() or tokens[-1] in surnames():
        return True
    return double_surname(*found[:2]) or double_surname(*found[-2:])


def _common_ways(each: list[int]) -> int:
    """Return the ways in which all syllables can be read, given those of each.

    Taiwan mixes in pinyin (``GAO Jyh-peng``), and Hong Kong writes one word as Taiwan or the
    mainland does, most often the surname (``CHIANG Lai-wan``): then each word is read as it can be.
    """
    how, some = each[0], 0
    for one in each:
        how &= one
        some |= one
    if how:
        return how
    odd = [one for one in each if not one & CANTONESE]
    if len(odd) == 1:
        return CANTONESE | odd[0]
    return PINYIN | TAIWAN if all(one & (PINYIN | TAIWAN) for one in each) else 0


@cache
def _given_names() -> frozenset[str]:
    """Return given names of other languages; Chinese and Korean ones stand in the same table."""
    known = {name for row in words.rows("given_names.csv") for name in row["names"].split()}
    like_ours = words.toml("syllables.toml")["romanised"]["foreign"]
    return frozenset(name for name in known if not ways_of(name)).union(like_ours)


def may_be_one(left: str, right: str) -> bool:
    """Answer whether two words are syllables that a given name has in one word."""
    return bool(ways_of(left) and ways_of(right) and parts(left + right))


def may_be_slip(left: str, right: str, other: str) -> bool:
    """Answer whether two syllables, written as one, are a word but for one slip, and cannot be
    compared with it syllable by syllable: ``YO GAN`` beside ``YONGAN``, which is ``YONG AN``."""
    if other[0] != left[0] or len(other) < _SHORTEST:
        return False
    cut = parts(other)
    if cut and (cut[0] == left or cut[1] == right):
        return False
    return OSA.distance(left + right, other, score_cutoff=1) <= 1


@lru_cache(_NAMES_KEPT)
def parts(token: str) -> Syllables:
    """Return a word as two syllables: ``YINGWEN`` → ``YING``, ``WEN``; () for any other word.

    Where it can be cut in several places, the second syllable begins with a consonant and the first
    is as long as can be, as pinyin's apostrophe has it (ISO 7098): ``XIAN`` is one syllable.
    """
    if not _SHORTEST <= len(token) <= 2 * _LONGEST or ways_of(token) or token in _given_names():
        return ()
    known = known_syllables()
    cuts = [
        (token[cut] not in _VOWELS, cut)
        for cut in range(2, min(len(token) - 1, _LONGEST + 1))
        if known.get(token[:cut], 0) & known.get(token[cut:], 0) & (PINYIN | TAIWAN)
    ]
    if not cuts:
        return ()
    cut = max(cuts)[1]
    return token[:cut], token[cut:]
