"""Watchlists: which are in force, every edition of each, and what each changed.

Entries are records. A change names the versions of its entry in the ledger, not their content.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.asked import under, which
from esclusa.ledger.records import now_text, slices
from esclusa.ledger.schema import (
    queue,
    record,
    reference,
    watchlist,
    watchlist_change,
    watchlist_edition,
)
from esclusa.model import Body, decode_body

HELD: Final = "held"
IN_FORCE: Final = "in_force"
PAST: Final = "past"
DISCARDED: Final = "discarded"


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an edition when it is loaded. ``files`` are (SHA-256, custody id, name) in
    the order given; ``why`` is the reason for which it is held, "" when it is not. ``loaded`` ""
    means now; ``decided_by`` and ``reason`` say who confirmed it and why."""

    id: str
    label_id: int
    title: str
    edition: str
    format: str
    entries: int
    by: str
    source: str = ""
    prepared: str = ""
    files: tuple[tuple[str, str, str], ...] = ()
    mapping: str = ""
    why: str = ""
    loaded: str = ""
    decided_by: str = ""
    reason: str = ""


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition did to one entry: ``what`` is ``added``, ``changed`` or ``removed``.

    ``before`` and ``after`` are versions in the ledger, 0 for none; ``name`` is kept only while
    there is no version ``after`` that holds it.
    """

    what: str
    uid: str
    record_id: str
    before: int = 0
    after: int = 0
    fields: tuple[str, ...] = ()
    name: str = ""


def put(
    connection: sa.Connection, *, id: str, title: str, format: str, edition: str, entries: int,
    label_id: int, by: str, number: int = 0, source: str = "", prepared: str = "",
) -> None:  # fmt: skip
    """Enter a list's new edition in place of the one before under the same label."""
    connection.execute(
        watchlist.delete().where(watchlist.c.id == id, watchlist.c.label_id == label_id)
    )
    connection.execute(
        watchlist.insert().values(
            id=id, title=title, format=format, edition=edition, entries=entries, number=number,
            label_id=label_id, loaded=now_text(), loaded_by=by, source=source, prepared=prepared,
        )
    )  # fmt: skip


def all_lists(connection: sa.Connection, visible: Collection[int] | None = None) -> list[Any]:
    """Return the lists in force by id; ``visible`` None is for analysis."""
    query = _ALL if visible is None else _SEEN
    return list(connection.execute(query, which(visible or ())))


_ALL: Final = sa.select(watchlist).order_by(watchlist.c.id, watchlist.c.label_id)
_SEEN: Final = _ALL.where(under(watchlist))


def entries(
    connection: sa.Connection, list_id: str, label_id: int
) -> Iterator[tuple[str, int, Body]]:
    """Yield id, sequence number and body of a list's entries in force under a label, without the
    erased ones; for analysis."""
    query = _entries(list_id, label_id, record.c.body).where(record.c.body.is_not(None))
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield row.id, row.seq, decode_body(bytes(row.body))


def entry_ids(connection: sa.Connection, list_id: str, label_id: int) -> set[str]:
    """Return the records of a list's entries in force under a label; for analysis."""
    held = _entries(list_id, label_id).where(record.c.body.is_not(None)).subquery()
    return set(connection.execute(sa.select(held.c.id)).scalars())


def count(connection: sa.Connection, label_id: int, lists: Collection[str]) -> int:
    """Return how many entries of lists are in force under a label, without the erased ones."""
    found = 0
    for name in lists:
        held = _entries(name, label_id).where(record.c.body.is_not(None)).subquery()
        found += int(connection.execute(sa.select(sa.func.count()).select_from(held)).scalar_one())
    return found


