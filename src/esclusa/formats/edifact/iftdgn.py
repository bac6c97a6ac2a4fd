"""IFTDGN, the dangerous goods notification: what a ship carries that is dangerous, bill by bill.

UN/EDIFACT D.96A to D.24A, as the PROTECT guide uses them. Groups are opened by their trigger
segments: EQD a unit, CNI a consignment, GID a goods item, DGS a substance. Where the header names
the port that is told, the call is stated too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from esclusa.formats.edifact import common
from esclusa.formats.edifact.calls import BERTHS, SPECS, STAY
from esclusa.formats.edifact.manifest import Box, Goods
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.ship_values import (
    berth_text,
    identified,
    with_contact,
    with_number,
)
from esclusa.formats.reading import Notes, Reading, snippet, told_apart, walk
from esclusa.formats.values import checked_container, container, number, undg, whole
from esclusa.model import (
    Consignment,
    DangerousGoods,
    Function,
    GoodsItem,
    Party,
    Place,
    PortCall,
    Severity,
    Statement,
    Voyage,
)

PACKING: Final = {"1": "I", "2": "II", "3": "III"}
"""8339 as the packing group is written."""

POLLUTANT: Final = {"P": True, "PP": True, "NP": False, "N": False}
"""4441 of additional information (FTX AAC): is it a marine pollutant?"""

HANDLING: Final = "HAN:"
"""Begins the document that says what is to be done with the goods (load, discharge, transit)."""

_PORTS: Final = SPECS["BERMAN"].ports
_NET: Final = frozenset({"AAA", "AAF", "AAL", "N", "ADZ"})
_GROSS: Final = frozenset({"AAB", "AAD", "ACN", "G", "AET"})
_ROUTE: Final = {
    "receipt": "place_of_receipt", "load": "load_port", "discharge": "discharge_port",
    "delivery": "delivery_place",
}  # fmt: skip
_FAHRENHEIT: Final = frozenset({"FAH", "F"})

_UNREAD: Final = frozenset({"UNH", "UNT", "CNT"})


class _Goods(Goods):
    """A goods item while its group is read, with its dangerous substances."""

    __slots__ = ("substances",)

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.substances: list[dict[str, Any]] = []

    def stated(self) -> GoodsItem:
        self.undg = {each["un"]: None for each in self.substances if each["un"]}
        return self.built(dangerous=tuple(DangerousGoods(**each) for each in self.substances))


class _Bill:
    """A consignment while its group is read. ``leg``: a pre- or on-carriage is open."""

    __slots__ = (
        "at", "bill", "boxes", "documents", "fields", "goods", "leg", "parties", "transhipment",
    )  # fmt: skip

    def __init__(self, at: Segment, bill: str) -> None:
        self.at = at
        self.bill = bill
        self.fields: dict[str, Any] = {}
        self.transhipment: list[Place] = []
        self.parties: list[Party] = []
        self.documents: list[str] = []
        self.goods: list[_Goods] = []
        self.boxes: dict[str, Box] = {}
        self.leg = False


class _Notice:
    """The message while it is read."""

    __slots__ = (
        "bill", "bills", "box", "boxes", "call", "carrier", "dates", "documents", "function",
        "held", "notes", "parties", "party", "seen", "spots", "voyage", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.carrier = self.call = ""
        self.dates: dict[str, str] = {}
        self.spots: list[tuple[str, Place, str]] = []
        self.parties: list[Party] = []
        self.party: list[Party] | None = None
        self.documents: list[str] = []
        self.boxes: dict[str, Box] = {}
        self.box: Box | None = None
        self.held: Box | None = None
        self.bills: list[_Bill] = []
        self.bill: _Bill | None = None
        self.seen: set[str] = set()


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one IFTDGN message into consignments of dangerous goods, and the call they are for.

    Defects go to ``notes``. Empty when the message's function states nothing (1225).
    """
    notice = _Notice(raw, notes)
    walk(notice, raw, _HANDLERS, _UNREAD, "IFTDGN", "iftdgn")
    if notice.function is None:
        return []
    return [Reading(notice.function, tuple(_statements(notice)))]


# -- header and equipment -------------------------------------------------------------------------


def _bgm(notice: _Notice, segment: Segment) -> None:
    notice.function = common.function_of(segment, notice.notes)


