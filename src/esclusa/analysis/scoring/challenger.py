"""The challenger: gradient-boosted trees (LightGBM) on the same features and examples.

It is there to be compared with: if trees that may remember anything are no better, the score that
explains itself costs nothing. It is never kept, calibrated or activated. Needs the extra ``learn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.extra import library, quietly
from esclusa.analysis.scoring.fit import Held, enough
from esclusa.analysis.scoring.model import Feature, Part
from esclusa.analysis.scoring.recipe import Recipe, parts_of, text_of
from esclusa.analysis.scoring.score import part_bins

NAME: Final = "LightGBM"
_TREES: Final = 400
_PATIENCE: Final = 40


class Challenger:
    """Fitted trees; :meth:`log_odds` ranks rows as a model's score does."""

    def __init__(self, held: Held, features: Sequence[Feature], recipe: Recipe) -> None:
        """Fit on the part for training, and stop by the part for validation.

        :raises StateError: the extra is not installed, or there is too little to learn from.
        """
        enough(held.train)
        lightgbm = library("lightgbm")
        self._parts = parts_of(tuple(features), recipe, held.train.frame)
        texts = [place for place, part in enumerate(self._parts) if not part.is_number]
        machine = lightgbm.LGBMClassifier(
            n_estimators=_TREES, num_leaves=31, max_depth=4, learning_rate=0.05, verbosity=-1,
            min_child_samples=20, n_jobs=1, random_state=recipe.seed, deterministic=True,
            force_row_wise=True,
        )  # fmt: skip
        with quietly():
            machine.fit(
                self._columns(held.train.frame), held.train.found,
                sample_weight=held.train.weight,
                eval_set=[(self._columns(held.valid.frame), held.valid.found)],
                eval_sample_weight=[held.valid.weight],
                callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
                categorical_feature=texts,
            )  # fmt: skip
        self._machine: Any = machine

    def log_odds(self, frame: pl.DataFrame) -> npt.NDArray[np.float64]:
        """Return log odds, one a row."""
        with quietly():
            found = self._machine.predict(self._columns(frame), raw_score=True)
        return np.asarray(found, dtype=np.float64)

    def _columns(self, frame: pl.DataFrame) -> npt.NDArray[np.float64]:
        return np.stack([_column(part, frame[part.feature]) for part in self._parts], axis=1)


def _column(part: Part, column: pl.Series) -> npt.NDArray[np.float64]:
    if part.is_number:
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    bins = part_bins(part, text_of(column, part.prefix)).astype(np.float64)
    bins[(bins == 0) | (bins == part.size - 1)] = np.nan
    return bins
