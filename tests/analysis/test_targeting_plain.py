"""A condition as a function of one row means what it means in polars, nulls too.

CPU: about six seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
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

from esclusa.analysis.targeting.compiler import compile_condition
from esclusa.analysis.targeting.frame import frame_of
from esclusa.analysis.targeting.pack import load_pack
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.plain import plain_condition
from esclusa.analysis.targeting.tree import Call, Node, names, unparse, walk

READ = (*FLAGS, *NUMBERS, *TEXTS, *LISTED, *DATES)
EXTREMES = [0.0, -0.0, 5e-324, -5e-324, 1e-300, 2.0**-51, 0.5, 1.0, -1.0, 2.5, 3.0, 2.0**512,
            2.0**1022, 1e308, 1.7976931348623157e308, -1.7976931348623157e308, None]  # fmt: skip


def compare(nodes: Sequence[Node], some: Sequence[Row]) -> int:
    """Fail where both ways differ; return how many conditions have a plain form."""
    data = {name: [row.get(name) for row in some] for name in READ}
    table = frame_of("consignment", data, len(some))
    wanted = table.select(
        compile_condition(node, SCOPE).alias(str(at)) for at, node in enumerate(nodes)
    )
    stated, plain = table.rows(named=True), 0
    for at, node in enumerate(nodes):
        test = plain_condition(node, SCOPE)
        if test is None:
            assert any(isinstance(part, Call) and part.name == "matches" for part in walk(node))
            continue
        plain += 1
        column = wanted[str(at)]
        said = [test(row) for row in stated]
        right = column.to_list() if len(column) == len(said) else column.to_list() * len(said)
        assert said == right and all(one is None or isinstance(one, bool) for one in said), unparse(
            node
        )
    return plain


@given(st.lists(conditions(), min_size=8, max_size=8), st.lists(rows, min_size=8, max_size=8))
@settings(
    max_examples=160, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large,
                           HealthCheck.large_base_example],
)  # fmt: skip
def test_ten_thousand_made_up_cases_agree(nodes: list[Node], some: list[Row]) -> None:
    compare(nodes, some)  # 160 times 8 conditions on 8 rows: 10,240


def test_each_form_agrees_on_every_edge() -> None:
    plain = 0
    for text in EACH:
        node = parse(text)
        read = sorted(names(node))
        cases = product(*(SAMPLES[name] for name in read))
        plain += compare([node], [dict(zip(read, values, strict=True)) for values in cases])
    assert plain == len(EACH) - 1  # all but the pattern


@pytest.mark.parametrize("op", "+-*/")
def test_calculations_at_the_ends_of_the_number_range_agree(op: str) -> None:
    some: list[Row] = [{"value": a, "packages": b} for a in EXTREMES for b in EXTREMES]
    texts = [f"value {op} packages {test}" for test in ("> 0", "== 0", "< 1")]
    texts += [f"is_null(value {op} packages)", "is_round(value, 0.5)", "is_round(value, 3)",
              f"is_round(value {op} packages, 0.000000001)", "-value < abs(packages)"]  # fmt: skip
    compare([parse(text) for text in texts], some)


def test_every_rule_of_the_pack_is_plain() -> None:
    assert all(found.plain is not None for found in load_pack().rules)
