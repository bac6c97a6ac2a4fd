"""Profiles, pairs and groups, kept while mentions and judgements come and go.

Every part is a function of the mentions and judgements that are there, so the order and size of
what came makes no difference: which pairs are compared depends on how many profiles share a key,
what a pair scores on the two profiles, and a group on its connected part. A change is therefore
followed to the keys, pairs and parts that it touches, and no further.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import combinations
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.resolution.blocks import Loss, Postings, Rows, candidate_pairs, make_rows
from esclusa.analysis.resolution.cluster import Component, Refusal, cluster
from esclusa.analysis.resolution.compare import make_columns
from esclusa.analysis.resolution.judgement import DIFFERENT, SAME, Judgement, Notice, in_force
from esclusa.analysis.resolution.keys import keys_of, refinements
from esclusa.analysis.resolution.mention import NUMBERED, Mention
from esclusa.analysis.resolution.profile import Profile, profile_of
from esclusa.analysis.resolution.rarity import Rarity
from esclusa.analysis.resolution.settings import Settings
from esclusa.analysis.resolution.weigh import score_pairs
from esclusa.analysis.resolution.wordtable import Ints, WordTable

Pairs = set[tuple[int, int]]

PREFIX: Final = "ent-"
"""Stands before the id of an entity's earliest mention."""


class Node(msgspec.Struct):
    """A profile and the mentions that have it. A mention that a person judged has a node of its
    own (``judged`` is its id). ``telling``: equal content is enough to be one."""

    profile: Profile
    judged: str
    mentions: list[str]
    telling: bool = False


class Journal(msgspec.Struct, frozen=True):
    """Entity id → mention ids, of the entities that a change closed and opened."""

    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]]


