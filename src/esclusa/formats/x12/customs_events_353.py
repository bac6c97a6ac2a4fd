"""X12 353, customs events advisory details: carriers tell US customs what arrived or left.

Releases 003040 to 006050. M15 names in-bond movements, bills or containers that arrived, were
exported or passed to another carrier, or the ship herself; the manifest type (M1009: H arrival, K
departure) says what a code that is not of those means.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12 import common
from esclusa.formats.x12.cutting import Cut, cuts
from esclusa.formats.x12.events import INBOND, Header, remark, remarks, unit
from esclusa.model import (
    Function,
    Identifier,
    Party,
    Place,
    Seal,
    TransportEvent,
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


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 353 into events, in their order. Defects go to ``notes``."""
    header = Header(raw, notes, "353")
    events: list[TransportEvent] = []
    lines: list[str] = []
    for segment in cuts(raw.segments):
        if segment.tag == "M15":
            _close(events, lines)
            lines = []
            events.append(_m15(header, segment))
        elif segment.tag == "K1":
            remark(segment, lines)
        else:
            header.take(segment, _ALLOWED)
    _close(events, lines)
    return [Reading(Function.ORIGINAL, tuple(events))]


def _close(events: list[TransportEvent], lines: list[str]) -> None:
    """Give the latest event its remarks."""
    if not events or not lines:
        return
    words = "; ".join(part for part in (events[-1].reason, remarks(lines)) if part)
    events[-1] = replace(events[-1], reason=words)


def _m15(header: Header, segment: Cut) -> TransportEvent:
    """01 what, 02 its number, 03 and 06 moment, 04 where, 05 issuer of a bill, 07 seal, 08 and 09
    the next carrier, 10 town."""
    code, number = segment.values[1].strip(), segment.values[2].strip()
    event, subject = EVENTS.get(code, (MANIFEST.get(header.kind, "other"), "ship"))
    where = Place(code=segment.values[4].strip(), name=segment.values[10].strip())
    if where.code:
        where = common.place(where.code, where.name)
    box = unit(number) if subject == "container" else None
    seal = segment.values[7].strip()
    if box is not None and seal:
        box = replace(box, seals=(Seal(number=seal),))
    return TransportEvent(
        event=event,
        occurred=common.moment(header.notes, segment, 3, 6, year=header.year),
        place=header.place if where == Place() else where,
        equipment=box,
        carrier=segment.values[5].strip() or header.voyage.carrier,
        bill=number if subject == "bill" else "",
        voyage=header.voyage,
        code=code,
        reason=TRANSFER if event == "other" and subject != "ship" else "",
        parties=_next_carrier(segment),
        documents=(f"{INBOND}:{number}",) if subject == "inbond" and number else (),
    )


def _next_carrier(segment: Cut) -> tuple[Party, ...]:
    tax, code = segment.values[8].strip(), segment.values[9].strip()
    numbers = [Identifier(scheme="other", value=code)] if code else []
    numbers += [Identifier(scheme="tax", value=tax)] if tax else []
    return (Party(role="carrier", identifiers=tuple(numbers)),) if numbers else ()
