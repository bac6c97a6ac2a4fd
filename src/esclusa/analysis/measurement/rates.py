"""Find rates: of what was opened and gave a result, in how much something was found.

A rate says something of what was opened only. What was declined, waived, void or inconclusive has
no ``found`` and stands in no rate; it is counted beside it, so that nothing disappears.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import polars as pl

from esclusa.analysis.intervals import wilson


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was found in one group of openings, with Wilson's 95 % interval.

    ``chosen`` were to be opened; ``examined`` of these gave a result, ``found`` a find. The others
    are ``unanswered``. ``share``, ``low`` and ``high`` are None where nothing gave a result.
    """

    name: str
    chosen: int
    examined: int
    found: int
    share: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def unanswered(self) -> int:
        """Return how many that were chosen have no result: unknown, never clean."""
        return self.chosen - self.examined


def rate(name: str, chosen: int, examined: int, found: int) -> Rate:
    """Return a rate from its counts.

    :raises ValueError: when more was found than examined, or more examined than chosen.
    """
    if not 0 <= found <= examined <= chosen:
        raise ValueError(f"{name}: {found} found of {examined} examined of {chosen} chosen")
    bare = Rate(name=name, chosen=chosen, examined=examined, found=found)
    if not examined:
        return bare
    low, high = wilson(found, examined)
    return msgspec.structs.replace(bare, share=found / examined, low=low, high=high)


def rates(openings: pl.DataFrame, by: str, order: Sequence[str] = ()) -> tuple[Rate, ...]:
    """Return the rate of each value of a column.

    :param openings: one row for each subject that was chosen; ``found`` is null without a result.
        ``by`` may be a list column: a row counts for each of its values (a box for each rule).
    :param order: values that come first, also where there is no row for them.
    """
    told = openings.select(pl.col(by), pl.col("found").cast(pl.Boolean))
    if told.schema[by] == pl.List:
        told = told.with_columns(pl.col(by).list.unique()).explode(by)
    sums = {
        row[0]: row[1:]
        for row in told.drop_nulls(by)
        .group_by(by)
        .agg(
            pl.len(),
            pl.col("found").is_not_null().sum().alias("examined"),
            pl.col("found").sum().alias("finds"),
        )
        .iter_rows()
    }
    names = [*order, *sorted(sums.keys() - set(order))]
    return tuple(rate(name, *sums.get(name, (0, 0, 0))) for name in names)
