"""From records to a fitted model, and two models on rows that neither learned from."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.profiles import features as profile_features
from esclusa.analysis.scoring import (
    Comparison,
    Examples,
    Feature,
    Known,
    Model,
    Recipe,
    Scorer,
    Split,
    Training,
    compare,
    groups,
    known_examples,
    promise,
    shifts,
    strict_split,
)
from esclusa.analysis.scoring.challenger import NAME as CHALLENGER
from esclusa.analysis.scoring.challenger import Challenger
from esclusa.analysis.scoring.fit import Held, choose_linear, enough, fit
from esclusa.errors import StateError
from esclusa.model import ScoreFigure
from esclusa.sharing.score_views import DriftView, ShiftView

FEATURE_VERSION: Final = "profiles-1"
"""Raised whenever a feature of the profiles changes its meaning: older models then do not score."""
VALID_AT: Final = 0.70
TEST_AT: Final = 0.85
"""Shares of the known outcomes, in the order of time, where choosing and testing begin."""
LEAST_ROWS: Final = 40
LEAST_FINDS: Final = 5
"""With fewer rows that neither model learned from, two models are not compared."""
DRAWS: Final = 400


class Fitted(msgspec.Struct, frozen=True):
    """A model, and its figures against boosted trees on the same rows."""

    model: Model
    challenger: tuple[ScoreFigure, ...]


def feature_list() -> tuple[Feature, ...]:
    """Return every feature that a model may read; all are numbers."""
    return tuple(
        Feature(name=one.name, kind="number", title_en=one.title_en, title_es=one.title_es)
        for one in profile_features()
    )


def fit_on(
    features: pl.DataFrame, outcomes: pl.DataFrame, *, name: str, now: dt.datetime, data: str,
    recipe: Recipe, consignments: int,
) -> Fitted:  # fmt: skip
    """Return a model fitted on a strict split by time, and compare it with boosted trees.

    :param features: as ``consignment_features`` gives them, each row at its own moment of decision.
    :param outcomes: as ``outcomes`` gives them, of consignments.
    :param data: a sentence on where the rows come from, for the card.
    :param consignments: how many there are, examined or not.
    :raises StateError: too few outcomes, or the extra ``learn`` is not installed.
    """
    known = known_examples(features, outcomes, until=now)
    enough(known.examples)
    split, held = split_of(known)
    names = feature_list()
    chosen = choose_linear(held, names, recipe)
    found = known.examples.found
    training = Training(
        rows=consignments, known=known.examples.rows, finds=int(found.sum()),
        unknown=consignments - known.examples.rows, worth=0.0, since=_when(known.at[0]),
        until=_when(known.at[-1]), held_from=_when(known.at[split.test[0]]), data=data,
        twins=split.twins, lanes=known.lanes,
        without_probability=known.without_probability, weights_capped=known.capped,
    )  # fmt: skip
    model = fit(
        held, names, chosen, name=name, fitted=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        feature_version=FEATURE_VERSION, training=training,
    )  # fmt: skip
    theirs = Challenger(held, names, chosen).log_odds(held.test.frame)
    ours = Scorer(model).score(held.test.frame).total
    told = compare(
        held.test.found, theirs, ours, held.test.weight, names=(CHALLENGER, name), draws=DRAWS
    )
    return Fitted(model, figures_of(told))


def split_of(known: Known) -> tuple[Split, Held]:
    """Return the strict split of known outcomes by time, and its parts.

    :raises StateError: a part would be empty.
    """
    at = known.at
    valid_from, test_from = (int(np.quantile(at, share)) for share in (VALID_AT, TEST_AT))
    split = strict_split(at, twins_of(known.examples), valid_from, test_from)
    parts = [known.examples.take(rows) for rows in (split.train, split.valid, split.test)]
    if any(len(set(part.found.tolist())) < 2 for part in parts):
        raise StateError(
            "the known outcomes cannot be parted by time into three parts that each have finds and "
            "others: wait for more of them"
        )
    return split, Held(train=parts[0], valid=parts[1], test=parts[2])


def twins_of(examples: Examples) -> npt.NDArray[np.int64]:
    """Return groups of consignments that state the same: equal in all that a row says by itself."""
    raw = [one.name for one in profile_features() if one.group == "raw"]
    return groups(examples.frame, [name for name in raw if name in examples.frame.columns])


def compare_on(
    features: pl.DataFrame, outcomes: pl.DataFrame, old: Model, new: Model, now: dt.datetime
) -> Comparison:
    """Compare two models on rows that neither learned from: later than what both were fitted on,
    without a twin among earlier ones.

    :raises StateError: when there are too few such rows.
    """
    known = known_examples(features, outcomes, until=now)
    twin = twins_of(known.examples)
    since = max(_micros(old.training.held_from), _micros(new.training.held_from))
    split = strict_split(known.at, twin, since, since)
    earlier = np.isin(twin[split.test], twin[known.at < since])
    some = known.examples.take(split.test[~earlier])
    finds = int(some.found.sum())
    if some.rows < LEAST_ROWS or min(finds, some.rows - finds) < LEAST_FINDS:
        raise StateError(
            "only {rows} outcomes with {finds} finds are new to both models; "
            "{least} with {least_finds} are needed to compare them",
            rows=some.rows,
            finds=finds,
            least=LEAST_ROWS,
            least_finds=LEAST_FINDS,
        )
    before, after = (Scorer(one).score(some.frame).total for one in (old, new))
    return compare(
        some.found, before, after, some.weight, names=(old.name, new.name), twins=split.twins,
        draws=DRAWS,
    )  # fmt: skip


def drift_on(
    recent: pl.DataFrame, features: pl.DataFrame, outcomes: pl.DataFrame, scorer: Scorer,
    now: dt.datetime, language: str,
) -> DriftView:  # fmt: skip
    """Return what moved since training among what was scored lately, and how the probability holds
    on control samples that were examined after everything it was made from.

    :param recent: features of what was scored, each row as of the moment when it was.
    :param features: of consignments with an outcome, each row at its moment of decision.
    """
    model = scorer.model
    titles = {
        one.name: one.title_es if language == "es" else one.title_en for one in model.features
    }
    moved = shifts(model, recent, scorer.score(recent).total)
    later = outcomes.filter(pl.col("lane").str.starts_with("control"))
    known = known_examples(
        features.filter(pl.col("at") > _moment(model.training.until)), later, until=now
    )
    told = promise(
        scorer.score(known.examples.frame).probability, known.examples.found, known.examples.weight
    )
    return DriftView(
        model=model.name, rows=recent.height,
        shifts=tuple(
            ShiftView(
                title=titles.get(one.feature, ""), index=one.index, beyond=one.beyond,
                alarm=one.alarm,
            )
            for one in moved
        ),
        control_rows=told.rows if told else 0, control_finds=told.finds if told else 0,
        expected=told.expected if told else None, found=told.found if told else None,
        errors=told.errors if told else None, alarm=told is not None and told.alarm,
    )  # fmt: skip


def figures_of(told: Comparison) -> tuple[ScoreFigure, ...]:
    """Return a comparison's figures as records keep them."""
    return tuple(
        ScoreFigure(name=one.name, old=one.old, new=one.new, low=one.low, high=one.high)
        for one in told.figures
    )


def _when(micros: np.int64) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(micros))
    return moment.isoformat().replace("+00:00", "Z")


def _moment(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment)


def _micros(moment: str) -> int:
    return round(_moment(moment).timestamp() * 1_000_000)
