"""Measure screening in bulk: a night's batch, and all stored parties against a list that changed.

    python benchmarks/screening_batch.py                                   # small
    python benchmarks/screening_batch.py --entries 40000 --parties 1000000 --changes 10000 --workers 2

Parties are recombined from made-up names, so words repeat as they do in manifests; one of a hundred
bears a listed name. The floor is bringing the parties into comparable form, which nothing can do
without. The first parties are also asked one by one: the hits must be the same.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.screening import LISTS, read_entries, rows

from esclusa.analysis.screening import Index, Screener, make_query, screen_batch
from esclusa.model import ListEntry

_SAME = 2_000
"""Parties that are asked one by one as well."""


def made_up(count: int, seed: int) -> list[str]:
    """Return different names recombined from the innocents' given names and surnames."""
    known = [row["full_name"].split(" ", 1) for row in rows("innocents_global.csv")]
    known += [row["full_name"].split(" ", 1) for row in rows("innocents_us.csv")]
    whole = [pair for pair in known if len(pair) == 2]
    given, family = [pair[0] for pair in whole], [pair[1] for pair in whole]
    source = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        middle = f" {source.choice(given)[0]}" if source.random() < 0.3 else ""
        found[f"{source.choice(given)}{middle} {source.choice(family)}"] = None
    return list(found)


def entries_of(count: int) -> list[ListEntry]:
    """Return the lists that ship, filled up to ``count`` with made-up persons."""
    entries = read_entries(LISTS)[:count]
    more = made_up(max(count - len(entries), 0), 11)
    return entries + [
        ListEntry(list_id="made", uid=str(number), type="person", name=name)
        for number, name in enumerate(more)
    ]


def parties_of(count: int, entries: list[ListEntry]) -> pl.DataFrame:
    """Return a table of queries; one of a hundred bears the name of an entry."""
    names, source = made_up(count, 12), random.Random(13)
    for place in range(0, count, 100):
        names[place] = source.choice(entries).name
    return pl.DataFrame({"query_id": [str(number) for number in range(count)], "name": names})


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return (seconds, CPU seconds with those of processes that ended, result)."""
    clock, before = time.perf_counter(), _cpu()
    result = work()
    return time.perf_counter() - clock, _cpu() - before, result


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure(entries: int, parties: int, changes: int, workers: int, table: Table) -> None:
    """Add the rows of one size; raise when the batch differs from one by one."""
    listed = entries_of(entries)
    index = Index.build(listed)
    asked = parties_of(parties, listed)
    changed = [(entry.list_id, entry.uid) for entry in listed[:: max(len(listed) // changes, 1)]]
    names = asked["name"].to_list()
    one = Screener(index)
    floor, floor_cpu, _ = timed(lambda: [make_query(name) for name in names])
    single, single_cpu, hits = timed(lambda: [one.one(name) for name in names[:_SAME]])
    whole, whole_cpu, found = timed(lambda: screen_batch(asked, index, workers=workers))
    retro, retro_cpu, some = timed(
        lambda: screen_batch(asked, index, only=changed, detail=False, workers=workers)
    )
    expected = [(str(n), hit.uid, hit.score) for n, each in enumerate(hits) for hit in each]
    first = found.filter(pl.col("query_id").cast(pl.Int64) < _SAME)
    if list(first.select("query_id", "uid", "score").iter_rows()) != expected:
        raise SystemExit("the batch differs from one by one")
    for label, count, seconds, cpu, height in (
        ("floor: comparable form", parties, floor, floor_cpu, 0),
        ("one by one", min(_SAME, parties), single, single_cpu, len(expected)),
        ("batch, all entries, explained", parties, whole, whole_cpu, found.height),
        (f"retro-match, {len(changed):,} changed entries", parties, retro, retro_cpu, some.height),
    ):
        ratio = (cpu / count) / (floor_cpu / parties)
        table.add_row(
            f"{entries:,}", label, f"{count:,}", f"{seconds:.1f}", f"{cpu:.1f}",
            f"{count / cpu:,.0f}", f"{ratio:.1f}", f"{height:,}",
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=12_446, help="list entries")
    parser.add_argument("--parties", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--changes", type=int, default=3_000, help="entries of the changed list")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    chosen = parser.parse_args()
    table = Table(title=f"screening in bulk, {chosen.workers} processes")
    for head in ("entries", "what", "parties", "s", "CPU s", "parties per CPU s", "times the floor",
                 "hits"):  # fmt: skip
        table.add_column(head, justify="left" if head == "what" else "right")
    for parties in chosen.parties:
        measure(chosen.entries, parties, chosen.changes, chosen.workers, table)
    out = Console(width=140)
    out.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out.print(f"peak memory of the first process {peak:,.0f} MB")


if __name__ == "__main__":
    main()
