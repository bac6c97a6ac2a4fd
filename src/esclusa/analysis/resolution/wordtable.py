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
Small = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_FURTHEST: Final = 0.5
"""Share of sounds that may differ: beyond it the screening room calls no two words alike."""
_REMEMBERED: Final = 4_000_000
"""Pairs of words kept, 16 bytes each; then all are forgotten and asked anew."""
_LATEST: Final = 50_000
"""Answers kept beside the sorted ones before they are sorted in."""


_Fact = tuple[float, int, int, int, int, int]
_Facts = tuple[Floats, Ints, Small, Small, Small, Small]


def _columns(size: int) -> _Facts:
    """Room for what is known of so many words."""
    lengths, initials, kin, firsts = (np.zeros(size, dtype=np.int32) for _ in range(4))
    return np.zeros(size), np.zeros(size, dtype=np.int64), lengths, initials, kin, firsts


class WordTable:
    """Grows as words come; numbers are never given twice, and no score depends on them."""

    def __init__(self, rarity: Rarity, settings: Settings) -> None:
        self._rarity: Final = rarity
        self._most: Final = settings.words.most
        self._initial: Final = settings.words.initial
        self._weights: Final = default_weights().word
        self._ids: dict[str, int] = {}
        self._bits: dict[str, float] = {}
        self._tokens: list[str] = []
        self._heard: list[str] = []
        self._fresh: list[_Fact] = []
        self._room: _Facts = _columns(0)
        self._asked: Ints = np.zeros(0, dtype=np.int64)
        self._answered: Floats = np.zeros(0)
        self._latest: dict[int, float] = {}

    def number(self, token: str) -> int:
        """Return the number of a word, a new one if it was never met."""
        found = self._ids.get(token)
        if found is None:
            found = self._ids[token] = len(self._tokens)
            heard = fold(token)
            self._tokens.append(token)
            self._heard.append(heard)
            self._fresh.append(self._fact(token, heard))
        return found

    def token(self, number: int) -> str:
        """Return the word of a number."""
        return self._tokens[number]

    def bits(self, token: str) -> float:
        """Return what a word tells, in bits, cut at the settings' most."""
        found = self._bits.get(token)
        if found is None:
            found = self._bits[token] = min(self._rarity.bits(token), self._most)
        return found

    def _fact(self, token: str, heard: str) -> _Fact:
        """Bits, sounds met as a bit mask, number of sounds, first letter if the word is an initial
        (else 0), kin (1 for a word that has relatives, JUAN and JOHN, 2 for one without vowels),
        first letter."""
        initial = ord(token) if len(token) == 1 and token.isalpha() else 0
        kin = 2 if token[0] == ABJAD else int(token in _relatives())
        mask = 0
        for letter in heard:
            mask |= 1 << (ord(letter) & 31)
        bits = self._initial if initial else self.bits(token)
        return bits, mask, len(heard), initial, kin, ord(token[0])

    def facts(self) -> _Facts:
        """Return bits, masks, lengths, initials, kin and first letters of all words, by number."""
        count = len(self._tokens)
        if self._fresh:
            known = count - len(self._fresh)
            if count > self._room[0].size:
                larger = _columns(count + count // 2 + 64)
                grown: tuple[npt.NDArray[Any], ...] = larger
                former: tuple[npt.NDArray[Any], ...] = self._room
                for column, before in zip(grown, former, strict=True):
                    column[:known] = before[:known]
                self._room = larger
            room: tuple[npt.NDArray[Any], ...] = self._room
            for column, values in zip(room, zip(*self._fresh, strict=True), strict=True):
                column[known:count] = values
            self._fresh = []
        bits, masks, lengths, initials, kin, firsts = self._room
        return (
            bits[:count], masks[:count], lengths[:count], initials[:count], kin[:count],
            firsts[:count],
        )  # fmt: skip

    def bits_of(self, words: Small) -> Floats:
        """Return what words tell, in bits, by number."""
        found: Floats = self.facts()[0][words]
        return found

    def alike(self, left: Small, right: Small) -> Floats:
        """Return the likeness, 0 to 1, of words given by number, pair by pair."""
        like = (left == right).astype(np.float64)
        rest = np.flatnonzero(self._worth_asking(left, right) & (left != right))
        if rest.size:
            ours, theirs = left[rest].astype(np.int64), right[rest].astype(np.int64)
            low, high = np.minimum(ours, theirs), np.maximum(ours, theirs)
            codes, inverse = np.unique(low << 32 | high, return_inverse=True)
            like[rest] = self._answers(codes)[inverse]
        return self._with_initials(like, left, right)

    def may_be_alike(self, left: Small, right: Small) -> Flags:
        """Answer for each pair of words whether their likeness may be above 0; never False where
        it is."""
        initials = self.facts()[3]
        one_is: Flags = (initials[left] > 0) != (initials[right] > 0)
        return self._worth_asking(left, right) | one_is

    def _worth_asking(self, left: Small, right: Small) -> Flags:
        """One sound other changes two letters at most, and half of the sounds may be other."""
        _bits, masks, lengths, _initials, kin, _firsts = self.facts()
        other = np.bitwise_count(masks[left] ^ masks[right])
        related = (kin[left] + kin[right] + (kin[left] & kin[right] & 1)) > 1
        longest = np.maximum(lengths[left], lengths[right])
        found: Flags = (other <= longest) | related
        return found

    def _with_initials(self, like: Floats, left: Small, right: Small) -> Floats:
        """A word agrees with its initial; it tells no more than the initial does."""
        initials, firsts = self.facts()[3], self.facts()[5]
        at = np.flatnonzero((initials[left] > 0) != (initials[right] > 0))
        like[at] = firsts[left[at]] == firsts[right[at]]
        return like

    def _answers(self, codes: Ints) -> Floats:
        """Likeness of pairs of words; ``codes`` are sorted and each stands once."""
        found = np.full(codes.size, np.nan)
        if self._asked.size:
            at = np.minimum(np.searchsorted(self._asked, codes), self._asked.size - 1)
            known = self._asked[at] == codes
            found[known] = self._answered[at[known]]
        rest = np.flatnonzero(np.isnan(found))
        if rest.size:
            latest = self._latest
            found[rest] = [latest.get(code, np.nan) for code in codes[rest].tolist()]
            rest = rest[np.isnan(found[rest])]
            found[rest] = self._ask(codes[rest])
            self._remember(codes[rest], found[rest])
        return found

    def _remember(self, codes: Ints, like: Floats) -> None:
        if codes.size + len(self._latest) < _LATEST:
            self._latest.update(zip(codes.tolist(), like.tolist(), strict=True))
            return
        kept = self._asked.size if self._asked.size < _REMEMBERED else 0
        late = np.fromiter(self._latest.keys(), dtype=np.int64, count=len(self._latest))
        told = np.fromiter(self._latest.values(), dtype=np.float64, count=len(self._latest))
        asked = np.concatenate([self._asked[:kept], late, codes])
        order = np.argsort(asked, kind="stable")
        self._asked = asked[order]
        self._answered = np.concatenate([self._answered[:kept], told, like])[order]
        self._latest = {}

    def _ask(self, codes: Ints) -> Floats:
        """Ask the screening room, but for words that sound too different for any likeness."""
        if not codes.size:
            return np.zeros(0)
        pairs = list(zip((codes >> 32).tolist(), (codes & 0xFFFFFFFF).tolist(), strict=True))
        heard, tokens = self._heard, self._tokens
        away: Any = process.cpdist(
            [heard[a] for a, _ in pairs], [heard[b] for _, b in pairs],
            scorer=OSA.normalized_distance, score_cutoff=_FURTHEST,
        )  # fmt: skip
        like = np.zeros(codes.size)
        far = (away > _FURTHEST).tolist()
        for n, (ours, theirs) in enumerate(pairs):
            if not far[n] or self._asked_anyway(tokens[ours], tokens[theirs]):
                like[n] = likeness(tokens[ours], tokens[theirs], self._weights)[1]
        return like

    def _asked_anyway(self, left: str, right: str) -> bool:
        return left[0] == ABJAD or right[0] == ABJAD or is_related(left, right)


@cache
def _relatives() -> frozenset[str]:
    variants = lists.word_variants()
    return frozenset({*lists.given_names(), *variants, *variants.values()})
