"""Custody: the bytes that came in, kept as they came, and what became of them.

Bytes lie in a folder under their SHA-256 (``vault/ab/cdef…``): written to a temporary name, synced,
then renamed, so a file under its final name is whole. The source's row follows in the database;
only then is the file acknowledged. The same bytes under another marking, or read with another
mapping, are another source.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import LimitError
from esclusa.ledger import asked, bulk
from esclusa.ledger.appending import TOLD
from esclusa.ledger.once import once
from esclusa.ledger.records import now_text, slices
from esclusa.ledger.schema import defect, quarantine, record, reference, source
from esclusa.ledger.store import Store
from esclusa.model import Defect

_CHUNK: Final = 1 << 20
DEFECTS_KEPT: Final = 10_000
"""Defects listed per file; beyond that the count goes on and the list says no more."""


class Vault:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, stream: BinaryIO, *, limit: int, name: str = "") -> tuple[str, int]:
        """Keep the bytes of a stream durably.

        :return: SHA-256 in hexadecimal, and the size in bytes.
        :raises LimitError: when the stream is longer than ``limit`` bytes; nothing is kept then.
        """
        temporary = self.folder / f"incoming-{secrets.token_hex(8)}"
        try:
            sha, size = self._copy(stream, temporary, limit=limit, name=name)
            final = self.path(sha)
            final.parent.mkdir(exist_ok=True)
            temporary.replace(final)
            _sync_folder(final.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return sha, size

    def put_back(self, stream: BinaryIO, sha256: str) -> None:
        """Keep bytes of a backup under their old name, also when they were blanked since."""
        temporary = self.folder / f"incoming-{secrets.token_hex(8)}"
        try:
            self._copy(stream, temporary, limit=1 << 62, name=sha256)
            self.path(sha256).parent.mkdir(exist_ok=True)
            temporary.replace(self.path(sha256))
        finally:
            temporary.unlink(missing_ok=True)

    def _copy(self, stream: BinaryIO, target: Path, *, limit: int, name: str) -> tuple[str, int]:
        sha, size = hashlib.sha256(), 0
        with target.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise LimitError(f"longer than {limit} bytes", file=name, offset=limit)
                sha.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return sha.hexdigest(), size

    def path(self, sha256: str) -> Path:
        """Return where the bytes lie."""
        return self.folder / sha256[:2] / sha256[2:]

    def open(self, sha256: str) -> BinaryIO:
        """Open kept bytes for reading."""
        return self.path(sha256).open("rb")

    def sweep(self, *, older: float = 0) -> None:
        """Remove what an interrupted ``put`` left; nothing acknowledged is ever temporary.

        :param older: only what nobody has written to for so many seconds, where another process may
            be writing.
        """
        for leftover in self.folder.glob("incoming-*"):
            with suppress(FileNotFoundError):  # another process has put it in its place
                if time.time() - leftover.stat().st_mtime >= older:
                    leftover.unlink()

    def untouched(self, older: float) -> Iterator[str]:
        """Yield the SHA-256 of every file that was put here at least so many seconds ago."""
        for folder in self.folder.glob("[0-9a-f][0-9a-f]"):
            for path in folder.iterdir():
                if time.time() - path.stat().st_mtime >= older:
                    yield folder.name + path.name

    def blank(self, sha256: str, keep: Iterable[tuple[int, int]]) -> None:
        """Overwrite a file with zero bytes except the (offset, length) ranges in ``keep``."""
        path = self.path(sha256)
        if not path.exists():
            return
        size = path.stat().st_size
        kept = []
        with path.open("rb") as file:
            for offset, length in keep:
                file.seek(offset)
                kept.append((offset, file.read(length)))
        temporary = self.folder / f"incoming-{secrets.token_hex(8)}"
        with temporary.open("wb") as file:
            file.truncate(size)
            for offset, data in kept:
                file.seek(offset)
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)

    def is_blank(self, sha256: str, keep: Iterable[tuple[int, int]]) -> bool:
        """Tell whether all bytes outside the ranges in ``keep`` are zero."""
        kept = sorted(keep)
        with self.path(sha256).open("rb") as file:
            position = 0
            while chunk := file.read(_CHUNK):
                bare = bytearray(chunk)
                for offset, length in kept:
                    start, end = max(offset - position, 0), min(offset + length - position, _CHUNK)
                    if start < end:
                        bare[start:end] = bytes(max(0, min(end, len(bare)) - start))
                if any(bare):
                    return False
                position += len(chunk)
        return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def source_id(sha256: str, marking: bytes, mapping: str = "") -> str:
    """Return the id of bytes received under a marking, to be read with a mapping: 32 hexadecimal
    characters."""
    # A marking's canonical bytes are one JSON object: where it ends is never in doubt.
    return hashlib.sha256(bytes.fromhex(sha256) + marking + mapping.encode()).hexdigest()[:32]


def acknowledge(
    store: Store,
    *,
    name: str,
    marking: bytes,
    label_id: int,
    sha256: str,
    size: int,
    by: str,
    state: str = "received",
    mapping: str = "",
    notes: Sequence[Defect] = (),
) -> tuple[str, bool]:
    """Enter received bytes; the file is acknowledged when this returns.

    :param state: ``done`` for a file that the pipeline has nothing to do with (a list).
    :param mapping: reference of the kept mapping it is read with, "" for none.
    :param notes: what is to be told of the file before its reading starts.

    :return: the source's id, and whether it is new.
    """
    identity = source_id(sha256, marking, mapping)
    with store.write() as connection:
        if connection.execute(sa.select(source.c.id).where(source.c.id == identity)).first():
            return identity, False
        # Erased for another source and sent again for this one: the bytes are there once more.
        connection.execute(source.update().where(source.c.sha256 == sha256).values(redacted=False))
        connection.execute(
            source.insert().values(
                id=identity, sha256=sha256, name=name, size=size, label_id=label_id,
                state=state, received=now_text(), received_by=by, mapping=mapping,
                counts=json.dumps({"defects": len(notes)} if notes else {}),
            )
        )  # fmt: skip
        add_defects(connection, identity, 0, notes)
    return identity, True


EVIDENCE: Final = asked.EVIDENCE
"""State of a source that belongs to a case: nothing reads it, and it is not listed at intake."""


def keep_evidence(
    connection: sa.Connection, *, case: str, name: str, marking: bytes, label_id: int, sha256: str,
    size: int, by: str, at: str,
) -> str:  # fmt: skip
    """Enter a file of evidence, inside the transaction that records it, and return its source's id.

    The same bytes in the same case under one marking are one source, however often they come.
    """
    text = b"evidence/%s/" % case.encode() + marking
    identity = hashlib.sha256(bytes.fromhex(sha256) + text).hexdigest()[:32]
    if not connection.execute(sa.select(source.c.id).where(source.c.id == identity)).first():
        connection.execute(
            source.insert().values(
                id=identity, sha256=sha256, name=name, size=size, label_id=label_id,
                state=EVIDENCE, received=at, received_by=by,
            )
        )  # fmt: skip
    # Erased before and brought again: the bytes are there once more.
    connection.execute(source.update().where(source.c.sha256 == sha256).values(redacted=False))
    return identity


def sources_of(connection: sa.Connection, name: str) -> tuple[str, ...]:
    """Return ids of the files in custody that state a record: its versions came from them, or they
    said one of these again, unchanged."""
    query = sa.select(record.c.seq, record.c.source_id).where(record.c.id == name)
    rows = connection.execute(query).all()
    found = {row.source_id for row in rows if row.source_id}
    for some in bulk.lots([row.seq for row in rows]):
        those = sa.select(reference.c.value).where(bulk.among(connection, reference.c.seq, some))
        values = connection.execute(those).scalars()
        found.update([value[len(TOLD) :] for value in values if value.startswith(TOLD)])
    return tuple(sorted(found))


def still_needed(connection: sa.Connection, identities: Collection[str]) -> frozenset[str]:
    """Return which of these sources are evidence whose bytes stand for something else as well: a
    file that came in otherwise, or evidence of which there is still a record."""
    found = set()
    for identity in identities:
        row = find(connection, identity, None)
        if row is None or row.state != EVIDENCE:
            continue
        alike = sa.select(source.c.id).where(source.c.sha256 == row.sha256)
        others = alike.where(source.c.state != EVIDENCE, sa.not_(source.c.redacted))
        held = sa.select(record.c.seq).where(
            record.c.source_id.in_(alike), record.c.body.is_not(None)
        )
        if connection.execute(others.limit(1)).first() or connection.execute(held.limit(1)).first():
            found.add(identity)
    return frozenset(found)


def left_alone(connection: sa.Connection) -> frozenset[str]:
    """Return the evidence whose bytes are there and stand for nothing any more: every record of
    them was erased, as with a partner's record that they rested on."""
    held = sa.exists().where(record.c.source_id == source.c.id, record.c.body.is_not(None))
    query = sa.select(source.c.id).where(
        source.c.state == EVIDENCE, sa.not_(source.c.redacted), sa.not_(held)
    )
    found = frozenset(connection.execute(query).scalars())
    return found - still_needed(connection, found)


