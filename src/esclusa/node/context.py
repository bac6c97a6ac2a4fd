"""What history says around a batch of records: the look-ups that rules may rest on.

Only records that every reader of the subject may see are looked at, so that a reason never rests
on something its reader may not know of. Everything is asked once per batch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.targeting.context import (
    ConsignmentContext,
    EquipmentContext,
    PortCallContext,
    TravellerContext,
)
from esclusa.ledger import ties
from esclusa.ledger.indexing import pair_reference, party_reference, seal_reference
from esclusa.model import Body, Consignment, PortCall, TransportEquipment, Traveller

_SIGHTINGS: Final = 4
"""How many other records are looked at per value; one is enough to fire a rule."""

_REMEMBERED: Final = 500_000
"""First sightings kept in memory: about 100 MB at the longest names."""

HISTORY_NEEDED: Final = 90
"""Days a ledger must reach back before "first seen" means anything: in a younger one every party
is new, and a rule that fires on all says nothing. Until then such rules stay unknown."""

Sightings = Mapping[str, tuple[tuple[str, Body], ...]]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A record version to analyse, with the version before it."""

    id: str
    kind: str
    body: Body
    label_id: int
    source_id: str
    retain_until: str
    recorded: str
    seq: int = 0
    withdrawn: bool = False
    previous: Body | None = None


class FirstSeen:
    """When a value was first seen; an answer never changes once there is one, so it is kept."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}

    def look(
        self, connection: sa.Connection, label: int, visible: frozenset[int], values: Sequence[str]
    ) -> dict[str, str]:
        """Return ISO 8601 moments; values never seen are left out."""
        missing = [value for value in values if (label, value) not in self._known]
        if len(self._known) > _REMEMBERED:
            self._known.clear()
            missing = list(values)
        found = ties.first_seen(connection, visible, missing) if missing else {}
        self._known.update({(label, value): moment for value, moment in found.items()})
        return {v: self._known[label, v] for v in values if (label, v) in self._known}


def history_days(connection: sa.Connection, visible: frozenset[int], recorded: str) -> int:
    """Return for how many days there are visible records at the moment ``recorded``."""
    first = ties.first_recorded(connection, visible)
    if not first:
        return 0
    return (dt.datetime.fromisoformat(recorded) - dt.datetime.fromisoformat(first)).days


def consignment_contexts(
    connection: sa.Connection, first_seen: FirstSeen, visible: frozenset[int],
    subjects: Sequence[Subject],
) -> list[ConsignmentContext]:  # fmt: skip
    """Return what the ledger knows around each consignment, after it has been appended."""
    bodies = [_consignment(subject) for subject in subjects]
    label = subjects[0].label_id
    seen: Mapping[str, str] = {}
    if history_days(connection, visible, subjects[0].recorded) >= HISTORY_NEEDED:
        parties = sorted({party_reference(p.name) for b in bodies for p in b.parties if p.name})
        seen = first_seen.look(connection, label, visible, parties)
    pairs = sorted({pair for body in bodies if (pair := pair_reference(body))})
    counts = ties.counts(connection, visible, pairs)
    seals = sorted({value for body in bodies for value in _seals(body.equipment)})
    boxes = sorted({f"equipment:{unit.number}" for body in bodies for unit in body.equipment})
    others = _sightings(connection, visible, seals + boxes, subjects)
    return [
        _consignment_context(subject, body, seen, counts, others)
        for subject, body in zip(subjects, bodies, strict=True)
    ]


def _sightings(
    connection: sa.Connection, visible: frozenset[int], values: Sequence[str],
    subjects: Sequence[Subject],
) -> Sightings:  # fmt: skip
    """Return who else holds these references; the subjects' own bodies need no reading."""
    known = {subject.seq: subject.body for subject in subjects}
    return ties.sightings(connection, visible, values, each=_SIGHTINGS, known=known)


def _consignment(subject: Subject) -> Consignment:
    assert isinstance(subject.body, Consignment)
    return subject.body


def _seals(units: Sequence[TransportEquipment]) -> set[str]:
    return {seal_reference(seal.number) for unit in units for seal in unit.seals if seal.number}


