"""WCO Data Model in XML: cargo reports and goods declarations (root ``Declaration``).

The classes and their names are those of WCO Data Model 3, as the profiles of customs services use
them: DEC-DMS 2 and its kin, and cargo reports with ``Consignment`` right below ``Declaration``, in
an envelope ``MetaData`` or without. A cargo report gives a message for each consignment; a
declaration gives one, with an item for each ``GovernmentAgencyGoodsItem``. Read with
:mod:`esclusa.formats.xml`: no entities, no network, each element dropped when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from msgspec.structs import replace

from esclusa.formats import values
from esclusa.formats.asycuda.common import place as place_of
from esclusa.formats.dates import iso_moment
from esclusa.formats.edifact.common import CODES, UNIT
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.work import Work, metered
from esclusa.formats.xml import Element, read_elements
from esclusa.model import (
    Consignment,
    Conveyance,
    DangerousGoods,
    Defect,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
    encode_body,
)

ID: Final = "wco"
_NAMESPACE: Final = "urn:wco:datamodel"
_ELEMENT_BYTES: Final = 4 * MIB
"""Largest consignment or item that is read; one of a thousand containers takes some 0.5 MiB."""

_ITEMS: Final = 100_000
_NO_YEAR: Final = 2026
_ISO: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9]{2}:[0-9]{2})?")
_TARIFF: Final = ("TSP", "HS", "SRZ", "TRI", "")
"""Kinds of classification that are a tariff's, the likeliest first."""

_ROLES: Final = {
    "Carrier": "carrier", "Consignor": "shipper", "Exporter": "exporter", "Consignee": "consignee",
    "Importer": "importer", "NotifyParty": "notify", "FreightForwarder": "forwarder",
    "Declarant": "declarant", "Agent": "agent", "Consolidator": "consolidator",
}  # fmt: skip
_LEAVES: Final = frozenset({
    "FunctionCode", "FunctionalReferenceID", "ID", "DeclarationOfficeID", "IssueDateTime",
})  # fmt: skip
_PASSED: Final = frozenset({"Submitter", "AuthorisationHolder", "ObligationGuarantee", "Response"})
"""Groups whose children bear the names of others."""


class _At(NamedTuple):
    """The place of an element, as a defect wants it."""

    tag: str
    offset: int
    length: int
    number: int = 0


class _Head:
    """What stands before and beside the consignments of a declaration."""

    def __init__(self) -> None:
        self.function: Function | None = Function.ORIGINAL
        self.reference = self.number = self.office = self.prepared = ""
        self.voyage = Voyage()
        self.fields: dict[str, Any] = {}
        self.parties: list[Party] = []
        self.documents: dict[str, None] = {}
        self.boxes: dict[str, TransportEquipment] = {}
        self.goods: list[GoodsItem] = []
        self.start, self.end = -1, 0
        self.reported = 0


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the name space of the WCO Data Model is declared among the first bytes."""
    del name
    return any(_NAMESPACE.encode(codec) in head for codec in ("ascii", "utf-16-le", "utf-16-be"))


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the file; see :class:`~esclusa.formats.format.Reader`."""
    yield from metered(_items(stream, file, limits), Work(file, limits))


def _items(stream: BinaryIO, file: str, limits: Limits) -> Iterator[Message | Defect]:
    head, notes, top, broken = _Head(), Notes("", 0, limits.defects_per_message), 1, None
    size = min(_ELEMENT_BYTES, limits.message_bytes)
    for item in read_elements(stream, _TAGS, file=file, limits=limits, element_bytes=size):
        if isinstance(item, Defect):
            broken = item
        elif item.depth == 0:
            top = 0 if item.tag == "Declaration" else 1
        elif item.tag == "Consignment" and item.depth == top + 1:
            head.reported += 1
            yield from _reported(head, item, limits)
        elif item.tag in _LEAVES:
            if item.depth == top + 1:
                _leaf(head, item, notes)
        elif item.tag not in _PASSED:
            _beside(head, item, notes)
    yield from _closed(head, notes, broken)


