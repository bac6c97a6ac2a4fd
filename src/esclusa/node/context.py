"""What history says around a batch of records: the look-ups that rules may rest on.

Only records that every reader of the subject may see are looked at, so that a reason never rests
on something its reader may not know of. Everything is asked once per batch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis import targeting
from esclusa.analysis.targeting import past
from esclusa.analysis.targeting.context import (
    ConsignmentContext,
    EquipmentContext,
    TravellerContext,
)
from esclusa.ledger import ties
from esclusa.ledger.indexing import pair_reference, party_reference, seal_reference
from esclusa.model import (
    Body,
    Consignment,
    PortCall,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.model.people import REDRESS
from esclusa.node.around import (
    TraderFacts,
    around_boxes,
    box_facts,
    papers_differ,
    papers_elsewhere,
    peer_values,
    stuffing_finds,
    trader_facts,
)
from esclusa.node.around_ships import port_call_contexts

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
    known, pairs_of = _at_hand(subjects), [(s.id, _consignment(s)) for s in subjects]
    seen: Mapping[str, str] = {}
    traders = [TraderFacts()] * len(bodies)
    finds: list[int | None] = [None] * len(bodies)
    peers: list[float | None] = [None] * len(bodies)
    if history_days(connection, visible, subjects[0].recorded) >= HISTORY_NEEDED:
        parties = sorted({party_reference(p.name) for b in bodies for p in b.parties if p.name})
        seen = first_seen.look(connection, label, visible, parties)
        own = ties.own_labels(connection, visible)
        recorded = subjects[0].recorded
        traders = trader_facts(connection, own, pairs_of, known, recorded)
        finds = stuffing_finds(connection, own, bodies, _today(recorded))
        peers = peer_values(connection, own, pairs_of, known)
    pairs = sorted({pair for body in bodies if (pair := pair_reference(body))})
    counts = ties.counts(connection, visible, pairs)
    seals = sorted({value for body in bodies for value in _seals(body.equipment)})
    numbers = [unit.number for body in bodies for unit in body.equipment]
    others = dict(_sightings(connection, visible, seals, subjects))
    others |= around_boxes(connection, visible, numbers, known)
    differing = papers_differ(connection, visible, pairs_of, known)
    papers = papers_elsewhere(connection, visible, pairs_of, known)
    return [
        msgspec.structs.replace(
            _consignment_context(subject, body, seen, counts, others),
            papers_differ=differ, documents_elsewhere=used, stuffing_finds=found,
            peer_value_per_kg=peer, **trader._asdict(),
        )
        for subject, body, differ, used, found, peer, trader in zip(
            subjects, bodies, differing, papers, finds, peers, traders, strict=True
        )
    ]  # fmt: skip


def _at_hand(subjects: Sequence[Subject]) -> dict[int, Body]:
    return {subject.seq: subject.body for subject in subjects}


def _today(recorded: str) -> dt.date:
    """Return the day of an ISO 8601 moment; of an unknown one a day before all others, from which
    nothing is recent."""
    return dt.date.fromisoformat(recorded[:10]) if recorded else dt.date.min


def _sightings(
    connection: sa.Connection, visible: frozenset[int], values: Sequence[str],
    subjects: Sequence[Subject],
) -> Sightings:  # fmt: skip
    """Return who else holds these references; the subjects' own bodies need no reading."""
    known = _at_hand(subjects)
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
    trip = past.Trip(body.carrier, body.bill, body.voyage, _today(subject.recorded))
    boxes = box_facts(
        subject.id, body.equipment, trip, others, loaded=body.departure, at=body.load_port
    )
    return ConsignmentContext(
        previous=subject.previous if isinstance(subject.previous, Consignment) else None,
        received=subject.recorded,
        shipper_days_known=days.get("shipper"),
        consignee_days_known=days.get("consignee"),
        notify_days_known=days.get("notify"),
        same_party_day_count=counts.get(pair) if pair else None,
        seals_elsewhere=_seals_elsewhere(subject.id, body.equipment, others),
        seals_differing=_joined(
            _seals_differing(subject.id, body.equipment, others), boxes.torn_seals
        ),
        containers_elsewhere=boxes.containers_elsewhere,
        boxes_refused=boxes.boxes_refused,
        box_findings=boxes.box_findings,
        box_mass_change=boxes.box_mass_change,
        taken_by_other=boxes.taken_by_other,
    )


