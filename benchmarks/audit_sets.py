"""What lines of the exchange cost one by one, and many as one line and a list.

    python benchmarks/audit_sets.py [--lists 200] [--members 1000]

Each list is one transaction about other records. SQLite in a temporary folder; processor seconds of
this process, the file's size, and what it costs to ask about one record.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from esclusa.ledger import audit, audit_sets, casework_counts
from esclusa.ledger.store import Store

ACTION = "exchange:receipt:taken"
ABOUT = "partner=northreach originator=marisol"


def timed(step: Callable[[], object]) -> float:
    """Return the processor seconds of a step."""
    began = time.process_time()
    step()
    return time.process_time() - began


def measured(lists: int, members: int, least: int) -> list[str]:
    """Return writing (µs a record), size (bytes a record), verification, trail, a report (ms)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(audit_sets, "LEAST", least),
    ):
        file = Path(folder) / "ledger.sqlite"
        store = Store(f"sqlite:///{file}")
        store.upgrade()
        empty = file.stat().st_size

        def write() -> None:
            for number in range(lists):
                deeds = [(ACTION, ABOUT, f"{number:08d}{at:016x}", 1) for at in range(members)]
                with store.write() as connection:
                    audit.write_many(connection, who="exchange", role="exchange",
                                     purpose="exchange", said=deeds)  # fmt: skip

        wrote = timed(write)
        store.settle()
        size = file.stat().st_size - empty
        name = f"{lists // 2:08d}{members // 2:016x}"
        with store.read() as connection:
            verified = timed(lambda: list(audit.broken_lines(connection)))
            assert len(list(audit.about(connection, name))) == 1
            trail = timed(lambda: list(audit.about(connection, name)))
            report = timed(lambda: casework_counts.exchanged(connection, [ACTION], "2", "3"))
        store.close()
    number = lists * members
    return [f"{wrote / number * 1e6:.1f}", f"{size / number:.0f}", f"{verified * 1e3:.0f}",
            f"{trail * 1e3:.1f}", f"{report * 1e3:.0f}"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=int, default=200)
    parser.add_argument("--members", type=int, default=1000)
    given = parser.parse_args()
    print("| | write, µs each | bytes each | verify, ms | trail, ms | report, ms |")
    print("|---|---|---|---|---|---|")
    for name, least in (("one by one", 1 << 60), ("as lists", audit_sets.LEAST)):
        told = " | ".join(measured(given.lists, given.members, least))
        print(f"| {name} | {told} |")


if __name__ == "__main__":
    main()
