"""The planted world's tables as rows and outcomes of profiles."""

from __future__ import annotations

import polars as pl

from esclusa.analysis.goods import likeness
from esclusa.analysis.profiles.rows import MOMENT


def rows_of_world(bills: pl.DataFrame, boxes: pl.DataFrame, parties: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each bill, at the moment its ship is at the canal, when scale and stow plan
    are known; ``id`` is the bill's number. :param parties: all parties known so far."""
    goods_mass = pl.col("gross_mass_kg").sum().over("box")
    alone = pl.col("bills") == 1
    where = parties.unique("party", keep="first").select(
        importer="party", address=pl.concat_str("address", "city", separator=", ")
    )
    units = boxes.select(
        "box", "size_type", "bills", "declared_mass_kg", "verified_mass_kg", "stow_mass_kg",
        "tare_kg",
    )  # fmt: skip
    met = bills.join(units, on="box", how="left", maintain_order="left")
    met = met.join(where, on="importer", how="left", maintain_order="left")
    canal = pl.when("transhipped").then("canal_port")
    fit = likeness(met["goods_text"], met["hs"]).cast(pl.Float64)
    hours = (pl.col("departs") - pl.col("filed")).dt.total_minutes() / 60
    return met.select(
        id="bill",
        at=pl.col("at_canal").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(MOMENT),
        importer="importer",
        shipper="shipper",
        notify="notify",
        agent="agent",
        carrier="carrier",
        address="address",
        stuffing="stuffing_place",
        load_port="load_port",
        via=canal,
        discharge_port="discharge_port",
        hs="hs",
        size_type="size_type",
        packages="packages",
        mass_kg="gross_mass_kg",
        value="value_usd",
        currency=pl.lit("USD"),
        freight="freight_usd",
        freight_currency=pl.lit("USD"),
        boxes=pl.when(alone).then(1.0).otherwise(pl.col("gross_mass_kg") / goods_mass),
        declared_kg="declared_mass_kg",
        verified_kg="verified_mass_kg",
        stow_kg="stow_mass_kg",
        tare_kg=pl.when(alone).then("tare_kg"),
        departs=pl.col("departs").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        arrives=pl.col("arrives").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        lead_hours=hours,
        text_fit=fit,
    )


def outcomes_of_world(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return the outcomes of exams, known from the beginning of the day on that the world names."""
    return outcomes.select(
        subject="bill",
        examined=pl.lit(True),
        found="found",
        known=pl.col("known").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    )
