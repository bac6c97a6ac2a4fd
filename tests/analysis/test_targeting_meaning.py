"""What conditions mean: the compiled column equals a slow reading of the reference, nulls too."""

from __future__ import annotations

import datetime as dt
import math
import re
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_worlds import (
    EACH,
    FLAGS,
    LISTS,
    SAMPLES,
    SCOPE,
    Row,
    conditions,
    rows,
)

from esclusa.analysis.targeting.compiler import compile_condition
from esclusa.analysis.targeting.frame import frame_of
from esclusa.analysis.targeting.functions import FUNCTIONS
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.tree import (
    Binary,
    Call,
    Items,
    Literal,
    Name,
    Node,
    Unary,
    names,
    unparse,
)

# --- The reference: a slow interpreter that follows docs/rules.md line by line -----------------


def meaning(node: Node, row: Row) -> Any:
    match node:
        case Literal(value):
            return value
        case Items(values):
            return list(values)
        case Name(name):
            return row[name]
        case Unary("not", operand):
            value = meaning(operand, row)
            return None if value is None else not value
        case Unary(_, operand):
            value = meaning(operand, row)
            return None if value is None else -value
        case Binary("and", left, right):
            return kleene_and(meaning(left, row), meaning(right, row))
        case Binary("or", left, right):
            return kleene_or(meaning(left, row), meaning(right, row))
        case Binary(op, left, right):
            return plain(op, meaning(left, row), meaning(right, row))
        case Call("list", (Literal(str(name)),)):
            return list(LISTS[name])
        case Call(name, args):
            return call(name, [meaning(arg, row) for arg in args])


def kleene_and(a: bool | None, b: bool | None) -> bool | None:
    return False if False in (a, b) else None if None in (a, b) else True


def kleene_or(a: bool | None, b: bool | None) -> bool | None:
    return True if True in (a, b) else None if None in (a, b) else False


def plain(op: str, a: Any, b: Any) -> Any:
    if a is None or b is None:
        return None
    if op in "+-*/":
        return arithmetic(op, a, b)
    return {
        "==": lambda: a == b, "!=": lambda: a != b, "<": lambda: a < b, "<=": lambda: a <= b,
        ">": lambda: a > b, ">=": lambda: a >= b, "in": lambda: a in b,
    }[op]()  # fmt: skip


def arithmetic(op: str, a: float, b: float) -> float | None:
    if op == "/" and b == 0:
        return None
    result = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}[op]
    return result if math.isfinite(result) else None


def holds(phrases: list[str], text: str) -> bool:
    return any(f" {phrase} " in f" {text} " for phrase in phrases)


def cut_up(text: str, phrases: list[str]) -> bool:
    """Whether phrases and bare numbers, joined by single blanks, give exactly this text."""
    heads = [p for p in phrases if text == p or text.startswith(p + " ")]
    number = re.match("[0-9]+(?= |$)", text)
    heads += [number[0]] if number else []
    return any(text == head or cut_up(text[len(head) + 1 :], phrases) for head in heads)


def call(name: str, args: list[Any]) -> Any:
    if name == "is_null":
        return args[0] is None
    if name == "or_else":
        return args[1] if args[0] is None else args[0]
    if None in args:
        return None
    x, y = args[0], args[-1]
    return {
        "size": lambda: float(len(x)),
        "count": lambda: float(len(x)),
        "contains": lambda: y in x,
        "starts_with": lambda: x.startswith(y),
        "ends_with": lambda: x.endswith(y),
        "starts_with_any": lambda: any(x.startswith(start) for start in y),
        "contains_any": lambda: holds(y, x),
        "only_words": lambda: cut_up(x, y),
        "matches": lambda: re.search(y.replace("$", r"\Z"), x) is not None,
        "any_in": lambda: any(element in y for element in x),
        "any_starts_with": lambda: any(element.startswith(tuple(y)) for element in x),
        "any_contains_any": lambda: any(holds(y, element) for element in x),
        "any_only_words": lambda: any(cut_up(element, y) for element in x),
        "days_between": lambda: float((y - x).days),
        "date": lambda: dt.date.fromisoformat(x),
        "abs": lambda: abs(x),
        "is_round": lambda: is_round(x, y),
    }[name]()


def is_round(value: float, step: float) -> bool:
    steps = value / step
    return value != 0 and math.isfinite(steps) and value - round(steps) * step == 0


