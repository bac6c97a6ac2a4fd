"""Plots drawn on the server: places and sizes, worked out before a template writes the SVG.

A plot shows what the table beside it says and nothing else; whoever cannot see it misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from esclusa.sharing.rule_views import RateView

WIDTH: Final = 640
_LEFT, _RIGHT, _TOP, _ROW, _FOOT = 230, 24, 8, 30, 26
_ENDS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Where the axis may end; the smallest that holds every interval is taken."""
_TICKS: Final = 5


class Tick(msgspec.Struct, frozen=True):
    """A line across the plot: where, and the share it stands for."""

    x: float
    share: float


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its label, the share and its interval as places; ``known`` is False when nobody
    examined anything, then only the label is drawn."""

    label: str
    y: float
    known: bool = False
    x: float = 0.0
    low: float = 0.0
    high: float = 0.0


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """Shares with their intervals, one row each, on one axis from zero."""

    width: int
    height: int
    left: int
    bottom: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def interval_plot(rows: Iterable[tuple[str, RateView | None]]) -> Plot | None:
    """Return the plot of labelled rates, None when no share of them is known."""
    told = [(label, rate) for label, rate in rows if rate is not None]
    highs = [rate.high for _label, rate in told if rate.high is not None]
    if not highs:
        return None
    end = next(end for end in _ENDS if end >= max(highs))
    scale = (WIDTH - _LEFT - _RIGHT) / end
    bottom = _TOP + _ROW * len(told)
    return Plot(
        width=WIDTH, height=bottom + _FOOT, left=_LEFT, bottom=bottom,
        bars=tuple(
            _bar(label, rate, _TOP + _ROW * (place + 0.5), scale)
            for place, (label, rate) in enumerate(told)
        ),
        ticks=tuple(
            Tick(round(_LEFT + scale * end * part / _TICKS, 1), end * part / _TICKS)
            for part in range(_TICKS + 1)
        ),
    )  # fmt: skip


def _bar(label: str, rate: RateView, y: float, scale: float) -> Bar:
    if rate.share is None or rate.low is None or rate.high is None:
        return Bar(label=label, y=y)
    at = [round(_LEFT + scale * share, 1) for share in (rate.share, rate.low, rate.high)]
    return Bar(label=label, y=y, known=True, x=at[0], low=at[1], high=at[2])
