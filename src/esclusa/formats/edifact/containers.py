"""Container messages between carriers, terminals and depots: orders and reports of moves.

COPRAR (to load, to discharge), COARRI (loaded, discharged), CODECO (through the gate), COPARN (to
accept, to release), VERMAS (verified gross mass) and MOVINS (where to stow). UN/EDIFACT D.95B to
D.17B in the use of the SMDG and ITIGG guides. They are siblings: a header with the voyage, then
containers one after another, so one reader serves all; ``_KINDS`` says where they differ.

Each container makes a transport event: planned where the message is an order, actual where it is a
report; its damage makes another. A header that names ship and port makes a port call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading, snippet, walk
from esclusa.formats.values import undg
from esclusa.model import (
    Function,
    Party,
    Place,
    PortCall,
    Seal,
    Severity,
    Statement,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

_NOWHERE: Final = Place()
_DOCUMENT: Final = common.CODES["container_document"]
_HANDLING: Final = common.CODES["handling"]
_MOMENT: Final = common.CODES["event_moment"]

HERE: Final = frozenset({"138", "165"})
"""3227 of the place where the event is: of weighing, of the equipment's movement."""

MAIN: Final = "20"
"""8051 of the main carriage."""

PAPER: Final = "DOC"
"""What stands before the number of a weighing certificate, which is no reference of 1153."""

DAMAGED: Final = "1"
"""7493 of damage to the equipment itself."""

_NEXT_ARRIVAL: Final = "132"
"""2005 of the arrival expected, which in plans of stowage is that at the next port."""

_DOCUMENTS: Final = 30
"""References kept for one container; guides allow nine."""

_UNREAD: Final = frozenset({
    "UNH", "UNT", "TMD", "TSR", "EQN", "DIM", "RNG", "PCD", "GDS", "EQA", "PIA", "COD", "CNT",
    "MOA", "GOR", "GID", "SGP",
})  # fmt: skip
"""Segments that these messages hold and that say nothing of their own here."""

_OF_ALL: Final = frozenset({"ATX", "BM", "BN", "REO", "SQ"})
"""1153 of references in a header that are those of every container: order, bill, booking …"""


class Kind(NamedTuple):
    """Where a message type differs. ``event`` is that of a message whose BGM does not tell."""

    name: str
    stage: str
    event: str = ""
    call: bool = False


KINDS: Final = {
    "COPRAR": Kind("COPRAR", "planned", call=True),
    "COARRI": Kind("COARRI", "actual", call=True),
    "CODECO": Kind("CODECO", "actual"),
    "COPARN": Kind("COPARN", "planned"),
    "VERMAS": Kind("VERMAS", "actual", event="weigh"),
    "MOVINS": Kind("MOVINS", "planned", event="other", call=True),
}


class _Box:
    """A container while its group is read. ``onward``: its own TDT has come, after which places
    and moments are those of the inland carriage."""

    __slots__ = (
        "at", "carrier", "code", "damages", "documents", "event", "fields", "inland", "occurred",
        "onward", "parties", "places", "seals", "texts", "undg", "voyage",
    )  # fmt: skip

    def __init__(self, at: Segment, event: str) -> None:
        self.at = at
        self.event = event
        self.fields: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self.seals: dict[Seal, None] = {}
        self.undg: dict[str, None] = {}
        self.documents: dict[str, None] = {}
        self.parties: list[Party] = []
        self.texts: list[str] = []
        self.damages: list[tuple[str, str]] = []
        self.occurred = self.carrier = self.code = ""
        self.inland = self.voyage = Voyage()
        self.onward = False


