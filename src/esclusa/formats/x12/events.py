"""What 350, 353 and 355 share: the header that names ship and port, remarks, and what codes mean.

All three speak of bills, containers, in-bond movements or the ship herself, below a port (P4).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib import resources
from typing import Final

import msgspec

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.values import container
from esclusa.formats.x12 import common
from esclusa.formats.x12.cutting import Cut
from esclusa.model import Place, Severity, TransportEquipment, Voyage

REMARK: Final = 30
"""Length of K101 and K102: one filled to the end goes on in the next without a blank."""

INBOND: Final = "INBOND"


class Disposition(msgspec.Struct, frozen=True):
    """What a disposition code makes of a bill: Esclusa's word, and CBP's name for it."""

    event: str
    name: str


def _load() -> dict[str, Disposition]:
    source = resources.files("esclusa.formats.x12").joinpath("dispositions.csv")
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["code"]: Disposition(row["event"], row["name"]) for row in rows}


DISPOSITIONS: Final = _load()
"""Element 35 → what it means (CBP CATAIR appendix N, CAMIR appendix D)."""


class Header:
    """Ship, port and manifest type as the segments before the events tell them."""

    voyage = Voyage()
    place = Place()
    kind = ""

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.prepared = raw.prepared


def _m10(header: Header, segment: Cut) -> None:
    header.voyage = common.m10_voyage(header.notes, segment)
    header.kind = segment.values[9].strip()


def _v1(header: Header, segment: Cut) -> None:
    header.voyage = common.v1_voyage(header.notes, segment, header.voyage)


def _p4(header: Header, segment: Cut) -> None:
    header.place = common.place(segment.values[1].strip())


HEADER: Final[dict[str, Callable[[Header, Cut], None]]] = {"M10": _m10, "V1": _v1, "P4": _p4}
"""Segments of the header, for each set's own table of handlers."""


def remark(segment: Cut, lines: list[str]) -> None:
    """Add the two texts of K1."""
    if text := segment.values[1]:
        lines.append(text)
    if text := segment.values[2]:
        lines.append(text)


def remarks(lines: list[str]) -> str:
    """Return the text that K1 segments in a row make."""
    return common.joined(lines, REMARK)


def unit(number: str) -> TransportEquipment | None:
    """Return the container of a number, None for none."""
    if not number:
        return None
    plain, valid = container(number)
    return TransportEquipment(number=plain, number_valid=valid)


def meant(code: str, notes: Notes, segment: Cut, element: str, of: str) -> Disposition:
    """Return what a disposition code means; an unknown one is noted and kept."""
    found = DISPOSITIONS.get(code)
    if found is None:
        reason = f"disposition code {snippet(code)} is not known; it was kept"
        notes.add(f"x12.{of}.disposition", Severity.NOTE, reason, segment, element)
        return Disposition("other", "")
    return found


def told(name: str, words: str) -> str:
    """Return the name of a code with further words behind it."""
    return f"{name}; {words}" if name and words else name or words
