"""Possible matches in alerts, and decisions on them, found by the references they hold.

A match has no table of its own: alerts hold ``match:ID`` for each match they tell of, and
``undecided:SCORE:ID`` for those that nobody has decided; decisions hold their entry, their party's
name and their last day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger.asked import under, which
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import slices, to_record
from esclusa.ledger.schema import queue, record, reference
from esclusa.model import MatchDecision, Record

_ORDER: Final = len("undecided:000000")
_END: Final = ";"
"""Stands behind ``:`` in every order of letters."""


def decisions(
    connection: sa.Connection, labels: Labels, visible: Collection[int] | None,
    values: Collection[str],
) -> dict[str, list[tuple[Record, int]]]:  # fmt: skip
    """Return the newest step of each decision that holds one of these references, by reference.

    :param visible: labels that count; None for all, for analysis, which looks at labels itself.
    :return: (record, label), oldest first.
    """
    found: dict[str, list[tuple[Record, int]]] = {}
    for some in slices(sorted(values)):
        query = (
            sa.select(reference.c.value, record)
            .join(record, record.c.seq == reference.c.seq)
            .where(reference.c.value.in_(some), record.c.current, record.c.body.is_not(None))
            .where(record.c.kind == "match_decision")
            .order_by(record.c.seq)
        )
        if visible is not None:
            query = query.where(record.c.label_id.in_(sorted(visible)))
        for row in connection.execute(query):
            found.setdefault(row.value, []).append((to_record(row, labels), row.label_id))
    return found


def step_of(item: Record) -> MatchDecision:
    """Return the step that a decision's record holds."""
    assert isinstance(item.body, MatchDecision)
    return item.body


def undecided(connection: sa.Connection, visible: Collection[int]) -> Iterator[Any]:
    """Yield each match that nobody has decided in visible alerts: the highest score first, then the
    earliest arrival, then by id. Rows are (match, number of one alert, how many visible alerts tell
    of it, arrival)."""
    # Who sees that a number keeps a match quiet has nothing to decide where it is not known.
    seen = _quiet(connection, visible)
    for row in connection.execute(_UNDECIDED, which(visible)):
        name = row.value.rpartition(":")[2]
        # One match has two places when two alerts tell of it under two scores.
        if name not in seen:
            seen.add(name)
            yield name, row.seq, row.alerts, row.arrival


def _quiet(connection: sa.Connection, visible: Collection[int]) -> set[str]:
    """Return the matches that a redress number keeps quiet in visible alerts in force."""
    values = connection.execute(_KEPT_QUIET, which(visible)).scalars()
    return {value.partition(":")[2] for value in values}


def _undecided() -> sa.Select[Any]:
    whole = (
        sa.select(
            reference.c.value, sa.func.min(record.c.seq).label("seq"),
            sa.func.count(record.c.id.distinct()).label("alerts"),
            sa.func.min(queue.c.arrival).label("arrival"),
        )
        .join(record, record.c.seq == reference.c.seq)
        .join(
            queue, sa.and_(queue.c.alert_id == record.c.id, queue.c.label_id == record.c.label_id)
        )
        .where(reference.c.value >= "undecided:", reference.c.value < f"undecided{_END}")
        .where(under(record), record.c.current)
        .group_by(reference.c.value)
        .subquery()
    )  # fmt: skip
    order = sa.func.substr(whole.c.value, 1, _ORDER), whole.c.arrival, whole.c.value
    return sa.select(whole).order_by(*order)


# Made once: to put these together takes as long as to answer them.
_UNDECIDED: Final = _undecided()
_KEPT_QUIET: Final = (
    sa.select(reference.c.value)
    .join(record, record.c.seq == reference.c.seq)
    .where(reference.c.value >= "quiet:", reference.c.value < f"quiet{_END}")
    .where(under(record), record.c.current)
    .where(record.c.body.is_not(None))
)


def alerts_holding(
    connection: sa.Connection, visible: Collection[int] | None, values: Collection[str]
) -> list[int]:
    """Return the numbers of the alerts in force that hold one of these references, newest first."""
    query = (
        sa.select(record.c.seq)
        .join(reference, reference.c.seq == record.c.seq)
        .where(reference.c.value.in_(sorted(values)), record.c.kind == "alert", record.c.current)
        .where(sa.not_(record.c.withdrawn), record.c.body.is_not(None))
        .order_by(record.c.seq.desc())
        .distinct()
    )
    if visible is not None:
        query = query.where(record.c.label_id.in_(sorted(visible)))
    return list(connection.execute(query).scalars())


def ended(connection: sa.Connection, today: str) -> set[str]:
    """Return the ids of decisions whose last day was before ``today`` (``YYYY-MM-DD``)."""
    query = (
        sa.select(record.c.id)
        .join(reference, reference.c.seq == record.c.seq)
        .where(reference.c.value >= "decided_until:", reference.c.value < f"decided_until:{today}")
        .where(record.c.current, record.c.body.is_not(None))
    )
    return set(connection.execute(query).scalars())


def left_alone(connection: sa.Connection, names: Collection[str]) -> set[str]:
    """Return the decisions that only these records tell of, in any of their versions: they quote
    parties that nothing else here states any more."""
    told: set[str] = set()
    for some in slices(sorted(names)):
        query = (
            sa.select(reference.c.value)
            .join(record, record.c.seq == reference.c.seq)
            .where(record.c.id.in_(some), _tells())
        )
        told.update(value.partition(":")[2] for value in connection.execute(query).scalars())
    elsewhere: set[str] = set()
    for some in slices(sorted(told)):
        values = [f"{kind}:{name}" for name in some for kind in ("match", "decision")]
        query = (
            sa.select(reference.c.value)
            .join(record, record.c.seq == reference.c.seq)
            .where(reference.c.value.in_(values), record.c.id.not_in(sorted(names)))
            .where(record.c.body.is_not(None))
        )
        elsewhere.update(value.partition(":")[2] for value in connection.execute(query).scalars())
    found: set[str] = set()
    for some in slices(sorted(told - elsewhere)):
        query = sa.select(record.c.id).where(
            record.c.id.in_(some), record.c.kind == "match_decision", record.c.body.is_not(None)
        )
        found.update(connection.execute(query).scalars())
    return found


def _tells() -> sa.ColumnElement[bool]:
    return sa.or_(
        *(
            sa.and_(reference.c.value >= f"{kind}:", reference.c.value < f"{kind}{_END}")
            for kind in ("match", "decision")
        )
    )
