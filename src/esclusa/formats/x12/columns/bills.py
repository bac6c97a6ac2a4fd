"""Columns that 309 and 310 share: voyages, places, parties, texts in lines."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.base import LIST, listed
from esclusa.formats.edifact.columns.boxes import pick
from esclusa.formats.edifact.columns.header import VOYAGE_FIELDS
from esclusa.formats.edifact.columns.sheet import last_of
from esclusa.formats.edifact.columns.spans import Spans
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import Picked, Sheet
from esclusa.formats.x12.common import CODES
from esclusa.model import Voyage

ROUTE: Final = ("place_of_receipt", "load_port", "discharge_port", "delivery_place")

FIELDS: Final[dict[str, Any]] = {
    "carrier": pl.String, "bill": pl.String, "master_bill": pl.String,
    **{f"{name}.{part}": pl.String for name in ROUTE for part in ("code", "name")},
    "departure": pl.String, "arrival": pl.String,
    "parties.role": LIST, "parties.name": LIST, "parties.city": LIST, "parties.country": LIST,
    "equipment.number": LIST, "equipment.number_valid": pl.List(pl.Boolean),
    "equipment.size_type": LIST,
    "documents": LIST,
    "goods.description": LIST, "goods.hs_code": LIST, "goods.packages": pl.List(pl.Int64),
    "goods.package_type": LIST, "goods.gross_mass_kg": pl.List(pl.Float64),
    "goods.volume_m3": pl.List(pl.Float64),
    **VOYAGE_FIELDS,
}  # fmt: skip
"""Fields of a bill that tables show."""


def voyage_columns(code: Picked, found: list[Voyage]) -> dict[str, pl.Series]:
    """Columns of a voyage for each row."""
    at = pl.Series(code.astype(np.uint32))
    fields = {name: attrgetter(name.removeprefix("voyage.")) for name in VOYAGE_FIELDS}
    return {
        name: pl.Series([fields[name](each) for each in found], dtype=kind)[at]
        for name, kind in VOYAGE_FIELDS.items()
    }


def latest(flags: Flags) -> Whole:
    """The last row up to each row for which a flag is set, -1 if none."""
    found: Whole = np.maximum.accumulate(np.where(flags, np.arange(len(flags)), -1))
    return found


def parties(
    sheet: Sheet, begins: Picked, towns: Picked, owner: Whole, count: int
) -> dict[str, pl.Series]:
    """Role, name, city and country of each party.

    :param begins: N1 rows of parties. :param towns: N4 rows, each of the party before it.
    :param owner: the bill of each N1 row.
    """
    party = np.searchsorted(begins, towns) - 1
    last = last_of(party, len(begins))
    found = {
        "parties.role": sheet.mapped(sheet.element(begins, 1), CODES["role"], "other"),
        "parties.name": sheet.text(begins, 2),
        "parties.city": placed(sheet.text(towns, 1), last),
        "parties.country": placed(sheet.text(towns, 4), last),
    }
    return listed(owner, found, count)


def lines(sheet: Sheet, found: Spans, owner: Whole, count: int, width: int) -> pl.Series:
    """:func:`esclusa.formats.x12.common.joined` of the texts of each of ``count`` owners."""
    said = np.flatnonzero(found.end > found.begin)
    found, owner = found.at(said), owner[said]
    text = sheet.column(found)
    number = np.bincount(owner, minlength=count)
    if (number <= 1).all():
        at = np.full(count, len(said), np.intp)
        at[owner] = np.arange(len(said))
        return pick(text, np.where(at < len(said), at, -1), "").str.strip_chars(" ")
    full = pl.Series(found.end - found.begin >= width)
    text = text.zip_with(full, text + " ")
    table = listed(owner, {"text": text}, count)["text"].list.join("")
    return table.str.strip_chars(" ")


def placed(column: pl.Series, at: Picked) -> pl.Series:
    """``column[at]``, "" where ``at`` is -1; mostly there is one for each, in order."""
    if len(at) == len(column) and np.array_equal(at, np.arange(len(at))):
        return column
    return pick(column, at, "")


def first_said(one: pl.Series, other: pl.Series) -> pl.Series:
    """The first of two texts that is not empty."""
    return one if (one != "").all() else one.zip_with(one != "", other)
