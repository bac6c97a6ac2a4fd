"""A desk in the planted world: features as of the moment, and a model fitted on known outcomes alone.

Every policy of ``selection.py`` works with this desk, so they differ in what they open only.
"""

from __future__ import annotations

import datetime as dt

import lightgbm
import numpy as np
import polars as pl

from esclusa.analysis.world import Week

PAPERS = (
    "price_gap", "pack_gap", "mass_gap", "stow_gap", "lead", "no_stuffing", "no_notify", "rounded",
    "freight", "freight_gap", "seals", "moved", "bills", "text_fits", "value",
)  # fmt: skip
"""What a bill says of itself, against what was usual for its goods and lane in earlier weeks."""
KEYS = {
    "importer": ("importer",), "shipper": ("shipper",), "lane": ("lane",), "agent": ("agent",),
    "hs": ("hs",), "notify": ("notify",), "cell": ("importer", "lane"),
    "goods": ("shipper", "hs"), "fresh_lane": ("lane", "fresh"),
}  # fmt: skip
"""Whose past counts: bills seen, weeks since the first, exams known, and their find rate."""
COLUMNS = [
    *PAPERS,
    *(f"{key}_{what}" for key in KEYS for what in ("seen", "age", "opened", "rate")),
]
FRESH_WEEKS = 8
TRAIL_WEEKS = 8
_OPTIONS = {
    "objective": "binary", "num_leaves": 7, "learning_rate": 0.06, "min_data_in_leaf": 10,
    "lambda_l2": 5.0, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1,
    "verbosity": -1, "num_threads": 1, "deterministic": True,
}  # fmt: skip


