"""Which word of a query stands for which word of a listed name.

The strongest pair is taken first, then the next among the words left (greedy; ties by position).
Then words written as one, then initials; failing that, both names without blanks. What is left
over counts against the match: fully when both sides have a word left (they contradict), less when
only one has (it left something out).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import msgspec

from esclusa.analysis.screening import chinese, words
from esclusa.analysis.screening.index import Index, ListedName, glued, kind_bit, whole
from esclusa.analysis.screening.likeness import ROMANISED, Likeness, likeness
from esclusa.analysis.screening.listed import NAMES_KEPT
from esclusa.analysis.screening.romanised import pairs_of
from esclusa.analysis.screening.search import Asked
from esclusa.analysis.screening.settings import NameWeights

_PERSON: Final = kind_bit("person")

_heard: Final = lru_cache(4 * NAMES_KEPT)(glued)
_heard_whole: Final = lru_cache(NAMES_KEPT)(whole)
"""The same listed names are compared with many parties."""


class Pair(msgspec.Struct, frozen=True, gc=False):
    """Words of the query and of the listed name that stand for each other."""

    asked: tuple[int, ...]
    listed: tuple[int, ...]
    how: str
    like: float
    weight: float


class Alignment(msgspec.Struct, frozen=True, dict=True):
    """The pairs in order of the query, the words left over, and the share of 0 to 1."""

    pairs: tuple[Pair, ...]
    asked_left: tuple[int, ...]
    listed_left: tuple[int, ...]
    share: float
    in_order: bool

    @cached_property
    def weight(self) -> float:
        """How much the agreeing words tell: likeness times weight, summed."""
        return sum([pair.like * pair.weight for pair in self.pairs])


def align(index: Index, asked: Asked, name: ListedName) -> Alignment:
    """Return how the query's words and a listed name's words stand for each other."""
    work = _Work(index, asked, name)
    for ways in (_meanings, _joined_in_list, _joined_in_query, _initials):
        if work.both_left():
            work.take(ways(work))
    found = work.result()
    return work.as_one() if found.share < work.weights.glued and work.same_letters() else found


def of_person(index: Index, name: ListedName) -> bool:
    """Answer whether a listed name is a person's; does not unpack the entry."""
    return int(index.kinds[index.names_of(name.entry).start]) == _PERSON


def in_rotation(order: Sequence[int]) -> bool:
    """Answer whether numbers ascend when read in a circle: "IVANOV, Petr" and "Petr Ivanov" do."""
    falls = sum(1 for left, right in pairwise(order) if left > right)
    return falls == 0 or (falls == 1 and order[-1] < order[0])


class _Work:
    """The words not yet taken, and the pairs so far."""

    def __init__(self, index: Index, asked: Asked, name: ListedName) -> None:
        tokens, told = index.vocabulary.tokens, index.word_weights
        self.weights = index.weights.name
        self.index = index
        self.asked = asked
        self.asked_tokens = asked.tokens
        self.listed_tokens = tuple([tokens[word] for word in name.words])
        self.asked_weights = asked.weights
        self.listed_weights = [told[word] for word in name.words]
        self.asked_free = set(range(len(self.asked_tokens)))
        self.listed_free = set(range(len(self.listed_tokens)))
        self.name = name
        self.pairs: list[Pair] = []
        self._ways: int | None = None

    def both_left(self) -> bool:
        """Tell whether each side has a word that is not taken yet."""
        return bool(self.asked_free and self.listed_free)

    def take(self, found: list[Pair]) -> None:
        """Take the strongest pair first, then the next of those whose words are left."""
        if len(found) > 1:
            found.sort(key=_strongest)
        for pair in found:
            if self.asked_free.issuperset(pair.asked) and self.listed_free.issuperset(pair.listed):
                self.asked_free.difference_update(pair.asked)
                self.listed_free.difference_update(pair.listed)
                self.pairs.append(pair)

    def weighed(
        self, asked: tuple[int, ...], listed: tuple[int, ...], how: str, like: float
    ) -> Pair:
        """Return a pair with the weight of its words."""
        weight = sum([self.asked_weights[i] for i in asked])
        theirs = sum([self.listed_weights[j] for j in listed])
        return Pair(asked, listed, how, like, weight + theirs)

    def read_as_chinese(self, i: int, j: int) -> Likeness:
        """Return how alike two words are that may be one Chinese syllable, as the names allow."""
        if self._ways is None:
            person = of_person(self.index, self.name)
            ours = chinese.ways(self.asked_tokens) if person else 0
            self._ways = pairs_of(ours, chinese.ways(self.listed_tokens)) if ours else 0
        return likeness(
            self.asked_tokens[i], self.listed_tokens[j], self.index.weights.word, self._ways
        )

    def same_letters(self) -> bool:
        """MYONGC HIN and MYONG CHIN: blanks in other places, the same sounds in a row."""
        if not self.asked.whole or self.asked.whole != _heard_whole(self.listed_tokens):
            return False
        ours, theirs = _numbers(self.asked_tokens), _numbers(self.listed_tokens)
        return ours == theirs or not (ours and theirs)

    def as_one(self) -> Alignment:
        asked, listed = tuple(range(len(self.asked_tokens))), tuple(range(len(self.listed_tokens)))
        pair = self.weighed(asked, listed, "glued", self.weights.glued)
        return Alignment((pair,), (), (), pair.like, True)

    def result(self) -> Alignment:
        pairs = tuple(sorted(self.pairs, key=_asked_of))
        asked_left, listed_left = tuple(sorted(self.asked_free)), tuple(sorted(self.listed_free))
        lost_asked = sum([self.asked_weights[i] for i in asked_left])
        lost_listed = sum([self.listed_weights[j] for j in listed_left])
        share = _share(pairs, lost_asked, lost_listed, self.weights)
        if len(pairs) == 1 and len(pairs[0].asked) * len(pairs[0].listed) == 1:
            share *= self._single() if len(self.asked_tokens) > 1 else 1.0
        order = in_rotation([number for pair in pairs for number in pair.listed])
        return Alignment(pairs, asked_left, listed_left, share, order)

    def _single(self) -> float:
        """One word carries the match; ZEST LEASING and ZEST lose less than PARS NOVIN and NOVIN."""
        trade = words.word_set("generic")
        if not self.asked_free or of_person(self.index, self.name):
            return self.weights.single
        rest = [self.asked.words[i] for i in self.asked_free]
        known = trade.issuperset(word.token for word in rest)
        carrier = self.asked_tokens[self.pairs[0].asked[0]]
        return self.weights.generic if known and carrier not in trade else self.weights.single


