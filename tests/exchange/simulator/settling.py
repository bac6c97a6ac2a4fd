"""The time after all faults have ended: everything must come right by itself, and stay right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from esclusa.sharing.exchange import consents, outbox, pacts
from esclusa.sharing.exchange.messages import CLASSES, ConsentAnswer
from esclusa.sharing.exchange.rows import Copy, CopyKey, EntryKey, Grade, Hold, Inbox, Outbox, Own
from esclusa.sharing.exchange.state import TABLES
from simulator import invariants, operations
from simulator.invariants import CONTENT, Violation, demand, may_derive
from simulator.truth import GRACE, HOUR, LEASE, LIE, WEAK, shown, stricter

if TYPE_CHECKING:
    from simulator.network import Packet
    from simulator.world import Node, World

_MOST = 4000
_OUT, _NONE = Grade.OUT, Hold.NONE


def settle(world: World) -> None:
    """End all faults, let late packets come in, and let people and jobs do their work."""
    world.network.cut.clear()
    for node in world.nodes.values():
        node.crashing = ""
        if not node.state.ready:
            node.state = msgspec.structs.replace(node.state, ready=True)
    for packet in tuple(world.network.flight[-6:]):
        world.deliver(packet)
    for node, partner in world.links:
        if not _is_even(node, world.nodes[partner]):
            world.dirty[node.name, partner] = None
    pump(world)
    _agree(world)
    pump(world)
    if has_time_passed(world):
        world.now += LEASE * 0.55
    for node in world.nodes.values():
        world.tick(node)
    _work(world)
    pump(world)


def has_time_passed(world: World) -> bool:
    """Tell whether this schedule lets time pass at its end, so that every lease is renewed."""
    return world.seed % 2 == 0


def _is_even(node: Node, partner: Node) -> bool:
    """Tell whether a batch from a node could tell its partner nothing: all is read and known so."""
    box, inbox = _places(node, partner)
    if box.last != inbox.number or box.head != inbox.head:
        return False
    box, inbox = _places(partner, node)
    if box.cursor != inbox.number:
        return False
    return box.last > inbox.number or (box.last == inbox.number and box.head == inbox.head)


def _places(node: Node, partner: Node) -> tuple[Outbox, Inbox]:
    box = node.state.outboxes.get(partner.name) or outbox.NEW
    return box, partner.state.inboxes.get(node.name) or outbox.UNREAD


def _work(world: World) -> None:
    for node in world.nodes.values():
        for record in tuple(node.todo):
            _restate(world, node, record)
        world.erase(node)


def _restate(world: World, node: Node, record: str) -> None:
    """A person looks at a record again: states it anew, or withdraws what is lost."""
    node.todo.pop(record)
    own = node.state.own.get(record)
    if own is None or own.hold is _NONE:
        return
    if own.content is None or not operations.state_it(
        world, node, record, "correct", own.marking, sources=own.roots
    ):
        operations.withdraw_it(world, node, record)


def _agree(world: World) -> None:
    """Both sides of each pair put the last text that they signed in force."""
    latest = {pair: (text, text.digest()) for pair, text in world.book.latest.items()}
    for node, partner in world.links:
        text, digest = latest[frozenset((node.name, partner))]
        if node.state.pacts[partner].digest != digest:
            operations.adopt(world, node, partner, text)


def pump(world: World) -> None:
    """Carry batches until nobody has news."""
    for _ in range(_MOST):
        if not world.dirty:
            _erase_all(world)
            if not world.dirty:
                return
        operations.send_now(world, next(iter(world.dirty)))
    raise Violation("the exchange comes to rest", tuple(world.dirty))


def _erase_all(world: World) -> None:
    for node in world.nodes.values():
        if node.state.owed:
            world.erase(node)


# --- what must then hold --------------------------------------------------------------------------


def check(world: World) -> None:
    """Check everything that holds between nodes at rest."""
    for node, partner in world.links:
        _outboxes(world, node, partner)
        _ends(world, node, partner)
        _direct(world, node, world.nodes[partner])
    for node in world.nodes.values():
        demand(not node.state.owed, "every erasure is reported", node.name)
        invariants.at_reading(world, node)
        _copies(world, node)
        _consents(world, node)
        _requests(world, node)
        _left_over(node)
        _quiet(world, node)
    _withdrawn(world)
    _forks(world)
    if not any(node.restored for node in world.nodes.values()):
        _onward_holders(world)


def _forks(world: World) -> None:
    """Where a node was restored from before what its partner had read, both have been told."""
    for (name, partner), inbox in world.forks.items():
        entry = world.nodes[name].state.entries.get((partner, inbox.number))
        if entry is not None and entry.head == inbox.head:
            continue  # It said word for word the same again.
        mine, theirs = world.nodes[name].alarms, world.nodes[partner].alarms
        told = ("ahead", partner) in mine or ("fork", partner) in mine
        demand(told, "a node learns that it went back", (name, partner))
        demand(("fork", name) in theirs, "a partner learns that a node went back", (name, partner))


def _onward_holders(world: World) -> None:
    """The originator knows everyone who holds a record of it through others."""
    for node in world.nodes.values():
        for (supplier, originator, record), copy in node.state.copies.items():
            if copy.content is not None and supplier != originator:
                trail = world.nodes[originator].state.trail
                seen = (originator, record, node.name)
                demand(seen in trail, "the originator knows every holder", seen)


def _quiet(world: World, node: Node) -> None:
    """A node that has just noticed the time has nothing more to say a moment later."""
    world.tick(node)
    entries = node.state.entries
    places, before = tuple(entries), tuple(entries.values())
    world.tick(node)
    if tuple(entries) != places or tuple(entries.values()) != before:
        raise Violation("nothing is said without a reason", node.name)


def _left_over(node: Node) -> None:
    """An outbox keeps no content but that of what is out now."""
    full: list[tuple[EntryKey, Any]] = [
        (place, entry.message)
        for place, entry in node.state.entries.items()
        if type(entry.message) in CONTENT and entry.message.content is not None  # type: ignore[union-attr]
    ]
    for (partner, number), message in full:
        if message.record.startswith(LIE):
            continue
        grant = node.state.grants.get((partner, message.originator, message.record))
        if grant is None or grant.state is not _OUT or grant.number != number:
            seen = (node.name, partner, message)
            raise Violation("an outbox keeps nothing that was taken back", seen)


def _outboxes(world: World, node: Node, partner: str) -> None:
    box = node.state.outboxes.get(partner)
    inbox = world.nodes[partner].state.inboxes.get(node.name)
    if box is None:
        demand(inbox is None, "nothing taken from an empty outbox", (node.name, partner))
        return
    seen = (inbox.number, inbox.head) if inbox is not None else (0, "")
    if seen != (box.last, box.head):
        raise Violation("all that was said is taken", (node.name, partner, seen))
    if box.cursor != box.last:
        raise Violation("all that was taken is acknowledged", (node.name, partner))


def _ends(world: World, node: Node, partner: str) -> None:
    """The end of an agreement is known on both sides."""
    mine, theirs = node.state.pacts[partner], world.nodes[partner].state.pacts[node.name]
    if mine.digest == theirs.digest and mine.ended != theirs.ended:
        raise Violation("an end is known on both sides", (node.name, partner))


def _agreed(world: World, node: Node, partner: str) -> bool:
    """Tell whether both sides hold the same text in force."""
    other = world.nodes[partner]
    mine, theirs = node.state.pacts[partner], other.state.pacts[node.name]
    return (
        not mine.ended and not theirs.ended and mine.digest == theirs.digest
        and world.now + max(node.skew, other.skew) < mine.ends
    )  # fmt: skip


def _direct(world: World, node: Node, partner: Node) -> None:
    """Each partner holds exactly the latest of each record that it may have, and nothing else."""
    if not node.state.own:
        return
    agreed = _agreed(world, node, partner.name)
    for record, own in node.state.own.items():
        copy = partner.state.copies.get((node.name, node.name, record))
        held = copy is not None and copy.content is not None
        if not agreed or not _expected(world, node, partner, own):
            if held:
                seen = (node.name, partner.name, record, own, copy)
                raise Violation("nothing is held that may not be", seen)
        elif not held and own.hold is _NONE and not _is_over(world, node, own):
            seen = (node.name, partner.name, record, own, copy)
            raise Violation("what may be held is held", seen)
        if held and copy is not None and own.hold is _NONE:
            _same(world, node, partner, own, copy)


def _expected(world: World, node: Node, partner: Node, own: Own) -> bool:
    if own.content is None or partner.name not in own.marking.releasable_to:
        return False
    text = world.book.texts[node.state.pacts[partner.name].digest]
    if text.careless and getattr(own.marking, text.careless) != WEAK[text.careless]:
        return False
    if _is_over(world, partner, own):
        return False
    copies = [node.state.copies.get(root) for root in own.roots]
    return all(
        copy is not None and copy.content is not None
        and may_derive(world, node, copy, partner.name) and _current(world, node, copy, partner)
        for copy in copies
    )  # fmt: skip


def _current(world: World, node: Node, copy: Copy, partner: Node) -> bool:
    """Tell whether the consents that a derived record needs stand at their originator."""
    if "ORCON" in copy.marking.caveats and not _stands(world, copy, node, node.name, "derive"):
        return False
    free = copy.onward.rule == "within" and partner.name in copy.onward.agencies
    if partner.name == copy.originator or (free and "ORCON" not in copy.marking.caveats):
        return True
    return _stands(world, copy, node, partner.name, "derive")


def _stands(world: World, copy: Copy, node: Node, to: str, use: str) -> bool:
    key = (copy.originator, copy.record, node.name, to, use)
    row = world.nodes[copy.originator].state.consents.get(key)  # type: ignore[arg-type]
    if row is None or row.answer is None or not row.answer.granted:
        return False
    return row.answer.until is None or world.local(node) < row.answer.until


def _is_over(world: World, node: Node, own: Own) -> bool:
    last = own.marking.retain_until
    return last is not None and world.local(node).date() > last


def _same(world: World, node: Node, partner: Node, own: Own, copy: Copy) -> None:
    """Compare a held copy with what the agreement's text gives of the record today."""
    text = world.book.texts[node.state.pacts[partner.name].digest]
    assert own.content is not None and copy.content is not None
    seen = (node.name, partner.name, own.record, own.version, copy.version)
    if copy.version != own.version:
        raise Violation("the latest version is held", seen)
    values = {k: v for k, v in world.book.values(own.content).items() if k in text.fields}
    if world.book.values(copy.content) != values:
        raise Violation("exactly the agreed fields are held", seen)
    mark = shown(text.mark(own.marking), partner.name)
    if copy.marking != mark:
        raise Violation("the latest marking is held", (seen, copy.marking, mark))
    if copy.onward != text.onward:
        raise Violation("the agreed onward rule is held", seen)
    if has_time_passed(world) and not pacts.readable(partner.state, copy, world.local(partner)):
        raise Violation("what is held may be read", seen)


