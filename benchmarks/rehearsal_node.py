"""A draft rehearsed over what a node keeps: records read, featured and judged, on SQLite.

    python benchmarks/rehearsal_node.py [--bills 5000]

The node takes in a made-up cargo report; the draft is compared with the pack's rules in force. The
first figure is over all records, as a rehearsal that is kept; the second over the newest, as the
editor shows. CPU seconds are of this process; memory is its peak, before and after.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.synthetic import generate_cuscar

from esclusa.analysis.targeting.written import blank
from esclusa.node import Node
from esclusa.sharing.rule_views import FiguresView


def main() -> None:
    """Take in, rehearse, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=5000)
    bills = parser.parse_args().bills
    with tempfile.TemporaryDirectory() as folder:
        node = Node.create(Path(folder) / "node", agency="marisol")
        node.ingest(node.operator(), "cargo.edi", io.BytesIO(b"".join(generate_cuscar(bills))))
        print(
            "| over | records | hits | rules compared | CPU s | records a CPU s | MiB before | MiB after |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for words, every in (("all", True), ("the newest", False)):
            for line in _told(node, words, every=every):
                print(line)
        node.close()


def _told(node: Node, words: str, *, every: bool) -> Iterator[str]:
    text = blank(node.analyst.now().date()).replace("WORD", "PARTS")
    before, started = _peak(), time.process_time()
    figures = node.rule_desk.try_out(node.operator(), text, every=every).figures
    used = time.process_time() - started
    assert isinstance(figures, FiguresView)  # the text has no mistake
    yield (f"| {words} | {figures.rows:,} | {figures.all.hits:,} | {figures.active} | {used:.2f} "
           f"| {figures.rows / used:,.0f} | {before} | {_peak()} |")  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