class Desk:
    """What a service knows week by week."""

    def __init__(self, start: dt.date, seed: int) -> None:
        self.start = start
        self.seed = seed
        self.bills: list[pl.DataFrame] = []
        self.known: list[pl.DataFrame] = []

    def day(self, week: int) -> dt.date:
        """Return the first day of a week: what is known later is not known in it."""
        return self.start + dt.timedelta(days=7 * week)

    def take(self, week: Week, fit: bool = True) -> pl.DataFrame:
        """Keep a week's bills; return them with all features and ``p``, by bill.

        Without ``fit`` every chance is the base rate.
        """
        now = _papers(week)
        every = pl.concat([*(past.drop("fresh") for past in self.bills), now])
        first = every.group_by("importer").agg(pl.col("week").min().alias("first"))
        fresh = (pl.col("week") - pl.col("first") < FRESH_WEEKS).alias("fresh")
        now = now.join(first, on="importer").with_columns(fresh).drop("first").sort("bill")
        before = pl.concat(self.bills) if self.bills else now.head(0)
        self.bills.append(now)
        seen = self._pasts(_gaps(now, before), before, week.number)
        chance = self._chance(seen, week.number) if fit else np.full(len(seen), 0.03)
        return seen.with_columns(pl.Series("p", chance))

    def learn(self, seen: pl.DataFrame, outcomes: pl.DataFrame) -> None:
        """Keep the outcomes of a week with the features as they were."""
        self.known.append(seen.join(outcomes.select("bill", "known", "found"), on="bill"))

    def past(
        self, seen: pl.DataFrame, keys: tuple[str, ...], lately: int, week: int
    ) -> pl.DataFrame:
        """Return each bill's cell by ``keys``: its bills lately and ever, its exams and finds."""
        bills = pl.concat(self.bills)
        ever = bills.group_by(keys).agg(
            (pl.col("week") > week - lately).sum().alias("lately"), pl.len().alias("ever")
        )
        exams = self._exams(week, keys)
        told = (
            seen.select("bill", *keys)
            .join(ever, on=keys, how="left")
            .join(exams, on=keys, how="left")
        )
        return told.select(
            "bill", pl.col("lately", "ever", "opened", "finds").fill_null(0).cast(pl.Int64)
        )

    def lately(
        self, seen: pl.DataFrame, keys: tuple[str, ...], late: int, week: int
    ) -> pl.DataFrame:
        """Return for each bill how many of its cell came in as many weeks as ``late`` before these
        (from when not all seemed new), and its exams that became known in the last weeks."""
        told = seen.select("bill", *keys)
        bills = pl.concat(self.bills).filter(
            (pl.col("week") >= FRESH_WEEKS) & (pl.col("week") <= week - late)
        )
        weeks = week - late + 1 - FRESH_WEEKS
        if weeks < 1:
            told = told.with_columns(pl.lit(None, pl.Float64).alias("usual"))
        else:
            usual = bills.group_by(keys).agg((pl.len() * late / weeks).round(9).alias("usual"))
            told = told.join(usual, on=keys, how="left").with_columns(
                pl.col("usual").fill_null(0.0)
            )
        if not self.known:
            return told.select("bill", "usual", pl.lit(0).alias("looked"))
        known = pl.concat(self.known).filter(
            (pl.col("known") < self.day(week)) & (pl.col("week") >= week - TRAIL_WEEKS)
        )
        looked = known.group_by(keys).agg(pl.len().cast(pl.Int64).alias("looked"))
        return told.join(looked, on=keys, how="left").select(
            "bill", "usual", pl.col("looked").fill_null(0)
        )

    def born(self, seen: pl.DataFrame, late: int, week: int) -> pl.DataFrame:
        """Return, for each bill whose importer's first came in the last ``late`` weeks, how many
        importers were first seen on its lane in these weeks, ever, and usually in as long a time
        before; and the exams of such bills, those that found, and those known in the last weeks."""
        every = pl.concat(self.bills)
        first = every.group_by("importer").agg(pl.col("week").min().alias("first"))
        births = (
            every.join(first, on="importer")
            .filter(pl.col("week") == pl.col("first"))
            .select("importer", "lane", "week")
            .unique()
        )
        weeks = week - late + 1 - FRESH_WEEKS
        before = pl.col("week").is_between(FRESH_WEEKS, week - late)
        usual = (before.sum() * late / weeks).round(9) if weeks > 0 else pl.lit(None, pl.Float64)
        counts = births.group_by("lane").agg(
            (pl.col("week") > week - late).sum().cast(pl.Int64).alias("lately"),
            pl.len().cast(pl.Int64).alias("ever"),
            usual.alias("usual"),
        )
        told = seen.select("bill", "importer", "lane").join(first, on="importer")
        told = told.filter(pl.col("first") > week - late).join(counts, on="lane", how="left")
        told = told.with_columns(pl.col("lately", "ever").fill_null(0))
        if weeks > 0:
            told = told.with_columns(pl.col("usual").fill_null(0.0))
        exams = pl.lit(0, pl.Int64)
        if not self.known:
            return told.select(
                "bill", "lately", "ever", "usual", exams.alias("opened"), exams.alias("finds"),
                exams.alias("looked"),
            )  # fmt: skip
        known = pl.concat(self.known).filter(pl.col("known") < self.day(week))
        known = known.join(first, on="importer").filter(pl.col("week") - pl.col("first") < late)
        looked = known.group_by("lane").agg(
            pl.len().cast(pl.Int64).alias("opened"),
            pl.col("found").sum().cast(pl.Int64).alias("finds"),
            (pl.col("week") >= week - TRAIL_WEEKS).sum().cast(pl.Int64).alias("looked"),
        )
        return told.join(looked, on="lane", how="left").select(
            "bill", "lately", "ever", "usual", pl.col("opened", "finds", "looked").fill_null(0)
        )

    def trail(self, seen: pl.DataFrame, keys: tuple[str, ...], week: int) -> pl.DataFrame:
        """Return for each bill what exams of its cell found in the last ``TRAIL_WEEKS``, and what
        the scores of these exams had promised when they were chosen."""
        told = seen.select("bill", *keys)
        if not self.known:
            return told.select("bill", pl.lit(0).alias("found"), pl.lit(0.0).alias("promised"))
        known = pl.concat(self.known).filter(
            (pl.col("known") < self.day(week)) & (pl.col("week") >= week - TRAIL_WEEKS)
        )
        sums = known.group_by(keys).agg(
            pl.col("found").sum().cast(pl.Int64), pl.col("p").sum().alias("promised")
        )
        return told.join(sums, on=keys, how="left").select(
            "bill", pl.col("found").fill_null(0), pl.col("promised").fill_null(0.0).round(9)
        )

    def _exams(self, week: int, keys: tuple[str, ...]) -> pl.DataFrame:
        if not self.known:
            kinds = dict.fromkeys(keys, pl.String) | {"fresh": pl.Boolean}
            return pl.DataFrame(
                schema={k: kinds[k] for k in keys} | {"opened": pl.Int64, "finds": pl.Int64}
            )
        known = pl.concat(self.known).filter(pl.col("known") < self.day(week))
        return known.group_by(keys).agg(
            pl.len().cast(pl.Int64).alias("opened"),
            pl.col("found").sum().cast(pl.Int64).alias("finds"),
        )

    def _pasts(self, seen: pl.DataFrame, before: pl.DataFrame, week: int) -> pl.DataFrame:
        for name, keys in KEYS.items():
            past = before.group_by(keys).agg(pl.len().alias("n"), pl.col("week").min().alias("w"))
            seen = seen.join(past, on=keys, how="left", maintain_order="left")
            seen = seen.join(self._exams(week, keys), on=keys, how="left", maintain_order="left")
            opened, finds = pl.col("opened").fill_null(0), pl.col("finds").fill_null(0)
            seen = seen.with_columns(
                pl.col("n").fill_null(0).cast(pl.Float64).alias(f"{name}_seen"),
                (week - pl.col("w")).fill_null(0).cast(pl.Float64).alias(f"{name}_age"),
                opened.cast(pl.Float64).alias(f"{name}_opened"),
                ((finds + 0.15) / (opened + 3)).log().alias(f"{name}_rate"),
            ).drop("n", "w", "opened", "finds")
        return seen

    def _chance(self, seen: pl.DataFrame, week: int) -> np.ndarray:
        """Return each bill's chance; the base rate before there are finds to learn from."""
        none = np.full(len(seen), 0.03)
        if not self.known:
            return none
        known = pl.concat(self.known).filter(pl.col("known") < self.day(week))
        if known["found"].sum() < 5:
            return none
        data = lightgbm.Dataset(_numbers(known), known["found"].to_numpy().astype(int))
        model = lightgbm.train(_OPTIONS | {"seed": self.seed}, data, num_boost_round=120)
        return np.asarray(model.predict(_numbers(seen)))


