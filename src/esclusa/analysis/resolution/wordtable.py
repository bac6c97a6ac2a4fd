"""The words of all profiles as numbers, how much each tells, and how alike two of them are.

Likeness is the screening room's :func:`~esclusa.analysis.screening.likeness.likeness`. It is asked
once per pair of words, and only for pairs that share enough letters to be worth asking: millions of
pairs of names consist of a few hundred thousand pairs of words.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from esclusa.analysis.resolution.rarity import Rarity
from esclusa.analysis.resolution.settings import Settings
from esclusa.analysis.screening import words as lists
from esclusa.analysis.screening.likeness import is_related, likeness
from esclusa.analysis.screening.normalise import ABJAD
from esclusa.analysis.screening.settings import default_weights
from esclusa.analysis.screening.sound import fold

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FURTHEST: Final = 0.5
"""Share of sounds that may differ: beyond it the screening room calls no two words alike."""
_REMEMBERED: Final = 4_000_000
"""Pairs of words kept; then all are forgotten and asked anew."""


class WordTable:
    """Grows as words come; numbers are never given twice, and no score depends on them."""

    def __init__(self, rarity: Rarity, settings: Settings) -> None:
        self._rarity: Final = rarity
        self._most: Final = settings.words.most
        self._initial: Final = settings.words.initial
        self._weights: Final = default_weights().word
        self._ids: dict[str, int] = {}
        self._tokens: list[str] = []
        self._heard: list[str] = []
        self._facts: list[tuple[float, int, int, int, int]] = []
        self._arrays: tuple[Floats, Ints, Ints, Ints, Ints] | None = None
        self._alike: dict[int, float] = {}

    def number(self, token: str) -> int:
        """Return the number of a word, a new one if it was never met."""
        found = self._ids.get(token)
        if found is None:
            found = self._ids[token] = len(self._tokens)
            heard = fold(token)
            self._tokens.append(token)
            self._heard.append(heard)
            self._facts.append(self._fact(token, heard))
            self._arrays = None
        return found

    def token(self, number: int) -> str:
        """Return the word of a number."""
        return self._tokens[number]

    def bits(self, token: str) -> float:
        """Return what a word tells, in bits, cut at the settings' most."""
        return min(self._rarity.bits(token), self._most)

    def _fact(self, token: str, heard: str) -> tuple[float, int, int, int, int]:
        """Bits, sounds met as a bit mask, number of sounds, first letter if the word is an initial
        (else 0), and kin: 1 for a word that has relatives (JUAN, JOHN), 2 for one without vowels.
        """
        initial = ord(token) if len(token) == 1 and token.isalpha() else 0
        kin = 2 if token[0] == ABJAD else int(token in _relatives())
        mask = 0
        for letter in heard:
            mask |= 1 << (ord(letter) & 31)
        bits = self._initial if initial else self.bits(token)
        return bits, mask, len(heard), initial, kin

    def facts(self) -> tuple[Floats, Ints, Ints, Ints, Ints]:
        """Return bits, masks, lengths, initials and kin of all words, by number."""
        if self._arrays is None:
            bits, masks, lengths, initials, kin = (
                np.array(column) for column in zip(*self._facts, strict=True)
            )
            self._arrays = (bits, masks, lengths, initials, kin)
        return self._arrays

    def alike(self, left: Ints, right: Ints) -> Floats:
        """Return the likeness, 0 to 1, of words given by number, pair by pair."""
        like = (left == right).astype(np.float64)
        rest = np.flatnonzero(self._worth_asking(left, right) & (left != right))
        if rest.size:
            low, high = np.minimum(left[rest], right[rest]), np.maximum(left[rest], right[rest])
            codes, inverse = np.unique(low << 32 | high, return_inverse=True)
            like[rest] = self._answers(codes)[inverse]
        return self._with_initials(like, left, right)

    def _worth_asking(self, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
        """One sound other changes two letters at most, and half of the sounds may be other."""
        _bits, masks, lengths, _initials, kin = self.facts()
        other = np.bitwise_count(masks[left] ^ masks[right])
        related = (kin[left] + kin[right] + (kin[left] & kin[right] & 1)) > 1
        longest = np.maximum(lengths[left], lengths[right])
        found: npt.NDArray[np.bool_] = (other <= longest) | related
        return found

    def _with_initials(self, like: Floats, left: Ints, right: Ints) -> Floats:
        """A word agrees with its initial; it tells no more than the initial does."""
        *_, initials, _kin = self.facts()
        at = np.flatnonzero((initials[left] > 0) != (initials[right] > 0))
        for n in at.tolist():
            ours, theirs = self._tokens[left[n]], self._tokens[right[n]]
            like[n] = float(ours[0] == theirs[0])
        return like

    def _answers(self, codes: Ints) -> Floats:
        if len(self._alike) > _REMEMBERED:
            self._alike.clear()
        listed: list[int] = codes.tolist()
        known = self._alike
        self._ask([code for code in listed if code not in known])
        return np.array([known[code] for code in listed])

    def _ask(self, codes: list[int]) -> None:
        pairs = [(code >> 32, code & 0xFFFFFFFF) for code in codes]
        far = self._far(pairs)
        for code, (left, right), away in zip(codes, pairs, far, strict=True):
            ours, theirs = self._tokens[left], self._tokens[right]
            if away and not self._asked_anyway(ours, theirs):
                self._alike[code] = 0.0
            else:
                self._alike[code] = likeness(ours, theirs, self._weights)[1]

    def _far(self, pairs: list[tuple[int, int]]) -> list[bool]:
        if not pairs:
            return []
        left, right = zip(*((self._heard[a], self._heard[b]) for a, b in pairs), strict=True)
        away: Any = process.cpdist(left, right, scorer=OSA.normalized_distance)
        found: list[bool] = (away > _FURTHEST).tolist()
        return found

    def _asked_anyway(self, left: str, right: str) -> bool:
        return left[0] == ABJAD or right[0] == ABJAD or is_related(left, right)


@cache
def _relatives() -> frozenset[str]:
    variants = lists.word_variants()
    return frozenset({*lists.given_names(), *variants, *variants.values()})
