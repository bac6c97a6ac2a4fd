"""Coast lines of the world, of the Caribbean and Central America, and of Panama, for maps.

Natural Earth (public domain): 1:50m for the world, 1:10m for the two nearer windows, made simpler
and kept on a grid. ``tools/pack_coast.py`` says how. A map is drawn with the finest scale whose
window holds all of it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec

from esclusa.codes import packed

LABEL_EN: Final = "Coast lines"
LABEL_ES: Final = "Líneas de costa"

Line = tuple[tuple[float, float], ...]
"""Points as (longitude, latitude), degrees WGS84."""


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """A set of lines. The window is in degrees WGS84; ``steps`` is how many steps of its grid make
    a degree; ``tolerance`` how far, in degrees, a line may lie from the original at most."""

    name: str
    west: float
    south: float
    east: float
    north: float
    steps: int
    tolerance: float

    def holds(self, west: float, south: float, east: float, north: float) -> bool:
        """Answer whether a window in degrees lies within this one."""
        across = self.west <= west and east <= self.east
        return across and self.south <= south and north <= self.north


PANAMA: Final = Scale(
    name="panama", west=-83.5, south=6.5, east=-76.5, north=10.5, steps=500, tolerance=0.003
)
REGION: Final = Scale(
    name="region", west=-100, south=-5, east=-60, north=32, steps=200, tolerance=0.0135
)
WORLD: Final = Scale(
    name="world", west=-180, south=-90, east=180, north=90, steps=50, tolerance=0.055
)
SCALES: Final = (PANAMA, REGION, WORLD)
"""The finest first."""


def scale_for(west: float, south: float, east: float, north: float) -> Scale:
    """Return the finest scale for a window in degrees; one that crosses 180° gets the world."""
    return next((one for one in SCALES if one.holds(west, south, east, north)), WORLD)


@cache
def lines(scale: Scale) -> tuple[Line, ...]:
    """Return the lines of a scale; raises ``ConfigError`` when the list is damaged."""
    rows = (line.split("\t") for line in packed.read("coast"))
    return tuple(_line(row, scale.steps) for row in rows if row[0].startswith(f"{scale.name}/"))


def edition() -> str:
    """Return the edition of the lines."""
    return packed.edition("coast")


def _line(row: list[str], steps: int) -> Line:
    x, y = int(row[1]), int(row[2])
    moves = [int(one) for one in row[3].split(" ")]
    points = [(x / steps, y / steps)]
    for dx, dy in zip(moves[::2], moves[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / steps, y / steps))
    return tuple(points)
