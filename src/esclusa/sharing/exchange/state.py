"""A node's exchange state as frozen rows in named tables, and the draft of one transition.

A transition reads tables through a :class:`Draft`, which collects the rows it would write. Nothing
of the state changes until the caller applies the resulting :class:`Effects`, so a transition is
all or nothing, and a ledger can store it with one statement per row. ``State`` keeps the tables in
memory; a ledger offers mappings of the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
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


class Effects(msgspec.Struct, frozen=True, gc=False):
    """All that a transition does; the caller stores it in one transaction.

    ``store`` maps table → key → new row (None deletes). ``send``: partners whose outbox has news.
    ``erase``: copies whose content must vanish from every class of storage, reported back through
    ``moves.erased``. ``reopen``: own records to be looked at again. ``refused``: why a batch was
    refused; then no message of it counted.
    """

    store: Mapping[str, Mapping[Any, Any]] = {}
    send: tuple[str, ...] = ()
    erase: tuple[CopyKey, ...] = ()
    reopen: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    audit: tuple[Audit, ...] = ()
    refused: ExchangeError | None = None


_SAME: Final[Any] = object()


class Layer(Generic[K, R]):
    """A table as the transition sees it: the stored rows under the rows it would write.

    ``get`` returns the row as it would be, or None. Most transitions write few of the tables that
    they read: until a row is written, reading is the stored table's own.
    """

    __slots__ = ("base", "get", "new")

    def __init__(self, base: Mapping[K, R]) -> None:
        self.base = base
        self.new: dict[K, R | None] = {}
        self.get: Callable[[K], R | None] = base.get

    def put(self, key: K, row: R) -> None:
        """Write a row."""
        if not self.new:
            self.get = _over(self.base, self.new)
        self.new[key] = row

    def drop(self, key: K) -> None:
        """Delete a row."""
        if not self.new:
            self.get = _over(self.base, self.new)
        self.new[key] = None

    def items(self) -> list[tuple[K, R]]:
        """Return every row as it is now; what is written later does not change the list."""
        if not self.new:
            return list(self.base.items())
        rows = {**self.base, **self.new}
        return [(key, row) for key, row in rows.items() if row is not None]

    def __iter__(self) -> Iterator[K]:
        """Iterate over the keys as they are now."""
        if not self.new:
            return iter(list(self.base))
        return iter([key for key, _ in self.items()])

    def values(self) -> list[R]:
        """Return every row as it is now."""
        if not self.new:
            return list(self.base.values())
        return [row for _, row in self.items()]


def _over(base: Mapping[K, R], new: Mapping[K, R | None]) -> Callable[[K], R | None]:
    """Return how to read a row of ``base`` under the rows of ``new``; no layer refers to itself."""
    written, stored = new.get, base.get

    def get(key: K) -> R | None:
        row = written(key, _SAME)
        return stored(key) if row is _SAME else row

    return get


class _Table:
    """A table of a draft, laid over the stored one when it is first asked for, which most are not:
    the layer then stands in the draft itself, before this."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, draft: Draft, _: type[Draft]) -> Layer[Any, Any]:
        name = self.name
        layer: Layer[Any, Any] = Layer(getattr(draft.state, name))
        draft.__dict__[name] = draft.layers[name] = layer
        return layer


class Draft:
    """One transition in the making. ``now`` is the node's own clock, ``run`` how long the node's
    clock has run forward in all: a clock set back does not give time back."""

    me: str
    own: Layer[str, Own]
    uses: Layer[CopyKey, tuple[str, ...]]
    copies: Layer[CopyKey, Copy]
    owed: Layer[CopyKey, Owed]
    floors: Layer[Pair, int]
    grants: Layer[CopyKey, Grant]
    trail: Layer[TrailKey, Receipt]
    pacts: Layer[str, Pact]
    outboxes: Layer[str, Outbox]
    entries: Layer[EntryKey, Entry]
    inboxes: Layer[str, Inbox]
    leases: Layer[Pair, Lease]
    lent: Layer[Pair, Lease]
    consents: Layer[ConsentKey, Consent]
    questions: Layer[QuestionKey, Question]

    def __init__(self, state: State, rules: Rules, now: dt.datetime) -> None:
        if not state.ready:
            raise ExchangeError("not_ready", f"{state.me} is being migrated: nothing moves")
        self.state = state
        self.me = state.me
        self.rules = rules
        self.now = now
        clock = state.clock.get("")
        self.run = clock.at(now) if clock else dt.timedelta()
        self.layers: dict[str, Layer[Any, Any]] = {}
        self.send: dict[str, None] = {}
        self.erase: list[CopyKey] = []
        self.reopen: list[str] = []
        self.alarms: list[Alarm] = []
        self.audit: list[Audit] = []

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
        store: dict[str, Mapping[Any, Any]] = {"clock": {"": Clock(self.now, self.run)}}
        for name, layer in self.layers.items():
            if layer.new:
                store[name] = layer.new
        return Effects(
            store,
            tuple(self.send),
            tuple(self.erase),
            tuple(self.reopen),
            tuple(self.alarms),
            tuple(self.audit),
            refused,
        )


for _name in TABLES:
    if _name != "clock":
        setattr(Draft, _name, _Table(_name))


def apply(state: State, effects: Effects) -> None:
    """Store the effects in the tables of ``state``, which are the caller's own dictionaries."""
    for name, rows in effects.store.items():
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
