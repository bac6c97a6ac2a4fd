"""What must never be, whatever the network and the nodes go through.

Checked at every step, against the book of truth and not against the node's own view:

- nothing is held, and nothing leaves, without a release path (agreement, audience, consent);
- a marking is never weaker than the originator's, and never shows who else may have the record;
- nothing is read when its lease, its agreement or its time is over;
- a refused batch changes nothing, an accepted one continues exactly what its sender said.

``settling`` checks the rest once all faults have ended.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from esclusa.model.marking import EVERYONE, Marking
from esclusa.sharing.exchange import pacts
from esclusa.sharing.exchange.messages import Correct, LeaseRefresh, Narrow, Put, Recall
from esclusa.sharing.exchange.rows import Copy, CopyKey, Pact
from esclusa.sharing.exchange.state import Effects
from simulator.truth import LEASE, SKEW, Stated, Text

if TYPE_CHECKING:
    from simulator.network import Packet
    from simulator.world import Node, World

_TOLERANCE = dt.timedelta(seconds=1)
_CONTENT = (Put, Correct, Narrow)


class Violation(Exception):
    """An invariant does not hold: its name, then what was seen."""

    def __init__(self, rule: str, seen: object = "") -> None:
        self.rule = rule
        super().__init__(f"{rule}: {seen}")


def demand(holds: bool, rule: str, seen: object = "") -> None:
    """Raise unless an invariant holds."""
    if not holds:
        raise Violation(rule, seen)


def is_weaker(lower: Marking, upper: Marking) -> bool:
    """Tell whether ``lower`` allows anything that ``upper`` does not, the audience left out."""
    if lower is upper:
        return False
    if lower.level < upper.level or not lower.caveats >= upper.caveats:
        return True
    if EVERYONE not in upper.purposes and not lower.purposes <= upper.purposes:
        return True
    last = upper.retain_until
    return last is not None and (lower.retain_until is None or lower.retain_until > last)


# --- at every commit ------------------------------------------------------------------------------


def at_commit(world: World, node: Node, effects: Effects) -> None:
    """Look at every copy and every message that a node would store."""
    store = effects.store
    for key, copy in store.get("copies", {}).items():
        if copy.content is not None:
            _held(world, node, key, copy, effects)
        else:
            _let_go(node, key, effects)
    before = node.state.entries
    for place, entry in store.get("entries", {}).items():
        if entry is None or getattr(entry.message, "content", None) is None:
            continue
        old = before.get(place)
        if old is None or old.message is not entry.message:
            _leaves(world, node, place[0], entry.message, effects)


def _let_go(node: Node, key: CopyKey, effects: Effects) -> None:
    before = node.state.copies.get(key)
    if before is not None and before.content is not None:
        demand(effects.store.get("owed", {}).get(key) is not None, "an erasure is owed", key)
        demand(key in effects.erase, "storage is told to erase", key)


def _pact(node: Node, partner: str, effects: Effects | None) -> Pact:
    new = effects.store.get("pacts", {}) if effects is not None else {}
    found: Pact = new.get(partner) or node.state.pacts[partner]
    return found


def _text(world: World, node: Node, partner: str, effects: Effects | None) -> Text:
    return world.book.texts[_pact(node, partner, effects).digest]


def _in_force(world: World, node: Node, partner: str, effects: Effects | None = None) -> bool:
    text, local = _text(world, node, partner, effects), world.local(node)
    ended = _pact(node, partner, effects).ended
    return text.signed and not ended and text.begins <= local < text.ends


def _matching(world: World, key: tuple[str, str, int], values: dict[str, str]) -> Stated | None:
    stated = world.book.stated.get(key, ())
    return next((s for s in stated if values.items() <= s.values.items()), None)


def _held(world: World, node: Node, key: CopyKey, copy: Copy, effects: Effects) -> None:
    before = node.state.copies.get(key)
    supplier, originator, record = key
    name, book = node.name, world.book
    assert copy.content is not None
    values = book.values(copy.content)
    stated = _matching(world, (originator, record, copy.version), values)
    if stated is None:
        raise Violation("only what was stated is held", (name, key, copy.version, values))
    text = _text(world, node, supplier, effects)
    demand(originator != name, "no own record comes back as a copy", (name, key))
    demand(copy.marking.releasable_to == {name}, "no audience is shown", (name, key))
    demand(not is_weaker(copy.marking, stated.marking), "no marking is weaker", (name, key))
    if not _is_narrowed(before, copy):
        demand(_in_force(world, node, supplier, effects), "an agreement in force", (name, key))
    demand(
        values.keys() <= set(text.fields) or before is not None, "only agreed fields", (name, key)
    )
    if supplier == originator:
        demand(name in stated.marking.releasable_to, "released to the holder", (name, key))
    else:
        granted = (originator, record, supplier, name, "pass") in book.granted
        free = name in book.free and "ORCON" not in stated.marking.caveats
        demand(granted or free, "held from others with consent or by rule", (name, key))
        told = world.told.get((name, originator, record), 0)
        demand(copy.version >= told, "the originator's word binds other paths", (name, key))
    last = stated.marking.retain_until
    demand(last is None or world.local(node).date() <= last, "the time to keep", (name, key))
    book.holders.setdefault((originator, record), {})[name] = copy.version


def _is_narrowed(before: Copy | None, copy: Copy) -> bool:
    """Tell whether a copy is what was held before, narrowed: that needs no agreement."""
    return before is not None and before.content is not None and copy.edition > before.edition


def _path(
    world: World, onward: Any, named: tuple[str, ...], asker: str, to: str, use: str,
    marking: Marking,
) -> bool:  # fmt: skip
    originator, record = named
    if (originator, record, asker, to, use) in world.book.granted:
        return True
    return onward.rule == "within" and to in onward.agencies and "ORCON" not in marking.caveats


def _leaves(world: World, node: Node, partner: str, message: Any, effects: Effects) -> None:
    """Look at content on its way out."""
    name, seen = node.name, (node.name, partner, message.originator, message.record)
    text = _text(world, node, partner, effects)
    demand(
        _in_force(world, node, partner, effects), "no content without an agreement in force", seen
    )
    values = world.book.values(message.content)
    demand(values.keys() <= set(text.fields), "only agreed fields leave", seen)
    key = (message.originator, message.record, message.version)
    stated = _matching(world, key, values)
    if stated is None:
        raise Violation("only what was stated leaves", (seen, message.version))
    if message.originator == name:
        _own_leaves(world, node, partner, message, effects)
    else:
        _copy_leaves(world, node, partner, message, effects)


def _own_leaves(world: World, node: Node, partner: str, message: Any, effects: Effects) -> None:
    seen = (node.name, partner, message.record)
    own = effects.store.get("own", {}).get(message.record) or node.state.own[message.record]
    demand(own.version == message.version, "the latest statement leaves", seen)
    demand(partner in own.marking.releasable_to, "an audience that names the partner", seen)
    for root in own.roots:
        copy = effects.store.get("copies", {}).get(root) or node.state.copies.get(root)
        good = copy is not None and copy.content is not None
        demand(good, "a derived record leaves only while its sources are held", seen)
        if copy is not None:
            demand(may_derive(world, node, copy, partner), "derived with consent or by rule", seen)
            demand(not is_weaker(own.marking, copy.marking), "as strict as its sources", seen)


def may_derive(world: World, node: Node, copy: Copy, partner: str) -> bool:
    """Tell whether a record resting on a copy may go to a partner ("" or the node: be made)."""
    named = (copy.originator, copy.record)
    book = world.book
    home = (*named, node.name, node.name, "derive") in book.granted
    if "ORCON" in copy.marking.caveats and not home:
        return False
    if partner in ("", node.name, copy.originator):
        return True
    if _refused_since(node, copy, partner, "derive"):
        return False
    return copy.onward.rule != "never" and _path(
        world, copy.onward, named, node.name, partner, "derive", copy.marking
    )


def _refused_since(node: Node, copy: Copy, to: str, use: str) -> bool:
    """Tell whether the originator's last word that reached the node is no."""
    if copy.onward.rule == "within" and to in copy.onward.agencies:
        return False
    row = node.state.consents.get((copy.originator, copy.record, node.name, to, use))
    return row is not None and row.answer is not None and not row.answer.granted


