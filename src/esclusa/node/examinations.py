"""Outcomes of examinations under a reader's labels.

Examinations, and the consignments and boxes that they speak of, are read under the labels that the
reader may see. So the table is that of a node which holds nothing else: whether a box holds one
bill or several is answered by the bills that the reader may see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.outcomes import (
    Stated,
    Subject,
    as_known,
    definitions,
    link,
    outcome_table,
)
from esclusa.errors import InputError
from esclusa.ledger import versions
from esclusa.ledger.indexing import EXAMINATION_REFERENCE, FEEDBACK_REFERENCE, bill_reference
from esclusa.ledger.labels import Labels
from esclusa.model import Examination, Feedback, record_id
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

SUBJECTS: Final = ("consignment", "equipment")
"""Kinds of record that an examination can speak of."""


def outcomes(
    gate: Gate, labels: Labels, reader: Reader, *, kinds: Collection[str] = SUBJECTS,
    known_by: dt.datetime | None = None, version: int | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Return what is known of consignments and boxes because somebody looked into them.

    One row for each subject that an examination speaks of: ``subject`` (record id), ``kind``,
    ``examined``, ``found`` (null where unknown), ``known`` and ``at`` (UTC), ``lane``,
    ``probability`` (null where none was recorded), ``selection``, ``event``, ``examination``,
    ``result``; see :func:`~esclusa.analysis.outcomes.outcome_table`. A subject without a row was
    not examined, which says nothing of what is in it.

    :param kinds: of subjects: ``consignment``, ``equipment``, or both. One opening may speak for
        both; whoever counts openings counts distinct ``event``.
    :param known_by: an aware moment; only what was known by then counts.
    :param version: of the definitions; the newest when None.
    :raises Forbidden: when the reader may not read records.
    :raises InputError: for a moment without a zone, and a version that there is not.
    """
    reader.require(Action.RECORD_READ)
    with gate.reading(reader) as (connection, visible):
        found = outcomes_under(
            connection, labels, visible, kinds=kinds, known_by=known_by, version=version
        )
    gate.note(reader, Action.RECORD_READ, detail=f"outcomes={found.height}")
    return found


def outcomes_under(
    connection: sa.Connection, labels: Labels, visible: Collection[int], *,
    kinds: Collection[str] = SUBJECTS, known_by: dt.datetime | None = None,
    version: int | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Return the outcomes under these labels, as :func:`outcomes` does; for analysis."""
    if known_by is not None and known_by.tzinfo is None:
        raise InputError("known_by has no time zone")
    rules = definitions(version)
    exams = as_known(_stated(connection, labels, visible), known_by)
    bodies = [one.body for one in exams]
    # Bills decide whether a box holds one alone, so they are read whatever kinds are asked for.
    linked = link(bodies, _subjects(connection, labels, visible, bodies), rules)
    return outcome_table(exams, (one for one in linked if one.kind in kinds), rules)


def in_force(
    connection: sa.Connection, labels: Labels, visible: Collection[int],
    known_by: dt.datetime | None = None,
) -> list[Stated]:  # fmt: skip
    """Return the examinations in force under these labels, with when each became known; for who
    counts examinations and not what they were about.

    :param known_by: an aware moment; only what was known by then counts.
    """
    return as_known(_stated(connection, labels, visible), known_by)


def _stated(
    connection: sa.Connection, labels: Labels, visible: Collection[int]
) -> Iterator[Stated]:
    for held in versions.all_holding(connection, visible, EXAMINATION_REFERENCE):
        yield Stated(
            id=held.id, chain=held.label_id, seq=held.seq, recorded=held.recorded,
            body=_EXAMINATION.decode(held.body), withdrawn=held.withdrawn,
        )  # fmt: skip
    # What a partner said back about records of ours is an examination that it made.
    for held in versions.all_holding(connection, visible, FEEDBACK_REFERENCE):
        said = _FEEDBACK.decode(held.body) if labels.get(held.label_id).supplier else None
        # What a list entry of ours led to was an examination of something that we do not hold.
        if said is not None and said.about_kind != "list_entry":
            yield Stated(
                id=held.id, chain=held.label_id, seq=held.seq, recorded=held.recorded,
                body=examined(said), withdrawn=held.withdrawn,
            )  # fmt: skip


def examined(said: Feedback) -> Examination:
    """Return what a partner said back about a record of ours as an examination, for statistics."""
    return Examination(
        agency=said.agency, number=said.about, event=said.event, result=said.result,
        equipment=said.equipment, carrier=said.carrier, bills=(said.bill,) if said.bill else (),
        completed=said.at, reported=said.at, lane="other",
    )  # fmt: skip


class _Ship(msgspec.Struct, frozen=True):
    name: str = ""
    imo: str = ""


class _Voyage(msgspec.Struct, frozen=True):
    reference: str = ""
    conveyance: _Ship = _Ship()


class _Box(msgspec.Struct, frozen=True):
    number: str = ""


class _Cargo(msgspec.Struct, frozen=True):
    """As much of a consignment or a unit of equipment as linking needs: reading it costs a fraction
    of the whole body."""

    number: str = ""
    carrier: str = ""
    bill: str = ""
    departure: str = ""
    arrival: str = ""
    voyage: _Voyage = _Voyage()
    equipment: tuple[_Box, ...] = ()


_EXAMINATION: Final = msgspec.json.Decoder(Examination)
_FEEDBACK: Final = msgspec.json.Decoder(Feedback)
_CARGO: Final = msgspec.json.Decoder(_Cargo)


def _subjects(
    connection: sa.Connection, labels: Labels, visible: Collection[int],
    exams: Iterable[Examination],
) -> Iterator[Subject]:  # fmt: skip
    """Yield the records that may be meant: by box, by bill number, and by the id that a bill's
    record has with each originator, for ledgers older than references by bill."""
    values: set[str] = set()
    names: set[str] = set()
    originators = {labels.get(number).originator for number in visible}
    for exam in exams:
        if exam.equipment:
            values.add(f"equipment:{exam.equipment}")
        values |= {bill_reference(bill) for bill in exam.bills}
        keys = [f"{exam.carrier}/{bill}".strip().upper() for bill in exam.bills if exam.carrier]
        names |= {record_id(one, "consignment", key) for one in originators for key in keys}
    held = versions.holding(connection, visible, SUBJECTS, values)
    held |= versions.named(connection, visible, SUBJECTS, names)
    newest: dict[str, versions.Held] = {}
    for seq in sorted(held):  # of several chains the one recorded last speaks
        newest[held[seq].id] = held[seq]
    yield from map(_subject, newest.values())


def _subject(held: versions.Held) -> Subject:
    cargo = _CARGO.decode(held.body)
    ship = cargo.voyage.conveyance
    unit = held.kind == "equipment"
    return Subject(
        id=held.id,
        kind=held.kind,
        boxes=(cargo.number,) if unit else tuple(box.number for box in cargo.equipment),
        carrier=cargo.carrier,
        bill=cargo.bill,
        ship=ship.name or ship.imo,
        voyage=cargo.voyage.reference,
        departure=cargo.departure,
        # A unit of equipment has no dates of its own; the message that stated it has one.
        arrival=held.valid_time if unit else cargo.arrival,
    )
