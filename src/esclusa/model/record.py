"""The record: one immutable, versioned statement with its originator, marking and provenance."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from hashlib import sha1
from typing import Any, Final

import msgspec

from esclusa.model.cargo import Consignment, TransportEquipment
from esclusa.model.case import CaseMove, CaseWords
from esclusa.model.entity import EntityJudgement
from esclusa.model.events import ShipDeclaration, TransportEvent
from esclusa.model.examination import Examination
from esclusa.model.feedback import Feedback
from esclusa.model.information import InformationMove
from esclusa.model.joint_case import JointCaseMove
from esclusa.model.marking import Marking
from esclusa.model.match import MatchDecision
from esclusa.model.movement import PortCall, Voyage
from esclusa.model.ownership import Ownership, known_by, subject_of
from esclusa.model.people import REDRESS, Traveller
from esclusa.model.redress import RedressGrant, RedressMove
from esclusa.model.referral import ReferralMove
from esclusa.model.report import KeptReport
from esclusa.model.rules import RuleMove
from esclusa.model.scoring import Assessment, ModelMove, ScoreModel
from esclusa.model.seizure import Seizure
from esclusa.model.selection import SelectionMove
from esclusa.model.watch import Alert, AlertMove, ListEntry
from esclusa.model.yard import PhotoStep, YardForm

Body = (
    Consignment
    | TransportEquipment
    | TransportEvent
    | PortCall
    | ShipDeclaration
    | Examination
    | Traveller
    | ListEntry
    | Ownership
    | Alert
    | AlertMove
    | MatchDecision
    | EntityJudgement
    | RuleMove
    | ScoreModel
    | ModelMove
    | Assessment
    | ReferralMove
    | InformationMove
    | JointCaseMove
    | SelectionMove
    | KeptReport
    | RedressMove
    | RedressGrant
    | Seizure
    | Feedback
    | CaseMove
    | CaseWords
    | YardForm
    | PhotoStep
)
"""Everything a record can say; told apart by the tag in its JSON text."""

NAMESPACE: Final = uuid.UUID("5f0c3c1e-6d0a-5b7e-9a43-0e5c1b5a1e55")
"""Root of all record identities. Chosen once; a change would make every record a stranger."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a record came from: a file in custody (``source``, sha-256 of its bytes), the reader
    that understood it, the message and its bytes in that file."""

    source: str = ""
    format: str = ""
    message: str = ""
    offset: int = -1
    length: int = 0


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a statement. ``seq`` is the node's own gapless-per-node order, 0 before storing.

    ``withdrawn`` marks a version that cancels the statement. ``body`` is None once erased.
    ``recorded_time`` is UTC and orders nothing across nodes.
    """

    id: str
    kind: str
    version: int
    key: str
    body: Body | None
    originator: str
    marking: Marking
    provenance: Provenance = Provenance()
    derived_from: tuple[str, ...] = ()
    valid_time: str = ""
    recorded_time: dt.datetime | None = None
    supersedes: int | None = None
    withdrawn: bool = False
    seq: int = 0


def kind_of(body: Body) -> str:
    """Return the record kind: ``consignment``, ``equipment``, ``port_call``, ``traveller`` …"""
    return body.__struct_config__.tag  # type: ignore[return-value]


def natural_key(body: Body) -> str:
    """Return the key that the standards give the statement; parts joined by ``/``.

    consignment: carrier code + bill number; equipment: ISO 6346 number + voyage; transport event:
    subject, event, stage, then time, place and voyage; port call: IMO number (or name) + call
    reference (or voyage and port); ship declaration: form + port call; traveller: carrier, number,
    departure, document (or name and birth date); list entry: list + its own id; examination:
    examining agency + its own number; ownership: register + entry + capacity, else register,
    subject, capacity, owner and first day; alert: its subject; decision on a match: list, entry and
    digest of the party's facts.
    """
    return _KEYS[type(body)](body)


