"""Write a bay plan: SMDG guide 2.2 of directory D.95B, in the order of the segment table.

The text of D.95B is not published any more; D.96A, half a year younger, has the same table but for
groups that the guide does not use. What a port call or a container states comes back as it was but
for what the message has no place for (seals; more in ``docs/formats.md``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import Message, PortCall, TransportEquipment, Voyage

DIRECTORY: Final = "D.95B"
GUIDE: Final = "SMDG22"

_BREAKBULK: Final = "BB"
"""8053 of a unit that bears no container number."""


class _Plan(msgspec.Struct):
    """What goes into one message: a voyage, its call, and what is on board."""

    voyage: Voyage
    call: PortCall | None = None
    boxes: list[TransportEquipment] = []


def write(message: Message, *, document: str = "") -> list[NewMessage]:
    """Write port calls and equipment as bay plans, one for each voyage and call.

    :param document: number of the plan (BGM 1004), the message's reference unless told.
    :raises WritingError: a statement is of another kind, or a value cannot be written.
    """
    made = []
    for number, plan in enumerate(_plans(message)):
        reference = common.reference_of(message, number)
        head = message_head(reference, "BAPLIE", DIRECTORY, association=GUIDE)
        header = _header(message, plan, document or reference)
        made.append(NewMessage(head, [*header, *_body(plan)]))
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


def _header(message: Message, plan: _Plan, document: str) -> Iterator[Segment]:
    yield segment("BGM", "", document, common.CODE["function"][message.function])
    if message.prepared:
        yield common.moment("137", message.prepared[:16], "message")
    if plan.voyage != Voyage():
        yield common.voyage(plan.voyage, common.CODE["mode"].get(_mode(plan.voyage), ""))
    if plan.call is not None:
        yield from _call(plan.call)


def _mode(voyage: Voyage) -> str:
    """A bay plan is a ship's unless it says otherwise."""
    mode = voyage.conveyance.mode
    return "" if mode == "sea" else mode


def _call(call: PortCall) -> Iterator[Segment]:
    """A call is stated by its port of departure, be it unknown."""
    yield from common.place("5", call.port) or [segment("LOC", "5")]
    yield from common.place("61", call.next_port)
    for code, value in (("178", call.arrival), ("136", call.departure)):
        if value:
            yield common.moment(code, value, "port call")


def _body(plan: _Plan) -> Iterator[Segment]:
    for box in plan.boxes:
        yield from _box(box)


def _box(box: TransportEquipment) -> Iterator[Segment]:
    """Group 3: the place, what is known of it, the unit in group 4, dangers in group 5."""
    yield segment("LOC", "147", (box.stowage, "", "5") if box.stowage else "")
    yield from common.mass("WT", "", box.gross_mass_kg, "equipment")
    yield from common.mass("VGM", "", box.verified_mass_kg, "equipment")
    yield from common.mass("AAE", "T", box.tare_kg, "equipment")
    yield from common.temperature(box.temperature_c, "equipment")
    yield from common.place("9", box.load_port)
    yield from common.place("11", box.discharge_port)
    yield segment("RFF", ("BM", "1"))
    yield common.equipment(box, _BREAKBULK, "equipment")
    if box.operator:
        yield common.coded_party("CA", box.operator)
    for code in box.undg:
        yield segment("DGS", "IMD", "", code)
