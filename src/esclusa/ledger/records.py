"""Records: append, find, read back, erase.

Versions form one chain per (id, label). ``append`` is idempotent: a statement equal to the newest
version of its chain changes nothing, and one that its sender prepared before the version in force
never takes its place (:mod:`~esclusa.ledger.appending`). Every reading function takes the label
numbers its caller may see; there is no way to ask without them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger import appending, asked, bulk
from esclusa.ledger.appending import Appended as Appended
from esclusa.ledger.appending import Draft as Draft
from esclusa.ledger.appending import Outcome as Outcome
from esclusa.ledger.appending import delete_texts as delete_texts
from esclusa.ledger.appending import digest as digest
from esclusa.ledger.appending import last as last
from esclusa.ledger.appending import slices as slices
from esclusa.ledger.labels import Labels
from esclusa.ledger.once import once
from esclusa.ledger.schema import label, record, reference
from esclusa.model import (
    Body,
    Provenance,
    Record,
    decode_body,
)

_BY_SEQ: Final = sa.select(record).where(
    record.c.seq.in_(sa.bindparam("seqs")), record.c.label_id.in_(sa.bindparam("labels"))
)


def now_text() -> str:
    """Return the present moment as ISO 8601 UTC text with microseconds."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def append(
    connection: sa.Connection, drafts: Sequence[Draft], *, recorded: str = ""
) -> list[Appended]:
    """Append drafts in order inside the caller's write transaction; one answer per draft."""
    return appending.append(connection, drafts, recorded=recorded or now_text())


def get(
    connection: sa.Connection, labels: Labels, visible: Collection[int], name: str,
    *, version: int | None = None,
) -> Record | None:  # fmt: skip
    """Return the newest visible version of a record (or the one asked for), None if there is none.

    Where a reader sees several chains of one id, the one recorded last speaks.
    """
    query = asked.NEWEST if version is None else asked.VERSION
    values: dict[str, Any] = {"name": name, "labels": sorted(visible)}
    values |= {} if version is None else {"version": version}
    key = ("record", name, version, frozenset(visible))
    row = once(connection, key, lambda: connection.execute(query, values).first())
    return to_record(row, labels) if row else None


def get_by_seq(
    connection: sa.Connection, labels: Labels, visible: Collection[int], seqs: Iterable[int]
) -> dict[int, Record]:
    """Return the visible ones of these records by sequence number."""
    found: dict[int, Record] = {}
    for some in slices(list(seqs)):
        for row in connection.execute(_BY_SEQ, {"seqs": some, "labels": list(visible)}):
            found[row.seq] = to_record(row, labels)
    return found


def bodies_by_seq(
    connection: sa.Connection, visible: Collection[int], seqs: Sequence[int]
) -> dict[int, Body]:
    """Return the bodies of the visible, not erased ones of these versions by sequence number."""
    found: dict[int, Body] = {}
    for some in slices(list(seqs)):
        rows = connection.execute(_BODIES, asked.which(visible, seqs=some))
        found |= {seq: decode_body(bytes(body)) for seq, body in rows}
    return found


_BODIES: Final = sa.select(record.c.seq, record.c.body).where(
    record.c.seq.in_(sa.bindparam("seqs", expanding=True)), asked.under(record),
    record.c.body.is_not(None),
)  # fmt: skip


def label_of(connection: sa.Connection, seq: int) -> int:
    """Return the label of a version."""
    key = ("label", seq)
    return once(connection, key, lambda: int(connection.scalars(asked.LABEL, {"seq": seq}).one()))


def labels_of(connection: sa.Connection, seqs: Collection[int]) -> set[int]:
    """Return the labels of some versions."""
    found: set[int] = set()
    for some in slices(sorted(seqs)):
        query = sa.select(record.c.label_id).where(record.c.seq.in_(some)).distinct()
        found.update(connection.execute(query).scalars())
    return found


def referring(
    connection: sa.Connection, visible: Collection[int], value: str
) -> list[tuple[int, Body]]:
    """Return (label, body) of every visible current record that has a reference, oldest first."""
    query = (
        sa.select(record.c.label_id, record.c.body)
        .join(reference, record.c.seq == reference.c.seq)
        .where(reference.c.value == value, record.c.label_id.in_(visible))
        .where(record.c.current, record.c.body.is_not(None))
        .order_by(reference.c.seq)
    )
    return [(label_id, decode_body(bytes(body))) for label_id, body in connection.execute(query)]


def current_bodies(
    connection: sa.Connection, places: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Body]:
    """Return the bodies in force of these (id, label), for a caller who holds the labels."""
    wanted = set(places)
    found: dict[tuple[str, int], Body] = {}
    for some in slices(sorted({name for name, _label in wanted})):
        for name, label_id, body in connection.execute(_IN_FORCE, {"names": some}):
            if (name, label_id) in wanted:
                found[name, label_id] = decode_body(bytes(body))
    return found


