"""The geometry of maps. About 3 CPU seconds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis import maps

LON = st.floats(-180, 180, allow_nan=False)
LAT = st.floats(-80, 80, allow_nan=False)
PLACES = st.lists(st.tuples(LON, LAT), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(places=PLACES)
def test_every_place_lies_on_the_paper_and_comes_back(places: list[maps.Point]) -> None:
    made = maps.frame(places, 880, 520)
    view = made.view
    assert 0 < made.width <= 880.001 and 0 < made.height <= 520.001
    assert maps.LEAST * 0.999 <= view.north - view.south <= 170.001
    assert maps.LEAST * 0.999 <= view.east - view.west <= 360.001
    assert view.south >= -85.001 and view.north <= 85.001 and -180 <= view.west < 180
    # Lengths are true along the standard parallel: a degree of longitude is shorter by its cosine.
    assert math.isclose(
        made.across, made.degree * math.cos(math.radians(view.parallel)), rel_tol=1e-9
    )
    for lon, lat in places:
        x, y = made.place(lon, lat)
        assert -0.001 <= x <= made.width + 0.001 and -0.001 <= y <= made.height + 0.001
        back = made.back(x, y)
        assert abs((back[0] - lon + 180) % 360 - 180) < 1e-6 and abs(back[1] - lat) < 1e-6


def test_no_place_gives_the_whole_world_and_one_place_its_coast() -> None:
    world = maps.frame([], 880, 520)
    assert world.view.east - world.view.west == pytest.approx(360) and world.view.parallel == 0
    one = maps.frame([(-79.9, 9.35)], 880, 520)
    assert one.view.north - one.view.south == pytest.approx(maps.LEAST)
    assert one.place(-79.9, 9.35) == pytest.approx((one.width / 2, one.height / 2))


def test_the_short_way_goes_over_the_date_line() -> None:
    made = maps.frame([(174.8, -36.8), (-149.6, -17.5)], 880, 520)
    assert made.view.west < 174.8 and made.view.east > 180 + 30.4
    assert made.view.east - made.view.west < 60
    west, east = made.place(174.8, -36.8)[0], made.place(-149.6, -17.5)[0]
    assert 0 < west < east < made.width
    across = maps.shown(
        made, [[(179.0, -30.0), (180.0, -30.0)], [(-180.0, -30.0), (-179.0, -30.0)]]
    )
    assert len(across) == 2 and abs(across[0][-1][0] - across[1][0][0]) <= 1
    assert not maps.shown(made, [[(0.0, -30.0), (1.0, -30.0)]])


def test_a_view_over_greenwich_is_one_piece_too() -> None:
    made = maps.frame([(-9.1, 38.7), (4.3, 51.9)], 880, 520)
    assert made.view.west < -9.1 and made.view.east > 4.3 and made.view.east < 40


def test_a_line_is_cut_where_it_leaves_and_where_it_comes_back() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    assert maps.clipped([(-5, 5), (5, 5), (15, 5)], box) == [[(0, 5), (5, 5), (10, 5)]]
    there = maps.clipped([(5, 5), (15, 5), (15, 6), (5, 6)], box)
    assert there == [[(5, 5), (10, 5)], [(10, 6), (5, 6)]]
    assert maps.clipped([(-1, -1), (-2, 20), (20, 20)], box) == []
    assert maps.clipped([(-5, 5), (15, 5)], box) == [[(0, 5), (10, 5)]]
    assert maps.clipped([(3, 3)], box) == []


@settings(max_examples=150, deadline=None)
@given(line=st.lists(st.tuples(LON, LAT), min_size=2, max_size=8))
def test_pieces_stay_in_the_box_and_points_inside_stay(line: list[maps.Point]) -> None:
    box = (-60.0, -30.0, 70.0, 40.0)
    points = [point for piece in maps.clipped(line, box) for point in piece]
    for x, y in points:
        assert -60.000001 <= x <= 70.000001 and -30.000001 <= y <= 40.000001
    for x, y in line:
        if -60 < x < 70 and -30 < y < 40:
            assert any(math.hypot(x - a, y - b) < 1e-9 for a, b in points)


@settings(max_examples=100, deadline=None)
@given(places=PLACES)
def test_scale_bar_and_graticule_are_round_and_fit(places: list[maps.Point]) -> None:
    made = maps.frame(places, 880, 520)
    miles, pixels = maps.scale_bar(made)
    assert 0 < pixels <= made.width / 4 * 1.001
    assert miles / 10 ** math.floor(math.log10(miles) + 1e-9) == pytest.approx(
        round(miles / 10 ** math.floor(math.log10(miles) + 1e-9))
    )
    # A mile is a minute of latitude.
    top = made.at(made.view.west, made.view.north - miles / 60)
    assert top[1] == pytest.approx(pixels)
    for low, high in ((made.view.south, made.view.north), (made.view.west, made.view.east)):
        lines = maps.graticule(low, high)
        assert 1 <= len(lines) <= 7 and all(low <= one <= high for one in lines)


@settings(max_examples=60, deadline=None)
@given(points=st.lists(st.tuples(st.floats(0, 880), st.floats(0, 500)), max_size=25))
def test_marks_cover_no_other_mark(points: list[maps.Point]) -> None:
    spots = maps.apart(points, 20, 880, 500)
    for n, one in enumerate(spots):
        assert 0 <= one[0] <= 880 and 0 <= one[1] <= 500
        assert all(math.hypot(one[0] - a, one[1] - b) > 19.9 for a, b in spots[:n])


def test_a_straight_run_and_what_is_smaller_than_a_pixel_are_not_drawn() -> None:
    made = maps.frame([(-80.0, 9.0)], 880, 520)
    degree = made.degree
    tiny = [(-80.0, 9.0), (-80.0 + 0.1 / degree, 9.0 + 0.1 / degree), (-80.0, 9.0)]
    assert maps.shown(made, [tiny]) == []
    straight = [(-80.0, 9.0 + n / 100) for n in range(20)]
    (drawn,) = maps.shown(made, [straight])
    assert len(drawn) == 2
