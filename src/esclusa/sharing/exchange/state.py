"""A node's exchange state as frozen rows in named tables, and the draft of one transition.

A transition reads tables through a :class:`Draft`, which collects the rows it would write. Nothing
of the state changes until the caller applies the resulting :class:`Effects`, so a transition is
all or nothing, and a ledger can store it with one statement per row. ``State`` keeps the tables in
memory; a ledger offers mappings of the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import Any, Final, Generic, TypeVar

import msgspec

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange.messages import ConsentAnswer, Receipt
from esclusa.sharing.exchange.rows import (
    Clock,
    Consent,
    ConsentKey,
    Copy,
    CopyKey,
    Cut,
    Entry,
    EntryKey,
    Grant,
    Inbox,
    Lease,
    Outbox,
    Owed,
    Own,
    Pact,
    Pair,
    Question,
    QuestionKey,
    TrailKey,
)

K = TypeVar("K")
R = TypeVar("R")


class Rules(msgspec.Struct, frozen=True):
    """What the exchange is given from outside, as plain functions without side effects.

    ``release(item, partner, pact)`` returns what of an :class:`Own` record or a :class:`Copy` goes
    to the partner, or None when the agreement lets nothing go. ``trusts(answer)`` tells whether a
    consent bears a signature of its originator that holds.
    """

    release: Callable[[Own | Copy, str, Pact], Cut | None]
    trusts: Callable[[ConsentAnswer], bool]


TABLES: Final = (
    "clock", "own", "uses", "copies", "owed", "floors", "grants", "trail", "pacts", "outboxes",
    "entries", "inboxes", "leases", "lent", "consents", "questions",
)  # fmt: skip


class State(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One node's state. ``ready`` is False while the store is being migrated: nothing moves then.

    ``own`` what this node originated, by record; ``uses`` which of those rest on a copy; ``copies``
    what it holds of others; ``owed`` erasures not yet confirmed; ``floors`` the lowest version that
    may be held of a record through anybody but its originator; ``grants`` what it supplied;
    ``trail`` the last receipt of each holder; ``pacts`` agreements; ``leases`` what it may read;
    ``lent`` until when it let partners read.
    """

    me: str
    ready: bool = True
    clock: dict[str, Clock] = {}
    own: dict[str, Own] = {}
    uses: dict[CopyKey, tuple[str, ...]] = {}
    copies: dict[CopyKey, Copy] = {}
    owed: dict[CopyKey, Owed] = {}
    floors: dict[Pair, int] = {}
    grants: dict[CopyKey, Grant] = {}
    trail: dict[TrailKey, Receipt] = {}
    pacts: dict[str, Pact] = {}
    outboxes: dict[str, Outbox] = {}
    entries: dict[EntryKey, Entry] = {}
    inboxes: dict[str, Inbox] = {}
    leases: dict[Pair, Lease] = {}
    lent: dict[Pair, Lease] = {}
    consents: dict[ConsentKey, Consent] = {}
    questions: dict[QuestionKey, Question] = {}


class Alarm(msgspec.Struct, frozen=True, gc=False):
    """Something a person must look at: which rule, about which partner, one sentence."""

    rule: str
    partner: str
    text: str


class Audit(msgspec.Struct, frozen=True, gc=False):
    """A line for the audit log: ``event`` from ``words.EVENTS`` and the names it concerns."""

    event: str
    partner: str
    originator: str = ""
    record: str = ""
    version: int = 0


class Audits(msgspec.Struct, frozen=True, gc=False):
    """One line for each of many records, in their order: all of one event and with the same other
    names. A transition adds to its lists while it is in the making."""

    event: str
    partner: str
    originator: str
    records: list[str]
    versions: list[int]

    def lines(self) -> Iterator[Audit]:
        """Yield each line by itself."""
        for record, version in zip(self.records, self.versions, strict=True):
            yield Audit(self.event, self.partner, self.originator, record, version)


