"""A plot of days: two bars a day, drawn on the server. The table beside it says the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.sharing.report_views import DayRow

WIDTH: Final = 640
HEIGHT: Final = 200
_LEFT, _RIGHT, _TOP, _FOOT = 44, 8, 10, 24
_TICKS: Final = 4
_LABELS: Final = 8
"""Days that are named below; more would run into each other."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar: its left edge, upper edge, width and height."""

    x: float
    y: float
    width: float
    height: float


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A word at a place."""

    at: float
    text: str


class DayPlot(msgspec.Struct, frozen=True, kw_only=True):
    """Bars of what was raised and decided each day, lines across with their counts, days below."""

    width: int
    height: int
    left: int
    bottom: float
    raised: tuple[Bar, ...]
    decided: tuple[Bar, ...]
    lines: tuple[Named, ...]
    days: tuple[Named, ...]


def day_plot(days: Sequence[DayRow]) -> DayPlot | None:
    """Return the plot, None when nothing happened on any day."""
    most = max((max(one.raised, one.decided) for one in days), default=0)
    if not most:
        return None
    step = _step(most)
    top = step * math.ceil(most / step)
    bottom = HEIGHT - _FOOT
    wide = (WIDTH - _LEFT - _RIGHT) / len(days)
    every = math.ceil(len(days) / _LABELS)

    def bars(second: bool) -> tuple[Bar, ...]:
        counts = [one.decided if second else one.raised for one in days]
        thick = wide * 0.4
        return tuple(
            Bar(
                x=round(_LEFT + wide * (at + 0.08 + 0.42 * second), 1),
                y=round(bottom - (bottom - _TOP) * count / top, 1), width=round(thick, 1),
                height=round((bottom - _TOP) * count / top, 1),
            )
            for at, count in enumerate(counts)
            if count
        )  # fmt: skip

    return DayPlot(
        width=WIDTH, height=HEIGHT, left=_LEFT, bottom=bottom, raised=bars(False),
        decided=bars(True),
        lines=tuple(
            Named(at=round(bottom - (bottom - _TOP) * count / top, 1), text=str(count))
            for count in range(0, top + 1, step)
        ),
        days=tuple(
            Named(at=round(_LEFT + wide * (at + 0.5), 1), text=one.day[5:])
            for at, one in enumerate(days)
            if at % every == 0
        ),
    )  # fmt: skip


def _step(most: int) -> int:
    """Return the distance of lines: 1, 2 or 5 times a power of ten, a few lines in all."""
    rough = max(1, most / _TICKS)
    power = 10 ** math.floor(math.log10(rough))
    return next(int(power * n) for n in (1, 2, 5, 10) if power * n >= rough)
