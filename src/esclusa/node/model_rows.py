"""What models are learned from and looked at with: features as of the right moments, outcomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

import polars as pl
import sqlalchemy as sa

from esclusa.ledger.labels import Labels
from esclusa.ledger.schema import record
from esclusa.node.examinations import outcomes_under
from esclusa.node.features import consignment_features
from esclusa.node.model_store import SUBJECT
from esclusa.node.score_rows import assessments

READ_FOR: Final = ("consignment", "equipment", "examination", "transport_event")
"""Kinds of record that features and outcomes are made of."""


def learnable(
    connection: sa.Connection, labels: Labels, seen: Collection[int], clock: str = "recorded"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the features of consignments with a known outcome, each as of the moment when somebody
    began to look, and the outcomes.

    :param clock: ``stated`` for history that was loaded in one go: then each consignment counts as
        of the moment that it states itself.
    """
    outcomes = outcomes_under(connection, labels, seen, kinds=("consignment",))
    if clock == "stated":
        return consignment_features(connection, seen, outcomes, clock=clock), outcomes
    told = outcomes.filter(pl.col("found").is_not_null() & pl.col("at").is_not_null())
    moments = dict(zip(told["subject"].to_list(), told["at"].to_list(), strict=True))
    return consignment_features(connection, seen, outcomes, as_of=moments), outcomes


def used(connection: sa.Connection, seen: Collection[int]) -> frozenset[int]:
    """Return the labels of what there is to learn from."""
    query = sa.select(record.c.label_id).distinct().where(
        record.c.kind.in_(READ_FOR), record.c.label_id.in_(sorted(seen)),
        record.c.body.is_not(None),
    )  # fmt: skip
    return frozenset(connection.execute(query).scalars())


def count(connection: sa.Connection, seen: Collection[int]) -> int:
    """Return how many consignments are in force."""
    query = sa.select(sa.func.count(sa.distinct(record.c.id))).where(
        record.c.kind == SUBJECT, record.c.label_id.in_(sorted(seen)), record.c.current,
        sa.not_(record.c.withdrawn), record.c.body.is_not(None),
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def scored_since(
    connection: sa.Connection, visible: Collection[int], model: str, since: dt.datetime
) -> dict[str, dt.datetime]:
    """Return when each consignment was last scored by a model, of those scored since a moment."""
    newest = assessments(connection, visible)
    moments = {
        one.subject_id: dt.datetime.fromisoformat(one.at)
        for one in newest.values()
        if one.checksum == model
    }
    return {name: at for name, at in moments.items() if at >= since}
