"""A small made-up world to fit scores in: what is planted in it is known.

    held, features = planted(seed=1)

Cost: fitting on it takes about half a CPU second.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from esclusa.analysis.scoring import Examples, Feature, Training
from esclusa.analysis.scoring.fit import Held

FEATURES = (
    Feature(
        name="value_per_kg",
        kind="number",
        title_en="Value per kilogram",
        title_es="Valor por kilogramo",
    ),
    Feature(
        name="lead_hours", kind="number", title_en="Hours of notice", title_es="Horas de aviso"
    ),
    Feature(name="tariff", kind="text", title_en="Tariff code", title_es="Código arancelario"),
    Feature(name="origin", kind="text", title_en="Origin", title_es="Origen"),
)
BARE = Training(rows=0, known=0, finds=0, unknown=0, worth=0.0)


def rows(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows and their finds: low value, late notice, chapter 85, and 85 from AA more than both."""
    draw = np.random.default_rng(seed)
    value = draw.lognormal(2, 1, count)
    lead = draw.gamma(2, 30, count)
    tariff = draw.choice(["850440", "850110", "847130", "620342", "020130", "940360"], count)
    origin = draw.choice(["AA", "BB", "CC"], count, p=[0.5, 0.3, 0.2])
    is_85 = np.char.startswith(tariff, "85")
    z = (
        -2.2
        - 0.8 * (np.log(value) - 2)
        + 1.2 * (lead < 20)
        + 0.9 * is_85
        + 0.8 * (is_85 & (origin == "AA"))
    )
    found = draw.random(count) < 1 / (1 + np.exp(-z))
    value[draw.random(count) < 0.05] = np.nan
    frame = pl.DataFrame(
        {"value_per_kg": value, "lead_hours": lead, "tariff": tariff, "origin": origin}
    ).with_columns(
        pl.when(pl.Series(draw.random(count) < 0.05))
        .then(None)
        .otherwise(pl.col("origin"))
        .alias("origin")
    )
    return frame, found


def planted(seed: int = 1, count: int = 1_500) -> Held:
    """Three parts of rows, all weights 1."""
    parts = [rows(count, seed * 10 + number) for number in range(3)]
    one, two, three = (Examples(frame, found, np.ones(count)) for frame, found in parts)
    return Held(train=one, valid=two, test=three)
