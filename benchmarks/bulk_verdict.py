"""One verdict on many alerts: CPU time of one bulk step against as many steps one by one.

    python benchmarks/bulk_verdict.py [--rows 20000] [--database sqlite|postgresql]

A ledger of ``--rows`` alerts (those of ``queue_page.py``). For 100 and 1,000 of them: the verdict
written one by one (before, one run), the same in one step (after), and the undo of that step (best
of three). Processor time of this process; what a PostgreSQL server spends is not in it. The growth
from 100 to 1,000 is printed beside. Target: 1,000 alerts in one step in at most 1 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from benchmarks.queue_page import filled

from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.views import QueueFilter

SIZES = (100, 1_000)
RUNS = 3
REASON = "The same empty boxes as every week; papers seen."


def seconds(action: Callable[[], object]) -> float:
    """Return the processor seconds of one run."""
    began = time.process_time()
    action()
    return time.process_time() - began


def open_alerts(node: Node, reader: Reader, many: int) -> dict[str, str]:
    """Return alerts that nobody has decided, each with the sign of what the reader sees of it."""
    found: dict[str, str] = {}
    cursor = ""
    while len(found) < many:
        page = node.queue(reader, QueueFilter(state="new", limit=200, cursor=cursor))
        found |= {row.alert_id: row.seen for row in page.rows}
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(found) >= many, "the ledger has too few open alerts; ask for more --rows"
    return dict(list(found.items())[:many])


def one_by_one(node: Node, reader: Reader, chosen: dict[str, str]) -> None:
    """Write the verdict on each alert by itself, and take each back outside the clock."""
    for name, seen in chosen.items():
        node.verdict(reader, name, verdict="explained", reason=REASON, seen=seen)


def measure(node: Node, reader: Reader, many: int) -> tuple[float, float, float]:
    """Return the seconds of single steps, of one bulk step, and of its undo."""
    chosen = open_alerts(node, reader, many)
    single = seconds(lambda: one_by_one(node, reader, chosen))
    bulks, undos = [], []
    for _run in range(RUNS):
        chosen = open_alerts(node, reader, many)
        made = []
        bulks.append(
            seconds(
                lambda chosen=chosen, made=made: made.append(
                    node.bulk_desk.decide(reader, chosen, verdict="explained", reason=REASON)
                )
            )
        )
        assert len(made[0].done) == many
        undos.append(seconds(lambda made=made: node.bulk_desk.undo(reader, made[0].bulk)))
        again = open_alerts(node, reader, many)
        assert set(again) == set(chosen)
    return single, min(bulks), min(undos)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--node", type=Path)
    chosen = parser.parse_args()
    with filled(chosen) as node:
        reader = Reader(name="ana", role=Role.ANALYST, agency=node.agency, clearance=Level.SECRET)
        found = {many: measure(node, reader, many) for many in SIZES}
    print(f"ledger of {chosen.rows} alerts, {chosen.database}; processor seconds, best of {RUNS}")
    print("alerts  one by one  one step   undo   times faster")
    for many, (single, bulk, undo) in found.items():
        print(f"{many:6}  {single:10.3f}  {bulk:8.3f}  {undo:5.3f}  {single / bulk:12.1f}")
    growth = [big / small for big, small in zip(found[1_000], found[100], strict=True)]
    print("growth  {:10.1f}  {:8.1f}  {:5.1f}".format(*growth))


if __name__ == "__main__":
    main()
