"""The simulator: seeded schedules of people, time, network, crashes, backups and lies; no violation.

A failure names its seed; ``python -c "from simulator.run import run; print(run(SEED))"`` in this
folder plays it again. The quick run plays the first 300 schedules, the slow tests go on from there
to 10,000, and ``ESCLUSA_LONG=1`` plays a hundred thousand that were never played before.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from simulator.invariants import Violation
from simulator.run import play, run
from simulator.truth import SKEW
from simulator.world import World

from esclusa.sharing.exchange.messages import Message
from esclusa.sharing.exchange.words import EVENTS
from simulator import schedule

SHARDS = 10
SCHEDULES = 10_000
QUICK = 300


def _violations(seeds: range) -> list[str]:
    return [f"seed {r.seed}: {r.violation}" for r in play(seeds) if r.violation is not None]


def test_three_hundred_schedules_break_no_invariant() -> None:
    assert _violations(range(QUICK)) == []


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_ten_thousand_schedules_break_no_invariant(shard: int) -> None:
    """A tenth of them in each part, so that the parts can run side by side. The first part begins
    where the quick test ends."""
    each = SCHEDULES // SHARDS
    assert _violations(range(max(QUICK, shard * each), (shard + 1) * each)) == []


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_other_schedules_break_no_invariant(shard: int) -> None:
    """A long run explores 100,000 that were never played before; any other the same few."""
    if os.environ.get("ESCLUSA_LONG"):
        start, count = random.SystemRandom().randrange(10**7, 10**9), 10_000
    else:
        start, count = 10**6 + 20 * shard, 20
    assert _violations(range(start, start + count)) == []


def test_the_same_seed_plays_the_same_schedule() -> None:
    worlds = []
    for _ in range(2):
        world = World(5)
        for _ in range(40):
            schedule.one(world)
        worlds.append(world)
    one, two = worlds
    assert one.now == two.now
    assert {name: node.state for name, node in one.nodes.items()} == {
        name: node.state for name, node in two.nodes.items()
    }


def test_the_schedules_cover_what_they_are_for() -> None:
    """Every message, audit event and class of rule is met; 4 to 8 nodes; clocks up to 48 h apart."""
    met: Counter[str] = Counter()
    sizes, skews = set(), []
    for seed in range(200):
        world = World(seed)
        commit = world.commit

        def counted(node: object, effects: object, commit: object = commit) -> bool:
            met.update(line.event for line in effects.audit)  # type: ignore[attr-defined]
            met.update(alarm.rule for alarm in effects.alarms)  # type: ignore[attr-defined]
            tables = effects.store.values()  # type: ignore[attr-defined]
            dropped = any(row is None for rows in tables for row in rows.values())
            assert effects.dropped is dropped  # type: ignore[attr-defined]
            met["dropped"] += dropped
            met.update(
                type(entry.message).__name__
                for entry in effects.store.get("entries", {}).values()  # type: ignore[attr-defined]
                if entry is not None
            )
            return bool(commit(node, effects))  # type: ignore[operator]

        world.commit = counted  # type: ignore[method-assign]
        for _ in range(40):
            schedule.one(world)
        sizes.add(len(world.nodes))
        skews += [abs(node.skew) for node in world.nodes.values()]
        met["crash"] += any(node.crashing for node in world.nodes.values())
        met["restored"] += any(node.restored for node in world.nodes.values())
        met["cut"] += bool(world.network.cut)
    assert set(EVENTS) <= met.keys(), set(EVENTS) - met.keys()
    assert {kind.__name__ for kind in Message.__args__} <= met.keys()  # type: ignore[attr-defined]
    rules = {"stranger", "clock", "fork", "ahead", "marking", "audience", "purpose", "expiry"}
    rules |= {"signature", "own", "content", "consent", "unaccounted", "agreement", "request"}
    assert rules <= met.keys(), rules - met.keys()
    assert met["crash"] and met["restored"] and met["cut"] and met["dropped"]
    assert sizes == {4, 5, 6, 7, 8}
    assert max(skews) <= SKEW and max(skews) > 0.9 * SKEW


def test_a_violation_is_reported_with_its_seed() -> None:
    def broken(world: World) -> None:
        raise Violation("an invariant", "what was seen")

    right, schedule.one = schedule.one, broken  # type: ignore[assignment]
    try:
        report = run(3)
    finally:
        schedule.one = right
    assert (report.seed, report.violation) == (3, "an invariant: what was seen")
