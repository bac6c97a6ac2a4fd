"""The close bound of :mod:`~.search` for many parties and names at once.

What a word adds to a name, and which of the name's words it stands for, is worked out once for each
word and name of a block, however many parties have the word. The rest are sums over the words of
each pair of a party and a name.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.columns import Bools, Ints, Longs, hashed, spread
from esclusa.analysis.screening.index import Floats, glued
from esclusa.analysis.screening.listed_words import ListedWords
from esclusa.analysis.screening.questions import Facts, Marks, Slots
from esclusa.analysis.screening.search import SLACK, against, cheapest
from esclusa.analysis.screening.settings import NameWeights


class Pairs(msgspec.Struct, frozen=True):
    """Queries and names with a word in common, and the rows in which they have it.

    ``query`` and ``name`` have one number for each pair, ``slots`` and ``gains`` one for each row;
    the rows of a pair stand in a row and begin at ``starts``.
    """

    query: Ints
    name: Ints
    starts: Longs
    slots: Ints
    gains: Floats

    @classmethod
    def every(cls, names: Ints, slots: int) -> Pairs:
        """Return the pairs of one query and some names, with a row for each slot whether it is in
        the name or not, and no gains."""
        count = len(names)
        return cls(
            np.zeros(count, dtype=np.int32),
            names,
            np.arange(count, dtype=np.int64) * slots,
            np.tile(np.arange(slots, dtype=np.int32), count),
            np.zeros(count * slots, dtype=np.float32),
        )

    def gained(self) -> Floats:
        """Return what the words of each pair add together."""
        return _per(np.add, self.gains, self.starts)

    def only(self, kept: Bools) -> Pairs:
        """Return some of the pairs."""
        counts = np.diff(self.starts, append=len(self.slots))
        rows = np.repeat(kept, counts)
        counts = counts[kept]
        return Pairs(
            self.query[kept],
            self.name[kept],
            np.cumsum(counts) - counts,
            self.slots[rows],
            self.gains[rows],
        )


class Reach(msgspec.Struct, frozen=True):
    """What each pair can reach: the share of 0 to 1, and the weight of the words that agree.

    ``sure`` marks the pairs whose words can stand for each other in one way only: each for one
    word, and no initial for any. There ``words`` is the number of words that agree, and
    ``asked_left`` and ``listed_left`` are the words that are left over.
    """

    share: Floats
    agreed: Floats
    sure: Bools
    words: Ints
    asked_left: Marks
    listed_left: Marks

    def points(self, weights: NameWeights, factors: Floats) -> Floats:
        """Return the most points that each name can have.

        :param factors: those of weak aliases, one for each pair.
        """
        rarity = 1 - np.exp(-self.agreed / np.float32(2 * weights.rarity_scale))
        return np.asarray(self.share * (weights.full * factors + weights.rarity * rarity))


def close_reach(
    words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs, enough: Floats
) -> Reach:
    """Return the share that each pair can reach: no alignment gives more.

    Words that agree are counted twice, once by the words of the query and once by those of the
    name, each with the best that the other side has for it; the lower of both shares holds.

    :param enough: the share that each pair needs. A likeness below it does no good; taken as that
        share, it is no harm.
    """
    weights = words.index.weights.name
    met = _Met(words, slots, pairs, enough)
    listed = _Listed(words, facts, pairs, met)
    asked = _asked(weights, facts, pairs, met, listed)
    initials = listed.initials + asked.initials
    lost = against(weights, asked.lost, listed.lost)
    absorbed = asked.absorbed + listed.absorbed

    def shared(agreed: Floats, full: Floats) -> Floats:
        unmet = np.maximum(asked.weight + listed.weight - agreed - absorbed, 0)
        least = np.maximum(full + lost, agreed + np.float32(cheapest(weights)) * unmet)
        return np.asarray(agreed / np.maximum(least, np.float32(SLACK)))

    agreed = 2 * (initials + _per(np.add, met.gains, pairs.starts))
    full = 2 * (initials + _per(np.add, met.gains / met.likes, pairs.starts))
    other, other_full = 2 * (initials + listed.gains), 2 * (initials + listed.full)
    share = np.minimum(shared(agreed, full), shared(other, other_full))
    alone = (met.joined == 0) & (initials == 0) & ~met.joining
    share *= np.where(alone & (met.words == 1), facts.lone[pairs.query], np.float32(1))
    share[listed.odd] = 1.0
    agreed[listed.odd] = np.inf
    sure = alone & ~listed.odd & ~met.unsure & (met.ways == met.words) & (listed.words == met.words)
    return Reach(share, agreed, sure, met.words, asked.left, listed.left)


class _Side(msgspec.Struct, frozen=True):
    """One side of each pair: the weight of all its words, of those that find nothing (``left``),
    and of those that an initial of the other side may stand for; and what initials may add."""

    weight: Floats
    lost: Floats
    left: Marks
    absorbed: Floats
    initials: Floats


def _asked(weights: NameWeights, facts: Facts, pairs: Pairs, met: _Met, listed: _Listed) -> _Side:
    query = pairs.query
    weight, lost, absorbed, initials = np.zeros((4, len(query)), dtype=np.float32)
    left = np.zeros(len(query), dtype=np.uint32)
    equal, first = weights.initial_weight, weights.initial_weight * weights.initial
    for at in range(facts.weights.shape[1]):
        own, bit, single = facts.weights[query, at], facts.bits[query, at], facts.single[query, at]
        taken = np.where(single, bit & listed.met, bit & listed.singles) > 0
        found = (met.covered >> np.uint32(at)) & np.uint32(1) > 0
        weight += own
        missed = ~(found | taken) & (own > 0)
        lost += np.where(missed, own, np.float32(0))
        left |= np.where(missed, np.uint32(1 << at), np.uint32(0))
        absorbed += np.where(taken & ~single, own, np.float32(0))
        gain = np.where(bit & listed.single_met > 0, np.float32(equal), np.float32(first))
        initials += np.where(taken & single, gain, np.float32(0))
    return _Side(weight, lost, left, absorbed, initials)


class _Listed:
    """The listed side of each pair, see :class:`_Side`.

    ``gains`` is what its words gain, ``full`` what they would if they agreed in full, ``words`` how
    many of them the query may mean. ``singles`` are the name's single letters, ``met`` and
    ``single_met`` the letters of a query that may mean one of its words, or one of its single
    letters; ``odd`` is as in :class:`ListedWords`.
    """

    def __init__(self, words: ListedWords, facts: Facts, pairs: Pairs, met: _Met) -> None:
        index, columns = words.index, words.index.columns
        letters, firsts = facts.letters(single=True), facts.letters(single=False)
        first_word, last = columns.first_word[pairs.name], columns.first_word[pairs.name + 1]
        size = len(pairs.name)
        gain = np.float32(index.weights.name.initial_weight * index.weights.name.initial)
        self.weight: Final[Floats] = index.name_weights[pairs.name]
        self.lost, self.absorbed, self.initials = np.zeros((3, size), dtype=np.float32)
        self.gains, self.full = np.zeros((2, size), dtype=np.float32)
        self.left: Final[Marks] = np.zeros(size, dtype=np.uint32)
        self.words: Final[Ints] = np.zeros(size, dtype=np.int32)
        self.singles, self.met, self.single_met = np.zeros((3, size), dtype=np.uint64)
        asked, begun = letters[pairs.query], firsts[pairs.query]
        self.odd: Final[Bools] = words.joining(asked, pairs.name)
        there, at = np.ones(size, dtype=np.bool_), 0
        while len(here := np.flatnonzero(there)):
            word = columns.words[first_word[here] + at]
            own, bit, single = index.listed_weights[word], words.bits[word], index.single[word]
            by, ours = words.met[word], asked[here]
            begins = single & (bit & begun[here] > 0)
            gains, full, met_here = met.at(at, there)
            meant = met_here[here]
            self.gains += gains
            self.full += full
            taken = by & ours > 0
            missed = ~(meant | begins | taken)
            self.lost[here] += np.where(missed, own, np.float32(0))
            self.left[here] |= np.where(missed, np.uint32(1 << at), np.uint32(0))
            self.words[here] += meant
            self.absorbed[here] += np.where(taken & ~single, own, np.float32(0))
            self.initials[here] += np.where(begins, gain, np.float32(0))
            self.singles[here] |= np.where(single, bit, np.uint64(0))
            self.met[here] |= by
            self.single_met[here] |= np.where(single, by, np.uint64(0))
            self.odd[here] |= words.odd[word] & ours > 0
            at += 1
            there = first_word + at < last


class _Met:
    """How the words of each pair meet.

    For each row what the word gains at most, and the highest likeness. For each pair: the words of
    the query that are covered, how many single and joined words of the query find something and in
    how many ways, whether two neighbouring words of the name are one of the query's, and whether a
    word may mean one that counts in some names only.
    """

    def __init__(self, words: ListedWords, slots: Slots, pairs: Pairs, enough: Floats) -> None:
        counts = np.diff(pairs.starts, append=len(pairs.slots))
        per_row, count = np.repeat(pairs.name, counts), len(words.index.names)
        codes = slots.look[pairs.slots].astype(np.int64) * count + per_row
        distinct, self._which = np.unique(codes, return_inverse=True)
        self._meetings = _Meetings(words, slots, distinct)
        self._pairs, self._enough, self._counts = pairs, enough, counts
        best = self._meetings.best(self._meetings.likes)[self._which]
        joining = self._meetings.joining[self._which]
        there, joined = (best > 0) | joining, slots.joined[pairs.slots]
        covers = np.where(there, slots.covers[pairs.slots], np.uint32(0))
        ways = _per(np.add, (self._meetings.likes > 0).astype(np.int32), self._meetings.starts)
        self.likes: Final[Floats] = np.maximum(best, np.repeat(enough, counts))
        self.gains: Final[Floats] = self._meetings.best(self._meetings.gains)[self._which]
        self.covered: Final[Marks] = _per(np.bitwise_or, covers, pairs.starts)
        self.joined: Final[Ints] = _per(np.add, (joined & there).astype(np.int32), pairs.starts)
        self.words: Final[Ints] = _per(np.add, (there & ~joined).astype(np.int32), pairs.starts)
        self.ways: Final[Ints] = _per(np.add, ways[self._which], pairs.starts)
        self.joining: Final[Bools] = _per(np.logical_or, joining, pairs.starts)
        unsure = np.array([look.unsure for look in slots.looks], dtype=np.bool_)
        unsure = there & unsure[slots.look[pairs.slots]]
        self.unsure: Final[Bools] = _per(np.logical_or, unsure, pairs.starts)

    def at(self, place: int, there: Bools) -> tuple[Floats, Floats, Bools]:
        """Return what a word of the name gains at most, what it would if it agreed in full, and
        whether a word of the query may mean it.

        :param there: which pairs have a name of so many words.
        """
        rows = np.flatnonzero(np.repeat(there, self._counts))
        words = self._meetings.starts[self._which[rows]] + place
        found = np.zeros((2, len(self._which)), dtype=np.float32)
        found[:, rows] = self._meetings.gains[words], self._meetings.likes[words]
        gained, likes = (_per(np.maximum, each, self._pairs.starts) for each in found)
        return gained, gained / np.maximum(likes, self._enough), likes > 0


class _Meetings:
    """Words of queries and names that hold one, each once: for each word of such a name, the
    likeness to the word of the query and what that adds."""

    def __init__(self, listed: ListedWords, slots: Slots, codes: Longs) -> None:
        """:param codes: number of the word times the number of names, plus the name, ascending."""
        index, columns = listed.index, listed.index.columns
        looks, name = np.divmod(codes, len(index.names))
        counts = columns.first_word[name + 1] - columns.first_word[name]
        words = columns.words[spread(columns.first_word[name], counts)]
        weights = np.array([look.weight for look in slots.looks], dtype=np.float32)
        look = np.repeat(looks, counts)
        self.starts: Final = np.cumsum(counts) - counts
        self.likes: Final = _likes(slots, look, words, len(columns.tokens))
        self.gains: Final[Floats] = self.likes * (weights[look] + index.listed_weights[words]) / 2
        self.joining: Final = np.isin(codes, joining_codes(slots, len(index.names)))
        self._join(listed, slots, words, counts, looks)

    def best(self, values: Floats) -> Floats:
        """Return the highest value of each name's words."""
        return np.asarray(_per(np.maximum, values, self.starts), dtype=np.float32)

    def _join(
        self, listed: ListedWords, slots: Slots, words: Ints, counts: Longs, looks: Longs
    ) -> None:
        """Where two words of a name sound like the query's word, the first gains for both."""
        some = np.flatnonzero(self.joining)
        places = spread(self.starts[some], counts[some] - 1)
        looks = np.repeat(looks[some], counts[some] - 1)
        heard = np.array([hashed(glued(look.token, "")) for look in slots.looks], dtype=np.int64)
        same = listed.heard(words[places], words[places + 1]) == heard[looks]
        places, looks = places[same], looks[same]
        weights = np.array([look.weight for look in slots.looks], dtype=np.float32)[looks]
        weights += listed.index.listed_weights[words[places]]
        weights += listed.index.listed_weights[words[places + 1]]
        like = np.float32(listed.index.weights.name.glued)
        np.maximum.at(self.gains, places, weights * like / 2)
        np.maximum.at(self.likes, places, like)
        np.maximum.at(self.likes, places + 1, like)


