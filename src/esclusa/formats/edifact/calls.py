"""A ship at a port: CALINF, VESDEP, BERMAN and CUSREP.

Four siblings: parties, one means of transport, the places of its voyage. What a port call has no
field for (tonnage, cargo figures, security) becomes a ship's general declaration, the services of
a berth one of their own. One table for each type says which place is the call's, and which segments
belong to a place. D.96A to D.24A; groups are opened by their trigger segments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.ship_values import (
    Context,
    Item,
    amount,
    berth_text,
    identified,
    place_text,
    sorted_values,
    value_of,
    with_contact,
    with_number,
)
from esclusa.formats.reading import Notes, Reading, passed_over
from esclusa.formats.values import whole
from esclusa.model import (
    DeclaredValue,
    Function,
    Party,
    Place,
    PortCall,
    Severity,
    ShipDeclaration,
    Statement,
    Voyage,
)

BERTHS: Final = ("164", "234")
"""3227 of the berth of this call."""

DRAUGHTS: Final = ("AEQ", "AER")
"""6313 of draught fore and aft."""

STAY: Final = "ATZ"
"""1153 of the number that a port gives a ship's stay."""

_PLACES: Final = {"61": "next", "94": "last", "125": "last"}
_METRES: Final = {"MTR": 1.0, "M": 1.0, "CMT": 0.01, "DMT": 0.1, "FOT": 0.3048, "": 1.0}
_ACTUAL: Final = frozenset({"136", "178", "186"})
_PASSED: Final = frozenset({"137", "ACW"})
"""Moment of the message and reference to the one before: they state nothing about the ship."""


class Spec(msgspec.Struct, frozen=True):
    """How one type differs.

    ``ports`` are the 3227 codes of the port of call, the first found counts; ``places`` what other
    codes mean here. ``header`` and ``leg`` are the tags that belong to a place before and after
    TDT, ``service`` those of a transport service. ``mode`` is the conveyance's unless it is told.
    ``cargo``: a text before TDT begins figures of cargo.
    """

    ports: tuple[str, ...]
    places: dict[str, str] = {}
    header: frozenset[str] = frozenset({"DTM"})
    leg: frozenset[str] = frozenset({"DTM"})
    service: frozenset[str] = frozenset()
    mode: str = "sea"
    cargo: bool = False


_ARRIVING: Final = ("153", "60", "87", "78", "77", "11", "12")
SPECS: Final = {
    "CALINF": Spec(ports=_ARRIVING, places={"5": "last"}, cargo=True),
    "VESDEP": Spec(ports=("5", "9", "153", "60"), places={"8": "next", "60": "next"}),
    "BERMAN": Spec(
        ports=_ARRIVING,
        service=frozenset(
            {"DGS", "DTM", "EQN", "FTX", "GDS", "HAN", "MEA", "NAD", "POC", "QTY"}
        ),
    ),
    "CUSREP": Spec(
        ports=(*_ARRIVING, "5"),
        places={"5": "last", "8": "next"},
        leg=frozenset({"DTM", "FTX", "MEA", "NAD", "POC", "QTY", "STS"}),
        mode="",
    ),
}  # fmt: skip

_UNREAD: Final = frozenset({
    "UNH", "UNT", "TAX", "MOA", "FII", "AUT", "GPO", "TPL", "SEL", "CNT",
})  # fmt: skip
"""Segments that these messages have and that state nothing of ours."""


class _Spot(msgspec.Struct):
    """A place of the voyage, and the line that would tell more of it."""

    qualifier: str
    place: Place
    berth: str
    item: Item