def drop_unknown(store: Store, vault: Vault, *, older: float) -> int:
    """Remove bytes that no source names, and return of how many files: what came in was whole, and
    then was refused, or its process died before it was acknowledged.

    :param older: only what has lain there for so many seconds; what is younger may be on its way.
    """
    with store.read() as connection:
        known = set(connection.execute(sa.select(source.c.sha256).distinct()).scalars())
    strangers = [sha256 for sha256 in vault.untouched(older) if sha256 not in known]
    for sha256 in strangers:
        with store.write() as connection:  # nobody acknowledges meanwhile
            if not same_bytes(connection, sha256):
                vault.path(sha256).unlink(missing_ok=True)
    return len(strangers)


def is_redacted(connection: sa.Connection, sha256: str) -> bool:
    """Tell whether bytes were erased."""
    query = sa.select(source.c.id).where(source.c.sha256 == sha256, source.c.redacted)
    return connection.execute(query.limit(1)).first() is not None


def waiting(store: Store) -> tuple[str, ...]:
    """Return ids of sources acknowledged and not finished, oldest first."""
    with store.read() as connection:
        query = sa.select(source.c.id).where(source.c.state == "received")
        return tuple(connection.execute(query.order_by(source.c.received)).scalars())


def backlog(connection: sa.Connection) -> tuple[int, str]:
    """Return how many sources wait to be read, and since when the first does (ISO 8601 UTC)."""
    query = sa.select(sa.func.count(), sa.func.min(source.c.received))
    row = connection.execute(query.where(source.c.state == "received")).one()
    return int(row[0]), str(row[1] or "")


