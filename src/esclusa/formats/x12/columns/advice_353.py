"""353 as a table: one row for each event that a carrier tells customs of.

The rules are those of :mod:`esclusa.formats.x12.customs_events_353`: M15 is an event, K1 behind it
belongs to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.base import listed
from esclusa.formats.edifact.columns.sheet import choose, first_of
from esclusa.formats.edifact.columns.spans import Spans, constant, gather, take
from esclusa.formats.x12 import customs_events_353
from esclusa.formats.x12.columns import happenings
from esclusa.formats.x12.columns.bills import first_said
from esclusa.formats.x12.columns.happenings import boxes, moments, remarks, told
from esclusa.formats.x12.columns.scan import Flags
from esclusa.formats.x12.columns.sheet import Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
from esclusa.formats.x12.customs_events_353 import EVENTS, MANIFEST, TRANSFER
from esclusa.formats.x12.events import INBOND

_OWNER: Final = 4
_NUMBER: Final = 11


def _refuse(sheet: Sheet) -> None:
    happenings.refuse(sheet, sheet.tagged("M15"))


def _rows(sheet: Sheet) -> tuple[Picked, pl.Series, dict[str, pl.Series]]:
    m15 = sheet.tagged("M15")
    count, owner = len(m15), sheet.owner[m15]
    voyage = happenings.voyage(sheet, owner)
    code, words = sheet.words(sheet.bare(m15, 1))
    kind, kinds = _kinds(sheet, owner)
    meant = [
        EVENTS.get(each, (MANIFEST.get(of, "other"), "ship")) for each in words for of in kinds
    ]
    at = code * len(kinds) + kind
    subject = gather(at, [subject for _, subject in meant])
    number = sheet.bare(m15, 2)
    text, nothing = sheet.column(number), constant("", count)
    where, name = sheet.text(m15, 4), sheet.text(m15, 10)
    unplaced = (where == "") & (name == "")
    unit = _units(sheet, m15, number, (subject == "container").to_numpy())
    reasons = [TRANSFER if each[0] == "other" and each[1] != "ship" else "" for each in meant]
    columns = {
        "event": gather(at, [event for event, _ in meant]),
        "occurred": moments(sheet, m15, 3, 6),
        "place.code": happenings.port(sheet, m15).zip_with(unplaced, where),
        "place.name": name,
        "equipment.number": unit,
        "equipment.number_valid": happenings.verdicts(unit),
        "carrier": first_said(sheet.text(m15, 5), voyage["voyage.carrier"]),
        "bill": text.zip_with(subject == "bill", nothing),
        "code": gather(code, words),
        "reason": told(gather(at, reasons), remarks(sheet, m15)),
        "documents": _documents(text, subject == "inbond", count),
        **voyage,
    }
    return owner, constant("original", count), columns


def _kinds(sheet: Sheet, owner: Picked) -> tuple[Picked, list[str]]:
    """Manifest type (M1009) of each event's set."""
    m10 = sheet.tagged("M10")
    code, kinds = sheet.words(sheet.bare(m10, 9))
    at = choose(code, first_of(sheet.owner[m10], sheet.count), len(kinds))
    return at[owner], [*kinds, ""]


def _units(sheet: Sheet, m15: Picked, number: Spans, named: Flags) -> pl.Series:
    """The containers that M1502 names where ``named``."""
    long = number.end - number.begin == _NUMBER
    there = named & (number.end > number.begin)
    middle = np.where(long, number.begin + _OWNER, number.end)
    begin, end = np.where(there, number.begin, 0), np.where(there, number.end, 0)
    middle = np.where(there, middle, 0)
    return boxes(sheet, m15, Spans(begin, middle), Spans(middle, end))[1]


def _documents(text: pl.Series, inbond: pl.Series, count: int) -> pl.Series:
    keep = np.flatnonzero((inbond & (text != "")).to_numpy())
    found = constant(f"{INBOND}:", len(keep)) + take(text, keep)
    return listed(keep, {"text": found}, count)["text"]


ADVICE_353: Final = Table(
    kind="353",
    fields=happenings.FIELDS,
    tags=tags_of(customs_events_353.TAGS),
    refuse=_refuse,
    rows=_rows,
)
