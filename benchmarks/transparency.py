"""Entries a second into a durable log in grouped commits, and the size of its proofs.

    python benchmarks/transparency.py [--entries 100000] [--group 1000] [--rounds 3]

Each commit is one group: tiles, entry bundles and a signed checkpoint, synced before the next one
starts. The rounds take turns with the floor, which is the same bytes hashed once and written to one
file with one sync for each group, without tree, tiles or signature. Goal: 30,000 entries a second.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from esclusa.sharing.transparency import merkle
from esclusa.sharing.transparency.audit import audit
from esclusa.sharing.transparency.log import Log, start_log
from esclusa.sharing.transparency.note import NoteKey
from esclusa.sharing.transparency.storage import Folder, FolderStorage

GOAL = 30_000
ORIGIN = "marisol.example/log"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RECORD = b"x" * 200
SIZES = (100_000, 1_000_000, 1_000_000_000)


class Taken(NamedTuple):
    """Seconds on the clock and of this process's CPU, and the longest commit in milliseconds."""

    seconds: float
    cpu: float
    longest: float


def groups(count: int, size: int) -> list[list[bytes]]:
    """Return entries in groups: the salted hash of a record of 200 bytes each."""
    entries = [merkle.commitment(bytes(32), RECORD + b"%d" % number) for number in range(count)]
    return [entries[place : place + size] for place in range(0, count, size)]


def append(folder: Path, commits: list[list[bytes]]) -> Taken:
    """Append every group and fold the journal at the end, so that all the writing is counted."""
    disk = Folder(folder)
    storage = FolderStorage(disk)
    start_log(storage, ORIGIN, PRIVATE)
    log, longest = Log(storage, ORIGIN, PRIVATE), 0.0
    began, cpu = time.perf_counter(), time.process_time()
    for entries in commits:
        started = time.perf_counter()
        log.append(entries)
        longest = max(longest, time.perf_counter() - started)
    storage.fold()
    taken = Taken(time.perf_counter() - began, time.process_time() - cpu, longest * 1e3)
    assert log.head.size == sum(map(len, commits))
    began = time.perf_counter()
    key = NoteKey(ORIGIN, PRIVATE.public_key().public_bytes_raw())
    assert audit(storage, ORIGIN, (key,)) == ()
    print(
        f"    read again and audited: {log.head.size / (time.perf_counter() - began):,.0f} entries/s"
    )
    disk.close()
    return taken


def floor(path: Path, commits: list[list[bytes]]) -> Taken:
    """Hash each entry once, write the groups to one file, sync each."""
    longest = 0.0
    began, cpu = time.perf_counter(), time.process_time()
    with path.open("wb", buffering=0) as file:
        for entries in commits:
            started = time.perf_counter()
            for entry in entries:
                hashlib.sha256(entry).digest()
            file.write(b"".join(entries))
            os.fdatasync(file.fileno())
            longest = max(longest, time.perf_counter() - started)
    return Taken(time.perf_counter() - began, time.process_time() - cpu, longest * 1e3)


def show(name: str, count: int, taken: list[Taken]) -> float:
    """Print the median of the rounds and return its entries a second."""
    rate = count / median(item.seconds for item in taken)
    cpu = count / median(item.cpu for item in taken)
    print(
        f"{name:<24}{rate:>12,.0f} entries/s {cpu:>12,.0f} per CPU second"
        f"   longest commit {max(item.longest for item in taken):,.0f} ms"
    )
    return rate


def proofs() -> None:
    """Print the longest proofs there are at some sizes; the ends of the log have the longest."""
    for size in SIZES:
        places = [0, 1, size // 2 - 1, size // 2, size // 2 + 1, size - 2, size - 1]
        inclusion = max(len(merkle.inclusion_ranges(place, size)) for place in places)
        consistency = max(len(merkle.consistency_ranges(place + 1, size)) for place in places)
        print(
            f"proofs at {size:>13,} entries: inclusion {inclusion * 32} B, consistency {consistency * 32} B"
        )


def main() -> int:
    """Run the benchmark; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--group", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's own)")
    options = parser.parse_args()
    proofs()
    commits = groups(options.entries, options.group)
    ours: list[Taken] = []
    least: list[Taken] = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            least.append(floor(Path(name) / "floor", commits))
            ours.append(append(Path(name) / f"log{number}", commits))
    rate = show("log, durable", options.entries, ours)
    below = show("floor: hash and sync", options.entries, least)
    print(
        f"{below / rate:.1f} times the floor; goal {GOAL:,} entries/s: {'met' if rate >= GOAL else 'MISSED'}"
    )
    return int(rate < GOAL)


if __name__ == "__main__":
    sys.exit(main())
