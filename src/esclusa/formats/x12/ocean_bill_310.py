"""X12 310, freight receipt and invoice (ocean): one bill of lading, as carriers send it.

Release 004010. The set is one consignment: B3, its references, vessel, parties and ports, then LX
loops of equipment (N7) and goods (L0, L5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading, snippet
from esclusa.formats.values import hs_code, number, undg, whole
from esclusa.formats.x12 import common
from esclusa.formats.x12.common import CODES, Parties, measured
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


class _Goods:
    """A goods line while its L0 loop is read. ``rated``: a charge (L1) came, ``told``: a text."""

    __slots__ = ("fields", "lines", "marks", "rated", "told", "undg")

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.lines: list[str] = []
        self.marks: list[str] = []
        self.undg: dict[str, None] = {}
        self.rated = self.told = False


class _Bill:
    """The bill while it is read. ``loop`` are the containers of the open LX loop."""

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function = Function.ORIGINAL
        self.fields: dict[str, Any] = {}
        self.voyage = Voyage()
        self.carrier = self.bill = ""
        self.currency = ""
        self.total: float | None = None
        self.documents: list[str] = []
        self.parties = Parties()
        self.transhipments: list[Place] = []
        self.port = ""
        self.boxes: dict[str, TransportEquipment] = {}
        self.box = ""
        self.loop: list[str] = []
        self.goods: list[tuple[_Goods, list[str]]] = []
        self.open: _Goods | None = None
        self.totals: dict[str, Any] = {}


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
    bill.bill = bill.bill or segment.values[3].strip() or segment.values[2].strip()
    bill.fields["freight_payment"] = CODES["payment"].get(segment.values[4].strip(), "")
    bill.fields["issued"] = common.moment(bill.notes, segment, 6, year=bill.year)
    bill.total = _cents(bill, segment, 7)
    bill.carrier = segment.values[11].strip()


def _cents(bill: _Bill, segment: Cut, element: int) -> float | None:
    """An amount with two implied decimals (N2); nothing due is no amount."""
    value = number(segment.values[element].strip(), bill.notes, segment, str(element))
    return value / 100 if value else None


def _b2a(bill: _Bill, segment: Cut) -> None:
    code = segment.values[1].strip()
    word = CODES["purpose"].get(code, "")
    if not word:
        reason = f"purpose {snippet(code)} is not known (353); it was read as an original"
        bill.notes.add("x12.310.purpose", Severity.NOTE, reason, segment, "1")
    bill.function = Function(word or "original")


def _n9(bill: _Bill, segment: Cut) -> None:
    qualifier, text = segment.values[1].strip(), segment.values[2].strip()
    if not text:
        return
    if qualifier == "BM":
        bill.bill = text
    elif qualifier == "MB":
        bill.fields["master_bill"] = text
    else:
        bill.documents.append(f"{qualifier}:{text}")


def _v1(bill: _Bill, segment: Cut) -> None:
    bill.voyage = common.v1_voyage(bill.notes, segment, bill.voyage)


def _c3(bill: _Bill, segment: Cut) -> None:
    bill.currency = bill.currency or segment.values[1].strip()


def _r4(bill: _Bill, segment: Cut) -> None:
    """R4: what a port is for, its code with the code's list (UN), its name."""
    bill.parties.close()
    bill.port = CODES["port"].get(segment.values[1].strip(), "")
    code, name = segment.values[3].strip(), segment.values[4].strip()
    found = Place(code=code, name=name, scheme="unlocode" if segment.values[2] == "UN" else "")
    if bill.port == "transhipment_ports":
        bill.transhipments.append(found)
    elif bill.port:
        bill.fields.setdefault(bill.port, found)


def _dtm(bill: _Bill, segment: Cut) -> None:
    """The date with the port of loading is that of departure, with the one of discharge arrival."""
    field = {"load_port": "departure", "discharge_port": "arrival"}.get(bill.port)
    if field and not bill.fields.get(field):
        bill.fields[field] = common.moment(bill.notes, segment, 2, 3, 4, year=bill.year)


def _lx(bill: _Bill, segment: Cut) -> None:
    del segment
    bill.parties.close()
    bill.port = bill.box = ""
    bill.open, bill.loop = None, []