def _han(notice: _Notice, segment: Segment) -> None:
    """What is to be done with the goods: load, discharge, stay on board."""
    text = segment.get(1).strip() or segment.get(1, 4).strip()
    if text:
        _documents(notice).append(f"{HANDLING}{text}")


def _documents(notice: _Notice) -> list[str]:
    return notice.documents if notice.bill is None else notice.bill.documents


def _dtm(notice: _Notice, segment: Segment) -> None:
    field = common.MOMENT.get(segment.get(1), "")
    if field not in ("arrival", "departure") or (notice.bill is not None and notice.bill.leg):
        return
    value = common.moment(segment, notice.notes, notice.year)
    if value:
        dates = notice.dates if notice.bill is None else notice.bill.fields
        dates.setdefault(field, value)


def _rff(notice: _Notice, segment: Segment) -> None:
    code, text = segment.get(1).strip(), segment.get(1, 2).strip()
    bill = notice.bill
    if not text or code == "ACW" or (bill is not None and bill.leg):
        return
    if notice.party and (found := with_number(notice.party[-1], segment)):
        notice.party[-1] = found
    elif code == STAY and bill is None and not notice.call:
        notice.call = text
    elif code == "VM" and bill is None:
        notice.voyage = identified(notice.voyage, segment, notice.notes)
    else:
        _documents(notice).append(f"{code}:{text}")


def _tdt(notice: _Notice, segment: Segment) -> None:
    """The header's carriage is the voyage; a leg of a consignment only opens its group."""
    notice.party = None
    if notice.bill is not None:
        notice.bill.leg = True
    elif notice.voyage == Voyage():
        notice.voyage = common.voyage(segment, notice.notes, mode="sea")


def _loc(notice: _Notice, segment: Segment) -> None:
    bill = notice.bill
    if bill is None:
        spot = segment.get(1).strip(), common.place(segment), berth_text(segment)
        notice.spots.append(spot)
        return
    word = common.PLACE.get(segment.get(1), "")
    if word == "stowage":
        _stow(notice, bill, segment.get(2).strip())
    elif bill.leg:
        return
    elif word == "transhipment":
        bill.transhipment.append(common.place(segment))
    elif word in _ROUTE:
        bill.fields.setdefault(_ROUTE[word], common.place(segment))


def _stow(notice: _Notice, bill: _Bill, text: str) -> None:
    """Where on board: of the unit that SGP named last, else of the substance."""
    substance = _substance(bill)
    if notice.held is not None:
        notice.held.fields["stowage"] = text
    elif substance is not None and not substance.get("stowage"):
        substance["stowage"] = text


def _substance(bill: _Bill | None) -> dict[str, Any] | None:
    if bill is None or not bill.goods or not bill.goods[-1].substances:
        return None
    return bill.goods[-1].substances[-1]


def _nad(notice: _Notice, segment: Segment) -> None:
    role = common.ROLE.get(segment.get(1), "other")
    found = common.party(segment, role)
    notice.party = notice.parties if notice.bill is None else notice.bill.parties
    notice.party.append(found)
    if role == "carrier" and notice.bill is None:
        code = segment.get(2).strip() or found.name
        notice.carrier = notice.carrier or code


def _contact(notice: _Notice, segment: Segment) -> None:
    if notice.party:
        notice.party[-1] = with_contact(notice.party[-1], segment)


def _eqd(notice: _Notice, segment: Segment) -> None:
    notice.party = None
    fields = common.equipment_fields(segment, notice.notes)
    plain = fields["number"]
    if not plain:
        notice.box = None
        reason = "equipment has no number; it makes no statement"
        notice.notes.add("iftdgn.equipment.number", Severity.NOTE, reason, segment, "2.1")
        return
    notice.box = notice.boxes.setdefault(plain, Box(plain))
    notice.box.fields |= fields


def _sel(notice: _Notice, segment: Segment) -> None:
    found = common.seal(segment)
    if notice.box is not None and found is not None:
        notice.box.seals[found] = None


# -- consignments and goods -----------------------------------------------------------------------


def _cni(notice: _Notice, segment: Segment) -> None:
    notice.bill = _Bill(segment, segment.get(2).strip())
    notice.bills.append(notice.bill)
    notice.party = notice.box = notice.held = None


