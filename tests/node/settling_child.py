"""A process beside others that erases what its node owes, and stops between erasure and report.

``python settling_child.py FOLDER`` says ``open``. For each line of its input it settles: it says
``erased`` when that is done, waits for another line, reports, and says how many copies it settled.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

from esclusa.node import Node


def _stop(_erased: Collection[int]) -> None:
    print("erased", flush=True)
    sys.stdin.readline()


def main(folder: Path) -> None:
    node = Node.open(folder)
    node.store.after_erasure.append(_stop)
    print("open", flush=True)
    while sys.stdin.readline():
        print(node.exchange.settle(), flush=True)
    node.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
