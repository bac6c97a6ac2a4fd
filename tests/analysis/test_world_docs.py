"""docs/planted-world.md names every parameter with its default, every trace, scheme and column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec

from esclusa.analysis.world import COLUMNS, Parameters, Scheme, default_parameters
from esclusa.analysis.world.scheme import Kind

PAGE = (Path(__file__).parents[2] / "docs/planted-world.md").read_text()


def test_every_parameter_stands_there_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| ([\d.-]+) \|", PAGE, re.M))
    expected = {}
    for field in msgspec.structs.fields(Parameters):
        value = getattr(default_parameters(), field.name)
        if isinstance(value, msgspec.Struct):
            inner = msgspec.structs.asdict(value)
            expected |= {f"{field.name}.{name}": str(one) for name, one in inner.items()}
        elif field.name not in ("acting", "scheme", "version"):
            expected[field.name] = str(value)
    assert {name for name in expected if name not in rows} == set()
    for name, value in expected.items():
        if name == "start":
            assert rows[name] == value
        else:
            assert float(rows[name]) == float(value), name


def test_every_scheme_field_and_kind_of_trace_is_explained() -> None:
    names = [scheme.name for scheme in default_parameters().scheme]
    assert [name for name in names if f"| `{name}` |" not in PAGE] == []
    kinds = re.findall(r"`(\w+)`", PAGE.split("| trace |", 1)[1].split("\n\n", 1)[0])
    assert set(kinds) == set(get_args(Kind))
    fields = [field.name for field in msgspec.structs.fields(Scheme)]
    assert [name for name in fields if f"`{name}`" not in PAGE] == []


def test_every_table_and_column_is_named() -> None:
    for table, columns in COLUMNS.items():
        row = re.search(rf"^\| `{table}` \| (.*) \|$", PAGE, re.M)
        assert row
        assert re.findall(r"`(\w+)`", row[1]) == list(columns)


def test_the_shares_in_the_table_of_schemes_are_those_of_the_schemes() -> None:
    for scheme in default_parameters().scheme:
        if scheme.standing:
            assert re.search(rf"^\| `{scheme.name}` \|.*\| {scheme.share * 100:.0f} %", PAGE, re.M)
