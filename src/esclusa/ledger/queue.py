"""The work queue: one row per alert and label, kept in step with the alert records.

An alert may exist under several labels: what a reader of the stricter label sees includes reasons
that rest on stricter records (``breadth`` counts the reasons). A reader gets the broadest row that
is visible to him; rows of other labels neither show nor count.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError
from esclusa.ledger.schema import queue

COUNTED: Final = 1000
"""Counts are exact up to here; an exact count of a million rows would cost more than the page."""

UNKNOWN_ARRIVAL: Final = "9999"
"""Stored where no arrival is known, so that such rows sort behind every date."""

_Order = Sequence[tuple[sa.Column[Any], bool]]

_SORTS: Final[dict[str, _Order]] = {
    "score": ((queue.c.score, True), (queue.c.arrival, False), (queue.c.alert_id, False)),
    "recent": ((queue.c.created, True), (queue.c.alert_id, False)),
    "arrival": ((queue.c.arrival, False), (queue.c.alert_id, False)),
}
"""Columns of each order with True for descending; the last one decides every tie."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A question to the queue; empty text means no restriction."""

    state: str = "open"
    kind: str = ""
    port: str = ""
    claimed_by: str = ""
    minimum_score: float = 0.0
    sort: str = "score"
    cursor: str = ""
    limit: int = 50


