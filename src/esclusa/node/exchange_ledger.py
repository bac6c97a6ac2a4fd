"""The state of the exchange on the ledger, and the one way to move it.

A move is computed on the state in memory, then stored in one transaction: the rows of the exchange,
the copies among the node's records, the audit lines and the alarms. When another process has moved
meanwhile, the state is read anew and the move computed again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import (
    ExchangeError,
    TrustError,
)
from esclusa.ledger import audit, audit_sets, exchange, records
from esclusa.ledger.labels import Label, Labels
from esclusa.ledger.once import is_first
from esclusa.ledger.store import Store
from esclusa.node import credentials
from esclusa.node.alerts import MissingLabel
from esclusa.node.chronicle import TABLES as LOGGED
from esclusa.node.chronicle import Chronicle
from esclusa.node.collecting import uncollected
from esclusa.node.copies import Copies
from esclusa.node.credentials import Credentials
from esclusa.node.partners import TABLES as KEPT
from esclusa.node.partners import (
    Partners,
)
from esclusa.node.releasing import (
    Pointer,
    Releasing,
    pointer_of,
)
from esclusa.node.turns import Turns
from esclusa.sharing import keeping
from esclusa.sharing.agencies.register import Register
from esclusa.sharing.agreement import InForce
from esclusa.sharing.carriage import consent_bytes
from esclusa.sharing.exchange import pacts
from esclusa.sharing.exchange.messages import ConsentAnswer, Narrow, Recall
from esclusa.sharing.exchange.rows import Consents, Copy, CopyKey, Pair
from esclusa.sharing.exchange.state import (
    TABLES,
    Alarm,
    Audit,
    Audits,
    Draft,
    Effects,
    Rules,
    State,
    apply,
    rows_before,
    snapshot,
    take_back,
)
from esclusa.sharing.keys import EXCHANGE, KeyRing, Signer

ALARM: Final = "alarm"
HEARD: Final = "heard"
APART: Final = "apart"
"""By how many seconds a partner's clock was ahead of ours when its last batch came."""
POINTER: Final = "pointer"
CURSOR: Final = "cursor"

_TRIES: Final = 20
_MANY: Final = 64
"""Rows of a table from which on they are many."""
_ASKED: Final = "leases"
"""The table that storing copies asks for and of which one move may write many rows."""
_BACK: Final = frozenset({Narrow, Recall})

Move = Callable[[State, Rules, dt.datetime], Effects]
Act = Callable[[Draft, dict[tuple[str, str], bytes | None]], None]
"""A change of another service: notes what it does in the draft, and fills rows of its own."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it is kept: when it was raised, and about whom."""

    at: dt.datetime
    rule: str
    partner: str
    text: str


