"""The records around a batch that rules look at: of its boxes, bills and traders.

Everything is asked once per batch, with the labels that every reader of the subjects may see; what
the bodies say is compared in :mod:`esclusa.analysis.targeting.past`. What a trader did before, and
what was found elsewhere, is asked of the node's own records alone: a copy of a partner's may go at
any time, and nobody could say whose judgement had rested on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from esclusa.analysis.targeting import past
from esclusa.analysis.targeting.normal import normal
from esclusa.ledger import ties
from esclusa.ledger.indexing import (
    EXAMINATION_REFERENCE,
    bill_reference,
    goods_reference,
    paper_reference,
    party_reference,
)
from esclusa.model import (
    Body,
    Consignment,
    Examination,
    Place,
    TransportEquipment,
)

BOX_LOOKED: Final = 12
"""Other records of a box that are looked at: the events of about two journeys."""
_BILL_LOOKED: Final = 4
_PARTY_LOOKED: Final = 8
_PEERS_LOOKED: Final = 40
_FINDS_LOOKED: Final = 100
"""The newest examinations that found something; more in 180 days are counted from these."""

_FINDS_DAYS: Final = 180
_RECENT_DAYS: Final = 30
_BOX_KINDS: Final = ("consignment", "equipment", "examination", "transport_event")

Held = Mapping[str, tuple[tuple[str, Body], ...]]
"""Other records by reference: id and body."""


class BoxFacts(NamedTuple):
    """What other records say of the boxes of one subject; see the context fields of these names."""

    boxes_refused: tuple[str, ...]
    box_findings: tuple[str, ...]
    box_mass_change: float | None
    taken_by_other: tuple[str, ...] | None
    containers_elsewhere: tuple[str, ...]
    torn_seals: tuple[str, ...]


class TraderFacts(NamedTuple):
    """What the past says of a consignment's traders; see the context fields of these names."""

    shipper_changes: tuple[str, ...] | None = None
    consignee_changes: tuple[str, ...] | None = None
    consignee_recent: int | None = None
    consignee_days_silent: int | None = None


def around_boxes(
    connection: sa.Connection, visible: frozenset[int], numbers: Collection[str],
    known: Mapping[int, Body],
) -> Held:  # fmt: skip
    """Return the newest other records of these boxes.

    :param known: bodies at hand by sequence number.
    """
    values = [f"equipment:{number}" for number in sorted(set(numbers)) if number]
    return ties.sightings(
        connection, visible, values, each=BOX_LOOKED, known=known, kinds=_BOX_KINDS
    )


def box_facts(
    name: str, units: Sequence[TransportEquipment], trip: past.Trip, held: Held,
    *, loaded: str, at: Place,
) -> BoxFacts:  # fmt: skip
    """Return what others say of the boxes ``units`` of record ``name``."""
    refused, gaps, taken, elsewhere = [], [], [], []
    words: list[str] = []
    torn: list[str] = []
    for unit in units:
        rows = held.get(f"equipment:{unit.number}", ())
        others = [body for other, body in rows if other != name]
        if past.refused(unit.number, others, trip):
            refused.append(unit.number)
        words += past.findings(unit.number, others, trip)
        torn += past.torn_seals(unit, others, trip)
        gaps.append(past.mass_change(unit, others, trip))
        taken.append((unit.number, past.taken_by_other(unit.number, others, trip)))
        if past.elsewhere(unit.number, others, trip, loaded, at):
            elsewhere.append(unit.number)
    sure = [number for number, other in taken if other]
    told = any(other is not None for _number, other in taken)
    return BoxFacts(
        boxes_refused=tuple(refused),
        box_findings=tuple(dict.fromkeys(words)),
        box_mass_change=max((gap for gap in gaps if gap is not None), default=None),
        taken_by_other=tuple(sure) if told else None,
        containers_elsewhere=tuple(elsewhere),
        torn_seals=tuple(dict.fromkeys(torn)),
    )


def papers_differ(
    connection: sa.Connection, visible: frozenset[int],
    bodies: Sequence[tuple[str, Consignment]], known: Mapping[int, Body],
) -> list[tuple[str, ...]]:  # fmt: skip
    """Return, for each (record id, consignment), what other records of its bill say otherwise."""
    values = sorted({bill_reference(body.bill) for _name, body in bodies if body.bill})
    held = ties.sightings(
        connection, visible, values, each=_BILL_LOOKED, known=known, kinds=("consignment",)
    )
    return [
        past.papers_differ(
            body,
            [o for other, o in held.get(bill_reference(body.bill), ()) if other != name],
        )
        for name, body in bodies
    ]


