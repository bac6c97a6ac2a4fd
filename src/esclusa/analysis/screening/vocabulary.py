"""Every word that the lists use, how rare it is, and which of them a word may mean.

``Vocabulary.variants`` is the only costly step of screening, so its answer is kept per word: a
manifest's words repeat, and a word that is like no listed word costs one look-up ever after.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening import words
from esclusa.analysis.screening.chinese import may_be_slip
from esclusa.analysis.screening.columns import GONE, Ints, Keys, Longs, hashed
from esclusa.analysis.screening.likeness import ANY_WAYS, has_digit, likeness
from esclusa.analysis.screening.normalise import ABJAD
from esclusa.analysis.screening.romanised import ties
from esclusa.analysis.screening.settings import WordWeights
from esclusa.analysis.screening.slips import Slips
from esclusa.analysis.screening.sound import abjad_skeletons, coarse, fold, skeleton

__all__ = ["Ints", "Variant", "Vocabulary", "WordKeys", "coarse_skeletons"]

Doubles = npt.NDArray[np.float64]

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


class WordKeys(msgspec.Struct, frozen=True):
    """What is known of each word alone, kept when other words come or go.

    ``sounds``, ``bones`` and ``deletions`` find words. ``groups`` is a 64-bit hash of what a word
    is counted as (see :func:`_group`), ``before`` how many entries of public lists have it.
    """

    sounds: Keys
    bones: Keys
    deletions: Keys
    groups: npt.NDArray[np.uint64]
    before: Doubles

    @classmethod
    def of(cls, tokens: Sequence[str]) -> WordKeys:
        """Return the keys of words by their place in ``tokens``."""
        sounds, bones, deletions = _Pairs(), _Pairs(), _Pairs()
        groups, before = array("Q"), array("d")
        for number, token in enumerate(tokens):
            group = _group(token)
            groups.append(_hash64(group))
            before.append(_before(group))
            bones.add(number, map(hashed, coarse_skeletons(token)))
            if _sounds(token):
                sounds.add(number, (hashed(fold(token)),))
                if len(token) >= _TYPO_LENGTH:
                    deletions.add(number, _deletions(token))
        return cls(
            sounds.done(),
            bones.done(),
            deletions.done(),
            np.array(groups, dtype=np.uint64),
            np.array(before, dtype=np.float64),
        )

    def changed(self, ours: Ints, more: Sequence[str], theirs: Ints, size: int) -> WordKeys:
        """Return these keys under new numbers, with those of the words ``more``.

        :param ours: old number → new number or ``GONE``.
        :param theirs: place in ``more`` → new number.
        :param size: how many words there are now.
        """
        new, nothing, stays = WordKeys.of(more), Keys.of((), ()), ours != GONE
        groups, before = np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.float64)
        groups[theirs], before[theirs] = new.groups, new.before
        groups[ours[stays]], before[ours[stays]] = self.groups[stays], self.before[stays]
        return WordKeys(
            self.sounds.changed(ours, new.sounds.changed(theirs, nothing)),
            self.bones.changed(ours, new.bones.changed(theirs, nothing)),
            self.deletions.changed(ours, new.deletions.changed(theirs, nothing)),
            groups,
            before,
        )


class _Pairs:
    """Keys and words while they are gathered."""

    def __init__(self) -> None:
        self._keys, self._numbers = array("I"), array("i")

    def add(self, number: int, keys: Iterable[int]) -> None:
        for key in keys:
            self._keys.append(key)
            self._numbers.append(number)

    def done(self) -> Keys:
        return Keys.of(self._keys, self._numbers)


class Vocabulary:
    """Immutable. ``tokens[i]`` is word ``i``; ids follow alphabetical order."""

    def __init__(
        self,
        tokens: tuple[str, ...],
        counts: Longs,
        entries: int,
        weights: WordWeights,
        keys: WordKeys | None = None,
    ) -> None:
        """:param tokens: the words, in alphabetical order.
        :param counts: number of entries that have each word.
        :param entries: number of entries in all lists together.
        :param keys: those of the words, when they are known already.
        """
        self.tokens: Final = tokens
        self.ids: Final = {token: number for number, token in enumerate(tokens)}
        self.keys: Final = keys or WordKeys.of(tokens)
        self._weights: Final = weights
        self._entries: Final = entries
        self._groups, which = np.unique(self.keys.groups, return_inverse=True)
        self._group_counts: Final = np.bincount(
            which, weights=counts, minlength=len(self._groups)
        ).astype(np.int64)
        self.rarity: Final = self._rarities(self._group_counts[which] + self.keys.before)
        self._slips: Final = Slips(tokens)

    @property
    def counts_by_sound(self) -> dict[str, int]:
        """Return sound, or word where it has none, → entries with a word of it; built anew."""
        return {group: self._count(group) for group in map(_group, self.tokens)}

    def _rarities(self, known: Doubles) -> array[float]:
        """Return each word's rarity; equal counts have equal logarithms, so most are shared."""
        distinct, which = np.unique(known, return_inverse=True)
        logs = np.array([self._rarity(count) for count in distinct.tolist()], dtype=np.float64)
        return array("d", logs[which].tobytes())

    def _rarity(self, known: float) -> float:
        """A short list of our own must not make MARIA or LOGISTICS look rare."""
        return 1.0 + math.log((self._entries + _PRIOR) / known)

    def _count(self, group: str) -> int:
        key = np.uint64(_hash64(group))
        place = int(self._groups.searchsorted(key))
        found = place < len(self._groups) and self._groups[place] == key
        return int(self._group_counts[place]) if found else 0

    def weight(self, token: str) -> float:
        """Return what a word tells: 1 + ln(entries / entries with a word of this sound).

        Both counts include those of :data:`_PRIOR` entries of public lists.
        """
        number = self.ids.get(token)
        if number is not None:
            return self.rarity[number]
        group = _group(token)
        return self._rarity(self._count(group) + _before(group))

    def variants(self, token: str) -> list[Variant]:
        """Return the listed words that ``token`` may mean: (id, manner, likeness), best first; in
        Chinese names, of whatever way of writing."""
        found = [
            (number, *likeness(token, self.tokens[number], self._weights, ANY_WAYS))
            for number in self._candidates(token)
        ]
        return sorted((v for v in found if v[2] > 0), key=_best_first)

    def slips(self, left: str, right: str) -> list[Variant]:
        """Return what two Chinese syllables, written as one, may mean in a name with a slip, see
        :func:`~.chinese.may_be_slip`: of :meth:`variants`, those of that manner.

        A word with one slip shares a deletion, so no other words need be looked at.
        """
        token = left + right
        near = set(self.keys.deletions.any_of(list(_deletions(token))).tolist())
        found = [
            (number, *likeness(token, self.tokens[number], self._weights, ANY_WAYS))
            for number in near
            if may_be_slip(left, right, self.tokens[number])
        ]
        return sorted((v for v in found if v[1] == "typo"), key=_best_first)

    def sounding(self, heard: str) -> tuple[int, ...]:
        """Return the listed words whose :func:`~.sound.fold` is ``heard``."""
        found = self.keys.sounds.get(hashed(heard)).tolist()
        return tuple(number for number in found if fold(self.tokens[number]) == heard)

    def _candidates(self, token: str) -> set[int]:
        exact = self.ids.get(token)
        found = set() if exact is None else {exact}
        if has_digit(token):
            return found
        for bones in coarse_skeletons(token):
            found.update(self.keys.bones.get(hashed(bones)).tolist())
        if token[0] == ABJAD:
            return found
        found.update(self.keys.sounds.get(hashed(fold(token))).tolist())
        found.update(self.ids[word] for word in _spellings(token) if word in self.ids)
        if len(token) >= _TYPO_LENGTH:
            found.update(self.keys.deletions.any_of(list(_deletions(token))).tolist())
        found.update(self._slips.of(token))
        return found


def _best_first(variant: Variant) -> tuple[float, int]:
    return -variant[2], variant[0]


def _before(group: str) -> float:
    """Return how many of :data:`_PRIOR` entries of public lists have a word of this sound."""
    return max(_common().get(group, 0.0) * _PRIOR / 1000, _FEWEST)


def _hash64(text: str) -> int:
    """Return 64 bits for what is counted: two of a million sounds clash once in 30 million."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


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
    yield from ties(token)
    yield from _trade_words().get(words.word_variants().get(token, token), ())
    yield from ("AL" + token, "EL" + token, token[2:], token[::-1])


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


def _deletions(token: str) -> set[int]:
    """Return hashes of the token and of the token without each of its letters.

    Two words share one exactly when they are equal, one letter more or less, one letter other, or
    two neighbours swapped (Garbe's symmetric deletion); a clash of hashes only costs a comparison.
    """
    text = token.encode()
    cuts = {zlib.crc32(text[:at] + text[at + 1 :]) for at in range(len(text))}
    cuts.add(zlib.crc32(text))
    return cuts
