"""X12 310, freight receipt and invoice (ocean): one bill of lading, as carriers send it.

Release 004010. The set is one consignment: B3, its references, vessel, parties and ports, then LX
loops of equipment (N7) and goods (L0, L5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading, snippet
from esclusa.formats.values import hs_code, number, undg, whole
from esclusa.formats.x12 import common
from esclusa.formats.x12.common import CODES, NOWHERE, Open, PartyLoops, measured
from esclusa.formats.x12.cutting import Cut, walk
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Place,
    Severity,
    TransportEquipment,
    Voyage,
)

LINE: Final = 50
"""Length of L502: a line filled to the end was cut there, even inside a word."""

_UNREAD: Final = frozenset({
    "ST", "SE", "Y2", "Y6", "G3", "M0", "M1", "C2", "N2", "G61", "R2A", "R2", "K1", "H3", "C8",
    "C8C", "QTY", "V4", "N12", "L7", "X1", "X2", "H2", "PWK", "V9", "L11", "NTE",
})  # fmt: skip
"""Segments that the set allows and that make no statement of their own."""

_CELSIUS: Final = "CE"
_FAHRENHEIT: Final = "FA"


Measures = tuple[float | None, float | None, int | None]
"""Gross mass in kilograms, volume in cubic metres and packages of a line of goods (L0), or of all
goods (L3)."""

NONE: Final[Measures] = (None, None, None)


class _Goods:
    """A goods line while its L0 loop is read. ``rated``: a charge (L1) came, ``told``: a text.

    ``loop`` are the containers of the LX loop it stands in.
    """

    measures = NONE
    package_type = hs_code = ""
    rated = told = False
    undg: dict[str, None] | None = None

    def __init__(self, loop: list[str]) -> None:
        self.loop = loop
        self.lines: list[str] = []
        self.marks: list[str] = []

    def item(self, sequence: int) -> GoodsItem:
        """Return the line."""
        loop = self.loop
        gross, volume, packages = self.measures
        return GoodsItem(
            sequence=sequence,
            description=common.joined(self.lines, LINE),
            hs_code=self.hs_code,
            packages=packages,
            package_type=self.package_type,
            gross_mass_kg=gross,
            volume_m3=volume,
            marks=" ".join(self.marks),
            undg=tuple(self.undg or ()),
            equipment=tuple(loop) if len(loop) < 2 else tuple(dict.fromkeys(loop)),
        )


class _Bill(PartyLoops):
    """The bill while it is read. ``loop`` are the containers of the open LX loop, ``line`` the
    open line of goods."""

    function: Function = Function.ORIGINAL
    voyage = Voyage()
    carrier = bill = master_bill = currency = payment = issued = departure = arrival = ""
    total: float | None = None
    port = box = ""
    line: _Goods | None = None
    totals = NONE

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.documents: list[str] = []
        self.parties: list[Open] = []
        self.ports: dict[str, Place] = {}
        self.transhipments: list[Place] = []
        self.boxes: dict[str, TransportEquipment] = {}
        self.loop: list[str] = []
        self.goods: list[_Goods] = []


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 310 into its consignment. Defects go to ``notes``."""
    bill = _Bill(raw, notes)
    walk(bill, raw, _HANDLERS, _UNREAD, "310")
    if not bill.bill:
        reason = "the set names no bill (N9*BM, B302, B303); it cannot be told from others"
        notes.add("x12.310.bill.missing", Severity.ERROR, reason, raw.segments[0])
        return []
    return [Reading(bill.function, (_consignment(bill),))]


def _b3(bill: _Bill, segment: Cut) -> None:
    values = segment.values
    bill.bill = bill.bill or values[3].strip() or values[2].strip()
    bill.payment = CODES["payment"].get(values[4].strip(), "")
    bill.issued = common.moment(bill.notes, segment, 6, year=bill.year)
    bill.total = _cents(bill, segment, 7)
    bill.carrier = values[11].strip()


def _cents(bill: _Bill, segment: Cut, element: int) -> float | None:
    """An amount with two implied decimals (N2); nothing due is no amount."""
    value = number(segment.values[element].strip(), bill.notes, segment, str(element))
    return value / 100 if value else None


