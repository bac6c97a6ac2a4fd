"""The work queue: one row per alert and label, kept in step with the alert records.

An alert may exist under several labels: what a reader of the stricter label sees includes reasons
that rest on stricter records (``breadth`` counts the reasons). A reader gets the broadest row that
is visible to him; rows of other labels neither show nor count.

A snoozed row stays ``open`` and carries the moment when it comes back in ``until``. Whether it
sleeps is decided by the moment of asking (``Wanted.now``): nothing has to run to wake it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from esclusa.errors import InputError
from esclusa.ledger import asked, bulk, tallies
from esclusa.ledger.once import once
from esclusa.ledger.schema import RARE_STATES, alert_count, queue

COUNTED: Final = 1000
"""Counts are exact up to here; an exact count of a million rows would cost more than the page."""

OPEN_STATES: Final = frozenset({"new", "claimed", "snoozed"})
"""States of an alert that nobody has decided yet."""

UNKNOWN_ARRIVAL: Final = "9999"
"""Stored where no arrival is known, so that such rows sort behind every date."""

_OPENNESS: Final = {"open": True, "undecided": True, "closed": False}
"""States asked for that the column ``open`` answers; ``undecided`` is open, asleep or not."""

_SHAPES: Final = 128
"""Statements of each sort that are kept, those asked last; a node's people ask a few dozen."""

_Order = Sequence[tuple[sa.Column[Any], bool]]

_SORTS: Final[dict[str, _Order]] = {
    "score": ((queue.c.score, True), (queue.c.arrival, False), (queue.c.alert_id, False)),
    "recent": ((queue.c.created, True), (queue.c.alert_id, False)),
    "arrival": ((queue.c.arrival, False), (queue.c.alert_id, False)),
}
"""Columns of each order with True for descending; the last one decides every tie."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A question to the queue; empty text means no restriction. ``now`` is the moment of asking
    (as :func:`~esclusa.ledger.records.now_text` writes it); without it whatever is snoozed sleeps.
    """

    state: str = "open"
    kind: str = ""
    port: str = ""
    claimed_by: str = ""
    minimum_score: float = 0.0
    sort: str = "score"
    cursor: str = ""
    limit: int = 50
    now: str = ""


