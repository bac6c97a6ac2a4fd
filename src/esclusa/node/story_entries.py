"""Entries of an entity's timeline: one for each record that names it, and what stands beside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from esclusa.casework.alerts import verdicts
from esclusa.ledger.happened import Raised, alerts_about, holding, kinds_holding, named
from esclusa.ledger.indexing import (
    RECORD_REFERRED,
    bill_reference,
    referral_reference,
    referred_reference,
    title_of,
)
from esclusa.ledger.labels import Labels
from esclusa.ledger.versions import Held
from esclusa.model import (
    Alert,
    AlertMove,
    Consignment,
    Examination,
    ListEntry,
    MatchDecision,
    Ownership,
    Place,
    PortCall,
    Record,
    ReferralMove,
    Seizure,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.model.ownership import held
from esclusa.node import referral_rows
from esclusa.node.referral_telling import word
from esclusa.node.story_sketch import Alarm, Cargo, Sketch, happened, made, moment_at, part_of
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate
from esclusa.sharing.story_views import EntryView, EntryWord

_MOST: Final = 500
"""Examinations, and drafts of referrals, that are told at most, the newest."""

_MATCH: Final = b'"match"'
_REPORTS: Final = ("examination", "seizure", "referral_move")


@dataclass(frozen=True, kw_only=True)
class Around:
    """Where to look for what stands beside records: one snapshot, with one reader's labels."""

    connection: sa.Connection
    labels: Labels
    visible: frozenset[int]
    gate: Gate
    agency: str
    reader: Reader


def of_record(held: Held, part: Any, roles: tuple[str, ...]) -> Sketch:
    """Return what a record says happened; ``part`` is :func:`part_of` it, ``roles`` are those that
    it gives the entity."""
    moment = moment_at(happened(held.kind, part, held.valid_time), held.recorded)
    return Sketch(held.id, held.kind, moment, held.seq, partial(_of_record, roles))


def _of_record(roles: tuple[str, ...], row: Record | None) -> EntryView:
    assert row is not None and row.body is not None  # an erased version names nobody
    at = happened(row.kind, row.body, row.valid_time)
    recorded = _recorded(row)
    played = (EntryWord(text=one, section="value.role") for one in roles)
    return EntryView(
        id=row.id, kind=row.kind, at=at or recorded, stated=bool(at), title=title_of(row.body),
        words=tuple(dict.fromkeys((*played, *_told(row)))),
        page="records", name=row.id, originator=row.originator, level=int(row.marking.level),
        recorded=recorded,
    )  # fmt: skip


def _told(row: Record) -> tuple[EntryWord, ...]:
    """Return what is told beside the title."""
    match row.body:
        case Consignment(load_port=load, discharge_port=to) as body:
            way = " → ".join(filter(None, map(_port, (load, to))))
            return _plain(way, _ship(body.voyage))
        case TransportEquipment() as body:
            return _plain(_ship(body.voyage), body.stowage)
        case TransportEvent() as body:
            coded = EntryWord(text=body.event, section="value.event")
            stage = EntryWord(text=body.stage, section="value.stage")
            return coded, stage, *_plain(_port(body.place), _ship(body.voyage))
        case PortCall() as body:
            return _plain(_port(body.port), body.voyage.reference)
        case ShipDeclaration() as body:
            return _plain(_port(body.port), body.form)
        case Traveller(journey=leg):
            way = " → ".join(filter(None, (_port(leg.departure_place), _port(leg.arrival_place))))
            return _plain(f"{leg.carrier}{leg.number}", way)
        case ListEntry() as body:
            return _plain(f"{body.list_id}:{body.uid}", *body.programs[:3])
        case Ownership() as body:
            capacity = EntryWord(text=body.owner.role, section="value.role")
            share = f"{body.share_percent:g} %" if body.share_percent is not None else ""
            return capacity, *_plain(share, held(body.held_from, body.held_until), body.register)
        case _:
            return ()


def _plain(*texts: str) -> tuple[EntryWord, ...]:
    return tuple(EntryWord(text=text) for text in texts if text.strip())


def _port(place: Place) -> str:
    return place.code or place.name


def _ship(voyage: Any) -> str:
    ship = voyage.conveyance
    return " ".join(filter(None, (ship.name or ship.imo, voyage.reference)))


class Refs(NamedTuple):
    """By what others find a record: the reference of its bill, "" for none, and those of the boxes
    under it, each with its ship and voyage."""

    bill: str = ""
    carried: tuple[tuple[str, str], ...] = ()


