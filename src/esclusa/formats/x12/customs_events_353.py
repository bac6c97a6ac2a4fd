"""X12 353, customs events advisory details: carriers tell US customs what arrived or left.

Releases 003040 to 006050. M15 names in-bond movements, bills or containers that arrived, were
exported or passed to another carrier, or the ship herself; the manifest type (M1009: H arrival, K
departure) says what a code that is not of those means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12 import common
from esclusa.formats.x12.cutting import Cut, walk
from esclusa.formats.x12.events import HEADER, INBOND, Header, remark, remarks, told, unit
from esclusa.model import (
    Function,
    Identifier,
    Party,
    Place,
    Seal,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

_ALLOWED: Final = frozenset({"ST", "SE", "L10", "V2", "VID", "M7", "M7A", "N9"})

TAGS: Final = _ALLOWED | {"M15", "K1", "M10", "V1", "P4"}
"""Tags that have a place in the set."""

EVENTS: Final = {
    "1": ("arrive", "inbond"), "2": ("arrive", "bill"), "3": ("arrive", "container"),
    "5": ("depart", "inbond"), "6": ("depart", "bill"), "7": ("depart", "container"),
    "A": ("other", "inbond"), "B": ("other", "bill"), "C": ("other", "container"),
}  # fmt: skip
"""Notification entity qualifier (M1501) → event and what M1502 names. A, B and C pass liability to
another carrier."""

MANIFEST: Final = {"H": "arrive", "K": "depart"}
"""Manifest type (256) → what the ship did."""

TRANSFER: Final = "Transfer of liability"


class _Event:
    """One event while the remarks behind it are read."""

    event: str
    occurred: str
    place: Place
    box: TransportEquipment | None
    carrier: str
    bill: str
    voyage: Voyage
    code: str
    reason: str
    parties: tuple[Party, ...]
    documents: tuple[str, ...]
    lines: list[str]

    def told(self) -> TransportEvent:
        """Return the event."""
        return TransportEvent(
            event=self.event,
            occurred=self.occurred,
            place=self.place,
            equipment=self.box,
            carrier=self.carrier,
            bill=self.bill,
            voyage=self.voyage,
            code=self.code,
            reason=told(self.reason, remarks(self.lines)) if self.lines else self.reason,
            parties=self.parties,
            documents=self.documents,
        )


class _Advice(Header):
    """The set while it is read."""

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        super().__init__(raw, notes)
        self.events: list[_Event] = []


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 353 into events, in their order. Defects go to ``notes``."""
    advice = _Advice(raw, notes)
    walk(advice, raw, _HANDLERS, _ALLOWED, "353")
    return [Reading(Function.ORIGINAL, tuple([each.told() for each in advice.events]))]


def _k1(advice: _Advice, segment: Cut) -> None:
    """Remarks on the latest event."""
    if advice.events:
        remark(segment, advice.events[-1].lines)


def _m15(advice: _Advice, segment: Cut) -> None:
    """01 what, 02 its number, 03 and 06 moment, 04 where, 05 issuer of a bill, 07 seal, 08 and 09
    the next carrier, 10 town."""
    values, voyage = segment.values, advice.voyage
    code, number = values[1].strip(), values[2].strip()
    event, subject = EVENTS.get(code) or (MANIFEST.get(advice.kind, "other"), "ship")
    found = _Event()
    found.event = event
    found.occurred = common.moment(advice.notes, segment, 3, 6, year=advice.year)
    found.place = _where(values[4].strip(), values[10].strip(), advice.place)
    found.box = _sealed(number, values[7].strip()) if subject == "container" else None
    found.carrier = values[5].strip() or voyage.carrier
    found.bill = number if subject == "bill" else ""
    found.voyage = voyage
    found.code = code
    found.reason = TRANSFER if event == "other" and subject != "ship" else ""
    found.parties = _next_carrier(values)
    found.documents = (f"{INBOND}:{number}",) if subject == "inbond" and number else ()
    found.lines = []
    advice.events.append(found)


def _sealed(number: str, seal: str) -> TransportEquipment | None:
    box = unit(number)
    return replace(box, seals=(Seal(number=seal),)) if box is not None and seal else box


def _where(code: str, town: str, port: Place) -> Place:
    if code:
        return common.place(code, town)
    return Place(name=town) if town else port


def _next_carrier(values: list[str]) -> tuple[Party, ...]:
    tax, code = values[8].strip(), values[9].strip()
    if not tax and not code:
        return ()
    numbers = [Identifier(scheme="other", value=code)] if code else []
    numbers += [Identifier(scheme="tax", value=tax)] if tax else []
    return (Party(role="carrier", identifiers=tuple(numbers)),)


_HANDLERS: Final[dict[str, Callable[[_Advice, Cut], None]]] = {**HEADER, "M15": _m15, "K1": _k1}
