"""Measure profiles: rows a second over a whole history, growth, and one consignment at a time.

    POLARS_MAX_THREADS=1 python benchmarks/profiles.py                      # 100,000 rows, seconds
    POLARS_MAX_THREADS=1 python benchmarks/profiles.py --rows 100000 1000000 3000000
    POLARS_MAX_THREADS=1 python benchmarks/profiles.py --one 20000          # the incremental state

The frame is made up: importers, shippers and goods by Zipf's law, 365 days, lanes that belong to
importers, one row in twenty examined with the result known days later, one in a hundred amended. The
floor is what polars needs to read the same frame from Parquet and sort it by moment. "Eight keys"
is the set of the research that the target was measured with: counts and outcomes of importer,
shipper, agent, carrier, HS heading, lane, and two pairs, by numpy. All features are worked out by
each backend in turn, in processes of their own, by one thread and, with numba, by two. The first
call compiles, or loads what was compiled before. Seconds are CPU seconds (user and system) where
nothing else is said, peaks are of resident memory.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from esclusa.analysis.profiles import State, feature_names, profile
from esclusa.analysis.profiles.batch import BACKENDS, history_of
from esclusa.analysis.profiles.catalogue import Key, keys, measures
from esclusa.analysis.profiles.counting import count_key

EIGHT = ("importer", "shipper", "agent", "carrier", "hs4", "lane", "importer_hs4", "importer_lane")
DAY = 86_400_000_000
START = 1_767_571_200_000_000
PORTS = ("CNSHA", "CNNGB", "CLVAP", "ECGYE", "COCTG", "BRSSZ", "USLAX", "NLRTM", "DEHAM", "JPYOK",
         "PEGYE", "MXZLO", "KRPUS", "SGSIN", "ESVLC", "ITGOA", "PAONX", "PABLB", "CRLIO", "GTPRQ")  # fmt: skip


def made(size: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows and outcomes."""
    rng = np.random.default_rng(seed)

    def zipf(most: int, power: float) -> np.ndarray:
        weights = 1 / np.arange(1, most + 1) ** power
        return rng.choice(most, size, p=weights / weights.sum())

    importer, goods = zipf(max(50, size // 25), 0.9), zipf(4_000, 0.8)
    lane = (importer * 7 + zipf(12, 1.0)) % 400
    load, discharge = lane % 20, (lane // 20 + 1 + lane % 20) % 20
    mass = np.exp(rng.normal(9.2, 0.8, size))
    price = np.exp(np.sin(goods) * 1.5 + 1.5 + rng.normal(0, 0.4, size))
    moment = START + np.sort(rng.integers(0, 365 * 24 * 60, size)) * 60_000_000
    ports = np.array(PORTS)
    rows = pl.DataFrame(
        {
            "id": np.char.add("B", np.arange(size).astype(str)),
            "at": moment,
            "importer": np.char.add("I", importer.astype(str)),
            "shipper": np.char.add("S", ((importer * 13 + zipf(6, 1.0)) % max(80, size // 20)).astype(str)),
            "notify": np.char.add("N", (importer // 2).astype(str)),
            "agent": np.char.add("A", (discharge * 12 + importer % 12).astype(str)),
            "carrier": np.char.add("C", zipf(20, 1.0).astype(str)),
            "address": np.char.add("ad", (importer - importer % 5 * (importer % 40 == 0)).astype(str)),
            "stuffing": np.char.add("P", (load * 30 + zipf(30, 0.8)).astype(str)),
            "load_port": ports[load],
            "via": np.where(lane % 5 < 2, "PAONX", ""),
            "discharge_port": ports[discharge],
            "hs": np.char.zfill((goods * 241 % 970_000 + 10_000).astype(str), 6),
            "size_type": np.array(["22G1", "45G1", "45R1"])[goods % 3],
            "packages": np.maximum(1, mass // 20),
            "mass_kg": mass,
            "value": np.where(rng.random(size) < 0.05, np.nan, mass * price),
            "currency": "USD",
            "freight": 1_500 + 2_000 * rng.random(size),
            "freight_currency": "USD",
            "boxes": 1.0,
            "departs": moment - DAY * 10,
            "arrives": moment + DAY * (3 + lane % 9),
        }
    ).with_columns(
        *(pl.from_epoch(name, "us").dt.replace_time_zone("UTC") for name in ("at", "departs", "arrives"))
    )  # fmt: skip
    again = rows[np.sort(rng.choice(size, size // 100, replace=False))]
    again = again.with_columns(
        pl.col("at") + pl.duration(days=2), importer=pl.col("shipper"), value=pl.col("value") * 1.1
    )
    rows = pl.concat([rows, again]).sort("at", maintain_order=True).head(size)
    opened = rows[np.sort(rng.choice(size, size // 20, replace=False))].unique(
        "id", maintain_order=True
    )
    outcomes = opened.select(
        subject="id",
        examined=pl.lit(True),
        found=pl.Series(rng.random(len(opened)) < 0.1),
        known=pl.col("at") + pl.duration(hours=pl.Series(rng.integers(12, 200, len(opened)))),
    )
    return rows, outcomes


def spent(work: Callable[[], object], times: int = 2) -> float:
    """Return the CPU seconds of the quickest of some runs."""
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return float(best)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Cost(NamedTuple):
    """CPU seconds of the first call and of the quickest later one, the latter's seconds by the
    clock, and the peak of resident memory with the tables alone and at the end, in MB."""

    first: float
    cpu: float
    clock: float
    before: float
    peak: float


def cost(folder: str, backend: str, threads: int, runs: int) -> Cost:
    """Measure one way; for a process of its own, so that peaks are its own."""
    rows, outcomes = (
        pl.read_parquet(Path(folder) / f"{name}.parquet") for name in ("rows", "told")
    )
    before, times = peak_mb(), []
    for _ in range(1 + runs):
        start, clock = time.process_time(), time.perf_counter()
        made = profile(rows, outcomes, backend=backend, threads=threads)
        times.append((time.process_time() - start, time.perf_counter() - clock))
        del made
    return Cost(times[0][0], min(t[0] for t in times[1:]), min(t[1] for t in times[1:]), before,
                peak_mb())  # fmt: skip


def eight_keys(rows: pl.DataFrame, outcomes: pl.DataFrame) -> None:
    """Work out counts and outcomes of eight keys, the plain way."""
    coder, stream, _ = history_of(rows, outcomes)
    for key in keys():
        if key.name in EIGHT:
            plain = Key(key.name, key.columns, key.gives & {"n", "e", "r"}, "", "")
            count_key(plain, coder.groups(key.columns), stream)


def whole(size: int, seed: int, rounds: int) -> None:
    rows, outcomes = made(size, seed)
    groups = sum(len(measure.levels) for measure in measures())
    print(
        f"{size:,} rows, {len(keys())} keys, {groups} groups of peers, {len(feature_names())} features"
    )
    found: dict[tuple[str, int], list[Cost]] = {}
    ways = [(backend, 1) for backend in reversed(BACKENDS)]
    if "numba" in BACKENDS:
        ways.append(("numba", 2))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        rows.write_parquet(path)
        outcomes.write_parquet(Path(folder) / "told.parquet")
        floor = spent(lambda: pl.read_parquet(path).sort("at"))
        few = spent(lambda: eight_keys(rows, outcomes))
        print(f"  floor {floor:.2f} s, eight keys {few:.2f} s = {size / few:,.0f} rows/s")
        for _ in range(rounds):  # alternating, as the machine is not always as quick
            for way in ways:
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    found.setdefault(way, []).append(pool.submit(cost, folder, *way, 2).result())
    plain = min(one.cpu for one in found["numpy", 1])
    for (backend, threads), costs in found.items():
        cpu, clock = min(one.cpu for one in costs), min(one.clock for one in costs)
        first = "/".join(f"{one.first:.2f}" for one in costs)
        print(f"  {backend} {threads} thread(s): {cpu:.2f} CPU s = {size / cpu:,.0f} rows/s of CPU, "
              f"{clock:.2f} s by the clock = {size / clock:,.0f} rows/s, {plain / cpu:.1f} times the "
              f"plain way; first call {first} CPU s; peak MB {min(c.before for c in costs):,.0f} tables "
              f"alone, {max(c.peak for c in costs):,.0f} after")  # fmt: skip


def one_by_one(size: int, seed: int) -> None:
    rows, outcomes = made(size, seed)
    state, asked = State(), 300
    start = time.process_time()
    past = rows.head(size - asked)
    state.add(past)
    state.learn(outcomes)
    loaded = time.process_time() - start
    times, told = [], []
    for row in rows.tail(asked).iter_rows(named=True):
        start = time.process_time()
        state.ask_row(row)
        times.append(time.process_time() - start)
        start = time.process_time()
        state.add_rows([row])
        told.append(time.process_time() - start)
    first, *rest = times
    milli = np.percentile(np.array(rest), [50, 99]) * 1_000
    taking = np.percentile(np.array(told), [50, 99]) * 1_000
    kept = len(state.dump())
    print(f"state of {size:,} rows: {size / loaded:,.0f} rows/s taken in, first question (all history "
          f"applied) {first:.1f} s, then ask p50 {milli[0]:.1f} p99 {milli[1]:.1f} ms, add p50 "
          f"{taking[0]:.1f} p99 {taking[1]:.1f} ms, {kept / 1e6:.0f} MB dumped, peak {peak_mb():,.0f} MB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000])
    parser.add_argument("--one", type=int, default=0, help="rows of the state asked one by one")
    parser.add_argument("--rounds", type=int, default=2, help="times that all ways are measured")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.one:
        one_by_one(chosen.one, chosen.seed)
        return
    print(f"polars threads: {pl.thread_pool_size()}")
    for size in chosen.rows:
        whole(size, chosen.seed, chosen.rounds)


if __name__ == "__main__":
    main()