def _b2a(bill: _Bill, segment: Cut) -> None:
    code = segment.values[1].strip()
    function = _PURPOSE.get(code)
    if function is None:
        reason = f"purpose {snippet(code)} is not known (353); it was read as an original"
        bill.notes.add("x12.310.purpose", Severity.NOTE, reason, segment, "1")
    bill.function = function or Function.ORIGINAL


_PURPOSE: Final = {code: Function(word) for code, word in CODES["purpose"].items()}


def _n9(bill: _Bill, segment: Cut) -> None:
    qualifier, text = segment.values[1].strip(), segment.values[2].strip()
    if not text:
        return
    if qualifier == "BM":
        bill.bill = text
    elif qualifier == "MB":
        bill.master_bill = text
    else:
        bill.documents.append(f"{qualifier}:{text}")


def _v1(bill: _Bill, segment: Cut) -> None:
    bill.voyage = common.v1_voyage(bill.notes, segment, bill.voyage)


def _c3(bill: _Bill, segment: Cut) -> None:
    bill.currency = bill.currency or segment.values[1].strip()


def _n1(bill: _Bill, segment: Cut) -> None:
    bill.open = common.party(segment)
    bill.parties.append(bill.open)


def _r4(bill: _Bill, segment: Cut) -> None:
    """R4: what a port is for, its code with the code's list (UN), its name."""
    values = segment.values
    bill.open = None
    bill.port = _PORT.get(values[1].strip(), "")
    if not bill.port:
        return
    scheme = "unlocode" if values[2] == "UN" else ""
    found = Place(code=values[3].strip(), name=values[4].strip(), scheme=scheme)
    if bill.port == "transhipment_ports":
        bill.transhipments.append(found)
    else:
        bill.ports.setdefault(bill.port, found)


_PORT: Final = CODES["port"]


def _dtm(bill: _Bill, segment: Cut) -> None:
    """The date with the port of loading is that of departure, with the one of discharge arrival."""
    if bill.port == "load_port" and not bill.departure:
        bill.departure = common.moment(bill.notes, segment, 2, 3, 4, year=bill.year)
    elif bill.port == "discharge_port" and not bill.arrival:
        bill.arrival = common.moment(bill.notes, segment, 2, 3, 4, year=bill.year)


def _lx(bill: _Bill, segment: Cut) -> None:
    del segment
    bill.open = bill.line = None
    bill.port = bill.box = ""
    bill.loop = []


def _n7(bill: _Bill, segment: Cut) -> None:
    """A container. Its number may lack the check digit, which then stands in N718."""
    bill.line, values = None, segment.values
    letters, digits = values[1].strip(), values[2].strip()
    if len(digits) == 6 and letters:
        digits += values[18].strip()
    if not letters + digits:
        bill.box = ""
        return
    plain, valid = common.container_number(bill.notes, segment, letters + digits)
    bill.box = plain
    bill.loop.append(plain)
    bill.boxes[plain] = TransportEquipment(
        number=plain,
        number_valid=valid,
        size_type=values[22].strip(),
        gross_mass_kg=_mass(bill, segment, 3, 17) if values[3] else None,
        tare_kg=_mass(bill, segment, 5, 17) if values[5] else None,
    )


def _mass(bill: _Bill, segment: Cut, element: int, unit: int) -> float | None:
    """A mass in kilograms; without a unit it was sent so."""
    return measured(bill.notes, segment, element, unit, common.WEIGHT, usual="K")


def _m7(bill: _Bill, segment: Cut) -> None:
    """Seals of the open container."""
    if not bill.box:
        return
    bill.boxes[bill.box] = common.sealed(bill.boxes[bill.box], segment)


def _w09(bill: _Bill, segment: Cut) -> None:
    """Temperature of the open container, in Celsius or Fahrenheit as W0903 says."""
    value = number(segment.values[2].strip(), bill.notes, segment, "2")
    unit = segment.values[3].strip()
    if value is None or not bill.box:
        return
    if unit not in (_CELSIUS, _FAHRENHEIT):
        reason = f"unit {snippet(unit)} is not known"
        bill.notes.add("value.unit", Severity.ERROR, reason, segment, "3")
        return
    celsius = value if unit == _CELSIUS else round((value - 32) / 1.8, 1)
    bill.boxes[bill.box] = replace(bill.boxes[bill.box], temperature_c=celsius)


