"""What a question can be about: a record of this ledger, said in the words of the form."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from esclusa.errors import NotFound
from esclusa.ledger import queue, records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Labels
from esclusa.model import (
    Body,
    Consignment,
    Examination,
    InformationSubject,
    ListEntry,
    Ownership,
    PortCall,
    Record,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.model.movement import Voyage


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is asked about: its title, its own words for the form, the label on which the
    question rests, and the alert that led to it, "" where the record itself did.

    Who asks about an alert may tell of its reasons; so its question stands under the alert's label.
    """

    record: Record
    title: str
    subject: InformationSubject
    label: int
    alert: str


def about(connection: sa.Connection, labels: Labels, visible: Collection[int], name: str) -> About:
    """Return what the record or alert of this id is, for a reader of these labels.

    :raises NotFound: when there is none under these labels, or none that can be asked about.
    """
    row = queue.find(connection, visible, name)
    record = records.get(connection, labels, visible, row.subject_id if row else name)
    if record is None or record.body is None or record.withdrawn or not can_be_asked(record.body):
        raise NotFound("no such record")
    return About(
        record=record, title=title_of(record.body), subject=subject_of(record.body),
        label=row.label_id if row else records.label_of(connection, record.seq),
        alert=row.alert_id if row else "",
    )  # fmt: skip


def can_be_asked(body: Body | None) -> bool:
    """Tell whether a record of this content can be asked about: what messages and lists state."""
    kinds = (
        Consignment, TransportEquipment, TransportEvent, PortCall, ShipDeclaration, Examination,
        Traveller, ListEntry, Ownership,
    )  # fmt: skip
    return isinstance(body, kinds)


def subject_of(body: Body) -> InformationSubject:
    """Return what a record is about, for the form of a question."""
    match body:
        case Consignment():
            return _thing("document", title_of(body), body.bill, body.voyage)
        case TransportEquipment():
            return _thing("container", "", body.number, body.voyage)
        case TransportEvent():
            unit = body.equipment.number if body.equipment else ""
            kind = "container" if unit else "document"
            return _thing(kind, "" if unit else title_of(body), unit or body.bill, body.voyage)
        case PortCall() | ShipDeclaration():
            ship = body.voyage.conveyance
            return _thing("vessel", ship.name, ship.imo or ship.call_sign, body.voyage)
        case Traveller():
            paper = body.documents[0] if body.documents else None
            return InformationSubject(
                kind="person", name=f"{body.surname}, {body.given_names}".strip(", "),
                number=paper.number if paper else "", more=body.birth_date,
            )  # fmt: skip
        case _:
            return InformationSubject(kind="record", name=title_of(body))


def _thing(kind: str, name: str, number: str, voyage: Voyage) -> InformationSubject:
    more = " ".join(part for part in (voyage.conveyance.name, voyage.reference) if part)
    return InformationSubject(kind=kind, name=name, number=number, more=more)
