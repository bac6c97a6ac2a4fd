"""Write what happened to consignments and containers as IFTSTA of D.01B: the reverse of ``iftsta``.

Each event is a status of a consignment of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact import write_status as status
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.iftsta import STATUS, TRANSPORT, WHY, meant
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.status import OWN
from esclusa.formats.edifact.write_containers import masses, references, seals
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import Message, TransportEquipment, TransportEvent

_CODE: Final = common.CODE["iftsta_event"]

_REPORT: Final = "77"
"""1001 of a consignment status report."""

_CATEGORY: Final = max(TRANSPORT)
"""9015 of transport."""

_OTHER_UNIT: Final = "BB"
"""8053 of a unit that bears no container number."""

_X12: Final = "116"
"""3055 of ANSI X12, whose code says what Recommendation 24 has none for."""

_UNECE: Final = "6"
"""3055 of UN/ECE."""

_LONGEST: Final = 9999
"""Consignments that one message can count (1490)."""

_SHORT: Final = 3
"""Longest status code (4405)."""

_REASONS: Final = 5
"""Reasons that STS holds."""


def write(message: Message) -> list[NewMessage]:
    """Write events as one message, or several where there are many.

    :raises WritingError: a statement is of another kind, there is no status for an event, a stage
        cannot be told, or a value cannot be written.
    """
    made = []
    found = list(status.events(message, "IFTSTA"))
    for number, start in enumerate(range(0, len(found), _LONGEST)):
        reference = common.reference_of(message, number)
        head = message_head(reference, "IFTSTA", status.DIRECTORY)
        some = found[start : start + _LONGEST]
        made.append(NewMessage(head, list(_body(message, some, reference))))
    return made


def _body(message: Message, events: list[TransportEvent], reference: str) -> Iterator[Segment]:
    yield segment("BGM", _REPORT, reference, common.CODE["function"][message.function])
    if message.prepared:
        yield common.moment("137", message.prepared[:16], "message")
    if message.sender:
        yield segment("NAD", "MS", (message.sender, "160", "ZZZ"))
    for number, event in enumerate(events, 1):
        yield from _told(event, number)


def _told(event: TransportEvent, number: int) -> Iterator[Segment]:
    box = event.equipment
    whys = [each for each in event.documents if each.startswith(WHY)]
    rest = [each for each in event.documents if not each.startswith(WHY)]
    yield segment("CNI", str(number), event.bill)
    if box is not None:
        yield from common.place("9", box.load_port)
        yield from common.place("11", box.discharge_port)
    element, code = _status(event)
    yield segment("STS", _CATEGORY, element, *[each.removeprefix(WHY) for each in whys[:_REASONS]])
    yield from references(event.bill, [*whys[_REASONS:], *rest])
    yield from _moment(event)
    yield from status.reason(event, code)
    yield from status.parties(event)
    yield from common.place("175", event.place)
    yield from status.carriage(event)
    if box is not None:
        yield from _unit(box)


def _status(event: TransportEvent) -> tuple[tuple[str, ...], str]:
    """C555, and the code that it cannot tell."""
    code = event.code
    agency = _UNECE if code.isdigit() else _X12
    if event.event == "other":
        return _unsaid(code)
    if meant(code, agency) == event.event:
        return (code, "", agency), ""
    default = _CODE.get(event.event, "")
    if not default:
        raise common.refused(f"IFTSTA has no status for {event.event!r}", status.WHAT)
    return (default, "", _UNECE if default.isdigit() else _X12), code


def _unsaid(code: str) -> tuple[tuple[str, ...], str]:
    """The status of an event that is none of the known ones."""
    if len(code) > _SHORT:
        return ("",), code
    if code.isdigit() and code not in STATUS:
        return (code, "", _UNECE), ""
    return ((code, OWN, OWN) if code else ("",)), ""


def _moment(event: TransportEvent) -> Iterator[Segment]:
    """DTM, whose qualifier says the stage."""
    if event.occurred:
        words = common.CODE[f"iftsta_{event.stage}"]
        code = words.get(event.event, words["other"])
        yield common.moment(code, event.occurred, status.WHAT)
    elif event.stage != "actual":
        raise common.refused(f"it is {event.stage}, which its moment would tell", status.WHAT)


def _unit(box: TransportEquipment) -> Iterator[Segment]:
    yield common.equipment(box, _OTHER_UNIT, "equipment")
    yield from masses(box)
    yield from seals(box)
