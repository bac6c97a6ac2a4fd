"""The map of an entity's places, drawn on the server: coast lines, net of degrees, numbered marks.

It shows the rows of the table beside it that have a position, and nothing else. Only coast in view
is drawn. A mark that would cover another stands beside its place, tied to it by a short line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final

import msgspec

from esclusa.analysis import maps
from esclusa.codes import coast
from esclusa.node.map_track import LONG
from esclusa.sharing.map_views import PlacesView, StopView

WIDTH: Final = 880
HEIGHT: Final = 560
_LETTERS: Final = {"en": ("NS", "EW"), "es": ("NS", "EO")}
_GAP: Final = 24
"""Pixels between the middles of two marks: a target of 24 by 24 (WCAG 2.2, 2.5.8)."""


class MapMark(msgspec.Struct, frozen=True, kw_only=True):
    """A place: where its mark stands, where it lies itself, its row in the table, from 0."""

    x: float
    y: float
    true_x: float
    true_y: float
    row: int
    aside: bool


class MapLine(msgspec.Struct, frozen=True):
    """A line of the net: where, in pixels, and its degrees with a letter (``80°W``)."""

    at: float
    label: str


class MapWay(msgspec.Struct, frozen=True):
    """A line through stops: what it is (``past``, ``ahead``, ``gap``), and its points."""

    kind: str
    points: str


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """A map ready to be drawn. ``coast`` is an SVG path, ``ways`` are the lines that join stops of
    a track in the order of time. ``bar`` is the scale's length in pixels,
    ``miles`` in nautical miles. ``parallel`` is the standard parallel, as a text."""

    width: int
    height: int
    coast: str
    scale: str
    marks: tuple[MapMark, ...]
    meridians: tuple[MapLine, ...]
    parallels: tuple[MapLine, ...]
    ways: tuple[MapWay, ...]
    bar: float
    miles: str
    parallel: str


def drawn(view: PlacesView, language: str) -> Map | None:
    """Return the map of an entity's places, None when no place has a position."""
    lats, lons = _LETTERS.get(language, _LETTERS["en"])
    known = [(n, one.lon, one.lat) for n, one in enumerate(view.rows)
             if one.lat is not None and one.lon is not None]  # fmt: skip
    if not known:
        return None
    made = maps.frame([(lon, lat) for _n, lon, lat in known], WIDTH, HEIGHT)
    window = made.view
    scale = coast.scale_for(window.west, window.south, window.east, window.north)
    spots = [made.place(lon, lat) for _n, lon, lat in known]
    stand = maps.apart(spots, _GAP, made.width, made.height)
    miles, bar = maps.scale_bar(made)
    at = {view.rows[n].number: spot for (n, _lon, _lat), spot in zip(known, spots, strict=True)}
    return Map(
        width=round(made.width), height=round(made.height), scale=scale.name,
        coast=path(maps.shown(made, coast.lines(scale))),
        marks=tuple(
            MapMark(
                x=round(x, 1), y=round(y, 1), true_x=round(true[0], 1), true_y=round(true[1], 1),
                row=n, aside=(x, y) != true,
            )
            for (n, _lon, _lat), true, (x, y) in zip(known, spots, stand, strict=True)
        ),
        meridians=tuple(
            MapLine(round(made.at(lon, 0)[0], 1), degrees(lon, lons))
            for lon in maps.graticule(window.west, window.east)
        ),
        parallels=tuple(
            MapLine(round(made.at(window.west, lat)[1], 1), degrees(lat, lats))
            for lat in maps.graticule(window.south, window.north)
        ),
        ways=tuple(_ways(view.track, at)),
        bar=round(bar, 1), miles=f"{miles:g}", parallel=degrees(round(window.parallel, 1), lats),
    )  # fmt: skip


def _ways(track: Sequence[StopView], at: Mapping[int, maps.Point]) -> Iterator[MapWay]:
    """Yield the lines of a track: stops of one kind in a row are one line. A stop of which nothing
    says where it lies, or that is stated for the moment of the one before, joins nothing."""
    for kind, legs in groupby(pairwise(track), key=lambda leg: _kind(leg[1])):
        if kind:
            joined = list(legs)
            stops = [joined[0][0], *(after for _before, after in joined)]
            points = [at[stop.place] for stop in stops]
            yield MapWay(kind, " ".join(f"{x:.1f},{y:.1f}" for x, y in points))


def _kind(stop: StopView) -> str:
    if stop.gap:
        return "gap" if stop.gap == LONG else ""
    return "ahead" if stop.ahead else "past"


def path(lines: Sequence[Sequence[maps.Point]]) -> str:
    """Return lines in whole pixels as one SVG path, each point as its distance from the last."""
    parts: list[str] = []
    here = (0, 0)
    for line in lines:
        points = [(int(x), int(y)) for x, y in line]
        start = points[0]
        moves = "".join(
            f"{_signed(b[0] - a[0])}{_signed(b[1] - a[1])}" for a, b in pairwise(points)
        )
        move = f"{start[0] - here[0]}{_signed(start[1] - here[1])}"
        parts.append(f"{'m' if parts else 'M'}{move}l{moves.removeprefix(' ')}")
        here = points[-1]
    return "".join(parts)


def _signed(number: int) -> str:
    """A minus sign parts two numbers of a path as well as a blank does."""
    return str(number) if number < 0 else f" {number}"


def degrees(value: float, letters: str) -> str:
    """Return degrees as charts write them: ``79.5°W``; a longitude may be beyond 180."""
    if letters[0] == "E":
        value = (value + 180) % 360 - 180
    letter = letters[value < 0] if value and abs(value) != 180 else ""
    return f"{abs(value):g}°{letter}"
