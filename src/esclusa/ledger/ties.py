"""What ties records to each other: who holds a reference, since when, how many.

For analysis, which looks only where every reader of its subject may look: labels are an argument of
each question. Everything is asked for many values at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.bulk import listed
from esclusa.ledger.records import slices
from esclusa.ledger.schema import label as label_table
from esclusa.ledger.schema import record, reference
from esclusa.model import Body, decode_body


def first_seen(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str]
) -> dict[str, str]:
    """Return when each reference was first recorded (ISO 8601 UTC); unknown ones are left out.

    Each value costs one step into an index, however often it occurs.
    """
    query = _first_seen(listed(connection))
    found: dict[str, str] = {}
    for some in slices(list(values)):
        rows = connection.execute(query, {"wanted": json.dumps(some), "labels": sorted(visible)})
        found.update({row.value: row.first for row in rows if row.first})
    return found


@cache
def _first_seen(wanted: str) -> sa.TextClause:
    return _over_labels(
        f"""SELECT wanted.value AS value, (
              SELECT record.recorded_time FROM reference
              JOIN record ON record.seq = reference.seq
              WHERE reference.value = wanted.value AND record.label_id IN :labels
              ORDER BY reference.seq LIMIT 1) AS first
            FROM {wanted} AS wanted"""
    )


def _over_labels(text: str, *more: str) -> sa.TextClause:
    """Return a statement with lists of values for ``labels`` and ``more``. Those asked for every
    record are made once: to make one costs as much as to run it."""
    lists: list[sa.BindParameter[object]] = [
        sa.bindparam(name, expanding=True) for name in ("labels", *more)
    ]
    return sa.text(text).bindparams(*lists)


def sightings(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str], *, each: int,
    known: Mapping[int, Body] = MappingProxyType({}), kinds: Collection[str] = (),
) -> dict[str, tuple[tuple[str, Body], ...]]:  # fmt: skip
    """Return, for each reference, up to ``each`` of the newest (record id, body) that hold it.

    :param kinds: only records of these kinds; all when empty.
    :param known: bodies at hand by sequence number (of the batch just appended), not read again.
    """
    found: dict[str, list[tuple[str, Body]]] = {}
    read = dict(known)  # a record stands under several references; it is decoded once
    for value, seq, name, body in _sighted(connection, visible, values, each, kinds):
        if body is not None:
            if seq not in read:
                read[seq] = decode_body(bytes(body))
            found.setdefault(value, []).append((name, read[seq]))
    return {value: tuple(rows) for value, rows in found.items()}


def sharing(
    connection: sa.Connection, visible: Collection[int], versions: Collection[int],
    *, ties: Collection[str], kinds: Collection[str], each: int,
) -> set[str]:  # fmt: skip
    """Return the ids of records in force under some labels that hold a reference which one of these
    versions holds as well; some of the versions' own records may be among them.

    :param versions: sequence numbers, of what is in force.
    :param ties: the kinds of references that count (what stands before their colon).
    :param kinds: only records of these kinds.
    :param each: how many of the newest holders of a reference are looked at.
    """
    query = _shared(sqlite=connection.dialect.name == "sqlite", ties=tuple(sorted(ties)))
    given = {"labels": sorted(visible), "kinds": sorted(kinds), "each": each}
    found: set[str] = set()
    for some in bulk.lots(sorted(versions)):
        wanted = msgspec.json.encode(some).decode()
        found.update(connection.execute(query, {"wanted": wanted, **given}).scalars())
    return found


def in_force(connection: sa.Connection, names: Collection[str]) -> list[int]:
    """Return the sequence numbers of the versions of these records that are in force."""
    found: list[int] = []
    for some in bulk.lots(sorted(names)):
        query = sa.select(record.c.seq).where(
            bulk.among(connection, record.c.id, some), record.c.current,
            sa.not_(record.c.withdrawn),
        )  # fmt: skip
        found += connection.execute(query).scalars()
    return found


@cache
def _shared(*, sqlite: bool, ties: tuple[str, ...]) -> sa.TextClause:
    kind = "substr(mine.value, 1, instr(mine.value, ':') - 1)" if sqlite else \
        "split_part(mine.value, ':', 1)"  # fmt: skip
    named = ", ".join(f"'{name}'" for name in ties)
    counts = f"{kind} IN ({named})"
    text = (_SHARED_SQLITE if sqlite else _SHARED_POSTGRESQL).replace(":counts", counts)
    return _over_labels(text, "kinds")


# First who else holds a value at all, by its index alone: most values only one record holds, and
# most others only the asked ones.
_SHARED_SQLITE: Final = """
    WITH asked AS MATERIALIZED (
      SELECT wanted.value AS seq FROM json_each(:wanted) AS wanted),
    held AS MATERIALIZED (
      SELECT DISTINCT mine.value AS value
      FROM asked JOIN reference AS mine ON mine.seq = asked.seq
      WHERE :counts AND EXISTS (
        SELECT 1 FROM reference AS another
        WHERE another.value = mine.value AND another.seq <> mine.seq)),
    both AS MATERIALIZED (
      SELECT held.value AS value FROM held WHERE EXISTS (
        SELECT 1 FROM reference AS other
        WHERE other.value = held.value AND other.seq NOT IN (SELECT seq FROM asked)))
    SELECT DISTINCT record.id FROM both AS held JOIN record ON record.seq IN (
      SELECT newest.seq FROM reference AS newest JOIN record AS holder ON holder.seq = newest.seq
      WHERE newest.value = held.value AND holder.label_id IN :labels
        AND holder.current AND NOT holder.withdrawn AND holder.kind IN :kinds
      ORDER BY newest.seq DESC LIMIT :each)
    WHERE record.body IS NOT NULL"""
_SHARED_POSTGRESQL: Final = """
    SELECT DISTINCT found.id
    FROM (
      SELECT DISTINCT mine.value AS value
      FROM (SELECT CAST(json_array_elements_text(CAST(:wanted AS json)) AS bigint) AS seq) AS asked
      JOIN reference AS mine ON mine.seq = asked.seq
      WHERE :counts) AS held
    CROSS JOIN LATERAL (
      SELECT record.id, record.body
      FROM reference AS newest JOIN record ON record.seq = newest.seq
      WHERE newest.value = held.value AND record.label_id IN :labels
        AND record.current AND NOT record.withdrawn AND record.kind IN :kinds
      ORDER BY newest.seq DESC LIMIT :each) AS found
    WHERE found.body IS NOT NULL"""


def holders(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str], *, each: int,
    kinds: Collection[str] = (),
) -> set[str]:  # fmt: skip
    """Return the ids of the records that :func:`sightings` would return."""
    rows = _sighted(connection, visible, values, each, kinds)
    return {name for _value, _seq, name, body in rows if body is not None}


def _sighted(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str], each: int,
    kinds: Collection[str] = (),
) -> Iterator[tuple[str, int, str, bytes | None]]:  # fmt: skip
    query = _sighting(sqlite=connection.dialect.name == "sqlite", kinds=bool(kinds))
    given: dict[str, object] = {"labels": sorted(visible), "each": each}
    if kinds:
        given["kinds"] = sorted(kinds)
    for some in slices(list(values)):
        asked = {"wanted": json.dumps(some), **given}
        yield from map(tuple, connection.execute(query, asked))


@cache
def _sighting(*, sqlite: bool, kinds: bool) -> sa.TextClause:
    text = _SIGHTED_SQLITE if sqlite else _SIGHTED_POSTGRESQL
    return _over_labels(text, "kinds") if kinds else _over_labels(_OF_KIND.sub("", text))


_OF_KIND: Final = re.compile(r" AND \w+\.kind IN :kinds")

# A junk seal ("NIL") stands on a great many records: each value costs one walk down the index to
# its newest few, however often it occurs. SQLite knows no LATERAL; PostgreSQL would scan for the
# IN.
_SIGHTED_SQLITE: Final = """
    SELECT wanted.value AS value, record.seq AS seq, record.id AS id, record.body AS body
    FROM json_each(:wanted) AS wanted JOIN record ON record.seq IN (
      SELECT newest.seq FROM reference AS newest JOIN record AS held ON held.seq = newest.seq
      WHERE newest.value = wanted.value AND held.label_id IN :labels
        AND held.current AND NOT held.withdrawn AND held.kind IN :kinds
      ORDER BY newest.seq DESC LIMIT :each)
    ORDER BY wanted.value, record.seq"""
_SIGHTED_POSTGRESQL: Final = """
    SELECT wanted.value AS value, held.seq AS seq, held.id AS id, held.body AS body
    FROM (SELECT json_array_elements_text(CAST(:wanted AS json)) AS value) AS wanted
    CROSS JOIN LATERAL (
      SELECT record.seq, record.id, record.body
      FROM reference AS newest JOIN record ON record.seq = newest.seq
      WHERE newest.value = wanted.value AND record.label_id IN :labels
        AND record.current AND NOT record.withdrawn AND record.kind IN :kinds
      ORDER BY newest.seq DESC LIMIT :each) AS held
    ORDER BY wanted.value, held.seq"""


def first_recorded(connection: sa.Connection, visible: Collection[int]) -> str:
    """Return when the oldest visible record was recorded (ISO 8601 UTC), "" if there is none."""
    return connection.execute(_FIRST_RECORDED, {"labels": sorted(visible)}).scalar() or ""


_FIRST_RECORDED: Final = (
    sa.select(record.c.recorded_time)
    .where(record.c.label_id.in_(sa.bindparam("labels", expanding=True)))
    .order_by(record.c.seq)
    .limit(1)
)
_COUNTED: Final = 100
"""Counts of references stop here; a rule asks for a few dozen at most."""


def counts(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str]
) -> dict[str, int]:
    """Return how many current records hold each reference, exact up to ``_COUNTED``."""
    query = _counts(listed(connection))
    found: dict[str, int] = {}
    for some in slices(list(values)):
        rows = connection.execute(query, {"wanted": json.dumps(some), "labels": sorted(visible)})
        found.update({row.value: row.held for row in rows})
    return found


@cache
def _counts(wanted: str) -> sa.TextClause:
    return _over_labels(
        f"""SELECT wanted.value AS value, (
              SELECT count(*) FROM (
                SELECT 1 FROM reference JOIN record ON record.seq = reference.seq
                WHERE reference.value = wanted.value AND record.label_id IN :labels
                  AND record.current AND NOT record.withdrawn
                LIMIT {_COUNTED}) AS held) AS held
            FROM {wanted} AS wanted"""
    )


def pace(
    connection: sa.Connection, visible: Collection[int], values: Sequence[str], *, kind: str,
    since: str,
) -> dict[str, tuple[int, str]]:  # fmt: skip
    """Return, for each reference, how many current records of a kind hold it from ``since`` on and
    when the last one before that was recorded ("" if none), among its newest ``_COUNTED``.

    :param since: ISO 8601 moment in UTC, written as the ledger writes moments.
    """
    query = _pace(listed(connection))
    given = {"labels": sorted(visible), "kind": kind, "since": since}
    found: dict[str, tuple[int, str]] = {}
    for some in slices(list(values)):
        rows = connection.execute(query, {"wanted": json.dumps(some), **given})
        found.update({row.value: (row.held, row.before or "") for row in rows})
    return found


@cache
def _pace(wanted: str) -> sa.TextClause:
    newest = f"""(SELECT record.recorded_time AS at FROM reference
        JOIN record ON record.seq = reference.seq
        WHERE reference.value = wanted.value AND record.label_id IN :labels
          AND record.current AND NOT record.withdrawn AND record.kind = :kind
        ORDER BY reference.seq DESC LIMIT {_COUNTED}) AS newest"""
    return _over_labels(
        f"""SELECT wanted.value AS value,
              (SELECT count(*) FROM {newest} WHERE newest.at >= :since) AS held,
              (SELECT max(newest.at) FROM {newest} WHERE newest.at < :since) AS before
            FROM {wanted} AS wanted"""
    )


def own_labels(connection: sa.Connection, labels: Collection[int]) -> frozenset[int]:
    """Return those of ``labels`` that no partner supplied: the node's own records."""
    return frozenset(connection.execute(_OWN, {"labels": sorted(labels)}).scalars())


