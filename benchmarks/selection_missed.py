"""Does the interval of the miss rate cover the truth? Worlds in which the whole pool is opened after.

A world has 30 weeks. In the first 26 5 % of the boxes are opened, 75 a week: at random in
the first three weeks, then 67 by a model fitted on what is known and 8 at random. (``--short`` asks a
model that learned less: ten weeks with 150 boxes each, 40 at random.) In the last four its chances order the boxes: the
highest 5 % are taken out, as by selection, and from the rest the shipped policy draws 100 control
exams a week, five times with seeds of their own: the first draw of each world is the figure, for draws
of one world share its truth. Then all the rest is opened too, which nobody can do
in earnest: so the true share of finds in the pool is known, exams' errors included.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

import selection_desk
from esclusa.analysis.measurement.missed import missed
from esclusa.analysis.selection import (
    ONE,
    Candidate,
    Past,
    Policy,
    default_policy,
    openness,
    read_policy,
)
from esclusa.analysis.selection.candidate import in_order
from esclusa.analysis.selection.control import chances, least_inspected, strata_of
from esclusa.analysis.selection.draw import drawn
from esclusa.analysis.selection.seeds import draw_key
from esclusa.analysis.world import World, read_parameters
from selection_forms import intervals

ASK, EXAMS, DRAWS, BLIND = 4, 100, 5, 3
LONG, SHORT = (26, 75, 8), (10, 150, 40)
"""Weeks of learning, boxes opened in each (5 % of 1,500), and how many of them at random."""
OLDER = Path(__file__).with_name("selection_older.toml").read_text("utf-8")
THIRD = Path(__file__).with_name("selection_1_3.toml").read_text("utf-8")
_OURS = msgspec.structs.replace(
    default_policy(), formula="chance", value_weight=0.0, curiosity=0.0, follow=()
)
CELLS = {"importer": ("importer",), "lane": ("lane",), "fresh_lane": ("lane", "fresh")}
LATELY = 4
PLACE = ("canal", "week", "")
_OLDER = msgspec.structs.replace(
    read_policy(f'version = "1.2"\n{OLDER}'), formula="chance", value_weight=0.0, follow=()
)
OURS = "both halves, and what cells are owed"
POLICIES = {
    "random half alone": msgspec.structs.replace(
        _OURS, random_share=1.0, least_share=0.0, probe_share=0.0
    ),
    "both halves, all of the second for cells (policy 1.1)": msgspec.structs.replace(
        _OLDER, least_share=0.0
    ),
    "both halves (policy 1.2)": _OLDER,
    "both halves (policy 1.3)": msgspec.structs.replace(
        read_policy(f'version = "1.3"\n{THIRD}'), formula="chance", value_weight=0.0, follow=()
    ),
    OURS: _OURS,
    "both halves, nothing for cells": msgspec.structs.replace(_OURS, looks=0.0),
}


def weeks(
    seed: int, short: bool = False
) -> tuple[list[tuple[pl.DataFrame, dict[str, bool]]], float]:
    """Play a world; return for each week that is asked about the boxes not chosen for cause, with
    scores and cells, and what an exam of each would find; and the find rate of the targeted."""
    learn, opened, at_random = SHORT if short else LONG
    world = World(read_parameters(f"weeks = {learn + ASK}\nacting = {SCHEMES}"), seed)
    desk = selection_desk.Desk(world.parameters.start, seed)
    chance = np.random.default_rng((seed, 13))
    told: list[tuple[pl.DataFrame, dict[str, bool]]] = []
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
        for name, keys in CELLS.items():
            past = desk.past(seen, keys, LATELY, number)
            counts = pl.struct("lately", "ever", "opened", "finds").alias(f"{name}_past")
            seen = seen.join(past.select("bill", counts), on="bill")
        late = desk.lately(seen, CELLS["fresh_lane"], LATELY, number)
        seen = seen.join(late.select("bill", pl.struct("usual", "looked").alias("late")), on="bill")
        born = desk.born(seen, LATELY, number)
        born = born.select("bill", pl.struct(pl.exclude("bill")).alias("born"))
        seen = seen.join(born, on="bill", how="left")
        seen = seen.sort(pl.col("importer_past").struct.field("ever"), "bill")
        score = seen.group_by("box", maintain_order=True).agg(
            (1 - (1 - pl.col("p")).product()).alias("p"),
            pl.col(
                "importer", "lane", "fresh", "late", "born", *(f"{name}_past" for name in CELLS)
            ).first(),
        )
        score = score.sort("p", "box", descending=True)
        top = round(0.05 * len(score))
        rest = score.tail(len(score) - top)
        truth = world.inspect(score["box"].to_list()).group_by("box").agg(pl.col("found").any())
        found = dict(truth.iter_rows())
        targeted += [found[box] for box in score["box"].head(top).to_list()]
        told.append((rest, found))
    return told, float(np.mean(targeted))


def one(seed: int, short: bool = False) -> dict[str, list[tuple[float, ...]]]:
    """Return, by policy and draw, truth, estimate, low, high, exams, find rate of the targeted."""
    asked, bare = weeks(seed, short)
    learned = (SHORT if short else LONG)[0]
    told: dict[str, list[tuple[float, ...]]] = {}
    for name, policy in POLICIES.items():
        drawn_weeks = [
            samples(f"{seed} {learned + at}", rest, found, policy, EXAMS, DRAWS)
            for at, (rest, found) in enumerate(asked)
        ]
        pools = (pl.concat(parts) for parts in zip(*drawn_weeks, strict=True))
        told[name] = [(*_measured(pool), bare) for pool in pools]
    return told


def _candidates(rest: pl.DataFrame) -> list[Candidate]:
    return [
        Candidate(
            subject=row["box"],
            score=row["p"],
            cells=_cells(row),
        )
        for row in rest.iter_rows(named=True)
    ]


def _cells(row: dict) -> dict[str, Past]:
    """Return the cells that the shipped policy and the one before ask for."""
    cells = {name: Past(row[name], *row[f"{name}_past"].values()) for name in ("importer", "lane")}
    if row["fresh"]:
        past = row["fresh_lane_past"].values()
        cells["new_on_lane"] = Past(row["lane"], *past, **row["late"])
    if row["born"]:
        cells["born_on_lane"] = born_on_lane(row["lane"], row["born"])
    return cells


def born_on_lane(lane: str, born: dict) -> Past:
    """Return what is known of the importers first seen lately on a lane (``Desk.born``)."""
    return Past(
        lane, born["lately"], born["ever"], born["opened"], born["finds"], born["usual"],
        born["looked"],
    )  # fmt: skip


def samples(
    words: str, rest: pl.DataFrame, found: dict[str, bool], policy: Policy, exams: int, draws: int
) -> list[pl.DataFrame]:
    """Return a week's pool with the control sample of each of so many draws.

    These are the draws of :func:`select` after the highest 5 % were taken out, with so many slots for
    the control sample, and what cells are owed beside it; chances are worked out once for all.
    """
    pool = in_order(_candidates(rest))
    strata, least = strata_of(pool, policy.strata), least_inspected(pool, policy.least_share)
    slots = round(0.05 / 0.95 * len(pool)) + exams
    probes = openness.probes(pool, pool, range(len(pool)), slots, policy)
    random, cell = chances(pool, pool, range(len(pool)), strata, least, exams, policy, probes)
    names = [one.subject for one in pool]
    line = [2 * stratum + here for stratum, here in zip(strata, least, strict=True)]
    bare = pl.DataFrame({
        "stratum": strata, "chance": [(a + b) / ONE for a, b in zip(random, cell, strict=True)],
        "found": [found[name] for name in names],
    })  # fmt: skip
    seeds = (hashlib.sha256(f"{words} {draw}".encode()).digest() for draw in range(draws))
    hits = (drawn(draw_key(seed, *PLACE), names, line, random, cell) for seed in seeds)
    return [bare.with_columns(pl.Series("drawn", [name in hit for name in names])) for hit in hits]


def _seen(pool: pl.DataFrame) -> pl.DataFrame:
    return pool.with_columns(pl.when(pl.col("drawn")).then(pl.col("found")).alias("found"))


def _measured(pool: pl.DataFrame) -> tuple[float, ...]:
    told = missed(_seen(pool))
    return pool["found"].mean(), told.share, told.low, told.high, pool["drawn"].sum()


SCHEMES = '["persistent", "misdeclared", "weight", "rip_on", "shells", "mover"]'


def coverage(seeds: Iterable[int], short: bool = False, kept: Path | None = None) -> None:
    """Print how often the interval covers the truth, how wide it is, and how far the estimate errs.

    ``kept`` names a file to which each world's result is added; worlds that stand in it are not
    played again, so a long run can be broken off and goes on where it was.
    """
    start, played, many = time.process_time(), 0, list(seeds)
    done: dict[int, dict[str, list[list[float]]]] = {}
    if kept and kept.exists():
        done = {row["seed"]: row["told"] for row in map(json.loads, kept.read_text().splitlines())}
    for seed in many:
        if seed in done:
            continue
        done[seed] = {
            name: [[*map(float, row)] for row in rows] for name, rows in one(seed, short).items()
        }
        played += 1
        if kept:
            with kept.open("a") as file:
                file.write(json.dumps({"seed": seed, "told": done[seed]}) + "\n")
    for name in POLICIES:
        print(f"{name}, {EXAMS * ASK} control exams: " + _said([done[seed][name] for seed in many]))
    if played:
        print(f"{(time.process_time() - start) / played:.1f} CPU s a world")


def _said(worlds: list[list[list[float]]]) -> str:
    """Return what the first draws of the worlds say, and what all draws do, in words."""
    truth, share, low, high, exams, targeted = np.array([draws[0] for draws in worlds]).T
    covered, width = (low <= truth) & (truth <= high), 50 * (high - low)
    every = np.array(worlds)  # world, draw, figure
    hit = (every[:, :, 2] <= every[:, :, 0]) & (every[:, :, 0] <= every[:, :, 3])
    wide = 50 * (every[:, :, 3] - every[:, :, 2])
    return (
        f"first draws of {len(worlds)} worlds cover {covered.mean():.3f} {_spread(covered)} "
        f"(too high {np.mean(truth < low):.3f}, too low {np.mean(truth > high):.3f}), half-width "
        f"{width.mean():.4f} points {_spread(width)} (most {width.max():.2f}); truth "
        f"{100 * truth.mean():.2f} %, estimate {100 * share.mean():.2f} % (mean error "
        f"{100 * np.mean(np.abs(share - truth)):.2f} points), {exams.mean():.1f} exams, find rate of the "
        f"targeted {100 * targeted.mean():.1f} %; all {hit.size} draws cover {hit.mean():.3f} "
        f"{_spread(hit.mean(axis=1))} (too high {np.mean(every[:, :, 0] < every[:, :, 2]):.3f}, too low "
        f"{np.mean(every[:, :, 0] > every[:, :, 3]):.3f}), half-width {wide.mean():.4f} points "
        f"{_spread(wide.mean(axis=1))}"
    )


def _spread(values: np.ndarray) -> str:
    """Return the 95 % interval of the mean over worlds (bootstrap, percentile)."""
    drawn_again = np.random.default_rng(1).choice(values.astype(float), (10_000, len(values)))
    low, high = np.percentile(drawn_again.mean(axis=1), [2.5, 97.5])
    return f"({low:.3f}-{high:.3f})"


TUNING = 1_000
"""The first seed of the worlds in which forms of the interval and settings are compared."""


def compare_forms(worlds: int, draws: int = 10) -> None:
    """Print how often each form of the interval covers the truth, by policy and number of exams."""
    told: dict[tuple[str, int, str], list[tuple[float, float, float]]] = {}
    for seed in range(TUNING, TUNING + worlds):
        asked, _bare = weeks(seed)
        for name, policy in POLICIES.items():
            for exams in (EXAMS, EXAMS // 2, EXAMS // 4):
                drawn_weeks = [
                    samples(f"{seed} {at}", rest, found, policy, exams, draws)
                    for at, (rest, found) in enumerate(asked)
                ]
                for parts in zip(*drawn_weeks, strict=True):
                    pool = pl.concat(parts)
                    truth = pool["found"].mean()
                    for form, (low, high) in intervals(_seen(pool)).items():
                        told.setdefault((name, exams, form), []).append((truth, low, high))
    for (name, exams, form), rows in told.items():
        truth, low, high = np.array(rows).T
        print(
            f"{name}, {exams * ASK} exams, {form}: covers {np.mean((low <= truth) & (truth <= high)):.3f} "
            f"(too high {np.mean(truth < low):.3f}, too low {np.mean(truth > high):.3f}), "
            f"half-width {100 * np.mean(high - low) / 2:.3f} points"
        )


def compare_settings(worlds: int) -> None:
    """Print by how much settings widen the estimate against one random sample of all exams.

    Chances alone say it: the variance of the estimate is the sum of (1 / chance - 1) over all finds of
    the pool, over the square of its size (Horvitz and Thompson 1952, for independent draws).
    """
    settings = {"random half alone": POLICIES["random half alone"]}
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        settings[f"least_share {share}"] = msgspec.structs.replace(_OURS, least_share=share)
    for looks in (0.0, 0.5, 1.0, 2.0, 4.0):
        settings[f"looks {looks:g}"] = msgspec.structs.replace(_OURS, looks=looks)
    spread: dict[str, list[float]] = {name: [] for name in settings}
    for seed in range(TUNING, TUNING + worlds):
        asked, _bare = weeks(seed)
        for name, policy in settings.items():
            pool = pl.concat(samples("", rest, found, policy, EXAMS, 1)[0] for rest, found in asked)
            left = pool.filter("found").select((1 / pl.col("chance") - 1).sum()).item()
            spread[name].append(left**0.5 / pool.height)
    usual = np.mean(spread["random half alone"])
    for name, found in spread.items():
        print(
            f"{name}: standard error {100 * np.mean(found):.3f} points, x {np.mean(found) / usual:.3f}"
        )
