"""Profiles, pairs and groups, kept while mentions and judgements come and go.

Every part is a function of the mentions and judgements that are there, so the order and size of
what came makes no difference: which pairs are compared depends on how many profiles share a key,
what a pair scores on the two profiles, and a group on its connected part. A change is therefore
followed to the keys, pairs and parts that it touches, and no further.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.resolution.apart import Work, possible_pairs
from esclusa.analysis.resolution.blocks import Loss, RowsMaker
from esclusa.analysis.resolution.cluster import Component, Refusal, cluster
from esclusa.analysis.resolution.compare import (
    Columns,
    ColumnsMaker,
    make_columns,
)
from esclusa.analysis.resolution.judgement import DIFFERENT, SAME, Judgement, Notice, in_force
from esclusa.analysis.resolution.meetings import Meetings, Pairs
from esclusa.analysis.resolution.mention import Mention
from esclusa.analysis.resolution.profile import Profile, pack, unpack
from esclusa.analysis.resolution.rarity import Rarity
from esclusa.analysis.resolution.settings import Settings, Threshold
from esclusa.analysis.resolution.weigh import CERTAIN, IMPOSSIBLE, score_pairs
from esclusa.analysis.resolution.wordtable import Floats, Ints, WordTable

PREFIX: Final = "ent-"
"""Stands before the id of an entity's earliest mention."""


class Node(msgspec.Struct, gc=False):
    """A profile (``digest``, and its content ``packed``) and the mentions that have it. A mention
    that a person judged has a node of its own (``judged`` is its id). ``own`` are the points of the
    content with itself: when they do not reach ``match``, equal content is not enough to be one."""

    digest: str
    packed: bytes
    judged: str
    mentions: list[str]
    own: float = 0.0

    @property
    def profile(self) -> Profile:
        """The comparable content, read from its bytes."""
        return unpack(self.digest, self.packed)

    @property
    def rank(self) -> tuple[str, str]:
        """Orders nodes by content."""
        return self.digest, self.judged


class Journal(msgspec.Struct, frozen=True):
    """Entity id → mention ids, of the entities that a change closed and opened."""

    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]]


