"""Erasure: a record's content leaves every place that is ours, and so does what rests on it.

Bodies of all versions, index entries and queue rows go; so do alerts and moves derived from the
record, because they quote it; decisions on matches, with the last record that states their party;
and the received bytes are blanked, except messages still held in quarantine, and evidence that
another step of a case still stands for. What stays is the salted digest of each body, so that
proofs over the ledger still hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

import sqlalchemy as sa

from esclusa.errors import NotFound
from esclusa.ledger import audit, custody, emptying, matches, queue, records
from esclusa.ledger.schema import record
from esclusa.ledger.store import Store
from esclusa.sharing.reader import Action, Reader

_EVER: Final = (
    sa.select(sa.literal(1)).select_from(record).where(record.c.id == sa.bindparam("id")).limit(1)
)


def erase(store: Store, vault: custody.Vault, record_id: str, *, by: Reader, reason: str) -> int:
    """Erase a record and all that rests on it; return how many versions were emptied.

    :raises NotFound: when there never was one: a mistyped id must not look like an erasure.
    """
    with store.write() as connection:
        if connection.execute(_EVER, {"id": record_id}).first() is None:
            raise NotFound("no such record")
        resting = records.dependents(connection, [record_id]).get(record_id, set())
        names = (record_id, *sorted(resting))
        names += tuple(sorted(matches.left_alone(connection, names)))
        files = {item for name in names for item in custody.sources_of(connection, name)}
        emptied = sum(emptying.erase(connection, names).values())
        queue.remove(connection, names)
        files -= custody.still_needed(connection, files)
        for item in sorted(files) if emptied else ():
            custody.redact(connection, item)
        audit.write_line(
            connection, who=by.name, role=by.role, purpose=by.purpose, action=Action.RECORD_ERASE,
            subject=record_id, detail=f"versions={emptied} {reason}".strip(),
        )  # fmt: skip
        kept = {item: _kept(connection, item) for item in files}
    # After the commit: a crash here leaves bytes that the ledger already calls redacted, and
    # `blank_redacted` at the next start finishes the work.
    for item in sorted(files):
        vault.blank(*kept[item])
    return emptied


def erase_all(
    store: Store, vault: custody.Vault, record_ids: Collection[str], *, by: Reader, reason: str
) -> int:
    """Erase records one by one; what is kept beside the ledger is told once, at the end."""
    with store.together():
        return sum(erase(store, vault, name, by=by, reason=reason) for name in record_ids)


def blank_redacted(store: Store, vault: custody.Vault) -> None:
    """Finish blanking that an interruption left undone; safe to repeat."""
    with store.read() as connection:
        waiting = [_kept(connection, item) for item in custody.redacted(connection)]
    for sha256, ranges in waiting:
        if vault.path(sha256).exists() and not vault.is_blank(sha256, ranges):
            vault.blank(sha256, ranges)


def blank_again(store: Store, vault: custody.Vault, source_id: str) -> None:
    """Blank bytes that were erased, and have come once more as the same source."""
    with store.write() as connection:  # nobody acknowledges meanwhile
        row = custody.find(connection, source_id, None)
        if row is not None and row.redacted:
            vault.blank(*_kept(connection, source_id))


def blank_left_alone(store: Store, vault: custody.Vault) -> None:
    """Blank evidence that nothing stands for any more; safe to repeat."""
    with store.read() as connection:
        if not custody.left_alone(connection):
            return
    with store.write() as connection:
        alone = custody.left_alone(connection)
        for item in sorted(alone):
            custody.redact(connection, item)
        ranges = [_kept(connection, item) for item in alone]
    for sha256, kept in ranges:
        vault.blank(sha256, kept)


def _kept(connection: sa.Connection, source_id: str) -> tuple[str, list[tuple[int, int]]]:
    row = custody.find(connection, source_id, None)
    held = custody.held(connection, custody.same_bytes(connection, row.sha256))
    return row.sha256, [(item.offset, item.length) for item in held if item.state == "held"]


def purge(
    store: Store, vault: custody.Vault, *, by: Reader, today: str,
    before: Callable[[Collection[str]], None] = lambda _names: None,
) -> int:  # fmt: skip
    """Erase every record whose clock ran out before ``today``; return how many versions.

    :param before: told the ids before they go.
    """
    emptied = 0
    while True:
        with store.read() as connection:
            names = records.due(connection, today)
        if not names:
            return emptied
        before(names)
        emptied += erase_all(store, vault, names, by=by, reason="retention")
