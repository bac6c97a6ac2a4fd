"""Small made-up histories for the tests of profiles: few values, many ties, amendments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import strategies as st

from esclusa.analysis.profiles import OUTCOME_COLUMNS, ROW_COLUMNS, Settings

START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
THIN = Settings(thin=2, known=1)
"""Peer groups of two are enough, so that small histories have peers."""

WAYS = ["numpy", "numba"]
"""The backends of ``profile``; numba, an extra, is among what the tests need."""

MOMENTS = st.builds(
    lambda day, hour: START + dt.timedelta(days=day, hours=hour),
    st.one_of(st.integers(0, 3), st.integers(0, 500)),
    st.sampled_from([0, 12]),
)
NAMES = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])


def _maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([*values, None])


ROWS = st.fixed_dictionaries(
    {
        "id": NAMES,
        "at": MOMENTS,
        "withdrawn": st.sampled_from([False, False, False, True]),
        "importer": _maybe("imp1", "imp2"),
        "shipper": _maybe("shp1", "shp2"),
        "notify": _maybe("imp1"),
        "carrier": st.just("NRCH"),
        "address": _maybe("pier 7"),
        "load_port": _maybe("CNSHA", "CLVAP"),
        "via": _maybe("PAONX", ""),
        "discharge_port": st.just("PABLB"),
        "hs": _maybe("870899", "870810", "0803", "08"),
        "size_type": _maybe("22G1", "45R1"),
        "packages": _maybe(10.0, 0.0, 400.0),
        "mass_kg": _maybe(1000.0, 25000.0),
        "value": _maybe(500.0, 90000.0, -1.0),
        "currency": _maybe("USD"),
        "freight": _maybe(2000.0),
        "freight_currency": _maybe("USD"),
        "boxes": _maybe(1.0),
    }
)
OUTCOMES = st.fixed_dictionaries(
    {"subject": NAMES, "examined": st.sampled_from([True, True, False]),
     "found": st.sampled_from([True, False, None]), "known": MOMENTS}
)  # fmt: skip


def rows(made: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows; of several with one id and moment, the first."""
    first = {(row["id"], row["at"]): row for row in reversed(made)}
    columns = {name: kind for name, kind in ROW_COLUMNS.items() if not made or name in made[0]}
    return pl.DataFrame(list(reversed(first.values())), schema=columns)


def outcomes(made: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(made, schema=dict(OUTCOME_COLUMNS))


def differences(left: pl.DataFrame, right: pl.DataFrame) -> list[str]:
    """Return the columns in which two profiles differ, with their values."""
    assert left.columns == right.columns
    return [
        f"{name}: {left[name].to_list()} is not {right[name].to_list()}"
        for name in left.columns
        if not left[name].equals(right[name])
    ]
