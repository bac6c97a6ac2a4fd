"""Shelves of the TAXII door: objects ready to go out, each at a position of its own.

A position is the moment at which an object was put there, in microseconds since 1970 (UTC). Under
the writer's lock each object gets a greater one than all before it on the shelf, so no two share
one and a page begins where the last one ended, without any state. No position ends in the digit 0:
a client that writes a moment without its trailing zeros still writes six digits, and whoever writes
fewer has cut some off.

Under the same lock no version of an object comes to a shelf twice: :func:`known` is asked first and
:func:`add` looks at what it said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import structs

from esclusa.errors import LedgerError
from esclusa.ledger import bulk, places
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
    """Return the (id, version, digest, position, current, full) rows of these objects, by id;
    ``full`` unless the object was emptied."""
    found: dict[str, list[Any]] = {}
    if not ids:
        return found
    query = sa.text(
        "SELECT o.stix_id, o.version, o.digest, o.position, o.current, o.body IS NOT NULL AS full"
        + places.stands(connection)
    )
    asked = {"shelf": shelf, "wanted": places.keys(shelf, ids)}
    wanted = frozenset(ids)
    for row in connection.execute(query, asked):
        if row.stix_id in wanted:
            found.setdefault(row.stix_id, []).append(row)
    return found


def add(connection: sa.Connection, shelf: str, items: Sequence[Item],
        before: Mapping[str, Sequence[Any]]) -> None:  # fmt: skip
    """Put items on a shelf inside the caller's write transaction.

    :param before: what :func:`known` says of their ids; none of the (id, version) may be there.
    :raises LedgerError: when one is there, or is put twice: a slip in the program; nothing is put.
    """
    there = {(row.stix_id, row.version) for rows in before.values() for row in rows}
    fresh = {(item.stix_id, item.version) for item in items}
    if len(fresh) < len(items) or not there.isdisjoint(fresh):
        raise LedgerError("a version of an object can be put on a shelf only once")
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
    bulk.insert_tuples(
        connection,
        taxii_object,
        [
            (
                shelf, item.position, item.stix_id, item.version, item.type,
                newest[item.stix_id] == item.version, item.label, item.name, item.seq,
                item.digest, item.body,
            )
            for item in items
        ],
    )  # fmt: skip
    places.note(connection, shelf, [(item.stix_id, item.position) for item in items])


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
    columns = ("o.body",) if bodies else ("o.stix_id", "o.version")
    if "first" in wanted.versions and "all" not in wanted.versions:
        return _page_of_first(connection, shelf, wanted, columns, of_records=of_records)
    return _rows(connection, shelf, wanted, columns, of_records=of_records)


def _rows(
    connection: sa.Connection, shelf: str, wanted: Wanted, columns: Sequence[str], *,
    of_records: bool,
) -> list[tuple[Any, ...]]:  # fmt: skip
    text, values = _question(shelf, wanted, columns, of_records=of_records)
    return list(connection.execute(_statement(text), values).cursor.fetchall())


@lru_cache(maxsize=256)
def _statement(text: str) -> sa.TextClause:
    return sa.text(text)


def _page_of_first(
    connection: sa.Connection, shelf: str, wanted: Wanted, columns: Sequence[str], *,
    of_records: bool,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Which version came first is known by id alone, so it is looked up a page at a time."""
    more = (*columns, "o.stix_id", "o.version", "o.current")
    every = structs.replace(wanted, versions=("all",))
    found: list[tuple[Any, ...]] = []
    while len(found) < wanted.limit:
        rows = _rows(connection, shelf, every, more, of_records=of_records)
        stands = known(connection, shelf, {row[-3] for row in rows})
        first = {
            stix_id: min(row.version for row in some if row.full)
            for stix_id, some in stands.items()
        }
        found += [
            row[:-3] for row in rows
            if row[-2] == first[row[-3]] or row[-2] in wanted.versions
            or (row[-1] and "last" in wanted.versions)
        ]  # fmt: skip
        if len(rows) < wanted.limit:
            break
        every = structs.replace(every, after=rows[-1][0])
    return found[: wanted.limit]


def _question(
    shelf: str, wanted: Wanted, columns: Sequence[str], *, of_records: bool
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"shelf": shelf, "after": wanted.after, "most": wanted.limit}
    text = [
        f"SELECT {', '.join(('o.position', 'o.label', 'o.name', *columns))} FROM taxii_object o"
    ]
    if of_records:
        text.append("LEFT JOIN record r ON r.seq = o.seq")
    # Few objects are asked for by id: the plus keeps SQLite from walking the shelf to them.
    position = "+o.position" if wanted.ids else "o.position"
    text.append(f"WHERE o.shelf = :shelf AND {position} > :after AND o.body IS NOT NULL")
    if of_records:
        text.append(
            "AND (o.seq = 0 OR (r.current AND NOT r.withdrawn AND r.body IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM record n"
            " WHERE n.id = r.id AND n.current AND n.seq > r.seq)))"
        )
    if wanted.ids:
        keys = [places.key_of(shelf, stix_id) for stix_id in wanted.ids]
        text.append(
            "AND o.position IN (SELECT p.position FROM taxii_place p WHERE p.level IN (0, 1)"
            f" AND p.key IN ({_named('key', keys, values)}))"
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
    if exact := [word for word in versions if word not in ("last", "first")]:
        some.append(f"o.version IN ({_named('version', exact, values)})")
    yield f"AND ({' OR '.join(some)})"


def _named(column: str, words: Sequence[Any], values: dict[str, Any]) -> str:
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
    for rows in known(connection, shelf, ids).values():
        left = [(row.version, row.position) for row in rows if row.full]
        if left:
            connection.execute(
                taxii_object.update()
                .where(taxii_object.c.shelf == shelf, taxii_object.c.position == max(left)[1])
                .values(current=True)
            )


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

# Made once: putting a statement together takes SQLAlchemy longer than the database to answer it.
_BY_TOKEN: Final = sa.select(taxii_client).where(taxii_client.c.token == sa.bindparam("digest"))


def client_by_token(connection: sa.Connection, digest: str) -> Any:
    """Return the row of the client with that token's SHA-256, None when there is none."""
    return connection.execute(_BY_TOKEN, {"digest": digest}).first()


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
