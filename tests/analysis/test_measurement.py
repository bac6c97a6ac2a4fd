"""Measurement: rates, miss rate, auditors' table, groups; all with intervals, unknown kept unknown.

About 3 CPU seconds.
"""

from __future__ import annotations

import itertools
import math
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.intervals import at_least, beta_quantile, wilson
from esclusa.analysis.measurement import (
    groups,
    missed,
    rate,
    rates,
    report,
    two_by_two,
)
from esclusa.analysis.measurement.groups import holm
from esclusa.analysis.measurement.missed import Missed


@pytest.mark.parametrize(
    ("found", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (15, 50, 0.1910, 0.4375), (10, 10, 0.7225, 1)]
)  # fmt: skip
def test_wilson_as_in_the_tables(found: int, of: int, low: float, high: float) -> None:
    assert wilson(found, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.001, 0.999))
@settings(max_examples=60)
def test_the_beta_distribution_is_the_binomial_tail(a: int, b: int, p: float) -> None:
    """For whole numbers it is a sum (Abramowitz and Stegun 1964, 26.5.24)."""
    n, x = a + b - 1, beta_quantile(p, a, b)
    tail = math.fsum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
    assert tail == pytest.approx(p, abs=1e-9)


def openings(*rows: tuple[str, bool | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"lane": pl.String, "found": pl.Boolean}, orient="row")


def test_what_has_no_result_is_in_no_rate_and_is_counted() -> None:
    told = openings(("value", True), ("value", None), ("value", False), ("control_random", None))
    value, control, lane = rates(told, "lane", ("value", "control_random", "control_lane"))
    assert (value.chosen, value.examined, value.found, value.share) == (3, 2, 1, 0.5)
    assert value.unanswered == 1
    assert (control.chosen, control.examined, control.share) == (1, 0, None)
    assert (lane.chosen, lane.share) == (0, None)


def test_a_box_counts_for_each_of_its_rules_once() -> None:
    told = pl.DataFrame({"rules": [["A", "B", "A"], ["B"], []], "found": [True, False, True]})
    assert [(r.name, r.examined, r.found) for r in rates(told, "rules")] == [
        ("A", 1, 1),
        ("B", 2, 1),
    ]


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="3 found of 2"):
        rate("x", 5, 2, 3)