def since(
    connection: sa.Connection, label_id: int, lists: Mapping[str, int]
) -> tuple[list[Body], list[tuple[str, str]]]:
    """Return what editions behind a known number changed, by list: entries as they stand now, and
    (list, own id) of those that are gone; for analysis."""
    c, e = watchlist_change.c, watchlist_edition.c
    put: list[Body] = []
    gone: list[tuple[str, str]] = []
    for name, number in lists.items():
        in_force = sa.select(e.number).where(
            e.id == name, e.label_id == label_id, e.number > number,
            e.state.in_((IN_FORCE, PAST)),
        )  # fmt: skip
        query = sa.select(c.uid, c.record_id).where(
            c.id == name, c.label_id == label_id, c.number.in_(in_force)
        )
        touched = {row.record_id: row.uid for row in connection.execute(query)}
        bodies = dict[str, Body]()
        for some in slices(sorted(touched)):
            now = sa.select(record.c.id, record.c.body).where(
                record.c.id.in_(some), record.c.label_id == label_id, record.c.current,
                sa.not_(record.c.withdrawn), record.c.body.is_not(None),
            ).order_by(record.c.seq)  # fmt: skip
            bodies |= {row.id: decode_body(bytes(row.body)) for row in connection.execute(now)}
        put += bodies.values()
        gone += [(name, uid) for record_id, uid in touched.items() if record_id not in bodies]
    return put, gone


