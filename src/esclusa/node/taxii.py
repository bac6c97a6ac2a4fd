"""The TAXII door's services: who asks, which collections that agency has, what stands in them.

Rules:

1. a client belongs to one agency and sees the collections of the agreement in force with it; to
   anyone else, and after the agreement has ended, they do not exist;
2. an object is shown only while its marking names the agency and may still be kept, its record is
   neither recalled, withdrawn nor erased, and no newer version of the record has been recorded;
3. every request leaves one audit line with the number of objects it showed;
4. a collection belongs to one text of an agreement: under a new text there is a new collection.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Collection as Several
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import Forbidden, InputError, NotFound, SignInError
from esclusa.ledger import audit, shelf
from esclusa.ledger.labels import Labels
from esclusa.ledger.shelf import Wanted
from esclusa.ledger.store import Store
from esclusa.model import EVERYONE
from esclusa.node import credentials
from esclusa.node.exchange import Exchange
from esclusa.sharing.agreement import InForce
from esclusa.sharing.exchange import pacts
from esclusa.sharing.exchange.state import State
from esclusa.sharing.reader import Action, Reader

MOST: Final = 10_000
"""Objects on one page: about 7 MB."""
_SPACE: Final = uuid.UUID("c1f0e6b4-0d53-4f0c-9a1d-8a7be1d3f920")
_ROLE: Final = "taxii"
_PURPOSE: Final = "exchange"
_COARSE: Final = 6


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's program: its agency and what it may do. ``until`` is ISO 8601 UTC."""

    name: str
    agency: str
    writes: bool
    deletes: bool
    until: str
    added: str
    revoked: bool


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection of one client. ``incoming``: the partner puts objects there, for us."""

    id: str
    title: str
    description: str
    can_read: bool
    can_write: bool
    can_delete: bool
    incoming: bool
    partner: str
    agreement: InForce


Row = tuple[Any, ...]
"""One object of a page as it lies on the shelf: (position, label, name, body), or (position, label,
name, id, version) where only its name was asked for."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page. ``next`` is the position to go on from, 0 when there is no more."""

    rows: tuple[Row, ...]
    next: int