def _closed(head: _Head, notes: Notes, broken: Defect | None) -> Iterator[Message | Defect]:
    """Hand over the declaration, or what is left to say of a report whose bills went before."""
    stated = head.goods or head.boxes or head.documents
    if head.reported or not stated:
        yield from notes.closed()
        if broken is not None:
            yield broken
        elif not head.reported:
            reason = "Declaration has neither a Consignment nor goods items"
            yield Defect(code="wco.empty", severity=Severity.WARNING, reason=reason, offset=0)
        return
    number = head.reference or head.number
    if broken is not None:
        notes.fatal("wco.declaration.broken", "the file breaks off or is not XML to its end")
    elif not number:
        notes.fatal(
            "wco.declaration.number", "declaration has neither FunctionalReferenceID nor ID"
        )
    good = number and not broken and head.function is not None
    defects = notes.closed()
    yield Message(
        format="wco.declaration",
        offset=max(head.start, 0),
        length=head.end - max(head.start, 0),
        reference=number,
        function=head.function or Function.ORIGINAL,
        recipient=head.office,
        prepared=head.prepared,
        statements=(_declared(head, number),) if good else (),
        defects=(broken, *defects) if broken else defects,
    )


def _declared(head: _Head, number: str) -> Consignment:
    registered = {f"ABT:{head.number}": None} if head.number and head.number != number else {}
    return Consignment(
        carrier="",
        bill=number,
        voyage=head.voyage,
        parties=tuple(head.parties),
        goods=tuple(head.goods),
        equipment=tuple(head.boxes.values()),
        documents=(*registered, *head.documents),
        issued=head.prepared[:10],
        **head.fields,
    )


# -- beside the consignments ----------------------------------------------------------------------


def _leaf(head: _Head, item: Element, notes: Notes) -> None:
    if item.tag == "FunctionCode":
        word = CODES["function"].get(item.text, "original")
        head.function = None if word == "none" else Function(word)
    elif item.tag == "FunctionalReferenceID":
        head.reference = notes.reference = item.text
    elif item.tag == "ID":
        head.number = item.text
    elif item.tag == "DeclarationOfficeID":
        head.office = item.text
    else:
        head.prepared = _moment(item, notes, item.tag)


def _beside(head: _Head, item: Element, notes: Notes) -> None:
    head.start = item.offset if head.start < 0 else head.start
    head.end = item.offset + item.length
    if item.fault:
        notes.add("wco.element", Severity.ERROR, item.fault, _at(item))
    elif item.tag in _ROLES:
        head.parties.append(_party(item))
    else:
        _BESIDE[item.tag](head, item, notes)


def _means(head: _Head, item: Element, notes: Notes) -> None:
    """BorderTransportMeans: the voyage and its means of transport."""
    mode = CODES["mode"].get(item.get("ModeCode") or item.get("TypeCode"), "")
    ship = Conveyance(
        mode=mode, name=item.get("Name"), flag=item.get("RegistrationNationalityCode")
    )
    number = item.get("ID")
    digits = number.upper().removeprefix("IMO").strip()
    if len(digits) == 7 and digits.isdigit() and digits.isascii():
        path = "BorderTransportMeans/ID"
        imo, valid = values.ship_number(digits, notes, _at(_child(item, "ID")), path)
        ship = replace(ship, imo=imo, imo_valid=valid)
    elif number and not ship.name:
        ship = replace(ship, registration=number)
    head.voyage = Voyage(reference=item.get("JourneyID"), conveyance=ship)
    for tag, field in (("ArrivalDateTime", "arrival"), ("DepartureDateTime", "departure")):
        if (child := next(iter(item.all(tag)), None)) is not None:
            head.fields[field] = _moment(child, notes, f"BorderTransportMeans/{tag}")


def _shipped(head: _Head, item: Element, notes: Notes) -> None:
    """The one Consignment of a declaration's GoodsShipment: places, containers, documents."""
    head.fields.update(_places(item))
    for box in _boxes(item, notes):
        head.boxes[box.number] = box
    for document in item.all("TransportContractDocument"):
        head.documents[f"{document.get('TypeCode') or 'BM'}:{document.get('ID')}"] = None
    means = next(iter(item.all("ArrivalTransportMeans")), None)
    if means is not None and not head.voyage.conveyance.name:
        ship = replace(head.voyage.conveyance, name=means.get("Name") or means.get("ID"))
        head.voyage = replace(head.voyage, conveyance=ship)


