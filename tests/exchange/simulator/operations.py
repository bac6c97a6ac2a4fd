"""What can happen in the world: people's work, time, the network, faults. Each is one function.

An operation looks for an occasion (a copy to pass on, a question to answer) and does nothing when
there is none. Moves that a rule must refuse are tried too: they count as violations when they work.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from esclusa.model.marking import EVERYONE, Marking
from esclusa.sharing.exchange import moves, state
from esclusa.sharing.exchange.messages import (
    Answer,
    ConsentAnswer,
    ConsentAsk,
    Onward,
    Request,
)
from esclusa.sharing.exchange.rows import CopyKey, Own
from esclusa.sharing.exchange.state import State
from simulator import invariants
from simulator.invariants import demand, may_derive
from simulator.truth import DAY, FIELDS, HOUR, SKEW, WEAK, Stated, Text, joined, marking

if TYPE_CHECKING:
    from simulator.world import Node, World

T = TypeVar("T")
_RECORDS = ("r0", "r1", "r2")
_PARTS = tuple(WEAK)
_BEFORE, _LONG = 5 * DAY, 400 * DAY
_CLOCK = 12 * HOUR
_FLOORS = (
    Marking(releasable_to=frozenset({EVERYONE})),
    Marking(releasable_to=frozenset({EVERYONE}), purposes=frozenset({"sanctions", "targeting"})),
)


def pick(world: World, things: Sequence[T]) -> T:
    """Return one of several things."""
    return things[int(world.rng.random() * len(things))]


def someone(world: World) -> Node:
    """Return a node; the first ones are busier, so that chains of events grow."""
    nodes = world.everyone
    return nodes[int(world.rng.random() ** 1.6 * len(nodes))]


# --- agreements -----------------------------------------------------------------------------------


def first_text(world: World, names: Sequence[str], pair: frozenset[str], number: int = 1) -> Text:
    """Return a text that holds for both clocks of a pair: its rules are drawn."""
    random = world.rng.random
    rule = random()
    if rule < 0.55:
        onward = Onward("consent")
    elif rule < 0.85:
        onward = Onward("within", tuple([name for name in names if random() < 0.5]))
    else:
        onward = Onward("never")
    fields = FIELDS if random() < 0.6 else ("a", "b") if random() < 0.7 else ("a",)
    lasts = (2 + 8 * random()) * DAY if random() < 0.2 else _LONG
    return Text(
        pair, number, world.now - _BEFORE, world.now + lasts, fields,
        _FLOORS[random() < 0.3], onward, careless=_drawn_fault(world),
    )  # fmt: skip


def _drawn_fault(world: World) -> str:
    return pick(world, _PARTS) if world.rng.random() < 0.08 else ""


def change_agreement(world: World) -> None:
    """A pair signs a new text; one side, or both, put it in force."""
    node = someone(world)
    partner = pick(world, node.partners)
    text = new_text(world, node, partner)
    adopt(world, node, partner, text)
    if world.rng.random() < 0.5:
        adopt(world, world.nodes[partner], node.name, text)


def new_text(world: World, node: Node, partner: str) -> Text:
    """Have a pair sign a new text."""
    pair = frozenset((node.name, partner))
    text = first_text(world, tuple(world.nodes), pair, world.book.latest[pair].number + 1)
    return world.book.write(text)


def adopt(world: World, node: Node, partner: str, text: Text) -> None:
    """Put a text in force at one node."""
    done = world.attempt(node, moves.adopt, partner=partner, pact=text.pact())
    if done is not None:
        world.commit(node, done)


def end_agreement(world: World) -> None:
    """One side ends an agreement."""
    node = someone(world)
    done = world.attempt(node, moves.end, partner=pick(world, node.partners))
    if done is not None:
        world.commit(node, done)


# --- an originator's statements -------------------------------------------------------------------


def draw_marking(world: World, node: Node) -> Marking:
    """Return a marking for a node's own record."""
    random = world.rng.random
    audience = frozenset([name for name in node.partners if random() < 0.75])
    if random() < 0.05:
        audience = frozenset([name for name in world.nodes if name != node.name])
    keep = None
    if random() < 0.2:
        keep = (world.now + (1 + 7 * random()) * DAY).date()
    mark = marking(1 + int(random() * 2), audience, random() < 0.3, keep)
    return narrowest(mark) if random() < 0.2 else mark


