"""Which watchlists are in force, in which edition. Their entries are records."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from esclusa.ledger.records import now_text
from esclusa.ledger.schema import record, watchlist


def put(
    connection: sa.Connection, *, id: str, title: str, format: str, edition: str, entries: int,
    label_id: int, by: str,
) -> None:  # fmt: skip
    """Enter a list's new edition in place of the one before under the same label."""
    connection.execute(
        watchlist.delete().where(watchlist.c.id == id, watchlist.c.label_id == label_id)
    )
    connection.execute(
        watchlist.insert().values(
            id=id, title=title, format=format, edition=edition, entries=entries,
            label_id=label_id, loaded=now_text(), loaded_by=by,
        )
    )  # fmt: skip


def all_lists(connection: sa.Connection, visible: Collection[int] | None = None) -> list[Any]:
    """Return the lists in force by id; ``visible`` None is for analysis."""
    query = sa.select(watchlist).order_by(watchlist.c.id, watchlist.c.label_id)
    if visible is not None:
        query = query.where(watchlist.c.label_id.in_(visible))
    return list(connection.execute(query))


def entry_ids(connection: sa.Connection, list_id: str, label_id: int) -> dict[str, int]:
    """Return the ids of a list's entries in force under a label, with their sequence numbers."""
    query = sa.select(record.c.id, record.c.seq).where(
        record.c.kind == "list_entry",
        record.c.key.like(_like_prefix(list_id.upper()) + "/%", escape="\\"),
        record.c.label_id == label_id,
        record.c.current,
        sa.not_(record.c.withdrawn),
    )
    return {row.id: row.seq for row in connection.execute(query)}


def _like_prefix(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
