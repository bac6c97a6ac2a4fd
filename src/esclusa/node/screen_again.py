"""Screen records again: lists or decisions changed, the records did not.

What rules said about a record stands as it was said: much of it rests on the moment of its message
(what an amendment changed, who travelled alone). Only rules that ask what lists say are asked anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from esclusa.ledger import queue, records
from esclusa.model import Alert, Reason, record_id
from esclusa.node import alerts
from esclusa.node.context import Subject
from esclusa.node.pipeline import ANALYSED, Pipeline, subject_of

Kept = dict[tuple[str, int], list[tuple[int, Reason]]]
"""Reasons with the label each needs, by subject and its label."""


def screen_again(pipeline: Pipeline, connection: sa.Connection, names: Collection[str]) -> int:
    """Screen the records of these ids and bring alerts and queue in step; return how many alerts
    say something else now. Analysis must have been made ready for their labels."""
    subjects = [
        subject_of(record, label, until)
        for record, label, until in records.live(connection, pipeline.labels, names)
        if record.kind in ANALYSED
    ]
    kept = _said_by_rules(pipeline, connection, subjects)
    return alerts.store(
        connection, labels=pipeline.labels, algebra=pipeline.analyst.algebra, gate=pipeline.gate,
        agency=pipeline.settings.agency,
        findings=pipeline.analyst.findings(connection, subjects, kept=kept),
    )  # fmt: skip


def _said_by_rules(
    pipeline: Pipeline, connection: sa.Connection, subjects: Sequence[Subject]
) -> Kept:
    covers = pipeline.analyst.algebra.covers
    told = _alerts(pipeline, connection, {subject.id for subject in subjects})
    kept: Kept = {}
    for subject in subjects:
        found: list[tuple[int, Reason]] = []
        for label, reasons in told.get(subject.id, ()):
            if not covers(subject.label_id, label):
                continue
            # A reason stands in every alert above the one that it needs: the lowest names it.
            known = {reason for below, reason in found if covers(below, label)}
            found += [(label, r) for r in reasons if r.source == "rule" and r not in known]
        kept[subject.id, subject.label_id] = found
    return kept


def _alerts(
    pipeline: Pipeline, connection: sa.Connection, names: Collection[str]
) -> dict[str, list[tuple[int, tuple[Reason, ...]]]]:
    """Return the alerts in force on records, by record, those of lower labels first."""
    named = {record_id(pipeline.settings.agency, "alert", name): name for name in names}
    rows = queue.known(connection, named)
    labels = {label for _name, label in rows}
    bodies = records.bodies_by_seq(connection, labels, [row.seq for row in rows.values()])
    found: dict[str, list[tuple[int, tuple[Reason, ...]]]] = {}
    for (alert, label), row in rows.items():
        body = bodies.get(row.seq)
        if isinstance(body, Alert) and body.reasons:
            found.setdefault(named[alert], []).append((label, body.reasons))
    covers = pipeline.analyst.algebra.covers
    for each in found.values():
        each.sort(key=lambda pair: (sum(covers(other, pair[0]) for other, _r in each), pair[0]))
    return found
