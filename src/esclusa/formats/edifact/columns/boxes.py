"""What is said of containers in the same way in bay plans and reports of moves."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats import values
from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import batch, views
from esclusa.formats.edifact.columns.base import LIST, verdicts
from esclusa.formats.edifact.columns.batch import Coded, Columns, Floats, Listed
from esclusa.formats.edifact.columns.readings import containers, quantities
from esclusa.formats.edifact.columns.sheet import DEAF, HERE, Picked, Sheet, first_of, last_of
from esclusa.formats.edifact.columns.spans import take
from esclusa.formats.edifact.columns.views import Texts

FIELDS: Final[dict[str, Any]] = {
    "number": pl.String, "number_valid": pl.Boolean, "size_type": pl.String,
    "load_status": pl.String, "gross_mass_kg": pl.Float64, "verified_mass_kg": pl.Float64,
    "tare_kg": pl.Float64, "temperature_c": pl.Float64, "operator": pl.String,
    "stowage": pl.String, "load_port.code": pl.String, "load_port.name": pl.String,
    "discharge_port.code": pl.String, "discharge_port.name": pl.String,
    "undg": LIST, "seals.number": LIST, "seals.affixed_by": LIST,
}  # fmt: skip
"""Fields of equipment that tables show."""


def numbers(sheet: Sheet, eqd: Picked) -> Columns:
    """What EQD says: number, verdict, size, load status."""
    number, valid = containers(sheet, eqd)
    size = sheet.first_said(eqd, (3, 1), (3, 4))
    code, loads = sheet.coded(eqd, common.load_status, 6)
    return {
        "number": number,
        "number_valid": verdicts(valid),
        "size_type": size,
        "load_status": Coded(code, loads),
    }


def pick(column: pl.Series, at: Picked, missing: Any) -> pl.Series:
    """``column[at]``, ``missing`` where ``at`` is -1."""
    if (at >= 0).all():
        return take(column, at)
    more = pl.concat([column, pl.Series(column.name, [missing], dtype=column.dtype)])
    return take(more, np.where(at >= 0, at, len(column)))


def masses(sheet: Sheet, group: Picked, count: int) -> Columns:
    """The first mass of each kind in each group."""
    mea = sheet.tagged("MEA")
    what, amount = quantities(sheet, mea)
    return {
        field: first_amount(what.are(word), group[mea], amount, count)
        for word, field in common.MASS.items()
    }


def first_amount(meant: npt.NDArray[np.bool_], owner: Picked, amount: Floats, count: int) -> Floats:
    """The first number of each owner among those that are meant; -1 for no owner."""
    here = np.flatnonzero(meant & (owner >= 0) & ~np.isnan(amount))
    return np.append(amount[here], np.nan)[first_of(owner[here], count)]


def temperatures(sheet: Sheet, group: Picked, count: int) -> Floats:
    """The last temperature of each group, if it can be read."""
    tmp = sheet.tagged("TMP")
    tmp = tmp[group[tmp] >= 0]
    if not len(tmp):
        return np.full(count, np.nan)
    code, found = sheet.read(tmp, lambda segment: common.temperature(segment, DEAF))
    read = np.array([np.nan if each is None else each for each in found], float)
    return np.append(read[code], np.nan)[last_of(group[tmp], count)]


def dangers(sheet: Sheet, group: Picked, count: int) -> Listed:
    """The UN numbers of each group, each once."""
    dgs = sheet.tagged("DGS")
    found = sheet.mapped(dgs, lambda text: values.undg(text, DEAF, HERE, ""), 3)
    keep = np.flatnonzero((group[dgs] >= 0) & ~found.are(""))
    owner, text = group[dgs[keep]], sheet.pool.words(found.words)[found.code[keep]]
    return once(sheet, owner, text, count)


def seals(sheet: Sheet, group: Picked, count: int) -> Columns:
    """The seals of each group, each once: numbers, and who affixed them."""
    sel = sheet.tagged("SEL")
    sel = sel[group[sel] >= 0]
    number = sheet.column(sel, 1)
    code, by = sheet.coded(sel, lambda text: common.CODES["seal_party"].get(text, ""), 2)
    keep = np.flatnonzero(views.said(number))
    owner, number, code = group[sel[keep]], number[keep], code[keep]
    known = np.array([by.index(each) for each in by], np.intp)
    different = batch.once(sheet.pool, owner, number, known[code] if len(by) else code)
    if different is not None:
        owner, number, code = owner[different], number[different], code[different]
    found = {"seals.number": number, "seals.affixed_by": sheet.pool.words(by)[code]}
    return {**batch.listed(owner, found, count)}


def once(sheet: Sheet, owner: Picked, found: Texts, count: int) -> Listed:
    """Lists of the different values of each owner, in order."""
    different = batch.once(sheet.pool, owner, found)
    if different is not None:
        owner, found = owner[different], found[different]
    return batch.listed(owner, {"": found}, count)[""]
