"""X12 309, the ocean manifest that carriers send to US Customs: bills, parties, boxes, goods.

Releases 003030 to 005030; facts of field use from the public CBP ocean manifest guide. An LX loop
is a bill. Its M13 may add, change or delete that bill alone, so one transaction set can give three
readings: what it states, what it changes, what it takes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading, snippet, told_apart
from esclusa.formats.values import checked_container, hs_code, number, undg, whole
from esclusa.formats.x12 import common
from esclusa.formats.x12.common import CODES, NOWHERE, Open, PartyLoops, measured, place
from esclusa.formats.x12.cutting import Cut, walk
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Severity,
    TransportEquipment,
    Voyage,
)

LINE: Final = 45
"""Length of N10's text: a line filled to the end was cut there, even inside a word."""

REFERENCES: Final = {"6B": "ENTRY", "IB": "INBOND"}
"""Qualifiers of N9 (128) that say what M12 has elements for."""

_UNREAD: Final = frozenset({
    "ST", "SE", "R4", "V9", "DTM", "P5", "VC", "MAN", "H2", "H3", "K1", "N2", "NTE", "REF", "X1",
    "X2", "LS", "LE", "SG", "TXN",
})  # fmt: skip
"""Segments that the manifest allows and that make no statement of their own."""


class _Goods:
    """A goods line while its N10 loop is read."""

    packages: int | None = None
    gross_mass_kg: float | None = None
    volume_m3: float | None = None
    value: float | None = None
    hs_code = package_type = currency = origin_country = ""
    equipment: tuple[str, ...] = ()
    undg: dict[str, None] | None = None

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        self.lines: list[str] = []
        self.marks: list[str] = []

    def item(self, package_type: str) -> GoodsItem:
        """Return the line; ``package_type`` is that of the bill."""
        return GoodsItem(
            sequence=self.sequence,
            description=common.joined(self.lines, LINE),
            hs_code=self.hs_code,
            packages=self.packages,
            package_type=self.package_type or package_type,
            gross_mass_kg=self.gross_mass_kg,
            volume_m3=self.volume_m3,
            value=self.value,
            currency=self.currency,
            origin_country=self.origin_country,
            marks=" ".join(self.marks),
            undg=tuple(self.undg or ()),
            equipment=self.equipment,
        )


class _Bill:
    """A bill while its LX loop is read. ``at`` is the index of the segment that opened it.

    Measures and packages are those that M11 says of all goods, the value that of M12.
    """

    bill = carrier = arrival = master_bill = ""
    action: Function | None = None
    load_port = discharge_port = place_of_receipt = delivery_place = NOWHERE
    packages: int | None = None
    package_type = ""
    gross_mass_kg: float | None = None
    volume_m3: float | None = None
    value: float | None = None

    def __init__(self, at: int) -> None:
        self.at = at
        self.parties: list[Open] = []
        self.goods: list[_Goods] = []
        self.boxes: dict[str, TransportEquipment] = {}
        self.documents: list[str] = []


