"""A pool of boxes for the tests of selection: few importers and lanes, some never inspected."""

from __future__ import annotations

import random
from pathlib import Path

from esclusa.analysis.selection import Candidate, Past

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OLDER = (_BENCHMARKS / "selection_older.toml").read_text("utf-8")
"""Cells and what is followed, as versions 1.1 and 1.2 of the shipped policy had them."""
THIRD = (_BENCHMARKS / "selection_1_3.toml").read_text("utf-8")
"""The same as version 1.3 had it."""


def some(many: int = 60, seed: int = 3) -> list[Candidate]:
    chance = random.Random(seed)
    return [
        Candidate(
            subject=f"box-{at:03}",
            score=chance.random() ** 5,
            value=chance.random() * 1e5,
            cells={
                "importer": Past(f"importer-{at % 17}", 1 + at % 4, 4 + at % 4, at % 3, 0),
                "lane": Past(f"lane-{at % 5}", 40, 400, 10 * (at % 5), 1),
                "fresh_lane": Past(f"lane-{at % 5}", 4, 40, at % 5, 1),
            },
        )
        for at in range(many)
    ]
