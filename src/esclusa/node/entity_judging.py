"""Judgements on mentions in the ledger: what stands, a step written, the record that holds it.

A judgement is a record under the label of what rests on both mentions. So it is seen by those who
may see both, and by nobody else; and it is erased with either of the two records.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from esclusa.analysis.resolution import Judgement
from esclusa.casework.entity_judgements import UNDO, next_step
from esclusa.errors import NotFound
from esclusa.ledger import audit, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.ledger.register import Judged
from esclusa.model import EntityJudgement, Record, natural_key, record_id
from esclusa.node.pipeline import Pipeline
from esclusa.sharing.reader import Action, Reader, Role

KIND = "entity_judgement"


def read(
    connection: sa.Connection, labels: Labels, visible: Collection[int], seqs: Collection[int]
) -> dict[int, Record]:
    """Return the steps with these sequence numbers."""
    return records.get_by_seq(connection, labels, visible, list(seqs))


def find(
    connection: sa.Connection, labels: Labels, visible: Collection[int], name: str
) -> tuple[EntityJudgement, int] | None:
    """Return the newest step of the record with this id and the number of its label, None when
    there is none that may be seen."""
    held = records.get(connection, labels, visible, name)
    if held is None or not isinstance(held.body, EntityJudgement):
        return None
    return held.body, records.label_of(connection, held.seq)


def said_in(held: Record, label: int) -> Judged | None:
    """Return what a step says, None when nothing stands after it.

    :param label: the number under which resolution knows the step's marking.
    """
    body = held.body
    if not isinstance(body, EntityJudgement) or not body.verdict:
        return None
    said = Judgement(
        id=held.id, a=body.a.id, b=body.b.id, verdict=body.verdict, by=body.by, at=body.at,
        label=label, reason=body.reason,
    )  # fmt: skip
    return Judged(said, body.a.facts, body.b.facts)


def judge(
    pipeline: Pipeline, reader: Reader, asked: EntityJudgement, under: tuple[int, int]
) -> str:
    """Write a judgement, and return the id of the record that holds the steps on its pair.

    :param under: label numbers of the records that its two mentions stand in.
    :raises NotFound: when one of the records has gone in the meantime.
    :raises StateError, InputError: see :func:`~esclusa.casework.entity_judgements.next_step`.
    """
    sides = tuple(zip((asked.a.record_id, asked.b.record_id), under, strict=True))
    label = pipeline.analyst.algebra.join(*under)
    with pipeline.store.write() as connection:
        for item, number in sides:
            if not _there(connection, pipeline.labels, item, number):
                raise NotFound("no such mention")
        return _append(connection, pipeline, reader, asked, label)


def undo(pipeline: Pipeline, reader: Reader, asked: EntityJudgement, label: int) -> str:
    """Write that a judgement is taken back, and return its record's id. The records that it speaks
    of may be withdrawn.

    :param label: number of the label that the judgement stands under.
    :raises NotFound: when it was erased in the meantime, with one of those records.
    :raises StateError, InputError: see :func:`~esclusa.casework.entity_judgements.next_step`.
    """
    with pipeline.store.write() as connection:
        return _append(connection, pipeline, reader, asked, label)


def _append(
    connection: sa.Connection, pipeline: Pipeline, reader: Reader, asked: EntityJudgement,
    label: int,
) -> str:  # fmt: skip
    agency = pipeline.settings.agency
    name = record_id(agency, KIND, natural_key(asked))
    chain = records.chain(connection, pipeline.labels, name, label)
    steps = [item.body for item in chain if isinstance(item.body, EntityJudgement)]
    if asked.move == UNDO and not steps:
        raise NotFound("no such judgement")
    step = next_step(steps, asked, supervisor=reader.role is Role.SUPERVISOR)
    draft = Draft(
        body=step, originator=agency, label_id=label, valid_time=step.at,
        derived_from=tuple(sorted({asked.a.record_id, asked.b.record_id})),
    )  # fmt: skip
    records.append(connection, [draft])
    action = Action.ENTITY_JUDGE if step.verdict else Action.ENTITY_UNDO
    audit.write_line(
        connection, who=reader.name, role=reader.role, purpose=reader.purpose, action=action,
        subject=name, detail=step.verdict,
    )  # fmt: skip
    return name


def _there(connection: sa.Connection, labels: Labels, name: str, label: int) -> bool:
    held = records.get(connection, labels, {label}, name)
    return held is not None and held.body is not None and not held.withdrawn
