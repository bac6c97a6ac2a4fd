"""X12 355, customs acceptance or rejection: which bills US customs took, and what is wrong.

Releases 003030 to 007010; facts of field use from CBP's guide. Each segment in error comes back
with the errors (K1) behind it; K3 at the end sums up. An error is a code of three digits and its
text. What is said of a bill becomes one event, what is said of the whole set another.
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12.customs_events_353 import EVENTS
from esclusa.formats.x12.cutting import Cut, cuts
from esclusa.formats.x12.events import INBOND, REMARK, Header, remark, remarks, unit
from esclusa.model import Function, TransportEquipment, TransportEvent

_ALLOWED: Final = frozenset({
    "ST", "SE", "N9", "N1", "N2", "N3", "N4", "PER", "M12", "M14", "M20", "M21", "VID", "VC", "M7",
    "N10", "H1", "H2", "X1", "X2", "R4", "P5", "X01", "X02", "VEH", "CII", "NM1", "DMG", "DMA",
})  # fmt: skip
"""Segments that come back as they were sent and that make no event of their own."""

TAGS: Final = _ALLOWED | {"LX", "K1", "K3", "M11", "M13", "M15", "M10", "V1", "P4"}
"""Tags that have a place in the set."""

_ERROR: Final = re.compile(r"([0-9]{3})[ :-]+(?=\S)", re.ASCII)
_CODE: Final = re.compile(r"[0-9]{3}", re.ASCII)

SEPARATOR: Final = "; "
"""Stands between the texts of several errors, a comma between their codes."""


class _Item:
    """A bill, or the whole set, while what is said of it is read."""

    __slots__ = ("bill", "box", "carrier", "documents", "errors")

    def __init__(self) -> None:
        self.bill = self.carrier = ""
        self.box: TransportEquipment | None = None
        self.documents: tuple[str, ...] = ()
        self.errors: list[tuple[str, list[str]]] = []

    def error(self, segment: Cut) -> None:
        """K1: an error that begins with its code, or the rest of the one before it."""
        lines: list[str] = []
        remark(segment, lines)
        if not lines:
            return
        short = len(lines[0]) < REMARK
        if len(lines) == 1 and _CODE.fullmatch(lines[0].strip()):
            self.errors.append((lines[0].strip(), []))
        elif len(lines) == 2 and short and _CODE.fullmatch(lines[1].strip()):
            self.errors.append((lines[1].strip(), lines[:1]))
        elif found := _ERROR.match(lines[0]):
            # The code counts for the width of the line: what follows keeps its place in it.
            filled = lines[0][found.end() :].rjust(len(lines[0]))
            self.errors.append((found[1], [filled, *lines[1:]]))
        elif self.errors:
            self.errors[-1][1].extend(lines)
        else:
            self.errors.append(("", lines))


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 355 into events: each bill it names, then the set. Defects go to ``notes``."""
    header = Header(raw, notes, "355")
    whole, items, verdict = _Item(), list[_Item](), list[str]()
    for segment in cuts(raw.segments):
        item = items[-1] if items else whole
        if segment.tag == "LX":
            items.append(_Item())
        elif segment.tag == "K1":
            item.error(segment)
        elif segment.tag == "K3":
            verdict += [text for at in range(1, 4) if (text := segment.values[at].strip())]
        elif segment.tag in _SUBJECTS:
            _name(item if items else _opened(items), segment)
        else:
            header.take(segment, _ALLOWED)
    events = [_event(header, each) for each in items if each.errors or _named(each)]
    events.append(_summary(header, whole, items, " ".join(verdict)))
    return [Reading(Function.ORIGINAL, tuple(events))]


_SUBJECTS: Final = frozenset({"M11", "M13", "M15"})


def _opened(items: list[_Item]) -> _Item:
    items.append(_Item())
    return items[-1]


def _name(item: _Item, segment: Cut) -> None:
    """Take the bill, movement or container that M13, M11 or M15 names."""
    if segment.tag == "M13":
        item.carrier, item.bill = segment.values[1].strip(), segment.values[4].strip()
    elif segment.tag == "M11":
        item.bill = segment.values[1].strip()
        item.carrier = segment.values[12].strip() or item.carrier
    else:
        number = segment.values[2].strip()
        subject = EVENTS.get(segment.values[1].strip(), ("", ""))[1]
        item.carrier = segment.values[5].strip() or item.carrier
        item.bill = number if subject == "bill" else ""
        item.box = unit(number) if subject == "container" else None
        item.documents = (f"{INBOND}:{number}",) if subject == "inbond" and number else ()


def _named(item: _Item) -> bool:
    return bool(item.bill or item.box or item.documents)


def _event(header: Header, item: _Item) -> TransportEvent:
    return TransportEvent(
        event="refuse" if item.errors else "accept",
        occurred=header.prepared,
        place=header.place,
        equipment=item.box,
        carrier=item.carrier or header.voyage.carrier,
        bill=item.bill,
        voyage=header.voyage,
        code=_codes(item),
        reason=_texts(item),
        documents=item.documents,
    )


def _summary(header: Header, whole: _Item, items: list[_Item], verdict: str) -> TransportEvent:
    """The verdict on the set: what K3 says, else whether there was any error."""
    said = verdict.upper()
    refused = "REJECT" in said or (
        "ACCEPT" not in said and bool(whole.errors or any(each.errors for each in items))
    )
    return TransportEvent(
        event="refuse" if refused else "accept",
        occurred=header.prepared,
        place=header.place,
        carrier=header.voyage.carrier,
        voyage=header.voyage,
        code=_codes(whole),
        reason=SEPARATOR.join(part for part in (_texts(whole), verdict) if part),
    )


def _codes(item: _Item) -> str:
    return ",".join(code for code, _ in item.errors if code)


def _texts(item: _Item) -> str:
    return SEPARATOR.join(text for _, lines in item.errors if (text := remarks(lines)))
