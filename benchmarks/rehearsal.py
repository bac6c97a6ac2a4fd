"""Rules rehearsed over history: all of a service's rules at once, and one new draft.

    python -m benchmarks.rehearsal [--rules 500] [--rows 1000000] [--seed 1]

History is a made-up feature table with the skew of real trade (few lanes and texts carry most of
it). The rules are written in the rule language, parsed and compiled: one in ten of each of
equality, lists of up to 200 codes, beginnings, ratios, two fields against each other, days between
dates, words of the goods text, and joins of these by ``and``, ``or`` and ``not``. The floor is
polars alone: the same expressions to Boolean columns in the same pieces, no count of anything.
CPU seconds are of this process on all its threads; wall seconds depend on what else runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import random
import resource
import time
from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from esclusa.analysis.targeting.catalogue import fields
from esclusa.analysis.targeting.checker import Scope
from esclusa.analysis.targeting.compiler import compile_condition
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.rehearsal import rehearse, replay

PIECE = 262_144
SCOPE = Scope(fields("consignment"), {}, "bench")
WORDS = [
    "USED",
    "SPARE",
    "PARTS",
    "FROZEN",
    "FISH",
    "BANANAS",
    "COFFEE",
    "SCRAP",
    "METAL",
    "PLASTIC",
    "TOYS",
    "SHOES",
    "COTTON",
]


def codes(letters: str, count: int, start: str = "") -> list[str]:
    """Return codes of equal length, in order."""
    every = itertools.product(letters, repeat=3)
    return [start + "".join(one) for one in itertools.islice(every, count)]


CARRIERS = codes("ABCDEFG", 60, "M")
PORTS = codes("ABCDEFGHIJ", 400, "MA")
COUNTRIES = [one[1:] for one in codes("ABCDEFG", 80)]


def zipf(rng: np.random.Generator, values: list[str], rows: int) -> pl.Series:
    """Draw values so that the n-th is drawn 1/n as often as the first."""
    shares = 1 / np.arange(1, len(values) + 1)
    places = rng.choice(len(values), rows, p=shares / shares.sum()).astype(np.uint32)
    return pl.Series(values)[places]


def history(rows: int, seed: int) -> pl.DataFrame:
    """Return ``rows`` made-up consignments with outcomes for one in twenty."""
    rng = np.random.default_rng(seed)
    texts = [f"{' '.join(rng.choice(WORDS, 3))} {number}" for number in range(50_000)]
    mass = rng.lognormal(9, 1, rows)
    packages = rng.integers(1, 2_000, rows).astype(float)
    value = mass * rng.lognormal(1, 1, rows)
    days = pl.Series(rng.integers(0, 1_000, rows), dtype=pl.Int32)
    examined = rng.random(rows) < 0.05
    loading = zipf(rng, PORTS, rows)
    table = pl.DataFrame(
        {
            "carrier": zipf(rng, CARRIERS, rows),
            "load_code": loading,
            "load_country": zipf(rng, COUNTRIES, rows),
            "discharge_code": zipf(rng, PORTS[::-1], rows),
            "delivery_code": zipf(rng, PORTS[::-1], rows),
            "goods_text": zipf(rng, texts, rows),
            "gross_mass_kg": mass,
            "packages": packages,
            "mass_per_package_kg": mass / packages,
            "value": value,
            "value_per_kg": value / mass,
            "freight_amount": rng.lognormal(7, 1, rows),
            "hs_missing": rng.random(rows) < 0.03,
            "examined": examined,
            "found": np.where(examined, rng.random(rows) < 0.04, False),
        }
    )
    start = pl.lit(dt.date(2023, 1, 1))
    dated = table.with_columns(
        (start + pl.duration(days=days)).alias("issued"),
        (start + pl.duration(days=days + pl.Series(rng.integers(0, 40, rows)))).alias("arrival"),
    )
    unknown = pl.Series(rng.random(rows) < 0.05)
    return dated.with_columns(
        pl.when(~unknown).then(pl.col(name)).alias(name)
        for name in ("value", "value_per_kg", "delivery_code", "issued", "goods_text")
    )


def simple(rng: random.Random) -> str:
    """Return one comparison in the rule language, mostly false."""
    some = rng.sample(PORTS[5:], rng.randint(2, 50))
    listed = ", ".join(f'"{code}"' for code in some)
    return rng.choice(
        [
            f'carrier == "{rng.choice(CARRIERS[8:])}"',
            f'load_code == "{rng.choice(PORTS[5:])}"',
            f"load_code in [{listed}]",
            f"discharge_code in [{listed}]",
            f'starts_with(load_code, "{rng.choice(PORTS)[:4]}")',
            f"freight_amount / value > {rng.randint(3, 60) / 10}",
            f"value / gross_mass_kg < {rng.randint(1, 40) / 100}",
            f"mass_per_package_kg > {rng.randint(500, 9000)}",
            "discharge_code != delivery_code and hs_missing",
            f"days_between(issued, arrival) > {rng.randint(34, 39)}",
            f'contains(goods_text, "{rng.choice(WORDS)} {rng.choice(WORDS)}")',
            f"gross_mass_kg > {rng.randint(40, 90) * 1000}",
        ]
    )


def conditions(count: int, seed: int) -> dict[str, pl.Expr]:
    """Return ``count`` compiled rules."""
    rng = random.Random(seed)
    forms = ["{}", "{}", "{} and {}", "({}) and not ({})", "({}) and (({}) or ({}))"]
    rules = {}
    for number in range(count):
        form = rng.choice(forms)
        text = form.format(*(simple(rng) for _ in range(form.count("{}"))))
        rules[f"R{number:03}"] = compile_condition(parse(text), SCOPE)
    return rules


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Return CPU and wall seconds of one run."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - cpu, time.perf_counter() - wall


def pieces(table: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Yield ``rows`` rows: the table again and again, each time in another order."""
    for start in range(0, rows, table.height):
        yield table.sample(fraction=1, shuffle=True, seed=start).head(rows - start)


