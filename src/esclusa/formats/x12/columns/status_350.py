"""350 as a table: one row for each event that customs tells of.

The rules are those of :mod:`esclusa.formats.x12.customs_status_350`: X4 and V9 are events; K1, N9
and N7 behind one belong to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from esclusa.formats.edifact.columns.base import listed
from esclusa.formats.edifact.columns.spans import constant, gather, take
from esclusa.formats.reading import Notes
from esclusa.formats.x12 import customs_status_350
from esclusa.formats.x12.columns import happenings
from esclusa.formats.x12.columns.bills import first_said
from esclusa.formats.x12.columns.happenings import above, box, moments, remarks, told
from esclusa.formats.x12.columns.sheet import HERE, Picked, Sheet, tags_of
from esclusa.formats.x12.columns.table import Table
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
    named, number = box(sheet, x4, 11, 12)
    bill = sheet.bare(x4, 1)
    sheet.suspect(x4[~named & (bill.end == bill.begin)])
    nothing = constant("", len(v9))
    none = pl.Series([None], dtype=pl.String).new_from_index(0, len(v9))

    def both(one: pl.Series, other: pl.Series) -> pl.Series:
        return take(pl.concat([one, other]), order)

    name = both(gather(code, [each.name for each in found]), sheet.text(v9, 2))
    unit = both(number, none)
    columns = {
        "event": both(gather(code, [each.event for each in found]), constant("other", len(v9))),
        "occurred": both(moments(sheet, x4, 5, 6, 17), moments(sheet, v9, 3, 4)),
        "place.code": first_said(both(sheet.text(x4, 13), nothing), happenings.port(sheet, events)),
        "place.name": constant("", len(events)),
        "equipment.number": unit,
        "equipment.number_valid": happenings.verdicts(unit),
        "carrier": first_said(both(sheet.text(x4, 9), nothing), voyage["voyage.carrier"]),
        "bill": both(sheet.column(bill), nothing),
        "code": both(sheet.text(x4, 7), sheet.text(v9, 1)),
        "reason": told(name, remarks(sheet, events)),
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
    parts = [
        _said(sheet, x4, (2,), "QTY"), _said(sheet, x4, (3,), "ENTRYTYPE"),
        _said(sheet, x4, (4,), "ENTRY"), _said(sheet, x4, (10, 8), "MB"),
        _said(sheet, x4, (16,), 15), _said(sheet, n9, (2,), 1),
    ]  # fmt: skip
    named, number = box(sheet, n7, 1, 2)
    keep = np.flatnonzero(named)
    unit = take(number, keep).fill_null("")
    parts.append((n7[keep], constant("EQ:", len(keep)) + unit))
    rows = np.concatenate([each for each, _ in parts])
    order = np.argsort(rows, kind="stable")
    found = take(pl.concat([text for _, text in parts]), order)
    return listed(above(sheet, events, rows[order] + 1), {"text": found}, len(events))["text"]


def _said(
    sheet: Sheet, picked: Picked, elements: tuple[int, ...], word: str | int
) -> tuple[Picked, pl.Series]:
    """The rows that say something in these elements, and what, behind a word and a colon;
    ``word`` is that or the element that has it."""
    found = [sheet.bare(picked, element) for element in elements]
    said = np.zeros(len(picked), bool)
    for each in found:
        said |= each.end > each.begin
    keep = np.flatnonzero(said)
    text = constant(f"{word}:", len(keep))
    if isinstance(word, int):
        text = sheet.column(sheet.bare(picked[keep], word)) + ":"
    for each in found:
        text = text + sheet.column(each.at(keep))
    return picked[keep], text


STATUS_350: Final = Table(
    kind="350",
    fields=happenings.FIELDS,
    tags=tags_of(customs_status_350.TAGS),
    refuse=_refuse,
    rows=_rows,
)
