"""FAL 2 and FAL 7: cargo and dangerous goods, a line of goods a row; read and written.

Rows of one bill become one consignment. A row of FAL 7 belongs to a line of its bill in FAL 2: to
the one that its own column ``line`` counts, else to the only one that can be meant; else it is a
line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from esclusa.formats.edifact.write_common import refused
from esclusa.formats.fal import values
from esclusa.formats.fal.call import count_text, measure_text, ship_word
from esclusa.formats.fal.filing import Cell, Cells, Row, cells_of
from esclusa.formats.fal.leftovers import leave
from esclusa.formats.fal.tables import CODES, LINE
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.values import checked_container
from esclusa.model import (
    Consignment,
    DangerousGoods,
    GoodsItem,
    Place,
    PortCall,
    Severity,
    TransportEquipment,
)

_BILL: Final = "IMO0170"
_CARRIER: Final = "IMO0396"
_UNIT: Final = "IMO0077"
_BOX: Final = "IMO0021"
_LOAD: Final = ("IMO0117", "IMO0118")
_DISCHARGE: Final = ("IMO0113", "IMO0114")
_DOCUMENTS: Final = {"IMO0056": "CU", "IMO0197": "AKG"}
"""Data number → qualifier of UN/EDIFACT 1153: shipper's reference, vehicle's number (VIN)."""

_SEVERAL: Final = re.compile(r"[,;]\s*|\s/\s")
_MASS: Final = {code: float(factor) for code, factor in CODES["mass"].items()}


class _Bill:
    """A consignment while its rows come in; ``declared`` lines of its goods stood in FAL 2."""

    __slots__ = ("declared", "documents", "equipment", "fields", "goods")

    def __init__(self, carrier: str, bill: str) -> None:
        self.fields: dict[str, Any] = {"carrier": carrier, "bill": bill}
        self.goods: list[dict[str, Any]] = []
        self.declared = 0
        self.equipment: dict[str, TransportEquipment] = {}
        self.documents: dict[str, None] = {}


def read_cargo(
    cargo: tuple[PortCall, Iterable[Cells]],
    dangerous: tuple[PortCall, Iterable[Cells]],
    notes: Notes,
) -> list[Consignment]:
    """Read the rows of both forms, each with the call that it is about."""
    bills: dict[tuple[str, str], tuple[PortCall, _Bill]] = {}
    forms = (("cargo", cargo, _cargo_row), ("dangerous", dangerous, _dangerous_row))
    for word, (call, rows), take in forms:
        for cells in rows:
            row = Row(cells, notes)
            bill = _bill(row, call, bills, cells)
            if bill is not None:
                take(bill, row)
                leave(row.rest(), word, notes)
    return [_consignment(call, bill) for call, bill in bills.values()]


def _bill(
    row: Row, call: PortCall, bills: dict[tuple[str, str], tuple[PortCall, _Bill]], cells: Cells
) -> _Bill | None:
    number = row.text(_BILL)
    if not number:
        if cells:
            reason = "the row has no transport contract number; nothing is stated"
            row.notes.add("fal.bill.missing", Severity.ERROR, reason, cells[0], cells[0].where)
        return None
    key = (row.text(_CARRIER) or ship_word(call.voyage), number)
    _, bill = bills.setdefault(key, (call, _Bill(*key)))
    for field, numbers in (("load_port", _LOAD), ("discharge_port", _DISCHARGE)):
        _agree(bill, field, values.place(row, *numbers), row, cells)
    for tag, qualifier in _DOCUMENTS.items():
        for cell in row.all(tag):
            bill.documents[f"{qualifier}:{cell.text}"] = None
    return bill


def _agree(bill: _Bill, field: str, said: Place, row: Row, cells: Cells) -> None:
    """Keep the port of the first row that names one."""
    if said == Place():
        return
    if bill.fields.setdefault(field, said) != said:
        word = field.replace("_", " ")
        reason = f"the bill has another {word} in an earlier row; the first was kept"
        row.notes.add("fal.bill.differs", Severity.WARNING, reason, cells[0], cells[0].where)


def _cargo_row(bill: _Bill, row: Row) -> None:
    said = _goods(row, "IMO0028", "IMO0029", "IMO0023")
    boxes = _boxes(bill, row)
    if any(value not in (None, "") for value in said.values()):
        bill.goods.append({**said, "equipment": boxes, "dangerous": []})
        bill.declared += 1


def _goods(row: Row, packages: str, package_type: str, volume: str) -> dict[str, Any]:
    factor = _factor(row)
    return {
        "description": row.text("IMO0022"),
        "hs_code": row.read("IMO0025", values.hs_code, ""),
        "packages": row.read(packages, values.whole, None),
        "package_type": row.text(package_type),
        "gross_mass_kg": _times(row.read("IMO0024", values.number, None), factor),
        "volume_m3": row.read(volume, values.number, None),
        "marks": row.text("IMO0026"),
    }


def _factor(row: Row) -> float:
    """Return how many kilograms the row's unit of mass is."""
    cell = row.take(_UNIT)
    factor = _MASS.get(cell.text.upper()) if cell else 1.0
    if factor is None and cell:
        reason = f"{snippet(cell.text)} is no unit of mass known here; kilograms were taken"
        row.notes.add("value.unit", Severity.WARNING, reason, cell, cell.where)
    return factor or 1.0


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value if factor == 1 else round(value * factor, 6)


