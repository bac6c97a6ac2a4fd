"""Write a cargo report: consignments bill by bill, and equipment that no consignment names.

Directory D.01B, the oldest published text that has a place for a goods item's origin and for an
empty container's port; D.96A has the same order without them, and D.17B with GEI for GIS. A report
has one header for all its bills, so statements with other voyages or dates go into reports of their
own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.write_bill import bill
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import Consignment, Message, Place, TransportEquipment, Voyage

DIRECTORY: Final = "D.01B"

_MANIFEST: Final = "85"
"""Document name (1001) of a cargo report."""

_TRAILER: Final = "TE"
"""8053 of a unit that bears no container number."""


class _Head(msgspec.Struct, frozen=True):
    """What the header states for every bill of a report."""

    voyage: Voyage
    arrival: str = ""
    departure: str = ""
    issued: str = ""
    carrier: str = ""
    load: Place = Place()


class _Report(msgspec.Struct):
    """What goes into one message; ``boxes`` by number, and whether a bill names the box."""

    head: _Head
    bills: list[Consignment] = []
    boxes: dict[str, tuple[TransportEquipment, bool]] = {}


def write(message: Message, *, document: str = "", directory: str = DIRECTORY) -> list[NewMessage]:
    """Write consignments and equipment as reports, as few as their headers allow.

    :param document: number of the report (BGM 1004), the message's reference unless told.
    :param directory: written into UNH, for a recipient who insists; the segments stay the same.
    :raises WritingError: a statement is of another kind, a bill or a container has no number, or a
        value cannot be written.
    """
    made = []
    for number, report in enumerate(_reports(message)):
        reference = common.reference_of(message, number)
        head = message_head(reference, "CUSCAR", directory)
        made.append(NewMessage(head, list(_report(message, report, document or reference))))
    return made


# -- which statements go together -----------------------------------------------------------------


def _reports(message: Message) -> list[_Report]:
    reports: list[_Report] = []
    latest: dict[_Head, _Report] = {}
    heads: dict[Voyage, _Head] = {}
    for each in message.statements:
        if isinstance(each, Consignment):
            head, boxes = _head(each), {box.number: (_carried(box), True) for box in each.equipment}
        elif isinstance(each, TransportEquipment):
            head, boxes = _loose_head(each, heads), {each.number: (each, False)}
        else:
            raise common.wrong_kind(each, "CUSCAR", "consignments and equipment")
        report = latest.get(head)
        if report is None or not _agrees(report, boxes):
            report = latest[head] = _Report(head)
            reports.append(report)
        report.boxes.update(boxes)
        if isinstance(each, Consignment):
            report.bills.append(each)
            heads[each.voyage] = head
    return reports


def _head(found: Consignment) -> _Head:
    """The date of a bill stands with its first party, and in the header when it has none."""
    return _Head(
        voyage=found.voyage,
        arrival=found.arrival,
        departure=found.departure,
        issued="" if found.parties else found.issued,
        carrier="" if found.voyage.carrier else found.carrier,
    )


def _loose_head(box: TransportEquipment, heads: dict[Voyage, _Head]) -> _Head:
    """An empty container joins its voyage's bills, unless it must say where it was loaded."""
    own = _Head(voyage=box.voyage, load=box.load_port)
    return own if box.load_port != Place() else heads.get(box.voyage, own)


def _carried(box: TransportEquipment) -> TransportEquipment:
    """What a report says of a box that a bill names."""
    nowhere = Place()
    return replace(
        box, voyage=Voyage(), load_port=nowhere, discharge_port=nowhere, stowage="", undg=()
    )


def _agrees(report: _Report, boxes: dict[str, tuple[TransportEquipment, bool]]) -> bool:
    """A box is described once in a report, and stands alone or belongs to bills, not both."""
    for number, (box, named) in boxes.items():
        known = report.boxes.get(number)
        if known is not None and not (named and known == (box, named)):
            return False
    return True


# -- the report -----------------------------------------------------------------------------------


def _report(message: Message, report: _Report, document: str) -> Iterator[Segment]:
    """Segments 0020 to 0330 of the table, then the bills."""
    head = report.head
    yield segment("BGM", _MANIFEST, document, common.CODE["function"][message.function])
    if message.prepared:
        yield common.moment("137", message.prepared[:16], "message")
    if head.issued:
        yield common.moment("95", head.issued, "consignment")
    yield from _reporting(message, head)
    yield from _transport(report)
    for box, named in report.boxes.values():
        yield from _box(box, named)
    for sequence, each in enumerate(report.bills, 1):
        yield from bill(each, sequence)


def _reporting(message: Message, head: _Head) -> Iterator[Segment]:
    """A carrier that the voyage does not name; else who reports, who would be taken for it."""
    if head.carrier:
        yield common.coded_party("CA", head.carrier)
    if message.sender and (head.carrier or head.voyage.carrier):
        yield segment("NAD", "MS", message.sender)


def _transport(report: _Report) -> Iterator[Segment]:
    """Group 4. The port of arrival is told when it is every bill's port of discharge."""
    head = report.head
    if head.voyage == Voyage() and not (head.arrival or head.departure or head.load != Place()):
        return
    yield common.voyage(head.voyage, common.CODE["mode"].get(head.voyage.conveyance.mode, ""))
    yield from common.place("9", head.load)
    ports = {each.discharge_port for each in report.bills}
    ports |= {box.discharge_port for box, named in report.boxes.values() if not named}
    if len(ports) == 1:
        yield from common.place("60", *ports)
    for code, value in (("132", head.arrival), ("136", head.departure)):
        if value:
            yield common.moment(code, value, "consignment")


def _box(box: TransportEquipment, named: bool) -> Iterator[Segment]:
    """Group 5: EQD MEA SEL NAD LOC, temperature in group 6."""
    yield from common.unit(box, _TRAILER, "G")
    if box.operator:
        yield common.coded_party("CF", box.operator)
    if not named:
        yield from common.place("11", box.discharge_port)
    yield from common.temperature(box.temperature_c, "equipment")
