"""Run one schedule, or many: the same seed always gives the same."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator

import msgspec

from simulator import schedule, settling
from simulator.invariants import Violation
from simulator.world import World

OPERATIONS = 30


class Report(msgspec.Struct, frozen=True):
    """What came of a schedule: how many operations ran, and the first violation."""

    seed: int
    operations: int
    violation: str | None = None


def play(seeds: Iterable[int]) -> Iterator[Report]:
    """Run many schedules. A world holds no circles and goes by itself, so the collector stands still;
    it looks now and then for what a fault may have left, and never at what was there before."""
    gc.freeze()
    enabled = gc.isenabled()
    gc.disable()
    try:
        for number, seed in enumerate(seeds, 1):
            yield run(seed)
            if number % 2000 == 0:
                gc.collect()
                gc.freeze()
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def run(seed: int, operations_wanted: int = OPERATIONS) -> Report:
    """Run the schedule of a seed: operations under faults, then the checks at rest."""
    world = World(seed)
    try:
        for _ in range(operations_wanted):
            schedule.one(world)
        settling.settle(world)
        settling.check(world)
        if seed % 2:
            settling.check_repeats(world)
        else:
            settling.check_cut_off(world)
    except Violation as violation:
        return Report(seed, world.steps, str(violation))
    except Exception as error:  # a transition never raises anything else
        return Report(seed, world.steps, f"no transition breaks: {error!r}")
    return Report(seed, world.steps)
