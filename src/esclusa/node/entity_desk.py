"""Entities for people: who is one and the same, why, what is open, and who is near.

Everything is worked out from the records that the reader may see now, and from nothing else: ids,
counts, groups and reasons are those of a node that holds no other record.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from threading import Lock
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.links import Graph, Link, neighbourhood, paths
from esclusa.analysis.resolution import Bond, Entities, Entity, Mention, mentions_of, sentence
from esclusa.analysis.screening import normalise
from esclusa.errors import InputError, NotFound
from esclusa.ledger import custody, records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Label
from esclusa.ledger.standing import in_force
from esclusa.model import Record
from esclusa.node.pipeline import ANALYSED, Pipeline
from esclusa.sharing import entity_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

_KINDS: Final = ANALYSED | {"list_entry"}
_KEPT: Final = 4
"""Sets of labels whose entities are kept in memory; the one used longest ago goes first."""
_QUESTIONS: Final = 200
_MEMBERS: Final = 500
_BATCH: Final = 2_000
_MISSING: Final = "no such entity"


class Known:
    """The entities of one set of labels, and which versions they were worked out from."""

    def __init__(self) -> None:
        self.entities = Entities()
        self.mentions: dict[int, tuple[str, ...]] = {}
        self.seq_of: dict[str, int] = {}
        self.graph: Graph | None = None

    def take_out(self, seqs: Collection[int]) -> None:
        """Forget versions that are no longer in force, whatever took them away."""
        gone = [mention for seq in seqs for mention in self.mentions.pop(seq)]
        for mention in gone:
            del self.seq_of[mention]
        self.entities.remove_mentions(gone)
        self.graph = None

    def take_in(self, stated: Iterable[tuple[int, tuple[Mention, ...]]]) -> None:
        """Take in versions: (sequence number, its mentions)."""
        found: list[Mention] = []
        for seq, mentions in stated:
            self.mentions[seq] = tuple(one.id for one in mentions)
            self.seq_of |= dict.fromkeys(self.mentions[seq], seq)
            found += mentions
        if self.entities.partition():
            self.entities.add(found)
        else:
            self.entities = Entities.build(found)
        self.graph = None

    def linked(self) -> Graph:
        """Return the graph of who shares what, made when first asked for."""
        if self.graph is None:
            of = {m: entity.id for entity in self.entities for m in entity.mentions}
            stated = [one for one in map(self.entities.mention, of) if one is not None]
            self.graph = Graph.build(stated, of)
        return self.graph


class EntityDesk:
    """Entities and links, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline) -> None:
        self._gate = gate
        self._labels = pipeline.labels
        self._known: OrderedDict[frozenset[int], Known] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def _seen(self, reader: Reader) -> Iterator[tuple[sa.Connection, frozenset[int], Known]]:
        with self._lock, self._gate.reading(reader) as (connection, visible):
            known = self._known.pop(visible, None) or Known()
            self._catch_up(connection, visible, known)
            self._known[visible] = known
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            yield connection, visible, known

    def _catch_up(self, connection: sa.Connection, visible: frozenset[int], known: Known) -> None:
        standing = in_force(connection, visible, _KINDS)
        gone = known.mentions.keys() - standing.keys()
        if gone:
            known.take_out(gone)
        fresh = sorted(standing.keys() - known.mentions.keys())
        if fresh:
            known.take_in(list(self._stated(connection, visible, fresh, standing)))

    def _stated(
        self, connection: sa.Connection, visible: frozenset[int], fresh: list[int],
        label_of: dict[int, int],
    ) -> Iterator[tuple[int, tuple[Mention, ...]]]:  # fmt: skip
        numbers = {number: _number(self._labels.get(number)) for number in visible}
        for start in range(0, len(fresh), _BATCH):
            some = fresh[start : start + _BATCH]
            held = records.get_by_seq(connection, self._labels, visible, some)
            for seq in some:
                record = held[seq]
                assert record.body is not None  # erased versions are not in force
                label = numbers[label_of[seq]]
                yield seq, mentions_of(record.body, record=record.id, label=label, seq=seq)

    # --- reading -------------------------------------------------------------------------------

    def find(self, reader: Reader, text: str, *, limit: int = 50) -> views.EntityPage:
        """Return the entities that have all these words in one name or number; ``InputError`` when
        there is no word in ``text``."""
        reader.require(Action.SEARCH)
        limit, wanted = max(1, min(limit, PAGE_LIMIT)), set(normalise(text).tokens)
        if not wanted:
            raise InputError("write a name or a number to look for")
        with self._seen(reader) as (_connection, _visible, known):
            fits = (entity for entity in known.entities if _says(known, entity, wanted))
            rows = [_row(known, entity) for entity in islice(fits, limit + 1)]
        self._gate.note(reader, Action.SEARCH, detail=f"entities={len(rows[:limit])}")
        return views.EntityPage(query=text, rows=tuple(rows[:limit]), more=len(rows) > limit)

    def show(self, reader: Reader, name: str) -> views.EntityView:
        """Return an entity with members, reasons and open questions; raises ``NotFound``. A former
        id leads to the entity that has it now."""
        reader.require(Action.RECORD_READ)
        with self._seen(reader) as (connection, visible, known):
            entity = known.entities.entity(name)
            view = self._view(connection, visible, known, entity) if entity else None
        self._note(reader, view.entity.id if view else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    def questions(self, reader: Reader, *, limit: int = 50) -> tuple[views.PairView, ...]:
        """Return the likeliest pairs that may be one and that nothing decides."""
        reader.require(Action.RECORD_READ)
        with self._seen(reader) as (connection, visible, known):
            open_ones = known.entities.questions(max(1, min(limit, PAGE_LIMIT)))
            found = self._pairs(connection, visible, known, open_ones)
        self._gate.note(reader, Action.RECORD_READ, detail=f"entity questions={len(found)}")
        return found

    def links(self, reader: Reader, name: str, *, depth: int = 1) -> views.NearView:
        """Return who shares what with an entity, up to ``depth`` (1 to 3) links away."""
        reader.require(Action.RECORD_READ)
        with self._seen(reader) as (_connection, _visible, known):
            entity = known.entities.entity(name)
            view = None
            if entity:
                near = neighbourhood(known.linked(), entity.id, depth=max(1, min(depth, 3)))
                hubs = tuple(hub.name for hub in near.hubs)
                ways = tuple((_link(known, link),) for link in near.links)
                view = views.NearView(ways=ways, hubs=hubs, cut=near.cut)
        self._note(reader, entity.id if entity else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    def paths(self, reader: Reader, one: str, other: str) -> views.NearView:
        """Return how two entities are connected, shortest way first."""
        reader.require(Action.RECORD_READ)
        with self._seen(reader) as (_connection, _visible, known):
            ends = known.entities.entity(one), known.entities.entity(other)
            view = None
            if ends[0] and ends[1]:
                found = paths(known.linked(), ends[0].id, ends[1].id)
                ways = tuple(tuple(_link(known, link) for link in way) for way in found.paths)
                hubs = tuple(hub.name for hub in found.hubs)
                view = views.NearView(ways=ways, hubs=hubs, cut=found.cut)
        self._note(reader, ends[0].id if view and ends[0] else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    def _note(self, reader: Reader, subject: str) -> None:
        said = "entity" if subject else "entity not found"
        self._gate.note(reader, Action.RECORD_READ, subject=subject, detail=said)

    def _view(
        self, connection: sa.Connection, visible: Collection[int], known: Known, entity: Entity
    ) -> views.EntityView:
        why = known.entities.explain(entity.id)
        assert why is not None  # it is there
        own = set(entity.mentions)
        asked = (b for b in known.entities.questions(_QUESTIONS) if own & {b.a, b.b})
        return views.EntityView(
            entity=_row(known, entity),
            members=self._members(connection, visible, known, entity.mentions[:_MEMBERS]),
            bonds=self._pairs(connection, visible, known, why.bonds[-_MEMBERS:]),
            refused=self._pairs(connection, visible, known, why.refused),
            questions=self._pairs(connection, visible, known, tuple(asked)),
            equal=why.equal, version=why.version,
        )  # fmt: skip

    def _members(
        self, connection: sa.Connection, visible: Collection[int], known: Known,
        mentions: Iterable[str],
    ) -> tuple[views.MemberView, ...]:  # fmt: skip
        wanted = list(mentions)
        held = records.get_by_seq(
            connection, self._labels, visible, {known.seq_of[one] for one in wanted}
        )
        files = {record.provenance.source for record in held.values()}
        kept = {name: custody.find(connection, name, visible) for name in files}
        named = {name: row.name for name, row in kept.items() if row}
        return tuple(_member(known, one, held[known.seq_of[one]], named) for one in wanted)

    def _pairs(
        self, connection: sa.Connection, visible: Collection[int], known: Known,
        bonds: Collection[Bond],
    ) -> tuple[views.PairView, ...]:  # fmt: skip
        sides = list(dict.fromkeys(m for bond in bonds for m in (bond.a, bond.b)))
        told = dict(zip(sides, self._members(connection, visible, known, sides), strict=True))
        return tuple(_pair(bond, told) for bond in bonds)


def _number(label: Label) -> int:
    """A label's number from what it says: the node's own numbers tell in which order markings came
    to it, hidden ones too, and ids are made from them."""
    said = msgspec.structs.replace(label, id=0)
    digest = blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=7).digest()
    return int.from_bytes(digest, "big")


def _stated(known: Known, entity: Entity) -> list[Mention]:
    found = [known.entities.mention(name) for name in entity.mentions]
    return [one for one in found if one is not None]


def _says(known: Known, entity: Entity, wanted: set[str]) -> bool:
    texts = (
        text
        for one in _stated(known, entity)
        for text in (*one.names, *(item.partition(":")[2] for item in one.identifiers))
    )
    return any(wanted <= set(normalise(text).tokens) for text in texts)


def _row(known: Known, entity: Entity) -> views.EntityRow:
    stated = _stated(known, entity)
    return views.EntityRow(
        id=entity.id, types=entity.types, members=len(stated),
        names=tuple(dict.fromkeys(name for one in stated for name in one.names)),
        identifiers=tuple(dict.fromkeys(item for one in stated for item in one.identifiers)),
    )  # fmt: skip


def _member(known: Known, name: str, record: Record, named: dict[str, str]) -> views.MemberView:
    mention = known.entities.mention(name)
    assert mention is not None and record.body is not None
    return views.MemberView(
        id=name, record_id=mention.record, record_title=title_of(record.body), path=mention.path,
        type=mention.type, role=mention.role, names=mention.names,
        identifiers=mention.identifiers, source=named.get(record.provenance.source, ""),
    )  # fmt: skip


def _pair(bond: Bond, told: dict[str, views.MemberView]) -> views.PairView:
    score = bond.score
    parts = score.parts if score else ()
    return views.PairView(
        a=told[bond.a], b=told[bond.b], points=score.points if score else 0.0,
        verdict=score.verdict if score else "",
        parts_en=tuple(sentence(part, "en") for part in parts),
        parts_es=tuple(sentence(part, "es") for part in parts),
    )  # fmt: skip


def _link(known: Known, link: Link) -> views.LinkView:
    ends = known.entities.entity(link.a), known.entities.entity(link.b)
    assert ends[0] is not None and ends[1] is not None  # the graph is of these entities
    stated = dict.fromkeys(one.record for one in (*link.ours, *link.theirs))
    return views.LinkView(
        a=_row(known, ends[0]), b=_row(known, ends[1]), kind=link.kind, value=link.value,
        records=tuple(stated),
    )  # fmt: skip
