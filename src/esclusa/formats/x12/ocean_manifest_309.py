"""X12 309, the ocean manifest that carriers send to US Customs: bills, parties, boxes, goods.

Releases 003030 to 005030; facts of field use from the public CBP ocean manifest guide. An LX loop
is a bill. Its M13 may add, change or delete that bill alone, so one transaction set can give three
readings: what it states, what it changes, what it takes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from esclusa.formats.codemap import load_map
from esclusa.formats.dates import LAYOUT_BY_LENGTH, iso_moment
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading, snippet
from esclusa.formats.values import (
    checked_container,
    hs_code,
    number,
    ship_number,
    undg,
    whole,
)
from esclusa.model import (
    Consignment,
    Conveyance,
    Function,
    GoodsItem,
    Identifier,
    Party,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
)

_CODES: Final = load_map("esclusa.formats.x12", "code_map.csv")
_WEIGHT: Final = {code: float(factor) for code, factor in _CODES["weight"].items()}
_VOLUME: Final = {code: float(factor) for code, factor in _CODES["volume"].items()}
_NOWHERE: Final = Place()
_NO_YEAR: Final = 2026

_LINE: Final = 45
"""Length of N10's text: a line filled to the end was cut there, even inside a word."""

_CONTACTS: Final = 30
"""Contacts kept for one party."""

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

    def __init__(self, at: Segment) -> None:
        self.at = at
        self.bill = self.carrier = ""
        self.action: Function | None = None
        self.fields: dict[str, Any] = {}
        self.totals: dict[str, Any] = {}
        self.parties: list[Party] = []
        self.goods: list[_Goods] = []
        self.boxes: dict[str, TransportEquipment] = {}
        self.documents: list[str] = []
        self.value: float | None = None


