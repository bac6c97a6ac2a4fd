"""From a stream of messages to batches of drafts.

A batch ends at a message's end, so a message is stored whole. A message with a fatal defect makes
no draft; it is named for quarantine and its neighbours go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from esclusa.ledger.records import Draft
from esclusa.model import (
    Consignment,
    Defect,
    Examination,
    Function,
    Message,
    Ownership,
    PortCall,
    Provenance,
    Severity,
    ShipDeclaration,
    Statement,
    TransportEvent,
    Traveller,
    kind_of,
)

STATEMENTS_PER_BATCH: Final = 500
"""Keeps a transaction near a quarter of a second, so that readers' audit lines never wait long."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A message for quarantine."""

    offset: int
    length: int
    message: str
    reason: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction stores. ``items`` counts what the reader yielded, for resuming."""

    items: int
    messages: int
    drafts: tuple[Draft, ...]
    defects: tuple[Defect, ...]
    held: tuple[Held, ...]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What the drafts of one source share. ``retention_days`` is a clock per record kind, counted
    from ``today``."""

    source_id: str
    originator: str
    label_id: int
    today: date
    retention_days: Mapping[str, int]


def batches(items: Iterable[Message | Defect], origin: Origin) -> Iterator[Batch]:
    """Cut what a reader yields into batches."""
    collecting = _Collector(origin)
    for item in items:
        collecting.take(item)
        if collecting.full:
            yield collecting.batch()
            collecting = _Collector(origin)
    if collecting.items:
        yield collecting.batch()


class _Collector:
    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.items = 0
        self.messages = 0
        self.drafts: list[Draft] = []
        self.defects: list[Defect] = []
        self.held: list[Held] = []

    @property
    def full(self) -> bool:
        return len(self.drafts) + self.items >= STATEMENTS_PER_BATCH

    def take(self, item: Message | Defect) -> None:
        self.items += 1
        if isinstance(item, Defect):
            self.defects.append(item)
            return
        self.messages += 1
        self.defects.extend(item.defects)
        if item.refused:
            self.held.append(_held(item))
        else:
            self.drafts.extend(drafts(item, self.origin))

    def batch(self) -> Batch:
        return Batch(
            items=self.items,
            messages=self.messages,
            drafts=tuple(self.drafts),
            defects=tuple(self.defects),
            held=tuple(self.held),
        )


def drafts(message: Message, origin: Origin) -> Iterator[Draft]:
    """Yield a draft per statement of a usable message."""
    provenance = Provenance(
        source=origin.source_id,
        format=message.format,
        message=message.reference,
        offset=message.offset,
        length=message.length,
    )
    for statement in message.statements:
        yield Draft(
            body=statement,
            originator=origin.originator,
            label_id=origin.label_id,
            provenance=provenance,
            valid_time=valid_time(statement) or message.prepared,
            withdrawn=message.function is Function.CANCELLATION,
            retain_until=_retain_until(statement, origin),
            sender=message.sender,
            prepared=message.prepared,
        )


def valid_time(statement: Statement) -> str:
    """Return the time a statement is about, else "": ISO 8601, local to the place."""
    match statement:
        case Consignment() | PortCall() | ShipDeclaration():
            return statement.arrival
        case TransportEvent():
            return statement.occurred
        case Examination():
            return statement.completed or statement.started or statement.reported
        case Traveller():
            return statement.journey.arrival or statement.journey.departure
        case Ownership():
            return statement.held_from
        case _:
            return ""


def _retain_until(statement: Statement, origin: Origin) -> str:
    days = origin.retention_days.get(kind_of(statement))
    return (origin.today + timedelta(days=days)).isoformat() if days is not None else ""


def _held(message: Message) -> Held:
    fatal = next(item for item in message.defects if item.severity is Severity.FATAL)
    return Held(
        offset=message.offset,
        length=message.length,
        message=message.reference,
        reason=f"byte {fatal.offset}: {fatal.reason}",
    )
