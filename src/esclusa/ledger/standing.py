"""Which versions are in force under some labels, without their bodies; for incremental analysis."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from esclusa.ledger.records import slices
from esclusa.ledger.schema import record, reference


def in_force(
    connection: sa.Connection, visible: Collection[int], kinds: Collection[str]
) -> dict[int, int]:
    """Return sequence number → label number of the current versions of these kinds under these
    labels that are neither withdrawn nor erased."""
    query = sa.select(record.c.seq, record.c.label_id).where(
        record.c.kind.in_(sorted(kinds)), record.c.label_id.in_(sorted(visible)),
        record.c.current, sa.not_(record.c.withdrawn), record.c.body.is_not(None),
    )  # fmt: skip
    return {row.seq: row.label_id for row in connection.execute(query)}


_LOOKED_AT: Final = 2_000
"""Versions that are looked at one by one; a file's may be a hundred thousand."""


class Mark(msgspec.Struct, frozen=True):
    """How far a ledger has come for one reader: its last sequence number, how many versions were
    erased, and when the last one was. Where two marks are equal, nothing was written or erased
    between them."""

    last: int = 0
    erased: int = 0
    at: str = ""


# Written once: to put a statement together costs more than these looks into an index take.
_LAST: Final = sa.select(sa.func.max(record.c.seq))
_ERASED: Final = sa.select(
    sa.func.count(record.c.erased_time), sa.func.max(record.c.erased_time)
).where(record.c.erased_time.is_not(None))
_DIGEST: Final = sa.select(record.c.digest).where(record.c.seq == sa.bindparam("at"))


def mark(connection: sa.Connection) -> Mark:
    """Return the mark of now, at the cost of two looks into an index."""
    last = connection.execute(_LAST).scalar() or 0
    erased, at = connection.execute(_ERASED).one()
    return Mark(last, erased, at or "")


class Standing(msgspec.Struct, frozen=True):
    """What a snapshot shows of how far a ledger has come: its mark, and the salted digest of its
    last version. It holds as long as the snapshot does."""

    mark: Mark
    digest: str


def standing(connection: sa.Connection) -> Standing:
    """Return how far the ledger of a snapshot has come."""
    here = mark(connection)
    return Standing(here, standing_at(connection, here.last))


class Came(NamedTuple):
    """What was written of some kinds after a sequence number: the versions that came into force, as
    :func:`in_force` gives them, and those that they replaced or withdrew."""

    fresh: dict[int, int]
    replaced: set[int]


def since(
    connection: sa.Connection, visible: Collection[int], kinds: Sequence[Collection[str]],
    after: int,
) -> tuple[Came, ...]:  # fmt: skip
    """Return what was written after a sequence number, as far as nothing was erased since.

    :param kinds: groups of kinds; each has its own answer.
    """
    columns = (record.c.seq, record.c.id, record.c.label_id, record.c.current, record.c.withdrawn,
               record.c.kind, record.c.body.is_not(None).label("whole"))  # fmt: skip
    query = sa.select(*columns).where(
        record.c.seq > after,
        record.c.kind.in_(sorted({kind for group in kinds for kind in group})),
        record.c.label_id.in_(sorted(visible)),
    )
    rows = list(connection.execute(query))
    before: dict[tuple[str, int], set[int]] = {}
    for some in slices(sorted({row.id for row in rows})):
        earlier = sa.select(record.c.seq, record.c.id, record.c.label_id).where(
            record.c.id.in_(some), record.c.seq <= after
        )
        for row in connection.execute(earlier):
            before.setdefault((row.id, row.label_id), set()).add(row.seq)
    return tuple(_came([row for row in rows if row.kind in group], before) for group in kinds)


def _came(rows: list[Any], before: Mapping[tuple[str, int], set[int]]) -> Came:
    fresh = {
        row.seq: row.label_id for row in rows if row.current and not row.withdrawn and row.whole
    }
    chains = {(row.id, row.label_id) for row in rows}
    return Came(fresh, {seq for chain in chains for seq in before.get(chain, ())})


class Written(NamedTuple):
    """What was written after a sequence number, as far as who looks something up can tell it: the
    kinds of these versions, the ids of their records, and the references that they hold."""

    kinds: frozenset[str]
    names: frozenset[str]


def written_since(
    connection: sa.Connection, visible: Collection[int], after: int, last: int
) -> Written | None:
    """Return what was written under these labels after a sequence number up to another one,
    withdrawals too; None where that is so much that whoever asks is better off beginning anew."""
    if last - after > _LOOKED_AT:
        return None
    here = (record.c.seq > after, record.c.seq <= last, record.c.label_id.in_(sorted(visible)))
    rows = connection.execute(sa.select(record.c.id, record.c.kind).where(*here)).all()
    held = sa.select(reference.c.value).join(record, record.c.seq == reference.c.seq).where(*here)
    values = connection.execute(held).scalars()
    return Written(
        frozenset(row.kind for row in rows), frozenset((*(row.id for row in rows), *values))
    )


def erased_since(connection: sa.Connection, moment: str) -> set[int]:
    """Return the sequence numbers of the versions that were erased later than a moment, all with
    ""."""
    query = sa.select(record.c.seq).where(record.c.erased_time > moment)
    return set(connection.execute(query).scalars())


def erased_by(connection: sa.Connection, moment: str) -> tuple[int, str]:
    """Return how many versions were erased up to a moment, and when the last of them was."""
    gone = record.c.erased_time
    query = sa.select(sa.func.count(gone), sa.func.max(gone)).where(gone <= moment)
    count, at = connection.execute(query).one()
    return count, at or ""


def standing_at(connection: sa.Connection, seq: int) -> str:
    """Return the salted digest of a version, "" when there is none: it tells whether a ledger goes
    on from there, or is another one."""
    found = connection.execute(_DIGEST, {"at": seq}).scalar()
    return bytes(found).hex() if found is not None else ""


def withdrawn(
    connection: sa.Connection, visible: Collection[int], names: Collection[str]
) -> set[str]:
    """Return which of these records were withdrawn under all labels here that hold one; an erased
    one is not told from others."""
    found: dict[str, bool] = {}
    for some in slices(sorted(names)):
        query = sa.select(record.c.id, record.c.withdrawn).where(
            record.c.id.in_(some), record.c.label_id.in_(sorted(visible)),
            record.c.current, record.c.body.is_not(None),
        )  # fmt: skip
        for row in connection.execute(query):
            found[row.id] = found.get(row.id, True) and row.withdrawn
    return {name for name, gone in found.items() if gone}
