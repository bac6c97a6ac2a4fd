"""From features and outcomes to rows that may be learned from: known outcomes only, weighted.

1. A row without a known result is left out. It is unknown, never "clean".
2. A result that was known only after the moment of fitting is left out too.
3. Each result stands for one over the recorded chance with which its consignment was selected
   (Horvitz and Thompson 1952). One without a recorded chance was chosen on purpose: it stands for
   itself alone. No weight is above :data:`LARGEST`; how many were cut is told.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.recipe import Examples

LARGEST: Final = 100.0
"""A chance of selection under 1 % counts as 1 %: otherwise one find could outweigh all others."""
RECORD: Final = "record"
AT: Final = "at"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Examples with the moment of each in microseconds, and what was counted on the way."""

    examples: Examples
    at: npt.NDArray[np.int64]
    unknown: int
    lanes: tuple[tuple[str, float], ...]
    without_probability: int
    capped: int


def known_examples(
    features: pl.DataFrame, outcomes: pl.DataFrame, until: dt.datetime | None = None
) -> Known:
    """Join features with outcomes.

    :param features: ``record``, ``at`` and one column a feature, one row a consignment.
    :param outcomes: ``subject``, ``found``, ``known``, ``lane``, ``probability``.
    :param until: the moment of fitting; None: every result counts.
    :return: rows in the order of time, then of record id.
    """
    told = outcomes.filter(pl.col("found").is_not_null())
    if until is not None:
        told = told.filter(pl.col("known") <= until)
    told = told.sort("known").unique("subject", keep="last").select(
        pl.col("subject").alias(RECORD), "found", "lane", "probability"
    )  # fmt: skip
    rows = features.join(told, on=RECORD, how="inner").sort(AT, RECORD)
    chance = rows["probability"].cast(pl.Float64)
    whole = (1.0 / chance.fill_null(1.0)).to_numpy()
    weight = np.minimum(whole, LARGEST)
    counts = rows.group_by("lane").len().sort("lane") if rows.height else None
    lanes = [] if counts is None else list(zip(counts["lane"], counts["len"], strict=True))
    return Known(
        examples=Examples(
            rows.drop("found", "lane", "probability"),
            rows["found"].cast(pl.Boolean).to_numpy().astype(np.bool_),
            weight,
        ),
        at=rows[AT].cast(pl.Datetime("us")).to_physical().to_numpy().astype(np.int64),
        unknown=features.height - rows.height,
        lanes=tuple((str(lane), count / rows.height) for lane, count in lanes),
        without_probability=chance.null_count(),
        capped=int((whole > LARGEST).sum()),
    )
