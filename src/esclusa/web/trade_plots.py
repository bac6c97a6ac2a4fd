"""The line between finds and value, drawn on the server; the table beside it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.sharing.selection_views import TradePoint

WIDTH: Final = 560
HEIGHT: Final = 300
_EDGE: Final = 40
_PAD: Final = 12


class Dot(msgspec.Struct, frozen=True):
    """A setting as a place; ``kept`` tells that no other has more of both."""

    x: float
    y: float
    kept: bool
    chosen: bool


class TradePlot(msgspec.Struct, frozen=True, kw_only=True):
    """Settings by expected finds (across) and their value (up); ``line`` joins those kept."""

    width: int
    height: int
    edge: int
    dots: tuple[Dot, ...]
    line: str


def trade_plot(points: Sequence[TradePoint]) -> TradePlot | None:
    """Return the plot, None when all settings expect the same or there are none."""
    if not points:
        return None
    finds, values = [p.finds for p in points], [p.value for p in points]
    if max(finds) == min(finds) or max(values) == min(values):
        return None

    def across(value: float) -> float:
        part = (value - min(finds)) / (max(finds) - min(finds))
        return round(_EDGE + _PAD + part * (WIDTH - _EDGE - 3 * _PAD), 1)

    def up(value: float) -> float:
        part = (value - min(values)) / (max(values) - min(values))
        return round(HEIGHT - _EDGE - _PAD - part * (HEIGHT - _EDGE - 3 * _PAD), 1)

    dots = tuple(Dot(across(p.finds), up(p.value), p.efficient, p.chosen) for p in points)
    kept = sorted({(dot.x, dot.y) for dot in dots if dot.kept})
    return TradePlot(
        width=WIDTH, height=HEIGHT, edge=_EDGE, dots=dots,
        line=" ".join(f"{x},{y}" for x, y in kept),
    )  # fmt: skip
