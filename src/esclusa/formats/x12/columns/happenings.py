"""What the tables of events share: fields, voyage and port above an event, moments, remarks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.base import LIST
from esclusa.formats.edifact.columns.header import VOYAGE_FIELDS
from esclusa.formats.edifact.columns.run import PAD
from esclusa.formats.edifact.columns.sheet import choose, first_of
from esclusa.formats.edifact.columns.spans import Spans, take
from esclusa.formats.limits import MIB
from esclusa.formats.reading import Notes
from esclusa.formats.x12 import common
from esclusa.formats.x12.columns import bills, texts, units
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import Picked, Sheet
from esclusa.formats.x12.cutting import placeless
from esclusa.formats.x12.events import INBOND, REMARK
from esclusa.model import Voyage

FIELDS: Final[dict[str, Any]] = {
    "event": pl.String, "occurred": pl.String, "place.code": pl.String, "place.name": pl.String,
    "equipment.number": pl.String, "equipment.number_valid": pl.Boolean,
    "carrier": pl.String, "bill": pl.String, "code": pl.String, "reason": pl.String,
    "documents": LIST, **VOYAGE_FIELDS,
}  # fmt: skip
"""Fields of an event that tables show; nothing where no container is named."""


def refuse(sheet: Sheet, events: Picked, *, anywhere: bool = False) -> None:
    """Sets without an event, that name the vessel in V1 or twice, or behind an event (unless it may
    stand ``anywhere``); and those that may state more than the limits allow."""
    sheet.suspect(sheet.tagged("V1"))
    m10 = sheet.tagged("M10")
    owner = sheet.owner[events]
    number = np.bincount(owner, minlength=sheet.count)
    sheet.doubt |= (number == 0) | (np.bincount(sheet.owner[m10], minlength=sheet.count) > 1)
    if not anywhere:
        first = first_of(owner, sheet.count)[sheet.owner[m10]]
        sheet.suspect(m10[(first >= 0) & (m10 > events[first])] if len(events) else m10)
    longest = sheet.longest(m10) + sheet.longest(sheet.tagged("P4"))
    length = sheet.length()
    most = 400 * sheet.sizes + 12 * length + number * (3000 + 6 * longest)
    sheet.doubt |= most > MIB + sheet.stretch.growth * length


def voyage(sheet: Sheet, owner: Picked) -> dict[str, pl.Series]:
    """Columns of the voyage of each event's set."""
    m10 = sheet.tagged("M10")
    code, found = sheet.read(m10, lambda segment, notes, _: common.m10_voyage(notes, segment))
    at = choose(code, first_of(sheet.owner[m10], sheet.count), len(found))
    return bills.voyage_columns(at[owner], [*found, Voyage()])


def carrier(sheet: Sheet, owner: Picked) -> Spans:
    """Carrier of the voyage of each event's set (M101)."""
    m10 = sheet.tagged("M10")
    found = texts.pick(sheet.bare(m10, 1), first_of(sheet.owner[m10], sheet.count))
    return found.at(owner)


def port(sheet: Sheet, events: Picked) -> Spans:
    """Code of the port (P4) above each event, nothing where there is none in its set."""
    p4 = sheet.tagged("P4")
    return texts.pick(sheet.bare(p4, 1), above(sheet, p4, events))


def above(sheet: Sheet, heads: Picked, rows: Picked) -> Whole:
    """The last of ``heads`` above each row in its set, -1 for none."""
    at = np.searchsorted(heads, rows) - 1
    there = at >= 0
    if len(heads):
        there &= sheet.owner[heads[at]] == sheet.owner[rows]
    found: Whole = np.where(there, at, -1)
    return found


def documents(sheet: Sheet, number: Spans, there: Flags) -> pl.Series:
    """The in-bond number of each event where one is meant, as a list of documents."""
    keep = np.flatnonzero(there & (number.end > number.begin))
    word = sheet.window.say(f"{INBOND}:", len(keep))
    return sheet.column(word, number.at(keep), lists=texts.bounds(keep, len(there)))


