"""Scores as records, and the consignments that can have one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.scoring import Explained
from esclusa.ledger.schema import record
from esclusa.model import Assessment, Consignment, Record, ScoreReason
from esclusa.sharing import score_views as views

KIND: Final = "assessment"
Judged = tuple[dict[str, Any], tuple[int, ...], float]
"""The features of a consignment by name, its contributions, its probability."""


class ToScore(msgspec.Struct, frozen=True):
    """A version of a consignment that is in force, and the label that it stands under."""

    id: str
    version: int
    seq: int
    label_id: int


def assessments(
    connection: sa.Connection, visible: Collection[int], subjects: Collection[str] | None = None
) -> dict[str, Assessment]:
    """Return the newest score of each consignment under these labels, by its record id.

    :param subjects: None for all.
    """
    query = sa.select(record.c.body).where(
        record.c.kind == KIND, record.c.label_id.in_(sorted(visible)), record.c.current,
        sa.not_(record.c.withdrawn), record.c.body.is_not(None),
    ).order_by(record.c.seq)  # fmt: skip
    found = (ASSESSMENT.decode(bytes(body)) for body in connection.execute(query).scalars())
    wanted = None if subjects is None else set(subjects)
    return {one.subject_id: one for one in found if wanted is None or one.subject_id in wanted}


def frozen(told: Explained, **rested: Any) -> Assessment:
    """Return a score with its reasons as a record keeps it."""
    return Assessment(
        score=told.score, probability=told.probability, start=told.start, rest=told.rest,
        reasons=tuple(
            ScoreReason(
                contribution=one.contribution, title_en=one.title_en, title_es=one.title_es,
                value_en=one.value_en, value_es=one.value_es,
            )
            for one in told.reasons
        ),
        **rested,
    )  # fmt: skip


ASSESSMENT: Final = msgspec.json.Decoder(Assessment)
CONSIGNMENT: Final = msgspec.json.Decoder(Consignment)


def in_force(
    connection: sa.Connection, visible: Collection[int], names: Collection[str] | None,
    *, after: int = 0,
) -> list[ToScore]:  # fmt: skip
    """Return the consignments in force; of one under several labels the version recorded last.

    :param after: those alone whose version comes after this place in the ledger.
    """
    query = sa.select(record.c.id, record.c.version, record.c.seq, record.c.label_id).where(
        record.c.kind == "consignment", record.c.label_id.in_(sorted(visible)), record.c.current,
        record.c.body.is_not(None), record.c.seq > after,
    )  # fmt: skip
    found: dict[str, tuple[ToScore, bool]] = {}
    wanted = None if names is None else set(names)
    columns = (*query.selected_columns, record.c.withdrawn)
    for row in connection.execute(query.with_only_columns(*columns).order_by(record.c.seq)):
        if wanted is None or row.id in wanted:
            found[row.id] = (ToScore(row.id, row.version, row.seq, row.label_id), row.withdrawn)
    return [one for _name, (one, gone) in sorted(found.items()) if not gone]


def count_of(connection: sa.Connection, visible: Collection[int]) -> int:
    """Return how many consignments there are under these labels."""
    query = sa.select(sa.func.count()).where(
        record.c.kind == "consignment", record.c.label_id.in_(sorted(visible)), record.c.current
    )
    return int(connection.execute(query).scalar_one())


def view_of(held: Record, of: int, present: Record | None, level: int) -> views.AssessmentView:
    """Return a kept score as people see it: one of ``of`` versions, ``present`` its consignment."""
    body = held.body
    assert isinstance(body, Assessment)
    return views.AssessmentView(
        record_id=held.id, subject_id=body.subject_id, version=held.version, of=of,
        subject_version=body.subject_version, at=body.at, score=body.score,
        probability=body.probability, start=body.start, rest=body.rest, points=body.points,
        model=body.model, checksum=body.checksum, feature_version=body.feature_version,
        rules=body.rules, lists=body.lists, reasons=body.reasons,
        later=present is None or present.seq != body.subject_seq, level=level,
    )  # fmt: skip
