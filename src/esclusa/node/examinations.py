"""Outcomes of examinations under a reader's labels.

Examinations, and the consignments and boxes that they speak of, are read under the labels that the
reader may see. So the table is that of a node which holds nothing else: whether a box holds one
bill or several is answered by the bills that the reader may see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.outcomes import (
    COLUMNS,
    Stated,
    Subject,
    as_known,
    definitions,
    link,
    next_known,
    outcome_table,
)
from esclusa.errors import InputError
from esclusa.ledger import versions
from esclusa.ledger.indexing import EXAMINATION_REFERENCE, FEEDBACK_REFERENCE, bill_reference
from esclusa.ledger.labels import Labels
from esclusa.model import Examination, Feedback, record_id
from esclusa.node.body_parts import Box, Voyage
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

SUBJECTS: Final = ("consignment", "equipment")
"""Kinds of record that an examination can speak of."""

_FEW: Final = 1_000
"""Up to so many records, what was said of them is looked for; of more, everything is read."""


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
    version: int | None = None, looked_for: Callable[[Iterable[str]], None] = lambda _names: None,
) -> pl.DataFrame:  # fmt: skip
    """Return the outcomes under these labels, as :func:`outcomes` does; for analysis.

    :param looked_for: is told the references and ids by which the subjects are looked for. A record
        of a subject's kind that has none of them changes nothing.
    """
    if known_by is not None and known_by.tzinfo is None:
        raise InputError("known_by has no time zone")
    rules = definitions(version)
    exams = as_known(_stated(connection, labels, visible), known_by)
    bodies = [one.body for one in exams]
    # Bills decide whether a box holds one alone, so they are read whatever kinds are asked for.
    pool = _subjects(connection, labels, visible, bodies, looked_for)
    linked = link(bodies, pool, rules)
    return outcome_table(exams, (one for one in linked if one.kind in kinds), rules)


def outcomes_of(
    connection: sa.Connection, labels: Labels, visible: Collection[int], subjects: Collection[str]
) -> pl.DataFrame:
    """Return the rows of :func:`outcomes_under` for some records, at a cost that grows with these
    and not with all that was ever examined; what partners said back is looked at whole.

    :param subjects: ids of consignments and units of equipment.
    """
    if not subjects:
        return pl.DataFrame(schema=COLUMNS)
    if len(subjects) > _FEW:
        table = outcomes_under(connection, labels, visible)
        return table.filter(pl.col("subject").is_in(sorted(subjects)))
    rules, told = definitions(None), list(_told(connection, labels, visible))
    held = versions.named(connection, visible, SUBJECTS, subjects)
    values: set[str] = set()
    for one in map(_subject, held.values()):
        values |= {bill_reference(one.bill), *(f"equipment:{box}" for box in one.boxes)}
    exams = as_known([*_naming(connection, visible, values), *told])
    bodies = [one.body for one in exams]
    # Whether a box holds one bill alone, and whether a bill is one carrier's, is told by records
    # that other examinations lead to: by those that name a bill or a box together with these.
    beside = as_known([*_naming(connection, visible, _named(bodies)), *told])
    pool = _subjects(connection, labels, visible, [one.body for one in beside])
    linked = link(bodies, pool, rules)
    return outcome_table(exams, (one for one in linked if one.subject in subjects), rules)


def in_force(
    connection: sa.Connection, labels: Labels, visible: Collection[int], known_by: dt.datetime
) -> tuple[list[Stated], dt.datetime | None]:
    """Return the examinations in force under these labels, with when each became known; for who
    counts examinations and not what they were about. And the moment until which these are so, as
    far as nothing is recorded; None for ever.

    :param known_by: an aware moment; only what was known by then counts.
    """
    every = list(_stated(connection, labels, visible))
    return as_known(every, known_by), next_known(every, known_by)


def _stated(
    connection: sa.Connection, labels: Labels, visible: Collection[int]
) -> Iterator[Stated]:
    yield from map(_exam, versions.all_holding(connection, visible, EXAMINATION_REFERENCE))
    yield from _told(connection, labels, visible)


def _naming(
    connection: sa.Connection, visible: Collection[int], values: Collection[str]
) -> Iterator[Stated]:
    """Yield all versions of the examinations that ever held one of these references."""
    names = versions.that_held(connection, visible, "examination", values)
    found = versions.all_holding(connection, visible, EXAMINATION_REFERENCE, names=names)
    yield from map(_exam, found)


def _exam(held: versions.Held) -> Stated:
    return Stated(
        id=held.id, chain=held.label_id, seq=held.seq, recorded=held.recorded,
        body=_EXAMINATION.decode(held.body), withdrawn=held.withdrawn,
    )  # fmt: skip


def _told(connection: sa.Connection, labels: Labels, visible: Collection[int]) -> Iterator[Stated]:
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


class _Cargo(msgspec.Struct, frozen=True):
    """As much of a consignment or a unit of equipment as linking needs: reading it costs a fraction
    of the whole body."""

    number: str = ""
    carrier: str = ""
    bill: str = ""
    departure: str = ""
    arrival: str = ""
    voyage: Voyage = Voyage()
    equipment: tuple[Box, ...] = ()


_EXAMINATION: Final = msgspec.json.Decoder(Examination)
_FEEDBACK: Final = msgspec.json.Decoder(Feedback)
_CARGO: Final = msgspec.json.Decoder(_Cargo)


def _subjects(
    connection: sa.Connection, labels: Labels, visible: Collection[int],
    exams: Iterable[Examination], looked_for: Callable[[Iterable[str]], None] = lambda _names: None,
) -> Iterator[Subject]:  # fmt: skip
    """Yield the records that may be meant: by box, by bill number, and by the id that a bill's
    record has with each originator, for ledgers older than references by bill."""
    exams = list(exams)
    values, names = _named(exams), set[str]()
    originators = {labels.get(number).originator for number in visible}
    for exam in exams:
        keys = [f"{exam.carrier}/{bill}".strip().upper() for bill in exam.bills if exam.carrier]
        names |= {record_id(one, "consignment", key) for one in originators for key in keys}
    held = versions.holding(connection, visible, SUBJECTS, values)
    # A record may stand under several labels, and not say the same of its box under each.
    names |= {one.id for one in held.values()}
    looked_for((*values, *names))
    held |= versions.named(connection, visible, SUBJECTS, names)
    newest: dict[str, versions.Held] = {}
    for seq in sorted(held):  # of several chains the one recorded last speaks
        newest[held[seq].id] = held[seq]
    yield from map(_subject, newest.values())


def _named(exams: Iterable[Examination]) -> set[str]:
    """Return the references of the boxes and bills that examinations name."""
    found: set[str] = set()
    for exam in exams:
        if exam.equipment:
            found.add(f"equipment:{exam.equipment}")
        found |= {bill_reference(bill) for bill in exam.bills}
    return found


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
