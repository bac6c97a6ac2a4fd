"""Laws of profiles: one arrival after the other gives what the whole history gives, nothing looks
ahead, and order is nothing. They hold for each way to work out a whole history.

CPU: about 30 seconds, six more where numba has compiled nothing yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl
import profile_worlds as worlds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.profiles import State, batch, coding, profile, walking
from esclusa.errors import InputError, StateError


@pytest.fixture(scope="module", autouse=True, params=[*worlds.WAYS, "loops"])
def backend(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take one way for histories of any size; ``loops`` are those of numba that Python walks, where
    a place outside an array is an error."""
    with pytest.MonkeyPatch.context() as patch:
        loops = request.param == "loops"
        patch.setattr(batch, "BACKENDS", ("numba",) if loops else (request.param,))
        for module in (coding, walking) if loops else ():
            patch.setattr(module, "compiled", lambda loop: loop)
        yield


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(worlds.ROWS, min_size=1, max_size=3)),
        st.tuples(st.just("learn"), st.lists(worlds.OUTCOMES, min_size=1, max_size=2)),
        st.tuples(st.just("ask"), st.lists(worlds.ROWS, min_size=1, max_size=2)),
        st.tuples(st.just("keep"), st.just([])),
    ),
    min_size=1,
    max_size=12,
)


def _play(steps: list[tuple[str, list[dict[str, Any]]]]) -> list[str]:
    """Play steps on a state and on everything told so far; return in what they differ."""
    state, told, known = State(worlds.THIN), [], []
    asked_at = worlds.START
    for step, made in steps:
        if step == "add":
            fresh = [row for row in made if (row["id"], row["at"]) not in
                     {(old["id"], old["at"]) for old in told}]  # fmt: skip
            rows = worlds.rows(fresh)
            told += rows.to_dicts()
            state.add(rows)
        elif step == "learn":
            known += made
            state.learn(worlds.outcomes(made))
        elif step == "keep":
            state = State.load(state.dump(), worlds.THIN)
        else:
            asked = worlds.rows(made)
            ahead = max(asked_at, asked["at"].min())
            asked = asked.with_columns(pl.max_horizontal("at", pl.lit(ahead)).alias("at"))
            asked_at = asked["at"].max()
            history = worlds.rows(told)
            batch = profile(
                history, worlds.outcomes(known), asked=asked, settings=worlds.THIN
            )  # fmt: skip
            if found := worlds.differences(state.ask(asked), batch):
                return found
    return []


@settings(max_examples=80)
@given(STEPS)
def test_one_arrival_after_the_other_gives_what_the_whole_history_gives(
    steps: list[tuple[str, list[dict[str, Any]]]],
) -> None:
    assert _play(steps) == []


HISTORIES = st.tuples(
    st.lists(worlds.ROWS, min_size=1, max_size=12).map(worlds.rows),
    st.lists(worlds.OUTCOMES, max_size=6).map(worlds.outcomes),
)


@settings(max_examples=40)
@given(HISTORIES, st.randoms(use_true_random=False))
def test_order_of_rows_and_outcomes_is_nothing(
    history: tuple[pl.DataFrame, pl.DataFrame], random: Any
) -> None:
    rows, outcomes = history
    order = random.sample(range(len(rows)), len(rows))
    other = outcomes[random.sample(range(len(outcomes)), len(outcomes))]
    expected = profile(rows, outcomes, settings=worlds.THIN)
    assert worlds.differences(
        profile(rows[order], other, settings=worlds.THIN), expected[order]
    ) == []  # fmt: skip
    assert worlds.differences(
        profile(rows, outcomes, asked=rows[order], settings=worlds.THIN), expected[order]
    ) == []  # fmt: skip


@settings(max_examples=40)
@given(HISTORIES, worlds.MOMENTS, st.lists(worlds.ROWS, max_size=6), st.lists(worlds.OUTCOMES))
def test_nothing_at_or_after_the_moment_changes_a_feature(
    history: tuple[pl.DataFrame, pl.DataFrame], moment: dt.datetime, later: list[dict[str, Any]],
    known: list[dict[str, Any]],
) -> None:  # fmt: skip
    """Take away all that is stated or known at the moment or later, and put something else there."""
    rows, outcomes = history
    asked = rows.with_columns(at=pl.lit(moment).cast(rows["at"].dtype)).unique("id")
    expected = profile(rows, outcomes, asked=asked, settings=worlds.THIN)
    past = rows.filter(pl.col("at") < moment)
    other = worlds.rows([{**row, "at": max(row["at"], moment)} for row in later])
    seen = outcomes.filter(pl.col("known") < moment)
    more = worlds.outcomes([{**one, "known": max(one["known"], moment)} for one in known])
    changed = profile(
        pl.concat([past, other.select(past.columns)]), pl.concat([seen, more]), asked=asked,
        settings=worlds.THIN,
    )  # fmt: skip
    assert worlds.differences(changed, expected) == []


