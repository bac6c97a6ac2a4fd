"""Cargo reports while they are read, and the consignments and equipment that come of them.

CUSCAR, IFCSUM and IFTMCS say the same with the same segments: containers, bills, goods. Their
segments are read in :mod:`esclusa.formats.edifact.manifest_segments`.
"""

from __future__ import annotations

from typing import Any, Final

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, told_apart
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Party,
    Place,
    Seal,
    Severity,
    Statement,
    TransportEquipment,
    Voyage,
)

NOWHERE: Final = Place()


class Box:
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


class Goods:
    """A goods item while its group is read."""

    __slots__ = ("equipment", "fields", "marks", "text", "undg")

    def __init__(self, sequence: int) -> None:
        self.fields: dict[str, Any] = {"sequence": sequence}
        self.text: list[str] = []
        self.marks: list[str] = []
        self.undg: dict[str, None] = {}
        self.equipment: dict[str, None] = {}

    def built(self, **more: Any) -> GoodsItem:
        return GoodsItem(
            **self.fields,
            description=" ".join(self.text),
            marks=" ".join(self.marks),
            undg=tuple(self.undg),
            equipment=tuple(self.equipment),
            **more,
        )


class Bill:
    """A consignment while its group is read. ``listed`` is CNI's own number."""

    __slots__ = (
        "at", "bill", "boxes", "documents", "fields", "goods", "house", "listed", "master",
        "parties", "places", "transhipment", "value", "voyage",
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
        self.goods: list[Goods] = []
        self.boxes: dict[str, Box] = {}
        self.value: tuple[float, str] | None = None
        self.voyage: Voyage | None = None
        """The bill's own voyage; None where that of the header stands."""

    def numbers(self) -> tuple[str, str]:
        """Return bill and master bill.

        A house bill stands under the BM bill, or under the number CNI lists, when no MB is given.
        """
        if not self.house:
            return self.bill or self.listed, self.master
        above = self.master or self.bill or self.listed
        return self.house, above if above != self.house else ""


class Manifest:
    """The message while it is read: where we stand, and what stands open.

    ``kind`` is the first word of its defect codes (``cuscar``).
    """

    __slots__ = (
        "bill", "bills", "box", "boxes", "carrier", "currency", "dates", "function", "goods",
        "kind", "leg", "master", "notes", "parties", "party", "places", "procedure", "seen",
        "voyage", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes, kind: str) -> None:
        self.notes = notes
        self.kind = kind
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.carrier = self.master = self.procedure = ""
        self.parties: list[Party] = []
        """Parties of the whole message, and ``master`` its bill: consolidations alone have them.
        ``procedure`` is what a declaration asks for all its goods."""
        self.currency = ""
        self.dates: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self.boxes: dict[str, Box] = {}
        self.bills: list[Bill] = []
        self.bill: Bill | None = None
        self.goods: Goods | None = None
        self.box: Box | None = None
        self.party: list[Party] | None = None
        self.leg = False
        self.seen: set[str] = set()


def statements(manifest: Manifest) -> list[Statement]:
    """Return the consignments of a message, and equipment that no consignment names."""
    built = [_consignment(manifest, bill) for bill in manifest.bills]
    loose = [_loose(manifest, box) for box in manifest.boxes.values() if not box.used]
    return [*(each for each in built if each is not None), *loose]


def _consignment(manifest: Manifest, bill: Bill) -> Consignment | None:
    number, master = bill.numbers()
    nameless = "consignment has no bill number (CNI or RFF)"
    if not told_apart(manifest.notes, number, manifest.seen, bill.at, manifest.kind, nameless):
        return None
    return Consignment(
        carrier=_carrier(manifest, bill),
        bill=number,
        master_bill=master,
        voyage=bill.voyage or manifest.voyage,
        parties=tuple(bill.parties),
        goods=_goods(manifest, bill),
        equipment=tuple(box.shared() for box in bill.boxes.values()),
        documents=tuple(bill.documents),
        **_route(manifest, bill),
        **{**manifest.dates, **bill.fields},
    )


def _carrier(manifest: Manifest, bill: Bill) -> str:
    """The code of the bill's own carrier, else of the voyage, else who reports."""
    for party in bill.parties:
        if party.role == "carrier":
            return party.identifiers[0].value if party.identifiers else party.name
    return (bill.voyage or manifest.voyage).carrier or manifest.carrier


def _goods(manifest: Manifest, bill: Bill) -> tuple[GoodsItem, ...]:
    if bill.value is not None and len(bill.goods) == 1:
        bill.goods[0].fields.setdefault("value", bill.value[0])
        bill.goods[0].fields.setdefault("currency", bill.value[1])
    elif bill.value is not None and not any("value" in item.fields for item in bill.goods):
        reason = "a value for the whole consignment cannot be split over its goods items"
        manifest.notes.add(f"{manifest.kind}.value.unsplit", Severity.NOTE, reason, bill.at)
    return tuple(item.built() for item in bill.goods)


def _route(manifest: Manifest, bill: Bill) -> dict[str, Any]:
    """Return the places of a consignment; the voyage's own ports stand in for missing ones.

    The original port of loading (76) is where the sea journey began: when this voyage loaded the
    goods elsewhere and no place of receipt is given, it counts as one.
    """
    here, header = bill.places, manifest.places
    first = here.get("original_load")
    load = here.get("load") or first or header.get("load") or NOWHERE
    discharge = (
        here.get("discharge") or here.get("final_discharge") or here.get("arrival")
        or header.get("discharge") or header.get("arrival") or NOWHERE
    )  # fmt: skip
    stuffing = here.get("stuffing")
    return {
        "place_of_receipt": here.get("receipt") or (first if first and first != load else NOWHERE),
        "load_port": load,
        "transhipment_ports": tuple(bill.transhipment),
        "discharge_port": discharge,
        "delivery_place": here.get("delivery") or NOWHERE,
        "stuffing_place": (stuffing.name or stuffing.code) if stuffing else _stuffed_at(bill),
    }


def _stuffed_at(bill: Bill) -> str:
    for party in bill.parties:
        if party.role == "stuffer":
            return ", ".join(part for part in (party.address, party.city) if part)
    return ""


def _loose(manifest: Manifest, box: Box) -> TransportEquipment:
    """Equipment that no consignment names, as a rule an empty container moved for its owner."""
    here, header = box.places, manifest.places
    return box.built(
        voyage=manifest.voyage,
        load_port=here.get("load") or header.get("load") or NOWHERE,
        discharge_port=(
            here.get("discharge") or header.get("discharge") or header.get("arrival") or NOWHERE
        ),
    )
