"""The track of a ship or a container: where records put it, stop after stop in the order of time.

1. A stop is a place with the moments that records state for it, from one to the next place: who was
   somewhere twice has two stops there. What a record plans or expects of an event is no stop; a
   moment after now is one ahead.
2. Between two stops nothing is known but their moments. They are joined where no more than
   :data:`GAP_DAYS` lie between, and where it is known of both where they are; else there is a gap.
3. Two places stated for one moment are both stops; the second says so.

A moment without a zone is the place's own time and is set in order as if it were UTC, so that the
order of stops less than a day apart may be another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from esclusa.node.map_visits import Visit
from esclusa.node.story_sketch import moment_of
from esclusa.sharing.map_views import PlaceView, StopView

GAP_DAYS: Final = 30
"""Days between two stops from which there is a gap: longer than liners are between two ports."""
STOPS: Final = 200
"""Stops that are shown, the newest."""
UNPLACED: Final = "unplaced"
LONG: Final = "long"
AT_ONCE: Final = "at_once"
_STAGE: Final = "value.stage"
"""Section of the word that says that an event has not happened: planned, estimated, requested."""


class Sighting(msgspec.Struct, frozen=True, order=True):
    """A place at a moment: the moment in order, the place's number, the moment as stated, and the
    record that states it."""

    at: str
    place: int
    said: str
    record: str


def sightings(record: str, visit: Visit, place: int) -> Iterator[Sighting]:
    """Yield the moments that a record states for a place, but for what has not happened."""
    if any(word.section == _STAGE for word in visit.what):
        return
    for text in visit.when:
        if at := moment_of(text):
            yield Sighting(at, place, text, record)


def track(
    seen: Iterable[Sighting], places: Mapping[int, PlaceView], now: dt.datetime
) -> tuple[StopView, ...]:
    """Return the stops, oldest first.

    :param places: by number.
    :param now: aware; what is stated after it is ahead.
    """
    moment = moment_of(now.astimezone(dt.UTC).isoformat())
    stops: list[StopView] = []
    stay: list[Sighting] = []
    for one in [*sorted(seen), None]:
        if stay and (one is None or one.place != stay[-1].place):
            stops.append(_stop(stops[-1] if stops else None, stay, places, moment))
            stay = []
        if one is not None:
            stay.append(one)
    return tuple(stops)


def _stop(
    before: StopView | None, stay: list[Sighting], places: Mapping[int, PlaceView], now: str
) -> StopView:
    place = places[stay[0].place]
    made = StopView(
        place=place.number, first=stay[0].said, last=stay[-1].said,
        records=len({one.record for one in stay}), ahead=stay[-1].at > now,
    )  # fmt: skip
    if before is None:
        return made
    hours = _hours(moment_of(before.last), stay[0].at)
    return msgspec.structs.replace(made, hours=hours, gap=_gap(places[before.place], place, hours))


def _gap(before: PlaceView, place: PlaceView, hours: float) -> str:
    if before.lat is None or place.lat is None:
        return UNPLACED
    if hours == 0:
        return AT_ONCE
    return LONG if hours > GAP_DAYS * 24 else ""


def _hours(before: str, after: str) -> float:
    passed = dt.datetime.fromisoformat(after) - dt.datetime.fromisoformat(before)
    return round(passed.total_seconds() / 3600, 1)
