"""Goods items of bills, as lists in the bill's row."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats import values
from esclusa.formats.edifact import common
from esclusa.formats.edifact.columns import views
from esclusa.formats.edifact.columns.base import LIST
from esclusa.formats.edifact.columns.batch import Columns, Floats, listed
from esclusa.formats.edifact.columns.boxes import first_amount
from esclusa.formats.edifact.columns.readings import amounts, joined, quantities
from esclusa.formats.edifact.columns.sheet import DEAF, HERE, Picked, Sheet, first_of
from esclusa.formats.edifact.columns.views import Texts

FIELDS: Final[dict[str, Any]] = {
    "goods.description": LIST, "goods.hs_code": LIST, "goods.packages": pl.List(pl.Int64),
    "goods.package_type": LIST, "goods.gross_mass_kg": pl.List(pl.Float64),
    "goods.volume_m3": pl.List(pl.Float64),
}  # fmt: skip


def columns(sheet: Sheet, gid: Picked, item: Picked, bill: Picked, count: int) -> Columns:
    """Columns of the goods of ``count`` bills. :param item: the goods item of each row."""
    packages, kind = _packages(sheet, gid, item)
    found: dict[str, Texts | Floats] = {
        "goods.description": _descriptions(sheet, item, len(gid)),
        "goods.hs_code": _codes(sheet, item, len(gid)),
        "goods.packages": packages,
        "goods.package_type": kind,
        **_measures(sheet, item, len(gid)),
    }
    return {**listed(bill[gid], found, count)}


def _counts(sheet: Sheet, picked: Picked, element: int) -> Floats:
    """:func:`values.whole` of a component; not a number where that is None."""
    found = amounts(sheet, picked, element, strip=True)
    whole = np.isfinite(found) & (found >= 0) & (found == np.floor(found))
    return np.where(whole, found, np.nan)


def _packages(sheet: Sheet, gid: Picked, item: Picked) -> tuple[Floats, Texts]:
    """Count and kind of packages; PAC fills what GID leaves open."""
    count = _counts(sheet, gid, 2)
    kind = sheet.first_said(gid, (2, 2), (2, 5))
    pac = sheet.tagged("PAC")
    pac = pac[item[pac] >= 0]
    if not len(pac):
        return count, kind
    more = first_amount(np.ones(len(pac), bool), item[pac], _counts(sheet, pac, 1), len(gid))
    other = sheet.first_said(pac, (3, 1), (3, 4))
    said = np.flatnonzero(views.said(other))
    at = first_of(item[pac[said]], len(gid))
    return np.where(np.isnan(count), more, count), views.either(kind, views.pick(other[said], at))


def _descriptions(sheet: Sheet, item: Picked, count: int) -> Texts:
    """The texts of FTX, with blanks between."""
    ftx = sheet.tagged("FTX")
    ftx = ftx[sheet.meant(ftx, lambda code: code in ("AAA", "")) & (item[ftx] >= 0)]
    text = joined(sheet, ftx, 4, 1, 5, instead=[(3, 1)])
    long = sheet.component(ftx, 4, 6)
    rest = np.flatnonzero(long.begin > 0)
    if len(rest):
        at, read = sheet.read(ftx[rest], common.free_text)
        text[rest] = sheet.pool.words(read)[at]
    said = np.flatnonzero(views.said(text))
    owner, text = item[ftx[said]], text[said]
    found = views.pick(text, first_of(owner, count))
    several = np.flatnonzero(np.bincount(owner, minlength=count) > 1)
    if len(several):
        inside = np.flatnonzero(np.isin(owner, several))
        lines: dict[int, list[str]] = {}
        texts = sheet.pool.strings(text[inside])
        for at, line in zip(owner[inside].tolist(), texts, strict=True):
            lines.setdefault(at, []).append(line)
        found[list(lines)] = sheet.pool.words([" ".join(each) for each in lines.values()])
    return found


def _codes(sheet: Sheet, item: Picked, count: int) -> Texts:
    cst = sheet.tagged("CST")
    cst = cst[item[cst] >= 0]
    code, found = sheet.coded(
        cst,
        lambda text: values.hs_code(text.strip(), DEAF, HERE, ""),
        2,
    )
    column = sheet.pool.words(found)[code]
    said = np.flatnonzero(views.said(column))
    return views.pick(column[said], first_of(item[cst[said]], count))


def _measures(sheet: Sheet, item: Picked, count: int) -> dict[str, Floats]:
    mea = sheet.tagged("MEA")
    mea = mea[item[mea] >= 0]
    what, amount = quantities(sheet, mea)
    return {
        f"goods.{field}": first_amount(what.are(word), item[mea], amount, count)
        for word, field in (("gross", "gross_mass_kg"), ("volume", "volume_m3"))
    }
