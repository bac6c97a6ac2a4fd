"""A partner that keeps no rule: its bytes are whole, its signature holds, its messages are lies.

It writes into its own outbox what its own software would refuse. Nothing of it may be held, believed
or granted. The records it speaks of were never stated, so holding any content of one shows at once.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from esclusa.sharing.exchange import outbox
from esclusa.sharing.exchange.messages import (
    Checkpoint,
    ConsentAnswer,
    ConsentAsk,
    Content,
    LeaseRefresh,
    Onward,
    Put,
)
from esclusa.sharing.exchange.state import Draft, apply
from simulator.truth import DAY, LEASE, LIE, marking

if TYPE_CHECKING:
    from simulator.world import Node, World

_LIE = Content("salt", msgspec.Raw(b'{"a":"a lie"}'))
_DIGEST = outbox.content_digest(_LIE)


def lie(world: World) -> None:
    """One node writes a lie into its outbox to one partner."""
    rng = world.rng.random
    node = world.nodes[tuple(world.nodes)[int(rng() * len(world.nodes))]]
    partner = node.partners[int(rng() * len(node.partners))]
    if not node.state.ready:
        return
    message = _LIES[int(rng() * len(_LIES))](world, node, partner)
    draft = Draft.begin(node.state, world.rules, world.local(node))
    outbox.append(draft, partner, message)
    effects = draft.effects()
    apply(node.state, effects)
    for (to, number), entry in effects.store["entries"].items():
        world.said.add((node.name, to, number, entry.head))
    world.dirty[node.name, partner] = None


def _put(world: World, node: Node, partner: str, originator: str = "", **changes: Any) -> Put:
    """A put with nothing wrong but that it was never stated, and what is changed."""
    world.book.serial += 1
    mark = marking(1, frozenset({partner}), False, None)
    right = Put(
        originator or node.name, f"{LIE}{world.book.serial}", 1, 1, "consignment",
        node.state.pacts[partner].digest, msgspec.Raw(mark.canonical()), Onward("consent"), _DIGEST,
        None, _LIE,
    )  # fmt: skip
    return msgspec.structs.replace(right, **changes)


def _third(world: World, node: Node, partner: str) -> str:
    names = [name for name in world.nodes if name not in (node.name, partner)]
    return names[int(world.rng.random() * len(names))]


def _unknown_word(world: World, node: Node, partner: str) -> Any:
    text = f'{{"level":1,"releasable_to":["{partner}"],"sealed":true}}'
    return _put(world, node, partner, marking=msgspec.Raw(text.encode()))


def _for_others(world: World, node: Node, partner: str) -> Any:
    mark = marking(1, frozenset({node.name}), False, None)
    return _put(world, node, partner, marking=msgspec.Raw(mark.canonical()))


def _for_nobody(world: World, node: Node, partner: str) -> Any:
    mark = marking(1, frozenset(), False, None)
    return _put(world, node, partner, marking=msgspec.Raw(mark.canonical()))


def _for_no_purpose(world: World, node: Node, partner: str) -> Any:
    mark = marking(1, frozenset({partner}), False, None)
    mark = msgspec.structs.replace(mark, purposes=frozenset())
    return _put(world, node, partner, marking=msgspec.Raw(mark.canonical()))


def _overdue(world: World, node: Node, partner: str) -> Any:
    mark = marking(1, frozenset({partner}), False, (world.now - 9 * DAY).date())
    return _put(world, node, partner, marking=msgspec.Raw(mark.canonical()))


def _other_content(world: World, node: Node, partner: str) -> Any:
    return _put(world, node, partner, digest="0" * 64)


def _other_text(world: World, node: Node, partner: str) -> Any:
    return _put(world, node, partner, agreement="never signed")


def _their_own(world: World, node: Node, partner: str) -> Any:
    return _put(world, node, partner, originator=partner)


def _under_control(world: World, node: Node, partner: str) -> Any:
    mark = marking(1, frozenset({partner}), True, None)
    third = _third(world, node, partner)
    return _put(world, node, partner, third, marking=msgspec.Raw(mark.canonical()))


def _own_consent(world: World, node: Node, partner: str) -> Any:
    """A consent that its originator did not sign."""
    put = _under_control(world, node, partner)
    given = ConsentAnswer(put.originator, put.record, node.name, partner, "pass", 1, True)
    return msgspec.structs.replace(put, consent=given)


def _borrowed_consent(world: World, node: Node, partner: str) -> Any:
    """A consent that its originator did sign, for another record or another agency."""
    put = _under_control(world, node, partner)
    signed = [given for given in world.book.given if given.originator not in (node.name, partner)]
    if not signed:
        return put
    return msgspec.structs.replace(put, originator=signed[-1].originator, consent=signed[-1])


def _forged_answer(world: World, node: Node, partner: str) -> Any:
    third = _third(world, node, partner)
    return ConsentAnswer(third, "r0", partner, node.name, "pass", 1000, True)


def _forged_memory(world: World, node: Node, partner: str) -> Any:
    """An inventory that shows a consent which the reader never gave."""
    given = ConsentAnswer(partner, "r0", node.name, node.name, "derive", 1000, True)
    return Checkpoint(1, "", holds=(), consents=(given,))


def _strange_question(world: World, node: Node, partner: str) -> Any:
    world.book.serial += 1
    return ConsentAsk(partner, f"{LIE}{world.book.serial}", node.name, node.name, "derive")


def _endless_lease(world: World, node: Node, partner: str) -> Any:
    clock = node.state.clock.get("")
    run = clock.at(world.local(node)) if clock is not None else dt.timedelta()
    return LeaseRefresh(node.name, run + 9 * LEASE, node.state.pacts[partner].digest)


_LIES = (
    _unknown_word, _for_others, _for_nobody, _for_no_purpose, _overdue, _other_content, _other_text,
    _their_own, _under_control, _own_consent, _borrowed_consent, _forged_answer, _forged_memory,
    _strange_question, _endless_lease,
)  # fmt: skip