def refs_of(part: Any) -> Refs:
    """Return by what others find a record; ``part`` is :func:`part_of` it."""
    if not isinstance(part, Cargo):
        return Refs()
    ship = _ship(part.voyage)
    boxes = {f"equipment:{unit.number}": ship for unit in part.equipment if unit.number}
    return Refs(bill_reference(part.bill) if part.bill else "", tuple(boxes.items()))


class Sought(NamedTuple):
    """By what the reports that stand beside some records are looked for.

    :param own: references of the bills among them, and of the entity as a container.
    :param carried: references of the boxes of these bills, each with its ship and voyage.
    :param referred: references that drafts of referrals about them hold; none for who may not read
        referrals.
    """

    own: frozenset[str]
    carried: frozenset[tuple[str, str]]
    referred: tuple[str, ...]

    def every(self) -> set[str]:
        """Return all of these references."""
        return {*self.own, *(value for value, _voyage in self.carried), *self.referred}


def sought(around: Around, refs: Mapping[str, Refs], boxes: Collection[str]) -> Sought:
    """Return by what reports beside records are looked for.

    :param refs: :func:`refs_of` each of them, by the record's id.
    :param boxes: container numbers that the entity itself bears.
    """
    own = {one.bill for one in refs.values() if one.bill}
    may = around.reader.may(Action.REFERRAL_READ)
    return Sought(
        frozenset(own | {f"equipment:{number}" for number in boxes}),
        frozenset(unit for one in refs.values() for unit in one.carried),
        tuple(referred_reference(name) for name in refs) if may else (),
    )


def kinds_beside(around: Around, values: Collection[str]) -> set[str]:
    """Return which kinds of reports hold one of these references."""
    return kinds_holding(around.connection, around.visible, sorted(values), _REPORTS)


def reports_beside(around: Around, by: Sought, kinds: Collection[str]) -> Iterator[Sketch]:
    """Yield the examinations, seizures and referrals beside some records.

    :param kinds: what :func:`kinds_beside` found of them; more than that costs time alone.
    """
    if "examination" in kinds:
        yield from map(made, _examinations(around, by))
    if "seizure" in kinds:
        yield from map(made, _seizures(around, by.own))
    if by.referred and "referral_move" in kinds:
        yield from map(made, _referrals(around, by.referred))


# --- alerts and matches ------------------------------------------------------------------------


class Raising(NamedTuple):
    """The alert about a record with what is said of it, and the names of what this rests on beside
    the record: ids, and references to them that new records may hold."""

    sketches: list[Sketch]
    rests: set[str]


def alerts_beside(around: Around, places: Mapping[str, Collection[str]]) -> dict[str, Raising]:
    """Return the alerts about records with verdicts, matches and decisions, by record; a record
    without an alert is left out.

    :param places: where in each record the entity is named, by its id; a match of another party of
        the same bill is not the entity's.
    """
    rows = alerts_about(around.connection, around.visible, places)
    decided: dict[str, EntryView] = {}
    touched = [(row.alert_id, row.label_id) for row in rows.values() if row.state != "new"]
    moves = around.gate.moves_of(around.connection, touched)
    found: dict[str, Raising] = {}
    for subject, row in rows.items():
        made_of = found[subject] = Raising([], {row.alert_id, f"record:{row.alert_id}"})
        held = row.alert
        if held is None or held.kind != "alert":
            continue
        alone = row._replace(alert=None)  # what is kept of it needs no body
        alert = partial(_alert, row.created, row.alert_id)
        moment = moment_at(row.created, held.recorded)
        made_of.sketches.append(Sketch(held.id, "alert", moment, row.seq, alert))
        if row.state != "new":
            made_of.sketches.extend(_verdicts(moves[row.alert_id], alone, held))
        _matches(around, alone, held, places[subject], decided, made_of)
    return found


def _alert(created: str, name: str, record: Record | None) -> EntryView:
    record, body = _read(record)
    return _entry(record, "alert", created, "alerts", name, body.title, (_points(body.score),))


def _read(record: Record | None) -> tuple[Record, Alert]:
    assert record is not None and isinstance(record.body, Alert)  # it was found in this snapshot
    return record, record.body


def _points(score: float) -> EntryWord:
    return EntryWord(text=f"{score:g} points", es=f"{score:g} puntos")