def _goods_item(head: _Head, item: Element, notes: Notes) -> None:
    if len(head.goods) >= _ITEMS:
        reason = f"declaration has more than {_ITEMS:,} items; the rest is left out"
        notes.first("wco.items", Severity.ERROR, reason, _at(item))
        return
    for document in (*item.all("PreviousDocument"), *item.all("AdditionalDocument")):
        if text := document.get("ID"):
            kind = document.get("CategoryCode") + document.get("TypeCode")
            head.documents[f"{kind or 'ZZZ'}:{text}"] = None
    head.goods.append(_goods(item, len(head.goods) + 1, notes))


def _country(field: str) -> Callable[[_Head, Element, Notes], None]:
    def read_country(head: _Head, item: Element, notes: Notes) -> None:
        del notes
        head.fields[field] = place_of(item.get("ID") or item.get("CountryCode"))

    return read_country


def _document(head: _Head, item: Element, notes: Notes) -> None:
    del notes
    if text := item.get("ID"):
        kind = item.get("CategoryCode") + item.get("TypeCode")
        head.documents[f"{kind or 'ZZZ'}:{text}"] = None


_BESIDE: Final[dict[str, Callable[[_Head, Element, Notes], None]]] = {
    "BorderTransportMeans": _means, "Consignment": _shipped, "PreviousDocument": _document,
    "GovernmentAgencyGoodsItem": _goods_item, "AdditionalDocument": _document,
    "ExportCountry": _country("place_of_receipt"), "Destination": _country("delivery_place"),
}  # fmt: skip
_TAGS: Final = frozenset({*_BESIDE, *_ROLES, *_LEAVES, *_PASSED})


# -- a consignment of a cargo report --------------------------------------------------------------


def _reported(head: _Head, item: Element, limits: Limits) -> Iterator[Message]:
    bill, master = _bills(item)
    notes = Notes(bill, item.offset, limits.defects_per_message)
    if item.fault:
        notes.fatal("wco.element", item.fault)
    elif not bill:
        reason = "consignment has no TransportContractDocument/ID; it cannot be told from others"
        notes.fatal("wco.bill.missing", reason)
    stated: tuple[Consignment, ...] = ()
    if bill and not item.fault and head.function is not None:
        stated = (_consignment(head, item, bill, master, notes),)
        if len(encode_body(stated[0])) > MIB + limits.growth * item.length:
            reason = f"it states more than {limits.growth} times its bytes, the heading repeated"
            notes.fatal("wco.bill.growth", reason)
            stated = ()
    yield Message(
        format="wco.cargo_report",
        offset=item.offset,
        length=item.length,
        reference=bill,
        function=head.function or Function.ORIGINAL,
        recipient=head.office,
        prepared=head.prepared,
        statements=stated,
        defects=notes.closed(),
    )


def _bills(item: Element) -> tuple[str, str]:
    """Return the bill and the one above it: a house bill's master may stand as another contract."""
    words = {"house": "", "bill": "", "master": ""}
    for document in (
        *item.all("TransportContractDocument"),
        *item.all("AssociatedTransportDocument"),
    ):
        kind = CODES["reference"].get(document.get("TypeCode"), "bill")
        kind = kind if kind in words else "bill"
        kind = "master" if document.tag == "AssociatedTransportDocument" else kind
        words[kind] = words[kind] or document.get("ID")
    bill = words["house"] or words["bill"] or words["master"]
    master = words["master"] or (words["bill"] if words["house"] else "")
    return bill, master if master != bill else ""


