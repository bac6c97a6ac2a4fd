"""309 as a table: one row for each bill of an ocean manifest.

The rules are those of :mod:`esclusa.formats.x12.ocean_manifest_309`: LX opens a bill, VID a
container in it, N10 goods or a further line of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.formats.edifact.columns.base import LIST, nullable
from esclusa.formats.edifact.columns.sheet import choose, last_of
from esclusa.formats.edifact.columns.spans import constant, distinct, gather, take
from esclusa.formats.limits import MIB
from esclusa.formats.reading import Notes
from esclusa.formats.x12 import common, ocean_manifest_309
from esclusa.formats.x12.columns import bills, texts, units
from esclusa.formats.x12.columns.bills import latest
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
from esclusa.formats.x12.columns.texts import listed
from esclusa.formats.x12.common import CODES
from esclusa.formats.x12.cutting import Cut
from esclusa.model import Function, Place, Voyage

_IN_BILL: Final = ("M11", "M12", "N9", "N1", "N3", "N4", "PER", "VID", "M7", "N10", "H1")
_KIND: Final = 8
"""Longest package type that is taken here: that of M11 stands in each goods line without one."""

FIELDS: Final[dict[str, Any]] = {
    **bills.FIELDS,
    "equipment.load_status": LIST,
    "goods.value": pl.List(pl.Float64), "goods.currency": LIST, "goods.origin_country": LIST,
}  # fmt: skip

Floats = npt.NDArray[np.float64]


class _Layout:
    """Bills of a sheet: ``bill`` is that of each row, -1 outside; ``lx`` is the row that opens each
    bill, ``m11`` its M11 where each has one. ``n1`` are parties, ``delivery`` places of delivery;
    ``masters`` tells which of ``n9`` name a master bill; ``opens`` which of ``n10`` open goods."""

    def __init__(self, sheet: Sheet) -> None:
        self.lx = sheet.tagged("LX")
        self.count = len(self.lx)
        self.bill = _bills(sheet, self.lx)
        self.m11 = sheet.tagged("M11")

    def read(self, sheet: Sheet) -> None:
        """Tell apart what has several meanings; each bill has one M11."""
        n1 = sheet.tagged("N1")
        code, words = sheet.words(sheet.element(n1, 1))
        place = np.array([*(word == "FS" for word in words), False], bool)[code]
        self.n1, self.delivery = n1[~place], n1[place]
        n9 = sheet.tagged("N9")
        self.n9 = n9[self.said(sheet, n9, 2)]
        code, words = sheet.words(sheet.element(self.n9, 1))
        self.masters = np.flatnonzero(np.array([*(word == "MB" for word in words), False])[code])
        self.n10 = sheet.tagged("N10")
        self.opens = np.zeros(len(self.n10), bool)
        for element in (1, 5, 6, 8):
            self.opens |= self.said(sheet, self.n10, element)
        parts = np.zeros(len(sheet.rows), bool)
        parts[self.lx] = parts[sheet.tagged("VID")] = True
        before = np.append([-1], self.n10[:-1])[: len(self.n10)]
        self.opens |= latest(parts)[self.n10] > before

    def said(self, sheet: Sheet, picked: Picked, element: int) -> Flags:
        """Where an element is not blank."""
        found = sheet.bare(picked, element)
        there: Flags = found.end > found.begin
        return there

    def valued(self, sheet: Sheet, rows: Picked) -> Flags:
        """Which goods lines say a value of their own."""
        return self.said(sheet, rows, 6)


def _bills(sheet: Sheet, lx: Picked) -> Whole:
    """The bill of each row: from LX to the next LX or P4, or to the end of the set."""
    opened = np.zeros(len(sheet.rows), np.int32)
    opened[lx] = np.arange(1, len(lx) + 1)
    event = opened > 0
    event[sheet.tagged("P4")] = event[sheet.ahead] = True
    places = np.flatnonzero(event)
    sizes = np.diff(np.append(places, len(event)))
    bill: Whole = np.repeat(opened[places], sizes) - 1
    return bill


def _refuse(sheet: Sheet) -> None:
    """Sets without exactly one M10, or with a bill without exactly one M11; those that name the
    vessel in V1, take bills back (M13), hold parts of a bill outside LX; and those that may state
    more than the limits allow."""
    layout = _Layout(sheet)
    sheet.doubt |= np.bincount(sheet.owner[layout.lx], minlength=sheet.count) == 0
    for tag in _IN_BILL:
        picked = sheet.tagged(tag)
        sheet.suspect(picked[layout.bill[picked] < 0])
    sheet.suspect(sheet.tagged("M13"))
    sheet.suspect(sheet.tagged("V1"))
    m10, m11 = sheet.tagged("M10"), sheet.tagged("M11")
    sheet.doubt |= np.bincount(sheet.owner[m10], minlength=sheet.count) != 1
    bill = layout.bill[m11]
    number = np.bincount(bill[bill >= 0], minlength=layout.count)
    sheet.suspect(layout.lx[number != 1])
    kind = sheet.element(m11, 4)
    sheet.suspect(m11[kind.end - kind.begin > _KIND])
    longest = sheet.longest(m10) + sheet.longest(sheet.tagged("P4"))
    most = 400 * sheet.sizes + 12 * sheet.length()
    most += np.bincount(sheet.owner[layout.lx], minlength=sheet.count) * (3000 + 6 * longest)
    sheet.doubt |= most > MIB + sheet.stretch.growth * sheet.length()


def _rows(sheet: Sheet) -> tuple[Picked, pl.Series, dict[str, pl.Series]]:
    layout = _Layout(sheet)
    layout.read(sheet)
    owner = sheet.owner[layout.lx]
    code, heads = sheet.read(sheet.tagged("M10"), _head)
    at = code[owner]
    voyage = bills.voyage_columns(at, [voyage for _, voyage in heads])
    function = gather(at, [None if each is None else each.value for each, _ in heads])
    columns = {
        **_numbers(sheet, layout, owner),
        **_route(sheet, layout, owner),
        "departure": constant("", layout.count),
        **_parties(sheet, layout),
        **_equipment(sheet, layout),
        "documents": _documents(sheet, layout),
        **_goods(sheet, layout),
        **voyage,
    }
    return owner, function, columns


def _head(segment: Cut, notes: Notes, year: int) -> tuple[Function | None, Voyage]:
    del year
    function = ocean_manifest_309.function_of(notes, segment)
    return function, common.m10_voyage(notes, segment)


def _numbers(sheet: Sheet, layout: _Layout, owner: Picked) -> dict[str, pl.Series]:
    """Bill, master bill and carrier; each bill stands once in its set."""
    m11, n9 = layout.m11, layout.n9
    number = sheet.bare(m11, 1)
    sheet.suspect(m11[number.end == number.begin])
    code, _ = distinct(sheet.run, number)
    key = owner * (len(code) + 1) + code
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(key[order][1:] == key[order][:-1])
    sheet.suspect(m11[order[again]])
    master = sheet.bare(m11, 11)
    if len(layout.masters):
        rows = n9[layout.masters]
        bill = layout.bill[rows]
        sheet.suspect(rows[rows < m11[bill]])
        named = texts.pick(sheet.bare(rows, 2), last_of(bill, layout.count))
        master = texts.either(named, master)
    carrier = sheet.bare(sheet.tagged("M10"), 1).at(owner)
    return {
        "bill": sheet.column(number),
        "master_bill": sheet.column(master),
        "carrier": sheet.column(texts.either(sheet.bare(m11, 12), carrier)),
    }


def _route(sheet: Sheet, layout: _Layout, owner: Picked) -> dict[str, pl.Series]:
    """P4 above a bill, places in M11, N1 of the place of delivery."""
    nothing = constant("", layout.count)
    code, found = sheet.read(sheet.tagged("P4"), _port)
    flags = np.zeros(len(sheet.rows), bool)
    flags[sheet.tagged("P4")] = True
    last = latest(flags)[layout.lx]
    number = np.cumsum(flags)[layout.lx] - 1
    at = choose(code, np.where(last >= sheet.ahead[owner], number, -1), len(found))
    found = [*found, (Place(), "")]
    here = layout.delivery
    bill = layout.bill[here]
    name = sheet.bare(here, 2)
    place = texts.either(sheet.bare(here, 4), name)
    code, _ = distinct(sheet.run, texts.chained(name, place))
    other = code[: len(here)] != code[len(here) :]
    name = texts.pick(name, np.where(other, np.arange(len(here)), -1))
    there = last_of(bill, layout.count)
    return {
        "place_of_receipt.code": nothing,
        "place_of_receipt.name": sheet.text(layout.m11, 10),
        "load_port.code": sheet.text(layout.m11, 2),
        "load_port.name": nothing,
        "discharge_port.code": gather(at, [port.code for port, _ in found]),
        "discharge_port.name": nothing,
        "delivery_place.code": sheet.column(texts.pick(place, there)),
        "delivery_place.name": sheet.column(texts.pick(name, there)),
        "arrival": gather(at, [arrival for _, arrival in found]),
    }


def _port(segment: Cut, notes: Notes, year: int) -> tuple[Place, str]:
    arrival = common.moment(notes, segment, 2, year=year)
    return common.place(segment.values[1].strip()), arrival


def _parties(sheet: Sheet, layout: _Layout) -> dict[str, pl.Series]:
    """N4 belongs to the party of the N1 above it, unless FS or VID stands between."""
    n1, n4 = layout.n1, sheet.tagged("N4")
    begun, closed = np.zeros(len(sheet.rows), bool), np.zeros(len(sheet.rows), bool)
    begun[n1] = True
    closed[layout.delivery] = closed[sheet.tagged("VID")] = closed[layout.lx] = True
    n4 = n4[latest(begun)[n4] > latest(closed)[n4]]
    return bills.parties(sheet, n1, n4, layout.bill[n1], layout.count)


def _equipment(sheet: Sheet, layout: _Layout) -> dict[str, pl.Series]:
    """Containers whose number is right; what else VID says is for the plain reader."""
    vid = sheet.tagged("VID")
    code, kinds = sheet.words(sheet.element(vid, 1))
    none = np.array([*(kind == "NC" for kind in kinds), False], bool)[code]
    owner, serial = sheet.bare(vid, 2), sheet.bare(vid, 3)
    none |= (owner.end == owner.begin) & (serial.end == serial.begin)
    good = units.valid(sheet.window, owner, serial)
    sheet.suspect(vid[~none & ~good])
    keep = np.flatnonzero(good & ~none)
    vid = vid[keep]
    bill = layout.bill[vid]
    number = sheet.column(owner.at(keep), serial.at(keep))
    bills.refuse_twice(sheet, vid, bill, number)
    found = {
        "equipment.number": number,
        "equipment.number_valid": pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(vid)),
        "equipment.size_type": sheet.text(vid, 9),
        "equipment.load_status": sheet.mapped(sheet.bare(vid, 10), CODES["load"]),
    }
    return listed(bill, found, layout.count)


def _documents(sheet: Sheet, layout: _Layout) -> pl.Series:
    """References (N9), entry and in-bond numbers (M12), in their order."""
    n9, m12 = np.delete(layout.n9, layout.masters), sheet.tagged("M12")
    word, say = sheet.element(n9, 1), sheet.window.say
    for known, ours in ocean_manifest_309.REFERENCES.items():
        here = sheet.are(word, known)
        if here.any():
            word = texts.where(here, say(ours, len(n9)), word)
    parts = [
        (word, say(":", len(n9)), sheet.bare(n9, 2)),
        (say("ENTRY:", len(m12)), say("", len(m12)), sheet.bare(m12, 2)),
        (say("INBOND:", len(m12)), say("", len(m12)), sheet.bare(m12, 6)),
    ]
    rows = np.concatenate([n9, m12, m12])
    spans = [texts.chained(*(each[at] for each in parts)) for at in range(3)]
    said = np.flatnonzero(spans[2].end > spans[2].begin)
    order = said[np.argsort(rows[said], kind="stable")]
    lists = texts.bounds(layout.bill[rows[order]], layout.count)
    return sheet.column(*(each.at(order) for each in spans), lists=lists)


def _goods(sheet: Sheet, layout: _Layout) -> dict[str, pl.Series]:
    """The goods lines. Totals of the bill (M11, M12) stand for a single line that lacks its own."""
    n10, opens = layout.n10, layout.opens
    rows = n10[opens]
    line = np.cumsum(opens) - 1
    bill = layout.bill[rows]
    number = np.bincount(bill, minlength=layout.count)
    total = _totals(sheet, layout)
    alone = number[bill] == 1
    found = {
        "packages": sheet.counts(rows, sheet.bare(rows, 1)),
        "gross_mass_kg": sheet.measures(rows, 8, 7, common.WEIGHT),
        "volume_m3": np.full(len(rows), np.nan),
        "value": sheet.numbers(rows, sheet.bare(rows, 6)),
    }
    for name, amount in found.items():
        whole = total[name][bill]
        lacks = alone & ~(amount > 0) & ~(amount < 0) & ~np.isnan(whole)
        found[name] = np.where(lacks, whole, amount)
    kind = sheet.bare(layout.m11, 4)
    usual = sheet.window.say("USD", len(rows))
    currency = texts.either(sheet.bare(rows, 13), usual)
    currency = texts.where(layout.valued(sheet, rows), currency, usual)
    valued = np.where(np.isnan(found["value"]), -1, np.arange(len(rows)))
    hs_code = bills.hs_codes(sheet, rows, sheet.bare(rows, 5))
    bills.check_undg(sheet)
    columns = {
        "goods.description": bills.lines(
            sheet, sheet.element(n10, 2), line, len(rows), ocean_manifest_309.LINE
        ),
        "goods.hs_code": hs_code,
        "goods.packages": nullable(found["packages"]).cast(pl.Int64),
        "goods.package_type": sheet.column(texts.either(sheet.bare(rows, 10), kind.at(bill))),
        "goods.gross_mass_kg": nullable(found["gross_mass_kg"]),
        "goods.volume_m3": nullable(found["volume_m3"]),
        "goods.value": nullable(found["value"]),
        "goods.currency": sheet.column(texts.pick(currency, valued)),
        "goods.origin_country": sheet.text(rows, 11),
    }
    bare = np.flatnonzero(number == 0)
    if len(bare):
        bill, columns = _with_totals(bill, columns, bare, total, sheet.column(kind))
    return listed(bill, columns, layout.count)


def _totals(sheet: Sheet, layout: _Layout) -> dict[str, Floats]:
    """What M11 and M12 say of a whole bill."""
    m11, m12 = layout.m11, sheet.tagged("M12")
    last = last_of(layout.bill[m12], layout.count)
    value = np.append(sheet.numbers(m12, sheet.bare(m12, 5)), np.nan)
    return {
        "packages": sheet.counts(m11, sheet.bare(m11, 3)),
        "gross_mass_kg": sheet.measures(m11, 5, 6, common.WEIGHT),
        "volume_m3": sheet.measures(m11, 7, 8, common.VOLUME),
        "value": value[np.where(last >= 0, last, len(m12))],
    }


def _with_totals(
    bill: Whole, columns: dict[str, pl.Series], bare: Picked, total: dict[str, Floats],
    kind: pl.Series,
) -> tuple[Whole, dict[str, pl.Series]]:  # fmt: skip
    """Add a line of the totals alone to bills without goods whose totals say something."""
    amounts = [total[name][bare] for name in ("packages", "gross_mass_kg", "volume_m3")]
    said = (take(kind, bare) != "").to_numpy()
    for amount in amounts:
        said = said | (amount > 0) | (amount < 0)
    bare = bare[said]
    packages, mass, volume = (each[said] for each in amounts)
    more = {
        "goods.packages": nullable(packages).cast(pl.Int64),
        "goods.package_type": take(kind, bare),
        "goods.gross_mass_kg": nullable(mass),
        "goods.volume_m3": nullable(volume),
        "goods.value": nullable(np.full(len(bare), np.nan)),
    }
    nothing = constant("", len(bare))
    made = {name: pl.concat([column, more.get(name, nothing)]) for name, column in columns.items()}
    return np.concatenate([bill, bare]), made


MANIFEST_309: Final = Table(
    kind="309",
    fields=FIELDS,
    tags=tags_of(ocean_manifest_309.TAGS),
    refuse=_refuse,
    rows=_rows,
)