def _boxes(bill: _Bill, row: Row) -> tuple[str, ...]:
    """Read the containers of a row; they are the bill's as well."""
    found: dict[str, None] = {}
    for cell in row.all(_BOX):
        for text in _SEVERAL.split(cell.text):
            number, valid = checked_container(text, row.notes, cell, cell.where, expected=False)
            if number:
                found[number] = None
                bill.equipment.setdefault(
                    number, TransportEquipment(number=number, number_valid=valid)
                )
    return tuple(found)


def _dangerous_row(bill: _Bill, row: Row) -> None:
    line = row.take(LINE)
    hazard = _hazard(row)
    said = _goods(row, "IMO0053", "IMO0187", "IMO0061")
    boxes = _boxes(bill, row)
    item = _meant(bill, line, boxes, row.notes)
    if item is None:
        item = {**said, "equipment": boxes, "dangerous": []}
        bill.goods.append(item)
    else:
        _complete(item, said, boxes)
    if hazard != DangerousGoods():
        item["dangerous"].append(hazard)


def _complete(item: dict[str, Any], said: dict[str, Any], boxes: tuple[str, ...]) -> None:
    """Fill what a line of the cargo declaration left open; what it says stands."""
    for field, value in said.items():
        if item[field] in (None, ""):
            item[field] = value
    item["equipment"] = tuple(dict.fromkeys((*item["equipment"], *boxes)))


def _meant(
    bill: _Bill, line: Cell | None, boxes: tuple[str, ...], notes: Notes
) -> dict[str, Any] | None:
    """Return the line of the bill that a row of FAL 7 belongs to, None for a line of its own."""
    if line is not None:
        at = int(line.text) if re.fullmatch("[0-9]{1,6}", line.text) else 0
        if 1 <= at <= bill.declared:
            return bill.goods[at - 1]
        reason = f"the bill has no line {snippet(line.text)}; a line of its own was made"
        notes.add("fal.line", Severity.WARNING, reason, line, line.where)
        return None
    lines = bill.goods[: bill.declared]
    same = [item for item in lines if not boxes or set(item["equipment"]) == set(boxes)]
    return same[0] if len(same) == 1 else None


def _hazard(row: Row) -> DangerousGoods:
    name, technical = row.text("IMO0055"), row.text("IMO0059")
    return DangerousGoods(
        un=row.read("IMO0060", values.undg, ""),
        hazard_class=row.text("IMO0049"),
        subsidiary_classes=tuple(_several(row.all("IMO0058"))),
        packing_group=_group(row.text("IMO0054")),
        name=f"{name} ({technical})" if name and technical else name or technical,
        flash_point_c=row.read("IMO0048", values.celsius, None),
        marine_pollutant=_pollutant(row),
        emergency=row.text("IMO0047"),
        net_mass_kg=row.read("IMO0052", values.number, None),
        stowage=row.text("IMO0045"),
    )


def _several(cells: Iterable[Cell]) -> Iterator[str]:
    return (text for cell in cells for text in _SEVERAL.split(cell.text) if text)


def _group(text: str) -> str:
    return CODES["group"].get(text, text)


def _pollutant(row: Row) -> bool | None:
    """Read whether the goods pollute the sea: the IMDG Code's ``P``, or a yes or no."""
    cell = row.take("IMO0051")
    if cell is None:
        return None
    word = CODES["pollutant"].get(cell.text.lower()) or values.indicator(cell, row.notes)
    return {"yes": True, "no": False}.get(word)