def find(connection: sa.Connection, identity: str, visible: Collection[int] | None) -> Any:
    """Return a source's row, None when unknown or not visible. ``visible`` None is for intake.

    To people evidence shows in its case alone.
    """
    if visible is None:
        every = sa.select(source).where(source.c.id == identity)
        return once(connection, ("source", identity), lambda: connection.execute(every).first())
    given = {"name": identity, "labels": sorted(visible)}
    key = ("source", identity, frozenset(visible))
    return once(connection, key, lambda: connection.execute(asked.SOURCE, given).first())


def names_of(
    connection: sa.Connection, identities: Collection[str], visible: Collection[int]
) -> dict[str, str]:
    """Return the file names of the visible ones of these sources, as :func:`find` finds them."""
    found: dict[str, str] = {}
    for some in slices(sorted(identities)):
        rows = connection.execute(_NAMES, asked.which(visible, ids=some))
        found |= {row.id: row.name for row in rows}
    return found


_NAMES: Final = sa.select(source.c.id, source.c.name).where(
    source.c.id.in_(sa.bindparam("ids", expanding=True)), asked.under(source),
    source.c.state != EVIDENCE,
)  # fmt: skip


def recent(connection: sa.Connection, visible: Collection[int], *, limit: int) -> list[Any]:
    """Return the newest visible sources."""
    query = sa.select(source).where(source.c.label_id.in_(visible), source.c.state != EVIDENCE)
    query = query.order_by(source.c.received.desc(), source.c.id).limit(limit)
    return list(connection.execute(query))


def progress(connection: sa.Connection, identity: str, counts: dict[str, int]) -> None:
    """Enter how far reading a source has come, in the transaction that stored it."""
    connection.execute(
        source.update().where(source.c.id == identity).values(counts=json.dumps(counts))
    )


def redacted(connection: sa.Connection) -> tuple[str, ...]:
    """Return ids of sources whose bytes are to be blank."""
    return tuple(connection.execute(sa.select(source.c.id).where(source.c.redacted)).scalars())


