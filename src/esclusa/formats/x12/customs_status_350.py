"""X12 350, customs status information: what US customs did about bills, containers and the ship.

Releases 003070 to 006050; facts of field use from CBP's guide (ocean). X4 is a posting to a bill:
its disposition code says what happened. V9 is about the ship. Below P4 they happened at that port.
"""

from __future__ import annotations

from typing import Any, Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12 import common
from esclusa.formats.x12.cutting import Cut, cuts
from esclusa.formats.x12.events import Header, meant, remark, remarks, told, unit
from esclusa.model import Function, Severity, TransportEvent

_ALLOWED: Final = frozenset({"ST", "SE", "VID", "M7", "BA1", "LX", "VEH", "NM1"})
"""Segments that the set allows and that make no event of their own."""

TAGS: Final = _ALLOWED | {"X4", "V9", "K1", "N9", "N7", "M10", "V1", "P4"}
"""Tags that have a place in the set."""


class _Posting:
    """One event while its loop is read."""

    __slots__ = ("documents", "fields", "lines", "name")

    def __init__(self, fields: dict[str, Any], name: str, documents: list[str]) -> None:
        self.fields = fields
        self.name = name
        self.documents = documents
        self.lines: list[str] = []

    def event(self) -> TransportEvent:
        return TransportEvent(
            **self.fields,
            reason=told(self.name, remarks(self.lines)),
            documents=tuple(self.documents),
        )


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 350 into events, in their order. Defects go to ``notes``."""
    header = Header(raw, notes, "350")
    postings: list[_Posting] = []
    for segment in cuts(raw.segments):
        if segment.tag == "X4":
            _x4(header, segment, postings)
        elif segment.tag == "V9":
            postings.append(_v9(header, segment))
        elif segment.tag in ("K1", "N9", "N7"):
            _more(segment, postings)
        else:
            header.take(segment, _ALLOWED)
    return [Reading(Function.ORIGINAL, tuple(each.event() for each in postings))]


def _x4(header: Header, segment: Cut, postings: list[_Posting]) -> None:
    """01 bill, 02 quantity, 03 and 04 entry, 05 and 06 moment, 07 disposition, 08 and 10 master
    bill, 09 issuer, 11 and 12 container, 13 where, 15 and 16 reference, 17 time code."""
    code, notes = segment.values[7].strip(), header.notes
    box = unit(segment.values[11].strip() + segment.values[12].strip())
    bill = segment.values[1].strip()
    if not bill and box is None:
        reason = "X4 names neither a bill (X401) nor a container (X412); it is about nothing"
        notes.add("x12.350.subject", Severity.ERROR, reason, segment, "1")
        return
    found = meant(code, notes, segment, "7", "350")
    where = segment.values[13].strip()
    fields = {
        "event": found.event,
        "occurred": common.moment(notes, segment, 5, 6, 17, year=header.year),
        "place": common.place(where) if where else header.place,
        "equipment": box,
        "carrier": segment.values[9].strip() or header.voyage.carrier,
        "bill": bill,
        "voyage": header.voyage,
        "code": code,
    }
    postings.append(_Posting(fields, found.name, list(_documents(segment))))


def _documents(segment: Cut) -> list[str]:
    words = (
        ("QTY", segment.values[2].strip()),
        ("ENTRYTYPE", segment.values[3].strip()),
        ("ENTRY", segment.values[4].strip()),
        ("MB", segment.values[10].strip() + segment.values[8].strip()),
        (segment.values[15].strip(), segment.values[16].strip()),
    )
    return [f"{word}:{text}" for word, text in words if text]


def _v9(header: Header, segment: Cut) -> _Posting:
    """01 code, 02 words, 03 and 04 moment."""
    fields = {
        "event": "other",
        "occurred": common.moment(header.notes, segment, 3, 4, year=header.year),
        "place": header.place,
        "carrier": header.voyage.carrier,
        "voyage": header.voyage,
        "code": segment.values[1].strip(),
    }
    return _Posting(fields, segment.values[2].strip(), [])


def _more(segment: Cut, postings: list[_Posting]) -> None:
    """Remarks, references and containers of the latest posting."""
    if not postings:
        return
    last = postings[-1]
    if segment.tag == "K1":
        remark(segment, last.lines)
    elif segment.tag == "N9" and segment.values[2].strip():
        last.documents.append(f"{segment.values[1].strip()}:{segment.values[2].strip()}")
    elif segment.tag == "N7" and (
        box := unit(segment.values[1].strip() + segment.values[2].strip())
    ):
        last.documents.append(f"EQ:{box.number}")
