"""Fitting: what comes out is what interpret-core learned; only known outcomes teach; one clear error.

CPU: about 15 seconds, most of it importing and running the libraries that learn.
"""

from __future__ import annotations

import datetime as dt

import msgspec
import numpy as np
import polars as pl
import pytest
from scoring_worlds import BARE, FEATURES, planted, rows

from esclusa.analysis.scoring import (
    PLAIN,
    Examples,
    Recipe,
    Scorer,
    Shape,
    card,
    compare,
    known_examples,
    read_model,
    write_model,
)
from esclusa.analysis.scoring import extra as extra_module
from esclusa.analysis.scoring.boosted import columns, fit_machine, read_out
from esclusa.analysis.scoring.challenger import Challenger
from esclusa.analysis.scoring.fit import choose_linear, fit, fit_sum
from esclusa.analysis.scoring.metrics import ranked
from esclusa.analysis.scoring.model import UNIT
from esclusa.analysis.scoring.pieces import centred, log_odds, tables
from esclusa.analysis.scoring.recipe import parts_of
from esclusa.errors import StateError

LEVELS = (("tariff", (2, 4, 6)),)
RECIPE = Recipe(prefixes=LEVELS, bags=2, linear=0.5)


@pytest.fixture(scope="module")
def held():
    return planted()


@pytest.fixture(scope="module")
def model(held):
    return fit(
        held, FEATURES, RECIPE, name="planted", fitted="2026-02-01T00:00:00Z",
        feature_version="test-1", training=BARE,
    )  # fmt: skip


def test_the_export_gives_interprets_own_predictions(held):
    recipe = msgspec.structs.replace(PLAIN, prefixes=LEVELS, bags=2, interactions=2)
    parts = parts_of(FEATURES, recipe, held.train.frame)
    machine = fit_machine(held.train, parts, recipe)
    assert any(len(term) == 2 for term in machine.term_features_)
    strange = pl.DataFrame(
        {
            "value_per_kg": [None, 1e9, -5.0, float("nan")],
            "lead_hours": [10.0, None, 1e-9, 3.0],
            "tariff": ["999999", None, "850440", "85"],
            "origin": ["ZZ", "AA", None, ""],
        }
    )
    frame = pl.concat([held.test.frame, strange])
    theirs = machine.decision_function(columns(frame, parts))
    ours = log_odds(read_out(machine, parts), frame)
    assert np.abs(ours - theirs).max() < 1e-9
    even = np.ones(held.train.rows)
    kept = tables(centred(read_out(machine, parts), held.train.frame, even))
    exported = _of(kept, held)
    rounding = (len(exported.terms) + 1) * 0.5 / UNIT
    assert np.abs(Scorer(exported).score(frame).total / UNIT - theirs).max() <= rounding + 1e-9


def _of(kept, held):
    parts, terms, intercept = kept
    whole = fit(
        held, FEATURES, msgspec.structs.replace(RECIPE, linear=1.0), name="x", fitted="",
        feature_version="", training=BARE,
    )  # fmt: skip
    return msgspec.structs.replace(
        whole, features=FEATURES, parts=parts, terms=terms, intercept=intercept
    )


def test_a_blend_is_the_sum_of_its_halves(held):
    whole = fit_sum(held.train, FEATURES, RECIPE)
    halves = [
        fit_sum(held.train, FEATURES, msgspec.structs.replace(RECIPE, linear=share))
        for share in (0.0, 1.0)
    ]
    frame = held.test.frame
    expected = (log_odds(halves[0], frame) + log_odds(halves[1], frame)) / 2
    assert np.abs(log_odds(whole, frame) - expected).max() < 1e-9


def test_pieces_are_centred_on_the_training_rows(held, model):
    scored = Scorer(model).score(held.train.frame)
    assert np.abs(scored.contributions.mean(axis=1)).max() < 1.0  # of a ten-thousandth


def test_it_finds_what_was_planted_and_says_so(held, model):
    scored = Scorer(model).score(held.test.frame)
    auc = ranked(held.test.found, scored.total).auc
    assert auc is not None and auc > 0.72
    term = next(
        number for number, term in enumerate(model.terms)
        if model.parts[term.parts[0]].feature == "value_per_kg"
    )  # fmt: skip
    lines = Shape(model, term, "en").lines()
    assert lines[0][1] > 0 > lines[-2][1]  # low value raises, high value lowers
    assert lines[-1][0] == "not stated"
    gap = scored.probability.mean() - held.test.found.mean()
    assert abs(gap) < 0.03


def test_the_same_examples_and_seed_give_the_same_file(held, model):
    again = fit(
        held, FEATURES, RECIPE, name="planted", fitted="2026-02-01T00:00:00Z",
        feature_version="test-1", training=BARE,
    )  # fmt: skip
    assert write_model(again) == write_model(model)
    assert read_model(write_model(model)) == model


