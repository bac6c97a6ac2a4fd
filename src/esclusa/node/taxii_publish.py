"""Put records on a partner's shelf: cut by the agreement in force, written as STIX 2.1.

``modified`` is the moment at which the object was put there, so a client that pages by it loses
nothing, and it tells nothing of when the record changed here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import AgreementError, MarkingError
from esclusa.formats.stix import extensions, objects, reading
from esclusa.ledger import records, shelf
from esclusa.ledger.labels import Labels
from esclusa.ledger.shelf import Item
from esclusa.ledger.store import Store
from esclusa.model import Level, Marking, Record
from esclusa.node.exchange import Exchange
from esclusa.node.releasing import kept_until
from esclusa.node.taxii import Client, TaxiiDesk, collection_of
from esclusa.sharing.agreement import InForce
from esclusa.sharing.terms import body_of
from esclusa.sharing.vocabularies import stix, taxonomies
from esclusa.sharing.vocabularies.table import Audience

_AT_ONCE: Final = 500
_CURSOR: Final = "shelf"
"""Up to which record each shelf was filled, in the tables of the exchange."""
_ENCODER: Final = msgspec.json.Encoder()


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """An object without its moments, and what it stands for."""

    object: dict[str, Any]
    label: int
    name: str
    seq: int


class Publisher:
    """Puts records on shelves. Knows the exchange, whose release rule it asks."""

    def __init__(self, store: Store, labels: Labels, exchange: Exchange, desk: TaxiiDesk) -> None:
        self._store = store
        self._labels = labels
        self._exchange = exchange
        self._desk = desk
        exchange.kept[_CURSOR] = {}
        exchange.upkeep.append(self.keep_up)

    def keep_up(self) -> None:
        """Put what was recorded since the last time on the shelf of each partner that has a client.

        A crash in between puts the same again, which changes nothing.
        """
        for partner in self._desk.agencies_let_in():
            agreement = self._desk.agreement_with(partner)
            if agreement is not None:
                self._follow(partner, agreement)

    def _follow(self, partner: str, agreement: InForce) -> None:
        us, place = self._exchange.agency, _shelf_of(partner, agreement, self._exchange.agency)
        while True:
            since = msgspec.json.decode(self._exchange.kept[_CURSOR].get(place, b"0"), type=int)
            ours = {
                label.id for label in self._labels.all()
                if not label.supplier and label.originator == us
            }  # fmt: skip
            with self._store.read() as connection:
                last, found = records.after(
                    connection, self._labels, since, _kinds(agreement, us), ours, limit=_AT_ONCE
                )
            if last == since:
                return
            self._put(partner, agreement, [record for record, _label in found])
            row = {(_CURSOR, place): msgspec.json.encode(last)}
            self._exchange.change(lambda _draft, rows, row=row: rows.update(row))  # type: ignore[misc]

    def publish(self, partner: str, given: Iterable[Record]) -> int:
        """Put what the agreement gives of these stored records on the partner's shelf.

        :return: how many objects are new or changed.
        :raises AgreementError: when no agreement with the partner is in force.
        """
        agreement = self._desk.agreement_with(partner)
        if agreement is None:
            raise AgreementError("no agreement with {partner} is in force", partner=partner)
        count = 0
        some: list[Record] = []
        for record in given:
            some.append(record)
            if len(some) == _AT_ONCE:
                count += self._put(partner, agreement, some)
                some = []
        return count + (self._put(partner, agreement, some) if some else 0)

    def publish_own(self, partner: str) -> int:
        """Put every record of ours that the agreement gives on the partner's shelf."""
        agreement = self._desk.agreement_with(partner)
        if agreement is None:
            raise AgreementError("no agreement with {partner} is in force", partner=partner)
        us = self._exchange.agency
        with self._store.read() as connection:
            found = [
                record for kind in sorted(_kinds(agreement, us))
                for record in records.current_of_kind(connection, self._labels, kind)
                if record.originator == us
            ]  # fmt: skip
        return self.publish(partner, found)

    def _put(self, partner: str, agreement: InForce, given: list[Record]) -> int:
        us = self._exchange.agency
        place = _shelf_of(partner, agreement, us)
        framing: dict[str, dict[str, Any]] = {}
        # A record may stand under several labels: what was said last counts, as in the exchange.
        given = list({record.id: record for record in sorted(given, key=lambda r: r.seq)}.values())
        cuts = list(self._cuts(partner, agreement, given, framing))
        closed = {self._name_of(record) for record in given} - {cut.name for cut in cuts}
        if closed:
            # What a record said before it was closed to this partner goes.
            with self._store.write() as connection:
                shelf.withdraw(connection, closed, shelf=place)
        if not cuts:
            return 0
        for item in (*extensions.definitions(), objects.agency(us)):
            framing[item["id"]] = item
        common = self._labels.intern(us, Marking(releasable_to=frozenset({partner})))
        with self._store.write() as connection:
            free = shelf.positions(connection, place, self._exchange.now())
            self._frame(connection, place, framing, common, free)
            return _place(connection, place, cuts, free)

    def _cuts(
        self, partner: str, agreement: InForce, given: list[Record],
        framing: dict[str, dict[str, Any]],
    ) -> Iterator[Cut]:  # fmt: skip
        us = self._exchange.agency
        today = self._exchange.now().date()
        for record in given:
            if not record.seq or record.body is None or record.withdrawn:
                continue
            made = self._exchange.planned(record, partner)
            if made is None or not made.released or made.agreement != agreement.digest:
                continue
            said = kept_until(made, record, agreement)
            try:
                definitions = marking_objects(said, partner, today)
            except MarkingError:
                continue  # no word of the partner's says how strict it is: it stays
            framing.update((item["id"], item) for item in definitions)
            if record.originator != us:
                known = objects.agency(record.originator)
                framing[known["id"]] = known
            name = self._name_of(record)
            yield Cut(
                object=objects.written(
                    body_of(made), name=name, originator=record.originator,
                    markings=tuple(item["id"] for item in definitions),
                ),
                label=self._labels.intern(us, said), name=name, seq=record.seq,
            )  # fmt: skip

    def _name_of(self, record: Record) -> str:
        ours = record.originator == self._exchange.agency
        return self._exchange.name_of(record.id) if ours else record.id

    @staticmethod
    def _frame(
        connection: sa.Connection, place: str, framing: dict[str, dict[str, Any]], label: int,
        free: Iterator[int],
    ) -> None:  # fmt: skip
        """Put what objects refer to before them; what is there stays."""
        before = shelf.known(connection, place, framing)
        items = [
            Item(
                position=next(free), stix_id=identity, type=item["type"], label=label,
                version=reading.moment(item.get("modified", item["created"])),
                body=_ENCODER.encode(item),
            )
            for identity, item in framing.items() if identity not in before
        ]  # fmt: skip
        shelf.add(connection, place, items, {})


