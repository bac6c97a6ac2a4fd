"""A pool of boxes for the tests of selection: few importers and lanes, some never inspected."""

from __future__ import annotations

import random

from esclusa.analysis.selection import Candidate, Past

OLDER = """
control_share = 0.1
looks = 4.0
[[cells]]
kind = "importer"
novelty = 2.0
traffic = 1.0
busy = 4.0
thinness = 2.0
[[cells]]
kind = "lane"
traffic = 0.5
busy = 400.0
thinness = 0.5
[[follow]]
kind = "fresh_lane"
weight = 0.3
"""
"""Cells and what is followed, as versions 1.1 and 1.2 of the shipped policy had them."""


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
