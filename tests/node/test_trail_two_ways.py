"""A record of Marisol's that Northreach holds twice: from Marisol itself, under a marking that an
analyst may see, and through Altamira, under one that he may not. What was passed on from the hidden
copy is in nobody's trail who may not see that copy (7 s of CPU)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.exchange.messages import Receipt
from esclusa.sharing.exchange.rows import CopyKey, Grade
from esclusa.sharing.reader import Reader, Role
from exchange_cases import Bill, give, held
from exchange_worlds import World, officer

AUDITOR = {"role": Role.AUDITOR}
CLEARED = {"clearance": Level.SECRET}


@pytest.fixture(scope="module")
def key(made_three: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, CopyKey]]:
    """Northreach, which passed Marisol's bill to Altamira; the key of its copy."""
    folder = tmp_path_factory.mktemp("ways")
    world = World.copied(made_three, folder, "marisol", "northreach", "altamira")
    give(world, Bill())
    node = world["northreach"]
    (copy,) = held(node)
    found = ("marisol", "marisol", copy.id)
    node.exchange.pass_on(found, "altamira", by="ana")
    for _ in range(2):
        world.sync("northreach", "altamira")
        world.sync("marisol", "northreach")
    yield node, found
    world.close()


def hide(node: Node, key: CopyKey) -> None:
    """Have Northreach hold the record through Altamira too, and pass it on from there."""
    _, originator, record = key
    state = node.exchange.state()
    copy, grant = state.copies[key], state.grants["altamira", originator, record]
    secret = msgspec.structs.replace(copy.marking, level=Level.SECRET)
    other = msgspec.structs.replace(copy, supplier="altamira", marking=secret)

    def act(draft: Draft, _rows: object) -> None:
        draft.leases.put(("altamira", originator), state.leases["marisol", originator])
        draft.copies.put(("altamira", originator, record), other)
        draft.note("exchange:copy:taken", "altamira", other)
        given = msgspec.structs.replace(grant, via="altamira", marking=secret)
        for partner in ("fourth", "fifth"):
            state = Grade.OUT if partner == "fourth" else Grade.RECALLED
            key = (partner, originator, record)
            draft.grants.put(key, msgspec.structs.replace(given, state=state))
            draft.note("exchange:grant:sent", partner, other)
        for holder in ("fifth", "sixth"):
            said = Receipt(originator, record, copy.version, 1, holder, "passed")
            draft.trail.put((originator, record, holder), said)
            draft.note("exchange:receipt:taken", "fifth", said)

    node.exchange.change(act)