def _l0(bill: _Bill, segment: Cut) -> None:
    """A line of goods, or of a charge: which of them is known when its loop has been read."""
    values = segment.values
    goods = bill.line = _Goods(bill.loop)
    bill.goods.append(goods)
    at = 8 if values[8].strip() else 13
    goods.measures = (
        _mass(bill, segment, 4, 11) if values[4] else None,
        measured(bill.notes, segment, 6, 7, common.VOLUME) if values[6] else None,
        whole(values[at].strip(), bill.notes, segment, str(at)),
    )
    goods.package_type = values[at + 1].strip()


def _l5(bill: _Bill, segment: Cut) -> None:
    """Text, commodity code and marks; an L5 without its L0 opens a line."""
    goods, values = bill.line, segment.values
    if goods is None:
        goods = bill.line = _Goods(bill.loop)
        bill.goods.append(goods)
    goods.told = True
    if values[2]:
        goods.lines.append(values[2])
    if (code := values[3].strip()) and not goods.hs_code:
        goods.hs_code = hs_code(code, bill.notes, segment, "3")
    if marks := values[6].strip():
        goods.marks.append(marks)


def _l1(bill: _Bill, segment: Cut) -> None:
    del segment
    if bill.line is not None:
        bill.line.rated = True


def _h1(bill: _Bill, segment: Cut) -> None:
    code = undg(segment.values[1].strip(), bill.notes, segment, "1")
    if not code:
        return
    if bill.line is not None:
        bill.line.undg = bill.line.undg or {}
        bill.line.undg[code] = None
    elif bill.box:
        box = bill.boxes[bill.box]
        bill.boxes[bill.box] = replace(box, undg=tuple(dict.fromkeys((*box.undg, code))))


def _l3(bill: _Bill, segment: Cut) -> None:
    """Totals: they stand for a single line that lacks its own, and for the amount due."""
    bill.line = None
    if bill.total is None:
        bill.total = _cents(bill, segment, 5)
    bill.totals = (
        _mass(bill, segment, 1, 12),
        measured(bill.notes, segment, 9, 10, common.VOLUME),
        whole(segment.values[11].strip(), bill.notes, segment, "11"),
    )


_HANDLERS: Final[dict[str, Callable[[_Bill, Cut], None]]] = {
    "B3": _b3, "B2A": _b2a, "N9": _n9, "V1": _v1, "C3": _c3, "R4": _r4, "DTM": _dtm, "LX": _lx,
    "N1": _n1, "N3": common.street, "N4": common.town, "PER": common.contact, "N7": _n7,
    "M7": _m7, "W09": _w09, "L0": _l0, "L5": _l5, "L1": _l1, "H1": _h1, "L3": _l3,
}  # fmt: skip


TAGS: Final = _UNREAD | _HANDLERS.keys()
"""Tags that have a place in the set."""


def _consignment(bill: _Bill) -> Consignment:
    amount, port = bill.total, bill.ports.get
    return Consignment(
        carrier=bill.carrier or bill.voyage.carrier,
        bill=bill.bill,
        master_bill=bill.master_bill,
        voyage=bill.voyage,
        place_of_receipt=port("place_of_receipt", NOWHERE),
        load_port=port("load_port", NOWHERE),
        transhipment_ports=tuple(bill.transhipments),
        discharge_port=port("discharge_port", NOWHERE),
        delivery_place=port("delivery_place", NOWHERE),
        issued=bill.issued,
        departure=bill.departure,
        arrival=bill.arrival,
        parties=tuple([each.party() for each in bill.parties]),
        goods=_items(bill),
        equipment=tuple(bill.boxes.values()),
        freight_amount=amount,
        freight_currency=bill.currency if amount is not None else "",
        freight_payment=bill.payment,
        documents=tuple(bill.documents),
    )


def _items(bill: _Bill) -> tuple[GoodsItem, ...]:
    """The lines of goods: all but those whose only content is a charge (L1)."""
    lines = [goods for goods in bill.goods if goods.told or not goods.rated]
    if len(lines) == 1:
        (gross, volume, packages), totals = lines[0].measures, bill.totals
        lines[0].measures = (
            totals[0] if gross is None else gross,
            totals[1] if volume is None else volume,
            totals[2] if packages is None else packages,
        )
    return tuple([goods.item(sequence) for sequence, goods in enumerate(lines, 1)])