class _List:
    """The message while it is read."""

    __slots__ = (
        "box", "boxes", "carrier", "code", "dates", "documents", "event", "function", "kind",
        "notes", "operator", "places", "told", "voyage", "year",
    )  # fmt: skip

    def __init__(self, kind: Kind, raw: RawMessage, notes: Notes) -> None:
        self.kind = kind
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.event = kind.event or "other"
        self.voyage = Voyage()
        self.carrier = self.operator = self.code = ""
        self.places: dict[str, Place] = {}
        self.dates: dict[str, str] = {}
        self.documents: dict[str, None] = {}
        self.boxes: list[_Box] = []
        self.box: _Box | None = None
        self.told: _Box | None = None  # whose last party a contact belongs to

    def open(self, at: Segment) -> _Box:
        """Begin a container."""
        self.box = _Box(at, self.event)
        self.box.code = self.code
        self.boxes.append(self.box)
        return self.box


def read(kind: Kind, raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one message into transport events and the port call; defects go to ``notes``."""
    found = _List(kind, raw, notes)
    walk(found, raw, _HANDLERS, _UNREAD, kind.name, kind.name.lower())
    if found.function is None:
        return []
    return [Reading(found.function, tuple(_statements(found)))]


READERS: Final = {name: partial(read, kind) for name, kind in KINDS.items()}
"""Message type → its typed reader."""


# -- header and both -------------------------------------------------------------------------------


def _bgm(found: _List, segment: Segment) -> None:
    found.function = common.function_of(segment, found.notes)
    code = segment.get(1).strip()
    event = _DOCUMENT.get(code, "")
    if event and found.kind.name not in ("VERMAS", "MOVINS"):
        found.event = event
    elif not found.kind.event:
        found.code = code
        reason = f"document {snippet(code)} (1001) does not say what happens to the containers"
        code = f"{found.kind.name.lower()}.event"
        found.notes.add(code, Severity.WARNING, reason, segment, "1.1")


def _han(found: _List, segment: Segment) -> None:
    """MOVINS orders by HAN; elsewhere it is a handling instruction for a container."""
    if found.kind.name != "MOVINS":
        return
    code = segment.get(1).strip() or segment.get(1, 4).strip()
    event = _HANDLING.get(code.upper(), "")
    if not event:
        reason = f"handling {snippet(code)} (4079) is none that bay plans know"
        found.notes.add("movins.event", Severity.WARNING, reason, segment, "1.1")
    found.event = event or "other"
    found.code = "" if event else code
    found.box = None


def _tdt(found: _List, segment: Segment) -> None:
    """A header's main carriage is the voyage; any other is what brings or takes the container."""
    box = found.box
    stage = segment.get(1).strip()
    if box is None:
        if stage in (MAIN, "") and found.voyage == Voyage():
            found.voyage = common.voyage(segment, found.notes, mode="sea")
        return
    box.onward = True
    if stage == MAIN and box.voyage == Voyage():
        box.voyage = common.voyage(segment, found.notes, mode="sea")
    elif box.inland == Voyage():
        box.inland = common.voyage(segment, found.notes)


def _dtm(found: _List, segment: Segment) -> None:
    box, code = found.box, segment.get(1)
    if box is None:
        field = common.MOMENT.get(code, "")
        elsewhere = code == _NEXT_ARRIVAL and found.kind.name == "MOVINS"
        if field in ("arrival", "departure") and not elsewhere:
            value = common.moment(segment, found.notes, found.year)
            if value:
                found.dates.setdefault(field, value)
    elif code in _MOMENT and not box.occurred and not box.onward:
        box.occurred = common.moment(segment, found.notes, found.year)


def _loc(found: _List, segment: Segment) -> None:
    code, box = segment.get(1), found.box
    field = "here" if code in HERE else common.PLACE.get(code)
    if field == "stowage":
        _stowage(found, segment)
    elif field is not None and (box is None or not box.onward):
        places = found.places if box is None else box.places
        places.setdefault(field, common.place(segment))


def _stowage(found: _List, segment: Segment) -> None:
    """MOVINS names the place on board first and then what is to stand there."""
    if found.kind.name == "MOVINS":
        found.open(segment).fields["stowage"] = segment.get(2).strip()
    elif found.box is not None:
        found.box.fields.setdefault("stowage", segment.get(2).strip())


def _rff(found: _List, segment: Segment) -> None:
    code, number = segment.get(1).strip(), segment.get(1, 2).strip()
    box = found.box
    if box is None:
        if code == "VON" and number and not found.voyage.reference:
            ship = found.voyage
            found.voyage = Voyage(
                reference=number, carrier=ship.carrier, conveyance=ship.conveyance
            )
        elif code in _OF_ALL and number:
            found.documents[f"{code}:{number}"] = None
    elif number and len(box.documents) < _DOCUMENTS and found.kind.name != "MOVINS":
        box.documents[f"{code}:{number}"] = None


def _nad(found: _List, segment: Segment) -> None:
    code, box = segment.get(1).strip(), found.box
    name = segment.get(2).strip() or segment.get(4).strip()
    found.told = None
    if code == "CF" or (code == "CA" and found.kind.name == "MOVINS"):
        if box is None:
            found.operator = found.operator or name
        else:
            box.fields.setdefault("operator", name)
    elif code == "CA":
        if box is None:
            found.carrier = found.carrier or name
        else:
            box.carrier = box.carrier or name
    elif box is not None:
        box.parties.append(common.party(segment, common.ROLE.get(code, "other")))
        found.told = box


def _contact(found: _List, segment: Segment) -> None:
    """CTA names somebody, COM says how to reach them."""
    text = segment.get(2, 2) or segment.get(2) if segment.tag == "CTA" else segment.get(1)
    if found.told is None or not text.strip():
        return
    party = found.told.parties[-1]
    contact = f"{party.contact}; {text.strip()}" if party.contact else text.strip()
    found.told.parties[-1] = replace(party, contact=contact)


# -- one container ---------------------------------------------------------------------------------


def _eqd(found: _List, segment: Segment) -> None:
    box = found.box
    if box is None or found.kind.name != "MOVINS" or "number" in box.fields:
        before = box if found.kind.name == "MOVINS" else None
        box = found.open(segment)
        if before is not None:
            box.fields["stowage"] = before.fields.get("stowage", "")
            box.places = dict(before.places)
    box.at = segment
    box.fields |= common.equipment(segment, found.notes, found.kind.name.lower())


def _mea(found: _List, segment: Segment) -> None:
    if found.box is not None:
        common.box_mass(segment, found.notes, found.box.fields)


def _tmp(found: _List, segment: Segment) -> None:
    if found.box is not None:
        found.box.fields["temperature_c"] = common.temperature(segment, found.notes)


def _dgs(found: _List, segment: Segment) -> None:
    if found.box is not None and (code := undg(segment.get(3), found.notes, segment, "3.1")):
        found.box.undg[code] = None


def _sel(found: _List, segment: Segment) -> None:
    seal = common.seal(segment)
    if found.box is not None and seal is not None:
        found.box.seals[seal] = None


def _doc(found: _List, segment: Segment) -> None:
    """VERMAS: the method of weighing, SM1 or SM2 (SOLAS VI/2.4), and the number of its paper."""
    box = found.box
    if box is None or found.kind.name != "VERMAS":
        return
    box.code = box.code or segment.get(1).strip()
    if (number := segment.get(2).strip()) and len(box.documents) < _DOCUMENTS:
        box.documents[f"{PAPER}:{number}"] = None


def _ftx(found: _List, segment: Segment) -> None:
    """General words (AAI) and those of damage (DAR), where a code alone says that there is none."""
    if found.box is None:
        return
    if segment.get(1) == "AAI" and (text := common.free_text(segment)):
        found.box.texts.append(text)
    elif segment.get(1) == "DAR" and segment.get(4).strip():
        found.box.damages.append(("", common.free_text(segment)))


def _dam(found: _List, segment: Segment) -> None:
    """Damage of the equipment: what kind (C821), where (C822) and how bad (C825)."""
    if found.box is None or segment.get(1) not in (DAMAGED, ""):
        return
    severity = segment.get(4, 4).strip() or segment.get(4).strip()
    area = segment.get(3, 4).strip() or segment.get(3).strip()
    words = [segment.get(2, 4).strip(), area, severity]
    found.box.damages.append((segment.get(2).strip(), "; ".join(word for word in words if word)))


_HANDLERS: Final[dict[str, Callable[[_List, Segment], None]]] = {
    "BGM": _bgm, "HAN": _han, "TDT": _tdt, "DTM": _dtm, "LOC": _loc, "RFF": _rff, "NAD": _nad,
    "EQD": _eqd, "MEA": _mea, "TMP": _tmp, "DGS": _dgs, "SEL": _sel, "DOC": _doc, "FTX": _ftx,
    "DAM": _dam, "CTA": _contact, "COM": _contact,
}  # fmt: skip


# -- statements ------------------------------------------------------------------------------------


def _statements(found: _List) -> list[Statement]:
    events: list[TransportEvent] = []
    for box in found.boxes:
        if box.fields.get("number"):
            event = _event(found, box)
            events.append(event)
            if box.damages:
                codes = [code for code, _ in box.damages if code]
                texts = "; ".join(text for _, text in box.damages if text)
                events.append(damage(event, codes[0] if codes else "", texts))
    return [*_call(found), *events]


def damage(move: TransportEvent, code: str, reason: str) -> TransportEvent:
    """Return the event of the damage that was seen, or is known, when a container moves.

    :param code: 7501, the kind of the first damage. :param reason: the sender's words for all.
    """
    box = move.equipment
    assert box is not None  # the reader makes no event without
    return TransportEvent(
        event="damage",
        occurred=move.occurred,
        place=move.place,
        equipment=TransportEquipment(number=box.number, number_valid=box.number_valid),
        carrier=move.carrier,
        bill=move.bill,
        voyage=move.voyage,
        code=code,
        reason=reason,
    )


def _call(found: _List) -> list[PortCall]:
    """The port is where the event of the message is: loading or discharge."""
    port = _port(found, found.event) or found.places.get("load")
    if port is None and found.event == "other":
        port = found.places.get("discharge")
    if not found.kind.call or port is None or found.voyage == Voyage():
        return []
    return [
        PortCall(
            voyage=found.voyage,
            port=port,
            arrival=found.dates.get("arrival", ""),
            departure=found.dates.get("departure", ""),
            next_port=found.places.get("next", _NOWHERE),
        )
    ]


def _port(found: _List, event: str) -> Place | None:
    """The header's port where an event is. MOVINS has one port for all it orders."""
    return found.places.get("load" if found.kind.name == "MOVINS" else _PORT.get(event, ""))


_PORT: Final = {"load": "load", "discharge": "discharge"}


def _event(found: _List, box: _Box) -> TransportEvent:
    documents = {**box.documents, **found.documents}
    bill = next((text[3:] for text in documents if text.startswith("BM:")), "")
    return TransportEvent(
        event=box.event,
        stage=found.kind.stage,
        occurred=box.occurred,
        place=box.places.get("here")
        or found.places.get("here")
        or _port(found, box.event)
        or _NOWHERE,
        equipment=_equipment(found, box),
        carrier=box.carrier or found.carrier,
        bill=bill,
        voyage=found.voyage if box.voyage == Voyage() else box.voyage,
        inland=box.inland,
        code=box.code,
        reason=" ".join(box.texts),
        parties=tuple(box.parties),
        documents=tuple(text for text in documents if text != f"BM:{bill}"),
    )


def _equipment(found: _List, box: _Box) -> TransportEquipment:
    """Without its voyage, which the event has: what is said once cannot disagree."""
    here = box.places
    own_load = found.places.get("load", _NOWHERE) if box.event == "load" else _NOWHERE
    own_discharge = (
        found.places.get("discharge", _NOWHERE) if box.event == "discharge" else _NOWHERE
    )
    return TransportEquipment(
        **{"operator": found.operator, **box.fields},
        seals=tuple(box.seals),
        undg=tuple(box.undg),
        load_port=here.get("load") or here.get("original_load") or own_load,
        discharge_port=here.get("discharge") or here.get("final_discharge") or own_discharge,
    )