def _consignment(call: PortCall, bill: _Bill) -> Consignment:
    fields = bill.fields
    here = call.port
    return Consignment(
        voyage=call.voyage,
        arrival=call.arrival if same_place(fields.get("discharge_port"), here) else "",
        departure=call.departure if same_place(fields.get("load_port"), here) else "",
        goods=tuple(_item(number, item) for number, item in enumerate(bill.goods, 1)),
        equipment=tuple(bill.equipment.values()),
        documents=tuple(bill.documents),
        **fields,
    )


def same_place(one: Place | None, other: Place) -> bool:
    """Answer whether two places are the same: by code where both have one, else by name."""
    if one is None:
        return False
    if one.code and other.code:
        return one.code == other.code
    return bool(one.name) and one.name.casefold() == other.name.casefold()


def _item(number: int, said: dict[str, Any]) -> GoodsItem:
    hazards = tuple(said["dangerous"])
    numbers = tuple(dict.fromkeys(hazard.un for hazard in hazards if hazard.un))
    return GoodsItem(sequence=number, undg=numbers, **{**said, "dangerous": hazards})


# -- written --------------------------------------------------------------------------------


def write_cargo(said: Consignment, call: PortCall) -> tuple[list[list[Cell]], list[list[Cell]]]:
    """Return the rows of a consignment in FAL 2 and in FAL 7.

    :raises WritingError: no bill number, or a number that is not finite.
    """
    if not said.bill:
        raise refused("a consignment without bill number cannot be written", "consignment")
    carrier = said.carrier if said.carrier != ship_word(call.voyage) else ""
    ports = [
        *zip(_LOAD, (said.load_port.code, said.load_port.name), strict=True),
        *zip(_DISCHARGE, (said.discharge_port.code, said.discharge_port.name), strict=True),
    ]
    head = cells_of(((_BILL, said.bill), (_CARRIER, carrier), *ports))
    rows = [[*head, *_goods_cells(item)] for item in said.goods]
    named = {number for item in said.goods for number in item.equipment}
    others = [unit.number for unit in said.equipment if unit.number not in named]
    if others or not rows:
        rows.append([*head, *(Cell(_BOX, number) for number in others)])
    rows[0] += list(_document_cells(said.documents))
    hazards = [
        [*head, Cell(LINE, str(line)), *_shared_cells(item), *_hazard_cells(hazard)]
        for line, item in enumerate(said.goods, 1)
        for hazard in _hazards(item)
    ]
    return rows, hazards


def _goods_cells(item: GoodsItem) -> list[Cell]:
    return cells_of((
        ("IMO0026", item.marks), *((_BOX, number) for number in item.equipment),
        ("IMO0028", count_text(item.packages)), ("IMO0029", item.package_type),
        ("IMO0022", item.description), ("IMO0025", item.hs_code),
        ("IMO0024", measure_text(item.gross_mass_kg)), ("IMO0023", measure_text(item.volume_m3)),
    ))  # fmt: skip


def _shared_cells(item: GoodsItem) -> list[Cell]:
    """What FAL 7 says of the line of goods once more."""
    return cells_of((
        ("IMO0026", item.marks), *((_BOX, number) for number in item.equipment),
        ("IMO0053", count_text(item.packages)), ("IMO0187", item.package_type),
    ))  # fmt: skip


def _hazards(item: GoodsItem) -> list[DangerousGoods]:
    known = {hazard.un for hazard in item.dangerous}
    bare = [DangerousGoods(un=number) for number in item.undg if number not in known]
    return [*item.dangerous, *bare]


def _hazard_cells(hazard: DangerousGoods) -> list[Cell]:
    pollutant = {True: "P", False: "no", None: ""}[hazard.marine_pollutant]
    return cells_of((
        ("IMO0055", hazard.name), ("IMO0049", hazard.hazard_class), ("IMO0060", hazard.un),
        ("IMO0054", hazard.packing_group),
        *(("IMO0058", risk) for risk in hazard.subsidiary_classes),
        ("IMO0048", measure_text(hazard.flash_point_c)), ("IMO0051", pollutant),
        ("IMO0052", measure_text(hazard.net_mass_kg)), ("IMO0047", hazard.emergency),
        ("IMO0045", hazard.stowage),
    ))  # fmt: skip


def _document_cells(documents: Iterable[str]) -> Iterator[Cell]:
    numbers = {qualifier: tag for tag, qualifier in _DOCUMENTS.items()}
    for document in documents:
        qualifier, _, number = document.partition(":")
        if qualifier in numbers and number:
            yield Cell(numbers[qualifier], number)