def _consignment_context(
    subject: Subject, body: Consignment, seen: Mapping[str, str], counts: Mapping[str, int],
    others: Sightings,
) -> ConsignmentContext:  # fmt: skip
    days = _days_by_role(body, seen, subject.recorded) if seen else {}
    pair = pair_reference(body)
    return ConsignmentContext(
        previous=subject.previous if isinstance(subject.previous, Consignment) else None,
        received=subject.recorded,
        shipper_days_known=days.get("shipper"),
        consignee_days_known=days.get("consignee"),
        notify_days_known=days.get("notify"),
        same_party_day_count=counts.get(pair) if pair else None,
        seals_elsewhere=_seals_elsewhere(subject.id, body.equipment, others),
        seals_differing=_seals_differing(subject.id, body.equipment, others),
    )


def _days_by_role(
    body: Consignment, seen: Mapping[str, str], recorded: str
) -> dict[str, int | None]:
    now = dt.datetime.fromisoformat(recorded)
    return {
        party.role: (now - dt.datetime.fromisoformat(moment)).days
        for party in body.parties
        if party.name and (moment := seen.get(party_reference(party.name)))
    }


def _seals_elsewhere(
    name: str, units: Sequence[TransportEquipment], others: Sightings
) -> tuple[str, ...]:
    found = {
        seal.number
        for unit in units
        for seal in unit.seals
        for other, body in others.get(seal_reference(seal.number), ())
        if other != name
        for box in _boxes(body)
        if box.number != unit.number and seal.number in {item.number for item in box.seals}
    }
    return tuple(sorted(found))


def _seals_differing(
    name: str, units: Sequence[TransportEquipment], others: Sightings
) -> tuple[str, ...]:
    found = {
        seal.number
        for unit in units
        for other, body in others.get(f"equipment:{unit.number}", ())
        if other != name and isinstance(body, TransportEquipment)
        for seal in unit.seals
        if body.seals and seal.number not in {item.number for item in body.seals}
    }
    return tuple(sorted(found))


def _boxes(body: Body) -> Sequence[TransportEquipment]:
    if isinstance(body, Consignment):
        return body.equipment
    return (body,) if isinstance(body, TransportEquipment) else ()


def equipment_contexts(
    connection: sa.Connection, visible: frozenset[int], subjects: Sequence[Subject]
) -> list[EquipmentContext]:
    """Return what the ledger knows around each unit of equipment."""
    units = [s.body for s in subjects if isinstance(s.body, TransportEquipment)]
    wanted = sorted(_seals(units))
    others = _sightings(connection, visible, wanted, subjects)
    return [
        EquipmentContext(seals_elsewhere=_seals_elsewhere(subject.id, [unit], others))
        for subject, unit in zip(subjects, units, strict=True)
    ]


def port_call_contexts(subjects: Sequence[Subject]) -> list[PortCallContext]:
    """Return what the ledger knows around each port call: when its notice came in."""
    assert all(isinstance(subject.body, PortCall) for subject in subjects)
    return [PortCallContext(notice_received=subject.recorded) for subject in subjects]


def traveller_contexts(
    connection: sa.Connection, visible: frozenset[int], subjects: Sequence[Subject],
    watched: Callable[[str], TravellerContext],
) -> list[TravellerContext]:  # fmt: skip
    """Return what lists and the ledger know around each traveller.

    :param watched: what screening found for a record id.
    """
    people = [s.body for s in subjects if isinstance(s.body, Traveller)]
    wanted = sorted({value for person in people for value in _documents(person)})
    others = _sightings(connection, visible, wanted, subjects)
    return [
        msgspec.structs.replace(
            watched(subject.id),
            document_other_identity=any(
                _differs(person, body)
                for value in _documents(person)
                for _name, body in others.get(value, ())
            ),
        )
        for subject, person in zip(subjects, people, strict=True)
    ]


def _documents(person: Traveller) -> set[str]:
    return {f"document:{item.number.upper()}" for item in person.documents if item.number}


def _differs(person: Traveller, other: Body) -> bool:
    """The same document, another surname or birth date. Given names are spelled too freely."""
    if not isinstance(other, Traveller):
        return False
    dates = {person.birth_date, other.birth_date}
    return person.surname.casefold() != other.surname.casefold() or (
        len(dates) == 2 and all(len(day) == 10 for day in dates)
    )
