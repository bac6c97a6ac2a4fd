"""What must never be, whatever the network and the nodes go through.

Checked at every step, against the book of truth and not against the node's own view:

- nothing is held, and nothing leaves, without a release path (agreement, audience, consent);
- a marking is never weaker than the originator's, and never shows who else may have the record;
- nothing is read when its lease, its agreement or its time is over;
- a refused batch changes nothing, an accepted one continues exactly what its sender said;
- what is said beside the records (receipts, questions, inventories) goes only to whom it concerns;
- what rests on a copy that changed waits for a person.

``settling`` checks the rest once all faults have ended.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from esclusa.model.marking import EVERYONE, Marking
from esclusa.sharing.exchange import consents, labels, pacts
from esclusa.sharing.exchange.messages import (
    CLASSES,
    Batch,
    Checkpoint,
    ConsentAsk,
    Correct,
    LeaseRefresh,
    Narrow,
    Put,
    Recall,
    Receipt,
)
from esclusa.sharing.exchange.rows import Copy, CopyKey, Grade, Hold, Pact
from esclusa.sharing.exchange.state import Effects
from simulator.truth import BORNE, LEASE, LIE, Stated, Text

if TYPE_CHECKING:
    from simulator.network import Packet
    from simulator.world import Node, World

_TOLERANCE = dt.timedelta(seconds=1)
_AHEAD = BORNE
_OUT, _NONE = Grade.OUT, Hold.NONE
_ZERO = dt.timedelta()
_CLASSES = frozenset(CLASSES)
CONTENT = frozenset({Put, Correct, Narrow})
_STATEMENTS = CONTENT | {Recall}
_LOOKED_AT = CONTENT | {Receipt, Checkpoint, ConsentAsk}
_TELLING = _STATEMENTS | {LeaseRefresh, Checkpoint}
_REPAIRS = (
    "exchange:inventory:taken", "exchange:outbox:resumed", "exchange:receipt:taken",
    "exchange:agreement:ended",
)  # fmt: skip


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
    """Look at every row that a node would store, table by table."""
    store = effects.store
    if store and not node.state.ready:
        raise Violation("nothing moves while a node is migrated", node.name)
    for table in store:
        if table in _LOOKS:
            _LOOKS[table](world, node, store[table], effects)


def _new_copies(world: World, node: Node, rows: Any, effects: Effects) -> None:
    for key, copy in rows.items():
        if copy.content is not None:
            _held(world, node, key, copy, effects)
        else:
            _let_go(node, key, effects)


def _new_entries(world: World, node: Node, rows: Any, effects: Effects) -> None:
    """Look at what a node says, and remember that it said it: it is stored in this very moment."""
    name, before, say = node.name, node.state.entries, world.said.add
    for place, entry in rows.items():
        if entry is None:
            continue
        partner, number = place
        say((name, partner, number, entry.head))
        message = entry.message
        if type(message) in _LOOKED_AT:
            old = before.get(place)
            if old is None or old.message is not message:
                _said(world, node, partner, message, effects)


def _new_pacts(world: World, node: Node, rows: Any, effects: Effects) -> None:
    for partner, pact in rows.items():
        if pact.ended:
            _ended(node, partner, effects)


def _new_trail(world: World, node: Node, rows: Any, effects: Effects) -> None:
    for named, receipt in rows.items():
        known = node.state.trail.get(named)
        if receipt.reason == "nothing_held" and not receipt.erased and known and known.erased:
            raise Violation("an account of an erasure is not blotted out", (node.name, named))


def _new_consents(world: World, node: Node, rows: Any, effects: Effects) -> None:
    for asked, row in rows.items():
        _consent(world, node, asked, row, effects)


def _consent(world: World, node: Node, key: Any, row: Any, effects: Effects) -> None:
    seen = (node.name, key)
    signed = row.answer is None or row.answer in world.book.signed
    demand(signed, "only a signed consent is believed", seen)
    before = node.state.consents.get(key)
    if before is not None and before.answer is not None and row.answer != before.answer:
        given = row.answer
        newer = given is not None and given.number > before.answer.number
        less = given is not None and given.number == before.answer.number
        less = less and consents.is_stricter(given, before.answer)
        demand(newer or less, "a later answer holds", seen)
    if row.answer is None and row.back:
        said = (row.back, key[0], key[1])
        known = said in node.state.grants or said in effects.store.get("grants", {})
        demand(known, "only who was given a record may ask about it", seen)


def _ended(node: Node, partner: str, effects: Effects) -> None:
    new = effects.store.get("copies", {})
    for key, copy in node.state.copies.items():
        if key[0] == partner:
            gone = new.get(key, copy).content is None
            demand(gone, "an ended agreement leaves no copy", (node.name, key))


def _said(world: World, node: Node, partner: str, message: Any, effects: Effects) -> None:
    """Look at one new message in an outbox."""
    kind = type(message)
    if kind in CONTENT and message.content is not None:
        if not message.record.startswith(LIE):
            _leaves(world, node, partner, message, effects)
    elif kind is Receipt:
        _receipt(node, partner, message, effects)
    elif kind is Checkpoint:
        _inventory(node, partner, message, effects)
    elif kind is ConsentAsk:
        path = _is_upstream(node, partner, message, effects)
        demand(path, "a question goes only to where the record came from", (node.name, partner))


def _is_upstream(node: Node, partner: str, message: Any, effects: Effects) -> bool:
    key = (partner, message.originator, message.record)
    return (
        partner == message.originator
        or key in node.state.copies
        or key in effects.store.get("copies", {})
    )


def _receipt(node: Node, partner: str, message: Receipt, effects: Effects) -> None:
    seen = (node.name, partner, message)
    if not _is_upstream(node, partner, message, effects):
        raise Violation("a receipt goes only to where the record came from", seen)
    if message.holder != node.name or message.reason in ("refused", "nothing_held"):
        return
    if message.erased.keys() != _CLASSES:
        raise Violation("a receipt accounts for every class", seen)
    key = (partner, message.originator, message.record)
    copy = effects.store.get("copies", {}).get(key) or node.state.copies[key]
    gone = copy.content is None or (copy.version, copy.edition) > (message.version, message.edition)
    if not gone and message.reason != "narrow":
        raise Violation("a receipt tells the truth", seen)


def _inventory(node: Node, partner: str, message: Checkpoint, effects: Effects) -> None:
    for held in message.holds or ():
        key = (partner, held.originator, held.record)
        known = key in node.state.copies or key in effects.store.get("copies", {})
        demand(known, "an inventory tells a partner only of its own", (node.name, key))
    for given in message.consents:
        seen = (node.name, partner, given)
        demand(given.originator == partner, "an inventory tells a partner only of its own", seen)


_RANK = {None: 0, "acknowledged": 1, "extended": 2, "answered": 3, "refused": 3}


def _new_questions(world: World, node: Node, rows: Any, effects: Effects) -> None:
    before = node.state.questions
    for key, question in rows.items():
        if key in before:
            forward = _RANK[question.step] >= _RANK[before[key].step]
            demand(forward, "a request goes forward only", (node.name, key, question.step))
    turned = sum(
        question.late and not before[key].late for key, question in rows.items() if key in before
    )
    told = sum(alarm.rule == "request" for alarm in effects.alarms)
    demand(turned == told, "a person is told once of a late request", (node.name, turned, told))


_LOOKS = {
    "copies": _new_copies, "entries": _new_entries, "pacts": _new_pacts, "trail": _new_trail,
    "consents": _new_consents, "questions": _new_questions,
}  # fmt: skip


def at_tick(world: World, node: Node) -> None:
    """Look at what a node that has noticed the time has left undone."""
    local = world.local(node)
    for key, question in node.state.questions.items():
        done = question.late or question.step in ("answered", "refused")
        if not done and question.due is not None and local >= question.due:
            raise Violation("a late request is told", key)


def at_departure(world: World, node: Node, batch: Batch) -> None:
    """Look at a batch with messages that is about to leave: old content too goes only under an
    agreement."""
    for message in batch.messages:
        if type(message) in CONTENT and message.content is not None:
            if not _in_force(world, node, batch.receiver):
                seen = (node.name, batch.receiver)
                raise Violation("no content leaves after an agreement", seen)
            return


def _let_go(node: Node, key: CopyKey, effects: Effects) -> None:
    before = node.state.copies.get(key)
    if before is not None and before.content is not None:
        if "owed" not in effects.store or effects.store["owed"].get(key) is None:
            raise Violation("an erasure is owed", key)
        if key not in effects.erase:
            raise Violation("storage is told to erase", key)
        _reopened(node, key, effects)


def _reopened(node: Node, key: CopyKey, effects: Effects) -> None:
    """See that every own record that rests on a changed copy waits for a person."""
    new = effects.store.get("own", {})
    for record, own in node.state.own.items():
        if key in own.roots and own.content is not None:
            held = (new.get(record) or own).hold
            waits = held is not _NONE and (own.hold is held or record in effects.reopen)
            demand(waits, "what rests on a changed copy waits for a person", (node.name, record))


def _pact(node: Node, partner: str, effects: Effects) -> Pact:
    new = effects.store.get("pacts")
    return (new and new.get(partner)) or node.state.pacts[partner]


def _in_force(world: World, node: Node, partner: str) -> bool:
    return _stands(world, node, node.state.pacts[partner])[1]


def _stands(world: World, node: Node, pact: Pact) -> tuple[Text, bool]:
    """Return the text that a node works under with a partner, and whether it is in force there."""
    text = world.book.texts[pact.digest]
    stands = text.signed and not pact.ended and text.begins <= world.now + node.skew < text.ends
    return text, stands


def _matching(
    world: World, key: tuple[str, str, int], values: dict[str, str], mark: Marking
) -> Stated | None:
    """Return what was stated under a number with these values; a restored node may have stated
    two things under one number: then the one whose marking fits best."""
    said = world.book.stated.get(key)
    if said is None:
        return None
    if len(said) == 1:
        one = said[0]
        return one if values is one.values or values.items() <= one.values.items() else None
    fits = [s for s in said if values.items() <= s.values.items()]
    if len(fits) < 2:
        return fits[0] if fits else None
    strict = [stated for stated in fits if not is_weaker(mark, stated.marking)]
    named = [s for s in strict if mark.releasable_to <= s.marking.releasable_to]
    return (named or strict or fits)[0]


def _held(world: World, node: Node, key: CopyKey, copy: Copy, effects: Effects) -> None:
    before = node.state.copies.get(key)
    supplier, originator, record = key
    name, book = node.name, world.book
    assert copy.content is not None
    values = book.values(copy.content)
    stated = _matching(world, (originator, record, copy.version), values, copy.marking)
    if stated is None:
        raise Violation("only what was stated is held", (name, key, copy.version, values))
    seen = (name, key)
    marking = stated.marking
    if originator == name:
        raise Violation("no own record comes back as a copy", seen)
    if copy.marking.releasable_to != {name}:
        raise Violation("no audience is shown", seen)
    if is_weaker(copy.marking, marking):
        raise Violation("no marking is weaker", seen)
    text, in_force = _stands(world, node, _pact(node, supplier, effects))
    if not _is_narrowed(before, copy):
        if not in_force:
            raise Violation("an agreement in force", seen)
        last = marking.retain_until
        if last is not None and world.local(node).date() > last:
            raise Violation("the time to keep", seen)
    if before is None and not values.keys() <= text.allowed:
        raise Violation("only agreed fields", seen)
    if supplier == originator:
        if name not in marking.releasable_to:
            raise Violation("released to the holder", seen)
    else:
        granted = (originator, record, supplier, name, "pass") in book.granted
        if not granted and (name not in book.free or "ORCON" in marking.caveats):
            raise Violation("held from others with consent or by rule", seen)
        if copy.version < world.told.get((name, originator, record), 0):
            raise Violation("the originator's word binds other paths", seen)
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
    text, in_force = _stands(world, node, _pact(node, partner, effects))
    if not in_force and not _is_resumed(effects):
        raise Violation("no content without an agreement in force", seen)
    values = world.book.values(message.content)
    if not values.keys() <= text.allowed:
        raise Violation("only agreed fields leave", seen)
    mark = labels.read(message.marking)
    if mark is None or mark.releasable_to != {partner}:
        raise Violation("no audience is shown", seen)
    last = mark.retain_until
    if last is not None and world.local(node).date() > last and not _is_resumed(effects):
        raise Violation("nothing overdue leaves", seen)
    _is_news(node, partner, message, mark, effects)
    key = (message.originator, message.record, message.version)
    stated = _matching(world, key, values, mark)
    if stated is None:
        raise Violation("only what was stated leaves", (seen, message.version))
    if message.originator == name:
        _own_leaves(world, node, partner, message, effects)
    else:
        _copy_leaves(world, node, partner, message, effects)


def _is_resumed(effects: Effects) -> bool:
    """Tell whether an outbox was taken up again after a break: what it said is then said again."""
    return any(line.event == "exchange:outbox:resumed" for line in effects.audit)


def _is_news(node: Node, partner: str, message: Any, mark: Marking, effects: Effects) -> None:
    """See that nothing is said twice, unless the partner lost it in between."""
    before = node.state.grants.get((partner, message.originator, message.record))
    if before is None or before.state is not _OUT or node.restored:
        return
    if before.version != message.version or before.digest != message.digest:
        return
    if before.onward != message.onward or before.marking != mark:
        return
    repaired = any(line.event in _REPAIRS for line in effects.audit)
    demand(repaired, "nothing is said twice", (node.name, partner, message.record))


def at_correction(node: Node, record: str, effects: Effects) -> None:
    """See that whoever has a record is told that it was wrong, not merely that it changed."""
    for (partner, _), entry in effects.store.get("entries", {}).items():
        before = node.state.grants.get((partner, node.name, record))
        if entry is None or before is None or before.state is not _OUT:
            continue
        plain = type(entry.message) is Put and entry.message.content is not None
        demand(not plain, "a correction is called one", (node.name, partner, record))


def _own_leaves(world: World, node: Node, partner: str, message: Any, effects: Effects) -> None:
    seen = (node.name, partner, message.record)
    own = effects.store.get("own", {}).get(message.record) or node.state.own[message.record]
    if own.version != message.version and own.hold is not Hold.UNACCOUNTED:
        raise Violation("the latest statement leaves", seen)
    if partner not in own.marking.releasable_to:
        raise Violation("an audience that names the partner", seen)
    waited = node.state.own.get(message.record)
    if own.hold is not _NONE and waited is not None and waited.hold is not _NONE:
        grant = node.state.grants.get((partner, node.name, message.record))
        flows = grant is not None and grant.state is _OUT
        demand(flows, "what waits for a person starts no new flow", (seen, own, grant))
    for root in own.roots:
        copy = effects.store.get("copies", {}).get(root) or node.state.copies.get(root)
        good = copy is not None and copy.content is not None
        demand(good, "a derived record leaves only while its sources are held", seen)
        if copy is not None:
            lawful = may_derive(world, node, copy, partner, effects)
            demand(lawful, "derived with consent or by rule", seen)
            demand(not is_weaker(own.marking, copy.marking), "as strict as its sources", seen)


def may_derive(
    world: World, node: Node, copy: Copy, partner: str, effects: Effects | None = None
) -> bool:
    """Tell whether a record resting on a copy may go to a partner ("" or the node: be made)."""
    named = (copy.originator, copy.record)
    book = world.book
    home = (*named, node.name, node.name, "derive") in book.granted
    if "ORCON" in copy.marking.caveats and not home:
        return False
    if partner in ("", node.name, copy.originator):
        return True
    if _refused_since(node, copy, partner, "derive", effects):
        return False
    return copy.onward.rule != "never" and _path(
        world, copy.onward, named, node.name, partner, "derive", copy.marking
    )


def _refused_since(node: Node, copy: Copy, to: str, use: str, effects: Effects | None) -> bool:
    """Tell whether the originator's last word that reached the node is no."""
    if copy.onward.rule == "within" and to in copy.onward.agencies:
        return False
    key = (copy.originator, copy.record, node.name, to, use)
    new = effects.store.get("consents", {}) if effects is not None else {}
    row = new.get(key) or node.state.consents.get(key)  # type: ignore[call-overload]
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
    demand(live or _is_resumed(effects), "passed on only while its lease runs", seen)
    consents = {**node.state.consents, **effects.store.get("consents", {})}
    row = consents.get((*named, node.name, partner, "pass"))
    free = copy.onward.rule == "within" and partner in copy.onward.agencies
    if not (free and "ORCON" not in copy.marking.caveats):
        good = row is not None and row.answer is not None and row.answer.granted
        demand(good, "a withdrawn consent is no consent", seen)
        end = row.answer.until if row is not None and row.answer is not None else None
        demand(end is None or world.local(node) < end, "a consent ends with its time", seen)