def put(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Enter or replace rows by (alert, label); the state of a known row is kept by the caller."""
    if not rows:
        return
    keys = [(row["alert_id"], row["label_id"]) for row in rows]
    connection.execute(
        queue.delete().where(
            queue.c.alert_id == sa.bindparam("a"), queue.c.label_id == sa.bindparam("l")
        ),
        [{"a": alert, "l": label} for alert, label in keys],
    )
    connection.execute(queue.insert(), list(rows))


def known(connection: sa.Connection, alert_ids: Collection[str]) -> dict[tuple[str, int], Any]:
    """Return the rows of these alerts by (alert, label), under every label; for intake."""
    found: dict[tuple[str, int], Any] = {}
    names = sorted(alert_ids)
    for start in range(0, len(names), 500):
        query = sa.select(queue).where(queue.c.alert_id.in_(names[start : start + 500]))
        for row in connection.execute(query):
            found[row.alert_id, row.label_id] = row
    return found


def page(
    connection: sa.Connection, visible: Collection[int], wanted: Wanted
) -> tuple[list[Any], str]:
    """Return the rows of a page and the cursor of the next ("" at the end)."""
    query = _wanted(sa.select(queue), visible, wanted)
    order = [column.desc() if down else column for column, down in _SORTS[wanted.sort]]
    query = _after(query, wanted).order_by(*order).limit(wanted.limit + 1)
    rows = list(connection.execute(query))
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return rows, _cursor(rows[-1], wanted.sort) if more else ""


def count(connection: sa.Connection, visible: Collection[int], wanted: Wanted) -> int:
    """Return how many rows match, ``COUNTED`` + 1 when more than that."""
    inner = _wanted(sa.select(sa.literal(1)).select_from(queue), visible, wanted)
    limited = inner.limit(COUNTED + 1).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(limited)).scalar_one())


def count_of_source(connection: sa.Connection, visible: Collection[int], source: str) -> int:
    """Return how many visible alerts a source gave rise to."""
    query = sa.select(sa.func.count(queue.c.alert_id.distinct())).where(
        queue.c.source_id == source, queue.c.label_id.in_(visible)
    )
    return int(connection.execute(query).scalar_one())


def find(connection: sa.Connection, visible: Collection[int], alert_id: str) -> Any:
    """Return the broadest visible row of an alert, None if there is none."""
    query = sa.select(queue).where(queue.c.alert_id == alert_id, queue.c.label_id.in_(visible))
    return connection.execute(query.order_by(queue.c.breadth.desc(), queue.c.seq.desc())).first()


def of_subject(connection: sa.Connection, visible: Collection[int], subject: str) -> Any:
    """Return the broadest visible row about a record, None if there is none."""
    query = sa.select(queue).where(queue.c.subject_id == subject, queue.c.label_id.in_(visible))
    return connection.execute(query.order_by(queue.c.breadth.desc(), queue.c.seq.desc())).first()


def move(
    connection: sa.Connection, alert_id: str, label_id: int, *, state: str, open_: bool,
    claimed_by: str, verdict: str,
) -> None:  # fmt: skip
    """Enter the new state of an alert under a label."""
    connection.execute(
        queue.update()
        .where(queue.c.alert_id == alert_id, queue.c.label_id == label_id)
        .values(state=state, open=open_, claimed_by=claimed_by, verdict=verdict)
    )


def remove(connection: sa.Connection, alert_ids: Collection[str]) -> None:
    """Take alerts out of the queue under every label (their subject was erased)."""
    names = sorted(alert_ids)
    for start in range(0, len(names), 500):
        connection.execute(queue.delete().where(queue.c.alert_id.in_(names[start : start + 500])))


def _wanted(query: sa.Select[Any], visible: Collection[int], wanted: Wanted) -> sa.Select[Any]:
    query = query.where(queue.c.label_id.in_(sorted(visible)), _broadest(visible))
    if wanted.state in ("open", "closed"):
        query = query.where(queue.c.open == (wanted.state == "open"))
    elif wanted.state != "all":
        query = query.where(queue.c.open == (wanted.state != "withdrawn"))
        query = query.where(queue.c.state == wanted.state)
    if wanted.kind:
        query = query.where(queue.c.subject_kind == wanted.kind)
    if wanted.port:
        query = query.where(queue.c.port == wanted.port)
    if wanted.claimed_by:
        query = query.where(queue.c.claimed_by == wanted.claimed_by)
    if wanted.minimum_score:
        query = query.where(queue.c.score >= wanted.minimum_score)
    return query


def _broadest(visible: Collection[int]) -> sa.ColumnElement[bool]:
    if len(visible) < 2:
        return sa.true()
    other = queue.alias("other")
    return sa.not_(
        sa.exists().where(
            other.c.alert_id == queue.c.alert_id,
            other.c.label_id.in_(sorted(visible)),
            sa.tuple_(other.c.breadth, other.c.seq) > sa.tuple_(queue.c.breadth, queue.c.seq),
        )
    )


def _after(query: sa.Select[Any], wanted: Wanted) -> sa.Select[Any]:
    if not wanted.cursor:
        return query
    return query.where(_beyond(_SORTS[wanted.sort], _decode(wanted.cursor, wanted.sort)))


def _beyond(columns: _Order, values: list[Any]) -> sa.ColumnElement[bool]:
    further: sa.ColumnElement[bool] = sa.false()
    for (column, down), value in reversed(list(zip(columns, values, strict=True))):
        beyond = column < value if down else column > value
        further = sa.or_(beyond, sa.and_(column == value, further))
    return further


def _cursor(row: Any, sort: str) -> str:
    values = [getattr(row, column.name) for column, _down in _SORTS[sort]]
    return base64.urlsafe_b64encode(json.dumps([sort, *values]).encode()).decode()


def _decode(cursor: str, sort: str) -> list[Any]:
    try:
        made_for, *values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise InputError("the page cursor is not one this node gave out") from error
    kinds = [float if column is queue.c.score else str for column, _down in _SORTS[sort]]
    if made_for != sort or [type(value) for value in values] != kinds:
        raise InputError("the page cursor belongs to another order of the queue")
    return list(values)


def neighbours(
    connection: sa.Connection, visible: Collection[int], wanted: Wanted, alert_id: str
) -> tuple[str, str]:
    """Return the alerts before and after one in the order asked for, "" at the ends.

    The alert itself need not match the filter any more (its state may just have changed).
    """
    here = find(connection, visible, alert_id)
    if here is None:
        return "", ""
    spot = msgspec.structs.replace(wanted, cursor=_cursor(here, wanted.sort), limit=1)
    return _next(connection, visible, spot, back=True), _next(connection, visible, spot, back=False)


def _next(connection: sa.Connection, visible: Collection[int], spot: Wanted, *, back: bool) -> str:
    columns = [(column, down != back) for column, down in _SORTS[spot.sort]]
    query = _wanted(sa.select(queue.c.alert_id), visible, spot)
    query = query.where(_beyond(columns, _decode(spot.cursor, spot.sort)))
    order = [column.desc() if down else column for column, down in columns]
    return connection.execute(query.order_by(*order).limit(1)).scalar() or ""
