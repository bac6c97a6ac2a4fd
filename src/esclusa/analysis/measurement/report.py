"""The report of a period: what selection found, what it missed, and on whom it fell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import polars as pl

from esclusa.analysis.measurement.auditors import CONTROL, FOR_CAUSE, TwoByTwo, two_by_two
from esclusa.analysis.measurement.groups import Group, groups
from esclusa.analysis.measurement.missed import Missed, missed
from esclusa.analysis.measurement.rates import Rate, rate, rates

LANES: Final = (*FOR_CAUSE, *CONTROL)
VERSION: Final = 1
"""Of the definitions of this module and those it calls; docs/measurement.md tells each version."""

COLUMNS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "subject": pl.String, "lane": pl.String, "chance": pl.Float64, "stratum": pl.Int64,
    "found": pl.Boolean, "result": pl.String, "rules": pl.List(pl.String),
}  # fmt: skip
"""What :func:`report` needs of each candidate; columns of groups come on top.

``lane`` is how it was chosen, null or "none" where it was not; ``chance`` the recorded chance of
the control sample, ``stratum`` its stratum of score. ``found`` is null without a result, ``result``
the word for what came of it. ``rules`` are those whose alert stands on it.
"""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of a period. ``others`` were opened though no sheet proposed it: an officer's own
    choice, in none of the lanes. ``left_out`` counts what was chosen and has no result."""

    version: int
    candidates: int
    lanes: tuple[Rate, ...]
    for_cause: Rate
    others: Rate
    rules: tuple[Rate, ...]
    missed: Missed
    table: TwoByTwo
    groups: tuple[Group, ...]
    left_out: tuple[tuple[str, int], ...]


def report(candidates: pl.DataFrame, kinds: Sequence[str] = ()) -> Report:
    """Measure a period.

    :param candidates: one row for each candidate of each sheet, columns as in :data:`COLUMNS`.
    :param kinds: the columns of groups to compare, such as importer country, lane, carrier.

    A rule's rate is taken over what was opened for cause: what the control sample happens to find
    with it says something of what was not chosen, and is in the miss rate.
    """
    told = candidates.with_columns(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    ).with_columns(pl.col("lane").fill_null("none"))
    caused = told.filter(pl.col("lane").is_in(FOR_CAUSE))
    drawn = told.filter(pl.col("lane").is_in(LANES))
    left = _missed(told)
    cause = _all("for cause", caused)
    unproposed = (pl.col("lane") == "none") & pl.col("found").is_not_null()
    without = drawn.filter(pl.col("found").is_null())
    counts = without.group_by(pl.col("result").fill_null("unknown")).len().sort("result")
    chosen = told.with_columns(pl.col("lane").is_in(FOR_CAUSE).alias("chosen"))
    return Report(
        version=VERSION,
        candidates=told.height,
        lanes=rates(drawn, "lane", LANES),
        for_cause=cause,
        others=_all("others", told.filter(unproposed)),
        rules=rates(caused, "rules"),
        missed=left,
        table=two_by_two(cause, left),
        groups=groups(chosen, kinds),
        left_out=tuple((name, count) for name, count in counts.iter_rows()),
    )


def missed_by(candidates: pl.DataFrame) -> Missed:
    """Return what :func:`report` estimates of what was missed, and nothing else.

    :param candidates: as for :func:`report`.
    """
    columns = ("lane", "chance", "stratum", "found")
    told = candidates.select(pl.col(name).cast(COLUMNS[name]) for name in columns)
    return _missed(told.with_columns(pl.col("lane").fill_null("none")))


def _missed(told: pl.DataFrame) -> Missed:
    pool = told.filter(~pl.col("lane").is_in(FOR_CAUSE) & pl.col("chance").is_not_null())
    return missed(pool.with_columns(pl.col("lane").is_in(CONTROL).alias("drawn")))


def _all(name: str, openings: pl.DataFrame) -> Rate:
    found = openings["found"]
    return rate(name, len(found), len(found) - found.null_count(), int(found.sum() or 0))
