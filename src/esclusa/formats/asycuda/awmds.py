"""AWMDS, the ASYCUDA World manifest, and Awbolds, bills added to one: a port call and its bills.

Each bill is a message of its own, so a manifest of any size is read in little memory and a damaged
bill costs only itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from esclusa.formats.asycuda import common
from esclusa.formats.asycuda.common import CODES, Fields, Reading, line, picked, said, words
from esclusa.formats.asycuda.shaped import (
    FORMAT,
    ID,
    LARGE,
    PORTS,
    ROLES,
    WANTED,
    Bills,
    Head,
    bill_seals,
    trader,
)
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.reading import Notes
from esclusa.formats.values import checked_container, container
from esclusa.formats.xml_batches import Batches, Node, Part
from esclusa.model import (
    Consignment,
    Defect,
    GoodsItem,
    Message,
    Party,
    Place,
    PortCall,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
    encode_body,
)

ROOTS: Final = frozenset({"Awmds", "AWMDS", "Awbolds", "AWBOLDS", "Awmcds", "AWMCDS"})

_BILL: Final = "Bol_segment"
_TAGS: Final = frozenset({_BILL, "General_segment", "Master_bol"})
_BILL_BYTES: Final = 4 * MIB
"""Largest bill that is read; one of a thousand containers takes some 0.5 MiB."""


class _Sums:
    """What the bills add up to, to be held against the totals that the heading states."""

    def __init__(self) -> None:
        self.bills = self.packages = 0
        self.boxes: set[int] = set()
        self.mass = 0.0

    def add(self, bill: Consignment) -> None:
        self.bills += 1
        for box in bill.equipment:
            self.boxes.add(hash(box.number))
        for item in bill.goods:
            self.packages += item.packages or 0
            self.mass += item.gross_mass_kg or 0.0

    def add_all(self, messages: list[Message]) -> None:
        """Add bills as :meth:`add`."""
        bills: list[Consignment] = [message.statements[0] for message in messages]  # type: ignore[misc]
        numbers = [box.number for bill in bills for box in bill.equipment]
        self.boxes.update(map(hash, numbers))
        packages, mass = self.packages, self.mass
        for bill in bills:
            for item in bill.goods:
                packages += item.packages or 0
                mass += item.gross_mass_kg or 0.0
        self.bills += len(bills)
        self.packages, self.mass = packages, mass


def read(batches: Batches, limits: Limits, root: str) -> Iterator[Message | Defect | list[Message]]:
    """Read a manifest: a message with the port call, then one for each bill; bills without a defect
    that follow each other in a list."""
    del root
    bills, sums, general = Bills(), _Sums(), None
    most = min(_BILL_BYTES, limits.message_bytes)
    for item in batches.parts(_TAGS, _BILL, most, wanted=WANTED, take=bills.take):
        if isinstance(item, list):
            sums.add_all(item)
            yield item
        elif isinstance(item, Defect):
            general = None
            yield item
        elif item.element.tag == _BILL:
            message = _bill(item, bills.head, limits)
            for statement in message.statements:
                if isinstance(statement, Consignment):
                    sums.add(statement)
            yield message
        elif item.element.tag == "Master_bol":
            bills.head, message = _added_to(item, limits)
            if message.defects:
                yield message
        else:
            bills.head, message = _general(item, limits)
            general = item
            yield message
    if general is not None:
        yield from _totals(general, bills.head, sums)


# -- the heading ----------------------------------------------------------------------------------


def _general(part: Part, limits: Limits) -> tuple[Head, Message]:
    """Read General_segment: what holds for every bill, and the port call."""
    group = part.element
    ids = common.fields(group.find("General_segment_id"))
    reference = said(ids, "Voyage_number")
    reading = Reading(part, Notes(reference, part.offset, limits.defects_per_message))
    call, head = _call(reading, group, ids)
    if part.fault:
        reading.notes.fatal("asycuda.element", part.fault)
    elif not (reference or call.voyage.conveyance.name or call.voyage.conveyance.imo):
        reason = "General_segment names neither voyage nor means of transport"
        reading.add("asycuda.voyage.missing", Severity.WARNING, reason, group)
    stated = () if part.fault or call == PortCall(voyage=Voyage(), port=Place()) else (call,)
    return head, _message(part, reading.notes, reference, head, stated)


def _call(reading: Reading, group: Node, ids: Fields) -> tuple[PortCall, Head]:
    path = "General_segment/General_segment_id"
    at = group.find("General_segment_id")
    departure = arrival = ""
    if at is not None:
        departure = reading.date(ids, "Date_of_departure", path, at)
        arrival = reading.date(ids, "Date_of_arrival", path, at)
    clock = said(ids, "Time_of_arrival")
    if arrival and len(clock) >= 5:
        arrival = f"{arrival}T{clock[:5]}"
    places = common.fields(group.find("Load_unload_place"))
    last = common.place(places.get("Place_of_departure_code"))
    voyage, carrier, parties = _transport(reading, group, said(ids, "Voyage_number"))
    call = PortCall(
        voyage=voyage,
        port=common.place(places.get("Place_of_destination_code")),
        arrival=arrival,
        last_ports=(last,) if last.code else (),
        parties=parties,
    )
    head = Head(
        voyage=voyage,
        carrier=carrier,
        departure=departure,
        arrival=arrival,
        office=said(ids, "Customs_office_code"),
        size=len(encode_body(call)),
        totals=_stated(reading, group),
    )
    return call, head


def _transport(
    reading: Reading, group: Node, reference: str
) -> tuple[Voyage, str, tuple[Party, ...]]:
    """Read Transport_information: voyage, the carrier's code or name, carrier and agent."""
    path = "General_segment/Transport_information"
    at = group.find("Transport_information")
    if at is None:
        return Voyage(reference=reference), "", ()
    found = common.fields(at)
    carrier = common.fields(at.find("Carrier"))
    agent = common.fields(at.find("Shipping_Agent"))
    code = said(carrier, "Carrier_code")
    ship = replace(
        common.ship(reading, found, "Registration_number_of_transport_code", path, at),
        mode=CODES["mode"].get(said(found, "Mode_of_transport_code"), ""),
        name=said(found, "Identity_of_transporter"),
        flag=said(found, "Nationality_of_transporter_code"),
    )
    parties = (
        _named(common.party("carrier", code, *_words(carrier, "Carrier"))),
        common.party(
            "agent", said(agent, "Shipping_Agent_code"), said(agent, "Shipping_Agent_name"), ""
        ),
        common.party("other", "", said(found, "Master_information"), ""),
    )
    voyage = Voyage(reference=reference, carrier=code, conveyance=ship)
    return voyage, code or said(carrier, "Carrier_name"), tuple(one for one in parties if one)


