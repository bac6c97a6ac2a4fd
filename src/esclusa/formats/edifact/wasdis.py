"""WASDIS: the waste and cargo residues of a ship, kind by kind.

UN/EDIFACT D.01B to D.24A; the four amounts of MARPOL's notification have codes of their own (6313
AFP, AFQ, AFR, AFS). One line for each DGS. Groups are opened by their trigger segments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esclusa.formats.edifact import common
from esclusa.formats.edifact.calls import SPECS, STAY
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.ship_values import (
    Context,
    Item,
    identified,
    sorted_values,
    value_of,
    with_contact,
    with_number,
)
from esclusa.formats.reading import Notes, Reading, walk
from esclusa.formats.values import number
from esclusa.model import (
    DeclaredValue,
    Function,
    Party,
    Place,
    Severity,
    ShipDeclaration,
    Voyage,
)

DELIVERED: Final = "AFQ"
"""6313: waste to be delivered here, the quantity of a line."""

MASTER: Final = "CPE"
"""3035 of the master, who declares."""

NAMES: Final = ("AAD", "AAA", "BLU")
"""4451 of texts that say what a kind of waste is; the first counts."""

PORTS: Final = SPECS["BERMAN"].ports
"""3227 of the port that the waste is declared to."""

_UNREAD: Final = frozenset({"UNH", "UNT"})


class _Waste:
    """The message while it is read. ``item``: the line that is open."""

    __slots__ = (
        "context", "dates", "declarant", "declared", "function", "item", "items", "legs", "notes",
        "parties", "party", "places", "reference", "values", "voyage",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.context = Context(notes, common.year_of(raw))
        self.function: Function | None = Function.ORIGINAL
        self.voyage = Voyage()
        self.legs = False
        self.reference = ""
        self.declared = self.declarant = ""
        self.dates: dict[str, str] = {}
        self.places: list[tuple[str, Place, DeclaredValue]] = []
        self.parties: list[Party] = []
        self.party = False
        self.values: list[DeclaredValue] = []
        self.items: list[Item] = []
        self.item: Item | None = None


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one WASDIS message into a ship's declaration of its waste.

    Defects go to ``notes``. Empty when the message's function states nothing (1225).
    """
    waste = _Waste(raw, notes)
    walk(waste, raw, _HANDLERS, _UNREAD, "WASDIS", "wasdis")
    if waste.function is None:
        return []
    found = _declaration(waste, raw)
    return [Reading(waste.function, () if found is None else (found,))]


def _bgm(waste: _Waste, segment: Segment) -> None:
    waste.function = common.function_of(segment, waste.notes)


def _value(waste: _Waste, segment: Segment) -> None:
    if value := value_of(segment, waste.context):
        (waste.values if waste.item is None else waste.item.values).append(value)


def _dtm(waste: _Waste, segment: Segment) -> None:
    """137 is when the declaration was made; the ship's own moments follow TDT."""
    code = segment.get(1)
    field = common.MOMENT.get(code, "")
    if waste.item is None and (field == "prepared" or (waste.legs and field in _CALL)):
        value = common.moment(segment, waste.notes, waste.context.year)
        if value and field in _CALL:
            waste.dates.setdefault(field, value)
        elif value:
            waste.declared = waste.declared or value
    else:
        _value(waste, segment)


_CALL: Final = ("arrival", "departure")


def _rff(waste: _Waste, segment: Segment) -> None:
    code, text = segment.get(1), segment.get(1, 2).strip()
    if not text or code == "ACW":
        return
    if waste.party and waste.parties and (found := with_number(waste.parties[-1], segment)):
        waste.parties[-1] = found
    elif code == STAY and not waste.reference:
        waste.reference = text
    elif code == "VM":
        waste.voyage = identified(waste.voyage, segment, waste.notes)
    else:
        _value(waste, segment)


def _tdt(waste: _Waste, segment: Segment) -> None:
    waste.party, waste.item = False, None
    if not waste.legs:
        waste.voyage = common.voyage(segment, waste.notes, mode="sea")
        _value(waste, segment)
    waste.legs = True


def _loc(waste: _Waste, segment: Segment) -> None:
    """A place before TDT is where the ship was inspected; behind it one may be the port."""
    value = value_of(segment, waste.context)
    if value is None:
        return
    (waste.values if waste.item is None else waste.item.values).append(value)
    if waste.legs and waste.item is None:
        waste.places.append((segment.get(1).strip(), common.place(segment), value))


def _nad(waste: _Waste, segment: Segment) -> None:
    if waste.item is not None:
        _value(waste, segment)
        return
    code = segment.get(1)
    found = common.party(segment, common.ROLE.get(code, "other"))
    waste.party = code != MASTER or not found.name or bool(waste.declarant)
    if waste.party:
        waste.parties.append(found)
    else:
        waste.declarant = found.name


def _contact(waste: _Waste, segment: Segment) -> None:
    if waste.party and waste.parties:
        waste.parties[-1] = with_contact(waste.parties[-1], segment)


def _dgs(waste: _Waste, segment: Segment) -> None:
    """A kind of waste: its code (8351), and the subdivision (8078) of MARPOL."""
    waste.party = False
    item = Item(segment.get(2).strip())
    for code, text in (("DGS", segment.get(1)), ("DGS:8078", segment.get(2, 2))):
        if text.strip():
            item.values.append(DeclaredValue(code=code, value=text.strip()))
    waste.items.append(item)
    waste.item = item


def _mea(waste: _Waste, segment: Segment) -> None:
    item = waste.item
    if item is None or DELIVERED not in (segment.get(2), segment.get(1)):
        _value(waste, segment)
    elif "quantity" not in item.fields:
        found = number(segment.get(3, 2).strip(), waste.notes, segment, "3.2")
        if found is not None:
            item.fields.update(quantity=found, unit=segment.get(3).strip())


def _ftx(waste: _Waste, segment: Segment) -> None:
    item = waste.item
    text = common.free_text(segment)
    if item is not None and text and "name" not in item.fields and segment.get(1) in NAMES:
        item.fields["name"] = text
    else:
        _value(waste, segment)


_HANDLERS: Final[dict[str, Callable[[_Waste, Segment], None]]] = {
    "BGM": _bgm, "COM": _contact, "CTA": _contact, "DGS": _dgs, "DTM": _dtm, "FTX": _ftx,
    "LOC": _loc, "MEA": _mea, "NAD": _nad, "RFF": _rff, "TDT": _tdt,
    **dict.fromkeys(("GOR", "QTY", "SGP"), _value),
}  # fmt: skip


def _declaration(waste: _Waste, raw: RawMessage) -> ShipDeclaration | None:
    port = _port(waste)
    if port == Place() and not waste.reference:
        reason = "WASDIS names no port of call (LOC); the declaration cannot be told from others"
        waste.notes.add("wasdis.port.missing", Severity.ERROR, reason, raw.segments[0])
        return None
    return ShipDeclaration(
        form="waste",
        voyage=waste.voyage,
        port=port,
        call_reference=waste.reference,
        arrival=waste.dates.get("arrival", ""),
        departure=waste.dates.get("departure", ""),
        declared=waste.declared,
        declarant=waste.declarant,
        parties=tuple(waste.parties),
        values=sorted_values(waste.values),
        items=tuple(item.built() for item in waste.items),
    )


def _port(waste: _Waste) -> Place:
    for qualifier in (*PORTS, "5"):
        for code, place, value in waste.places:
            if code == qualifier:
                waste.values = [each for each in waste.values if each is not value]
                return place
    return Place()
