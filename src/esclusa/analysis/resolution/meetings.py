"""Which profiles meet, kept while profiles come and go (the rules stand in :mod:`.blocks`)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from esclusa.analysis.resolution.blocks import (
    Loss,
    Postings,
    Rows,
    RowsMaker,
    candidate_pairs,
    common,
)
from esclusa.analysis.resolution.keys import keys_of, refinements
from esclusa.analysis.resolution.mention import NUMBERED
from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.wordtable import Ints, WordTable

Pairs = set[tuple[int, int]]
Block = tuple[int, int]
"""A key with a refinement, 0 for none."""


class Meetings:
    """Keys and refinements of profiles, by number; at most ``limit`` profiles meet under one."""

    def __init__(self, table: WordTable, limit: int) -> None:
        self._table, self._limit = table, limit
        self.keys = Postings(RowsMaker().made())
        self.refinements = Postings(RowsMaker().made())

    def own(self, profile: Profile) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the keys of a profile and what refines them. One number needs no refining."""
        finer = () if profile.type in NUMBERED else refinements(profile, self._table)
        return keys_of(profile, self._table), finer

    def fill(self, keys: Rows, finer: Rows) -> tuple[Ints, Loss]:
        """Take all profiles at once; return the pairs to compare (see
        :func:`~.blocks.candidate_pairs`)."""
        self.keys, self.refinements = Postings(keys), Postings(finer)
        return candidate_pairs(self.keys.sorted, finer, self._limit)

    def add(self, number: int, profile: Profile) -> None:
        """Take one more profile."""
        keys, finer = self.own(profile)
        self.keys.add(number, keys)
        self.refinements.add(number, finer)

    def remove(self, number: int) -> None:
        """Take a profile out."""
        self.keys.remove(number)
        self.refinements.remove(number)

    def candidates(self, number: int) -> set[int]:
        """Return the profiles that one is compared with."""
        found: set[int] = set()
        for key in self.keys.keys(number):
            members = self.keys.members(key)
            if members.size <= self._limit:
                found.update(members.tolist())
                continue
            for refinement in self.refinements.keys(number):
                some = common(members, self.refinements.members(refinement))
                if some.size <= self._limit:
                    found.update(some.tolist())
        found.discard(number)
        return found

    def around(self, dead: Iterable[int], born: Iterable[Profile]) -> dict[Block, list[int]]:
        """Return the members, as they are now, of each block that profiles leave or will enter."""
        found = self._members((self.keys.keys(n), self.refinements.keys(n)) for n in dead)
        coming = (self.own(profile) for profile in born)
        hashed = ((tuple(map(hash, keys)), tuple(map(hash, finer))) for keys, finer in coming)
        return {**found, **self._members(hashed)}

    def _members(
        self, own: Iterable[tuple[tuple[int, ...], tuple[int, ...]]]
    ) -> dict[Block, list[int]]:
        found: dict[Block, list[int]] = {}
        for keys, finer in own:
            for key in keys:
                members = self.keys.members(key)
                found[key, 0] = members[: self._limit + 1].tolist()
                for refinement in finer:
                    if members.size <= self._limit:
                        found[key, refinement] = []
                        continue
                    some = common(members, self.refinements.members(refinement))
                    found[key, refinement] = some[: self._limit + 1].tolist()
        return found

    def transitions(self, before: dict[Block, list[int]]) -> tuple[Pairs, Pairs]:
        """Return the pairs of which a block ended, and those of which one began, since ``before``
        (of :meth:`around`)."""
        lost: Pairs = set()
        gained: Pairs = set()
        for (key, refinement), members in before.items():
            now = self.keys.members(key)
            if refinement:
                active = now.size > self._limit
                now = common(now, self.refinements.members(refinement)) if active else now[:0]
            stands, stood = now.size <= self._limit, len(members) <= self._limit
            if stood and not stands:
                lost.update(combinations(sorted(members), 2))
            elif stands and not stood:
                gained.update(combinations(now.tolist(), 2))
        return lost, gained
