"""Entities: the mentions that name one and the same person, firm, ship, container or address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import msgspec

from esclusa.analysis.resolution.blocks import Loss
from esclusa.analysis.resolution.changes import Change, changes_between
from esclusa.analysis.resolution.judgement import SAME, Judgement, Notice
from esclusa.analysis.resolution.mention import Mention
from esclusa.analysis.resolution.rarity import Rarity, listed_rarity
from esclusa.analysis.resolution.settings import Settings, Threshold, default_settings
from esclusa.analysis.resolution.state import PREFIX, Journal, State
from esclusa.analysis.resolution.weigh import CERTAIN, PairScore, explain_pair


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """An entity. Its id is that of its earliest mention behind ``ent-``, so it survives growth, the
    older id stays on a merge, and the part with the earliest mention keeps it on a split.

    ``labels`` are those of its members and of the judgements that hold it together.
    """

    id: str
    types: tuple[str, ...]
    mentions: tuple[str, ...]
    labels: frozenset[int]


class Bond(msgspec.Struct, frozen=True, kw_only=True):
    """What holds two mentions together (or keeps them apart, see ``why``).

    ``score`` is None where only a ``judgement`` (its id) speaks. ``labels`` are what it rests on.
    """

    a: str
    b: str
    score: PairScore | None
    labels: frozenset[int]
    judgement: str = ""
    why: str = ""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an entity is one: ``bonds`` are as many pairs as connect all its contents, strongest
    first; ``weakest`` the last of them, None when all mentions say the same. ``refused`` are pairs
    that match and were kept apart, with ``why``. ``equal`` counts mentions that say what another
    says."""

    entity: Entity
    bonds: tuple[Bond, ...]
    weakest: Bond | None
    refused: tuple[Bond, ...]
    equal: int
    version: str