class ExchangeLedger:
    """The state of one node's exchange and the one way to change it; safe between threads."""

    def __init__(
        self, folder: Path, store: Store, labels: Labels, copies: Copies, agency: str,
        *, clock: Callable[[], dt.datetime] | None = None,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._labels = labels
        self._copies = copies
        self.agency = agency
        self.now = clock or (lambda: dt.datetime.now(dt.UTC))
        self._lock = Turns()
        self._settling = threading.RLock()
        """Held by the thread that erases what is owed; taken before the exchange's own lock."""
        self._took_back = False
        """Whether the database's files may still hold what a recall overtook."""
        self._to_scrub = False
        """Whether they may still hold what was erased: so it stays when an erasure fails later."""
        self._forgotten = 0
        self._credentials: Credentials | None = None
        self.kept: dict[str, dict[str, bytes]] = {}
        """Tables of other services beside the exchange's own; a service enters its names here."""
        self.upkeep: list[Callable[[], None]] = []
        """What other services do as time passes, and when a partner has asked or answered."""
        self.taken: list[Callable[[], None]] = []
        """What other services do at once when a batch was taken in."""
        self.told: list[Callable[[Sequence[str]], None]] = []
        """Who is told at once, and must not wait, that there is news for these partners."""
        self._forget()
        self.log = Chronicle(folder, store, agency, self._signer, self.ring)

    def _forget(self) -> None:
        self._forgotten += 1
        self._state = empty(self.agency)
        self.partners = Partners(self.agency)
        self.alarms: dict[str, Told] = {}
        self.pointers: dict[str, Pointer] = {}
        """Where each record of ours lies that was ever stated, by the name partners know."""
        self._published = 0
        self._seen = 0
        for table in self.kept.values():
            table.clear()

    # --- what is known ----------------------------------------------------------------------

    @property
    def credentials(self) -> Credentials:
        """Return the node's keys; raises ``ConfigError`` when it has none."""
        if self._credentials is None:
            self._credentials = credentials.load(self._folder)
        return self._credentials

    def _signer(self, role: str) -> Signer:
        return self.credentials.signer(role)

    def state(self) -> State:
        """Return the present state; not to be changed. What several services read at once
        (:meth:`~esclusa.sharing.release.Gate.together`) brings it up to date once."""
        with self._lock:
            # What was forgotten meanwhile, because a move failed, is read again.
            if is_first((self, self._forgotten)):
                try:
                    with self._store.read() as connection:
                        self._refresh(connection)
                except BaseException:
                    self._forget()  # half of a change may have been taken in
                    raise
            return self._state

    def ring(self) -> KeyRing:
        """Return every key that counts here."""
        with self._lock:  # a move that fails in another thread makes partners forgotten, too
            self.state()
            return self.partners.ring(credentials.read_public(self._folder).keys)

    def register(self) -> Register:
        """Return what is known of agencies through time."""
        with self._lock:
            self.state()
            return self.partners.register(credentials.read_public(self._folder).keys)

    def in_force(self) -> dict[str, InForce]:
        """Return the agreements that may release now, by digest."""
        with self._lock:
            ring, partners = self.ring(), self.partners
        return partners.in_force(ring, self.now())

    def is_readable(self, label: Label) -> bool:
        """Tell whether copies under a label may be shown now: the gate asks this for each."""
        state, now = self.state(), self.now()
        return all(_is_lent(state, path, now) for path in label.paths)

    def _refresh(self, connection: sa.Connection) -> None:
        pointing: dict[CopyKey, Copy] = {}
        for seq, name, key, row in exchange.changed(connection, self._seen):
            self._seen = seq
            if keeping.page_of(name):
                for of in self._turn(name, row):
                    pointing.pop(of, None)  # a later word: what the row pointed at has gone
            elif name == "copies" and row is not None:
                of = keeping.key_of(key)
                copy = keeping.read(name, row)
                if keeping.version_of(copy):
                    pointing[of] = copy
                    continue
                self._state.copies[of] = copy
            elif name in TABLES:
                table = getattr(self._state, name)
                if row is None:
                    table.pop(keeping.key_of(key), None)
                else:
                    table[keeping.key_of(key)] = keeping.read(name, row)
            else:
                self._take(name, key, row)
        if pointing:
            self._fill(connection, pointing)

    def _fill(self, connection: sa.Connection, pointing: Mapping[CopyKey, Copy]) -> None:
        """Take in copies whose content records hold. They come whole: whoever was given the state
        before may be reading it meanwhile."""
        versions = {key: keeping.version_of(copy) for key, copy in pointing.items()}
        bodies = records.kept_bytes(connection, set(versions.values()))
        for key, copy in pointing.items():
            self._state.copies[key] = keeping.filled(copy, bodies.get(versions[key]))

    def _turn(self, name: str, page: bytes | None) -> Iterable[Any]:
        """Take in a page of rows; return the keys of copies in it."""
        of = keeping.page_of(name)
        table, told = getattr(self._state, of), list[Any]()
        for key, row in keeping.read_page(name, page) if page is not None else ():
            told.append(key)
            if row is None:
                table.pop(key, None)
            else:
                table[key] = row
        return told if of == "copies" else ()

    def _take(self, name: str, key: str, row: bytes | None) -> None:
        """Take in a row that is not the state machine's."""
        if name in KEPT:
            self.partners.take(name, key, row)
        elif name == ALARM and row is not None:
            self.alarms[key] = msgspec.json.decode(row, type=Told)
        elif name == POINTER and row is not None:
            self.pointers[key] = msgspec.json.decode(row, type=Pointer)
        elif name == CURSOR and row is not None:
            self._published = msgspec.json.decode(row, type=int)
        elif name in self.kept:
            self.kept[name].pop(key, None)
            if row is not None:
                self.kept[name][key] = row

    # --- moving -----------------------------------------------------------------------------

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread move the exchange, or read its state, meanwhile. What the block
        erases is told when others may again: who is told has a lock of its own, and whoever holds
        that may be waiting to read the state."""
        with self._store.together(), self._lock:
            yield

    def change(self, act: Act, *, who: str = "exchange") -> None:
        """Make a change of another service and what it says to partners in one transaction.

        :param act: is given the transition in the making and the rows to fill; it is called again
            when another process has moved meanwhile.
        """
        rows: dict[tuple[str, str], bytes | None] = {}

        def made(state: State, rules: Rules, now: dt.datetime) -> Effects:
            rows.clear()
            draft = Draft.begin(state, rules, now)
            act(draft, rows)
            return draft.effects()

        self._move([made], also=rows, who=who)

    def _move(
        self, made: Iterable[Move], *, also: exchange.Rows | None = None, who: str = "exchange",
        ahead: Sequence[Pointer] = (),
    ) -> list[Effects]:  # fmt: skip
        """Make moves, one after the other, and store all they do in one transaction.

        :param ahead: places of the records that the moves will release, to read them together.
        """
        made = list(made)
        with self.alone(), uncollected():
            for _ in range(_TRIES):
                try:
                    found = self._tried(made, {} if also is None else also, who, ahead)
                except BaseException:
                    self._forget()  # the state may be ahead of the ledger: read it anew
                    raise
                if found is not None:
                    break
            else:
                raise ExchangeError("not_ready", "other processes move all the time; try again")
        news = dict.fromkeys(partner for each in found for partner in each.send)
        for tell in self.told if news else ():
            tell(tuple(news))
        return found

    def _tried(
        self, made: Sequence[Move], also: exchange.Rows, who: str, ahead: Sequence[Pointer]
    ) -> list[Effects] | None:
        now = self.now()
        with self._store.read() as connection:
            self._refresh(connection)
            rules = self._rules(connection, now, ahead)
            before, effects, changed = self._seen, list[Effects](), []
            ends = {partner: box.last for partner, box in self._state.outboxes.items()}
            late: Effects | None = None
            for move in made:
                soon = move(self._state, rules, now)
                effects.append(soon)
                if len(effects) == len(made):
                    soon, late = _parts(soon)
                changed.append(rows_before(self._state, soon))
                apply(self._state, soon)
        copies: dict[CopyKey, Copy | None] = {}
        for each in effects:
            copies |= each.store.get("copies", {})
        self._copies.prepare(copies)
        rows = self._rows(effects, also, now)
        kept = keeping.kept(_merged(effects), ends)
        try:
            with self._store.write() as connection:
                moved = exchange.has_moved(connection, before, LOGGED)
                if not moved:
                    stored = self._copies.store(connection, copies)
                    rows |= kept.rows | dict(keeping.pointed(*each) for each in stored)
                    seq = exchange.put(connection, rows, kept.pages, kept.overtaken)
                    self._write_audit(connection, effects, who)
        except MissingLabel:
            moved = True  # a marking is met for the first time: it is made before the next try
        if moved:
            # Only what this try did: all that was ever read would take as long as a new start.
            for rows_then in reversed(changed):
                take_back(self._state, rows_then)
            self._seen = before  # what others changed may have been read in between: once more
            return None
        self._seen = seq
        if late is not None:
            apply(self._state, late)
        for (name, key), row in rows.items():
            self._take(name, key, row)
        self._took_back |= any(map(_takes_back, effects))
        return effects

    def _rows(
        self, effects: Sequence[Effects], also: exchange.Rows, now: dt.datetime
    ) -> dict[tuple[str, str], bytes | None]:
        """Return the rows beside the state machine's own."""
        rows: dict[tuple[str, str], bytes | None] = dict(also)
        for name, place in _pointers(effects).items():
            rows[POINTER, name] = msgspec.json.encode(place)
        for each in effects:
            rows |= {(ALARM, _alarm_key(now, alarm)): _told(now, alarm) for alarm in each.alarms}
        return rows

    def _write_audit(self, connection: sa.Connection, effects: Sequence[Effects], who: str) -> None:
        lines = [line for each in effects for line in each.audit]
        audit.write_many(
            connection, who=who, role="exchange", purpose="exchange", said=_deeds(lines)
        )

    def _stated(self) -> list[Pointer]:
        """Return the places of all records of ours that are stated now, in the order in which the
        exchange walks through them."""
        places = map(pointer_of, self.state().own.values())
        return [place for place in places if place is not None]

    def _rules(
        self, connection: sa.Connection, now: dt.datetime, ahead: Sequence[Pointer]
    ) -> Rules:
        ring = self.partners.ring(credentials.read_public(self._folder).keys)
        releasing = self._releasing(connection, ring, now, ahead=ahead)
        return Rules(releasing.release, lambda answer: _is_signed(answer, ring, now))

    def _releasing(
        self, connection: sa.Connection, ring: KeyRing, now: dt.datetime,
        consents: Consents | None = None, ahead: Sequence[Pointer] = (),
    ) -> Releasing:  # fmt: skip
        return Releasing(
            connection, self._labels, us=self.agency, secret=self.credentials.secret,
            inside=self.partners.in_force(ring, now), now=now, ahead=ahead,
            consents=self._state.consents if consents is None else consents,
        )  # fmt: skip


def _is_lent(state: State, path: Pair, now: dt.datetime) -> bool:
    """Tell whether the copies of an originator from a supplier may be read now."""
    clock, lease = state.clock.get(""), state.leases.get(path)
    return (
        clock is not None
        and lease is not None
        and clock.at(now) < lease.ends
        and pacts.holds(state.pacts.get(path[0]), now)
    )


def empty(agency: str) -> State:
    """Return the state of a node that has never exchanged anything, with tables of its own."""
    return snapshot(State(me=agency))


def _parts(effects: Effects) -> tuple[Effects, Effects | None]:
    """Return what of a move counts before it is stored, and what from then on.

    Few rows are what storing looks at: may copies of this path be read now? They are as quickly
    taken back. To remember what many rows overtake would cost more than to hold them back. Leases
    never wait, however many originators a partner passes on.
    """
    late = {
        name: rows for name, rows in effects.store.items()
        if len(rows) >= _MANY and name != _ASKED
    }  # fmt: skip
    if not late:
        return effects, None
    soon = {name: rows for name, rows in effects.store.items() if name not in late}
    replace = msgspec.structs.replace
    return replace(effects, store=soon), replace(effects, store=late)


def _takes_back(effects: Effects) -> bool:
    """Tell whether a partner is to let go of what an earlier statement gave."""
    rows = effects.store.get("entries", {}).values()
    return not _BACK.isdisjoint({type(row.message) for row in rows if row is not None})


def _merged(effects: Sequence[Effects]) -> Mapping[str, Mapping[Any, Any]]:
    """Return the rows of several moves, the last word on each key."""
    if len(effects) == 1:
        return effects[0].store
    found: dict[str, dict[Any, Any]] = {}
    for each in effects:
        for name, table in each.store.items():
            found.setdefault(name, {}).update(table)
    return found


def _pointers(effects: Iterable[Effects]) -> dict[str, Pointer]:
    """Return where the records lie that these moves stated."""
    stated = {name: own for each in effects for name, own in each.store.get("own", {}).items()}
    found = {name: pointer_of(own) for name, own in stated.items() if own is not None}
    return {name: place for name, place in found.items() if place is not None}


def _is_signed(answer: ConsentAnswer, ring: KeyRing, now: dt.datetime) -> bool:
    try:
        return ring.verify(
            answer.originator, EXCHANGE, answer.key, consent_bytes(answer),
            bytes.fromhex(answer.signature), now,
        )  # fmt: skip
    except (TrustError, ValueError):
        return False


def _alarm_key(now: dt.datetime, alarm: Alarm) -> str:
    # With a few digits of its text: one batch may raise several of one rule, about other records.
    said = hashlib.sha256(alarm.text.encode()).hexdigest()[:8]
    return "/".join((now.isoformat(), alarm.rule, alarm.partner, said))


def _told(now: dt.datetime, alarm: Alarm) -> bytes:
    return msgspec.json.encode(
        Told(at=now, rule=alarm.rule, partner=alarm.partner, text=alarm.text)
    )


def _deeds(
    lines: Sequence[Audit | Audits],
) -> list[audit_sets.Deed | audit_sets.Deeds]:
    """Return what the audit log is told, in order."""
    details: dict[tuple[str, str], str] = {}
    deeds: list[audit_sets.Deed | audit_sets.Deeds] = []
    for line in lines:
        of = line.partner, line.originator
        about = details.get(of)
        if about is None:
            about = details[of] = _detail(*of)
        if isinstance(line, Audits):
            many = audit_sets.Members(line.records, line.versions)
            deeds.append(audit_sets.Deeds(line.event, about, many))
        else:
            deeds.append((line.event, about, line.record, line.version))
    return deeds


def _detail(partner: str, originator: str) -> str:
    parts = {"partner": partner, "originator": originator}
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)
