"""What the writers of CUSRES and IFTSTA share: the way back from ``status``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.status import MAIN, OWN, REASON
from esclusa.model import Message, TransportEvent, Voyage

WHAT: Final = "event"
DIRECTORY: Final = "D.01B"

_WIDTH: Final = 512
"""Longest line of FTX 4440."""

_ONWARD: Final = "1"
"""8051 of carriage that brings or takes; its stage is not told by the record."""


def events(message: Message, kind: str) -> Iterator[TransportEvent]:
    """Yield the events of a message.

    :raises WritingError: a statement is of another kind.
    """
    for each in message.statements:
        if not isinstance(each, TransportEvent):
            raise common.wrong_kind(each, kind, "transport events")
        yield each


def reason(event: TransportEvent, code: str) -> Iterator[Segment]:
    """FTX: the words, with the sender's own ``code`` before them where there is one."""
    words = common.lines(common.one_line(event.reason), _WIDTH, 5)
    if code or words:
        yield segment("FTX", REASON, "", (code, OWN, OWN) if code else "", words)


def parties(event: TransportEvent) -> Iterator[Segment]:
    """NAD of the carrier and of the parties, with their contacts."""
    if event.carrier:
        yield common.coded_party("CA", event.carrier)
    for each in event.parties:
        yield common.party(each)
        yield from common.contacts(each)


def carriage(event: TransportEvent) -> Iterator[Segment]:
    """TDT of the main carriage, and of the one that brings or takes."""
    for stage, found in ((MAIN, event.voyage), (_ONWARD, event.inland)):
        if found != Voyage():
            made = common.voyage(found, common.CODE["mode"].get(found.conveyance.mode, ""))
            yield segment("TDT", stage, *[made.element(at) for at in range(2, len(made) + 1)])
