"""Does the interval of the miss rate cover the truth? Worlds in which the whole pool is opened after.

A world has 30 weeks. In the first 26 5 % of the boxes are opened, 75 a week: at random in
the first three weeks, then 67 by a model fitted on what is known and 8 at random. (``--short`` asks a
model that learned less: ten weeks with 150 boxes each, 40 at random.) In the last four its chances order the boxes: the
highest 5 % are taken out, as by selection, and from the rest the shipped policy draws 100 control
exams a week, five times with seeds of their own. Then all the rest is opened too, which nobody can do
in earnest: so the true share of finds in the pool is known, exams' errors included.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable

import msgspec
import numpy as np
import polars as pl

import selection_desk
from esclusa.analysis.measurement.missed import missed
from esclusa.analysis.selection import ONE, Candidate, Past, Place, default_policy, select
from esclusa.analysis.world import World, read_parameters

ASK, EXAMS, DRAWS, BLIND = 4, 100, 5, 3
LONG, SHORT = (26, 75, 8), (10, 150, 40)
"""Weeks of learning, boxes opened in each (5 % of 1,500), and how many of them at random."""
_OURS = msgspec.structs.replace(
    default_policy(), formula="chance", value_weight=0.0, curiosity=0.0, follow=()
)
CELLS, LATELY = ("importer", "lane"), 4
POLICIES = {
    "random half alone": msgspec.structs.replace(_OURS, random_share=1.0),
    "both halves": _OURS,
}


def one(seed: int, short: bool = False) -> dict[str, list[tuple[float, ...]]]:
    """Return, by policy and draw, truth, estimate, low, high, and the bare find rate of the targeted."""
    learn, opened, at_random = SHORT if short else LONG
    world = World(read_parameters(f"weeks = {learn + ASK}\nacting = {SCHEMES}"), seed)
    desk = selection_desk.Desk(world.parameters.start, seed)
    chance = np.random.default_rng((seed, 13))
    pools: dict[tuple[str, int], list[pl.DataFrame]] = {}
    targeted = []
    for number in range(learn + ASK):
        week = world.week()
        seen = desk.take(week, fit=number >= BLIND)
        if number < learn:
            boxes = chance.permutation(week.boxes["box"].to_numpy()).tolist()
            best = seen.sort("p", "bill", descending=True)["box"].unique(maintain_order=True)
            first = best.head(opened - at_random).to_list() if number >= BLIND else []
            boxes = list(dict.fromkeys([*first, *boxes]))[:opened]
            desk.learn(seen, world.inspect(boxes))
            continue
        for name in CELLS:
            past = desk.past(seen, (name,), LATELY, number)
            counts = pl.struct("lately", "ever", "opened", "finds").alias(f"{name}_past")
            seen = seen.join(past.select("bill", counts), on="bill")
        seen = seen.sort(pl.col("importer_past").struct.field("ever"), "bill")
        score = seen.group_by("box", maintain_order=True).agg(
            (1 - (1 - pl.col("p")).product()).alias("p"),
            pl.col("importer", "lane", "importer_past", "lane_past").first(),
        )
        score = score.sort("p", "box", descending=True)
        top = round(0.05 * len(score))
        rest = score.tail(len(score) - top)
        truth = world.inspect(score["box"].to_list()).group_by("box").agg(pl.col("found").any())
        found = dict(truth.iter_rows())
        targeted += [found[box] for box in score["box"].head(top).to_list()]
        for name, policy in POLICIES.items():
            for draw in range(DRAWS):
                pool = _pool(f"{seed} {number} {draw}", rest, found, policy)
                pools.setdefault((name, draw), []).append(pool)
    bare = float(np.mean(targeted))
    return {
        name: [(*_measured(pl.concat(pools[name, draw])), bare) for draw in range(DRAWS)]
        for name in POLICIES
    }


def _pool(words: str, rest: pl.DataFrame, found: dict, policy) -> pl.DataFrame:
    pool = [
        Candidate(
            subject=row["box"],
            score=row["p"],
            cells={name: Past(row[name], *row[f"{name}_past"].values()) for name in CELLS},
        )
        for row in rest.iter_rows(named=True)
    ]
    all_control = msgspec.structs.replace(policy, control_share=1.0)
    key = hashlib.sha256(words.encode()).digest()
    lines = select(key, Place("canal", "week", EXAMS), pool, all_control).lines
    return pl.DataFrame(
        [(line.subject, line.stratum, line.chance / ONE, line.lane != "none") for line in lines],
        schema=["box", "stratum", "chance", "drawn"], orient="row",
    ).with_columns(pl.col("box").replace_strict(found, return_dtype=pl.Boolean).alias("found"))  # fmt: skip


def _measured(pool: pl.DataFrame) -> tuple[float, float, float, float]:
    told = missed(pool.with_columns(pl.when(pl.col("drawn")).then(pl.col("found")).alias("found")))
    return pool["found"].mean(), told.share, told.low, told.high


SCHEMES = '["persistent", "misdeclared", "weight", "rip_on", "shells", "mover"]'


def coverage(seeds: Iterable[int], short: bool = False) -> None:
    """Print how often the interval covers the truth, how wide it is, and how far the estimate errs."""
    start, many = time.process_time(), list(seeds)[::DRAWS]
    told = [one(seed, short) for seed in many]
    for name in POLICIES:
        truth, share, low, high, targeted = np.array([row for each in told for row in each[name]]).T
        covered = (low <= truth) & (truth <= high)
        print(
            f"{name}, {EXAMS * ASK} control exams, {len(many) * DRAWS} draws in {len(many)} worlds: covers {covered.mean():.3f} "
            f"(too high {np.mean(truth < low):.3f}, too low {np.mean(truth > high):.3f}), half-width "
            f"{100 * np.mean(high - low) / 2:.2f} points (most {100 * np.max(high - low) / 2:.2f}); truth "
            f"{100 * truth.mean():.2f} %, estimate {100 * share.mean():.2f} % (mean error "
            f"{100 * np.mean(np.abs(share - truth)):.2f} points), find rate of the targeted {100 * targeted.mean():.1f} %"
        )
    print(f"{(time.process_time() - start) / max(1, len(many)):.1f} CPU s a world")
