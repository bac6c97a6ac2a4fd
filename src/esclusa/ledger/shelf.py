"""Shelves of the TAXII door: objects ready to go out, each at a position of its own.

A position is the moment at which an object was put there, in microseconds since 1970 (UTC). Under
the writer's lock each object gets a greater one than all before it on the shelf, so no two share
one and a page begins where the last one ended, without any state. No position ends in the digit 0:
a client that writes a moment without its trailing zeros still writes six digits, and whoever writes
fewer has cut some off.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.schema import taxii_client, taxii_object, taxii_status

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_AT_ONCE: Final = 500
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of an object on its way to a shelf.

    ``version`` is ``YYYY-MM-DDTHH:MM:SS.ffffffZ``. ``label`` numbers the marking it goes under.
    ``name`` and ``seq`` are of the record it was cut from ("" and 0 for what a partner posted).
    ``digest`` tells equal content.
    """

    position: int
    stix_id: str
    version: str
    type: str
    label: int
    body: bytes
    name: str = ""
    seq: int = 0
    digest: str = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for. ``after`` is a position, not included. ``versions`` holds ``last``,
    ``first``, ``all`` or versions in their stored form; ids and types empty mean any."""

    after: int = 0
    limit: int = 1000
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("last",)


def microseconds(moment: dt.datetime) -> int:
    """Return a moment (aware) as microseconds since 1970 (UTC)."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_text(position: int) -> str:
    """Return a position as a timestamp with six digits (TAXII 2.1 §1.6.2)."""
    return (_EPOCH + position * _MICROSECOND).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def positions(connection: sa.Connection, shelf: str, now: dt.datetime) -> Iterator[int]:
    """Yield free positions in order; ask and use them inside one write transaction."""
    query = sa.select(sa.func.max(taxii_object.c.position)).where(taxii_object.c.shelf == shelf)
    last = connection.execute(query).scalar() or 0
    position = max(last + 1, microseconds(now))
    while True:
        position += position % 10 == 0
        yield position
        position += 1


def known(connection: sa.Connection, shelf: str, ids: Collection[str]) -> dict[str, list[Any]]:
    """Return the (id, version, digest, position, current) rows of these objects, by id."""
    found: dict[str, list[Any]] = {}
    query = sa.text(
        f"""SELECT o.stix_id, o.version, o.digest, o.position, o.current
            FROM taxii_object o WHERE o.shelf = :shelf
            AND o.stix_id IN (SELECT value FROM {bulk.listed(connection)} AS wanted)"""
    )
    for some in _portions(sorted(set(ids))):
        asked = {"shelf": shelf, "wanted": json.dumps(some)}
        for row in connection.execute(query, asked):
            found.setdefault(row.stix_id, []).append(row)
    return found


def add(connection: sa.Connection, shelf: str, items: Sequence[Item],
        before: Mapping[str, Sequence[Any]]) -> None:  # fmt: skip
    """Put items on a shelf inside the caller's write transaction.

    :param before: what :func:`known` says of their ids; none of the (id, version) may be there.
    """
    newest = {item.stix_id: item.version for item in items}
    for item in items:
        newest[item.stix_id] = max(newest[item.stix_id], item.version)
    stale: list[int] = []
    for stix_id, rows in before.items():
        highest = max((row.version for row in rows if row.current), default="")
        if stix_id in newest and highest > newest[stix_id]:
            newest[stix_id] = highest
        elif stix_id in newest:
            stale += [row.position for row in rows if row.current]
    _lower(connection, shelf, stale)
    bulk.insert(
        connection,
        taxii_object,
        [
            {
                "shelf": shelf, "position": item.position, "stix_id": item.stix_id,
                "version": item.version, "type": item.type,
                "current": newest[item.stix_id] == item.version, "label": item.label,
                "name": item.name, "seq": item.seq, "digest": item.digest, "body": item.body,
            }
            for item in items
        ],
    )  # fmt: skip


def _lower(connection: sa.Connection, shelf: str, stale: Sequence[int]) -> None:
    for some in _portions(stale):
        connection.execute(
            taxii_object.update()
            .where(taxii_object.c.shelf == shelf, taxii_object.c.position.in_(some))
            .values(current=False)
        )


def page(
    connection: sa.Connection, shelf: str, wanted: Wanted, *, of_records: bool, bodies: bool = True
) -> list[tuple[Any, ...]]:
    """Return up to ``limit`` rows after a position, in order.

    :param of_records: what stands there was cut from records; it is seen only while the record's
        version is the newest under any label, neither withdrawn nor erased.
    :param bodies: whether the objects themselves are read.
    :return: (position, label, name, body), without bodies (position, label, name, id, version).
        Plain tuples of the driver: SQLAlchemy's rows took two thirds of a page's time.
    """
    text, values = _question(shelf, wanted, of_records=of_records, bodies=bodies)
    return list(connection.execute(sa.text(text), values).cursor.fetchall())


def _question(
    shelf: str, wanted: Wanted, *, of_records: bool, bodies: bool
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"shelf": shelf, "after": wanted.after, "most": wanted.limit}
    columns = "o.position, o.label, o.name, " + ("o.body" if bodies else "o.stix_id, o.version")
    text = [f"SELECT {columns} FROM taxii_object o"]
    if of_records:
        text.append("LEFT JOIN record r ON r.seq = o.seq")
    text.append("WHERE o.shelf = :shelf AND o.position > :after AND o.body IS NOT NULL")
    if of_records:
        text.append(
            "AND (o.seq = 0 OR (r.current AND NOT r.withdrawn AND r.body IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM record n"
            " WHERE n.id = r.id AND n.current AND n.seq > r.seq)))"
        )
    for column, words in (("stix_id", wanted.ids), ("type", wanted.types)):
        if words:
            text.append(f"AND o.{column} IN ({_named(column, words, values)})")
    text += _of_versions(wanted.versions, values)
    return " ".join((*text, "ORDER BY o.position LIMIT :most")), values


