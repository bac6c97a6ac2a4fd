"""Where an object stands on its shelf, found by its id.

Ids of STIX are random, and an index of random keys takes a page of the disk for each new one as
soon as it is larger than what is written at once: at a million objects that was half of the cost of
a post. So the keys are short (47 bits of a hash of shelf and id; ids are compared afterwards), and
new keys go to a small part of the index, whose pages are written many times while they are few.
When that part is full it is added to the large part in the order of the keys, several to a page: a
log-structured merge (O'Neil et al. 1996) of two levels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Final

import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.schema import taxii_place, taxii_recent

RECENT: Final = 65_536
"""Keys in the small part before it is added to the large one (about 2 MB)."""
_BITS: Final = 47  # SQLite keeps a whole number of 48 bits with its sign in six bytes

STANDS: Final = """
    FROM {listed} AS wanted
    CROSS JOIN taxii_place p CROSS JOIN taxii_object o
    WHERE p.level IN (0, 1) AND p.key = CAST(wanted.value AS BIGINT)
    AND o.shelf = :shelf AND o.position = p.position"""
"""Objects under keys bound as ``wanted``; in this order also for SQLite's planner."""


def key_of(shelf: str, stix_id: str) -> int:
    """Return the key under which an object's place is noted: 47 bits, not unique. Objects of two
    shelves with one key and one position share an entry, which leads to both."""
    digest = hashlib.sha256(f"{shelf}\n{stix_id}".encode()).digest()
    return int.from_bytes(digest[:6], "big") >> (48 - _BITS)


def keys(shelf: str, ids: Iterable[str]) -> str:
    """Return the keys of ids as the JSON list that :data:`STANDS` is asked with."""
    return json.dumps(sorted({key_of(shelf, stix_id) for stix_id in ids}))


def stands(connection: sa.Connection) -> str:
    """Return :data:`STANDS` in the database's own words."""
    return STANDS.format(listed=bulk.listed(connection))


def note(
    connection: sa.Connection, shelf: str, put: Collection[tuple[str, int]], *, most: int = RECENT
) -> None:
    """Note the places of new objects, inside the transaction that puts them there.

    :param put: (id, position) of each.
    :param most: how many keys the small part holds before it is merged.
    """
    if not put:
        return
    rows = sorted((0, key_of(shelf, stix_id), position) for stix_id, position in put)
    bulk.add_tuples(connection, taxii_place, rows)
    added = taxii_recent.update().values(objects=taxii_recent.c.objects + len(rows))
    count = connection.execute(added.returning(taxii_recent.c.objects)).scalar()
    if count is None:  # the first objects of all
        connection.execute(taxii_recent.insert().values(id=1, objects=len(rows)))
    if (count or len(rows)) >= most:
        merge(connection)


def merge(connection: sa.Connection) -> None:
    """Add the small part to the large one, inside the caller's write transaction."""
    connection.execute(sa.text(
        "INSERT INTO taxii_place (level, key, position) SELECT 1, p.key, p.position"
        " FROM taxii_place p WHERE p.level = 0 ORDER BY p.key, p.position ON CONFLICT DO NOTHING"
    ))  # fmt: skip
    connection.execute(taxii_place.delete().where(taxii_place.c.level == 0))
    connection.execute(taxii_recent.update().values(objects=0))