def _named(party: Party | None) -> Party | None:
    """A carrier of whom only the code is known is named by the voyage already."""
    return party if party and (party.name or party.address) else None


def _stated(reading: Reading, group: Node) -> tuple[tuple[str, float], ...]:
    at = group.find("Totals_segment")
    if at is None:
        return ()
    path, found = "General_segment/Totals_segment", common.fields(at)
    read = ((tag, reading.number(found, tag, path, at)) for tag in _TOTALS)
    return tuple((tag, value) for tag, value in read if value is not None)


_TOTALS: Final = (
    "Total_number_of_bols",
    "Total_number_of_packages",
    "Total_number_of_containers",
    "Total_gross_mass",
)


def _totals(part: Part, head: Head, sums: _Sums) -> Iterator[Defect]:
    """Hold the totals of the heading against the bills; a manifest of none states none."""
    real = (sums.bills, sums.packages, len(sums.boxes), sums.mass)
    counted = dict(zip(_TOTALS, real, strict=True))
    for tag, value in head.totals:
        if abs(counted[tag] - value) > (0.01 + 1e-6 * abs(value)):
            node = part.element.find(f"Totals_segment/{tag}")
            spot = part.spot(node)
            yield Defect(
                code="asycuda.totals",
                severity=Severity.WARNING,
                reason=f"{tag} says {value:g}, the bills that were read make {counted[tag]:g}",
                offset=spot.offset,
                segment=tag,
                segment_no=spot.number,
                element=f"General_segment/Totals_segment/{tag}",
            )


def _added_to(part: Part, limits: Limits) -> tuple[Head, Message]:
    """Read Master_bol of Awbolds: the manifest and the bill that the bills belong to."""
    found = common.fields(part.element)
    reading = Reading(part, Notes("", part.offset, limits.defects_per_message))
    head = Head(
        voyage=Voyage(reference=said(found, "Voyage_number")),
        departure=reading.date(found, "Date_of_departure", "Master_bol", part.element),
        master=said(found, "Reference_number"),
        office=said(found, "Customs_office_code"),
    )
    return head, _message(part, reading.notes, head.master, head, ())


# -- a bill ---------------------------------------------------------------------------------------