def _joined(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*one, *other]))


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
    if isinstance(body, TransportEvent):  # a gate, a lock or a crane reads seals, too
        return (body.equipment,) if body.equipment else ()
    return (body,) if isinstance(body, TransportEquipment) else ()


def equipment_contexts(
    connection: sa.Connection, visible: frozenset[int], subjects: Sequence[Subject]
) -> list[EquipmentContext]:
    """Return what the ledger knows around each unit of equipment."""
    units = [s.body for s in subjects if isinstance(s.body, TransportEquipment)]
    wanted = sorted(_seals(units))
    others = dict(_sightings(connection, visible, wanted, subjects))
    others |= around_boxes(connection, visible, [unit.number for unit in units], _at_hand(subjects))
    return [
        _equipment_context(subject, unit, others)
        for subject, unit in zip(subjects, units, strict=True)
    ]


def _equipment_context(
    subject: Subject, unit: TransportEquipment, others: Sightings
) -> EquipmentContext:
    trip = past.Trip("", "", unit.voyage, _today(subject.recorded))
    boxes = box_facts(subject.id, [unit], trip, others, loaded="", at=unit.load_port)
    return EquipmentContext(
        seals_elsewhere=_seals_elsewhere(subject.id, [unit], others),
        seals_differing=boxes.torn_seals,
        boxes_refused=boxes.boxes_refused,
        box_findings=boxes.box_findings,
        box_mass_change=boxes.box_mass_change,
        taken_by_other=boxes.taken_by_other,
    )


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
    papers = (item for item in person.documents if item.type != REDRESS)
    return {f"document:{item.number.upper()}" for item in papers if item.number}


def _differs(person: Traveller, other: Body) -> bool:
    """The same document, another surname or birth date. Given names are spelled too freely."""
    if not isinstance(other, Traveller):
        return False
    dates = {person.birth_date, other.birth_date}
    return person.surname.casefold() != other.surname.casefold() or (
        len(dates) == 2 and all(len(day) == 10 for day in dates)
    )


def features_of(
    connection: sa.Connection, visible: frozenset[int], first_seen: FirstSeen,
    subjects: Sequence[Subject], *, complete: bool, watched: Callable[[str], TravellerContext],
) -> pl.DataFrame:  # fmt: skip
    """Return the feature table of records of one kind and label: what rules see when records come
    in, and what a rehearsal shows them.

    :param visible: the labels that the rules may look at around these records.
    :param watched: what screening found for a traveller's record id.
    """
    kind, bodies = subjects[0].kind, [subject.body for subject in subjects]
    if kind == "consignment":
        known = consignment_contexts(connection, first_seen, visible, subjects)
        return targeting.consignment_table(bodies, known)  # type: ignore[arg-type]
    if kind == "equipment":
        around = equipment_contexts(connection, visible, subjects)
        return targeting.equipment_table(bodies, around)  # type: ignore[arg-type]
    if kind == "port_call":
        calls = [(s.id, s.body, s.recorded) for s in subjects if isinstance(s.body, PortCall)]
        ships = port_call_contexts(connection, visible, calls, _at_hand(subjects))
        return targeting.port_call_table(bodies, ships)  # type: ignore[arg-type]
    people = traveller_contexts(connection, visible, subjects, watched)
    return targeting.traveller_table(bodies, people, complete=complete)  # type: ignore[arg-type]
