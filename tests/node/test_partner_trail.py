"""The trail of a record tells a reader what he may know, from the moment on at which he may."""

from __future__ import annotations

from pathlib import Path

import pytest

from esclusa.model import Level, Marking
from esclusa.sharing.reader import Role
from exchange_cases import Bill, give, manifest, record_of
from exchange_worlds import World, for_partners, officer, take_in

SECRET = for_partners("northreach", level=Level.SECRET)


def steps(world: World, **reader: object) -> list[str]:
    node = world["marisol"]
    record = record_of(node, "KANARIBILL")
    return [
        step.event for step in node.partner_desk.trail(officer(node, **reader), record.id).steps
    ]


@pytest.mark.parametrize("before", [SECRET, Marking(level=Level.SECRET)])
def test_what_a_record_did_under_a_hidden_marking_is_in_nobodys_trail_that_may_not_see_it(
    two: World, tmp_path: Path, before: Marking
) -> None:
    take_in(two["marisol"], before, manifest(Bill(goods="EARLIER WORDS")), "before.edi")
    two["marisol"].exchange.tick()
    give(two, Bill())
    first = [event for event in steps(two) if event == "exchange:record:stated"]
    assert len(first) == 1
    whole = steps(two, role=Role.AUDITOR)
    assert set(steps(two)) <= set(whole)
    assert whole.count("exchange:record:stated") == (2 if before is SECRET else 1)
