"""How far kept records have been compared with an edition that came into force, and what it gave.

Counts stand under the label of list and record together: a reader adds up those he may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from esclusa.ledger.records import now_text
from esclusa.ledger.schema import record, watchlist_edition, watchlist_retro
from esclusa.model import Body, decode_body


class Counts(msgspec.Struct, kw_only=True):
    """Records compared; alerts that are new or say something else; alerts that ended."""

    compared: int = 0
    changed: int = 0
    ended: int = 0


class KeptRecord(msgspec.Struct, frozen=True, gc=False):
    """A record in force as far as finding must know it; ``body`` is None once it was looked at."""

    seq: int
    id: str
    kind: str
    label_id: int
    body: Body | None


def waiting(connection: sa.Connection) -> Any:
    """Return the oldest edition that kept records are not all compared with, None if none."""
    e = watchlist_edition.c
    query = sa.select(watchlist_edition).where(e.retro == "running")
    return connection.execute(query.order_by(e.loaded, e.id, e.label_id, e.number)).first()


def position(connection: sa.Connection, job: Any) -> int | None:
    """Return the number of the last record compared, None when the comparison is finished."""
    e = watchlist_edition.c
    query = sa.select(e.position).where(*_same(job), e.retro == "running")
    return connection.execute(query).scalar()


def advance(
    connection: sa.Connection, job: Any, to: int, counted: Mapping[int, Counts], *, done: bool
) -> None:
    """Set the mark and add what was counted, by label."""
    moved: dict[str, Any] = {"position": to}
    if done:
        moved |= {"retro": "done", "retro_finished": now_text()}
    connection.execute(watchlist_edition.update().where(*_same(job)).values(**moved))
    c = watchlist_retro.c
    for label, more in counted.items():
        key = (c.id == job.id, c.list_label == job.label_id, c.number == job.number,
               c.label_id == label)  # fmt: skip
        added = connection.execute(
            watchlist_retro.update().where(*key).values(
                compared=c.compared + more.compared, changed=c.changed + more.changed,
                ended=c.ended + more.ended,
            )
        )  # fmt: skip
        if not added.rowcount:
            connection.execute(
                watchlist_retro.insert().values(
                    id=job.id, list_label=job.label_id, number=job.number, label_id=label,
                    compared=more.compared, changed=more.changed, ended=more.ended,
                )
            )  # fmt: skip


def counts(
    connection: sa.Connection, visible: Collection[int], list_id: str, list_label: int
) -> dict[int, Counts]:
    """Return what a reader may know of the comparisons with a list, by number of its edition."""
    c = watchlist_retro.c
    query = (
        sa.select(
            c.number, sa.func.sum(c.compared).label("compared"),
            sa.func.sum(c.changed).label("changed"), sa.func.sum(c.ended).label("ended"),
        )
        .where(c.id == list_id, c.list_label == list_label, c.label_id.in_(sorted(visible)))
        .group_by(c.number)
    )  # fmt: skip
    return {
        row.number: Counts(
            compared=int(row.compared), changed=int(row.changed), ended=int(row.ended)
        )
        for row in connection.execute(query)
    }


def newest(connection: sa.Connection) -> int:
    """Return the number of the newest record, 0 when there is none."""
    return int(
        connection.execute(sa.select(sa.func.coalesce(sa.func.max(record.c.seq), 0))).scalar_one()
    )


def batch(
    connection: sa.Connection, kinds: Collection[str], behind: int, until: int, *, limit: int
) -> list[KeptRecord]:
    """Return the next records in force behind a number, up to another, in order; for analysis."""
    query = (
        sa.select(record.c.seq, record.c.id, record.c.kind, record.c.label_id, record.c.body)
        .where(
            record.c.seq > behind, record.c.seq <= until, record.c.current,
            sa.not_(record.c.withdrawn), record.c.body.is_not(None),
            record.c.kind.in_(sorted(kinds)),
        )
        .order_by(record.c.seq)
        .limit(limit)
    )  # fmt: skip
    return [
        KeptRecord(row.seq, row.id, row.kind, row.label_id, decode_body(bytes(row.body)))
        for row in connection.execute(query)
    ]


def _same(job: Any) -> tuple[sa.ColumnElement[bool], ...]:
    e = watchlist_edition.c
    return e.id == job.id, e.label_id == job.label_id, e.number == job.number