class TaxiiDesk:
    """What a client may do; also who may be one."""

    def __init__(self, folder: Path, store: Store, labels: Labels, exchange: Exchange) -> None:
        self._folder = folder
        self._store = store
        self._labels = labels
        self._exchange = exchange

    # --- clients ---------------------------------------------------------------------------

    def add_client(
        self, reader: Reader, name: str, agency: str, *, writes: bool = False,
        deletes: bool = False, until: dt.datetime,
    ) -> str:  # fmt: skip
        """Enter a partner's client; return its token, which is kept nowhere here.

        :raises InputError: when the name is taken or malformed, or the agency is no partner.
        """
        reader.require(Action.PARTNER_WRITE)
        if not name.replace("-", "").isalnum() or not name.islower() or len(name) > 64:
            raise InputError("a client's name has small letters, digits and hyphens, at most 64")
        self._exchange.state()
        if agency not in self._exchange.partners.known:
            raise InputError(f"{agency!r} is no partner here; add it first")
        token = secrets.token_urlsafe(32)
        try:
            with self._store.write() as connection:
                shelf.add_client(
                    connection, name=name, token=_digest(token), agency=agency, writes=writes,
                    deletes=deletes, until=_text(until), added=_text(self._exchange.now()),
                )  # fmt: skip
                _note_person(connection, reader, name, f"taxii client of {agency}")
        except sa.exc.IntegrityError:
            raise InputError(f"there is a client {name!r} already") from None
        return token

    def clients(self, reader: Reader) -> tuple[Client, ...]:
        """Return every client, without its token."""
        reader.require(Action.PARTNER_READ)
        with self._store.read() as connection:
            return tuple(_client(row) for row in shelf.clients(connection))

    def agencies_let_in(self) -> tuple[str, ...]:
        """Return the agencies that have a client that may ask now, sorted."""
        now = _text(self._exchange.now())
        with self._store.read() as connection:
            rows = shelf.clients(connection)
        return tuple(sorted({row.agency for row in rows if not row.revoked and row.until > now}))

    def revoke_client(self, reader: Reader, name: str) -> None:
        """Let a client in no more; raises ``NotFound``."""
        reader.require(Action.PARTNER_WRITE)
        with self._store.write() as connection:
            if not shelf.revoke_client(connection, name):
                raise NotFound("no such client")
            _note_person(connection, reader, name, "taxii client revoked")

    def client(self, token: str) -> Client:
        """Return whose token it is; raises ``SignInError`` when it counts for nobody now."""
        with self._store.read() as connection:
            row = shelf.client_by_token(connection, _digest(token))
        if row is None or row.revoked or row.until <= _text(self._exchange.now()):
            raise SignInError("no client with this token")
        return _client(row)

    # --- collections -----------------------------------------------------------------------

    def collections(self, client: Client) -> tuple[Collection, ...]:
        """Return the collections that the client's agency has now."""
        found = self._collections(client, self._state())
        self._note(client, "taxii:collection:read", "", f"rows={len(found)}")
        return found

    def collection(self, client: Client, identity: str) -> Collection:
        """Return one collection; raises ``NotFound``."""
        found = self._one(client, identity, self._state())
        self._note(client, "taxii:collection:read", identity, "rows=1")
        return found

    def place(self, client: Client, identity: str) -> Collection:
        """Return one collection without an audit line; raises ``NotFound``."""
        return self._one(client, identity, self._state())

    def agreement_with(self, agency: str) -> InForce | None:
        """Return the agreement in force with an agency, None when there is none."""
        state = self._state()
        return self._agreement(agency, state) if state is not None else None

    def _state(self) -> State | None:
        if not credentials.exist(self._folder):
            return None
        return self._exchange.state()

    def _agreement(self, agency: str, state: State) -> InForce | None:
        pact, now = state.pacts.get(agency), self._exchange.now()
        if pact is None or not pacts.holds(pact, now):
            return None
        # The state was read a moment ago, and the keys with it: `Exchange.in_force` reads it again.
        partners = self._exchange.partners
        ring = partners.ring(credentials.read_public(self._folder).keys)
        found = partners.in_force(ring, now).get(pact.digest)
        return found if found is not None and found.begins <= now < found.ends else None

    def _collections(self, client: Client, state: State | None) -> tuple[Collection, ...]:
        agreement = self._agreement(client.agency, state) if state is not None else None
        if agreement is None:
            return ()
        givers = {clause.giver for clause in agreement.agreement.clauses}
        ways = [(False, self._exchange.agency), (True, client.agency)]
        return tuple(
            collection_of(agreement, client, self._exchange.agency, incoming=incoming)
            for incoming, giver in ways if giver in givers
        )  # fmt: skip

    def _one(self, client: Client, identity: str, state: State | None) -> Collection:
        for found in self._collections(client, state):
            if found.id == identity:
                return found
        raise NotFound("no such collection")

    # --- objects ---------------------------------------------------------------------------

    def page(
        self, client: Client, identity: str, wanted: Wanted, *, bodies: bool = True,
        digits: int = _COARSE,
    ) -> Page:  # fmt: skip
        """Return a page of a collection's objects.

        :param digits: how many digits after the second ``wanted.after`` was written with, when it
            is a moment; six when it is a position.
        :raises NotFound: when the client has no such collection.
        :raises InputError: when the moment was cut and more objects than a page share what is left.
        """
        state = self._state()
        place = self._one(client, identity, state)
        assert state is not None  # there is no collection without one
        limit = min(wanted.limit, MOST)
        asked = msgspec.structs.replace(wanted, limit=limit + 1)
        with self._store.read() as connection:
            _refuse_coarse(connection, place.id, wanted.after, digits, limit)
            found = shelf.page(
                connection, place.id, asked, of_records=not place.incoming, bodies=bodies
            )
        more = len(found) > limit
        found = found[:limit]
        rows = self._shown(client, found, state)
        span = f"rows={len(rows)}" + (f" positions={found[0][0]}..{found[-1][0]}" if found else "")
        self._note(client, "taxii:object:read", identity, span)
        return Page(rows=rows, next=found[-1][0] if more else 0)

    def _shown(self, client: Client, found: Sequence[Any], state: State) -> tuple[Row, ...]:
        today = self._exchange.now().date()
        open_labels = {
            number for number in {row[1] for row in found}
            if self._may(client.agency, number, today)
        }  # fmt: skip
        recalled = {
            name for name in {row[2] for row in found}
            if name and name in state.own and state.own[name].content is None
        }  # fmt: skip
        if recalled or len(open_labels) < len({row[1] for row in found}):
            found = [row for row in found if row[1] in open_labels and row[2] not in recalled]
        return tuple(found)

    def _may(self, agency: str, number: int, today: dt.date) -> bool:
        label = self._labels.get(number)
        said = label.marking
        named = said.releasable_to & {agency, EVERYONE} or label.originator == agency
        return bool(named) and (said.retain_until is None or today <= said.retain_until)

    def remove(self, client: Client, identity: str, wanted: Wanted) -> int:
        """Delete what the client's agency put there; return how many versions.

        :raises NotFound: when there is no such collection, or nothing of that name in it.
        :raises Forbidden: when the client may not delete there.
        """
        place = self._one(client, identity, self._state())
        if not place.can_delete:
            raise Forbidden("this client may not delete from the collection")
        with self._store.write() as connection:
            count = shelf.remove(connection, place.id, wanted)
            _write(connection, client, "taxii:object:delete", identity, f"rows={count}")
        if not count:
            raise NotFound("no such object")
        return count

    def status(self, client: Client, identity: str) -> bytes:
        """Return what became of a post of this client, as JSON; raises ``NotFound``."""
        with self._store.read() as connection:
            found = shelf.status(connection, identity, client.name)
        if found is None:
            raise NotFound("no such status")
        return found

    def withdraw(self, record_ids: Several[str]) -> int:
        """Empty what was cut from records of ours on every shelf; return how many versions."""
        if not credentials.exist(self._folder):
            return 0
        names = [self._exchange.name_of(record_id) for record_id in record_ids]
        with self._store.write() as connection:
            return shelf.withdraw(connection, names)

    def _note(self, client: Client, action: str, subject: str, detail: str) -> None:
        with self._store.write() as connection:
            _write(connection, client, action, subject, detail)


