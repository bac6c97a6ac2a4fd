"""What ships' messages say beside the fields of a record: values of a ship's declaration.

A value is named by its segment and qualifiers as sent, ``MEA:AAE:AAM`` (gross tonnage) or
``DTM:132``, so that nothing has to be invented for the hundreds of codes that a port may ask for.
Its text: a measure or quantity with its unit behind a blank (``25000 TNE``), a moment in ISO 8601,
of a coded value the code and where there is none the words. ``write_ship_values`` is the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.reading import Notes
from esclusa.formats.values import number, ship_number
from esclusa.model import DeclaredItem, DeclaredValue, Identifier, Party, Voyage

ORDER: Final = (
    "RFF", "TDT", "COM", "LOC", "DTM", "MEA", "DIM", "QTY", "FTX", "GEI", "GIS", "STS", "GDS",
    "GOR", "HAN", "EQN", "EQD", "DGS", "SGP", "NAD",
)  # fmt: skip
"""Values stand in this order of tags, and as sent within one: no message has them all in one
order, and what is written must come back as it was."""

_RANK: Final = {tag: at for at, tag in enumerate(ORDER)}

PARTY_LIMIT: Final = 30
"""Numbers and contacts kept for one party; guides allow nine of each."""


class Context(NamedTuple):
    """What a value needs from its message."""

    notes: Notes
    year: int


def value_of(segment: Segment, context: Context) -> DeclaredValue | None:
    """Return what a segment states, None when it states nothing or its tag is none of ``ORDER``.

    A number or moment that cannot be read is noted and left out.
    """
    reader = _READERS.get(segment.tag)
    found = reader(segment, context) if reader else None
    return DeclaredValue(code=found[0], value=found[1]) if found and found[1] else None


def sorted_values(values: Iterable[DeclaredValue]) -> tuple[DeclaredValue, ...]:
    """Return values in the order of their tags, as sent within one tag."""
    return tuple(sorted(values, key=_rank))


def _rank(value: DeclaredValue) -> int:
    return _RANK.get(value.code.partition(":")[0], len(_RANK))


class Item:
    """A line of a declaration while its group is read."""

    __slots__ = ("code", "fields", "values")

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        self.fields = fields
        self.values: list[DeclaredValue] = []

    def built(self) -> DeclaredItem:
        return DeclaredItem(code=self.code, **self.fields, values=sorted_values(self.values))


# -- one tag after the other ----------------------------------------------------------------------


_Stated = tuple[str, str] | None


def amount(segment: Segment, element: int, component: int, context: Context) -> str:
    """Return a number as sent, "" when it is none (noted)."""
    text = segment.get(element, component).strip()
    found = number(text, context.notes, segment, f"{element}.{component}")
    return text if found is not None else ""


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit.strip()}".strip() if text else ""


def _code(tag: str, *qualifiers: str) -> str:
    return ":".join((tag, *(part for part in qualifiers if part)))


def _mea(segment: Segment, context: Context) -> _Stated:
    text = _with_unit(amount(segment, 3, 2, context), segment.get(3))
    return _code("MEA", segment.get(1).strip(), segment.get(2).strip()), text


def _qty(segment: Segment, context: Context) -> _Stated:
    text = _with_unit(segment.get(1, 2).strip(), segment.get(1, 3))
    return _code("QTY", segment.get(1).strip()), text


def _dim(segment: Segment, context: Context) -> _Stated:
    parts = [amount(segment, 2, at, context) for at in (2, 3, 4)]
    text = ":".join(parts).rstrip(":")
    return _code("DIM", segment.get(1).strip()), _with_unit(text, segment.get(2))


def _dtm(segment: Segment, context: Context) -> _Stated:
    text = common.moment(segment, context.notes, context.year)
    return _code("DTM", segment.get(1).strip()), text


def _ftx(segment: Segment, context: Context) -> _Stated:
    return _code("FTX", segment.get(1).strip()), common.free_text(segment)


def _rff(segment: Segment, context: Context) -> _Stated:
    return _code("RFF", segment.get(1).strip()), segment.get(1, 2).strip()


def _com(segment: Segment, context: Context) -> _Stated:
    return _code("COM", segment.get(1, 2).strip()), segment.get(1).strip()


def _loc(segment: Segment, context: Context) -> _Stated:
    return _code("LOC", segment.get(1).strip()), place_text(segment)


def _gor(segment: Segment, context: Context) -> _Stated:
    parts = (":".join(segment.element(at)).rstrip(":") for at in range(2, 6))
    return _code("GOR", segment.get(1).strip()), " ".join(part for part in parts if part)


def _eqn(segment: Segment, context: Context) -> _Stated:
    kind = segment.get(1, 2).strip()
    return _code("EQN", kind), amount(segment, 1, 1, context)


def _dgs(segment: Segment, context: Context) -> _Stated:
    text = f"{segment.get(2).strip()}:{segment.get(3).strip()}".rstrip(":")
    return _code("DGS", segment.get(1).strip()), text


def _sgp(segment: Segment, context: Context) -> _Stated:
    return "SGP", segment.get(1).strip()


def _nad(segment: Segment, context: Context) -> _Stated:
    found = common.party(segment, "other")
    return _code("NAD", segment.get(1).strip()), found.name or segment.get(2).strip()


def _coded(qualified: bool, *places: tuple[int, int]) -> Callable[[Segment, Context], _Stated]:
    """Read a code, else the words that stand for it; ``qualified``: element 1 is a qualifier."""

    def read(segment: Segment, context: Context) -> _Stated:
        texts = (segment.get(*place).strip() for place in places)
        text = next((text for text in texts if text), "")
        return _code(segment.tag, segment.get(1).strip() if qualified else ""), text

    return read


_READERS: Final[dict[str, Callable[[Segment, Context], _Stated]]] = {
    "COM": _com, "DGS": _dgs, "DIM": _dim, "DTM": _dtm, "EQN": _eqn, "FTX": _ftx, "GOR": _gor,
    "LOC": _loc, "MEA": _mea, "NAD": _nad, "QTY": _qty, "RFF": _rff, "SGP": _sgp,
    "GDS": _coded(False, (1, 1), (2, 4), (2, 1)),
    "GEI": _coded(True, (2, 1), (2, 4)),
    "GIS": _coded(False, (1, 1)),
    "HAN": _coded(False, (1, 1), (1, 4), (2, 1), (2, 4)),
    "STS": _coded(True, (2, 1), (2, 4)),
    "TDT": _coded(False, (4, 1), (4, 4)),
}  # fmt: skip


# -- ships, places and parties --------------------------------------------------------------------


def place_text(segment: Segment) -> str:
    """Return the code of a LOC, else its name."""
    found = common.place(segment)
    return found.code or found.name


def berth_text(segment: Segment) -> str:
    """Return the berth of a LOC: the related location (C519) where it is given, as in
    ``LOC+164+NLRTM:139:6+QUAY7``, else the place itself."""
    related = segment.get(3).strip() or segment.get(3, 4).strip()
    return related or place_text(segment)


_IMO_DIGITS: Final = 7
_MMSI_DIGITS: Final = 9


def identified(voyage: Voyage, segment: Segment, notes: Notes) -> Voyage:
    """Read RFF VM, a further number of the ship beside the one that TDT holds.

    Seven digits are its IMO number, nine its MMSI, anything else its call sign.
    """
    mark, ship = segment.get(1, 2).strip(), voyage.conveyance
    digits = mark.upper().removeprefix("IMO").strip()
    if digits.isascii() and digits.isdigit() and len(digits) == _IMO_DIGITS:
        imo, valid = ship_number(mark, notes, segment, "1.2")
        ship = replace(ship, imo=ship.imo or imo, imo_valid=ship.imo_valid if ship.imo else valid)
    elif mark.isascii() and mark.isdigit() and len(mark) == _MMSI_DIGITS:
        ship = replace(ship, mmsi=ship.mmsi or mark)
    else:
        ship = replace(ship, call_sign=ship.call_sign or mark)
    return replace(voyage, conveyance=ship)


def with_contact(party: Party, segment: Segment) -> Party:
    """Add what CTA or COM says to a party."""
    text = (segment.get(2, 2) or segment.get(2)) if segment.tag == "CTA" else segment.get(1)
    if not text.strip() or party.contact.count(";") >= PARTY_LIMIT:
        return party
    contact = f"{party.contact}; {text.strip()}" if party.contact else text.strip()
    return replace(party, contact=contact)


def with_number(party: Party, segment: Segment) -> Party | None:
    """Add a tax or registration number (RFF) to a party; None when it is another reference."""
    word, text = common.REFERENCE.get(segment.get(1), ""), segment.get(1, 2).strip()
    if word not in ("tax", "registration") or not text:
        return None
    if len(party.identifiers) >= PARTY_LIMIT:
        return party
    found = Identifier(scheme=word, value=text)
    return replace(party, identifiers=(*party.identifiers, found))