def _row(name: str, day: float, **more: Any) -> dict[str, Any]:
    at = worlds.START + dt.timedelta(days=day)
    return {"id": name, "at": at, "importer": "imp1", "hs": "870899", **more}


def _frame(*made: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(made), infer_schema_length=None)


def _outcome(name: str, day: float, found: bool | None, examined: bool = True) -> dict[str, Any]:
    known = worlds.START + dt.timedelta(days=day)
    return {"subject": name, "examined": examined, "found": found, "known": known}


def test_an_outcome_counts_from_when_it_was_known_not_from_arrival() -> None:
    rows = _frame(_row("a", 0), _row("b", 5), _row("c", 10), _row("d", 10.5))
    made = profile(rows, _frame(_outcome("a", 10, True)))
    assert made["importer_found"].to_list() == [0, 0, 0, 1]
    assert made["importer_examined"].to_list() == [0, 0, 0, 1]
    # (found + 10 * base) / (examined + 10), base = (found + 1) / (examined + 20) of all
    assert made["importer_find_rate"][3] == pytest.approx((1 + 10 * 2 / 21) / 11)
    assert made["importer_find_rate"][0] == pytest.approx(1 / 20)


def test_a_later_outcome_takes_the_place_of_an_earlier_one() -> None:
    rows = _frame(_row("a", 0), *(_row(f"x{day}", day) for day in (2, 4, 6, 8)))
    told = _frame(_outcome("a", 1, True), _outcome("a", 3, False), _outcome("a", 5, None),
                  _outcome("a", 7, None, examined=False))  # fmt: skip
    made = profile(rows, told)
    assert made["importer_found"].to_list() == [0, 1, 0, 0, 0]
    assert made["importer_examined"].to_list() == [0, 1, 1, 1, 0]  # a pending result says nothing


def test_an_amended_consignment_moves_with_its_outcome_and_counts_once() -> None:
    rows = _frame(
        _row("a", 0), _row("a", 3, importer="imp2"),
        _row("x", 2), _row("y", 4), _row("z", 4, importer="imp2"),
    )  # fmt: skip
    made = profile(rows, _frame(_outcome("a", 1, True))).rows_by_key("id", named=True)
    assert (made["x"][0]["importer_count"], made["x"][0]["importer_found"]) == (1, 1)
    assert (made["y"][0]["importer_count"], made["y"][0]["importer_found"]) == (1, 0)  # x alone
    assert (made["z"][0]["importer_count"], made["z"][0]["importer_found"]) == (1, 1)
    assert made["z"][0]["all_count"] == 2


def test_a_consignment_is_no_history_of_its_own() -> None:
    rows = _frame(_row("a", 0), _row("a", 3, value=10.0), _row("b", 1))
    made = profile(rows, _frame(_outcome("a", 2, True)))
    assert made["importer_count"].to_list() == [0, 1, 1]
    assert made["importer_found"].to_list() == [0, 0, 0]
    assert made["importer_days_since_last"].to_list() == [None, 2, 1]


def test_a_withdrawn_consignment_is_taken_back_but_was_seen() -> None:
    rows = _frame(_row("a", 0), _row("a", 1, withdrawn=True), _row("b", 2, withdrawn=False))
    made = profile(rows)
    assert made["importer_count"][2] == 0
    assert made["importer_days_known"][2] == 2


def test_windows_hold_whole_days_and_surge_compares_them() -> None:
    days = (0, 40, 99, 100, 129.5, 130)
    made = profile(_frame(*(_row(f"r{day}", day) for day in days)))
    assert made["importer_count"].to_list() == [0, 1, 2, 3, 4, 5]
    # Day 130 reaches back to day 101, day 129 to day 100.
    assert made["importer_count_30d"].to_list() == [0, 0, 0, 1, 1, 1]
    assert made["importer_count_90d"].to_list() == [0, 1, 1, 2, 3, 3]
    assert made["importer_surge"][5] == pytest.approx(2 / (4 * 30 / 335 + 1))


def test_peers_are_those_of_the_weeks_before_and_widen_where_they_are_thin() -> None:
    close = [
        _row(f"a{n}", 0, load_port="CNSHA", discharge_port="PABLB", currency="USD", mass_kg=100.0,
             value=100.0 * (10 + n))
        for n in range(20)
    ]  # fmt: skip
    same = {"load_port": "CNSHA", "discharge_port": "PABLB", "currency": "USD", "mass_kg": 100.0}
    asked = _frame(
        _row("b", 6.9, **same, value=2000.0), _row("c", 7, **same, value=2000.0),
        _row("d", 7, **{**same, "load_port": "CLVAP"}, value=2000.0),
        _row("e", 7, **{**same, "currency": "EUR"}, value=2000.0),
    )  # fmt: skip
    made = profile(_frame(*close), asked=asked)
    assert made["value_per_kg_level"].to_list() == [None, 1, 2, None]
    assert made["value_per_kg_peers"].to_list() == [None, 20, 20, None]
    assert made["value_per_kg_median"][1] == pytest.approx(19.5, rel=0.1)
    assert abs(made["value_per_kg_z"][1]) < 0.3


