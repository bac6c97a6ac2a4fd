"""A week's bills as messages of records, so that a node can take them in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from esclusa.analysis.world.tables import Week
from esclusa.codes import iso6346
from esclusa.model import (
    Consignment,
    Conveyance,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    Seal,
    TransportEquipment,
    Voyage,
)


def messages(week: Week, parties: pl.DataFrame) -> Iterator[Message]:
    """Yield a message for each ship's voyage and carrier of a week, with its consignments.

    A bill's container, goods lines, parties, ports and masses stand in it as the tables say; what a
    table leaves out is left out.

    :param parties: all parties known so far, this week's included.
    """
    known = {row["party"]: row for row in parties.iter_rows(named=True)}
    boxes = {row["box"]: row for row in week.boxes.iter_rows(named=True)}
    lines: dict[str, list[dict[str, Any]]] = {}
    for row in week.goods.iter_rows(named=True):
        lines.setdefault(row["bill"], []).append(row)
    for (carrier, voyage), bills in week.bills.group_by("carrier", "voyage", maintain_order=True):
        yield Message(
            format="esclusa.world",
            offset=0,
            length=0,
            reference=f"{carrier}{voyage}",
            sender=str(carrier),
            statements=tuple(
                _consignment(row, lines[row["bill"]], boxes[row["box"]], known)
                for row in bills.iter_rows(named=True)
            ),
        )


def _consignment(
    bill: dict[str, Any], lines: list[dict[str, Any]], box: dict[str, Any],
    known: dict[str, dict[str, Any]],
) -> Consignment:  # fmt: skip
    canal = (_place(bill["canal_port"]),) if bill["transhipped"] else ()
    ship = Conveyance(mode="sea", name=bill["ship"], imo=bill["ship_imo"], imo_valid=True)
    return Consignment(
        carrier=bill["carrier"],
        bill=bill["bill"],
        master_bill=bill["master_bill"] or "",
        voyage=Voyage(reference=bill["voyage"], carrier=bill["carrier"], conveyance=ship),
        load_port=_place(bill["load_port"]),
        transhipment_ports=canal,
        discharge_port=_place(bill["discharge_port"]),
        stuffing_place=bill["stuffing_place"] or "",
        departure=_minute(bill["departs"]),
        arrival=_minute(bill["arrives"]),
        parties=tuple(_parties(bill, known)),
        goods=tuple(_goods(line, bill["container"]) for line in lines),
        equipment=(_equipment(bill["container"], box),),
        freight_amount=bill["freight_usd"],
        freight_currency="USD",
    )


def _minute(when: Any) -> str:
    return f"{when:%Y-%m-%dT%H:%M}"


def _place(code: str) -> Place:
    return Place(code=code, scheme="unlocode")


def _parties(bill: dict[str, Any], known: dict[str, dict[str, Any]]) -> Iterator[Party]:
    columns = {
        "shipper": "shipper", "consignee": "importer", "notify": "notify", "forwarder": "agent",
    }  # fmt: skip
    for role, column in columns.items():
        if bill[column] is None:
            continue
        found = known[bill[column]]
        numbered = role == "consignee"
        number = Identifier(scheme="tax", value=found["party"], country=found["country"])
        yield Party(
            role=role,
            name=bill["importer_name"] if numbered else found["name"],
            address=found["address"],
            city=found["city"],
            country=found["country"],
            identifiers=(number,) if numbered else (),
        )


def _goods(line: dict[str, Any], container: str) -> GoodsItem:
    return GoodsItem(
        sequence=line["line"],
        description=line["text"],
        hs_code=line["hs"] or "",
        packages=line["packages"],
        package_type=line["package_type"],
        gross_mass_kg=line["gross_mass_kg"],
        value=line["value_usd"],
        currency="" if line["value_usd"] is None else "USD",
        equipment=(container,),
    )


def _equipment(container: str, box: dict[str, Any]) -> TransportEquipment:
    return TransportEquipment(
        number=container,
        number_valid=iso6346.is_valid(container),
        size_type=box["size_type"],
        load_status="full",
        gross_mass_kg=box["declared_mass_kg"],
        verified_mass_kg=box["verified_mass_kg"],
        tare_kg=box["tare_kg"],
        seals=(Seal(number=box["seal"], affixed_by="shipper"),) if box["seal"] else (),
        temperature_c=box["temperature_c"],
    )
