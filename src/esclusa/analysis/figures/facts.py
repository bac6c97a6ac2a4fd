"""The table that figures are counted from: one row for each thing that counts under one figure.

A figure of a part is the number of its rows (or the sum of their values), so whoever asks what
stands behind it gets those rows and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

COLUMNS: Final[dict[str, Any]] = {
    "figure": pl.String,
    "part": pl.String,
    "record": pl.String,
    "kind": pl.String,
    "at": pl.String,
    "value": pl.Int64,
    "minutes": pl.Float64,
}
"""``figure`` is a definition's id and ``part`` one of its parts, "" where it has none. ``record``
is what counts: the id of a record, a file, a referral, as ``kind`` says; ``at`` the moment that
places it (ISO 8601 UTC). ``value`` is how much it counts, 1 for one thing; ``minutes`` a time that
passed, null where none is measured."""

_DEFAULTS: Final[dict[str, Any]] = {"part": "", "value": 1, "minutes": None}


def gathered(columns: Mapping[str, Any], rows: int | None = None) -> pl.DataFrame:
    """Return facts from columns; a column may be one value for all rows, or left out.

    :param columns: ``figure``, ``record``, ``kind`` and ``at``, and what of the others is known.
    :param rows: how many rows, where no column tells.
    """
    known = {name: value for name, value in columns.items() if _is_many(value)}
    height = len(next(iter(known.values()))) if known else (rows or 0)
    made = {}
    for name, kind in COLUMNS.items():
        value = columns.get(name, _DEFAULTS.get(name))
        if _is_many(value):
            made[name] = pl.Series(name, value).cast(kind)
        else:
            made[name] = pl.Series(name, [value], dtype=kind).new_from_index(0, height)
    return pl.DataFrame(made)


def empty(parts: Iterable[pl.DataFrame] = ()) -> pl.DataFrame:
    """Return these facts as one table, an empty one when there are none."""
    return pl.concat([pl.DataFrame(schema=COLUMNS), *parts])


def _is_many(value: object) -> bool:
    return isinstance(value, (pl.Series, Sequence)) and not isinstance(value, str)
