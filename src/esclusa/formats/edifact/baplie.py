"""BAPLIE, the bay plan: which container stands where on board.

SMDG guides 1.5 (directory 911), 2.0 to 2.2 (D.95B) and 3.1 (D.13B and later). A stowage location
(LOC+147) opens a place on board and EQD names what stands there. Some senders write EQD first; the
order that the message begins with is taken for all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading, walk
from esclusa.formats.values import undg
from esclusa.model import (
    Function,
    Place,
    PortCall,
    Seal,
    Severity,
    Statement,
    TransportEquipment,
    Voyage,
)

_NOWHERE: Final = Place()

_UNREAD: Final = frozenset({
    "UNH", "UNT", "UNS", "FTX", "GID", "GDS", "DIM", "RNG", "EQA", "HAN", "TSR", "CNT", "ATT",
    "CTA", "COM", "PIA", "PCD", "CDT",
})  # fmt: skip
"""Segments that bay plans hold and that make no statement of their own."""


class _Slot:
    """A place on board while its group is read."""

    __slots__ = ("at", "fields", "places", "seals", "stowage", "undg")

    def __init__(self, at: Segment, stowage: str = "") -> None:
        self.at = at
        self.stowage = stowage
        self.fields: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self.seals: dict[Seal, None] = {}
        self.undg: dict[str, None] = {}


class _Plan:
    """The message while it is read."""

    __slots__ = (
        "dates", "equipment_first", "function", "notes", "old", "places", "slot", "slots",
        "voyage", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.old = raw.directory[:1].isdigit()  # 1.911
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.places: dict[str, Place] = {}
        self.dates: dict[str, str] = {}
        self.slots: list[_Slot] = []
        self.slot: _Slot | None = None
        self.equipment_first: bool | None = None


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one BAPLIE message into a port call and the equipment on board.

    Empty slots make no statement. Defects go to ``notes``.
    """
    plan = _Plan(raw, notes)
    walk(plan, raw, _HANDLERS, _UNREAD, "BAPLIE", "baplie")
    if plan.function is None:
        return []
    return [Reading(plan.function, tuple(_statements(plan)))]


def _bgm(plan: _Plan, segment: Segment) -> None:
    plan.function = common.function_of(segment, plan.notes)


def _tdt(plan: _Plan, segment: Segment) -> None:
    if plan.slot is None and plan.voyage == Voyage():
        plan.voyage = common.voyage(segment, plan.notes, mode="sea", old=plan.old)


def _rff(plan: _Plan, segment: Segment) -> None:
    """The voyage number may stand in RFF+VON when TDT has none."""
    if plan.slot is None and segment.get(1) == "VON" and not plan.voyage.reference:
        plan.voyage = Voyage(
            reference=segment.get(1, 2).strip(),
            carrier=plan.voyage.carrier,
            conveyance=plan.voyage.conveyance,
        )


def _dtm(plan: _Plan, segment: Segment) -> None:
    """Header only. 132 is the arrival expected at the next port, so it is no fact of this call."""
    code = segment.get(1)
    field = common.MOMENT.get(code, "")
    if plan.slot is None and field in ("arrival", "departure") and code != "132":
        value = common.moment(segment, plan.notes, plan.year)
        if value:
            plan.dates.setdefault(field, value)


def _loc(plan: _Plan, segment: Segment) -> None:
    field = common.PLACE.get(segment.get(1))
    if field == "stowage":
        _stowage(plan, segment)
    elif field is not None:
        places = plan.slot.places if plan.slot is not None else plan.places
        places.setdefault(field, common.place(segment))


def _stowage(plan: _Plan, segment: Segment) -> None:
    text = segment.get(2).strip()
    if plan.equipment_first is None:
        plan.equipment_first = False
    if plan.equipment_first and plan.slot is not None and not plan.slot.stowage:
        plan.slot.stowage = text
        return
    _open(plan, _Slot(segment, text))


def _open(plan: _Plan, slot: _Slot) -> None:
    plan.slot = slot
    plan.slots.append(slot)


def _eqd(plan: _Plan, segment: Segment) -> None:
    if plan.equipment_first is None:
        plan.equipment_first = True
    slot = _slot_for(plan, segment)
    slot.at = segment
    slot.fields |= common.equipment(segment, plan.notes, "baplie")


def _slot_for(plan: _Plan, segment: Segment) -> _Slot:
    """The open slot, or a further one in the same place: flats stand bundled on one another."""
    open_slot = plan.slot
    if open_slot is not None and "number" not in open_slot.fields:
        return open_slot
    slot = _Slot(segment)
    if open_slot is not None and not plan.equipment_first:
        slot.stowage = open_slot.stowage
        slot.places = dict(open_slot.places)
    _open(plan, slot)
    return slot


def _mea(plan: _Plan, segment: Segment) -> None:
    if plan.slot is not None:
        common.box_mass(segment, plan.notes, plan.slot.fields)


def _tmp(plan: _Plan, segment: Segment) -> None:
    if plan.slot is not None:
        plan.slot.fields["temperature_c"] = common.temperature(segment, plan.notes)


def _dgs(plan: _Plan, segment: Segment) -> None:
    if plan.slot is not None:
        code = undg(segment.get(3), plan.notes, segment, "3.1")
        if code:
            plan.slot.undg[code] = None


def _nad(plan: _Plan, segment: Segment) -> None:
    if plan.slot is not None and segment.get(1) in ("CA", "CF"):
        operator = segment.get(2).strip() or segment.get(4).strip()
        plan.slot.fields.setdefault("operator", operator)


def _sel(plan: _Plan, segment: Segment) -> None:
    seal = common.seal(segment)
    if plan.slot is not None and seal is not None:
        plan.slot.seals[seal] = None


_HANDLERS: Final[dict[str, Callable[[_Plan, Segment], None]]] = {
    "BGM": _bgm, "TDT": _tdt, "RFF": _rff, "DTM": _dtm, "LOC": _loc, "EQD": _eqd, "MEA": _mea,
    "TMP": _tmp, "DGS": _dgs, "NAD": _nad, "SEL": _sel,
}  # fmt: skip


def _statements(plan: _Plan) -> list[Statement]:
    boxes = [_equipment(plan, slot) for slot in plan.slots if slot.fields.get("number")]
    _note_repeated(plan)
    port = plan.places.get("load")
    return [*([] if port is None else [_call(plan, port)]), *boxes]


def _note_repeated(plan: _Plan) -> None:
    seen: set[str] = set()
    for slot in plan.slots:
        number = slot.fields.get("number", "")
        if number in seen:
            reason = "this container stands in two places of the plan; the later one will stand"
            plan.notes.add("baplie.equipment.repeated", Severity.WARNING, reason, slot.at, "2.1")
        if number:
            seen.add(number)


def _call(plan: _Plan, port: Place) -> PortCall:
    return PortCall(
        voyage=plan.voyage,
        port=port,
        arrival=plan.dates.get("arrival", ""),
        departure=plan.dates.get("departure", ""),
        next_port=plan.places.get("next", _NOWHERE),
    )


def _equipment(plan: _Plan, slot: _Slot) -> TransportEquipment:
    here = slot.places
    return TransportEquipment(
        **slot.fields,
        seals=tuple(slot.seals),
        undg=tuple(slot.undg),
        stowage=slot.stowage,
        load_port=here.get("load") or here.get("original_load") or _NOWHERE,
        discharge_port=here.get("discharge") or here.get("final_discharge") or _NOWHERE,
        voyage=plan.voyage,
    )
