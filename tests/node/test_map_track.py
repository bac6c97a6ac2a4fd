"""The track of a carrier: stops in the order of time, and gaps where nothing joins them. 0.1 s."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from esclusa.model import Place, PortCall, TransportEvent, Voyage
from esclusa.node.map_track import GAP_DAYS, Sighting, sightings, track
from esclusa.node.map_visits import visits_of
from esclusa.sharing.map_views import PlaceView, StopView

NOW = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)
PLACES = {
    n: PlaceView(number=n, code=f"P{n}", name="", first="", last="", records=1, kinds=(), what=(),
                 named=(), lat=None if n == 9 else 1.0, lon=None if n == 9 else float(n))
    for n in range(1, 10)
}  # fmt: skip


def seen(*what: tuple[int, str]) -> list[Sighting]:
    """Return sightings: each a place and a day of 2026 or a moment."""
    found = []
    for n, (place, said) in enumerate(what):
        at = dt.datetime.fromisoformat(said).replace(tzinfo=None).isoformat(timespec="microseconds")
        found.append(Sighting(at, place, said, f"r{n}"))
    return found


def told(*what: tuple[int, str]) -> list[tuple[int, str, str, float | None, str]]:
    return [(s.place, s.first, s.last, s.hours, s.gap) for s in track(seen(*what), PLACES, NOW)]


def test_a_place_that_was_left_and_seen_again_is_two_stops() -> None:
    assert told((2, "2026-11-05"), (1, "2026-11-01"), (1, "2026-11-02"), (1, "2026-11-09")) == [
        (1, "2026-11-01", "2026-11-02", None, ""), (2, "2026-11-05", "2026-11-05", 72.0, ""),
        (1, "2026-11-09", "2026-11-09", 96.0, ""),
    ]  # fmt: skip


def test_what_lies_too_far_apart_at_no_known_place_or_at_one_moment_is_a_gap() -> None:
    last = (dt.date(2026, 1, 1) + dt.timedelta(days=GAP_DAYS)).isoformat()
    late = (dt.date(2026, 1, 1) + dt.timedelta(days=GAP_DAYS + 1)).isoformat()
    assert [one[4] for one in told((1, "2026-01-01"), (2, last))] == ["", ""]
    assert [one[4] for one in told((1, "2026-01-01"), (2, late))] == ["", "long"]
    assert [one[4] for one in told((1, "2026-01-01"), (9, "2026-01-02"), (2, "2026-01-03"))] == [
        "", "unplaced", "unplaced",
    ]  # fmt: skip
    assert [one[4] for one in told((1, "2026-01-01"), (2, "2026-01-01"))] == ["", "at_once"]


def test_what_is_after_now_is_ahead_and_a_zone_is_reckoned_with() -> None:
    ahead = track(seen((1, "2026-11-26"), (2, "2026-11-28")), PLACES, NOW)
    assert [stop.ahead for stop in ahead] == [False, True]
    home = dt.datetime.fromisoformat("2026-11-26T20:00:00-05:00")
    one = Sighting(
        home.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds"), 1,
        home.isoformat(), "r",
    )  # fmt: skip
    (stop,) = track([one], PLACES, NOW)
    assert (stop.ahead, stop.first) == (True, "2026-11-26T20:00:00-05:00")


def test_an_event_that_was_only_planned_is_no_stop() -> None:
    rotterdam = Place(code="NLRTM", scheme="unlocode")
    for stage, stops in (("actual", 1), ("planned", 0), ("estimated", 0)):
        body = TransportEvent(event="load", stage=stage, occurred="2026-11-20T10:00", place=rotterdam)  # fmt: skip
        found = [s for visit in visits_of(row(body)) for s in sightings("r", visit, 1)]
        assert len(found) == stops, stage
    call = PortCall(voyage=Voyage(), port=rotterdam, arrival="2026-11-20", departure="2026-11-21",
                    next_port=Place(code="CNSHA", scheme="unlocode"))  # fmt: skip
    found = [s for visit in visits_of(row(call)) for s in sightings("r", visit, 1)]
    assert [one.said for one in found] == ["2026-11-20", "2026-11-21"]


def row(body: PortCall | TransportEvent) -> Any:
    class Row(msgspec.Struct):
        body: Any

    return Row(body)


@given(st.permutations([(1, "2026-11-01"), (2, "2026-11-02"), (2, "2026-11-03T08:00"),
                        (3, "2026-11-03T08:00"), (1, "2026-11-20")]))  # fmt: skip
def test_the_order_in_which_records_came_changes_no_stop(
    what: list[tuple[int, str]],
) -> None:
    def plain(stops: tuple[StopView, ...]) -> list[tuple[int, str, str, int]]:
        return [(s.place, s.first, s.last, s.records) for s in stops]

    assert plain(track(seen(*what), PLACES, NOW)) == plain(track(seen(*sorted(what)), PLACES, NOW))
    assert sum(stop.records for stop in track(seen(*what), PLACES, NOW)) == len(what)
