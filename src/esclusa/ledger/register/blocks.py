"""Which nodes meet, asked of a register's file; the rules are those of
:mod:`esclusa.analysis.resolution.blocks`, and so are the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations, islice

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.keys import keys_of, refinements
from esclusa.analysis.resolution.mention import NUMBERED
from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.ledger.register.file import File, number_of

Ints = npt.NDArray[np.int64]
Numbers = tuple[int, ...]
Pairs = set[tuple[int, int]]
Block = tuple[int, int]
"""A key with a refinement, 0 for none."""


class Own(msgspec.Struct, frozen=True):
    """The keys of a node, and what refines them."""

    keys: Numbers
    refs: Numbers


def own(profile: Profile, table: WordTable) -> Own:
    """Return the keys of a profile and what refines them. One number needs no refining."""
    finer = () if profile.type in NUMBERED else refinements(profile, table)
    return Own(tuple(map(number_of, keys_of(profile, table))), tuple(map(number_of, finer)))


def packed(numbers: Numbers) -> bytes:
    """Return numbers as bytes."""
    return np.array(numbers, dtype="<i8").tobytes()


class _Crowd:
    """The nodes under a key that many share, with what refines each."""

    def __init__(self, rows: list[tuple[int, bytes]]) -> None:
        self._nodes = np.array([n for n, _ in rows], dtype=np.int64)
        sizes = np.array([len(refs) // 8 for _, refs in rows], dtype=np.int64)
        self._refs = np.frombuffer(b"".join(refs for _, refs in rows), dtype="<i8")
        self._at = np.repeat(np.arange(sizes.size), sizes)
        self._gone: set[int] = set()
        self._new: dict[int, Numbers] = {}

    def add(self, number: int, refs: Numbers) -> None:
        self._new[number] = refs

    def remove(self, number: int) -> None:
        if self._new.pop(number, None) is None:
            self._gone.add(number)

    def common(self, ref: int) -> list[int]:
        found: list[int] = self._nodes[self._at[self._refs == ref]].tolist()
        if self._gone:
            found = [n for n in found if n not in self._gone]
        return sorted([*found, *(n for n, refs in self._new.items() if ref in refs)])


class Blocks:
    """Keys of nodes, while one change is made; what was asked is remembered."""

    def __init__(self, file: File, limit: int, known: Mapping[int, Own]) -> None:
        """:param known: keys of nodes, worked out when they are asked for."""
        self._file, self._limit, self._own = file, limit, known
        self._members: dict[int, set[int]] = {}
        self._crowds: dict[int, _Crowd] = {}
        self._common: dict[Block, list[int]] = {}

    def members(self, key: int) -> set[int]:
        """Return the nodes under a key."""
        if key not in self._members:
            rows = self._file.all("SELECT n FROM block WHERE key = ?", (key,))
            self._members[key] = {row[0] for row in rows}
        return self._members[key]

    def common(self, key: int, ref: int) -> list[int]:
        """Return the nodes under a key that a refinement splits off, in order."""
        if (key, ref) not in self._common:
            if key not in self._crowds:
                self.members(key)
                rows = self._file.all(
                    "SELECT b.n, node.refs FROM block b JOIN node ON node.n = b.n WHERE b.key = ?",
                    (key,),
                )
                self._crowds[key] = _Crowd(rows)
            self._common[key, ref] = self._crowds[key].common(ref)
        return self._common[key, ref]

    def add(self, number: int, its: Own) -> None:
        """Take one more node, of which the row is there."""
        for key in its.keys:
            if key in self._members:
                self._members[key].add(number)
            if key in self._crowds:
                self._crowds[key].add(number, its.refs)
            self._forget(key, its)
        self._file.many("INSERT INTO block VALUES (?, ?)", [(key, number) for key in its.keys])

    def remove(self, number: int, its: Own) -> None:
        """Take a node out."""
        for key in its.keys:
            if key in self._members:
                self._members[key].discard(number)
            if key in self._crowds:
                self._crowds[key].remove(number)
            self._forget(key, its)
        self._file.many(
            "DELETE FROM block WHERE key = ? AND n = ?", [(key, number) for key in its.keys]
        )

    def _forget(self, key: int, its: Own) -> None:
        for ref in its.refs:
            self._common.pop((key, ref), None)

    def candidates(self, number: int) -> set[int]:
        """Return the nodes that one is compared with."""
        found: set[int] = set()
        its = self._own[number]
        for key in its.keys:
            members = self.members(key)
            if len(members) <= self._limit:
                found |= members
                continue
            for ref in its.refs:
                some = self.common(key, ref)
                if len(some) <= self._limit:
                    found.update(some)
        found.discard(number)
        return found

    def around(self, touched: Iterable[Own]) -> dict[Block, list[int]]:
        """Return the members, as they are now, of each block that nodes leave or will enter."""
        found: dict[Block, list[int]] = {}
        for its in touched:
            for key in its.keys:
                members = self.members(key)
                small = len(members) <= self._limit
                found[key, 0] = list(islice(members, self._limit + 1))
                for ref in its.refs:
                    some = [] if small else self.common(key, ref)
                    found[key, ref] = some[: self._limit + 1]
        return found

    def transitions(self, before: dict[Block, list[int]]) -> tuple[Pairs, Pairs]:
        """Return the pairs of which a block ended, and those of which one began, since ``before``
        (of :meth:`around`)."""
        lost: Pairs = set()
        gained: Pairs = set()
        for (key, ref), members in before.items():
            held = self.members(key)
            if ref:
                now = self.common(key, ref) if len(held) > self._limit else []
            else:
                now = list(held)
            stands, stood = len(now) <= self._limit, len(members) <= self._limit
            if stood and not stands:
                lost.update(combinations(sorted(members), 2))
            elif stands and not stood:
                gained.update(combinations(sorted(now), 2))
        return lost, gained