@lru_cache(maxsize=4096)
def narrowest(mark: Marking) -> Marking:
    """Return a marking for one purpose only."""
    return msgspec.structs.replace(mark, purposes=frozenset({"sanctions"}))


def state_it(
    world: World, node: Node, record: str, said: str, mark: Marking, **more: object
) -> bool:
    """State a record: the book first learns what is stated, then the node."""
    own = node.state.own.get(record)
    book = world.book
    content = more.pop("content", None) or book.content()
    version = 1 if own is None else own.version + 1 + int(world.rng.random() * 3)
    done = world.attempt(
        node, moves.state_record, record=record, kind="consignment", version=version,
        marking=mark, content=content, said=said, **more,
    )  # fmt: skip
    if done is None:
        return False
    values = book.values(content)
    stated = Stated(mark, values)
    key = (node.name, record, version)
    book.stated.setdefault(key, []).append(stated)
    if said == "correct":
        invariants.at_correction(node, record, done)
    if not world.commit(node, done):
        book.stated[key].remove(stated)
        return False
    node.todo.pop(record, None)
    return True


def state_new(world: World) -> None:
    """A node states a record, or a newer version."""
    node = someone(world)
    state_it(world, node, pick(world, _RECORDS), "put", draw_marking(world, node))


def correct(world: World) -> None:
    """A node corrects a record."""
    node = someone(world)
    record = pick(world, _RECORDS)
    own = node.state.own.get(record)
    if own is not None and own.content is not None:
        state_it(world, node, record, "correct", own.marking, sources=own.roots)


def narrow(world: World) -> None:
    """A node states a record under a stricter marking, or with less in it."""
    narrow_of(world, someone(world), pick(world, _RECORDS))


def narrow_of(world: World, node: Node, record: str) -> None:
    """Narrow one record of a node."""
    own = node.state.own.get(record)
    if own is None or own.content is None:
        return
    random = world.rng.random
    mark = msgspec.structs.replace(
        own.marking,
        level=min(own.marking.level + int(random() * 2), 4),
        releasable_to=frozenset([n for n in sorted(own.marking.releasable_to) if random() < 0.7]),
        caveats=own.marking.caveats | (frozenset({"ORCON"}) if random() < 0.2 else frozenset()),
    )
    content = own.content
    if random() < 0.3:
        values = dict(list(world.book.values(content).items())[:2])
        content = world.book.body(values, content.salt)
    state_it(world, node, record, "narrow", mark, content=content, sources=own.roots)


def widen(world: World) -> None:
    """A node states the same content again for more agencies, or under a lower level."""
    node = someone(world)
    record = pick(world, _RECORDS)
    own = node.state.own.get(record)
    if own is not None and own.content is not None:
        mark = draw_marking(world, node)
        state_it(world, node, record, "put", mark, content=own.content, sources=own.roots)


def withdraw(world: World) -> None:
    """A node withdraws a record."""
    node = someone(world)
    record = pick(world, _RECORDS)
    withdraw_it(world, node, record)


def withdraw_it(world: World, node: Node, record: str) -> None:
    """Withdraw one record."""
    own = node.state.own.get(record)
    if own is None:
        return
    version = own.version + 1
    done = world.attempt(node, moves.withdraw, record=record, version=version)
    if done is not None and world.commit(node, done):
        node.todo.pop(record, None)
        if node.restored == 0:
            world.book.withdrawn[node.name, record] = version


# --- copies of others -----------------------------------------------------------------------------


