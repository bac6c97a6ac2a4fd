"""What is missed: how many finds there would have been in what was not chosen.

What nobody opened is unknown, never clean. The control sample was drawn from it with recorded
chances, so each find in the sample stands for as many others as its chance says (Horvitz and
Thompson 1952). Here the sum is taken within each stratum of score, scaled to the stratum's known
number (Hájek 1971), and the strata are added.

The interval is Jeffreys's at the effective size of the sample, the way that Korn and Graubard
(1998) make a survey's interval from an exact one: the size of a plain random sample that would
tell as much. The variance it comes from is smoothed in each stratum by half a find and half an
exam without one, so that a stratum in which nothing was found does not pass for certain. Of four
forms this one covered best (benchmarks/selection.py, docs/measurement.md).
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import polars as pl

from esclusa.analysis.intervals import beta_quantile

POOL: Final = {
    "stratum": pl.Int64, "chance": pl.Float64, "drawn": pl.Boolean, "found": pl.Boolean
}  # fmt: skip
"""The columns of a pool: one row for each candidate that was not chosen for cause."""
_SMOOTH: Final = 0.5


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """What is estimated of the pool that was not chosen for cause.

    ``share`` is the estimated share in which an exam would find something, ``low`` and ``high``
    its 95 % interval; None where nothing of it was examined. ``total`` is the estimated number
    of such finds in the pool, those that the control sample made included. ``unanswered`` counts
    what was drawn and has no result: the estimate takes it to be like the rest of its stratum.
    ``unseen`` is the part of the pool in strata of which nothing was examined: nothing is said of
    it, and ``share`` speaks for the others only.
    """

    pool: int
    examined: int
    found: int
    unanswered: int
    unseen: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    total: float | None = None
    effective: float | None = None


def missed(pool: pl.DataFrame) -> Missed:
    """Estimate what is missed in the pool.

    :param pool: columns as in :data:`POOL`. ``chance`` is the recorded chance of the control sample
        (0 to 1), ``found`` null where there is no conclusive exam.
    :raises ValueError: when something was examined with a chance of zero.
    """
    told = pool.select(pl.col(name).cast(kind) for name, kind in POOL.items())
    seen = told.filter(pl.col("drawn") & pl.col("found").is_not_null())
    if seen.filter(pl.col("chance").is_null() | (pl.col("chance") <= 0)).height:
        raise ValueError("what was drawn needs a chance above zero")
    counts = Missed(
        pool=told.height,
        examined=seen.height,
        found=int(seen["found"].sum()),
        unanswered=int(told["drawn"].sum()) - seen.height,
        unseen=told.join(seen, on="stratum", how="anti").height,
    )
    strata = _strata(told, seen)
    if not strata:
        return counts
    whole = sum(one.held for one in strata)
    share = math.fsum(one.held * one.share for one in strata) / whole
    low, high, effective = _interval(strata, whole, share)
    return msgspec.structs.replace(
        counts, share=share, low=low, high=high, total=share * whole, effective=effective
    )


class _Stratum(msgspec.Struct, frozen=True):
    held: int
    examined: int
    share: float
    effective: float

    @property
    def smoothed(self) -> float:
        return (self.share * self.effective + _SMOOTH) / (self.effective + 2 * _SMOOTH)

    @property
    def variance(self) -> float:
        """Of the estimated share; none of it is left where all was examined."""
        rest = 1 - self.examined / self.held
        return self.smoothed * (1 - self.smoothed) / self.effective * rest


def _strata(told: pl.DataFrame, seen: pl.DataFrame) -> list[_Stratum]:
    weight = 1 / pl.col("chance")
    sums = seen.group_by("stratum").agg(
        pl.len().alias("examined"),
        ((weight * pl.col("found")).sum() / weight.sum()).alias("share"),
        (weight.sum().pow(2) / weight.pow(2).sum()).alias("effective"),
    )
    held = told.group_by("stratum").agg(pl.len().alias("held"))
    rows = held.join(sums, on="stratum").sort("stratum").iter_rows(named=True)
    return [_Stratum(r["held"], r["examined"], r["share"], r["effective"]) for r in rows]


def _interval(strata: list[_Stratum], whole: int, share: float) -> tuple[float, float, float]:
    variance = math.fsum((one.held / whole) ** 2 * one.variance for one in strata)
    middle = math.fsum(one.held / whole * one.smoothed for one in strata)
    if variance <= 0:  # All of it was examined: nothing is left to estimate.
        return share, share, float(whole)
    effective = middle * (1 - middle) / variance
    found = share * effective
    none = effective - found
    low = beta_quantile(0.025, found + 0.5, none + 0.5) if found > 0 else 0.0
    high = beta_quantile(0.975, found + 0.5, none + 0.5) if none > 0 else 1.0
    return low, high, effective
