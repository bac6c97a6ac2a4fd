"""Write declarations: one file for one declaration, as an import of ASYCUDA World takes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esclusa.formats.asycuda import drafting
from esclusa.formats.asycuda.common import NOBODY
from esclusa.formats.asycuda.drafting import CODE, Tree, group, leaf, number
from esclusa.formats.asycuda.sad import BILL, MANIFEST, PREVIOUS, REGISTRATION
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.heading import Heading, Refuse
from esclusa.model import Consignment, Function, GoodsItem, Message, Party, TransportEquipment

_COMMODITY: Final = 8
"""Digits of the commodity code; the national ones behind them are its precision."""

_PREVIOUS: Final = ("office_code", "reg_year", "reg_serial", "reg_number")


def write(messages: Iterable[Message], heading: Heading, refuse: Refuse | None) -> Iterator[bytes]:
    """Yield the declaration; nothing of nothing.

    :raises WritingError: it cannot be written, or there is a second one, and nobody to tell.
    """
    written: list[str] = []

    def take(message: Message) -> None:
        if message.function is Function.CANCELLATION:
            raise WritingError("a declaration has no cancellations")
        if len(written) + len(message.statements) > 1:
            raise WritingError("a file is one declaration, and it has one already")
        for one in message.statements:
            if not isinstance(one, Consignment):
                kind = type(one).__name__
                raise WritingError(f"a declaration carries one consignment, no {kind}")
            written.append(drafting.render(_declaration(one, heading)))

    drafting.kept(messages, take, refuse)
    for text in written:
        yield f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{text}'.encode()


def _declaration(found: Consignment, heading: Heading) -> list[Tree]:
    if not found.bill:
        raise WritingError("a declaration has no number", segment="Number")
    documents = _Documents(found)
    return group(
        "ASYCUDA",
        _property(found),
        _identification(found, heading, documents),
        _traders(found),
        _declarant(found, documents),
        group(
            "General_information",
            group(
                "Country",
                group("Export", leaf("Export_country_code", found.place_of_receipt.code)),
                group("Destination", leaf("Destination_country_code", found.delivery_place.code)),
            ),
        ),
        _transport(found),
        _valuation(found),
        *(_container(box, at) for box, at in _held(found)),
        *(_previous(text) for text in documents.prior),
        *(
            _item(item, documents.of_item(at), documents.attached if not at else [])
            for at, item in enumerate(found.goods or (GoodsItem(),))
        ),
    )


class _Documents:
    """The documents of a declaration, each to its element."""

    def __init__(self, found: Consignment) -> None:
        self.registered = self.manifest = ""
        self.bills: list[str] = []
        self.prior: list[str] = []
        self.attached: list[tuple[str, str]] = []
        for text in found.documents:
            qualifier, _, number = text.partition(":")
            if qualifier == REGISTRATION and not self.registered:
                self.registered = number
            elif qualifier == MANIFEST and not self.manifest:
                self.manifest = number
            elif qualifier == BILL:
                self.bills.append(number)
            elif qualifier == PREVIOUS:
                self.prior.append(number)
            elif number:
                self.attached.append((qualifier, number))
        room = len(found.goods) or 1
        self.attached += [(BILL, number) for number in self.bills[room:]]

    def of_item(self, at: int) -> str:
        """The bill of an item: in their order, the last for all that follow."""
        return self.bills[min(at, len(self.bills) - 1)] if self.bills else ""


def _property(found: Consignment) -> list[Tree]:
    packages = sum(item.packages or 0 for item in found.goods)
    return group(
        "Property",
        group(
            "Nbers",
            leaf("Total_number_of_items", str(len(found.goods) or 1)),
            leaf("Total_number_of_packages", str(packages)),
        ),
    )


def _identification(found: Consignment, heading: Heading, documents: _Documents) -> list[Tree]:
    serial, _, plain = documents.registered.rpartition(" ")
    return group(
        "Identification",
        group("Office_segment", leaf("Customs_clearance_office_code", heading.recipient)),
        leaf("Manifest_reference_number", documents.manifest),
        group(
            "Registration",
            leaf("Serial_number", serial),
            leaf("Number", plain),
            leaf("Date", drafting.day(found.issued, "Date")),
        ),
    )


def _role(found: Consignment, *roles: str) -> Party | None:
    for role in roles:
        for party in found.parties:
            if party.role == role:
                return party
    return None


def _traders(found: Consignment) -> list[Tree]:
    return group(
        "Traders",
        _party("Exporter", _role(found, "exporter", "shipper")),
        _party("Consignee", _role(found, "consignee", "importer")),
    )


def _party(tag: str, party: Party | None) -> list[Tree]:
    return group(tag, *_words(tag, party))


def _words(tag: str, party: Party | None) -> list[list[Tree]]:
    """Code, and name and address in one element, a line for each part."""
    if party is None:
        return [leaf(f"{tag}_code", ""), leaf(f"{tag}_name", "")]
    lines = [party.name or NOBODY, drafting.address(party)]
    text = "\n".join(line for line in lines if line) if lines[1] else party.name
    return [leaf(f"{tag}_code", drafting.code_of(party)), leaf(f"{tag}_name", text)]


def _declarant(found: Consignment, documents: _Documents) -> list[Tree]:
    """The reference behind the declarant's code; none where the registration is the number."""
    party = _role(found, "declarant", "agent")
    code = drafting.code_of(party) if party is not None else ""
    number = found.bill.removeprefix(f"{code} ") if code else found.bill
    if documents.registered and number.endswith(documents.registered):
        number = ""
    return group(
        "Declarant",
        *_words("Declarant", party),
        leaf("Declarant_representative", party.contact if party is not None else ""),
        group("Reference", leaf("Number", number)),
    )


