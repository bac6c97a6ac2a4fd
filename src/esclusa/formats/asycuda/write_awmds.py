"""Write a manifest: the voyage and its bills, or bills added to a manifest.

One file is one manifest: bills of another voyage, or with other dates, are refused by message, to
be written into a file of their own. Totals stand before the bills, so all is held until the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from esclusa.formats.asycuda import drafting
from esclusa.formats.asycuda.drafting import CODE, Tree, group, leaf, number
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.heading import Heading, Refuse
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Message,
    Party,
    Place,
    PortCall,
    TransportEquipment,
    Voyage,
)

_NATURE: Final = re.compile(r"2[2-8]")
"""Export, import, transit, transhipment: no procedure of a declaration, which has four digits."""

_SEALS: Final = 3
"""Marks that a container has room for; one alone on its bill has more with the goods."""


class _Head(msgspec.Struct, frozen=True):
    voyage: Voyage
    departure: str
    arrival: str
    master: str = ""


class _Manifest:
    """What goes into the file, while messages come."""

    def __init__(self, added: bool) -> None:
        self.added = added
        self.head: _Head | None = None
        self.call: PortCall | None = None
        self.bills: list[str] = []
        self.last: Consignment | None = None
        self.packages = 0
        self.masses: list[float | None] = []
        self.boxes: set[str] = set()
        self.ports: set[tuple[Place, Place]] = set()

    def take(self, message: Message) -> None:
        """Add the statements of a message, all or none."""
        if message.function is Function.CANCELLATION:
            raise WritingError("a manifest has no cancellations")
        head, calls, bills = self.head, [], []
        for one in message.statements:
            if isinstance(one, PortCall) and not self.added:
                calls.append(one)
            elif isinstance(one, Consignment):
                head = self._fitting(head, one)
                bills.append(one)
            else:
                kind = type(one).__name__
                raise WritingError(f"a manifest carries consignments and one port call, no {kind}")
        if len(calls) + (self.call is not None) > 1:
            raise WritingError("a manifest has one port call, and the file has one already")
        number = len(self.bills) + 1
        texts = [drafting.render(_bill(bill, number + at), 1) for at, bill in enumerate(bills)]
        self.head, self.call = head, calls[0] if calls else self.call
        self.bills += texts
        for bill in bills:
            self._count(bill)

    def _fitting(self, head: _Head | None, bill: Consignment) -> _Head:
        own = _Head(
            bill.voyage, bill.departure, bill.arrival, bill.master_bill if self.added else ""
        )
        if head is not None and own != head:
            what = "voyage, dates or master bill" if self.added else "voyage or dates"
            raise WritingError(f"a file is one manifest, and this bill has another {what}")
        return own

    def _count(self, bill: Consignment) -> None:
        self.last = bill
        self.packages += sum(item.packages or 0 for item in bill.goods)
        self.masses += [item.gross_mass_kg for item in bill.goods]
        self.boxes.update(box.number for box in bill.equipment)
        self.ports.add((bill.load_port, bill.discharge_port))


def write(
    messages: Iterable[Message], heading: Heading, added: bool, refuse: Refuse | None
) -> Iterator[bytes]:
    """Yield the manifest, or Awbolds when its bills are ``added`` to one; nothing of nothing.

    :raises WritingError: a message cannot be written and there is nobody to tell.
    """
    manifest = _Manifest(added)
    drafting.kept(messages, manifest.take, refuse)
    if not manifest.bills and manifest.call is None:
        return
    root = "Awbolds" if added else "Awmds"
    top = _master(manifest, heading) if added else _general(manifest, heading)
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n{drafting.render(top, 1)}'.encode()
    for text in manifest.bills:
        yield text.encode()
    yield f"</{root}>\n".encode()


# -- the heading ----------------------------------------------------------------------------------


def _master(manifest: _Manifest, heading: Heading) -> list[Tree]:
    head = manifest.head or _Head(Voyage(), "", "")
    return group(
        "Master_bol",
        leaf("Customs_office_code", heading.recipient),
        leaf("Voyage_number", head.voyage.reference),
        leaf("Date_of_departure", drafting.day(head.departure, "Date_of_departure")),
        leaf("Reference_number", head.master),
    )


def _general(manifest: _Manifest, heading: Heading) -> list[Tree]:
    call, head = manifest.call, manifest.head
    voyage = call.voyage if call is not None else head.voyage if head is not None else Voyage()
    arrival = (call.arrival if call is not None else "") or (head.arrival if head else "")
    departure = drafting.day(head.departure if head else "", "Date_of_departure")
    clock = arrival[11:16]
    return group(
        "General_segment",
        group(
            "General_segment_id",
            leaf("Customs_office_code", heading.recipient),
            leaf("Voyage_number", voyage.reference),
            leaf("Date_of_departure", departure),
            leaf("Date_of_arrival", drafting.day(arrival, "Date_of_arrival"), False),
            leaf("Time_of_arrival", f"{clock}:00" if clock else "", False),
        ),
        group(
            "Totals_segment",
            leaf("Total_number_of_bols", str(len(manifest.bills))),
            leaf("Total_number_of_packages", str(manifest.packages)),
            leaf("Total_number_of_containers", str(len(manifest.boxes))),
            leaf("Total_gross_mass", number(drafting.sum_of(manifest.masses), "Total_gross_mass")),
        ),
        _transport(voyage, call.parties if call is not None else (), manifest.last),
        _places(manifest),
    )


def _transport(voyage: Voyage, parties: tuple[Party, ...], bill: Consignment | None) -> list[Tree]:
    """The carrier of the voyage; one that only a bill names when the voyage has none."""
    roles = {party.role: party for party in reversed(parties)}
    carrier, agent = roles.get("carrier"), roles.get("agent")
    code = voyage.carrier or (drafting.code_of(carrier) if carrier else "")
    code = code or (bill.carrier if bill is not None else "")
    ship = voyage.conveyance
    master = roles["other"].name if "other" in roles else ""
    return group(
        "Transport_information",
        group(
            "Carrier",
            leaf("Carrier_code", code),
            leaf("Carrier_name", carrier.name if carrier else "", False),
            leaf("Carrier_address", drafting.address(carrier) if carrier else "", False),
        ),
        group(
            "Shipping_Agent",
            leaf("Shipping_Agent_code", drafting.code_of(agent), True) if agent else [],
            leaf("Shipping_Agent_name", agent.name if agent else "", False),
            always=False,
        ),
        leaf("Mode_of_transport_code", CODE["mode"].get(ship.mode, "")),
        leaf("Identity_of_transporter", ship.name, False),
        leaf("Nationality_of_transporter_code", ship.flag),
        leaf("Registration_number_of_transport_code", drafting.registration(ship), False),
        leaf("Master_information", master, False),
    )  # fmt: skip


def _places(manifest: _Manifest) -> list[Tree]:
    """The call's ports; without a call those of the bills, when all have the same."""
    call = manifest.call
    if call is not None:
        start, end = call.last_ports[0] if call.last_ports else Place(), call.port
    elif len(manifest.ports) == 1:
        ((start, end),) = manifest.ports
    else:
        start = end = Place()
    return group(
        "Load_unload_place",
        leaf("Place_of_departure_code", start.code),
        leaf("Place_of_destination_code", end.code),
    )


