"""Ports of the world: the World Port Index (NGA Publication 150), with positions off the chart.

Used to say which port a ship lies in, and where a port is. Distances are great-circle kilometres on
a sphere of 6,371.0088 km (mean earth radius), within 0.6 % of the ellipsoid.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import msgspec

from esclusa.codes import packed, unlocode
from esclusa.codes.table import Table
from esclusa.codes.text import compact

LABEL_EN: Final = "World port"
LABEL_ES: Final = "Puerto del mundo"
STANDARD: Final = "NGA Publication 150"

EARTH_RADIUS_KM: Final = 6371.0088
_KM_PER_DEGREE: Final = math.radians(1) * EARTH_RADIUS_KM
_WIDEST_KM: Final = 2_000
"""Beyond this a "near" port means nothing and the search would visit the whole globe."""


class Port(msgspec.Struct, frozen=True, gc=False):
    """A port. ``number`` is its index number, ``locode`` a UN/LOCODE or "", ``country`` ISO
    3166-1 alpha-2 or "". ``lat``, ``lon`` in degrees WGS84. ``size``: ``large``, ``medium``,
    ``small``, ``very small`` or ""."""

    number: str
    name: str
    other_name: str
    locode: str
    country: str
    lat: float
    lon: float
    size: str


def get(number: str) -> Port | None:
    """Return the port with an index number, or None."""
    return _TABLE.get(number)


def by_locode(code: str) -> Port | None:
    """Return the port with a UN/LOCODE, the largest if several carry it, or None."""
    return _by_locode().get(code) or _by_locode().get(compact(code))


def position(code: str) -> tuple[float, float] | None:
    """Return where a UN/LOCODE is: (lat, lon) degrees WGS84, the port's place before the town's."""
    found = by_locode(code) or unlocode.get(code)
    if found is None or found.lat is None or found.lon is None:
        return None
    return found.lat, found.lon


def near(
    lat: float, lon: float, *, within_km: float = 25.0, limit: int = 5
) -> list[tuple[float, Port]]:
    """Return (distance in km, port) of the nearest ports, nearest first, equal ones by number.

    ``lat``, ``lon`` in degrees WGS84; positions off the globe and not-a-number give []. At most
    ``limit`` ports within ``within_km`` (2,000 at most).
    """
    if not (abs(lat) <= 90 and abs(lon) <= 360):
        return []
    reach = min(within_km, _WIDEST_KM)
    found = [(distance_km(lat, lon, p.lat, p.lon), p) for p in _candidates(lat, lon, reach)]
    inside = sorted((d, p.number, p) for d, p in found if d <= reach)
    return [(d, p) for d, _, p in inside[:limit]]


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in km between two positions in degrees (haversine)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_lat, half_lon = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    a = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, a)))


def all_ports() -> list[Port]:
    """Return every port, by index number."""
    return _TABLE.all()


def edition() -> str:
    """Return the edition of the list."""
    return packed.edition("port")


def _candidates(lat: float, lon: float, reach: float) -> list[Port]:
    cells = _cells()
    margin = reach / _KM_PER_DEGREE
    rows = range(math.floor(max(-90, lat - margin)), math.floor(min(90, lat + margin)) + 1)
    columns = _columns(lat, lon, margin)
    return [port for row in rows for column in columns for port in cells.get((row, column), ())]


def _columns(lat: float, lon: float, margin: float) -> list[int]:
    """Columns of one degree that a circle of ``margin`` degrees can touch; all near a pole."""
    if abs(lat) + margin >= 90:
        return list(range(360))
    sine = math.sin(math.radians(margin)) / math.cos(math.radians(lat))
    wide = math.degrees(math.asin(min(1.0, sine)))
    first, last = math.floor(lon - wide), math.floor(lon + wide)
    return list(dict.fromkeys(column % 360 for column in range(first, last + 1)))


@cache
def _cells() -> dict[tuple[int, int], list[Port]]:
    cells: dict[tuple[int, int], list[Port]] = {}
    for port in _TABLE.all():
        cells.setdefault((math.floor(port.lat), math.floor(port.lon) % 360), []).append(port)
    return cells


_SIZES: Final = ("", "very small", "small", "medium", "large")


@cache
def _by_locode() -> dict[str, Port]:
    ports = sorted(_TABLE.all(), key=lambda port: _SIZES.index(port.size))
    return {port.locode: port for port in ports if port.locode}


def _make(row: list[str]) -> Port:
    number, name, other, locode, country, lat, lon, size = row
    return Port(number, name, other, locode, country, float(lat), float(lon), size)


_TABLE: Final = Table("port", _make, str.strip)
