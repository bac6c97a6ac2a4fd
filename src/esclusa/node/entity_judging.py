"""Judgements on mentions in the ledger: what stands, a step written, the record that holds it.

A judgement is a record under the label of what rests on both mentions. So it is seen by those who
may see both, and by nobody else; and it is erased with either of the two records.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from esclusa.analysis.resolution import Judgement
from esclusa.casework.entity_judgements import next_step
from esclusa.errors import NotFound
from esclusa.ledger import audit, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.ledger.standing import in_force
from esclusa.model import EntityJudgement, Record, natural_key, record_id
from esclusa.node.pipeline import Pipeline
from esclusa.sharing.reader import Action, Reader, Role

KIND = "entity_judgement"


def standing(connection: sa.Connection, visible: Collection[int]) -> dict[int, int]:
    """Return sequence number → label number of the newest step on each pair."""
    return in_force(connection, visible, {KIND})


def read(
    connection: sa.Connection, labels: Labels, visible: Collection[int], seqs: Collection[int]
) -> dict[int, Record]:
    """Return the steps with these sequence numbers."""
    return records.get_by_seq(connection, labels, visible, list(seqs))


def judgement_of(held: Record, label: int) -> Judgement | None:
    """Return what a step says, None when nothing stands after it.

    :param label: the number under which resolution knows the step's marking.
    """
    body = held.body
    if not isinstance(body, EntityJudgement) or not body.verdict:
        return None
    return Judgement(
        id=held.id, a=body.a.id, b=body.b.id, verdict=body.verdict, by=body.by, at=body.at,
        label=label, reason=body.reason,
    )  # fmt: skip


def write(
    pipeline: Pipeline, reader: Reader, asked: EntityJudgement, sides: Sequence[tuple[str, int]]
) -> str:
    """Write a step, and return the id of the record that holds the steps on its pair.

    :param sides: record id and label number of each of the two mentions.
    :raises NotFound: when one of the records has gone in the meantime.
    :raises StateError, InputError: see :func:`~esclusa.casework.entity_judgements.next_step`.
    """
    (one, left), (other, right) = sides
    label = pipeline.analyst.algebra.join(left, right)
    agency = pipeline.settings.agency
    name = record_id(agency, KIND, natural_key(asked))
    with pipeline.store.write() as connection:
        for item, under in sides:
            if not _there(connection, pipeline.labels, item, under):
                raise NotFound("no such mention")
        chain = records.chain(connection, pipeline.labels, name, label)
        steps = [item.body for item in chain if isinstance(item.body, EntityJudgement)]
        step = next_step(steps, asked, supervisor=reader.role is Role.SUPERVISOR)
        draft = Draft(
            body=step, originator=agency, label_id=label, valid_time=step.at,
            derived_from=tuple(sorted({one, other})),
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