class Entities:
    """The entities of a set of mentions and judgements.

    Whatever the order in which mentions and judgements came and went, the entities are those of one
    run over what is there. Not safe for two threads that change it.
    """

    def __init__(self, settings: Settings | None = None, rarity: Rarity | None = None) -> None:
        self._state = State(settings or default_settings(), rarity or listed_rarity())
        self._firsts: dict[int, str] = {}
        self._scores: dict[tuple[str, str], PairScore] = {}
        """What was worked out since the last change: people look at the same pairs again."""

    @classmethod
    def build(
        cls,
        mentions: Iterable[Mention],
        judgements: Iterable[Judgement] = (),
        settings: Settings | None = None,
        rarity: Rarity | None = None,
        *,
        processes: int = 1,
    ) -> Entities:
        """Resolve all mentions in one run. A mention id that comes twice counts once.

        :param processes: so many score pairs side by side, with equal results; more than one only
            where no other thread is at work (:mod:`.apart`).
        """
        made = cls(settings, rarity)
        made._state.fill(mentions, judgements, processes)
        return made

    # -- changes

    def add(self, mentions: Iterable[Mention]) -> tuple[Change, ...]:
        """Take mentions in; one whose id is here already takes the earlier one's place."""
        known = self._state.mentions
        new = {one.id: one for one in mentions if known.get(one.id) != one}
        return self._log(
            "added", self._state.change(new.values(), [m for m in new if m in known]), new
        )

    def remove(self, records: Collection[str]) -> tuple[Change, ...]:
        """Take out all mentions of these records, and the judgements that rest on them."""
        wanted = set(records)
        return self.remove_mentions(
            [one.id for one in self._state.mentions.values() if one.record in wanted]
        )

    def remove_mentions(self, mentions: Collection[str]) -> tuple[Change, ...]:
        """Take out mentions by id, and the judgements that rest on them."""
        gone = set(mentions)
        standing = self._state.judgements
        kept = {key: one for key, one in standing.items() if gone.isdisjoint(one.pair)}
        present = sorted(gone & self._state.mentions.keys())
        changed = kept if len(kept) < len(standing) else None
        return self._log("removed", self._state.change((), present, changed), present)

    def judge(self, judgement: Judgement) -> tuple[Change, ...]:
        """Let a person's judgement stand. One with the same id is replaced."""
        standing = {**self._state.judgements, judgement.id: judgement}
        return self._log("judged", self._state.change(judgements=standing), (judgement.id,))

    def withdraw(self, judgement: str) -> tuple[Change, ...]:
        """Take a judgement back, by id; everything is then as if it had never been. Raises
        ``KeyError`` when none has this id."""
        standing = dict(self._state.judgements)
        del standing[judgement]
        return self._log("withdrawn", self._state.change(judgements=standing), (judgement,))

    def rethink(self, threshold: Threshold) -> tuple[Change, ...]:
        """Let other thresholds decide, without comparing any pair again; the entities are those of
        one run under them.

        :raises ValueError: when pairs would be possible that were not kept.
        """
        kept = self._state.settings.threshold.possible
        if threshold.possible < kept:
            raise ValueError(f"pairs were kept from {kept} points, not from {threshold.possible}")
        return self._log("threshold", self._state.rethink(threshold), ())

    def _log(self, event: str, journal: Journal, because: Iterable[str]) -> tuple[Change, ...]:
        self._firsts.clear()
        self._scores.clear()
        ids = tuple(sorted(because))
        return changes_between(journal.before, journal.after, event=event, because=ids)

    # -- reading

    def __len__(self) -> int:
        return len(self._state.members)

    def __iter__(self) -> Iterator[Entity]:
        return (self._entity(entity) for entity in sorted(self._state.members))

    def entity(self, entity: str) -> Entity | None:
        """Return an entity by its id or a former one of its ids; None for an id that no mention
        here stands for. The id of what is returned tells whether the one asked for is former."""
        return self.entity_of(entity.removeprefix(PREFIX))

    def entity_of(self, mention: str) -> Entity | None:
        """Return the entity that a mention belongs to, None for a mention that is not here."""
        found = self._state.entity_of.get(mention)
        return self._entity(found) if found is not None else None

    def mention(self, mention: str) -> Mention | None:
        """Return a mention by id."""
        return self._state.mentions.get(mention)

    def partition(self) -> dict[str, tuple[str, ...]]:
        """Return entity id → its mention ids, earliest first."""
        return dict(self._state.members)

    def _entity(self, entity: str) -> Entity:
        mentions = self._state.members[entity]
        stated = [self._state.mentions[mention] for mention in mentions]
        judged = {one.label for one in self._holding(mentions)}
        return Entity(
            id=entity,
            types=tuple(sorted({one.type for one in stated})),
            mentions=mentions,
            labels=frozenset({one.label for one in stated} | judged),
        )

    def _holding(self, mentions: Collection[str]) -> list[Judgement]:
        if not self._state.force:
            return []
        own = set(mentions)
        same = (one for one in self._state.force.values() if one.verdict == SAME)
        return [one for one in same if own.issuperset(one.pair)]

    @property
    def loss(self) -> Loss:
        """What too common keys cost in the one run that built this."""
        return self._state.loss

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """The judgements that stand, by id; overruled ones too."""
        return tuple(one for _, one in sorted(self._state.judgements.items()))

    def notices(self) -> tuple[Notice, ...]:
        """Return which judgements contradict each other, and which of them counts."""
        state, found = self._state, list(self._state.notices)
        judged = {m for pair in state.force for m in pair if m in state.node_of}
        seen: set[int] = set()
        for start in sorted(state.node_of[mention] for mention in judged):
            if start not in seen:
                nodes = state.component(start)
                seen.update(nodes)
                refused = state.settle(nodes)[1]
                found.extend(Notice("contradicted", r.judgement) for r in refused if r.judgement)
        return tuple(sorted(found, key=lambda notice: (notice.code, notice.judgement, notice.by)))

    # -- reasons

    def compare(self, a: str, b: str) -> PairScore:
        """Return the points of two mentions with all parts, whether or not they share a key."""
        if (a, b) not in self._scores:
            state = self._state
            ours, theirs = (state.nodes[state.node_of[mention]].profile for mention in (a, b))
            self._scores[a, b] = explain_pair(ours, theirs, state.table, state.settings)
        return self._scores[a, b]

    def explain(self, entity: str) -> Explanation | None:
        """Return why an entity is one; None for an id that leads nowhere."""
        found = self.entity(entity)
        if found is None:
            return None
        state, nodes = self._state, sorted({self._state.node_of[m] for m in found.mentions})
        bonds = [self._bond(*edge) for edge in tree(state, nodes)]
        own = set(nodes)
        refused = [r for r in state.settle(state.component(nodes[0]))[1] if {r.a, r.b} & own]
        kept_apart = [r for r in refused if not {r.a, r.b} <= own]
        return Explanation(
            entity=found,
            bonds=tuple(bonds),
            weakest=bonds[-1] if bonds else None,
            refused=tuple(self._bond(r.a, r.b, r.judgement, r.why) for r in kept_apart),
            equal=len(found.mentions) - len(nodes),
            version=state.settings.version,
        )

    def questions(
        self, most: int = 100, *, about: Collection[str] | None = None
    ) -> tuple[Bond, ...]:
        """Return the likeliest pairs that are possible and undecided, for a person to judge.

        :param about: only pairs that concern one of these mentions.
        """
        return tuple(self._bond(a, b) for a, b in self._open(most, about))

    def open_pairs(self, most: int = 100) -> tuple[tuple[str, str], ...]:
        """Return the mentions of the pairs that :meth:`questions` gives, without comparing them."""
        return tuple(self._pair(a, b) for a, b in self._open(most, None))

    def _open(self, most: int, about: Collection[str] | None) -> Iterator[tuple[int, int]]:
        """Return the nodes of the likeliest pairs that nothing decides."""
        state, found = self._state, []
        own = None if about is None else {state.node_of[mention] for mention in about}
        for a, others in state.near.items():
            for b, points in others.items():
                if own is not None and a not in own and b not in own:
                    continue
                if a < b and state.groups.get(a, (a,)) is not state.groups.get(b, (b,)):
                    found.append((points, a, b))
        found.sort(key=lambda one: (-one[0], *self._pair(one[1], one[2])))
        left = ((a, b) for _, a, b in found if self._pair(a, b) not in state.force)
        return islice(left, most)

    def _first(self, number: int) -> str:
        """The earliest mention of a node."""
        if number not in self._firsts:
            known = self._state.mentions
            mentions = self._state.nodes[number].mentions
            self._firsts[number] = min(mentions, key=lambda m: (known[m].seq, m))
        return self._firsts[number]

    def _pair(self, a: int, b: int) -> tuple[str, str]:
        """The earliest mentions of two nodes, in order."""
        ours, theirs = self._first(a), self._first(b)
        return (ours, theirs) if ours <= theirs else (theirs, ours)

    def _bond(self, a: int, b: int, judgement: str = "", why: str = "") -> Bond:
        ours, theirs = self._pair(a, b)
        known = self._state.mentions
        labels = {known[ours].label, known[theirs].label}
        if judgement:
            labels.add(self._state.judgements[judgement].label)
        return Bond(
            a=ours, b=theirs, score=self.compare(ours, theirs), labels=frozenset(labels),
            judgement=judgement, why=why,
        )  # fmt: skip


