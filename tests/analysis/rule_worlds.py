"""Conditions and rows for the tests of what conditions mean, whatever engine computes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from esclusa.analysis.targeting.catalogue import fields
from esclusa.analysis.targeting.checker import Scope
from esclusa.analysis.targeting.parser import MAX_DEPTH
from esclusa.analysis.targeting.tree import (
    Binary,
    Call,
    Items,
    Literal,
    Name,
    Node,
    Unary,
    depth,
    names,
)

LISTS = {"words": ("A", "A B", "B#&~-"), "codes": ("AB", "B")}
SCOPE = Scope(fields("consignment"), LISTS, "X1")
FLAGS = ("reefer", "ports_missing", "hs_missing")
NUMBERS = ("value", "packages", "gross_mass_kg")
TEXTS = ("goods_text", "load_code")
LISTED = ("goods_texts", "hs_codes")
DATES = ("issued", "arrival")
Row = dict[str, Any]

_letters = "AB 1#&~-."
_text = st.text(_letters, max_size=8)
_element = st.text(_letters, min_size=1, max_size=6)
_small = st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.5, 36000.0, 1e308, -1e308, 5e-324])
_number = st.one_of(_small, st.floats(allow_nan=False, allow_infinity=False))
_day = st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 6))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


rows = st.fixed_dictionaries(
    {
        **dict.fromkeys(FLAGS, maybe(st.booleans())),
        **dict.fromkeys(NUMBERS, maybe(_number)),
        **dict.fromkeys(TEXTS, maybe(_text)),
        **dict.fromkeys(LISTED, maybe(st.lists(_element, max_size=3))),
        **dict.fromkeys(DATES, maybe(_day)),
    }
)


def fn(name: str, *args: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.tuples(*args).map(lambda found: Call(name, found))


def op(names_: list[str], left: Any, right: Any) -> st.SearchStrategy[Node]:
    return st.builds(Binary, st.sampled_from(names_), left, right)


_piece = st.text("AB 1", min_size=1, max_size=3).map(Literal)
_few = st.lists(st.text(_letters, min_size=1, max_size=3), min_size=1, max_size=3)
_values = st.one_of(
    _few.map(lambda found: Items(tuple(found))),
    st.sampled_from(sorted(LISTS)).map(lambda name: Call("list", (Literal(name),))),
)
_texts_node = st.sampled_from(TEXTS).map(Name)
_listed_node = st.sampled_from(LISTED).map(Name)
_date_node = st.one_of(
    st.sampled_from(DATES).map(Name), _day.map(lambda d: Call("date", (Literal(d.isoformat()),)))
)
_pattern = st.sampled_from(["A", "^A", "B$", "A.B", "(A|B)+1", "[A1]{2}", r"\.", "A?#", "^$|A"])


def _numbers() -> st.SearchStrategy[Node]:
    leaf = st.one_of(
        st.sampled_from(NUMBERS).map(Name),
        st.sampled_from([0.0, 1.0, 2.5, 36000.0]).map(Literal),
        fn("size", _texts_node),
        fn("count", _listed_node),
        fn("days_between", _date_node, _date_node),
        fn("or_else", st.sampled_from(NUMBERS).map(Name), st.just(Literal(3.0))),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            op(["+", "-", "*", "/"], inner, inner),
            st.builds(Unary, st.just("-"), inner),
            fn("abs", inner),
        ),
        max_leaves=4,
    )


def _flags() -> st.SearchStrategy[Node]:
    number = _numbers()
    leaf = st.one_of(
        st.sampled_from(FLAGS).map(Name),
        st.booleans().map(Literal),
        op(["==", "!=", "<", "<=", ">", ">="], number, number),
        op(["==", "!=", "<", ">="], _date_node, _date_node),
        op(["==", "!="], _texts_node, st.one_of(_texts_node, _piece)),
        op(["in"], _texts_node, st.one_of(_values, _listed_node)),
        op(["in"], _piece, _listed_node),
        op(["in"], number, st.just(Items((1.0, 2.0, -1.0)))),
        fn("is_null", st.one_of(_texts_node, _listed_node, _date_node, number)),
        fn("or_else", st.sampled_from(FLAGS).map(Name), st.booleans().map(Literal)),
        fn("is_round", number, st.sampled_from([0.5, 1.0, 1000.0]).map(Literal)),
        *(fn(name, _texts_node, _piece) for name in ("contains", "starts_with", "ends_with")),
        *(fn(n, _texts_node, _values) for n in ("contains_any", "only_words", "starts_with_any")),
        fn("matches", _texts_node, _pattern.map(Literal)),
        *(
            fn(name, _listed_node, _values)
            for name in ("any_in", "any_starts_with", "any_contains_any", "any_only_words")
        ),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            op(["and", "or", "==", "!="], inner, inner), st.builds(Unary, st.just("not"), inner)
        ),
        max_leaves=6,
    )


def conditions() -> st.SearchStrategy[Node]:
    """Whole conditions that the checker accepts."""
    return _flags().filter(lambda node: bool(names(node)) and depth(node) <= MAX_DEPTH)


SAMPLES: Row = {
    **dict.fromkeys(FLAGS, (None, True, False)),
    **dict.fromkeys(NUMBERS, (None, 0.0, -0.5, 1.0, 2000.0, 1e308)),
    **dict.fromkeys(TEXTS, (None, "", "A", "AB", "A B 12", "B#&~-", " A")),
    **dict.fromkeys(LISTED, (None, [], ["A"], ["AB", "A B"], ["1", "B#&~-"])),
    **dict.fromkeys(DATES, (None, dt.date(2026, 1, 1), dt.date(2026, 1, 9))),
}
EACH = [
    "reefer and ports_missing", "reefer or ports_missing", "not reefer", "reefer == ports_missing",
    "reefer != true", "value + packages > 1", "value - packages < 1", "value * packages >= 1",
    "value / packages <= 1", "-value == 0.5", "value != packages", "goods_text == load_code",
    'goods_text != "A"', "issued < arrival", 'arrival >= date("2026-01-09")',
    "days_between(issued, arrival) > 3", "value in [1, 2000]", 'load_code in ["A", "AB"]',
    'load_code in list("codes")', "load_code in goods_texts", '"AB" in goods_texts',
    "is_null(value)", "is_null(goods_texts)", "is_null(value / packages)",
    "or_else(reefer, true)", "or_else(value, 3) > 2", 'or_else(load_code, "A") == "A"',
    "size(goods_text) > 1", "count(goods_texts) == 0", "count(goods_texts) > 1",
    'contains(goods_text, "B")', 'starts_with(goods_text, "A")', 'ends_with(goods_text, "12")',
    'starts_with_any(goods_text, ["B#", "AB"])', 'contains_any(goods_text, list("words"))',
    'only_words(goods_text, list("words"))', 'matches(goods_text, "^A.?B")',
    'any_in(goods_texts, list("codes"))', 'any_starts_with(goods_texts, ["A "])',
    'any_contains_any(goods_texts, ["B"])', 'any_only_words(goods_texts, list("words"))',
    "abs(value) == 0.5", "is_round(value, 1000)",
]  # fmt: skip
