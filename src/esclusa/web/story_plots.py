"""The strip of a timeline, drawn on the server: a row for each kind, a mark for each entry.

It shows the rows of the table below it and nothing else, and each mark leads to its row. Entries
stand at their day; the table has the hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.node.entity_story import KINDS
from esclusa.node.story_sketch import moment_key
from esclusa.sharing.story_views import EntryView

WIDTH: Final = 880
_LEFT, _RIGHT, _TOP, _ROW, _FOOT = 290, 40, 8, 26, 24
_TICKS: Final = 4


class StripMark(msgspec.Struct, frozen=True, kw_only=True):
    """An entry: where it stands, its number in the table, from 0; ``undone`` is drawn hollow."""

    x: float
    y: float
    number: int
    undone: bool


class StripRow(msgspec.Struct, frozen=True):
    """A row: its kind and where it runs."""

    kind: str
    y: float


class StripTick(msgspec.Struct, frozen=True):
    """A line across the strip: where, and the day it stands for (``YYYY-MM-DD``)."""

    x: float
    day: str


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """A strip of time, from the earliest entry to the latest."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    rows: tuple[StripRow, ...]
    marks: tuple[StripMark, ...]
    ticks: tuple[StripTick, ...]


def strip(entries: Sequence[EntryView]) -> Strip | None:
    """Return the strip of a page of entries, None without any whose moment is known."""
    placed = [(number, one, _day(one)) for number, one in enumerate(entries)]
    known = [day for _number, _one, day in placed if day]
    if not known:
        return None
    kinds = [kind for kind in KINDS if any(one.kind == kind for one in entries)]
    rows = {kind: _TOP + _ROW * (place + 0.5) for place, kind in enumerate(kinds)}
    first, last = min(known), max(known)
    span = last - first or 1
    wide = WIDTH - _LEFT - _RIGHT
    bottom = _TOP + _ROW * len(rows)
    shown = sorted({first + (last - first) * part // _TICKS for part in range(_TICKS + 1)})
    return Strip(
        width=WIDTH, height=bottom + _FOOT, left=_LEFT, right=WIDTH - _RIGHT, bottom=bottom,
        rows=tuple(StripRow(kind, y) for kind, y in rows.items()),
        marks=tuple(
            StripMark(
                x=round(_LEFT + wide * (day - first) / span, 1), y=rows[one.kind], number=number,
                undone=one.undone,
            )
            for number, one, day in placed if day
        ),
        ticks=tuple(
            StripTick(round(_LEFT + wide * (day - first) / span, 1),
                      dt.date.fromordinal(day).isoformat())
            for day in shown
        ),
    )  # fmt: skip


def _day(entry: EntryView) -> int:
    """Return an entry's day as days since the beginning of the calendar, 0 when none is known."""
    key = moment_key(entry)
    return dt.date.fromisoformat(key[:10]).toordinal() if key else 0