class _Manifest(PartyLoops):
    """The transaction set while it is read."""

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.raw = raw
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.port = NOWHERE
        self.arrival = ""
        self.bills: list[_Bill] = []
        self.bill: _Bill | None = None
        self.box = ""
        self.goods: _Goods | None = None
        self.seen: set[str] = set()


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 309 into consignments, one reading for each function among its bills.

    Defects go to ``notes``. Empty when the manifest type (M1009) states no bills of its own.
    """
    manifest = _Manifest(raw, notes)
    walk(manifest, raw, _HANDLERS, _UNREAD, "309")
    return _readings(manifest)


def _m10(manifest: _Manifest, segment: Cut) -> None:
    manifest.function = function_of(manifest.notes, segment)
    manifest.voyage = common.m10_voyage(manifest.notes, segment)


def function_of(notes: Notes, segment: Cut) -> Function | None:
    """M1009. Types that carry no bills of the sender (arrival notices, customs' own) state none."""
    code = segment.values[9].strip()
    word = CODES["manifest_type"].get(code, "original" if not code else "")
    if not word:
        reason = f"manifest type {snippet(code)} states no bills of its own (element 256)"
        notes.add("x12.309.type", Severity.NOTE, reason, segment, "9")
        return None
    return Function(word)


def _v1(manifest: _Manifest, segment: Cut) -> None:
    manifest.voyage = common.v1_voyage(manifest.notes, segment, manifest.voyage)


def _p4(manifest: _Manifest, segment: Cut) -> None:
    """The port of discharge (CBP schedule D) and the day of arrival there."""
    manifest.port = place(segment.values[1].strip())
    manifest.bill = manifest.open = None
    manifest.arrival = common.moment(manifest.notes, segment, 2, year=manifest.year)


def _lx(manifest: _Manifest, segment: Cut) -> None:
    bill = manifest.bill = _Bill(segment.at)
    bill.discharge_port = manifest.port
    bill.arrival = manifest.arrival
    manifest.bills.append(bill)
    manifest.goods = manifest.open = None
    manifest.box = ""


def _opened(manifest: _Manifest, segment: Cut) -> _Bill:
    """Return the open bill; a bill segment without its LX opens one."""
    if manifest.bill is None:
        reason = "a bill stands outside an LX loop; it was read all the same"
        manifest.notes.first("x12.309.lx.missing", Severity.WARNING, reason, segment)
        _lx(manifest, segment)
    assert manifest.bill is not None
    return manifest.bill


def _m13(manifest: _Manifest, segment: Cut) -> None:
    bill, values = manifest.bill or _opened(manifest, segment), segment.values
    bill.carrier = values[1].strip()
    bill.bill = values[4].strip()
    bill.action = Function(CODES["amendment"].get(values[3].strip(), "amendment"))


def _m11(manifest: _Manifest, segment: Cut) -> None:
    bill, values = manifest.bill or _opened(manifest, segment), segment.values
    notes = manifest.notes
    bill.bill = values[1].strip()
    bill.carrier = values[12].strip() or bill.carrier
    bill.load_port = place(values[2].strip())
    bill.place_of_receipt = common.named(values[10].strip())
    bill.master_bill = values[11].strip()
    bill.packages = whole(values[3].strip(), notes, segment, "3") if values[3] else None
    bill.package_type = values[4].strip()
    bill.gross_mass_kg = measured(notes, segment, 5, 6, common.WEIGHT) if values[5] else None
    bill.volume_m3 = measured(notes, segment, 7, 8, common.VOLUME) if values[7] else None


def _m12(manifest: _Manifest, segment: Cut) -> None:
    bill, values = manifest.bill, segment.values
    if bill is None:
        return
    if text := values[2].strip():
        bill.documents.append(f"ENTRY:{text}")
    if text := values[6].strip():
        bill.documents.append(f"INBOND:{text}")
    bill.value = number(values[5].strip(), manifest.notes, segment, "5")


def _n9(manifest: _Manifest, segment: Cut) -> None:
    bill, text = manifest.bill, segment.values[2].strip()
    if bill is None or not text:
        return
    qualifier = segment.values[1]
    if qualifier == "MB":
        bill.master_bill = text
    else:
        bill.documents.append(f"{REFERENCES.get(qualifier, qualifier)}:{text}")


def _n1(manifest: _Manifest, segment: Cut) -> None:
    """N1*FS names the final place of delivery, not a party."""
    bill, values = manifest.bill, segment.values
    if bill is None:
        return
    if values[1] != "FS":
        manifest.open = common.party(segment)
        bill.parties.append(manifest.open)
        return
    manifest.open = None
    name = values[2].strip()
    code = values[4].strip() or name
    bill.delivery_place = place(code, name if name != code else "")


def _vid(manifest: _Manifest, segment: Cut) -> None:
    """VID02 and VID03 are the two parts of the number; both empty means breakbulk."""
    bill, values = manifest.bill or _opened(manifest, segment), segment.values
    manifest.goods = manifest.open = None
    manifest.box = ""
    text = values[2].strip() + values[3].strip()
    if not text or values[1] == "NC":
        return
    plain, valid = checked_container(text, manifest.notes, segment, "3")
    manifest.box = plain
    bill.boxes[plain] = TransportEquipment(
        number=plain,
        number_valid=valid,
        size_type=values[9].strip(),
        load_status=_LOAD.get(values[10].strip(), ""),
        seals=common.seals(values[4:6]),
    )


_LOAD: Final = CODES["load"]


def _m7(manifest: _Manifest, segment: Cut) -> None:
    """Further seals of the open container."""
    bill = manifest.bill
    if bill is None or not manifest.box:
        return
    bill.boxes[manifest.box] = common.sealed(bill.boxes[manifest.box], segment)


def _n10(manifest: _Manifest, segment: Cut) -> None:
    """A line with text alone goes on with the line before it."""
    bill, values = manifest.bill or _opened(manifest, segment), segment.values
    goods = manifest.goods
    if goods is None or _begins(values):
        goods = manifest.goods = _line(manifest, segment, len(bill.goods) + 1)
        bill.goods.append(goods)
    if values[2]:
        goods.lines.append(values[2])
    if marks := values[3].strip():
        goods.marks.append(marks)


def _begins(values: list[str]) -> bool:
    """Does N10 say more than text: packages, commodity code, value or mass?"""
    said = values[1] + values[5] + values[6] + values[8]
    return said != "" and not said.isspace()


def _line(manifest: _Manifest, segment: Cut, sequence: int) -> _Goods:
    notes, values, goods = manifest.notes, segment.values, _Goods(sequence)
    if values[6] and (value := number(values[6].strip(), notes, segment, "6")) is not None:
        goods.value = value
        goods.currency = values[13].strip() or "USD"
    if values[1]:
        goods.packages = whole(values[1].strip(), notes, segment, "1")
    if values[5]:
        goods.hs_code = hs_code(values[5].strip(), notes, segment, "5")
    if values[8]:
        goods.gross_mass_kg = measured(notes, segment, 8, 7, common.WEIGHT)
    goods.package_type = values[10].strip()
    goods.origin_country = values[11].strip()
    if manifest.box:
        goods.equipment = (manifest.box,)
    return goods


def _h1(manifest: _Manifest, segment: Cut) -> None:
    code = undg(segment.values[1].strip(), manifest.notes, segment, "1")
    goods = manifest.goods
    if goods is not None and code:
        goods.undg = goods.undg or {}
        goods.undg[code] = None


_HANDLERS: Final[dict[str, Callable[[_Manifest, Cut], None]]] = {
    "M10": _m10, "V1": _v1, "P4": _p4, "LX": _lx, "M13": _m13, "M11": _m11, "M12": _m12,
    "N9": _n9, "N1": _n1, "N3": common.street, "N4": common.town, "PER": common.contact,
    "VID": _vid, "M7": _m7, "N10": _n10, "H1": _h1,
}  # fmt: skip

TAGS: Final = frozenset(_HANDLERS) | _UNREAD
"""Tags that have a place in the manifest."""


def _readings(manifest: _Manifest) -> list[Reading]:
    """Group the bills by what is to be done with them, in the order of their first bill."""
    groups: dict[Function, list[Consignment]] = {}
    seen = manifest.seen
    nameless = "LX loop has no bill number (M1101, M1304)"
    for bill in manifest.bills:
        function, bill_number = bill.action or manifest.function, bill.bill
        if bill_number and bill_number not in seen:
            seen.add(bill_number)
        elif not told_apart(
            manifest.notes, bill_number, seen, Cut(manifest.raw, bill.at), "x12.309", nameless
        ):
            continue
        if function is not None:
            groups.setdefault(function, []).append(_consignment(manifest, bill))
    return [Reading(function, tuple(found)) for function, found in groups.items()]


def _consignment(manifest: _Manifest, bill: _Bill) -> Consignment:
    return Consignment(
        carrier=bill.carrier or manifest.voyage.carrier,
        bill=bill.bill,
        master_bill=bill.master_bill,
        voyage=manifest.voyage,
        place_of_receipt=bill.place_of_receipt,
        load_port=bill.load_port,
        discharge_port=bill.discharge_port,
        delivery_place=bill.delivery_place,
        arrival=bill.arrival,
        parties=tuple([each.party() for each in bill.parties]),
        goods=_goods(bill),
        equipment=tuple(bill.boxes.values()),
        documents=tuple(bill.documents),
    )


def _goods(bill: _Bill) -> tuple[GoodsItem, ...]:
    """The goods lines. Totals of the bill (M11, M12) stand for a single line that lacks its own."""
    if len(bill.goods) == 1:
        goods = bill.goods[0]
        _fill(goods, bill)
        return (goods.item(bill.package_type),)
    totals = (bill.packages, bill.package_type, bill.gross_mass_kg, bill.volume_m3)
    if bill.goods or not any(totals):
        return tuple([each.item(bill.package_type) for each in bill.goods])
    alone = GoodsItem(
        packages=bill.packages,
        package_type=bill.package_type,
        gross_mass_kg=bill.gross_mass_kg,
        volume_m3=bill.volume_m3,
    )
    return (alone,)


def _fill(goods: _Goods, bill: _Bill) -> None:
    """Give a line what it lacks; nought is no more than nothing."""
    if not goods.packages and bill.packages is not None:
        goods.packages = bill.packages
    if not goods.gross_mass_kg and bill.gross_mass_kg is not None:
        goods.gross_mass_kg = bill.gross_mass_kg
    goods.volume_m3 = bill.volume_m3
    if not goods.value and bill.value is not None:
        goods.value = bill.value
    if goods.value is not None and not goods.currency:
        goods.currency = "USD"
