"""Columns of zones: the same fields and verdicts as the single reader, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mrz_samples import CHARACTERS, SAMPLES, SPECIMENS, zone_fields

from esclusa.errors import FormatError
from esclusa.formats import mrz
from esclusa.formats.mrz import Fields, Kind, Zone
from esclusa.formats.mrz.batch import table
from esclusa.formats.mrz.layout import LAYOUTS


def expected(zone: Zone) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(zone.fields, name) for name in Fields.__struct_fields__}
    row["kind"] = str(zone.fields.kind)
    for check in zone.checks:
        row[f"{check.field}_given"] = check.given
        row[f"{check.field}_computed"] = check.computed
        row[f"{check.field}_verdict"] = check.verdict.value
    return row | {"names_truncated": zone.names_truncated, "valid": zone.valid, "fault": ""}


def columns(rows: list[tuple[str, ...]], count: int) -> list[list[str]]:
    return [[row[at] for row in rows] for at in range(count)]


@pytest.mark.parametrize("kind", Kind)
def test_the_samples_read_as_the_single_reader_reads_them(kind: Kind) -> None:
    zones = [
        zone for one in SAMPLES if isinstance(zone := mrz.attempt("\n".join(one["lines"])), Zone)
    ]
    mine = [zone for zone in zones if zone.fields.kind is kind] + [
        mrz.read("\n".join(SPECIMENS[kind]))
    ]
    found = table(kind, *columns([zone.lines for zone in mine], LAYOUTS[kind].count))
    assert found.to_dicts() == [expected(zone) for zone in mine]


@settings(max_examples=60)
@given(
    st.sampled_from(Kind).flatmap(lambda kind: st.lists(zone_fields(kind), min_size=1, max_size=8)),
    st.data(),
)
def test_whatever_stands_in_a_row_gets_the_same_verdicts(
    people: list[Fields], data: st.DataObject
) -> None:
    """One character of each zone is changed, whatever it is."""
    kind, layout = people[0].kind, LAYOUTS[people[0].kind]
    rows = []
    for fields in people:
        lines = list(mrz.write(fields))
        line, at = (
            data.draw(st.integers(0, layout.count - 1)),
            data.draw(st.integers(0, layout.width - 1)),
        )
        if (line, at) != (0, 0):
            lines[line] = (
                lines[line][:at] + data.draw(st.sampled_from(CHARACTERS)) + lines[line][at + 1 :]
            )
        rows.append(tuple(lines))
    found = table(kind, *columns(rows, layout.count))
    assert found.to_dicts() == [expected(mrz.read("\n".join(row))) for row in rows]


def test_a_row_that_is_no_zone_of_the_kind_is_named_and_its_neighbours_are_read() -> None:
    first, second = SPECIMENS[Kind.TD3]
    rows = [
        (first, second), (first[:-1], second), (first, second + "<"), ("V" + first[1:], second),
        (first.replace("K", "É"), second), (first, second.replace("L", "l")), (first, second.replace("L", "\0")),
        (first, second),
    ]  # fmt: skip
    found = table(Kind.TD3, *columns(rows, 2))
    assert found["fault"].to_list() == [
        "",
        "length",
        "length",
        "type",
        "character",
        "character",
        "character",
        "",
    ]
    assert found["valid"].to_list() == [True, None, None, None, None, None, None, True]
    assert found.row(0) == found.row(7)
    assert set(found.row(1, named=True).values()) == {None, "length"}


def test_lists_arrays_and_series_are_the_same_and_nothing_is_a_table_without_rows() -> None:
    first, second = SPECIMENS[Kind.TD3]
    plain = table(Kind.TD3, [first], [second])
    assert table(Kind.TD3, np.array([first]), np.array([second])).equals(plain)
    assert table(Kind.TD3, pl.Series([first]), pl.Series([second])).equals(plain)
    empty = table(Kind.TD3, [], [])
    assert (empty.height, empty.columns) == (0, plain.columns)


def test_values_that_are_no_text_are_rows_without_a_zone() -> None:
    first, second = SPECIMENS[Kind.TD3]
    assert table(Kind.TD3, pl.Series([first, None]), pl.Series([second, second]))[
        "fault"
    ].to_list() == ["", "length"]


def test_columns_must_be_as_many_as_lines_and_of_one_length() -> None:
    with pytest.raises(FormatError, match=r"TD1 has 3 columns of equal length, given: 1, 1"):
        table(Kind.TD1, ["A"], ["B"])
    with pytest.raises(FormatError, match=r"given: 1, 2"):
        table(Kind.TD3, ["A"], ["B", "C"])
    with pytest.raises(FormatError, match=r"given: none"):
        table(Kind.TD3)
