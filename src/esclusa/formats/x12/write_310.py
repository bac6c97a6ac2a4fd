"""Write 310, freight receipt and invoice (ocean): one set for each consignment, release 004010.

Goods stand in the LX loop of the containers that they name. Containers that goods of one loop name
and another loop names too are described in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.write_common import reference_of, refused, wrong_kind
from esclusa.formats.x12 import write_common as common
from esclusa.formats.x12.drafting import segment
from esclusa.formats.x12.ocean_bill_310 import LINE
from esclusa.formats.x12.writing import NewSet, set_head
from esclusa.model import (
    Consignment,
    Conveyance,
    Function,
    GoodsItem,
    Message,
    Place,
    TransportEquipment,
)

FUNCTIONAL: Final = "IO"
"""Functional identifier (479) of ocean bills."""

_WHAT: Final = "consignment"
_MARKS: Final = 48
_TAKEN: Final = ("BM", "MB")
"""Qualifiers (128) that say something else than "a document"."""


def write(message: Message) -> list[NewSet]:
    """Write each consignment as a set.

    :raises WritingError: a statement is of another kind, a bill or a container has no number, or a
        value cannot be written.
    """
    made = []
    for at, each in enumerate(message.statements):
        if not isinstance(each, Consignment):
            raise wrong_kind(each, "310", "consignments")
        head = set_head("310", reference_of(message, at))
        made.append(NewSet(head, list(_bill(each, message.function))))
    return made


def _bill(found: Consignment, function: Function) -> Iterator[Segment]:
    if not found.bill:
        raise refused("it has no bill number", _WHAT)
    yield _b3(found)
    yield segment("B2A", common.CODE["purpose"][function], "BL")
    yield segment("N9", "BM", found.bill)
    if found.master_bill:
        yield segment("N9", "MB", found.master_bill)
    yield from _references(found)
    yield from _vessel(found)
    if found.freight_amount is not None and found.freight_currency:
        yield segment("C3", found.freight_currency)
    for party in found.parties:
        yield from common.party(party, contacts=False)
    yield from _ports(found)
    yield from _cargo(found)
    yield _totals(found)


def _b3(found: Consignment) -> Segment:
    payment = common.CODE["payment"].get(found.freight_payment, "")
    issued = common.day(found.issued, _WHAT)
    due = _cents(found.freight_amount) or "0"
    return segment(
        "B3", "B", found.bill, found.bill, payment, "", issued, due, "", "", "", found.carrier
    )  # fmt: skip


def _cents(value: float | None) -> str:
    """An amount with two implied decimals (N2), "" for None."""
    return str(round(value * 100)) if value is not None and common.amount(value, _WHAT) else ""


def _references(found: Consignment) -> Iterator[Segment]:
    for each in found.documents:
        code, colon, rest = each.partition(":")
        plain = colon and rest.strip() and 2 <= len(code) <= 3 and code.isalnum()
        if plain and code not in _TAKEN:
            yield segment("N9", code, common.text(rest))
        else:
            yield segment("N9", "ZZ", common.text(each))


def _vessel(found: Consignment) -> Iterator[Segment]:
    ship = found.voyage.conveyance
    if found.voyage.reference or found.voyage.carrier or ship != Conveyance():
        code, qualifier = common.mark(ship)
        yield segment(
            "V1", code, common.text(ship.name), ship.flag, found.voyage.reference,
            found.voyage.carrier, "", "", qualifier,
        )  # fmt: skip


def _ports(found: Consignment) -> Iterator[Segment]:
    yield from _port("R", found.place_of_receipt)
    yield from _port("L", found.load_port, found.departure)
    for port in found.transhipment_ports:
        yield from _port("T", port)
    yield from _port("D", found.discharge_port, found.arrival)
    yield from _port("E", found.delivery_place)


def _port(code: str, where: Place, moment: str = "") -> Iterator[Segment]:
    """R4, and DTM for the moment there; nothing for a place of which nothing is known."""
    if where == Place() and not moment:
        return
    scheme = "UN" if where.scheme == "unlocode" else "ZZ" if where.code else ""
    yield segment("R4", code, scheme, where.code, common.text(where.name))
    if moment:
        date, time, zone = common.moment(moment, _WHAT)
        yield segment("DTM", "140", date, time, zone or ("LT" if time else ""))


# -- equipment and goods --------------------------------------------------------------------------


def _cargo(found: Consignment) -> Iterator[Segment]:
    """LX loops of goods with their containers; containers apart where that keeps their order."""
    boxes = {box.number: box for box in found.equipment}
    named = dict.fromkeys(number for item in found.goods for number in item.equipment)
    rest = [number for number in boxes if number not in named]
    in_order = [each for each in (*named, *rest) if each in boxes] == list(boxes)
    number = 0
    for loop in [] if in_order else [list(boxes)]:
        number += 1
        yield segment("LX", str(number))
        for each in loop:
            yield from _box(boxes[each])
    for item in found.goods:
        number += 1
        yield segment("LX", str(number))
        for each in item.equipment:
            yield from _box(boxes.get(each) or TransportEquipment(number=each))
        yield from _goods(item, number)
    if in_order and rest:
        yield segment("LX", str(number + 1))
        for each in rest:
            yield from _box(boxes[each])


def _box(box: TransportEquipment) -> Iterator[Segment]:
    """N7, M7, W09, H1."""
    what = "equipment"
    if not box.number:
        raise refused("it has no number", what)
    gross, tare = common.amount(box.gross_mass_kg, what), common.amount(box.tare_kg, what)
    unit = "K" if gross or tare else ""
    yield segment(
        "N7", *common.initials(box.number), gross, "G" if gross else "", tare, "", "", "", "", "",
        "CN", "", "", "", "", "", unit, "", "", "", "", box.size_type,
    )  # fmt: skip
    yield from common.seals([seal.number for seal in box.seals])
    if box.temperature_c is not None:
        yield segment("W09", "CN", common.amount(box.temperature_c, what), "CE")
    for code in box.undg:
        yield segment("H1", code)


def _goods(item: GoodsItem, number: int) -> Iterator[Segment]:
    """L0, L5 as many as the text and the marks need, H1."""
    what = "goods item"
    mass, volume = common.amount(item.gross_mass_kg, what), common.amount(item.volume_m3, what)
    yield segment(
        "L0", str(number), "", "", mass, "G" if mass else "", volume, "X" if volume else "",
        common.count(item.packages) or "", item.package_type if item.packages is not None else "",
        "", "K" if mass else "", "", "", item.package_type if item.packages is None else "",
    )  # fmt: skip
    texts, marks = common.cut(item.description, LINE), common.marks(item.marks, _MARKS)
    for at in range(max(len(texts), len(marks), 1 if item.hs_code else 0)):
        code = item.hs_code if not at else ""
        yield segment(
            "L5", str(number), texts[at] if at < len(texts) else "", code, "J" if code else "", "",
            marks[at] if at < len(marks) else "",
        )  # fmt: skip
    for each in item.undg:
        yield segment("H1", each)


def _totals(found: Consignment) -> Segment:
    """L3: the amount due, and totals where there are several lines."""
    goods = found.goods if len(found.goods) > 1 else ()
    weight = common.amount(common.total(item.gross_mass_kg for item in goods), _WHAT)
    space = common.amount(common.total(item.volume_m3 for item in goods), _WHAT)
    packages = common.amount(common.total(item.packages for item in goods), _WHAT)
    return segment(
        "L3", weight, "G" if weight else "", "", "", _cents(found.freight_amount), "", "", "",
        space, "X" if space else "", packages, "K" if weight else "",
    )  # fmt: skip
