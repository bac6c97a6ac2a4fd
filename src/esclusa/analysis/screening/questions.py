"""The words of many queries as columns, each different word looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.columns import Bools, Hashes, Ints, Longs, ends_of, hashed
from esclusa.analysis.screening.heard import Heard
from esclusa.analysis.screening.index import Floats, Index, glued, whole
from esclusa.analysis.screening.lookup import Lookup, Lookups
from esclusa.analysis.screening.romanised import ways_of
from esclusa.analysis.screening.search import lone_factor
from esclusa.analysis.screening.words import word_set

Letters = npt.NDArray[np.uint64]
Marks = npt.NDArray[np.uint32]
"""One bit for each word of a name or of a query; neither has more than 32."""

Tokens = Sequence[tuple[str, ...]]
"""The words of each query."""

_FEW: Final = 64
"""Fewer words are put together one by one before they are columns."""

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


class Words:
    """The words of many queries: ``tokens`` are the different ones, ``numbers`` those of each query
    in a row, from ``starts`` on, ``counts`` how many each has."""

    def __init__(self, queries: Tokens) -> None:
        self.tokens: Final = tuple(dict.fromkeys(chain.from_iterable(queries)))
        known = dict(zip(self.tokens, range(len(self.tokens)), strict=True))
        numbers = [known[token] for token in chain.from_iterable(queries)]
        self.numbers: Final[Ints] = np.array(numbers, dtype=np.int32)
        self.counts: Final[Longs] = np.array([len(each) for each in queries], dtype=np.int64)
        self.starts: Final[Longs] = ends_of(self.counts)[:-1]

    @cached_property
    def _heard(self) -> Heard:
        return Heard(self.tokens)

    def glued(self, left: Ints, right: Ints) -> tuple[Hashes, Bools]:
        """Return the key of each two words written as one, and whether they may be."""
        if len(left) >= _FEW:
            return self._heard.glued(left, right)
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        sounds = [glued(self.tokens[one], self.tokens[other]) for one, other in pairs]
        return _keyed(sounds)

    def whole(self) -> tuple[Hashes, Bools]:
        """Return the key of all words of each query written as one, and whether it has one."""
        if len(self.numbers) >= _FEW:
            return self._heard.whole(self.numbers, self.starts, self.counts)
        spans = zip(self.starts.tolist(), self.counts.tolist(), strict=True)
        parts = [self.numbers[start : start + count].tolist() for start, count in spans]
        return _keyed([whole([self.tokens[number] for number in part]) for part in parts])


def _keyed(sounds: Sequence[str]) -> tuple[Hashes, Bools]:
    keys = np.array([hashed(sound) for sound in sounds], dtype=np.uint32)
    return keys, np.array([bool(sound) for sound in sounds], dtype=np.bool_)


def questions(index: Index, words: Words, lookups: Lookups) -> tuple[Slots, Facts]:
    """Return what queries look for, and what is known of them."""
    looks = lookups.words(words.tokens)
    look, counts = words.numbers, words.counts
    query = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    place = np.arange(len(look)) - np.repeat(words.starts, counts)
    facts = _facts(index, looks, look, query, place, counts)
    both = _joined(index, words, lookups, looks, query, place)
    sought = np.array([bool(each.best) for each in looks], dtype=np.bool_)[look]
    query, look, place = query[sought], look[sought], place[sought]
    covers = np.uint32(1) << place.astype(np.uint32)
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


def _joined(
    index: Index, words: Words, lookups: Lookups, looks: list[Lookup], query: Ints, place: Longs
) -> Ints:
    """Return (query, look, place) of two words that a list writes as one; their look-ups are added
    to ``looks``."""
    first = np.flatnonzero(place[1:] > 0)
    left, right = words.numbers[first], words.numbers[first + 1]
    keys, may = words.glued(left, right)
    listed = index.vocabulary.keys.sounds.has(keys)
    syllable = np.array([ways_of(token) > 0 for token in words.tokens], dtype=np.bool_)
    known = np.flatnonzero(may & (listed | syllable[left] & syllable[right]))
    numbers: dict[str, int] = {}
    found: list[tuple[int, int, int]] = []
    for pair in known.tolist():
        both = lookups.joined(words.tokens[left[pair]], words.tokens[right[pair]])
        if both is not None and both.best:
            if both.token not in numbers:
                numbers[both.token] = len(looks)
                looks.append(both)
            at = first[pair]
            found.append((query.item(at), numbers[both.token], place.item(at)))
    return np.array(found, dtype=np.int32).reshape(-1, 3)


def sounding(index: Index, words: Words) -> tuple[Longs, Ints]:
    """Return (query, name) where both sound alike without their blanks.

    Found by a 32-bit key: one time in thousands, a name too many.
    """
    keys, may = words.whole()
    asked = np.flatnonzero(may)
    places, names = index.columns.whole.all_of(keys[asked])
    return asked[places], names