class Effects(msgspec.Struct, frozen=True, gc=False):
    """All that a transition does; the caller stores it in one transaction.

    ``store`` maps table → key → new row (None deletes; ``dropped`` tells whether any does).
    ``send``: partners whose outbox has news. ``erase``: copies whose content must vanish from every
    class of storage, reported back through ``moves.erased``. ``reopen``: own records to be looked
    at again. ``refused``: why a batch was refused; then no message of it counted.
    """

    store: Mapping[str, Mapping[Any, Any]] = {}
    send: tuple[str, ...] = ()
    erase: tuple[CopyKey, ...] = ()
    reopen: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    audit: tuple[Audit | Audits, ...] = ()
    refused: ExchangeError | None = None
    dropped: bool = False


_SAME: Final[Any] = object()
_ZERO: Final = dt.timedelta()


class Table(msgspec.Struct, Generic[K, R], frozen=True):
    """The name of a table, with the kinds of its keys and rows: a draft is told where to write."""

    name: str


class Tables:
    """Every table that a transition may write."""

    own: Final = Table[str, Own]("own")
    uses: Final = Table[CopyKey, tuple[str, ...]]("uses")
    copies: Final = Table[CopyKey, Copy]("copies")
    owed: Final = Table[CopyKey, Owed]("owed")
    floors: Final = Table[Pair, int]("floors")
    grants: Final = Table[CopyKey, Grant]("grants")
    trail: Final = Table[TrailKey, Receipt]("trail")
    pacts: Final = Table[str, Pact]("pacts")
    outboxes: Final = Table[str, Outbox]("outboxes")
    entries: Final = Table[EntryKey, Entry]("entries")
    inboxes: Final = Table[str, Inbox]("inboxes")
    leases: Final = Table[Pair, Lease]("leases")
    lent: Final = Table[Pair, Lease]("lent")
    consents: Final = Table[ConsentKey, Consent]("consents")
    questions: Final = Table[QuestionKey, Question]("questions")


class Layer(msgspec.Struct, Generic[K, R], gc=False):
    """A table that a transition has written: the stored rows under the rows it would write.

    It is read like any mapping. What is written later changes nothing in what was iterated over.
    """

    base: Mapping[K, R]
    new: dict[K, R | None]

    def get(self, key: K, default: Any = None) -> Any:
        """Return a row as it would be; None, or what is given for it, when there is none."""
        row = self.new.get(key, _SAME)
        if row is _SAME:
            return self.base.get(key, default)
        return default if row is None else row

    def __getitem__(self, key: K) -> R:
        row: R | None = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def _rows(self) -> dict[K, R]:
        rows = {**self.base, **self.new}
        return {key: row for key, row in rows.items() if row is not None}

    def items(self) -> ItemsView[K, R]:
        """Return every row as it is now."""
        return self._rows().items()

    def values(self) -> ValuesView[R]:
        """Return every row as it is now."""
        return self._rows().values()

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        # Asked for each message of a run: all rows are not put together to see that there is one.
        new = self.new
        return any(row is not None for row in new.values()) or any(
            new.get(key, row) is not None for key, row in self.base.items()
        )