def test_only_features_that_say_something_are_read(held):
    frame = held.train.frame.with_columns(pl.lit(3.0).alias("lead_hours"))
    train = Examples(frame, held.train.found, held.train.weight)
    made = fit(
        msgspec.structs.replace(held, train=train), FEATURES,
        msgspec.structs.replace(RECIPE, linear=1.0), name="x", fitted="", feature_version="",
        training=BARE,
    )  # fmt: skip
    assert "lead_hours" not in {feature.name for feature in made.features}


def test_too_little_to_learn_from_is_refused(held):
    some = held.train.take(np.arange(150))
    with pytest.raises(StateError, match="at least 200 known outcomes with 20 finds"):
        fit_sum(some, FEATURES, RECIPE)
    clean = Examples(held.train.frame, np.zeros(held.train.rows, bool), held.train.weight)
    with pytest.raises(StateError, match="with 0 finds"):
        fit_sum(clean, FEATURES, RECIPE)


def test_without_the_extra_there_is_one_clear_error(held, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(extra_module, "import_module", absent)
    with pytest.raises(StateError, match=r"fitting needs interpret.*esclusa\[learn\]"):
        fit_sum(held.train, FEATURES, RECIPE)
    with pytest.raises(StateError, match="needs lightgbm"):
        Challenger(held, FEATURES, RECIPE)


def test_unknown_is_left_out_and_never_clean():
    frame, _found = rows(6, 3)
    when = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    features = frame.with_columns(
        record=pl.Series([f"r{n}" for n in range(6)]),
        at=pl.Series([when + dt.timedelta(days=5 - n) for n in range(6)]),
    )
    outcomes = pl.DataFrame(
        {
            "subject": ["r0", "r1", "r2", "r3", "elsewhere"],
            "found": [True, False, None, True, True],
            "known": [when + dt.timedelta(days=n) for n in (8, 9, 9, 30, 8)],
            "lane": ["value", "control_random", "value", "value", "value"],
            "probability": [None, 0.005, None, 0.5, None],
        }
    )
    known = known_examples(features, outcomes, until=when + dt.timedelta(days=20))
    assert known.examples.frame["record"].to_list() == ["r1", "r0"]  # by time
    assert known.examples.found.tolist() == [False, True]
    assert known.examples.weight.tolist() == [100.0, 1.0]  # 1/0.005, cut to the largest
    assert (known.unknown, known.without_probability, known.capped) == (4, 1, 1)
    assert dict(known.lanes) == {"value": 0.5, "control_random": 0.5}


def test_weights_undo_the_selection(held):
    """Rows of one origin are kept with a chance of a tenth: weighted, the share of finds is that of
    all rows; unweighted it is not."""
    frame, found = rows(12_000, 9)
    chance = np.where(found, 1.0, 0.1)
    kept = np.random.default_rng(1).random(len(found)) < chance
    some = Examples(frame.filter(pl.Series(kept)), found[kept], 1 / chance[kept])
    made = fit(
        msgspec.structs.replace(held, train=some), FEATURES,
        msgspec.structs.replace(RECIPE, linear=1.0), name="x", fitted="", feature_version="",
        training=BARE,
    )  # fmt: skip
    assert abs(made.prior - found.mean()) < 0.01
    assert some.found.mean() > 2 * found.mean()
    raw = 1 / (1 + np.exp(-Scorer(made).score(frame).total / UNIT))
    assert abs(raw.mean() - found.mean()) < 0.02


def test_the_share_of_the_regression_is_chosen_on_validation(held):
    chosen = choose_linear(held, FEATURES, RECIPE)
    frame, found = held.valid.frame, held.valid.found

    def loss(share):
        z = log_odds(
            fit_sum(held.train, FEATURES, msgspec.structs.replace(RECIPE, linear=share)), frame
        )
        return np.logaddexp(0, np.where(found, -z, z)).mean()

    assert loss(chosen.linear) <= min(loss(0.0), loss(1.0)) + 1e-5


def test_the_challenger_ranks_rows_and_is_compared_on_the_same_rows(held, model):
    trees = Challenger(held, FEATURES, RECIPE)
    theirs = trees.log_odds(held.test.frame)
    ours = Scorer(model).score(held.test.frame).total
    assert (ranked(held.test.found, theirs).auc or 0) > 0.68
    told = compare(held.test.found, theirs, ours, names=("LightGBM", "planted"), draws=60)
    assert (told.old, told.new, told.rows) == ("LightGBM", "planted", held.test.rows)
    first = told.figures[0]
    assert first.name == "auc"
    assert first.low <= first.difference <= first.high


def test_a_card_says_the_same_in_both_languages(model):
    english, spanish = card(model, "en"), card(model, "es")
    assert len(english.splitlines()) == len(spanish.splitlines())
    assert "Value per kilogram" in english
    assert "Valor por kilogramo" in spanish
    assert "interpret-core" in english
    for metric in model.training.metrics:
        assert f"{metric.value:.3f} ({metric.low:.3f} – {metric.high:.3f})" in english
    assert "Nothing" not in spanish
    for band in model.training.bands:
        assert f"{band.rows} rows" in english
        assert f"{band.rows} filas" in spanish
    assert "no outcome came from a control sample" in english.lower()
