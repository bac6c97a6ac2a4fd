"""Reasons sum to the score exactly; one row and many give the same; the file says what it holds.

CPU: about 3 seconds.
"""

from __future__ import annotations

import math
import subprocess
import sys

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.scoring import (
    Feature,
    Model,
    Part,
    Scorer,
    Term,
    Training,
    checksum,
    explain,
    points,
    read_model,
    top_terms,
    write_model,
)
from esclusa.analysis.scoring.model import MOST, Calibration, mismatch, rounded
from esclusa.errors import InputError

WORDS = ("85", "8504", "AA", "", "ñ", "x" * 40)
NUMBER = st.one_of(st.none(), st.floats(allow_infinity=True, allow_nan=True, width=32))
TEXT = st.one_of(st.none(), st.sampled_from(WORDS), st.text(max_size=6))
SCORE = st.integers(-MOST, MOST)


@st.composite
def models(draw: st.DrawFn) -> Model:
    cuts = draw(st.lists(st.floats(-1e6, 1e6, width=32), unique=True, max_size=5).map(sorted))
    values = draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=4))
    prefix = draw(st.integers(0, 3))
    parts = (
        Part(feature="n", cuts=tuple(cuts)),
        Part(
            feature="t",
            values=tuple(dict.fromkeys(v[: prefix or None] for v in values)),
            prefix=prefix,
        ),
    )
    terms = []
    for chosen in draw(
        st.lists(st.sampled_from([(0,), (1,), (0, 1), (1, 0)]), min_size=1, max_size=6)
    ):
        bins = math.prod(parts[one].size for one in chosen)
        if draw(st.booleans()):
            keys = sorted(draw(st.sets(st.integers(0, bins - 1), min_size=1, max_size=8)))
            scores = draw(st.lists(SCORE, min_size=len(keys), max_size=len(keys)))
            terms.append(Term(parts=chosen, scores=tuple(scores), keys=tuple(keys)))
        else:
            scores = draw(st.lists(SCORE, min_size=bins, max_size=bins))
            terms.append(Term(parts=chosen, scores=tuple(scores)))
    return Model(
        name="drawn", fitted="2026-01-01T00:00:00Z", feature_version="1",
        features=(
            Feature(name="n", kind="number", title_en="Number", title_es="Número"),
            Feature(name="t", kind="text", title_en="Text", title_es="Texto"),
        ),
        parts=parts, terms=tuple(terms), intercept=draw(SCORE), prior=0.1,
        calibration=Calibration(method="platt", slope=0.9, offset=0.1),
        training=Training(rows=1, known=1, finds=0, unknown=0, worth=1.0),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(models(), st.lists(st.tuples(NUMBER, TEXT), min_size=1, max_size=12))
def test_contributions_sum_exactly_and_one_row_scores_as_many_do(model, rows):
    assert mismatch(model) == ""
    frame = pl.DataFrame(rows, schema={"n": pl.Float64, "t": pl.String}, orient="row")
    scorer = Scorer(model)
    many = scorer.score(frame)
    top = top_terms(many.contributions, top=3)
    for place, row in enumerate(frame.to_dicts()):
        one = scorer.one(row)
        assert list(one.contributions) == many.contributions[:, place].tolist()
        assert one.total == many.total[place] == model.intercept + sum(one.contributions)
        assert one.probability == pytest.approx(many.probability[place], rel=1e-12)
        told = explain(model, row, one.contributions, one.probability, top=3)
        assert told.start + sum(one.contribution for one in told.reasons) + told.rest == one.total
        shown = [reason.term for reason in told.reasons]
        assert top[place].tolist()[: len(shown)] == shown
        shown_points = sum(round(float(points(r.contribution)) * 10_000) for r in told.reasons)
        assert shown_points == sum(r.contribution for r in told.reasons)
    assert read_model(write_model(model)) == model


def test_rows_in_another_order_give_the_same_scores():
    model = _small()
    frame = pl.DataFrame({"n": [1.0, None, 5.0, 2.0], "t": ["850440", "85", None, "01"]})
    there = Scorer(model).score(frame).total
    back = Scorer(model).score(frame.reverse()).total
    assert there.tolist() == back.tolist()[::-1]


def test_a_cut_belongs_to_the_interval_above_it():
    model = _small()
    found = [Scorer(model).one({"n": n, "t": None}).contributions[0] for n in (1.9, 2.0, None)]
    assert found == [10, 20, 5]


def test_a_prefix_and_an_unknown_value():
    scorer = Scorer(_small())
    found = [scorer.one({"n": 0.0, "t": t}).contributions[1] for t in ("850440", "85", "9", None)]
    assert found == [300, 300, -1, 0]


def test_reasons_are_told_in_both_languages_with_value_and_direction():
    model = _small()
    row = {"n": 2.5, "t": "850440"}
    one = Scorer(model).one(row)
    told = explain(model, row, one.contributions, one.probability)
    assert told.reasons[0].sentence("en") == (
        "Text (first 2 characters): 85 raises the score by 0.0300 (odds times 1.03)"
    )
    assert told.reasons[0].sentence("es") == (
        "Texto (primeros 2 caracteres): 85 sube la puntuación en 0.0300 (posibilidades por 1.03)"
    )


def test_rounding_is_to_the_nearest_ten_thousandth_half_to_even():
    assert [rounded(x) for x in (0.00004, 0.00006, -0.00006, 0.00025)] == [0, 1, -1, 2]
    for wrong in (float("nan"), float("inf"), 101.0):
        with pytest.raises(ValueError, match="cannot be kept"):
            rounded(wrong)


def test_a_changed_file_is_refused():
    data = write_model(_small())
    with pytest.raises(InputError, match=r"m\.json.*checksum"):
        read_model(data.replace(b"300", b"301"), file="m.json")
    with pytest.raises(InputError, match="not a fitted model"):
        read_model(data[:-20])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"terms": (Term(parts=(7,), scores=(1,)),)}, "parts do not exist"),
        ({"terms": (Term(parts=(0,), scores=(1, 2)),)}, "2 contributions, 4 bins"),
        ({"terms": (Term(parts=(0,), scores=(1,), keys=(9,)),)}, "outside"),
        ({"terms": (Term(parts=(0,), scores=(1, 2), keys=(2, 2)),)}, "do not rise"),
        (
            {"parts": (Part(feature="n", cuts=(2.0, 1.0)), Part(feature="t", values=()))},
            "do not rise",
        ),
        ({"parts": (Part(feature="n", values=("a",)), Part(feature="t", values=()))}, "kind"),
        ({"parts": (Part(feature="z"), Part(feature="t", values=()))}, "list of features"),
        ({"calibration": Calibration(method="isotonic", scores=(2, 1), shares=(0.1, 0.2))}, "rise"),
    ],
)
def test_tables_that_do_not_fit_together_are_refused_although_the_checksum_fits(changes, reason):
    wrong = msgspec.structs.replace(_small(), **changes)
    with pytest.raises(InputError, match=reason):
        read_model(write_model(wrong))


