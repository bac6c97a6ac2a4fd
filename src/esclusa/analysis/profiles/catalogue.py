"""What is counted and compared, read from the tables beside this module.

``keys.csv`` says by which columns history is kept and what it gives, ``shares.csv`` and
``pairs.csv`` what is made of two keys, ``measures.csv`` what is compared with peers and with which,
``raw.csv`` what a row says by itself. :func:`features` names every feature in both languages.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

WINDOWS: Final = (30, 90, 365)
"""Days. A window ends with the day of the moment and holds whole days in UTC before it."""

BINS: Final = 80
"""Steps of a peer group's histogram between ``low`` and ``high``, equal in the logarithm."""


class Key(msgspec.Struct, frozen=True):
    """By which columns rows belong together, and what their history gives: ``n`` how many, ``w``
    in windows, ``s`` surge, ``e`` examined and found, ``r`` rate, ``t`` first and last time."""

    name: str
    columns: tuple[str, ...]
    gives: frozenset[str]
    title_en: str
    title_es: str


class Pair(msgspec.Struct, frozen=True):
    """A feature made of a pair's count and those of its parts."""

    name: str
    pair: str
    parts: tuple[str, ...]
    title_en: str
    title_es: str


class Measure(msgspec.Struct, frozen=True):
    """A quantity and the groups of peers it is compared with, the closest first."""

    name: str
    low: float
    high: float
    levels: tuple[tuple[str, ...], ...]
    unit: str
    title_en: str
    title_es: str


class Feature(msgspec.Struct, frozen=True):
    """A column of a profile. ``group`` is ``history``, ``share``, ``new_pair``, ``peers`` or
    ``raw``; ``key`` the key or measure it comes from."""

    name: str
    group: str
    key: str
    unit: str
    title_en: str
    title_es: str


def _rows(name: str) -> list[dict[str, str]]:
    text = (files(__package__) / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def keys() -> tuple[Key, ...]:
    """Return the keys of history in the order of their features."""
    return tuple(
        Key(r["key"], tuple(r["columns"].split()), frozenset(r["gives"].split()), r["title_en"],
            r["title_es"])
        for r in _rows("keys")
    )  # fmt: skip


@cache
def shares() -> tuple[Pair, ...]:
    """Return the features that are a pair's part of one of its sides."""
    return tuple(
        Pair(r["feature"], r["pair"], (r["part"],), r["title_en"], r["title_es"])
        for r in _rows("shares")
    )


@cache
def new_pairs() -> tuple[Pair, ...]:
    """Return the features that mark a new pair of known parts."""
    return tuple(
        Pair(r["feature"], r["pair"], tuple(r["parts"].split()), r["title_en"], r["title_es"])
        for r in _rows("pairs")
    )


@cache
def measures() -> tuple[Measure, ...]:
    """Return what is compared with peers."""
    return tuple(
        Measure(r["measure"], float(r["low"]), float(r["high"]),
                tuple(tuple(level.split()) for level in r["levels"].split("|")), r["unit"],
                r["title_en"], r["title_es"])
        for r in _rows("measures")
    )  # fmt: skip


@cache
def features() -> tuple[Feature, ...]:
    """Return every feature in the order of a profile's columns."""
    made = [Feature(f"{key.name}_{end}", "history", key.name, unit, en.format(key.title_en),
                    es.format(key.title_es))
            for key in keys() for end, flag, unit, en, es in _HISTORY
            if flag in key.gives]  # fmt: skip
    made += [Feature(p.name, "share", p.pair, "share", p.title_en, p.title_es) for p in shares()]
    made += [
        Feature(p.name, "new_pair", p.pair, "flag", p.title_en, p.title_es) for p in new_pairs()
    ]
    made += [Feature(f"{m.name}_{end}", "peers", m.name, unit or m.unit, en.format(m.title_en),
                     es.format(m.title_es))
             for m in measures() for end, unit, en, es in _PEERS]  # fmt: skip
    made += [
        Feature(r["feature"], "raw", "", r["unit"], r["title_en"], r["title_es"])
        for r in _rows("raw")
    ]
    return tuple(made)


@cache
def feature_names() -> tuple[str, ...]:
    """Return the names of all features in order."""
    return tuple(feature.name for feature in features())


@cache
def names_of(key: Key) -> tuple[str, ...]:
    """Return the names of a key's features in order."""
    return tuple(f"{key.name}_{end}" for end, flag, *_ in _HISTORY if flag in key.gives)


@cache
def names_of_peers(measure: Measure) -> tuple[str, ...]:
    """Return the names of a measure's features in order."""
    return tuple(f"{measure.name}_{end}" for end, *_ in _PEERS)


_HISTORY: Final = (
    ("count", "n", "consignments", "earlier consignments: {}", "envíos anteriores: {}"),
    ("count_30d", "w", "consignments", "consignments in 30 days: {}", "envíos en 30 días: {}"),
    ("count_90d", "w", "consignments", "consignments in 90 days: {}", "envíos en 90 días: {}"),
    ("count_365d", "w", "consignments", "consignments in 365 days: {}", "envíos en 365 días: {}"),
    ("surge", "s", "ratio", "consignments in 30 days against the 335 days before: {}",
     "envíos en 30 días frente a los 335 días anteriores: {}"),
    ("examined", "e", "consignments", "earlier consignments examined: {}",
     "envíos anteriores examinados: {}"),
    ("found", "e", "consignments", "earlier consignments with a find: {}",
     "envíos anteriores con hallazgo: {}"),
    ("find_rate", "r", "share", "finds among those examined, smoothed: {}",
     "hallazgos entre los examinados, suavizado: {}"),
    ("days_known", "t", "days", "days since first seen: {}",
     "días desde la primera vez: {}"),
    ("days_since_last", "t", "days", "days since last seen: {}",
     "días desde la última vez: {}"),
)  # fmt: skip
_PEERS: Final = (
    ("z", "robust z", "{} against its peers", "{} frente a sus pares"),
    ("median", "", "{}: median of the peers", "{}: mediana de los pares"),
    ("peers", "consignments", "{}: number of peers", "{}: número de pares"),
    ("level", "rank", "{}: which group of peers, 1 the closest",
     "{}: qué grupo de pares, 1 el más cercano"),
)  # fmt: skip