# -- a bill ---------------------------------------------------------------------------------------


def _bill(bill: Consignment, line: int) -> list[Tree]:
    if not bill.bill:
        raise WritingError("a bill has no number", segment="Bol_reference")
    mode = bill.voyage.conveyance.mode
    kind = CODE["house"].get(mode) if bill.master_bill else None
    natures = [item.procedure for item in bill.goods if _NATURE.fullmatch(item.procedure)]
    unique = [text[4:] for text in bill.documents if text.startswith("UCN:")]
    return group(
        "Bol_segment",
        group(
            "Bol_id",
            leaf("Bol_reference", bill.bill),
            leaf("Line_number", str(line)),
            leaf("Bol_nature", natures[0] if natures else ""),
            leaf("Bol_type_code", kind or CODE["bill"].get(mode, "")),
            leaf("Master_bill_ref_number", bill.master_bill, False),
            leaf("Unique_carrier_reference", unique[0] if unique else "", False),
        ),
        group(
            "Load_unload_place",
            leaf("Place_of_loading_code", bill.load_port.code),
            leaf("Place_of_unloading_code", bill.discharge_port.code),
        ),
        _traders(bill),
        *(_box(box, bill) for box in bill.equipment),
        _goods(bill),
        *(split for item in _apart(bill) for split in _splits(item)),
        _values(bill),
    )


def _traders(bill: Consignment) -> list[Tree]:
    """One party for each place; a bill's own carrier has one in later schemas."""
    roles = {party.role: party for party in reversed(bill.parties)}
    shipper = roles.get("shipper") or roles.get("exporter")
    return group(
        "Traders_segment",
        _party("Carrier", roles.get("carrier"), False),
        _party("Exporter", shipper),
        _party("Notify", roles.get("notify")),
        _party("Consignee", roles.get("consignee")),
    )


def _party(tag: str, party: Party | None, always: bool = True) -> list[Tree]:
    if party is None:
        empty = [*leaf(f"{tag}_name", ""), *leaf(f"{tag}_address", "")]
        return group(tag, empty) if always else []
    return group(
        tag,
        leaf(f"{tag}_code", drafting.code_of(party), False),
        leaf(f"{tag}_name", party.name),
        leaf(f"{tag}_address", drafting.address(party)),
    )


