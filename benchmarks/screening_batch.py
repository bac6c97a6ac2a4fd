"""Measure screening in bulk: a night's batch, and all stored parties against a list that changed.

    python benchmarks/screening_batch.py                                   # small
    python benchmarks/screening_batch.py --entries 40000 --parties 1000000 --changes 10000 --workers 2

Parties are recombined from made-up names, so words repeat as they do in manifests; one of a hundred
bears a listed name. The list is updated in place with the changes, half of them entries that come,
half entries that get another alias; then the parties are compared with the entries that changed.
The floor is bringing the parties into comparable form, which nothing can do without. The first
parties are also asked one by one, the way before batches: the hits must be the same, on all entries
and on those that changed. The goal is issue 5's: 10,000 changes and a million parties in a minute.
Seconds are those of the clock, CPU seconds those of all processes.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import random
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.screening import LISTS, read_entries, rows

from esclusa.analysis.screening import Hit, Index, Screener, make_query, screen_batch
from esclusa.model import Alias, ListEntry

GOAL = 60
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


def measure(
    entries: int, parties: int, changes: int, workers: int, table: Table
) -> tuple[float, int]:
    """Add the rows of one size and return the seconds of update and comparison, and the peak memory
    of a process started for it (MB); raise when the batch differs from one by one."""
    listed = entries_of(entries)
    some_of = listed[:: max(entries // changes, 1)][:changes]
    fresh = {(entry.list_id, entry.uid) for entry in some_of[::2]}
    index = Index.build(entry for entry in listed if (entry.list_id, entry.uid) not in fresh)
    asked = parties_of(parties, listed)
    put = [*some_of[::2], *map(_renamed, some_of[1::2])]
    changed = [(entry.list_id, entry.uid) for entry in put]
    names = asked["name"].to_list()
    floor, floor_cpu, _ = timed(lambda: [make_query(name) for name in names])
    update, update_cpu, index = timed(lambda: index.updated(put))
    one = Screener(index)
    single, single_cpu, hits = timed(lambda: [one.one(name) for name in names[:_SAME]])
    some, some_cpu, first = timed(lambda: screen_batch(asked[:_SAME], index))
    with Peaks() as peaks:
        retro, retro_cpu, found = timed(
            lambda: screen_batch(asked, index, only=changed, detail=False, workers=workers)
        )
    _same(hits, first, found, frozenset(changed))
    for label, count, seconds, cpu, height in (
        (f"list update, {len(put):,} changes", 0, update, update_cpu, 0),
        ("floor: comparable form", parties, floor, floor_cpu, 0),
        ("one by one", min(_SAME, parties), single, single_cpu, sum(map(len, hits))),
        ("batch, all entries, explained", min(_SAME, parties), some, some_cpu, first.height),
        (f"retro-match, {len(put):,} changed entries", parties, retro, retro_cpu, found.height),
    ):
        each = cpu / count if count else 0.0
        table.add_row(
            f"{entries:,}", label, f"{count:,}", f"{seconds:.1f}", f"{cpu:.1f}",
            f"{1 / each:,.0f}" if each else "", f"{each / (floor_cpu / parties):.1f}",
            f"{single_cpu / min(_SAME, parties) / each:.1f}" if each else "", f"{height:,}",
        )  # fmt: skip
    return update + retro, peaks.most // 1024


class Peaks:
    """Watches the memory of the processes that are started meanwhile; ``most`` is in KiB."""

    most = 0

    def __enter__(self) -> Peaks:
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            for child in multiprocessing.active_children():
                with contextlib.suppress(OSError, StopIteration):
                    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
                    peak = next(line for line in lines if line.startswith("VmHWM"))
                    self.most = max(self.most, int(peak.split()[1]))


def _renamed(entry: ListEntry) -> ListEntry:
    alias = Alias(name=" ".join(reversed(entry.name.split())))
    return msgspec.structs.replace(entry, aliases=(*entry.aliases, alias))


def _same(
    hits: list[tuple[Hit, ...]], batch: pl.DataFrame, retro: pl.DataFrame,
    changed: frozenset[tuple[str, str]],
) -> None:  # fmt: skip
    """Compare the hits of the first parties by every way of asking."""
    told = [
        (str(n), hit.list_id, hit.uid, hit.score) for n, each in enumerate(hits) for hit in each
    ]
    columns = ("query_id", "list_id", "uid", "score")
    first = retro.filter(pl.col("query_id").cast(pl.Int64) < _SAME)
    if list(batch.select(columns).iter_rows()) != told:
        raise SystemExit("the batch differs from one by one")
    if list(first.select(columns).iter_rows()) != [row for row in told if row[1:3] in changed]:
        raise SystemExit("the comparison with what changed differs from one by one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=12_446, help="list entries")
    parser.add_argument("--parties", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--changes", type=int, default=3_000, help="entries that change")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    chosen = parser.parse_args()
    table = Table(title=f"screening in bulk, {chosen.workers} processes")
    for head in ("entries", "what", "parties", "s", "CPU s", "parties per CPU s", "times the floor",
                 "times as fast as one by one", "hits"):  # fmt: skip
        table.add_column(head, justify="left" if head == "what" else "right")
    spent = [
        measure(chosen.entries, parties, chosen.changes, chosen.workers, table)
        for parties in chosen.parties
    ]
    out = Console(width=150)
    out.print(table)
    seconds = [each[0] for each in spent]
    rows_of = itertools.pairwise(zip(chosen.parties, seconds, strict=True))
    for (few, before), (many, after) in rows_of:
        out.print(f"{many / few:.1f} times the parties: {after / before:.1f} times the seconds")
    share = seconds[-1] / (GOAL * chosen.parties[-1] / 1_000_000)
    out.print(
        f"update and comparison: {seconds[-1]:.1f} s, {share:.2f} of the goal ({GOAL} s for a million)"
    )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    others = max(each[1] for each in spent)
    out.print(f"peak memory of the first process {own:,} MB, of the largest other {others:,} MB")


if __name__ == "__main__":
    main()
