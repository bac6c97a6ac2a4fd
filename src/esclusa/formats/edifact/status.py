"""What CUSRES and IFTSTA share: both tell what became of a bill or a container, and why.

A sender's own code for the reason stands in FTX C107 of subject ACD, its words in C108. Without one
the code of the standard is the event's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from esclusa.formats.edifact import common
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.ship_values import with_contact
from esclusa.formats.reading import Found, Notes, passed_over
from esclusa.model import Party, Place, Seal, TransportEquipment, Voyage

FUNCTION: Final = {**common.FUNCTION, **common.CODES["response_function"]}
"""1225 as answers use it: a response or a status states something."""

REASON: Final = "ACD"
"""4451 of the reason, where a sender's own code may stand."""

OWN: Final = "ZZZ"
"""1131 and 3055 of a list that sender and recipient agreed on."""

UN: Final = frozenset({"", "6"})
"""3055 of the codes of UN/ECE: where no other agency is named, they are meant."""

MAIN: Final = "20"
"""8051 of the main carriage."""

MOST: Final = 30
"""References and parties kept for one subject; directories allow 9 of most."""

SEPARATOR: Final = "; "
"""Stands between several texts of one event."""

_GOODS: Final = "AAA"
"""4451 of a description of goods, which is no reason."""

_SENDERS: Final = frozenset({"MS", "MR"})
"""3035 of who sends and receives the message, which are no parties to what happened."""


class Unit:
    """Equipment while its group is read."""

    __slots__ = ("fields", "seals")

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.seals: dict[Seal, None] = {}

    def equipment(self, **more: Any) -> TransportEquipment:
        return TransportEquipment(**{**more, **self.fields}, seals=tuple(self.seals))


class Told:
    """A subject and what is told of it, while it is read. ``bare`` is a header: its sender and
    recipient are no parties."""

    __slots__ = (
        "bare", "bill", "carrier", "code", "documents", "inland", "occurred", "parties", "place",
        "texts", "told", "units", "voyage",
    )  # fmt: skip

    def __init__(self, *, bare: bool = False) -> None:
        self.bare = bare
        self.bill = self.carrier = self.code = self.occurred = ""
        self.place = Place()
        self.voyage = self.inland = Voyage()
        self.documents: list[str] = []
        self.parties: list[Party] = []
        self.texts: list[str] = []
        self.units: list[Unit] = []
        self.told = False  # whether a contact belongs to the last party

    def reason(self) -> str:
        """All texts in one, joined once: a header's is that of every subject without its own."""
        if len(self.texts) > 1:
            self.texts = [SEPARATOR.join(self.texts)]
        return self.texts[0] if self.texts else ""

    def document(self, text: str) -> None:
        """Keep ``BN:number``."""
        if len(self.documents) < MOST:
            self.documents.append(text)


def ftx(told: Told, segment: Segment) -> None:
    """FTX: words, and the sender's own code where the subject is the reason."""
    subject, code = segment.get(1).strip(), segment.get(3).strip()
    if subject == _GOODS:
        return
    if subject == REASON and code:
        told.code = told.code or code
        words = " ".join(line.strip() for line in segment.element(4) if line.strip())
    else:
        words = common.free_text(segment)
    if words:
        told.texts.append(words)


def nad(told: Told, segment: Segment) -> None:
    """NAD CA with a code names the carrier; one with a name, and any other, is a party."""
    code, number = segment.get(1).strip(), segment.get(2).strip()
    told.told = False
    if code == "CA":
        told.carrier = told.carrier or number
        if not (segment.get(3).strip() or any(line.strip() for line in segment.element(4))):
            return
    if len(told.parties) < MOST and not (told.bare and code in _SENDERS):
        told.parties.append(common.party(segment, common.ROLE.get(code, "other")))
        told.told = True


def contact(told: Told, segment: Segment) -> None:
    """CTA names somebody, COM says how to reach them."""
    if told.told:
        told.parties[-1] = with_contact(told.parties[-1], segment)


def tdt(told: Told, segment: Segment, notes: Notes) -> bool:
    """TDT: the main carriage is the voyage, any other what brings or takes. Says which it was."""
    main = segment.get(1).strip() in (MAIN, "")
    if main and told.voyage == Voyage():
        told.voyage = common.voyage(segment, notes)
    elif not main and told.inland == Voyage():
        told.inland = common.voyage(segment, notes)
    return main


def unit(segment: Segment, notes: Notes, message: str) -> Unit | None:
    """EQD: a container or other unit, None and a note for one without number."""
    fields = common.equipment(segment, notes, message.lower())
    return Unit(fields) if fields["number"] else None


def handle(
    found: Found,
    segment: Segment,
    handlers: Mapping[str, Callable[[Found, Segment], None]],
    unread: frozenset[str],
    message: str,
) -> None:
    """Give a segment to its handler; one that the message has no place for is noted, once for each
    tag. ``unread`` are tags that have a place and say nothing here."""
    if handler := handlers.get(segment.tag):
        handler(found, segment)
    elif segment.tag not in unread:
        passed_over(found.notes, segment, message, message.lower())
