"""Measure selection in the planted world: is a new thin scheme found, and is what is missed told?

    python benchmarks/selection.py                            # small: 2 seeds, 18 weeks
    python benchmarks/selection.py --seeds 0-9 --weeks 40     # the figures of docs/selection.md
    python benchmarks/selection.py --seeds 0-9 --weeks 40 --world benchmarks/selection_quiet.toml
    python benchmarks/selection.py --seeds 0-9 --weeks 40 --world benchmarks/selection_thin.toml
    python benchmarks/selection.py --seeds 0-9 --weeks 40 --thin 3/1/20 --policies exploit wide1
    python benchmarks/selection.py --missed 200               # coverage of the miss rate's interval
    python benchmarks/selection.py --forms 48                 # forms and settings compared, on other worlds

5 % of each week's boxes are opened, as each policy says; the model is fitted anew each week on what
was known by then. The policies: ``exploit`` opens the highest chances; ``plain`` gives 10 % of the
slots to plain random control; ``drawn`` half of these at random, half for cells that are seldom
opened; ``curious`` adds the bonus for what nothing is known of; ``followed`` follows finds and has no
control sample; ``directed`` is the shipped policy, which follows finds and has one; ``wide1`` to ``wide10``
give it so many per cent for control. ``third`` is policy 1.3; ``share3`` and ``share5`` give that so
many per cent for control, and cells all of their half. ``older`` is policy 1.2,
``half`` gives that 5 % instead of 10 %, and ``drawn``, ``curious`` and ``followed`` have its cells;
``before`` gives all of the second half to cells, as policy 1.1 did; ``random`` opens at random.
"Found" is the week of the first find of the new scheme, counted from its first week, and, harder,
the first week with three finds. Recall is of all frauds that an exam caught, of the weeks from the
new scheme's first on.

``--thin 6/2/40`` is the world of ``selection_quiet.toml`` with a new scheme of that size: bills a
week, lanes, honest bills a week beside them.

CPU seconds are those of this process; OMP_NUM_THREADS=1 and POLARS_MAX_THREADS=1 for one core.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parent))

import selection_desk
from esclusa.analysis.selection import (
    Candidate,
    Past,
    Place,
    Policy,
    Trail,
    default_policy,
    read_policy,
    select,
)
from esclusa.analysis.selection import sheet as sheets
from esclusa.analysis.world import World, read_parameters
from selection_missed import (
    OLDER,
    THIRD,
    born_on_lane,
    compare_forms,
    compare_settings,
    coverage,
)

SHARE = 0.05
FIRST = 14
LATELY = 4
CELLS = {"importer": ("importer",), "lane": ("lane",), "fresh_lane": ("lane", "fresh")}
TRAILS = {"fresh_lane": ("lane", "fresh"), "goods_on_lane": ("lane", "hs", "fresh")}


def policies() -> dict[str, Policy | None]:
    """Return policies by name; finds count alike in all, and None opens at random."""
    ours = msgspec.structs.replace(default_policy(), formula="chance", value_weight=0.0)
    older = read_policy(f'version = "1.2"\nformula = "chance"\nvalue_weight = 0.0\n{OLDER}')
    before = msgspec.structs.replace(older, least_share=0.0)
    drawn = msgspec.structs.replace(before, follow=(), curiosity=0.0)
    plain = msgspec.structs.replace(drawn, random_share=1.0, cells=())
    none = msgspec.structs.replace(plain, control_share=0.0)
    curious = msgspec.structs.replace(drawn, curiosity=0.01)
    followed = msgspec.structs.replace(none, follow=older.follow)
    half = msgspec.structs.replace(older, control_share=0.05)
    third = read_policy(f'version = "1.3"\nformula = "chance"\nvalue_weight = 0.0\n{THIRD}')
    shares = {
        f"share{part}": msgspec.structs.replace(third, control_share=part / 100, looks=4.0)
        for part in (3, 5)
    }
    wide = {
        f"wide{part}": msgspec.structs.replace(ours, control_share=part / 100)
        for part in (1, 2, 3, 5, 10)
    }
    return {
        "exploit": none, "plain": plain, "drawn": drawn, "curious": curious, "followed": followed,
        "half": half, "before": before, "older": older, "directed": ours, "random": None, "third": third,
        **shares, **wide,
    }  # fmt: skip


def thin(asked: str) -> str:
    """Return the quiet world's parameters with a new scheme of another size: ``6/2/40`` is 6 bills a
    week, by as many actors, over 2 lanes among 40 honest bills."""
    per_week, lanes, beside = (int(part) for part in asked.split("/"))
    sizes = {"per_week": per_week, "actors": per_week, "lanes": lanes, "beside": beside}
    text = Path(__file__).with_name("selection_quiet.toml").read_text("utf-8")
    for name, size in sizes.items():
        text = re.sub(rf"(?m)^{name} = \d+$", f"{name} = {size}", text)
    return re.sub(r'(?m)^(title_\w+) = ".*"$', rf'\1 = "{asked}"', text)


def candidates(
    desk: selection_desk.Desk, seen: pl.DataFrame, week: int, policy: Policy
) -> list[Candidate]:
    """Return a week's boxes. A box's chance is that any bill of it is bad; its cells are those of
    the bill whose importer was seen least. A policy that asks for no cells is told of none."""
    if not policy.control_share and not policy.follow:
        scores = seen.group_by("box").agg((1 - (1 - pl.col("p")).product()).alias("score"))
        return [
            Candidate(subject=box, score=min(1.0, max(0.0, score)))
            for box, score in scores.iter_rows()
        ]
    pasts = {name: desk.past(seen, keys, LATELY, week) for name, keys in CELLS.items()}
    told = seen.select("bill", "box", "p", "importer", "lane", "fresh")
    for name, past in pasts.items():
        told = told.join(
            past.select(
                "bill", pl.struct("lately", "ever", "opened", "finds").alias(f"{name}_past")
            ),
            on="bill",
        )
    late = desk.lately(seen, CELLS["fresh_lane"], LATELY, week)
    told = told.join(late.select("bill", pl.struct("usual", "looked").alias("late")), on="bill")
    born = desk.born(seen, LATELY, week)
    told = told.join(
        born.select("bill", pl.struct(pl.exclude("bill")).alias("born")), on="bill", how="left"
    )
    for name, keys in TRAILS.items():
        trail = desk.trail(seen, keys, week)
        told = told.join(
            trail.select("bill", pl.struct("found", "promised").alias(f"{name}_trail")), on="bill"
        )
    told = told.sort(pl.col("importer_past").struct.field("ever"), "bill")
    boxes = told.group_by("box", maintain_order=True).agg(
        (1 - (1 - pl.col("p")).product()).alias("score"), pl.exclude("p").first()
    )
    return [_candidate(row) for row in boxes.iter_rows(named=True)]


def _candidate(row: dict) -> Candidate:
    cells = {}
    for name, keys in CELLS.items():
        past = row[f"{name}_past"]
        cells[name] = Past(
            "|".join(str(row[key]) for key in keys),
            past["lately"], past["ever"], past["opened"], past["finds"],
        )  # fmt: skip
    trails = {"fresh_lane": Trail(**row["fresh_lane_trail"])}
    if row["born"]:
        cells["born_on_lane"] = born_on_lane(row["lane"], row["born"])
    if row["fresh"]:
        trails["new_goods_on_lane"] = Trail(**row["goods_on_lane_trail"])
        past = msgspec.structs.replace(cells["fresh_lane"], cell=row["lane"], **row["late"])
        cells["new_on_lane"], trails["new_on_lane"] = past, trails["fresh_lane"]
    return Candidate(
        subject=row["box"], score=min(1.0, max(0.0, row["score"])), cells=cells, trails=trails
    )


def play(text: str, seed: int, weeks: int, name: str) -> dict[str, float]:
    """Play a world under a policy and return what came of it."""
    world, policy = World(read_parameters(text), seed), policies()[name]
    sheets.digest = lambda candidates: ""  # Half of the time, and no draw rests on it.
    desk = selection_desk.Desk(world.parameters.start, seed)
    chance = np.random.default_rng((seed, 11))
    opened = []
    for number in range(weeks):
        week = world.week()
        slots = round(SHARE * len(week.boxes))
        if policy is None:
            chosen = chance.permutation(week.boxes["box"].to_numpy())[:slots].tolist()
            lanes = ["random"] * slots
        else:
            seen = desk.take(week)
            key = hashlib.sha256(f"{name} {seed} {number}".encode()).digest()
            place = Place("canal", f"week {number}", slots)
            lines = select(key, place, candidates(desk, seen, number, policy), policy).chosen()
            chosen, lanes = [one.subject for one in lines], [one.lane for one in lines]
        outcomes = world.inspect(chosen)
        if policy is not None:
            desk.learn(seen, outcomes)
        opened.append(outcomes.join(pl.DataFrame({"box": chosen, "lane": lanes}), on="box"))
    return result(world.truth(), pl.concat(opened))


def result(truth: pl.DataFrame, opened: pl.DataFrame) -> dict[str, float]:
    """Return recall of new and old schemes, weeks until found, precision."""
    told = truth.join(opened.select("bill", "found"), on="bill", how="left")
    bad = told.filter(pl.col("fraud") & (pl.col("week") >= FIRST)).with_columns(
        pl.col("found").fill_null(False), (pl.col("scheme") == "new_thin").alias("new")
    )
    new, old = bad.filter(pl.col("new")), bad.filter(~pl.col("new"))
    weekly = new.filter(pl.col("found")).group_by("week").len()
    last = int(truth["week"].max()) + 1
    boxes = opened.group_by("box").agg(
        pl.col("found").any(), pl.col("lane").first(), pl.col("week").first()
    )
    hits = {
        f"hits_{lane}": share
        for lane, share in boxes.group_by("lane")
        .agg(pl.col("found").mean())
        .sort("lane")
        .iter_rows()
    }
    return {
        "new": new["found"].mean(), "old": old["found"].mean(),
        "first": (weekly["week"].min() if weekly.height else last) - FIRST,
        "three": (weekly.filter(pl.col("len") >= 3)["week"].min() or last) - FIRST,
        "precision": boxes.filter(pl.col("week") >= FIRST)["found"].mean(), **hits,
    }  # fmt: skip


def interval(values: list[float], draws: int = 10_000) -> str:
    """Return mean and 95 % interval of the mean over seeds (bootstrap, percentile)."""
    found = np.array(values)
    means = np.random.default_rng(1).choice(found, (draws, len(found))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{found.mean():.3f} ({low:.3f}-{high:.3f})"


def compare(text: str, seeds: list[int], weeks: int, names: list[str]) -> None:
    """Print each policy, and directed against exploitation, seed by seed in pairs."""
    results: dict[str, list[dict[str, float]]] = {}
    for name in names:
        start = time.process_time()
        results[name] = [play(text, seed, weeks, name) for seed in seeds]
        own = results[name]
        spent = (time.process_time() - start) / len(seeds)
        print(
            f"{name}: new scheme {interval([r['new'] for r in own])}, "
            f"old schemes {interval([r['old'] for r in own])}, precision {interval([r['precision'] for r in own])}, "
            f"first find after {[r['first'] for r in own]} weeks, three in a week after {[r['three'] for r in own]}; "
            + ", ".join(
                f"{key} {np.mean([r[key] for r in own if key in r]):.3f}"
                for key in sorted({k for r in own for k in r if k.startswith("hits")})
            )
            + f"; {spent:.1f} CPU s a seed",
            flush=True,
        )
    for name in [name for name in results if name not in {"exploit", "random"}]:
        if "exploit" not in results:
            break
        pairs = list(zip(results["exploit"], results[name], strict=True))
        new = np.array([[a["new"], b["new"]] for a, b in pairs])
        picks = np.random.default_rng(2).integers(0, len(new), (10_000, len(new)))
        base, ours = new[picks].sum(axis=1).T
        many = np.divide(ours, base, out=np.full(len(base), np.inf), where=base > 0)
        low, high = np.sort(many)[[249, 9_749]]  # Percentiles, also where some are without bound.
        whole = new[:, 1].sum() / new[:, 0].sum() if new[:, 0].any() else np.inf
        print(
            f"{name} against exploit: new scheme x {whole:.2f} "
            f"({low:.2f}-{high:.2f}); old schemes {interval([b['old'] - a['old'] for a, b in pairs])}; "
            f"first find within 2 weeks in {sum(b['first'] <= 2 for _, b in pairs)} of {len(pairs)} seeds, "
            f"three in a week within 2 in {sum(b['three'] <= 2 for _, b in pairs)}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0-1", help="from-to")
    parser.add_argument("--weeks", type=int, default=18)
    parser.add_argument("--world", type=Path, help="parameters of the world")
    parser.add_argument("--thin", metavar="A/B/C", help="the quiet world, a scheme of that size")
    parser.add_argument("--policies", nargs="*", default=["random", "exploit", "directed"])
    parser.add_argument(
        "--missed", type=int, metavar="WORLDS", help="the miss rate's interval instead"
    )
    parser.add_argument(
        "--kept", type=Path, help="with --missed: file to keep each world in, and to go on from"
    )
    parser.add_argument("--short", action="store_true", help="with --missed: ten weeks of learning")
    parser.add_argument(
        "--forms", type=int, metavar="WORLDS", help="forms of the interval and settings compared"
    )
    asked = parser.parse_args()
    first, last = (int(part) for part in asked.seeds.split("-"))
    if asked.forms:
        compare_settings(asked.forms)
        compare_forms(asked.forms)
        return
    if asked.missed:
        coverage(range(asked.missed), asked.short, asked.kept)
        return
    text = asked.world.read_text() if asked.world else f"weeks = {asked.weeks}"
    text = thin(asked.thin) if asked.thin else text
    compare(text, list(range(first, last + 1)), asked.weeks, asked.policies)
    if asked.weeks <= 18:
        coverage(range(1))


if __name__ == "__main__":
    main()