def _n7(bill: _Bill, segment: Cut) -> None:
    """A container. Its number may lack the check digit, which then stands in N718."""
    bill.open = None
    letters, digits = segment.values[1].strip(), segment.values[2].strip()
    if len(digits) == 6 and letters:
        digits += segment.values[18].strip()
    if not letters + digits:
        bill.box = ""
        return
    plain, valid = common.container_number(bill.notes, segment, letters + digits)
    bill.box = plain
    bill.loop.append(plain)
    bill.boxes[plain] = TransportEquipment(
        number=plain,
        number_valid=valid,
        size_type=segment.values[22].strip(),
        gross_mass_kg=_mass(bill, segment, 3, 17),
        tare_kg=_mass(bill, segment, 5, 17),
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
    goods = bill.open = _Goods()
    bill.goods.append((goods, bill.loop))
    at = 8 if segment.values[8].strip() else 13
    goods.fields = {
        "gross_mass_kg": _mass(bill, segment, 4, 11),
        "volume_m3": measured(bill.notes, segment, 6, 7, common.VOLUME),
        "packages": whole(segment.values[at].strip(), bill.notes, segment, str(at)),
        "package_type": segment.values[at + 1].strip(),
    }


def _l5(bill: _Bill, segment: Cut) -> None:
    """Text, commodity code and marks; an L5 without its L0 opens a line."""
    if bill.open is None:
        bill.open = _Goods()
        bill.goods.append((bill.open, bill.loop))
    goods = bill.open
    goods.told = True
    if segment.values[2]:
        goods.lines.append(segment.values[2])
    if segment.values[3].strip() and not goods.fields.get("hs_code"):
        goods.fields["hs_code"] = hs_code(segment.values[3].strip(), bill.notes, segment, "3")
    if segment.values[6].strip():
        goods.marks.append(segment.values[6].strip())


def _l1(bill: _Bill, segment: Cut) -> None:
    del segment
    if bill.open is not None:
        bill.open.rated = True


def _h1(bill: _Bill, segment: Cut) -> None:
    code = undg(segment.values[1].strip(), bill.notes, segment, "1")
    if not code:
        return
    if bill.open is not None:
        bill.open.undg[code] = None
    elif bill.box:
        box = bill.boxes[bill.box]
        bill.boxes[bill.box] = replace(box, undg=tuple(dict.fromkeys((*box.undg, code))))


def _l3(bill: _Bill, segment: Cut) -> None:
    """Totals: they stand for a single line that lacks its own, and for the amount due."""
    bill.open = None
    if bill.total is None:
        bill.total = _cents(bill, segment, 5)
    bill.totals = {
        "gross_mass_kg": _mass(bill, segment, 1, 12),
        "volume_m3": measured(bill.notes, segment, 9, 10, common.VOLUME),
        "packages": whole(segment.values[11].strip(), bill.notes, segment, "11"),
    }


def _party(read: Callable[[Parties, Cut], None]) -> Callable[[_Bill, Cut], None]:
    return lambda bill, segment: read(bill.parties, segment)


_HANDLERS: Final[dict[str, Callable[[_Bill, Cut], None]]] = {
    "B3": _b3, "B2A": _b2a, "N9": _n9, "V1": _v1, "C3": _c3, "R4": _r4, "DTM": _dtm, "LX": _lx,
    "N1": _party(Parties.begin), "N3": _party(Parties.street), "N4": _party(Parties.town),
    "PER": _party(Parties.contact), "N7": _n7, "M7": _m7, "W09": _w09, "L0": _l0, "L5": _l5,
    "L1": _l1, "H1": _h1, "L3": _l3,
}  # fmt: skip


TAGS: Final = _UNREAD | _HANDLERS.keys()
"""Tags that have a place in the set."""


def _consignment(bill: _Bill) -> Consignment:
    amount = bill.total
    return Consignment(
        **bill.fields,
        carrier=bill.carrier or bill.voyage.carrier,
        bill=bill.bill,
        voyage=bill.voyage,
        transhipment_ports=tuple(bill.transhipments),
        parties=bill.parties.told(),
        goods=_items(bill),
        equipment=tuple(bill.boxes.values()),
        freight_amount=amount,
        freight_currency=bill.currency if amount is not None else "",
        documents=tuple(bill.documents),
    )


def _items(bill: _Bill) -> tuple[GoodsItem, ...]:
    """The lines of goods: all but those whose only content is a charge (L1)."""
    lines = [(goods, loop) for goods, loop in bill.goods if goods.told or not goods.rated]
    if len(lines) == 1:
        fields = lines[0][0].fields
        lacking = {at for at, total in bill.totals.items() if fields.get(at) is None}
        fields.update({at: bill.totals[at] for at in lacking})
    return tuple(
        GoodsItem(
            **goods.fields,
            sequence=sequence,
            description=common.joined(goods.lines, LINE),
            marks=" ".join(goods.marks),
            undg=tuple(goods.undg),
            equipment=tuple(dict.fromkeys(loop)),
        )
        for sequence, (goods, loop) in enumerate(lines, 1)
    )
