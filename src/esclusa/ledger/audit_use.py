"""Questions to the audit log that count: by person, by subject, by hour. Numbers, no judgement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import audit_sets
from esclusa.ledger.schema import audit

LOOK: Final = "record:read"
SEARCHES: Final = ("search:run", "screen:run")
REFUSED: Final = "session:refuse"
MACHINE: Final = "exchange"
"""The role of lines that no person wrote."""


def between(since: str, until: str) -> sa.ColumnElement[bool]:
    """Return the condition for moments from ``since`` up to and without ``until`` (ISO 8601)."""
    return sa.and_(audit.c.at >= since, audit.c.at < until)


def about(connection: sa.Connection, subject: str, *, limit: int) -> list[Any]:
    """Return who did something with a subject, for what: count, first and last, the last first.
    Lines that stand for many records count for each of them."""
    last = sa.func.max(audit.c.at)
    query = sa.select(
        audit.c.who, audit.c.role, audit.c.purpose, sa.func.count().label("lines"),
        sa.func.min(audit.c.at).label("first"), last.label("last"),
    ).where(audit.c.subject == subject)  # fmt: skip
    grouped = query.group_by(audit.c.who, audit.c.role, audit.c.purpose)
    found = list(connection.execute(grouped.order_by(last.desc(), audit.c.who).limit(limit)))
    if not (of_many := audit_sets.about(connection, subject)):
        return found
    alone = {(row.who, row.role, row.purpose): row for row in connection.execute(grouped)}
    more: dict[tuple[str, str, str], list[str]] = {}
    for line in of_many:
        more.setdefault((line.who, line.role, line.purpose), []).append(line.at)
    every = [_together(key, alone.get(key), more.get(key, ())) for key in {**alone, **more}]
    every.sort(key=attrgetter("who"))
    every.sort(key=attrgetter("last"), reverse=True)  # who came last first, then by name
    return every[:limit]


class Use(msgspec.Struct, frozen=True):
    """How often somebody did something with a subject, first and last."""

    who: str
    role: str
    purpose: str
    lines: int
    first: str
    last: str


def _together(key: tuple[str, str, str], alone: Any, more: Sequence[str]) -> Use:
    ends = [alone.first, alone.last] if alone is not None else []
    every = [*ends, *more]
    lines = len(more) + (alone.lines if alone is not None else 0)
    return Use(*key, lines, min(every), max(every))


def by_hour(connection: sa.Connection, since: str, until: str, own: str) -> list[Any]:
    """Return what each person did in each hour: ``who``, ``hour`` (``YYYY-MM-DDTHH`` UTC), lines,
    records, searches, looks at the own name, refused sign-ins.

    :param own: the word in a detail that marks a look at the own name.
    """
    hour = sa.func.substr(audit.c.at, 1, 13).label("hour")
    query = sa.select(
        audit.c.who, hour, sa.func.count().label("lines"),
        _sum(audit.c.action == LOOK).label("records"),
        _sum(audit.c.action.in_(SEARCHES)).label("searches"),
        _sum(audit.c.detail.like(f"%{own}%")).label("own"),
        _sum(audit.c.action == REFUSED).label("refused"),
    ).where(between(since, until), audit.c.role != MACHINE)  # fmt: skip
    return list(connection.execute(query.group_by(audit.c.who, hour)))


def pairs(
    connection: sa.Connection, since: str, until: str, *, least: int, limit: int
) -> list[Any]:
    """Return who opened one thing at least so often, the most often first."""
    looks = sa.func.count()
    query = sa.select(
        audit.c.who, audit.c.subject, looks.label("looks"),
        sa.func.min(audit.c.at).label("first"), sa.func.max(audit.c.at).label("last"),
    ).where(*_looks(since, until))  # fmt: skip
    grouped = query.group_by(audit.c.who, audit.c.subject).having(looks >= least)
    ordered = grouped.order_by(looks.desc(), audit.c.who, audit.c.subject)
    return list(connection.execute(ordered.limit(limit)))


def subjects(
    connection: sa.Connection, since: str, until: str, *, least: int, limit: int
) -> list[Any]:
    """Return what was opened by at least so many people, by the most people first."""
    people = sa.func.count(sa.distinct(audit.c.who))
    query = sa.select(
        audit.c.subject, people.label("people"), sa.func.count().label("looks")
    ).where(*_looks(since, until))
    grouped = query.group_by(audit.c.subject).having(people >= least)
    return list(connection.execute(grouped.order_by(people.desc(), audit.c.subject).limit(limit)))


def whole(connection: sa.Connection, since: str, until: str, *, most: int) -> Iterator[Any]:
    """Yield every line of a period, the oldest first, at most so many."""
    query = sa.select(audit).where(between(since, until)).order_by(audit.c.seq).limit(most)
    yield from connection.execute(query, execution_options={"yield_per": 1000})


def of_many(connection: sa.Connection, since: str, until: str) -> int:
    """Return for how many lines, beyond themselves, the lines of a period stand."""
    query = sa.select(audit).where(between(since, until), audit_sets.IS_SET)
    return sum(audit_sets.size(row) for row in connection.execute(query))


def count(connection: sa.Connection, since: str, until: str) -> int:
    """Return how many lines a period has."""
    query = sa.select(sa.func.count()).select_from(audit).where(between(since, until))
    return int(connection.execute(query).scalar_one())


def _looks(since: str, until: str) -> tuple[sa.ColumnElement[bool], ...]:
    return between(since, until), audit.c.action == LOOK, audit.c.subject != ""


def _sum(condition: sa.ColumnElement[bool]) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))