# --- at every delivery ----------------------------------------------------------------------------


def at_delivery(
    world: World, node: Node, packet: Packet, effects: Effects, local: dt.datetime
) -> None:
    """Look at what a batch did to its receiver, at a moment of the receiver's clock."""
    batch, store = packet.batch, effects.store
    if effects.alarms and not node.restored:
        _forks(world, node, packet, effects)
    if effects.refused is not None:
        fork = effects.refused.rule == "fork"
        demand(fork or not store, "a refused batch changes nothing", batch.sender)
        demand(not {"copies", "inboxes"} & store.keys(), "a refused batch grants nothing")
        demand(bool(effects.alarms), "a refusal is an alarm", effects.refused.rule)
        return
    sender, name = batch.sender, node.name
    if not packet.sound or packet.signer != sender:
        raise Violation("only what was signed is taken")
    if batch.receiver != name:
        raise Violation("only what is meant for us is taken")
    if batch.made > local + _AHEAD:
        raise Violation("nothing from the future is taken")
    rows = store.get("inboxes")
    row = rows.get(sender) if rows is not None else None
    if row is None:
        return
    before, first, messages = node.state.inboxes.get(sender), batch.first, batch.messages
    # messages of this batch that were there before
    have = (before.number if before is not None else 0) - first + 1
    number, count = row.number, len(messages)
    if not 0 <= have < count or number != first + count - 1:
        raise Violation("no gap in the inbox", batch)
    if (sender, name, number, row.head) not in world.said:
        raise Violation("only what its sender said is taken", (sender, name, number))
    if node.crashing == "before":
        return
    for message in messages[have:] if have else messages:
        if type(message) in _TELLING:
            _told(world, node, packet, message, effects)


