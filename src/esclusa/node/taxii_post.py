"""Take in what a partner posts: kept in custody as it came, then object by object on its shelf.

An object that cannot be used goes to quarantine and costs only itself. Nothing becomes a record
here: what a partner states about cargo and people comes through the exchange.
"""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import Forbidden, MarkingError
from esclusa.formats.stix import reading
from esclusa.formats.stix.reading import Found
from esclusa.ledger import custody, shelf
from esclusa.ledger.labels import Labels
from esclusa.ledger.shelf import Item
from esclusa.ledger.store import Store
from esclusa.model import Level, Marking
from esclusa.node.exchange import Exchange
from esclusa.node.taxii import Client, Collection, TaxiiDesk, note_post
from esclusa.sharing.vocabularies import stix
from esclusa.sharing.vocabularies.table import Audience

FORMAT: Final = "stix.envelope"
_ENCODER: Final = msgspec.json.Encoder()


class Detail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What became of one object (TAXII 2.1 §4.3.1)."""

    id: str
    version: str
    message: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a post (TAXII 2.1 §4.3.1)."""

    id: str
    status: str
    request_timestamp: str
    total_count: int
    success_count: int
    successes: tuple[Detail, ...]
    failure_count: int
    failures: tuple[Detail, ...]
    pending_count: int = 0


class PostBox:
    """Takes posts in."""

    def __init__(
        self, store: Store, labels: Labels, vault: custody.Vault, exchange: Exchange,
        desk: TaxiiDesk,
    ) -> None:  # fmt: skip
        self._store = store
        self._labels = labels
        self._vault = vault
        self._exchange = exchange
        self._desk = desk

    def post(self, client: Client, identity: str, data: bytes) -> bytes:
        """Take an envelope in; return its status as JSON, also kept to be asked for later.

        :raises NotFound: when the client has no such collection.
        :raises Forbidden: when the client may not write there.
        :raises InputError: when it is no envelope; nothing is kept then.
        """
        place = self._desk.place(client, identity)
        if not place.can_write:
            raise Forbidden("this client may not add to the collection")
        found = list(reading.read(data))
        common = self._agreed(place)
        judge = _Judge(self._labels, client.agency, self._exchange.agency, common,
                       self._exchange.now().date(), found)  # fmt: skip
        judged = [(item, *judge.of(item)) for item in found]
        name = f"taxii-{uuid.uuid4()}"
        source = self._keep(client, name, data, common)
        return self._put(client, place, source, name[6:], judged)

    def _agreed(self, place: Collection) -> Marking:
        """Posts are held as strictly as the strictest that the partner may give by its clauses."""
        clauses = [c for c in place.agreement.agreement.clauses if c.giver == place.partner]
        return Marking(
            level=max(Level[clause.level.upper()] for clause in clauses),
            releasable_to=frozenset({self._exchange.agency}),
            caveats=frozenset(word for clause in clauses for word in clause.caveats),
        )

    def _keep(self, client: Client, name: str, data: bytes, common: Marking) -> tuple[str, int]:
        sha, size = self._vault.put(io.BytesIO(data), limit=len(data), name=name)
        label = self._labels.intern(client.agency, common)
        source, _fresh = custody.acknowledge(
            self._store, name=f"{name}.json", marking=common.canonical(), label_id=label,
            sha256=sha, size=size, by=client.name, state="done",
        )  # fmt: skip
        return source, label

    def _put(
        self, client: Client, place: Collection, source: tuple[str, int], identity: str,
        judged: list[tuple[Found, int, str]],
    ) -> bytes:  # fmt: skip
        good: list[Detail] = []
        bad: list[Detail] = []
        now = self._exchange.now()
        with self._store.write() as connection:
            usable = [(item, label) for item, label, reason in judged if not reason]
            items = _items(connection, place.id, usable, now, good)
            shelf.add(connection, place.id, items[0], items[1])
            for item, _label, reason in judged:
                if reason:
                    bad.append(_failed(item, reason, now))
                    custody.hold(
                        connection, source_id=source[0], label_id=source[1], offset=item.offset,
                        length=len(item.body), message="", reason=reason[:200],
                    )  # fmt: skip
            status = Status(
                id=identity, status="complete", request_timestamp=_stamp(now),
                total_count=len(judged), success_count=len(good), successes=tuple(good),
                failure_count=len(bad), failures=tuple(bad),
            )  # fmt: skip
            body = _ENCODER.encode(status)
            shelf.keep_status(connection, identity, client.name, body)
            custody.finish(
                connection,
                source[0],
                state="done",
                format=FORMAT,
                counts={"messages": len(judged), "refused": len(bad)},
            )
            note_post(connection, client, place.id, f"rows={len(good)} refused={len(bad)}")
        return body


class _Judge:
    """Says under which label an object is held, or why it cannot be."""

    def __init__(
        self, labels: Labels, originator: str, us: str, common: Marking, today: dt.date,
        found: Iterable[Found],
    ) -> None:  # fmt: skip
        self._labels = labels
        self._originator = originator
        self._audience = Audience(recipient=frozenset({us}))
        self._common = common
        self._today = today
        self._definitions = [
            msgspec.json.decode(item.body) for item in found
            if item.head is not None and item.head.type == "marking-definition"
        ]  # fmt: skip
        self._seen: dict[tuple[str, ...], tuple[int, str]] = {}

    def of(self, item: Found) -> tuple[int, str]:
        """Return the label's number and "", or 0 and the reason."""
        if item.head is None or item.reason:
            return 0, item.reason
        refs = item.head.object_marking_refs
        known = self._seen.get(refs)
        if known is None:
            self._seen[refs] = known = self._judged(refs)
        return known

    def _judged(self, refs: tuple[str, ...]) -> tuple[int, str]:
        said = self._common
        try:
            if refs:
                said = said.join(
                    stix.marking_of_refs(refs, self._definitions, self._audience, self._today)
                )
        except MarkingError as error:
            return 0, str(error)
        return self._labels.intern(self._originator, said), ""


def _items(
    connection: sa.Connection, place: str, usable: list[tuple[Found, int]], now: dt.datetime,
    good: list[Detail],
) -> tuple[list[Item], dict[str, list[Any]]]:  # fmt: skip
    """Return what is new, and what is known of its ids; say of each object what became of it."""
    ids = [item.head.id for item, _label in usable if item.head is not None]
    before = shelf.known(connection, place, ids)
    taken = {(row.stix_id, row.version) for rows in before.values() for row in rows}
    timeless = {name for name, rows in before.items() if any(row.current for row in rows)}
    free = shelf.positions(connection, place, now)
    made: list[Item] = []
    for item, label in usable:
        head = item.head
        assert head is not None  # usable objects have one
        if (head.id, item.version) in taken or (not item.version and head.id in timeless):
            good.append(Detail(id=head.id, version=_shown(item, now), message="already here"))
            continue
        position = next(free)
        version = item.version or shelf.moment_text(position)
        taken.add((head.id, item.version))
        if not item.version:
            timeless.add(head.id)
        made.append(Item(position=position, stix_id=head.id, version=version, type=head.type,
                         label=label, body=item.body))  # fmt: skip
        good.append(Detail(id=head.id, version=reading.shown(version)))
    return made, before


def _shown(item: Found, now: dt.datetime) -> str:
    return reading.shown(item.version) if item.version else _stamp(now)


def _failed(item: Found, reason: str, now: dt.datetime) -> Detail:
    name = item.head.id if item.head is not None else f"object at byte {item.offset}"
    return Detail(id=name, version=_shown(item, now), message=f"byte {item.offset}: {reason}")


def _stamp(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