def _gid(notice: _Notice, segment: Segment) -> None:
    """A further GID of the same number, without packages, goes on with the item before: a table
    that allows one DGS in a group leaves no other way for several."""
    notice.party = notice.held = None
    bill = notice.bill
    if bill is None:
        reason = "a goods item stands before any consignment; it belongs to nothing"
        notice.notes.add("iftdgn.goods.outside", Severity.ERROR, reason, segment)
        return
    bill.leg = False
    sequence = whole(segment.get(1).strip(), notice.notes, segment, "1")
    packages = whole(segment.get(2).strip(), notice.notes, segment, "2.1")
    kind = segment.get(2, 2).strip() or segment.get(2, 5).strip()
    last = bill.goods[-1] if bill.goods else None
    if last is not None and last.fields["sequence"] == sequence and packages is None and not kind:
        return
    goods = _Goods(sequence or len(bill.goods) + 1)
    goods.fields.update(packages=packages, package_type=kind)
    bill.goods.append(goods)


def _goods(notice: _Notice) -> _Goods | None:
    return notice.bill.goods[-1] if notice.bill is not None and notice.bill.goods else None


def _ftx(notice: _Notice, segment: Segment) -> None:
    goods, text = _goods(notice), common.free_text(segment)
    if goods is None:
        return
    code, substance = segment.get(1), _substance(notice.bill)
    if code in ("AAA", "") and text:
        goods.text.append(text)
    elif substance is not None and code == "AAD" and text:
        substance["name"] = f"{substance['name']} {text}" if substance.get("name") else text
    elif substance is not None and code == "AAC":
        _pollutant(substance, segment.get(3).strip().upper(), text.upper())


def _pollutant(substance: dict[str, Any], code: str, text: str) -> None:
    """Marine pollutant by code, else by its words: ``MARINE POLLUTANT`` without a no before."""
    verdict = POLLUTANT.get(code)
    if verdict is None and "MARINE POLLUTANT" in text:
        before = text.partition("MARINE POLLUTANT")[0].split()
        verdict = not before or before[-1] not in ("NOT", "NO", "NON", "A")
    if verdict is not None:
        substance["marine_pollutant"] = verdict


def _pci(notice: _Notice, segment: Segment) -> None:
    if goods := _goods(notice):
        goods.marks.extend(mark.strip() for mark in segment.element(2) if mark.strip())


def _sgp(notice: _Notice, segment: Segment) -> None:
    goods, text = _goods(notice), segment.get(1).strip()
    notice.held = None
    if goods is None or notice.bill is None or not text:
        return
    box = notice.boxes.get(text) or notice.boxes.get(container(text)[0])
    if box is None:
        plain, valid = checked_container(text, notice.notes, segment, "1.1")
        box = notice.boxes[plain] = Box(plain)
        box.fields["number_valid"] = valid
    goods.equipment[box.number] = None
    notice.bill.boxes[box.number] = notice.held = box


def _dgs(notice: _Notice, segment: Segment) -> None:
    """DGS: class, UN number, flash point, packing group, EmS, labels of subsidiary dangers."""
    notice.held = None
    goods = _goods(notice)
    if goods is None:
        reason = "a dangerous substance stands before any goods item; it belongs to nothing"
        notice.notes.add("iftdgn.substance.outside", Severity.ERROR, reason, segment)
        return
    labels = (label.strip() for label in segment.element(10))
    group = segment.get(5).strip()
    goods.substances.append({
        "un": undg(segment.get(3).strip(), notice.notes, segment, "3.1"),
        "hazard_class": segment.get(2).strip(),
        "subsidiary_classes": tuple(label for label in labels if label),
        "packing_group": PACKING.get(group, "" if group == "4" else group),
        "flash_point_c": _flash(notice, segment),
        "emergency": segment.get(6).strip(),
    })  # fmt: skip


def _flash(notice: _Notice, segment: Segment) -> float | None:
    value = number(segment.get(4).strip(), notice.notes, segment, "4.1")
    if value is None or segment.get(4, 2).strip() not in _FAHRENHEIT:
        return value
    return round((value - 32) / 1.8, 2)


