"""Which names of a record are screened, and where in the record they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from esclusa.model import (
    Body,
    Consignment,
    Party,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.model.movement import Conveyance
from esclusa.model.people import REDRESS

_NOT_SCREENED: Final = frozenset({"TO ORDER", "TO THE ORDER", "A LA ORDEN", "SAME AS CONSIGNEE"})
"""What stands in a party's place without naming one."""


CONTAINER: Final = "container"
"""The type of a box: it has a number and no name, and lists of stolen boxes have its number."""


class Query(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A party, ship or box to screen. ``path`` is where it stands; ``identifiers`` are
    ``scheme:value``; the name of a box is its number, which is compared as a number alone.
    ``redress`` are redress numbers that it states, which are compared with no list.
    ``birth_place`` and ``address`` are as the record states them: they back up a name."""

    path: str
    name: str
    type: str
    birth_date: str = ""
    nationality: str = ""
    identifiers: tuple[str, ...] = ()
    redress: tuple[str, ...] = ()
    birth_place: str = ""
    address: str = ""

    @property
    def asked(self) -> tuple[str, str, str, str, tuple[str, ...], str, str]:
        """What lists are asked for, in the order of
        :func:`~esclusa.analysis.screening.make_query`: every way of screening a record asks so."""
        return (
            self.compared_name, self.type, self.birth_date, self.nationality, self.identifiers,
            self.birth_place, self.address,
        )  # fmt: skip

    @property
    def compared_name(self) -> str:
        """The name as lists are asked for it: none of a box."""
        return "" if self.type == CONTAINER else self.name


def queries_of(body: Body) -> Iterator[Query]:
    """Yield every party, ship, box and traveller that a record names."""
    match body:
        case Consignment() | PortCall() | ShipDeclaration() | TransportEvent():
            yield from _parties(body)
            yield from _ship(body.voyage.conveyance)
            if isinstance(body, Consignment):
                for number, unit in enumerate(body.equipment):
                    yield from _box(f"equipment.{number}.number", unit)
            elif isinstance(body, TransportEvent) and body.equipment is not None:
                yield from _box("equipment.number", body.equipment)
        case TransportEquipment():
            yield from _box("number", body)
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
                address=_address(party),
            )


def _address(party: Party) -> str:
    """Return where a party is, "" where the record has no more than its country."""
    if not party.address and not party.city:
        return ""
    return ", ".join(filter(None, (party.address, party.city, party.country)))


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


def _box(path: str, unit: TransportEquipment) -> Iterator[Query]:
    if unit.number:
        numbers = (f"iso6346:{unit.number}",)
        yield Query(path=path, name=unit.number, type=CONTAINER, identifiers=numbers)


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
        birth_place=body.birth_place,
    )