def _consignment(head: _Head, item: Element, bill: str, master: str, notes: Notes) -> Consignment:
    parties = [_party(child) for child in item.children if child.tag in _ROLES]
    carriers = [one for one in (*parties, *head.parties) if one.role == "carrier"]
    numbers = carriers[0].identifiers if carriers else ()
    boxes = _boxes(item, notes)
    lines = item.all("ConsignmentItem")
    freight = next(iter(item.all("Freight")), None)
    method = freight.get("PaymentMethodCode") if freight is not None else ""
    return Consignment(
        carrier=numbers[0].value if numbers else carriers[0].name if carriers else "",
        bill=bill,
        master_bill=master,
        voyage=head.voyage,
        parties=tuple(parties),
        goods=tuple(_goods(line, at, notes) for at, line in enumerate(lines, 1)),
        equipment=tuple(boxes),
        freight_payment=CODES["payment"].get(method, ""),
        **{**head.fields, **_places(item)},
    )


_PLACES: Final = (
    ("LoadingLocation", "load_port"),
    ("UnloadingLocation", "discharge_port"),
    ("GoodsConsignedPlace", "place_of_receipt"),
    ("DeliveryDestination", "delivery_place"),
)


def _places(item: Element) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for tag, field in _PLACES:
        for child in item.all(tag):
            place = place_of(child.get("ID"), child.get("Name"))
            if place != Place():
                found[field] = place
    return found


def _party(item: Element) -> Party:
    address = next(iter(item.all("Address")), None)
    lines: tuple[str, ...] = ()
    city = nation = ""
    if address is not None:
        lines = (*address.values("Line"), *address.values("PostcodeID"))
        city, nation = address.get("CityName"), address.get("CountryCode")
    number = item.get("ID")
    contacts = [each.get("ID") for each in item.all("Communication")]
    return Party(
        role=_ROLES[item.tag],
        name=item.get("Name"),
        address=", ".join(lines),
        city=city,
        country=nation,
        identifiers=(Identifier(scheme="other", value=number),) if number else (),
        contact="; ".join(contact for contact in contacts if contact),
    )


def _boxes(item: Element, notes: Notes) -> list[TransportEquipment]:
    boxes = []
    for each in item.all("TransportEquipment"):
        if text := each.get("ID"):
            path = f"{item.tag}/TransportEquipment/ID"
            at = _at(_child(each, "ID"))
            number, valid = values.checked_container(text, notes, at, path, expected=False)
            marks = (seal.get("ID") for seal in each.all("Seal"))
            boxes.append(
                TransportEquipment(
                    number=number,
                    number_valid=valid,
                    size_type=each.get("CharacteristicCode"),
                    load_status=CODES["load"].get(each.get("FullnessCode"), ""),
                    seals=tuple(Seal(number=mark) for mark in marks if mark),
                )
            )
    return boxes


# -- goods ----------------------------------------------------------------------------------------


def _goods(item: Element, sequence: int, notes: Notes) -> GoodsItem:
    commodity = _child(item, "Commodity")
    packing = item.all("Packaging")
    kinds = [each.get("TypeCode") for each in packing]
    procedure = _child(item, "GovernmentProcedure")
    gross, net = _masses(item, commodity, notes)
    amount, currency = _value(item, commodity, notes)
    boxes = (*item.all("TransportEquipment"), *commodity.all("TransportEquipment"))
    held = (each.get("ID") for each in boxes)
    path = f"{item.tag}/SequenceNumeric"
    number = values.whole(item.get("SequenceNumeric"), notes, _at(item), path)
    dangerous = [each.get("UNDGID") for each in commodity.all("DangerousGoods")]
    return GoodsItem(
        sequence=number or sequence,
        description=commodity.get("Description") or commodity.get("CargoDescription"),
        hs_code=_tariff(commodity, notes, item.tag),
        packages=_packages(packing, notes, item.tag),
        package_type=next((kind for kind in kinds if kind), ""),
        marks=" ".join(mark for each in packing if (mark := each.get("MarksNumbersID"))),
        gross_mass_kg=gross,
        net_mass_kg=net,
        value=amount,
        currency=currency,
        origin_country=_child(item, "Origin").get("CountryCode"),
        procedure=procedure.get("CurrentCode") + procedure.get("PreviousCode"),
        undg=tuple(dict.fromkeys(code for code in dangerous if code)),
        dangerous=tuple(DangerousGoods(un=code) for code in dangerous if code),
        equipment=tuple(values.container(box)[0] for box in held if box),
    )