def _of_versions(versions: Sequence[str], values: dict[str, Any]) -> Iterator[str]:
    if "all" in versions:
        return
    some = []
    if "last" in versions:
        some.append("o.current")
    if "first" in versions:
        some.append(
            "o.version = (SELECT min(f.version) FROM taxii_object f WHERE f.shelf = o.shelf"
            " AND f.stix_id = o.stix_id AND f.body IS NOT NULL)"
        )
    if exact := [word for word in versions if word not in ("last", "first")]:
        some.append(f"o.version IN ({_named('version', exact, values)})")
    yield f"AND ({' OR '.join(some)})"


def _named(column: str, words: Sequence[str], values: dict[str, Any]) -> str:
    values.update({f"{column}{number}": word for number, word in enumerate(words)})
    return ", ".join(f":{column}{number}" for number in range(len(words)))


def between(connection: sa.Connection, shelf: str, after: int, until: int, most: int) -> int:
    """Return how many objects stand after one position and up to another, at most ``most``."""
    some = (
        sa.select(taxii_object.c.position)
        .where(
            taxii_object.c.shelf == shelf, taxii_object.c.position > after,
            taxii_object.c.position <= until, taxii_object.c.current,
        )
        .limit(most)
        .subquery()
    )  # fmt: skip
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def remove(connection: sa.Connection, shelf: str, wanted: Wanted) -> int:
    """Empty what a request names on a shelf; return how many versions. Positions stay used."""
    found = [row[0] for row in
             page(connection, shelf, wanted, of_records=False, bodies=False)]  # fmt: skip
    for some in _portions(found):
        connection.execute(
            taxii_object.update()
            .where(taxii_object.c.shelf == shelf, taxii_object.c.position.in_(some))
            .values(body=None, current=False, digest="")
        )
    _raise_last(connection, shelf, wanted.ids)
    return len(found)


def _raise_last(connection: sa.Connection, shelf: str, ids: Sequence[str]) -> None:
    """The newest version that is left becomes the current one."""
    left = sa.select(taxii_object.c.stix_id, sa.func.max(taxii_object.c.version)).where(
        taxii_object.c.shelf == shelf, taxii_object.c.stix_id.in_(ids),
        taxii_object.c.body.is_not(None),
    )  # fmt: skip
    for stix_id, version in connection.execute(left.group_by(taxii_object.c.stix_id)).all():
        connection.execute(
            taxii_object.update()
            .where(taxii_object.c.shelf == shelf, taxii_object.c.stix_id == stix_id,
                   taxii_object.c.version == version)
            .values(current=True)
        )  # fmt: skip


def renew(connection: sa.Connection, shelf: str, position: int, *, seq: int, label: int) -> None:
    """Tie an object to a newer version of its record that says the same to this partner."""
    connection.execute(
        taxii_object.update()
        .where(taxii_object.c.shelf == shelf, taxii_object.c.position == position)
        .values(seq=seq, label=label)
    )


def withdraw(connection: sa.Connection, names: Collection[str], *, shelf: str = "") -> int:
    """Empty everything cut from these records on one shelf, or on every one; return how many
    versions."""
    count = 0
    here = taxii_object.c.shelf == shelf if shelf else sa.true()
    for some in _portions(sorted(names)):
        done = connection.execute(
            taxii_object.update()
            .where(
                taxii_object.c.name.in_(some),
                taxii_object.c.name != sa.text("''"),  # as the index
                taxii_object.c.body.is_not(None),
                here,
            )
            .values(body=None, current=False, digest="")
        )
        count += done.rowcount
    return count


# --- clients and statuses -------------------------------------------------------------------------


def client_by_token(connection: sa.Connection, digest: str) -> Any:
    """Return the row of the client with that token's SHA-256, None when there is none."""
    query = sa.select(taxii_client).where(taxii_client.c.token == digest)
    return connection.execute(query).first()


def clients(connection: sa.Connection) -> list[Any]:
    """Return the row of every client, by name."""
    return list(connection.execute(sa.select(taxii_client).order_by(taxii_client.c.name)))


def add_client(connection: sa.Connection, **values: Any) -> None:
    """Enter a client; raises ``sqlalchemy.exc.IntegrityError`` when the name is taken."""
    connection.execute(taxii_client.insert().values(revoked=False, **values))


def revoke_client(connection: sa.Connection, name: str) -> bool:
    """Let a client in no more; tell whether there was one."""
    done = connection.execute(
        taxii_client.update().where(taxii_client.c.name == name).values(revoked=True)
    )
    return bool(done.rowcount)


def keep_status(connection: sa.Connection, identity: str, client: str, body: bytes) -> None:
    """Keep what became of a post."""
    connection.execute(taxii_status.insert().values(id=identity, client=client, body=body))


def status(connection: sa.Connection, identity: str, client: str) -> bytes | None:
    """Return what became of this client's post, None when it is another's or unknown."""
    query = sa.select(taxii_status.c.body).where(
        taxii_status.c.id == identity, taxii_status.c.client == client
    )
    body = connection.execute(query).scalar()
    return bytes(body) if body is not None else None


def _portions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
