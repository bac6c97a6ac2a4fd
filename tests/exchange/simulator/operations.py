"""What can happen in the world: people's work, time, the network, faults. Each is one function.

An operation looks for an occasion (a copy to pass on, a question to answer) and does nothing when
there is none. Moves that a rule must refuse are tried too: they count as violations when they work.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
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
from esclusa.sharing.exchange.rows import CopyKey
from simulator import hostile, invariants
from simulator.invariants import demand, may_derive
from simulator.truth import DAY, FIELDS, HOUR, SKEW, Stated, Text, joined, marking

if TYPE_CHECKING:
    from simulator.world import Node, World

T = TypeVar("T")
_RECORDS = ("r0", "r1", "r2")
_FLOORS = (
    Marking(releasable_to=frozenset({EVERYONE})),
    Marking(releasable_to=frozenset({EVERYONE}), purposes=frozenset({"sanctions", "targeting"})),
)


def pick(world: World, things: Sequence[T]) -> T:
    """Return one of several things."""
    return things[int(world.rng.random() * len(things))]


def someone(world: World) -> Node:
    """Return a node; the first ones are busier, so that chains of events grow."""
    nodes = tuple(world.nodes.values())
    return nodes[int(world.rng.random() ** 1.6 * len(nodes))]


# --- agreements -----------------------------------------------------------------------------------


def first_text(world: World, names: Sequence[str], pair: frozenset[str], number: int = 1) -> Text:
    """Return a text that holds for both clocks of a pair: its rules are drawn."""
    random = world.rng.random
    rule = random()
    if rule < 0.55:
        onward = Onward("consent")
    elif rule < 0.85:
        onward = Onward("within", tuple(name for name in names if random() < 0.5))
    else:
        onward = Onward("never")
    fields = FIELDS if random() < 0.6 else ("a", "b") if random() < 0.7 else ("a",)
    days = 12 if random() < 0.1 else 400
    return Text(
        pair, number, world.now - 5 * DAY, world.now + days * DAY, fields,
        _FLOORS[random() < 0.3], onward,
    )  # fmt: skip


def change_agreement(world: World) -> None:
    """A pair signs a new text; one side, or both, put it in force."""
    node = someone(world)
    partner = pick(world, node.partners)
    pair = frozenset((node.name, partner))
    text = first_text(world, tuple(world.nodes), pair, world.book.latest[pair].number + 1)
    world.book.write(text)
    adopt(world, node, partner, text)
    if world.rng.random() < 0.5:
        adopt(world, world.nodes[partner], node.name, text)


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
    audience = frozenset(name for name in node.partners if random() < 0.75)
    if random() < 0.05:
        audience = frozenset(name for name in world.nodes if name != node.name)
    keep = None
    if random() < 0.15:
        keep = (world.now + (2 + 10 * random()) * DAY).date()
    return marking(1 + int(random() * 2), audience, random() < 0.3, keep)


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
    node = someone(world)
    record = pick(world, _RECORDS)
    own = node.state.own.get(record)
    if own is None or own.content is None:
        return
    random = world.rng.random
    mark = msgspec.structs.replace(
        own.marking,
        level=min(own.marking.level + int(random() * 2), 4),
        releasable_to=frozenset(n for n in sorted(own.marking.releasable_to) if random() < 0.7),
        caveats=own.marking.caveats | (frozenset({"ORCON"}) if random() < 0.2 else frozenset()),
    )
    content = own.content
    if random() < 0.3:
        values = dict(list(world.book.values(content).items())[:2])
        content = world.book.body(values, content.salt)
    state_it(world, node, record, "narrow", mark, content=content, sources=own.roots)


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
    nodes = list(world.nodes.values())
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
    if to != key[0]:
        done = world.attempt(node, moves.pass_on, copy=key, to=to)
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
    for node in world.nodes.values():
        given = [k for k, row in node.state.consents.items() if k[0] == node.name and row.answer]
        if given:
            key = pick(world, given)
            row = node.state.consents[key]
            answer_it(world, node, key, not row.answer.granted if row.answer else False)
            return


def answer_it(world: World, node: Node, key: tuple[str, ...], granted: bool) -> None:
    """Sign and give the next answer to a question."""
    row = node.state.consents[key]  # type: ignore[index]
    number = row.answer.number + 1 if row.answer is not None else 1
    until = world.local(node) + 6 * DAY if granted and world.rng.random() < 0.2 else None
    given = world.book.sign(
        ConsentAnswer(*key, number, granted, until, node.name, f"{node.name}:{number}")  # type: ignore[arg-type]
    )
    done = world.attempt(node, moves.answer_consent, given=given)
    if done is not None and not node.crashing and granted:
        world.book.granted[key] = None  # type: ignore[index]
    if done is not None:
        world.commit(node, done)


def derive(world: World) -> None:
    """A node states a record that rests on a copy, under at least the copy's marking."""
    found = draw_copy(world)
    if found is None:
        return
    node, key = found
    copy = node.state.copies[key]
    record = pick(world, ("d0", "d1"))
    sources = [key]
    own = node.state.own.get("r0")
    if own is not None and own.content is not None and world.rng.random() < 0.3:
        sources.append(("", node.name, "r0"))
    audience = frozenset(name for name in node.partners if world.rng.random() < 0.8)
    mark = joined(marking(1, audience, False, None), copy.marking)
    if len(sources) > 1 and own is not None:
        mark = joined(mark, own.marking)
    lawful = may_derive(world, node, copy, "")
    done = state_it(world, node, record, "put", mark, sources=tuple(sources))
    demand(lawful or not done, "derived only with consent", (node.name, key))


