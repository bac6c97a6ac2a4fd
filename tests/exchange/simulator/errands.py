"""Errands: several steps that belong together, so that long stories happen often enough.

Single operations drawn at random seldom ask, answer and pass on in this order, or go back to a
backup just after something was said. Each errand plays one such story as far as the network lets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from esclusa.sharing.exchange import moves
from esclusa.sharing.exchange.messages import ConsentAsk
from simulator import invariants
from simulator.invariants import demand
from simulator.operations import (
    adopt,
    answer_it,
    back_up_node,
    derive_from,
    draw_copy,
    draw_marking,
    narrow_of,
    new_text,
    pass_to,
    pick,
    request_of,
    respond_of,
    restore_node,
    send_now,
    someone,
    state_it,
    think_again_of,
    withdraw_it,
)

if TYPE_CHECKING:
    from simulator.world import Node, World


def consult(world: World) -> None:
    """A node asks for a consent, waits for the answer and acts on it at once."""
    found = draw_copy(world)
    if found is None:
        return
    node, key = found
    use = "derive" if world.rng.random() < 0.4 else "pass"
    to = node.name if use == "derive" and world.rng.random() < 0.4 else pick(world, node.partners)
    question = ConsentAsk(key[1], key[2], node.name, to, use)  # type: ignore[arg-type]
    done = world.attempt(node, moves.ask_consent, copy=key, question=question)
    if done is None or not world.commit(node, done):
        return
    talk(world, node)
    named = (key[1], key[2], node.name, to, use)
    owner = world.nodes[key[1]]
    if named in owner.state.consents:
        answer_it(world, owner, named, world.rng.random() < 0.85)
        talk(world, owner)
    if world.rng.random() < 0.25:
        _new_text(world, node, key[0])
    if use == "pass":
        pass_to(world, node, key, to)
    else:
        derive_from(world, node, key)
        _build_further(world, node)
    talk(world, node)
    chance = world.rng.random()
    if chance < 0.25:
        _new_text(world, node, key[0] if chance < 0.12 else to)
    elif chance < 0.55:
        narrow_of(world, owner, key[2])
        talk(world, owner)


def _build_further(world: World, node: Node) -> None:
    """State a record that rests on one that rests on copies."""
    own = node.state.own.get("d0")
    if own is not None and own.roots and own.content is not None and world.rng.random() < 0.5:
        state_it(world, node, "d1", "put", own.marking, sources=(("", node.name, "d0"),))
        built = node.state.own.get("d1")
        if built is not None and built.marking is own.marking:
            whole = set(built.roots) == set(own.roots)
            demand(whole, "all that it rests on is remembered", (node.name, own.roots))


def _new_text(world: World, node: Node, partner: str) -> None:
    """Both sides put a new text in force, and hear of it."""
    if partner == node.name:
        return
    text = new_text(world, node, partner)
    adopt(world, node, partner, text)
    adopt(world, world.nodes[partner], node.name, text)
    talk(world, node)


def talk(world: World, node: Node, most: int = 8) -> None:
    """News spreads from a node over a few links, as far as the network reaches."""
    links = [link for link in world.dirty if link[0] == node.name]
    while links and most:
        link, most = links.pop(), most - 1
        if not world.network.parts(*link):
            send_now(world, link)
            links += [each for each in world.dirty if each[0] == link[1] and each not in links]


def relapse(world: World) -> None:
    """A node says things after a backup, perhaps is heard, and comes back from that backup.

    Sometimes a partner comes back with it, or later: then neither remembers what only they two
    knew, or what the partner needs again is no longer there.
    """
    node = someone(world)
    random = world.rng.random
    partner = world.nodes[pick(world, node.partners)]
    both = [node] if random() < 0.6 else [node, partner]
    later = random() < 0.3
    if later:
        back_up_node(world, partner)
        both = [node]
    if random() < 0.5:
        _say_something(world, node)  # It waits in the outbox when the backup is made.
    for each in both:
        back_up_node(world, each)
    for _ in range(1 + int(random() * 3)):
        _say_something(world, pick(world, (node, node, partner)))
        if random() < 0.7:
            talk(world, node)
    for each in both:
        restore_node(world, each)
    if random() < 0.5:
        _say_something(world, node)
    if random() < 0.5 or later:
        talk(world, node)
    if later:
        restore_node(world, partner)
        talk(world, partner)


def _say_something(world: World, node: Node) -> None:
    chance, record = world.rng.random(), pick(world, ("r0", "r1"))
    own = node.state.own.get(record)
    held = [key for key, copy in node.state.copies.items() if copy.content is not None]
    if chance < 0.35 or own is None or own.content is None:
        state_it(world, node, record, "put", draw_marking(world, node))
    elif chance < 0.5:
        state_it(world, node, record, "correct", own.marking, sources=own.roots)
    elif chance < 0.58:
        withdraw_it(world, node, record)
    elif chance < 0.65:
        narrow_of(world, node, record)
    elif chance < 0.72:
        think_again_of(world, node)
    elif chance < 0.78:
        request_of(world, node)
    elif chance < 0.85:
        respond_of(world, node, pick(world, ("acknowledged", "answered")))
    elif held:
        pass_to(world, node, pick(world, held), pick(world, node.partners))


def isolate(world: World) -> None:
    """A node is cut off for days; copies lapse here and there; then it is back."""
    if world.rng.random() < 0.5:
        consult(world)
    node = someone(world)
    pairs = {frozenset((node.name, partner)) for partner in node.partners}
    world.network.cut |= pairs
    for _ in range(2):
        world.sleep(1 + 1.5 * world.rng.random())
        for each in world.nodes.values():
            invariants.at_reading(world, each)
            world.tick(each)
            if world.rng.random() < 0.7:
                world.erase(each)
    _say_something(world, node)
    world.network.cut -= pairs
    for partner in node.partners:
        world.dirty[partner, node.name] = None
    talk(world, node, 12)


def hurry(world: World) -> None:
    """A node says more and more of one record, and a partner hears only the first part of it."""
    node = someone(world)
    record, partner = pick(world, ("r0", "r1")), pick(world, node.partners)
    state_it(world, node, record, "put", draw_marking(world, node))
    talk(world, node, 3)
    for _ in range(2):
        state_it(world, node, record, "put", draw_marking(world, node))
    packet = world.packet(node, partner, limit=1 + int(world.rng.random() * 3))
    if packet is not None:
        world.deliver(packet)


def carry_late(world: World) -> None:
    """A bundle is carried by hand and arrives after days, when nothing in it may be read any more."""
    node = someone(world)
    partner = pick(world, node.partners)
    _say_something(world, node)
    packet = world.packet(node, partner, by_hand=True)
    if packet is not None:
        world.sleep(4 + 4 * world.rng.random())
        world.deliver(packet)
        invariants.at_reading(world, world.nodes[partner])
