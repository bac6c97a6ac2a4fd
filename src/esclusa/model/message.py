"""What a reader hands over: messages with the statements they make, and defects."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from esclusa.model.cargo import Consignment, TransportEquipment
from esclusa.model.defect import Defect, Severity
from esclusa.model.events import ShipDeclaration, TransportEvent
from esclusa.model.examination import Examination
from esclusa.model.movement import PortCall
from esclusa.model.ownership import Ownership
from esclusa.model.people import Traveller
from esclusa.model.watch import ListEntry

Statement = (
    Consignment
    | TransportEquipment
    | TransportEvent
    | PortCall
    | ShipDeclaration
    | Traveller
    | ListEntry
    | Ownership
    | Examination
)
"""What a message can say. Each becomes one record."""


class Function(StrEnum):
    """What the sender wants done with the statements (UN/EDIFACT 1225 reduced to its effect)."""

    ORIGINAL = "original"
    AMENDMENT = "amendment"
    CANCELLATION = "cancellation"


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message, transaction set or table row, read.

    ``format`` is the reader's id (``edifact.cuscar``). ``offset`` and ``length`` are its bytes in
    the file. ``reference`` is the sender's own. ``prepared`` is ISO 8601. A message with a
    ``fatal`` defect makes no statement and goes to quarantine whole.
    """

    format: str
    offset: int
    length: int
    reference: str = ""
    function: Function = Function.ORIGINAL
    directory: str = ""
    sender: str = ""
    recipient: str = ""
    prepared: str = ""
    statements: tuple[Statement, ...] = ()
    defects: tuple[Defect, ...] = ()

    @property
    def refused(self) -> bool:
        """True when the message cannot be used and belongs in quarantine."""
        return any(defect.severity is Severity.FATAL for defect in self.defects)