def test_features_that_are_missing_or_of_another_kind_are_named():
    scorer = Scorer(_small())
    with pytest.raises(InputError, match="lack 't'"):
        scorer.score(pl.DataFrame({"n": [1.0]}))
    with pytest.raises(InputError, match="lack 't'"):
        scorer.one({"n": 1.0})
    with pytest.raises(InputError, match="'n' is String; a number was expected"):
        scorer.score(pl.DataFrame({"n": ["1"], "t": ["a"]}))
    with pytest.raises(InputError, match="'n' is of another kind"):
        scorer.one({"n": "1", "t": "a"})


def test_no_row_gives_no_score():
    frame = pl.DataFrame(schema={"n": pl.Float32, "t": pl.String})
    assert Scorer(_small()).score(frame).total.tolist() == []


def test_a_large_cross_is_searched_and_gives_what_a_full_table_would():
    values = tuple(f"v{number}" for number in range(900))
    parts = (
        Part(feature="n", cuts=tuple(float(x) for x in range(900))),
        Part(feature="t", values=values),
    )
    keys = tuple(range(0, 903 * 902, 1_000))
    model = msgspec.structs.replace(
        _small(),
        parts=parts,
        terms=(Term(parts=(0, 1), scores=tuple(range(len(keys))), keys=keys),),
    )
    assert mismatch(model) == ""
    draw = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "n": draw.integers(-1, 901, 3_000).astype(float),
            "t": [f"v{n}" for n in draw.integers(0, 905, 3_000)],
        }
    )
    many, scorer = Scorer(model).score(frame).contributions[0], Scorer(model)
    assert many.tolist() == [scorer.one(row).contributions[0] for row in frame.to_dicts()]
    assert many.any()


def test_scoring_needs_none_of_the_libraries_that_learn(tmp_path):
    (tmp_path / "m.json").write_bytes(write_model(_small()))
    script = (
        "import sys, pathlib\n"
        "from esclusa.analysis.scoring import Scorer, read_model, explain\n"
        f"model = read_model(pathlib.Path({str(tmp_path / 'm.json')!r}).read_bytes())\n"
        "row = {'n': 2.5, 't': '85'}\n"
        "one = Scorer(model).one(row)\n"
        "explain(model, row, one.contributions, one.probability)\n"
        "print(one.total, [m for m in ('interpret', 'sklearn', 'lightgbm', 'scipy') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "-9680 []"


def test_the_checksum_names_the_model():
    model = _small()
    other = msgspec.structs.replace(model, intercept=1)
    assert len(checksum(model)) == 64
    assert checksum(model) != checksum(other)


def _small() -> Model:
    return Model(
        name="small", fitted="2026-01-01T00:00:00Z", feature_version="1",
        features=(
            Feature(name="n", kind="number", title_en="Number", title_es="Número"),
            Feature(name="t", kind="text", title_en="Text", title_es="Texto"),
        ),
        parts=(Part(feature="n", cuts=(2.0,)), Part(feature="t", values=("85",), prefix=2)),
        terms=(Term(parts=(0,), scores=(5, 10, 20, 0)), Term(parts=(1,), scores=(0, 300, -1))),
        intercept=-10_000, prior=0.3, calibration=Calibration(),
        training=Training(rows=1, known=1, finds=0, unknown=0, worth=1.0),
    )  # fmt: skip