def _child(item: Element, tag: str) -> Element:
    """Return the first child of that name, an empty one at the parent's place when it has none."""
    empty = Element(tag=tag, attributes={}, offset=item.offset, depth=item.depth + 1)
    return next(iter(item.all(tag)), empty)


def _tariff(commodity: Element, notes: Notes, path: str) -> str:
    """Return the tariff's code among the classifications."""
    classes = reversed(commodity.all("Classification"))
    found = {each.get("IdentificationTypeCode"): each for each in classes}
    for kind in _TARIFF:
        if kind in found:
            where = f"{path}/Commodity/Classification/ID"
            return values.hs_code(found[kind].get("ID"), notes, _at(found[kind]), where)
    return ""


def _packages(packing: list[Element], notes: Notes, path: str) -> int | None:
    """Return the packages of all kinds together."""
    tag = "QuantityQuantity"
    counts = [
        values.whole(each.get(tag), notes, _at(each), f"{path}/Packaging/{tag}")
        for each in packing
        if each.get(tag)
    ]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _masses(item: Element, commodity: Element, notes: Notes) -> tuple[float | None, float | None]:
    measure = _child(item, "GoodsMeasure")
    if not measure.children:
        measure = _child(commodity, "GoodsMeasure")
    tags = ("GrossMassMeasure", "NetNetWeightMeasure")
    gross, net = (_mass(measure, tag, notes, f"{item.tag}/GoodsMeasure/{tag}") for tag in tags)
    return gross, net


def _mass(measure: Element, tag: str, notes: Notes, path: str) -> float | None:
    at = _child(measure, tag)
    value = values.number(at.text, notes, _at(at), path)
    unit = at.attributes.get("unitCode", "KGM") or "KGM"
    if value is None or unit not in UNIT:
        if value is not None:
            reason = f"unit {snippet(unit)} is not known"
            notes.add("value.unit", Severity.ERROR, reason, _at(at), path)
        return None
    return value * UNIT[unit] if UNIT[unit] != 1 else value


def _value(item: Element, commodity: Element, notes: Notes) -> tuple[float | None, str]:
    """Return the invoiced amount, else the value declared, else the statistical value."""
    line = _child(commodity, "InvoiceLine")
    if not line.children:
        line = _child(item, "InvoiceLine")
    for at in (
        _child(line, "ItemChargeAmount"),
        _child(commodity, "ValueAmount"),
        _child(item, "StatisticalValueAmount"),
    ):
        if at.text:
            value = values.number(at.text, notes, _at(at), f"{item.tag}/{at.tag}")
            return value, at.attributes.get("currencyID", "") if value is not None else ""
    return None, ""


def _moment(item: Element, notes: Notes, path: str) -> str:
    """Return a moment as ISO 8601: text, or DateTimeString with its format (2379)."""
    inner = next(iter(item.all("DateTimeString")), item)
    text, code = inner.text, inner.attributes.get("formatCode", "")
    layout = CODES["date_format"].get(code, "")
    value = iso_moment(text, layout, year=_NO_YEAR) if layout else _iso(text)
    if value is None and text:
        reason = f"{snippet(text)} is not a date in format {code or 'ISO 8601'} (2379)"
        notes.add("value.date", Severity.ERROR, reason, _at(inner), path)
    return value or ""


def _iso(text: str) -> str | None:
    found = _ISO.match(text)
    if found is None:
        return None
    day = iso_moment(found.group(1).replace("-", ""), "YYYYMMDD", year=_NO_YEAR)
    return day + (found.group(2) or "") if day else None


def _at(item: Element) -> _At:
    return _At(item.tag, item.offset, item.length)


FORMAT: Final = Format(
    id=ID,
    title_en="WCO Data Model XML (cargo report, goods declaration)",
    title_es="XML del modelo de datos de la OMA (informe de carga, declaración de mercancías)",
    standard="WCO Data Model 3, Declaration",
    sniff=sniff,
    read=read,
)
