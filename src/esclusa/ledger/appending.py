"""Appending to the ledger: which version of a chain a statement becomes.

An equal statement changes nothing, and a later one is the next version. One that its sender
prepared before the version in force is kept as a version as well, and what was in force stands
again above it. So the last version of a chain is always the one in force, the statement is found
and erased with its record, and what was in force was in force at every moment.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa

from esclusa.ledger import bulk
from esclusa.ledger.indexing import references, search_text
from esclusa.ledger.schema import record, reference
from esclusa.ledger.sequence import Said, earlier
from esclusa.model import (
    Body,
    Provenance,
    decode_body,
    encode_body,
    kind_of,
    natural_key,
    record_id,
)

T = TypeVar("T")

TOLD: Final = "told:"
"""Before a file's id: the reference of a version that this file stated again unchanged. It made no
version of its own, and its bytes hold the statement all the same."""

IDS_PER_QUERY: Final = 500
"""SQLite allows 32,766 parameters; shorter statements are cached and planned faster."""


class Outcome(StrEnum):
    """What an append did. ``late``: kept, and not in force."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    LATE = "late"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A statement on its way into the ledger. ``retain_until`` is ``YYYY-MM-DD`` or "".

    ``name`` is the id that a copy's originator gave it; "" for a record of ours, which is named by
    its natural key. ``sender`` and ``prepared`` (ISO 8601, the sender's clock) are those of its
    message, "" where it came in none.
    """

    body: Body
    originator: str
    label_id: int
    provenance: Provenance = Provenance()
    derived_from: tuple[str, ...] = ()
    valid_time: str = ""
    withdrawn: bool = False
    retain_until: str = ""
    name: str = ""
    sender: str = ""
    prepared: str = ""


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """The version in force that a statement met: its message, and when that was prepared, "" where
    not known."""

    message: str
    prepared: str


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a draft. ``previous`` is the body the new version replaced.

    ``again`` is there for a late draft: what was in force and stands again, as the version given.
    ``met`` is there where a reader must be told of the order: the draft is late, or it brings back
    a statement that was withdrawn while nobody can know which of the two was prepared first.
    """

    id: str
    version: int
    seq: int
    outcome: Outcome
    previous: Body | None = None
    again: Draft | None = None
    met: Met | None = None


class _Head(msgspec.Struct):
    """The newest version of a chain, as far as appending must know it. ``origin`` is the draft it
    was made of, or its row; ``below`` the version before it, where that is at hand."""

    version: int
    seq: int
    body: bytes | None
    withdrawn: bool
    said: Said
    origin: Any
    below: _Head | None = None


def append(connection: sa.Connection, drafts: Sequence[Draft], *, recorded: str) -> list[Appended]:
    """Append drafts in order inside the caller's write transaction; one answer per draft.

    :param recorded: the moment they are recorded at, ISO 8601 UTC.
    """
    named = [_identify(draft) for draft in drafts]
    heads = _heads(connection, {name for name, _key, _kind in named})
    writing = _Writing(connection, heads, recorded)
    answers = [writing.take(draft, *names) for draft, names in zip(drafts, named, strict=True)]
    writing.write()
    return answers


def last(connection: sa.Connection) -> int:
    """Return the number of the newest version of any record, 0 before the first."""
    query = sa.select(sa.func.coalesce(sa.func.max(record.c.seq), 0))
    return int(connection.execute(query).scalar_one())


class _Writing:
    """What a batch of drafts adds to the chains whose heads are given."""

    def __init__(
        self, connection: sa.Connection, heads: dict[tuple[str, int], _Head], recorded: str
    ) -> None:
        self._connection = connection
        self._heads = heads
        self._recorded = recorded
        self._salt = secrets.token_bytes(16)
        self._first = self._seq = last(connection)
        self._rows: list[dict[str, Any]] = []
        self._chains: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self._replaced: list[int] = []
        self._told_again: dict[int, Said] = {}
        self._told_by: set[tuple[str, int]] = set()

    def take(self, draft: Draft, name: str, key: str, kind: str) -> Appended:
        """Add a draft to its chain; the draft's id, natural key and kind are given."""
        head = self._heads.get((name, draft.label_id))
        body = encode_body(draft.body)
        if head is None:
            return self._next(draft, name, key, kind, body, None)
        said = _said(draft)
        if head.body == body and head.withdrawn == draft.withdrawn:
            self._tell_again(head, said)
            return self._unchanged(draft, name, head)
        if head.body is None or not earlier(said, head.said):
            return self._next(draft, name, key, kind, body, head)
        if self._kept(draft, name, body):
            return self._unchanged(draft, name, head)
        return self._late(draft, name, key, kind, body, head)

    def _late(
        self, draft: Draft, name: str, key: str, kind: str, body: bytes, head: _Head
    ) -> Appended:
        """Add a late draft, and above it what stands: the version in force, and the one before it
        where that was prepared later too. Rules ask what the last amendment changed."""
        below, said = self._below(head, name, draft.label_id), _said(draft)
        stands = below is not None and below.body is not None and earlier(said, below.said)
        again = _again(head, draft)
        chain = [(draft, body), (again, head.body)]
        if below is not None and stands:
            chain.insert(1, (_again(below, draft), below.body))
        for one, text in chain:
            assert text is not None  # an erased version is not stated anew
            made = self._next(one, name, key, kind, text, self._heads[name, draft.label_id])
        return msgspec.structs.replace(made, outcome=Outcome.LATE, again=again, met=_met(head))

    def _below(self, head: _Head, name: str, label: int) -> _Head | None:
        """Return the version before the one in force, None for none."""
        if head.below is not None or head.version == 1:
            return head.below
        query = sa.select(*_HEAD).where(
            record.c.id == name, record.c.label_id == label, record.c.version == head.version - 1
        )
        row = self._connection.execute(query).first()
        return _head_of(row) if row is not None else None

    def _next(
        self, draft: Draft, name: str, key: str, kind: str, body: bytes, head: _Head | None
    ) -> Appended:
        """Make a draft the next version of its chain."""
        self._seq += 1
        version = head.version + 1 if head else 1
        if head:
            self._replaced.append(head.seq)
            head.below = None  # only of the one in force is it asked
        said = _said(draft)
        back = head is not None and head.withdrawn and not draft.withdrawn
        doubtful = back and head is not None and _doubtful(draft, said, head)
        self._heads[name, draft.label_id] = _Head(
            version, self._seq, body, draft.withdrawn, said, draft, head
        )
        row = _row(
            draft, name, key, kind, seq=self._seq, version=version, body=body,
            recorded=self._recorded, salt=self._salt, supersedes=head.version if head else None,
        )  # fmt: skip
        self._rows.append(row)
        self._chains.setdefault((name, draft.label_id), []).append(row)
        return Appended(
            id=name,
            version=version,
            seq=self._seq,
            outcome=_outcome(head, draft),
            previous=decode_body(head.body) if head and head.body else None,
            met=_met(head) if head and doubtful else None,
        )

    def _unchanged(self, draft: Draft, name: str, head: _Head) -> Appended:
        """Note which file said nothing new, so that its bytes go with the record."""
        source = draft.provenance.source
        if source and source != _source(head):
            self._told_by.add((TOLD + source, head.seq))
        return Appended(id=name, version=head.version, seq=head.seq, outcome=Outcome.UNCHANGED)

    def _tell_again(self, head: _Head, said: Said) -> None:
        """The statement in force was told once more, later: it holds against whatever was prepared
        in between."""
        first = not head.said.sender and not head.said.prepared and head.said.format == said.format
        if not (first and said.prepared) and not earlier(head.said, said):
            return
        head.said = said
        if head.seq > self._first:
            row = self._rows[head.seq - self._first - 1]
            row["sender"], row["prepared"] = said.sender, said.prepared
        else:
            self._told_again[head.seq] = said

    def _kept(self, draft: Draft, name: str, body: bytes) -> bool:
        """Tell whether the chain holds this very statement, of this very preparation."""
        there = {
            "id": name, "label_id": draft.label_id, "body": body, "withdrawn": draft.withdrawn,
            "sender": draft.sender, "prepared": draft.prepared,
        }  # fmt: skip
        rows = self._chains.get((name, draft.label_id), ())
        if any(all(row[column] == value for column, value in there.items()) for row in rows):
            return True
        query = sa.select(record.c.seq).where(
            *(record.c[column] == value for column, value in there.items())
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def write(self) -> None:
        """Write what was taken."""
        _insert(self._connection, self._rows, self._replaced)
        told_by = sorted(self._told_by)
        bulk.add_tuples(self._connection, reference, told_by)  # a file may say one thing twice
        those: dict[Said, list[int]] = {}
        for seq, said in self._told_again.items():
            those.setdefault(said, []).append(seq)
        for said, seqs in those.items():
            for some in bulk.lots(seqs):
                in_them = bulk.among(self._connection, record.c.seq, some)
                told = record.update().where(in_them)
                self._connection.execute(told.values(sender=said.sender, prepared=said.prepared))


def _identify(draft: Draft) -> tuple[str, str, str]:
    kind = kind_of(draft.body)
    if draft.name:
        # No key: it would outlive the erasure of the copy.
        return draft.name, "", kind
    key = natural_key(draft.body)
    return record_id(draft.originator, kind, key), key, kind


def _said(draft: Draft) -> Said:
    return Said(sender=draft.sender, format=draft.provenance.format, prepared=draft.prepared)


def _source(head: _Head) -> str:
    """Return the id of the file that a version came from, "" for none."""
    one = head.origin
    return one.provenance.source if isinstance(one, Draft) else str(one.source_id)


def _doubtful(draft: Draft, said: Said, head: _Head) -> bool:
    """Tell whether nobody can know that a statement was prepared after the one in force. Within one
    file its place tells."""
    if draft.provenance.source and draft.provenance.source == _source(head):
        return False
    return not earlier(head.said, said)


def _met(head: _Head) -> Met:
    one = head.origin
    message = one.provenance.message if isinstance(one, Draft) else one.message
    return Met(message=message, prepared=head.said.prepared)


def _again(head: _Head, late: Draft) -> Draft:
    """Return the draft that states anew what is in force, in the chain that a late one goes to."""
    said = {"sender": head.said.sender, "prepared": head.said.prepared}
    row = head.origin
    if isinstance(row, Draft):
        return msgspec.structs.replace(row, **said)
    assert head.body is not None  # an erased version is not stated anew
    return msgspec.structs.replace(
        late,
        body=decode_body(head.body),
        provenance=Provenance(
            source=row.source_id, format=row.format, message=row.message, offset=row.offset,
            length=row.length,
        ),
        derived_from=tuple(json.loads(row.derived_from)),
        valid_time=row.valid_time,
        withdrawn=row.withdrawn,
        retain_until=row.retain_until or "",
        **said,
    )  # fmt: skip


def _outcome(head: _Head | None, draft: Draft) -> Outcome:
    if draft.withdrawn:
        return Outcome.WITHDRAWN
    return Outcome.CHANGED if head else Outcome.NEW


def _row(
    draft: Draft, name: str, key: str, kind: str, *, seq: int, version: int, body: bytes,
    recorded: str, salt: bytes, supersedes: int | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "seq": seq,
        "id": name,
        "label_id": draft.label_id,
        "version": version,
        "kind": kind,
        "key": key,
        "body": body,
        "salt": salt,
        "digest": digest(salt, name, version, body),
        "source_id": draft.provenance.source,
        "format": draft.provenance.format,
        "message": draft.provenance.message,
        "offset": draft.provenance.offset,
        "length": draft.provenance.length,
        "derived_from": json.dumps(draft.derived_from),
        "sources": draft.derived_from,
        "valid_time": draft.valid_time,
        "recorded_time": recorded,
        "supersedes": supersedes,
        "withdrawn": draft.withdrawn,
        "current": True,
        "retain_until": draft.retain_until or None,
        "sender": draft.sender,
        "prepared": draft.prepared,
        "statement": draft.body,
    }


def digest(salt: bytes, name: str, version: int, body: bytes) -> bytes:
    """Return the salted SHA-256 that outlives an erased body."""
    return hashlib.sha256(b"%s%s/%d\n%s" % (salt, name.encode(), version, body)).digest()


def _heads(connection: sa.Connection, names: set[str]) -> dict[tuple[str, int], _Head]:
    found: dict[tuple[str, int], _Head] = {}
    for some in slices(sorted(names)):
        query = sa.select(*_HEAD).where(record.c.id.in_(some), record.c.current)
        for row in connection.execute(query):
            found[row.id, row.label_id] = _head_of(row)
    return found


def _head_of(row: Any) -> _Head:
    body = bytes(row.body) if row.body is not None else None
    said = Said(sender=row.sender, format=row.format, prepared=row.prepared)
    return _Head(row.version, row.seq, body, row.withdrawn, said, row)


_HEAD: Final = (
    record.c.id, record.c.label_id, record.c.version, record.c.seq, record.c.body,
    record.c.withdrawn, record.c.source_id, record.c.format, record.c.message, record.c.offset,
    record.c.length, record.c.derived_from, record.c.valid_time, record.c.retain_until,
    record.c.sender, record.c.prepared,
)  # fmt: skip


def _insert(connection: sa.Connection, rows: list[dict[str, Any]], replaced: list[int]) -> None:
    for some in bulk.lots(replaced):
        in_them = bulk.among(connection, record.c.seq, some)
        connection.execute(record.update().where(in_them).values(current=False))
        delete_texts(connection, some)
    if not rows:
        return
    statements = [
        (row["seq"], row.pop("statement"), row.pop("sources"), row["withdrawn"]) for row in rows
    ]
    newest = {(row["id"], row["label_id"]): row["seq"] for row in rows}
    for row in rows:
        row["current"] = newest[row["id"], row["label_id"]] == row["seq"]
    bulk.insert(connection, record, rows)
    live, key = set(newest.values()), _text_key(connection)
    texts = [
        {key: seq, "text": text}
        for seq, body, _sources, withdrawn in statements
        if seq in live and not withdrawn and (text := search_text(body))
    ]
    bulk.insert(connection, _text_table(connection), texts)
    ties = [
        {"value": value, "seq": seq}
        for seq, body, sources, _withdrawn in statements
        for value in references(body) | {f"record:{name}" for name in sources}
    ]
    bulk.insert(connection, reference, ties)


def _text_table(connection: sa.Connection) -> sa.TableClause:
    return sa.table("record_text", sa.column(_text_key(connection)), sa.column("text"))


def _text_key(connection: sa.Connection) -> str:
    return "rowid" if connection.dialect.name == "sqlite" else "seq"


def delete_texts(connection: sa.Connection, seqs: Sequence[int]) -> None:
    """Delete what the word search holds of these versions."""
    table = _text_table(connection)
    key = sa.type_coerce(table.c[_text_key(connection)], sa.BigInteger)
    connection.execute(sa.delete(table).where(bulk.among(connection, key, seqs)))


def slices(items: list[T]) -> Iterator[list[T]]:
    """Cut a list into pieces short enough for one statement."""
    for start in range(0, len(items), IDS_PER_QUERY):
        yield items[start : start + IDS_PER_QUERY]