def _copy_leaves(world: World, node: Node, partner: str, message: Any, effects: Effects) -> None:
    seen = (node.name, partner, message.originator, message.record)
    grant = effects.store["grants"][partner, message.originator, message.record]
    key = (grant.via, message.originator, message.record)
    copy = effects.store.get("copies", {}).get(key) or node.state.copies.get(key)
    if copy is None or copy.content is None:
        raise Violation("only what is held is passed on", seen)
    named = (message.originator, message.record)
    path = _path(world, copy.onward, named, node.name, partner, "pass", copy.marking)
    demand(path and copy.onward.rule != "never", "passed on only with consent or by rule", seen)
    until = world.readable_until.get((node.name, grant.via, message.originator))
    live = until is not None and world.now <= until + _TOLERANCE
    demand(live, "passed on only while its lease runs", seen)
    consents = {**node.state.consents, **effects.store.get("consents", {})}
    row = consents.get((*named, node.name, partner, "pass"))
    free = copy.onward.rule == "within" and partner in copy.onward.agencies
    if not (free and "ORCON" not in copy.marking.caveats):
        good = row is not None and row.answer is not None and row.answer.granted
        demand(good, "a withdrawn consent is no consent", seen)
        end = row.answer.until if row is not None and row.answer is not None else None
        demand(end is None or world.local(node) < end, "a consent ends with its time", seen)


