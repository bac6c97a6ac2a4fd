"""What the exchange with partners keeps: named rows, each with the number of its last change.

A row is the JSON of one frozen struct, or nothing where it was taken back. Readers remember the
highest number they have seen and ask only for what changed since, so several processes share one
exchange at the price of one indexed look.

Many small rows that change at once may be stored as pages: one row here that holds many of a table.
The number of the change orders both, so whoever reads in order ends with the last word on each key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.schema import exchange_row

Rows = Mapping[tuple[str, str], bytes | None]
"""(name of the table, key) → row; None takes it back."""


def newest(connection: sa.Connection) -> int:
    """Return the number of the last change, 0 before the first."""
    return connection.execute(_NEWEST).scalar() or 0


_NEWEST: Final = sa.select(exchange_row.c.seq).order_by(exchange_row.c.seq.desc()).limit(1)


LEAVES: Final = "log_leaves"
"""Hashes of the messages of long batches, some hundred kilobytes each: asked for by key alone."""

_CHANGED: Final = (
    sa.select(
        exchange_row.c.seq,
        exchange_row.c.name,
        exchange_row.c.key,
        sa.case((exchange_row.c.name != LEAVES, exchange_row.c.row)).label("row"),
    )
    .where(exchange_row.c.seq > sa.bindparam("since"))
    .order_by(exchange_row.c.seq)
    .execution_options(yield_per=1000)
)
"""Made once: every request of a partner asks it."""


def changed(connection: sa.Connection, since: int) -> Iterator[tuple[int, str, str, bytes | None]]:
    """Yield (number, table, key, row) of every row changed after ``since``, in order; without what
    ``LEAVES`` hold."""
    for seq, name, key, row in connection.execute(_CHANGED, {"since": since}):
        yield seq, name, key, bytes(row) if row is not None else None


def has_moved(connection: sa.Connection, since: int, apart: Collection[str]) -> bool:
    """Tell whether a row changed after ``since`` in any table but these."""
    query = sa.select(sa.literal(1)).where(
        exchange_row.c.seq > since, exchange_row.c.name.not_in(sorted(apart))
    )
    return connection.execute(query.limit(1)).first() is not None


def of_table(connection: sa.Connection, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield (key, row) of the rows of one table."""
    query = sa.select(exchange_row.c.key, exchange_row.c.row).where(
        exchange_row.c.name == name, exchange_row.c.row.is_not(None)
    )
    for key, row in connection.execute(query.order_by(exchange_row.c.key)):
        yield key, bytes(row)


def get(connection: sa.Connection, name: str, key: str) -> bytes | None:
    """Return one row, None when there is none."""
    query = sa.select(exchange_row.c.row).where(
        exchange_row.c.name == name, exchange_row.c.key == key
    )
    row = connection.execute(query).scalar()
    return bytes(row) if row is not None else None


def put(
    connection: sa.Connection, rows: Rows, pages: Sequence[tuple[str, bytes]] = (),
    overtaken: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> int:  # fmt: skip
    """Write rows inside the caller's write transaction; return the number of this change.

    :param pages: (name, page), kept under the number of this change and never written again.
    :param overtaken: the keys, by table, of rows to empty, because they hold content and these
        pages hold a later word. Other rows that a page overtakes stay as they are.
    """
    seq = newest(connection) + 1
    for name, keys in overtaken.items():
        for some in bulk.lots(keys):
            those = bulk.among(connection, exchange_row.c.key, some)
            emptied = exchange_row.update().where(exchange_row.c.name == name, those)
            connection.execute(emptied.values(row=None))
    found = [(name, key, row) for (name, key), row in rows.items()]
    found += [(name, f"{seq:012d}/{at:06d}", page) for at, (name, page) in enumerate(pages)]
    bulk.put(
        connection,
        exchange_row,
        [{"name": name, "key": key, "row": row, "seq": seq} for name, key, row in found],
    )
    return seq
