"""Schedules a second of the exchange simulator, and what the core costs per message.

    python benchmarks/simulator.py [--schedules 300] [--messages 5000] [--rounds 3] [--processes 2]

A schedule is 30 steps of people, network and faults among 4 to 8 nodes, then the repair of all
faults and every check (``tests/exchange/simulator``); a step may be an errand of a dozen moves.
Goal: 500 schedules a second. Two figures stand beside it: one process, and as many side by side as
a run of the tests uses, each with seeds of its own. The core is timed without the simulator: one node
states records, puts them into its outbox and makes a batch; the other takes the batch in; then all
are recalled, and every receipt is taken in. No bytes, no signatures, no storage: those are in
``bundle.py``. A plain loop is timed first, because a machine that is shared runs slower; so does an
interpreter that was built without profile-guided optimisation, hence its version.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "exchange")]

import msgspec
from simulator.run import play

from esclusa.model.marking import Level, Marking
from esclusa.sharing.exchange import core, moves, outbox
from esclusa.sharing.exchange.messages import CLASSES, Content, Onward, Verified
from esclusa.sharing.exchange.rows import Copy, Cut, Own, Pact
from esclusa.sharing.exchange.state import Effects, Rules, State, apply

GOAL = 500
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PACT = Pact("text", NOW - DAY, NOW + 365 * DAY, 3 * DAY, DAY, 2 * DAY)
MARKING = Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}))
ERASED = dict.fromkeys(CLASSES, 1)


def loop() -> float:
    """Return the seconds of a plain loop of five million additions."""
    began, total = time.process_time(), 0
    for number in range(5_000_000):
        total += number
    return time.process_time() - began


def schedules(count: int, first: int) -> tuple[float, float]:
    """Return schedules a second by the clock and by this process's CPU; none may break a rule."""
    began, cpu = time.perf_counter(), time.process_time()
    broken = [report for report in play(range(first, first + count)) if report.violation]
    assert not broken, broken
    return count / (time.perf_counter() - began), count / (time.process_time() - cpu)


def side_by_side(count: int, processes: int) -> tuple[float, float]:
    """Return schedules a second of several warm processes: by the clock, and the sum of what each
    does per second of its own CPU, which is the clock's figure where nothing else runs."""
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(schedules, [50] * processes, range(processes)))
        began = time.perf_counter()
        firsts = range(1000, 1000 + processes * count, count)
        taken = list(pool.map(schedules, [count] * processes, firsts))
        return processes * count / (time.perf_counter() - began), sum(cpu for _, cpu in taken)


def release(item: Own | Copy, partner: str, pact: Pact) -> Cut | None:
    """Let a record go as it is."""
    assert item.content is not None
    digest = outbox.content_digest(item.content)
    return Cut(item.content, digest, ("what",), item.marking, Onward())


RULES = Rules(release, lambda answer: True)


class Pair:
    """Two nodes; ``timed`` notes how long each kind of work took, per message, in microseconds."""

    def __init__(self) -> None:
        self.marisol = State(me="marisol", pacts={"northreach": PACT})
        self.northreach = State(me="northreach", pacts={"marisol": PACT})
        self.timed: dict[str, float] = {}

    def time(self, name: str, count: int, work: Callable[[], Any]) -> Any:
        """Do some work on ``count`` messages and note what one took."""
        gc.collect()
        began = time.process_time()
        done = work()
        self.timed[name] = (time.process_time() - began) / count * 1e6
        return done

    def each(self, node: State, move: Any, given: list[dict[str, Any]]) -> None:
        """Do one move many times, each stored before the next."""
        for what in given:
            apply(node, move(node, RULES, NOW, **what))

    def carry(self, sender: State, receiver: State, count: int) -> Effects:
        """Make one batch of everything and have it taken in."""
        limit = count + 10
        batch = core.batch_for(sender, receiver.me, NOW, limit=limit)
        effects = core.receive(receiver, RULES, Verified(batch, sender.me), NOW)
        assert effects.refused is None
        apply(receiver, effects)
        return effects


def messages(count: int) -> dict[str, float]:
    """Return microseconds of CPU per message for each kind of work."""
    pair = Pair()
    names = [f"r{number}" for number in range(count)]
    body = msgspec.Raw(msgspec.json.encode({"what": "x" * 600}))
    stated = [
        {
            "record": name, "kind": "consignment", "version": 1, "marking": MARKING,
            "content": Content(name, body),
        }
        for name in names
    ]  # fmt: skip
    one, two = pair.marisol, pair.northreach
    pair.time("state and say a record", count, lambda: pair.each(one, moves.state_record, stated))
    pair.time("take in a put", count, lambda: pair.carry(one, two, count))
    assert len(two.copies) == count
    again = [{**what, "version": 2} for what in stated]
    pair.each(one, moves.state_record, again)
    pair.time("take in a newer version", count, lambda: pair.carry(one, two, 2 * count))
    gone = [{"record": name, "version": 3} for name in names]
    pair.time("withdraw and say a recall", count, lambda: pair.each(one, moves.withdraw, gone))
    pair.time("take in a recall", count, lambda: pair.carry(one, two, 3 * count))
    owed = [{"copy": key, "owed": row, "erased": ERASED} for key, row in two.owed.items()]
    assert len(owed) == count
    pair.time("write a receipt", count, lambda: pair.each(two, moves.erased, owed))
    pair.time("take in a receipt", count, lambda: pair.carry(two, one, count))
    assert len(one.trail) == count
    pair.time("notice the time, per copy", count, lambda: core.tick(two, RULES, NOW))
    return pair.timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=300)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    print(f"Python {sys.version}")
    print(f"a plain loop of five million additions: {loop():.2f} s of CPU")
    taken = [schedules(given.schedules, 0) for _ in range(given.rounds)]
    clock, cpu = (median(values) for values in zip(*taken, strict=True))
    print(
        f"schedules, one process: {clock:,.0f}/s by the clock, {cpu:,.0f} per CPU second, "
        f"{clock / GOAL:.2f} of the goal of {GOAL}/s"
    )
    if given.processes > 1:
        taken = [side_by_side(given.schedules, given.processes) for _ in range(given.rounds)]
        clock, cpu = (median(values) for values in zip(*taken, strict=True))
        print(
            f"schedules, {given.processes} processes: {clock:,.0f}/s by the clock, {cpu:,.0f} per "
            f"second of CPU of each, {cpu / GOAL:.2f} of the goal of {GOAL}/s"
        )
    rounds = [messages(given.messages) for _ in range(given.rounds)]
    for name in rounds[0]:
        cost = median(timed[name] for timed in rounds)
        print(f"{name:<28} {cost:8.1f} µs of CPU  {1e6 / cost:10,.0f}/s")


if __name__ == "__main__":
    main()
