"""Measure the score: how well it ranks where nothing repeats, and how fast it explains itself.

    python benchmarks/scoring.py                                # speed, on made-up rows
    python benchmarks/scoring.py --declarations FOLDER          # ranking, on public declarations
    python benchmarks/scoring.py --declarations FOLDER --seeds 5 --draws 2000

``FOLDER`` holds the Korean declarations; ``declarations.py`` says where they come from. Needs the
extra ``learn``. Two splits are shown. The naive one is by time alone: most tested rows have a twin
in training, so it measures how well duplicates are found, and a look-up table wins. The strict one
leaves no twin in two parts. The recipe of our score was chosen on rows before 2021 without a twin
in the test part (five-fold); nothing was changed after the test part was seen. The splits by chance
that follow show the spread; the recipe was chosen on rows that are tested in them, so they are no
proof alone.
Differences are paired bootstraps on the same rows, intervals of 95 %.
Ends with 1 when the look-up table beats the score on the strict split.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import declarations as data

from esclusa.analysis.scoring import (
    PLAIN,
    Recipe,
    Scorer,
    Training,
    compare,
    explain,
    groups,
    naive_split,
    seeded_split,
    strict_split,
    top_terms,
)
from esclusa.analysis.scoring.challenger import Challenger
from esclusa.analysis.scoring.compare import estimates
from esclusa.analysis.scoring.fit import Held, fit, fit_sum
from esclusa.analysis.scoring.pieces import log_odds

OURS = Recipe(prefixes=data.LEVELS)
PLAIN_HERE = msgspec.structs.replace(PLAIN, prefixes=data.LEVELS)
BARE = Training(rows=0, known=0, finds=0, unknown=0, worth=0.0)
GOAL_ROWS = 300_000
SHOWN = ("auc", "average_precision", "precision_1", "precision_2", "precision_5", "precision_10")
DATE = (
    ("DATE, classification", 96.79, 92.66, 80.79, 38.77, 20.24),
    ("XGBoost", 93.38, 90.01, 66.16, 32.19, 17.58),
    ("XGBoost + logistic regression", 94.82, 90.95, 72.94, 35.02, 18.72),
    ("importer history", 59.20, 11.43, 9.41, 6.47, 5.22),
)
"""Kim et al., KDD 2020, table 3: AUC, precision at 1, 2, 5, 10 %; per cent."""
DATE_SAYS = """\
DATE (Kim et al., KDD 2020): leaves of boosted trees become vectors, attention over importer and
tariff code weighs them; one head for fraud, one for duty. Nigeria, 1.93 million declarations, tested
on 276,440 of 2017, 2.24 % illicit. The data are not public, so nothing here can be run against it.
What is known to be wrong: for undervalued imports the declared values in the data were those after
customs had corrected them (section 6 of the paper; their own check with values times 0.6 lowers duty
found at 5 % from 84 to 77). Twins between training and test are not looked for. Inspected
declarations alone have labels, and nothing corrects for how they were chosen. With 2.24 % illicit no
method passes 44.8 % at 5 % or 22.4 % at 10 %. On the Korean set its code, run by us earlier on one
seed, loses to the trees that it is built on: AUC .855 against .935 with twins, .578 against .582
without them in the test part."""


def rankers(held: Held, frame: pl.DataFrame, seed: int) -> dict[str, Callable[[], Any]]:
    """Return what is compared: name → a function that fits and scores the test part."""
    own, plain = data.features(data.OWN_COLUMNS, frame), data.features(data.PLAIN_COLUMNS, frame)

    def summed(features: Any, recipe: Recipe) -> Callable[[], Any]:
        seeded = msgspec.structs.replace(recipe, seed=seed)
        return lambda: log_odds(fit_sum(held.train, features, seeded), held.test.frame)

    return {
        "chance": lambda: np.random.default_rng(seed).random(held.test.rows),
        "look-up table, six fields": lambda: data.look_up(held, data.TWIN),
        "look-up table, tariff code": lambda: data.look_up(held, ("tariff",)),
        "plain EBM": summed(plain, PLAIN_HERE),
        "plain EBM, our columns": summed(own, PLAIN_HERE),
        "LightGBM (challenger)": lambda: Challenger(held, own, OURS).log_odds(held.test.frame),
        "our score": summed(own, OURS),
    }


def ranked_table(
    out: Console, title: str, held: Held, frame: pl.DataFrame, draws: int, seed: int
) -> dict[str, Any]:
    """Fit and print every ranker with intervals; return their scores."""
    table = Table(title=title)
    for name in ("", "AUC", "AP", "Pre@1", "Pre@2", "Pre@5", "Pre@10", "fit and score, CPU s"):
        table.add_column(name, justify="left" if not name else "right")
    scores = {}
    for name, rank in rankers(held, frame, seed).items():
        before = time.process_time()
        scores[name] = rank()
        spent = time.process_time() - before
        found = estimates(held.test.found, scores[name], np.ones(held.test.rows), draws=draws)
        told = {one.name: f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})" for one in found}
        table.add_row(name, *(told[one] for one in SHOWN), f"{spent:.1f}")
    out.print(table)
    return scores


def differences(out: Console, held: Held, scores: dict[str, Any], draws: int, against: str) -> None:
    """Print our score against another, paired."""
    told = compare(
        held.test.found, scores[against], scores["our score"], names=(against, "our score"),
        draws=draws,
    )  # fmt: skip
    parts = (
        f"{one.name} {one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
        for one in told.figures
    )
    out.print(f"our score less {against}: " + ", ".join(parts))


def on_declarations(out: Console, folder: Path, seeds: int, draws: int) -> bool:
    """Print both splits; tell whether the score beats the look-up tables on the strict one."""
    frame = data.read(folder)
    at, group = data.days(frame), groups(frame, data.TWIN)
    cuts = data.day(data.VALID_FROM), data.day(data.TEST_FROM)
    strict = strict_split(at, group, *cuts)
    out.print(
        f"{frame.height} declarations, {len(np.unique(group))} different; twin rate of the test"
        f" period: {strict.twins:.1%}. Strict split: {len(strict.train)} rows to learn from,"
        f" {len(strict.valid)} to choose on, {len(strict.test)} to test."
    )
    naive = data.held_of(frame, naive_split(at, *cuts))
    ranked_table(
        out, f"Naive split: duplicate retrieval, not understanding ({naive.test.rows} rows)",
        naive, frame, max(draws // 10, 20), 0,
    )  # fmt: skip
    held = data.held_of(frame, strict)
    scores = ranked_table(
        out, f"Strict split by time ({held.test.rows} rows)", held, frame, draws, 0
    )
    for name in scores:
        if name != "our score":
            differences(out, held, scores, draws, name)
    by_chance(out, frame, group, seeds, draws)
    published(out)
    auc = {
        name: estimates(held.test.found, score, np.ones(held.test.rows), draws=2)[0].value
        for name, score in scores.items()
    }
    return auc["our score"] > max(one for name, one in auc.items() if name.startswith("look-up"))


def by_chance(out: Console, frame: pl.DataFrame, group: Any, seeds: int, draws: int) -> None:
    """Print the spread over strict splits drawn by chance."""
    table = Table(title=f"Strict splits by chance, {seeds} seeds: our score less a plain EBM")
    for name in (
        "seed",
        "rows",
        "AUC plain",
        "AUC ours",
        "difference",
        "Pre@5 plain",
        "Pre@5 ours",
        "difference",
    ):
        table.add_column(name, justify="right")
    gaps = []
    for seed in range(1, seeds + 1):
        held = data.held_of(frame, seeded_split(group, seed))
        made = {
            name: rank() for name, rank in rankers(held, frame, seed).items()
            if name in ("plain EBM", "our score")
        }  # fmt: skip
        told = compare(
            held.test.found, made["plain EBM"], made["our score"], names=("plain", "ours"),
            draws=draws, seed=seed,
        )  # fmt: skip
        of = {one.name: one for one in told.figures}
        cells = []
        for name in ("auc", "precision_5"):
            one = of[name]
            cells += [
                f"{one.old:.3f}",
                f"{one.new:.3f}",
                f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})",
            ]
        gaps.append((of["auc"].difference, of["precision_5"].difference))
        table.add_row(str(seed), str(held.test.rows), *cells)
    out.print(table)
    if len(gaps) > 1:
        mean, spread = np.mean(gaps, axis=0), np.std(gaps, axis=0, ddof=1)
        out.print(
            f"mean ± standard deviation over seeds: AUC {mean[0]:+.3f} ± {spread[0]:.3f},"
            f" Pre@5 {mean[1]:+.3f} ± {spread[1]:.3f}"
        )


def published(out: Console) -> None:
    """Print DATE's published figures and what is known of them."""
    table = Table(title="Published, on other data that nobody else has (per cent)")
    for name in ("", "AUC", "Pre@1", "Pre@2", "Pre@5", "Pre@10"):
        table.add_column(name, justify="left" if not name else "right")
    for name, *figures in DATE:
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    out.print(table)
    out.print(DATE_SAYS)


