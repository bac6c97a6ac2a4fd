"""Which names of a record are screened, and where in the record they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from esclusa.model import (
    Body,
    Consignment,
    PortCall,
    ShipDeclaration,
    TransportEvent,
    Traveller,
)
from esclusa.model.movement import Conveyance
from esclusa.model.people import REDRESS

_NOT_SCREENED: Final = frozenset({"TO ORDER", "TO THE ORDER", "A LA ORDEN", "SAME AS CONSIGNEE"})
"""What stands in a party's place without naming one."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A party to screen. ``path`` is where it stands; ``identifiers`` are ``scheme:value``.
    ``redress`` are redress numbers that it states, which are compared with no list."""

    path: str
    name: str
    type: str
    birth_date: str = ""
    nationality: str = ""
    identifiers: tuple[str, ...] = ()
    redress: tuple[str, ...] = ()


def queries_of(body: Body) -> Iterator[Query]:
    """Yield every party, ship and traveller that a record names."""
    match body:
        case Consignment() | PortCall() | ShipDeclaration() | TransportEvent():
            yield from _parties(body)
            yield from _ship(body.voyage.conveyance)
        case Traveller():
            yield _person(body)
        case _:
            return


def _parties(body: Consignment | PortCall | ShipDeclaration | TransportEvent) -> Iterator[Query]:
    for number, party in enumerate(body.parties):
        name = party.name.strip()
        if name and name.upper() not in _NOT_SCREENED:
            yield Query(
                path=f"parties.{number}.name",
                name=name,
                type="any",
                nationality=party.country,
                identifiers=tuple(f"{item.scheme}:{item.value}" for item in party.identifiers),
            )


def _ship(ship: Conveyance) -> Iterator[Query]:
    if ship.mode in ("", "sea") and (ship.name or ship.imo):
        pairs = (("imo", ship.imo), ("mmsi", ship.mmsi), ("call_sign", ship.call_sign))
        yield Query(
            path="voyage.conveyance.name",
            name=ship.name,
            type="vessel",
            nationality=ship.flag,
            identifiers=tuple(f"{scheme}:{value}" for scheme, value in pairs if value),
        )


def _person(body: Traveller) -> Query:
    return Query(
        path="surname",
        name=f"{body.given_names} {body.surname}".strip(),
        type="person",
        birth_date=body.birth_date,
        nationality=body.nationality,
        identifiers=tuple(
            f"{item.type}:{item.number}"
            for item in body.documents
            if item.number and item.type != REDRESS
        ),
        redress=tuple(item.number for item in body.documents if item.type == REDRESS),
    )
