"""Measure the planted world: how fast it is made, and how hard it is.

    python benchmarks/planted_world.py                        # a small run, a few seconds
    python benchmarks/planted_world.py --per-week 1500 --weeks 60
    python benchmarks/planted_world.py --per-week 25000 --weeks 40
    python benchmarks/planted_world.py --weeks 40 --hard 1 2 3  # seeds for the second part

How hard: a plain logistic regression on 13 features of papers, scale and seals, and then with each
importer's past beside them, trained on the whole truth of the first half of the weeks and asked
about the second half. Nobody has that truth; it only says how much the tables hold. CPU seconds are
those of this process; set POLARS_MAX_THREADS=1 for one core.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import polars as pl

from esclusa.analysis.world import World, read_parameters

_FIRST_SHARE = 0.05


def made(
    per_week: int, weeks: int, seed: int
) -> tuple[World, dict[str, pl.DataFrame], list[float]]:
    """Play a world; return it, its tables, and the CPU seconds of each week with its exams."""
    text = (
        f"weeks = {weeks}\n[trade]\nconsignments_per_week = {per_week}\n[parties]\n"
        f"importers = {max(20, per_week * 2 // 5)}\nbirths_per_week = {per_week / 190}\n"
    )
    world = World(read_parameters(text), seed)
    tables: dict[str, list[pl.DataFrame]] = {}
    spent = []
    for _ in range(weeks):
        start = time.process_time()
        week = world.week()
        world.inspect(week.boxes["box"].head(int(_FIRST_SHARE * len(week.boxes))))
        spent.append(time.process_time() - start)
        if per_week <= 2_000:
            for name in ("bills", "boxes", "moves", "parties"):
                tables.setdefault(name, []).append(getattr(week, name))
    return world, {name: pl.concat(parts) for name, parts in tables.items()}, spent


def features(tables: dict[str, pl.DataFrame], truth: pl.DataFrame, half: int) -> pl.DataFrame:
    """Return bills with features; what is usual is learned in the first half alone."""
    boxes = tables["boxes"].select("box", "verified_mass_kg", "declared_mass_kg", "stow_mass_kg")
    seals = (
        tables["moves"]
        .filter(pl.col("event").is_in(["gate_in", "shift"]) & pl.col("seal").is_not_null())
        .group_by("box")
        .agg(pl.col("seal").n_unique().alias("seals"))
    )
    parties = tables["parties"].select(importer="party", registered="registered")
    bills = (
        tables["bills"]
        .join(truth.drop("week", "box"), on="bill")
        .join(boxes, on="box")
        .join(seals, on="box", how="left")
        .join(parties, on="importer")
    )
    price = pl.col("value_usd") / pl.col("gross_mass_kg")
    pack = pl.col("gross_mass_kg") / pl.col("packages")
    early = bills.filter(pl.col("week") < half)
    usual = early.group_by("hs").agg(price.median().alias("price"), pack.median().alias("pack"))
    texts = early.group_by("goods_text").agg(pl.col("hs").mode().first().alias("expected"))
    weekly = (
        bills.group_by("importer", "week")
        .agg(pl.col("fraud").sum().alias("bad"), pl.len().alias("all"))
        .sort("week")
        .with_columns(
            (pl.col("bad").cum_sum() - pl.col("bad")).over("importer").alias("bad"),
            (pl.col("all").cum_sum() - pl.col("all")).over("importer").alias("all"),
        )
    )
    seen = (
        bills.join(usual, on="hs", how="left")
        .join(texts, on="goods_text", how="left")
        .join(weekly, on=["importer", "week"])
    )
    age = (pl.col("at_canal").dt.date() - pl.col("registered")).dt.total_days()
    off = (pl.col("stow_mass_kg") / pl.col("verified_mass_kg") - 1).abs()
    return seen.select(
        "week", "fraud", "scheme",
        (price / pl.col("price")).log().clip(-3, 3).alias("f1"),
        (price / pl.col("price") < 0.6).alias("f2"),
        (pack / pl.col("pack")).log().abs().clip(0, 2).alias("f3"),
        ((pl.col("departs") - pl.col("filed")).dt.total_hours() < 20).alias("f4"),
        pl.col("stuffing_place").is_null().alias("f5"),
        pl.col("notify").is_null().alias("f6"),
        (pl.col("verified_mass_kg") - pl.col("declared_mass_kg") > 900).alias("f7"),
        (off > 0.08).alias("f8"),
        (pl.col("seals") > 1).alias("f9"),
        (pl.col("hs") != pl.col("expected")).alias("f10"),
        (age < 120).alias("f11"),
        (pl.col("value_usd") % 1_000 == 0).alias("f12"),
        pl.col("freight_usd").log().alias("f13"),
        ((pl.col("bad") + 0.15) / (pl.col("all") + 5)).log().alias("past"),
    )  # fmt: skip


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit by Newton's method with a small ridge."""
    weights = np.zeros(x.shape[1])
    for _ in range(15):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (y - p) - 0.1 * weights
        bend = (x.T * (p * (1 - p))) @ x + 0.1 * np.eye(x.shape[1])
        weights += np.linalg.solve(bend, slope)
    return weights


def hardness(seed: int, weeks: int) -> None:
    """Print AUC, and the share of frauds in the highest 5 %, without and with importers' past."""
    world, tables, _spent = made(1_500, weeks, seed)
    seen = features(tables, world.truth(), weeks // 2)
    names = [name for name in seen.columns if name not in ("week", "fraud", "scheme")]
    x = seen.select(pl.col(names).cast(pl.Float64).fill_null(0)).to_numpy()
    x = np.c_[np.ones(len(x)), (x - x.mean(0)) / (x.std(0) + 1e-9)]
    y = seen["fraud"].to_numpy().astype(float)
    late = seen["week"].to_numpy() >= weeks // 2
    thin = (seen["scheme"] == "new_thin").fill_null(False).to_numpy()[late]
    for title, columns in (("papers", x[:, :-1]), ("papers and past", x)):
        score = columns[late] @ logistic(columns[~late], y[~late])
        bad = y[late] > 0
        rank = score.argsort().argsort()
        auc = (rank[bad].mean() - (bad.sum() - 1) / 2) / (~bad).sum()
        top = score >= np.quantile(score, 0.95)
        print(
            f"seed {seed}, {title}: AUC {auc:.3f}; in the highest 5 %: {top[bad].mean():.3f} of "
            f"frauds, {top[thin].mean():.3f} of the new thin scheme, precision {bad[top].mean():.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--per-week", type=int, default=1_500)
    parser.add_argument("--weeks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--hard", type=int, nargs="*", default=[1])
    asked = parser.parse_args()
    world, _tables, spent = made(asked.per_week, asked.weeks, asked.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{len(world.truth()):,} bills in {asked.weeks} weeks: {sum(spent):.2f} CPU s, "
        f"a week {sorted(spent)[len(spent) // 2]:.3f} (median); peak {peak} MB"
    )
    for seed in asked.hard:
        hardness(seed, asked.weeks)


if __name__ == "__main__":
    main()