def _box(box: TransportEquipment, bill: Consignment) -> list[Tree]:
    if not box.number:
        raise WritingError("a container has no number", segment="Ctn_reference")
    alone = len(bill.equipment) == 1 and len(bill.goods) == 1
    packages = bill.goods[0].packages or 0 if alone else 0
    by = CODE["seal_party"].get(box.seals[0].affixed_by, "") if box.seals else ""
    marks = [seal.number for seal in box.seals[:_SEALS]]
    return group(
        "ctn_segment",
        leaf("Ctn_reference", box.number),
        leaf("Number_of_packages", str(packages)),
        leaf("Type_of_container", box.size_type),
        leaf("Empty_Full", CODE["load"].get(box.load_status, "")),
        *(leaf(f"Marks{at}", mark) for at, mark in enumerate(marks, 1)),
        leaf("Sealing_Party", by, False),
        leaf("Empty_weight", number(box.tare_kg, "Empty_weight"), False),
        leaf("Goods_weight", number(_net(box), "Goods_weight"), False),
    )


def _net(box: TransportEquipment) -> float | None:
    """The mass without the box; None where the whole is said to weigh less than it."""
    if box.gross_mass_kg is None or not box.tare_kg:
        return box.gross_mass_kg
    number(box.gross_mass_kg, "Goods_weight")
    net = float(Decimal(repr(box.gross_mass_kg)) - Decimal(repr(box.tare_kg)))
    return net if net >= 0 else None


# -- goods ----------------------------------------------------------------------------------------


def _goods(bill: Consignment) -> list[Tree]:
    """The goods of the bill in one: its one item, or the sum of several."""
    items = bill.goods
    if not items:
        return []
    first = items[0]
    known = [item.packages for item in items if item.packages is not None]
    masses = [item.gross_mass_kg for item in items]
    volumes = [item.volume_m3 for item in items]
    texts = first.description if len(items) < 2 else "; ".join(
        dict.fromkeys(item.description for item in items if item.description)
    )  # fmt: skip
    return group(
        "Goods_segment",
        leaf("Number_of_packages", str(sum(known)) if known else ""),
        leaf("Package_type_code", first.package_type),
        leaf("Gross_mass", number(_total(masses), "Gross_mass")),
        leaf("Shipping_marks", first.marks),
        leaf("Goods_description", texts),
        _seals(bill),
        leaf("Volume_in_cubic_meters", number(_total(volumes), "Volume_in_cubic_meters"), False),
        leaf("Num_of_ctn_for_this_bol", str(len(bill.equipment))),
    )


def _total(values: list[float | None]) -> float | None:
    if len(values) == 1:
        return values[0]
    return drafting.sum_of(values) if any(value is not None for value in values) else None


def _seals(bill: Consignment) -> list[Tree]:
    """Seals past the third of a container that stands alone on its bill."""
    if len(bill.equipment) != 1 or len(bill.equipment[0].seals) <= _SEALS:
        return []
    rest = bill.equipment[0].seals[_SEALS:]
    return group(
        "Seals_segment",
        leaf("Number_of_seals", str(len(rest))),
        leaf("Marks_of_seals", ",".join(seal.number for seal in rest)),
        leaf("Sealing_party_code", CODE["seal_party"].get(rest[0].affixed_by, ""), False),
    )


def _apart(bill: Consignment) -> tuple[GoodsItem, ...]:
    """Items to write one by one: several, or one that is not in all containers of the bill."""
    every = tuple(box.number for box in bill.equipment)
    alone = len(bill.goods) == 1 and bill.goods[0].equipment == every
    return () if alone else bill.goods


def _splits(item: GoodsItem) -> Iterator[list[Tree]]:
    """One split for each container; those past the first have no packages and no mass."""
    for at, box in enumerate(item.equipment or ("",)):
        packages = "" if item.packages is None else str(item.packages)
        yield group(
            "Split_segment",
            leaf("Number_of_packages", "0" if at else packages),
            leaf("Package_type_code", item.package_type),
            leaf("Gross_mass", "0" if at else number(item.gross_mass_kg, "Gross_mass")),
            leaf("Shipping_marks", item.marks),
            leaf("Goods_description", item.description),
            group("Container", leaf("Reference", box), leaf("Unloaded", "false")) if box else [],
        )


def _values(bill: Consignment) -> list[Tree]:
    item = bill.goods[0] if len(bill.goods) == 1 else GoodsItem()
    worth = item.value is not None
    freight = bill.freight_amount is not None
    return group(
        "Value_segment",
        group(
            "Freight_segment",
            leaf("PC_indicator", CODE["payment"].get(bill.freight_payment, ""), False),
            leaf("Freight_value", number(bill.freight_amount, "Freight_value"), False),
            leaf("Freight_currency", bill.freight_currency if freight else "", False),
            always=False,
        ),
        group(
            "Customs_segment",
            leaf("Customs_value", number(item.value, "Customs_value"), False),
            leaf("Customs_currency", item.currency if worth else "", False),
            always=False,
        ),
    )
