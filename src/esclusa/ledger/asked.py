"""Statements that nearly every page asks, made once.

To put such a statement together, and to find what was compiled for one like it, takes as long as
the database takes to answer it. Labels are bound as ``labels``, a sorted list.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger.schema import account, queue, record, reference, session, source

EVIDENCE: Final = "evidence"
"""State of a source that is a case's evidence: to people it shows in that case alone."""


def under(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return that a row stands under one of ``labels``."""
    return table.c.label_id.in_(sa.bindparam("labels", expanding=True))


def same(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """Return that a column holds what is bound as ``name``."""
    return column == sa.bindparam(name, type_=column.type)


def text(name: str) -> sa.BindParameter[str]:
    """Return a place for text that is bound as ``name``."""
    return sa.bindparam(name, type_=sa.Text)


def which(visible: Collection[int], **given: object) -> dict[str, Any]:
    """Return the values of a statement: the labels, and what else is ``given``."""
    return {"labels": sorted(visible), **given}


_NAMED: Final = sa.select(record).where(same(record.c.id, "name"), under(record))
_LATEST: Final = record.c.seq.desc()
NEWEST: Final = _NAMED.where(record.c.current).order_by(_LATEST).limit(1)
"""The newest version of the record ``name``."""
VERSION: Final = _NAMED.where(same(record.c.version, "version")).order_by(_LATEST).limit(1)
"""The version ``version`` of the record ``name``."""
CHAIN: Final = (
    sa.select(record)
    .where(same(record.c.id, "name"), same(record.c.label_id, "label"))
    .order_by(record.c.version)
)
"""All versions of the record ``name`` under ``label``."""
LABEL: Final = sa.select(record.c.label_id).where(same(record.c.seq, "seq"))
"""The label of the version ``seq``."""
RELATED: Final = (
    sa.select(reference.c.value, record)
    .join(record, record.c.seq == reference.c.seq)
    .where(
        reference.c.value.in_(sa.bindparam("values", expanding=True)), under(record),
        record.c.current,
    )
    .order_by(reference.c.seq)
    .limit(sa.bindparam("most", type_=sa.Integer))
)  # fmt: skip
"""The first ``most`` records in force that hold one of the references ``values``, each with that
reference."""

_ALERT: Final = sa.select(queue).where(same(queue.c.alert_id, "name"), under(queue))
ALERT: Final = _ALERT.order_by(queue.c.breadth.desc(), queue.c.seq.desc())
"""The rows of the alert ``name``, the broadest first."""
ALERT_LABELS: Final = _ALERT.with_only_columns(queue.c.label_id).order_by(
    queue.c.breadth, queue.c.seq
)
"""The labels of those rows, the one with the fewest reasons first."""
ALERT_ABOUT: Final = (
    sa.select(queue)
    .where(same(queue.c.subject_id, "name"), under(queue))
    .order_by(queue.c.breadth.desc(), queue.c.seq.desc())
)
"""The rows of alerts about the record ``name``, the broadest first."""

SOURCE: Final = sa.select(source).where(
    same(source.c.id, "name"), under(source), source.c.state != EVIDENCE
)
"""The source ``name``, as people see it."""

SESSION: Final = (
    sa.select(session.c.purpose, session.c.csrf, session.c.expires, session.c.way, account)
    .join(account, account.c.name == session.c.account)
    .where(
        same(session.c.token, "token"), session.c.expires >= sa.bindparam("now", type_=sa.Text),
        account.c.active,
    )
)  # fmt: skip
"""The session ``token`` with its account, while both are live at ``now``."""

COUNTS: Final = sa.select(
    sa.func.coalesce(sa.func.max(reference.c.seq), 0), sa.func.count(),
    sa.func.count().filter(reference.c.seq > sa.bindparam("last", type_=sa.BigInteger)),
).where(same(reference.c.value, "value"))  # fmt: skip
"""The last sequence number that holds the reference ``value``, how many hold it, and how many after
``last``."""
