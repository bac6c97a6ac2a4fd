"""Write a bay plan after SMDG guide 1.5, 2.2 or 3.1, in the order of the guide's segment table.

2.2 stands on directory D.95B, whose text is not published any more; D.96A, half a year younger, has
the same table but for groups that the guide does not use. 1.5 stands on 911, with the ship in the
fourth element of TDT and the carrier in its sixth; 3.1 on D.13B. What a port call or a container
states comes back as it was but for what the message has no place for (seals; more in
``docs/formats/containers.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import Message, PortCall, TransportEquipment, Voyage

GUIDE: Final = "SMDG22"

_BREAKBULK: Final = "BB"
"""8053 of a unit that bears no container number."""


class _Plan(msgspec.Struct):
    """What goes into one message: a voyage, its call, and what is on board."""

    voyage: Voyage
    call: PortCall | None = None
    boxes: list[TransportEquipment] = []


def write(message: Message, *, document: str = "", guide: str = GUIDE) -> list[NewMessage]:
    """Write port calls and equipment as bay plans, one for each voyage and call.

    :param document: number of the plan (BGM 1004), the message's reference unless told.
    :param guide: ``SMDG15``, ``SMDG22`` or ``SMDG31``.
    :raises WritingError: a statement is of another kind, or a value cannot be written.
    """
    layout = _LAYOUTS[guide]
    made = []
    for number, plan in enumerate(_plans(message)):
        reference = common.reference_of(message, number)
        head = message_head(reference, "BAPLIE", layout.directory, association=guide)
        header = _header(message, plan, document or reference, layout)
        made.append(NewMessage(head, [*header, *_body(plan, layout)]))
    return made


def _plans(message: Message) -> list[_Plan]:
    """A second call of the same voyage needs a second plan."""
    plans: list[_Plan] = []
    latest: dict[Voyage, _Plan] = {}
    for each in message.statements:
        if not isinstance(each, PortCall | TransportEquipment):
            raise common.wrong_kind(each, "BAPLIE", "port calls and equipment")
        plan = latest.get(each.voyage)
        if plan is None or (isinstance(each, PortCall) and (plan.call or plan.boxes)):
            plan = latest[each.voyage] = _Plan(each.voyage)
            plans.append(plan)
        if isinstance(each, PortCall):
            plan.call = each
        else:
            plan.boxes.append(each)
    return plans


def _header(message: Message, plan: _Plan, document: str, layout: _Layout) -> Iterator[Segment]:
    yield segment("BGM", layout.document, document, common.CODE["function"][message.function])
    if message.prepared:
        yield common.moment("137", message.prepared[:16], "message")
    if plan.voyage != Voyage():
        yield layout.voyage(common.voyage(plan.voyage, common.CODE["mode"].get(_mode(plan), "")))
    if plan.call is not None:
        yield from _call(plan.call, layout)
    if layout.parted:
        yield segment("UNS", "D")


def _mode(plan: _Plan) -> str:
    """A bay plan is a ship's unless it says otherwise."""
    mode = plan.voyage.conveyance.mode
    return "" if mode == "sea" else mode


def _call(call: PortCall, layout: _Layout) -> Iterator[Segment]:
    """A call is stated by its port of departure, be it unknown. From D.07B on its moments follow
    its own place."""
    port = common.place("5", call.port) or [segment("LOC", "5")]
    following = common.place("61", call.next_port)
    moments = [
        common.moment(code, value, "port call")
        for code, value in (("178", call.arrival), ("136", call.departure))
        if value
    ]
    yield from (*port, *moments, *following) if layout.parted else (*port, *following, *moments)


def _body(plan: _Plan, layout: _Layout) -> Iterator[Segment]:
    for box in plan.boxes:
        yield from layout.box(box)


# -- one container ---------------------------------------------------------------------------------


def _box_of_three_groups(box: TransportEquipment, load: str, discharge: str) -> Iterator[Segment]:
    """1.5 and 2.2: the place and what is known of it, the unit in the next group, its dangers."""
    yield segment("LOC", "147", (box.stowage, "", "5") if box.stowage else "")
    yield from common.mass("WT", "", box.gross_mass_kg, "equipment")
    yield from common.mass("VGM", "", box.verified_mass_kg, "equipment")
    yield from common.mass("AAE", "T", box.tare_kg, "equipment")
    yield from common.temperature(box.temperature_c, "equipment")
    yield from common.place(load, box.load_port)
    yield from common.place(discharge, box.discharge_port)
    yield segment("RFF", ("BM", "1"))
    yield common.equipment(box, _BREAKBULK, "equipment")
    if box.operator:
        yield common.coded_party("CA", box.operator)
    yield from _dangers(box)


def _box_15(box: TransportEquipment) -> Iterable[Segment]:
    return _box_of_three_groups(box, "6", "12")


def _box_22(box: TransportEquipment) -> Iterable[Segment]:
    return _box_of_three_groups(box, "9", "11")


def _box_31(box: TransportEquipment) -> Iterator[Segment]:
    """Group 6: the place, the unit with all that is known of it, and how many stand there."""
    yield segment("LOC", "147", (box.stowage, "9711", "5") if box.stowage else "")
    yield common.equipment(box, _BREAKBULK, "equipment")
    if box.operator:
        yield common.coded_party("CF", box.operator)
    yield from common.mass("AAE", "VGM", box.verified_mass_kg, "equipment")
    yield from common.mass("AAE", "AET", box.gross_mass_kg, "equipment")
    yield from common.mass("AAE", "T", box.tare_kg, "equipment")
    yield from common.place("9", box.load_port)
    yield from common.place("11", box.discharge_port)
    yield from common.temperature(box.temperature_c, "equipment")
    yield from _dangers(box)
    yield segment("CNT", ("16", "1"))


def _dangers(box: TransportEquipment) -> Iterator[Segment]:
    for code in box.undg:
        yield segment("DGS", "IMD", "", code)


# -- guides ----------------------------------------------------------------------------------------


def _as_it_is(main: Segment) -> Segment:
    return main


def _voyage_911(main: Segment) -> Segment:
    """Directory 911: the ship in the fourth element, the carrier in the sixth."""
    return segment(
        "TDT", main.get(1), main.get(2), main.get(3), main.element(8), "", main.element(5)
    )


class _Layout(NamedTuple):
    """Where a guide differs. ``document`` is 1001; ``parted``: a section control ends the head."""

    directory: str
    box: Callable[[TransportEquipment], Iterable[Segment]]
    voyage: Callable[[Segment], Segment] = _as_it_is
    document: str = ""
    parted: bool = False


_PARTIAL: Final = "659"
"""1001: a bay plan that claims nothing of what it does not list."""

_LAYOUTS: Final = {
    "SMDG15": _Layout("1.911", _box_15, _voyage_911),
    "SMDG22": _Layout("D.95B", _box_22),
    "SMDG31": _Layout("D.13B", _box_31, document=_PARTIAL, parted=True),
}
