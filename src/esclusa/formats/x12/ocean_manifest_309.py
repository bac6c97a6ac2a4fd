"""X12 309, the ocean manifest that carriers send to US Customs: bills, parties, boxes, goods.

Releases 003030 to 005030; facts of field use from the public CBP ocean manifest guide. An LX loop
is a bill. Its M13 may add, change or delete that bill alone, so one transaction set can give three
readings: what it states, what it changes, what it takes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading, snippet, told_apart
from esclusa.formats.values import checked_container, hs_code, number, undg, whole
from esclusa.formats.x12 import common
from esclusa.formats.x12.common import CODES, Parties, measured, place
from esclusa.formats.x12.cutting import Cut, walk
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
)

_NOWHERE: Final = Place()

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

    __slots__ = ("fields", "lines", "marks", "undg")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.lines: list[str] = []
        self.marks: list[str] = []
        self.undg: dict[str, None] = {}


class _Bill:
    """A bill while its LX loop is read."""

    __slots__ = (
        "action", "at", "bill", "boxes", "carrier", "documents", "fields", "goods", "parties",
        "totals", "value",
    )  # fmt: skip

    def __init__(self, at: Cut) -> None:
        self.at = at
        self.bill = self.carrier = ""
        self.action: Function | None = None
        self.fields: dict[str, Any] = {}
        self.totals: dict[str, Any] = {}
        self.parties = Parties()
        self.goods: list[_Goods] = []
        self.boxes: dict[str, TransportEquipment] = {}
        self.documents: list[str] = []
        self.value: float | None = None


class _Manifest:
    """The transaction set while it is read."""

    __slots__ = (
        "arrival", "bill", "bills", "box", "function", "goods", "notes", "port", "seen", "voyage",
        "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.port = _NOWHERE
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
    manifest.bill = None
    manifest.arrival = common.moment(manifest.notes, segment, 2, year=manifest.year)


def _lx(manifest: _Manifest, segment: Cut) -> None:
    manifest.bill = _Bill(segment)
    manifest.bill.fields["discharge_port"] = manifest.port
    manifest.bill.fields["arrival"] = manifest.arrival
    manifest.bills.append(manifest.bill)
    manifest.goods, manifest.box = None, ""


def _opened(manifest: _Manifest, segment: Cut) -> _Bill:
    """Return the open bill; a bill segment without its LX opens one."""
    if manifest.bill is None:
        reason = "a bill stands outside an LX loop; it was read all the same"
        manifest.notes.first("x12.309.lx.missing", Severity.WARNING, reason, segment)
        _lx(manifest, segment)
    assert manifest.bill is not None
    return manifest.bill


def _m13(manifest: _Manifest, segment: Cut) -> None:
    bill = _opened(manifest, segment)
    bill.carrier = segment.values[1].strip()
    bill.bill = segment.values[4].strip()
    bill.action = Function(CODES["amendment"].get(segment.values[3].strip(), "amendment"))


def _m11(manifest: _Manifest, segment: Cut) -> None:
    bill = _opened(manifest, segment)
    bill.bill = segment.values[1].strip()
    bill.carrier = segment.values[12].strip() or bill.carrier
    bill.fields["load_port"] = place(segment.values[2].strip())
    bill.fields["place_of_receipt"] = Place(name=segment.values[10].strip())
    bill.fields["master_bill"] = segment.values[11].strip()
    bill.totals = {
        "packages": whole(segment.values[3].strip(), manifest.notes, segment, "3"),
        "package_type": segment.values[4].strip(),
        "gross_mass_kg": measured(manifest.notes, segment, 5, 6, common.WEIGHT),
        "volume_m3": measured(manifest.notes, segment, 7, 8, common.VOLUME),
    }


def _m12(manifest: _Manifest, segment: Cut) -> None:
    bill = manifest.bill
    if bill is None:
        return
    bill.documents.extend(
        f"{word}:{text}"
        for word, text in (
            ("ENTRY", segment.values[2].strip()),
            ("INBOND", segment.values[6].strip()),
        )
        if text
    )
    bill.value = number(segment.values[5].strip(), manifest.notes, segment, "5")


def _n9(manifest: _Manifest, segment: Cut) -> None:
    bill, text = manifest.bill, segment.values[2].strip()
    if bill is None or not text:
        return
    if segment.values[1] == "MB":
        bill.fields["master_bill"] = text
    else:
        qualifier = segment.values[1]
        bill.documents.append(f"{REFERENCES.get(qualifier, qualifier)}:{text}")


def _n1(manifest: _Manifest, segment: Cut) -> None:
    """N1*FS names the final place of delivery, not a party."""
    bill = manifest.bill
    if bill is None:
        return
    if segment.values[1] != "FS":
        bill.parties.begin(segment)
        return
    bill.parties.close()
    name = segment.values[2].strip()
    code = segment.values[4].strip() or name
    bill.fields["delivery_place"] = place(code, name if name != code else "")


def _party(read: Callable[[Parties, Cut], None]) -> Callable[[_Manifest, Cut], None]:
    """Hand a segment to the parties of the open bill."""

    def handle(manifest: _Manifest, segment: Cut) -> None:
        if manifest.bill is not None:
            read(manifest.bill.parties, segment)

    return handle


def _vid(manifest: _Manifest, segment: Cut) -> None:
    """VID02 and VID03 are the two parts of the number; both empty means breakbulk."""
    bill = _opened(manifest, segment)
    manifest.goods, manifest.box = None, ""
    bill.parties.close()
    text = segment.values[2].strip() + segment.values[3].strip()
    if not text or segment.values[1] == "NC":
        return
    plain, valid = checked_container(text, manifest.notes, segment, "3")
    seals = (segment.values[4].strip(), segment.values[5].strip())
    manifest.box = plain
    bill.boxes[plain] = TransportEquipment(
        number=plain,
        number_valid=valid,
        size_type=segment.values[9].strip(),
        load_status=CODES["load"].get(segment.values[10].strip(), ""),
        seals=tuple(Seal(number=each) for each in seals if each),
    )


def _m7(manifest: _Manifest, segment: Cut) -> None:
    """Further seals of the open container."""
    bill = manifest.bill
    if bill is None or not manifest.box:
        return
    bill.boxes[manifest.box] = common.sealed(bill.boxes[manifest.box], segment)


def _n10(manifest: _Manifest, segment: Cut) -> None:
    """A line with text alone goes on with the line before it."""
    bill = _opened(manifest, segment)
    goods = manifest.goods
    if goods is None or _begins(segment):
        goods = manifest.goods = _Goods()
        bill.goods.append(goods)
        goods.fields = _line(manifest, segment, len(bill.goods))
    if segment.values[2]:
        goods.lines.append(segment.values[2])
    if segment.values[3].strip():
        goods.marks.append(segment.values[3].strip())


def _begins(segment: Cut) -> bool:
    """Does N10 say more than text: packages, commodity code, value or mass?"""
    said = segment.values[1] + segment.values[5] + segment.values[6] + segment.values[8]
    return said != "" and not said.isspace()


def _line(manifest: _Manifest, segment: Cut, sequence: int) -> dict[str, Any]:
    value = number(segment.values[6].strip(), manifest.notes, segment, "6")
    return {
        "sequence": sequence,
        "packages": whole(segment.values[1].strip(), manifest.notes, segment, "1"),
        "hs_code": hs_code(segment.values[5].strip(), manifest.notes, segment, "5"),
        "value": value,
        "currency": (segment.values[13].strip() or "USD") if value is not None else "",
        "package_type": segment.values[10].strip(),
        "gross_mass_kg": measured(manifest.notes, segment, 8, 7, common.WEIGHT),
        "origin_country": segment.values[11].strip(),
        "equipment": (manifest.box,) if manifest.box else (),
    }


def _h1(manifest: _Manifest, segment: Cut) -> None:
    code = undg(segment.values[1].strip(), manifest.notes, segment, "1")
    if manifest.goods is not None and code:
        manifest.goods.undg[code] = None


_HANDLERS: Final[dict[str, Callable[[_Manifest, Cut], None]]] = {
    "M10": _m10, "V1": _v1, "P4": _p4, "LX": _lx, "M13": _m13, "M11": _m11, "M12": _m12,
    "N9": _n9, "N1": _n1, "N3": _party(Parties.street), "N4": _party(Parties.town),
    "PER": _party(Parties.contact), "VID": _vid, "M7": _m7, "N10": _n10, "H1": _h1,
}  # fmt: skip

TAGS: Final = frozenset(_HANDLERS) | _UNREAD
"""Tags that have a place in the manifest."""


def _readings(manifest: _Manifest) -> list[Reading]:
    """Group the bills by what is to be done with them, in the order of their first bill."""
    groups: dict[Function, list[Consignment]] = {}
    for bill in manifest.bills:
        function = bill.action or manifest.function
        consignment = _consignment(manifest, bill)
        if function is not None and consignment is not None:
            groups.setdefault(function, []).append(consignment)
    return [Reading(function, tuple(found)) for function, found in groups.items()]


def _consignment(manifest: _Manifest, bill: _Bill) -> Consignment | None:
    nameless = "LX loop has no bill number (M1101, M1304)"
    if not told_apart(manifest.notes, bill.bill, manifest.seen, bill.at, "x12.309", nameless):
        return None
    return Consignment(
        **bill.fields,
        carrier=bill.carrier or manifest.voyage.carrier,
        bill=bill.bill,
        voyage=manifest.voyage,
        parties=bill.parties.told(),
        goods=_goods(bill),
        equipment=tuple(bill.boxes.values()),
        documents=tuple(bill.documents),
    )


def _goods(bill: _Bill) -> tuple[GoodsItem, ...]:
    """The goods lines. Totals of the bill (M11, M12) stand for a single line that lacks its own."""
    if len(bill.goods) == 1:
        fields = bill.goods[0].fields
        totals = {**bill.totals, "value": bill.value}
        lacking = {name for name in totals if not fields.get(name) and totals[name] is not None}
        fields.update({name: totals[name] for name in lacking})
        if fields.get("value") is not None and not fields.get("currency"):
            fields["currency"] = "USD"
    elif not bill.goods and any(bill.totals.values()):
        return (GoodsItem(**bill.totals),)
    kind = bill.totals.get("package_type", "")
    return tuple(
        GoodsItem(
            **{**each.fields, "package_type": each.fields["package_type"] or kind},
            description=common.joined(each.lines, LINE),
            marks=" ".join(each.marks),
            undg=tuple(each.undg),
        )
        for each in bill.goods
    )