def moments(sheet: Sheet, picked: Picked, date: int, time: int, zone: int = 0) -> pl.Series:
    """:func:`esclusa.formats.x12.common.moment` of each segment; of dates, and of times with their
    zones, each different one is read once."""
    code, dates = sheet.words(sheet.element(picked, date))
    days = [_moment(sheet, each) for each in dates]
    sheet.suspect(picked[np.array([day is None for day in days] + [False])[code]])
    clock, clocks = sheet.words(sheet.element(picked, time)) if time else _NO_CLOCK
    number, zones = sheet.words(sheet.element(picked, zone)) if zone else _NO_CLOCK
    times = [_moment(sheet, _SOME_DAY, each, mark) for each in clocks for mark in zones]
    clock = clock * len(zones) + number
    sheet.suspect(picked[np.array([each is None for each in times] + [False])[clock]])
    rests = [(each or "").partition("-01-01")[2] for each in times]
    said = np.array([bool(day) for day in days] + [False])[code]
    clock = np.where(said, clock, len(rests))
    pool = _Pool([*(day or "" for day in days), *rests, ""])
    return pool.column(code, clock + len(days), fast=sheet.window.fast)


class _Pool:
    """Different texts behind each other, of which columns are made."""

    def __init__(self, words: list[str]) -> None:
        self.array = np.frombuffer("".join(words).encode("ascii") + bytes(PAD), np.uint8)
        self.ends = np.cumsum([0, *map(len, words)])

    def column(self, one: Whole, other: Whole, *, fast: bool) -> pl.Series:
        """Two of the texts of each row, one behind the other."""
        found = (Spans(self.ends[each], self.ends[each + 1]) for each in (one, other))
        cuts = np.arange(0, 2 * len(one) + 1, 2)
        return texts.packed(self.array, texts.woven(*found), cuts, fast=fast)


_SOME_DAY: Final = "20260101"
_NO_CLOCK: Final[tuple[Any, list[str]]] = (0, [""])


def _moment(sheet: Sheet, date: str, time: str = "", zone: str = "") -> str | None:
    """Read one moment; None where the plain reader tells a defect."""
    notes = Notes("", 0, 1)
    segment = placeless(["", date, time, zone])
    found = common.moment(notes, segment, 1, 2, 3, year=sheet.year)
    return None if notes.found else found


def reason(sheet: Sheet, events: Picked, name: Spans) -> pl.Series:
    """:func:`esclusa.formats.x12.events.told` of a name and the
    :func:`esclusa.formats.x12.events.remarks` (K1) behind each event."""
    k1 = sheet.tagged("K1")
    event = above(sheet, events, k1)
    k1, event = k1[event >= 0], event[event >= 0]
    found = texts.woven(sheet.element(k1, 1), sheet.element(k1, 2))
    return bills.lines(sheet, found, np.repeat(event, 2), len(events), REMARK, name)


VERDICT: Final = pl.Series([True, None], dtype=pl.Boolean)


def units_named(
    sheet: Sheet, picked: Picked, owner: Spans, serial: Spans
) -> tuple[Flags, Spans, Spans]:
    """Where a container is named, and its owner and serial; one whose number is not right is left
    to the plain reader."""
    named: Flags = (owner.end > owner.begin) | (serial.end > serial.begin)
    sheet.suspect(picked[named & ~units.valid(sheet.window, owner, serial)])
    return named, owner, serial


_OWNER: Final = 4
_NUMBER: Final = 11


def unit_of(sheet: Sheet, m15: Picked, number: Spans, named: Flags) -> tuple[Flags, Spans, Spans]:
    """The containers that M1502 names where ``named``, as :func:`units_named`."""
    long = number.end - number.begin == _NUMBER
    middle = np.where(long, number.begin + _OWNER, number.end)
    begin, end = np.where(named, number.begin, 0), np.where(named, number.end, 0)
    middle = np.where(named, middle, 0)
    return units_named(sheet, m15, Spans(begin, middle), Spans(middle, end))


def numbers(sheet: Sheet, named: Flags, owner: Spans, serial: Spans) -> dict[str, pl.Series]:
    """Columns of the container of each event, nothing where none is named."""
    number = sheet.column(owner, serial, there=named)
    # Of a container that is named here the check digit is right.
    return {"equipment.number": number, "equipment.number_valid": take(VERDICT, ~named)}
