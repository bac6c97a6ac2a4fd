"""What was found of a record for one partner serves for another exactly as far as it is the same.
About 3 s of CPU."""

from __future__ import annotations

from typing import Any

import agreement_worlds as pacts
import msgspec
import pytest

from esclusa.model import Level, Marking, Record, encode_body
from esclusa.sharing.agreement import InForce
from esclusa.sharing.terms import Plan, Walked, body_of, plan
from esclusa.sharing.terms.walk import Walk

BOTH = Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach", "altamira"}))


def bytes_of(made: Plan) -> bytes:
    return encode_body(body_of(made))


def likes(world: pacts.World) -> list[tuple[str, InForce]]:
    """Return agreements with two partners: of one text, of one but for a field, and of others."""
    base = world.agreement("northreach")
    there = world.agreement("altamira")
    renamed = tuple(
        msgspec.structs.replace(c, id=f"other-{n}", retention_days=7 + n, level="confidential")
        for n, c in enumerate(base.clauses)
    )
    fewer = tuple(msgspec.structs.replace(c, fields=c.fields[1:]) for c in base.clauses)
    turned = tuple(msgspec.structs.replace(c, fields=c.fields[::-1]) for c in base.clauses)
    every = (
        ("northreach", base),
        ("altamira", msgspec.structs.replace(there, clauses=renamed)),
        ("northreach", msgspec.structs.replace(base, id="another", version=7)),
        ("altamira", msgspec.structs.replace(there, clauses=fewer)),
        ("northreach", msgspec.structs.replace(base, clauses=turned)),
        ("altamira", there),
    )
    return [(partner, pacts.taken(text)) for partner, text in every]


def asked(record: Record, item: InForce, partner: str, **more: Any) -> list[Plan]:
    purposes = {p for c in item.agreement.clauses if c.kind == record.kind for p in c.purposes}
    return [
        plan(record, [item], partner, purpose, pacts.NOW, **more) for purpose in sorted(purposes)
    ]


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_plans_and_bytes_are_those_of_a_record_asked_about_alone(seed: int) -> None:
    world = pacts.World(seed)
    agreements = likes(world)
    pick, walked, went = world.random, Walked(), 0
    kept = [world.record() for _ in range(12)]
    for record in (*kept, *(pick.choice(kept) for _ in range(40))):
        for partner, item in pick.sample(agreements, len(agreements)):
            plans = asked(record, item, partner, walked=walked)
            assert plans == asked(record, item, partner)
            for made in plans:
                if made.released:
                    went += 1
                    assert walked.bytes_of(made, bytes_of) == bytes_of(made)
    assert went > 100


def test_partners_with_one_text_cost_one_walk_and_each_is_told_its_own_clause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = pacts.World(6)
    walks: list[str] = []
    body = Walk.body
    monkeypatch.setattr(Walk, "body", lambda *given: walks.append("") or body(*given))
    walked, told = Walked(), 0
    agreements = likes(world)
    for _ in range(30):
        record = msgspec.structs.replace(world.record(), marking=BOTH, originator="marisol")
        before = len(walks)
        for partner, item in agreements[:2]:
            purpose = next(c.purposes[0] for c in item.agreement.clauses if c.kind == record.kind)
            made = plan(record, [item], partner, purpose, pacts.NOW, walked=walked)
            refs = {ref for field in made.fields for ref in field.rules}
            assert {ref.agreement for ref in refs} <= {item.agreement.id}
            assert {ref.clause for ref in refs} <= {ref.clause for ref in made.clauses}
            told += len(refs)
        assert len(walks) == before + 1
    assert told > 100


def test_bytes_of_a_plan_that_was_made_elsewhere_are_made_from_its_fields() -> None:
    world = pacts.World(7)
    partner, item = likes(world)[0]
    walked = Walked()
    records = [world.record() for _ in range(20)]
    plans = [made for r in records for made in asked(r, item, partner, walked=walked)
             if made.released]  # fmt: skip
    assert len(plans) > 3
    for made in plans:  # most are of records before the last
        assert walked.bytes_of(made, bytes_of) == bytes_of(made)
