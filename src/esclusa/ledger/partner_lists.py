"""Partners' list entries among the records, and what was last said of them as lists.

The records are the truth: a list of a partner's is whatever of its entries is in force under one
label. Changes of editions name such entries by their record alone, so that nothing of what they
hold outlives their erasure.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from esclusa.ledger.records import slices
from esclusa.ledger.schema import record, watchlist, watchlist_change, watchlist_edition
from esclusa.model import Body, decode_body

KIND = "list_entry"


class Held(NamedTuple):
    """How many entries are in force under a label, and the number of the newest."""

    entries: int
    newest: int


def in_force(connection: sa.Connection, labels: Collection[int]) -> dict[int, Held]:
    """Return what is in force under these labels; labels without entries are left out."""
    if not labels:
        return {}
    query = (
        sa.select(
            record.c.label_id, sa.func.count().label("entries"),
            sa.func.max(record.c.seq).label("newest"),
        )
        .where(*_standing(), record.c.label_id.in_(sorted(labels)))
        .group_by(record.c.label_id)
    )  # fmt: skip
    return {row.label_id: Held(row.entries, row.newest) for row in connection.execute(query)}


def versions(connection: sa.Connection, label: int) -> dict[str, int]:
    """Return the entries in force under a label, id → number of the version, oldest first."""
    query = sa.select(record.c.id, record.c.seq).where(*_standing(), record.c.label_id == label)
    return {row.id: row.seq for row in connection.execute(query.order_by(record.c.seq))}


def bodies(connection: sa.Connection, seqs: Collection[int]) -> dict[int, Body]:
    """Return the content of versions by their numbers, in order, without the erased ones."""
    found: dict[int, Body] = {}
    for some in slices(sorted(seqs)):
        query = sa.select(record.c.seq, record.c.body).where(
            record.c.seq.in_(some), record.c.body.is_not(None)
        )
        rows = connection.execute(query.order_by(record.c.seq))
        found |= {row.seq: decode_body(bytes(row.body)) for row in rows}
    return found


def said(connection: sa.Connection, list_id: str, label: int) -> dict[str, int]:
    """Return what the editions of a list add up to: record → version, without what has gone."""
    c = watchlist_change.c
    query = (
        sa.select(c.record_id, c.what, c.after)
        .where(c.id == list_id, c.label_id == label)
        .order_by(c.number, c.place)
    )
    found: dict[str, int] = {}
    for row in connection.execute(query):
        if row.what == "removed":
            found.pop(row.record_id, None)
        else:
            found[row.record_id] = row.after
    return found


def lists(connection: sa.Connection, labels: Collection[int]) -> set[int]:
    """Return which of these labels hold a list that is in force."""
    query = sa.select(watchlist.c.label_id).where(watchlist.c.label_id.in_(sorted(labels)))
    return set(connection.execute(query).scalars())


def end(connection: sa.Connection, list_id: str, label: int) -> None:
    """Take a list of which nothing is left out of force; its editions stay, without content."""
    same = (watchlist.c.id == list_id, watchlist.c.label_id == label)
    connection.execute(watchlist.delete().where(*same))
    e = watchlist_edition.c
    connection.execute(
        watchlist_edition.update()
        .where(e.id == list_id, e.label_id == label, e.state == "in_force")
        .values(state="past")
    )


def _standing() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        record.c.kind == KIND, record.c.current, sa.not_(record.c.withdrawn),
        record.c.body.is_not(None),
    )  # fmt: skip
