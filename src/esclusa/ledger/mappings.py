"""Kept mappings: how tables from one sender are read. Appended, never changed.

A new text under an id is a new version; what was read with an older one keeps pointing to it by a
reference ``id@digest``, the digest being the SHA-256 of the text in hexadecimal.
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from esclusa.ledger.records import now_text
from esclusa.ledger.schema import mapping


def reference(identity: str, digest: str) -> str:
    """Return how a file in custody names the mapping it is read with."""
    return f"{identity}@{digest}"


def parts(ref: str) -> tuple[str, str]:
    """Return the id and the digest of a reference; two empty texts for "" (no mapping)."""
    identity, _, digest = ref.rpartition("@")
    return identity, digest


def digest_of(body: str) -> str:
    """Return the SHA-256 of a mapping's text in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def add(connection: sa.Connection, *, identity: str, body: str, by: str) -> tuple[int, bool]:
    """Append a text as the newest version of an id.

    :return: the newest version's number, and whether it is new: the newest text again adds nothing.
    """
    last = find(connection, identity)
    digest = digest_of(body)
    if last and last.digest == digest:
        return last.version, False
    version = last.version + 1 if last else 1
    connection.execute(
        mapping.insert().values(
            id=identity, version=version, digest=digest, body=body, added=now_text(), added_by=by
        )
    )
    return version, True


def find(connection: sa.Connection, identity: str) -> Any:
    """Return the row of the newest version, None when no mapping has the id."""
    return next(iter(versions(connection, identity)), None)


def versions(connection: sa.Connection, identity: str) -> list[Any]:
    """Return every version of a mapping, the newest first."""
    query = sa.select(mapping).where(mapping.c.id == identity)
    return list(connection.execute(query.order_by(mapping.c.version.desc())))


def by_reference(connection: sa.Connection, ref: str) -> Any:
    """Return the newest row with the id and text of a reference, None when there is none."""
    identity, digest = parts(ref)
    query = sa.select(mapping).where(mapping.c.id == identity, mapping.c.digest == digest)
    return connection.execute(query.order_by(mapping.c.version.desc()).limit(1)).first()


def newest(connection: sa.Connection) -> list[Any]:
    """Return the newest version of every mapping, by id."""
    last = sa.select(mapping.c.id, sa.func.max(mapping.c.version).label("version"))
    top = last.group_by(mapping.c.id).subquery()
    query = sa.select(mapping).join(
        top, sa.and_(mapping.c.id == top.c.id, mapping.c.version == top.c.version)
    )
    return list(connection.execute(query.order_by(mapping.c.id)))


def every(connection: sa.Connection) -> list[Any]:
    """Return every version of every mapping, by id and number."""
    query = sa.select(mapping).order_by(mapping.c.id, mapping.c.version)
    return list(connection.execute(query))
