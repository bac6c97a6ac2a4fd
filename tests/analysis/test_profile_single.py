"""One row as plain values has what it has in a table, whatever it holds.

CPU: about five seconds.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import Any

import polars as pl
import profile_worlds as worlds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.profiles import ROW_COLUMNS, State
from esclusa.analysis.profiles.rows import measured, taken
from esclusa.analysis.profiles.single import row_measured, row_taken, row_version
from esclusa.analysis.profiles.state import _versions
from esclusa.errors import InputError

_EDGES = (
    None, 0.0, -0.0, 5e-324, 1e-300, 1e308, -1e308, math.inf, -math.inf, math.nan, 1000.0, 12_000.0,
    999.9999999999999, 1e17 + 1000, 3.4e38, 0.1,
)  # fmt: skip
_WORDS = (None, "", " ", "USD", "22G1", "2", "0803", "08", "8", "٠٨٠٣", "PAONX", "CNSHA", "CLVAP")


def _number(draw: random.Random) -> float | None:
    kind = draw.randrange(5)
    if kind < 2:
        return draw.choice(_EDGES)
    if kind == 2:
        return draw.uniform(-1e3, 1e6)
    return float(draw.randrange(10**7)) if kind == 3 else 10 ** draw.uniform(-300, 300)


def _moment(draw: random.Random) -> dt.datetime:
    return worlds.START + dt.timedelta(microseconds=draw.randrange(60 * 86_400 * 10**6))


def _row(draw: random.Random, number: int) -> dict[str, Any]:
    made: dict[str, Any] = {"id": f"c{number}", "at": _moment(draw)}
    made["withdrawn"] = draw.choice((None, False, True))
    for name, kind in ROW_COLUMNS.items():
        if kind == pl.Float64:
            made[name] = _number(draw)
        elif name not in made:
            text = kind == pl.String
            made[name] = draw.choice(_WORDS) if text else draw.choice((None, _moment(draw)))
    return made


def _same(one: object, other: object) -> bool:
    """Floats bit by bit, but for the sign of zero and NaN, which both are NaN."""
    return one == other or (one != one and other != other)


def test_a_row_as_plain_values_is_what_columns_make_of_it() -> None:
    draw = random.Random(11)
    made = [_row(draw, number) for number in range(3_000)]
    every = taken(pl.DataFrame(made, schema=dict(ROW_COLUMNS)))
    raw = measured(every)
    stated = every.with_columns(pl.col("at").cast(pl.Int64))
    for row, whole, said, version in zip(
        made, stated.iter_rows(named=True), raw.iter_rows(named=True), _versions(every, raw),
        strict=True,
    ):  # fmt: skip
        plain = row_taken(row)
        assert plain == whole
        found = row_measured(plain)
        assert list(found) == list(said)
        assert all(_same(value, said[name]) for name, value in found.items()), (found, said)
        assert row_version(plain, found) == version


@settings(max_examples=60, deadline=None)
@given(st.lists(worlds.ROWS, min_size=1, max_size=12), st.lists(worlds.OUTCOMES), worlds.ROWS)
def test_a_state_told_and_asked_row_by_row_says_what_tables_say(
    made: list[dict[str, Any]], known: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    table, plain = State(worlds.THIN), State(worlds.THIN)
    rows, late = worlds.rows(made), asked | {"at": worlds.START + dt.timedelta(days=600)}
    table.add(rows)
    plain.add_rows(rows.iter_rows(named=True))
    assert plain.dump() == table.dump()
    for state in (table, plain):
        state.learn(worlds.outcomes(known))
    for row in (*rows.sort("at").iter_rows(named=True), late):
        (wanted,) = table.ask(worlds.rows([row])).drop("id", "at").to_dicts()
        assert plain.ask_row(row) == wanted


def test_rows_that_cannot_be_used_are_refused() -> None:
    at = worlds.START
    for row in ({"id": "c1"}, {"at": at}, {"id": "c1", "at": at.replace(year=1970)}):
        with pytest.raises(InputError):
            State().ask_row(row)
        with pytest.raises(InputError):
            State().add_rows([row])
    state = State()
    with pytest.raises(InputError, match="stated twice"):
        state.add_rows([{"id": "c1", "at": at}, {"id": "c1", "at": at, "importer": "i"}])
    assert state.dump() == State().dump()
