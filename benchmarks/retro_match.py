"""A list changes: seconds until everything kept has been compared with what is new.

    python benchmarks/retro_match.py [--sizes 10000 20000] [--changes 200 10000] [--entries 20000]
                                     [--workers 2]

A node holds so many parties on made-up consignments, two on each, one in a hundred of them with a
name that an edition brings. Names are recombined from made-up ones, so words repeat as they do in
manifests. The list is the published ones and made-up persons, 20,000 in all; an edition changes
some of them and adds others, half and half. Per edition and size, CPU seconds of each step:

    diff     reading the files and working out the difference
    force    the same, stored, and in force
    follow   the index in memory brought up to date
    find     the first pass: ask for the parties of every record, changed entries alone
    judge    the records found, screened again as intake screens, alerts and queue stored
    compare  all of it, with reading and decoding the records
    others   of the worker processes that find: starting, reading the index, asking
    waited   for answers of the first pass, by the clock
    clock    all of it by the clock; says something on a machine that does nothing else

The floor is decoding every record and nothing else. While the records found in one batch are
screened again, the workers look through the next, so ``per 1,000`` counts what two cores need at
least: half of ``compare`` and ``others`` together, or ``compare`` where that is more. ``growth`` is
what a thousand parties cost at this size against the size before. The goal is seconds by the clock
of two cores: the last line says what both come to for a million, as ratios of the goal.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from benchmarks.screening_batch import entries_of, made_up

import worlds
from esclusa.ledger import records, retro
from esclusa.ledger.records import Draft
from esclusa.model import Consignment, GoodsItem, Party
from esclusa.node import Node
from esclusa.node.pipeline import ANALYSED
from esclusa.node.retro import Retro

GOAL = 60
"""Seconds for 10,000 changes and a million parties (issue 5)."""
CORES = 2
STORED_AT_ONCE = 2_000
ONE_IN = 100
"""One party in so many has a name that the new edition brings."""


class Timed(Retro):
    """A comparison that says how long its parts took (CPU seconds, but for ``waited``)."""

    find = judge = waited = 0.0

    def _concerned(self, *args: Any) -> set[str]:
        began, clock = time.process_time(), time.monotonic()
        try:
            return super()._concerned(*args)
        finally:
            self.find += time.process_time() - began
            self.waited += time.monotonic() - clock

    def _step(self, *args: Any, **more: Any) -> bool:
        began = time.process_time()
        try:
            return super()._step(*args, **more)
        finally:
            self.judge += time.process_time() - began


Entries = dict[str, tuple[str, list[str]]]
"""Entry's id → schema of OpenSanctions, names."""

_SCHEMAS = {"person": "Person", "organisation": "Company", "vessel": "Vessel"}


def entries_to_list(count: int) -> Entries:
    """Return the lists that ship, filled up with made-up persons."""
    return {
        f"{entry.list_id}-{entry.uid}": (
            _SCHEMAS.get(entry.type, "Person"),
            [entry.name, *(alias.name for alias in entry.aliases if not alias.weak)],
        )
        for entry in entries_of(count)
    }  # fmt: skip


def listing(entries: Entries) -> io.BytesIO:
    """Return a list as OpenSanctions JSON lines."""
    lines = (
        json.dumps({"id": uid, "schema": schema, "properties": {"name": names}})
        for uid, (schema, names) in entries.items()
    )
    return io.BytesIO("\n".join(lines).encode())