def tree(state: State, nodes: Collection[int]) -> list[tuple[int, int, str]]:
    """Return the fewest strongest pairs that connect nodes of one entity, strongest first: two
    nodes, and the judgement's id where a person joined them (Kruskal 1956)."""
    own, rank = (
        set(nodes),
        {n: state.nodes[n].rank for n in nodes},
    )
    edges = [(p, a, b, "") for a in nodes for b, p in state.matching(a) if a < b and b in own]
    edges += [
        (CERTAIN, a, b, one.id)
        for a in nodes
        for b, one in state.judged(a, SAME)
        if a < b and b in own
    ]
    edges.sort(key=lambda e: (-e[0], sorted((rank[e[1]], rank[e[2]]))))
    root = {n: n for n in nodes}

    def top(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    kept = []
    for _, a, b, judgement in edges:
        if top(a) != top(b):
            root[top(a)] = top(b)
            kept.append((a, b, judgement))
    return kept


def view(entities: Entities, visible: Collection[int]) -> Entities:
    """Return the entities as a reader sees them who may see these labels and no others.

    They are worked out from the visible mentions and judgements alone: ids, counts, groups and
    reasons are those of a world that has nothing else.
    """
    state, labels = entities._state, set(visible)
    return Entities.build(
        (one for one in state.mentions.values() if one.label in labels),
        (one for one in state.judgements.values() if one.label in labels),
        state.settings,
        state.rarity,
    )