def _copies(world: World, node: Node) -> None:
    """Each copy has its path at this moment; what was passed on is held as its supplier says."""
    for (supplier, originator, record), copy in node.state.copies.items():
        giver = world.nodes[supplier]
        grant = giver.state.grants.get((node.name, originator, record))
        out = grant is not None and grant.state is _OUT
        seen = (node.name, supplier, originator, record, copy, grant)
        if out != (copy.content is not None):
            raise Violation("a grant and a copy agree", seen)
        if copy.content is None or supplier == originator or grant is None:
            continue
        source = giver.state.copies.get((grant.via, originator, record))
        if source is None or source.content is None:
            raise Violation("passed on only what is held", seen)
        demand(source.version == copy.version, "the latest version reaches onward holders", seen)
        demand(
            not invariants.is_weaker(copy.marking, source.marking), "no onward copy is weaker", seen
        )
        _passed(world, giver, node, source, copy)
        free = source.onward.rule == "within" and node.name in source.onward.agencies
        if not (free and "ORCON" not in source.marking.caveats):
            stands = _stands(world, source, giver, node.name, "pass")
            demand(stands, "an onward copy has the originator's consent now", seen)
    for (partner, originator, record), grant in node.state.grants.items():
        if grant.state is _OUT:
            copy = world.nodes[partner].state.copies.get((node.name, originator, record))
            if copy is None or copy.content is None:
                raise Violation("what is out is held", (node.name, partner, originator, record))


