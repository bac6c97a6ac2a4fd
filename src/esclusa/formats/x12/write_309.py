"""Write the ocean manifest 309: consignments, bill by bill, as CBP's guide orders them.

Release 004010. A set has one voyage, so consignments of other voyages go into sets of their own; a
port of discharge with a day of arrival is a P4 loop. A bill names a container again where its goods
would otherwise stand under another one, or be taken for the line before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.write_common import reference_of, refused, wrong_kind
from esclusa.formats.x12 import write_common as common
from esclusa.formats.x12.drafting import segment
from esclusa.formats.x12.ocean_manifest_309 import LINE, REFERENCES
from esclusa.formats.x12.writing import NewSet, set_head
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Message,
    Place,
    TransportEquipment,
    Voyage,
)

FUNCTIONAL: Final = "SO"
"""Functional identifier (479) of customs manifests."""

_TYPE: Final = {Function.ORIGINAL: "W", Function.AMENDMENT: "X", Function.CANCELLATION: "X"}
"""Manifest type (256): W original to customs, X update before arrival."""

_WHAT: Final = "consignment"
_MARKS: Final = 48
"""Length of N1003."""
_QUALIFIER: Final = {word: code for code, word in REFERENCES.items()}
_DOLLARS: Final = ("", "USD")


def write(message: Message) -> list[NewSet]:
    """Write consignments as manifests, one for each voyage.

    :raises WritingError: a statement is of another kind, a bill has no number, or a value cannot be
        written.
    """
    voyages: dict[Voyage, dict[tuple[str, str], list[Consignment]]] = {}
    for each in message.statements:
        if not isinstance(each, Consignment):
            raise wrong_kind(each, "309", "consignments")
        port = each.discharge_port.code or each.discharge_port.name
        arrival = common.day(each.arrival, _WHAT)
        ports = voyages.setdefault(each.voyage, {})
        ports.setdefault((port, arrival), []).append(each)
    return [
        NewSet(set_head("309", reference_of(message, at)), list(_manifest(message, voyage, ports)))
        for at, (voyage, ports) in enumerate(voyages.items())
    ]


def _manifest(
    message: Message, voyage: Voyage, ports: dict[tuple[str, str], list[Consignment]]
) -> Iterator[Segment]:
    bills = sum(map(len, ports.values()))
    yield common.m10(voyage, _TYPE[message.function], bills)
    number = 0
    for (port, arrival), found in ports.items():
        yield segment("P4", port, arrival, str(len(found)))
        for each in found:
            number += 1
            yield segment("LX", str(number))
            yield from _bill(each, message.function)


def _bill(found: Consignment, function: Function) -> Iterator[Segment]:
    """LX loop: M13 M11 N9, N1 loops, VID loops with their goods."""
    if not found.bill:
        raise refused("it has no bill number", _WHAT)
    if function is Function.CANCELLATION:
        port = found.discharge_port.code
        yield segment("M13", found.carrier or found.voyage.carrier, port, "D", found.bill)
    yield _m11(found)
    yield from _references(found)
    for party in found.parties:
        yield from common.party(party, contacts=True)
    if found.delivery_place != Place():
        code = found.delivery_place.code
        yield segment("N1", "FS", common.text(found.delivery_place.name) or code, "", code)
    yield from _cargo(found)


def _m11(found: Consignment) -> Segment:
    """M11 with the totals of the bill's goods, each as far as lines state it."""
    goods = found.goods
    kinds = {item.package_type for item in goods}
    packages = [item.packages for item in goods if item.packages is not None]
    mass = common.total(item.gross_mass_kg for item in goods)
    volume = common.total(item.volume_m3 for item in goods)
    receipt, load = found.place_of_receipt, found.load_port
    return segment(
        "M11", found.bill, load.code or common.text(load.name),
        str(sum(packages)) if packages else "", kinds.pop() if len(kinds) == 1 else "",
        common.amount(mass, _WHAT), "" if mass is None else "K",
        common.amount(volume, _WHAT), "" if volume is None else "X", "",
        common.text(receipt.name) or receipt.code, found.master_bill, found.carrier,
    )  # fmt: skip


def _references(found: Consignment) -> Iterator[Segment]:
    """N9; what has no qualifier of two or three characters stands under ZZ."""
    for each in found.documents:
        word, colon, rest = each.partition(":")
        code = _QUALIFIER.get(word, word)
        plain = colon and rest.strip() and 2 <= len(code) <= 3 and code.isalnum() and code != "MB"
        yield segment("N9", *((code, common.text(rest)) if plain else ("ZZ", common.text(each))))


# -- equipment and goods --------------------------------------------------------------------------


def _cargo(found: Consignment) -> Iterator[Segment]:
    """VID loops in the order of the bill's equipment, the goods in theirs."""
    boxes = {box.number: box for box in found.equipment}
    waiting = list(boxes)
    open_box: str | None = None
    for item in found.goods:
        lines = list(_goods(item))
        if not lines:
            continue
        number = item.equipment[0] if item.equipment else ""
        if number in waiting:
            while (first := waiting.pop(0)) != number:
                yield from _box(boxes[first])
        if number != open_box or not _begins(item):
            yield from _box(boxes.get(number) or TransportEquipment(number=number))
            open_box = number
        yield from lines
    for number in waiting:
        yield from _box(boxes[number])


def _begins(item: GoodsItem) -> bool:
    """Does its first line say more than text, so that reading begins a new item?"""
    said = (item.packages, item.hs_code or None, item.value, item.gross_mass_kg)
    return any(each is not None for each in said)


def _box(box: TransportEquipment) -> Iterator[Segment]:
    """VID and M7; a unit without number stands for goods in no container."""
    if not box.number:
        yield segment("VID", "NC")
        return
    seals = [seal.number for seal in box.seals]
    load = common.CODE["load"].get(box.load_status, "")
    first = [*seals[:2], "", ""][:2]
    yield segment(
        "VID", "CN", *common.initials(box.number), *first, "", "", "", box.size_type, load
    )  # fmt: skip
    yield from common.seals(seals[2:])


def _goods(item: GoodsItem) -> Iterator[Segment]:
    """N10, as many as text and marks need, and H1; nothing for an item that says nothing."""
    what = "goods item"
    texts, marks = common.cut(item.description, LINE), common.marks(item.marks, _MARKS)
    mass = item.gross_mass_kg
    value = common.amount(item.value, what).zfill(2) if item.value is not None else ""
    currency = "" if item.currency in _DOLLARS or not value else item.currency
    first = segment(
        "N10", common.count(item.packages), texts[0] if texts else "", marks[0] if marks else "",
        "J" if item.hs_code else "", item.hs_code, value, "" if mass is None else "K",
        common.amount(mass, what), "", item.package_type, item.origin_country, "", currency,
    )  # fmt: skip
    if len(first) or item.undg:
        yield first
    for code in item.undg:
        yield segment("H1", code)
    for at in range(1, max(len(texts), len(marks))):
        pair = (texts[at] if at < len(texts) else "", marks[at] if at < len(marks) else "")
        yield segment("N10", "", *pair)
