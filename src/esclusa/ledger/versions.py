"""Versions of records as analysis asks for them: all of a kind, or those that hold a reference.

Rows are handed out with their bodies as stored, so that a caller decodes what it needs of them and
no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.asked import same, under, which
from esclusa.ledger.records import slices
from esclusa.ledger.schema import record, reference


class Held(NamedTuple):
    """A version: its place in the ledger's order, record id, kind, label, when it was recorded
    (UTC), whether it takes the record back, the time it is about as text, and its body as JSON."""

    seq: int
    id: str
    kind: str
    label_id: int
    recorded: dt.datetime
    withdrawn: bool
    valid_time: str
    body: bytes


COLUMNS = (
    record.c.seq, record.c.id, record.c.kind, record.c.label_id, record.c.recorded_time,
    record.c.withdrawn, record.c.valid_time, record.c.body,
)  # fmt: skip


def all_holding(
    connection: sa.Connection, visible: Collection[int], value: str, *, after: int = 0,
    names: Collection[str] | None = None,
) -> Iterator[Held]:  # fmt: skip
    """Yield every version under these labels that holds a reference, replaced and withdrawn ones
    too, in order; erased ones hold none.

    :param after: only those with a higher sequence number.
    :param names: only versions of these records, in lots of some hundred; None for all.
    """
    given = {"value": value, "labels": sorted(visible), "after": after}
    if names is not None:
        for some in slices(sorted(names)):
            # The order of the records' ids is used, and not a walk over all that hold the value.
            rows = connection.execute(_HOLDING.where(record.c.id.in_(some)), given)
            yield from map(held, sorted(rows, key=lambda row: row.seq))
        return
    rows = connection.execute(_IN_ORDER, given, execution_options={"yield_per": 1000})
    yield from map(held, rows)


_VALUES: Final = reference.c.value.in_(sa.bindparam("values", expanding=True))
# Made once: to put a statement together takes longer than to answer most of these.
_HOLDING: Final = (
    sa.select(*COLUMNS)
    .join(reference, reference.c.seq == record.c.seq)
    .where(
        reference.c.value == sa.bindparam("value"),
        under(record), record.c.body.is_not(None), reference.c.seq > sa.bindparam("after"),
    )
)  # fmt: skip
_IN_ORDER: Final = _HOLDING.order_by(record.c.seq)


def that_held(
    connection: sa.Connection, visible: Collection[int], kind: str, values: Collection[str]
) -> set[str]:
    """Return the records of a kind of which any version under these labels holds one of these
    references; erased ones hold none."""
    found: set[str] = set()
    for some in slices(sorted(values)):
        given = which(visible, values=some, kind=kind)
        found.update(connection.execute(_THAT_HELD, given).scalars())
    return found


_THAT_HELD: Final = (
    sa.select(record.c.id)
    .join(reference, reference.c.seq == record.c.seq)
    .where(_VALUES, same(record.c.kind, "kind"), under(record), record.c.body.is_not(None))
)


def all_of_kind(
    connection: sa.Connection, visible: Collection[int], kind: str, *, indexed: bool = False
) -> Iterator[Held]:
    """Yield every version of a kind under these labels, replaced and withdrawn ones too, in order;
    erased ones are left out.

    :param indexed: the kind has an index of its own; it is used, and what it finds is sorted.
    """
    if not kind.isidentifier():
        raise ValueError(f"{kind!r} is no kind of record")
    query = sa.select(*COLUMNS).where(
        # Spelled out and not bound, so that an index of this kind alone is recognised.
        record.c.kind == sa.literal_column(f"'{kind}'"),
        record.c.label_id.in_(sorted(visible)), record.c.body.is_not(None),
    )  # fmt: skip
    order = record.c.seq + 0 if indexed else record.c.seq  # no walk of the whole ledger in order
    rows = connection.execute(query.order_by(order), execution_options={"yield_per": 1000})
    yield from map(held, rows)


def holding(
    connection: sa.Connection, visible: Collection[int], kinds: Collection[str],
    values: Collection[str],
) -> dict[int, Held]:  # fmt: skip
    """Return the versions in force of these kinds that hold one of these references, by sequence
    number."""
    found: dict[int, Held] = {}
    for some in slices(sorted(values)):
        given = which(visible, kinds=sorted(kinds), values=some)
        found.update((row.seq, held(row)) for row in connection.execute(_IN_FORCE_HOLDING, given))
    return found


def named(
    connection: sa.Connection, visible: Collection[int], kinds: Collection[str],
    names: Collection[str],
) -> dict[int, Held]:  # fmt: skip
    """Return the versions in force of these kinds of the records with these ids, by sequence
    number."""
    found: dict[int, Held] = {}
    for some in slices(sorted(names)):
        given = which(visible, kinds=sorted(kinds), names=some)
        found.update((row.seq, held(row)) for row in connection.execute(_IN_FORCE_NAMED, given))
    return found


def by_seq(
    connection: sa.Connection, visible: Collection[int], seqs: Collection[int]
) -> dict[int, Held]:
    """Return these versions by sequence number, those that are visible and not erased."""
    found: dict[int, Held] = {}
    for some in bulk.lots(sorted(seqs)):
        query = sa.select(*COLUMNS).where(
            bulk.among(connection, record.c.seq, some), record.c.label_id.in_(sorted(visible)),
            record.c.body.is_not(None),
        )  # fmt: skip
        found.update((row.seq, held(row)) for row in connection.execute(query))
    return found


_IN_FORCE: Final = sa.select(*COLUMNS).where(
    record.c.kind.in_(sa.bindparam("kinds", expanding=True)), under(record),
    record.c.current, sa.not_(record.c.withdrawn), record.c.body.is_not(None),
)  # fmt: skip
_IN_FORCE_NAMED: Final = _IN_FORCE.where(record.c.id.in_(sa.bindparam("names", expanding=True)))
_IN_FORCE_HOLDING: Final = _IN_FORCE.where(
    record.c.seq.in_(sa.select(reference.c.seq).where(_VALUES))
)


def held(row: Sequence[Any]) -> Held:
    """Return a version of a row of :data:`COLUMNS`."""
    seq, name, kind, label_id, recorded, withdrawn, valid_time, body = row
    moment = dt.datetime.fromisoformat(recorded)
    return Held(seq, name, kind, label_id, moment, withdrawn, valid_time, bytes(body))
