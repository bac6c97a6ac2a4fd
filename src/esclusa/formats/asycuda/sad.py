"""SAD, the goods declaration of ASYCUDA World: one consignment with a goods item for each item.

The declaration's own number is the consignment's: the declarant's code and reference, or the
registration when there is none. Bills and documents it goes back to stand in ``documents``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from esclusa.formats.asycuda import common
from esclusa.formats.asycuda.common import CODES, Fields, Reading, said
from esclusa.formats.asycuda.shaped_item import WANTED, commodity, plain_item
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.values import checked_container
from esclusa.formats.xml_batches import Batches, Node
from esclusa.formats.xml_moulds import Mould, Texts
from esclusa.formats.xml_shapes import UnplacedError
from esclusa.model import (
    Consignment,
    Conveyance,
    Defect,
    GoodsItem,
    Message,
    Party,
    Severity,
    TransportEquipment,
    Voyage,
)

ROOTS: Final = frozenset({"ASYCUDA", "Asycuda", "SAD"})

BILL: Final = "BM"
MANIFEST: Final = "AFB"
REGISTRATION: Final = "ABT"
PREVIOUS: Final = "AAE"
"""Qualifiers (UN/EDIFACT 1153) of the documents that have elements of their own."""

_PART_BYTES: Final = 1 * MIB
"""Largest item or group that is read; an item takes some 17 KiB, most of it empty elements."""

_ITEMS: Final = 100_000
"""Items of one declaration, which is one record and held whole. The form has five digits."""


class _Declaration:
    """The declaration while it is read."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.reference = self.declarant = self.registered = self.office = ""
        self.documents: dict[str, None] = {}
        self.parties: list[Party] = []
        self.boxes: dict[str, TransportEquipment] = {}
        self.held: dict[int, dict[str, None]] = {}
        self.goods: list[GoodsItem] = []
        self.totals: list[tuple[str, float, int, int]] = []

    def document(self, qualifier: str, text: str) -> None:
        if text:
            self.documents[f"{qualifier}:{text}"] = None

    def number(self) -> str:
        """Return the number that tells the declaration from all others."""
        if self.reference:
            return " ".join(part for part in (self.declarant, self.reference) if part)
        return " ".join(filter(None, (self.office, self.registered))) if self.registered else ""


def read(batches: Batches, limits: Limits, root: str) -> Iterator[Message | Defect]:
    """Read a declaration: one message; what was read before the file broke off is not stated."""
    del root
    found, notes, end = _Declaration(), Notes("", 0, limits.defects_per_message), 0
    start, broken = -1, None
    most = min(_PART_BYTES, limits.message_bytes)

    def take(mould: Mould, texts: Texts, codec: str, offset: int, length: int) -> int | None:
        """Take an item that was read by its shape; return where it ends."""
        nonlocal start
        if not _plain(found, mould, texts, codec):
            return None
        if start < 0:  # nothing stands before the items
            notes.offset = start = offset
        return offset + length

    for item in batches.parts(_TAGS, "Item", most, wanted=WANTED, take=take):
        if isinstance(item, Defect):
            broken = item
            break
        if isinstance(item, list):
            end = item[-1]
            continue
        start, end = item.offset if start < 0 else start, item.offset + item.length
        notes.offset = max(start, 0)
        if item.fault:
            Reading(item, notes).add("asycuda.element", Severity.ERROR, item.fault, item.element)
        else:
            _GROUPS[str(item.element.tag)](found, Reading(item, notes), item.element)
    if broken is not None and start < 0:
        yield broken
        return
    yield _message(found, notes, max(start, 0), end, broken)


def _message(
    found: _Declaration, notes: Notes, start: int, end: int, broken: Defect | None
) -> Message:
    number = found.number()
    if broken is not None:
        notes.fatal("asycuda.declaration.broken", "the file breaks off or is not XML to its end")
    elif not number:
        reason = "declaration has neither the declarant's reference nor a registration number"
        notes.fatal("asycuda.declaration.number", reason)
    stated = () if broken or not number else (_consignment(found, number),)
    if stated:
        _check_totals(found, notes)
    defects = notes.closed()
    return Message(
        format="asycuda.sad",
        offset=start,
        length=end - start,
        reference=number,
        sender=found.declarant,
        recipient=found.office,
        statements=stated,
        defects=(broken, *defects) if broken else defects,
    )