def _likes(slots: Slots, looks: Longs, words: Ints, size: int) -> Floats:
    """Return how alike each word of a query and each listed word are."""
    known, alike = _meanings(slots, size)
    found = np.zeros(len(words), dtype=np.float32)
    if len(known):
        sought = looks * size + words
        at = np.minimum(known.searchsorted(sought), len(known) - 1)
        same = known[at] == sought
        found[same] = alike[at[same]]
    return found


def _meanings(slots: Slots, size: int) -> tuple[Longs, Floats]:
    """Return what each word may mean as sorted codes, and the likeness of each."""
    counts = [len(look.words) for look in slots.looks]
    looks = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    codes = looks * size + np.concatenate([look.words for look in slots.looks])
    order = np.argsort(codes)
    return codes[order], np.concatenate([look.word_likes for look in slots.looks])[order]


def joining_codes(slots: Slots, count: int) -> Longs:
    """Return the codes of words and names that two neighbouring words of the name make, ascending:
    number of the word times ``count``, the number of names, plus the name."""
    counts = [len(look.joining) for look in slots.looks]
    looks = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    codes: Longs = looks * count + np.concatenate([look.joining for look in slots.looks])
    return codes


def _per(ufunc: np.ufunc, values: npt.NDArray[Any], starts: Longs) -> npt.NDArray[Any]:
    """Return one value for each group of neighbours; no group is empty."""
    return ufunc.reduceat(values, starts) if len(starts) else values[:0]