def draw_copy(world: World) -> tuple[Node, CopyKey] | None:
    """Return a node and a copy that it holds."""
    nodes = world.everyone
    start = int(world.rng.random() * len(nodes))
    for node in nodes[start:] + nodes[:start]:
        held = [key for key, copy in node.state.copies.items() if copy.content is not None]
        if held:
            return node, pick(world, held)
    return None


def pass_on(world: World) -> None:
    """A node passes a copy on, with or without the right to."""
    found = draw_copy(world)
    if found is None:
        return
    node, key = found
    granted = [
        k for k in world.book.granted if k[2] == node.name and k[4] == "pass" and k[:2] == key[1:]
    ]
    to = granted[0][3] if granted and world.rng.random() < 0.8 else pick(world, node.partners)
    pass_to(world, node, key, to)


def pass_to(world: World, node: Node, key: CopyKey, to: str) -> None:
    """Pass one copy on."""
    if to != key[0]:
        done = world.attempt(node, moves.pass_on, copy=key, to=to)
        demand(done is None or to != key[1], "nothing is passed back to its originator", (to, key))
        if done is not None:
            world.commit(node, done)


def ask(world: World) -> None:
    """A node asks an originator for consent."""
    found = draw_copy(world)
    if found is None:
        return
    node, key = found
    use = "derive" if world.rng.random() < 0.3 else "pass"
    to = node.name if use == "derive" and world.rng.random() < 0.6 else pick(world, node.partners)
    question = ConsentAsk(key[1], key[2], node.name, to, use)
    done = world.attempt(node, moves.ask_consent, copy=key, question=question)
    if done is not None:
        world.commit(node, done)


def answer(world: World) -> None:
    """An originator answers a question, or thinks again."""
    for node in world.nodes.values():
        open_ = [
            k for k, row in node.state.consents.items() if k[0] == node.name and not row.answer
        ]
        if open_:
            answer_it(world, node, pick(world, open_), world.rng.random() < 0.8)
            return


def think_again(world: World) -> None:
    """An originator changes an answer that it gave."""
    any(think_again_of(world, node) for node in world.nodes.values())


def think_again_of(world: World, node: Node) -> bool:
    """Change an answer of one node; returns whether it had given any."""
    given = [k for k, row in node.state.consents.items() if k[0] == node.name and row.answer]
    if given:
        key = pick(world, given)
        row = node.state.consents[key]
        answer_it(world, node, key, not row.answer.granted if row.answer else False)
    return bool(given)


def answer_it(world: World, node: Node, key: tuple[str, ...], granted: bool) -> None:
    """Sign and give the next answer to a question."""
    row = node.state.consents[key]  # type: ignore[index]
    number = row.answer.number + 1 if row.answer is not None else 1
    until = None
    if granted and world.rng.random() < 0.35:
        until = world.local(node) + (1 + 5 * world.rng.random()) * DAY
    given = world.book.sign(
        ConsentAnswer(*key, number, granted, until, node.name, f"{node.name}:{number}")  # type: ignore[arg-type]
    )
    done = world.attempt(node, moves.answer_consent, given=given)
    if done is not None and node.crashing != "before" and granted:
        world.book.granted[key] = None  # type: ignore[index]
    if done is not None:
        world.commit(node, done)


def derive(world: World) -> None:
    """A node states a record that rests on a copy, under at least the copy's marking."""
    found = draw_copy(world)
    if found is None:
        return
    derive_from(world, *found)


def derive_from(world: World, node: Node, key: CopyKey) -> None:
    """State a record that rests on one copy, perhaps on a second one or on an own record too."""
    copy = node.state.copies.get(key)
    if copy is None or copy.content is None:
        return
    record = pick(world, ("d0", "d1"))
    sources = [key, *_more_sources(world, node, record)]
    rows = [node.state.own[s[2]] if s[0] == "" else node.state.copies[s] for s in sources]
    audience = frozenset([name for name in node.partners if world.rng.random() < 0.8])
    mark = marking(1, audience, False, None)
    for row in rows:
        mark = joined(mark, row.marking)
    roots = {s for s in sources if s[0]}.union(*(r.roots for r in rows if isinstance(r, Own)))
    lawful = all(
        (held := node.state.copies.get(root)) is not None and may_derive(world, node, held, "")
        for root in roots
    )
    done = state_it(world, node, record, "put", mark, sources=tuple(sources))
    demand(lawful or not done, "derived only with consent", (node.name, key))
    if done:
        own = node.state.own[record]
        demand(set(own.roots) == roots, "all that it rests on is remembered", (node.name, roots))