def _consignment(found: _Declaration, number: str) -> Consignment:
    goods = [
        replace(item, equipment=tuple(held)) if (held := found.held.get(item.sequence)) else item
        for item in found.goods
    ]
    return Consignment(
        carrier="",
        bill=number,
        parties=tuple(found.parties),
        goods=tuple(goods),
        equipment=tuple(found.boxes.values()),
        documents=tuple(found.documents),
        **found.fields,
    )


# -- the groups before the items ------------------------------------------------------------------


def _property(found: _Declaration, reading: Reading, group: Node) -> None:
    at = group.find("Nbers")
    if at is not None:
        _total(found, reading, at, "Total_number_of_items", "Property/Nbers")
        _total(found, reading, at, "Total_number_of_packages", "Property/Nbers")


def _total(found: _Declaration, reading: Reading, at: Node, tag: str, path: str) -> None:
    value = reading.number(common.fields(at), tag, path, at)
    if value:
        spot = reading.part.spot(at, tag)
        found.totals.append((f"{path}/{tag}", value, spot.offset, spot.number))


def _identification(found: _Declaration, reading: Reading, group: Node) -> None:
    office = common.fields(group.find("Office_segment"))
    found.office = said(office, "Customs_clearance_office_code")
    found.document(MANIFEST, said(common.fields(group), "Manifest_reference_number"))
    at = group.find("Registration")
    if at is not None:
        given = common.fields(at)
        parts = (said(given, "Serial_number"), said(given, "Number"))
        found.registered = " ".join(part for part in parts if part)
        found.document(REGISTRATION, found.registered)
        found.fields["issued"] = reading.date(given, "Date", "Identification/Registration", at)


def _traders(found: _Declaration, reading: Reading, group: Node) -> None:
    del reading
    for tag, role in (("Exporter", "exporter"), ("Consignee", "consignee")):
        _add_party(found, role, tag, common.fields(group.find(tag)))


def _add_party(found: _Declaration, role: str, tag: str, given: Fields, contact: str = "") -> None:
    """Name and address stand in one element: the first line is the name."""
    name, _, address = (given.get(f"{tag}_name") or "").strip().partition("\n")
    name = "" if name.strip() == common.NOBODY else name
    party = common.party(role, given.get(f"{tag}_code"), name, address)
    if party is not None or contact:
        found.parties.append(replace(party or Party(role=role), contact=contact))


def _declarant(found: _Declaration, reading: Reading, group: Node) -> None:
    del reading
    given = common.fields(group)
    found.declarant = said(given, "Declarant_code")
    found.reference = said(common.fields(group.find("Reference")), "Number")
    _add_party(found, "declarant", "Declarant", given, said(given, "Declarant_representative"))


def _information(found: _Declaration, reading: Reading, group: Node) -> None:
    del reading
    export = common.fields(group.find("Country/Export"))
    target = common.fields(group.find("Country/Destination"))
    found.fields["place_of_receipt"] = common.place(export.get("Export_country_code"))
    found.fields["delivery_place"] = common.place(target.get("Destination_country_code"))


def _transport(found: _Declaration, reading: Reading, group: Node) -> None:
    """The means of transport at the border; where none is named, at departure or arrival."""
    del reading
    means = group.find("Means_of_transport")
    if means is not None:
        border = common.fields(means.find("Border_information"))
        arriving = common.fields(means.find("Departure_arrival_information"))
        named = border if said(border, "Identity") else arriving
        ship = Conveyance(
            mode=CODES["mode"].get(said(border, "Mode"), ""),
            name=said(named, "Identity"),
            flag=said(named, "Nationality"),
        )
        found.fields["voyage"] = Voyage(conveyance=ship)
    at = common.fields(group.find("Place_of_loading"))
    found.fields["load_port"] = common.place(at.get("Code"), at.get("Name"))