class State:
    """``near`` holds the points of pairs that are at least possible, by node and node; ``groups``
    the group of each node that is not alone. :mod:`.entities` reads all of it."""

    def __init__(self, settings: Settings, rarity: Rarity, table: WordTable | None = None) -> None:
        self.settings = settings
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
        self._by_content: dict[str, int] = {}
        self._next = 0
        self.meetings: Final = Meetings(self.table, settings.limits.block)

    # -- all at once

    def fill(
        self, mentions: Iterable[Mention], judgements: Iterable[Judgement], processes: int = 1
    ) -> None:
        """Take everything in at once; the state must be empty."""
        self._judge({one.id: one for one in judgements})
        for mention in mentions:
            if mention.id not in self.mentions:
                self._place(mention)
        keys, finer, columns = RowsMaker(), RowsMaker(), ColumnsMaker(self.table, self.settings)
        for node in self.nodes.values():
            profile = node.profile
            own, refined = self.meetings.own(profile)
            keys.add(own)
            finer.add(refined)
            columns.add(profile)
        made, numbers = columns.made(), np.arange(len(self.nodes))
        rows, refined_rows = keys.made(), finer.made()
        del keys, finer, columns
        self._tell(made, numbers)
        codes, self.loss = self.meetings.fill(rows, refined_rows)
        work = Work(made, self.table, self.settings, codes)
        for ours, theirs, points in possible_pairs(work, processes):
            self._keep(ours, theirs, points)
        del work, made, codes
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
        digest, packed = pack(mention)
        judged = mention.id if mention.id in self._judged else ""
        content = f"{digest}/{judged}" if judged else digest
        self.mentions[mention.id] = mention
        number = self._by_content.get(content)
        if number is not None:
            self.nodes[number].mentions.append(mention.id)
            self.node_of[mention.id] = number
            return None
        number, self._next = self._next, self._next + 1
        self._by_content[content] = number
        self.nodes[number] = Node(digest, packed, judged, [mention.id])
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

    def _follow(self, born: list[int], dead: list[int]) -> set[int]:
        """Bring keys and pairs up to date; return the nodes of which a pair changed."""
        coming = {number: self.nodes[number].profile for number in born}
        before = self.meetings.around(dead, coming.values())
        for number in dead:
            self.meetings.remove(number)
            node = self.nodes.pop(number)
            del self._by_content[f"{node.digest}/{node.judged}" if node.judged else node.digest]
        for number, profile in coming.items():
            self.meetings.add(number, profile)
        lost, gained = self.meetings.transitions(before)
        dirty = self._forget(lost)
        gained.update(_pair(n, other) for n in born for other in self.meetings.candidates(n))
        fresh = sorted(p for p in gained if p[1] not in self.near.get(p[0], {}))
        a, b = (np.array([p[side] for p in fresh], dtype=np.int64) for side in (0, 1))
        numbers = np.array(sorted({n for pair in fresh for n in pair} | set(born)), dtype=np.int64)
        profiles = (self.nodes[n].profile for n in numbers.tolist())
        columns = make_columns(profiles, self.table, self.settings)
        self._tell(columns, numbers)
        return dirty | self._score(a, b, columns, numbers)

    def _forget(self, pairs: Pairs) -> set[int]:
        """Drop scored pairs that no block holds any more."""
        dirty: set[int] = set()
        held: dict[int, set[int]] = {}
        for a, b in sorted(pairs):
            if b not in self.near.get(a, {}):
                continue
            if a not in held:
                held[a] = self.meetings.candidates(a)
            if b not in held[a]:
                del self.near[a][b], self.near[b][a]
                dirty.update((a, b))
        return dirty

    def _tell(self, columns: Columns, numbers: Ints) -> None:
        """Find the points of nodes with themselves. The columns are those of ``numbers``."""
        at = np.arange(numbers.size)
        told = score_pairs(columns, self.table, self.settings, at, at).tolist()
        for number, own in zip(numbers.tolist(), told, strict=True):
            node = self.nodes[number]
            silent = own == CERTAIN and not node.profile.says_anything
            node.own = IMPOSSIBLE if silent else own

    def telling(self, number: int) -> bool:
        """Answer whether equal content is enough to be one."""
        return self.nodes[number].own >= self.settings.threshold.match

    def _score(self, a: Ints, b: Ints, columns: Columns, numbers: Ints) -> set[int]:
        """Score pairs among the nodes ``numbers`` (sorted), whose columns are given, and keep those
        that are possible."""
        left, right = np.searchsorted(numbers, a), np.searchsorted(numbers, b)
        points = score_pairs(columns, self.table, self.settings, left, right)
        kept = np.flatnonzero(points >= self.settings.threshold.possible)
        return self._keep(a[kept], b[kept], points[kept])

    def _keep(self, a: Ints, b: Ints, points: Floats) -> set[int]:
        """Keep pairs that are possible; return their nodes."""
        ours, theirs = a.tolist(), b.tolist()
        for one, other, value in zip(ours, theirs, points.tolist(), strict=True):
            self.near.setdefault(one, {})[other] = value
            self.near.setdefault(other, {})[one] = value
        return {*ours, *theirs}

    # -- groups

    def rethink(self, threshold: Threshold) -> Journal:
        """Form all groups anew under other thresholds; no pair is compared again."""
        journal = Journal({}, {})
        self.settings = msgspec.structs.replace(self.settings, threshold=threshold)
        for number, others in list(self.near.items()):
            for other in [o for o, points in others.items() if points < threshold.possible]:
                del others[other]
            if not others:
                del self.near[number]
        self.regroup(self.nodes, journal)
        return journal

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
        alone = len(group) == 1 and not self.telling(group[0])
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
        if self.telling(number):
            for other, points in self.near.get(number, {}).items():
                if points >= least and self.telling(other):
                    yield other, points

    def settle(self, nodes: list[int]) -> tuple[list[tuple[int, ...]], list[Refusal]]:
        """Return the groups of a connected part, and what was kept from joining."""
        different = {n: frozenset(o for o, _ in self.judged(n, DIFFERENT)) for n in nodes}
        part = Component(
            profiles={n: self.nodes[n].profile for n in nodes},
            rank={n: self.nodes[n].rank for n in nodes},
            near=self.near,
            joining=[(p, n, o) for n in nodes for o, p in self.matching(n) if n < o],
            same=[(n, o, one) for n in nodes for o, one in self.judged(n, SAME) if n < o],
            different={n: others for n, others in different.items() if others},
        )
        return cluster(part, self.settings)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
