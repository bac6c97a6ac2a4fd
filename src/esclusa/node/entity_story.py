"""What is stated of an entity, and what happened with it, for people.

Made from the records that the reader may see and that name one of the entity's mentions, and from
what stands beside those records: alerts about them and verdicts, matches with lists and decisions,
examinations of their bills and boxes, referrals. Each query carries the reader's labels.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.resolution import stated
from esclusa.analysis.resolution.mention import CONTAINER
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
from esclusa.node.story_entries import Around, beside, of_record
from esclusa.sharing import story_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

KINDS: Final = (
    "consignment", "equipment", "transport_event", "port_call", "ship_declaration", "traveller",
    "list_entry", "examination", "seizure", "alert", "alert_move", "match", "match_decision",
    "referral_move",
)  # fmt: skip
"""What can stand in a timeline, in the order of its strip."""
_LOOKED: Final = 2_000
"""Records of an entity that are looked at, the newest; a carrier has a hundred thousand."""
_SOURCES: Final = 5
"""Records named for each fact, at most; they are counted all."""


class StoryDesk:
    """Facts and timelines of entities."""

    def __init__(self, gate: Gate, pipeline: Pipeline, entities: EntityDesk) -> None:
        self._gate = gate
        self._labels = pipeline.labels
        self._agency = pipeline.settings.agency
        self._entities = entities
        self._shown = ShownNames(pipeline.store, pipeline.settings.shown_to_partners)

    def facts(self, reader: Reader, name: str) -> views.FactsView:
        """Return what is stated of an entity, with sources and contradictions; ``NotFound``."""
        reader.require(Action.RECORD_READ)
        with self._entities.seen(reader) as (connection, visible, known):
            entity = known.entities.entity(name)
            view = self._facts(connection, visible, known, entity) if entity else None
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
                seqs = entity.newest(_LOOKED + 1)
                held = known.records(connection, self._labels, visible, seqs[:_LOOKED])
                around = Around(
                    connection=connection, labels=self._labels, visible=visible, gate=self._gate,
                    agency=self._agency, reader=reader,
                )  # fmt: skip
                who = self._shown.of_ours(self._agency)
                entries = [
                    msgspec.structs.replace(one, by=who(one.originator, one.by))
                    for one in _entries(around, entity, held)
                ]
                view = _page(entity, entries, wanted, cut=len(seqs) > _LOOKED)
        self._note(reader, view.entity if view else "", "timeline")
        if view is None:
            raise NotFound("no such entity")
        return view

    def _note(self, reader: Reader, subject: str, what: str) -> None:
        said = f"entity {what}" if subject else "entity not found"
        self._gate.note(reader, Action.RECORD_READ, subject=subject, detail=said)

    def _facts(
        self, connection: sa.Connection, visible: Collection[int], known: Known, entity: KeptEntity
    ) -> views.FactsView:
        looked = set(entity.newest(_LOOKED))
        mentions = entity.stated(since=min(looked))
        seq_of = {one.id: one.seq for one in mentions}
        held = known.records(connection, self._labels, visible, looked)
        files = {one.provenance.source for one in held.values()}
        source_of = custody.names_of(connection, files - {""}, visible)
        facts = []
        for one in stated(mentions, known.settings.exclusive):
            seqs = sorted({seq_of[name] for name in one.mentions})
            rows = [held[seq] for seq in seqs if seq in held]
            facts.append(
                views.FactView(
                    part=one.part, value=one.value, records=len(rows), differs=one.differs,
                    level=min((int(row.marking.level) for row in rows), default=0),
                    first=_when(rows[:1]), last=_when(rows[-1:]),
                    sources=tuple(_source(row, source_of) for row in rows[::-1][:_SOURCES]),
                )
            )  # fmt: skip
        return views.FactsView(
            entity=entity.id, facts=tuple(facts), members=entity.count, looked=len(mentions)
        )


def _when(rows: list[Record]) -> str:
    return next((row.recorded_time.isoformat() for row in rows if row.recorded_time), "")


def _source(row: Record, source_of: dict[str, str]) -> views.SourceView:
    return views.SourceView(
        record_id=row.id, title=title_of(row.body) if row.body is not None else "",
        source=source_of.get(row.provenance.source, ""), originator=row.originator,
        level=int(row.marking.level), recorded=_when([row]),
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


def _entries(
    around: Around, entity: KeptEntity, held: Mapping[int, Record]
) -> Iterator[views.EntryView]:
    mentions = entity.stated(since=min(held)) if held else []
    roles: dict[int, dict[str, None]] = {}
    places: dict[str, set[str]] = {}
    for one in mentions:
        places.setdefault(one.record, set()).add(one.path)
        if one.role:
            roles.setdefault(one.seq, {})[one.role] = None
    rows = {row.id: row for row in held.values() if row.body is not None}
    boxes = {number.partition(":")[2] for one in entity.contents if one.type == CONTAINER
             for number in one.identifiers}  # fmt: skip
    for row in rows.values():
        yield of_record(row, tuple(roles.get(row.seq, ())))
    yield from beside(around, rows, places, boxes)


def _page(
    entity: KeptEntity, entries: list[views.EntryView], wanted: views.TimelineFilter,
    *, cut: bool,
) -> views.TimelineView:  # fmt: skip
    told = ((moment_key(one), one) for one in {one.id: one for one in entries}.values())
    there = [(key, one) for key, one in told if _within(key[:10], wanted)]
    counts = Counter(one.kind for _key, one in there)
    chosen = sorted(
        ((key, one) for key, one in there if not wanted.kinds or one.kind in wanted.kinds),
        key=lambda item: (item[0], item[1].id), reverse=True,
    )  # fmt: skip
    ahead = [item for item in chosen if not wanted.cursor or _place(item) < wanted.cursor]
    limit = max(1, min(wanted.limit, PAGE_LIMIT))
    rows = ahead[:limit]
    row = entity_row(entity)
    return views.TimelineView(
        entity=entity.id, title=next(iter((*row.names, *row.identifiers)), entity.id),
        rows=tuple(one for _key, one in rows), count=len(chosen),
        kinds=tuple((kind, counts[kind]) for kind in KINDS if counts[kind]),
        next_cursor=_place(rows[-1]) if len(ahead) > limit else "", cut=cut,
    )  # fmt: skip


def moment_key(entry: views.EntryView) -> str:
    """Return the moment of an entry so that texts sort as moments do; one without a zone, which is
    local to a port, is taken as it stands."""
    return moment_of(entry.at) or moment_of(entry.recorded)


def moment_of(text: str) -> str:
    """Return a moment so that texts sort as moments do, "" for what is none."""
    try:
        read = dt.datetime.fromisoformat(text)
        placed = read.astimezone(dt.UTC) if read.tzinfo else read
    except (ValueError, OverflowError):
        return ""
    return placed.replace(tzinfo=None).isoformat(timespec="microseconds")


def _within(day: str, wanted: views.TimelineFilter) -> bool:
    return (not wanted.since or day >= wanted.since) and (not wanted.until or day <= wanted.until)


def _place(item: tuple[str, views.EntryView]) -> str:
    return f"{item[0]}~{item[1].id}"
