"""The public Korean import declarations as a benchmark: reading, groups of twins, features, splits.

The data are not shipped: `Seondong/Customs-Declaration-Datasets`, files ``df_syn_train_eng.csv`` and
``df_syn_valid_eng.csv`` (MIT, Institute for Basic Science and Korea Customs Service, 2022). They are
54,000 rows that a generative network made; the third file is not needed, because the parts are cut
anew here. Twins agree in six fields; 82 % of the last quarter has a twin before it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring import Examples, Feature, Split
from esclusa.analysis.scoring.fit import Held

FILES = ("df_syn_train_eng.csv", "df_syn_valid_eng.csv")
TWIN = ("tariff", "departure", "origin", "tax_type", "tax_rate", "net_mass")
"""Rows that agree in these are twins."""
VALID_FROM, TEST_FROM = dt.date(2020, 12, 1), dt.date(2021, 1, 1)
LEVELS = (("tariff", (2, 4, 6)),)

_NAMES = {
    "HS6 Code": "tariff", "Country of Departure": "departure", "Country of Origin": "origin",
    "Tax Type": "tax_type", "Tax Rate": "tax_rate", "Net Mass": "net_mass", "Item Price": "price",
    "Country of Origin Indicator": "origin_indicator", "Mode of Transport": "mode",
    "Import Type": "import_type", "Import Use": "import_use", "Payment Type": "payment",
    "Process Type": "process", "Date": "date", "Fraud": "found", "Declaration ID": "id",
}  # fmt: skip
PLAIN_COLUMNS = (
    "tariff", "departure", "origin", "tax_type", "tax_rate", "net_mass", "price", "unit_price",
    "origin_indicator", "mode", "import_type", "import_use", "payment", "process",
)  # fmt: skip
"""What a plain machine is given: the declared columns that are not identities, and a unit price."""
OWN_COLUMNS = (
    "tariff", "departure", "origin", "tax_type", "tax_rate_text", "tax_rate", "net_mass",
    "same_country", "whole_mass",
)  # fmt: skip
"""What our score is given, chosen on rows before 2021 that have no twin in the test part."""


def read(folder: Path) -> pl.DataFrame:
    """Return the declarations in the order of time, with derived columns."""
    texts = {
        name: pl.String
        for name in _NAMES
        if name not in ("Net Mass", "Item Price", "Tax Rate", "Date", "Fraud", "Declaration ID")
    }
    frames = [
        pl.read_csv(
            folder / name, columns=list(_NAMES), schema_overrides=texts, try_parse_dates=True
        )
        for name in FILES
    ]
    return (
        pl.concat(frames).rename(_NAMES).sort("date", "id")
        .with_columns(
            pl.col("tariff").str.zfill(6),
            pl.col("found").cast(pl.Boolean),
            unit_price=pl.col("price") / (pl.col("net_mass") + 0.01),
            tax_rate_text=pl.col("tax_rate").cast(pl.String),
            same_country=(pl.col("departure") == pl.col("origin")).cast(pl.Float64),
            whole_mass=(pl.col("net_mass") % 1 == 0).cast(pl.Float64),
        )
    )  # fmt: skip


def days(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Return the day of each row."""
    return frame["date"].to_physical().to_numpy().astype(np.int64)


def day(date: dt.date) -> int:
    """Return a day in the same count."""
    return (date - dt.date(1970, 1, 1)).days


def held_of(frame: pl.DataFrame, split: Split) -> Held:
    """Return the three parts as examples of weight 1."""
    found = frame["found"].to_numpy().astype(np.bool_)

    def some(rows: npt.NDArray[np.intp]) -> Examples:
        return Examples(frame[rows], found[rows], np.ones(len(rows)))

    return Held(train=some(split.train), valid=some(split.valid), test=some(split.test))


def features(columns: tuple[str, ...], frame: pl.DataFrame) -> tuple[Feature, ...]:
    """Return the columns as features of a model."""
    return tuple(
        Feature(
            name=name, kind="number" if frame.schema[name].is_numeric() else "text",
            title_en=name.replace("_", " "), title_es=name.replace("_", " "),
        )
        for name in columns
    )  # fmt: skip


def look_up(held: Held, columns: tuple[str, ...], smooth: float = 2.0) -> npt.NDArray[np.float64]:
    """Return the share of finds among training rows that agree in all columns, drawn to the whole:
    no learning at all."""
    whole = float(held.train.found.mean())
    known = (
        held.train.frame.select(columns).with_columns(y=pl.Series(held.train.found).cast(pl.Float64))
        .group_by(columns).agg(finds=pl.col("y").sum(), rows=pl.len())
    )  # fmt: skip
    joined = held.test.frame.select(columns).join(
        known, on=list(columns), how="left", maintain_order="left"
    )
    share = (pl.col("finds").fill_null(0) + smooth * whole) / (pl.col("rows").fill_null(0) + smooth)
    return joined.select(share.alias("share"))["share"].to_numpy()
