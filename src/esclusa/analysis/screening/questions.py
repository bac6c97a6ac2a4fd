"""The words of many queries as columns, each different word looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.columns import Bools, Ints, Longs, ends_of, hashed
from esclusa.analysis.screening.index import Floats, Index, glued, whole
from esclusa.analysis.screening.lookup import Lookup, Lookups
from esclusa.analysis.screening.search import lone_factor
from esclusa.analysis.screening.words import word_set

Letters = npt.NDArray[np.uint64]
Marks = npt.NDArray[np.uint32]
"""One bit for each word of a name or of a query; neither has more than 32."""

Tokens = Sequence[tuple[str, ...]]
"""The words of each query."""

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def letter_bit(token: str) -> int:
    """Return a bit for the letter of a single letter or digit, or for the first letter of a word;
    0 for a word that begins otherwise, because no initial stands for it."""
    place = LETTERS.find(token[0])
    return 1 << place if place >= 0 and (len(token) == 1 or token[0].isalpha()) else 0


class Slots(msgspec.Struct, frozen=True):
    """The words of the queries that are looked for, and the two joined words; those of a query in a
    row.

    ``query`` is the number of the query, ``look`` that of the word in ``looks``, ``covers`` the
    words of the query that it stands for, ``joined`` whether these are two.
    """

    looks: tuple[Lookup, ...]
    query: Ints
    look: Ints
    covers: Marks
    joined: Bools

    def part(self, start: int, end: int) -> Slots:
        """Return the slots of a range, with the words that they have."""
        some = slice(start, end)
        used, places = np.unique(self.look[some], return_inverse=True)
        looks = tuple(self.looks[number] for number in used.tolist())
        look: Ints = places.astype(np.int32)
        return Slots(looks, self.query[some], look, self.covers[some], self.joined[some])


class Facts(msgspec.Struct, frozen=True):
    """What is known of each query alone: a row for each query, a column for each of its words.

    ``weights`` are 0 where a query has no word. ``single`` marks single letters, ``bits`` are those
    of :func:`letter_bit`. ``lone`` is the factor of a match that one word carries.
    """

    weights: Floats
    single: Bools
    bits: Letters
    lone: Floats

    def loose(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return what :func:`~.search.facts` says, for all queries."""
        weight = self.weights.sum(axis=1, dtype=np.float32)
        initials = (self.weights * self.single).sum(axis=1, dtype=np.float32)
        letters = self.single.sum(axis=1).astype(np.float32)
        return weight, initials, letters, self.weights.max(axis=1, initial=0)

    def letters(self, *, single: bool) -> Letters:
        """Return the single letters of each query, or the first letters of its longer words."""
        there = self.bits * (self.single if single else ~self.single)
        return np.asarray(np.bitwise_or.reduce(there, axis=1, initial=0), dtype=np.uint64)


def questions(index: Index, tokens: Tokens, lookups: Lookups) -> tuple[Slots, Facts]:
    """Return what queries look for, and what is known of them."""
    distinct = dict.fromkeys(chain.from_iterable(tokens))
    looks = [lookups.word(token) for token in distinct]
    numbers = dict(zip(distinct, range(len(looks)), strict=True))
    counts = np.array([len(each) for each in tokens], dtype=np.int64)
    look = np.array([numbers[token] for each in tokens for token in each], dtype=np.int32)
    query = np.repeat(np.arange(len(tokens), dtype=np.int32), counts)
    place = np.arange(len(look)) - np.repeat(ends_of(counts)[:-1], counts)
    facts = _facts(index, looks, look, query, place, counts)
    sought = np.array([bool(each.best) for each in looks], dtype=np.bool_)[look]
    query, look, place = query[sought], look[sought], place[sought]
    covers = np.uint32(1) << place.astype(np.uint32)
    both = _joined(index, tokens, lookups, looks)
    query, look = np.concatenate((query, both[:, 0])), np.concatenate((look, both[:, 1]))
    covers = np.concatenate((covers, np.uint32(3) << both[:, 2].astype(np.uint32)))
    joined = np.arange(len(query)) >= len(place)
    order = np.argsort(query, kind="stable")
    return Slots(tuple(looks), query[order], look[order], covers[order], joined[order]), facts


def written_as_one(slots: Slots) -> dict[int, dict[int, Lookup]]:
    """Return of each query the look-ups of two joined words, by the place of the first."""
    found: dict[int, dict[int, Lookup]] = {}
    rows = np.flatnonzero(slots.joined)
    covers = slots.covers[rows].tolist()
    for query, look, words in zip(slots.query[rows].tolist(), slots.look[rows].tolist(), covers,
                                  strict=True):  # fmt: skip
        found.setdefault(query, {})[(words & -words).bit_length() - 1] = slots.looks[look]
    return found


def _facts(
    index: Index, looks: Sequence[Lookup], look: Ints, query: Ints, place: Longs, counts: Longs
) -> Facts:
    shape = len(counts), int(counts.max(initial=0))
    weights, bits = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.uint64)
    single, trade = np.zeros((2, *shape), dtype=np.bool_)
    generic = word_set("generic")
    weights[query, place] = np.array([each.weight for each in looks], dtype=np.float32)[look]
    bits[query, place] = np.array([letter_bit(each.token) for each in looks], np.uint64)[look]
    single[query, place] = np.array([len(each.token) == 1 for each in looks], np.bool_)[look]
    trade[query, place] = np.array([each.token in generic for each in looks], np.bool_)[look]
    plain, firm = (lone_factor(index.weights.name, generic=there) for there in (False, True))
    lone = np.where(trade.any(axis=1), np.float32(firm), np.float32(plain))
    return Facts(weights, single, bits, np.where(counts > 1, lone, np.float32(1)))


def _joined(index: Index, tokens: Tokens, lookups: Lookups, looks: list[Lookup]) -> Ints:
    """Return (query, look, place) of two words that a list writes as one; their look-ups are added
    to ``looks``."""
    pairs = [
        (query, place, left, right)
        for query, each in enumerate(tokens)
        for place, (left, right) in enumerate(pairwise(each))
    ]
    heard = [glued(left, right) for _, _, left, right in pairs]
    known = index.vocabulary.keys.sounds.has([hashed(sound) for sound in heard])
    numbers: dict[str, int] = {}
    found: list[tuple[int, int, int]] = []
    for number in np.flatnonzero(known).tolist():
        query, place, left, right = pairs[number]
        both = lookups.joined(left, right)
        if both is not None and both.best:
            if both.token not in numbers:
                numbers[both.token] = len(looks)
                looks.append(both)
            found.append((query, numbers[both.token], place))
    return np.array(found, dtype=np.int32).reshape(-1, 3)


def sounding(index: Index, tokens: Tokens) -> tuple[Longs, Ints]:
    """Return (query, name) where both sound alike without their blanks.

    Found by a 32-bit key: one time in thousands, a name too many.
    """
    heard = [whole(each) for each in tokens]
    asked = np.flatnonzero(np.array([bool(sound) for sound in heard], dtype=np.bool_))
    places, names = index.columns.whole.all_of([hashed(heard[number]) for number in asked.tolist()])
    return asked[places], names
