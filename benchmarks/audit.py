"""How many audit lines a second become durable, in grouped commits, against the bare database.

    python benchmarks/audit.py [--lines 200000] [--group 1000]

Each line is chained to all before it by SHA-256. The floor inserts the same bytes into a table of
the same columns with the same commits and no chain, no names and no house code.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from pathlib import Path

from esclusa.ledger import audit
from esclusa.ledger.store import Store

GOAL = 30_000
_COLUMNS = "seq, at, who, role, purpose, action, subject, detail, hash"


def lines(count: int) -> list[audit.Line]:
    """Return lines like those of a busy exchange."""
    return [
        audit.Line(
            who="exchange", role="exchange", purpose="exchange", action="exchange:grant:sent",
            subject=f"8a52{number:032x}", detail="partner=northreach originator=marisol version=1",
        )
        for number in range(count)
    ]  # fmt: skip


def ours(folder: Path, said: list[audit.Line], group: int) -> tuple[float, float]:
    """Return wall and CPU seconds of the ledger."""
    store = Store(f"sqlite:///{folder / 'ledger.sqlite'}")
    store.upgrade()
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(said), group):
        with store.write() as connection:
            audit.write_lines(connection, said[start : start + group])
    spent = time.perf_counter() - wall, time.process_time() - cpu
    with store.read() as connection:
        assert not list(audit.broken_lines(connection)), "the chain is broken"
    store.close()
    return spent


def floor(folder: Path, said: list[audit.Line], group: int) -> tuple[float, float]:
    """Return wall and CPU seconds of the bare database."""
    connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"CREATE TABLE audit ({_COLUMNS}, PRIMARY KEY (seq))")
    rows = [
        (number, "2026-11-26T00:00:00.000000Z", line.who, line.role, line.purpose, line.action,
         line.subject, line.detail, b"x" * 32)
        for number, line in enumerate(said)
    ]  # fmt: skip
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(rows), group):
        connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * 9)
        connection.executemany(f"INSERT INTO audit VALUES ({marks})", rows[start : start + group])
        connection.execute("COMMIT")
    spent = time.perf_counter() - wall, time.process_time() - cpu
    connection.close()
    return spent


def main() -> None:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description="Durable audit lines")
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--group", type=int, default=1_000)
    chosen = parser.parse_args()
    said = lines(chosen.lines)
    with tempfile.TemporaryDirectory() as folder:
        found = {"audit log": ours(Path(folder), said, chosen.group),
                 "floor": floor(Path(folder), said, chosen.group)}  # fmt: skip
    for name, (wall, cpu) in found.items():
        print(f"{name:<10}{len(said) / wall:>12,.0f} lines/s {len(said) / cpu:>12,.0f} per CPU s")
    speed = len(said) / found["audit log"][0]
    ratio = found["audit log"][0] / found["floor"][0]
    met = "met" if speed >= GOAL else "NOT met"
    print(f"{ratio:.1f} times the floor; goal {GOAL:,} lines/s: {met}")


if __name__ == "__main__":
    main()
