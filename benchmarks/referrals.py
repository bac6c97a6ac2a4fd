"""What the desk of referrals costs on a node that holds many, in seconds of CPU.

    python benchmarks/referrals.py [--referrals 5000] [--steps 5]

Half wait for a decision and half are decided; all stand under one label. The list is asked for with
100 rows: the first time, again, after one more step, and after an erasure, which makes the desk read
everything anew. Goal: 0.05 s for the list of 5,000 referrals once it is known, also after a step.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import msgspec

import worlds
from esclusa.ledger import emptying, records
from esclusa.ledger.records import Draft
from esclusa.model import (
    Level,
    Marking,
    Recorded,
    ReferralMove,
    ReferralSubject,
    natural_key,
    record_id,
)

GOAL = 0.05


def moves(number: int, steps: int) -> list[ReferralMove]:
    """Return a request with further steps of its side."""
    asked = ReferralMove(
        referral=f"{number:016x}", requester="marisol", host="northreach", agency="marisol",
        number=1, seen=0, move="request", by="ana", at="2026-11-20T08:00:00Z",
        cut_off="2100-01-01T00:00:00Z",
        subject=ReferralSubject(carrier="NRCH", bill=f"B{number}", boxes=(f"CSQU{number}",)),
        recorded=(Recorded(name="risk_reasons", value="goods do not fit " * 10),),
    )  # fmt: skip
    more = [
        msgspec.structs.replace(
            asked, number=place, move="ask_waiver", cut_off="", subject=ReferralSubject(),
            recorded=(Recorded(name="waiver_reason", value="written at length " * 6),),
        )
        for place in range(2, steps + 1)
    ]  # fmt: skip
    if number % 2:
        more[-1:] = [msgspec.structs.replace(more[-1], move="waive", by="lena")] if more else []
    return [asked, *more]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--referrals", type=int, default=5000)
    asked.add_argument("--steps", type=int, default=5)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        node = worlds.make(Path(folder) / "node")
        label = node.labels.intern(
            "marisol", Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}))
        )

        def write(bodies: list[ReferralMove]) -> None:
            drafts = [Draft(body=body, originator="marisol", label_id=label) for body in bodies]
            with node.store.write() as connection:
                records.append(connection, drafts)

        write([body for number in range(chosen.referrals)
               for body in moves(number, chosen.steps)])  # fmt: skip
        desk, reader = node.referral_desk, worlds.reader(node)
        told(f"list, first time, of {chosen.referrals}", lambda: desk.referrals(reader))
        warm = told("list, again", lambda: desk.referrals(reader))
        told("rates", lambda: desk.rates(reader))
        told("one referral", lambda: desk.show(reader, f"{2:016x}"))
        write([msgspec.structs.replace(moves(0, 2)[1], number=chosen.steps + 1)])
        after = told("list, after one more step", lambda: desk.referrals(reader))
        name = record_id("marisol", "referral_move", natural_key(moves(0, 1)[0]))
        with node.store.write() as connection:
            emptying.erase(connection, [name])
        told("list, after an erasure", lambda: desk.referrals(reader))
        node.close()
    met = max(warm, after) <= GOAL
    print(f"goal {GOAL} s: {'met' if met else 'NOT met'}")
    return 0 if met else 1


def told(what: str, task: Callable[[], object]) -> float:
    """Run a task, print its CPU time, return it."""
    begun = time.process_time()
    task()
    spent = time.process_time() - begun
    print(f"{what:40s} {spent:7.3f} s")
    return spent


if __name__ == "__main__":
    raise SystemExit(main())