def _entries(list_id: str, label_id: int, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(record.c.id, record.c.seq, *more).where(
        record.c.kind == "list_entry",
        record.c.key.like(_like_prefix(list_id.upper()) + "/%", escape="\\"),
        record.c.label_id == label_id,
        record.c.current,
        sa.not_(record.c.withdrawn),
    )


def _like_prefix(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# --- editions -------------------------------------------------------------------------------------


def enter(
    connection: sa.Connection, loaded: Edition, changes: Sequence[ChangeRow], *, in_force: bool,
    until: int = 0,
) -> int:  # fmt: skip
    """Keep an edition with what it changes; return its number.

    One that comes into force makes the one before past; one that was held is discarded by either.

    :param until: newest record that kept ones are to be compared up to; 0 when nothing changed.
    """
    e = watchlist_edition.c
    same = (e.id == loaded.id, e.label_id == loaded.label_id)
    number = (
        1
        + connection.execute(
            sa.select(sa.func.coalesce(sa.func.max(e.number), 0)).where(*same)
        ).scalar_one()
    )
    now = now_text()
    for old, new in ((HELD, DISCARDED), (IN_FORCE, PAST)) if in_force else ((HELD, DISCARDED),):
        change_state(connection, loaded.id, loaded.label_id, old, new)
    counted = [change.what for change in changes]
    connection.execute(
        watchlist_edition.insert().values(
            id=loaded.id, label_id=loaded.label_id, number=number,
            state=IN_FORCE if in_force else HELD, why=loaded.why, title=loaded.title,
            edition=loaded.edition, format=loaded.format, source=loaded.source,
            prepared=loaded.prepared, files=json.dumps(loaded.files), mapping=loaded.mapping,
            entries=loaded.entries, added=counted.count("added"), changed=counted.count("changed"),
            removed=counted.count("removed"), loaded=loaded.loaded or now, loaded_by=loaded.by,
            decided=now if loaded.decided_by else "", decided_by=loaded.decided_by,
            reason=loaded.reason,
            retro="running" if until else "", until=until, retro_started=now if until else "",
        )
    )  # fmt: skip
    bulk.insert(
        connection,
        watchlist_change,
        [
            msgspec.structs.asdict(change) | {
                "id": loaded.id, "label_id": loaded.label_id, "number": number, "place": place,
                "fields": " ".join(change.fields),
            }
            for place, change in enumerate(changes)
        ],
    )  # fmt: skip
    return int(number)


def change_state(
    connection: sa.Connection, list_id: str, label_id: int, old: str, new: str, *, by: str = "",
    reason: str = "",
) -> bool:  # fmt: skip
    """Move the edition of a list that is in one state to another; False when there is none.

    What a held edition would have changed is forgotten by name: it never became a record.
    """
    e, c = watchlist_edition.c, watchlist_change.c
    same = (e.id == list_id, e.label_id == label_id, e.state == old)
    number = connection.execute(sa.select(e.number).where(*same)).scalar()
    if number is None:
        return False
    moved: dict[str, Any] = {"state": new}
    if by:
        moved |= {"decided": now_text(), "decided_by": by, "reason": reason}
    connection.execute(watchlist_edition.update().where(*same).values(**moved))
    if old == HELD:
        connection.execute(
            watchlist_change.update()
            .where(c.id == list_id, c.label_id == label_id, c.number == number)
            .values(name="")
        )
    return True


def take_held(connection: sa.Connection, list_id: str, label_id: int) -> Any:
    """Take away the edition of a list that is held and return its row, None when there is none."""
    e, c = watchlist_edition.c, watchlist_change.c
    same = (e.id == list_id, e.label_id == label_id, e.state == HELD)
    row = connection.execute(sa.select(watchlist_edition).where(*same)).first()
    if row is not None:
        connection.execute(watchlist_edition.delete().where(*same))
        connection.execute(
            watchlist_change.delete().where(
                c.id == list_id, c.label_id == label_id, c.number == row.number
            )
        )
    return row


def editions(
    connection: sa.Connection, visible: Collection[int], list_id: str, *, limit: int = 200
) -> list[Any]:
    """Return the visible editions of a list under every label, newest first."""
    e = watchlist_edition.c
    query = sa.select(watchlist_edition).where(e.id == list_id, e.label_id.in_(sorted(visible)))
    query = query.order_by(e.loaded.desc(), e.label_id, e.number.desc())
    return list(connection.execute(query.limit(limit)))


def recent(connection: sa.Connection, visible: Collection[int], since: str) -> list[Any]:
    """Return the visible editions that were loaded or decided since a moment, oldest first."""
    e = watchlist_edition.c
    query = sa.select(watchlist_edition).where(
        e.label_id.in_(sorted(visible)), sa.or_(e.loaded >= since, e.decided >= since)
    )
    return list(connection.execute(query.order_by(e.loaded, e.id, e.label_id, e.number)))


def held(connection: sa.Connection, visible: Collection[int]) -> set[tuple[str, int]]:
    """Return id and label of the visible lists of which an edition waits for a person."""
    return {(row.id, row.label_id) for row in connection.execute(_HELD, which(visible))}


_HELD: Final = sa.select(watchlist_edition.c.id, watchlist_edition.c.label_id).where(
    watchlist_edition.c.state == HELD, under(watchlist_edition)
)


def changes(
    connection: sa.Connection, visible: Collection[int], list_id: str, label_id: int, number: int,
    *, what: str = "", start: int = 0, limit: int = 50,
) -> list[Any]:  # fmt: skip
    """Return changes of one edition in order; ``what`` "" is every kind, limit 0 all of them."""
    c = watchlist_change.c
    query = sa.select(watchlist_change).where(
        c.id == list_id, c.label_id == label_id, c.number == number,
        c.label_id.in_(sorted(visible)),
    ).order_by(c.place)  # fmt: skip
    if what:
        query = query.where(c.what == what)
    if limit:
        query = query.limit(limit).offset(start)
    return list(connection.execute(query))


# --- what rests on entries ------------------------------------------------------------------------


def alerted(connection: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the alerts in force that rest on these records: id → newest version; for analysis."""
    found: dict[str, int] = {}
    for some in slices(sorted(names)):
        query = (
            sa.select(record.c.id, record.c.seq)
            .join(reference, reference.c.seq == record.c.seq)
            .where(
                reference.c.value.in_([f"record:{name}" for name in some]),
                record.c.kind == "alert",
                record.c.current,
                sa.not_(record.c.withdrawn),
            )
        )
        found |= {row.id: row.seq for row in connection.execute(query)}
    return found


def alerts_on(connection: sa.Connection, kind: str) -> dict[int, int]:
    """Return the alerts in force on records of a kind: version → label; for analysis."""
    query = sa.select(queue.c.seq, queue.c.label_id).where(
        queue.c.subject_kind == kind, queue.c.open.in_((True, False)), queue.c.breadth > 0
    )
    return {row.seq: row.label_id for row in connection.execute(query)}


def named(rows: Sequence[Any], bodies: Mapping[int, Body]) -> Iterator[tuple[Any, str]]:
    """Yield changes with the name of their entry, as its newest version at hand says it."""
    for row in rows:
        body = bodies.get(row.after) or bodies.get(row.before)
        yield row, row.name or str(getattr(body, "name", ""))