# --- requests -------------------------------------------------------------------------------------


def request(world: World) -> None:
    """A node asks a partner for information."""
    node = someone(world)
    partner = pick(world, node.partners)
    world.book.serial += 1
    asked = Request(f"q{world.book.serial}", "check", world.local(node) + 12 * HOUR)
    done = world.attempt(node, moves.request, partner=partner, asked=asked)
    if done is not None:
        world.commit(node, done)


def respond(world: World) -> None:
    """A node takes a step in answering a request."""
    step = pick(world, ("acknowledged", "extended", "answered", "refused"))
    for node in world.nodes.values():
        open_ = [
            key for key, question in node.state.questions.items()
            if key[1] == node.name and question.step not in ("answered", "refused")
        ]  # fmt: skip
        if open_:
            key = pick(world, open_)
            reason = "national_security" if step == "refused" else ""
            due = world.local(node) + DAY if step == "extended" else None
            given = Answer(key[2], step, due, reason)  # type: ignore[arg-type]
            done = world.attempt(node, moves.respond, asker=key[0], answer=given)
            if done is not None:
                world.commit(node, done)
            return


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
    packet = world.packet(node, link[1], limit=2 if chance < 0.2 else 1000, by_hand=chance > 0.93)
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
        if frozenset((one, two)) not in world.network.cut:
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
    someone(world).crashing = True


def back_up(world: World) -> None:
    """A node's store is copied."""
    node = someone(world)
    node.backup = state.snapshot(node.state)
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
    node.state, node.backup = node.backup, None
    node.restored += 1
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
    for partner in node.partners:
        world.dirty[node.name, partner] = None


def migrate(world: World) -> None:
    """A node's store is half-way to a new schema, or done with it."""
    node = someone(world)
    node.state = msgspec.structs.replace(node.state, ready=not node.state.ready)


WEIGHTS: dict[Callable[[World], None], int] = {
    state_new: 15, correct: 5, narrow: 6, withdraw: 5,
    pass_on: 10, ask: 7, answer: 7, think_again: 2, derive: 5, request: 2, respond: 2,
    change_agreement: 2, end_agreement: 1, wait: 3, wait_long: 3, erase: 5, read: 2, set_clock: 1,
    send: 8, arrive: 16, exchange: 14, repeat: 3, cut: 2, heal: 2,
    crash: 1, back_up: 3, restore: 1, migrate: 1, hostile.forge: 4, hostile.overreach: 3,
}  # fmt: skip
_OPERATIONS = tuple(WEIGHTS)
_STEPS = tuple(accumulate(WEIGHTS.values()))


def one(world: World) -> None:
    """Let one thing happen; eager nodes then send, and the network moves."""
    random = world.rng.random
    world.now += random() * 0.5 * HOUR
    _OPERATIONS[bisect(_STEPS, random() * _STEPS[-1])](world)
    if world.dirty and random() < world.eager:
        send(world)
        arrive(world)
    world.steps += 1
