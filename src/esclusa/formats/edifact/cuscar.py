"""CUSCAR, the customs cargo report: what a carrier has on board, bill by bill.

UN/EDIFACT directories D.95B to D.17B and later. Groups are opened by their trigger segments (EQD a
container, CNI or a further bill reference a consignment, GID a goods item), not by their place in
the segment table: national guides drop, repeat and move groups, and a segment out of place must not
cost the manifest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading, snippet
from esclusa.formats.values import checked_container, container, hs_code, number, undg, whole
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Identifier,
    Party,
    Place,
    Seal,
    Severity,
    Statement,
    TransportEquipment,
    Voyage,
)

_NOWHERE: Final = Place()
_PAYMENT: Final = common.CODES["payment"]
_AMOUNT: Final = common.CODES["amount"]

_PARTY_LIMIT: Final = 30
"""Numbers and contacts kept for one party; guides allow nine of each."""

_UNREAD: Final = frozenset({
    "UNH", "UNT", "GIS", "GEI", "CNT", "TSR", "HAN", "DIM", "RNG", "QTY", "AUT", "DOC", "TMD",
    "SGU", "EQA", "UNS", "GDS", "LAN",
})  # fmt: skip
"""Segments that CUSCAR allows and that make no statement of their own."""


class _Box:
    """A container while its group is read."""

    __slots__ = ("fields", "made", "number", "places", "seals", "undg", "used")

    def __init__(self, number: str) -> None:
        self.number = number
        self.fields: dict[str, Any] = {"number": number}
        self.places: dict[str, Place] = {}
        self.seals: dict[Seal, None] = {}
        self.undg: dict[str, None] = {}
        self.used = False
        self.made: TransportEquipment | None = None

    def shared(self) -> TransportEquipment:
        """The same for every bill that names the box: made once, when all is read."""
        if self.made is None:
            self.made = self.built()
        return self.made

    def built(self, **more: Any) -> TransportEquipment:
        return TransportEquipment(
            **self.fields, seals=tuple(self.seals), undg=tuple(self.undg), **more
        )


class _Goods:
    """A goods item while its group is read."""

    __slots__ = ("equipment", "fields", "marks", "text", "undg")

    def __init__(self, sequence: int) -> None:
        self.fields: dict[str, Any] = {"sequence": sequence}
        self.text: list[str] = []
        self.marks: list[str] = []
        self.undg: dict[str, None] = {}
        self.equipment: dict[str, None] = {}

    def built(self) -> GoodsItem:
        return GoodsItem(
            **self.fields,
            description=" ".join(self.text),
            marks=" ".join(self.marks),
            undg=tuple(self.undg),
            equipment=tuple(self.equipment),
        )


class _Bill:
    """A consignment while its group is read. ``listed`` is CNI's own number."""

    __slots__ = (
        "at", "bill", "boxes", "documents", "fields", "goods", "house", "listed", "master",
        "parties", "places", "transhipment", "value",
    )  # fmt: skip

    def __init__(self, at: Segment, listed: str) -> None:
        self.at = at
        self.listed = listed
        self.bill = self.house = self.master = ""
        self.fields: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self.transhipment: list[Place] = []
        self.parties: list[Party] = []
        self.documents: list[str] = []
        self.goods: list[_Goods] = []
        self.boxes: dict[str, _Box] = {}
        self.value: tuple[float, str] | None = None

    def numbers(self) -> tuple[str, str]:
        """Return bill and master bill.

        A house bill stands under the BM bill, or under the number CNI lists, when no MB is given.
        """
        if not self.house:
            return self.bill or self.listed, self.master
        above = self.master or self.bill or self.listed
        return self.house, above if above != self.house else ""