class _Manifest:
    """The transaction set while it is read."""

    __slots__ = (
        "arrival", "bill", "bills", "box", "function", "goods", "in_party", "notes", "port",
        "seen", "voyage", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        year = raw.prepared[:4]
        self.year = int(year) if year.isdigit() and len(year) == 4 else _NO_YEAR
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.port = _NOWHERE
        self.arrival = ""
        self.bills: list[_Bill] = []
        self.bill: _Bill | None = None
        self.box = ""
        self.goods: _Goods | None = None
        self.in_party = False
        self.seen: set[str] = set()


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 309 into consignments, one reading for each function among its bills.

    Defects go to ``notes``. Empty when the manifest type (M1009) states no bills of its own.
    """
    manifest = _Manifest(raw, notes)
    for segment in raw.segments:
        if handler := _HANDLERS.get(segment.tag):
            handler(manifest, segment)
        elif segment.tag not in _UNREAD:
            reason = f"segment {snippet(segment.tag)} has no place in 309; it was passed over"
            notes.first("x12.309.segment.unknown", Severity.NOTE, reason, segment)
    return _readings(manifest)


def _m10(manifest: _Manifest, segment: Segment) -> None:
    manifest.function = _function(manifest, segment)
    manifest.voyage = Voyage(
        reference=segment.get(6).strip(),
        carrier=segment.get(1).strip(),
        conveyance=_ship(manifest, segment, code=4, name=5, flag=3, qualifier=10, mode=2),
    )


def _function(manifest: _Manifest, segment: Segment) -> Function | None:
    """M1009. Types that carry no bills of the sender (arrival notices, customs' own) state none."""
    code = segment.get(9).strip()
    word = _CODES["manifest_type"].get(code, "original" if not code else "")
    if not word:
        reason = f"manifest type {snippet(code)} states no bills of its own (element 256)"
        manifest.notes.add("x12.309.type", Severity.NOTE, reason, segment, "9")
        return None
    return Function(word)


def _ship(
    manifest: _Manifest,
    segment: Segment,
    *,
    code: int,
    name: int,
    flag: int,
    qualifier: int,
    mode: int,
) -> Conveyance:
    """Vessel code: a call sign for qualifier C, an IMO number for L or seven digits."""
    ship = Conveyance(
        mode=_CODES["mode"].get(segment.get(mode), "") if mode else "sea",
        name=segment.get(name).strip(),
        flag=segment.get(flag).strip(),
    )
    mark = segment.get(code).strip()
    if segment.get(qualifier) == "C":
        return replace(ship, call_sign=mark)
    if segment.get(qualifier) == "L" or (len(mark) == 7 and mark.isdigit()):
        imo, valid = ship_number(mark, manifest.notes, segment, str(code))
        return replace(ship, imo=imo, imo_valid=valid)
    return replace(ship, registration=mark)


def _v1(manifest: _Manifest, segment: Segment) -> None:
    """V1 names the vessel where M10 did not."""
    if manifest.voyage.conveyance.name:
        return
    manifest.voyage = Voyage(
        reference=manifest.voyage.reference or segment.get(4).strip(),
        carrier=manifest.voyage.carrier or segment.get(5).strip(),
        conveyance=_ship(manifest, segment, code=1, name=2, flag=3, qualifier=8, mode=0),
    )


def _p4(manifest: _Manifest, segment: Segment) -> None:
    """The port of discharge (CBP schedule D) and the day of arrival there."""
    manifest.port = _place(segment.get(1).strip())
    manifest.bill = None
    text = segment.get(2).strip()
    if not text:
        return
    layout = LAYOUT_BY_LENGTH.get(len(text), "YYYYMMDD")
    value = iso_moment(text, layout, year=manifest.year)
    manifest.arrival = value or ""
    if value is None:
        reason = f"{snippet(text)} is not a date YYMMDD or CCYYMMDD"
        manifest.notes.add("value.date", Severity.ERROR, reason, segment, "2")


def _place(code: str) -> Place:
    """A UN/LOCODE where the sender used one; else a CBP schedule D or K code, kept as sent."""
    is_locode = len(code) == 5 and code[:2].isalpha() and code.isalnum() and code.isupper()
    return Place(code=code, scheme="unlocode" if is_locode else "")


def _lx(manifest: _Manifest, segment: Segment) -> None:
    manifest.bill = _Bill(segment)
    manifest.bill.fields["discharge_port"] = manifest.port
    manifest.bill.fields["arrival"] = manifest.arrival
    manifest.bills.append(manifest.bill)
    manifest.goods, manifest.box, manifest.in_party = None, "", False


def _opened(manifest: _Manifest, segment: Segment) -> _Bill:
    """Return the open bill; a bill segment without its LX opens one."""
    if manifest.bill is None:
        reason = "a bill stands outside an LX loop; it was read all the same"
        manifest.notes.first("x12.309.lx.missing", Severity.WARNING, reason, segment)
        _lx(manifest, segment)
    assert manifest.bill is not None
    return manifest.bill


def _m13(manifest: _Manifest, segment: Segment) -> None:
    bill = _opened(manifest, segment)
    bill.carrier = segment.get(1).strip()
    bill.bill = segment.get(4).strip()
    bill.action = Function(_CODES["amendment"].get(segment.get(3).strip(), "amendment"))


def _m11(manifest: _Manifest, segment: Segment) -> None:
    bill = _opened(manifest, segment)
    bill.bill = segment.get(1).strip()
    bill.carrier = segment.get(12).strip() or bill.carrier
    bill.fields["load_port"] = _place(segment.get(2).strip())
    bill.fields["place_of_receipt"] = Place(name=segment.get(10).strip())
    bill.fields["master_bill"] = segment.get(11).strip()
    bill.totals = {
        "packages": whole(segment.get(3).strip(), manifest.notes, segment, "3"),
        "package_type": segment.get(4).strip(),
        "gross_mass_kg": _measured(manifest, segment, 5, 6, _WEIGHT),
        "volume_m3": _measured(manifest, segment, 7, 8, _VOLUME),
    }


def _measured(
    manifest: _Manifest, segment: Segment, value: int, unit: int, table: dict[str, float]
) -> float | None:
    amount = number(segment.get(value), manifest.notes, segment, str(value))
    code = segment.get(unit).strip()
    factor = table.get(code)
    if amount is None or factor is not None:
        return None if amount is None or factor is None else amount * factor
    reason = f"unit {snippet(code)} is not known"
    manifest.notes.add("value.unit", Severity.ERROR, reason, segment, str(unit))
    return None


def _m12(manifest: _Manifest, segment: Segment) -> None:
    bill = manifest.bill
    if bill is None:
        return
    bill.documents.extend(
        f"{word}:{text}"
        for word, text in (("ENTRY", segment.get(2).strip()), ("INBOND", segment.get(6).strip()))
        if text
    )
    bill.value = number(segment.get(5).strip(), manifest.notes, segment, "5")


def _n9(manifest: _Manifest, segment: Segment) -> None:
    bill, text = manifest.bill, segment.get(2).strip()
    if bill is None or not text:
        return
    if segment.get(1) == "MB":
        bill.fields["master_bill"] = text
    else:
        bill.documents.append(f"{segment.get(1)}:{text}")


def _n1(manifest: _Manifest, segment: Segment) -> None:
    """N1*FS names the final place of delivery, not a party."""
    bill = manifest.bill
    manifest.in_party = False
    if bill is None:
        return
    if segment.get(1) == "FS":
        code = segment.get(4).strip() or segment.get(2).strip()
        bill.fields["delivery_place"] = _place(code)
        return
    text, scheme = segment.get(4).strip(), _CODES["party_number"].get(segment.get(3), "other")
    bill.parties.append(
        Party(
            role=_CODES["role"].get(segment.get(1), "other"),
            name=segment.get(2).strip(),
            identifiers=(Identifier(scheme=scheme, value=text),) if text else (),
        )
    )
    manifest.in_party = True


def _n3(manifest: _Manifest, segment: Segment) -> None:
    bill = manifest.bill
    if bill is None or not manifest.in_party:
        return
    last = bill.parties[-1]
    lines = (segment.get(1).strip(), segment.get(2).strip())
    if len(last.address) < 1000:
        address = ", ".join(part for part in (last.address, *lines) if part)
        bill.parties[-1] = replace(last, address=address)


def _n4(manifest: _Manifest, segment: Segment) -> None:
    bill = manifest.bill
    if bill is None or not manifest.in_party:
        return
    last = bill.parties[-1]
    region = " ".join(part for part in (segment.get(2).strip(), segment.get(3).strip()) if part)
    bill.parties[-1] = replace(
        last,
        city=segment.get(1).strip(),
        country=segment.get(4).strip(),
        address=", ".join(part for part in (last.address, region) if part)[:1000],
    )


def _per(manifest: _Manifest, segment: Segment) -> None:
    bill = manifest.bill
    if bill is None or not manifest.in_party:
        return
    last = bill.parties[-1]
    words = (last.contact, segment.get(2).strip(), segment.get(4).strip(), segment.get(6).strip())
    if last.contact.count(";") < _CONTACTS:
        bill.parties[-1] = replace(last, contact="; ".join(word for word in words if word))


def _vid(manifest: _Manifest, segment: Segment) -> None:
    """VID02 and VID03 are the two parts of the number; both empty means breakbulk."""
    bill = _opened(manifest, segment)
    manifest.goods, manifest.box, manifest.in_party = None, "", False
    text = segment.get(2).strip() + segment.get(3).strip()
    if not text or segment.get(1) == "NC":
        return
    plain, valid = checked_container(text, manifest.notes, segment, "3")
    seals = (segment.get(4).strip(), segment.get(5).strip())
    manifest.box = plain
    bill.boxes[plain] = TransportEquipment(
        number=plain,
        number_valid=valid,
        size_type=segment.get(9).strip(),
        load_status=_CODES["load"].get(segment.get(10).strip(), ""),
        seals=tuple(Seal(number=each) for each in seals if each),
    )


def _m7(manifest: _Manifest, segment: Segment) -> None:
    """Further seals of the open container."""
    bill = manifest.bill
    if bill is None or not manifest.box:
        return
    box = bill.boxes[manifest.box]
    more = (segment.get(place).strip() for place in range(1, 5))
    if len(box.seals) < _CONTACTS:
        seals = (*box.seals, *(Seal(number=each) for each in more if each))
        bill.boxes[manifest.box] = replace(box, seals=seals)


def _n10(manifest: _Manifest, segment: Segment) -> None:
    """A line with text alone goes on with the line before it."""
    bill = _opened(manifest, segment)
    goods = manifest.goods
    begins = any(segment.get(place).strip() for place in (1, 5, 6, 8))
    if goods is None or begins:
        goods = manifest.goods = _Goods()
        bill.goods.append(goods)
        goods.fields = _line(manifest, segment, len(bill.goods))
    if segment.get(2):
        goods.lines.append(segment.get(2))
    if segment.get(3).strip():
        goods.marks.append(segment.get(3).strip())


def _line(manifest: _Manifest, segment: Segment, sequence: int) -> dict[str, Any]:
    value = number(segment.get(6).strip(), manifest.notes, segment, "6")
    return {
        "sequence": sequence,
        "packages": whole(segment.get(1).strip(), manifest.notes, segment, "1"),
        "hs_code": hs_code(segment.get(5).strip(), manifest.notes, segment, "5"),
        "value": value,
        "currency": "USD" if value is not None else "",
        "gross_mass_kg": _measured(manifest, segment, 8, 7, _WEIGHT),
        "origin_country": segment.get(11).strip(),
        "equipment": (manifest.box,) if manifest.box else (),
    }


def _h1(manifest: _Manifest, segment: Segment) -> None:
    code = undg(segment.get(1).strip(), manifest.notes, segment, "1")
    if manifest.goods is not None and code:
        manifest.goods.undg[code] = None


_HANDLERS: Final[dict[str, Callable[[_Manifest, Segment], None]]] = {
    "M10": _m10, "V1": _v1, "P4": _p4, "LX": _lx, "M13": _m13, "M11": _m11, "M12": _m12,
    "N9": _n9, "N1": _n1, "N3": _n3, "N4": _n4, "PER": _per, "VID": _vid, "M7": _m7, "N10": _n10,
    "H1": _h1,
}  # fmt: skip


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
    if not bill.bill:
        reason = "LX loop has no bill number (M1101, M1304); it cannot be told from others"
        manifest.notes.add("x12.309.bill.missing", Severity.ERROR, reason, bill.at)
        return None
    if bill.bill in manifest.seen:
        reason = "this bill number stands twice in the message; the later one will stand"
        manifest.notes.add("x12.309.bill.repeated", Severity.WARNING, reason, bill.at)
    manifest.seen.add(bill.bill)
    return Consignment(
        **bill.fields,
        carrier=bill.carrier or manifest.voyage.carrier,
        bill=bill.bill,
        voyage=manifest.voyage,
        parties=tuple(bill.parties),
        goods=_goods(bill),
        equipment=tuple(bill.boxes.values()),
        documents=tuple(bill.documents),
    )


def _goods(bill: _Bill) -> tuple[GoodsItem, ...]:
    """The goods lines. Totals of the bill (M11, M12) stand for a single line that lacks its own."""
    if len(bill.goods) == 1:
        fields = bill.goods[0].fields
        totals = {**bill.totals, "value": bill.value}
        fields.update({name: total for name, total in totals.items() if not fields.get(name)})
        fields["currency"] = "USD" if fields.get("value") is not None else ""
    elif not bill.goods and any(bill.totals.values()):
        return (GoodsItem(**bill.totals),)
    return tuple(
        GoodsItem(
            **{**each.fields, "package_type": bill.totals.get("package_type", "")},
            description=_joined(each.lines),
            marks=" ".join(each.marks),
            undg=tuple(each.undg),
        )
        for each in bill.goods
    )


def _joined(lines: list[str]) -> str:
    """Join text lines: a full line was cut inside its text, a shorter one ended by itself."""
    pieces: list[str] = []
    for line in lines:
        pieces.extend((line, "" if len(line) >= _LINE else " "))
    return "".join(pieces).strip()
