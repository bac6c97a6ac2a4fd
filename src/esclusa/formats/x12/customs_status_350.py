"""X12 350, customs status information: what US customs did about bills, containers and the ship.

Releases 003070 to 006050; facts of field use from CBP's guide (ocean). X4 is a posting to a bill:
its disposition code says what happened. V9 is about the ship. Below P4 they happened at that port.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12 import common
from esclusa.formats.x12.cutting import Cut, walk
from esclusa.formats.x12.events import HEADER, Header, meant, remark, remarks, told, unit
from esclusa.model import Function, Severity, TransportEquipment, TransportEvent

_ALLOWED: Final = frozenset({"ST", "SE", "VID", "M7", "BA1", "LX", "VEH", "NM1"})
"""Segments that the set allows and that make no event of their own."""

TAGS: Final = _ALLOWED | {"X4", "V9", "K1", "N9", "N7", "M10", "V1", "P4"}
"""Tags that have a place in the set."""


class _Posting:
    """One event while its loop is read."""

    equipment: TransportEquipment | None = None
    bill = ""

    def __init__(self, header: Header, event: str, name: str, documents: list[str]) -> None:
        self.event = event
        self.name = name
        self.documents = documents
        self.lines: list[str] = []
        self.place = header.place
        self.voyage = header.voyage
        self.carrier = header.voyage.carrier
        self.code = self.occurred = ""

    def told(self) -> TransportEvent:
        """Return the event."""
        return TransportEvent(
            event=self.event,
            occurred=self.occurred,
            place=self.place,
            equipment=self.equipment,
            carrier=self.carrier,
            bill=self.bill,
            voyage=self.voyage,
            code=self.code,
            reason=told(self.name, remarks(self.lines)) if self.lines else self.name,
            documents=tuple(self.documents),
        )


class _Status(Header):
    """The set while it is read."""

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        super().__init__(raw, notes)
        self.postings: list[_Posting] = []


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 350 into events, in their order. Defects go to ``notes``."""
    status = _Status(raw, notes)
    walk(status, raw, _HANDLERS, _ALLOWED, "350")
    return [Reading(Function.ORIGINAL, tuple([each.told() for each in status.postings]))]


def _x4(status: _Status, segment: Cut) -> None:
    """01 bill, 02 quantity, 03 and 04 entry, 05 and 06 moment, 07 disposition, 08 and 10 master
    bill, 09 issuer, 11 and 12 container, 13 where, 15 and 16 reference, 17 time code."""
    values, notes = segment.values, status.notes
    box = unit(values[11].strip() + values[12].strip())
    bill = values[1].strip()
    if not bill and box is None:
        reason = "X4 names neither a bill (X401) nor a container (X412); it is about nothing"
        notes.add("x12.350.subject", Severity.ERROR, reason, segment, "1")
        return
    code = values[7].strip()
    found = meant(code, notes, segment, "7", "350")
    posting = _Posting(status, found.event, found.name, _documents(values))
    posting.occurred = common.moment(notes, segment, 5, 6, 17, year=status.year)
    if where := values[13].strip():
        posting.place = common.place(where)
    posting.equipment = box
    posting.carrier = values[9].strip() or posting.carrier
    posting.bill = bill
    posting.code = code
    status.postings.append(posting)


def _documents(values: list[str]) -> list[str]:
    found: list[str] = []
    if text := values[2].strip():
        found.append(f"QTY:{text}")
    if text := values[3].strip():
        found.append(f"ENTRYTYPE:{text}")
    if text := values[4].strip():
        found.append(f"ENTRY:{text}")
    if text := values[10].strip() + values[8].strip():
        found.append(f"MB:{text}")
    if text := values[16].strip():
        found.append(f"{values[15].strip()}:{text}")
    return found


def _v9(status: _Status, segment: Cut) -> None:
    """01 code, 02 words, 03 and 04 moment."""
    values = segment.values
    posting = _Posting(status, "other", values[2].strip(), [])
    posting.occurred = common.moment(status.notes, segment, 3, 4, year=status.year)
    posting.code = values[1].strip()
    status.postings.append(posting)


def _k1(status: _Status, segment: Cut) -> None:
    """Remarks on the latest posting."""
    if status.postings:
        remark(segment, status.postings[-1].lines)


def _n9(status: _Status, segment: Cut) -> None:
    """A reference of the latest posting."""
    values = segment.values
    if status.postings and (text := values[2].strip()):
        status.postings[-1].documents.append(f"{values[1].strip()}:{text}")


def _n7(status: _Status, segment: Cut) -> None:
    """A container of the latest posting."""
    values = segment.values
    if status.postings and (box := unit(values[1].strip() + values[2].strip())):
        status.postings[-1].documents.append(f"EQ:{box.number}")


_HANDLERS: Final[dict[str, Callable[[_Status, Cut], None]]] = {
    **HEADER, "X4": _x4, "V9": _v9, "K1": _k1, "N9": _n9, "N7": _n7,
}  # fmt: skip
