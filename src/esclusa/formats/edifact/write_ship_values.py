"""Values of a ship's declaration as segments: the way back from ``ship_values``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import Element, segment
from esclusa.formats.edifact.segment import Segment
from esclusa.model import DeclaredValue, Party, Place, Voyage

WHAT: Final = "ship declaration"

_CODED: Final = re.compile(r"[A-Z0-9]{1,3}")
_LONG_CODE: Final = re.compile(r"[A-Z0-9]{1,8}")
_KEY: Final = re.compile(r"\S{1,35}")
"""What can stand as the code of a place or party."""

_TEXT: Final = (512, 5)
"""Length and number of lines of C108."""


def tag_of(code: str) -> str:
    return code.partition(":")[0]


def of(values: Iterable[DeclaredValue], *tags: str) -> Iterator[Segment]:
    """Yield the segments of the values under these tags, tag after tag.

    :raises WritingError: a moment is not in ISO 8601.
    """
    found = list(values)
    for tag in tags:
        for value in found:
            if tag_of(value.code) == tag and (write := _WRITERS.get(tag)):
                yield write(value.code.split(":")[1:], value.value)


def text_segment(qualifier: str, text: str) -> Segment:
    """Return FTX of a text."""
    return segment("FTX", qualifier, "", "", common.lines(common.one_line(text), *_TEXT))


def located(qualifier: str, text: str) -> Segment:
    """Return LOC of a place of which one word is known; "" states the qualifier alone."""
    element: Element = text if _KEY.fullmatch(text) else ("", "", "", common.one_line(text))
    return segment("LOC", qualifier, element if text else "")


def ship(voyage: Voyage, kind: str = "", mode: str = "sea") -> Iterator[Segment]:
    """Yield TDT of the main carriage; ``kind`` is the type of means (C001 or C228)."""
    code = common.CODE["mode"].get(voyage.conveyance.mode or mode, "")
    made = common.voyage(voyage, code)
    if kind:
        elements = [list(part) for part in made.elements()]
        elements += [[""]] * (4 - len(elements))
        elements[3] = [kind] if _LONG_CODE.fullmatch(kind) else ["", "", "", kind]
        made = segment("TDT", *elements)
    yield made


def marks(voyage: Voyage) -> Iterator[Segment]:
    """Yield RFF VM for the numbers of the ship that TDT has no room for."""
    ship = voyage.conveyance
    for mark in (ship.call_sign if ship.imo else "", ship.mmsi):
        if mark:
            yield segment("RFF", ("VM", mark))


def kind_of(values: Iterable[DeclaredValue]) -> str:
    """Return the type of ship that a declaration states, "" when it does not."""
    return next((value.value for value in values if value.code == "TDT"), "")


def parties(found: Iterable[Party], *, numbers: bool = False) -> Iterator[Segment]:
    """Yield NAD with contacts, and RFF of tax numbers where the message has them."""
    for party in found:
        yield common.party(party)
        yield from common.contacts(party)
        if numbers:
            yield from common.party_numbers(party)


# -- one tag after the other ----------------------------------------------------------------------


def _first(parts: list[str]) -> str:
    return parts[0] if parts else ""


def _split(text: str) -> tuple[str, str]:
    """Number and unit."""
    number, _, unit = text.partition(" ")
    return number, unit


def _mea(parts: list[str], text: str) -> Segment:
    number, unit = _split(text)
    return segment("MEA", _first(parts), _first(parts[1:]), (unit, number))


def _qty(parts: list[str], text: str) -> Segment:
    number, unit = _split(text)
    return segment("QTY", (_first(parts), number, unit))


def _dim(parts: list[str], text: str) -> Segment:
    number, unit = _split(text)
    return segment("DIM", _first(parts), (unit, *number.split(":")))


def _gor(parts: list[str], text: str) -> Segment:
    return segment("GOR", _first(parts), *(each.split(":") for each in text.split(" ")))


def _dgs(parts: list[str], text: str) -> Segment:
    hazard, _, undg = text.partition(":")
    return segment("DGS", _first(parts), hazard, undg)


def _nad(parts: list[str], text: str) -> Segment:
    return segment("NAD", _first(parts), "", "", common.lines(common.one_line(text), 35, 5))


def _coded(text: str) -> Element:
    return text if _CODED.fullmatch(text) else ("", "", "", common.one_line(text))


_WRITERS: Final[dict[str, Callable[[list[str], str], Segment]]] = {
    "COM": lambda parts, text: segment("COM", (text, _first(parts))),
    "DGS": _dgs,
    "DIM": _dim,
    "DTM": lambda parts, text: common.moment(_first(parts), text, WHAT),
    "EQN": lambda parts, text: segment("EQN", (text, _first(parts))),
    "FTX": lambda parts, text: text_segment(_first(parts), text),
    "GDS": lambda parts, text: segment("GDS", *_nature(text)),
    "GEI": lambda parts, text: segment("GEI", _first(parts), _coded(text)),
    "GOR": _gor,
    "HAN": lambda parts, text: segment("HAN", _coded(text)),
    "LOC": lambda parts, text: located(_first(parts), text),
    "MEA": _mea,
    "NAD": _nad,
    "POC": lambda parts, text: segment("POC", _coded(text)),
    "QTY": _qty,
    "RFF": lambda parts, text: segment("RFF", (_first(parts), text)),
    "SGP": lambda parts, text: segment("SGP", text),
    "STS": lambda parts, text: segment("STS", _first(parts), _coded(text)),
}


def _nature(text: str) -> tuple[Element, ...]:
    """C703 for a code, C288 for words."""
    return (text,) if _CODED.fullmatch(text) else ("", ("", "", "", common.one_line(text)))


def purposes(found: Iterable[str]) -> Iterator[Segment]:
    """Yield POC for the purposes of a call."""
    for text in found:
        yield segment("POC", _coded(text))


def same_place(places: Iterable[Place], text: str) -> Place | None:
    """Return the place of which ``text`` is the code or name."""
    return next((each for each in places if text and (each.code or each.name) == text), None)
