"""What can be put into a case: alerts, records, entities, referrals, requests for information, each
as its reader sees it.

An item rests on records: it stands under the join of their labels, and what is said about it is
erased with them. Its title is never kept in the case; it is asked for anew for each reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError, NotFound
from esclusa.ledger import queue, records, versions
from esclusa.ledger.indexing import referral_reference, request_reference, title_of
from esclusa.ledger.labels import Labels
from esclusa.model import record_id
from esclusa.node import information_rows, referral_rows
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.entity_rows import entity_row
from esclusa.sharing.entity_views import EntityRow
from esclusa.sharing.reader import Reader

_OWN: Final = frozenset({"case_move", "case_words"})
"""Steps on cases are in their case already."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that can be put into a case.

    ``rests_on`` are the labels of all that its reader sees of it, ``least`` of the least that it
    can be shown from; ``sources`` the records that it is erased with; ``akin`` the ids under which
    the same matter may stand in another case.
    """

    kind: str
    id: str
    title: str
    rests_on: frozenset[int]
    least: frozenset[int]
    sources: tuple[str, ...]
    akin: tuple[str, ...]


class Items:
    """Finds what is put into cases, for one node."""

    def __init__(self, labels: Labels, entities: EntityDesk, us: str) -> None:
        self._labels = labels
        self._entities = entities
        self._us = us

    def find(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, kind: str,
        name: str,
    ) -> Item:  # fmt: skip
        """Return an item for a reader.

        :raises NotFound: when there is none that the reader may see.
        :raises InputError: when things of this kind are not put into cases.
        """
        match kind:
            case "alert":
                found = self._alert(connection, visible, name)
            case "record":
                found = self._record(connection, visible, name)
            case "referral":
                found = self._referral(connection, visible, name)
            case "request":
                found = self._request(connection, visible, name)
            case "entity":
                found = self._entity(reader, name)
            case _:
                raise InputError(
                    f"{kind[:40]!r} is not put into a case", field="kind", problem="code"
                )
        if found is None:
            raise NotFound(f"no such {kind}")
        return found

    def names_of(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, kind: str,
        name: str,
    ) -> tuple[str, ...]:  # fmt: skip
        """Return the ids under which an item, or the same matter, may stand in a case; as
        :meth:`find`, but of an entity no more is read than that it is there."""
        if kind != "entity":
            return self.find(connection, visible, reader, kind, name).akin
        with self._entities.seen(reader) as (_connection, _visible, known):
            entity = known.entities.entity(name)
        if entity is None:
            raise NotFound(f"no such {kind}")
        return (entity.id,)

    def titles(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader,
        items: Iterable[tuple[str, str]],
    ) -> Mapping[tuple[str, str], str]:  # fmt: skip
        """Return what items (kind, id) are called for a reader; those not here are left out."""
        wanted = set(items)
        rows = queue.find_all(connection, visible, [name for k, name in wanted if k == "alert"])
        told = {("alert", name): row.title for name, row in rows.items()}
        named = [name for kind, name in wanted if kind == "entity"]
        told |= {("entity", name): title for name, title in self._entity_titles(reader, named)}
        for kind, name in wanted:
            item = None
            if kind == "record":
                item = self._record(connection, visible, name)
            elif kind == "referral":
                item = self._referral(connection, visible, name)
            elif kind == "request":
                item = self._request(connection, visible, name)
            if item is not None:
                told[kind, name] = item.title
        return told

    def akin(
        self, connection: sa.Connection, visible: Collection[int],
        items: Collection[tuple[str, str]],
    ) -> dict[str, tuple[str, ...]]:  # fmt: skip
        """Return the ids under which the matter of items (kind, id) may stand in a case: an alert
        and the record that it is about are one matter."""
        told: dict[str, tuple[str, ...]] = {name: (name,) for _kind, name in items}
        alerts = [name for kind, name in items if kind == "alert"]
        rows = queue.find_all(connection, visible, alerts)
        told |= {name: (name, row.subject_id) for name, row in rows.items()}
        named = (name for kind, name in items if kind == "record")
        return told | {name: (name, record_id(self._us, "alert", name)) for name in named}

    def _alert(self, connection: sa.Connection, visible: Collection[int], name: str) -> Item | None:
        row = queue.find(connection, visible, name)
        if row is None:
            return None
        every = queue.labels_of(connection, visible, name)
        return Item(
            kind="alert", id=row.alert_id, title=row.title, rests_on=frozenset({row.label_id}),
            least=frozenset({every[0]}), sources=(row.alert_id,),
            akin=(row.alert_id, row.subject_id),
        )  # fmt: skip

    def _record(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> Item | None:
        held = records.get(connection, self._labels, visible, name)
        if held is None or held.body is None or held.kind in _OWN:
            return None
        label = frozenset({records.label_of(connection, held.seq)})
        alert = record_id(self._us, "alert", held.id)
        return Item(
            kind="record", id=held.id, title=title_of(held.body) or held.kind, rests_on=label,
            least=label, sources=(held.id,), akin=(held.id, alert),
        )  # fmt: skip

    def _referral(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> Item | None:
        kept = referral_rows.one(connection, self._labels, visible, self._us, name)
        if kept is None or not kept.referral.side(self._us):
            return None
        it, labels = kept.referral, frozenset(kept.labels.values())
        title = f"{it.subject.carrier} {it.subject.bill}".strip() or " ".join(it.subject.boxes)
        return Item(
            kind="referral", id=it.id, title=title, rests_on=labels, least=labels,
            sources=_first(connection, visible, referral_reference(it.id)), akin=(it.id,),
        )  # fmt: skip

    def _request(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> Item | None:
        kept = information_rows.one(connection, self._labels, visible, self._us, name)
        if kept is None:
            return None
        it, labels = kept.request, frozenset(kept.labels.values())
        title = f"{it.subject.name} {it.subject.number}".strip() or it.subject.kind
        return Item(
            kind="request", id=it.id, title=title, rests_on=labels, least=labels,
            sources=_first(connection, visible, request_reference(it.id)), akin=(it.id,),
        )  # fmt: skip

    def _entity(self, reader: Reader, name: str) -> Item | None:
        with self._entities.seen(reader) as (connection, _visible, known):
            entity = known.entities.entity(name)
            if entity is None:
                return None
            first = known.entities.mention(entity.first(1)[0])
            assert first is not None  # it names the entity
            labels = frozenset(records.labels_of(connection, entity.seqs()))
            title = _name(entity_row(entity))
        return Item(
            kind="entity", id=entity.id, title=title, rests_on=labels, least=labels,
            sources=(first.record,), akin=(entity.id,),
        )  # fmt: skip

    def _entity_titles(self, reader: Reader, names: Collection[str]) -> Iterator[tuple[str, str]]:
        if not names:  # working entities out costs what they cost
            return
        with self._entities.seen(reader) as (_connection, _visible, known):
            for name in names:
                entity = known.entities.entity(name)
                if entity is not None:
                    yield name, _name(entity_row(entity))


def _first(connection: sa.Connection, visible: Collection[int], reference: str) -> tuple[str, ...]:
    """Return the record that holds the first of the moves with a reference: with it all goes."""
    found = versions.all_holding(connection, visible, reference)
    return tuple(held.id for held in islice(found, 1))


def _name(row: EntityRow) -> str:
    return next(iter((*row.names, *row.identifiers)), row.id)
