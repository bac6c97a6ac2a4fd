"""A condition written as SQL means in DuckDB and PostgreSQL what it means in polars, nulls too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import duckdb
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_worlds import (
    DATES,
    EACH,
    FLAGS,
    LISTED,
    NUMBERS,
    SAMPLES,
    SCOPE,
    TEXTS,
    Row,
    conditions,
    rows,
)

from esclusa.analysis.targeting.catalogue import fields
from esclusa.analysis.targeting.checker import MAX_CALCULATIONS, Scope
from esclusa.analysis.targeting.compiler import compile_condition
from esclusa.analysis.targeting.frame import frame_of
from esclusa.analysis.targeting.pack import load_pack
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.sql import columns_of, quoted, sql_condition
from esclusa.analysis.targeting.sql_dialects import DIALECTS, Dialect
from esclusa.analysis.targeting.tree import Node, names, unparse
from esclusa.errors import RuleError

READ = (*FLAGS, *NUMBERS, *TEXTS, *LISTED, *DATES)
Verdicts = list[list[bool | None]]


class Engine:
    """A database with one table of rows; answers conditions about it."""

    def __init__(self, dialect: Dialect, run: Callable[..., Any]) -> None:
        self.dialect = dialect
        self.run = run
        types = columns_of("consignment", dialect)
        body = ", ".join(f"{quoted(name)} {types[name]}" for name in READ)
        run(f"CREATE TEMPORARY TABLE stated (place integer, {body})")

    def verdicts(self, nodes: Sequence[Node], some: Sequence[Row]) -> Verdicts:
        self.run("DELETE FROM stated")
        mark = "?" if self.dialect.name == "duckdb" else "%s"
        marks = ", ".join([mark] * (len(READ) + 1))
        for at, row in enumerate(some):
            values = [at, *(row.get(name) for name in READ)]
            self.run(f"INSERT INTO stated VALUES ({marks})", values)
        wanted = ", ".join(sql_condition(node, SCOPE, self.dialect) for node in nodes)
        found = self.run(f"SELECT {wanted} FROM stated ORDER BY place").fetchall()
        return [list(row) for row in found]


@pytest.fixture(scope="module")
def duck() -> Engine:
    return Engine(DIALECTS["duckdb"], duckdb.connect().execute)


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[Engine]:
    address = sa.make_url(postgres_url).set(drivername="postgresql")
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        yield Engine(DIALECTS["postgresql"], connection.execute)


@pytest.fixture(params=["duck", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


def expected(nodes: Sequence[Node], some: Sequence[Row]) -> Verdicts:
    data = {name: [row.get(name) for row in some] for name in READ}
    table = frame_of("consignment", data, len(some))
    found = table.select(
        compile_condition(node, SCOPE).alias(str(at)) for at, node in enumerate(nodes)
    )
    return [list(row) for row in found.rows()]


def compare(engine: Engine, nodes: Sequence[Node], some: Sequence[Row]) -> None:
    said, wanted = engine.verdicts(nodes, some), expected(nodes, some)
    for at, node in enumerate(nodes):
        got, right = [row[at] for row in said], [row[at] for row in wanted]
        assert got == right, f"{unparse(node)}\n{sql_condition(node, SCOPE, engine.dialect)}"


@given(st.lists(conditions(), min_size=8, max_size=8), st.lists(rows, min_size=8, max_size=8))
@settings(
    max_examples=160, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large,
                           HealthCheck.function_scoped_fixture, HealthCheck.large_base_example],
)  # fmt: skip
def test_ten_thousand_made_up_cases_agree(
    engine: Engine, nodes: list[Node], some: list[Row]
) -> None:
    compare(engine, nodes, some)  # 160 times 8 conditions on 8 rows: 10,240


def test_each_form_agrees_on_every_edge(engine: Engine) -> None:
    for text in EACH:
        node = parse(text)
        read = sorted(names(node))
        cases = product(*(SAMPLES[name] for name in read))
        compare(engine, [node], [dict(zip(read, values, strict=True)) for values in cases])


EXTREMES = [0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 1e-300, 2.0**-537, 2.0**-51, 0.5, 1.0, -1.0,
            3.0, 2.0**200, 2.0**512, 2.0**600, 2.0**1022, 1e308, 1.7976931348623157e308,
            -1.7976931348623157e308, None]  # fmt: skip


def test_calculations_at_the_ends_of_the_number_range_agree(engine: Engine) -> None:
    some: list[Row] = [{"value": a, "packages": b} for a in EXTREMES for b in EXTREMES]
    texts = [f"value {op} packages {test}" for op in "+-*/" for test in ("> 0", "== 0", "< 1")]
    texts += ["is_null(value + packages)", "is_null(value * packages)", "is_null(value / packages)",
              "is_null(value - packages)", "is_round(value, 0.5)", "is_round(value * packages, 3)"]  # fmt: skip
    compare(engine, [parse(text) for text in texts], some)


def test_the_longest_calculation_stays_a_short_query(engine: Engine) -> None:
    """Operands are written once each, however deep they stand."""
    text = " + ".join(["value"] * (MAX_CALCULATIONS + 1)) + " > 13"
    assert len(sql_condition(parse(text), SCOPE, engine.dialect)) < 3_000
    compare(engine, [parse(text)], [{"value": 2.0}, {"value": 1.0}, {"value": None}])


def test_every_rule_of_the_pack_can_be_written(engine: Engine) -> None:
    pack = load_pack()
    lists = {name: words.items for name, words in pack.lists.items()}
    for found in pack.rules:
        for subject in found.rule.subjects:
            types = columns_of(subject, engine.dialect)
            body = ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in types.items())
            scope = Scope(fields(subject), lists, found.rule.id)
            condition = sql_condition(found.tree, scope, engine.dialect)
            row = engine.run(f"SELECT {condition} FROM (SELECT {body}) AS row").fetchone()
            table = frame_of(subject, {}, 1)
            assert row[0] == table.select(v=found.expressions[subject])["v"][0], found.rule.id


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_a_text_of_a_rule_never_ends_its_literal(dialect: Dialect) -> None:
    node = parse('goods_text == "A\'); DROP TABLE STATED; --" or contains(goods_text, "O\'B")')
    said = sql_condition(node, SCOPE, dialect)
    assert "'A''); DROP TABLE STATED; --'" in said and "'O''B'" in said


def test_signs_that_mean_something_in_a_pattern_stand_for_themselves(engine: Engine) -> None:
    phrases = ["A.B", "(A)", "A|B", "[A]", "A+", "A*", "A?", "{2}", "^A", "A$", "A\\B", "'A'"]
    quote = ", ".join('"' + phrase.replace("\\", "\\\\") + '"' for phrase in phrases)
    texts = [f"contains_any(goods_text, [{quote}])", f"only_words(goods_text, [{quote}])",
             f"starts_with_any(goods_text, [{quote}])", f"any_in(goods_texts, [{quote}])",
             f"any_starts_with(goods_texts, [{quote}])", f"any_only_words(goods_texts, [{quote}])",
             f"any_contains_any(goods_texts, [{quote}])"]  # fmt: skip
    values = [*phrases, "AXB", "A", "B", "AA", "2"]
    some: list[Row] = [{"goods_text": value, "goods_texts": [value]} for value in values]
    compare(engine, [parse(text) for text in texts], some)


def test_what_the_checker_refuses_is_not_written() -> None:
    with pytest.raises(RuleError, match="there is no field wealth"):
        sql_condition(parse("wealth > 3"), SCOPE, DIALECTS["duckdb"])


def test_dates_and_lists_have_the_types_that_the_database_knows() -> None:
    assert columns_of("consignment", DIALECTS["duckdb"])["goods_texts"] == "VARCHAR[]"
    assert columns_of("consignment", DIALECTS["postgresql"])["issued"] == "date"
    assert "nationality" not in columns_of("traveller", DIALECTS["postgresql"])