def pool(rows: list[tuple[int, float, bool, bool | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={
            "stratum": pl.Int64,
            "chance": pl.Float64,
            "drawn": pl.Boolean,
            "found": pl.Boolean,
        },
        orient="row",
    )


def test_the_estimate_is_without_bias_over_all_samples() -> None:
    """Enumeration: every sample of two from each of two strata, 6 x 10 samples of equal chance."""
    truth = [[True, False, False, True], [False, True, False, False, False]]
    total = 0.0
    samples = list(
        itertools.product(itertools.combinations(range(4), 2), itertools.combinations(range(5), 2))
    )
    for drawn in samples:
        rows = [
            (h, 2 / len(stratum), at in drawn[h], bad if at in drawn[h] else None)
            for h, stratum in enumerate(truth)
            for at, bad in enumerate(stratum)
        ]
        found = missed(pool(rows))
        assert found.total is not None
        total += found.total
    assert total / len(samples) == pytest.approx(3)


def test_weights_follow_the_recorded_chances() -> None:
    """A find with a chance of 1 in 10 stands for nine more than one that was certain."""
    rows = [(0, 0.5, True, True)] + [(0, 0.1, True, False)] * 2 + [(0, 0.2, False, None)] * 19
    found = missed(pool(rows))
    assert found.share == pytest.approx(2 / (2 + 20))
    assert found.total == pytest.approx(22 * 2 / 22)


def test_nothing_examined_is_unknown_and_not_zero() -> None:
    found = missed(pool([(0, 0.1, False, None)] * 30))
    assert (found.pool, found.examined, found.share, found.high, found.unseen) == (
        30,
        0,
        None,
        None,
        30,
    )
    found = missed(
        pool([(0, 0.1, False, None)] * 30 + [(1, 0.5, True, None), (1, 0.5, True, False)])
    )
    assert (found.unanswered, found.unseen, found.examined) == (1, 30, 1)
    assert found.share == 0
    assert found.high is not None
    assert found.high > 0.4  # one exam without a find says little


def test_no_find_in_400_is_no_certainty() -> None:
    found = missed(pool([(0, 0.08, True, False)] * 400 + [(0, 0.08, False, None)] * 4_600))
    assert found.low == 0
    assert found.high is not None
    assert 0.004 < found.high < 0.01


def test_all_examined_leaves_nothing_to_estimate() -> None:
    found = missed(pool([(0, 1.0, True, True), (0, 1.0, True, False)]))
    assert (found.share, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_draw_without_a_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="chance above zero"):
        missed(pool([(0, 0.0, True, False)]))


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    """400 exams over four strata of unequal chances and 4 to 0.2 % finds."""
    chance = random.Random(7)
    strata = [(250, 50, 0.08), (500, 60, 0.03), (1250, 100, 0.01), (3000, 190, 0.004)]
    covered, width, rounds = 0, 0.0, 150
    for _ in range(rounds):
        rows, bad_ones = [], 0
        for h, (held, examined, share) in enumerate(strata):
            bad = [chance.random() < share for _ in range(held)]
            bad_ones += sum(bad)
            rows += [
                (h, examined / held, at < examined, b if at < examined else None)
                for at, b in enumerate(bad)
            ]
        found = missed(pool(rows))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= bad_ones / 5_000 <= found.high
        width += (found.high - found.low) / 2 / rounds
    assert 0.90 <= covered / rounds <= 0.99
    assert width < 0.01


def known(share: float, low: float, high: float, *, held: int = 900, examined: int = 90) -> Missed:
    return Missed(
        pool=held, examined=examined, found=round(share * examined), unanswered=0, unseen=0,
        share=share, low=low, high=high, total=share * held, effective=float(examined),
    )  # fmt: skip


def test_the_auditors_table() -> None:
    table = two_by_two(rate("for cause", 100, 100, 20), known(0.02, 0.005, 0.06))
    assert table.chosen_with is not None
    assert table.others_with is not None
    assert table.caught is not None
    assert table.troubled is not None
    assert (table.chosen_with.value, table.chosen_with.low) == (20, 20 * 1.0)
    assert table.others_with.value == pytest.approx(18)
    assert table.others_with.high == pytest.approx(54)
    assert table.caught.value == pytest.approx(20 / 38)
    assert table.caught.low == pytest.approx(20 / 74)
    assert table.slipped is not None
    assert table.slipped.value == pytest.approx(18 / 38)
    assert table.troubled.value == pytest.approx(80 / (80 + 882))
    assert table.right is not None
    assert table.right.value == 0.2


def test_without_a_control_sample_the_second_row_is_unknown() -> None:
    nothing = Missed(pool=900, examined=0, found=0, unanswered=0, unseen=900)
    table = two_by_two(rate("for cause", 100, 100, 20), nothing)
    assert table.others_with is table.others_without is table.caught is table.troubled is None


def test_chosen_without_a_result_are_estimated_and_not_taken_for_clean() -> None:
    table = two_by_two(rate("for cause", 100, 50, 20), known(0.02, 0.005, 0.06))
    assert table.chosen_with is not None
    assert table.chosen_with.value == pytest.approx(40)
    assert table.chosen_with.low < 40 < table.chosen_with.high


def test_the_hypergeometric_tail_by_counting() -> None:
    ways = list(itertools.combinations(range(9), 4))
    marked = {0, 1, 2, 3, 4}
    for seen in range(6):
        share = sum(len(marked & set(one)) >= seen for one in ways) / len(ways)
        assert at_least(seen, 4, 5, 9) == pytest.approx(share)


def test_holm_as_in_the_paper() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def people(**kinds: tuple[int, int, int]) -> pl.DataFrame:
    """For each group: how many came, were opened for cause, and were found with something."""
    rows = [
        (name, at < chosen, at < found if at < chosen else None)
        for name, (came, chosen, found) in kinds.items()
        for at in range(came)
    ]
    return pl.DataFrame(
        rows, schema={"country": pl.String, "chosen": pl.Boolean, "found": pl.Boolean}, orient="row"
    )


def test_an_alarm_where_selection_is_high_and_hits_are_low() -> None:
    told = groups(people(XA=(500, 25, 10), XB=(200, 60, 2), XC=(500, 25, 9)), ["country"])
    assert [(g.name, g.alarm) for g in told] == [("XB", True), ("XA", False), ("XC", False)]
    assert told[0].chance < 0.05
    assert told[0].others_hits == pytest.approx(19 / 50)


def test_no_alarm_where_selection_is_high_for_good_cause() -> None:
    told = groups(people(XA=(500, 25, 5), XB=(200, 60, 24), XC=(500, 25, 5)), ["country"])
    assert not any(g.alarm for g in told)


def test_by_chance_alone_there_is_rarely_an_alarm() -> None:
    chance = random.Random(5)
    alarms = 0
    for _ in range(60):
        rows = [
            (f"X{chance.randrange(12)}", chosen, (chance.random() < 0.3) if chosen else None)
            for chosen in (chance.random() < 0.08 for _ in range(1_000))
        ]
        frame = pl.DataFrame(
            rows,
            schema={"country": pl.String, "chosen": pl.Boolean, "found": pl.Boolean},
            orient="row",
        )
        alarms += any(g.alarm for g in groups(frame, ["country"]))
    assert alarms <= 7  # 5 % of 60 is 3


def test_the_report_brings_it_together() -> None:
    rows = [
        {"subject": "a", "lane": "mandatory", "chance": 1.0, "stratum": -1, "found": True, "result": "found", "rules": ["R1"], "country": "XA"},
        {"subject": "b", "lane": "value", "chance": 1.0, "stratum": -1, "found": False, "result": "nothing_found", "rules": ["R1"], "country": "XA"},
        {"subject": "c", "lane": "value", "chance": 1.0, "stratum": -1, "found": None, "result": "not_performed", "rules": [], "country": "XB"},
        {"subject": "d", "lane": "control_random", "chance": 0.5, "stratum": 0, "found": False, "result": "nothing_found", "rules": ["R1"], "country": "XB"},
        {"subject": "e", "lane": "none", "chance": 0.5, "stratum": 0, "found": None, "result": None, "rules": [], "country": None},
    ]  # fmt: skip
    told = report(pl.DataFrame(rows, infer_schema_length=None), ["country"])
    assert [(r.name, r.chosen, r.examined, r.found) for r in told.lanes] == [
        ("mandatory", 1, 1, 1), ("value", 2, 1, 0), ("control_random", 1, 1, 0), ("control_lane", 0, 0, 0)
    ]  # fmt: skip
    assert [(r.name, r.examined, r.found) for r in told.rules] == [("R1", 2, 1)]
    assert told.left_out == (("not_performed", 1),)
    assert (told.missed.pool, told.missed.examined, told.missed.share) == (2, 1, 0)
    assert {g.name: g.came for g in told.groups} == {"XA": 2, "XB": 2}


def test_a_report_of_nothing_is_empty() -> None:
    told = report(
        pl.DataFrame(
            schema={
                "subject": pl.String,
                "lane": pl.String,
                "chance": pl.Float64,
                "stratum": pl.Int64,
                "found": pl.Boolean,
                "result": pl.String,
                "rules": pl.List(pl.String),
            }
        )
    )
    assert told.candidates == 0
    assert told.missed.share is None
    assert told.table.caught is None
