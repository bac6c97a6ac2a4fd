"""From groups of plain tuples to one polars table with the catalogue's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import polars as pl

from esclusa.analysis.targeting.catalogue import columns

UNIT: Final = "\x1f"
"""Unit separator (ISO 646): cannot occur inside a cleaned text."""

Group = tuple[Sequence[str], Iterable[tuple[object, ...]]]
"""Column names and, per row, their values."""


def frame(subject: str, groups: Iterable[Group]) -> pl.DataFrame:
    """Return the feature table: a ``subject`` column, then every catalogue field in order."""
    data: dict[str, Sequence[object]] = {}
    for names, rows in groups:
        data.update(_transposed(names, list(rows)))
    return frame_of(subject, data, len(next(iter(data.values()))))


def frame_of(subject: str, data: Mapping[str, Sequence[object]], height: int) -> pl.DataFrame:
    """Return the feature table of ``height`` rows from columns; an absent column is all null."""
    if height == 1:
        return _one_row(subject, data)
    series = [pl.Series("subject", [subject] * height, dtype=pl.String)]
    for name, dtype in columns(subject).items():
        values = data.get(name)
        if values is None:
            series.append(_unknown(name, dtype, height))
        else:
            series.append(_series(name, values, dtype))
    return pl.DataFrame(series)


def _one_row(subject: str, data: Mapping[str, Sequence[object]]) -> pl.DataFrame:
    """Return the table of one record in one piece: a hundred series cost more than they hold."""
    schema = _schema(subject)
    row = {name: data[name][0] if name in data else None for name in schema}
    return pl.from_dicts([{**row, "subject": subject}], schema=schema)


@cache
def _schema(subject: str) -> pl.Schema:
    return pl.Schema({"subject": pl.String(), **columns(subject)})


def _unknown(name: str, dtype: pl.DataType, height: int) -> pl.Series:
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, height)


def _series(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    if dtype != pl.List(pl.String):
        return pl.Series(name, values, dtype=dtype, strict=True)
    return _texts(name, values)


def _texts(name: str, values: Sequence[Sequence[str] | None]) -> pl.Series:
    """Join, then split in the engine: ten times faster than one small series per row.

    Safe because every text went through :mod:`.normal`, which leaves no control character in it.
    """
    if not any(value is not None for value in values):
        return _unknown(name, pl.List(pl.String()), len(values))
    joined = pl.Series(name, [None if v is None else UNIT.join(v) for v in values], dtype=pl.String)
    split = joined.str.split(UNIT)
    empty = any(value is not None and not value for value in values)
    return split.list.filter(pl.element() != "") if empty else split


def _transposed(
    names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> Mapping[str, Sequence[object]]:
    if not rows:
        return dict.fromkeys(names, ())
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