def _forks(world: World, node: Node, packet: Packet, effects: Effects) -> None:
    """See that nobody is called restored, or two, who is not."""
    if packet.forged:
        return
    sender = world.nodes.get(packet.batch.sender)
    if sender is not None and not sender.restored:
        false = [alarm.rule for alarm in effects.alarms if alarm.rule in ("fork", "ahead")]
        demand(not false, "no false alarm of a fork", (node.name, sender.name, false))


def _told(world: World, node: Node, packet: Packet, message: Any, effects: Effects) -> None:
    sender, kind = packet.batch.sender, type(message)
    if kind is LeaseRefresh:
        leases = effects.store.get("leases")
        if leases is None or (sender, message.originator) not in leases:
            return
        if message.agreement == _pact(node, sender, effects).digest:
            _lease(world, node, packet, message)
        return
    if kind is Checkpoint:
        _recalled(node, sender, message, effects)
        return
    originator, record = message.originator, message.record
    if kind is Correct or kind is Narrow:
        key = (sender, originator, record)
        before = node.state.copies.get(key)
        after = effects.store.get("copies", {}).get(key)
        held = before is not None and before.content is not None
        if held and after is not None and after.edition == message.edition:
            _reopened(node, key, effects)
    if originator == sender:
        lowest = message.version + (kind is Recall)
        key = (node.name, originator, record)
        if world.told.get(key, 0) < lowest:
            world.told[key] = lowest