_IN_FORCE: Final = sa.select(record.c.id, record.c.label_id, record.c.body).where(
    record.c.id.in_(sa.bindparam("names", expanding=True)), record.c.current,
    record.c.body.is_not(None),
)  # fmt: skip


def recorded_since(connection: sa.Connection, visible: Collection[int], name: str) -> str:
    """Return when the first visible version of a record was recorded (ISO 8601 UTC), "" if none."""
    return connection.execute(_SINCE, asked.which(visible, name=name)).scalar() or ""


_SINCE: Final = sa.select(sa.func.min(record.c.recorded_time)).where(
    asked.same(record.c.id, "name"), asked.under(record)
)


def chain(
    connection: sa.Connection, labels: Labels, name: str, label_id: int
) -> tuple[Record, ...]:
    """Return all versions of one chain, oldest first."""
    rows = connection.execute(asked.CHAIN, {"name": name, "label": label_id})
    return tuple(to_record(row, labels) for row in rows)


def before(connection: sa.Connection, items: Iterable[tuple[Record, int]]) -> dict[int, Body]:
    """Return what the versions before these said, each under its label, by sequence number; a first
    version has none, nor has one whose content was erased."""
    wanted = {
        (item.id, label, item.supersedes): item.seq
        for item, label in items
        if item.supersedes is not None
    }
    found: dict[int, Body] = {}
    for some in slices(sorted({name for name, _label, _version in wanted})):
        query = sa.select(record.c.id, record.c.label_id, record.c.version, record.c.body).where(
            record.c.id.in_(some), sa.not_(record.c.current), record.c.body.is_not(None)
        )
        for row in connection.execute(query):
            seq = wanted.get((row.id, row.label_id, row.version))
            if seq is not None:
                found[seq] = decode_body(bytes(row.body))
    return found


def related(
    connection: sa.Connection, labels: Labels, visible: Collection[int], values: Iterable[str],
    *, limit: int = 50,
) -> list[tuple[str, Record]]:  # fmt: skip
    """Return (reference, record) for visible current records sharing a reference, oldest first."""
    given = {
        "values": sorted(values)[:appending.IDS_PER_QUERY], "labels": sorted(visible), "most": limit
    }  # fmt: skip
    rows = connection.execute(asked.RELATED, given)
    return [(row.value, to_record(row, labels)) for row in rows]


def current_of_kind(
    connection: sa.Connection, labels: Labels, kind: str, *, label_id: int | None = None
) -> Iterator[Record]:
    """Yield every record of a kind that is in force, in order; for analysis, not for people."""
    query = sa.select(record).where(
        record.c.kind == kind, record.c.current, sa.not_(record.c.withdrawn)
    )
    if label_id is not None:
        query = query.where(record.c.label_id == label_id)
    rows = connection.execute(query.order_by(record.c.seq), execution_options={"yield_per": 1000})
    for row in rows:
        if row.body is not None:
            yield to_record(row, labels)


def after(
    connection: sa.Connection, labels: Labels, seq: int, kinds: Collection[str],
    chosen: Collection[int], *, limit: int, also: Collection[int] = (),
) -> tuple[int, list[tuple[Record, int]]]:  # fmt: skip
    """Return the next versions behind a sequence number, of some kinds under some labels.

    :param also: labels under which only those records count that stand under a chosen one as well.
    :return: the number up to which nothing more is to be found, and at most ``limit`` current
        versions with their labels, in order; for the exchange, which releases them by its terms.
    """
    query = sa.select(record).where(
        record.c.seq > seq, record.c.current, record.c.kind.in_(sorted(kinds)),
    )  # fmt: skip
    other = record.alias("other")
    both = sa.exists().where(other.c.id == record.c.id, other.c.label_id.in_(sorted(chosen)))
    beside = sa.and_(record.c.label_id.in_(sorted(also)), both) if also else sa.false()
    query = query.where(sa.or_(record.c.label_id.in_(sorted(chosen)), beside))
    rows = connection.execute(query.order_by(record.c.seq).limit(limit)).all()
    newest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(record.c.seq), 0)))
    last = rows[-1].seq if len(rows) == limit else newest.scalar_one()
    return last, [(to_record(row, labels), row.label_id) for row in rows]


def standing(connection: sa.Connection, seqs: Iterable[int]) -> set[int]:
    """Return which of these versions are in force: current, not withdrawn, not erased."""
    found: set[int] = set()
    for some in bulk.lots(sorted(seqs)):
        query = sa.select(record.c.seq).where(
            bulk.among(connection, record.c.seq, some),
            record.c.current, sa.not_(record.c.withdrawn),
            record.c.body.is_not(None),
        )  # fmt: skip
        found.update(connection.execute(query).scalars())
    return found