def _numbers(tokens: Sequence[str]) -> list[str]:
    """II and III make one sound, and two ships."""
    numerals = words.numerals()
    return [numerals[token] for token in tokens if token in numerals]


def _share(
    pairs: tuple[Pair, ...], lost_asked: float, lost_listed: float, weights: NameWeights
) -> float:
    full = sum([pair.weight for pair in pairs])
    against = 2 * weights.conflict * min(lost_asked, lost_listed)
    against += weights.extra_query * max(0.0, lost_asked - lost_listed)
    against += weights.extra_entry * max(0.0, lost_listed - lost_asked)
    agreed = sum([pair.like * pair.weight for pair in pairs])
    return agreed / (full + against) if full else 0.0


def _asked_of(pair: Pair) -> tuple[int, ...]:
    return pair.asked


def _strongest(pair: Pair) -> tuple[float, tuple[int, ...], tuple[int, ...]]:
    return -pair.like * pair.weight, pair.asked, pair.listed


def _meanings(work: _Work) -> list[Pair]:
    listed, told, found = work.name.words, work.listed_weights, []
    for i, look in enumerate(work.asked.words):
        meanings = look.meanings
        if meanings.keys().isdisjoint(listed):
            continue
        for j, other in enumerate(listed):
            if other in meanings:
                how, like = meanings[other]
                if how in ROMANISED:
                    how, like = work.read_as_chinese(i, j)
                    if not like:
                        continue
                found.append(Pair((i,), (j,), how, like, look.weight + told[j]))
    return found


def _joined_in_list(work: _Work) -> list[Pair]:
    return [
        work.weighed((i, i + 1), (j,), *look.meanings[word])
        for i, look in enumerate(work.asked.joined)
        if look is not None and i in work.asked_free and i + 1 in work.asked_free
        for j, word in enumerate(work.name.words)
        if j in work.listed_free and word in look.meanings
    ]


def _joined_in_query(work: _Work) -> list[Pair]:
    tokens, free = work.listed_tokens, work.listed_free
    both = [(j, _heard(tokens[j], tokens[j + 1])) for j in free if j + 1 in free]
    if not both:
        return []
    asked = [(i, _heard(work.asked_tokens[i], "")) for i in work.asked_free]
    return [
        work.weighed((i,), (j, j + 1), "glued", work.weights.glued)
        for i, heard in asked
        if heard
        for j, sound in both
        if sound == heard
    ]


def _initials(work: _Work) -> list[Pair]:
    weights = work.weights
    listed = [(j, work.listed_tokens[j]) for j in work.listed_free]
    return [
        Pair((i,), (j,), "initial", weights.initial, 2 * weights.initial_weight)
        for i in work.asked_free
        for left in (work.asked_tokens[i],)
        for j, right in listed
        if left[0] == right[0] and (len(left) == 1) != (len(right) == 1) and left[0].isalpha()
    ]
