"""The places of an entity, for people: a table, from which a map is drawn."""

from __future__ import annotations

import msgspec

from esclusa.sharing.story_views import EntryWord


class PlaceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that names a place: its title, originator and level."""

    record_id: str
    title: str
    originator: str
    level: int


class PlaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A place that records give. ``number`` counts them in the order of their first dates, from 1.

    ``code`` is as sent, ``name`` as the code list has it, else as sent. ``lat`` and ``lon`` are
    degrees WGS84, None where no list knows them; ``source`` is the list: ``port`` (World Port
    Index), ``unlocode`` or "". ``first`` and ``last`` are the earliest and latest date stated for
    the place (ISO 8601; without a zone it is local to the place), "" where none is. ``records``
    counts all; ``named`` are some of them, the newest. ``kinds`` are kinds of records with their
    number, ``what`` says what happened or is to happen there."""

    number: int
    code: str
    name: str
    first: str
    last: str
    records: int
    kinds: tuple[tuple[str, int], ...]
    what: tuple[EntryWord, ...]
    named: tuple[PlaceRecord, ...]
    lat: float | None = None
    lon: float | None = None
    source: str = ""


class StopView(msgspec.Struct, frozen=True, kw_only=True):
    """A stop of a track. ``place`` is the number of its place; ``first`` and ``last`` are the
    moments stated, as sent; ``records`` state them. ``ahead``: the last of them is still to come.
    ``hours`` lie between the stop before and this one, None for the first. ``gap`` says why the two
    are not joined: ``unplaced`` (of one it is not known where it lies), ``long`` (too long without
    a stop), ``at_once`` (both are stated for one moment), "" when they are."""

    place: int
    first: str
    last: str
    records: int
    ahead: bool
    hours: float | None = None
    gap: str = ""


class PlacesView(msgspec.Struct, frozen=True, kw_only=True):
    """The places of an entity, those with a date first. ``carrier`` says that it is a ship or a
    container, so that its places follow one another. ``looked`` records were looked at;
    ``cut`` tells that these are only the newest. ``track`` are the stops of such a carrier in the
    order of time, the newest 200; ``track_cut``: there are older ones."""

    entity: str
    title: str
    rows: tuple[PlaceView, ...]
    carrier: bool
    looked: int
    cut: bool = False
    track: tuple[StopView, ...] = ()
    track_cut: bool = False
