"""310 as a table: one row for each ocean bill of lading.

The rules are those of :mod:`esclusa.formats.x12.ocean_bill_310`: a set is one bill; under LX stand
containers (N7) and goods (L0, L5), and L3 has the totals of all.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact.columns.base import nullable
from esclusa.formats.edifact.columns.sheet import choose, first_of, last_of
from esclusa.formats.edifact.columns.spans import Spans, gather
from esclusa.formats.limits import MIB
from esclusa.formats.x12 import common, ocean_bill_310
from esclusa.formats.x12.columns import bills, texts, units
from esclusa.formats.x12.columns.bills import latest
from esclusa.formats.x12.columns.happenings import moments
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
from esclusa.formats.x12.common import CODES
from esclusa.model import Voyage

FIELDS: Final[dict[str, Any]] = {
    **bills.FIELDS,
    "issued": pl.String, "freight_payment": pl.String, "freight_amount": pl.Float64,
    "freight_currency": pl.String,
    "equipment.gross_mass_kg": pl.List(pl.Float64), "equipment.tare_kg": pl.List(pl.Float64),
}  # fmt: skip

Floats = npt.NDArray[np.float64]
_CENT: Final = 100
_SHORT: Final = 6
"""Digits of a container number whose check digit stands apart (N718)."""


def _refuse(sheet: Sheet) -> None:
    """Sets without exactly one B3; with several B2A, V1 or L3, or totals before B3; and those that
    may state more than the limits allow: each goods line names the containers of its loop."""
    number = {tag: _number(sheet, tag) for tag in ("B3", "B2A", "V1", "L3", "N7", "L0", "L5")}
    sheet.doubt |= number["B3"] != 1
    for tag in ("B2A", "V1", "L3"):
        sheet.doubt |= number[tag] > 1
    b3, l3 = sheet.tagged("B3"), sheet.tagged("L3")
    at = first_of(sheet.owner[b3], sheet.count)[sheet.owner[l3]]
    sheet.suspect(l3[(at >= 0) & (l3 < b3[at])] if len(b3) else l3)
    length = sheet.length()
    most = 400 * sheet.sizes + 12 * length + 3000
    most += 100 * number["N7"].astype(np.int64) * (number["L0"] + number["L5"])
    sheet.doubt |= most > MIB + sheet.stretch.growth * length


def _number(sheet: Sheet, tag: str) -> Whole:
    """How many rows with a tag each set has."""
    return np.bincount(sheet.owner[sheet.tagged(tag)], minlength=sheet.count)


def _rows(sheet: Sheet) -> tuple[Picked, pl.Series, dict[str, pl.Series]]:
    v1 = sheet.tagged("V1")
    code, found = sheet.read(
        v1, lambda segment, notes, _: common.v1_voyage(notes, segment, Voyage())
    )
    at = choose(code, last_of(sheet.owner[v1], sheet.count), len(found))
    columns = {
        **_numbers(sheet, v1),
        **_places(sheet),
        **_parties(sheet),
        **_equipment(sheet),
        "documents": _documents(sheet),
        **_goods(sheet),
        **bills.voyage_columns(at, [*found, Voyage()]),
    }
    _check(sheet)
    return np.arange(sheet.count), _functions(sheet), columns


def _functions(sheet: Sheet) -> pl.Series:
    b2a = sheet.tagged("B2A")
    code, words = sheet.words(sheet.bare(b2a, 1))
    found = [CODES["purpose"].get(each, "") for each in words]
    sheet.suspect(b2a[np.array([*(not each for each in found), False])[code]])
    at = choose(code, last_of(sheet.owner[b2a], sheet.count), len(found))
    return gather(at, [*found, "original"])


def _check(sheet: Sheet) -> None:
    """What gives a defect and is not shown: temperatures, UN numbers."""
    w09 = sheet.tagged("W09")
    value = sheet.numbers(w09, sheet.bare(w09, 2))
    code, words = sheet.words(sheet.bare(w09, 3))
    known = np.array([*(each in ("CE", "FA") for each in words), True])[code]
    sheet.suspect(w09[~np.isnan(value) & ~known])
    bills.check_undg(sheet)


# -- the bill ---------------------------------------------------------------------------------


def _numbers(sheet: Sheet, v1: Picked) -> dict[str, pl.Series]:
    """Bill, master bill, carrier, payment. Each set has one B3; N9 BM behind it overrules it."""
    b3, count = sheet.tagged("B3"), sheet.count
    bill = texts.either(sheet.bare(b3, 3), sheet.bare(b3, 2))
    n9 = sheet.tagged("N9")
    kind, text = sheet.bare(n9, 1), sheet.bare(n9, 2)
    said = text.end > text.begin
    here = np.flatnonzero(said & sheet.are(kind, "BM"))
    last = last_of(sheet.owner[n9[here]], count)
    bill = texts.either(texts.pick(text.at(here), last), bill)
    sheet.doubt |= bill.end == bill.begin
    here = np.flatnonzero(said & sheet.are(kind, "MB"))
    master = texts.pick(text.at(here), last_of(sheet.owner[n9[here]], count))
    by = texts.pick(sheet.bare(v1, 5), last_of(sheet.owner[v1], count))
    amount = _amounts(sheet)
    c3 = sheet.tagged("C3")
    money = sheet.bare(c3, 1)
    here = np.flatnonzero(money.end > money.begin)
    first = first_of(sheet.owner[c3[here]], count)
    currency = texts.pick(money.at(here), np.where(np.isnan(amount), -1, first))
    return {
        "bill": sheet.column(bill),
        "master_bill": sheet.column(master),
        "carrier": sheet.column(texts.either(sheet.bare(b3, 11), by)),
        "issued": moments(sheet, b3, 6, 0),
        "freight_payment": sheet.mapped(sheet.bare(b3, 4), CODES["payment"]),
        "freight_amount": nullable(amount),
        "freight_currency": sheet.column(currency),
    }


def _amounts(sheet: Sheet) -> Floats:
    """The amount due: B307, else L305, with two decimals; nothing due is no amount."""
    b3, l3 = sheet.tagged("B3"), sheet.tagged("L3")
    due = _cents(sheet.numbers(b3, sheet.bare(b3, 7)))
    total = np.append(_cents(sheet.numbers(l3, sheet.bare(l3, 5))), np.nan)
    at = last_of(sheet.owner[l3], sheet.count)
    return np.where(np.isnan(due), total[np.where(at >= 0, at, len(l3))], due)


def _cents(amount: Floats) -> Floats:
    found: Floats = np.where(amount == 0, np.nan, amount / _CENT)
    return found


def _places(sheet: Sheet) -> dict[str, pl.Series]:
    """The first port of each kind (R4), and the first moment (DTM) behind its own port."""
    r4, dtm = sheet.tagged("R4"), sheet.tagged("DTM")
    code, words = sheet.words(sheet.bare(r4, 1))
    kinds = [CODES["port"].get(each, "") for each in words]
    place, name = sheet.bare(r4, 3), sheet.bare(r4, 4)
    found = {}
    for kind in bills.ROUTE:
        here = np.flatnonzero(np.array([*(each == kind for each in kinds), False])[code])
        first = first_of(sheet.owner[r4[here]], sheet.count)
        found[f"{kind}.code"] = sheet.column(texts.pick(place.at(here), first))
        found[f"{kind}.name"] = sheet.column(texts.pick(name.at(here), first))
    opens, ends = _flags(sheet, r4), _flags(sheet, sheet.tagged("LX"))
    ends[sheet.ahead] = True
    last = latest(opens)[dtm]
    at = np.where(last > latest(ends)[dtm], np.searchsorted(r4, last), -1)
    under = choose(code, at, len(kinds))
    for field, kind in (("departure", "load_port"), ("arrival", "discharge_port")):
        here = dtm[np.array([*(each == kind for each in kinds), False])[under]]
        text = moments(sheet, here, 2, 3, 4)
        said = np.flatnonzero((text != "").to_numpy())
        first = first_of(sheet.owner[here[said]], sheet.count)
        found[field] = bills.pick(text, np.where(first >= 0, said[first] if len(said) else 0, -1))
    return found


def _flags(sheet: Sheet, picked: Picked) -> Flags:
    made = np.zeros(len(sheet.rows), bool)
    made[picked] = True
    return made


def _parties(sheet: Sheet) -> dict[str, pl.Series]:
    """N4 belongs to the party of the N1 above it, unless a port or a loop stands between."""
    n1, n4 = sheet.tagged("N1"), sheet.tagged("N4")
    closed = _flags(sheet, sheet.tagged("R4")) | _flags(sheet, sheet.tagged("LX"))
    closed[sheet.ahead] = True
    n4 = n4[latest(_flags(sheet, n1))[n4] > latest(closed)[n4]]
    return bills.parties(sheet, n1, n4, sheet.owner[n1], sheet.count)


def _documents(sheet: Sheet) -> pl.Series:
    """References (N9) but those of the bill and the master bill."""
    n9 = sheet.tagged("N9")
    kind, text = sheet.bare(n9, 1), sheet.bare(n9, 2)
    other = (text.end > text.begin) & ~sheet.are(kind, "BM") & ~sheet.are(kind, "MB")
    keep = np.flatnonzero(other)
    lists = texts.bounds(sheet.owner[n9[keep]], sheet.count)
    colon = sheet.window.say(":", len(keep))
    return sheet.column(kind.at(keep), colon, text.at(keep), lists=lists)


def _equipment(sheet: Sheet) -> dict[str, pl.Series]:
    """Containers whose number is right and stands once in its bill."""
    n7 = sheet.tagged("N7")
    letters, serial, apart = sheet.bare(n7, 1), sheet.bare(n7, 2), sheet.bare(n7, 18)
    short = (serial.end - serial.begin == _SHORT) & (letters.end > letters.begin)
    check = texts.pick(apart, np.where(short, np.arange(len(n7)), -1))
    none = (letters.end == letters.begin) & (serial.end == serial.begin)
    good = units.valid(sheet.window, letters, serial, check)
    sheet.suspect(n7[~none & ~good])
    keep = np.flatnonzero(good)
    n7 = n7[keep]
    number = sheet.column(letters.at(keep), serial.at(keep), check.at(keep))
    owner = sheet.owner[n7]
    bills.refuse_twice(sheet, n7, owner, number)
    found = {
        "equipment.number": number,
        "equipment.number_valid": pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(n7)),
        "equipment.size_type": sheet.text(n7, 22),
        "equipment.gross_mass_kg": nullable(sheet.measures(n7, 3, 17, common.WEIGHT, "K")),
        "equipment.tare_kg": nullable(sheet.measures(n7, 5, 17, common.WEIGHT, "K")),
    }
    return texts.listed(owner, found, sheet.count)


# -- goods ------------------------------------------------------------------------------------


class _Lines(NamedTuple):
    """Goods lines that are no charges: the set of each; which L0 have one, and which; the line of
    each L5."""

    owner: Whole
    l0: Whole
    line: Whole
    l5: Whole


def _lines(sheet: Sheet) -> _Lines:
    """L0 opens a line, and an L5 where none is open; LX, N7 and L3 close it. One of which a charge
    (L1) is told and no text is no goods."""
    l0, l5, l1 = (sheet.tagged(tag) for tag in ("L0", "L5", "L1"))
    closed = np.zeros(len(sheet.rows), bool)
    for tag in ("LX", "N7", "L3"):
        closed[sheet.tagged(tag)] = True
    closed[sheet.ahead] = True
    ends, begins = latest(closed), _flags(sheet, l0)
    since = ends[l5]
    lone = latest(begins)[l5] < since
    lone[1:] &= since[1:] != since[:-1]
    begins[l5[lone]] = True
    opens = np.flatnonzero(begins)
    l1 = l1[latest(begins)[l1] > ends[l1]]
    told, rated = np.zeros(len(opens), bool), np.zeros(len(opens), bool)
    told[np.searchsorted(opens, l5, side="right") - 1] = True
    rated[np.searchsorted(opens, l1, side="right") - 1] = True
    kept = told | ~rated
    opens = opens[kept]
    goods = np.flatnonzero(kept[np.searchsorted(np.flatnonzero(begins), l0)])
    line = np.searchsorted(opens, l0[goods])
    return _Lines(sheet.owner[opens], goods, line, np.searchsorted(opens, l5, side="right") - 1)


def _goods(sheet: Sheet) -> dict[str, pl.Series]:
    """Goods lines. Totals (L3) stand for a single line that lacks its own."""
    l3, lines = sheet.tagged("L3"), _lines(sheet)
    l5, count = sheet.tagged("L5"), len(lines.owner)
    # What a charge says of masses is no goods, but may be wrong.
    amounts, totals = _measures(sheet, sheet.tagged("L0")), _totals(sheet, l3)
    last = last_of(sheet.owner[l3], sheet.count)
    alone = np.bincount(lines.owner, minlength=sheet.count)[lines.owner] == 1
    whole = np.where(alone, last[lines.owner], -1)
    columns = {}
    for name, amount in amounts.items():
        full = np.full(count, np.nan)
        full[lines.line] = amount[lines.l0]
        total = np.append(totals[name], np.nan)[np.where(whole >= 0, whole, len(l3))]
        columns[f"goods.{name}"] = nullable(np.where(np.isnan(full), total, full))
    kind = np.zeros((2, count), np.int32)
    kind[:, lines.line] = _kinds(sheet, sheet.tagged("L0")[lines.l0])
    columns["goods.packages"] = columns["goods.packages"].cast(pl.Int64)
    columns["goods.package_type"] = sheet.column(Spans(*kind))
    columns["goods.hs_code"] = _hs_codes(sheet, l5, lines.l5, count)
    columns["goods.description"] = bills.lines(
        sheet, sheet.element(l5, 2), lines.l5, count, ocean_bill_310.LINE
    )
    return texts.listed(lines.owner, columns, sheet.count)


def _eighth(sheet: Sheet, l0: Picked) -> Flags:
    """Where packages stand in L008 and L009, not in L013 and L014."""
    found = sheet.bare(l0, 8)
    there: Flags = found.end > found.begin
    return there


def _kinds(sheet: Sheet, l0: Picked) -> Spans:
    return texts.where(_eighth(sheet, l0), sheet.bare(l0, 9), sheet.bare(l0, 14))


def _measures(sheet: Sheet, l0: Picked) -> dict[str, Floats]:
    packages = texts.where(_eighth(sheet, l0), sheet.bare(l0, 8), sheet.bare(l0, 13))
    return {
        "gross_mass_kg": sheet.measures(l0, 4, 11, common.WEIGHT, "K"),
        "volume_m3": sheet.measures(l0, 6, 7, common.VOLUME),
        "packages": sheet.counts(l0, packages),
    }


def _totals(sheet: Sheet, l3: Picked) -> dict[str, Floats]:
    return {
        "gross_mass_kg": sheet.measures(l3, 1, 12, common.WEIGHT, "K"),
        "volume_m3": sheet.measures(l3, 9, 10, common.VOLUME),
        "packages": sheet.counts(l3, sheet.bare(l3, 11)),
    }


def _hs_codes(sheet: Sheet, l5: Picked, line: Whole, count: int) -> pl.Series:
    """The first commodity code of each line."""
    code = sheet.bare(l5, 3)
    said = np.flatnonzero(code.end > code.begin)
    column = bills.hs_codes(sheet, l5[said], code.at(said))
    there = np.flatnonzero((column != "").to_numpy())
    first = first_of(line[said[there]], count)
    return bills.pick(column, np.where(first >= 0, there[first] if len(there) else 0, -1))


BILL_310: Final = Table(
    kind="310",
    fields=FIELDS,
    tags=tags_of(ocean_bill_310.TAGS),
    refuse=_refuse,
    rows=_rows,
)
