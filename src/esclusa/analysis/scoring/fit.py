"""Fitting a score, from examples to the model as plain data. Needs the extra ``learn``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from esclusa.analysis.scoring.bands import bands
from esclusa.analysis.scoring.boosted import fit_boosted
from esclusa.analysis.scoring.calibration import calibrated, probabilities
from esclusa.analysis.scoring.compare import estimates
from esclusa.analysis.scoring.drift import spreads
from esclusa.analysis.scoring.extra import PACKAGES, versions
from esclusa.analysis.scoring.linear import fit_linear
from esclusa.analysis.scoring.metrics import worth
from esclusa.analysis.scoring.model import Calibration, Feature, Model, Training
from esclusa.analysis.scoring.pieces import Sum, added, centred, log_odds, tables
from esclusa.analysis.scoring.recipe import Examples, Recipe, parts_of
from esclusa.analysis.scoring.score import Scorer
from esclusa.errors import StateError

LEAST_FINDS: Final = 20
LEAST_ROWS: Final = 200
"""With fewer known outcomes, or fewer of one kind, nothing is fitted: shapes would be chance."""
FEW_FINDS: Final = 200
"""Below so many finds the card warns that single shapes can be chance."""
_SHARES: Final = (0.0, 0.25, 0.5, 0.7, 0.85, 1.0)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The three parts of a strict split: learned from, chosen and calibrated on, judged on."""

    train: Examples
    valid: Examples
    test: Examples


def fit_sum(examples: Examples, features: Sequence[Feature], recipe: Recipe) -> Sum:
    """Return the fitted score before it is rounded: pieces at mean 0 over the examples.

    :raises StateError: the extra is not installed, or there is too little to learn from.
    """
    enough(examples)
    parts = parts_of(tuple(features), recipe, examples.frame)
    if not parts:
        raise StateError("no feature has two different values: there is nothing to learn from")
    even = examples.weight / examples.weight.mean()
    examples = Examples(examples.frame, examples.found, even)
    sums = []
    if recipe.linear < 1:
        sums.append(fit_boosted(examples, parts, recipe).times(1 - recipe.linear))
    if recipe.linear > 0:
        sums.append(fit_linear(examples, parts, recipe).times(recipe.linear))
    return centred(added(sums), examples.frame, even)


def choose_linear(held: Held, features: Sequence[Feature], recipe: Recipe) -> Recipe:
    """Return the recipe with the share of the regression that has the least log loss on the part
    for validation; of two alike the one nearer to the recipe's own."""
    alone = [
        log_odds(fit_sum(held.train, features, _with(recipe, linear=share)), held.valid.frame)
        for share in (0.0, 1.0)
    ]
    found, weight = held.valid.found, held.valid.weight
    losses = []
    for share in dict.fromkeys((recipe.linear, *_SHARES)):
        z = (1 - share) * alone[0] + share * alone[1]
        loss = np.average(np.logaddexp(0.0, np.where(found, -z, z)), weights=weight)
        losses.append((round(float(loss), 5), abs(share - recipe.linear), share))
    return _with(recipe, linear=min(losses)[2])


def fit(
    held: Held,
    features: Sequence[Feature],
    recipe: Recipe,
    *,
    name: str,
    fitted: str,
    feature_version: str,
    training: Training,
) -> Model:
    """Return a fitted, calibrated, judged model.

    :param fitted: the moment, ISO 8601 UTC.
    :param training: what the caller knows of the data (rows, period, lanes); the rest is filled in.
    :raises StateError: see :func:`fit_sum`.
    """
    parts, terms, intercept = tables(fit_sum(held.train, features, recipe))
    read = {part.feature for part in parts}
    used = tuple(feature for feature in features if feature.name in read)
    train = held.train
    bare = Model(
        name=name, fitted=fitted, feature_version=feature_version, features=used, parts=parts,
        terms=terms, intercept=intercept,
        prior=float(np.average(train.found, weights=train.weight)),
        calibration=Calibration(), training=training,
    )  # fmt: skip
    scorer = Scorer(bare)
    valid, test = scorer.score(held.valid.frame).total, scorer.score(held.test.frame).total
    calibration = calibrated(valid, held.valid.found, held.valid.weight)
    expected = probabilities(calibration, test)
    done = msgspec.structs.replace(
        training,
        worth=worth(train.weight),
        recipe=recipe.text(),
        seed=recipe.seed,
        libraries=versions(*(one for one in PACKAGES if one != "lightgbm")),
        metrics=estimates(held.test.found, test, held.test.weight, seed=recipe.seed),
        bands=bands(expected, held.test.found, held.test.weight),
        spreads=spreads(train.frame, used, scorer.score(train.frame).total),
        limits=_limits(training, int(train.found.sum())),
    )
    return msgspec.structs.replace(bare, calibration=calibration, training=done)


def enough(examples: Examples) -> None:
    """Raise ``StateError`` when there is too little to learn from."""
    finds = int(examples.found.sum())
    rest = examples.rows - finds
    if examples.rows < LEAST_ROWS or min(finds, rest) < LEAST_FINDS:
        raise StateError(
            "a model needs at least {least} known outcomes with {least_finds} finds and as many "
            "without; there are {rows} with {finds} finds",
            least=LEAST_ROWS,
            least_finds=LEAST_FINDS,
            rows=examples.rows,
            finds=finds,
        )


def _limits(training: Training, finds: int) -> tuple[str, ...]:
    control = sum(share for lane, share in training.lanes if lane.startswith("control"))
    own = [
        "few_finds" if finds < FEW_FINDS else "",
        "" if control else "no_control",
        "no_twin_check" if training.twins is None else "",
    ]
    return ("selective", "exam", "cause", "time", *(one for one in own if one))


def _with(recipe: Recipe, **changes: Any) -> Recipe:
    return msgspec.structs.replace(recipe, **changes)
