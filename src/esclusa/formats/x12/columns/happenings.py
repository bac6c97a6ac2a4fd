"""What the tables of events share: fields, voyage and port above an event, moments, remarks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.base import LIST
from esclusa.formats.edifact.columns.boxes import pick
from esclusa.formats.edifact.columns.header import VOYAGE_FIELDS
from esclusa.formats.edifact.columns.sheet import choose, first_of
from esclusa.formats.edifact.columns.spans import Spans, gather, take
from esclusa.formats.edifact.segment import Separators
from esclusa.formats.limits import MIB
from esclusa.formats.reading import Notes
from esclusa.formats.x12 import common
from esclusa.formats.x12.columns import bills, units
from esclusa.formats.x12.columns.scan import Flags, Whole
from esclusa.formats.x12.columns.sheet import Picked, Sheet
from esclusa.formats.x12.cutting import Cut
from esclusa.formats.x12.events import REMARK
from esclusa.model import Voyage

FIELDS: Final[dict[str, Any]] = {
    "event": pl.String, "occurred": pl.String, "place.code": pl.String, "place.name": pl.String,
    "equipment.number": pl.String, "equipment.number_valid": pl.Boolean,
    "carrier": pl.String, "bill": pl.String, "code": pl.String, "reason": pl.String,
    "documents": LIST, **VOYAGE_FIELDS,
}  # fmt: skip
"""Fields of an event that tables show; nothing where no container is named."""


def refuse(sheet: Sheet, events: Picked) -> None:
    """Sets without an event, that name the vessel in V1 or twice, or behind an event; and those
    that may state more than the limits allow."""
    sheet.suspect(sheet.tagged("V1"))
    m10 = sheet.tagged("M10")
    owner = sheet.owner[events]
    number = np.bincount(owner, minlength=sheet.count)
    sheet.doubt |= (number == 0) | (np.bincount(sheet.owner[m10], minlength=sheet.count) > 1)
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


def port(sheet: Sheet, events: Picked) -> pl.Series:
    """Code of the port (P4) above each event, "" where there is none in its set."""
    p4 = sheet.tagged("P4")
    at = above(sheet, p4, events)
    return pick(sheet.text(p4, 1), at, "")


def above(sheet: Sheet, heads: Picked, rows: Picked) -> Whole:
    """The last of ``heads`` above each row in its set, -1 for none."""
    at = np.searchsorted(heads, rows) - 1
    there = at >= 0
    if len(heads):
        there &= sheet.owner[heads[at]] == sheet.owner[rows]
    found: Whole = np.where(there, at, -1)
    return found


def moments(sheet: Sheet, picked: Picked, date: int, time: int, zone: int = 0) -> pl.Series:
    """:func:`esclusa.formats.x12.common.moment` of each segment; of dates, and of times with their
    zones, each different one is read once."""
    code, dates = sheet.words(sheet.element(picked, date))
    days = [_moment(sheet, each) for each in dates]
    sheet.suspect(picked[np.array([day is None for day in days] + [False])[code]])
    clock, clocks = sheet.words(sheet.element(picked, time))
    number, zones = sheet.words(sheet.element(picked, zone)) if zone else (0, [""])
    times = [_moment(sheet, _SOME_DAY, each, mark) for each in clocks for mark in zones]
    clock = clock * len(zones) + number
    sheet.suspect(picked[np.array([each is None for each in times] + [False])[clock]])
    day = gather(code, [each or "" for each in days])
    rest = gather(clock, [(each or "").partition("-01-01")[2] for each in times])
    return day.zip_with(day == "", day + rest)


_SOME_DAY: Final = "20260101"


def _moment(sheet: Sheet, date: str, time: str = "", zone: str = "") -> str | None:
    """Read one moment; None where the plain reader tells a defect."""
    notes = Notes("", 0, 1)
    segment = Cut("", "", 0, 0, 0, Separators(), ["", date, time, zone])
    found = common.moment(notes, segment, 1, 2, 3, year=sheet.year)
    return None if notes.found else found


def remarks(sheet: Sheet, events: Picked) -> pl.Series:
    """:func:`esclusa.formats.x12.events.remarks` of the K1 behind each event."""
    k1 = sheet.tagged("K1")
    event = above(sheet, events, k1)
    k1, event = k1[event >= 0], event[event >= 0]
    one, two = sheet.element(k1, 1), sheet.element(k1, 2)
    found = Spans(*(np.stack(pair, axis=1).ravel() for pair in zip(one, two, strict=True)))
    return bills.lines(sheet, found, np.repeat(event, 2), len(events), REMARK)


def told(name: pl.Series, words: pl.Series) -> pl.Series:
    """:func:`esclusa.formats.x12.events.told` of each event."""
    both = pl.Series((name != "").to_numpy() & (words != "").to_numpy())
    plain = name + words
    return (name + "; " + words).zip_with(both, plain) if both.any() else plain


VERDICT: Final = pl.Series([True, None], dtype=pl.Boolean)
"""Of a container that is named here the check digit is right."""


def verdicts(number: pl.Series) -> pl.Series:
    """The verdict on each number, nothing where there is none."""
    return take(VERDICT, number.is_null().to_numpy())


def box(sheet: Sheet, picked: Picked, owner: int, serial: int) -> tuple[Flags, pl.Series]:
    """Where a container is named, and its number, nothing elsewhere; one whose number is not right
    is left to the plain reader."""
    return boxes(sheet, picked, sheet.bare(picked, owner), sheet.bare(picked, serial))


def boxes(sheet: Sheet, picked: Picked, one: Spans, two: Spans) -> tuple[Flags, pl.Series]:
    """The same of the owner and the serial of each."""
    none = (one.end == one.begin) & (two.end == two.begin)
    good = units.valid(sheet.window, one, two)
    sheet.suspect(picked[~none & ~good])
    keep = np.flatnonzero(good)
    number = pl.Series([None], dtype=pl.String).new_from_index(0, len(picked))
    if len(keep):
        number = number.scatter(keep, units.numbers(sheet.window, one.at(keep), two.at(keep)))
    named: Flags = ~none
    return named, number