def editions_of(entries: Entries, changes: list[int]) -> list[Entries]:
    """Return the first edition and one for each number of changes: half of them entries that come,
    half of them entries that get another alias, their name in another order."""
    chance = random.Random(20261126)
    uids = chance.sample(sorted(entries), len(entries))
    now = {uid: entries[uid] for uid in uids[sum(count // 2 for count in changes) :]}
    found, start = [now], 0
    for count in changes:
        half = count // 2
        now = now | {uid: entries[uid] for uid in uids[start : start + half]}
        for uid in chance.sample(sorted(found[-1]), half):
            schema, names = now[uid]
            now[uid] = schema, [*names, " ".join(reversed(names[0].split()))]
        found.append(now)
        start += half
    return found


def fill(node: Node, parties: int, known: list[str]) -> None:
    """Keep so many parties, two on a consignment; nothing is analysed."""
    label = node.labels.intern(node.agency, node.settings.intake_marking())
    names, chance = iter(made_up(parties, 12)), random.Random(13)
    drafts = (_draft(node, label, number, names, known, chance) for number in range(parties // 2))
    while some := list(_some(drafts)):
        with node.store.write() as connection:
            records.append(connection, some)


def _some(drafts: Iterator[Draft]) -> Iterator[Draft]:
    for _number, draft in zip(range(STORED_AT_ONCE), drafts, strict=False):
        yield draft


def _draft(
    node: Node, label: int, number: int, names: Iterator[str], known: list[str],
    chance: random.Random,
) -> Draft:  # fmt: skip
    said = [
        chance.choice(known) if chance.randrange(ONE_IN) == 0 else next(names) for _ in range(2)
    ]
    body = Consignment(
        carrier="NRCH", bill=f"R{number}",
        parties=(Party(role="shipper", name=said[0], country="CN"),
                 Party(role="consignee", name=said[1], country="PA")),
        goods=(GoodsItem(description="MACHINE PARTS"),),
    )  # fmt: skip
    return Draft(body=body, originator=node.agency, label_id=label)


def floor(node: Node) -> float:
    """Return the CPU seconds that decoding every record takes."""
    began, at = time.process_time(), 0
    while True:
        with node.store.read() as connection:
            kept = retro.batch(connection, ANALYSED, at, 1 << 60, limit=20_000)
        if not kept:
            return time.process_time() - began
        at = kept[-1].seq


def clocked(action: Any) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def edition(node: Node, entries: Entries, workers: int) -> dict[str, float]:
    """Bring an edition into force and compare; return the CPU seconds of each step."""
    desk, who = node.list_desk, node.operator()
    desk.retro = timed = Timed(node.pipeline, workers=workers)

    def load() -> None:
        files = [("own.json", listing(entries))]
        if desk.add(who, "own", "own", files, compare=False).held:
            desk.confirm(who, "own", reason="benchmark", compare=False)

    seconds = {
        "diff": clocked(lambda: desk.diff(who, "own", [("own.json", listing(entries))])),
        "force": clocked(load),
        "follow": clocked(lambda: node.analyst.refresh(None)),
    }
    before, clock = others(), time.monotonic()
    whole = clocked(desk.compare_waiting)
    clock = time.monotonic() - clock
    return seconds | {
        "find": timed.find, "judge": timed.judge, "compare": whole, "others": others() - before,
        "waited": timed.waited, "clock": clock,
    }  # fmt: skip


def others() -> float:
    """Return the CPU seconds of processes that this one made and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(size: int, changes: list[int], entries: int, workers: int) -> list[dict[str, Any]]:
    """Return a row for each edition."""
    first, *editions = editions_of(entries_to_list(entries), changes)
    known = [
        names[0] for uid, (_, names) in editions[-1].items() if first.get(uid, ("", []))[1] != names
    ]
    with tempfile.TemporaryDirectory() as folder:
        node = worlds.make(Path(folder) / "node")
        node.list_desk.add(node.operator(), "own", "own", [("own.json", listing(first))])
        fill(node, size, known)
        node.analyst.refresh(None)
        rows = []
        for count, now in zip(changes, editions, strict=True):
            least = floor(node)
            seconds = edition(node, now, workers)
            found = node.list_desk.show(node.operator(), "own").editions[0]
            rows.append({
                "parties": size, "changes": count, "floor": least, "alerts": found.retro.changed,
                **seconds,
            })  # fmt: skip
        node.close()
    return rows


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 20_000])
    parser.add_argument("--changes", type=int, nargs="+", default=[200, 10_000])
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    # A worker process would run this file again, and load the whole node with it; those of a node
    # load screening alone.
    vars(sys.modules["__main__"])["__file__"] = None
    columns = ("diff", "force", "follow", "find", "judge", "compare", "others", "waited",
               "clock", "floor")  # fmt: skip
    print(f"{'parties':>9} {'changes':>8} {'alerts':>7}" + "".join(f"{c:>9}" for c in columns)
          + f"{'per 1,000':>11}{'growth':>8}{'x floor':>9}")  # fmt: skip
    before: dict[int, float] = {}
    for size in asked.sizes:
        for row in run(size, asked.changes, asked.entries, asked.workers):
            both = (row["compare"] + row["others"]) / CORES
            each = max(row["compare"], both) / size * 1000
            growth = each / before.get(row["changes"], each)
            before[row["changes"]] = each
            said = "".join(f"{row[name]:9.2f}" for name in columns)
            print(f"{size:9,} {row['changes']:8,} {row['alerts']:7,}{said}{each:11.3f}"
                  f"{growth:8.2f}{row['compare'] / row['floor']:9.1f}", flush=True)  # fmt: skip
            million, clock = each * 1000, row["clock"] / size * 1_000_000
            print(f"{'':>19}extrapolated to a million parties: {million:,.0f} CPU s,"
                  f" {million / GOAL:.2f} of the goal; {clock:,.0f} s by the clock,"
                  f" {clock / GOAL:.2f} of the goal", flush=True)  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\nCPU seconds; {asked.entries:,} entries; peak memory {peak:,} MB")


if __name__ == "__main__":
    main()
