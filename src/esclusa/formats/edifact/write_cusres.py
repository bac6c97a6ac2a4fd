"""Write what customs decided as CUSRES of D.01B: the reverse of ``cusres``.

One decision makes one message, as customs answers: in its header stand what was decided, why and
on what. Containers that share all the rest of their event stand in one message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact import write_status as status
from esclusa.formats.edifact.cusres import DECISION, ERROR, FREED, INDICATOR, MESSAGE, POINT
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.status import OWN
from esclusa.formats.edifact.write_containers import references
from esclusa.formats.edifact.writing import NewMessage, message_head
from esclusa.model import Message, TransportEquipment, TransportEvent

_CODE: Final = {**common.CODE["cusres_event"], "release": FREED}
_DOCUMENT: Final = common.CODE["cusres_document"]
_MOMENT: Final = common.CODE["cusres_moment"]

_OTHER_UNIT: Final = "BB"
"""8053 of a unit that bears no container number."""

_UNITS: Final = 999
"""Containers that one message holds."""

_SHORT: Final = 3
"""Longest processing indicator (7365)."""

_BILLS: Final = frozenset({"BM", "AWB", "AAM", "AAS"})
"""1153 that would name a second bill, of which the decision is not."""


def write(message: Message) -> list[NewMessage]:
    """Write events as messages, one for each decision.

    :raises WritingError: a statement is of another kind, an event is no decision of customs, or a
        value cannot be written.
    """
    made = []
    for number, (event, units) in enumerate(_decisions(message)):
        reference = common.reference_of(message, number)
        head = message_head(reference, "CUSRES", status.DIRECTORY)
        made.append(NewMessage(head, list(_body(message, event, units, reference))))
    return made


def _decisions(message: Message) -> Iterator[tuple[TransportEvent, tuple[TransportEquipment, ...]]]:
    """Each decision with its containers, those without container one by one."""
    shared: dict[TransportEvent, list[TransportEquipment]] = {}
    for each in status.events(message, "CUSRES"):
        _refuse(each)
        if each.equipment is None:
            yield each, ()
        else:
            shared.setdefault(replace(each, equipment=None), []).append(each.equipment)
    for event, units in shared.items():
        for start in range(0, len(units), _UNITS):
            yield event, tuple(units[start : start + _UNITS])


def _refuse(event: TransportEvent) -> None:
    """Refuse what would come back as something else."""
    if event.event not in _CODE:
        raise common.refused(f"CUSRES does not tell of {event.event!r}", status.WHAT)
    if event.stage != "actual":
        raise common.refused("CUSRES tells what is actual, no more or less", status.WHAT)


def _body(
    message: Message,
    event: TransportEvent,
    units: tuple[TransportEquipment, ...],
    reference: str,
) -> Iterator[Segment]:
    documents = {kind: [each for each in event.documents if _kind(each) == kind] for kind in _KINDS}
    nameless = not (event.bill or units or documents["reference"])
    number = reference if not nameless else _number(documents[MESSAGE])
    rest = documents[MESSAGE][1:] if nameless else documents[MESSAGE]
    yield segment(
        "BGM", _of(_DOCUMENT, event.event), number, common.CODE["function"][message.function]
    )
    if event.occurred:
        if message.prepared:
            yield common.moment("137", message.prepared[:16], "message")
        yield common.moment(_of(_MOMENT, event.event), event.occurred, status.WHAT)
    indicator, code = _indicator(event)
    yield from status.reason(event, code)
    yield from status.carriage(event)
    yield from common.place("22", event.place)
    yield from indicator
    for text in documents[INDICATOR]:
        yield segment("GIS", text.removeprefix(INDICATOR))
    for unit in units:
        yield common.equipment(unit, _OTHER_UNIT, "equipment")
    yield from status.parties(event)
    yield from references(event.bill, [*map(_sole, documents["reference"]), *rest])
    yield from _errors(documents[ERROR])


_KINDS: Final = ("reference", INDICATOR, MESSAGE, ERROR)


def _kind(document: str) -> str:
    """What a document is to CUSRES: points and codes of errors are of one kind."""
    head = document[:4]
    if head in (POINT, ERROR):
        return ERROR
    return head if head in (INDICATOR, MESSAGE) else "reference"


def _of(words: dict[str, str], event: str) -> str:
    return words.get(event, words["other"])


def _number(documents: list[str]) -> str:
    return documents[0].removeprefix(MESSAGE) if documents else ""


def _sole(document: str) -> str:
    """A reference that would name a bill of its own is told as another reference."""
    return f"ZZZ:{document}" if document.partition(":")[0] in _BILLS else document


def _indicator(event: TransportEvent) -> tuple[list[Segment], str]:
    """GIS, and the code that it cannot tell."""
    code, default = event.code, _CODE[event.event]
    means = DECISION.get(code, "")
    if means == event.event or (event.event == "release" and code == FREED):
        return [segment("GIS", code)], ""
    if event.event != "other":
        return [segment("GIS", default)], code
    if not code:
        return [], ""
    if len(code) <= _SHORT:
        return [segment("GIS", (code, OWN, OWN))], ""
    return [segment("GIS", default)], code


def _errors(documents: list[str]) -> Iterator[Segment]:
    """ERP and ERC; a code without point before it gets one that says nothing."""
    opened = False
    for text in documents:
        if text.startswith(POINT):
            item, _, place = text.removeprefix(POINT).partition("+")
            yield segment("ERP", item.split(":", 2), place.split(":", 2))
        else:
            if not opened:
                yield segment("ERP")
            yield segment("ERC", text.removeprefix(ERROR))
        opened = True
