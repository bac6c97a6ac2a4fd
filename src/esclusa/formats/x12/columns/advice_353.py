"""353 as a table: one row for each event that a carrier tells customs of.

The rules are those of :mod:`esclusa.formats.x12.customs_events_353`: M15 is an event, K1 behind it
belongs to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.sheet import choose, first_of
from esclusa.formats.edifact.columns.spans import constant, gather
from esclusa.formats.x12 import customs_events_353
from esclusa.formats.x12.columns import happenings, texts
from esclusa.formats.x12.columns.happenings import moments, unit_of
from esclusa.formats.x12.columns.sheet import Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
from esclusa.formats.x12.customs_events_353 import EVENTS, MANIFEST, TRANSFER

_SUBJECTS: Final = ("bill", "container", "inbond")
_BILL, _CONTAINER, _INBOND = range(3)


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
    subjects = [_SUBJECTS.index(each) if each in _SUBJECTS else -1 for _, each in meant]
    about = np.array([*subjects, -1])[at]
    number = sheet.bare(m15, 2)
    where, name = sheet.bare(m15, 4), sheet.bare(m15, 10)
    placed = (where.end > where.begin) | (name.end > name.begin)
    port = texts.where(placed, where, happenings.port(sheet, m15))
    named = (about == _CONTAINER) & (number.end > number.begin)
    reasons = [TRANSFER if each[0] == "other" and each[1] != "ship" else "" for each in meant]
    columns = {
        "event": gather(at, [event for event, _ in meant]),
        "occurred": moments(sheet, m15, 3, 6),
        "place.code": sheet.column(port),
        "place.name": sheet.column(name),
        **happenings.numbers(sheet, *unit_of(sheet, m15, number, named)),
        "carrier": sheet.column(texts.either(sheet.bare(m15, 5), happenings.carrier(sheet, owner))),
        "bill": sheet.column(texts.pick(number, np.where(about == _BILL, np.arange(count), -1))),
        "code": sheet.column(sheet.bare(m15, 1)),
        "reason": happenings.reason(sheet, m15, sheet.window.saying(at, reasons)),
        "documents": happenings.documents(sheet, number, about == _INBOND),
        **voyage,
    }
    return owner, constant("original", count), columns


def _kinds(sheet: Sheet, owner: Picked) -> tuple[Picked, list[str]]:
    """Manifest type (M1009) of each event's set."""
    m10 = sheet.tagged("M10")
    code, kinds = sheet.words(sheet.bare(m10, 9))
    at = choose(code, first_of(sheet.owner[m10], sheet.count), len(kinds))
    return at[owner], [*kinds, ""]


ADVICE_353: Final = Table(
    kind="353",
    fields=happenings.FIELDS,
    tags=tags_of(customs_events_353.TAGS),
    refuse=_refuse,
    rows=_rows,
)
