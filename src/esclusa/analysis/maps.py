"""The geometry of small maps: which part of the globe to show, where a place lies on paper, what
of a line can be seen.

The projection is equirectangular with the standard parallel in the view's middle (Snyder, Map
Projections: A Working Manual, USGS Professional Paper 1395, section 12): north is up, and lengths
are true along every meridian and along that parallel. Longitudes of a view run eastwards from its
west edge and may pass 180: so a view over the date line is one piece.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

Point = tuple[float, float]
"""(longitude, latitude) in degrees, or (x, y) in pixels, rightwards and down."""

LEAST: Final = 2.0
"""Degrees of latitude that a view is high and wide, at least: a lone port needs its coast."""
_MARGIN: Final = 0.15
HIGHEST: Final = 85.0
"""Degrees of latitude that a map reaches, at most."""
_FLATTEST: Final = 0.3
"""Degrees of latitude to one of longitude, at least."""
_STEPS: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
_LINES: Final = 6
"""Meridians, and parallels, that a map has at most."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the globe in degrees: ``west`` in [-180, 180), ``east`` above it by at most 360."""

    west: float
    south: float
    east: float
    north: float

    @property
    def parallel(self) -> float:
        """The standard parallel, degrees."""
        return (self.south + self.north) / 2


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A view on paper, ``width`` by ``height`` pixels."""

    view: View
    width: float
    height: float

    @property
    def degree(self) -> float:
        """Pixels of a degree of latitude."""
        return self.height / (self.view.north - self.view.south)

    @property
    def across(self) -> float:
        """Pixels of a degree of longitude."""
        return self.width / (self.view.east - self.view.west)

    def place(self, lon: float, lat: float) -> Point:
        """Return where a position lies, in pixels; its longitude is taken east of the west edge."""
        return self.at(self.view.west + (lon - self.view.west) % 360, lat)

    def at(self, lon: float, lat: float) -> Point:
        """Return where a position lies whose longitude already is one of the view."""
        return (lon - self.view.west) * self.across, (self.view.north - lat) * self.degree

    def back(self, x: float, y: float) -> Point:
        """Return the (longitude, latitude) of a point on paper, longitude in [-180, 180)."""
        lon = self.view.west + x / self.across
        return (lon + 180) % 360 - 180, self.view.north - y / self.degree


def frame(places: Iterable[Point], width: float, height: float) -> Frame:
    """Return the map that shows all places with a margin.

    The view goes round the globe the short way, over 180° where that is shorter. The paper is
    ``width`` by ``height`` pixels at most, and no higher, and no wider than once round, than the
    view needs.

    :param places: (longitude, latitude) in degrees WGS84, latitudes within 85°; none gives the
        whole world.
    """
    # A hair west of Greenwich is 360.0 in floating point, which is 0 again.
    some = [(lon % 360 % 360, max(-HIGHEST, min(HIGHEST, lat))) for lon, lat in places]
    west, wide = _arc(sorted({lon for lon, _lat in some})) if some else (-180.0, 360.0)
    lats = [lat for _lon, lat in some] or [-HIGHEST, HIGHEST]
    middle = west + wide / 2
    wide = min(360.0, max(LEAST, wide * (1 + 2 * _MARGIN)))
    high = max(LEAST, (max(lats) - min(lats)) * (1 + 2 * _MARGIN), wide * _FLATTEST)
    high = min(2 * HIGHEST, high)
    rest = HIGHEST - high / 2
    parallel = max(-rest, min(rest, (max(lats) + min(lats)) / 2))
    shorter = math.cos(math.radians(parallel))
    degree = min(width / (wide * shorter), height / high)
    wide = min(360.0, width / (degree * shorter))
    west = (middle - wide / 2 + 180) % 360 - 180
    view = View(west=west, south=parallel - high / 2, east=west + wide, north=parallel + high / 2)
    return Frame(view=view, width=wide * degree * shorter, height=high * degree)


def _arc(lons: Sequence[float]) -> tuple[float, float]:
    """Return where the shortest arc that holds all longitudes begins, and how long it is."""
    gaps = [
        ((after - before) % 360 or 360.0, after)
        for before, after in zip(lons, (*lons[1:], lons[0]), strict=True)
    ]
    gap, west = max(gaps)
    return west, 360.0 - gap


def shown(frame: Frame, lines: Iterable[Sequence[Point]]) -> list[list[Point]]:
    """Return what a map shows of lines, in whole pixels, without what is too small to be seen.

    :param lines: points (longitude in [-180, 180], latitude); no line crosses 180°.
    """
    view = frame.view
    found = []
    for turn in (-360.0, 0.0, 360.0):
        west, east = view.west - turn, view.east - turn
        if west > 180 or east < -180:
            continue
        box = (west, view.south, east, view.north)
        for line in lines:
            for piece in clipped(line, box):
                drawn = _thin([frame.at(lon + turn, lat) for lon, lat in piece])
                if len(drawn) > 1:
                    found.append(drawn)
    return found


def clipped(line: Sequence[Point], box: tuple[float, float, float, float]) -> list[list[Point]]:
    """Return the pieces of a line that lie in a box (left, bottom, right, top).

    Each segment is cut as by Liang and Barsky (ACM Transactions on Graphics 3(1), 1984).
    """
    pieces: list[list[Point]] = []
    whole = False
    for one, other in pairwise(line):
        cut = _cut(one, other, box)
        if cut is None:
            whole = False
            continue
        start, end = cut
        if whole and pieces[-1][-1] == start:
            pieces[-1].append(end)
        else:
            pieces.append([start, end])
        whole = end == other
    return pieces


def _cut(
    one: Point, other: Point, box: tuple[float, float, float, float]
) -> tuple[Point, Point] | None:
    (x, y), (left, bottom, right, top) = one, box
    dx, dy = other[0] - x, other[1] - y
    first, last = 0.0, 1.0
    for slope, room in ((-dx, x - left), (dx, right - x), (-dy, y - bottom), (dy, top - y)):
        if slope == 0:
            if room < 0:
                return None
            continue
        part = room / slope
        if slope < 0:
            first = max(first, part)
        else:
            last = min(last, part)
        if first > last:
            return None
    start = one if first == 0 else (x + first * dx, y + first * dy)
    return start, other if last == 1 else (x + last * dx, y + last * dy)


def _thin(points: Sequence[Point]) -> list[Point]:
    """Return points in whole pixels, none twice in a row, none in the middle of a straight run."""
    kept: list[Point] = []
    for x, y in points:
        here = (float(round(x)), float(round(y)))
        if kept and here == kept[-1]:
            continue
        if len(kept) > 1 and _between(kept[-2], kept[-1], here):
            kept.pop()
        kept.append(here)
    return kept


def _between(one: Point, middle: Point, other: Point) -> bool:
    (ax, ay), (bx, by) = (
        (middle[0] - one[0], middle[1] - one[1]), (other[0] - middle[0], other[1] - middle[1])
    )  # fmt: skip
    return ax * by == ay * bx and ax * bx + ay * by > 0


def graticule(low: float, high: float) -> list[float]:
    """Return round degrees within a span, at most six, two where the span has room for them."""
    step = next((one for one in _STEPS if (high - low) / one <= _LINES), _STEPS[-1])
    first, last = math.ceil(low / step), math.floor(high / step)
    return [step * number for number in range(first, last + 1)]


def scale_bar(frame: Frame) -> tuple[float, float]:
    """Return a round length in nautical miles (1,852 m, a minute of latitude) and its pixels.

    It is at most a quarter of the map's width, and true along meridians and the standard parallel.
    """
    mile = frame.degree / 60
    most = frame.width / 4 / mile
    ten = 10.0 ** math.floor(math.log10(most))
    length = next(ten * part for part in (5, 2, 1) if ten * part <= most * (1 + 1e-9))
    return length, length * mile


def apart(
    points: Sequence[Point], gap: float, width: float, height: float
) -> list[Point]:  # fmt: skip
    """Return where marks stand so that none covers another: at their points, or beside them.

    :param gap: pixels between two marks, at least; the marks stay on the paper while it has room.
    """
    placed: list[Point] = []
    for x, y in points:
        placed.append(next(
            (spot for spot in _around(x, y, gap) if _fits(spot, placed, gap, width, height)),
            (x, y),
        ))  # fmt: skip
    return placed


def _around(x: float, y: float, gap: float) -> Iterable[Point]:
    yield x, y
    for ring in range(1, 12):
        for part in range(8 * ring):
            angle = math.tau * part / (8 * ring)
            yield x + ring * gap * math.cos(angle), y + ring * gap * math.sin(angle)


def _fits(
    spot: Point, placed: Sequence[Point], gap: float, width: float, height: float
) -> bool:  # fmt: skip
    x, y = spot
    edge = gap / 2
    if not (edge <= x <= width - edge and edge <= y <= height - edge):
        return False
    return all(math.hypot(x - a, y - b) >= gap * 0.999 for a, b in placed)
