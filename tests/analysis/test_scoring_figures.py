"""Calibration, figures, splits, comparisons, containers and alarms, each against what is known.

CPU: about 5 seconds.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_worlds import BARE, FEATURES, rows

from esclusa.analysis.scoring import (
    Model,
    calibrated,
    combine,
    compare,
    groups,
    naive_split,
    probabilities,
    promise,
    seeded_split,
    shifts,
    strict_split,
)
from esclusa.analysis.scoring.bands import bands
from esclusa.analysis.scoring.compare import estimates
from esclusa.analysis.scoring.drift import chi_square, spreads
from esclusa.analysis.scoring.metrics import ranked, worth
from esclusa.analysis.scoring.model import UNIT, Calibration
from esclusa.analysis.scoring.words import LANGUAGES, _texts

SHARE = st.floats(0, 1)


# --- figures ---------------------------------------------------------------------------------------


def test_figures_agree_with_scikit_learn_ties_and_weights_included():
    metrics = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(0)
    for _ in range(20):
        found = draw.random(200) < 0.3
        score = draw.integers(0, 12, 200)
        weight = draw.gamma(1.0, 1.0, 200) + 0.01
        ours = ranked(found, score, weight)
        assert ours.auc == pytest.approx(metrics.roc_auc_score(found, score, sample_weight=weight))
        theirs = metrics.average_precision_score(found, score, sample_weight=weight)
        assert ours.average_precision == pytest.approx(theirs)


def test_precision_counts_ties_as_the_average_of_their_orders():
    found = np.array([True, False, False, True] + [False] * 36)
    score = np.array([5, 5, 5, 5] + [1] * 36)
    five = ranked(found, score).precision[2]  # two of forty rows, from four alike with two finds
    assert five == pytest.approx(0.5)


def test_nothing_of_one_kind_has_no_area():
    assert ranked(np.zeros(5, bool), np.arange(5)).auc is None


def test_worth_of_weights():
    assert worth(np.ones(10)) == pytest.approx(10)
    assert worth(np.array([9.0, 1.0])) == pytest.approx(100 / 82)


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    """The area under the curve of two normal distributions at distance 1 is Φ(1/√2)."""
    truth, inside = 0.5 * (1 + math.erf(0.5)), 0
    draw = np.random.default_rng(2)
    for seed in range(60):
        found = draw.random(300) < 0.4
        score = draw.normal(found * 1.0, 1.0)
        auc = estimates(found, score, np.ones(300), draws=150, seed=seed)[0]
        inside += auc.low <= truth <= auc.high
    assert inside >= 52


def test_a_paired_comparison_sees_what_two_intervals_would_not():
    draw = np.random.default_rng(3)
    found = draw.random(2_000) < 0.2
    old = draw.normal(found * 0.5, 1.0)
    new = old + found * 0.05 + draw.normal(0, 0.01, 2_000)
    told = compare(found, old, new, names=("old", "new"), draws=200).figures[0]
    alone = estimates(found, old, np.ones(2_000), draws=200)[0]
    assert told.wins
    assert told.new < alone.high
    same = compare(found, old, old * 3 + 1, names=("old", "new"), draws=50).figures
    assert all(one.difference == 0 and not one.wins and not one.loses for one in same)


def test_rows_of_one_group_are_drawn_together():
    draw = np.random.default_rng(4)
    found = np.repeat(draw.random(60) < 0.4, 20)
    old, new = np.repeat(draw.random(60), 20), np.repeat(draw.random(60), 20)
    group = np.repeat(np.arange(60), 20)
    kept = compare(found, old, new, names=("a", "b"), group=group, draws=200).figures[0]
    loose = compare(found, old, new, names=("a", "b"), draws=200).figures[0]
    assert kept.high - kept.low > 2 * (loose.high - loose.low)


# --- splits ----------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=60),
    st.integers(0, 9), st.integers(0, 9),
)  # fmt: skip
def test_no_group_lies_in_two_parts_and_none_counts_twice(pairs, one, other):
    at, group = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    early, late = sorted((one, other))
    split = strict_split(at, group, early, late)
    parts = [group[rows] for rows in (split.train, split.valid, split.test)]
    for part in parts:
        assert len(set(part.tolist())) == len(part)
    assert not set(parts[0].tolist()) & set(parts[1].tolist())
    assert not set(parts[2].tolist()) & (set(parts[0].tolist()) | set(parts[1].tolist()))
    assert set(parts[2].tolist()) == set(group[at >= late].tolist())
    for rows_of, low, high in (
        (split.train, -1, early),
        (split.valid, early, late),
        (split.test, late, 99),
    ):
        assert all(low <= when < high or (low == -1 and when < high) for when in at[rows_of])
    earlier = set(group[at < late].tolist())
    tested = group[at >= late].tolist()
    expected = sum(one in earlier for one in tested) / len(tested) if tested else 0.0
    assert split.twins == pytest.approx(expected)


def test_groups_agree_where_all_columns_do_missing_ones_too():
    frame = pl.DataFrame(
        {"a": ["x", "x", None, None, "y"], "b": [1.0, 1.0, 2.0, 2.0, 1.0], "c": range(5)}
    )
    found = groups(frame, ["a", "b"])
    assert found[0] == found[1]
    assert found[2] == found[3]
    assert len(set(found.tolist())) == 3


def test_a_seeded_split_parts_groups_and_a_naive_one_does_not():
    group = np.repeat(np.arange(200), 3)
    split = seeded_split(group, 1)
    assert len(split.train) + len(split.valid) + len(split.test) == 200
    assert split.twins == 1.0
    naive = naive_split(np.tile([0, 5, 9], 200), 3, 7)
    assert set(group[naive.train]) & set(group[naive.test])


# --- calibration -----------------------------------------------------------------------------------


def test_isotonic_agrees_with_scikit_learn():
    from sklearn import isotonic

    draw = np.random.default_rng(5)
    score = draw.integers(-30_000, 30_000, 3_000)
    found = draw.random(3_000) < 1 / (1 + np.exp(-score / UNIT))
    weight = draw.gamma(2.0, 1.0, 3_000)
    ours = calibrated(score, found, weight, method="isotonic")
    theirs = isotonic.IsotonicRegression(y_min=1e-6, y_max=1 - 1e-6, out_of_bounds="clip")
    theirs.fit(score, found, sample_weight=weight)
    assert np.abs(probabilities(ours, score) - theirs.predict(score)).max() < 1e-9
    assert (np.diff(probabilities(ours, np.arange(-40_000, 40_000, 7))) >= 0).all()


def test_platt_finds_the_slope_that_was_planted():
    draw = np.random.default_rng(6)
    score = draw.normal(0, 15_000, 20_000).astype(np.int64)
    found = draw.random(20_000) < 1 / (1 + np.exp(-(0.6 * score / UNIT - 1.0)))
    one = calibrated(score, found, np.ones(20_000), method="platt")
    assert one.slope == pytest.approx(0.6, abs=0.04)
    assert one.offset == pytest.approx(-1.0, abs=0.06)


def test_the_number_of_rows_chooses_the_method_and_a_reversed_score_is_left_alone():
    draw = np.random.default_rng(7)
    score = draw.normal(0, 10_000, 2_000).astype(np.int64)
    found = draw.random(2_000) < 1 / (1 + np.exp(-score / UNIT))
    ones = np.ones(2_000)
    assert calibrated(score, found, ones).method == "isotonic"
    assert calibrated(score[:300], found[:300], ones[:300]).method == "platt"
    assert calibrated(score[:8], found[:8], ones[:8]).method == "none"
    assert calibrated(-score, found, ones, method="platt").method == "none"


def test_bands_cover_all_rows_and_hold_the_truth():
    draw = np.random.default_rng(8)
    expected = draw.random(5_000) ** 2
    found = draw.random(5_000) < expected
    made = bands(expected, found, np.ones(5_000))
    assert sum(band.rows for band in made) == 5_000
    assert sum(band.found_low <= band.expected <= band.found_high for band in made) >= len(made) - 2


# --- containers ------------------------------------------------------------------------------------


@given(st.lists(st.one_of(st.none(), SHARE), max_size=8), st.one_of(st.none(), SHARE))
def test_a_container_is_the_noisy_or_of_its_bills_and_its_own(bills, box):
    made = combine(bills, box)
    known = [one for one in [*bills, box] if one is not None]
    if not known:
        assert made is None
        return
    assert made is not None
    assert made.probability == pytest.approx(1 - math.prod(1 - one for one in known))
    assert made.low - 1e-12 <= made.probability <= made.high + 1e-12
    assert made.low == max(known)
    assert (made.scored, made.unscored) == (len(bills) - bills.count(None), bills.count(None))
    back = combine(bills[::-1], box)
    assert back is not None
    assert back.probability == pytest.approx(made.probability)


def test_a_container_with_known_figures():
    made = combine([0.1, 0.2], 0.5)
    assert made is not None
    assert made.probability == pytest.approx(0.64)
    with pytest.raises(ValueError, match="between 0 and 1"):
        combine([1.2])


# --- alarms ----------------------------------------------------------------------------------------


def _with_spreads(frame: pl.DataFrame, total: np.ndarray) -> Model:
    training = msgspec.structs.replace(BARE, spreads=spreads(frame, FEATURES, total))
    return Model(
        name="x", fitted="", feature_version="", features=FEATURES, parts=(), terms=(), intercept=0,
        prior=0.1, calibration=Calibration(), training=training,
    )  # fmt: skip


def test_rows_from_the_same_world_raise_no_alarm_however_few():
    draw = np.random.default_rng(9)
    frame, _ = rows(2_000, 20)
    model = _with_spreads(frame, draw.normal(0, 9_000, 2_000).astype(np.int64))
    alarms = 0
    for seed in range(40):
        count = (100, 300, 1_500)[seed % 3]
        now, _ = rows(count, 100 + seed)
        found = shifts(model, now, draw.normal(0, 9_000, count).astype(np.int64))
        alarms += sum(one.alarm for one in found)
        assert len(found) == len(FEATURES) + 1
    assert alarms == 0


def test_a_feature_that_moved_is_named_first_and_a_lost_one_too():
    frame, _ = rows(2_000, 20)
    total = np.random.default_rng(9).normal(0, 9_000, 2_000).astype(np.int64)
    model = _with_spreads(frame, total)
    now, _ = rows(800, 21)
    moved = now.with_columns(pl.col("value_per_kg") * 2.5, pl.lit(None, pl.String).alias("origin"))
    found = shifts(model, moved, total[:800])
    assert [one.feature for one in found if one.alarm] == ["origin", "value_per_kg"]
    few = shifts(model, moved.head(50), total[:50])
    assert not any(one.alarm for one in few)


def test_an_index_that_few_rows_give_by_chance_is_no_alarm():
    """The same distance is beyond chance on many rows, and within it on few."""
    frame, _ = rows(2_000, 20)
    model = _with_spreads(frame, np.arange(2_000))
    found = []
    for count in (100, 2_000):
        moved = frame.head(count).with_columns(pl.col("value_per_kg") * 1.45)
        found.append(
            next(
                one
                for one in shifts(model, moved, np.arange(2_000)[:: 2_000 // count])
                if one.feature == "value_per_kg"
            )
        )
    few, many = found
    assert few.index > 0.1 and not few.alarm and few.beyond < 1
    assert many.index > 0.1 and many.alarm and many.beyond > 1


def test_chi_square_quantiles():
    """Table of NIST: 9 degrees 27.877, 3 degrees 16.266 at 0.999."""
    assert chi_square(0.999, 9) == pytest.approx(27.877, rel=0.02)
    assert chi_square(0.999, 3) == pytest.approx(16.266, rel=0.02)


def test_a_promise_kept_raises_no_alarm_and_a_broken_one_does():
    draw = np.random.default_rng(11)
    p = np.clip(draw.beta(1, 30, 2_000), 0, 1)
    weight = draw.uniform(5, 20, 2_000)
    kept = promise(p, draw.random(2_000) < p, weight)
    broken = promise(p, draw.random(2_000) < 2 * p, weight)
    assert kept is not None and not kept.alarm
    assert broken is not None and broken.alarm and broken.errors > 3
    few = promise(p[:50], np.ones(50, bool), weight[:50])
    assert few is not None and not few.alarm
    assert promise(p[:0], np.zeros(0, bool), weight[:0]) is None


def test_promises_that_hold_lie_within_two_errors_as_often_as_they_should():
    draw = np.random.default_rng(12)
    inside = 0
    for _ in range(300):
        p = np.clip(draw.beta(1, 20, 400), 0, 1)
        told = promise(p, draw.random(400) < p, draw.uniform(1, 10, 400))
        assert told is not None
        inside += abs(told.errors) < 1.96
    assert 270 <= inside <= 297


def test_every_text_stands_in_both_languages_with_the_same_places_to_fill():
    import string

    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for group in _texts().values():
        names = {name.rpartition("_")[0] for name in group}
        for name in names:
            english, spanish = (group[f"{name}_{language}"] for language in LANGUAGES)
            assert places(english) == places(spanish), name