def _more_sources(world: World, node: Node, record: str) -> list[CopyKey]:
    """Return perhaps a second copy, perhaps an own record that may itself rest on copies."""
    found: list[CopyKey] = []
    held = [k for k, copy in node.state.copies.items() if copy.content is not None]
    if world.rng.random() < 0.3:
        found.append(pick(world, held))
    other = pick(world, ("r0", "d0", "d1"))
    own = node.state.own.get(other)
    usable = own is not None and own.content is not None and other != record
    if usable and world.rng.random() < 0.4:
        found.append(("", node.name, other))
    return found


# --- requests -------------------------------------------------------------------------------------


def request(world: World) -> None:
    """A node asks a partner for information."""
    request_of(world, someone(world))


def request_of(world: World, node: Node) -> None:
    """Ask one of a node's partners for information."""
    partner = pick(world, node.partners)
    world.book.serial += 1
    asked = Request(f"q{world.book.serial}", "check", world.local(node) + _CLOCK)
    done = world.attempt(node, moves.request, partner=partner, asked=asked)
    if done is not None:
        world.commit(node, done)


def respond(world: World) -> None:
    """A node takes a step in answering a request."""
    step = pick(world, ("acknowledged", "extended", "answered", "refused"))
    any(respond_of(world, node, step) for node in world.nodes.values())


def respond_of(world: World, node: Node, step: str) -> bool:
    """Take a step in answering one of a node's open requests; returns whether there was one."""
    open_ = [
        key for key, question in node.state.questions.items()
        if key[1] == node.name and question.step not in ("answered", "refused")
    ]  # fmt: skip
    if not open_:
        return False
    key = pick(world, open_)
    reason = "national_security" if step == "refused" else ""
    due = world.local(node) + DAY if step == "extended" else None
    given = Answer(key[2], step, due, reason)  # type: ignore[arg-type]
    done = world.attempt(node, moves.respond, asker=key[0], answer=given)
    if done is not None:
        world.commit(node, done)
    return True


# --- time and storage -----------------------------------------------------------------------------


def wait(world: World) -> None:
    """Some hours pass, and a node notices."""
    world.sleep(world.rng.random() * 0.5)
    world.tick(someone(world))


def wait_long(world: World) -> None:
    """Days pass; every node notices, and people look at what they may still read."""
    world.sleep(1 + 3 * world.rng.random())
    for node in world.nodes.values():
        invariants.at_reading(world, node)
        world.tick(node)


def erase(world: World) -> None:
    """A node's storage erases what is owed."""
    for node in world.nodes.values():
        if node.state.owed and world.rng.random() < 0.6:
            world.erase(node)


def read(world: World) -> None:
    """People read copies."""
    invariants.at_reading(world, someone(world))


def set_clock(world: World) -> None:
    """A node's clock is set, forward or back."""
    node = someone(world)
    if node.crashing or not node.state.ready:
        return  # A node counts the time up to the change only if it can note it then.
    world.tick(node)
    node.skew = (2 * world.rng.random() - 1) * SKEW
    world.tick(node)


# --- the network ----------------------------------------------------------------------------------


def send(world: World) -> None:
    """A node with news sends a batch; sometimes only the first part of it."""
    if world.dirty:
        link = pick(world, tuple(world.dirty))
        send_link(world, link)


def send_link(world: World, link: tuple[str, str]) -> None:
    """Put the next batch of one outbox under way."""
    node = world.nodes[link[0]]
    chance = world.rng.random()
    packet = world.packet(node, link[1], limit=2 if chance < 0.3 else 1000, by_hand=chance > 0.93)
    if packet is not None:
        world.dirty.pop(link, None)
        world.network.send(packet)