class _Manifest:
    """The message while it is read: where we stand, and what stands open."""

    __slots__ = (
        "bill", "bills", "box", "boxes", "carrier", "currency", "dates", "function", "goods",
        "leg", "notes", "party", "places", "seen", "voyage", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.carrier = ""
        self.currency = ""
        self.dates: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.boxes: dict[str, _Box] = {}
        self.bills: list[_Bill] = []
        self.bill: _Bill | None = None
        self.goods: _Goods | None = None
        self.box: _Box | None = None
        self.party: list[Party] | None = None
        self.leg = False
        self.seen: set[str] = set()


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one CUSCAR message into consignments, and equipment that no consignment names.

    Defects go to ``notes``. Empty when the message's function states nothing (1225).
    """
    manifest = _Manifest(raw, notes)
    for segment in raw.segments:
        if handler := _HANDLERS.get(segment.tag):
            handler(manifest, segment)
        elif segment.tag not in _UNREAD:
            reason = f"segment {snippet(segment.tag)} has no place in CUSCAR; it was passed over"
            notes.first("cuscar.segment.unknown", Severity.NOTE, reason, segment)
    if manifest.function is None:
        return []
    return [Reading(manifest.function, tuple(_statements(manifest)))]


def _bgm(manifest: _Manifest, segment: Segment) -> None:
    manifest.function = common.function_of(segment, manifest.notes)


def _dtm(manifest: _Manifest, segment: Segment) -> None:
    field = common.MOMENT.get(segment.get(1), "")
    if field not in ("arrival", "departure", "issued"):
        return
    if manifest.party is not None and field != "issued":
        return
    value = common.moment(segment, manifest.notes, manifest.year)
    if not value:
        return
    if manifest.bill is None:
        manifest.dates.setdefault(field, value)
    else:
        manifest.bill.fields.setdefault(field, value)


def _tdt(manifest: _Manifest, segment: Segment) -> None:
    """The header's main carriage is the voyage; legs inside a consignment only open their group."""
    manifest.party = None
    if manifest.bill is not None:
        manifest.leg = True
        return
    voyage = common.voyage(segment, manifest.notes)
    if segment.get(1) == "20" or manifest.voyage == Voyage():
        manifest.voyage = voyage


def _loc(manifest: _Manifest, segment: Segment) -> None:
    field = common.PLACE.get(segment.get(1))
    if field is None:
        return
    place = common.place(segment)
    if field == "origin":
        if manifest.goods is not None:
            manifest.goods.fields["origin_country"] = place.code
    elif manifest.bill is None:
        places = manifest.box.places if manifest.box is not None else manifest.places
        places.setdefault(field, place)
    elif field == "transhipment":
        manifest.bill.transhipment.append(place)
    elif not manifest.leg:
        manifest.bill.places.setdefault(field, place)


def _eqd(manifest: _Manifest, segment: Segment) -> None:
    manifest.party = None
    kind = segment.get(1)
    text = segment.get(2)
    plain, valid = checked_container(
        text, manifest.notes, segment, "2.1", expected=kind in ("CN", "")
    )
    if not plain:
        manifest.box = None
        reason = "equipment has no number; it makes no statement"
        manifest.notes.add("cuscar.equipment.number", Severity.NOTE, reason, segment, "2.1")
        return
    box = manifest.boxes.get(plain) or _Box(plain)
    manifest.boxes[plain] = manifest.box = box
    box.fields["number_valid"] = valid
    box.fields["size_type"] = segment.get(3).strip() or segment.get(3, 4).strip()
    box.fields["load_status"] = common.load_status(segment.get(6))
    if manifest.bill is not None:
        reason = "equipment stands inside a consignment; it is read as part of it"
        manifest.notes.first("cuscar.equipment.inside", Severity.NOTE, reason, segment)
        manifest.bill.boxes[plain] = box
        box.used = True


def _sel(manifest: _Manifest, segment: Segment) -> None:
    seal = common.seal(segment)
    if seal is None:
        return
    if manifest.box is None:
        reason = "a seal stands outside any equipment; it belongs to nothing"
        manifest.notes.first("cuscar.seal.outside", Severity.WARNING, reason, segment)
    else:
        manifest.box.seals[seal] = None


def _mea(manifest: _Manifest, segment: Segment) -> None:
    what, value = common.quantity(segment, manifest.notes)
    if value is None:
        return
    if manifest.goods is not None:
        field = {"gross": "gross_mass_kg", "volume": "volume_m3"}.get(what)
        if field:
            manifest.goods.fields.setdefault(field, value)
    elif manifest.box is not None:
        field = _BOX_MASS.get(what)
        if field:
            manifest.box.fields.setdefault(field, value)


_BOX_MASS: Final = {"gross": "gross_mass_kg", "verified": "verified_mass_kg", "tare": "tare_kg"}


def _tmp(manifest: _Manifest, segment: Segment) -> None:
    if manifest.box is not None:
        manifest.box.fields["temperature_c"] = common.temperature(segment, manifest.notes)


def _dgs(manifest: _Manifest, segment: Segment) -> None:
    holder = manifest.goods or manifest.box
    code = undg(segment.get(3), manifest.notes, segment, "3.1")
    if holder is not None and code:
        holder.undg[code] = None


def _cni(manifest: _Manifest, segment: Segment) -> None:
    _open_bill(manifest, _Bill(segment, segment.get(2).strip()))


def _open_bill(manifest: _Manifest, bill: _Bill) -> None:
    manifest.bill = bill
    manifest.bills.append(bill)
    manifest.goods = manifest.box = manifest.party = None
    manifest.leg = False


def _rff(manifest: _Manifest, segment: Segment) -> None:
    word = common.REFERENCE.get(segment.get(1), "")
    text = segment.get(1, 2).strip()
    if word in ("tax", "registration") and manifest.party:
        _identify(manifest.party, Identifier(scheme=word, value=text))
    elif word in ("bill", "house"):
        _bill_number(manifest, segment, word, text)
    elif manifest.bill is not None:
        _bill_reference(manifest, segment, word, text)


def _identify(parties: list[Party], identifier: Identifier) -> None:
    last = parties[-1]
    if len(last.identifiers) < _PARTY_LIMIT:
        parties[-1] = replace(last, identifiers=(*last.identifiers, identifier))


def _bill_number(manifest: _Manifest, segment: Segment, word: str, text: str) -> None:
    """A bill number opens a consignment when none is open or the open one has its goods."""
    bill = manifest.bill
    if bill is None or bill.goods:
        listed = bill.listed if bill is not None else ""
        bill = _Bill(segment, listed)
        _open_bill(manifest, bill)
    if word == "house":
        bill.house = text
    else:
        bill.bill = bill.bill or text


def _bill_reference(manifest: _Manifest, segment: Segment, word: str, text: str) -> None:
    bill = manifest.bill
    assert bill is not None
    if word == "master":
        bill.master = text
    elif word == "equipment" and text:
        _place_in(manifest, bill, segment, text, "1.2")
    elif text:
        bill.documents.append(f"{segment.get(1)}:{text}")


def _place_in(manifest: _Manifest, bill: _Bill, segment: Segment, text: str, element: str) -> str:
    """Attach the container named ``text`` to the bill and return its plain number.

    A container that no EQD introduced is made from its number alone.
    """
    box = manifest.boxes.get(text) or manifest.boxes.get(container(text)[0])
    if box is None:
        plain, valid = checked_container(text, manifest.notes, segment, element)
        box = manifest.boxes[plain] = _Box(plain)
        box.fields["number_valid"] = valid
    bill.boxes[box.number] = box
    box.used = True
    return box.number


def _nad(manifest: _Manifest, segment: Segment) -> None:
    code = segment.get(1)
    role = common.ROLE.get(code, "other")
    if manifest.bill is None:
        _header_party(manifest, segment, role)
        return
    manifest.party = manifest.bill.parties
    manifest.bill.parties.append(common.party(segment, role))


def _header_party(manifest: _Manifest, segment: Segment, role: str) -> None:
    name = segment.get(2).strip() or segment.get(4).strip()
    if manifest.box is not None:
        manifest.box.fields.setdefault("operator", name)
    elif role == "carrier":
        manifest.carrier = name
    elif role == "reporting":
        manifest.carrier = manifest.carrier or name


def _contact(manifest: _Manifest, segment: Segment) -> None:
    if not manifest.party:
        return
    text = segment.get(2, 2) if segment.tag == "CTA" else segment.get(1)
    last = manifest.party[-1]
    if text.strip() and last.contact.count(";") < _PARTY_LIMIT:
        contact = f"{last.contact}; {text.strip()}" if last.contact else text.strip()
        manifest.party[-1] = replace(last, contact=contact)


def _gid(manifest: _Manifest, segment: Segment) -> None:
    manifest.party = None
    if manifest.bill is None:
        reason = "a goods item stands before any consignment; it belongs to nothing"
        manifest.notes.add("cuscar.goods.outside", Severity.ERROR, reason, segment)
        return
    goods = _Goods(len(manifest.bill.goods) + 1)
    manifest.bill.goods.append(goods)
    manifest.goods = goods
    sequence = whole(segment.get(1).strip(), manifest.notes, segment, "1")
    goods.fields["sequence"] = sequence or goods.fields["sequence"]
    goods.fields["packages"] = whole(segment.get(2).strip(), manifest.notes, segment, "2.1")
    goods.fields["package_type"] = segment.get(2, 2).strip() or segment.get(2, 5).strip()


def _pac(manifest: _Manifest, segment: Segment) -> None:
    """PAC fills what GID left open."""
    goods = manifest.goods
    if goods is None:
        return
    if goods.fields["packages"] is None:
        goods.fields["packages"] = whole(segment.get(1).strip(), manifest.notes, segment, "1")
    kind = segment.get(3).strip() or segment.get(3, 4).strip()
    goods.fields["package_type"] = goods.fields["package_type"] or kind


def _ftx(manifest: _Manifest, segment: Segment) -> None:
    if manifest.goods is not None and segment.get(1) in ("AAA", ""):
        text = common.free_text(segment)
        if text:
            manifest.goods.text.append(text)


def _pci(manifest: _Manifest, segment: Segment) -> None:
    if manifest.goods is not None:
        manifest.goods.marks.extend(mark.strip() for mark in segment.element(2) if mark.strip())


def _sgp(manifest: _Manifest, segment: Segment) -> None:
    text = segment.get(1).strip()
    if manifest.bill is None or manifest.goods is None or not text:
        return
    plain = _place_in(manifest, manifest.bill, segment, text, "1.1")
    manifest.goods.equipment[plain] = None


def _cst(manifest: _Manifest, segment: Segment) -> None:
    if manifest.goods is not None:
        code = hs_code(segment.get(2).strip(), manifest.notes, segment, "2.1")
        if code:
            manifest.goods.fields.setdefault("hs_code", code)


def _moa(manifest: _Manifest, segment: Segment) -> None:
    bill, kind = manifest.bill, _AMOUNT.get(segment.get(1))
    if bill is None or kind is None:
        return
    amount = number(segment.get(1, 2), manifest.notes, segment, "1.2")
    currency = segment.get(1, 3).strip() or manifest.currency
    if amount is None:
        return
    if kind == "freight":
        bill.fields.setdefault("freight_amount", amount)
        bill.fields.setdefault("freight_currency", currency)
    elif manifest.goods is not None:
        manifest.goods.fields.setdefault("value", amount)
        manifest.goods.fields.setdefault("currency", currency)
    else:
        bill.value = bill.value or (amount, currency)


def _cux(manifest: _Manifest, segment: Segment) -> None:
    manifest.currency = segment.get(1, 2).strip()


def _cpi(manifest: _Manifest, segment: Segment) -> None:
    if manifest.bill is None:
        return
    word = _PAYMENT.get(segment.get(2)) or _PAYMENT.get(segment.get(3))
    if word:
        manifest.bill.fields.setdefault("freight_payment", word)


_HANDLERS: Final[dict[str, Callable[[_Manifest, Segment], None]]] = {
    "BGM": _bgm, "DTM": _dtm, "TDT": _tdt, "LOC": _loc, "EQD": _eqd, "SEL": _sel, "MEA": _mea,
    "TMP": _tmp, "DGS": _dgs, "CNI": _cni, "RFF": _rff, "NAD": _nad, "CTA": _contact,
    "COM": _contact, "GID": _gid, "PAC": _pac, "FTX": _ftx, "PCI": _pci, "SGP": _sgp, "CST": _cst,
    "MOA": _moa, "CUX": _cux, "CPI": _cpi,
}  # fmt: skip


def _statements(manifest: _Manifest) -> list[Statement]:
    built = [_consignment(manifest, bill) for bill in manifest.bills]
    loose = [_loose(manifest, box) for box in manifest.boxes.values() if not box.used]
    return [*(each for each in built if each is not None), *loose]


def _consignment(manifest: _Manifest, bill: _Bill) -> Consignment | None:
    number, master = bill.numbers()
    if not number:
        reason = "consignment has no bill number (CNI or RFF); it cannot be told from others"
        manifest.notes.add("cuscar.bill.missing", Severity.ERROR, reason, bill.at)
        return None
    if number in manifest.seen:
        reason = "this bill number stands twice in the message; the later one will stand"
        manifest.notes.add("cuscar.bill.repeated", Severity.WARNING, reason, bill.at)
    manifest.seen.add(number)
    return Consignment(
        carrier=_carrier(manifest, bill),
        bill=number,
        master_bill=master,
        voyage=manifest.voyage,
        parties=tuple(bill.parties),
        goods=_goods(manifest, bill),
        equipment=tuple(box.shared() for box in bill.boxes.values()),
        documents=tuple(bill.documents),
        **_route(manifest, bill),
        **{**manifest.dates, **bill.fields},
    )


def _carrier(manifest: _Manifest, bill: _Bill) -> str:
    """The code of the bill's own carrier, else of the voyage, else who reports."""
    for party in bill.parties:
        if party.role == "carrier":
            return party.identifiers[0].value if party.identifiers else party.name
    return manifest.voyage.carrier or manifest.carrier


def _goods(manifest: _Manifest, bill: _Bill) -> tuple[GoodsItem, ...]:
    if bill.value is not None and len(bill.goods) == 1:
        bill.goods[0].fields.setdefault("value", bill.value[0])
        bill.goods[0].fields.setdefault("currency", bill.value[1])
    elif bill.value is not None and not any("value" in item.fields for item in bill.goods):
        reason = "a value for the whole consignment cannot be split over its goods items"
        manifest.notes.add("cuscar.value.unsplit", Severity.NOTE, reason, bill.at)
    return tuple(item.built() for item in bill.goods)


def _route(manifest: _Manifest, bill: _Bill) -> dict[str, Any]:
    """Return the places of a consignment; the voyage's own ports stand in for missing ones.

    The original port of loading (76) is where the sea journey began: when this voyage loaded the
    goods elsewhere and no place of receipt is given, it counts as one.
    """
    here, header = bill.places, manifest.places
    first = here.get("original_load")
    load = here.get("load") or first or header.get("load") or _NOWHERE
    discharge = (
        here.get("discharge") or here.get("final_discharge") or here.get("arrival")
        or header.get("discharge") or header.get("arrival") or _NOWHERE
    )  # fmt: skip
    stuffing = here.get("stuffing")
    return {
        "place_of_receipt": here.get("receipt") or (first if first and first != load else _NOWHERE),
        "load_port": load,
        "transhipment_ports": tuple(bill.transhipment),
        "discharge_port": discharge,
        "delivery_place": here.get("delivery") or _NOWHERE,
        "stuffing_place": (stuffing.name or stuffing.code) if stuffing else _stuffed_at(bill),
    }


def _stuffed_at(bill: _Bill) -> str:
    for party in bill.parties:
        if party.role == "stuffer":
            return ", ".join(part for part in (party.address, party.city) if part)
    return ""


def _loose(manifest: _Manifest, box: _Box) -> TransportEquipment:
    """Equipment that no consignment names, as a rule an empty container moved for its owner."""
    here, header = box.places, manifest.places
    return box.built(
        voyage=manifest.voyage,
        load_port=here.get("load") or header.get("load") or _NOWHERE,
        discharge_port=(
            here.get("discharge") or header.get("discharge") or header.get("arrival") or _NOWHERE
        ),
    )
