"""From what history and peers say, in whole numbers, to features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.profiles.catalogue import (
    WINDOWS,
    Key,
    Measure,
    feature_names,
    new_pairs,
    shares,
)
from esclusa.analysis.profiles.counting import NONE, Counts
from esclusa.analysis.profiles.peers import Floats, Peers, robust_z
from esclusa.analysis.profiles.rows import DAY_US
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.stream import Ints

_SHORT, _LONG = WINDOWS[0], WINDOWS[-1]
_FEW: Final = 1_000
"""Up to so many rows the table is made in one piece, as two hundred columns cost more than they
hold."""
PART: Final = _SHORT / (_LONG - _SHORT)
"""The short window's part of what the long one holds besides it."""


class Shape:
    """Features of the rows asked about, made key by key and measure by measure.

    Keys come in the catalogue's order: the first, ``all``, gives the base rate of the others.

    :param at: the moments of the rows asked about, in microseconds.
    :param raw: their raw values by name, NaN where they cannot be said.
    """

    def __init__(self, at: Ints, raw: Mapping[str, Floats], settings: Settings) -> None:
        self._at, self._raw, self._settings = at, raw, settings
        self._base = np.zeros(len(at))
        self._totals: dict[str, Ints] = {}
        self._made: dict[str, npt.NDArray[np.float32]] = {}

    def history(self, key: Key, counts: Counts) -> None:
        """Take what the history of a key says."""
        if not self._totals:
            self._base = _base_rate(counts, self._settings)
        self._totals[key.name] = counts.total
        for name, values in _history(counts, key.gives, self._at, self._base, self._settings):
            self._keep(f"{key.name}_{name}", values)

    def peers(self, measure: Measure, found: Peers) -> None:
        """Take what the peers of a measure say."""
        values, none = self._raw[measure.name], found.level == 0
        self._keep(f"{measure.name}_z", _finite(robust_z(values, found, self._settings)))
        self._keep(f"{measure.name}_median", np.exp(found.median))
        self._keep(f"{measure.name}_peers", np.where(none, np.nan, found.total))
        self._keep(f"{measure.name}_level", np.where(none, np.nan, found.level))

    def frame(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return ``id``, ``at`` and every feature of the catalogue as 32-bit floats, null where it
        cannot be said.

        :param rows: the rows asked about, from ``taken``.
        """
        self._finish()
        named = rows[["id", "at"]]
        if len(named) <= _FEW:
            table = np.array([self._made[name] for name in feature_names()]).T
            cells = pl.Series(table.ravel(), nan_to_null=True).reshape(table.shape)
            return named.hstack(cells.arr.to_struct(fields=feature_names()).struct.unnest())
        return named.with_columns(
            pl.Series(name, self._made.pop(name), nan_to_null=True) for name in feature_names()
        )

    def row(self) -> dict[str, float | None]:
        """Return every feature of the one row asked about, rounded to 32 bits, None where it cannot
        be said."""
        self._finish()
        cells = np.concatenate([self._made[name] for name in feature_names()]).tolist()
        said = (None if cell != cell else cell for cell in cells)  # NaN differs from itself
        return dict(zip(feature_names(), said, strict=True))

    def _finish(self) -> None:
        totals = self._totals
        for pair in shares():
            self._keep(pair.name, _share(totals[pair.pair], totals[pair.parts[0]]))
        for pair in new_pairs():
            parts = [totals[part] for part in pair.parts]
            self._keep(pair.name, _new(totals[pair.pair], parts, self._settings))
        for name, values in self._raw.items():
            self._keep(name, _finite(values))

    def _keep(self, name: str, values: Floats) -> None:
        self._made[name] = values.astype(np.float32)


def asked_about(rows: pl.DataFrame, raw: pl.DataFrame) -> tuple[Ints, dict[str, Floats]]:
    """Return moments and raw values of rows asked about, as :class:`Shape` takes them.

    :param rows: from ``taken``; ``raw`` from ``measured``.
    """
    return rows["at"].cast(pl.Int64).to_numpy(), {one.name: one.to_numpy() for one in raw}


def _said(values: Ints, some: npt.NDArray[np.bool_]) -> Floats:
    return np.where(some, values, np.nan)


def _base_rate(every: Counts, settings: Settings) -> Floats:
    return (every.found + settings.base_finds) / (every.examined + settings.base_exams)


def _history(
    counts: Counts, gives: frozenset[str], at: Ints, base: Floats, settings: Settings
) -> list[tuple[str, Floats]]:
    some = counts.total != NONE
    made = [("count", _said(counts.total, some))]
    if "w" in gives:
        names = [f"count_{length}d" for length in WINDOWS]
        made += [(n, _said(w, some)) for n, w in zip(names, counts.windows, strict=True)]
    if "s" in gives:
        month, year = counts.windows[0], counts.windows[-1]
        usual = np.maximum(year - month, 0) * PART
        made.append(("surge", np.where(some, (month + 1) / (usual + 1), np.nan)))
    if "e" in gives:
        made += [("examined", _said(counts.examined, some)), ("found", _said(counts.found, some))]
    if "r" in gives:
        strength = settings.strength
        rate = (counts.found + strength * base) / (counts.examined + strength)
        made.append(("find_rate", np.where(some, rate, np.nan)))
    if "t" in gives:
        known = counts.last != NONE
        made += [
            ("days_known", np.where(known, (at - counts.first) / DAY_US, np.nan)),
            ("days_since_last", np.where(known, (at - counts.last) / DAY_US, np.nan)),
        ]
    return made


def _share(pair: Ints, part: Ints) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((pair != NONE) & (part > 0), pair / part, np.nan)


def _new(pair: Ints, parts: list[Ints], settings: Settings) -> Floats:
    known = pair != NONE
    old = np.logical_and.reduce([part >= settings.known for part in parts])
    return np.where(known, (pair == 0) & old, np.nan)


def _finite(values: Floats) -> Floats:
    """Return values without those too large for a number of 32 bits."""
    return np.where(np.abs(values) < LARGEST, values, np.nan)


LARGEST: Final = float(np.finfo(np.float32).max)


def said(raw: pl.DataFrame) -> pl.DataFrame:
    """Return raw features from ``measured`` as a profile has them."""
    return raw.select(
        pl.when(pl.col(name).abs() < LARGEST).then(pl.col(name)).cast(pl.Float32).alias(name)
        for name in raw.columns
    )