def collection_of(agreement: InForce, client: Client, us: str, *, incoming: bool) -> Collection:
    """Return the collection of one way of an agreement."""
    giver, taker = (client.agency, us) if incoming else (us, client.agency)
    name = uuid.uuid5(_SPACE, f"{giver} {taker} {agreement.digest}")
    return Collection(
        id=str(name), title=f"{agreement.agreement.id}: {giver} to {taker}",
        description=agreement.agreement.title.en, can_read=True,
        can_write=incoming and client.writes, can_delete=incoming and client.deletes,
        incoming=incoming, partner=client.agency, agreement=agreement,
    )  # fmt: skip


def note_post(connection: sa.Connection, client: Client, identity: str, detail: str) -> None:
    """Write the audit line of a post inside its transaction."""
    _write(connection, client, "taxii:object:add", identity, detail)


def _write(
    connection: sa.Connection, client: Client, action: str, subject: str, detail: str
) -> None:
    audit.write_line(
        connection, who=client.name, role=_ROLE, purpose=_PURPOSE, action=action, subject=subject,
        detail=f"{client.agency} {detail}",
    )  # fmt: skip


def _note_person(connection: sa.Connection, reader: Reader, name: str, detail: str) -> None:
    audit.write_line(
        connection, who=reader.name, role=reader.role, purpose=reader.purpose,
        action=Action.PARTNER_WRITE, subject=name, detail=detail,
    )  # fmt: skip


def _refuse_coarse(
    connection: sa.Connection, place: str, after: int, digits: int, limit: int
) -> None:
    """Who follows with moments that were cut would get one page for ever: tell, do not loop."""
    if digits >= _COARSE or not after:
        return
    until = after + int(10 ** (_COARSE - digits)) - 1
    if shelf.between(connection, place, after, until, limit + 1) > limit:
        raise InputError(
            "more objects than one page were added within the moment of added_after; write it with "
            "six digits, as X-TAXII-Date-Added-Last says it, or use next"
        )


def _client(row: Any) -> Client:
    names = Client.__struct_fields__
    return Client(**{name: getattr(row, name) for name in names})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
