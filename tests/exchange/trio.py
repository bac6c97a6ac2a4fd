"""Three nodes in one process, joined by hand: the small world of the exchange's own tests.

::

    trio = Trio()                          # marisol, northreach, altamira, agreements between all
    trio.state("marisol", "r1")            # Marisol states a record for both
    trio.talk()                            # every outbox is carried until nobody has news
    trio.copy("northreach", "marisol").content
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from esclusa.model.marking import Level, Marking
from esclusa.sharing.exchange import core, moves, outbox
from esclusa.sharing.exchange.messages import (
    CLASSES,
    Batch,
    ConsentAnswer,
    ConsentAsk,
    Content,
    Onward,
    Verified,
)
from esclusa.sharing.exchange.rows import Copy, Cut, Grant, Own, Pact
from esclusa.sharing.exchange.state import Effects, Rules, State, apply, snapshot

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
NAMES = ("marisol", "northreach", "altamira")
ALL = frozenset(NAMES)
ERASED = dict.fromkeys(CLASSES, 1)
CONSENT = Onward("consent")


def pact(number: int = 1, *, until: dt.datetime = NOW + 365 * DAY) -> Pact:
    """Return an agreement: three days of lease, one of grace, two hours between the clocks."""
    return Pact(
        f"text-{number}", NOW - DAY, until, 3 * DAY, DAY, 2 * HOUR, frozenset({"not_available"})
    )


def marking(*names: str, orcon: bool = False, level: int = 1, **more: Any) -> Marking:
    """Return a marking for the named agencies."""
    caveats = frozenset({"ORCON"}) if orcon else frozenset()
    return Marking(level=Level(level), releasable_to=frozenset(names), caveats=caveats, **more)


def content(word: str = "crane") -> Content:
    """Return a content of two fields."""
    body = msgspec.json.encode({"what": word, "where": f"pier of {word}"})
    return Content(f"salt of {word}", msgspec.Raw(body))


class Trio:
    """The nodes, one clock for all, and an agreement rule that can be set between two steps."""

    def __init__(self, *, onward: Onward = CONSENT, names: tuple[str, ...] = NAMES) -> None:
        self.names = names
        self.now = NOW
        self.onward = onward
        self.drop: frozenset[str] = frozenset()
        self.signed: set[ConsentAnswer] = set()
        self.rules = Rules(self._release, self.signed.__contains__)
        self.nodes = {
            name: State(me=name, pacts={other: pact() for other in names if other != name})
            for name in names
        }
        self.alarms: list[tuple[str, str, str]] = []

    def _release(self, item: Own | Copy, partner: str, given: Pact) -> Cut | None:
        assert item.content is not None
        fields = msgspec.json.decode(item.content.body)
        kept = {name: value for name, value in fields.items() if name not in self.drop}
        if not kept:
            return None
        cut = Content(item.content.salt, msgspec.Raw(msgspec.json.encode(kept)))
        return Cut(cut, outbox.content_digest(cut), tuple(kept), item.marking, self.onward)

    def do(self, name: str, move: Any, **what: Any) -> Effects:
        """Have a node do something, and store it."""
        return self._store(name, move(self.nodes[name], self.rules, self.now, **what))

    def _store(self, name: str, effects: Effects) -> Effects:
        apply(self.nodes[name], effects)
        self.alarms += [(name, alarm.rule, alarm.partner) for alarm in effects.alarms]
        return effects

    def state(self, name: str, record: str, version: int = 1, **more: Any) -> Effects:
        """State a record, for everybody if nothing else is said."""
        given = {"marking": marking(*ALL), "content": content(), "kind": "port_call"} | more
        return self.do(name, moves.state_record, record=record, version=version, **given)

    def withdraw(self, name: str, record: str, version: int) -> Effects:
        """Withdraw a record."""
        return self.do(name, moves.withdraw, record=record, version=version)

    def batch(self, sender: str, receiver: str, **more: Any) -> Batch:
        """Return the batch that a node would send now."""
        return core.batch_for(self.nodes[sender], receiver, self.now, **more)

    def take(self, batch: Batch, *, at: str = "", signer: str = "") -> Effects:
        """Bring a batch to its receiver."""
        name = at or batch.receiver
        verified = Verified(batch, signer or batch.sender)
        return self._store(name, core.receive(self.nodes[name], self.rules, verified, self.now))

    def carry(self, sender: str, receiver: str, **more: Any) -> Effects:
        """Carry one batch."""
        return self.take(self.batch(sender, receiver, **more))

    def talk(self) -> None:
        """Carry batches both ways, and let storage erase what is owed, until nobody has news."""
        for _ in range(12):
            before = self._heads()
            for sender in self.names:
                for receiver in self.nodes[sender].pacts:
                    self.carry(sender, receiver)
                self.erase(sender)
            if before == self._heads():
                return
        raise AssertionError("the nodes never come to rest")

    def _heads(self) -> list[dict[str, Any]]:
        return [
            {**node.outboxes, **{f"from {k}": v for k, v in node.inboxes.items()}}
            for node in self.nodes.values()
        ]

    def erase(self, name: str) -> None:
        """Let a node's storage erase what is owed, and report it."""
        for key, owed in tuple(self.nodes[name].owed.items()):
            self.do(name, moves.erased, copy=key, owed=owed, erased=ERASED)

    def tick(self, *names: str) -> None:
        """Let nodes notice the time."""
        for name in names or self.names:
            self.do(name, core.tick)

    def sleep(self, span: dt.timedelta) -> None:
        """Let time pass; nobody notices yet."""
        self.now += span

    def copy(self, holder: str, supplier: str, record: str = "r1", originator: str = "") -> Copy:
        """Return a copy, with or without content."""
        return self.nodes[holder].copies[supplier, originator or supplier, record]

    def holds(self, holder: str, supplier: str, record: str = "r1", originator: str = "") -> bool:
        """Tell whether a node holds the content of a copy."""
        row = self.nodes[holder].copies.get((supplier, originator or supplier, record))
        return row is not None and row.content is not None

    def grant(self, supplier: str, holder: str, record: str = "r1", originator: str = "") -> Grant:
        """Return what a supplier notes of what it gave."""
        return self.nodes[supplier].grants[holder, originator or supplier, record]

    def sent(self, sender: str, receiver: str) -> list[Any]:
        """Return every message of an outbox, in order."""
        entries = self.nodes[sender].entries
        return [entries[key].message for key in sorted(entries) if key[0] == receiver]

    def consent(
        self, originator: str, asker: str, to: str, *, record: str = "r1", use: str = "pass",
        supplier: str = "", granted: bool = True, number: int = 1, until: dt.datetime | None = None,
    ) -> None:  # fmt: skip
        """Have a holder ask for a consent, and the originator answer."""
        if number == 1:
            asked = ConsentAsk(originator, record, asker, to, use)  # type: ignore[arg-type]
            key = (supplier or originator, originator, record)
            self.do(asker, moves.ask_consent, copy=key, question=asked)
            self.talk()
        given = ConsentAnswer(originator, record, asker, to, use, number, granted, until)  # type: ignore[arg-type]
        self.signed.add(given)
        self.do(originator, moves.answer_consent, given=given)
        self.talk()

    def pass_on(self, name: str, to: str, *, originator: str, record: str = "r1") -> Effects:
        """Pass on a copy that came from its originator."""
        return self.do(name, moves.pass_on, copy=(originator, originator, record), to=to)

    def backup(self, name: str) -> State:
        """Return a copy of a node's store."""
        return snapshot(self.nodes[name])

    def restore(self, name: str, backup: State) -> None:
        """Set a node up anew from a backup."""
        self.nodes[name] = snapshot(backup)
