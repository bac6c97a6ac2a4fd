"""A record of Marisol's that Northreach holds twice: from Marisol itself, under a marking that an
analyst may see, and through Altamira, under one that he may not. What was passed on from the hidden
copy is in nobody's trail who may not see that copy (7 s of CPU)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from esclusa.model import Level
from esclusa.node import Node, partner_desk
from esclusa.sharing.exchange.messages import Receipt
from esclusa.sharing.exchange.rows import CopyKey, Grade
from esclusa.sharing.exchange.state import Draft, Tables
from esclusa.sharing.partner_views import TrailStep
from esclusa.sharing.reader import Role
from exchange_cases import Bill, give, held
from exchange_worlds import World, officer

AUDITOR: Mapping[str, object] = {"role": Role.AUDITOR}
CLEARED: Mapping[str, object] = {"clearance": Level.SECRET}


@pytest.fixture
def way(three: World) -> tuple[Node, CopyKey]:
    """Northreach, which passed Marisol's bill to Altamira; the key of its copy."""
    give(three, Bill())
    node = three["northreach"]
    (copy,) = held(node)
    found = ("marisol", "marisol", copy.id)
    node.exchange.pass_on(found, "altamira", by="ana")
    for _ in range(2):
        three.sync("northreach", "altamira")
        three.sync("marisol", "northreach")
    return node, found


def hide(node: Node, key: CopyKey) -> None:
    """Have Northreach hold the record through Altamira too, and pass it on from there."""
    _, originator, record = key
    state = node.exchange.state()
    copy, grant = state.copies[key], state.grants["altamira", originator, record]
    secret = msgspec.structs.replace(copy.marking, level=Level.SECRET)
    other = msgspec.structs.replace(copy, supplier="altamira", marking=secret)

    def act(draft: Draft, _rows: object) -> None:
        draft.put(Tables.leases, ("altamira", originator), state.leases["marisol", originator])
        draft.put(Tables.copies, ("altamira", originator, record), other)
        draft.note("exchange:copy:taken", "altamira", other)
        given = msgspec.structs.replace(grant, via="altamira", marking=secret)
        for partner in ("fourth", "fifth"):
            grade = Grade.OUT if partner == "fourth" else Grade.RECALLED
            row = msgspec.structs.replace(given, state=grade)
            draft.put(Tables.grants, (partner, originator, record), row)
            draft.note("exchange:grant:sent", partner, other)
        for holder in ("fifth", "sixth"):
            said = Receipt(originator, record, copy.version, 1, holder, "passed")
            draft.put(Tables.trail, (originator, record, holder), said)
            draft.note("exchange:receipt:taken", "fifth", said)

    node.exchange.change(act)


def seen(node: Node, record: str, **reader: object) -> dict[str, object]:
    """Return what a reader is told of the record's travels, and of the partners."""
    desk, who = node.partner_desk, officer(node, **reader)
    trail = desk.trail(who, record)
    found: dict[str, object] = {name: getattr(trail, name) for name in trail.__struct_fields__}
    found["partners"] = [desk.partner(who, item.agency) for item in desk.partners(who)]
    return found


def holders(node: Node, record: str, **reader: object) -> dict[str, str]:
    trail = node.partner_desk.trail(officer(node, **reader), record)
    return {item.holder: item.through for item in trail.holders}


def test_a_trail_names_nobody_who_was_reached_from_a_hidden_copy(way: tuple[Node, CopyKey]) -> None:
    node, key = way
    plain = seen(node, key[2])
    assert holders(node, key[2]) == {"altamira": "marisol"}
    hide(node, key)
    assert seen(node, key[2]) == plain

    whole = {"altamira": "marisol", "fourth": "altamira", "fifth": "altamira"}
    assert holders(node, key[2], **CLEARED) == whole
    assert holders(node, key[2], **AUDITOR) == {**whole, "sixth": ""}
    lines = {(step.event, step.detail.split()[0]) for step in trail_of(node, key[2], AUDITOR)}
    told = {(step.event, step.detail.split()[0]) for step in trail_of(node, key[2], {})}
    assert lines - told == {
        ("exchange:copy:taken", "partner=altamira"), ("exchange:grant:sent", "partner=fourth"),
        ("exchange:grant:sent", "partner=fifth"), ("exchange:receipt:taken", "partner=fifth"),
    }  # fmt: skip
    assert told == {
        ("exchange:copy:taken", "partner=marisol"), ("exchange:grant:sent", "partner=altamira"),
    }  # fmt: skip


def trail_of(node: Node, record: str, reader: Mapping[str, object]) -> tuple[TrailStep, ...]:
    return node.partner_desk.trail(officer(node, **reader), record).steps


def test_hidden_lines_take_no_room_from_those_that_are_told(
    way: tuple[Node, CopyKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, key = way
    before = trail_of(node, key[2], {})
    for _ in range(2):
        hide(node, key)
    monkeypatch.setattr(partner_desk, "_STEPS_SHOWN", len(before) + 1)
    assert trail_of(node, key[2], {}) == before
    assert len(trail_of(node, key[2], AUDITOR)) == len(before) + 1
