"""Measure the screening index as lists grow: build, memory, explained queries, updates in place.

    python benchmarks/screening_scale.py                        # 50,000 names of 40,000 entries
    python benchmarks/screening_scale.py --sizes 50000 1000000

Each size runs in a process of its own, whose growth is the memory; making the entries is not counted
in the time of the build. Entries are made up: names of
public lists and of tests/data/names, taken apart and put together anew, each word as often as
there; every seventh has a family name that is written by no one, half of one and half of another,
so that the number of words grows with the list as it does in life. The same seed gives the same
entries. The queries are the made-up persons of tests/data/names, none of them listed, each asked
once, kind ``any``, with every part of every hit. The floor is one rapidfuzz ratio against every
listed name, in the same process.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import itertools

import numpy as np
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.table import Table

from esclusa.analysis.screening import Index, Screener, normalise
from esclusa.model import Alias, Identifier, ListEntry
from screening import LISTS, read_entries, rows

CHANGES = 10_000
QUERIES = 4_000
FLOOR_QUERIES = 20
COUNTRIES = ("PA", "CO", "CR", "MX", "ES", "RU", "CN", "EG", "IQ", "US")
FIRM_ENDS = ("TRADING", "SHIPPING", "LOGISTICS", "GROUP", "IMPORT EXPORT", "LTD", "S.A.", "GMBH")


class Words:
    """Given and family names to draw from, each as often as the sources have it."""

    def __init__(self) -> None:
        listed = [entry for entry in read_entries(LISTS) if entry.type == "person"]
        spelt = [normalise(entry.name, "person").tokens for entry in listed]
        people = rows("innocents_global.csv")[::2] + rows("positives_un.csv")
        spelt += [normalise(row["full_name"], "person").tokens for row in people]
        known = [name for name in spelt if len(name) > 1 and all(w.isalpha() for w in name)]
        self.given = [name[0] for name in known if len(name[0]) > 1]
        self.family = [name[-1] for name in known if len(name[-1]) > 2]


def entries(count: int, seed: int = 5, first: int = 0) -> Iterator[ListEntry]:
    """Yield ``count`` made-up entries with different names, nine of ten persons."""
    words, source, seen = Words(), random.Random(seed), set[int]()
    number = first
    while number < first + count:
        name = _name(words, source)
        if hash(name) not in seen:
            seen.add(hash(name))
            yield _entry(words, source, number, name)
            number += 1


def _name(words: Words, source: random.Random) -> str:
    given = " ".join(source.sample(words.given, source.choice((1, 1, 2))))
    family = [_family(words, source) for _ in range(source.choice((1, 1, 2)))]
    return f"{given} {' '.join(family)}"


def _family(words: Words, source: random.Random) -> str:
    name = source.choice(words.family)
    if source.random() < 1 / 7:
        other = source.choice(words.family)
        name = name[: max(2, len(name) // 2)] + other[len(other) // 2 :]
    return name


def _entry(words: Words, source: random.Random, number: int, name: str) -> ListEntry:
    kind = "person" if number % 10 else "organisation"
    if kind == "organisation":
        name = f"{source.choice(words.family)} {name.split()[-1]} {source.choice(FIRM_ENDS)}"
    numbered = number % 5 == 0
    return ListEntry(
        list_id="marisol",
        uid=f"{number}",
        type=kind,
        name=name,
        aliases=(Alias(name=_name(words, source)),) if number % 4 == 1 else (),
        birth_dates=(f"{source.randrange(1940, 2005)}",) if kind == "person" else (),
        nationalities=(source.choice(COUNTRIES),),
        identifiers=(Identifier(scheme="passport", value=f"P{number:08}"),) if numbered else (),
    )


def measure(names: int) -> dict[str, Any]:
    """Return the figures of one size; to be called in a process of its own."""
    listed = _sized(names)
    asked = list(
        dict.fromkeys(r["full_name"] for f in ("global", "us") for r in rows(f"innocents_{f}.csv"))
    )
    Screener(Index.build([])).one("Petr Ivanov")
    making, _ = _timed(lambda: sum(1 for _ in _sized(names)))
    gc.collect()
    before = _peak()
    built, index = _timed(lambda: Index.build(listed))
    after_build = _peak()
    seconds, hits = _queries(index, asked[:QUERIES])
    grown = (_peak() - before, after_build - before)
    floor = _floor(index, asked[:: len(asked) // FLOOR_QUERIES][:FLOOR_QUERIES])
    put = list(entries(CHANGES // 2, seed=6, first=len(index.entries)))
    put += [_renamed(index.entries[n]) for n in range(CHANGES // 4)]
    gone = [("marisol", f"{CHANGES + n}") for n in range(CHANGES // 4)]
    updated, _ = _timed(lambda: index.updated(put, gone))
    single, _ = _timed(lambda: index.updated(put[:1]))
    return {
        "entries": len(index.entries),
        "names": len(index.names),
        "words": len(index.vocabulary.tokens),
        "build": built - making,
        "memory": grown[0] / 1024,
        "memory_build": grown[1] / 1024,
        "per_second": len(seconds) / sum(seconds),
        "p50": 1000 * float(np.quantile(seconds, 0.5)),
        "p99": 1000 * float(np.quantile(seconds, 0.99)),
        "hits": hits / len(seconds),
        "floor": FLOOR_QUERIES / floor,
        "update": updated,
        "update_one": single,
    }


def _sized(names: int) -> Iterator[ListEntry]:
    """Yield entries that together have about ``names`` names: one in four has an alias."""
    return entries(names * 4 // 5)


def _renamed(entry: ListEntry) -> ListEntry:
    return ListEntry(list_id=entry.list_id, uid=entry.uid, type=entry.type, name=f"{entry.name} X")


def _queries(index: Index, names: list[str]) -> tuple[list[float], int]:
    screener, seconds, hits = Screener(index), [], 0
    for name in names:
        start = time.process_time()
        hits += len(screener.one(name))
        seconds.append(time.process_time() - start)
    return seconds, hits


def _floor(index: Index, names: list[str]) -> float:
    """Return the seconds of comparing names with every listed one, their words sorted before."""
    tokens = index.vocabulary.tokens
    asked = [" ".join(sorted(normalise(name).tokens)) for name in names]
    listed = [" ".join(sorted(tokens[word] for word in name.words)) for name in index.names]
    return _timed(
        lambda: process.cdist(
            asked, listed, scorer=fuzz.ratio, score_cutoff=85, workers=1, dtype=np.uint8
        )
    )[0]


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def child(names: int) -> dict[str, Any]:
    """Return the figures of one size, measured in a fresh process."""
    command = [sys.executable, __file__, "--child", str(names)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(found: list[dict[str, Any]]) -> Table:
    """Return the figures of all sizes, one row each."""
    shown = Table(title="one process per size; CPU seconds; peak growth of the process")
    heads = ("entries", "names", "words", "build s", "MB built", "MB after queries", "queries/s", "p50 ms",
             "p99 ms", "hits/query", "floor queries/s", "times the floor", f"{CHANGES:,} changes s",
             "one change s")  # fmt: skip
    for head in heads:
        shown.add_column(head, justify="right")
    for one in found:
        shown.add_row(
            f"{one['entries']:,}", f"{one['names']:,}", f"{one['words']:,}", f"{one['build']:.1f}",
            f"{one['memory_build']:.0f}", f"{one['memory']:.0f}", f"{one['per_second']:,.0f}",
            f"{one['p50']:.2f}", f"{one['p99']:.1f}", f"{one['hits']:.2f}", f"{one['floor']:.1f}",
            f"{one['per_second'] / one['floor']:.1f}", f"{one['update']:.2f}", f"{one['update_one']:.2f}",
        )  # fmt: skip
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[50_000], help="names, at least 25,000"
    )
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(measure(chosen.child)))
        return
    found = [child(size) for size in chosen.sizes]
    out = Console(width=190)
    out.print(table(found))
    for small, large in itertools.pairwise(found):
        times = {key: large[key] / small[key] for key in ("names", "build", "memory_build")}
        slower = small["per_second"] / large["per_second"]
        out.print(
            f"{times['names']:.1f} times the names: {times['build']:.1f} times the build,"
            f" {times['memory_build']:.1f} times the memory, {slower:.1f} times the time of a query"
        )


if __name__ == "__main__":
    main()
