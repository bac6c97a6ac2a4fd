"""Entries of an entity's timeline: one for each record that names it, and what stands beside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from esclusa.casework.alerts import verdicts
from esclusa.ledger import records
from esclusa.ledger.happened import alerts_about, holding, kinds_holding, named
from esclusa.ledger.indexing import (
    RECORD_REFERRED,
    bill_reference,
    referral_reference,
    referred_reference,
    title_of,
)
from esclusa.ledger.labels import Labels
from esclusa.model import (
    Alert,
    AlertMove,
    Consignment,
    Examination,
    ListEntry,
    MatchDecision,
    Place,
    PortCall,
    Record,
    ReferralMove,
    Seizure,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
    Voyage,
)
from esclusa.node import referral_rows
from esclusa.node.referral_telling import word
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate
from esclusa.sharing.story_views import EntryView, EntryWord

_MOST: Final = 500
"""Examinations, and drafts of referrals, that are told at most, the newest."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """Where to look for what stands beside records: one snapshot, with one reader's labels."""

    connection: sa.Connection
    labels: Labels
    visible: frozenset[int]
    gate: Gate
    agency: str
    reader: Reader


def of_record(row: Record, roles: tuple[str, ...]) -> EntryView:
    """Return what a record says happened; ``roles`` are those that it gives the entity."""
    at, words = _told(row)
    recorded = row.recorded_time.isoformat() if row.recorded_time else ""
    assert row.body is not None  # an erased version names nobody
    return EntryView(
        id=row.id, kind=row.kind, at=at or recorded, stated=bool(at), title=title_of(row.body),
        words=(*(EntryWord(text=one, section="value.role") for one in roles), *words),
        page="records", name=row.id, originator=row.originator, level=int(row.marking.level),
        recorded=recorded,
    )  # fmt: skip


def _told(row: Record) -> tuple[str, tuple[EntryWord, ...]]:
    """Return when it happened, "" where that is not said, and what is told beside the title."""
    match row.body:
        case Consignment(load_port=load, discharge_port=to) as body:
            way = " → ".join(filter(None, map(_port, (load, to))))
            return body.arrival or body.departure or body.issued, _plain(way, _ship(body.voyage))
        case TransportEquipment() as body:
            return row.valid_time, _plain(_ship(body.voyage), body.stowage)
        case TransportEvent() as body:
            coded = EntryWord(text=body.event, section="value.event")
            stage = EntryWord(text=body.stage, section="value.stage")
            return body.occurred, (coded, stage, *_plain(_port(body.place), _ship(body.voyage)))
        case PortCall() as body:
            return body.arrival or body.departure, _plain(_port(body.port), body.voyage.reference)
        case ShipDeclaration() as body:
            return body.arrival or body.departure, _plain(_port(body.port), body.form)
        case Traveller(journey=leg) as body:
            way = " → ".join(filter(None, (_port(leg.departure_place), _port(leg.arrival_place))))
            return leg.arrival or leg.departure, _plain(f"{leg.carrier}{leg.number}", way)
        case ListEntry() as body:
            return body.listed_on, _plain(f"{body.list_id}:{body.uid}", *body.programs[:3])
        case _:
            return row.valid_time, ()


def _plain(*texts: str) -> tuple[EntryWord, ...]:
    return tuple(EntryWord(text=text) for text in texts if text.strip())


def _port(place: Place) -> str:
    return place.code or place.name


def _ship(voyage: Voyage) -> str:
    ship = voyage.conveyance
    return " ".join(filter(None, (ship.name or ship.imo, voyage.reference)))


