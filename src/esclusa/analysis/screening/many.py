"""A night's batch: many parties against one index at once, with the answers of one at a time.

Which listed names the parties may mean is found for thousands of them together, on arrays, by five
steps each closer than the one before: a loose bound, one that leaves initials aside where they
stand for nothing, one of points, a close one, and for persons what is surely left over. Only the
pairs that could still reach the threshold are compared word by word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening import meeting, meeting_closely
from esclusa.analysis.screening.addresses import ADDRESS
from esclusa.analysis.screening.bounds import Pairs
from esclusa.analysis.screening.closely import (
    Close,
    Needed,
    apart_reach,
    closely,
    may_reach,
    stands,
)
from esclusa.analysis.screening.columns import Bools, Ints, Longs, ends_of, spread
from esclusa.analysis.screening.hit import Hit
from esclusa.analysis.screening.index import Floats, Index
from esclusa.analysis.screening.lookup import Lookup
from esclusa.analysis.screening.query import Query
from esclusa.analysis.screening.questions import (
    Facts,
    Slots,
    Words,
    questions,
    sounding,
    written_as_one,
)
from esclusa.analysis.screening.screener import Screener
from esclusa.analysis.screening.search import look_up, loose_reach

CHUNK: Final = 20_000
"""Parties looked at together."""
ROWS: Final = 2_000_000
"""Pairs of a party's word and a listed name looked at together, at some 60 bytes each. A party with
common words meets a hundred names in small lists and ten thousand in large ones."""
WORDS_KEPT: Final = 50_000
"""Words whose names are kept narrowed to the entries that may be hit."""

_FEW_QUERIES: Final = 16
"""Fewer are asked one by one: some hundred calls on arrays cost more than they save."""


class BulkScreener:
    """Screens many queries at once against one index; what it learned of words is kept."""

    def __init__(
        self,
        screener: Screener,
        only: Collection[tuple[str, str]] | None = None,
        entries: frozenset[int] | None = None,
    ) -> None:
        """:param only: (list id, entry's own id) of the entries that may be hit; None for all.
        Weights and scores stay those of the whole index; ranks count the hits that stay.
        :param entries: the numbers of ``only`` in the index, where they are known already.
        """
        index = screener.index
        self._screener: Final = screener
        self._wanted: Final = None if only is None else frozenset(only)
        if only is not None and entries is None:
            entries = _numbers(index, only)
        self.entries: Final = entries
        self._names: Final = None if entries is None else _names(index, entries)
        self._narrowed: Final[dict[str, tuple[Ints, Floats]]] = {}

    def answers(self, queries: Sequence[Query]) -> Iterator[tuple[Hit, ...]]:
        """Yield the hits of each query in order: what ``screener.query`` gives, in less time."""
        for query, names, both in self._found(queries):
            if query.kind == ADDRESS:
                yield self._of_address(query)
            elif names or query.identifiers:
                asked = look_up(query.name.tokens, self._screener.lookups, both)
                yield self._screener.judged(query, asked, names, self.entries)
            else:
                yield ()

    def meets(self, queries: Sequence[Query]) -> Iterator[bool]:
        """Yield of each query whether it has hits, in less time than :meth:`answers` takes."""
        for query, names, both in self._found(queries):
            if query.kind == ADDRESS:
                yield bool(self._of_address(query))
            elif names or query.identifiers:
                asked = look_up(query.name.tokens, self._screener.lookups, both)
                yield self._screener.meets(query, asked, names, self.entries)
            else:
                yield False

    def _found(
        self, queries: Sequence[Query]
    ) -> Iterator[tuple[Query, list[int], Mapping[int, Lookup]]]:
        """Yield each query with its candidates and what lists write as one of its words."""
        for start in range(0, len(queries), CHUNK):
            some = queries[start : start + CHUNK]
            found, both = self._candidates(some)
            for place, (query, names) in enumerate(zip(some, found, strict=True)):
                yield query, names, both.get(place, {})

    def all_of(self, queries: Sequence[Query]) -> list[tuple[Hit, ...]]:
        """Return the hits of each query, those remembered by the screener first; it remembers the
        others. Made without ``only``."""
        screener = self._screener
        known = {query: screener.remembers(query) for query in dict.fromkeys(queries)}
        fresh = [query for query, hits in known.items() if hits is None]
        if len(fresh) < _FEW_QUERIES:
            return [screener.query(query) for query in queries]
        for query, hits in zip(fresh, self.answers(fresh), strict=True):
            known[query] = screener.remember(query, hits)
        return [known[query] or () for query in queries]

    def _of_address(self, query: Query) -> tuple[Hit, ...]:
        hits, wanted = self._screener.query(query), self._wanted
        if wanted is None:
            return hits
        stay = (hit for hit in hits if (hit.list_id, hit.uid) in wanted)
        return tuple(msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(stay, 1))

    def _candidates(
        self, queries: Sequence[Query]
    ) -> tuple[list[list[int]], dict[int, dict[int, Lookup]]]:
        """Return for each query the names that may reach the threshold, ascending; and of some what
        :func:`~.questions.written_as_one` tells."""
        screener, index = self._screener, self._screener.index
        tokens = [() if query.kind == ADDRESS else query.name.tokens for query in queries]
        found: list[list[int]] = [[] for _ in queries]
        words = Words(tokens)
        slots, facts = questions(index, words, screener.lookups)
        needed = screener.needed(queries)
        for place, name in self._sounding(words, needed.kinds):
            found[place].append(name)
        sizes = np.array([len(self._postings(look)[0]) for look in slots.looks], dtype=np.int64)
        rows = np.cumsum(sizes[slots.look])
        fast = meeting.fast(rows[-1:].sum())
        for block in _blocks(slots, rows):
            pairs = self._promising(block, facts, needed, words, fast=fast)
            for place, name in zip(pairs.query.tolist(), pairs.name.tolist(), strict=True):
                found[place].append(name)
        names = [sorted(set(each)) if len(each) > 1 else each for each in found]
        return names, written_as_one(slots)

    def _sounding(self, words: Words, kinds: npt.NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
        """Yield (query, name) where both sound alike without their blanks."""
        index = self._screener.index
        query, name = sounding(index, words)
        kept = (index.kinds[name] & kinds[query]) > 0
        if self._names is not None:
            kept &= self._names[name]
        return zip(query[kept].tolist(), name[kept].tolist(), strict=True)

    def _postings(self, look: Lookup) -> tuple[Ints, Floats]:
        """Return the names that a word may stand in, and what it adds to each."""
        if self._names is None:
            return look.names, look.gains
        found = self._narrowed.get(look.token)
        if found is None:
            if len(self._narrowed) >= WORDS_KEPT:
                self._narrowed.clear()
            kept = self._names[look.names]
            found = self._narrowed[look.token] = look.names[kept], look.gains[kept]
        return found

    def _promising(
        self, slots: Slots, facts: Facts, needed: Needed, asked: Words, *, fast: bool = False
    ) -> Close:
        """Return the queries and names whose words may reach the threshold.

        :param fast: whether compiled code finds them.
        """
        words = self._screener.listed_words
        if not fast:
            pairs = self._step_by_step(slots, facts, needed)
            return closely(words, facts, slots, pairs, needed, asked)
        found = [self._postings(look) for look in slots.looks]
        pairs = meeting.promising(words, facts, slots, found, needed)
        met = meeting_closely.closer(words, facts, slots, pairs, needed)
        return stands(words.index, met, needed, asked)

    def _step_by_step(self, slots: Slots, facts: Facts, needed: Needed) -> Pairs:
        """Return what :func:`~.meeting.promising` does, without compiled code."""
        index, pairs = self._screener.index, self._pairs(slots)
        query, name = pairs.query, pairs.name
        most = needed.most(index, query, name)
        enough = needed.share(index, most) / index.name_factors[name]
        known = (fact[query] for fact in facts.loose())
        bound = loose_reach(index, name, pairs.gained(), *known)
        kept = (bound >= enough) & ((index.kinds[name] & needed.kinds[query]) > 0)
        pairs, enough, words = pairs.only(kept), enough[kept], self._screener.listed_words
        pairs = pairs.only(apart_reach(words, facts, slots, pairs) >= enough)
        return pairs.only(may_reach(words, facts, slots, pairs, needed))

    def _pairs(self, slots: Slots) -> Pairs:
        """Return the queries and the names that hold a word of theirs."""
        count = len(self._screener.index.names)
        place = slots.look
        found = [self._postings(look) for look in slots.looks]
        ends = ends_of(np.array([len(names) for names, _ in found], dtype=np.int64))
        sizes = np.diff(ends)[place]
        rows = spread(ends[:-1][place], sizes)
        names = np.concatenate([names for names, _ in found])[rows]
        slot = np.repeat(np.arange(len(place), dtype=np.int32), sizes)
        gains = np.concatenate([gains for _, gains in found])[rows]
        keys = slots.query[slot].astype(np.int64) * count + names
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        query, name = np.divmod(keys[starts], max(count, 1))
        return Pairs(
            query.astype(np.int32), name.astype(np.int32), starts, slot[order], gains[order]
        )


def _blocks(slots: Slots, rows: Longs) -> Iterator[Slots]:
    """Yield the slots of runs of queries that together meet no more than about :data:`ROWS` names.

    :param rows: how many all slots up to each one meet.
    """
    last = np.flatnonzero(np.diff(slots.query, append=-1))
    start, before = 0, 0
    for end, so_far in zip((last + 1).tolist(), rows[last].tolist(), strict=True):
        if so_far - before >= ROWS or end == len(slots.query):
            yield slots.part(start, end)
            start, before = end, so_far


def _numbers(index: Index, only: Collection[tuple[str, str]]) -> frozenset[int]:
    """Return the numbers of the entries of ``only`` that the index holds."""
    return frozenset(number for list_id, uid in only for number in index.numbers(list_id, uid))


def _names(index: Index, entries: Collection[int]) -> Bools:
    """Mark the names of some entries."""
    marks = np.zeros(len(index.entries), dtype=np.bool_)
    marks[list(entries)] = True
    return marks[index.columns.entry_of]
