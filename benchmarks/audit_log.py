"""The auditor's questions to a log of a million lines: processor seconds of each.

    python benchmarks/audit_log.py [--lines 1000000] [--folder /dev/shm]

Sixty people, 200,000 records, one line every 28 seconds from 2026-01-01 on; the same lines at each
run. SQLite; processor time of this process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from esclusa.ledger import audit
from esclusa.ledger.store import Store
from esclusa.node.audit_desk import AuditDesk
from esclusa.node.log_check import LogCheck
from esclusa.sharing.audit_views import AuditFilter
from esclusa.sharing.reader import Reader, Role

ADA = Reader(name="ada", role=Role.AUDITOR, agency="marisol", purpose="audit")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ACTIONS = ("queue:read", "record:read", "record:read", "search:run")
BATCH = 50_000


def lines(count: int) -> Iterator[audit.Line]:
    """Yield lines of invented people."""
    chance = random.Random(1)
    for number in range(count):
        at = START + dt.timedelta(seconds=28 * number)
        yield audit.Line(
            at=at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), who=f"p{chance.randrange(60)}",
            role="analyst", purpose="targeting", action=chance.choice(ACTIONS),
            subject=f"R{chance.randrange(200_000)}", detail="rows=3",
        )  # fmt: skip


def tell(name: str, question: Callable[[], object]) -> None:
    """Print what a question costs."""
    began = time.process_time()
    question()
    print(f"| {name} | {time.process_time() - began:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        store = Store(f"sqlite:///{folder}/ledger.sqlite")
        store.upgrade()
        source = lines(given.lines)
        for _ in range(0, given.lines, BATCH):
            with store.write() as connection:
                batch = [line for line, _ in zip(source, range(BATCH), strict=False)]
                audit.write_lines(connection, batch)
        desk, check = AuditDesk(store, "America/Panama"), LogCheck(store)
        tell("the whole log verified", lambda: check.verify(ADA))
        tell("use in 31 days", lambda: desk.use(ADA, "2026-05-01", "2026-05-31"))
        tell("use in 297 days", lambda: desk.use(ADA, "2026-01-01", "2026-10-25"))
        tell("who did something with one record", lambda: desk.about(ADA, "R77"))
        for name, asked in (
            ("newest page", {}), ("of one person", {"who": "p7"}), ("of one record", {"subject": "R77"}),
            ("of one person on one day", {"who": "p7", "since": "2026-05-01", "until": "2026-05-01"}),
            ("of a purpose that no line has", {"purpose": "audit"}),
        ):  # fmt: skip
            tell(f"lines, {name}", lambda asked=asked: desk.lines(ADA, AuditFilter(**asked)))
        tell("the pack of 31 days", lambda: desk.pack(ADA, "2026-05-01", "2026-05-31"))
        store.close()


if __name__ == "__main__":
    main()
