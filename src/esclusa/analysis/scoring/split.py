"""A strict split: later rows are tested, and no twin of a tested row was learned from.

Where rows are copies of each other, a model that remembers looks like a model that understands. So
rows with the same content are one group, a group lies in one part only, and counts once in it. The
share of tested rows that had a twin before the split was closed is told with every figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.intp]


class Split(msgspec.Struct, frozen=True):
    """Row numbers of three parts, rising, and the twin rate: the share of rows of the test period
    whose group also lies in an earlier part of the whole."""

    train: Rows
    valid: Rows
    test: Rows
    twins: float


def groups(frame: pl.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return for each row the number of its group: rows that agree in all these columns, where two
    missing values agree."""
    numbered = frame.select(pl.struct(columns).rank("dense").alias("group"))
    return numbered["group"].to_numpy().astype(np.int64)


def strict_split(
    at: npt.NDArray[np.int64], group: npt.NDArray[np.int64], valid_from: int, test_from: int
) -> Split:
    """Return a split by time in which a group lies in one part, and is one row.

    The test part keeps its groups; the part for validation those that the test lacks; training the
    rest. The first row of a group in its part stands for it.

    :param at: when each row happened, in any unit: days, microseconds.
    :param valid_from: rows from here on validate, rows from ``test_from`` on test.
    """
    order = np.argsort(at, kind="stable")
    tested, validated = at >= test_from, (at >= valid_from) & (at < test_from)
    trained = at < valid_from
    test_groups = np.unique(group[tested])
    late = np.union1d(test_groups, group[validated])
    before = np.isin(group[tested], group[trained | validated])
    return Split(
        train=_once(order, trained & ~np.isin(group, late), group),
        valid=_once(order, validated & ~np.isin(group, test_groups), group),
        test=_once(order, tested, group),
        twins=float(before.mean()) if len(before) else 0.0,
    )


def seeded_split(
    group: npt.NDArray[np.int64], seed: int, *, valid: float = 0.15, test: float = 0.25
) -> Split:
    """Return a split in which chance gives each group to one part, whatever its time."""
    known, places = np.unique(group, return_inverse=True)
    draw = np.random.default_rng(seed).random(len(known))[places]
    order = np.arange(len(group))
    return Split(
        train=_once(order, draw >= valid + test, group),
        valid=_once(order, (draw >= test) & (draw < valid + test), group),
        test=_once(order, draw < test, group),
        twins=float((np.bincount(places)[places[draw < test]] > 1).mean()),
    )


def naive_split(at: npt.NDArray[np.int64], valid_from: int, test_from: int) -> Split:
    """Return the split by time alone, twins and all: it measures how well duplicates are found."""
    tested, validated = at >= test_from, (at >= valid_from) & (at < test_from)
    train, valid, test = (np.flatnonzero(mask) for mask in (at < valid_from, validated, tested))
    return Split(train, valid, test, float("nan"))


def _once(order: Rows, chosen: npt.NDArray[np.bool_], group: npt.NDArray[np.int64]) -> Rows:
    rows = order[chosen[order]]
    _known, first = np.unique(group[rows], return_index=True)
    return np.sort(rows[first])