def made_up(rows: int, seed: int) -> tuple[pl.DataFrame, Any]:
    """Return rows with 32 numbers and 2 texts, a tenth of the numbers missing, and their finds."""
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(rows, 32)).astype(np.float32)
    numbers[draw.random(numbers.shape) < 0.1] = np.nan
    codes = draw.integers(0, 5_000, rows)
    places = draw.integers(0, 200, rows)
    z = np.nan_to_num(numbers[:, :8]).sum(axis=1) * 0.3 + (codes % 7 == 0) - 3
    frame = pl.DataFrame({f"n{place}": numbers[:, place] for place in range(32)}).with_columns(
        code=pl.Series(codes).cast(pl.String).str.zfill(6), place=pl.Series(places).cast(pl.String)
    )
    return frame, draw.random(rows) < 1 / (1 + np.exp(-z))


def speed(out: Console, rows: int) -> None:
    """Print how many rows a second are scored and explained on one core, and one row's time."""
    frame, found = made_up(20_000, 1)
    parts = [
        data.Examples(frame[start : start + 6_000], found[start : start + 6_000], np.ones(6_000))
        for start in (0, 6_000, 12_000)
    ]
    held = Held(train=parts[0], valid=parts[1], test=parts[2])
    names = data.features(tuple(frame.columns), frame)
    recipe = msgspec.structs.replace(OURS, prefixes=(("code", (2, 4, 6)),), bags=2)
    model = fit(held, names, recipe, name="made up", fitted="", feature_version="", training=BARE)
    scorer = Scorer(model)
    many, _ = made_up(rows, 2)
    scorer.score(many.head(1_000))
    before = time.process_time()
    scored = scorer.score(many)
    middle = time.process_time()
    top_terms(scored.contributions)
    after = time.process_time()
    exact = (
        scored.contributions.sum(axis=0, dtype=np.int64) + model.intercept == scored.total
    ).all()
    out.print(
        f"{len(model.terms)} terms over {len(model.features)} features, {rows} rows, one thread:"
        f" scored with every contribution {rows / (middle - before):,.0f} rows a second,"
        f" with the five largest of each row {rows / (after - before):,.0f}"
        f" (goal {GOAL_ROWS:,}); sums exact: {bool(exact)}"
    )
    times = []
    for row in many.head(2_000).to_dicts():
        before = time.perf_counter()
        one = scorer.one(row)
        told = explain(model, row, one.contributions, one.probability)
        [(reason.sentence("en"), reason.sentence("es")) for reason in told.reasons]
        times.append((time.perf_counter() - before) * 1_000)
    half, most = np.percentile(times, [50, 99])
    out.print(
        f"one row with five reasons in two languages: median {half:.2f} ms, p99 {most:.2f} ms"
        " (wall clock)"
    )


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--declarations", type=Path, help="folder of the Korean declarations")
    parser.add_argument("--seeds", type=int, default=5, help="strict splits by chance")
    parser.add_argument("--draws", type=int, default=1_000, help="bootstrap samples")
    parser.add_argument("--rows", type=int, default=300_000, help="rows for the speed")
    chosen = parser.parse_args()
    out = Console(width=180)
    speed(out, chosen.rows)
    if chosen.declarations is None:
        out.print("ranking on public declarations: not run, give --declarations FOLDER")
        return 0
    won = on_declarations(out, chosen.declarations, chosen.seeds, chosen.draws)
    if not won:
        out.print("a look-up table beats the score on the strict split")
    return 0 if won else 1


if __name__ == "__main__":
    sys.exit(main())
