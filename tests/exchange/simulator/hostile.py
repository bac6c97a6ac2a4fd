"""Bad input: what a broken or dishonest partner sends, and moves that people may not make.

Each must be refused with an alarm, lose nothing and grant nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from esclusa.sharing.exchange import moves
from esclusa.sharing.exchange.messages import (
    Answer,
    ConsentAnswer,
    Content,
    Onward,
    Put,
)
from esclusa.sharing.exchange.state import Effects
from simulator.invariants import demand
from simulator.truth import DAY, SKEW, WEAK, marking, weakened

if TYPE_CHECKING:
    from simulator.network import Packet
    from simulator.world import Node, World


def forge(world: World) -> None:
    """A batch arrives that must be refused whole."""
    node = world.nodes[tuple(world.nodes)[int(world.rng.random() * len(world.nodes))]]
    partner = world.nodes[node.partners[int(world.rng.random() * len(node.partners))]]
    packet = world.packet(partner, node.name)
    if packet is None or not node.state.ready:
        return
    kind = int(world.rng.random() * len(_FORGERIES))
    forged = _FORGERIES[kind](world, node, packet)
    if forged is not None:
        forged = msgspec.structs.replace(forged, forged=True)
        before = dict(node.state.copies)
        effects = world.deliver(forged)
        rule = _FORGERIES[kind].__name__
        taken = "inboxes" in effects.store
        demand(
            effects.refused is not None or rule == "_with_a_hole", "a forged batch is refused", rule
        )
        demand(not taken, "nothing of a forged batch is taken", rule)
        demand(node.state.copies == before, "a forged batch grants nothing", kind)


def _flipped(world: World, node: Node, packet: Packet) -> Packet:
    """A byte was flipped, the end cut off, or the key revoked: the signature does not hold."""
    return msgspec.structs.replace(packet, sound=False)


def _other_signer(world: World, node: Node, packet: Packet) -> Packet:
    """A third agency signed in the sender's name."""
    return msgspec.structs.replace(packet, signer="nobody")


def _stranger(world: World, node: Node, packet: Packet) -> Packet:
    """An agency without any agreement."""
    batch = msgspec.structs.replace(packet.batch, sender="nobody", first=1, previous="")
    return msgspec.structs.replace(packet, batch=batch, signer="nobody")


def _from_the_future(world: World, node: Node, packet: Packet) -> Packet:
    """Made further in the future than any agreed difference of clocks."""
    made = world.local(node) + 2 * SKEW + DAY
    return msgspec.structs.replace(packet, batch=msgspec.structs.replace(packet.batch, made=made))


def _with_a_hole(world: World, node: Node, packet: Packet) -> Packet | None:
    """The first message of a batch was cut away and the batch signed anew."""
    batch = packet.batch
    inbox = node.state.inboxes.get(batch.sender)
    place = inbox.number if inbox is not None else 0
    if batch.first + len(batch.messages) - 1 <= place or not batch.messages:
        return None
    cut = msgspec.structs.replace(
        batch, first=place + 2, messages=batch.messages[place + 2 - batch.first :]
    )
    return msgspec.structs.replace(packet, batch=cut)


def _other_history(world: World, node: Node, packet: Packet) -> Packet | None:
    """Numbers that the sender has used before, with other content: a second copy of its node."""
    batch = packet.batch
    inbox = node.state.inboxes.get(batch.sender)
    if inbox is None:
        return None
    forged = Put(
        batch.sender, "forged", 1, 1, "consignment", batch.agreement,
        msgspec.Raw(marking(1, frozenset({node.name}), False, None).canonical()), Onward(), "",
        None, Content("", msgspec.Raw(b"{}")),
    )  # fmt: skip
    other = msgspec.structs.replace(
        batch, first=inbox.number + 1, previous="0" * 64, messages=(forged,)
    )
    return msgspec.structs.replace(packet, batch=other)


