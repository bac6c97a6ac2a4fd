"""The field catalogue: every field a rule may read, what it means and where it stands.

The catalogue is data (``fields.csv``). A field that no rule may use, such as nationality, is
listed too, so that the refusal can say why and not merely "unknown field".
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
import polars as pl

SUBJECTS: Final = ("consignment", "equipment", "port_call", "traveller")
"""Record kinds that rules may be about."""

POLARS_TYPES: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "text": pl.String(),
        "number": pl.Float64(),
        "flag": pl.Boolean(),
        "date": pl.Date(),
        "texts": pl.List(pl.String()),
    }
)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a feature table.

    ``type`` is ``text``, ``number``, ``flag``, ``date`` or ``texts``. ``paths`` say where in the
    record the value stands, in the notation of :mod:`.evidence`. ``allowed_for`` holds
    ``condition`` (a rule's *when* may read it), ``text`` (its sentence and evidence may show it),
    both, or nothing: then the field has no column and no rule may name it.
    """

    subject: str
    name: str
    type: str
    label_en: str
    label_es: str
    paths: tuple[str, ...]
    allowed_for: frozenset[str]
    note: str


def fields(subject: str) -> Mapping[str, Field]:
    """Return the catalogue of ``subject`` by field name; raises KeyError for an unknown kind."""
    return _load()[subject]


def columns(subject: str) -> Mapping[str, pl.DataType]:
    """Return name and column type of every field that has a column, in catalogue order."""
    return _columns()[subject]


@cache
def _load() -> Mapping[str, Mapping[str, Field]]:
    with Path(__file__).with_name("fields.csv").open(encoding="utf-8", newline="") as file:
        rows = [_field(row) for row in csv.DictReader(file)]
    return {s: MappingProxyType({f.name: f for f in rows if f.subject == s}) for s in SUBJECTS}


@cache
def _columns() -> Mapping[str, Mapping[str, pl.DataType]]:
    return {
        subject: {f.name: POLARS_TYPES[f.type] for f in found.values() if f.allowed_for}
        for subject, found in _load().items()
    }


def _field(row: Mapping[str, str]) -> Field:
    return Field(
        subject=row["subject"],
        name=row["name"],
        type=row["type"],
        label_en=row["label_en"],
        label_es=row["label_es"],
        paths=tuple(row["paths"].split()),
        allowed_for=frozenset(row["allowed_for"].split()),
        note=row["note"],
    )
