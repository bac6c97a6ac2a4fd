"""Entities for people: who is one and the same, why, what is open, and who is near.

Everything is worked out from the records that the reader may see now, and from nothing else: ids,
counts, groups and reasons are those of a node that holds no other record.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from threading import Lock
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.links import Link, neighbourhood, paths
from esclusa.analysis.resolution import (
    Bond,
    Entity,
    Mention,
    default_settings,
    mentions_of,
    sentence,
)
from esclusa.analysis.screening import normalise
from esclusa.errors import InputError, NotFound
from esclusa.ledger import custody, records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Label
from esclusa.ledger.standing import in_force
from esclusa.model import EntityJudgement, JudgedMention, Record
from esclusa.node import entity_judging as judging
from esclusa.node.entity_known import Known
from esclusa.node.pipeline import ANALYSED, Pipeline
from esclusa.sharing import entity_views as views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import PAGE_LIMIT, Gate

_KINDS: Final = ANALYSED | {"list_entry"}
_KEPT: Final = 4
"""Sets of labels whose entities are kept in memory; the one used longest ago goes first."""
_QUESTIONS: Final = 200
_MEMBERS: Final = 500
_BATCH: Final = 2_000
_MISSING: Final = "no such entity"


class EntityDesk:
    """Entities and links, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._settings = default_settings().for_size(pipeline.settings.entity_records)
        self._known: OrderedDict[frozenset[int], Known] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def _seen(self, reader: Reader) -> Iterator[tuple[sa.Connection, frozenset[int], Known]]:
        with self._lock, self._gate.reading(reader) as (connection, visible):
            known = self._known.pop(visible, None) or Known(self._settings)
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
        self._catch_up_judgements(connection, visible, known)

    def _catch_up_judgements(
        self, connection: sa.Connection, visible: frozenset[int], known: Known
    ) -> None:
        standing = judging.standing(connection, visible)
        for gone in known.judged.keys() - standing.keys():
            del known.judged[gone]
        fresh = standing.keys() - known.judged.keys()
        for seq, held in judging.read(connection, self._labels, visible, fresh).items():
            number = _number(self._labels.get(standing[seq]))
            known.judged[seq] = judging.judgement_of(held, number)
        known.settle()

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

    def pair(self, reader: Reader, one: str, other: str) -> views.PairPage:
        """Return two mentions side by side, why and why not, what was judged, and the open
        questions beside them; raises ``NotFound`` and, for one mention twice, ``InputError``."""
        reader.require(Action.RECORD_READ)
        with self._seen(reader) as (connection, visible, known):
            a, b = self._two(known, one, other)
            compared = Bond(
                a=a.id, b=b.id, labels=frozenset(), score=known.entities.compare(a.id, b.id)
            )
            open_ones = [(bond.a, bond.b) for bond in known.entities.questions(_QUESTIONS)]
            standing = [seq for seq in known.about({a.id}) if known.says(seq, a.id, b.id)]
            judged = self._said(connection, visible, known, standing[:1])
            ours, theirs = (known.entities.entity_of(mention.id) for mention in (a, b))
            assert ours is not None and theirs is not None  # both are there
            (pair,) = self._pairs(connection, visible, known, (compared,))
            supervisor = reader.role is Role.SUPERVISOR
            page = views.PairPage(
                pair=pair, one=ours.id, other=theirs.id, judgement=judged[0] if judged else None,
                may_undo=bool(judged) and (supervisor or judged[0].by == reader.name),
                before=_beside(open_ones, (a.id, b.id), -1),
                after=_beside(open_ones, (a.id, b.id), 1),
            )  # fmt: skip
        self._note(reader, ours.id)
        return page

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

    # --- judging -------------------------------------------------------------------------------

    def judgements(self, reader: Reader, *, limit: int = 50) -> views.JudgementPage:
        """Return what people said about pairs of mentions, newest first; taken back ones too."""
        reader.require(Action.RECORD_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self._seen(reader) as (connection, visible, known):
            newest = sorted(known.judged, reverse=True)
            rows = self._said(connection, visible, known, newest[:limit])
        self._gate.note(reader, Action.RECORD_READ, detail=f"judgements={len(rows)}")
        return views.JudgementPage(rows=rows, more=len(newest) > limit)

    def judge(
        self, reader: Reader, one: str, other: str, *, verdict: str, reason: str
    ) -> views.JudgementView:
        """Say that two mentions name one and the same, or that they do not.

        :param one: a mention's id, or an entity's: then its earliest mention. So is ``other``.
        :param verdict: ``same`` or ``different``.
        :raises NotFound: when there is no such mention, or none this reader may know of.
        :raises StateError: when somebody has judged this pair and it still stands.
        :raises InputError: when verdict or reason is missing or wrong, or both are one mention.
        """
        reader.require(Action.ENTITY_JUDGE)
        return self._step(reader, one, other, "judge", verdict, reason)

    def undo(self, reader: Reader, name: str, *, reason: str = "") -> views.JudgementView:
        """Take a judgement back, by its id: one's own, or a supervisor anybody's. Everything is
        then as if it had never been.

        :raises NotFound, StateError, InputError: as :meth:`judge`.
        """
        reader.require(Action.ENTITY_UNDO)
        with self._seen(reader) as (connection, visible, known):
            held = judging.read(connection, self._labels, visible, known.judged)
            found = next((item for item in held.values() if item.id == name), None)
        if found is None or not isinstance(found.body, EntityJudgement):
            raise NotFound("no such judgement")
        return self._step(reader, found.body.a.id, found.body.b.id, "undo", "", reason)

    def _step(
        self, reader: Reader, one: str, other: str, move: str, verdict: str, reason: str
    ) -> views.JudgementView:
        with self._seen(reader) as (connection, _visible, known):
            pair = self._two(known, one, other)
            sides = [
                (item.record, records.label_of(connection, known.seq_of[item.id])) for item in pair
            ]
        a, b = (JudgedMention(id=m.id, record_id=m.record, path=m.path) for m in pair)
        asked = EntityJudgement(
            a=a, b=b, number=0, move=move, verdict=verdict, by=reader.name, reason=reason.strip(),
            at=self._pipeline.analyst.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )  # fmt: skip
        name = judging.write(self._pipeline, reader, asked, sides)
        with self._seen(reader) as (connection, visible, known):
            newest = sorted(known.judged, reverse=True)
            said = self._said(connection, visible, known, newest)
        return next(item for item in said if item.id == name)

    def _two(self, known: Known, one: str, other: str) -> list[Mention]:
        pair = [self._mention(known, name) for name in (one, other)]
        if pair[0].id == pair[1].id:
            raise InputError("a judgement needs two mentions, not one twice")
        return sorted(pair, key=lambda mention: mention.id)

    def _mention(self, known: Known, name: str) -> Mention:
        entity = known.entities.entity(name) if name.startswith("ent-") else None
        found = known.entities.mention(entity.mentions[0] if entity else name)
        if found is None:
            raise NotFound("no such mention")
        return found

    def _said(
        self, connection: sa.Connection, visible: Collection[int], known: Known,
        seqs: Sequence[int],
    ) -> tuple[views.JudgementView, ...]:  # fmt: skip
        held = judging.read(connection, self._labels, visible, seqs)
        steps = [(held[seq].id, held[seq].body) for seq in seqs]
        overruled = {notice.judgement for notice in known.entities.notices()}
        sides = {m.id for _, step in steps if isinstance(step, EntityJudgement)
                 for m in (step.a, step.b) if m.id in known.seq_of}  # fmt: skip
        told = {m.id: m for m in self._members(connection, visible, known, sorted(sides))}
        return tuple(
            views.JudgementView(
                id=name, a=told.get(step.a.id), b=told.get(step.b.id), verdict=step.verdict,
                by=step.by, at=step.at, reason=step.reason, contradicted=name in overruled,
            )
            for name, step in steps
            if isinstance(step, EntityJudgement)
        )  # fmt: skip

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
            judgements=self._said(connection, visible, known, known.about(own)),
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


def _beside(
    questions: Sequence[tuple[str, str]], pair: tuple[str, str], step: int
) -> tuple[str, str] | tuple[()]:
    """Return the question before or after a pair; behind a pair that is none comes the first."""
    at = next((n for n, other in enumerate(questions) if set(other) == set(pair)), None)
    if at is None:
        return questions[0] if step > 0 and questions else ()
    return questions[at + step] if 0 <= at + step < len(questions) else ()


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
        birth_dates=mention.birth_dates, nationalities=mention.nationalities,
        addresses=mention.addresses, phones=mention.phones,
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