class State:
    """``near`` holds the points of pairs that are at least possible, by node and node; ``groups``
    the group of each node that is not alone. :mod:`.entities` reads all of it."""

    def __init__(self, settings: Settings, rarity: Rarity, table: WordTable | None = None) -> None:
        self.settings: Final = settings
        self.rarity: Final = rarity
        self.table: Final = table if table is not None else WordTable(rarity, settings)
        self.mentions: dict[str, Mention] = {}
        self.node_of: dict[str, int] = {}
        self.nodes: dict[int, Node] = {}
        self.near: dict[int, dict[int, float]] = {}
        self.groups: dict[int, tuple[int, ...]] = {}
        self.judgements: dict[str, Judgement] = {}
        self.force: dict[tuple[str, str], Judgement] = {}
        self.notices: tuple[Notice, ...] = ()
        self.loss = Loss()
        self.members: dict[str, tuple[str, ...]] = {}
        self.entity_of: dict[str, str] = {}
        self._judged: dict[str, list[Judgement]] = {}
        self._by_content: dict[tuple[str, str], int] = {}
        self._next = 0
        none = np.zeros(0, dtype=np.int64)
        self.keys = Postings(Rows(none, none))
        self.refinements = Postings(Rows(none, none))

    # -- all at once

    def fill(self, mentions: Iterable[Mention], judgements: Iterable[Judgement]) -> None:
        """Take everything in at once; the state must be empty."""
        self._judge({one.id: one for one in judgements})
        for mention in mentions:
            if mention.id not in self.mentions:
                self._place(mention)
        profiles = [node.profile for node in self.nodes.values()]
        keys = make_rows(keys_of(profile, self.table) for profile in profiles)
        finer = make_rows(
            () if p.type in NUMBERED else refinements(p, self.table) for p in profiles
        )
        self.keys, self.refinements = Postings(keys), Postings(finer)
        a, b, self.loss = candidate_pairs(keys, finer, self.settings.limits.block)
        self._tell(list(self.nodes))
        self._score(a, b, list(self.nodes))
        self.regroup(self.nodes, Journal({}, {}))

    # -- changes

    def change(
        self,
        add: Collection[Mention] = (),
        remove: Collection[str] = (),
        judgements: dict[str, Judgement] | None = None,
    ) -> Journal:
        """Take mentions out (by id) and in, let ``judgements`` and no others stand (None: those
        that did), and work out anew what that touches."""
        moved, also = self._rejudge(judgements, set(remove)) if judgements is not None else ([], [])
        gone = [*remove, *(mention.id for mention in moved)]
        came = [*moved, *add]
        journal = Journal({}, {})
        for mention in gone:
            self._close(self.entity_of.get(mention, ""), journal)
        left = {self._displace(mention) for mention in gone}
        born = [n for mention in came if (n := self._place(mention)) is not None]
        dead = sorted(n for n in left if not self.nodes[n].mentions)
        dirty = self._drop(dead) | set(born) | (left - set(dead))
        dirty |= self._follow(born, dead)
        stated = [*(mention.id for mention in came), *also]
        dirty.update(self.node_of[mention] for mention in stated if mention in self.node_of)
        self.regroup(sorted(dirty), journal)
        return journal

    def _rejudge(
        self, judgements: dict[str, Judgement], leaving: set[str]
    ) -> tuple[list[Mention], list[str]]:
        """Return the mentions that need another node now, and those of which a pair changed."""
        before, judged = self.force, set(self._judged)
        self._judge(judgements)
        moved = (judged ^ set(self._judged)) & self.mentions.keys() - leaving
        pairs = [p for p in before.keys() | self.force.keys() if before.get(p) != self.force.get(p)]
        return [self.mentions[m] for m in sorted(moved)], [m for pair in pairs for m in pair]

    def _place(self, mention: Mention) -> int | None:
        """Put a mention on its node; return the node's number if it is a new one."""
        profile = profile_of(mention)
        content = (profile.digest, mention.id if mention.id in self._judged else "")
        self.mentions[mention.id] = mention
        number = self._by_content.get(content)
        if number is not None:
            self.nodes[number].mentions.append(mention.id)
            self.node_of[mention.id] = number
            return None
        number, self._next = self._next, self._next + 1
        self._by_content[content] = number
        self.nodes[number] = Node(profile, content[1], [mention.id])
        self.node_of[mention.id] = number
        return number

    def _displace(self, mention: str) -> int:
        """Take a mention off its node; return the node's number."""
        del self.mentions[mention]
        number = self.node_of.pop(mention)
        self.nodes[number].mentions.remove(mention)
        return number

    def _drop(self, dead: list[int]) -> set[int]:
        """Forget the pairs of nodes that are no more; return who had pairs with them."""
        touched: set[int] = set()
        for number in dead:
            touched.update(self.groups.pop(number, ()))
            for other in self.near.pop(number, {}):
                del self.near[other][number]
                touched.add(other)
        return touched - set(dead)

    # -- judgements

    def _judge(self, judgements: dict[str, Judgement]) -> None:
        self.judgements = judgements
        self.force, self.notices = in_force(judgements.values())
        found: dict[str, list[Judgement]] = defaultdict(list)
        for one in self.force.values():
            found[one.a].append(one)
            found[one.b].append(one)
        self._judged = dict(found)

    def judged(self, number: int, verdict: str) -> Iterator[tuple[int, Judgement]]:
        """Yield the nodes that a person called ``verdict`` with this one."""
        mention = self.nodes[number].judged
        for one in self._judged.get(mention, ()) if mention else ():
            other = self.node_of.get(one.b if one.a == mention else one.a)
            if other is not None and one.verdict == verdict:
                yield other, one

    # -- pairs

    def candidates(self, number: int) -> set[int]:
        """Return the nodes that one is compared with."""
        limit, found = self.settings.limits.block, set[int]()
        for key in self.keys.keys(number):
            members = self.keys.members(key)
            if members.size <= limit:
                found.update(members.tolist())
                continue
            for refinement in self.refinements.keys(number):
                some = self._shared(members, refinement)
                if some.size <= limit:
                    found.update(some.tolist())
        found.discard(number)
        return found

    def _shared(self, members: Ints, refinement: int) -> Ints:
        others = self.refinements.members(refinement)
        few, many = (members, others) if members.size < others.size else (others, members)
        if not few.size:
            return few
        at = np.minimum(np.searchsorted(many, few), many.size - 1)
        found: Ints = few[many[at] == few]
        return found

    def _follow(self, born: list[int], dead: list[int]) -> set[int]:
        """Bring keys and pairs up to date; return the nodes of which a pair changed."""
        before = {**self._blocks(dead), **self._blocks_to_be(born)}
        for number in dead:
            self.keys.remove(number)
            self.refinements.remove(number)
            node = self.nodes.pop(number)
            del self._by_content[node.profile.digest, node.judged]
        for number in born:
            self.keys.add(number, keys_of(self.nodes[number].profile, self.table))
            self.refinements.add(number, self._finer(number))
        self._tell(born)
        lost, gained = self._transitions(before)
        dirty = self._forget(lost)
        gained.update(_pair(n, other) for n in born for other in self.candidates(n))
        fresh = sorted(p for p in gained if p[1] not in self.near.get(p[0], {}))
        a, b = (np.array([p[side] for p in fresh], dtype=np.int64) for side in (0, 1))
        return dirty | self._score(a, b, sorted({n for pair in fresh for n in pair}))

    def _finer(self, number: int) -> tuple[str, ...]:
        profile = self.nodes[number].profile
        return () if profile.type in NUMBERED else refinements(profile, self.table)

    def _blocks(self, numbers: Iterable[int]) -> dict[tuple[int, int], list[int]]:
        """The members of each (key, 0) and (key, refinement) that these nodes are in."""
        own = ((self.keys.keys(n), self.refinements.keys(n)) for n in numbers)
        return self._members(own)

    def _blocks_to_be(self, numbers: Iterable[int]) -> dict[tuple[int, int], list[int]]:
        own = (
            (
                tuple(map(hash, keys_of(self.nodes[n].profile, self.table))),
                tuple(map(hash, self._finer(n))),
            )
            for n in numbers
        )
        return self._members(own)

    def _members(
        self, own: Iterable[tuple[tuple[int, ...], tuple[int, ...]]]
    ) -> dict[tuple[int, int], list[int]]:
        limit = self.settings.limits.block
        found: dict[tuple[int, int], list[int]] = {}
        for keys, finer in own:
            for key in keys:
                members = self.keys.members(key)
                found[key, 0] = members[: limit + 1].tolist()
                for refinement in finer:
                    some = self._shared(members, refinement) if members.size > limit else members
                    active = members.size > limit
                    found[key, refinement] = some[: limit + 1].tolist() if active else []
        return found

    def _transitions(self, before: dict[tuple[int, int], list[int]]) -> tuple[Pairs, Pairs]:
        """Pairs of which a block ended, and pairs of which a block began, in the blocks given."""
        limit = self.settings.limits.block
        lost: Pairs = set()
        gained: Pairs = set()
        for (key, refinement), members in before.items():
            base = self.keys.members(key)
            if refinement:
                active = base.size > limit
                now = self._shared(base, refinement) if active else base[:0]
            else:
                now = base
            stands = now.size <= limit
            stood = len(members) <= limit
            if stood and not stands:
                lost.update(combinations(sorted(members), 2))
            elif stands and not stood:
                gained.update(combinations(now.tolist(), 2))
        return lost, gained

    def _forget(self, pairs: Pairs) -> set[int]:
        """Drop scored pairs that no block holds any more."""
        dirty: set[int] = set()
        held: dict[int, set[int]] = {}
        for a, b in sorted(pairs):
            if b not in self.near.get(a, {}):
                continue
            if a not in held:
                held[a] = self.candidates(a)
            if b not in held[a]:
                del self.near[a][b], self.near[b][a]
                dirty.update((a, b))
        return dirty

    def _tell(self, numbers: list[int]) -> None:
        """Find out whose equal content is enough to be one: pairs with themselves that match."""
        named = [n for n in numbers if self.nodes[n].profile.type not in NUMBERED]
        for number in numbers:
            self.nodes[number].telling = self.nodes[number].profile.says_anything
        at = np.arange(len(named), dtype=np.int64)
        columns = make_columns([self.nodes[n].profile for n in named], self.table, self.settings)
        points = score_pairs(columns, self.table, self.settings, at, at)
        for number, told in zip(named, points >= self.settings.threshold.match, strict=True):
            self.nodes[number].telling = bool(told)

    def _score(self, a: Ints, b: Ints, numbers: list[int]) -> set[int]:
        """Score pairs among the nodes ``numbers`` (sorted) and keep those that are possible."""
        if not a.size:
            return set()
        profiles = [self.nodes[n].profile for n in numbers]
        columns = make_columns(profiles, self.table, self.settings)
        where = np.array(numbers, dtype=np.int64)
        left, right = np.searchsorted(where, a), np.searchsorted(where, b)
        points = score_pairs(columns, self.table, self.settings, left, right)
        kept = np.flatnonzero(points >= self.settings.threshold.possible)
        ours, theirs, worth = a[kept].tolist(), b[kept].tolist(), points[kept].tolist()
        for one, other, value in zip(ours, theirs, worth, strict=True):
            self.near.setdefault(one, {})[other] = value
            self.near.setdefault(other, {})[one] = value
        return {*ours, *theirs}

    # -- groups

    def regroup(self, dirty: Iterable[int], journal: Journal) -> None:
        """Work out anew the groups of all parts that hold one of these nodes."""
        seen: set[int] = set()
        groups: list[tuple[int, ...]] = []
        for start in dirty:
            if start not in seen and start in self.nodes:
                nodes = self.component(start)
                seen.update(nodes)
                groups.extend(self.settle(nodes)[0] if len(nodes) > 1 else [(start,)])
        for number in seen:
            self.groups.pop(number, None)
            for mention in self.nodes[number].mentions:
                if mention in self.entity_of:
                    self._close(self.entity_of[mention], journal)
        for group in groups:
            if len(group) > 1:
                self.groups.update(dict.fromkeys(group, group))
            self._open(group, journal)

    def _open(self, group: tuple[int, ...], journal: Journal) -> None:
        """Found the entity of a group; where equal content is not enough, each mention is one."""
        mentions = [mention for number in group for mention in self.nodes[number].mentions]
        alone = len(group) == 1 and not self.nodes[group[0]].telling
        for members in [[mention] for mention in mentions] if alone else [mentions]:
            first = min(members, key=self._age)
            entity = PREFIX + first
            self.members[entity] = journal.after[entity] = tuple(sorted(members, key=self._age))
            self.entity_of.update(dict.fromkeys(members, entity))

    def _close(self, entity: str, journal: Journal) -> None:
        members = self.members.pop(entity, ())
        if members:
            journal.before[entity] = members
        for mention in members:
            del self.entity_of[mention]

    def _age(self, mention: str) -> tuple[int, str]:
        return self.mentions[mention].seq, mention

    def component(self, start: int) -> list[int]:
        """Return the nodes that pairs which match, or ``same`` of a person, connect with one."""
        if start not in self.near and not self.nodes[start].judged:
            return [start]
        found, waiting = {start}, [start]
        while waiting:
            number = waiting.pop()
            beside = [other for other, _ in self.matching(number)]
            beside.extend(other for other, _ in self.judged(number, SAME))
            for other in beside:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return sorted(found)

    def matching(self, number: int) -> Iterator[tuple[int, float]]:
        """Yield the nodes that match one, with the points."""
        least = self.settings.threshold.match
        if self.nodes[number].telling:
            for other, points in self.near.get(number, {}).items():
                if points >= least and self.nodes[other].telling:
                    yield other, points

    def settle(self, nodes: list[int]) -> tuple[list[tuple[int, ...]], list[Refusal]]:
        """Return the groups of a connected part, and what was kept from joining."""
        different = {n: frozenset(o for o, _ in self.judged(n, DIFFERENT)) for n in nodes}
        part = Component(
            profiles={n: self.nodes[n].profile for n in nodes},
            rank={n: (self.nodes[n].profile.digest, self.nodes[n].judged) for n in nodes},
            near=self.near,
            joining=[(p, n, o) for n in nodes for o, p in self.matching(n) if n < o],
            same=[(n, o, one) for n in nodes for o, one in self.judged(n, SAME) if n < o],
            different={n: others for n, others in different.items() if others},
        )
        return cluster(part, self.settings)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
