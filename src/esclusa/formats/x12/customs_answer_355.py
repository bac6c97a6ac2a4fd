"""X12 355, customs acceptance or rejection: which bills US customs took, and what is wrong.

Releases 003030 to 007010; facts of field use from CBP's guide. Each segment in error comes back
with the errors (K1) behind it; K3 at the end sums up. An error is a code of three digits and its
text. What is said of a bill becomes one event, what is said of the whole set another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12.customs_events_353 import EVENTS
from esclusa.formats.x12.cutting import Cut, walk
from esclusa.formats.x12.events import HEADER, INBOND, REMARK, Header, remark, remarks, unit
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

    bill = carrier = ""
    box: TransportEquipment | None = None
    documents: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.errors: list[tuple[str, list[str]]] = []

    def error(self, segment: Cut) -> None:
        """K1: an error that begins with its code, or the rest of the one before it."""
        lines: list[str] = []
        remark(segment, lines)
        if not lines:
            return
        first, last = lines[0], lines[-1].strip()
        alone = len(last) == 3 and _CODE.fullmatch(last) is not None
        if alone and len(lines) == 1:
            self.errors.append((last, []))
        elif alone and len(first) < REMARK:
            self.errors.append((last, lines[:1]))
        elif found := _ERROR.match(first):
            # The code counts for the width of the line: what follows keeps its place in it.
            lines[0] = first[found.end() :].rjust(len(first))
            self.errors.append((found[1], lines))
        elif self.errors:
            self.errors[-1][1].extend(lines)
        else:
            self.errors.append(("", lines))


class _Answer(Header):
    """The set while it is read. ``item`` is what errors are about: the latest LX loop, else the
    whole set."""

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        super().__init__(raw, notes)
        self.item = self.whole = _Item()
        self.items: list[_Item] = []
        self.verdict: list[str] = []


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one 355 into events: each bill it names, then the set. Defects go to ``notes``."""
    answer = _Answer(raw, notes)
    walk(answer, raw, _HANDLERS, _ALLOWED, "355")
    events = [_event(answer, each) for each in answer.items if each.errors or _named(each)]
    events.append(_summary(answer, " ".join(answer.verdict)))
    return [Reading(Function.ORIGINAL, tuple(events))]


def _lx(answer: _Answer, segment: Cut) -> None:
    del segment
    answer.item = _Item()
    answer.items.append(answer.item)


def _k1(answer: _Answer, segment: Cut) -> None:
    answer.item.error(segment)


def _k3(answer: _Answer, segment: Cut) -> None:
    answer.verdict += [text for each in segment.values[1:4] if (text := each.strip())]


def _opened(answer: _Answer, segment: Cut) -> _Item:
    """Return the open loop; a bill without its LX opens one."""
    if not answer.items:
        _lx(answer, segment)
    return answer.item


def _m13(answer: _Answer, segment: Cut) -> None:
    item, values = _opened(answer, segment), segment.values
    item.carrier, item.bill = values[1].strip(), values[4].strip()


def _m11(answer: _Answer, segment: Cut) -> None:
    item, values = _opened(answer, segment), segment.values
    item.bill = values[1].strip()
    item.carrier = values[12].strip() or item.carrier


def _m15(answer: _Answer, segment: Cut) -> None:
    """A bill, a movement or a container."""
    item, values = _opened(answer, segment), segment.values
    number = values[2].strip()
    subject = EVENTS.get(values[1].strip(), ("", ""))[1]
    item.carrier = values[5].strip() or item.carrier
    item.bill = number if subject == "bill" else ""
    item.box = unit(number) if subject == "container" else None
    item.documents = (f"{INBOND}:{number}",) if subject == "inbond" and number else ()


_HANDLERS: Final[dict[str, Callable[[_Answer, Cut], None]]] = {
    **HEADER, "LX": _lx, "K1": _k1, "K3": _k3, "M11": _m11, "M13": _m13, "M15": _m15,
}  # fmt: skip


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


def _summary(answer: _Answer, verdict: str) -> TransportEvent:
    """The verdict on the set: what K3 says, else whether there was any error."""
    said, whole = verdict.upper(), answer.whole
    refused = "REJECT" in said or (
        "ACCEPT" not in said and bool(whole.errors or any(each.errors for each in answer.items))
    )
    return TransportEvent(
        event="refuse" if refused else "accept",
        occurred=answer.prepared,
        place=answer.place,
        carrier=answer.voyage.carrier,
        voyage=answer.voyage,
        code=_codes(whole),
        reason=SEPARATOR.join(part for part in (_texts(whole), verdict) if part),
    )


def _codes(item: _Item) -> str:
    if len(item.errors) < 2:
        return item.errors[0][0] if item.errors else ""
    return ",".join(code for code, _ in item.errors if code)


def _texts(item: _Item) -> str:
    if len(item.errors) < 2:
        return remarks(item.errors[0][1]) if item.errors else ""
    return SEPARATOR.join(text for _, lines in item.errors if (text := remarks(lines)))
