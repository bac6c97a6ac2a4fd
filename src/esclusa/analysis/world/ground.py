"""What does not change while a world is played: goods, ports, services, lanes, ships, names."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.streams import Numbers, Reals, Streams
from esclusa.codes import imo

EQUIPMENT: Final = ("large", "small", "reefer")
SIZE_TYPE: Final = ("45G1", "22G1", "45R1")
TARE_KG: Final = (3_900.0, 2_250.0, 4_600.0)
LARGE, SMALL, REEFER = range(3)

NO_SHIP: Final = 300_000
"""First six digits of the ships' numbers: a range in which no ship's IMO number is known."""


class Good(msgspec.Struct, frozen=True):
    """A row of ``goods.csv``. USD for a kilogram, kilograms in a full box and in a package."""

    hs: str
    sector: str
    equipment: str
    value_per_kg: float
    value_spread: float
    load_kg: float
    package: str
    kg_per_package: float
    texts: str


class Service(msgspec.Struct, frozen=True):
    """A row of ``places.toml``; ports with days from or to the canal."""

    letter: str
    direction: str
    canal: str
    load: dict[str, int]
    discharge: dict[str, int]
    carriers: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]


class Words(msgspec.Struct, frozen=True):
    """``words.toml``."""

    start: tuple[str, ...]
    end: tuple[str, ...]
    street: tuple[str, ...]
    vague: tuple[str, ...]
    owners: tuple[str, ...]


class Goods(msgspec.Struct, frozen=True):
    """The goods as columns; ``by_sector`` lists each sector's goods."""

    rows: tuple[Good, ...]
    texts: tuple[str, ...]
    first_text: Numbers
    texts_of: Numbers
    sector: Numbers
    equipment: Numbers
    value_per_kg: Reals
    value_spread: Reals
    load_kg: Reals
    kg_per_package: Reals
    by_sector: tuple[Numbers, ...]

    @property
    def sectors(self) -> int:
        """How many lines of business there are."""
        return len(self.by_sector)


class Lanes(msgspec.Struct, frozen=True):
    """Pairs of load and discharge port on a service, as columns; ``ordinary`` come first.

    ``share`` is of ordinary trade. ``of`` names the lanes that belong to a new scheme alone.
    """

    service: Numbers
    load: Numbers
    discharge: Numbers
    days_before: Numbers
    days_after: Numbers
    transhipped: npt.NDArray[np.bool_]
    ordinary: int
    share: Reals
    of: dict[str, Numbers]


class Ground(msgspec.Struct, frozen=True):
    """The ground on which a world is played."""

    goods: Goods
    words: Words
    services: tuple[Service, ...]
    ports: tuple[str, ...]
    lanes: Lanes
    ship_names: tuple[str, ...]
    ship_numbers: tuple[str, ...]


def ground(parameters: Parameters, streams: Streams) -> Ground:
    """Lay the ground of a world."""
    services = _services()
    ports = tuple(dict.fromkeys(p for s in services for p in (*s.load, *s.discharge, s.canal)))
    ships = sum(len(service.carriers) for service in services) * parameters.ships.string
    return Ground(
        goods=_goods(),
        words=_words(),
        services=services,
        ports=ports,
        lanes=_lanes(parameters, streams, services, ports),
        ship_names=_ship_names(ships, streams),
        ship_numbers=tuple(_ship_number(number) for number in range(ships)),
    )


def _read(name: str) -> str:
    return (files(__package__) / "data" / name).read_text("utf-8")


@cache
def _words() -> Words:
    return msgspec.convert(tomllib.loads(_read("words.toml")), Words)


@cache
def _services() -> tuple[Service, ...]:
    return msgspec.convert(tomllib.loads(_read("places.toml"))["service"], tuple[Service, ...])


@cache
def _goods() -> Goods:
    rows = tuple(
        msgspec.convert(row, Good, strict=False)
        for row in csv.DictReader(_read("goods.csv").splitlines())
    )
    texts = [row.texts.split("|") for row in rows]
    counts = np.array([len(each) for each in texts])
    sectors = list(dict.fromkeys(row.sector for row in rows))
    sector = np.array([sectors.index(row.sector) for row in rows])
    return Goods(
        rows=rows,
        texts=tuple(text for each in texts for text in each),
        first_text=np.cumsum(counts) - counts,
        texts_of=counts,
        sector=sector,
        equipment=np.array([EQUIPMENT.index(row.equipment) for row in rows]),
        value_per_kg=np.array([row.value_per_kg for row in rows]),
        value_spread=np.array([row.value_spread for row in rows]),
        load_kg=np.array([row.load_kg for row in rows]),
        kg_per_package=np.array([row.kg_per_package for row in rows]),
        by_sector=tuple(np.flatnonzero(sector == one) for one in range(len(sectors))),
    )


def _lanes(
    parameters: Parameters, streams: Streams, services: tuple[Service, ...], ports: tuple[str, ...]
) -> Lanes:
    """Draw the ordinary lanes, and from the rest those of schemes with trade of their own."""
    trade = parameters.trade
    pairs = [
        (number, ports.index(load), ports.index(discharge), before, after)
        for number, service in enumerate(services)
        for load, before in service.load.items()
        for discharge, after in service.discharge.items()
    ]
    rng = streams.rng("lanes")
    table = np.array(pairs)[rng.permutation(len(pairs))]
    changes = rng.random(len(pairs)) < trade.transhipped
    if trade.transhipped > 0 and not changes[: trade.lanes].any():
        changes[trade.lanes // 2] = True
    ranks = np.arange(1, trade.lanes + 1) ** -trade.lane_skew
    return Lanes(
        service=table[:, 0],
        load=table[:, 1],
        discharge=table[:, 2],
        days_before=table[:, 3],
        days_after=table[:, 4],
        transhipped=changes,
        ordinary=trade.lanes,
        share=ranks / ranks.sum(),
        of=_own_lanes(parameters, len(pairs)),
    )


def _own_lanes(parameters: Parameters, pairs: int) -> dict[str, Numbers]:
    """Lanes from the end of the table, scheme by scheme: a further scheme takes none of them."""
    found: dict[str, Numbers] = {}
    at = pairs
    for scheme in parameters.schemes:
        if scheme.beside > 0:
            found[scheme.name] = np.arange(at - scheme.lanes, at)
            at -= scheme.lanes
    return found


def _ship_number(number: int) -> str:
    six = str(NO_SHIP + 37 * number)
    return six + imo.check_digit(six)


def _ship_names(count: int, streams: Streams) -> tuple[str, ...]:
    words = _words()
    every = [start + end for start in words.start for end in words.end]
    chosen = streams.rng("ships").permutation(len(every))[:count]
    return tuple(f"MV {every[number]}" for number in chosen)


def choose(rng: np.random.Generator, shares: Reals, count: int) -> Numbers:
    """Draw ``count`` places of ``shares`` with these weights."""
    edges = np.cumsum(shares)
    found: Numbers = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    return np.minimum(found, len(shares) - 1)


def pick(lists: tuple[Numbers, ...], which: Numbers, chance: Reals) -> Numbers:
    """Return for each row one entry of list ``which``, as ``chance`` in [0, 1) says."""
    lengths = np.array([len(each) for each in lists])
    starts = np.cumsum(lengths) - lengths
    flat = np.concatenate(lists)
    found: Numbers = flat[starts[which] + (chance * lengths[which]).astype(np.int64)]
    return found


Columns = dict[str, npt.NDArray[Any]]