def test_peers_that_are_too_few_without_the_own_consignment_say_nothing() -> None:
    many = [_row(f"a{n}", 0, mass_kg=100.0 + n, packages=1.0) for n in range(19)]
    own = _row("own", 0, mass_kg=100.0, packages=1.0)
    later = {"asked": _frame({**own, "at": worlds.START + dt.timedelta(days=8)})}
    for told, level in (([*many, own], None), ([*many, own, {**own, "id": "other"}], 1)):
        state = State()
        state.add(_frame(*told))
        for made in (profile(_frame(*told), **later), state.ask(later["asked"])):
            assert made["mass_per_package_kg_level"].to_list() == [level]
            for end in ("z", "median", "peers"):
                assert made[f"mass_per_package_kg_{end}"].is_null().to_list() == [level is None]


def test_an_own_version_of_this_week_is_not_taken_from_peers_of_weeks_before() -> None:
    many = [_row(f"a{n}", 0, mass_kg=100.0 + n, packages=1.0) for n in range(20)]
    own = _row("own", 7.5, mass_kg=100.0, packages=1.0)
    asked = _frame({**own, "at": worlds.START + dt.timedelta(days=8)})
    made = profile(_frame(*many, own), asked=asked)
    assert made["mass_per_package_kg_peers"].to_list() == [20]


def test_the_last_time_is_that_of_another_consignment() -> None:
    rows = _frame(_row("a", 0), _row("b", 4), _row("a", 5, value=7.0), _row("a", 9, value=8.0))
    made = profile(rows, asked=_frame(_row("a", 10), _row("c", 10), _row("b", 10)))
    assert made["importer_days_since_last"].to_list() == [6, 1, 1]
    assert made["importer_days_known"].to_list() == [6, 10, 10]


def test_one_row_alone_has_a_rate_and_no_history() -> None:
    made = profile(_frame(_row("a", 0)))
    assert made["all_count"].to_list() == made["importer_count"].to_list() == [0]
    assert made["importer_find_rate"][0] == pytest.approx(1 / 20)
    assert made["importer_surge"].to_list() == [1]
    assert made["importer_days_known"].to_list() == made["shipper_count"].to_list() == [None]


def test_questions_of_a_state_go_forward_and_it_takes_no_contradiction() -> None:
    state = State()
    state.add(_frame(_row("a", 0)))
    state.add(_frame(_row("a", 0)))  # once more is nothing
    state.ask(_frame(_row("x", 5)))
    with pytest.raises(StateError, match="forward"):
        state.ask(_frame(_row("x", 4)))
    with pytest.raises(InputError, match="a is stated twice, differently"):
        state.add(_frame(_row("b", 1), _row("a", 0, importer="imp2")))
    assert state.ask(_frame(_row("x", 6)))["importer_count"].to_list() == [1]  # b was not taken
    with pytest.raises(InputError, match="not a state"):
        State.load(b"\x93no")


def test_what_is_forgotten_stays_in_the_sums() -> None:
    state = State()
    state.add(_frame(_row("a", 0), _row("b", 50)))
    state.ask(_frame(_row("x", 60)))
    before = int((worlds.START + dt.timedelta(days=40)).timestamp() * 1e6)
    assert state.forget(before) == 1
    assert state.ask(_frame(_row("x", 61)))["importer_count"].to_list() == [2]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"id": ["a"]}), "rows: column at is missing"),
        (pl.DataFrame({"id": [None], "at": [worlds.START]}), "a row has no id"),
        (pl.DataFrame({"id": ["a"], "at": [dt.datetime(1900, 1, 1)]}), "between 1980 and 2300"),
        (_frame(_row("a", 0), _row("a", 0, hs="08")), "a is stated twice"),
        (pl.DataFrame({"id": ["a"], "at": [worlds.START], "value": ["dear"]}), "rows: "),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_refused(frame: pl.DataFrame, said: str) -> None:
    with pytest.raises(InputError, match=said):
        profile(frame)


def test_a_number_too_large_to_hold_says_nothing() -> None:
    huge = _frame(_row("a", 0, mass_kg=1e-300, value=1e300, currency="USD"))
    for made in (profile(huge), State().ask(huge)):
        assert made["value_per_kg"].to_list() == [None]
        assert made["value"].to_list() == [None]
        assert not made.select(pl.col(pl.Float32).is_infinite().any()).row(0).count(True)
