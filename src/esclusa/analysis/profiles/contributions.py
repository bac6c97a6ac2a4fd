"""What each version and each outcome adds to history, and from when on: signed contributions.

A consignment counts once, as its version in force says. A version adds 1 to its keys at its own
moment and takes it back at that of the next version; an outcome adds to the keys of the version in
force from the moment it is known, until a later outcome or version takes its place. So history at
any moment is the sum of what came before it, in whatever order things arrived.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.errors import InputError

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int8]

NEVER: Final = np.iinfo(np.int64).max


class Contributions(NamedTuple):
    """Parallel arrays: ``row`` into the table of rows, ``at`` in microseconds, what is added to
    consignments, examined, found; ``seen`` marks the first word of a version."""

    row: Ints
    at: Ints
    stated: Small
    examined: Small
    found: Small
    seen: npt.NDArray[np.bool_]


def single_versions(rows: pl.DataFrame, ids: Ints) -> pl.DataFrame:
    """Return rows without repetitions of one (id, at): the same table where there are none.

    :param ids: a number for each row, equal for rows of one consignment.
    :raises InputError: two rows of one id and moment differ.
    """
    several = rows.select("id", "at").filter(pl.Series(_stated_again(ids)))
    if not several.is_duplicated().any():
        return rows
    rows = rows.unique(maintain_order=True)
    twice = rows.filter(rows.select("id", "at").is_duplicated())
    if len(twice):
        raise InputError(f"rows: {twice['id'][0]} is stated twice, differently, at one moment")
    return rows


def _stated_again(ids: Ints) -> npt.NDArray[np.bool_]:
    """Return which rows are of a consignment with several."""
    return np.asarray(np.bincount(ids, minlength=1)[ids] > 1)


def contributions(rows: pl.DataFrame, outcomes: pl.DataFrame, ids: Ints) -> Contributions:
    """Return the contributions of rows (from ``taken``) and outcomes (from ``outcomes_taken``).

    :param ids: a number for each row, equal for rows of one consignment.
    """
    at = rows["at"].to_physical().to_numpy().astype(np.int64)
    ends = np.full(len(rows), NEVER)
    order = rows.select("id", "at").with_row_index("row").filter(pl.Series(_stated_again(ids)))
    following = order.sort("id", "at").select("row", until=_until_the_next("id", "at"))
    ends[following["row"].to_numpy()] = following["until"].to_numpy()
    live = ~rows["withdrawn"].to_numpy()
    every = np.arange(len(rows), dtype=np.int64)
    gone = live & (ends < NEVER)
    parts = [_stated(every[live], at[live], 1, seen=True), _stated(every[gone], ends[gone], -1)]
    parts += _outcomes(rows, outcomes, at, ends)
    return Contributions(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _until_the_next(name: str, moment: str) -> pl.Expr:
    """Return the moment of the next row of the same name, in a table sorted by both."""
    same = pl.col(name) == pl.col(name).shift(-1)
    return pl.when(same).then(pl.col(moment).to_physical().shift(-1)).otherwise(NEVER)


def _stated(row: Ints, at: Ints, sign: int, *, seen: bool = False) -> Contributions:
    none = np.zeros(len(row), np.int8)
    return Contributions(
        row, at, np.full(len(row), sign, np.int8), none, none, np.full(len(row), seen)
    )


def _outcomes(
    rows: pl.DataFrame, outcomes: pl.DataFrame, at: Ints, ends: Ints
) -> list[Contributions]:
    if outcomes.is_empty():
        return []
    until = _until_the_next("subject", "known")
    standing = (
        outcomes.sort("subject", "known")
        .with_columns(until=until, since=pl.col("known").to_physical())
        .filter("examined")
    )
    named = rows.select("id", "withdrawn").with_row_index("row").filter(~pl.col("withdrawn"))
    met = named.join(
        standing, left_on="id", right_on="subject", how="inner", maintain_order="none"
    )  # fmt: skip
    row = met["row"].to_numpy().astype(np.int64)
    start = np.maximum(met["since"].to_numpy(), at[row])
    end = np.minimum(met["until"].to_numpy(), ends[row])
    found = met["found"].to_numpy().astype(np.int8)
    some = start < end
    back = some & (end < NEVER)
    return [
        _resulted(row[some], start[some], found[some], 1),
        _resulted(row[back], end[back], found[back], -1),
    ]


def _resulted(row: Ints, at: Ints, found: Small, sign: int) -> Contributions:
    size = len(row)
    return Contributions(
        row, at, np.zeros(size, np.int8), np.full(size, sign, np.int8),
        (found * sign).astype(np.int8), np.zeros(size, np.bool_),
    )  # fmt: skip