def beside(
    around: Around, rows: Mapping[str, Record], places: Mapping[str, Collection[str]],
    boxes: Collection[str],
) -> Iterator[EntryView]:  # fmt: skip
    """Yield what stands beside some records: alerts, verdicts, matches and decisions, examinations,
    seizures and referrals.

    :param rows: records by id.
    :param places: where in each record the entity is named; a match of another party of the same
        bill is not the entity's.
    :param boxes: container numbers that the entity itself bears.
    """
    yield from _alerts(around, rows, places)
    bills = {bill_reference(row.body.bill) for row in rows.values()
             if isinstance(row.body, Consignment) and row.body.bill}  # fmt: skip
    own = bills | {f"equipment:{number}" for number in boxes}
    carried = {(f"equipment:{unit.number}", _ship(row.body.voyage))
               for row in rows.values() if isinstance(row.body, Consignment)
               for unit in row.body.equipment if unit.number}  # fmt: skip
    wanted = sorted({*own, *(value for value, _voyage in carried)})
    there = kinds_holding(around.connection, around.visible, wanted, ("examination", "seizure"))
    if "examination" in there:
        yield from _examinations(around, wanted, own, carried)
    if "seizure" in there:
        yield from _seizures(around, own)
    if around.reader.may(Action.REFERRAL_READ):
        yield from _referrals(around, rows)


# --- alerts and matches ------------------------------------------------------------------------


def _alerts(
    around: Around, rows: Mapping[str, Record], places: Mapping[str, Collection[str]]
) -> Iterator[EntryView]:
    found = alerts_about(around.connection, around.visible, rows.keys())
    seqs = [row.seq for row in found.values()]
    alerts = records.get_by_seq(around.connection, around.labels, around.visible, seqs)
    decided: dict[str, EntryView] = {}
    touched = [(row.alert_id, row.label_id) for row in found.values() if row.state != "new"]
    moves = around.gate.moves_of(around.connection, touched)
    for row in found.values():
        record = alerts.get(row.seq)
        if record is None or not isinstance(record.body, Alert):
            continue
        yield _entry(
            record, "alert", row.created, "alerts", row.alert_id, record.body.title,
            (_points(record.body.score),),
        )  # fmt: skip
        if row.state != "new":
            yield from _verdicts(moves[row.alert_id], row, record)
        yield from _matches(around, row, record, places.get(row.subject_id, ()), decided)
    yield from decided.values()


def _points(score: float) -> EntryWord:
    return EntryWord(text=f"{score:g} points", es=f"{score:g} puntos")


def _verdicts(moves: Sequence[AlertMove], row: Any, alert: Record) -> Iterator[EntryView]:
    """Yield the verdicts on an alert; one that was taken back says so."""
    texts = {item.code: EntryWord(text=item.text_en, es=item.text_es) for item in verdicts()}
    standing: list[AlertMove] = []
    undone: set[int] = set()
    for move in moves:
        if move.move == "undo":
            undone |= {standing.pop().number} if standing else set()
        else:
            standing.append(move)
    for move in moves:
        if move.move == "verdict":
            code = texts.get(move.verdict, EntryWord(text=move.verdict))
            yield _entry(
                alert, "alert_move", move.at, "alerts", row.alert_id, row.title,
                (code, *_plain(move.reason)), by=move.by, id=f"{row.alert_id}/{move.number}",
                undone=move.number in undone,
            )  # fmt: skip


def _matches(
    around: Around, row: Any, alert: Record, places: Collection[str],
    decided: dict[str, EntryView],
) -> Iterator[EntryView]:  # fmt: skip
    """Yield the matches of the entity that an alert tells of; decisions are gathered, each once."""
    assert isinstance(alert.body, Alert)
    for reason in alert.body.reasons:
        if not any(item.path in places for item in reason.evidence):
            continue
        if found := reason.match:
            yield _entry(
                alert, "match", row.created, "matches", found.id, row.title,
                (EntryWord(text=reason.text_en, es=reason.text_es), *_plain(reason.code)),
                id=f"{row.alert_id}/{found.id}",
            )  # fmt: skip
            if found.decision and found.decision not in decided:
                held = named(around.connection, around.labels, around.visible, {found.decision})
                body = held[found.decision].body if found.decision in held else None
                if isinstance(body, MatchDecision):
                    decided[found.decision] = _decision(held[found.decision], body)


def _decision(record: Record, body: MatchDecision) -> EntryView:
    said = body.said
    outcome = said.outcome if said else "undecided"
    coded = EntryWord(text=outcome, section="match_state")
    return _entry(
        record, "match_decision", body.at, "matches", record.id, body.party.name,
        (coded, *_plain(said.reason if said else "")), by=body.by,
    )  # fmt: skip


