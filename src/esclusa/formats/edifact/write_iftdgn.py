"""Write consignments of dangerous goods as IFTDGN, in the order of directory D.21A.

D.21A is the first that has room for more than two parties of a consignment. Only what is dangerous
is carried: goods without a dangerous substance are left out, and so are consignments without such
goods. One DGS stands in each group of a goods item; an item with several stands in several groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact import write_ship_values as values
from esclusa.formats.edifact.calls import STAY
from esclusa.formats.edifact.drafting import Element, segment
from esclusa.formats.edifact.iftdgn import HANDLING, PACKING
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import (
    Consignment,
    DangerousGoods,
    GoodsItem,
    Message,
    PortCall,
    TransportEquipment,
    Voyage,
)

DIRECTORY: Final = "D.21A"

_NOTIFICATION: Final = "523"
"""Document name (1001) of a notification for a ship that is no tanker."""

_TRAILER: Final = "TE"
"""8053 of a unit that bears no container number."""

_WHAT: Final = "consignment"
_GROUPS: Final = {word: code for code, word in PACKING.items()}
_MARKS: Final = (35, 10)


class _Head(msgspec.Struct, frozen=True):
    """What the header says of every consignment."""

    voyage: Voyage
    documents: tuple[str, ...] = ()


class _Notice(msgspec.Struct):
    """What goes into one message."""

    head: _Head
    call: PortCall | None = None
    bills: list[Consignment] = []
    boxes: dict[str, TransportEquipment] = {}


def write(message: Message) -> list[NewMessage]:
    """Write consignments, and the calls they are for, as notifications.

    :raises WritingError: a statement is of another kind, no consignment is dangerous, a number is
        missing or a value cannot be written.
    """
    made = []
    for number, notice in enumerate(_notices(message)):
        reference = common.reference_of(message, number)
        head = message_head(reference, "IFTDGN", DIRECTORY)
        function = common.CODE["function"][message.function]
        opening = [segment("BGM", _NOTIFICATION, reference, function)]
        if message.prepared:
            opening.append(common.moment("137", message.prepared[:16], "message"))
        made.append(NewMessage(head, [*opening, *_body(notice)]))
    return made


# -- which statements go together -----------------------------------------------------------------


def _notices(message: Message) -> list[_Notice]:
    """A call is in the first notification of its voyage."""
    notices: list[_Notice] = []
    latest: dict[_Head, _Notice] = {}
    calls: dict[Voyage, list[PortCall]] = {}
    dangerous = 0
    for each in message.statements:
        if isinstance(each, PortCall):
            calls.setdefault(each.voyage, []).append(each)
        elif not isinstance(each, Consignment):
            raise common.wrong_kind(each, "IFTDGN", "consignments and port calls")
        elif goods := tuple(item for item in each.goods if item.dangerous or item.undg):
            dangerous += 1
            _add(notices, latest, replace(each, goods=goods))
    if not dangerous:
        raise common.refused("no consignment has dangerous goods", _WHAT)
    for notice in notices:
        waiting = calls.get(notice.head.voyage)
        notice.call = waiting.pop(0) if waiting else None
    return notices


def _add(notices: list[_Notice], latest: dict[_Head, _Notice], found: Consignment) -> None:
    head = _Head(found.voyage, tuple(text for text in found.documents if _is_header(text)))
    boxes = {box.number: _carried(box) for box in found.equipment}
    notice = latest.get(head)
    if notice is None or any(notice.boxes.get(key, box) != box for key, box in boxes.items()):
        notice = latest[head] = _Notice(head)
        notices.append(notice)
    notice.bills.append(found)
    notice.boxes.update(boxes)


def _is_header(text: str) -> bool:
    return not text.startswith(HANDLING)


def _carried(box: TransportEquipment) -> TransportEquipment:
    """What a notification says of a unit."""
    return TransportEquipment(
        number=box.number,
        number_valid=box.number_valid,
        size_type=box.size_type,
        load_status=box.load_status,
        gross_mass_kg=box.gross_mass_kg,
        verified_mass_kg=box.verified_mass_kg,
        tare_kg=box.tare_kg,
        seals=box.seals,
        stowage=box.stowage,
    )


# -- the notification -----------------------------------------------------------------------------


def _body(notice: _Notice) -> Iterator[Segment]:
    call = notice.call
    if call is not None and call.call_reference:
        yield segment("RFF", (STAY, call.call_reference))
    for text in notice.head.documents:
        yield _reference(text)
    yield from _transport(notice)
    if call is not None:
        yield from values.parties(call.parties)
    for box in notice.boxes.values():
        yield from common.unit(box, _TRAILER, "AET")
    for sequence, bill in enumerate(notice.bills, 1):
        yield from _bill(bill, sequence)


def _reference(text: str) -> Segment:
    qualifier, colon, rest = text.partition(":")
    plain = colon and rest and 1 <= len(qualifier) <= 3 and qualifier.isalnum()
    return segment("RFF", (qualifier, rest) if plain else ("ZZZ", text))


def _transport(notice: _Notice) -> Iterator[Segment]:
    """Groups 2 and 3."""
    call, voyage = notice.call, notice.head.voyage
    if voyage == Voyage() and call is None:
        return
    yield from values.ship(voyage)
    if call is None:
        yield from values.marks(voyage)
        return
    for code, value in (("132", call.arrival), ("133", call.departure)):
        if value:
            yield common.moment(code, value, "port call")
    yield from values.marks(voyage)
    yield from common.place("153", call.port)
    if call.berth:
        yield values.located("164", call.berth)
    for port in call.last_ports:
        yield from common.place("94", port)
    yield from common.place("61", call.next_port)


def _bill(found: Consignment, sequence: int) -> Iterator[Segment]:
    """Group 7."""
    if not found.bill:
        raise common.refused("it has no bill number", _WHAT)
    yield segment("CNI", str(sequence), found.bill)
    for text in found.documents:
        if not _is_header(text):
            code = text.partition(":")[2]
            yield segment("HAN", code if len(code) <= 3 else ("", "", "", code))
    for code, value in (("132", found.arrival), ("133", found.departure)):
        if value:
            yield common.moment(code, value, _WHAT)
    yield from common.route(found)
    yield from values.parties(found.parties)
    boxes = {box.number: box for box in found.equipment}
    for item in found.goods:
        yield from _item(item, boxes)


def _item(item: GoodsItem, boxes: dict[str, TransportEquipment]) -> Iterator[Segment]:
    """Groups 12 to 15, once for each substance."""
    what = "goods item"
    packages = "" if item.packages is None else str(item.packages)
    yield segment("GID", str(item.sequence), (packages, *_package(item.package_type)))
    if item.description:
        yield segment("FTX", "AAA", "", "", common.lines(common.one_line(item.description), 512, 5))
    if item.marks:
        yield segment("PCI", "24", common.lines(common.one_line(item.marks), *_MARKS))
    known = {each.un for each in item.dangerous}
    substances = [*item.dangerous, *(DangerousGoods(un=un) for un in item.undg if un not in known)]
    for at, each in enumerate(substances):
        if at:
            yield segment("GID", str(item.sequence))
        yield from _substance(each)
        if not at:
            yield from common.mass("AAE", "AAB", item.gross_mass_kg, what)
        if each.stowage:
            yield segment("LOC", "147", each.stowage)
        if not at:
            yield from _placed(item, boxes)


def _package(kind: str) -> tuple[str, ...]:
    """7065 for a code, 7064 for words."""
    return (kind,) if len(kind) <= 3 and kind.isalnum() else ("", "", "", kind)


def _substance(found: DangerousGoods) -> Iterator[Segment]:
    """DGS FTX MEA: what is dangerous and how."""
    flash: Element = ""
    if found.flash_point_c is not None:
        flash = (_degrees(found.flash_point_c), "CEL")
    group = _GROUPS.get(found.packing_group, found.packing_group)
    yield segment(
        "DGS", "IMD", found.hazard_class, found.un, flash, group, found.emergency, "", "", "",
        found.subsidiary_classes,
    )  # fmt: skip
    if found.name:
        yield segment("FTX", "AAD", "", "", common.lines(common.one_line(found.name), 512, 5))
    if found.marine_pollutant is not None:
        code, text = ("P", "MARINE POLLUTANT") if found.marine_pollutant else ("NP", "")
        yield segment("FTX", "AAC", "", code, text)
    yield from common.mass("AAE", "AAA", found.net_mass_kg, "dangerous goods")


def _degrees(value: float) -> str:
    """7106 has three digits: 23 is written 023."""
    text = common.number(value, "dangerous goods")
    return f"{int(text):04d}" if text.startswith("-") and text[1:].isdigit() else text.zfill(3)


def _placed(item: GoodsItem, boxes: dict[str, TransportEquipment]) -> Iterator[Segment]:
    """Group 15: the units that hold the goods, and where these stand."""
    for number in item.equipment:
        yield segment("SGP", number)
        box = boxes.get(number)
        if box is not None and box.stowage:
            yield segment("LOC", "147", box.stowage)
