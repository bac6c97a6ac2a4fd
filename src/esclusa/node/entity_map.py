"""The places of an entity, for people: where records say that it, or its goods, were or will be.

Made from the records that the reader may see and that name one of the entity's mentions, and from
nothing else; numbers and order too. So what is hidden moves no place and is in no count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from esclusa.analysis.resolution.mention import CONTAINER, VESSEL
from esclusa.errors import NotFound
from esclusa.ledger import records
from esclusa.ledger.indexing import title_of
from esclusa.model import Place, Record
from esclusa.node import map_track
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.entity_rows import entity_row
from esclusa.node.map_track import Sighting
from esclusa.node.map_visits import Visit, spot, visits_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.story_sketch import moment_of
from esclusa.sharing.map_views import PlaceRecord, PlacesView, PlaceView, StopView
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

_LOOKED: Final = 2_000
"""Records of an entity that are looked at, the newest; as of its timeline."""
_NAMED: Final = 3
"""Records named for each place, at most; they are counted all."""


class MapDesk:
    """Places of entities."""

    def __init__(self, gate: Gate, pipeline: Pipeline, entities: EntityDesk) -> None:
        self._gate = gate
        self._labels = pipeline.labels
        self._entities = entities
        self._now = pipeline.analyst.now

    def places(self, reader: Reader, name: str) -> PlacesView:
        """Return the places that records give of an entity, in the order of their first dates.

        :raises NotFound: when it is not there, or the reader may not know of it.
        """
        reader.require(Action.RECORD_READ)
        with self._entities.seen(reader) as (connection, visible, known):
            entity = known.entities.entity(name)
            view = None
            if entity:
                seqs = entity.newest(_LOOKED + 1)
                held = records.get_by_seq(connection, self._labels, visible, seqs[:_LOOKED])
                rows = {row.id: row for row in held.values() if row.body is not None}
                told = entity_row(entity)
                carrier = bool({VESSEL, CONTAINER} & set(told.types))
                places, seen = _places(rows.values())
                stops = self._track(places, seen) if carrier else ()
                view = PlacesView(
                    entity=entity.id,
                    title=next(iter((*told.names, *told.identifiers)), entity.id),
                    rows=tuple(places), looked=len(rows), carrier=carrier,
                    cut=len(seqs) > _LOOKED, track=stops[-map_track.STOPS :],
                    track_cut=len(stops) > map_track.STOPS,
                )  # fmt: skip
        self._gate.note(
            reader, Action.RECORD_READ, subject=view.entity if view else "",
            detail="entity places" if view else "entity not found",
        )  # fmt: skip
        if view is None:
            raise NotFound("no such entity")
        return view

    def _track(self, places: Iterable[PlaceView], seen: Iterable[Sighting]) -> tuple[StopView, ...]:
        return map_track.track(seen, {one.number: one for one in places}, self._now())


def _places(rows: Iterable[Record]) -> tuple[list[PlaceView], list[Sighting]]:
    """Return the places of some records, numbered, and when each record puts the entity there."""
    found: dict[tuple[str, str], list[tuple[Record, Visit]]] = {}
    for row in sorted(rows, key=lambda one: one.seq):
        for visit in visits_of(row):
            if visit.place.code or visit.place.name:
                found.setdefault(_key(visit.place), []).append((row, visit))
    made = [(_place(visits), visits) for visits in found.values()]
    made.sort(key=lambda one: _order(one[0]))
    places = [
        msgspec.structs.replace(one, number=n) for n, (one, _visits) in enumerate(made, start=1)
    ]
    seen = [
        sighting
        for place, (_one, visits) in zip(places, made, strict=True)
        for row, visit in visits
        for sighting in map_track.sightings(row.id, visit, place.number)
    ]
    return places, seen


def _order(place: PlaceView) -> tuple[bool, str, str, str]:
    return not place.first, moment_of(place.first), place.code, place.name


def _key(place: Place) -> tuple[str, str]:
    code = place.code.strip().upper()
    return (place.scheme, code) if code else ("", place.name.strip().upper())


def _place(visits: list[tuple[Record, Visit]]) -> PlaceView:
    places = [visit.place for _row, visit in visits]
    place = next((one for one in places if one.name), places[0])
    where = spot(place)
    when = sorted((text for _row, visit in visits for text in visit.when), key=moment_of)
    when = [text for text in when if moment_of(text)]
    rows = {row.id: row for row, _visit in visits}
    latest = sorted(rows.values(), key=lambda row: row.seq, reverse=True)
    words = Counter(word for _row, visit in visits for word in visit.what)
    return PlaceView(
        number=0, code=place.code, name=where.name or place.name,
        first=when[0] if when else "", last=when[-1] if when else "", records=len(rows),
        kinds=tuple(sorted(Counter(row.kind for row in rows.values()).items())),
        what=tuple(sorted(words, key=lambda one: (-words[one], one.section, one.text))),
        named=tuple(
            PlaceRecord(
                record_id=row.id, title=title_of(row.body) if row.body is not None else "",
                originator=row.originator, level=int(row.marking.level),
            )
            for row in latest[:_NAMED]
        ),
        lat=where.lat, lon=where.lon, source=where.source,
    )  # fmt: skip