def live(
    connection: sa.Connection, labels: Labels, names: Collection[str]
) -> Iterator[tuple[Record, int, str]]:
    """Yield the records in force of these ids with label and last day (``YYYY-MM-DD`` or ""); for
    analysis, not for people."""
    for some in bulk.lots(sorted(names)):
        query = sa.select(record).where(
            bulk.among(connection, record.c.id, some), record.c.current,
            sa.not_(record.c.withdrawn), record.c.body.is_not(None),
        )  # fmt: skip
        for row in connection.execute(query.order_by(record.c.seq)).all():
            yield to_record(row, labels), row.label_id, row.retain_until or ""


def bodies(connection: sa.Connection, seqs: Sequence[int]) -> list[Body]:
    """Return the bodies of these versions in order, without the erased ones; for analysis."""
    found: list[Body] = []
    for some in slices(sorted(seqs)):
        query = sa.select(record.c.body).where(record.c.seq.in_(some)).order_by(record.c.seq)
        rows = connection.execute(query).scalars()
        found += [decode_body(bytes(body)) for body in rows if body is not None]
    return found


def kept_bytes(connection: sa.Connection, seqs: Collection[int]) -> dict[int, bytes]:
    """Return the bodies of these versions as they are stored, without the erased ones; for the
    exchange, whose copies they are."""
    found: dict[int, bytes] = {}
    for some in bulk.lots(sorted(seqs)):
        query = sa.select(record.c.seq, record.c.body).where(
            bulk.among(connection, record.c.seq, some), record.c.body.is_not(None)
        )
        found.update([(seq, bytes(body)) for seq, body in connection.execute(query)])
    return found


def dependents(connection: sa.Connection, names: Collection[str]) -> dict[str, set[str]]:
    """Return, for each record, the ids of all records derived from it, directly or through others;
    records without any are left out."""
    below: dict[str, set[str]] = {}
    asked, fresh = set(names), sorted(names)
    tied = sa.select(reference.c.value, record.c.id).join(record, reference.c.seq == record.c.seq)
    while fresh:
        found = set[str]()
        for some in bulk.lots(fresh):
            named = bulk.among(connection, reference.c.value, [f"record:{name}" for name in some])
            for value, other in connection.execute(tied.where(named)).all():
                below.setdefault(value[len("record:") :], set()).add(other)
                found.add(other)
        fresh = sorted(found - asked)
        asked |= found
    return {name: found for name in below.keys() & set(names) if (found := _under(below, name))}


def _under(below: dict[str, set[str]], name: str) -> set[str]:
    first = below[name]
    if name not in first and below.keys().isdisjoint(first):  # nearly all: nothing rests on these
        return first
    found, waiting = set(first), list(first)
    while waiting:
        more = below.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found - {name}


def of_source(
    connection: sa.Connection, visible: Collection[int], source: str
) -> tuple[str, ...]:  # fmt: skip
    """Return ids of the visible records in force that came from a file in custody."""
    query = sa.select(record.c.id).where(
        record.c.source_id == source, record.c.label_id.in_(visible), record.c.current,
        sa.not_(record.c.withdrawn), record.c.body.is_not(None),
    )  # fmt: skip
    return tuple(connection.execute(query.distinct()).scalars())


def emptied(connection: sa.Connection, seqs: Collection[int]) -> set[int]:
    """Return those of some versions, by their sequence numbers, whose content was erased."""
    found: set[int] = set()
    for some in slices(sorted(seqs)):
        query = sa.select(record.c.seq).where(record.c.seq.in_(some), record.c.body.is_(None))
        found.update(connection.execute(query).scalars())
    return found


def due(connection: sa.Connection, today: str, *, limit: int = 1000) -> tuple[str, ...]:
    """Return ids of our records whose retention clock has run out (``today`` is ``YYYY-MM-DD``).

    Copies of partners' records are left to the exchange, which owes a receipt for each.
    """
    ours = sa.select(label.c.id).where(label.c.supplier == "")
    query = (
        sa.select(record.c.id)
        .where(record.c.retain_until < today, record.c.body.is_not(None))
        .where(record.c.label_id.in_(ours))
        .distinct()
        .order_by(record.c.id)
        .limit(limit)
    )
    return tuple(connection.execute(query).scalars())


def to_record(row: Any, labels: Labels) -> Record:
    """Turn a table row into a record."""
    known = labels.get(row.label_id)
    return Record(
        id=row.id,
        kind=row.kind,
        version=row.version,
        key=row.key,
        body=decode_body(bytes(row.body)) if row.body is not None else None,
        originator=known.originator,
        marking=known.marking,
        provenance=Provenance(
            source=row.source_id,
            format=row.format,
            message=row.message,
            offset=row.offset,
            length=row.length,
        ),
        derived_from=tuple(json.loads(row.derived_from)) if row.derived_from != "[]" else (),
        valid_time=row.valid_time,
        recorded_time=dt.datetime.fromisoformat(row.recorded_time),
        supersedes=row.supersedes,
        withdrawn=row.withdrawn,
        seq=row.seq,
    )
