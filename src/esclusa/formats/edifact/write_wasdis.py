"""Write a ship's declaration of its waste as WASDIS, in the order of directory D.17B."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact import write_ship_values as values
from esclusa.formats.edifact.calls import STAY
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.wasdis import DELIVERED, MASTER, NAMES
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import DeclaredItem, DeclaredValue, Message, ShipDeclaration, Statement

DIRECTORY: Final = "D.17B"

_REPORT: Final = "470"
"""Document name (1001) of a waste disposal report."""

_ROUTE: Final = frozenset({"5", "8", "61", "92", "94", "125"})
"""3227 of places of the voyage; any other place is where the ship was inspected."""


def write(message: Message) -> list[NewMessage]:
    """Write declarations of waste, one message for each.

    :raises WritingError: a statement is of another kind or form, or a value cannot be written.
    """
    made = []
    for number, each in enumerate(message.statements):
        found = _declared(each)
        reference = common.reference_of(message, number)
        function = common.CODE["function"][message.function]
        opening = segment("BGM", _REPORT, reference, function)
        head = message_head(reference, "WASDIS", DIRECTORY)
        made.append(NewMessage(head, [opening, *_body(found)]))
    return made


def _declared(each: Statement) -> ShipDeclaration:
    if not isinstance(each, ShipDeclaration):
        raise common.wrong_kind(each, "WASDIS", "ship declarations")
    if each.form != "waste":
        raise common.refused("WASDIS carries declarations of waste alone", values.WHAT)
    return each


def _body(found: ShipDeclaration) -> Iterator[Segment]:
    if found.declared:
        yield common.moment("137", found.declared, values.WHAT)
    if found.call_reference:
        yield segment("RFF", (STAY, found.call_reference))
    yield from values.of(found.values, "RFF")
    yield from _inspection(found)
    yield from _ship(found)
    if found.declarant:
        name = common.lines(common.one_line(found.declarant), 35, 5)
        yield segment("NAD", MASTER, "", "", name)
    yield from values.parties(found.parties)
    for item in found.items:
        yield from _item(item)


def _inspection(found: ShipDeclaration) -> Iterator[Segment]:
    """Group 2: where and when the ship was inspected, and what the agency found."""
    places = [value for value in found.values if _is_place(value) and not _is_route(value)]
    yield from values.of(places, "LOC")
    yield from values.of(found.values, "DTM", "GOR")


def _is_place(value: DeclaredValue) -> bool:
    return values.tag_of(value.code) == "LOC"


def _is_route(value: DeclaredValue) -> bool:
    return value.code.partition(":")[2] in _ROUTE


def _ship(found: ShipDeclaration) -> Iterator[Segment]:
    """Group 3."""
    yield from values.ship(found.voyage, values.kind_of(found.values))
    for code, value in (("132", found.arrival), ("133", found.departure)):
        if value:
            yield common.moment(code, value, values.WHAT)
    yield from common.place("153", found.port)
    route = [value for value in found.values if _is_place(value) and _is_route(value)]
    yield from values.of(route, "LOC")
    yield from values.marks(found.voyage)
    yield from values.of(found.values, "MEA", "FTX", "QTY")


def _item(item: DeclaredItem) -> Iterator[Segment]:
    """Group 6: DGS MEA SGP FTX LOC DTM NAD."""
    told = {value.code: value.value for value in item.values}
    yield segment("DGS", told.get("DGS", ""), (item.code, told.get("DGS:8078", "")))
    if item.quantity is not None:
        amount = common.number(item.quantity, values.WHAT)
        yield segment("MEA", "AAE", DELIVERED, (item.unit, amount))
    yield from values.of(item.values, "MEA", "SGP")
    if item.name:
        yield values.text_segment(NAMES[0], item.name)
    yield from values.of(item.values, "FTX", "LOC", "DTM", "NAD")
