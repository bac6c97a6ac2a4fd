"""The world: nodes with clocks that are wrong, one true time, one network, one book of truth."""

from __future__ import annotations

import datetime as dt
from random import Random

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import core, moves, state
from esclusa.sharing.exchange.messages import CLASSES, Verified
from esclusa.sharing.exchange.rows import Inbox
from esclusa.sharing.exchange.state import Effects, Rules, State
from simulator import invariants
from simulator.network import Network, Packet
from simulator.truth import DAY, SKEW, Book

NAMES = (
    "marisol", "northreach", "altamira", "marisol_ports", "northreach_ports", "altamira_ports",
    "marisol_police", "northreach_police",
)  # fmt: skip
START = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
ERASED = dict.fromkeys(CLASSES, 1)


class Node:
    """One agency's node: its stored state, how wrong its clock is, its last backup.

    ``crashing`` is "before" or "after": its next transition dies before or after it was stored.
    """

    def __init__(self, name: str, skew: dt.timedelta, stored: State) -> None:
        self.name = name
        self.skew = skew
        self.state = stored
        self.partners = tuple(stored.pacts)
        self.backup: State | None = None
        self.backup_skew = skew
        self.todo: dict[str, None] = {}
        self.backup_told: dict[tuple[str, str, str], int] = {}
        self.backup_until: dict[tuple[str, str, str], dt.datetime] = {}
        self.crashing = ""
        self.restored = 0
        self.alarms: set[tuple[str, str]] = set()


class World:
    """Everything at one moment. ``now`` is the true time; ``local(node)`` what a node believes."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = Random(seed)
        self.now = START
        self.book = Book()
        self.rules = Rules(self.book.release, self.book.trusts)
        self.network = Network()
        self.dirty: dict[tuple[str, str], None] = {}
        self.readable_until: dict[tuple[str, str, str], dt.datetime] = {}
        self.longest: dict[tuple[str, str], dt.datetime] = {}
        self.told: dict[tuple[str, str, str], int] = {}
        self.said: set[tuple[str, str, int, str]] = set()
        self.forks: dict[tuple[str, str], Inbox] = {}
        self.steps = 0
        self.eager = (0.15, 0.5, 0.85)[seed % 3]
        self.nodes = self._nodes()
        self.everyone = tuple(self.nodes.values())
        self.links = tuple((a, b) for a in self.nodes.values() for b in a.partners)

    def _nodes(self) -> dict[str, Node]:
        from simulator.operations import first_text

        random = self.rng.random
        names = NAMES[: 4 + int(5 * random() ** 2.2)]
        count = len(names)
        pairs = {frozenset((names[i], names[(i + 1) % count])) for i in range(count)}
        for i in range(count):
            if random() < 0.5:
                pairs.add(frozenset((names[i], names[(i + 2) % count])))
        pacts: dict[str, dict[str, object]] = {name: {} for name in names}
        for pair in sorted(map(sorted, pairs)):
            text = self.book.write(first_text(self, names, frozenset(pair)))
            one, two = pair
            pacts[one][two] = pacts[two][one] = text.pact()
        return {
            name: Node(
                name,
                (2 * random() - 1) * SKEW,
                State(me=name, pacts=pacts[name]),  # type: ignore[arg-type]
            )
            for name in names
        }

    # --- time --------------------------------------------------------------------------------

    def local(self, node: Node) -> dt.datetime:
        """Return what a node's clock says."""
        return self.now + node.skew

    def sleep(self, days: float) -> None:
        """Let true time pass."""
        self.now += days * DAY

    # --- one node ----------------------------------------------------------------------------

    def commit(self, node: Node, effects: Effects) -> bool:
        """Store effects, unless the node dies before; returns whether they were stored."""
        sends = effects.send
        if node.crashing:
            dying, node.crashing = node.crashing, ""
            if dying == "before":
                return False
            # What it meant to send was only in its memory; after a start it looks at its outboxes.
            sends = ()
        invariants.at_commit(self, node, effects)
        state.apply(node.state, effects)
        if effects.alarms:
            node.alarms.update((alarm.rule, alarm.partner) for alarm in effects.alarms)
        if effects.reopen:
            node.todo.update(dict.fromkeys(effects.reopen))
        if sends:
            name, dirty = node.name, self.dirty
            for partner in sends:
                dirty[name, partner] = None
        return True

    def attempt(self, node: Node, move: object, **what: object) -> Effects | None:
        """Try a move; returns its effects, None when a rule refuses."""
        try:
            return move(node.state, self.rules, self.now + node.skew, **what)  # type: ignore[operator,no-any-return]
        except ExchangeError:
            return None

    def tick(self, node: Node) -> None:
        """Let a node notice the time."""
        if not node.state.ready:
            return
        effects = core.tick(node.state, self.rules, self.now + node.skew)
        if self.commit(node, effects) and node.state.questions:
            invariants.at_tick(self, node)

    def erase(self, node: Node) -> None:
        """Have a node's storage do the erasures it owes, and report them."""
        for key, owed in tuple(node.state.owed.items()):
            effects = self.attempt(node, moves.erased, copy=key, owed=owed, erased=ERASED)
            if effects is not None:
                self.commit(node, effects)

    # --- between nodes -----------------------------------------------------------------------

    def packet(
        self, sender: Node, receiver: str, *, limit: int = 1000, by_hand: bool = False
    ) -> Packet | None:
        """Return a node's next batch to a partner, signed; None while it is being migrated."""
        if not sender.state.ready:
            return None
        batch = core.batch_for(sender.state, receiver, self.now + sender.skew, limit=limit)
        if batch.messages:
            invariants.at_departure(self, sender, batch)
        return Packet(batch, sender.name, self.now, True, by_hand)

    def deliver(self, packet: Packet) -> Effects:
        """Hand a packet to its receiver."""
        batch = packet.batch
        node = self.nodes[packet.to or batch.receiver]
        local = self.now + node.skew
        if packet.sound:
            effects = core.receive(node.state, self.rules, Verified(batch, packet.signer), local)
        else:
            error = ExchangeError("signature", "the signature does not hold", batch.sender)
            effects = core.refusal(node.state, error)
        invariants.at_delivery(self, node, packet, effects, local)
        seen = self.network.seen
        if self.commit(node, effects) and len(seen) < 200:
            seen.append(packet)
        return effects
