"""What is said of containers in the same way in bay plans and reports of moves."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats import values
from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns.base import LIST, listed, nullable, verdicts
from esclusa.formats.edifact.columns.readings import containers, quantities
from esclusa.formats.edifact.columns.sheet import DEAF, HERE, Picked, Sheet, first_of, last_of
from esclusa.formats.edifact.columns.spans import gather, take

FIELDS: Final[dict[str, Any]] = {
    "number": pl.String, "number_valid": pl.Boolean, "size_type": pl.String,
    "load_status": pl.String, "gross_mass_kg": pl.Float64, "verified_mass_kg": pl.Float64,
    "tare_kg": pl.Float64, "temperature_c": pl.Float64, "operator": pl.String,
    "stowage": pl.String, "load_port.code": pl.String, "load_port.name": pl.String,
    "discharge_port.code": pl.String, "discharge_port.name": pl.String,
    "undg": LIST, "seals.number": LIST, "seals.affixed_by": LIST,
}  # fmt: skip
"""Fields of equipment that tables show."""


def numbers(sheet: Sheet, eqd: Picked) -> dict[str, pl.Series]:
    """What EQD says: number, verdict, size, load status."""
    number, valid = containers(sheet, eqd)
    size = sheet.first_said(eqd, (3, 1), (3, 4))
    code, loads = sheet.coded(eqd, common.load_status, 6)
    return {
        "number": number,
        "number_valid": verdicts(valid),
        "size_type": size,
        "load_status": gather(code, loads),
    }


def first_said(one: pl.Series, other: pl.Series) -> pl.Series:
    """The first of two texts that is not empty."""
    return one.zip_with(one != "", other)


def pick(column: pl.Series, at: Picked, missing: Any) -> pl.Series:
    """``column[at]``, ``missing`` where ``at`` is -1."""
    if (at >= 0).all():
        return take(column, at)
    more = pl.concat([column, pl.Series(column.name, [missing], dtype=column.dtype)])
    return take(more, np.where(at >= 0, at, len(column)))


def masses(sheet: Sheet, group: Picked, count: int) -> dict[str, pl.Series]:
    """The first mass of each kind in each group."""
    mea = sheet.tagged("MEA")
    what, amount = quantities(sheet, mea)
    owner = group[mea]
    found = {}
    for word, field in common.MASS.items():
        here = np.flatnonzero(what.are(word) & (owner >= 0) & ~np.isnan(amount))
        first = first_of(owner[here], count)
        kept = np.append(amount[here], np.nan)
        found[field] = nullable(kept[np.where(first >= 0, first, len(here))])
    return found


def temperatures(sheet: Sheet, group: Picked, count: int) -> pl.Series:
    """The last temperature of each group, if it can be read."""
    tmp = sheet.tagged("TMP")
    tmp = tmp[group[tmp] >= 0]
    code, found = sheet.read(tmp, lambda segment: common.temperature(segment, DEAF))
    last = last_of(group[tmp], count)
    kept = np.append(code, len(found)) if len(code) else np.array([0])
    at = kept[np.where(last >= 0, last, len(code))]
    return gather(at, [*found, None], pl.Float64)


def dangers(sheet: Sheet, group: Picked, count: int) -> pl.Series:
    """The UN numbers of each group, each once."""
    dgs = sheet.tagged("DGS")
    found = sheet.mapped(dgs, lambda text: values.undg(text, DEAF, HERE, ""), 3)
    keep = np.flatnonzero((group[dgs] >= 0) & ~found.are(""))
    column = take(found.column(), keep)
    return once(group[dgs[keep]], {"undg": column}, count)["undg"]


def seals(sheet: Sheet, group: Picked, count: int) -> dict[str, pl.Series]:
    """The seals of each group, each once: numbers, and who affixed them."""
    sel = sheet.tagged("SEL")
    sel = sel[group[sel] >= 0]
    number = sheet.column(sel, 1)
    code, by = sheet.coded(sel, lambda text: common.CODES["seal_party"].get(text, ""), 2)
    keep = np.flatnonzero((number != "").to_numpy())
    rows = keep
    columns = {"seals.number": take(number, rows), "seals.affixed_by": take(gather(code, by), rows)}
    return once(group[sel[keep]], columns, count)


def once(owner: Picked, columns: dict[str, pl.Series], count: int) -> dict[str, pl.Series]:
    """Lists of the different values of each owner, in order."""
    if (np.bincount(owner) <= 1).all():
        return listed(owner, columns, count)
    table = pl.DataFrame({"owner": pl.Series(owner, dtype=pl.UInt32), **columns})
    table = table.unique(maintain_order=True)
    return listed(table["owner"].to_numpy(), {name: table[name] for name in columns}, count)
