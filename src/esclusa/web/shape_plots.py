"""Shapes of a model's features, drawn on the server as steps.

Each interval has the same width, so that crowded ones can be read; the table beside the drawing has
the same figures. Values of a text are drawn in the order of the table.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.sharing.score_views import ShapeView

WIDTH: Final = 640
HEIGHT: Final = 170
_LEFT, _RIGHT, _TOP, _FOOT = 76, 12, 12, 26
_LABELS: Final = 5
"""Places along the axis that get a label, at most."""


class Mark(msgspec.Struct, frozen=True):
    """A label at a place along an axis."""

    at: float
    text: str


class ShapePlot(msgspec.Struct, frozen=True, kw_only=True):
    """A path of steps, the line where nothing changes, marks on both axes."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    zero: float
    path: str
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]


def shape_plot(shape: ShapeView) -> ShapePlot | None:
    """Return the drawing of a shape without its last row, the missing value; None for one row."""
    rows = shape.rows[:-1]
    if len(rows) < 2:
        return None
    scores = [score / 10_000 for _name, score in rows]
    low, high = min(0.0, *scores), max(0.0, *scores)
    if low == high:
        return None
    step, tall = (WIDTH - _LEFT - _RIGHT) / len(rows), HEIGHT - _TOP - _FOOT

    def y(score: float) -> float:
        return round(_TOP + tall * (high - score) / (high - low), 1)

    parts = []
    for place, score in enumerate(scores):
        x = round(_LEFT + step * place, 1)
        parts.append(f"{'M' if place == 0 else 'L'}{x} {y(score)}L{round(x + step, 1)} {y(score)}")
    return ShapePlot(
        width=WIDTH, height=HEIGHT, left=_LEFT, right=WIDTH - _RIGHT, bottom=HEIGHT - _FOOT,
        zero=y(0.0), path="".join(parts), across=_across(shape, step),
        up=tuple(Mark(y(score), f"{score:+.2f}") for score in sorted({low, 0.0, high})),
    )  # fmt: skip


def _across(shape: ShapeView, step: float) -> tuple[Mark, ...]:
    """Return the cuts between intervals that are written below, or the values of a text."""
    names = (
        [f"{cut:.4g}" for cut in shape.cuts] if shape.number else [n for n, _s in shape.rows[:-1]]
    )
    if not names:
        return ()
    every = -(-len(names) // _LABELS)
    offset = 1.0 if shape.number else 0.5
    return tuple(
        Mark(round(_LEFT + step * (place + offset), 1), names[place][:14])
        for place in range(0, len(names), every)
    )