class _Call:
    """The message while it is read. ``item``: the line that is open; ``inside``: what it takes."""

    __slots__ = (
        "context", "counts", "dates", "draughts", "function", "inside", "item", "items", "legs",
        "marks",
        "notes", "parties", "party", "purposes", "reference", "referred", "sender", "service",
        "spec", "spots", "values", "voyage",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes, spec: Spec) -> None:
        self.notes = notes
        self.spec = spec
        self.context = Context(notes, common.year_of(raw))
        self.sender = raw.interchange_sender
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.legs = 0
        self.marks: list[Segment] = []
        self.reference = ""
        self.referred = False
        self.dates: dict[str, tuple[bool, str]] = {}
        self.counts: dict[str, int] = {}
        self.purposes: dict[str, None] = {}
        self.draughts: list[tuple[float, Item | None, DeclaredValue]] = []
        self.parties: list[Party] = []
        self.party = False
        self.values: list[DeclaredValue] = []
        self.spots: list[_Spot] = []
        self.items: list[Item] = []
        self.item: Item | None = None
        self.inside: frozenset[str] = frozenset()
        self.service: Item | None = None


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one message into a port call and what the ship declares beside it.

    Defects go to ``notes``. Empty when the message's function states nothing (1225).
    """
    call = _Call(raw, notes, SPECS.get(raw.type, SPECS["CALINF"]))
    for segment in raw.segments:
        tag = segment.tag
        if handler := _HANDLERS.get(tag):
            if tag not in call.inside:
                _close(call, tag)
            handler(call, segment)
        elif tag not in _UNREAD:
            passed_over(notes, segment, raw.type, "calls")
        call.referred = tag == "RFF"
    if call.function is None:
        return []
    return [Reading(call.function, tuple(_statements(call, raw)))]


def _close(call: _Call, tag: str) -> None:
    """End the open line: ``tag`` does not belong to it."""
    if tag in ("LOC", "RFF") and call.item is not None and call.item.code.startswith("DOC"):
        return
    if tag == "EQN" and call.item is not None and call.item.code.startswith("EQD"):
        return
    call.item, call.inside = None, frozenset()
    if tag not in ("LOC", "CTA", "COM"):
        call.service = None


def _open(call: _Call, item: Item, inside: frozenset[str]) -> None:
    call.item, call.inside = item, inside
    call.party = False


# -- handlers -------------------------------------------------------------------------------------


def _bgm(call: _Call, segment: Segment) -> None:
    call.function = common.function_of(segment, call.notes)


def _value(call: _Call, segment: Segment) -> None:
    """Keep what has no field of its own, in the open line or for the ship as a whole."""
    if value := value_of(segment, call.context):
        _holder(call).append(value)


def _holder(call: _Call) -> list[DeclaredValue]:
    return call.values if call.item is None else call.item.values


def _dtm(call: _Call, segment: Segment) -> None:
    """Arrival and departure of the ship; what is actual counts more than what was expected."""
    code = segment.get(1)
    field = common.MOMENT.get(code, "")
    if call.item is not None:
        _value(call, segment)
    elif field in ("arrival", "departure"):
        _date(call, field, code, common.moment(segment, call.notes, call.context.year))
    elif code not in _PASSED and not call.referred:
        _value(call, segment)


def _date(call: _Call, field: str, code: str, value: str) -> None:
    known, actual = call.dates.get(field), code in _ACTUAL
    if value and (known is None or (actual and not known[0])):
        call.dates[field] = (actual, value)


def _rff(call: _Call, segment: Segment) -> None:
    code, text = segment.get(1), segment.get(1, 2).strip()
    if not text or code in _PASSED:
        return
    if call.party and call.parties and (found := with_number(call.parties[-1], segment)):
        call.parties[-1] = found
    elif code == STAY and not call.reference:
        call.reference = text
    elif code == "VM":
        call.marks.append(segment)
    elif code == "VON" and call.legs and not call.voyage.reference:
        call.voyage = msgspec.structs.replace(call.voyage, reference=text)
    else:
        _value(call, segment)


def _nad(call: _Call, segment: Segment) -> None:
    """A party; who works at a place stands with the place. A sender who repeats what UNB says is
    no party of the call."""
    if call.item is not None:
        _value(call, segment)
        return
    code = segment.get(1)
    found = common.party(segment, common.ROLE.get(code, "other"))
    envelope = code == "MS" and not found.name and segment.get(2).strip() == call.sender
    call.party = not envelope
    if call.party:
        call.parties.append(found)


def _contact(call: _Call, segment: Segment) -> None:
    if call.party:
        call.parties[-1] = with_contact(call.parties[-1], segment)
    elif segment.tag == "COM" and call.legs:
        _value(call, segment)


def _tdt(call: _Call, segment: Segment) -> None:
    """The main carriage: the first that names something, before others one of stage 20."""
    call.party = False
    call.legs += 1
    code = segment.get(3).lstrip("0")
    mode = common.CODES["mode"].get(code, call.spec.mode)
    found = common.voyage(segment, call.notes, mode)
    before = call.voyage.conveyance
    if call.voyage.reference or before.name or before.imo or before.call_sign:
        return
    call.voyage = found
    _value(call, segment)


def _loc(call: _Call, segment: Segment) -> None:
    if call.item is not None and call.item.code.startswith("DOC"):
        _value(call, segment)
    elif call.service is not None:
        _served(call, segment, call.service)
    else:
        qualifier = segment.get(1).strip()
        item = Item(f"LOC:{qualifier}", place=place_text(segment))
        inside = call.spec.leg if call.legs else call.spec.header
        _open(call, item, inside)
        call.items.append(item)
        spot = _Spot(qualifier, common.place(segment), berth_text(segment), item)
        call.spots.append(spot)


def _served(call: _Call, segment: Segment, service: Item) -> None:
    """The place of a service; a second place of the same service is a line of its own."""
    qualifier = segment.get(1).strip()
    code = service.code.partition(":")[2]
    if "place" in service.fields:
        service = Item("")
        call.items.append(service)
    service.code = f"TSR:{code.partition(':')[0]}:{qualifier}"
    service.fields["place"] = berth_text(segment)
    call.service = service
    _open(call, service, call.spec.service)


def _tsr(call: _Call, segment: Segment) -> None:
    code = segment.get(2).strip()
    item = Item(f"TSR:{code}" if code else "TSR")
    call.items.append(item)
    _open(call, item, call.spec.service)
    call.service = item


def _poc(call: _Call, segment: Segment) -> None:
    text = segment.get(1).strip() or segment.get(1, 4).strip()
    if text:
        call.purposes[text] = None


def _qty(call: _Call, segment: Segment) -> None:
    field = _COUNTS.get(segment.get(1))
    if field is None or call.item is not None:
        _value(call, segment)
        return
    count = whole(segment.get(1, 2).strip(), call.notes, segment, "1.2")
    if count is not None:
        call.counts.setdefault(field, count)


_COUNTS: Final = {"114": "passenger_count", "115": "crew_count"}


def _mea(call: _Call, segment: Segment) -> None:
    value = value_of(segment, call.context)
    if value is None:
        return
    _holder(call).append(value)
    if value.code.rpartition(":")[2] in DRAUGHTS:
        _draught(call, value, value.value.partition(" ")[0], segment.get(3))


def _draught(call: _Call, value: DeclaredValue, text: str, unit: str) -> None:
    factor = _METRES.get(unit.strip().upper())
    if factor is not None and text:
        metres = float(text.replace(",", "."))
        call.draughts.append((metres if factor == 1 else metres * factor, call.item, value))


def _dim(call: _Call, segment: Segment) -> None:
    """Length, width, height (here the draught) of C211. Metres are taken out of the value."""
    unit = segment.get(2).strip()
    draught = amount(segment, 2, 4, call.context)
    value = value_of(segment, call.context)
    if value is None:
        return
    text = value.value.partition(" ")[0]
    if draught and unit in ("MTR", ""):
        text = text.removesuffix(draught).rstrip(":")
        value = DeclaredValue(code=value.code, value=f"{text} {unit}".strip())
    if text:
        call.values.append(value)
    if draught:
        _draught(call, value, draught, unit)


def _ftx(call: _Call, segment: Segment) -> None:
    if call.item is not None or call.legs or not call.spec.cargo:
        _value(call, segment)
        return
    text = common.free_text(segment)
    if text:
        item = Item(f"FTX:{segment.get(1).strip()}", name=text)
        call.items.append(item)
        _open(call, item, frozenset({"MEA", "EQN"}))


def _doc(call: _Call, segment: Segment) -> None:
    code = segment.get(1).strip()
    item = Item(f"DOC:{code}" if code else "DOC", name=segment.get(2).strip())
    call.items.append(item)
    _open(call, item, frozenset({"DTM"}))


def _eqd(call: _Call, segment: Segment) -> None:
    """How many units of a size are on board."""
    item = Item(f"EQD:{segment.get(1).strip()}")
    item.fields["name"] = segment.get(3).strip() or segment.get(3, 4).strip()
    for code, text in (("EQD:8260", segment.get(2)), ("EQD:8169", segment.get(6))):
        if text.strip():
            item.values.append(DeclaredValue(code=code, value=text.strip()))
    call.items.append(item)
    _open(call, item, frozenset())


def _eqn(call: _Call, segment: Segment) -> None:
    item = call.item
    if item is not None and item.code.startswith("EQD"):
        count = amount(segment, 1, 1, call.context)
        if count:
            item.fields["quantity"] = float(count.replace(",", "."))
    else:
        _value(call, segment)


_HANDLERS: Final[dict[str, Callable[[_Call, Segment], None]]] = {
    "BGM": _bgm, "COM": _contact, "CTA": _contact, "DIM": _dim, "DOC": _doc, "DTM": _dtm,
    "EQD": _eqd, "EQN": _eqn, "FTX": _ftx, "LOC": _loc, "MEA": _mea, "NAD": _nad, "POC": _poc,
    "QTY": _qty, "RFF": _rff, "TDT": _tdt, "TSR": _tsr,
    **dict.fromkeys(("DGS", "GDS", "GEI", "GIS", "GOR", "HAN", "STS"), _value),
}  # fmt: skip


# -- statements -----------------------------------------------------------------------------------


def _statements(call: _Call, raw: RawMessage) -> list[Statement]:
    port = _port(call)
    if port is None and not call.reference:
        _tell_missing(call, raw)
        return []
    fields = _fields(call, port)
    berths = tuple(item for item in call.items if item.code.startswith("TSR"))
    places = tuple(item for item in call.items if not item.code.startswith("TSR"))
    found: list[Statement] = [_port_call(call, port, fields)]
    general = [item.built() for item in sorted(places, key=_rank) if item.code]
    if call.values or general:
        values = sorted_values(call.values)
        found.append(ShipDeclaration(form="general", values=values, items=tuple(general), **fields))
    served = tuple(item.built() for item in berths if _serves(item))
    if served:
        found.append(ShipDeclaration(form="berth", items=served, **fields))
    return found


def _tell_missing(call: _Call, raw: RawMessage) -> None:
    reason = f"{raw.type} names no port of call (LOC); the call cannot be told from others"
    severity = Severity.ERROR if call.legs else Severity.NOTE
    call.notes.add("calls.port.missing", severity, reason, raw.segments[0])


def _port(call: _Call) -> _Spot | None:
    """The port of call: the first qualifier of the table that the message has."""
    for qualifier in call.spec.ports:
        for spot in call.spots:
            if spot.qualifier == qualifier and spot.place != Place():
                return spot
    return None


def _fields(call: _Call, port: _Spot | None) -> dict[str, Any]:
    """What the call and its declarations share. Dates of its port are those of the call."""
    if port is not None:
        _settle(call, port)
    for segment in call.marks:
        # Last, because some messages tell the numbers of a ship before the ship.
        call.voyage = identified(call.voyage, segment, call.notes)
    return {
        "voyage": call.voyage,
        "port": port.place if port is not None else Place(),
        "call_reference": call.reference,
        **{field: value for field, (_, value) in call.dates.items()},
    }


def _settle(call: _Call, port: _Spot) -> None:
    """Give the call what was said at its own port: the place is no line of its own."""
    call.items.remove(port.item)
    for value in port.item.values:
        tag, _, code = value.code.partition(":")
        field = common.MOMENT.get(code, "") if tag == "DTM" else ""
        if field in ("arrival", "departure"):
            _date(call, field, code, value.value)
        else:
            call.values.append(value)
    call.draughts = [
        (metres, None if item is port.item else item, value)
        for metres, item, value in call.draughts
    ]


def _serves(item: Item) -> bool:
    """A berth by itself, without a service and details, says what the call says."""
    return bool(item.values) or item.code not in {"TSR", *(f"TSR::{code}" for code in BERTHS)}


_RANKS: Final = {"FTX": 0, "LOC": 1, "DOC": 2, "EQD": 3}


def _rank(item: Item) -> int:
    return _RANKS.get(item.code.partition(":")[0], len(_RANKS))


def _port_call(call: _Call, port: _Spot | None, fields: dict[str, Any]) -> PortCall:
    last: dict[Place, None] = {}
    after: list[Place] = []
    berth = ""
    for spot in call.spots:
        if spot is port:
            continue
        word = _PLACES.get(spot.qualifier) or call.spec.places.get(spot.qualifier, "")
        if spot.qualifier in BERTHS and not berth:
            berth = spot.berth
        elif word == "last":
            last[spot.place] = None
        elif word == "next" and not after:
            after.append(spot.place)
        else:
            continue
        if not spot.item.values:
            # A place that the call names is a line only when more is known of it.
            spot.item.code = ""
    return PortCall(
        **fields,
        crew_count=call.counts.get("crew_count"),
        passenger_count=call.counts.get("passenger_count"),
        last_ports=tuple(place for place in last if place != Place()),
        next_port=after[0] if after else Place(),
        berth=berth or _served_berth(call) or _terminal(port),
        purposes=tuple(call.purposes),
        draught_m=_deepest(call),
        parties=tuple(call.parties),
    )  # fmt: skip


def _served_berth(call: _Call) -> str:
    """The berth of the first service at one."""
    for item in call.items:
        if item.code.startswith("TSR") and item.code.rpartition(":")[2] in BERTHS:
            return str(item.fields.get("place", ""))
    return ""


def _terminal(port: _Spot | None) -> str:
    """Some senders tell the terminal with the port: ``LOC+11+NLRTM:139:6+QUAY7``."""
    if port is None or port.berth == (port.place.code or port.place.name):
        return ""
    return port.berth


def _deepest(call: _Call) -> float | None:
    """The draught here, fore and aft the deeper. One alone for the ship is no value beside it."""
    found = [
        (metres, item, value)
        for metres, item, value in call.draughts
        if item is None or item.code.startswith("TSR")
    ]
    if not found:
        return None
    if len(found) == 1 and found[0][1] is None:
        call.values = [each for each in call.values if each is not found[0][2] or _dimension(each)]
    return max(metres for metres, _, _ in found)


def _dimension(value: DeclaredValue) -> bool:
    return value.code.startswith("DIM")


READERS: Final[dict[str, Callable[[RawMessage, Notes], list[Reading]]]] = dict.fromkeys(SPECS, read)
