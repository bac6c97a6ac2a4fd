"""Profiles of the planted world: both ways agree on trade with peers, and pieces are no matter.

CPU: about five seconds, six more where numba has compiled nothing yet.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import profile_worlds as worlds
import pytest

from esclusa.analysis.profiles import State, coding, peers, profile, shaping, stream, walking
from esclusa.analysis.profiles import rows as rows_module
from esclusa.analysis.profiles.compiled import INSTALLED, compiled, numbered
from esclusa.analysis.profiles.planted import outcomes_of_world, rows_of_world
from esclusa.analysis.world import World, read_parameters

Trade = tuple[pl.DataFrame, pl.DataFrame]


@pytest.fixture(scope="module")
def trade() -> Trade:
    text = "weeks = 6\n[trade]\nconsignments_per_week = 400\n[parties]\nimporters = 80\n"
    world = World(read_parameters(text), 3)
    weeks, results = [], []
    for _ in range(6):
        weeks.append(world.week())
        results.append(world.inspect(weeks[-1].boxes["box"].sample(40, seed=1)))
    bills, boxes, parties = (
        pl.concat([getattr(week, name) for week in weeks]) for name in ("bills", "boxes", "parties")
    )
    return rows_of_world(bills, boxes, parties), outcomes_of_world(pl.concat(results))


@pytest.fixture(scope="module")
def whole(trade: Trade) -> pl.DataFrame:
    return profile(*trade)


def test_most_of_trade_finds_peers_and_history(trade: Trade, whole: pl.DataFrame) -> None:
    late = whole.filter(pl.col("at") > whole["at"].quantile(0.7))
    for name in ("value_per_kg_z", "mass_per_package_kg_z", "freight_per_kg_z", "transit_days_z"):
        assert late[name].null_count() < 0.25 * len(late), name
        assert abs(late[name].median()) < 0.7, name  # type: ignore[arg-type]
    assert late["all_found"].max() > 0
    assert whole["detour"].null_count() < 0.5 * len(whole)
    assert whole["text_fit"].null_count() < 0.5 * len(whole)


def test_a_state_fed_day_by_day_answers_as_the_whole_history(
    trade: Trade, whole: pl.DataFrame
) -> None:
    rows, outcomes = trade
    order = rows.with_row_index("place").sort("at", maintain_order=True)
    state, asked = State(), 0
    for (_day,), some in order.group_by(pl.col("at").dt.date(), maintain_order=True):
        places = some["place"].to_list()
        today = outcomes.filter(pl.col("known").dt.date() <= some["at"].dt.date()[0])
        state.learn(today)  # what is known already changes nothing
        state.add(some.drop("place"))
        if some["at"].dt.day()[0] % 9 == 0:
            found = state.ask(some.drop("place"))
            assert worlds.differences(found, whole[places]) == []
            asked += len(found)
    assert asked > 200


@pytest.mark.parametrize(("module", "name", "value"), [
    (peers, "_CELLS", 7), (shaping, "_FEW", 0), (rows_module, "_FEW", 10**9),
    (walking, "_PIECE", 101), (walking, "_PIECE", 10**9),
])  # fmt: skip
def test_pieces_in_which_work_is_done_are_no_matter(
    trade: Trade, whole: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, module: object, name: str,
    value: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(module, name, value)
    backend = "numba" if module is walking else "numpy"
    assert worlds.differences(profile(*trade, backend=backend), whole) == []


@pytest.mark.parametrize("backend", worlds.WAYS)
@pytest.mark.parametrize("threads", [1, 2])
def test_every_way_gives_the_same_values(
    trade: Trade, whole: pl.DataFrame, backend: str, threads: int
) -> None:
    chosen = {"backend": backend, "threads": threads}
    rows, outcomes = trade
    assert worlds.differences(profile(rows, outcomes, **chosen), whole) == []
    shuffled = rows.sample(fraction=1, shuffle=True, seed=4)
    # Each consignment asked about again at the end: its own row and outcome must not count.
    late = rows.with_columns(at=pl.lit(rows["at"].max()) + pl.duration(days=9))
    plain = profile(rows, outcomes, asked=late, backend="numpy")
    assert plain["all_count"].min() > 0
    assert worlds.differences(profile(shuffled, outcomes, asked=late, **chosen), plain) == []


@pytest.mark.parametrize("backend", worlds.WAYS)
def test_two_values_of_one_hash_stay_two(
    trade: Trade, whole: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    def same(values: pl.Series) -> np.ndarray:
        return values.hash().to_numpy() % 64  # so every column with many values has such

    monkeypatch.setattr(coding, "_hashes", same)
    monkeypatch.setattr(coding, "by_views", lambda _values: None)  # short texts have no hash
    assert worlds.differences(profile(*trade, backend=backend), whole) == []


def test_numbers_too_large_to_be_packed_are_grouped_all_the_same() -> None:
    numbers = np.array([1 << 61, 3, -1, 1 << 61, 1 << 60], np.int64)
    codes = coding.dense(numbers, 1 << 62)
    assert codes.of.tolist() == [2, 0, -1, 2, 1]
    assert codes.size == 3
    with pytest.raises(ValueError, match="negative"):
        coding.in_order(numbers)


@pytest.mark.parametrize("most", (3, 1 << 20, 1 << 31))
def test_pairs_of_codes_are_numbered_as_they_appear_however_large_they_are(most: int) -> None:
    some = np.random.default_rng(7)
    head, tail = (some.integers(-1, most, 200).astype(np.int32) for _ in range(2))
    head[100:], tail[100:] = head[:100], tail[:100]  # each comes again
    seen: dict[tuple[int, int], int] = {}
    wanted = [
        seen.setdefault(pair, len(seen)) if min(pair) >= 0 else -1
        for pair in zip(head.tolist(), tail.tolist(), strict=True)
    ]
    for loop in (numbered, compiled(numbered)) if INSTALLED else (numbered,):
        table, code = np.zeros((256, 2), np.int64), np.empty(200, np.int32)
        assert loop(head, tail, most, table, code) == len(seen)
        assert code.tolist() == wanted


@pytest.mark.parametrize(("most", "tails"), ((1291, 1291), (5472, 5472), (5609, 1)))
def test_pairs_at_even_distances_lie_apart_in_the_table(most: int, tails: int) -> None:
    head = np.arange(20_000, dtype=np.int32)
    table, code = np.zeros((1 << 16, 2), np.int64), np.empty(len(head), np.int32)
    loop = compiled(numbered) if INSTALLED else numbered
    assert loop(head, head % tails, most, table, code) == len(head)
    free = np.flatnonzero(table[:, 1] == 0)
    # So many places are looked at, at most; mixed but once they are 8,860, 3,923 and 528.
    assert int(np.diff(free).max()) < 100


@pytest.mark.parametrize("ahead", (0, 1, 60, 99, 100))
def test_moments_of_which_some_stand_in_order_are_ordered_as_they_stand(ahead: int) -> None:
    at = np.random.default_rng(ahead).integers(0, 40, 100) * 1_000_000
    at[:ahead].sort()
    assert stream._by_moment(at).tolist() == np.argsort(at, kind="stable").tolist()


def test_a_way_that_is_not_there_is_refused(trade: Trade) -> None:
    with pytest.raises(ValueError, match="no backend abacus"):
        profile(*trade, backend="abacus")


@pytest.mark.parametrize("backend", worlds.WAYS)
def test_no_rows_give_no_profiles(trade: Trade, whole: pl.DataFrame, backend: str) -> None:
    none = profile(trade[0].clear(), trade[1], backend=backend)
    assert none.schema == whole.schema
    assert len(none) == 0
    asked = profile(trade[0].clear(), trade[1], asked=trade[0].head(3), backend=backend)
    assert asked["all_count"].to_list() == [0, 0, 0]