# --- examinations and referrals ----------------------------------------------------------------


def _examinations(
    around: Around, wanted: Sequence[str], own: Collection[str],
    carried: Collection[tuple[str, str]],
) -> Iterator[EntryView]:  # fmt: skip
    """Yield examinations that name a bill of these records or a container of the entity, or a box
    of these bills on the same voyage.

    :param own: references of these bills and that container.
    :param carried: references of the boxes of these bills, each with its ship and voyage.
    :param wanted: all of these references.
    """
    seen: set[str] = set()
    for value, record in holding(
        around.connection, around.labels, around.visible, wanted, "examination", limit=_MOST
    ):
        body = record.body
        if record.id in seen or not isinstance(body, Examination):
            continue
        if value in own or (not body.bills and (value, _ship(body.voyage)) in carried):
            seen.add(record.id)
            yield _examined(record, body)


def _examined(record: Record, body: Examination) -> EntryView:
    at = body.completed or body.started or body.reported
    found = tuple(EntryWord(text=one.category, section="value.category") for one in body.findings)
    coded = (EntryWord(text=body.result, section="value.result"),) if body.result else ()
    what = _plain(*(one.what for one in body.findings), body.equipment, *body.bills)
    recorded = record.recorded_time.isoformat() if record.recorded_time else ""
    return _entry(
        record, "examination", at or recorded, "records", record.id, title_of(body),
        (*coded, *found, *what), stated=bool(at),
    )  # fmt: skip


def _seizures(around: Around, own: Collection[str]) -> Iterator[EntryView]:
    """Yield the reports of seizures under these bills or in that container."""
    seen: set[str] = set()
    for _value, record in holding(
        around.connection, around.labels, around.visible, sorted(own), "seizure", limit=_MOST
    ):
        body = record.body
        if record.id not in seen and isinstance(body, Seizure):
            seen.add(record.id)
            items = (f"{one.what or one.category} {one.quantity or ''} {one.unit}".strip()
                     for one in body.items)  # fmt: skip
            yield _entry(
                record, "seizure", body.seized, "records", record.id, title_of(body),
                _plain(*items, body.equipment, body.bill), by=body.by,
            )  # fmt: skip


def _referrals(around: Around, rows: Mapping[str, Record]) -> Iterator[EntryView]:
    """Yield the steps of the referrals that were opened here about one of these records."""
    values = [referred_reference(name) for name in rows]
    drafts = holding(
        around.connection, around.labels, around.visible, values, "referral_move", limit=_MOST
    )
    names = {record.body.referral for _value, record in drafts
             if isinstance(record.body, ReferralMove)
             and any(item.name == RECORD_REFERRED for item in record.body.recorded)}  # fmt: skip
    for name in sorted(names):
        for kept in referral_rows.kept(
            around.connection, around.labels, around.visible, around.agency,
            value=referral_reference(name),
        ):  # fmt: skip
            yield from _steps(around, kept)


def _steps(around: Around, kept: referral_rows.Kept) -> Iterator[EntryView]:
    for step in kept.referral.steps:
        move = step.move
        label = around.labels.get(kept.labels[move.agency, move.number])
        said = word("move", move.move)
        yield EntryView(
            id=f"{move.referral}/{move.agency}/{move.number}", kind="referral_move", at=move.at,
            title=move.referral, words=(EntryWord(text=said.en, es=said.es), *_plain(move.agency)),
            page="referrals", name=move.referral, originator=label.originator,
            level=int(label.marking.level), recorded=move.at, by=move.by, undone=bool(step.lost),
        )  # fmt: skip


def _entry(
    record: Record, kind: str, at: str, page: str, name: str, title: str,
    words: tuple[EntryWord, ...], *, by: str = "", id: str = "", stated: bool = True,
    undone: bool = False,
) -> EntryView:  # fmt: skip
    recorded = record.recorded_time.isoformat() if record.recorded_time else ""
    return EntryView(
        id=id or record.id, kind=kind, at=at or recorded, title=title, words=words, page=page,
        name=name, originator=record.originator, level=int(record.marking.level),
        recorded=recorded, by=by, stated=stated, undone=undone,
    )  # fmt: skip