def _transport(found: Consignment) -> list[Tree]:
    ship = found.voyage.conveyance
    name = ship.name or drafting.registration(ship)
    return group(
        "Transport",
        group(
            "Means_of_transport",
            group(
                "Border_information",
                leaf("Identity", name),
                leaf("Nationality", ship.flag),
                leaf("Mode", CODE["mode"].get(ship.mode, "")),
            ),
        ),
        leaf("Container_flag", "true" if found.equipment else "false"),
        group(
            "Place_of_loading",
            leaf("Code", found.load_port.code),
            leaf("Name", found.load_port.name),
        ),
    )


def _valuation(found: Consignment) -> list[Tree]:
    masses = drafting.sum_of(item.gross_mass_kg for item in found.goods)
    known = any(item.gross_mass_kg is not None for item in found.goods)
    return group(
        "Valuation",
        group("Weight", leaf("Gross_weight", number(masses if known else None, "Gross_weight"))),
        _amount("Gs_external_freight", found.freight_amount, found.freight_currency),
    )


def _amount(tag: str, value: float | None, currency: str) -> list[Tree]:
    text = number(value, tag)
    return group(
        tag,
        leaf("Amount_foreign_currency", text),
        leaf("Currency_code", currency if text else ""),
    )


def _held(found: Consignment) -> Iterator[tuple[TransportEquipment, str]]:
    """Each container once for each item that it holds, and once where it holds none."""
    for box in found.equipment:
        items = [at for at, item in enumerate(found.goods, 1) if box.number in item.equipment]
        for at in items or [0]:
            yield box, str(at) if at else ""


def _container(box: TransportEquipment, item: str) -> list[Tree]:
    if not box.number:
        raise WritingError("a container has no number", segment="Container_identity")
    return group(
        "Container",
        leaf("Item_Number", item),
        leaf("Container_identity", box.number),
        leaf("Container_type", box.size_type),
        leaf("Empty_full_indicator", CODE["load"].get(box.load_status, "")),
        leaf("Gross_weight", number(box.gross_mass_kg, "Gross_weight")),
    )


def _previous(text: str) -> list[Tree]:
    parts = text.split(" ", 3)
    parts = [*[""] * (4 - len(parts)), *parts]
    return group(
        "Prev_decl",
        *(leaf(f"Prev_decl_{tag}", part) for tag, part in zip(_PREVIOUS, parts, strict=True)),
    )


def _item(item: GoodsItem, bill: str, attached: list[tuple[str, str]]) -> list[Tree]:
    return group(
        "Item",
        *(
            group(
                "Attached_documents",
                leaf("Attached_document_code", code),
                leaf("Attached_document_reference", text),
            )
            for code, text in attached
        ),
        group(
            "Packages",
            leaf("Number_of_packages", "" if item.packages is None else str(item.packages)),
            leaf("Marks1_of_packages", item.marks),
            leaf("Kind_of_packages_code", item.package_type),
        ),
        _tariff(item),
        group(
            "Goods_description",
            leaf("Country_of_origin_code", item.origin_country),
            leaf("Commercial_Description", item.description),
        ),
        group("Previous_doc", leaf("Summary_declaration", bill)),
        group(
            "Valuation_item",
            group(
                "Weight_itm",
                leaf("Gross_weight_itm", number(item.gross_mass_kg, "Gross_weight_itm")),
                leaf("Net_weight_itm", number(item.net_mass_kg, "Net_weight_itm")),
            ),
            _amount("Item_Invoice", item.value, item.currency),
        ),
    )


def _tariff(item: GoodsItem) -> list[Tree]:
    extended, _, national = item.procedure.partition(" ")
    return group(
        "Tarification",
        group(
            "HScode",
            leaf("Commodity_code", item.hs_code[:_COMMODITY]),
            leaf("Precision_1", item.hs_code[_COMMODITY:]),
        ),
        leaf("Extended_customs_procedure", extended),
        leaf("National_customs_procedure", national),
        leaf("Item_price", number(item.value, "Item_price")),
    )