def arrive(world: World) -> None:
    """A packet arrives, or is lost, or arrives and stays for a repeat."""
    flight = world.network.flight
    if flight:
        packet = world.network.draw(world.rng.random(), int(world.rng.random() * len(flight)))
        if packet is not None:
            world.deliver(packet)


def exchange(world: World) -> None:
    """Two nodes with news for each other talk, there and back."""
    if world.dirty:
        one, two = pick(world, tuple(world.dirty))
        if not world.network.parts(one, two):
            for link in ((one, two), (two, one), (one, two)):
                send_now(world, link)


def send_now(world: World, link: tuple[str, str]) -> None:
    """Send a batch that arrives at once."""
    packet = world.packet(world.nodes[link[0]], link[1])
    world.dirty.pop(link, None)
    if packet is not None:
        world.deliver(packet)


def repeat(world: World) -> None:
    """Something that has arrived before arrives again."""
    if world.network.seen:
        world.deliver(pick(world, world.network.seen))


def cut(world: World) -> None:
    """Some pairs cannot reach each other for a while."""
    for node, partner in world.links:
        if world.rng.random() < 0.15:
            world.network.cut.add(frozenset((node.name, partner)))


def heal(world: World) -> None:
    """The network is whole again."""
    world.network.cut.clear()


# --- faults ---------------------------------------------------------------------------------------


def crash(world: World) -> None:
    """The next thing that a node does is lost before it is stored."""
    someone(world).crashing = "before" if world.rng.random() < 0.7 else "after"


def back_up(world: World) -> None:
    """A node's store is copied."""
    back_up_node(world, someone(world))


def back_up_node(world: World, node: Node) -> None:
    """Copy one node's store."""
    node.backup = state.snapshot(node.state)
    node.backup_skew = node.skew
    node.backup_told = {k: v for k, v in world.told.items() if k[0] == node.name}
    node.backup_until = {k: v for k, v in world.readable_until.items() if k[0] == node.name}


def restore(world: World) -> None:
    """A node is set up anew from its last backup and knows nothing of what it did since."""
    for node in world.nodes.values():
        if node.backup is not None:
            restore_node(world, node)
            return


def restore_node(world: World, node: Node) -> None:
    """Set a node up from its backup."""
    assert node.backup is not None
    _note_forks(world, node, node.backup)
    node.state, node.backup = node.backup, None
    node.restored += 1
    # A store from before a clock was set back cannot know of it: whoever restores it sets the clock.
    node.skew = max(node.skew, node.backup_skew)
    node.todo = {record: None for record, own in node.state.own.items() if own.hold}
    world.told = {k: v for k, v in world.told.items() if k[0] != node.name} | node.backup_told
    world.readable_until = {
        k: v for k, v in world.readable_until.items() if k[0] != node.name
    } | node.backup_until
    names = (node.name,)
    world.network.seen = [
        p
        for p in world.network.seen
        if p.batch.sender not in names and p.batch.receiver not in names
    ]
    for record in _RECORDS:
        world.book.withdrawn.pop((node.name, record), None)
    held = {key[1:] for key, copy in node.state.copies.items() if copy.content is not None}
    for named, holders in world.book.holders.items():
        if named not in held:
            holders.pop(node.name, None)
    for partner in node.partners:
        world.dirty[node.name, partner] = None


def _note_forks(world: World, node: Node, backup: State) -> None:
    """Note which partners have read more than a backup remembers: both sides must be told."""
    for partner in node.partners:
        inbox = world.nodes[partner].state.inboxes.get(node.name)
        box = backup.outboxes.get(partner)
        if inbox is not None and inbox.number > (box.last if box is not None else 0):
            world.forks[node.name, partner] = inbox
        world.forks.pop((partner, node.name), None)


def migrate(world: World) -> None:
    """A node's store is half-way to a new schema, or done with it."""
    node = someone(world)
    node.state = msgspec.structs.replace(node.state, ready=not node.state.ready)
