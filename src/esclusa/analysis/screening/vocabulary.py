"""Every word that the lists use, how rare it is, and which of them a word may mean.

``Vocabulary.variants`` is the only costly step of screening, so its answer is kept per word: a
manifest's words repeat, and a word that is like no listed word costs one look-up ever after.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening import words
from esclusa.analysis.screening.likeness import has_digit, likeness
from esclusa.analysis.screening.normalise import ABJAD
from esclusa.analysis.screening.settings import WordWeights
from esclusa.analysis.screening.sound import abjad_skeletons, coarse, fold, skeleton

Ints = npt.NDArray[np.int32]

_TYPO_LENGTH: Final = 4
"""Shorter words have too many neighbours one letter away for a typo to mean anything."""
_SHORT_BONES: Final = 2
"""Words with no more consonants than this meet only when the consonants are the same: with
confusable ones merged, every short word would be a candidate for every other."""
_FEWEST: Final = 1.0
"""A word no list holds is as rare as one that a single entry of the public lists holds."""
_PRIOR: Final = 10_000
"""Entries of public lists that stand behind every index, so that a score hardly depends on how
many entries happen to be loaded; about as many as OFAC's list has."""


Variant = tuple[int, str, float]
"""A listed word that a word may mean: its id, the manner and the likeness from 0 to 1."""


class Vocabulary:
    """Immutable. ``tokens[i]`` is word ``i``; ids follow alphabetical order."""

    def __init__(self, entry_counts: Mapping[str, int], entries: int, weights: WordWeights) -> None:
        """:param entry_counts: word → number of entries that have it.
        :param entries: number of entries in all lists together.
        """
        self.tokens: Final = tuple(sorted(entry_counts))
        self.ids: Final = {token: number for number, token in enumerate(self.tokens)}
        self._weights: Final = weights
        self._entries: Final = entries
        self._by_sound: Final = _grouped((fold(t), i) for i, t in self._numbered() if _sounds(t))
        self._by_bones: Final = _grouped(
            (bones, i) for i, t in self._numbered() for bones in coarse_skeletons(t)
        )
        self.counts_by_sound: Final = _counts_by_sound(entry_counts)
        self._deletions, self._deleted = _deletion_table(self.tokens)
        self.rarity: Final = [self._rarity(_group(t)) for t in self.tokens]

    def _numbered(self) -> Iterable[tuple[int, str]]:
        return enumerate(self.tokens)

    def _rarity(self, sound: str) -> float:
        """A short list of our own must not make MARIA or LOGISTICS look rare."""
        before = max(_common().get(sound, 0.0) * _PRIOR / 1000, _FEWEST)
        return 1.0 + math.log(
            (self._entries + _PRIOR) / (self.counts_by_sound.get(sound, 0) + before)
        )

    def weight(self, token: str) -> float:
        """Return what a word tells: 1 + ln(entries / entries with a word of this sound).

        Both counts include those of :data:`_PRIOR` entries of public lists.
        """
        number = self.ids.get(token)
        if number is not None:
            return self.rarity[number]
        return self._rarity(_group(token))

    def variants(self, token: str) -> list[Variant]:
        """Return the listed words that ``token`` may mean: (id, manner, likeness), best first."""
        found = [
            (number, *likeness(token, self.tokens[number], self._weights))
            for number in self._candidates(token)
        ]
        return sorted((v for v in found if v[2] > 0), key=lambda v: (-v[2], v[0]))

    def sounding(self, heard: str) -> tuple[int, ...]:
        """Return the listed words whose :func:`~.sound.fold` is ``heard``."""
        return self._by_sound.get(heard, ())

    def _candidates(self, token: str) -> set[int]:
        exact = self.ids.get(token)
        found = set() if exact is None else {exact}
        if has_digit(token):
            return found
        for bones in coarse_skeletons(token):
            found.update(self._by_bones.get(bones, ()))
        if token[0] == ABJAD:
            return found
        found.update(self._by_sound.get(fold(token), ()))
        found.update(self.ids[word] for word in _spellings(token) if word in self.ids)
        found.update(self._one_letter_off(token))
        return found

    def _one_letter_off(self, token: str) -> list[int]:
        if len(token) < _TYPO_LENGTH:
            return []
        keys = np.array(sorted(_deletions(token)), dtype=np.uint32)
        left = np.searchsorted(self._deletions, keys, "left")
        right = np.searchsorted(self._deletions, keys, "right")
        return [
            int(number)
            for start, end in zip(left, right, strict=True)
            if start < end
            for number in self._deleted[start:end]
        ]


def _counts_by_sound(entry_counts: Mapping[str, int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for token, count in entry_counts.items():
        counts[_group(token)] = counts.get(_group(token), 0) + count
    return counts


def coarse_skeletons(token: str) -> tuple[str, ...]:
    """Return the keys under which a word's possible meanings are kept; none for numbers."""
    if has_digit(token):
        return ()
    bones = abjad_skeletons(token) if token[0] == ABJAD else (skeleton(token),)
    keys = (coarse(bone) if len(bone) > _SHORT_BONES else bone for bone in bones if len(bone) > 1)
    return tuple(dict.fromkeys(keys))


def _sounds(token: str) -> bool:
    return token[0] != ABJAD and not has_digit(token)


def _group(token: str) -> str:
    """BANCO is as common as BANK, MOHAMED as MUHAMMAD."""
    return fold(words.word_variants().get(token, token)) if _sounds(token) else token


def _spellings(token: str) -> Iterator[str]:
    """Yield words that may be meant though they are neither alike in sound nor in letters."""
    yield from sorted(words.given_names().get(token, ()))
    yield from _trade_words().get(words.word_variants().get(token, token), ())
    yield from ("AL" + token, "EL" + token, token[2:])


@cache
def _common() -> dict[str, float]:
    """Return sound → entries of 1,000 that have a word of this sound, in lists of ten thousands."""
    return {row["sound"]: float(row["per_thousand"]) for row in words.rows("common_words.csv")}


@cache
def _trade_words() -> dict[str, tuple[str, ...]]:
    """Return word → itself and its short forms (``COMPANY`` → ``CO``, ``COMPANY``, ``COY``)."""
    grouped: dict[str, list[str]] = {}
    for variant, word in words.word_variants().items():
        grouped.setdefault(word, [word]).append(variant)
    return {word: tuple(sorted(members)) for word, members in grouped.items()}


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    groups: dict[str, list[int]] = {}
    for key, number in pairs:
        groups.setdefault(key, []).append(number)
    return {key: tuple(numbers) for key, numbers in groups.items()}


def _deletions(token: str) -> set[int]:
    """Return hashes of the token and of the token without each of its letters.

    Two words share one exactly when they are equal, one letter more or less, one letter other, or
    two neighbours swapped (Garbe's symmetric deletion); a clash of hashes only costs a comparison.
    """
    text = token.encode()
    cuts = {zlib.crc32(text[:at] + text[at + 1 :]) for at in range(len(text))}
    cuts.add(zlib.crc32(text))
    return cuts


def _deletion_table(tokens: tuple[str, ...]) -> tuple[npt.NDArray[np.uint32], Ints]:
    hashes: list[int] = []
    numbers: list[int] = []
    for number, token in enumerate(tokens):
        if len(token) >= _TYPO_LENGTH and _sounds(token):
            cuts = _deletions(token)
            hashes.extend(cuts)
            numbers.extend([number] * len(cuts))
    keys = np.array(hashes, dtype=np.uint32)
    values = np.array(numbers, dtype=np.int32)
    order = np.lexsort((values, keys))
    return keys[order], values[order]