def _numbers(seen: pl.DataFrame) -> np.ndarray:
    return seen.select(pl.col(COLUMNS).cast(pl.Float64)).to_numpy()


def _papers(week: Week) -> pl.DataFrame:
    """Return bills with what papers, scale and seals say until the ship is at the canal."""
    canal = week.boxes.select("box", "at_canal")
    moves = week.moves.join(canal, on="box").filter(pl.col("at") <= pl.col("at_canal"))
    told = moves.group_by("box").agg(
        pl.col("seal").drop_nulls().n_unique().alias("seals"), pl.len().alias("moved")
    )
    boxes = week.boxes.select(
        "box", "verified_mass_kg", "declared_mass_kg", "stow_mass_kg", "bills"
    )
    bills = week.bills.join(boxes, on="box").join(told, on="box", how="left")
    return bills.select(
        "week", "bill", "box", "importer", "shipper", "agent", "hs", "notify", "goods_text",
        "canal_port", "value_usd", "freight_usd", "seals", "moved", "bills",
        pl.concat_str("load_port", pl.lit(">"), "discharge_port").alias("lane"),
        (pl.col("value_usd") / pl.col("gross_mass_kg")).alias("price"),
        (pl.col("gross_mass_kg") / pl.col("packages")).alias("pack"),
        (pl.col("verified_mass_kg") - pl.col("declared_mass_kg")).alias("mass_gap"),
        (pl.col("stow_mass_kg") / pl.col("verified_mass_kg") - 1).abs().alias("stow_gap"),
        ((pl.col("departs") - pl.col("filed")).dt.total_minutes() / 60).alias("lead"),
        pl.col("stuffing_place").is_null().alias("no_stuffing"),
        pl.col("notify").is_null().alias("no_notify"),
        (pl.col("value_usd") % 1000 == 0).alias("rounded"),
        pl.col("freight_usd").log().alias("freight"),
        pl.col("value_usd").log().alias("value"),
    ).sort("bill")  # fmt: skip


def _gaps(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Set bills against what was usual in the weeks before."""
    goods = before.group_by("hs").agg(
        pl.col("price").median().alias("price_was"), pl.col("pack").median().alias("pack_was")
    )
    lanes = before.group_by("lane").agg(pl.col("freight_usd").median().alias("freight_was"))
    texts = before.group_by("goods_text").agg(pl.col("hs").mode().sort().first().alias("hs_was"))
    seen = now.join(goods, on="hs", how="left").join(lanes, on="lane", how="left")
    return (
        seen.join(texts, on="goods_text", how="left")
        .with_columns(
            (pl.col("price") / pl.col("price_was")).log().alias("price_gap"),
            (pl.col("pack") / pl.col("pack_was")).log().alias("pack_gap"),
            (pl.col("freight_usd") / pl.col("freight_was")).log().alias("freight_gap"),
            (pl.col("hs") == pl.col("hs_was")).alias("text_fits"),
        )
        .sort("bill")
    )