class Draft(msgspec.Struct, eq=False, gc=False):
    """One transition in the making; :meth:`begin` makes it.

    Its tables show the stored rows under those that it would write: to begin with they are the
    stored tables themselves, and one that is written becomes a :class:`Layer` over its stored one.
    ``now`` is the node's own clock, ``run`` how long the node's clock has run forward in all: a
    clock set back does not give time back.
    """

    me: str
    rules: Rules
    now: dt.datetime
    run: dt.timedelta
    own: Mapping[str, Own]
    uses: Mapping[CopyKey, tuple[str, ...]]
    copies: Mapping[CopyKey, Copy]
    owed: Mapping[CopyKey, Owed]
    floors: Mapping[Pair, int]
    grants: Mapping[CopyKey, Grant]
    trail: Mapping[TrailKey, Receipt]
    pacts: Mapping[str, Pact]
    outboxes: Mapping[str, Outbox]
    entries: Mapping[EntryKey, Entry]
    inboxes: Mapping[str, Inbox]
    leases: Mapping[Pair, Lease]
    lent: Mapping[Pair, Lease]
    consents: Mapping[ConsentKey, Consent]
    questions: Mapping[QuestionKey, Question]
    store: dict[str, dict[Any, Any]]
    send: dict[str, None]
    erase: list[CopyKey]
    reopen: list[str]
    alarms: list[Alarm]
    audit: list[Audit | Audits]
    dropped: bool = False

    @staticmethod
    def begin(state: State, rules: Rules, now: dt.datetime) -> Draft:
        """Return the draft of a transition; every one begins here, so it is made in one piece.

        :raises ExchangeError: while the node is being migrated.
        """
        if not state.ready:
            raise ExchangeError("not_ready", f"{state.me} is being migrated: nothing moves")
        clock = state.clock.get("")
        run = clock.at(now) if clock is not None else _ZERO
        return Draft(
            state.me, rules, now, run, state.own, state.uses, state.copies, state.owed,
            state.floors, state.grants, state.trail, state.pacts, state.outboxes, state.entries,
            state.inboxes, state.leases, state.lent, state.consents, state.questions,
            {"clock": {"": Clock(now, run)}}, {}, [], [], [], [],
        )  # fmt: skip

    def put(self, table: Table[K, R], key: K, row: R) -> None:
        """Write a row."""
        name, store = table.name, self.store
        if name in store:
            store[name][key] = row
        else:  # most tables are written once
            rows = store[name] = {key: row}
            setattr(self, name, Layer(getattr(self, name), rows))

    def drop(self, table: Table[K, Any], key: K) -> None:
        """Delete a row."""
        self.put(table, key, None)
        self.dropped = True

    def wake(self, partner: str) -> None:
        """Have a batch made for a partner: there is news, or an answer is due."""
        self.send[partner] = None

    def alarm(self, rule: str, partner: str, text: str) -> None:
        """Have a person look."""
        self.alarms.append(Alarm(rule, partner, text))

    def note(self, event: str, partner: str, named: Any = None) -> None:
        """Write an audit line; ``named`` has originator, record and version."""
        if named is None:
            self.audit.append(Audit(event, partner))
        else:
            self.audit.append(Audit(event, partner, named.originator, named.record, named.version))

    def effects(self, refused: ExchangeError | None = None) -> Effects:
        """Return what this transition does."""
        return Effects(
            self.store,
            tuple(self.send) if self.send else (),
            tuple(self.erase) if self.erase else (),
            tuple(self.reopen) if self.reopen else (),
            tuple(self.alarms) if self.alarms else (),
            tuple(self.audit) if self.audit else (),
            refused,
            self.dropped,
        )


def apply(state: State, effects: Effects) -> None:
    """Store the effects in the tables of ``state``, which are the caller's own dictionaries."""
    if not effects.dropped:
        for name, rows in effects.store.items():
            getattr(state, name).update(rows)
        return
    for name, rows in effects.store.items():
        table = getattr(state, name)
        for key, row in rows.items():
            if row is None:
                table.pop(key, None)
            else:
                table[key] = row


def rows_before(state: State, effects: Effects) -> dict[str, dict[Any, Any]]:
    """Return the rows that the effects will write over or delete, None where there is none yet."""
    found: dict[str, dict[Any, Any]] = {}
    for name, rows in effects.store.items():
        row_of = getattr(state, name).get
        found[name] = {key: row_of(key) for key in rows}
    return found


def take_back(state: State, before: Mapping[str, Mapping[Any, Any]]) -> None:
    """Undo :func:`apply`.

    :param before: what :func:`rows_before` said then.
    """
    for name, rows in before.items():
        table = getattr(state, name)
        for key, row in rows.items():
            if row is None:
                table.pop(key, None)
            else:
                table[key] = row


def snapshot(state: State) -> State:
    """Return a copy that later effects do not touch: a backup. Rows are frozen and shared."""
    tables = {name: dict(getattr(state, name)) for name in TABLES}
    return State(me=state.me, ready=state.ready, **tables)