def _mea(notice: _Notice, segment: Segment) -> None:
    """Masses: of a unit in the header, of the substance (net) and its item (gross) behind DGS.
    What a unit holds of them is a part of the same and is not added."""
    if notice.bill is None:
        common.box_mass(segment, notice.notes, {} if notice.box is None else notice.box.fields)
        return
    goods, substance = _goods(notice), _substance(notice.bill)
    if goods is None or notice.held is not None:
        return
    codes = {segment.get(2).strip(), segment.get(1).strip()}
    value = _kilograms(notice, segment) if codes & (_NET | _GROSS) else None
    if value is None:
        return
    if codes & _NET and substance is not None:
        substance.setdefault("net_mass_kg", value)
    elif codes & _GROSS:
        goods.fields.setdefault("gross_mass_kg", value)


def _kilograms(notice: _Notice, segment: Segment) -> float | None:
    """A mass in kilograms; one told in litres is no mass and is left out."""
    unit = segment.get(3).strip().upper()
    value = number(segment.get(3, 2).strip(), notice.notes, segment, "3.2")
    factor = common.UNIT.get(unit or "KGM")
    if value is None or unit in _VOLUMES:
        return None
    if factor is None:
        reason = f"unit {snippet(unit)} is not known"
        notice.notes.add("value.unit", Severity.ERROR, reason, segment, "3.1")
        return None
    return value * factor if factor != 1 else value


_VOLUMES: Final = frozenset({"MTQ", "DMQ", "LTR", "FTQ"})


_HANDLERS: Final[dict[str, Callable[[_Notice, Segment], None]]] = {
    "BGM": _bgm, "CNI": _cni, "COM": _contact, "CTA": _contact, "DGS": _dgs, "DTM": _dtm,
    "EQD": _eqd, "FTX": _ftx, "GID": _gid, "HAN": _han, "LOC": _loc, "MEA": _mea, "NAD": _nad,
    "PCI": _pci, "RFF": _rff, "SEL": _sel, "SGP": _sgp, "TDT": _tdt,
}  # fmt: skip


# -- statements -----------------------------------------------------------------------------------


def _statements(notice: _Notice) -> list[Statement]:
    call = _call(notice)
    shared = () if call is not None else tuple(notice.parties)
    dates = {} if call is not None else notice.dates
    built = [_consignment(notice, bill, shared, dates) for bill in notice.bills]
    found: list[Statement] = [] if call is None else [call]
    return [*found, *(each for each in built if each is not None)]


def _call(notice: _Notice) -> PortCall | None:
    """The call that the header tells of, when it names its port."""
    port = _first(notice, *_PORTS)
    if port is None and not notice.call:
        return None
    last = [place for code, place, _ in notice.spots if code in ("5", "94", "125")]
    return PortCall(
        voyage=notice.voyage,
        port=port or Place(),
        call_reference=notice.call,
        arrival=notice.dates.get("arrival", ""),
        departure=notice.dates.get("departure", ""),
        last_ports=tuple(dict.fromkeys(place for place in last if place != Place())),
        next_port=_first(notice, "61") or Place(),
        berth=next((berth for code, _, berth in notice.spots if code in BERTHS), ""),
        parties=tuple(notice.parties),
    )


def _first(notice: _Notice, *qualifiers: str) -> Place | None:
    for qualifier in qualifiers:
        for code, place, _ in notice.spots:
            if code == qualifier and place != Place():
                return place
    return None


def _consignment(
    notice: _Notice, bill: _Bill, shared: tuple[Party, ...], dates: dict[str, str]
) -> Consignment | None:
    """``shared`` and ``dates``: what the header tells where no call takes it."""
    nameless = "consignment has no number (CNI)"
    if not told_apart(notice.notes, bill.bill, notice.seen, bill.at, "iftdgn", nameless):
        return None
    voyage = notice.voyage
    return Consignment(
        carrier=notice.carrier or voyage.carrier,
        bill=bill.bill,
        voyage=voyage,
        transhipment_ports=tuple(bill.transhipment),
        parties=(*shared, *bill.parties),
        goods=tuple(item.stated() for item in bill.goods),
        equipment=tuple(box.shared() for box in bill.boxes.values()),
        documents=tuple(_ordered(notice.documents, bill.documents)),
        **{**dates, **bill.fields},
    )


def _ordered(shared: list[str], own: list[str]) -> list[str]:
    """References, then what is to be done with the goods: as the consignment says, else as the
    message says for all."""
    handled = [text for text in own if text.startswith(HANDLING)]
    handled = handled or [text for text in shared if text.startswith(HANDLING)]
    return [*(text for text in (*shared, *own) if not text.startswith(HANDLING)), *handled]
