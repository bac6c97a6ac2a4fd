"""Goods items of bills, as lists in the bill's row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats import values
from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns.base import LIST, listed, nullable
from esclusa.formats.edifact.columns.boxes import first_said, pick
from esclusa.formats.edifact.columns.readings import decimals, joined, quantities
from esclusa.formats.edifact.columns.sheet import DEAF, HERE, Picked, Sheet, first_of
from esclusa.formats.edifact.columns.spans import gather, stripped, take

FIELDS: Final[dict[str, Any]] = {
    "goods.description": LIST, "goods.hs_code": LIST, "goods.packages": pl.List(pl.Int64),
    "goods.package_type": LIST, "goods.gross_mass_kg": pl.List(pl.Float64),
    "goods.volume_m3": pl.List(pl.Float64),
}  # fmt: skip


def columns(
    sheet: Sheet, gid: Picked, item: Picked, bill: Picked, count: int
) -> dict[str, pl.Series]:
    """Columns of the goods of ``count`` bills. :param item: the goods item of each row."""
    packages, kind = _packages(sheet, gid, item)
    found = {
        "goods.description": _descriptions(sheet, item, len(gid)),
        "goods.hs_code": _codes(sheet, item, len(gid)),
        "goods.packages": packages,
        "goods.package_type": kind,
        **_measures(sheet, item, len(gid)),
    }
    owner = bill[gid]
    return listed(owner, found, count)


def _counts(sheet: Sheet, picked: Picked, element: int) -> pl.Series:
    """:func:`values.whole` of a component."""
    found = decimals(sheet, stripped(sheet.run, sheet.component(picked, element)))
    whole = np.isfinite(found) & (found >= 0) & (found == np.floor(found))
    return nullable(np.where(whole, found, np.nan)).cast(pl.Int64)


def _packages(sheet: Sheet, gid: Picked, item: Picked) -> tuple[pl.Series, pl.Series]:
    """Count and kind of packages; PAC fills what GID leaves open."""
    count = _counts(sheet, gid, 2)
    kind = sheet.first_said(gid, (2, 2), (2, 5))
    pac = sheet.tagged("PAC")
    pac = pac[item[pac] >= 0]
    if not len(pac):
        return count, kind
    more = _counts(sheet, pac, 1)
    said = np.flatnonzero(more.is_not_null().to_numpy())
    at = first_of(item[pac[said]], len(gid))
    count = count.zip_with(count.is_not_null(), pick(take(more, said), at, None))
    other = sheet.first_said(pac, (3, 1), (3, 4))
    said = np.flatnonzero((other != "").to_numpy())
    at = first_of(item[pac[said]], len(gid))
    return count, first_said(kind, pick(take(other, said), at, ""))


def _descriptions(sheet: Sheet, item: Picked, count: int) -> pl.Series:
    """The texts of FTX, with blanks between."""
    ftx = sheet.tagged("FTX")
    ftx = ftx[sheet.meant(ftx, lambda code: code in ("AAA", "")) & (item[ftx] >= 0)]
    text = joined(sheet, ftx, 4, 1, 5, instead=[(3, 1)])
    long = sheet.component(ftx, 4, 6)
    rest = np.flatnonzero(long.begin > 0)
    if len(rest):
        at, read = sheet.read(ftx[rest], common.free_text)
        text = text.scatter(rest, gather(at, read))
    said = np.flatnonzero((text != "").to_numpy())
    owner, text = item[ftx[said]], take(text, said)
    if (np.bincount(owner) <= 1).all():
        return pick(text, first_of(owner, count), "")
    return listed(owner, {"text": text}, count)["text"].list.join(" ")


def _codes(sheet: Sheet, item: Picked, count: int) -> pl.Series:
    cst = sheet.tagged("CST")
    cst = cst[item[cst] >= 0]
    code, found = sheet.coded(
        cst,
        lambda text: values.hs_code(text.strip(), DEAF, HERE, ""),
        2,
    )
    column = gather(code, found)
    said = np.flatnonzero((column != "").to_numpy())
    at = first_of(item[cst[said]], count)
    return pick(take(column, said), at, "")


def _measures(sheet: Sheet, item: Picked, count: int) -> dict[str, pl.Series]:
    mea = sheet.tagged("MEA")
    mea = mea[item[mea] >= 0]
    what, amount = quantities(sheet, mea)
    owner = item[mea]
    found = {}
    for word, field in (("gross", "gross_mass_kg"), ("volume", "volume_m3")):
        here = np.flatnonzero(what.are(word) & ~np.isnan(amount))
        kept = np.append(amount[here], np.nan)
        first = first_of(owner[here], count)
        found[f"goods.{field}"] = nullable(kept[np.where(first >= 0, first, len(here))])
    return found
