"""Which rules fire in which rows: what is kept row by row says what the columns say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.analysis.targeting.fired import Fired, fired_in, joined
from esclusa.analysis.targeting.rehearsal import rehearse, replay

NAMES = ("R1", "R2", "R3")
_flag = st.sampled_from([True, False, None])
_rows = st.lists(st.tuples(_flag, _flag, _flag), max_size=20)


def table(rows: list[tuple[bool | None, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.Boolean), orient="row")


def by_row(fired: Fired) -> list[list[str]]:
    cuts = zip(fired.starts[:-1], fired.starts[1:], strict=True)
    return [[fired.names[n] for n in fired.ids[a:b]] for a, b in cuts]


@given(_rows, st.integers(0, 20), st.data())
def test_what_fires_in_a_row_is_what_is_true_in_it(
    rows: list[tuple[bool | None, ...]], cut: int, data: st.DataObject
) -> None:
    expected = [[n for n, flag in zip(NAMES, row, strict=True) if flag] for row in rows]
    whole = table(rows)
    fired = fired_in(whole, NAMES)
    halves = joined(NAMES, [fired_in(whole.head(cut), NAMES), fired_in(whole[cut:], NAMES)])
    assert by_row(fired) == by_row(halves) == expected
    assert fired.times().tolist() == [len(row) for row in expected]

    some = sorted(data.draw(st.sets(st.sampled_from(range(len(rows)))) if rows else st.just(set())))
    shared = [sum(name in expected[row] for row in some) for name in NAMES]
    assert fired.shared(np.array(some, dtype=np.uint32)).tolist() == shared
    cut = min(cut, len(rows))
    assert by_row(fired.part(cut, len(rows))) == expected[cut:]


def test_active_rules_replayed_over_other_rows_are_refused() -> None:
    history = table([(True, False, None)] * 3).with_columns(examined=True, found=False)
    active = {name: pl.col(name) for name in NAMES}
    kept = replay(history, active)
    draft = {"R4": pl.col("R1")}
    assert rehearse(history, draft, kept) == rehearse(history, draft, active)
    assert rehearse([history.head(1), history[1:]], draft, kept) == rehearse(history, draft, kept)
    for other in (history.head(2), pl.concat([history, history])):
        with pytest.raises(ValueError, match="replayed over 3 rows"):
            rehearse(other, draft, kept)


def test_more_rules_than_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="65,536"):
        fired_in(pl.DataFrame({"a": [True]}), ["a"] * 65_537)
