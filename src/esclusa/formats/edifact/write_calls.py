"""Write port calls as CALINF, VESDEP, BERMAN or CUSREP, in the order of directory D.17B.

A port call and the declarations that name the same call make one message. What a type has no place
for is not carried; ``docs/formats/ships.md`` lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import msgspec

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact import write_ship_values as values
from esclusa.formats.edifact.calls import BERTHS, DRAUGHTS, STAY
from esclusa.formats.edifact.drafting import Element, segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import (
    DeclaredItem,
    DeclaredValue,
    Message,
    Place,
    PortCall,
    ShipDeclaration,
    Statement,
)

DIRECTORY: Final = "D.17B"

_WHAT: Final = "port call"
_NOWHERE: Final = Place()


class _Call(msgspec.Struct):
    """What goes into one message."""

    call: PortCall
    general: ShipDeclaration | None = None
    berth: ShipDeclaration | None = None

    def values(self) -> tuple[DeclaredValue, ...]:
        return self.general.values if self.general is not None else ()

    def items(self, tag: str) -> list[DeclaredItem]:
        """The lines of the general declaration under a tag."""
        found = self.general.items if self.general is not None else ()
        return [item for item in found if values.tag_of(item.code) == tag]

    def services(self) -> tuple[DeclaredItem, ...]:
        return self.berth.items if self.berth is not None else ()


def write(kind: str, message: Message) -> list[NewMessage]:
    """Write port calls and ships' declarations as messages of one kind, one for each call.

    :param kind: ``CALINF``, ``VESDEP``, ``BERMAN`` or ``CUSREP``.
    :raises WritingError: a statement is of another kind, a declaration of another form, or a value
        cannot be written.
    """
    document, body = _KINDS[kind]
    made = []
    for number, found in enumerate(_calls(kind, message)):
        reference = common.reference_of(message, number)
        head = message_head(reference, kind, DIRECTORY)
        function = common.CODE["function"][message.function]
        opening = [segment("BGM", document, reference, function)]
        if message.prepared:
            opening.append(common.moment("137", message.prepared[:16], "message"))
        made.append(NewMessage(head, [*opening, *body(found, message)]))
    return made


# -- which statements go together -----------------------------------------------------------------


def _calls(kind: str, message: Message) -> list[_Call]:
    calls: list[_Call] = []
    latest: dict[tuple[object, ...], _Call] = {}
    for each in message.statements:
        form = _form(kind, each)
        call = _call_of(each)
        key = _key(call)
        found = latest.get(key)
        if found is None or _taken(found, each, form):
            found = latest[key] = _Call(call)
            calls.append(found)
        if isinstance(each, PortCall):
            found.call = each
        elif isinstance(each, ShipDeclaration) and form == "berth":
            found.berth = each
        elif isinstance(each, ShipDeclaration):
            found.general = each
    return calls


def _form(kind: str, each: Statement) -> str:
    if isinstance(each, PortCall):
        return ""
    if not isinstance(each, ShipDeclaration):
        raise common.wrong_kind(each, kind, "port calls and ship declarations")
    if each.form not in ("general", *(("berth",) if kind == "BERMAN" else ())):
        raise common.refused(f"{kind} carries no declaration of this form", values.WHAT)
    return each.form


def _call_of(each: Statement) -> PortCall:
    if isinstance(each, PortCall):
        return each
    assert isinstance(each, ShipDeclaration)
    return PortCall(
        voyage=each.voyage,
        port=each.port,
        call_reference=each.call_reference,
        arrival=each.arrival,
        departure=each.departure,
    )


def _key(call: PortCall) -> tuple[object, ...]:
    return call.voyage, call.port, call.call_reference, call.arrival, call.departure


def _taken(found: _Call, each: Statement, form: str) -> bool:
    if form == "berth":
        return found.berth is not None
    if form:
        return found.general is not None
    return found.call != each and found.call != _call_of_declared(found)


def _call_of_declared(found: _Call) -> PortCall | None:
    """The call that stands in for one while only its declarations have been seen."""
    declared = found.general or found.berth
    return _call_of(declared) if declared is not None else None


# -- parts ----------------------------------------------------------------------------------------


def _senders(found: _Call, message: Message) -> Iterator[Segment]:
    """Every party; where there is none, who sends: the tables ask for one."""
    if found.call.parties:
        yield from values.parties(found.call.parties)
    elif message.sender:
        yield segment("NAD", "MS", message.sender)


def _transport(found: _Call, mode: str = "sea") -> Iterator[Segment]:
    yield from values.ship(found.call.voyage, values.kind_of(found.values()), mode)


def _moments(found: _Call, arrival: str, departure: str) -> Iterator[Segment]:
    for code, value in ((arrival, found.call.arrival), (departure, found.call.departure)):
        if value:
            yield common.moment(code, value, _WHAT)


def _stay(found: _Call) -> Iterator[Segment]:
    if found.call.call_reference:
        yield segment("RFF", (STAY, found.call.call_reference))


def _counts(found: _Call) -> Iterator[Segment]:
    """QTY: who is on board, then the values."""
    call = found.call
    for code, count in (("115", call.crew_count), ("114", call.passenger_count)):
        if count is not None:
            yield segment("QTY", (code, str(count)))
    yield from values.of(found.values(), "QTY")


def _marks(found: _Call) -> Iterator[Segment]:
    yield from values.marks(found.call.voyage)
    yield from values.of(found.values(), "RFF")


def _draught(found: _Call) -> Iterator[Segment]:
    """The draught, unless the values say it: fore and aft, or at a berth; then the values."""
    draught = found.call.draught_m
    if draught is not None and draught not in _measured(found):
        yield segment("MEA", "AAE", "AER", ("MTR", common.number(draught, _WHAT)))
    yield from values.of(found.values(), "MEA")


def _measured(found: _Call) -> list[float]:
    """The deepest draught among the values, where a reader would find them there again."""
    own = [value for value in found.values() if _is_draught(value)]
    more = [value for item in found.services() for value in item.values if _is_draught(value)]
    if len(own) + len(more) < (1 if more else 2):
        return []
    depths = [_metres(value.value) for value in (*own, *more)]
    return [max(depth for depth in depths if depth is not None)] if any(depths) else []


def _is_draught(value: DeclaredValue) -> bool:
    return value.code.startswith("MEA:") and value.code.rpartition(":")[2] in DRAUGHTS


def _metres(text: str) -> float | None:
    number, _, unit = text.partition(" ")
    try:
        return float(number.replace(",", ".")) if unit in ("", "MTR") else None
    except ValueError:
        return None


def _dimensions(found: _Call) -> Iterator[Segment]:
    """DIM, which stands once: length, width and, as height, the draught."""
    draught = found.call.draught_m
    depth = "" if draught is None else common.number(draught, _WHAT)
    stated = next((each for each in found.values() if values.tag_of(each.code) == "DIM"), None)
    if stated is None:
        if depth:
            yield segment("DIM", "1", ("MTR", "", "", depth))
        return
    text, _, unit = stated.value.partition(" ")
    parts = text.split(":")
    if depth and unit in ("", "MTR"):
        parts = [*[*parts, "", ""][:2], depth]
    yield segment("DIM", stated.code.partition(":")[2], (unit, *parts))


def _places(found: _Call, port: str, *, all_tags: bool = False) -> Iterator[Segment]:
    """LOC of the call's own places, then the lines that tell more of a place.

    Where every place of a kind has a line, its lines are enough; else its places stand first, in
    their order, and a place that has a line stands twice.
    """
    call = found.call
    lines = found.items("LOC")
    if call.port != _NOWHERE:
        yield from common.place(port, call.port)
    if call.berth and not _told(lines, [call.berth], *BERTHS):
        yield values.located("164", call.berth)
    if not _told(lines, [_word(each) for each in call.last_ports], "94", "125"):
        for each in call.last_ports:
            yield from common.place("94", each)
    if not _told(lines, [_word(call.next_port)], "61"):
        yield from common.place("61", call.next_port)
    known = (*call.last_ports, call.next_port)
    tags = ("DTM", "QTY", "NAD", "MEA", "STS", "FTX") if all_tags else ("DTM",)
    for item in lines:
        code = item.code.partition(":")[2]
        whole = values.same_place(known, item.place)
        yield from common.place(code, whole) if whole else [values.located(code, item.place)]
        yield from values.of(item.values, *tags)


def _word(place: Place) -> str:
    return place.code or place.name


def _told(lines: list[DeclaredItem], places: list[str], *codes: str) -> bool:
    told = [item.place for item in lines if item.code.partition(":")[2] in codes]
    return told == places


def _cargo(found: _Call) -> Iterator[Segment]:
    for item in found.items("FTX"):
        yield values.text_segment(item.code.partition(":")[2], item.name)
        yield from values.of(item.values, "MEA", "EQN")


def _documents(found: _Call) -> Iterator[Segment]:
    for item in found.items("DOC"):
        yield segment("DOC", item.code.partition(":")[2], item.name)
        yield from values.of(item.values, "RFF", "DTM", "LOC")


def _equipment(found: _Call) -> Iterator[Segment]:
    for item in found.items("EQD"):
        told = {value.code: value.value for value in item.values}
        size: Element = (item.name, "102", "5") if item.name else ""
        if len(item.name) > 10:
            size = ("", "", "", item.name)
        load = told.get("EQD:8169", "")
        number = told.get("EQD:8260", "")
        yield segment("EQD", item.code.partition(":")[2], number, size, "", "", load)
        if item.quantity is not None:
            yield segment("EQN", common.number(item.quantity, values.WHAT))


def _services(found: _Call) -> Iterator[Segment]:
    """Group 7 of BERMAN: a berth by itself holds the purposes of the call, then each service."""
    call = found.call
    if call.purposes or (call.berth and call.berth != _first_berth(found)):
        yield segment("TSR")
        yield values.located("164", call.berth)
        yield from values.purposes(call.purposes)
    for item in found.services():
        _, code, qualifier = (*item.code.split(":"), "", "")[:3]
        yield segment("TSR", "", code)
        if qualifier or item.place:
            yield values.located(qualifier, item.place)
        yield from values.of(
            item.values, "MEA", "DTM", "QTY", "FTX", "HAN", "NAD", "GDS", "EQN", "DGS"
        )


def _first_berth(found: _Call) -> str:
    for item in found.services():
        if item.code.rpartition(":")[2] in BERTHS:
            return item.place
    return ""


# -- the four types -------------------------------------------------------------------------------


def _calinf(found: _Call, message: Message) -> Iterator[Segment]:
    told = found.values()
    yield from _cargo(found)
    yield from _stay(found)
    yield from _senders(found, message)
    yield from _transport(found)
    yield from _moments(found, "132", "133")
    yield from values.of(told, "DTM")
    yield from _marks(found)
    yield from _places(found, "153")
    yield from _dimensions(found)
    yield from values.of(told, "FTX")
    yield from _counts(found)


def _vesdep(found: _Call, message: Message) -> Iterator[Segment]:
    told = found.values()
    yield from values.of(told, "DTM", "FTX")
    yield from _stay(found)
    yield from _senders(found, message)
    yield from _transport(found)
    yield from _moments(found, "178", "136")
    yield from _marks(found)
    yield from _places(found, "5")
    yield from _draught(found)
    yield from _counts(found)


def _berman(found: _Call, message: Message) -> Iterator[Segment]:
    told = found.values()
    yield from values.of(told, "DTM", "FTX")
    yield from _stay(found)
    yield from values.of(told, "RFF")
    yield from _counts(found)
    yield from _senders(found, message)
    yield from _transport(found)
    yield from values.marks(found.call.voyage)
    yield from _moments(found, "132", "133")
    yield from _draught(found)
    yield from values.of(told, "COM")
    bare = msgspec.structs.replace(found.call, berth="")
    yield from _places(msgspec.structs.replace(found, call=bare), "153")
    yield from values.of(told, "GOR")
    yield from _services(found)


def _cusrep(found: _Call, message: Message) -> Iterator[Segment]:
    told = found.values()
    yield from _moments(found, "132", "133")
    yield from values.of(told, "DTM")
    yield from _counts(found)
    yield from values.purposes(found.call.purposes)
    yield from values.of(told, "FTX")
    yield from _draught(found)
    yield from values.of(told, "GEI", "STS")
    yield from _stay(found)
    yield from values.marks(found.call.voyage)
    yield from values.of(told, "RFF", "GDS")
    yield from _documents(found)
    if found.call.parties:
        yield from values.parties(found.call.parties, numbers=True)
    yield from _transport(found, mode="")
    yield from _places(found, "60", all_tags=True)
    yield from _equipment(found)


_KINDS: Final[dict[str, tuple[str, Callable[[_Call, Message], Iterator[Segment]]]]] = {
    "CALINF": ("96", _calinf),
    "VESDEP": ("124", _vesdep),
    "BERMAN": ("352", _berman),
    "CUSREP": ("187", _cusrep),
}
"""Type → document name (1001) and its segments behind BGM and DTM."""

WRITERS: Final[dict[str, Callable[[Message], list[NewMessage]]]] = {
    kind: partial(write, kind) for kind in _KINDS
}