def papers_elsewhere(
    connection: sa.Connection, visible: frozenset[int],
    bodies: Sequence[tuple[str, Consignment]], known: Mapping[int, Body],
) -> list[tuple[str, ...]]:  # fmt: skip
    """Return, for each (record id, consignment), its papers that another shipper used as well."""
    values = sorted({paper_reference(text) for _name, body in bodies for text in body.documents})
    held = ties.sightings(
        connection, visible, values, each=_BILL_LOOKED, known=known, kinds=("consignment",)
    )
    return [
        tuple(
            text
            for text in dict.fromkeys(body.documents)
            if past.papers_elsewhere(
                body, text, [o for other, o in held.get(paper_reference(text), ()) if other != name]
            )
        )
        for name, body in bodies
    ]


def peer_values(
    connection: sa.Connection, own: frozenset[int],
    bodies: Sequence[tuple[str, Consignment]], known: Mapping[int, Body],
) -> list[float | None]:  # fmt: skip
    """Return, for each (record id, consignment), the median value per kg of the newest others of
    its heading and lane."""
    values = sorted({ref for _name, body in bodies if (ref := goods_reference(body))})
    held = ties.sightings(
        connection, own, values, each=_PEERS_LOOKED, known=known, kinds=("consignment",)
    )
    return [
        past.peer_value(
            body, [o for other, o in held.get(goods_reference(body), ()) if other != name]
        )
        for name, body in bodies
    ]


def trader_facts(
    connection: sa.Connection, own: frozenset[int], bodies: Sequence[tuple[str, Consignment]],
    known: Mapping[int, Body], recorded: str,
) -> list[TraderFacts]:  # fmt: skip
    """Return what earlier consignments of each one's shipper and consignee say.

    :param own: labels of the node's own records.
    :param recorded: ISO 8601 UTC moment of the batch.
    """
    values = sorted({ref for _name, body in bodies for ref in _traders(body).values()})
    held = ties.sightings(
        connection, own, values, each=_PARTY_LOOKED, known=known, kinds=("consignment",)
    )
    since = dt.datetime.fromisoformat(recorded) - dt.timedelta(days=_RECENT_DAYS)
    named = (_traders(body).get("consignee") for _name, body in bodies)
    wanted = sorted({ref for ref in named if ref})
    paces = ties.pace(connection, own, wanted, kind="consignment", since=_text(since))
    return [_trader(name, body, held, paces, since) for name, body in bodies]


def _text(moment: dt.datetime) -> str:
    """Return a moment as the ledger writes it, so that texts compare as moments do."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _traders(body: Consignment) -> dict[str, str]:
    """Return the reference of the shipper and of the consignee, where stated."""
    return {
        party.role: party_reference(party.name)
        for party in reversed(body.parties)
        if party.role in ("shipper", "consignee") and party.name
    }


def _trader(
    name: str, body: Consignment, held: Held, paces: Mapping[str, tuple[int, str]],
    since: dt.datetime,
) -> TraderFacts:  # fmt: skip
    named = _traders(body)
    new = {
        role: past.changes(body, role, [o for other, o in held.get(ref, ()) if other != name])
        for role, ref in named.items()
    }
    recent, before = paces.get(named.get("consignee", ""), (None, ""))
    silent = (since - dt.datetime.fromisoformat(before)).days if before else None
    return TraderFacts(new.get("shipper"), new.get("consignee"), recent, silent)


def stuffing_finds(
    connection: sa.Connection, own: frozenset[int], bodies: Sequence[Consignment], today: dt.date
) -> list[int | None]:
    """Return, for each consignment that says where it was stuffed, how many examinations of the
    last 180 days found something in what was stuffed there; None for the others."""
    places = [normal(body.stuffing_place) for body in bodies]
    if not any(places):
        return [None] * len(bodies)
    found = [
        body
        for _name, body in ties.sightings(
            connection, own, [EXAMINATION_REFERENCE], each=_FINDS_LOOKED, kinds=("examination",)
        ).get(EXAMINATION_REFERENCE, ())
        if isinstance(body, Examination) and body.result == "found"
    ]
    held = _examined(connection, own, found)
    counts: dict[str, int] = {}
    for body in found:
        if past.recent(body.completed or body.reported or body.started, today, _FINDS_DAYS):
            for place in _stuffed(body, held):
                counts[place] = counts.get(place, 0) + 1
    return [None if place is None else counts.get(place, 0) for place in places]


def _examined(connection: sa.Connection, own: frozenset[int], found: Iterable[Examination]) -> Held:
    values = {bill_reference(bill) for body in found for bill in body.bills if bill}
    values |= {f"equipment:{body.equipment}" for body in found if body.equipment}
    return ties.sightings(
        connection, own, sorted(values), each=_BILL_LOOKED, kinds=("consignment",)
    )


def _stuffed(body: Examination, held: Held) -> set[str]:
    """Return where the examined consignment was stuffed: of its bills, else of the box's newest."""
    rows = [row for bill in body.bills for row in held.get(bill_reference(bill), ())]
    if not rows and body.equipment:
        rows = list(held.get(f"equipment:{body.equipment}", ()))[-1:]
    return {
        place
        for _name, other in rows
        if isinstance(other, Consignment) and (place := normal(other.stuffing_place))
    }