def _valuation(found: _Declaration, reading: Reading, group: Node) -> None:
    at = group.find("Weight")
    if at is not None:
        _total(found, reading, at, "Gross_weight", "Valuation/Weight")
    amount, currency = _amount(reading, group.find("Gs_external_freight"), "Valuation")
    found.fields["freight_amount"] = amount
    found.fields["freight_currency"] = currency


def _amount(reading: Reading, at: Node | None, path: str) -> tuple[float | None, str]:
    """Return amount and currency; nought of no currency is how nothing is exported."""
    if at is None:
        return None, ""
    given, tag = common.fields(at), "Amount_foreign_currency"
    value = reading.number(given, tag, f"{path}/{at.tag}", at)
    currency = said(given, "Currency_code")
    return (None, "") if not value and not currency else (value, currency)


def _container(found: _Declaration, reading: Reading, group: Node) -> None:
    given, tag = common.fields(group), "Container_identity"
    text = said(given, tag)
    if not text:
        reason = "container has no Container_identity; it is left out"
        reading.add("asycuda.container.number", Severity.ERROR, reason, group, "Container")
        return
    spot = reading.part.spot(group, tag)
    number, valid = checked_container(text, reading.notes, spot, f"Container/{tag}")
    item = reading.count(given, "Item_Number", "Container", group)
    if item is not None:
        found.held.setdefault(item, {})[number] = None
    found.boxes[number] = TransportEquipment(
        number=number,
        number_valid=valid,
        size_type=said(given, "Container_type"),
        load_status=CODES["load"].get(said(given, "Empty_full_indicator").upper(), ""),
        gross_mass_kg=reading.number(given, "Gross_weight", "Container", group),
    )


def _previous(found: _Declaration, reading: Reading, group: Node) -> None:
    del reading
    given = common.fields(group)
    tags = ("office_code", "reg_year", "reg_serial", "reg_number")
    parts = (said(given, f"Prev_decl_{tag}") for tag in tags)
    found.document(PREVIOUS, " ".join(part for part in parts if part))


# -- an item --------------------------------------------------------------------------------------


def _item(found: _Declaration, reading: Reading, item: Node) -> None:
    if len(found.goods) >= _ITEMS:
        reason = f"declaration has more than {_ITEMS:,} items; the rest is left out"
        reading.notes.first("asycuda.items", Severity.ERROR, reason, reading.part.spot())
        return
    groups: dict[str, Node] = {}
    for group in item:
        tag = str(group.tag)
        if tag == "Attached_documents":
            given = common.fields(group)
            code = said(given, "Attached_document_code")
            found.document(code or "ZZZ", said(given, "Attached_document_reference"))
        else:
            groups[tag] = group
    prior = common.fields(groups.get("Previous_doc"))
    found.document(BILL, said(prior, "Summary_declaration"))
    found.document(PREVIOUS, said(prior, "Previous_document_reference"))
    found.goods.append(_goods(reading, groups, len(found.goods) + 1))


def _plain(found: _Declaration, mould: Mould, texts: Texts, codec: str) -> bool:
    """Take an item that was read by its shape; False where it must be read as an element."""
    if len(found.goods) >= _ITEMS:
        return False
    sequence = len(found.goods) + 1
    item, attached, bill, previous = plain_item(mould, texts, codec, sequence)
    for code, reference in attached:
        found.document(code or "ZZZ", reference)
    found.document(BILL, bill)
    found.document(PREVIOUS, previous)
    found.goods.append(item)
    return True


def _goods(reading: Reading, groups: dict[str, Node], sequence: int) -> GoodsItem:
    about = common.fields(groups.get("Goods_description"))
    value, currency = _value(reading, groups)
    return GoodsItem(
        sequence=sequence,
        description=said(about, "Commercial_Description") or said(about, "Description_of_goods"),
        origin_country=said(about, "Country_of_origin_code"),
        value=value,
        currency=currency,
        **_packages(reading, groups.get("Packages")),
        **_tariff(reading, groups.get("Tarification")),
        **_masses(reading, groups.get("Valuation_item")),
    )


