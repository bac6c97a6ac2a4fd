"""350 as a table: one row for each event that customs tells of.

The rules are those of :mod:`esclusa.formats.x12.customs_status_350`: X4 and V9 are events; K1, N9
and N7 behind one belong to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.spans import Spans, constant, gather, take
from esclusa.formats.reading import Notes
from esclusa.formats.x12 import customs_status_350
from esclusa.formats.x12.columns import happenings, texts
from esclusa.formats.x12.columns.happenings import above, moments, units_named
from esclusa.formats.x12.columns.sheet import HERE, Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
from esclusa.formats.x12.columns.texts import bounds
from esclusa.formats.x12.events import Disposition, meant


def _events(sheet: Sheet) -> tuple[Picked, Picked, Picked]:
    """X4 and V9, and the order in which both stand."""
    x4, v9 = sheet.tagged("X4"), sheet.tagged("V9")
    return x4, v9, np.argsort(np.concatenate([x4, v9]), kind="stable")


def _refuse(sheet: Sheet) -> None:
    x4, v9, order = _events(sheet)
    happenings.refuse(sheet, np.concatenate([x4, v9])[order])


def _rows(sheet: Sheet) -> tuple[Picked, pl.Series, dict[str, pl.Series]]:
    x4, v9, order = _events(sheet)
    events = np.concatenate([x4, v9])[order]
    owner = sheet.owner[events]
    voyage = happenings.voyage(sheet, owner)
    code, found = sheet.coded(x4, sheet.bare(x4, 7), _meant)
    named, letters, serial = units_named(sheet, x4, sheet.bare(x4, 11), sheet.bare(x4, 12))
    bill = sheet.bare(x4, 1)
    sheet.suspect(x4[~named & (bill.end == bill.begin)])
    nothing = sheet.window.say("", len(v9))
    event = gather(code, [each.event for each in found])
    name = sheet.window.saying(code, [each.name for each in found])
    occurred = moments(sheet, x4, 5, 6, 17)
    if len(v9):
        event = take(pl.concat([event, constant("other", len(v9))]), order)
        occurred = take(pl.concat([occurred, moments(sheet, v9, 3, 4)]), order)

    def both(one: Spans, other: Spans = nothing) -> Spans:
        return texts.chained(one, other).at(order) if len(v9) else one

    named = np.concatenate([named, np.zeros(len(v9), bool)])[order]
    columns = {
        "event": event,
        "occurred": occurred,
        "place.code": sheet.column(
            texts.either(both(sheet.bare(x4, 13)), happenings.port(sheet, events))
        ),
        "place.name": constant("", len(events)),
        **happenings.numbers(sheet, named, both(letters), both(serial)),
        "carrier": sheet.column(
            texts.either(both(sheet.bare(x4, 9)), happenings.carrier(sheet, owner))
        ),
        "bill": sheet.column(both(bill)),
        "code": sheet.column(both(sheet.bare(x4, 7), sheet.bare(v9, 1))),
        "reason": happenings.reason(sheet, events, both(name, sheet.bare(v9, 2))),
        "documents": _documents(sheet, x4, events),
        **voyage,
    }
    return owner, constant("original", len(events)), columns


def _meant(code: str, notes: Notes) -> Disposition:
    return meant(code, notes, HERE, "7", "350")


def _documents(sheet: Sheet, x4: Picked, events: Picked) -> pl.Series:
    """What X4 says of quantity, entry, master bill and a reference, then N9 and N7 behind it."""
    n9, n7 = sheet.tagged("N9"), sheet.tagged("N7")
    n9, n7 = (rows[above(sheet, events, rows) >= 0] for rows in (n9, n7))
    say, bare = sheet.window.say, sheet.bare
    word = {each: say(each, len(x4)) for each in ("QTY:", "ENTRYTYPE:", "ENTRY:", "MB:", "", ":")}
    parts = [
        (word["QTY:"], word[""], bare(x4, 2), word[""]),
        (word["ENTRYTYPE:"], word[""], bare(x4, 3), word[""]),
        (word["ENTRY:"], word[""], bare(x4, 4), word[""]),
        (word["MB:"], word[""], bare(x4, 10), bare(x4, 8)),
        (bare(x4, 15), word[":"], bare(x4, 16), word[""]),
        (bare(n9, 1), say(":", len(n9)), bare(n9, 2), say("", len(n9))),
    ]
    _, letters, serial = units_named(sheet, n7, bare(n7, 1), bare(n7, 2))
    parts.append((say("EQ:", len(n7)), say("", len(n7)), letters, serial))
    rows = np.concatenate([x4, x4, x4, x4, x4, n9, n7])
    spans = [texts.chained(*(each[at] for each in parts)) for at in range(4)]
    said = np.flatnonzero((spans[2].end > spans[2].begin) | (spans[3].end > spans[3].begin))
    order = said[np.argsort(rows[said], kind="stable")]
    lists = bounds(above(sheet, events, rows[order] + 1), len(events))
    return sheet.column(*(each.at(order) for each in spans), lists=lists)


STATUS_350: Final = Table(
    kind="350",
    fields=happenings.FIELDS,
    tags=tags_of(customs_status_350.TAGS),
    refuse=_refuse,
    rows=_rows,
)
