"""Rebuild the coast lines of the maps from three GeoJSON files of countries.

    python tools/pack_coast.py SOURCE_DIR

SOURCE_DIR holds ``interface/panama10m.geojson``, ``region10m.geojson`` and ``world50m_s.geojson``:
the countries of Natural Earth (public domain) as packed by topojson/world-atlas (ISC), cut to a
window. A line between two countries stands in both of them, point for point, so an edge that stands
once is coast; edges along the window's rim or over 180° are the scissors' work and go too. What is
left is chained into lines. A few borders were made simpler on one side only; they are left as short
pieces that end nowhere or hang on two points of several countries, and are taken out. Lines are
made simpler (Douglas and Peucker, 1973), put on a grid of whole steps and written as differences:
``scale/number``, first x, first y, then ``dx dy`` for each further point.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from pack_codes import MANIFEST, NOT_COUNTED, Row, save, write

Point = tuple[float, float]

SCALES = {
    # name: file, window (west, south, east, north), steps to a degree, tolerance in degrees
    "panama": ("panama10m", (-83.5, 6.5, -76.5, 10.5), 500, 0.002),
    "region": ("region10m", (-100.0, -5.0, -60.0, 32.0), 200, 0.01),
    "world": ("world50m_s", (-180.0, -85.0, 180.0, 90.0), 50, 0.04),
}
SHORT, LONG = 8, 25
"""Edges. What has no more than the first and hangs on two points of several countries is what is
left of a border; so is what has no more than the second and ends in the open."""
SPECK = 3
"""Steps: a closed line that is no wider and no higher than this is left out."""


def coast(source: Path) -> Iterator[Row]:
    """Yield the rows of the list ``coast``."""
    for scale, (name, window, steps, tolerance) in SCALES.items():
        text = (source / f"interface/{name}.geojson").read_text("utf-8")
        number = 0
        countries = json.loads(text)
        shared = _shared(countries)
        for line in sorted(_chained(_edges(countries, window))):
            ties = sum(point in shared for point in line[1:])
            if len(line) - 1 <= (SHORT if line[0] == line[-1] and ties >= 2 else 0):
                continue
            if line[0] != line[-1] and len(line) - 1 <= LONG and not _at_rim(line, window):
                continue
            grid = [(round(x * steps), round(y * steps)) for x, y in _simpler(line, tolerance)]
            grid = [one for n, one in enumerate(grid) if not n or one != grid[n - 1]]
            if len(grid) < 2 or _speck(grid):
                continue
            moves = (f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(grid))
            yield f"{scale}/{number}", str(grid[0][0]), str(grid[0][1]), " ".join(moves)
            number += 1


def _edges(
    countries: dict[str, Any], window: tuple[float, float, float, float]
) -> list[tuple[Point, Point]]:
    seen: dict[tuple[Point, Point], tuple[Point, Point] | None] = {}
    for ring in _rings(one["geometry"] for one in countries["features"]):
        for a, b in pairwise(ring):
            key = (a, b) if a < b else (b, a)
            seen[key] = None if key in seen else (a, b)
    west, south, east, north = window
    return [
        (a, b) for a, b in filter(None, seen.values())
        if not any(a[axis] == b[axis] == rim for axis, rim in
                   ((0, west), (0, east), (1, south), (1, north)))
        and abs(a[0] - b[0]) < 180
    ]  # fmt: skip


def _at_rim(line: list[Point], window: tuple[float, float, float, float]) -> bool:
    west, south, east, north = window
    return any(x in (west, east) or y in (south, north) for x, y in (line[0], line[-1]))


def _shared(countries: dict[str, Any]) -> set[Point]:
    """Return the points that stand in the outlines of several countries."""
    holders: dict[Point, set[int]] = {}
    for number, one in enumerate(countries["features"]):
        for ring in _rings([one["geometry"]]):
            for point in ring:
                holders.setdefault(point, set()).add(number)
    return {point for point, some in holders.items() if len(some) > 1}


def _rings(shapes: Iterable[dict[str, Any]]) -> Iterator[list[Point]]:
    for shape in shapes:
        if shape["type"] == "GeometryCollection":
            yield from _rings(shape["geometries"])
        elif shape["type"] in ("Polygon", "MultiPolygon"):
            many = shape["coordinates"]
            for polygon in [many] if shape["type"] == "Polygon" else many:
                for ring in polygon:
                    yield [(x, y) for x, y in ring]


def _chained(edges: list[tuple[Point, Point]]) -> Iterator[list[Point]]:
    """Yield lines made of the edges, each edge once; a line ends where more than two edges meet."""
    ahead: dict[Point, list[Point]] = {}
    for a, b in edges:
        ahead.setdefault(a, []).append(b)
    arrive = {b for _a, b in edges}
    starts = sorted(a for a in ahead if a not in arrive) + sorted(ahead)
    for start in starts:
        while ahead.get(start):
            line = [start]
            while ahead.get(line[-1]):
                line.append(ahead[line[-1]].pop())
            yield line


def _simpler(line: list[Point], tolerance: float) -> list[Point]:
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    if line[0] == line[-1]:  # a ring has no chord: split it where it is farthest from its start
        far = max(range(len(line)), key=lambda n: _gap(line[n], line[0], line[0]))
        keep.add(far)
        spans = [(0, far), (far, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        inner = range(first + 1, last)
        if not inner:
            continue
        far = max(inner, key=lambda n: _gap(line[n], line[first], line[last]))
        if _gap(line[far], line[first], line[last]) > tolerance:
            keep.add(far)
            spans += [(first, far), (far, last)]
    return [line[n] for n in sorted(keep)]


def _gap(point: Point, a: Point, b: Point) -> float:
    """Return the distance of a point from the line a-b, in degrees."""
    (x, y), (ax, ay) = point, a
    dx, dy = b[0] - ax, b[1] - ay
    long = dx * dx + dy * dy
    part = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / long)) if long else 0.0
    return float(((x - ax - part * dx) ** 2 + (y - ay - part * dy) ** 2) ** 0.5)


def _speck(grid: list[tuple[int, int]]) -> bool:
    xs, ys = zip(*grid, strict=True)
    return grid[0] == grid[-1] and max(max(xs) - min(xs), max(ys) - min(ys)) <= SPECK


def main(arguments: list[str]) -> None:
    """Rebuild the list; SOURCE_DIR is the only argument."""
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    manifest["coast"] = NOT_COUNTED | manifest["coast"]
    write("coast", coast(Path(arguments[0])), manifest)
    save(manifest)


if __name__ == "__main__":
    main(sys.argv[1:])