def _verdicts(moves: Sequence[AlertMove], row: Raised, held: Held) -> Iterator[Sketch]:
    """Yield the verdicts on an alert; one that was taken back says so."""
    standing: list[AlertMove] = []
    undone: set[int] = set()
    for move in moves:
        if move.move == "undo":
            undone |= {standing.pop().number} if standing else set()
        else:
            standing.append(move)
    for move in moves:
        if move.move == "verdict":
            name, moment = f"{row.alert_id}/{move.number}", moment_at(move.at, held.recorded)
            make = partial(_verdict, move, name, row, move.number in undone)
            yield Sketch(name, "alert_move", moment, row.seq, make)


def _verdict(
    move: AlertMove, name: str, row: Raised, undone: bool, record: Record | None
) -> EntryView:
    texts = {item.code: EntryWord(text=item.text_en, es=item.text_es) for item in verdicts()}
    code = texts.get(move.verdict, EntryWord(text=move.verdict))
    return _entry(
        _read(record)[0], "alert_move", move.at, "alerts", row.alert_id, row.title,
        (code, *_plain(move.reason)), by=move.by, id=name, undone=undone,
    )  # fmt: skip


def _matches(
    around: Around, row: Raised, held: Held, places: Collection[str],
    decided: dict[str, EntryView], found: Raising,
) -> None:  # fmt: skip
    """Add the matches of the entity that an alert tells of, with the decisions on them; each of
    these is read once."""
    if _MATCH not in held.body:  # most alerts rest on rules alone
        return
    alarm: Alarm = part_of(held)
    for number, reason in enumerate(alarm.reasons):
        match = reason.match
        if match is None or not any(item.path in places for item in reason.evidence):
            continue
        name, moment = f"{row.alert_id}/{match.id}", moment_at(row.created, held.recorded)
        make = partial(_match, number, name, row)
        found.sketches.append(Sketch(name, "match", moment, row.seq, make))
        if not match.decision:
            continue
        found.rests.add(match.decision)
        if match.decision not in decided:
            decisions = named(around.connection, around.labels, around.visible, {match.decision})
            body = decisions[match.decision].body if match.decision in decisions else None
            if isinstance(body, MatchDecision):
                decided[match.decision] = _decision(decisions[match.decision], body)
        if match.decision in decided:
            found.sketches.append(made(decided[match.decision]))


def _match(number: int, name: str, row: Raised, record: Record | None) -> EntryView:
    record, alert = _read(record)
    reason = alert.reasons[number]
    assert reason.match is not None
    return _entry(
        record, "match", row.created, "matches", reason.match.id, row.title,
        (EntryWord(text=reason.text_en, es=reason.text_es), *_plain(reason.code)), id=name,
    )  # fmt: skip


def _decision(record: Record, body: MatchDecision) -> EntryView:
    said = body.said
    outcome = said.outcome if said else "undecided"
    coded = EntryWord(text=outcome, section="match_state")
    return _entry(
        record, "match_decision", body.at, "matches", record.id, body.party.name,
        (coded, *_plain(said.reason if said else "")), by=body.by,
    )  # fmt: skip


# --- examinations and referrals ----------------------------------------------------------------


def _examinations(around: Around, by: Sought) -> Iterator[EntryView]:
    """Yield examinations that name a bill of these records or a container of the entity, or a box
    of these bills on the same voyage."""
    wanted = sorted({*by.own, *(value for value, _voyage in by.carried)})
    seen: set[str] = set()
    for value, record in holding(
        around.connection, around.labels, around.visible, wanted, "examination", limit=_MOST
    ):
        body = record.body
        if record.id in seen or not isinstance(body, Examination):
            continue
        boxed = not body.bills and (value, _ship(body.voyage)) in by.carried
        if value in by.own or boxed:
            seen.add(record.id)
            yield _examined(record, body)


def _examined(record: Record, body: Examination) -> EntryView:
    at = body.completed or body.started or body.reported
    found = tuple(EntryWord(text=one.category, section="value.category") for one in body.findings)
    coded = (EntryWord(text=body.result, section="value.result"),) if body.result else ()
    what = _plain(*(one.what for one in body.findings), body.equipment, *body.bills)
    recorded = _recorded(record)
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


def _referrals(around: Around, values: Sequence[str]) -> Iterator[EntryView]:
    """Yield the steps of the referrals that were opened here about records; ``values`` are the
    references that their drafts hold."""
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
    recorded = _recorded(record)
    return EntryView(
        id=id or record.id, kind=kind, at=at or recorded, title=title, words=words, page=page,
        name=name, originator=record.originator, level=int(record.marking.level),
        recorded=recorded, by=by, stated=stated, undone=undone,
    )  # fmt: skip


def _recorded(record: Record) -> str:
    return record.recorded_time.isoformat() if record.recorded_time else ""
