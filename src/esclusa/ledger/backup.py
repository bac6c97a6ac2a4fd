"""Backup, restore and check.

A backup is one gzip-compressed tar file: a manifest with the SHA-256 of every member, one
JSON-lines file a table, and the vault. It is the same for both databases, so a node can move from
one to the other. Sessions are left out; the full-text index is built anew. What else a node cannot
be without (its keys, still locked, and its transparency log) goes along as files.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from esclusa.errors import InputError, LedgerError
from esclusa.ledger import mappings, tallies
from esclusa.ledger.audit import broken_lines
from esclusa.ledger.custody import Vault
from esclusa.ledger.indexing import search_text
from esclusa.ledger.records import digest
from esclusa.ledger.schema import (
    logout_seen,
    metadata,
    queue,
    record,
    session,
    sign_in_attempt,
    source,
)
from esclusa.ledger.store import Store
from esclusa.model import decode_body

_PASSING: Final = (session, sign_in_attempt, logout_seen)
_TABLES: Final = [table for table in metadata.sorted_tables if table not in _PASSING]
_ROWS: Final = 1000
_VAULT_NAME: Final = re.compile(r"vault/[0-9a-f]{2}/[0-9a-f]{62}")
_LINE_LIMIT: Final = 512 << 20

_BESIDE: Final = re.compile(r"(keys|log(-[0-9]{1,6})?)(/[a-z0-9_][a-z0-9_.-]{0,63}){1,8}")
"""Names of files that may go along."""

Beside = Iterable[tuple[str, Path]]
"""(name in the backup, file) of what goes along."""


def backup(
    store: Store, vault: Vault, target: Path, *, beside: Beside = (), agency: str = ""
) -> dict[str, int]:
    """Write a consistent backup to ``target`` and return the rows of each table.

    The file appears under its name only when it is whole. ``beside`` is read to its end before the
    ledger, so that the ledger explains all that is in it. ``agency`` is whose records these are.

    :raises InputError: ``target`` is there and no plain file, such as a device: it is not replaced.
    """
    if not target.name or (target.exists() and not target.is_file()):
        raise InputError("cannot be written: not a plain file", file=str(target))
    store.require_current()
    target = Path(os.path.realpath(target))  # a link, such as /dev/stdout, stays
    temporary = target.with_name(target.name + ".part")
    counts: dict[str, int] = {}
    sums: dict[str, str] = {}
    try:
        with tarfile.open(temporary, "w:gz", compresslevel=5) as tar:
            for name, path in beside:
                _add(tar, name, path.read_bytes(), sums)
            with store.read() as connection:
                for table in _TABLES:
                    data, counts[table.name] = _dump(connection, table)
                    _add(tar, f"tables/{table.name}.jsonl.gz", data, sums)
                for sha in sorted(set(connection.execute(sa.select(source.c.sha256)).scalars())):
                    _add_file(tar, f"vault/{sha[:2]}/{sha[2:]}", vault.path(sha), sums)
                revision = MigrationContext.configure(connection).get_current_revision()
            manifest = {"format": 1, "revision": revision, "rows": counts, "sha256": sums}
            if agency:
                manifest["agency"] = agency
            _add(tar, "manifest.json", json.dumps(manifest, indent=1).encode(), {})
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def _dump(connection: sa.Connection, table: sa.Table) -> tuple[bytes, int]:
    packed, rows = io.BytesIO(), 0
    query = sa.select(table).order_by(*table.primary_key.columns)
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=5) as file:
        for row in connection.execute(query, execution_options={"yield_per": _ROWS}).mappings():
            file.write(json.dumps({k: _plain(v) for k, v in row.items()}).encode() + b"\n")
            rows += 1
    return packed.getvalue(), rows


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"b64": base64.b64encode(bytes(value)).decode()}
    return value


def _add(tar: tarfile.TarFile, name: str, data: bytes, sums: dict[str, str]) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
    sums[name] = hashlib.sha256(data).hexdigest()


def _add_file(tar: tarfile.TarFile, name: str, path: Path, sums: dict[str, str]) -> None:
    if not path.exists():
        raise LedgerError(f"the vault lacks {name}; run `esclusa check`")
    with path.open("rb") as file:
        sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    tar.add(path, arcname=name)


def restore(
    store: Store, vault: Vault, archive: Path, *, beside: Path | None = None, agency: str = ""
) -> dict[str, int]:
    """Fill an empty ledger from a backup, all of it or nothing; return the rows of each table.

    :param beside: the folder for the files that went along.
    :param agency: whose node is filled; an older backup does not say by whom it was made.
    :raises InputError: when the archive is damaged, incomplete, not a backup, or of another agency.
    :raises LedgerError: when the ledger already holds something, or a file stands there already
        with other content: keys are never written over others.
    """
    try:
        manifest = _verify(archive)
        if agency and manifest.get("agency", agency) != agency:
            said = f"made by the agency {manifest['agency']!r}, not by {agency!r}"
            raise InputError(said, file=archive.name)
        store.upgrade()
        with tarfile.open(archive, "r:gz") as tar, store.write() as connection:
            _require_empty(connection, manifest)
            for table in _TABLES:
                _load(connection, table, _member(tar, f"tables/{table.name}.jsonl.gz"))
            _rebuild_text(connection)
            for name in manifest["sha256"]:
                if name.startswith("vault/"):
                    vault.put_back(_member(tar, name), name[6:8] + name[9:])
            if beside is not None:
                _put_beside(tar, beside, [name for name in manifest["sha256"] if _is_beside(name)])
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, json.JSONDecodeError, KeyError,
            OSError, ValueError) as error:  # fmt: skip
        raise InputError(f"not a usable backup: {error}", file=archive.name) from error
    return dict(manifest["rows"])


def _verify(archive: Path) -> dict[str, Any]:
    seen: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is None:
                raise InputError(f"member {member.name!r} is not a plain file", file=archive.name)
            if member.name == "manifest.json":
                manifest = json.loads(file.read(_LINE_LIMIT))
            else:
                seen[member.name] = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    if manifest is None:
        raise InputError("the manifest is missing: the backup is cut short", file=archive.name)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sha256"), dict):
        raise InputError("the manifest is none of a backup", file=archive.name)
    wrong = sorted(set(seen.items()) ^ set(manifest["sha256"].items()))
    if wrong:
        raise InputError(f"member {wrong[0][0]!r} is damaged or missing", file=archive.name)
    for name in seen:
        if not (
            _VAULT_NAME.fullmatch(name)
            or re.fullmatch(r"tables/[a-z_]+\.jsonl\.gz", name)
            or _is_beside(name)
        ):
            raise InputError(f"member {name!r} does not belong in a backup", file=archive.name)
    return manifest


def _is_beside(name: str) -> bool:
    return _BESIDE.fullmatch(name) is not None


def _put_beside(tar: tarfile.TarFile, folder: Path, names: Iterable[str]) -> None:
    """Write the files that went along, in the order in which they went in, for the node's user
    alone. One that is there with the same content is left alone."""
    found = {name: _member(tar, name).read(_LINE_LIMIT) for name in names}
    for name, data in found.items():
        path = folder / name
        if path.exists() and path.read_bytes() != data:
            raise LedgerError(f"{name} is there already with other content; it is not overwritten")
    for name, data in found.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(data)


def _require_empty(connection: sa.Connection, manifest: dict[str, Any]) -> None:
    for table in _TABLES:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise LedgerError(f"the ledger is not empty: table {table.name} has rows")
    found = MigrationContext.configure(connection).get_current_revision()
    if manifest["revision"] != found:
        raise LedgerError(f"the backup has schema {manifest['revision']}, expected {found}")


def _member(tar: tarfile.TarFile, name: str) -> Any:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file


def _load(connection: sa.Connection, table: sa.Table, packed: Any) -> None:
    rows: list[dict[str, Any]] = []
    with gzip.GzipFile(fileobj=packed, mode="rb") as file:
        for line in file:
            rows.append({k: _rich(v) for k, v in json.loads(line).items()})
            if len(rows) == _ROWS:
                connection.execute(table.insert(), rows)
                rows = []
    if rows:
        connection.execute(table.insert(), rows)


def _rich(value: Any) -> Any:
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def _rebuild_text(connection: sa.Connection) -> None:
    column = "rowid" if connection.dialect.name == "sqlite" else "seq"
    insert = sa.text(f"INSERT INTO record_text ({column}, text) VALUES (:seq, :text)")
    query = sa.select(record.c.seq, record.c.body).where(
        record.c.current, sa.not_(record.c.withdrawn), record.c.body.is_not(None)
    )
    batch: list[dict[str, Any]] = []
    for row in connection.execute(query).all():
        if text := search_text(decode_body(bytes(row.body))):
            batch.append({"seq": row.seq, "text": text})
        if len(batch) >= _ROWS:
            connection.execute(insert, batch)
            batch = []
    if batch:
        connection.execute(insert, batch)


def check(store: Store, vault: Vault) -> list[str]:
    """Verify the ledger and return one sentence per finding; an empty list means none was found."""
    store.require_current()
    with store.read() as connection:
        return [
            *_check_records(connection),
            *_check_chains(connection),
            *(f"audit line {seq} does not follow from the one before" for seq in
              broken_lines(connection)),
            *_check_queue(connection),
            *tallies.differences(connection),
            *_check_mappings(connection),
            *_check_wall(connection),
            *_check_vault(connection, vault),
        ]  # fmt: skip


def _check_records(connection: sa.Connection) -> Iterator[str]:
    expected = 1
    columns = (record.c.seq, record.c.id, record.c.version, record.c.body, record.c.salt,
               record.c.digest, record.c.erased_time)  # fmt: skip
    query = sa.select(*columns).order_by(record.c.seq)
    for row in connection.execute(query, execution_options={"yield_per": _ROWS}):
        if row.seq != expected:
            yield f"record numbers jump from {expected - 1} to {row.seq}"
        expected = row.seq + 1
        if row.body is None:
            if row.erased_time is None:
                yield f"record {row.id} version {row.version} lost its body without being erased"
        elif digest(bytes(row.salt), row.id, row.version, bytes(row.body)) != bytes(row.digest):
            yield f"record {row.id} version {row.version} differs from its digest"


def _check_chains(connection: sa.Connection) -> Iterator[str]:
    total = sa.func.count()
    newest = sa.func.max(record.c.version)
    current = sa.func.sum(sa.case((record.c.current, 1), else_=0))
    query = (
        sa.select(record.c.id)
        .group_by(record.c.id, record.c.label_id)
        .having(sa.or_(total != newest, current != 1))
    )
    for row in connection.execute(query):
        yield f"record {row.id} has a gap in its versions or not exactly one newest version"


def _check_queue(connection: sa.Connection) -> Iterator[str]:
    query = (
        sa.select(queue.c.alert_id)
        .outerjoin(
            record,
            sa.and_(
                record.c.id == queue.c.alert_id,
                record.c.label_id == queue.c.label_id,
                record.c.seq == queue.c.seq,
                record.c.kind == "alert",
            ),
        )
        .where(record.c.seq.is_(None))
    )
    for row in connection.execute(query):
        yield f"queue row {row.alert_id} has no alert record"


def _check_mappings(connection: sa.Connection) -> Iterator[str]:
    known = set()
    for row in mappings.every(connection):
        known.add(mappings.reference(row.id, row.digest))
        if mappings.digest_of(row.body) != row.digest:
            yield f"mapping {row.id} version {row.version} differs from its digest"
    query = sa.select(source.c.id, source.c.mapping).where(source.c.mapping != "")
    for row in connection.execute(query):
        if row.mapping not in known:
            yield f"file {row.id} is read with mapping {row.mapping}, which is not kept"


def _check_wall(connection: sa.Connection) -> Iterator[str]:
    """PostgreSQL: find tables whose row security an administrator switched off, or a dump lost."""
    if connection.dialect.name == "sqlite":
        return
    carrying = [table.name for table in metadata.sorted_tables if "label_id" in table.c]
    query = sa.text(
        "SELECT relname FROM pg_class WHERE relname = ANY (:carrying) AND NOT relrowsecurity"
        " AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY relname"
    )
    for row in connection.execute(query, {"carrying": carrying}):
        yield f"table {row.relname} has its row security switched off"


def _check_vault(connection: sa.Connection, vault: Vault) -> Iterator[str]:
    for row in connection.execute(sa.select(source.c.sha256, source.c.redacted).distinct()):
        path = vault.path(row.sha256)
        if not path.exists():
            yield f"the vault lacks file {row.sha256}"
        elif not row.redacted:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != row.sha256:
                    yield f"the vault's file {row.sha256} is damaged"
