"""Forms of the miss rate's interval compared, on worlds that the reported coverage does not use.

    python benchmarks/selection.py --forms 48

Each form gets the same control samples: for each week stratum of score, chance, drawn or not, found or
not. The criterion was written before the figures of docs/measurement.md were made: of the forms that cover the truth in 93 to 97 %
of the draws at 400 exams under the shipped policy, and in at least 93 % at 200 and 100 exams and under
each other policy shown, the one with the shortest mean half-width under the shipped policy.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
from scipy.special import betaincinv
from scipy.stats import gamma

from esclusa.analysis.intervals import wilson
from esclusa.analysis.measurement.missed import missed

Interval = tuple[float, float]
_Z = 1.959963984540054


class Sample:
    """A control sample in numbers: per stratum of score, and one find with its weight after another."""

    def __init__(self, pool: pl.DataFrame) -> None:
        seen = pool.filter(pl.col("drawn") & pl.col("found").is_not_null())
        held = pool.group_by("stratum").agg(pl.len().alias("held"))
        weight = 1 / pl.col("chance")
        rows = seen.join(held, on="stratum").with_columns(weight.alias("w"))
        told = rows.group_by("stratum").agg(
            pl.col("held").first(), pl.len().alias("n"), pl.col("w").sum().alias("sum"),
            (pl.col("w") ** 2).sum().alias("squares"), (pl.col("w") * pl.col("found")).sum().alias("finds"),
        ).sort("stratum")  # fmt: skip
        self.held, self.n, total, squares, finds = (
            told[name].to_numpy().astype(float) for name in ("held", "n", "sum", "squares", "finds")
        )
        self.part = self.held / self.held.sum()
        self.rate = finds / total
        self.effective = total**2 / squares
        self.left = np.maximum(0.0, squares - total) / squares
        """What finite pools leave of the variance (Horvitz and Thompson 1952, Poisson form)."""
        self.share = float((self.part * self.rate).sum())
        scale = dict(zip(told["stratum"], self.held / total, strict=True))
        own = rows["w"].to_numpy() * rows["stratum"].replace_strict(scale).to_numpy()
        self.weights, self.found = own, rows["found"].to_numpy().astype(float)

    def size(self, smoothed: np.ndarray, left: np.ndarray | None = None) -> float:
        """Return the effective size of the whole sample where strata have these rates."""
        rest = self.left if left is None else left
        spread = (self.part**2 * smoothed * (1 - smoothed) / self.effective * rest).sum()
        middle = float((self.part * smoothed).sum())
        return middle * (1 - middle) / spread

    def half_each(self) -> np.ndarray:
        return (self.rate * self.effective + 0.5) / (self.effective + 1)

    def common(self, finds: float) -> np.ndarray:
        """Draw rates of strata towards the common one, as if it came of so many finds."""
        many = self.effective.sum()
        usual = (self.share * many + 0.5) / (many + 1)
        own = finds / usual / len(self.n)
        return (self.rate * self.effective + own * usual) / (self.effective + own)


def _jeffreys(share: float, size: float) -> Interval:
    found = share * size
    low = float(betaincinv(found + 0.5, size - found + 0.5, 0.025)) if found else 0.0
    return low, float(betaincinv(found + 0.5, size - found + 0.5, 0.975))


def _exact(share: float, size: float) -> Interval:
    found = share * size
    low = float(betaincinv(found, size - found + 1, 0.025)) if found else 0.0
    return low, float(betaincinv(found + 1, size - found, 0.975))


def _agresti_coull(share: float, size: float) -> Interval:
    many = size + _Z**2
    middle = (share * size + _Z**2 / 2) / many
    half = _Z * math.sqrt(middle * (1 - middle) / many)
    return max(0.0, middle - half), middle + half


def _stratified_wilson(one: Sample) -> Interval:
    """Yan and Su (2010), with the strata's shares of the pool as weights."""
    size = one.effective / np.maximum(one.left, 1e-9)
    spread = one.rate * (1 - one.rate) / size
    if not spread.sum():
        return wilson(0.0, one.size(one.half_each()))
    z = _Z * math.sqrt((one.part**2 * spread).sum()) / (one.part * np.sqrt(spread)).sum()
    middle = (one.rate + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * np.sqrt(spread + z * z / (4 * size * size))
    low, high = (float((one.part * bound).sum()) for bound in (middle - half, middle + half))
    return max(0.0, low), high


def _gamma_mid_p(one: Sample) -> Interval:
    """Fay and Kim (2017): mid-P gamma interval of a weighted sum of rare finds, with the mean weight."""
    whole = one.held.sum()
    share, extra = one.share, one.weights.mean() / whole
    spread = float(((one.weights**2 - one.weights) * one.found).sum()) / whole**2
    upper = (share + extra, spread + extra**2)

    def below(at: float) -> float:
        high = gamma.cdf(at, upper[0] ** 2 / upper[1], scale=upper[1] / upper[0])
        low = gamma.cdf(at, share**2 / spread, scale=spread / share) if spread > 0 else 1.0
        return float(high + low) / 2

    return _where(below, 0.025), _where(below, 0.975)


def _where(below: Callable[[float], float], wanted: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < wanted else (low, middle)
    return (low + high) / 2


FORMS: dict[str, Callable[[Sample], Interval]] = {
    "Jeffreys, half a find in each stratum, exact finite pool": lambda s: _jeffreys(s.share, s.size(s.half_each())),
    "Jeffreys, rates drawn to the common one (1 find)": lambda s: _jeffreys(s.share, s.size(s.common(1.0))),
    "Jeffreys, rates drawn to the common one (2 finds)": lambda s: _jeffreys(s.share, s.size(s.common(2.0))),
    "Wilson": lambda s: wilson(s.share * (n := s.size(s.half_each())), n),
    "Agresti and Coull": lambda s: _agresti_coull(s.share, s.size(s.half_each())),
    "exact (Korn and Graubard)": lambda s: _exact(s.share, s.size(s.half_each())),
    "stratified Wilson (Yan and Su)": _stratified_wilson,
    "mid-P gamma (Fay and Kim)": _gamma_mid_p,
}  # fmt: skip


def intervals(pool: pl.DataFrame) -> dict[str, Interval]:
    """Return the interval of each form for one pool, the shipped one first."""
    told, sample = missed(pool), Sample(pool)
    if told.low is None or told.high is None:
        raise ValueError("nothing of the pool was examined")
    return {"shipped": (told.low, told.high)} | {name: form(sample) for name, form in FORMS.items()}