def _bill(part: Part, head: Head, limits: Limits) -> Message:
    """Read a bill from its element."""
    groups: dict[str, Node] = {}
    boxes: list[Node] = []
    splits: list[Node] = []
    for group in part.element:
        tag = str(group.tag)
        if tag == "ctn_segment":
            boxes.append(group)
        elif tag == "Split_segment":
            splits.append(group)
        else:
            groups[tag] = group
    ids = words(groups.get("Bol_id"), ID)
    number = ids[0]
    reading = Reading(part, Notes(number, part.offset, limits.defects_per_message))
    if part.fault:
        reading.notes.fatal("asycuda.element", part.fault)
    elif not number:
        reason = "bill has no Bol_id/Bol_reference; it cannot be told from others"
        reading.notes.fatal("asycuda.bill.missing", reason)
    if part.fault or not number:
        return _message(part, reading.notes, number, head, ())
    bill = _consignment(reading, head, ids, groups, boxes, splits)
    if head.size > LARGE and len(encode_body(bill)) > MIB + limits.growth * part.length:
        reason = f"it states more than {limits.growth} times its bytes, the heading repeated"
        reading.notes.fatal("asycuda.bill.growth", reason)
        return _message(part, reading.notes, number, head, ())
    return _message(part, reading.notes, number, head, (bill,))


def _message(
    part: Part,
    notes: Notes,
    reference: str,
    head: Head,
    stated: tuple[Consignment | PortCall, ...],
) -> Message:
    return Message(
        format=FORMAT,
        offset=part.offset,
        length=part.length,
        reference=reference,
        sender=head.carrier,
        recipient=head.office,
        statements=stated,
        defects=notes.closed(),
    )


def _consignment(
    reading: Reading,
    head: Head,
    ids: list[str],
    groups: dict[str, Node],
    boxes: list[Node],
    splits: list[Node],
) -> Consignment:
    number, nature, master, other_master, unique = ids
    loading, unloading = picked(groups.get("Load_unload_place"), PORTS)
    values = groups.get("Value_segment")
    goods = groups.get("Goods_segment")
    held = _boxes(reading, boxes, goods)
    parties = _parties(groups.get("Traders_segment"))
    amount, currency, payment = _freight(reading, _last(values, "Freight_segment"))
    return Consignment(
        carrier=_carrier(parties) or head.carrier,
        bill=number,
        master_bill=master or other_master or head.master,
        voyage=head.voyage,
        load_port=common.place(loading),
        discharge_port=common.place(unloading),
        departure=head.departure,
        arrival=head.arrival,
        parties=parties,
        goods=_goods(reading, nature, goods, splits, held, _last(values, "Customs_segment")),
        equipment=held,
        documents=(f"UCN:{unique}",) if unique else (),
        freight_amount=amount,
        freight_currency=currency,
        freight_payment=payment,
    )


def _last(group: Node | None, tag: str) -> Node | None:
    """Return the child of that tag, of several the last."""
    return common.children(group).get(tag)


def _carrier(parties: tuple[Party, ...]) -> str:
    """The code or name of the bill's own carrier, in later schemas."""
    if not parties or parties[0].role != "carrier":
        return ""
    first = parties[0]
    return first.identifiers[0].value if first.identifiers else first.name


def _parties(group: Node | None) -> tuple[Party, ...]:
    made: dict[str, Party] = {}
    for at in group if group is not None else ():
        tag = str(at.tag)
        if tag not in ROLES:
            continue
        role = ROLES[tag]
        party = common.party(role, *picked(at, trader(tag)))
        if party is not None:
            made[role] = party
    return tuple(made.values())


def _words(found: Fields, tag: str) -> tuple[str | None, str | None]:
    return found.get(f"{tag}_name"), found.get(f"{tag}_address")


_FREIGHT: Final = ("Freight_value", "Freight_currency", "PC_indicator")


def _freight(reading: Reading, at: Node | None) -> tuple[float | None, str, str]:
    """Return amount, currency and who pays."""
    if at is None:
        return None, "", ""
    value, currency, payment = picked(at, _FREIGHT)
    amount = reading.figure(value, "Freight_value", "Value_segment/Freight_segment", at)
    return amount, line(currency), CODES["payment"].get(line(payment), "")


# -- containers -----------------------------------------------------------------------------------


def _boxes(
    reading: Reading, groups: list[Node], goods: Node | None
) -> tuple[TransportEquipment, ...]:
    boxes: dict[str, TransportEquipment] = {}
    for at in groups:
        box = _box(reading, at)
        if box is not None:
            boxes[box.number] = box
    seals = _bill_seals(goods)
    if seals and len(boxes) == 1:
        (box,) = boxes.values()
        known = {seal.number for seal in box.seals}
        more = tuple(seal for seal in seals if seal.number not in known)
        return (replace(box, seals=(*box.seals, *more)),)
    if seals and len(boxes) > 1 and not all(box.seals for box in boxes.values()):
        reason = "seals of the whole bill cannot be told apart by container; they are left out"
        path = "Goods_segment/Seals_segment"
        reading.add("asycuda.seals.unassigned", Severity.NOTE, reason, goods, path)
    return tuple(boxes.values())


