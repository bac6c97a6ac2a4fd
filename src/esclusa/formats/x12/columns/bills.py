"""Columns that 309 and 310 share: voyages, places, parties, texts in lines."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats import values
from esclusa.formats.edifact.columns import boxes
from esclusa.formats.edifact.columns.base import LIST
from esclusa.formats.edifact.columns.header import VOYAGE_FIELDS
from esclusa.formats.edifact.columns.sheet import last_of
from esclusa.formats.edifact.columns.spans import Spans, constant, gather
from esclusa.formats.reading import Notes
from esclusa.formats.x12.columns import texts
from esclusa.formats.x12.columns.digits import digits
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import HERE, Picked, Sheet
from esclusa.formats.x12.columns.texts import listed
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


def refuse_twice(sheet: Sheet, picked: Picked, bill: Whole, number: pl.Series) -> None:
    """Sets whose bill names a container twice.

    :param bill: the bill of each row, ``number`` its container.
    """
    if (np.bincount(bill) > 1).any():
        twice = pl.DataFrame({"bill": bill, "number": number}).is_duplicated().to_numpy()
        sheet.suspect(picked[twice])


def parties(
    sheet: Sheet, begins: Picked, towns: Picked, owner: Whole, count: int
) -> dict[str, pl.Series]:
    """Role, name, city and country of each party.

    :param begins: N1 rows of parties. :param towns: N4 rows, each of the party before it.
    :param owner: the bill of each N1 row.
    """
    last = last_of(np.searchsorted(begins, towns) - 1, len(begins))
    found = {
        "parties.role": sheet.mapped(sheet.element(begins, 1), CODES["role"], "other"),
        "parties.name": sheet.text(begins, 2),
        "parties.city": sheet.column(texts.pick(sheet.bare(towns, 1), last)),
        "parties.country": sheet.column(texts.pick(sheet.bare(towns, 4), last)),
    }
    return listed(owner, found, count)


def lines(
    sheet: Sheet, found: Spans, owner: Whole, count: int, width: int, before: Spans | None = None
) -> pl.Series:
    """:func:`esclusa.formats.x12.common.joined` of the texts of each of ``count`` owners.

    :param owner: of each text, in order.
    :param before: of each owner, what stands before its texts
        (:func:`esclusa.formats.x12.events.told`).
    """
    said = np.flatnonzero(found.end > found.begin)
    found, owner = found.at(said), owner[said]
    number = np.bincount(owner, minlength=count)
    size = (number > 0).astype(np.int64) * 2 * number + 2
    cuts = np.zeros(count + 1, np.int64)
    np.cumsum(size, out=cuts[1:])
    # Of each owner: what stands before, a mark, then each line with the blank behind it, if any.
    pieces = np.zeros((2, int(cuts[-1])), np.int32)
    if before is not None:
        pieces[:, cuts[:-1]] = before
        both = cuts[:-1][(number > 0) & (before.end > before.begin)]
        pieces[:, both + 1] = sheet.window.say("; ", len(both))
    at = 2 * np.arange(len(said)) + 2 * owner + 2
    pieces[:, at] = found
    last = np.ones(len(said), bool)
    last[:-1] = owner[1:] != owner[:-1]
    open_ = np.flatnonzero(~last & (found.end - found.begin < width))
    pieces[:, at[open_] + 1] = sheet.window.say(" ", len(open_))
    array, first = sheet.window.array, np.roll(last, 1)
    if (array[found.begin[first]] == _BLANK).any() or (array[found.end[last] - 1] == _BLANK).any():
        return _stripped(sheet, pieces, cuts, before)
    return texts.packed(array, Spans(*pieces), cuts, fast=sheet.window.fast)


_BLANK: Final = 0x20


def _stripped(sheet: Sheet, pieces: Whole, cuts: Whole, before: Spans | None) -> pl.Series:
    """The same where blanks stand at the ends of the texts."""
    heads = pieces[:, cuts[:-1]], pieces[:, cuts[:-1] + 1]
    for each in (0, 1):
        pieces[:, cuts[:-1] + each] = 0
    text = texts.packed(sheet.window.array, Spans(*pieces), cuts, fast=sheet.window.fast)
    text = text.str.strip_chars(" ")
    if before is None:
        return text
    name, mark = (sheet.column(Spans(*each)) for each in heads)
    return name + mark.zip_with(text != "", constant("", len(text))) + text


_HS_LEAST: Final = 4


def hs_codes(sheet: Sheet, rows: Picked, found: Spans) -> pl.Series:
    """:func:`values.hs_code` of each span; what is not four to eight digits by that function."""
    _, plain = digits(sheet.window, found)
    code = sheet.column(found)
    length = found.end - found.begin
    rest = np.flatnonzero((length > 0) & ~(plain & (length >= _HS_LEAST)))
    if not len(rest):
        return code
    return code.scatter(rest, gather(*sheet.coded(rows[rest], found.at(rest), _hs_code)))


def _hs_code(text: str, notes: Notes) -> str:
    return values.hs_code(text, notes, HERE, "")


def check_undg(sheet: Sheet) -> None:
    """A number that is none is a defect; tables do not show them."""
    h1 = sheet.tagged("H1")
    sheet.coded(h1, sheet.bare(h1, 1), lambda text, notes: values.undg(text, notes, HERE, ""))


def pick(column: pl.Series, at: Whole) -> pl.Series:
    """``column[at]``, "" where ``at`` is -1."""
    return boxes.pick(column, at, "")
