"""A night's batch: many parties against one index at once, with the answers of one at a time.

Which listed names the parties may mean is found for thousands of them together, on arrays; only
those that could reach the threshold are compared word by word. ``only`` narrows the answer to some
entries, for a list that changed: weights and scores stay those of the whole index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.hit import Hit
from esclusa.analysis.screening.index import Floats, Index, kind_bit
from esclusa.analysis.screening.lookup import Lookup, Lookups
from esclusa.analysis.screening.query import Query
from esclusa.analysis.screening.screener import Screener
from esclusa.analysis.screening.search import SLACK, Asked, facts, look_up, loose_reach
from esclusa.analysis.screening.vocabulary import Ints

CHUNK: Final = 20_000
"""Parties looked at together."""
ROWS: Final = 2_000_000
"""Pairs of a party's word and a listed name looked at together, at some 40 bytes each. A party with
common words meets a hundred names in small lists and ten thousand in large ones."""

Bools = npt.NDArray[np.bool_]


class Narrowed(msgspec.Struct, frozen=True):
    """The entries that may be hit, and which names are theirs."""

    entries: frozenset[int]
    names: Bools


def narrow(index: Index, only: Collection[tuple[str, str]]) -> Narrowed:
    """Return the entries of ``only`` (list id, entry's own id) that the index holds."""
    places = {number for list_id, uid in only for number in index.numbers(list_id, uid)}
    found = sorted(places)
    names = np.zeros(len(index.names), dtype=np.bool_)
    for entry in found:
        own = index.names_of(entry)
        names[own.start : own.stop] = True
    return Narrowed(frozenset(found), names)


def answers(
    screener: Screener, queries: Sequence[Query], only: Narrowed | None = None
) -> Iterator[tuple[Hit, ...]]:
    """Yield the hits of each query in order: what ``screener.query`` gives, in less time.

    With ``only``, hits on other entries are left out; the ranks are counted among those that stay.
    """
    words = _Words(screener.index, only)
    for start in range(0, len(queries), CHUNK):
        some = queries[start : start + CHUNK]
        asked = [look_up(query.name.tokens, words.lookups) for query in some]
        found = _candidates(screener, some, asked, words)
        for query, question, names in zip(some, asked, found, strict=True):
            yield screener.judged(query, question, names, only.entries if only else None)


class _Words:
    """Look-ups of a batch's words, their names narrowed once."""

    def __init__(self, index: Index, only: Narrowed | None) -> None:
        self.lookups: Final = Lookups(index)
        self._only: Final = only
        self._narrowed: Final[dict[str, tuple[Ints, Floats]]] = {}

    def postings(self, look: Lookup) -> tuple[Ints, Floats]:
        """Return the names that a word may stand in, and what it adds to each."""
        if self._only is None:
            return look.names, look.gains
        found = self._narrowed.get(look.token)
        if found is None:
            kept = self._only.names[look.names]
            found = self._narrowed[look.token] = look.names[kept], look.gains[kept]
        return found

    def sounding(self, index: Index, heard: str) -> list[int]:
        """Return the names that without their blanks sound like ``heard``."""
        names = index.names_sounding(heard)
        return [name for name in names if self._only is None or self._only.names[name]]


def _candidates(
    screener: Screener, queries: Sequence[Query], asked: Sequence[Asked], words: _Words
) -> list[list[int]]:
    """Return for each query the names that may reach the threshold, ascending."""
    index = screener.index
    found: list[list[int]] = [words.sounding(index, question.whole) for question in asked]
    for number, names in enumerate(found):
        found[number] = _of_kind(index, names, queries[number].kind)
    for block in _blocks(asked, words):
        some = slice(block.start, block.stop)
        places, promising = _promising(screener, queries[some], asked[some], words)
        for place, name in zip(places.tolist(), promising.tolist(), strict=True):
            found[block.start + place].append(name)
    return [sorted(set(names)) if len(names) > 1 else names for names in found]


def _blocks(asked: Sequence[Asked], words: _Words) -> Iterator[range]:
    """Yield runs of questions that together meet no more than about :data:`ROWS` names."""
    start, rows = 0, 0
    for number, question in enumerate(asked):
        rows += sum(len(words.postings(look)[0]) for look in _searched(question))
        if rows >= ROWS:
            yield range(start, number + 1)
            start, rows = number + 1, 0
    if start < len(asked):
        yield range(start, len(asked))


def _searched(question: Asked) -> Iterator[Lookup]:
    looks = chain(question.words, question.joined)
    return (look for look in looks if look is not None and look.best)


def _of_kind(index: Index, names: list[int], kind: str) -> list[int]:
    bits = _bits(kind)
    return [name for name in names if index.kinds[name] & bits]


def _bits(kind: str) -> int:
    return 0xFF if kind == "any" else kind_bit("") | kind_bit(kind)


def _promising(
    screener: Screener, queries: Sequence[Query], asked: Sequence[Asked], words: _Words
) -> tuple[Ints, Ints]:
    """Return (query, name) where the words' gains may reach the threshold."""
    index = screener.index
    places, names, gains = _gains(asked, words)
    if not len(places):
        return places, names
    places, names, gained = _summed(places, names, gains, len(index.names))
    least = np.array([screener.least(query) for query in queries], dtype=np.float32)
    bits = np.array([_bits(query.kind) for query in queries], dtype=np.uint8)
    known = np.array([facts(question) for question in asked], dtype=np.float32)[places]
    bound = loose_reach(index, names, gained, *known.T)
    kept = (bound >= (least[places] - SLACK) / index.name_factors[names]) & (
        (index.kinds[names] & bits[places]) > 0
    )
    return places[kept], names[kept]


def _gains(asked: Sequence[Asked], words: _Words) -> tuple[Ints, Ints, Floats]:
    """Return one row (query, name, gain) for each word of a query and name that may hold it."""
    sizes: list[tuple[int, int]] = []
    names: list[Ints] = []
    gains: list[Floats] = []
    for number, question in enumerate(asked):
        for look in _searched(question):
            own, gain = words.postings(look)
            if len(own):
                sizes.append((number, len(own)))
                names.append(own)
                gains.append(gain)
    if not sizes:
        return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)
    table = np.array(sizes, dtype=np.int32)
    return np.repeat(table[:, 0], table[:, 1]), np.concatenate(names), np.concatenate(gains)


def _summed(places: Ints, names: Ints, gains: Floats, count: int) -> tuple[Ints, Ints, Floats]:
    keys = places.astype(np.int64) * count + names
    order = np.argsort(keys, kind="stable")
    keys, gains = keys[order], gains[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    kept = keys[first]
    summed = np.add.reduceat(gains, first)
    return (kept // count).astype(np.int32), (kept % count).astype(np.int32), summed