def same_bytes(connection: sa.Connection, sha256: str) -> tuple[str, ...]:
    """Return ids of all sources that share the bytes."""
    query = sa.select(source.c.id).where(source.c.sha256 == sha256)
    return tuple(connection.execute(query).scalars())


def redact(connection: sa.Connection, identity: str) -> None:
    """Enter that a source's bytes were blanked, and with them those of all who share them."""
    sha256 = sa.select(source.c.sha256).where(source.c.id == identity).scalar_subquery()
    connection.execute(source.update().where(source.c.sha256 == sha256).values(redacted=True))


def finish(
    connection: sa.Connection, identity: str, *, state: str, format: str,
    counts: dict[str, int], reason: str = "",
) -> None:  # fmt: skip
    """Enter how reading a source ended."""
    connection.execute(
        source.update()
        .where(source.c.id == identity)
        .values(state=state, format=format, counts=json.dumps(counts), reason=reason)
    )


def name_format(connection: sa.Connection, identities: Sequence[str], format: str) -> None:
    """Enter what sources turned out to be that the pipeline does not read: the files of a list."""
    unknown = source.c.id.in_(identities) & (source.c.format == "")
    connection.execute(source.update().where(unknown).values(format=format))


def add_defects(
    connection: sa.Connection, identity: str, first: int, defects: Iterable[Defect]
) -> None:
    """Enter defects, numbered from ``first``, up to ``DEFECTS_KEPT`` per source."""
    rows = [
        {"source_id": identity, "number": number, "body": msgspec.json.encode(item).decode()}
        for number, item in enumerate(defects, first)
        if number < DEFECTS_KEPT
    ]
    if rows:
        connection.execute(defect.insert(), rows)


def defects_of(connection: sa.Connection, identity: str, *, limit: int) -> tuple[Defect, ...]:
    """Return a source's defects in file order."""
    query = sa.select(defect.c.body).where(defect.c.source_id == identity)
    rows = connection.execute(query.order_by(defect.c.number).limit(limit)).scalars()
    return tuple(msgspec.json.decode(body, type=Defect) for body in rows)


def hold(
    connection: sa.Connection, *, source_id: str, label_id: int, offset: int, length: int,
    message: str, reason: str,
) -> None:  # fmt: skip
    """Put a message into quarantine; a message already held stays as it is."""
    # Derived, not counted: a running number would tell how many messages others have in here.
    identity = hashlib.sha256(f"{source_id}/{offset}".encode()).hexdigest()[:24]
    known = sa.select(quarantine.c.id).where(quarantine.c.id == identity)
    if connection.execute(known).first():
        return
    connection.execute(
        quarantine.insert().values(
            id=identity, source_id=source_id, label_id=label_id, offset=offset, length=length,
            message=message, reason=reason, state="held",
        )
    )  # fmt: skip


def held(connection: sa.Connection, source_ids: Collection[str]) -> list[Any]:
    """Return the quarantine rows of these sources in file order."""
    query = sa.select(quarantine).where(quarantine.c.source_id.in_(source_ids))
    return list(connection.execute(query.order_by(quarantine.c.source_id, quarantine.c.offset)))


def still_held(connection: sa.Connection, visible: Collection[int], *, limit: int) -> list[Any]:
    """Return the visible messages that wait in quarantine with their file's name, by file."""
    query = (
        sa.select(quarantine, source.c.name.label("source_name"))
        .join(source, source.c.id == quarantine.c.source_id)
        .where(quarantine.c.state == "held", quarantine.c.label_id.in_(visible))
        .order_by(source.c.received.desc(), quarantine.c.source_id, quarantine.c.offset)
        .limit(limit)
    )
    return list(connection.execute(query))


def held_one(connection: sa.Connection, identity: str, visible: Collection[int]) -> Any:
    """Return one quarantine row, None when unknown or not visible."""
    query = sa.select(quarantine).where(
        quarantine.c.id == identity, quarantine.c.label_id.in_(visible)
    )
    return connection.execute(query).first()


def retried(connection: sa.Connection, identity: str, *, state: str, reason: str) -> None:
    """Enter a retry of a quarantined message."""
    connection.execute(
        quarantine.update()
        .where(quarantine.c.id == identity)
        .values(state=state, reason=reason, retries=quarantine.c.retries + 1)
    )
