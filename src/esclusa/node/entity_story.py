"""What is stated of an entity, and what happened with it, for people.

Made from the records that the reader may see and that name one of the entity's mentions, and from
what stands beside those records: alerts about them and verdicts, matches with lists and decisions,
examinations of their bills and boxes, referrals. Each query carries the reader's labels.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.resolution import stated
from esclusa.errors import InputError, NotFound
from esclusa.ledger import custody
from esclusa.ledger.indexing import title_of
from esclusa.ledger.register import KeptEntity
from esclusa.model import Record
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.entity_known import Known
from esclusa.node.entity_rows import entity_row
from esclusa.node.pipeline import Pipeline
from esclusa.node.shown_names import ShownNames
from esclusa.node.story_entries import Around
from esclusa.node.story_kept import Stated, Stories
from esclusa.node.story_sketch import Sketch
from esclusa.sharing import story_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

KINDS: Final = (
    "consignment", "equipment", "transport_event", "port_call", "ship_declaration", "traveller",
    "list_entry", "ownership", "examination", "seizure", "alert", "alert_move", "match",
    "match_decision", "referral_move",
)  # fmt: skip
"""What can stand in a timeline, in the order of its strip."""
_SOURCES: Final = 5
"""Records named for each fact, at most; they are counted all."""


class StoryDesk:
    """Facts and timelines of entities."""

    def __init__(self, gate: Gate, pipeline: Pipeline, entities: EntityDesk) -> None:
        self._gate = gate
        self._labels = pipeline.labels
        self._agency = pipeline.settings.agency
        self._entities = entities
        self.kept: Final = Stories()
        self._shown = ShownNames(pipeline.store, pipeline.settings.shown_to_partners)

    def facts(self, reader: Reader, name: str) -> views.FactsView:
        """Return what is stated of an entity, with sources and contradictions; ``NotFound``."""
        reader.require(Action.RECORD_READ)
        with self._entities.seen(reader) as (connection, visible, known):
            entity = known.entities.entity(name)
            around = self._around(reader, connection, visible)
            view = self._facts(around, known, entity) if entity else None
        self._note(reader, view.entity if view else "", "facts")
        if view is None:
            raise NotFound("no such entity")
        return view

    def timeline(
        self, reader: Reader, name: str, wanted: views.TimelineFilter
    ) -> views.TimelineView:
        """Return a page of what happened with an entity, newest first.

        :raises NotFound: when it is not there, or the reader may not know of it.
        :raises InputError: when a kind or a day is none.
        """
        reader.require(Action.RECORD_READ)
        _check(wanted)
        with self._entities.seen(reader) as (connection, visible, known):
            entity = known.entities.entity(name)
            view = None
            if entity:
                around = self._around(reader, connection, visible)
                story = self.kept.of(around, known, entity)
                there = _Page(story.sketches(around).values(), wanted)
                whole = known.records(connection, self._labels, visible, there.seqs())
                view = self._told(entity, there, whole, cut=story.cut)
        self._note(reader, view.entity if view else "", "timeline")
        if view is None:
            raise NotFound("no such entity")
        return view

    def _told(
        self, entity: KeptEntity, page: _Page, whole: Mapping[int, Record], *, cut: bool
    ) -> views.TimelineView:
        """Return a page with its entries made; ``whole`` are the records that they are made of."""
        who = self._shown.of_ours(self._agency)
        entries = [one.make(whole.get(one.seq)) for one in page.rows]
        row = entity_row(entity)
        return views.TimelineView(
            entity=entity.id, title=next(iter((*row.names, *row.identifiers)), entity.id),
            rows=tuple(
                msgspec.structs.replace(one, by=who(one.originator, one.by)) for one in entries
            ),
            count=page.count, kinds=page.kinds, next_cursor=page.next_cursor, cut=cut,
        )  # fmt: skip

    def _note(self, reader: Reader, subject: str, what: str) -> None:
        said = f"entity {what}" if subject else "entity not found"
        self._gate.note(reader, Action.RECORD_READ, subject=subject, detail=said)

    def _around(self, reader: Reader, connection: sa.Connection, visible: frozenset[int]) -> Around:
        return Around(
            connection=connection, labels=self._labels, visible=visible, gate=self._gate,
            agency=self._agency, reader=reader,
        )  # fmt: skip

    def _facts(self, around: Around, known: Known, entity: KeptEntity) -> views.FactsView:
        connection, visible = around.connection, around.visible
        held = self.kept.of(around, known, entity).stated
        mentions = entity.stated(since=min(held))
        seq_of = {one.id: one.seq for one in mentions}
        level = {number: int(self._labels.get(number).marking.level)
                 for number in {one.label_id for one in held.values()}}  # fmt: skip
        found = stated(mentions, known.settings.exclusive)
        rows_of = [
            [held[seq] for seq in sorted({seq_of[name] for name in one.mentions}) if seq in held]
            for one in found
        ]
        named = {row.seq for rows in rows_of for row in rows[-_SOURCES:]}
        whole = known.records(connection, self._labels, visible, named)
        files = {one.provenance.source for one in whole.values()}
        source_of = custody.names_of(connection, files - {""}, visible)
        facts = [
            views.FactView(
                part=one.part, value=one.value, records=len(rows), differs=one.differs,
                level=min((level[row.label_id] for row in rows), default=0),
                first=_when(rows[:1]), last=_when(rows[-1:]),
                sources=tuple(_source(whole[row.seq], source_of) for row in rows[-_SOURCES:][::-1]),
            )
            for one, rows in zip(found, rows_of, strict=True)
        ]  # fmt: skip
        return views.FactsView(
            entity=entity.id, facts=tuple(facts), members=entity.count, looked=len(mentions)
        )


def _when(rows: list[Stated]) -> str:
    return next((row.recorded.isoformat() for row in rows), "")


def _source(row: Record, source_of: dict[str, str]) -> views.SourceView:
    return views.SourceView(
        record_id=row.id, title=title_of(row.body) if row.body is not None else "",
        source=source_of.get(row.provenance.source, ""), originator=row.originator,
        level=int(row.marking.level),
        recorded=row.recorded_time.isoformat() if row.recorded_time else "",
    )  # fmt: skip


def _check(wanted: views.TimelineFilter) -> None:
    for kind in wanted.kinds:
        if kind not in KINDS:
            raise InputError(
                f"the kind {kind[:40]!r} is not one of {', '.join(KINDS)}", field="kind",
                problem="code",
            )  # fmt: skip
    for name, day in (("since", wanted.since), ("until", wanted.until)):
        try:
            if day and dt.date.fromisoformat(day).isoformat() != day:
                raise ValueError
        except ValueError:
            raise InputError(
                f"{name} is {day[:40]!r}, expected a day as 2026-12-31", field=name, problem="day"
            ) from None


class _Page:
    """A page of a timeline, chosen from the sketches of all entries."""

    def __init__(self, sketches: Iterable[Sketch], wanted: views.TimelineFilter) -> None:
        there = [one for one in sketches if _within(one.moment[:10], wanted)]
        counts = Counter(one.kind for one in there)
        chosen = sorted(
            (one for one in there if not wanted.kinds or one.kind in wanted.kinds),
            key=lambda one: (one.moment, one.id), reverse=True,
        )  # fmt: skip
        ahead = [one for one in chosen if not wanted.cursor or _place(one) < wanted.cursor]
        limit = max(1, min(wanted.limit, PAGE_LIMIT))
        self.rows = ahead[:limit]
        self.count = len(chosen)
        self.kinds = tuple((kind, counts[kind]) for kind in KINDS if counts[kind])
        self.next_cursor = _place(self.rows[-1]) if len(ahead) > limit else ""

    def seqs(self) -> list[int]:
        """Return the numbers of the versions that its entries are made of."""
        return sorted({one.seq for one in self.rows} - {0})


def _within(day: str, wanted: views.TimelineFilter) -> bool:
    return (not wanted.since or day >= wanted.since) and (not wanted.until or day <= wanted.until)


def _place(one: Sketch) -> str:
    return f"{one.moment}~{one.id}"