def column(node: Node, some: list[Row]) -> list[bool | None]:
    data = {name: [row[name] for row in some] for name in some[0]}
    table = frame_of("consignment", data, len(some))
    return table.select(v=compile_condition(node, SCOPE))["v"].to_list()


@given(
    conditions(),
    st.lists(rows, min_size=1, max_size=6),
)
@settings(max_examples=500, deadline=None)
def test_compiled_column_equals_the_reference_row_by_row(node: Node, some: list[Row]) -> None:
    assert column(node, some) == [meaning(node, row) for row in some], unparse(node)


@pytest.mark.parametrize("text", EACH)
def test_each_form_means_what_the_reference_says_on_every_edge(text: str) -> None:
    node = parse(text)
    read = sorted(names(node))
    some = [dict(zip(read, v, strict=True)) for v in product(*(SAMPLES[name] for name in read))]
    assert column(node, some) == [meaning(node, row) for row in some]


def test_the_edges_reach_every_function() -> None:
    assert {name for text in EACH for name in FUNCTIONS if f"{name}(" in text} == set(FUNCTIONS)


# --- Laws of three-valued logic ----------------------------------------------------------------

LAWS = [
    ("not ({a} and {b})", "not {a} or not {b}"),
    ("not ({a} or {b})", "not {a} and not {b}"),
    ("not not {a}", "{a} == true"),
    ("{a} and {b}", "{b} and {a}"),
    ("{a} or {b}", "{b} or {a}"),
    ("{a} and ({b} or {c})", "({a} and {b}) or ({a} and {c})"),
    ("{a} or ({b} and {c})", "({a} or {b}) and ({a} or {c})"),
    ("({a} and {b}) and {c}", "{a} and ({b} and {c})"),
    ("{a} and ({a} or {b})", "{a} == true"),
    ("{a} != {b}", "not ({a} == {b})"),
]


@pytest.mark.parametrize(("left", "right"), LAWS)
def test_law_holds_for_true_false_and_unknown(left: str, right: str) -> None:
    a, b, c = FLAGS
    states = [True, False, None]
    some = [{a: x, b: y, c: z} for x in states for y in states for z in states]
    texts = [law.format(a=a, b=b, c=c) for law in (left, right)]
    assert column(parse(texts[0]), some) == column(parse(texts[1]), some)


def one(text: str, **row: Any) -> bool | None:
    return column(parse(text), [row])[0]


def test_unknown_is_neither_true_nor_false() -> None:
    assert one("value > 3", value=None) is None
    assert one("not (value > 3)", value=None) is None
    assert one("value > 3 or value <= 3", value=None) is None


def test_a_certain_part_decides_whatever_is_unknown() -> None:
    assert one("value > 3 and reefer", value=None, reefer=False) is False
    assert one("value > 3 or reefer", value=None, reefer=True) is True


def test_division_by_zero_is_unknown_not_infinite() -> None:
    assert one("value / packages > 5", value=1.0, packages=0.0) is None
    assert one("value / packages > 5", value=0.0, packages=0.0) is None


def test_arithmetic_too_large_for_a_number_is_unknown() -> None:
    assert one("value * 10 > 5", value=1e308) is None


def test_is_null_is_never_unknown() -> None:
    assert one("is_null(value)", value=None) is True
    assert one("is_null(value / 0)", value=1.0) is True
    assert one("is_null(value)", value=0.0) is False


def test_whole_words_only() -> None:
    words = 'contains_any(goods_text, ["GIFT"])'
    assert one(words, goods_text="BOX OF GIFT") is True
    assert one(words, goods_text="GIFTWARE") is False


def test_a_list_looked_up_and_empty_is_known() -> None:
    assert one("count(seals_elsewhere) > 0", seals_elsewhere=[]) is False
    assert one('any_in(seals_elsewhere, ["A"])', seals_elsewhere=[]) is False
    assert one("count(seals_elsewhere) > 0", seals_elsewhere=None) is None


def test_an_empty_table_has_an_empty_verdict() -> None:
    table = frame_of("consignment", {}, 0)
    expression = compile_condition(parse("value > 3"), SCOPE)
    assert table.select(v=expression)["v"].to_list() == []
    assert table.schema["goods_texts"] == pl.List(pl.String)