def _for_another(world: World, node: Node, packet: Packet) -> Packet | None:
    """A batch of the partner for a third agency, brought to the wrong door."""
    partner = world.nodes[packet.batch.sender]
    for name in partner.partners:
        if name != node.name:
            other = world.packet(partner, name)
            return msgspec.structs.replace(other, to=node.name) if other is not None else None
    return None


_FORGERIES = (
    _flipped, _for_another, _other_signer, _stranger, _from_the_future, _with_a_hole, _other_history,
)  # fmt: skip


def overreach(world: World) -> None:
    """People try what a rule forbids."""
    nodes = tuple(world.nodes.values())
    node = nodes[int(world.rng.random() * len(nodes))]
    kind = int(world.rng.random() * len(_OVERREACHES))
    effects = _OVERREACHES[kind](world, node)
    demand(effects is None, "a forbidden move is refused", _OVERREACHES[kind].__name__)


def _same_version(world: World, node: Node) -> Effects | None:
    own = node.state.own.get("r0")
    if own is None or own.content is None:
        return None
    return world.attempt(
        node, moves.state_record, record="r0", kind=own.kind, version=own.version,
        marking=own.marking, content=own.content,
    )  # fmt: skip


def _wider(world: World, node: Node) -> Effects | None:
    own = node.state.own.get("r0")
    if own is None or own.content is None or own.marking.level < 2:
        return None
    mark = msgspec.structs.replace(own.marking, level=type(own.marking.level)(1))
    return world.attempt(
        node, moves.state_record, record="r0", kind=own.kind, version=own.version + 1,
        marking=mark, content=own.content, said="narrow",
    )  # fmt: skip


def _weaker_than_its_source(world: World, node: Node) -> Effects | None:
    part = tuple(WEAK)[int(world.rng.random() * len(WEAK))]
    for key, copy in node.state.copies.items():
        if copy.content is not None and getattr(copy.marking, part) != WEAK[part]:
            mark = weakened(copy.marking, part)
            return world.attempt(
                node, moves.state_record, record="w", kind="alert", version=1, marking=mark,
                content=Content("", msgspec.Raw(b"{}")), sources=(key,),
            )  # fmt: skip
    return None


def _unsigned_consent(world: World, node: Node) -> Effects | None:
    for key, row in node.state.consents.items():
        if key[0] == node.name:
            number = row.answer.number + 1 if row.answer is not None else 1
            return world.attempt(
                node,
                moves.answer_consent,
                given=ConsentAnswer(*key, number, True),  # type: ignore[arg-type]
            )
    return None


def _somebody_elses_consent(world: World, node: Node) -> Effects | None:
    for key, row in node.state.consents.items():
        if key[0] != node.name and row.answer is None:
            given = world.book.sign(ConsentAnswer(*key, 1, True, None, node.name, "own word"))  # type: ignore[arg-type]
            world.book.signed.discard(given)
            return world.attempt(node, moves.answer_consent, given=given)
    return None


def _groundless_refusal(world: World, node: Node) -> Effects | None:
    for each in (node, *world.nodes.values()):
        for key, question in each.state.questions.items():
            if key[1] == each.name and question.step is None:
                given = Answer(key[2], "refused", None, "no time")
                return world.attempt(each, moves.respond, asker=key[0], answer=given)
    return None


def _half_a_receipt(world: World, node: Node) -> Effects | None:
    for key, owed in node.state.owed.items():
        return world.attempt(node, moves.erased, copy=key, owed=owed, erased={"tables": 1})
    return None


def _ended_text(world: World, node: Node) -> Effects | None:
    partner = node.partners[0]
    text = world.book.texts[node.state.pacts[partner].digest]
    late = msgspec.structs.replace(text, number=1_000_000, ends=world.local(node))
    return world.attempt(node, moves.adopt, partner=partner, pact=late.pact())


_OVERREACHES = (
    _same_version, _wider, _weaker_than_its_source, _unsigned_consent, _somebody_elses_consent,
    _groundless_refusal, _half_a_receipt, _ended_text,
)  # fmt: skip
