"""Rehearsal: counts over history equal a count by hand, and what nobody examined is in no rate."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.intervals import wilson
from esclusa.analysis.targeting import rehearsal
from esclusa.analysis.targeting.rehearsal import Rehearsed, order, rehearse

RULES = {"R1": pl.col("a"), "R2": pl.col("b"), "R3": pl.col("a") & pl.col("b")}
ACTIVE = {"R2": pl.col("b"), "R9": pl.col("c")}
_flag = st.sampled_from([True, False, None])
_outcome = st.sampled_from([(False, None), (True, False), (True, True), (None, None)])
_rows = st.lists(st.tuples(_flag, _flag, _flag, _outcome), max_size=30)


def table(rows: list[tuple[Any, Any, Any, tuple[Any, Any]]]) -> pl.DataFrame:
    data = [(a, b, c, *outcome) for a, b, c, outcome in rows]
    names = ["a", "b", "c", "examined", "found"]
    return pl.DataFrame(data, schema=dict.fromkeys(names, pl.Boolean), orient="row")


def by_hand(history: pl.DataFrame, name: str) -> dict[str, Any]:
    def fires(rule: str, row: dict[str, Any]) -> bool | None:
        a, b, c = row["a"], row["b"], row["c"]
        both = False if False in (a, b) else None if None in (a, b) else True
        return {"R1": a, "R2": b, "R3": both, "R9": c}[rule]

    rows = history.rows(named=True)
    hits = [(at, row) for at, row in enumerate(rows) if fires(name, row)]
    others = [rule for rule in ACTIVE if rule != name]
    alone = [(at, row) for at, row in hits if not any(fires(rule, row) for rule in others)]

    def rate(some: list[tuple[int, dict[str, Any]]]) -> tuple[int, int, int]:
        return (len(some), sum(bool(r["examined"]) for _, r in some),
                sum(bool(r["found"]) for _, r in some))  # fmt: skip

    shared = {o: sum(bool(fires(o, r)) for _, r in hits) for o in others}
    kinds = sorted(hits, key=lambda one: (not one[1]["found"], not one[1]["examined"], one[0]))
    return {
        "unjudged": sum(fires(name, row) is None for row in rows), "all": rate(hits),
        "alone": rate(alone), "overlap": {o: n for o, n in shared.items() if n},
        "examples": tuple(at for at, _ in kinds[:3]),
    }  # fmt: skip


def told(one: Rehearsed) -> dict[str, Any]:
    rates = {
        name: (rate.hits, rate.examined, rate.found)
        for name, rate in (("all", one.all), ("alone", one.alone))
    }
    return {
        "unjudged": one.unjudged,
        "overlap": dict(one.overlap),
        "examples": one.examples,
    } | rates


@given(_rows, st.sampled_from([1, 4, 262_144]))
@settings(max_examples=150, deadline=None)
def test_every_count_is_that_of_a_count_by_hand_whatever_the_chunks(
    rows: list[Any], chunk: int
) -> None:
    history = table(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsal, "_CHUNK", chunk)
        found = rehearse(history, RULES, ACTIVE, examples=3)
    assert [one.rule for one in found] == list(RULES)
    for one in found:
        assert told(one) == by_hand(history, one.rule)
        assert one.rows == len(rows)


def test_what_nobody_examined_is_in_no_rate() -> None:
    history = table(
        [(True, False, False, (False, None))] * 50 + [(True, False, False, (True, True))]
    )
    (one,) = rehearse(history, {"R1": pl.col("a")}, {})
    assert (one.all.hits, one.all.examined, one.all.yields) == (51, 1, 1.0)
    assert one.all.interval is not None and one.all.interval[0] < 0.25
    (none,) = rehearse(history.head(50), {"R1": pl.col("a")}, {})
    assert none.all.yields is None and none.all.interval is None


def test_a_find_without_an_examination_is_refused() -> None:
    with pytest.raises(ValueError, match="not examined"):
        rehearse(table([(True, True, True, (False, True))]), RULES, ACTIVE)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (score, no correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilson_s(found: int, of: int, low: float, high: float) -> None:
    assert wilson(found, of) == pytest.approx((low, high), abs=5e-5)


def test_no_share_has_no_interval() -> None:
    for found, of in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="no share"):
            wilson(found, of)


def test_what_adds_most_finds_comes_first() -> None:
    rows = [(True, False, False, (True, True)), (False, True, False, (True, True)),
            (False, True, False, (True, False)), (True, False, False, (True, True))]  # fmt: skip
    rules = {"R2": pl.col("b"), "R1": pl.col("a")}
    assert [one.rule for one in order(rehearse(table(rows), rules, {}))] == ["R1", "R2"]