# --- at every delivery ----------------------------------------------------------------------------


def at_delivery(world: World, node: Node, packet: Packet, effects: Effects) -> None:
    """Look at what a batch did to its receiver."""
    batch = packet.batch
    if effects.refused is not None:
        fork = effects.refused.rule == "fork"
        demand(fork or not effects.store, "a refused batch changes nothing", batch.sender)
        demand(not {"copies", "inboxes"} & effects.store.keys(), "a refused batch grants nothing")
        demand(bool(effects.alarms), "a refusal is an alarm", effects.refused.rule)
        return
    demand(packet.sound and packet.signer == batch.sender, "only what was signed is taken")
    demand(batch.receiver == node.name, "only what is meant for us is taken")
    demand(batch.made <= world.local(node) + 2 * SKEW, "nothing from the future is taken")
    row = effects.store.get("inboxes", {}).get(batch.sender)
    if row is None:
        return
    before = node.state.inboxes.get(batch.sender)
    place = before.number if before is not None else 0
    last = batch.first + len(batch.messages) - 1
    demand(batch.first <= place + 1 and row.number == last > place, "no gap in the inbox", batch)
    said = (row.number, row.head) in world.said.get((batch.sender, node.name), ())
    demand(said, "only what its sender said is taken", (batch.sender, node.name, row.number))
    if node.crashing:
        return
    for message in batch.messages[place - batch.first + 1 :]:
        _told(world, node, packet, message, effects)


def _told(world: World, node: Node, packet: Packet, message: Any, effects: Effects) -> None:
    batch = packet.batch
    if isinstance(message, LeaseRefresh):
        if (batch.sender, message.originator) in effects.store.get("leases", {}):
            _lease(world, node, packet, message)
    elif (
        isinstance(message, Put | Correct | Narrow | Recall) and message.originator == batch.sender
    ):
        lowest = message.version + isinstance(message, Recall)
        key = (node.name, message.originator, message.record)
        world.told[key] = max(world.told.get(key, 0), lowest)


def _lease(world: World, node: Node, packet: Packet, message: LeaseRefresh) -> None:
    """Note until what true time a lease can let a node read."""
    batch = packet.batch
    late = max(world.local(node) - batch.made - 2 * SKEW, dt.timedelta())
    until = world.now + min(message.ends - batch.run, LEASE) - late
    world.readable_until[node.name, batch.sender, message.originator] = until
    pair = (node.name, message.originator)
    world.longest[pair] = max(world.longest.get(pair, until), until)
    if message.originator != batch.sender:
        bound = world.longest.get((batch.sender, message.originator), world.now)
        lawful = until <= bound + (world.now - packet.left) + _TOLERANCE
        demand(lawful, "no lease outlives the one it rests on", (batch.sender, node.name))


# --- whenever somebody reads ----------------------------------------------------------------------


def at_reading(world: World, node: Node) -> None:
    """Look at what a node would let its people read."""
    local = world.local(node)
    for key, copy in node.state.copies.items():
        if not pacts.readable(node.state, copy, local):
            continue
        until = world.readable_until.get((node.name, key[0], key[1]))
        demand(
            until is not None and world.now <= until + _TOLERANCE, "read while its lease runs", key
        )
        demand(_in_force(world, node, key[0]), "read under an agreement in force", key)
        last = copy.marking.retain_until
        demand(last is None or local.date() <= last, "read before its last day is over", key)
