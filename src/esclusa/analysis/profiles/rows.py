"""The two tables that profiles are made of: rows of consignments, and outcomes of examinations.

A column that is missing is null throughout, and so is an empty text; blanks count. Moments are UTC
with microseconds, from 1980 to 2300.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import polars as pl

from esclusa.codes import port
from esclusa.errors import InputError

MOMENT: Final = pl.Datetime("us", "UTC")
DAY_US: Final = 86_400_000_000

TEXTS: Final = (
    "importer", "shipper", "notify", "agent", "carrier", "address", "stuffing", "load_port", "via",
    "discharge_port", "hs", "size_type", "currency", "freight_currency",
)  # fmt: skip
NUMBERS: Final = (
    "packages", "mass_kg", "value", "freight", "boxes", "declared_kg", "verified_kg", "stow_kg",
    "tare_kg", "lead_hours", "text_fit",
)  # fmt: skip
ROW_COLUMNS: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {"id": pl.String(), "at": MOMENT, "withdrawn": pl.Boolean()}
    | {name: pl.String() for name in TEXTS}
    | {name: pl.Float64() for name in NUMBERS}
    | {"departs": MOMENT, "arrives": MOMENT}
)
"""Columns of a table of consignments. ``id`` and ``at`` are needed: one row for each version of a
consignment, stated at a moment. ``withdrawn`` takes the consignment back from that moment on.
Parties are whatever names them: a number or a normalised name. ``via`` are the transhipment ports
in order, blank-separated. ``hs`` is the code of the heaviest line. Masses in kilograms;
``declared_kg``, ``verified_kg``, ``stow_kg``, ``tare_kg`` are of the box that the goods travel in,
``boxes`` how many. ``text_fit`` says how well text and tariff code fit, 0 to 1."""

OUTCOME_COLUMNS: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {"subject": pl.String(), "examined": pl.Boolean(), "found": pl.Boolean(), "known": MOMENT}
)
"""Columns of a table of outcomes: the consignment's ``id``, whether it was examined, whether
something was found (null: no result yet), and when that was known. The outcome of a consignment
known last stands in place of earlier ones; of two known at one moment, a find stands."""

EARLIEST: Final = 315_532_800_000_000
LATEST: Final = 10_413_792_000_000_000
DERIVED: Final = ("hs2", "hs4", "hs6")


def taken(frame: pl.DataFrame, *, derived: bool = True) -> pl.DataFrame:
    """Return the rows with every column of ``ROW_COLUMNS``, and ``hs2``, ``hs4`` and ``hs6``.

    :param derived: False leaves out the last three.
    :raises InputError: a moment or an id is missing or out of range, or a column has another type.
    """
    rows = _complete(frame, ROW_COLUMNS, "rows", ("id", "at"))
    made = _cleaned()[: None if derived else -len(DERIVED)]
    if len(rows) > _FEW:  # what is clean stays in its place, as copies cost memory
        clean = {name for name, yes in rows.select(_clean()).row(0, named=True).items() if yes}
        made = [one for one in made if one.meta.output_name() not in clean]
    return rows.with_columns(made)


@cache
def _cleaned() -> list[pl.Expr]:
    """Return what :func:`taken` makes of columns; built once, as that costs more than a row."""
    return [
        *(_text(name) for name in TEXTS if name != "via"),
        pl.col("via").fill_null(""),
        pl.col("withdrawn").fill_null(False),
        *(_number(name) for name in NUMBERS),
        *(beginning(name) for name in DERIVED),
    ]


@cache
def _clean() -> list[pl.Expr]:
    """Return for texts and numbers whether :func:`taken` leaves a column as it is."""
    return [
        *((pl.col(name) != "").all() for name in TEXTS if name != "via"),
        *(pl.col(name).is_finite().all() for name in NUMBERS),
    ]


def beginning(name: str) -> pl.Expr:
    """Return one of ``DERIVED``, so many places of ``hs`` as its name says: null where it has
    fewer."""
    size = int(name.removeprefix("hs"))
    code = pl.col("hs")
    return pl.when(code.str.len_bytes() >= size).then(code.str.slice(0, size)).alias(name)


def outcomes_taken(frame: pl.DataFrame | None) -> pl.DataFrame:
    """Return the outcomes that have a result, one for each subject and moment.

    :raises InputError: as :func:`taken`.
    """
    empty = pl.DataFrame(schema=dict(OUTCOME_COLUMNS))
    rows = _complete(empty if frame is None else frame, OUTCOME_COLUMNS, "outcomes",
                     ("subject", "known"))  # fmt: skip
    rows = rows.with_columns(pl.col("examined").fill_null(True))
    rows = rows.filter(~pl.col("examined") | pl.col("found").is_not_null())
    return rows.group_by("subject", "known").agg(pl.col("examined").any(), pl.col("found").any())


def _complete(
    frame: pl.DataFrame, columns: Mapping[str, pl.DataType], what: str, needed: tuple[str, ...]
) -> pl.DataFrame:
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise InputError(f"{what}: column {missing[0]} is missing")
    try:
        rows = _as_they_are(frame, columns)
        rows = rows if rows is not None else frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in columns.items()
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{what}: {str(error).splitlines()[0]}") from None
    name, moment = needed
    if rows[name].null_count() or rows[moment].null_count():
        raise InputError(f"{what}: a row has no {name} or no {moment}")
    ticks = rows[moment].cast(pl.Int64)
    if len(ticks) and not EARLIEST <= int(ticks.min()) <= int(ticks.max()) < LATEST:  # type: ignore[arg-type]
        raise InputError(f"{what}: a moment in {moment} is not between 1980 and 2300")
    return rows


def _as_they_are(frame: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    """Return these columns where all are there with their types, so that none needs a cast."""
    schema = frame.schema
    known = all(schema.get(name) == dtype for name, dtype in columns.items())
    return frame[list(columns)] if known else None


def _text(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)


def _number(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)


def measured(rows: pl.DataFrame, detours: pl.Series | None = None) -> pl.DataFrame:
    """Return the raw features of rows from :func:`taken`, null where they cannot be said.

    :param detours: of each row, where they are known already.
    """
    detours = _detours(rows) if detours is None else detours
    # No more columns than needed: polars puts together anew all of a table whose columns lie in
    # unlike pieces.
    return rows[said_of()].hstack([detours.alias("detour")]).select(_by_itself())


def by_itself() -> tuple[str, ...]:
    """Return the names of what :func:`measured` returns."""
    return tuple(one.meta.output_name() for one in _by_itself())


@cache
def said_of() -> list[str]:
    """Return the columns of which :func:`measured` makes the rest, but for ``detour``."""
    return sorted({name for one in _by_itself() for name in one.meta.root_names()} - {"detour"})


@cache
def _by_itself() -> list[pl.Expr]:
    """Return what a row says by itself, with the column ``detour`` beside it; built once."""
    box = _above(pl.col("declared_kg"))
    verified = _above(pl.col("verified_kg"))
    mass, value = _above(pl.col("mass_kg")), _above(pl.col("value"))
    per_box = mass / _above(pl.col("boxes"))
    most = pl.when(pl.col("size_type").str.starts_with("2")).then(MOST_SHORT).otherwise(MOST_LONG)
    one_currency = pl.col("currency").is_not_null() & (
        pl.col("currency") == pl.col("freight_currency")
    )
    days = (pl.col("arrives") - pl.col("departs")).dt.total_minutes() / 1440
    made = {
        "mass_kg": pl.col("mass_kg"),
        "packages": pl.col("packages"),
        "value": pl.col("value"),
        "boxes": pl.col("boxes"),
        "value_per_kg": value / mass,
        "mass_per_package_kg": mass / _above(pl.col("packages")),
        "mass_per_box_kg": per_box,
        "freight_per_kg": _above(pl.col("freight")) / mass,
        "freight_to_value": pl.when(one_currency).then(pl.col("freight") / value),
        "transit_days": pl.when(days > 0).then(days),
        "lead_hours": pl.col("lead_hours"),
        "verified_gap": (pl.col("verified_kg") - pl.col("declared_kg")) / verified,
        "stow_gap": (pl.col("stow_kg") - pl.col("verified_kg")) / verified,
        "tare_gap": (pl.col("declared_kg") - pl.col("mass_kg") - pl.col("tare_kg")) / box,
        "fill": per_box / most,
        "detour": pl.col("detour"),
        "round_value": (pl.col("value") % 1000 == 0).cast(pl.Float64),
        "missing_value": pl.col("value").is_null().cast(pl.Float64),
        "missing_hs": pl.col("hs").is_null().cast(pl.Float64),
        "missing_notify": pl.col("notify").is_null().cast(pl.Float64),
        "missing_stuffing": pl.col("stuffing").is_null().cast(pl.Float64),
        "text_fit": pl.col("text_fit"),
    }
    return [expression.alias(name) for name, expression in made.items()]


MOST_SHORT: Final = 28_200.0
"""Kilograms: 30,480 at most for a 20-foot box (ISO 668:2020) less a usual tare of 2,280."""
MOST_LONG: Final = 28_700.0
"""Kilograms: 32,500 on most roads and cranes for a 40-foot box less a usual tare of 3,800."""


def _above(number: pl.Expr) -> pl.Expr:
    return pl.when(number > 0).then(number)


def _detours(rows: pl.DataFrame) -> pl.Series:
    if len(rows) <= _FEW:
        return detours_of(rows)
    ways = rows.select(WAY).unique()
    known = ways.with_columns(detours_of(ways).alias("detour"))
    return rows.select(WAY).join(
        known, on=WAY, how="left", nulls_equal=True, maintain_order="left"
    )["detour"]  # fmt: skip


WAY: Final = ("load_port", "via", "discharge_port")


def detours_of(ways: pl.DataFrame) -> pl.Series:
    """Return the detour of each row, looked up one by one."""
    found = list(map(detour, *(ways[name].to_list() for name in WAY)))
    return pl.Series(found, dtype=pl.Float64)


_FEW: Final = 1_000
"""Up to so many rows a look-up for each costs less than a join."""


@cache
def detour(load: str | None, via: str | None, discharge: str | None) -> float | None:
    """Return the great-circle length by the transhipment ports divided by the direct one, 1 without
    any; None when a port's place is unknown or both ends are one place.

    It knows no capes and canals: the direct line may cross land. So it serves to compare ways of
    one lane and says nothing between lanes.
    """
    if not load or not discharge:
        return None
    places = [port.position(code) for code in (load, *(via or "").split(), discharge)]
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        return None
    legs = [port.distance_km(*a, *b) for a, b in pairwise(known)]
    direct = port.distance_km(*known[0], *known[-1])
    return math.fsum(legs) / direct if direct > 1 else None