def record_id(originator: str, kind: str, key: str) -> str:
    """Return the UUIDv5 (RFC 9562 §5.5) of originator, kind and natural key, as 36 characters.

    Spelled out because an ingest makes three for each consignment: a quarter of the time of
    ``uuid.uuid5``, with the same answer.
    """
    text = f"{originator}\n{kind}\n{key}".encode()
    digest = sha1(NAMESPACE.bytes + text, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def encode_body(body: Body) -> bytes:
    """Return the JSON text of a body; equal bodies give equal bytes.

    The encoder leaves a default out where it is the very object that the field was declared with;
    an equal one, as readers make, it writes as ``{}``. So empty groups are taken out here, but for
    those that a body must have.
    """
    data = _ENCODER.encode(body)
    if b":{}" not in data:
        return data
    needed = _NEEDED if isinstance(body, PortCall | ShipDeclaration) else ()
    while (shorter := _without_empty(data, needed)) != data:
        data = shorter
    return data


_NEEDED: Final = (b'"voyage"', b'"port"')
"""Groups that a port call and a ship's declaration must have, even if empty."""


def _without_empty(data: bytes, needed: tuple[bytes, ...]) -> bytes:
    """Take the members without content out. What stands in a text is none: there, a quotation mark
    has a backslash before it."""
    parts = data.split(b":{}")
    made = [parts[0]]
    for part in parts[1:]:
        before = made[-1]
        start = before.rfind(b'"', 0, -1)
        if before[-1:] != b'"' or before[-2:-1] == b"\\" or before[start:] in needed:
            made.append(b":{}" + part)
        elif before[start - 1 : start] == b",":
            made[-1] = before[: start - 1]
            made.append(part)
        else:
            made[-1] = before[:start]
            made.append(part.removeprefix(b","))
    return b"".join(made)


def decode_body(data: bytes | str) -> Body:
    """Read the JSON text of a body back; raises ``msgspec.ValidationError`` when it is not one."""
    return _DECODER.decode(data)


_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def _join(*parts: str) -> str:
    return "/".join(part.strip().upper() for part in parts)


def _voyage(voyage: Voyage) -> str:
    conveyance = voyage.conveyance
    name = conveyance.imo or conveyance.registration or conveyance.call_sign or conveyance.name
    return _join(name or voyage.carrier, voyage.reference)


def _port_call(call: PortCall | ShipDeclaration) -> str:
    ship = call.voyage.conveyance
    where = call.call_reference or _join(
        call.voyage.reference, call.port.code or call.port.name, call.arrival[:10]
    )
    return _join(ship.imo or ship.call_sign or ship.name, where)


def _event(event: TransportEvent) -> str:
    unit = event.equipment.number if event.equipment is not None else ""
    where = event.place.code or event.place.name
    what = _join(unit or event.carrier, "" if unit else event.bill, event.event, event.stage)
    return _join(what, event.occurred[:16], where, _voyage(event.voyage))


def _ownership(body: Ownership) -> str:
    if body.register and body.reference:
        return _join(body.register, body.reference, body.owner.role)
    subject = known_by(subject_of(body))
    return _join(body.register, subject, body.owner.role, known_by(body.owner), body.held_from)


def _traveller(person: Traveller) -> str:
    leg = person.journey
    papers = [paper for paper in person.documents if paper.type != REDRESS]
    who = (
        _join(papers[0].issuer, papers[0].number)
        if papers
        else _join(person.surname, person.given_names, person.birth_date)
    )
    return _join(leg.carrier, leg.number, leg.departure[:10], who)


_KEYS: Final[dict[type, Callable[[Any], str]]] = {
    Consignment: lambda b: _join(b.carrier, b.bill),
    TransportEquipment: lambda b: _join(b.number, _voyage(b.voyage)),
    TransportEvent: _event,
    PortCall: _port_call,
    ShipDeclaration: lambda b: _join(b.form, _port_call(b)),
    Traveller: _traveller,
    Examination: lambda b: _join(b.agency, b.number),
    ListEntry: lambda b: _join(b.list_id, b.uid),
    Ownership: _ownership,
    Alert: lambda b: b.subject_id,
    AlertMove: lambda b: f"{b.alert_id}/{b.number}",
    MatchDecision: lambda b: _join(b.list_id, b.uid, b.digest),
    EntityJudgement: lambda b: _join(b.a.id, b.b.id),
    RuleMove: lambda b: _join(b.rule_id),
    ScoreModel: lambda b: b.checksum,
    ModelMove: lambda b: b.subject_kind,
    Assessment: lambda b: b.subject_id,
    SelectionMove: lambda b: _join(b.port, b.day, b.shift),
    KeptReport: lambda b: b.period,
    RedressMove: lambda b: f"{b.case}/{b.number}",
    RedressGrant: lambda b: _join(b.agency, b.redress),
    Seizure: lambda b: _join(b.agency, b.number),
    Feedback: lambda b: f"{b.agency}/{b.to}/{b.about}" + (f"/{b.match}" if b.match else ""),
    YardForm: lambda b: f"{b.by}/{b.form}",
    PhotoStep: lambda b: f"{b.examination}/{b.step}",
    CaseMove: lambda b: f"{b.case}/{b.step}",
    CaseWords: lambda b: f"{b.case}/{b.step}",
    ReferralMove: lambda b: f"{b.referral}/{b.agency}/{b.number}",
    InformationMove: lambda b: f"{b.request}/{b.agency}/{b.number}",
    JointCaseMove: lambda b: f"{b.joint}/{b.agency}/{b.number}",
}
