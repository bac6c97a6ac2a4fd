"""Consignments from rows: rows with one bill number that follow each other are one consignment.

Each row gives at most one line of goods and the equipment it names. What belongs to the whole
consignment is taken from its first row; a later row may fill what is missing, and a contradiction
is named and the first value kept. Goods are never added up: whether a mass repeated on each
container's row is a share or the total, only the sender knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from esclusa.codes import imo, iso6346
from esclusa.formats.tabular.fields import fields
from esclusa.formats.tabular.record import Record
from esclusa.model import (
    Consignment,
    Conveyance,
    Defect,
    GoodsItem,
    Identifier,
    Party,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
)

GOODS: Final = "goods."
EQUIPMENT: Final = "equipment."
PARTY: Final = "parties."

_PLACES: Final = ("place_of_receipt", "load_port", "discharge_port", "delivery_place")

_TEXTS: Final = (
    "master_bill", "issued", "departure", "arrival", "stuffing_place", "freight_currency",
    "freight_payment",
)  # fmt: skip

_GOODS: Final = (
    "description", "hs_code", "packages", "package_type", "gross_mass_kg", "volume_m3", "value",
    "currency", "origin_country", "marks",
)  # fmt: skip

_BOX: Final = (
    "size_type", "load_status", "gross_mass_kg", "verified_mass_kg", "tare_kg", "temperature_c",
    "operator", "stowage",
)  # fmt: skip


def consignment(rows: list[Record], bill: str) -> tuple[Consignment, tuple[Defect, ...]]:
    """Return the consignment that the rows state, and the defects found while joining them."""
    defects: list[Defect] = []
    head = _joined(rows, defects)
    goods = tuple(_goods(rows))
    made = Consignment(
        carrier=head.one("carrier"),
        bill=bill,
        voyage=_voyage(head, defects),
        transhipment_ports=head.all("transhipment_ports"),
        parties=tuple(_parties(head)),
        goods=goods,
        equipment=tuple(_equipment(rows, defects)),
        freight_amount=head.one("freight_amount", None),
        documents=head.all("documents"),
        **_whole(head),
    )
    return made, tuple(defects)


def _whole(head: Record) -> dict[str, Any]:
    texts = {path: head.one(path) for path in _TEXTS}
    return texts | {path: _place(head, path) for path in _PLACES}


def _joined(rows: list[Record], defects: list[Defect]) -> Record:
    """Return one record of what belongs to the whole consignment."""
    values: dict[str, list[Any]] = {}
    known = fields().targets["consignment"].fields
    for row in rows:
        for path, given in row.values.items():
            if path.startswith((GOODS, EQUIPMENT)):
                continue
            if path not in values:
                values[path] = list(given)
            elif known[path].many:
                values[path].extend(given)
            elif values[path] != given and path != "bill":
                reason = f"{row.where}: {path} differs from an earlier row of the same bill"
                defects.append(_doubt("table.contradiction", reason, row))
    return Record(values, rows[0].offset, rows[0].length, rows[0].where)


def _voyage(head: Record, defects: list[Defect]) -> Voyage:
    number = head.one("voyage.conveyance.imo")
    valid = imo.is_valid(number) if number else None
    if valid is False:
        defects.append(_doubt("value.imo", f"{head.where}: {imo.fault(number)}", head))
    ship = Conveyance(
        imo=number,
        imo_valid=valid,
        **{
            name: head.one(f"voyage.conveyance.{name}")
            for name in ("name", "mmsi", "call_sign", "registration", "flag")
        },
    )
    return Voyage(
        reference=head.one("voyage.reference"), carrier=head.one("carrier"), conveyance=ship
    )


def _place(head: Record, path: str) -> Place:
    place: Place = head.one(path, Place())
    name = head.one(f"{path}.name") or place.name
    return Place(code=place.code, name=name, scheme=place.scheme)


def _parties(head: Record) -> Iterator[Party]:
    roles = dict.fromkeys(path.split(".")[1] for path in head.values if path.startswith(PARTY))
    for role in roles:
        number = head.one(f"{PARTY}{role}.tax_id")
        country = head.one(f"{PARTY}{role}.country")
        yield Party(
            role=role,
            country=country,
            identifiers=(Identifier(scheme="tax", value=number, country=country),)
            if number
            else (),
            **{
                part: head.one(f"{PARTY}{role}.{part}")
                for part in ("name", "address", "city", "contact")
            },
        )


def _goods(rows: list[Record]) -> Iterator[GoodsItem]:
    sequence = 0
    for row in rows:
        given = {name: row.one(GOODS + name, None) for name in _GOODS}
        stated = {name: value for name, value in given.items() if value is not None}
        dangerous = row.all(f"{GOODS}undg")
        if stated or dangerous:
            sequence += 1
            boxes = row.all(f"{EQUIPMENT}number")
            yield GoodsItem(sequence=sequence, undg=dangerous, equipment=boxes, **stated)


def _equipment(rows: list[Record], defects: list[Defect]) -> Iterator[TransportEquipment]:
    """Yield each unit once, in order; its rows may each add a seal or fill a gap."""
    units: dict[str, dict[str, Any]] = {}
    for row in rows:
        for number in row.all(f"{EQUIPMENT}number"):
            unit = units.setdefault(number, {"seals": {}, "undg": {}, "row": row})
            unit["seals"].update(dict.fromkeys(row.all(f"{EQUIPMENT}seals")))
            unit["undg"].update(dict.fromkeys(row.all(f"{GOODS}undg")))
            for name in _BOX:
                value = row.one(EQUIPMENT + name, None)
                if value is not None:
                    unit.setdefault(name, value)
    for number, unit in units.items():
        yield _unit(number, unit, defects)


def _unit(number: str, unit: dict[str, Any], defects: list[Defect]) -> TransportEquipment:
    row = unit.pop("row")
    valid = iso6346.is_valid(number)
    if not valid:
        reason = f"{row.where}: {iso6346.fault(number)}"
        defects.append(_doubt("value.container", reason, row))
    seals = tuple(Seal(number=seal) for seal in unit.pop("seals"))
    return TransportEquipment(
        number=number, number_valid=valid, seals=seals, undg=tuple(unit.pop("undg")), **unit
    )


def _doubt(code: str, reason: str, row: Record) -> Defect:
    return Defect(
        code=code,
        severity=Severity.WARNING,
        reason=reason,
        offset=row.offset,
        length=row.length,
    )
