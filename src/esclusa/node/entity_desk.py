"""Entities for people: who is one and the same, why, what is open, and who is near.

Everything is worked out from the records that the reader may see now, and from nothing else: ids,
counts, groups and reasons are those of a node that holds no other record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from esclusa.analysis.links import neighbourhood, paths
from esclusa.analysis.resolution import Bond, Mention, default_settings
from esclusa.analysis.screening import normalise
from esclusa.casework.entity_judgements import JUDGE, UNDO
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import custody, records
from esclusa.ledger.audit import Line
from esclusa.ledger.register import KeptEntity
from esclusa.model import EntityJudgement, JudgedMention
from esclusa.node import entity_judging as judging
from esclusa.node.entity_keeping import Registers
from esclusa.node.entity_known import Known
from esclusa.node.entity_rows import (
    beside,
    entity_row,
    judgement_view,
    link_view,
    member_view,
    pair_view,
    rests_of,
    rows_of,
)
from esclusa.node.pipeline import Pipeline
from esclusa.sharing import entity_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

_AHEAD: Final = 3
"""How often an answer is begun again because another process was faster with newer records."""
_QUESTIONS: Final = 200
_MEMBERS: Final = 500
_UNTURNED: Final = views.Turned()
_MISSING: Final = "no such entity"
_UNSAID: Final = "no such judgement"

Seen = tuple[sa.Connection, frozenset[int], Known]
"""A snapshot for a reader, the labels that he may see, and the entities of just that."""


class EntityDesk:
    """Entities and links, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline, folder: Path) -> None:
        """:param folder: the node's, in which the registers of entities lie."""
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        settings = default_settings().for_size(pipeline.settings.entity_records)
        self.registers = Registers(folder, pipeline.store, pipeline.labels, settings)

    @contextmanager
    def together(self, reader: Reader) -> Iterator[None]:
        """Let what this desk and others are asked for one reader be one reading: one state of the
        entities, one snapshot, and the audit lines of all of it in one transaction, which is
        durable when this returns, also when the block raises."""
        said: list[Line] = []
        try:
            with self._seen(reader, lambda: self._gate.together(reader, said)) as seen:
                before = _SEEN.set((self, reader, seen))
                try:
                    yield
                finally:
                    _SEEN.reset(before)
        finally:
            self._gate.write_down(said)

    @contextmanager
    def seen(self, reader: Reader) -> Iterator[Seen]:
        """One snapshot for a reader: what he may see, and the entities of just that. For desks that
        tell more of them; one answer is made at a time, so nothing slow belongs inside."""
        held = _SEEN.get()
        if held is not None and held[:2] == (self, reader):
            yield held[2]
            return
        with self._seen(reader, nullcontext) as seen:
            yield seen

    @contextmanager
    def _seen(
        self, reader: Reader, around: Callable[[], AbstractContextManager[None]]
    ) -> Iterator[Seen]:
        """:param around: what each snapshot is taken in."""
        registers, ahead = self.registers, 0
        until = registers.until()
        while True:
            with (
                registers.lock, around(), self._gate.reading(reader) as (connection, visible)
            ):  # fmt: skip
                state, known = registers.nearer(connection, visible)
                if known is not None:
                    with registers.told(visible):
                        yield connection, visible, known
                    return
            ahead += state == "ahead"
            if state == "anew" or ahead > _AHEAD:  # or of another ledger, which was restored
                registers.make(visible)
                ahead = 0
            elif state == "more":
                until()

    # --- reading -------------------------------------------------------------------------------

    def find(self, reader: Reader, text: str, *, limit: int = 50) -> views.EntityPage:
        """Return the entities that have all these words in one name or number; ``InputError`` when
        there is no word in ``text``."""
        reader.require(Action.SEARCH)
        limit, wanted = max(1, min(limit, PAGE_LIMIT)), set(normalise(text).tokens)
        if not wanted:
            raise InputError(
                "write a name or a number to look for", field="text", problem="missing"
            )
        with self.seen(reader) as (_connection, _visible, known):
            rows = [entity_row(entity) for entity in known.entities.find(wanted, limit + 1)]
        self._gate.note(reader, Action.SEARCH, detail=f"entities={len(rows[:limit])}")
        return views.EntityPage(query=text, rows=tuple(rows[:limit]), more=len(rows) > limit)

    def show(
        self, reader: Reader, name: str, *, most: int = _MEMBERS,
        turned: views.Turned = _UNTURNED,
    ) -> views.EntityView:  # fmt: skip
        """Return an entity with members, reasons and open questions; raises ``NotFound``. A former
        id leads to the entity that has it now.

        :param most: members, and pairs that make it one, that are told at most; up to 500.
        :param turned: how many of each come before those; of pairs, how many weaker ones.
        """
        reader.require(Action.RECORD_READ)
        most = max(1, min(most, _MEMBERS))
        with self.seen(reader) as (connection, visible, known):
            entity = known.entities.entity(name)
            view = None
            if entity:
                view = self._view(connection, visible, known, entity, reader, most, turned)
        self._note(reader, view.entity.id if view else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    def questions(self, reader: Reader, *, limit: int = 50) -> tuple[views.PairView, ...]:
        """Return the likeliest pairs that may be one and that nothing decides."""
        reader.require(Action.RECORD_READ)
        with self.seen(reader) as (connection, visible, known):
            open_ones = known.entities.questions(max(1, min(limit, PAGE_LIMIT)))
            found = self._pairs(connection, visible, known, open_ones)
        self._gate.note(reader, Action.RECORD_READ, detail=f"entity questions={len(found)}")
        return found

    def pair(self, reader: Reader, one: str, other: str) -> views.PairPage:
        """Return two mentions side by side, why and why not, what was judged, and the open
        questions beside them; raises ``NotFound`` and, for one mention twice, ``InputError``."""
        reader.require(Action.RECORD_READ)
        with self.seen(reader) as (connection, visible, known):
            a, b = self._two(known, one, other)
            compared = Bond(
                a=a.id, b=b.id, labels=frozenset(), score=known.entities.compare(a.id, b.id)
            )
            open_ones = known.entities.open_pairs(_QUESTIONS)
            standing = known.on(a.id, b.id)
            judged = self._said(connection, visible, known, standing[:1], reader)
            ours, theirs = (known.entities.entity_of(mention.id) for mention in (a, b))
            assert ours is not None and theirs is not None  # both are there
            (pair,) = self._pairs(connection, visible, known, (compared,))
            page = views.PairPage(
                pair=pair, one=ours.id, other=theirs.id, judgement=judged[0] if judged else None,
                may_undo=any(one.may_undo for one in judged),
                before=beside(open_ones, (a.id, b.id), -1),
                after=beside(open_ones, (a.id, b.id), 1), seen=known.seen(a.id, b.id),
            )  # fmt: skip
        self._note(reader, ours.id)
        return page

    def links(
        self, reader: Reader, name: str, *, depth: int = 1, most: int | None = None,
        turned: views.Turned = _UNTURNED,
    ) -> views.NearView:  # fmt: skip
        """Return who shares what with an entity, up to ``depth`` (1 to 3) links away.

        :param most: links that are told at most; all are counted.
        :param turned: how many of them come before those.
        """
        reader.require(Action.RECORD_READ)
        with self.seen(reader) as (_connection, _visible, known):
            entity = known.entities.entity(name)
            view = None
            if entity:
                near = neighbourhood(
                    known.linked, entity.id, depth=max(1, min(depth, 3)), told=most,
                    passed=turned.links,
                )  # fmt: skip
                known.entities.expect([end for link in near.links for end in (link.a, link.b)])
                hubs = tuple(hub.name for hub in near.hubs)
                row = rows_of(known)
                ways = tuple((link_view(row, link),) for link in near.links)
                view = views.NearView(ways=ways, count=near.count, hubs=hubs, cut=near.cut)
        self._note(reader, entity.id if entity else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    def paths(self, reader: Reader, one: str, other: str) -> views.NearView:
        """Return how two entities are connected, shortest way first."""
        reader.require(Action.RECORD_READ)
        with self.seen(reader) as (_connection, _visible, known):
            ends = known.entities.entity(one), known.entities.entity(other)
            view = None
            if ends[0] and ends[1]:
                found = paths(known.linked, ends[0].id, ends[1].id)
                row = rows_of(known)
                ways = tuple(tuple(link_view(row, link) for link in way) for way in found.paths)
                hubs = tuple(hub.name for hub in found.hubs)
                view = views.NearView(ways=ways, count=len(ways), hubs=hubs, cut=found.cut)
        self._note(reader, ends[0].id if view and ends[0] else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    # --- judging -------------------------------------------------------------------------------

    def judgements(self, reader: Reader, *, limit: int = 50) -> views.JudgementPage:
        """Return what people said about pairs of mentions, newest first; taken back ones too."""
        reader.require(Action.RECORD_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self.seen(reader) as (connection, visible, known):
            newest = sorted(known.judged, reverse=True)
            rows = self._said(connection, visible, known, newest[:limit], reader)
        self._gate.note(reader, Action.RECORD_READ, detail=f"judgements={len(rows)}")
        return views.JudgementPage(rows=rows, more=len(newest) > limit)

    def judge(
        self, reader: Reader, one: str, other: str, *, verdict: str, reason: str, seen: str = ""
    ) -> views.JudgementView:
        """Say that two mentions name one and the same, or that they do not.

        :param one: a mention's id, or an entity's: then its earliest mention. So is ``other``.
        :param verdict: ``same`` or ``different``.
        :param seen: the digest that :meth:`pair` gave, "" to judge what stands there now.
        :raises NotFound: when there is no such mention, or none this reader may know of.
        :raises StateError: when somebody has judged this pair and it still counts, or when other
            facts stand there than were seen.
        :raises InputError: when verdict or reason is missing or wrong, or both are one mention.
        """
        reader.require(Action.ENTITY_JUDGE)
        with self.seen(reader) as (connection, _visible, known):
            pair = self._two(known, one, other)
            if seen and seen != known.seen(pair[0].id, pair[1].id):
                raise StateError("a record was amended: other facts stand there than were shown")
            left, right = (records.label_of(connection, known.seq_of(item.id)) for item in pair)
            a, b = (
                JudgedMention(
                    id=m.id, record_id=m.record, path=m.path, facts=dict(known.facts(m.id))
                )
                for m in pair
            )
        asked = EntityJudgement(
            a=a, b=b, number=0, move=JUDGE, verdict=verdict, by=reader.name,
            reason=reason.strip(), at=self._now(),
        )  # fmt: skip
        return self._told(reader, judging.judge(self._pipeline, reader, asked, (left, right)))

    def undo(self, reader: Reader, name: str, *, reason: str = "") -> views.JudgementView:
        """Take a judgement back, by its id: one's own, or a supervisor anybody's. Everything is
        then as if it had never been. The records that it speaks of may be withdrawn.

        :raises NotFound: when there is no such judgement, or none this reader may know of.
        :raises StateError: when it is somebody else's, or was taken back.
        :raises InputError: when the reason is too long or no text.
        """
        reader.require(Action.ENTITY_UNDO)
        with self._gate.reading(reader) as (connection, visible):
            found = judging.find(connection, self._labels, visible, name)
        if found is None:
            raise NotFound(_UNSAID)
        step, label = found
        asked = EntityJudgement(
            a=step.a, b=step.b, number=0, move=UNDO, by=reader.name, reason=reason.strip(),
            at=self._now(),
        )  # fmt: skip
        return self._told(reader, judging.undo(self._pipeline, reader, asked, label))

    def _now(self) -> str:
        now = self._pipeline.analyst.now().astimezone(dt.UTC)
        return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _told(self, reader: Reader, name: str) -> views.JudgementView:
        """Read a step back; between writing and this, it may have been erased with a record."""
        with self.seen(reader) as (connection, visible, known):
            held = records.get(connection, self._labels, visible, name)
            seqs = [held.seq] if held is not None else []
            said = self._said(connection, visible, known, seqs, reader)
        if not said:
            raise NotFound(_UNSAID)
        return said[0]

    def _two(self, known: Known, one: str, other: str) -> list[Mention]:
        pair = [self._mention(known, name) for name in (one, other)]
        if pair[0].id == pair[1].id:
            raise InputError(
                "a judgement needs two mentions, not one twice", field="other", problem="twice"
            )
        return sorted(pair, key=lambda mention: mention.id)

    def _mention(self, known: Known, name: str) -> Mention:
        entity = known.entities.entity(name) if name.startswith("ent-") else None
        found = known.entities.mention(entity.first(1)[0] if entity else name)
        if found is None:
            raise NotFound("no such mention")
        return found

    def _said(
        self, connection: sa.Connection, visible: Collection[int], known: Known,
        seqs: Sequence[int], reader: Reader,
    ) -> tuple[views.JudgementView, ...]:  # fmt: skip
        held = judging.read(connection, self._labels, visible, seqs)
        steps = [(seq, held[seq].id, held[seq].body) for seq in seqs]
        overruled = {notice.judgement for notice in known.entities.notices()}
        sides = {m.id for _, _, step in steps if isinstance(step, EntityJudgement)
                 for m in (step.a, step.b) if known.seq_of(m.id)}  # fmt: skip
        told = {m.id: m for m in self._members(connection, visible, known, sorted(sides))}
        return tuple(
            judgement_view(
                name, step, told, rests_of(known, seq), reader, contradicted=name in overruled
            )
            for seq, name, step in steps
            if isinstance(step, EntityJudgement)
        )

    def _note(self, reader: Reader, subject: str) -> None:
        said = "entity" if subject else "entity not found"
        self._gate.note(reader, Action.RECORD_READ, subject=subject, detail=said)

    def _view(
        self, connection: sa.Connection, visible: Collection[int], known: Known, entity: KeptEntity,
        reader: Reader, most: int, turned: views.Turned,
    ) -> views.EntityView:  # fmt: skip
        why = known.entities.explain(entity)
        asked = known.entities.questions(_QUESTIONS + 1, about=entity)
        strongest = max(0, len(why.bonds) - turned.pairs)  # those that are not passed
        bonds = why.bonds[max(0, strongest - most) : strongest]
        sizes = (
            ("members", entity.count, turned.mentions + most), ("bonds", strongest, most),
            ("questions", len(asked), _QUESTIONS),
        )  # fmt: skip
        return views.EntityView(
            entity=entity_row(entity),
            members=self._members(
                connection, visible, known, entity.first(most, passed=turned.mentions)
            ),
            bonds=self._pairs(connection, visible, known, bonds),
            refused=self._pairs(connection, visible, known, why.refused),
            questions=self._pairs(connection, visible, known, asked[:_QUESTIONS]),
            judgements=self._said(connection, visible, known, known.about(entity), reader),
            equal=why.equal, version=why.version,
            cut=tuple(name for name, whole, limit in sizes if whole > limit),
        )  # fmt: skip

    def _members(
        self, connection: sa.Connection, visible: Collection[int], known: Known,
        mentions: Iterable[str],
    ) -> tuple[views.MemberView, ...]:  # fmt: skip
        wanted = list(mentions)
        held = known.records(connection, self._labels, visible, known.seqs_of(wanted))
        files = {record.provenance.source for record in held.values()}
        named = custody.names_of(connection, files, visible)
        return tuple(member_view(known, one, held[known.seq_of(one)], named) for one in wanted)

    def _pairs(
        self, connection: sa.Connection, visible: Collection[int], known: Known,
        bonds: Collection[Bond],
    ) -> tuple[views.PairView, ...]:  # fmt: skip
        sides = list(dict.fromkeys(m for bond in bonds for m in (bond.a, bond.b)))
        told = dict(zip(sides, self._members(connection, visible, known, sides), strict=True))
        return tuple(pair_view(bond, told) for bond in bonds)


_SEEN: Final[ContextVar[tuple[EntityDesk, Reader, Seen] | None]] = ContextVar("seen", default=None)
