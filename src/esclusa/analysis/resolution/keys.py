"""Under which keys a profile is looked for: whoever shares none is never compared.

Keys of a name: two of its rarest words by their coarse consonants (order and spelling may differ),
its rarest words by sound, its letters without blanks. Besides: each identifier, each birth date
with an initial (day and month in either order), each telephone's last digits, two rare words of an
address. Too common keys are refined by :func:`refinements` (see :mod:`.blocks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import Final

from esclusa.analysis.resolution.mention import NUMBERED
from esclusa.analysis.resolution.profile import Profile, Words
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.analysis.screening.dates import parse_span
from esclusa.analysis.screening.normalise import ABJAD
from esclusa.analysis.screening.sound import abjad_skeletons, coarse, fold, skeleton

_PAIRED: Final = 3
"""Of so many rarest words each two make a key."""
_ALONE: Final = 2
"""So many rarest words are a key each."""
_PHONE_TAIL: Final = 8
"""Digits that are the same with and without country code."""
_NAMES: Final = 12
_REFINED_WORDS: Final = 3


def keys_of(profile: Profile, table: WordTable) -> tuple[str, ...]:
    """Return the keys of a profile, sorted; equal ones once. A numbered thing has one."""
    if profile.type in NUMBERED:
        return (f"={profile.digest}",)
    group = profile.group[0]
    return tuple(sorted({group + key for key in _keys(profile, table)} | {f"={profile.digest}"}))


def refinements(profile: Profile, table: WordTable) -> tuple[str, ...]:
    """Return what splits a key that too many profiles share: birth year, country with place, the
    rarest words, the initials, telephone and address. Profiles meet if they share one of them."""
    found = {f"y{text[:4]}" for text in profile.births}
    found.update(f"c{text}" for text in profile.places)
    for name in profile.names[:_NAMES]:
        rare = _rarest(name, table, _REFINED_WORDS)
        found.update(f"w{bone}" for word in rare for bone in _bones(word))
        if len(name) > 1:
            found.add("i" + "".join(sorted(_initial(word) for word in name)))
    found.update(f"t{phone[-_PHONE_TAIL:]}" for phone in profile.phones)
    found.update(f"a{fold(word)}" for word in _rarest(profile.address, table, 2))
    return tuple(sorted(found))


def _keys(profile: Profile, table: WordTable) -> Iterator[str]:
    for name in profile.names[:_NAMES]:
        yield from _name_keys(name, table)
        for text in profile.births:
            yield from (f"b{day}{_initial(word)}" for day in _days(text) for word in name)
    for _scheme, value in profile.identifiers:
        yield f"#{value}"
    for phone in profile.phones:
        yield f"t{phone[-_PHONE_TAIL:]}"
    if len(profile.address) > 1:
        yield "a" + " ".join(sorted(map(fold, _rarest(profile.address, table, 2))))


def _name_keys(name: Words, table: WordTable) -> Iterator[str]:
    rare = _rarest(name, table, _PAIRED)
    for left, right in combinations(rare, 2):
        for one in _bones(left):
            yield from (f"p{min(one, two)} {max(one, two)}" for two in _bones(right))
    for word in rare[:_ALONE]:
        yield from (f"w{sound}" for sound in _sounds(word))
    if len(name) > 1:
        yield "g" + fold("".join(name))


def _rarest(words: Words, table: WordTable, most: int) -> Words:
    order = sorted((-table.bits(word), word) for word in words)
    return tuple(word for _, word in order[:most])


@lru_cache(maxsize=200_000)
def _bones(word: str) -> tuple[str, ...]:
    if word[0] == ABJAD:
        return tuple(sorted({coarse(bone) for bone in abjad_skeletons(word)}))
    return (coarse(skeleton(word)),) if word.isalpha() else (word,)


def _sounds(word: str) -> tuple[str, ...]:
    return abjad_skeletons(word) if word[0] == ABJAD else (fold(word),)


@lru_cache(maxsize=200_000)
def _initial(word: str) -> str:
    return coarse(skeleton(word)[:1]) if word.lstrip(ABJAD) else ""


@lru_cache(maxsize=65_536)
def _days(text: str) -> tuple[str, ...]:
    span = parse_span(text)
    if span is None or not span.exact:
        return ()
    year, *rest = span.first
    return (f"{year}{min(rest):02}{max(rest):02}",)
