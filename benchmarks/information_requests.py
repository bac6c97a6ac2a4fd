"""What the request desk costs on a node that holds many requests, in seconds of CPU.

    python benchmarks/information_requests.py [--requests 5000]

Each was asked, acknowledged and extended; half are refused, half wait; all stand under one label of
each side. The list is asked for with 100 rows: the first time, again, after one more request, and
after an erasure, which makes the desk read everything anew. Goal: 0.05 s for the list of 5,000
requests once they are known, also after one more.
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

import worlds
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import (
    InformationMove,
    InformationSubject,
    Level,
    Marking,
    Recorded,
    natural_key,
    record_id,
)

GOAL = 0.05
ASKED = "northreach"


def moves(number: int, us: str) -> list[InformationMove]:
    """Return one request: asked by the partner, acknowledged, extended, and every other refused."""
    said = {"request": f"{number:016x}", "requester": ASKED, "answerer": us}
    found = [
        InformationMove(
            agency=ASKED, number=1, seen=0, move="ask", by="bea", at="2026-11-20T08:00:00Z",
            clock="7d", subject=InformationSubject(kind="company", name=f"FIRM {number}"),
            recorded=(Recorded(name="question", value="who owns it now? " * 8),), **said,
        ),
        InformationMove(
            agency=us, number=1, seen=1, move="acknowledge", by="ana", at="2026-11-20T09:00:00Z",
            recorded=(Recorded(name="officer", value="77"),), **said,
        ),
        InformationMove(
            agency=us, number=2, seen=1, move="extend", by="ana", at="2026-11-21T09:00:00Z",
            due="2027-05-01T00:00:00Z",
            recorded=(Recorded(name="extension_reason", value="files elsewhere " * 4),), **said,
        ),
    ]  # fmt: skip
    if number % 2:
        found.append(
            InformationMove(
                agency=us, number=3, seen=1, move="refuse", by="ana", at="2026-11-22T09:00:00Z",
                recorded=(Recorded(name="ground", value="not_available"),), **said,
            )
        )  # fmt: skip
    return found


def main() -> int:
    """Measure, print, and return 1 when the goal is missed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--requests", type=int, default=5000)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        node = worlds.make(Path(folder) / "node")
        us = node.agency
        ours = node.labels.intern(us, Marking(level=Level.OFFICIAL))
        theirs = node.labels.intern(
            ASKED, Marking(level=Level.OFFICIAL, releasable_to=frozenset({us}))
        )

        def write(bodies: list[InformationMove]) -> None:
            drafts = [
                Draft(body=b, originator=b.agency, label_id=ours if b.agency == us else theirs)
                for b in bodies
            ]
            with node.store.write() as connection:
                records.append(connection, drafts)

        write([move for number in range(chosen.requests) for move in moves(number, us)])
        desk, reader = node.information_desk, worlds.reader(node)

        def page() -> None:
            desk.requests(reader)

        told(f"list, first time, of {chosen.requests}", page)
        warm = told("list, again", page)
        write(moves(chosen.requests, us))
        stepped = told("list, after one more request", page)
        told("rates", lambda: desk.rates(reader))
        told("one request", lambda: desk.show(reader, f"{7:016x}"))
        last = moves(chosen.requests, us)[-1]
        name = record_id(last.agency, "information_move", natural_key(last))
        node.erase(node.administrator(), name, reason="a measurement")
        told("list, after an erasure", page)
        node.close()
    return int(max(warm, stepped) > GOAL)


def told(what: str, ask: Callable[[], object]) -> float:
    """Print and return the seconds of CPU that a question takes."""
    began = time.process_time()
    ask()
    took = time.process_time() - began
    print(f"{what}: {took:.3f} s of CPU", flush=True)
    return took


if __name__ == "__main__":
    sys.exit(main())
