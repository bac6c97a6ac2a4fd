"""Which places a record names, when, and what happens there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from esclusa.codes import port, unlocode
from esclusa.model import (
    Consignment,
    Place,
    PortCall,
    Record,
    ShipDeclaration,
    TransportEvent,
    Traveller,
)
from esclusa.sharing.story_views import EntryWord

_DECIMALS: Final = 4
"""Of a degree: 11 m, finer than either list."""


class Visit(msgspec.Struct, frozen=True):
    """A place in a record; ``when`` are the moments that the record states for it."""

    place: Place
    when: tuple[str, ...]
    what: tuple[EntryWord, ...]


def visits_of(row: Record) -> Iterator[Visit]:
    """Yield the places that a record names of what it is about; none for other kinds."""
    match row.body:
        case Consignment() as body:
            yield _at(body.place_of_receipt, "map.receipt")
            yield _at(body.load_port, "value.event.load", body.departure)
            for place in body.transhipment_ports:
                yield _at(place, "map.transhipment")
            yield _at(body.discharge_port, "value.event.discharge", body.arrival)
            yield _at(body.delivery_place, "value.event.deliver")
        case TransportEvent() as body:
            stage = (f"value.stage.{body.stage}",) if body.stage != "actual" else ()
            yield _visit(body.place, (f"value.event.{body.event}", *stage), (body.occurred,))
        case PortCall() as body:
            yield _at(body.port, "story.port_call", body.arrival, body.departure)
            for place in body.last_ports:
                yield _at(place, "map.last_port")
            yield _at(body.next_port, "map.next_port")
        case ShipDeclaration() as body:
            yield _at(body.port, "story.ship_declaration", body.arrival, body.departure)
        case Traveller() as body:
            for leg in body.legs or (body.journey,):
                yield _at(leg.departure_place, "value.event.depart", leg.departure)
                yield _at(leg.arrival_place, "value.event.arrive", leg.arrival)
        case _:
            return


def _at(place: Place, what: str, *when: str) -> Visit:
    return _visit(place, (what,), when)


def _visit(place: Place, what: tuple[str, ...], when: tuple[str, ...]) -> Visit:
    words = (one.rpartition(".") for one in what)
    return Visit(
        place, tuple(filter(None, when)),
        tuple(EntryWord(text=text, section=section) for section, _dot, text in words if text),
    )  # fmt: skip


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """What code lists know of a place: a name, and where it is, with the list that says so."""

    name: str = ""
    lat: float | None = None
    lon: float | None = None
    source: str = ""


def spot(place: Place) -> Spot:
    """Return what is known of a place: the port's place on the chart before the town's. A code
    that its sender does not say to be UN/LOCODE or IATA is looked up in neither."""
    town = None
    if place.scheme == "unlocode":
        town = unlocode.get(place.code)
    elif place.scheme == "iata":
        town = unlocode.by_iata(place.code)
    harbour = port.by_locode(place.code) if place.scheme == "unlocode" else None
    name = town.name if town else harbour.name if harbour else place.name
    if harbour:
        return _spot(name, harbour.lat, harbour.lon, "port")
    if town and town.lat is not None and town.lon is not None:
        return _spot(name, town.lat, town.lon, "unlocode")
    return Spot(name=name)


def _spot(name: str, lat: float, lon: float, source: str) -> Spot:
    return Spot(name=name, lat=round(lat, _DECIMALS), lon=round(lon, _DECIMALS), source=source)
