"""What a referral can be about: a consignment or a box of this ledger, with its alert."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError, NotFound
from esclusa.ledger import queue, records
from esclusa.ledger.labels import Labels
from esclusa.model import (
    Body,
    Consignment,
    Record,
    ReferralSubject,
    TransportEquipment,
)
from esclusa.model.movement import Voyage


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a new referral is about: the record, what is said of it, its alert ("" without one),
    the record's label, and that of the alert or else the record, on which the referral rests."""

    record: Record
    subject: ReferralSubject
    alert: str
    label: int
    rests_on: int


def about(
    connection: sa.Connection, labels: Labels, visible: Collection[int], name: str, *, box: str = ""
) -> About:
    """Return what the record or alert of this id is, for a reader of these labels.

    :param box: the one of its boxes that is meant; "" for all.
    :raises NotFound: when there is none under these labels.
    :raises InputError: when it is no consignment and no box, or ``box`` is none of its boxes.
    """
    row = queue.find(connection, visible, name)
    record = records.get(connection, labels, visible, row.subject_id if row else name)
    if record is None or record.body is None or record.withdrawn:
        raise NotFound("no such record")
    row = row or queue.of_subject(connection, visible, record.id)
    subject = _subject(record.body)
    if box:
        if box not in subject.boxes:
            raise InputError(f"{box[:20]!r} is none of its boxes", field="box", problem="code")
        subject = msgspec.structs.replace(subject, boxes=(box,))
    label = records.label_of(connection, record.seq)
    return About(
        record=record, subject=subject, alert=row.alert_id if row else "", label=label,
        rests_on=row.label_id if row else label,
    )  # fmt: skip


def can_be_referred(body: Body | None) -> bool:
    """Tell whether a record of this content can be referred."""
    return isinstance(body, Consignment) or (
        isinstance(body, TransportEquipment) and bool(body.number)
    )


def _subject(body: Body) -> ReferralSubject:
    if isinstance(body, Consignment):
        return ReferralSubject(
            carrier=body.carrier, bill=body.bill, port=body.load_port.code,
            boxes=tuple(dict.fromkeys(unit.number for unit in body.equipment if unit.number)),
            **_trip(body.voyage),
        )  # fmt: skip
    if isinstance(body, TransportEquipment) and body.number:
        return ReferralSubject(boxes=(body.number,), port=body.load_port.code, **_trip(body.voyage))
    raise InputError("only a consignment or a box can be referred")


def _trip(voyage: Voyage) -> dict[str, str]:
    ship = voyage.conveyance
    return {"ship": ship.name, "imo": ship.imo, "voyage": voyage.reference}