def _shelf_of(partner: str, agreement: InForce, us: str) -> str:
    nobody = Client(name="", agency=partner, writes=False, deletes=False, until="", added="",
                    revoked=False)  # fmt: skip
    return collection_of(agreement, nobody, us, incoming=False).id


def _kinds(agreement: InForce, us: str) -> set[str]:
    given: set[str] = {c.kind for c in agreement.agreement.clauses if c.giver == us}
    return given & set(extensions.SHAPES)  # what a referral says has no form there


def marking_objects(said: Marking, partner: str, today: dt.date) -> tuple[dict[str, Any], ...]:
    """Return the definitions an object goes under: a TLP 2.0 colour, and our own in full words.

    A colour asks for at least as much as a level does. The second definition says what a colour
    cannot: purposes, dates, caveats.

    :raises MarkingError: for a level above all colours.
    """
    audience = Audience(recipient=frozenset({partner}))
    try:
        return (stix.tlp_of(said, audience, today), objects.marking(said))
    except MarkingError:
        colour = _colour(said.level)
    stricter = taxonomies.marking_of([f"tlp:{colour}"], audience, today)
    return (stix.tlp_of(stricter, audience, today), objects.marking(said))


def _colour(level: Level) -> str:
    if level <= Level.RESTRICTED:
        return "amber+strict"
    if level is Level.CONFIDENTIAL:
        return "red"
    raise MarkingError(f"no TLP colour is as strict as {level.name}")


def _place(connection: sa.Connection, place: str, cuts: list[Cut], free: Iterator[int]) -> int:
    before = shelf.known(connection, place, [cut.object["id"] for cut in cuts])
    items: dict[str, Item] = {}
    for cut in cuts:
        identity = cut.object["id"]
        rows = before.get(identity, [])
        digest = hashlib.sha256(_ENCODER.encode(cut.object)).hexdigest()
        same = next((row for row in rows if row.current and row.digest == digest), None)
        if same is not None:
            shelf.renew(connection, place, same.position, seq=cut.seq, label=cut.label)
            items.pop(identity, None)
            continue
        position = next(free)
        moment = shelf.moment_text(position)
        created = min((row.version for row in rows), default=moment)
        body = _ENCODER.encode({**cut.object, "created": created, "modified": moment})
        items[identity] = Item(
            position=position, stix_id=identity, version=moment, type=cut.object["type"],
            label=cut.label, body=body, name=cut.name, seq=cut.seq, digest=digest,
        )  # fmt: skip
    shelf.add(connection, place, list(items.values()), before)
    return len(items)