_OWN: Final = sa.select(label_table.c.id).where(
    label_table.c.id.in_(sa.bindparam("labels", expanding=True)), label_table.c.supplier == ""
)


def chains_of(connection: sa.Connection, names: Collection[str]) -> dict[str, frozenset[int]]:
    """Return the labels under which each of these records is in force; most are alone under one,
    and share one set."""
    found: dict[str, frozenset[int]] = {}
    alone: dict[int, frozenset[int]] = {}
    for some in bulk.lots(sorted(names)):
        query = sa.select(record.c.id, record.c.label_id).where(
            bulk.among(connection, record.c.id, some), record.c.current,
            sa.not_(record.c.withdrawn), record.c.body.is_not(None),
        )  # fmt: skip
        for name, label in connection.execute(query).all():
            one = alone.get(label)
            if one is None:
                one = alone[label] = frozenset((label,))
            found[name] = found[name] | one if name in found else one
    return found


def labels_of(connection: sa.Connection, names: Collection[str]) -> set[int]:
    """Return the labels under which records of these ids are in force."""
    found: set[int] = set()
    for some in bulk.lots(sorted(names)):
        query = sa.select(record.c.label_id).where(
            bulk.among(connection, record.c.id, some), record.c.current,
            sa.not_(record.c.withdrawn), record.c.body.is_not(None),
        )  # fmt: skip
        found.update(connection.execute(query.distinct()).scalars())
    return found


def ties_of(connection: sa.Connection, names: Collection[str]) -> set[str]:
    """Return the references of the records of these ids that are in force."""
    found: set[str] = set()
    for some in bulk.lots(sorted(names)):
        query = (
            sa.select(reference.c.value)
            .join(record, reference.c.seq == record.c.seq)
            .where(
                bulk.among(connection, record.c.id, some),
                record.c.current,
                sa.not_(record.c.withdrawn),
            )
        )
        found.update(connection.execute(query).scalars())
    return found