def main() -> None:
    """Print seconds, ratio to the floor, and memory."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    table = history(min(args.rows, 1_000_000), args.seed)
    table = pl.concat(pieces(table, args.rows)).rechunk()
    rules = conditions(args.rules, args.seed)
    draft = conditions(args.rules + 20, args.seed)
    drafts = [{name: draft[name]} for name in list(draft)[args.rules :]]
    columns = [expression.alias(name) for name, expression in rules.items()]
    hits = sum(one.all.hits for one in rehearse(table.head(100_000), rules, rules))
    print(f"{table.height:,} rows, {table.estimated_size('mb'):,.0f} MB; {len(rules)} rules,")
    print(
        f"{hits / min(100_000, table.height):.1f} of them fire in a row; threads {pl.thread_pool_size()}"
    )

    def floor() -> None:
        for part in table.iter_slices(PIECE):
            part.select(columns)

    bare = timed(floor)
    every = timed(lambda: rehearse(table, rules, rules))
    print(f"polars alone, no counts      {bare[0]:8.1f} CPU s {bare[1]:8.1f} s")
    print(f"all rules against each other {every[0]:8.1f} CPU s {every[1]:8.1f} s"
          f"  {every[0] / bare[0]:.2f} × floor")  # fmt: skip
    kept = replay(table, rules)
    size = (kept.ids.nbytes + kept.starts.nbytes) / 1e6
    alone = [timed(lambda one=one: rehearse(table, one, kept)) for one in drafts]
    cpu, wall = sorted(a for a, _ in alone), sorted(b for _, b in alone)
    print(f"one draft, the active kept ({size:,.0f} MB): median {cpu[10]:.3f}, slowest {cpu[-1]:.3f}"
          f" CPU s; {wall[10]:.3f}, {wall[-1]:.3f} s")  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of the process {peak:,.0f} MB")


if __name__ == "__main__":
    main()
