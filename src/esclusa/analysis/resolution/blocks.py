"""Which profiles are compared: those that share a key that few share.

1. A key that at most ``limit`` profiles have makes a pair of each two of them.
2. A key that more have is refined: each refinement that two of them share counts as a key of its
   own. One that still too many have makes no pairs, and the loss is counted.

So a profile meets a bounded number of others, whatever the total. What a key does depends on the
profiles that have it alone, so one more profile changes little, and a reader's part can be worked
out from what he sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.resolution.wordtable import Ints

_ROWS: Final = 4_000_000
"""Rows of (key, refinement, profile) worked on at once."""
_OVERLAY: Final = 20_000
"""Profiles added one by one before the sorted arrays are made anew."""
_LOW: Final = (1 << 32) - 1
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
    nodes: Ints


def make_rows(keys: Iterable[Sequence[str]], start: int = 0) -> Rows:
    """Return the rows of profiles ``start``, ``start + 1`` …; keys become 64-bit hashes."""
    hashes: list[int] = []
    lengths: list[int] = []
    for own in keys:
        hashes.extend(map(hash, own))
        lengths.append(len(own))
    nodes = np.repeat(np.arange(start, start + len(lengths)), lengths)
    return Rows(np.array(hashes, dtype=np.int64), nodes)


def candidate_pairs(keys: Rows, refinements: Rows, limit: int) -> tuple[Ints, Ints, Loss]:
    """Return all pairs of profiles to compare, each once and the lower number first."""
    order = np.lexsort((keys.nodes, keys.keys))
    rows = Rows(keys.keys[order], keys.nodes[order])
    start, size = _groups(rows.keys)
    codes = [_pairs(rows.nodes, start, size, limit)]
    lost = Loss()
    for part in _refined(rows, start[size > limit], size[size > limit], refinements):
        first, count = _groups(part.keys)
        codes.append(_pairs(part.nodes, first, count, limit))
        large = count[count > limit]
        pairs = int((large * (large - 1) // 2).sum())
        lost = Loss(lost.keys + large.size, lost.pairs + pairs)
        if sum(map(len, codes)) > 8 * _ROWS:
            codes = [np.unique(np.concatenate(codes))]
    found = np.unique(np.concatenate(codes))
    return found >> 32, found & _LOW, lost


def _groups(keys: Ints) -> tuple[Ints, Ints]:
    edges = np.flatnonzero(np.diff(keys)) + 1
    start = np.r_[0, edges] if keys.size else np.zeros(0, dtype=np.int64)
    return start, np.diff(np.r_[start, keys.size])


def _pairs(nodes: Ints, start: Ints, size: Ints, limit: int) -> Ints:
    """All pairs of each group of 2 to ``limit`` members, as codes."""
    found = [np.zeros(0, dtype=np.int64)]
    for count in np.unique(size[(size > 1) & (size <= limit)]).tolist():
        groups = start[size == count]
        left, right = np.triu_indices(count, 1)
        members = nodes[groups[:, None] + np.arange(count)]
        a, b = members[:, left].ravel(), members[:, right].ravel()
        found.append(np.unique(np.minimum(a, b) << 32 | np.maximum(a, b)))
    return np.concatenate(found)


def _refined(rows: Rows, start: Ints, size: Ints, refinements: Rows) -> Iterator[Rows]:
    """Rows of (key and refinement, node) of too common keys, a few million at a time, sorted."""
    if not start.size:
        return
    own = np.argsort(refinements.nodes, kind="stable")
    values, nodes = refinements.keys[own], refinements.nodes[own]
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
        order = np.lexsort((each, both))
        yield Rows(both[order], each[order])


def _within(sizes: Ints) -> Ints:
    """0, 1 … for each group in turn."""
    found: Ints = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return found


class Postings:
    """Which profiles have a key, kept while profiles come and go."""

    def __init__(self, rows: Rows) -> None:
        self._new: dict[int, list[int]] = {}
        self._new_keys: dict[int, tuple[int, ...]] = {}
        self._gone: set[int] = set()
        self._settle(rows)

    def _settle(self, rows: Rows) -> None:
        order = np.lexsort((rows.nodes, rows.keys))
        self._keys, self._nodes = rows.keys[order], rows.nodes[order]
        order = np.argsort(rows.nodes, kind="stable")
        self._by_node = Rows(rows.keys[order], rows.nodes[order])

    def add(self, node: int, keys: Sequence[str]) -> None:
        """Add a profile that is not here."""
        self._new_keys[node] = hashes = tuple(map(hash, keys))
        for key in hashes:
            self._new.setdefault(key, []).append(node)
        if len(self._new_keys) > _OVERLAY + self._nodes.size // 20:
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
        """Return all rows that stand."""
        kept = ~np.isin(self._by_node.nodes, np.array(sorted(self._gone), dtype=np.int64))
        nodes = np.repeat(list(self._new_keys), [len(keys) for keys in self._new_keys.values()])
        keys = np.array([k for own in self._new_keys.values() for k in own], dtype=np.int64)
        return Rows(
            np.concatenate([self._by_node.keys[kept], keys]),
            np.concatenate([self._by_node.nodes[kept], nodes.astype(np.int64)]),
        )

    def members(self, key: int) -> Ints:
        """Return the profiles that have a key, in order."""
        left, right = np.searchsorted(self._keys, key), np.searchsorted(self._keys, key, "right")
        found = self._nodes[left:right]
        if self._gone and found.size:
            found = found[~np.isin(found, np.fromiter(self._gone, dtype=np.int64))]
        more = self._new.get(key)
        return np.sort(np.r_[found, np.array(more, dtype=np.int64)]) if more else found

    def keys(self, node: int) -> tuple[int, ...]:
        """Return the keys of a profile."""
        if node in self._new_keys:
            return self._new_keys[node]
        nodes = self._by_node.nodes
        left, right = np.searchsorted(nodes, node), np.searchsorted(nodes, node, "right")
        return tuple(self._by_node.keys[left:right].tolist())