def _passed(world: World, giver: Node, node: Node, source: Copy, copy: Copy) -> None:
    """Compare what was passed on with what the text between the two gives of its source today."""
    readable = pacts.readable(giver.state, source, world.local(giver))
    if not readable or not _agreed(world, giver, node.name):
        return
    assert source.content is not None and copy.content is not None
    text = world.book.texts[giver.state.pacts[node.name].digest]
    seen = (node.name, giver.name, copy.originator, copy.record)
    values = {k: v for k, v in world.book.values(source.content).items() if k in text.fields}
    demand(world.book.values(copy.content) == values, "the agreed fields are held onward", seen)
    onward = stricter(source.onward, text.onward)
    demand(copy.onward == onward, "the agreed rule is held onward", seen)
    mark = shown(text.mark(source.marking), node.name)
    demand(copy.marking == mark, "the latest marking is held onward", seen)


def _consents(world: World, node: Node) -> None:
    """What an asker knows is the originator's last word."""
    if not node.state.consents:
        return
    restored = sum(each.restored > 0 for each in world.nodes.values())
    whole = restored == 0
    for key, row in node.state.consents.items():
        if key[2] != node.name or key[0] == node.name:
            continue
        theirs = world.nodes[key[0]].state.consents.get(key)
        if whole and theirs is None:
            raise Violation("every question arrives", (node.name, key))
        known = theirs.answer if theirs is not None else None
        # Two that went back may both have forgotten it; the signature on it still holds.
        if (row.answer is not None and restored < 2) or whole:
            demand(
                known == row.answer or _is_twice(known, row.answer),
                "the originator's last word is known",
                (node.name, key),
            )