def _packages(reading: Reading, at: Node | None) -> dict[str, Any]:
    if at is None:
        return {}
    given = common.fields(at)
    marks = (said(given, "Marks1_of_packages"), said(given, "Marks2_of_packages"))
    return {
        "packages": reading.count(given, "Number_of_packages", "Item/Packages", at),
        "package_type": said(given, "Kind_of_packages_code"),
        "marks": " ".join(mark for mark in marks if mark),
    }


def _tariff(reading: Reading, at: Node | None) -> dict[str, Any]:
    if at is None:
        return {}
    given = common.fields(at)
    steps = (said(given, f"{kind}_customs_procedure") for kind in ("Extended", "National"))
    return {
        "hs_code": _commodity(reading, at.find("HScode")),
        "procedure": " ".join(step for step in steps if step),
    }


def _commodity(reading: Reading, at: Node | None) -> str:
    """Return the code with its national digits; a precision that is no number is the trader's."""
    given = common.fields(at)
    text = said(given, "Commodity_code")
    try:
        return commodity(text, said(given, "Precision_1"))
    except UnplacedError:
        digits = text.replace(".", "").replace(" ", "")
        reason = f"{snippet(digits)} is not a commodity code of 4 to 12 digits"
        node = at.find("Commodity_code") if at is not None else None
        path = "Item/Tarification/HScode/Commodity_code"
        reading.add("value.hs_code", Severity.WARNING, reason, node, path)
        return ""


def _masses(reading: Reading, at: Node | None) -> dict[str, Any]:
    weights = at.find("Weight_itm") if at is not None else None
    if weights is None:
        return {}
    given, path = common.fields(weights), "Item/Valuation_item/Weight_itm"
    return {
        "gross_mass_kg": reading.number(given, "Gross_weight_itm", path, weights),
        "net_mass_kg": reading.number(given, "Net_weight_itm", path, weights),
    }


def _value(reading: Reading, groups: dict[str, Node]) -> tuple[float | None, str]:
    """Return the invoice value in its currency, else the item's price, whose currency is the
    invoice's and not told here."""
    worth, tariff = groups.get("Valuation_item"), groups.get("Tarification")
    at = worth.find("Item_Invoice") if worth is not None else None
    value, currency = _amount(reading, at, "Item/Valuation_item")
    if value is None and tariff is not None:
        value = reading.number(common.fields(tariff), "Item_price", "Item/Tarification", tariff)
    return value, currency


_GROUPS: Final[dict[str, Callable[[_Declaration, Reading, Node], None]]] = {
    "Property": _property, "Identification": _identification, "Traders": _traders,
    "Declarant": _declarant, "General_information": _information, "Transport": _transport,
    "Valuation": _valuation, "Container": _container, "Prev_decl": _previous, "Item": _item,
}  # fmt: skip
_TAGS: Final = frozenset(_GROUPS)


def _check_totals(found: _Declaration, notes: Notes) -> None:
    """Hold what the declaration says of its items against the items."""
    goods = found.goods
    counted = {
        "Total_number_of_items": float(len(goods)),
        "Total_number_of_packages": float(sum(item.packages or 0 for item in goods)),
        "Gross_weight": sum(item.gross_mass_kg or 0.0 for item in goods),
    }
    for path, value, offset, line in found.totals:
        tag = path.rpartition("/")[2]
        if abs(counted[tag] - value) > 0.01 + 1e-6 * abs(value):
            reason = f"{tag} says {value:g}, the items make {counted[tag]:g}"
            at = _Known(tag, offset, line)
            notes.add("asycuda.totals", Severity.WARNING, reason, at, path)


class _Known:
    """The place of an element whose tree is gone."""

    def __init__(self, tag: str, offset: int, number: int) -> None:
        self.tag, self.offset, self.number, self.length = tag, offset, number, 0