_BOX: Final = (
    "Ctn_reference", "Type_of_container", "Empty_Full", "Sealing_Party", "Marks1", "Marks2",
    "Marks3",
)  # fmt: skip
_WEIGHTS: Final = ("Empty_weight", "Goods_weight")


def _box(reading: Reading, at: Node) -> TransportEquipment | None:
    path = "ctn_segment"
    text, kind, load, party, *marks = words(at, _BOX)
    if not text:
        reason = "container has no Ctn_reference; it is left out"
        reading.add("asycuda.container.number", Severity.ERROR, reason, at, path)
        return None
    number, valid = _container(reading, at, "Ctn_reference", text, path)
    empty, net = picked(at, _WEIGHTS)
    tare = reading.figure(empty, "Empty_weight", path, at)
    goods = reading.figure(net, "Goods_weight", path, at)
    by = CODES["seal_party"].get(party, "")
    return TransportEquipment(
        number=number,
        number_valid=valid,
        size_type=kind,
        load_status=CODES["load"].get(load.upper(), ""),
        gross_mass_kg=common.gross(goods, tare),
        tare_kg=tare,
        seals=tuple([Seal(number=mark, affixed_by=by) for mark in dict.fromkeys(marks) if mark]),
    )


def _container(
    reading: Reading, at: Node, tag: str, text: str, path: str
) -> tuple[str, bool | None]:
    number, valid = container(text)
    if valid:
        return number, valid
    spot = reading.part.spot(at, tag)
    return checked_container(text, reading.notes, spot, f"{path}/{tag}")


_SEALS: Final = ("Sealing_party_code", "Marks_of_seals")


def _bill_seals(goods: Node | None) -> tuple[Seal, ...]:
    at = goods.find("Seals_segment") if goods is not None else None
    if at is None:
        return ()
    party, numbers = words(at, _SEALS)
    return bill_seals(party, numbers)


# -- goods ----------------------------------------------------------------------------------------


def _goods(
    reading: Reading,
    nature: str,
    at: Node | None,
    splits: list[Node],
    boxes: tuple[TransportEquipment, ...],
    worth: Node | None,
) -> tuple[GoodsItem, ...]:
    """Return the items: the splits where there are some, else the one item of the bill."""
    if splits:
        items = _split(reading, splits, nature)
    elif at is not None:
        held = tuple([box.number for box in boxes])
        items = [_item(reading, at, "Goods_segment", nature, 1, held)]
    else:
        return ()
    return tuple(_valued(reading, items, worth))


_ITEM: Final = ("Goods_description", "Package_type_code", "Shipping_marks")
_AMOUNTS: Final = ("Number_of_packages", "Gross_mass", "Volume_in_cubic_meters")


def _item(
    reading: Reading, at: Node, path: str, nature: str, sequence: int, held: tuple[str, ...]
) -> GoodsItem:
    description, kind, marks = words(at, _ITEM)
    packages, mass, volume = picked(at, _AMOUNTS)
    return GoodsItem(
        sequence=sequence,
        description=description,
        packages=reading.whole(packages, "Number_of_packages", path, at),
        package_type=kind,
        gross_mass_kg=reading.figure(mass, "Gross_mass", path, at),
        volume_m3=reading.figure(volume, "Volume_in_cubic_meters", path, at),
        marks=marks,
        procedure=nature,
        equipment=held,
    )


def _split(reading: Reading, splits: list[Node], nature: str) -> list[GoodsItem]:
    """One item for each split; one without packages and mass names a further container of the
    item before it."""
    items: list[GoodsItem] = []
    for at in splits:
        path = "Split_segment"
        held = at.find("Container")
        text = words(held, _HELD)[0]
        box = _container(reading, held, "Reference", text, f"{path}/Container")[0] if text else ""  # type: ignore[arg-type]
        boxes = (box,) if box else ()
        item = _item(reading, at, path, nature, len(items) + 1, boxes)
        common.add_split(items, item)
    return items


_HELD: Final = ("Reference", "Container_reference")
_WORTH: Final = ("Customs_value", "Customs_currency")


def _valued(reading: Reading, items: list[GoodsItem], at: Node | None) -> list[GoodsItem]:
    """The customs value is the bill's: it is the item's where there is one."""
    if at is None:
        return items
    text, currency = picked(at, _WORTH)
    value = reading.figure(text, "Customs_value", "Value_segment/Customs_segment", at)
    if value is None:
        return items
    if len(items) == 1:
        return [replace(items[0], value=value, currency=line(currency))]
    reason = "a value for the whole bill cannot be split over its goods"
    path = "Value_segment/Customs_segment/Customs_value"
    reading.add("asycuda.value.unsplit", Severity.NOTE, reason, at.find("Customs_value"), path)
    return items