def _is_twice(theirs: ConsentAnswer | None, known: ConsentAnswer | None) -> bool:
    """Tell whether a number was given twice, before and after a backup, and the stricter holds."""
    return (
        theirs is not None
        and known is not None
        and theirs.number == known.number
        and not consents.is_stricter(theirs, known)
    )


def _requests(world: World, node: Node) -> None:
    for key, question in node.state.questions.items():
        if key[0] == node.name:
            theirs = world.nodes[key[1]].state.questions.get(key)
            if theirs is None:
                raise Violation("every request arrives", key)
            same = world.nodes[key[1]].restored or theirs.step == question.step
            demand(bool(same), "every answer arrives", (key, theirs, question))


def _withdrawn(world: World) -> None:
    """What was withdrawn is gone everywhere, and every holder's receipt has come back."""
    for (originator, record), version in world.book.withdrawn.items():
        owner = world.nodes[originator]
        for node in world.nodes.values():
            for key, copy in node.state.copies.items():
                if key[1:] == (originator, record) and copy.content is not None:
                    demand(copy.version > version, "a withdrawn record is gone", (node.name, key))
        for holder, held in world.book.holders.get((originator, record), {}).items():
            if held < version:
                receipt = owner.state.trail.get((originator, record, holder))
                seen = (originator, record, version, holder, held, receipt)
                if receipt is None or receipt.reason == "passed":
                    raise Violation("every holder's receipt comes back", seen)
                whole = receipt.reason == "refused" or set(receipt.erased) == set(CLASSES)
                demand(whole, "a receipt accounts for every class", seen)


# --- and stay right -------------------------------------------------------------------------------

_KEPT = tuple(set(TABLES) - {"clock", "outboxes", "entries"})


def check_repeats(world: World) -> None:
    """Everything that ever arrived arrives again, in any order: nothing changes.

    Between nodes of which one went back an old batch may start the repair anew: left out here.
    """
    before = {node.name: _tables(node) for node in world.nodes.values()}
    back = {node.name for node in world.nodes.values() if node.restored}
    packets = [packet for packet in world.network.seen if _is_plain(back, packet)]
    world.rng.shuffle(packets)
    for packet in packets[:12]:
        world.deliver(packet)
    for node in world.nodes.values():
        for name, rows in before[node.name].items():
            if rows != getattr(node.state, name):
                raise Violation("a repeat changes nothing", name)


def _is_plain(back: set[str], packet: Packet) -> bool:
    """Tell whether a packet was made by its sender, between nodes of which none went back."""
    if packet.forged:
        return False
    return not back or (packet.batch.sender not in back and packet.batch.receiver not in back)


def _tables(node: Node) -> dict[str, dict[Any, Any]]:
    return {name: dict(getattr(node.state, name)) for name in _KEPT}


def _keeps(world: World, node: Node, copy: Copy) -> bool:
    """Tell whether nothing but its lease ends a copy now."""
    pact, local = node.state.pacts[copy.supplier], world.local(node)
    lease = node.state.leases[copy.supplier, copy.originator]
    return (
        pacts.holds(pact, local)
        and not pacts.expired(copy, local)
        and node.state.clock[""].at(local) < lease.ends + GRACE
    )


def _key(copy: Copy) -> CopyKey:
    return (copy.supplier, copy.originator, copy.record)


def check_cut_off(world: World) -> None:
    """With the network cut, what is held of others is first hidden, then erased."""
    world.now += LEASE + HOUR
    for node in world.nodes.values():
        local = world.local(node)
        held = [copy for copy in node.state.copies.values() if copy.content is not None]
        read = [copy for copy in held if pacts.readable(node.state, copy, local)]
        demand(not read, "a copy is hidden when its lease runs out", (node.name, read[:1]))
        kept = [_key(copy) for copy in held if _keeps(world, node, copy)]
        world.tick(node)
        lost = [key for key in kept if node.state.copies[key].content is None]
        demand(not lost, "a hidden copy is kept for the agreed grace", (node.name, lost[:1]))
    world.now += GRACE
    for node in world.nodes.values():
        world.tick(node)
        held = [key for key, copy in node.state.copies.items() if copy.content is not None]
        demand(not held, "a hidden copy is erased", (node.name, held[:1]))