def _recalled(node: Node, sender: str, message: Checkpoint, effects: Effects) -> None:
    """See that a recall which the node forgot, and a partner remembers, reaches everybody."""
    new = effects.store.get("grants", {})
    for held in message.holds or ():
        key = (sender, held.originator, held.record)
        before, after = node.state.grants.get(key), new.get(key)
        known = (before.version, before.edition) if before is not None else (0, 0)
        if held.originator != node.name or held.held or held.why != "recall" or after is None:
            continue
        if (held.version, held.edition) == (after.version, after.edition) > known:
            for place, grant in {**node.state.grants, **new}.items():
                out = place[1:] == key[1:] and grant.state is _OUT
                demand(not out, "a forgotten recall reaches everybody", (node.name, place))


def _lease(world: World, node: Node, packet: Packet, message: LeaseRefresh) -> None:
    """Note until what true time a lease can let a node read."""
    batch = packet.batch
    late = world.now + node.skew - batch.made - _AHEAD
    until = world.now + min(message.ends - batch.run, LEASE)
    if late > _ZERO:
        until -= late
    world.readable_until[node.name, batch.sender, message.originator] = until
    pair = (node.name, message.originator)
    longest = world.longest.get(pair)
    if longest is None or longest < until:
        world.longest[pair] = until
    if message.originator != batch.sender:
        bound = world.longest.get((batch.sender, message.originator), world.now)
        lawful = until <= bound + (world.now - packet.left) + _TOLERANCE
        demand(lawful, "no lease outlives the one it rests on", (batch.sender, node.name))


# --- whenever somebody reads ----------------------------------------------------------------------


def at_reading(world: World, node: Node) -> None:
    """Look at what a node would let its people read."""
    if not node.state.copies:
        return
    local = world.local(node)
    for key, copy in node.state.copies.items():
        if not pacts.readable(node.state, copy, local):
            continue
        until = world.readable_until.get((node.name, key[0], key[1]))
        if until is None or world.now > until + _TOLERANCE:
            raise Violation("read while its lease runs", key)
        if not _in_force(world, node, key[0]):
            raise Violation("read under an agreement in force", key)
        last = copy.marking.retain_until
        demand(last is None or local.date() <= last, "read before its last day is over", key)
