"""Which profiles are compared: those that share a key that few share.

1. A key that at most ``limit`` profiles have makes a pair of each two of them.
2. A key that more have is refined: each refinement that two of them share counts as a key of its
   own. One that still too many have makes no pairs, and the loss is counted.

So a profile meets a bounded number of others, whatever the total. What a key does depends on the
profiles that have it alone, so one more profile changes little, and a reader's part can be worked
out from what he sees.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.resolution.wordtable import Ints, Small

_ROWS: Final = 1_000_000
"""Rows of (key, refinement, profile) worked on at once."""
_WAITING: Final = 4_000_000
"""Pairs that may wait before those that came twice are dropped."""
_OVERLAY: Final = 20_000
"""Profiles added one by one before the sorted arrays are made anew."""
_PRIME: Final = np.int64(-7046029254386353131)
"""2^64 divided by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4)."""


class Loss(msgspec.Struct, frozen=True):
    """What too common keys cost: how many keys, and at most how many pairs were not compared for
    them. A pair may have met under another key all the same."""

    keys: int = 0
    pairs: int = 0


class Rows(msgspec.Struct, frozen=True):
    """Keys of profiles, as two columns of equal length."""

    keys: Ints
    nodes: Small


class RowsMaker:
    """Takes the keys of profiles 0, 1, 2 … one by one; keys become 64-bit hashes."""

    def __init__(self) -> None:
        self._hashes, self._lengths = array("q"), array("i")

    def add(self, keys: Sequence[str]) -> None:
        """Take the keys of one more profile."""
        self._hashes.extend(map(hash, keys))
        self._lengths.append(len(keys))

    def made(self) -> Rows:
        """Return all rows, in order of profile."""
        lengths = np.array(self._lengths, dtype=np.int32)
        nodes = np.repeat(np.arange(lengths.size, dtype=np.int32), lengths)
        return Rows(np.array(self._hashes, dtype=np.int64), nodes)


def make_rows(keys: Iterable[Sequence[str]]) -> Rows:
    """Return the rows of profiles 0, 1, 2 …, from the keys of each."""
    maker = RowsMaker()
    for own in keys:
        maker.add(own)
    return maker.made()


def by_key(rows: Rows) -> Rows:
    """Return rows in order of key, and of profile under one key."""
    order = np.argsort(rows.keys, kind="stable")
    return Rows(rows.keys[order], rows.nodes[order])


def candidate_pairs(rows: Rows, refinements: Rows, limit: int) -> tuple[Ints, Loss]:
    """Return all pairs of profiles to compare, each once, in order, as ``lower << 32 | higher``.

    :param rows: in order of key.
    :param refinements: in order of profile.
    """
    start, size = _groups(rows.keys)
    codes = list(_pairs(rows.nodes, start, size, limit))
    lost, settled = Loss(), 0
    for part in _refined(rows, start[size > limit], size[size > limit], refinements):
        first, count = _groups(part.keys)
        codes.extend(_pairs(part.nodes, first, count, limit))
        large = count[count > limit]
        pairs = int((large * (large - 1) // 2).sum())
        lost = Loss(lost.keys + large.size, lost.pairs + pairs)
        if sum(map(len, codes)) > settled + max(_WAITING, settled // 2):
            codes = [_distinct(codes)]
            settled = codes[0].size
    return _distinct(codes), lost


def _distinct(codes: list[Ints]) -> Ints:
    found = np.concatenate([np.zeros(0, dtype=np.int64), *codes])
    found.sort()  # np.unique hashes first, which takes longer
    return found[np.r_[True, found[1:] != found[:-1]]] if found.size else found


def _groups(keys: Ints) -> tuple[Ints, Ints]:
    edges = np.flatnonzero(np.diff(keys)) + 1
    start = np.r_[0, edges] if keys.size else np.zeros(0, dtype=np.int64)
    return start, np.diff(np.r_[start, keys.size])


def _pairs(nodes: Small, start: Ints, size: Ints, limit: int) -> Iterator[Ints]:
    """All pairs of each group of 2 to ``limit`` members, as codes; a pair may come again."""
    for count in np.unique(size[(size > 1) & (size <= limit)]).tolist():
        groups = start[size == count]
        left, right = np.triu_indices(count, 1)
        members = nodes[groups[:, None] + np.arange(count)].astype(np.int64)
        a, b = members[:, left].ravel(), members[:, right].ravel()
        yield np.minimum(a, b) << 32 | np.maximum(a, b)


def _refined(rows: Rows, start: Ints, size: Ints, refinements: Rows) -> Iterator[Rows]:
    """Rows of (key and refinement, node) of too common keys, a million at a time, sorted by key."""
    if not start.size:
        return
    values, nodes = refinements.keys, refinements.nodes
    top = int(max(rows.nodes.max(), nodes.max() if nodes.size else 0)) + 1
    counts = np.bincount(nodes, minlength=top)
    first = np.cumsum(counts) - counts
    per_group = np.add.reduceat(counts[rows.nodes], start) if start.size else start
    cuts = np.flatnonzero(np.diff(np.cumsum(per_group) // _ROWS)) + 1
    for group in np.split(np.arange(start.size), cuts):
        at = np.repeat(start[group], size[group]) + _within(size[group])
        member, key = rows.nodes[at], rows.keys[at]
        times = counts[member]
        value = values[np.repeat(first[member], times) + _within(times)]
        both = (np.repeat(key, times) * _PRIME) ^ value
        each = np.repeat(member, times)
        order = np.argsort(both)
        yield Rows(both[order], each[order])


def _within(sizes: Ints) -> Ints:
    """0, 1 … for each group in turn."""
    found: Ints = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return found


def common(some: Small, others: Small) -> Small:
    """Return the members of both; both are in order."""
    few, many = (some, others) if some.size < others.size else (others, some)
    if not few.size:
        return few
    at = np.minimum(np.searchsorted(many, few), many.size - 1)
    found: Small = few[many[at] == few]
    return found


class Postings:
    """Which profiles have a key, kept while profiles come and go."""

    def __init__(self, rows: Rows) -> None:
        self._new: dict[int, list[int]] = {}
        self._new_keys: dict[int, tuple[int, ...]] = {}
        self._gone: set[int] = set()
        self._settle(rows)

    def _settle(self, rows: Rows) -> None:
        """Keep rows that are in order of profile, and again in order of key."""
        self._by_key, self._by_node = by_key(rows), rows

    def add(self, node: int, keys: Sequence[str]) -> None:
        """Add a profile that is not here."""
        self._new_keys[node] = hashes = tuple(map(hash, keys))
        for key in hashes:
            self._new.setdefault(key, []).append(node)
        if len(self._new_keys) > _OVERLAY + self._by_key.nodes.size // 20:
            self._settle(self.rows())
            self._new, self._new_keys, self._gone = {}, {}, set()

    def remove(self, node: int) -> None:
        """Take a profile out."""
        hashes = self._new_keys.pop(node, None)
        if hashes is None:
            self._gone.add(node)
            return
        for key in hashes:
            self._new[key].remove(node)

    def rows(self) -> Rows:
        """Return all rows that stand, in order of profile."""
        kept = ~np.isin(self._by_node.nodes, np.array(sorted(self._gone), dtype=np.int32))
        new = sorted(self._new_keys)
        nodes = np.repeat(new, [len(self._new_keys[node]) for node in new]).astype(np.int32)
        keys = np.array([key for node in new for key in self._new_keys[node]], dtype=np.int64)
        nodes = np.concatenate([self._by_node.nodes[kept], nodes])
        keys = np.concatenate([self._by_node.keys[kept], keys])
        order = np.argsort(nodes, kind="stable")
        return Rows(keys[order], nodes[order])

    @property
    def sorted(self) -> Rows:
        """The rows in order of key, as they were when last sorted."""
        return self._by_key

    def members(self, key: int) -> Small:
        """Return the profiles that have a key, in order."""
        left, right = (
            np.searchsorted(self._by_key.keys, key),
            np.searchsorted(self._by_key.keys, key, "right"),
        )
        found = self._by_key.nodes[left:right]
        if self._gone and found.size:
            found = found[~np.isin(found, np.fromiter(self._gone, dtype=np.int32))]
        more = self._new.get(key)
        return np.sort(np.r_[found, np.array(more, dtype=np.int32)]) if more else found

    def keys(self, node: int) -> tuple[int, ...]:
        """Return the keys of a profile."""
        if node in self._new_keys:
            return self._new_keys[node]
        nodes = self._by_node.nodes
        left, right = np.searchsorted(nodes, node), np.searchsorted(nodes, node, "right")
        return tuple(self._by_node.keys[left:right].tolist())