def put(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Enter or replace rows by (alert, label); the state of a known row is kept by the caller.
    Moves that an alert has already are in the ledger before its row is."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    entered = dialect.insert(queue)
    key = (queue.c.alert_id, queue.c.label_id)
    changed = {c.name: entered.excluded[c.name] for c in queue.c if c not in set(key)}
    with tallies.changing(connection, [row["alert_id"] for row in rows]):
        connection.execute(
            entered.on_conflict_do_update(index_elements=key, set_=changed), list(rows)
        )


def known(connection: sa.Connection, alert_ids: Collection[str]) -> dict[tuple[str, int], Any]:
    """Return the rows of these alerts by (alert, label), under every label; for intake."""
    found: dict[tuple[str, int], Any] = {}
    for some in bulk.lots(sorted(alert_ids)):
        query = sa.select(queue).where(bulk.among(connection, queue.c.alert_id, some))
        for row in connection.execute(query):
            found[row.alert_id, row.label_id] = row
    return found


def page(
    connection: sa.Connection, visible: Collection[int], wanted: Wanted, *, few: bool = False
) -> tuple[list[Any], str]:
    """Return the rows of a page and the cursor of the next ("" at the end).

    :param few: no more than ``COUNTED`` rows match. Then the filter's index finds them and they are
        sorted; a walk along the order would pass a million rows to meet them.
    """
    rows = _rows(connection, visible, wanted, wanted.limit + 1, few=few)
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return rows, _cursor(rows[-1], wanted.sort) if more else ""


def count(connection: sa.Connection, visible: Collection[int], wanted: Wanted) -> int:
    """Return how many rows match, ``COUNTED`` + 1 when more than that."""
    if _is_wide(wanted) and _new(connection, visible, wanted.kind) > COUNTED:
        return COUNTED + 1
    whole = msgspec.structs.replace(wanted, sort="", cursor="")  # a count has no order and no page
    query = _counted(_shape(whole), several=len(visible) > 1)
    given = _given(visible, wanted) | {"most": COUNTED + 1}
    return min(int(connection.execute(query, given).scalar_one()), COUNTED + 1)


def _is_wide(wanted: Wanted) -> bool:
    """Tell whether a question matches at least every alert of its kind that nobody took."""
    narrow = wanted.port or wanted.claimed_by or wanted.minimum_score
    return not narrow and wanted.state in ("open", "undecided", "new", "all")


def _new(connection: sa.Connection, visible: Collection[int], kind: str) -> int:
    """Return how many alerts nobody took, of the counts that are kept; those whose snooze has ended
    are not among them."""
    given = asked.which(visible, kind=kind)
    rows = connection.execute(_NEW_OF_KIND if kind else _NEW, given)
    return sum(int(number) for above, number in rows if tallies.counts_for(above, visible))


_NEW: Final = (
    sa.select(alert_count.c.above, sa.func.sum(alert_count.c.number))
    .where(
        alert_count.c.span >= tallies.DAY, alert_count.c.span < f"{tallies.DAY}9",
        alert_count.c.state == "new", asked.under(alert_count),
    )
    .group_by(alert_count.c.above)
)  # fmt: skip
_NEW_OF_KIND: Final = _NEW.where(asked.same(alert_count.c.kind, "kind"))


def count_of_source(connection: sa.Connection, visible: Collection[int], source: str) -> int:
    """Return how many visible alerts a source gave rise to."""
    query = sa.select(sa.func.count(queue.c.alert_id.distinct())).where(
        queue.c.source_id == source, queue.c.label_id.in_(visible)
    )
    return int(connection.execute(query).scalar_one())


def find(connection: sa.Connection, visible: Collection[int], alert_id: str) -> Any:
    """Return the broadest visible row of an alert, None if there is none."""
    given = {"name": alert_id, "labels": sorted(visible)}
    key = ("alert", alert_id, frozenset(visible))
    return once(connection, key, lambda: connection.execute(asked.ALERT, given).first())


def labels_of(
    connection: sa.Connection, visible: Collection[int], alert_id: str
) -> tuple[int, ...]:
    """Return the visible labels that an alert stands under, the one with the fewest reasons
    first."""
    given = {"name": alert_id, "labels": sorted(visible)}
    return tuple(connection.execute(asked.ALERT_LABELS, given).scalars())


def of_subject(connection: sa.Connection, visible: Collection[int], subject: str) -> Any:
    """Return the broadest visible row about a record, None if there is none."""
    given = {"name": subject, "labels": sorted(visible)}
    return connection.execute(asked.ALERT_ABOUT, given).first()


def find_all(
    connection: sa.Connection, visible: Collection[int], alert_ids: Collection[str]
) -> dict[str, Any]:
    """Return the broadest visible row of each of these alerts that has one, by alert."""
    found: dict[str, Any] = {}
    names = sorted(set(alert_ids))
    for start in range(0, len(names), 500):
        named = queue.c.alert_id.in_(names[start : start + 500])
        query = sa.select(queue).where(named, queue.c.label_id.in_(visible))
        for row in connection.execute(query.order_by(queue.c.breadth, queue.c.seq)):
            found[row.alert_id] = row
    return found


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert stands under a label after a move. ``until`` is "" unless it is snoozed."""

    alert_id: str
    label_id: int
    state: str
    claimed_by: str
    verdict: str
    until: str


def move(connection: sa.Connection, places: Sequence[Place]) -> None:
    """Enter the new state of alerts under their labels; the moves that led to it are recorded."""
    if not places:
        return
    asked = queue.update().where(
        queue.c.alert_id == sa.bindparam("of_alert"), queue.c.label_id == sa.bindparam("of_label")
    )
    rows = [
        {
            "of_alert": place.alert_id,
            "of_label": place.label_id,
            "state": place.state,
            "open": place.state in OPEN_STATES,
            "claimed_by": place.claimed_by,
            "verdict": place.verdict,
            "until": place.until,
        }
        for place in places
    ]
    with tallies.changing(connection, [place.alert_id for place in places]):
        connection.execute(asked, rows)


def remove(
    connection: sa.Connection, alert_ids: Collection[str], *, label: int | None = None
) -> int:
    """Take alerts out of the queue, under every label or under one (what they rested on has gone);
    return how many rows."""
    taken = 0
    with tallies.changing(connection, alert_ids, gone=label is None):
        for some in bulk.lots(sorted(alert_ids)):
            named = bulk.among(connection, queue.c.alert_id, some)
            under = sa.true() if label is None else queue.c.label_id == label
            taken += connection.execute(queue.delete().where(named, under)).rowcount
    return taken


def subjects(connection: sa.Connection, alert_ids: Collection[str]) -> dict[str, str]:
    """Return the subject of each of these alerts that stands in the queue."""
    found: dict[str, str] = {}
    for some in bulk.lots(sorted(alert_ids)):
        query = sa.select(queue.c.alert_id, queue.c.subject_id).where(
            bulk.among(connection, queue.c.alert_id, some)
        )
        found.update([(alert, subject) for alert, subject in connection.execute(query).all()])
    return found


# Statements are made once for each shape of a question: to put one together, and to find what was
# compiled for one like it, takes as long as the database takes to answer it.


def _shape(wanted: Wanted) -> Wanted:
    """Return the question with the names of what is bound in place of its values."""
    return msgspec.structs.replace(
        wanted, kind="kind" if wanted.kind else "", port="port" if wanted.port else "",
        claimed_by="claimed_by" if wanted.claimed_by else "", cursor="at" if wanted.cursor else "",
        minimum_score=1.0 if wanted.minimum_score else 0.0, limit=0, now="",
    )  # fmt: skip


def _given(visible: Collection[int], wanted: Wanted) -> dict[str, Any]:
    """Return the values that are bound."""
    return asked.which(
        visible, kind=wanted.kind, port=wanted.port, claimed_by=wanted.claimed_by,
        minimum_score=wanted.minimum_score, now=wanted.now,
    )  # fmt: skip


@lru_cache(_SHAPES)
def _counted(shape: Wanted, *, several: bool) -> sa.Select[Any]:
    most = sa.bindparam("most", type_=sa.Integer)
    parts = [
        _wanted(sa.select(queue.c.alert_id), part, several=several).limit(most).subquery()
        for part in _parts(shape)
    ]
    found = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    return sa.select(sa.func.count()).select_from(found)


def _wanted(query: sa.Select[Any], wanted: Wanted, *, several: bool) -> sa.Select[Any]:
    query = query.where(asked.under(queue), broadest_under(several=several))
    if wanted.state in _OPENNESS:
        query = query.where(queue.c.open == _OPENNESS[wanted.state])
    elif wanted.state in RARE_STATES:
        # Spelled out and not bound, so that the partial index of that state is recognised.
        query = query.where(queue.c.state == sa.literal_column(f"'{wanted.state}'"))
    elif wanted.state == "new":
        query = query.where(queue.c.open, queue.c.state.in_(("new", "snoozed")))
    else:
        query = query.where(queue.c.open, queue.c.state == wanted.state)
    if wanted.state in ("open", "new"):
        query = query.where(queue.c.until <= asked.text("now"))
    elif wanted.state == "snoozed":
        query = query.where(queue.c.until > asked.text("now"))
    if wanted.kind:
        query = query.where(asked.same(queue.c.subject_kind, "kind"))
    if wanted.port:
        query = query.where(asked.same(queue.c.port, "port"))
    if wanted.claimed_by:
        query = query.where(
            asked.same(queue.c.claimed_by, "claimed_by"), sa.text("claimed_by <> ''")
        )
    if wanted.minimum_score:
        least = sa.bindparam("minimum_score", type_=queue.c.score.type)
        query = query.where(queue.c.score >= least)
    return query


def broadest(visible: Collection[int]) -> sa.ColumnElement[bool]:
    """Return what holds for the one row of each alert that a reader of these labels gets."""
    if len(visible) < 2:
        return sa.true()
    return sa.not_(sa.exists().where(*_BROADER, _OTHER.c.label_id.in_(sorted(visible))))


def broadest_under(*, several: bool) -> sa.ColumnElement[bool]:
    """Return the same for a statement made once: its labels are bound as ``labels``.

    :param several: whether there will be more than one of them.
    """
    return sa.not_(sa.exists().where(*_BROADER, asked.under(_OTHER))) if several else sa.true()


_OTHER: Final = queue.alias("other")
_BROADER: Final = (
    _OTHER.c.alert_id == queue.c.alert_id,
    sa.tuple_(_OTHER.c.breadth, _OTHER.c.seq) > sa.tuple_(queue.c.breadth, queue.c.seq),
)
"""Made once: putting it together took as long as many a question that holds it."""


def _parts(wanted: Wanted) -> list[Wanted]:
    """Cut a question about every state into open and closed: each has its own walk of the order."""
    if wanted.state != "all":
        return [wanted]
    return [msgspec.structs.replace(wanted, state=state) for state in ("undecided", "closed")]


def _rows(
    connection: sa.Connection, visible: Collection[int], wanted: Wanted, most: int, *,
    few: bool, back: bool = False,
) -> list[Any]:  # fmt: skip
    """Return the first ``most`` rows of a question in its order, or in the opposite one, behind its
    cursor."""
    query = _ordered(_shape(wanted), several=len(visible) > 1, few=few, back=back)
    given = _given(visible, wanted) | {"most": most}
    if wanted.cursor:
        values = _decode(wanted.cursor, wanted.sort)
        given |= {f"at{place}": value for place, value in enumerate(values)}
    return list(connection.execute(query, given))


@lru_cache(_SHAPES)
def _ordered(shape: Wanted, *, several: bool, few: bool, back: bool) -> sa.Select[Any]:
    """Return that question; ``most`` and the values of the cursor, ``at0`` and so on, are bound."""
    columns = [(column, down != back) for column, down in _SORTS[shape.sort]]
    beyond = _beyond(columns) if shape.cursor else sa.true()
    limit = sa.bindparam("most", type_=sa.Integer)
    order = [_directed(_unindexed(column) if few else column, down) for column, down in columns]
    parts = [
        _wanted(sa.select(queue), part, several=several)
        .where(beyond).order_by(*order).limit(limit)
        for part in _parts(shape)
    ]  # fmt: skip
    if len(parts) == 1:
        return parts[0]
    whole = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    again = [_directed(whole.c[column.name], down) for column, down in columns]
    return sa.select(whole).order_by(*again).limit(limit)


def _directed(column: sa.ColumnElement[Any], down: bool) -> sa.ColumnElement[Any]:
    return column.desc() if down else column.asc()


def _unindexed(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The same value in the same order, which no index holds."""
    return column + 0.0 if column is queue.c.score else column.concat("")


def _beyond(columns: _Order) -> sa.ColumnElement[bool]:
    values = [
        sa.bindparam(f"at{place}", type_=column.type)
        for place, (column, _down) in enumerate(columns)
    ]
    further: sa.ColumnElement[bool] = sa.false()
    for (column, down), value in reversed(list(zip(columns, values, strict=True))):
        beyond = column < value if down else column > value
        further = sa.or_(beyond, sa.and_(column == value, further))
    # Said once more of the first column alone: a database begins its walk of an index at a bound,
    # and reads it from the very start for an "or".
    (first, down), value = columns[0], values[0]
    return sa.and_(first <= value if down else first >= value, further)


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
    few = _is_narrow(wanted) and count(connection, visible, wanted) <= COUNTED
    spot = msgspec.structs.replace(wanted, cursor=_cursor(here, wanted.sort), limit=1)
    before, after = (_next(connection, visible, spot, few, back=back) for back in (True, False))
    return before, after


def _is_narrow(wanted: Wanted) -> bool:
    """Tell whether a question may match few rows of many; only then is it worth counting them."""
    return bool(
        wanted.kind or wanted.port or wanted.claimed_by or wanted.minimum_score
        or wanted.state in RARE_STATES
    )  # fmt: skip


def _next(
    connection: sa.Connection, visible: Collection[int], spot: Wanted, few: bool, *, back: bool
) -> str:
    rows = _rows(connection, visible, spot, 1, few=few, back=back)
    return rows[0].alert_id if rows else ""


def place(
    connection: sa.Connection, visible: Collection[int], wanted: Wanted, alert_id: str
) -> str:
    """Return the cursor of a page of the order asked for in which an alert stands about in the
    middle, or would stand if it still matched; "" for the first page.
    """
    here = find(connection, visible, alert_id)
    if here is None:
        return ""
    few = count(connection, visible, wanted) <= COUNTED
    ahead = wanted.limit // 2 + 1
    spot = msgspec.structs.replace(wanted, cursor=_cursor(here, wanted.sort))
    before = _rows(connection, visible, spot, ahead, few=few, back=True)
    return _cursor(before[-1], wanted.sort) if len(before) == ahead else ""
