"""The rule language: what can be written, and where a mistake is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.targeting.catalogue import fields
from esclusa.analysis.targeting.checker import MAX_CALCULATIONS, Scope, check, lists_of
from esclusa.analysis.targeting.functions import FUNCTIONS
from esclusa.analysis.targeting.lexer import MAX_LENGTH
from esclusa.analysis.targeting.parser import MAX_DEPTH, parse
from esclusa.analysis.targeting.patterns import MAX_PATTERN, pattern_problem
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
    unparse,
    walk,
)
from esclusa.errors import RuleError

LISTS = {"vague_terms": ("FAK", "GENERAL CARGO"), "ports": ("ECGYE", "PECLL")}


def scope(subject: str = "consignment") -> Scope:
    return Scope(fields(subject), LISTS, "X1")


def refused(text: str, subject: str = "consignment") -> RuleError:
    with pytest.raises(RuleError) as caught:
        check(parse(text, rule="X1"), scope(subject))
    return caught.value


# --- Trees for round trips -----------------------------------------------------------------

_words = st.sampled_from(["a", "goods_text", "value", "x_1"])
_plain = st.one_of(
    st.booleans().map(Literal),
    st.integers(0, 10**15 - 1).map(lambda n: Literal(float(n))),
    st.decimals(0, 10**6, places=4, allow_nan=False).map(lambda d: Literal(float(d))),
    st.text("AB \"\\é'", max_size=5).map(Literal),
    _words.map(Name),
    st.lists(st.text('AB"', max_size=3), min_size=1, max_size=3).map(lambda v: Items(tuple(v))),
    st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=3).map(lambda v: Items(tuple(v))),
)
_operators = ["or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"]


def _grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Unary, st.sampled_from(["not", "-"]), inner),
        st.builds(Binary, st.sampled_from(_operators), inner, inner),
        st.builds(Call, _words, st.lists(inner, max_size=3).map(tuple)),
    )


trees = st.recursive(_plain, _grow, max_leaves=20)


def without_places(node: Node) -> Node:
    match node:
        case Unary(op, operand):
            return Unary(op, without_places(operand))
        case Binary(op, left, right):
            return Binary(op, without_places(left), without_places(right))
        case Call(name, args):
            return Call(name, tuple(map(without_places, args)))
        case Literal(value):
            return Literal(value)
        case Items(values):
            return Items(values)
        case Name(name):
            return Name(name)


@given(trees)
@settings(max_examples=400)
def test_tree_to_text_to_tree_is_the_same_tree(tree: Node) -> None:
    if depth(tree) <= MAX_DEPTH and len(unparse(tree)) <= MAX_LENGTH:
        again = parse(unparse(tree))
        assert without_places(again) == tree
        assert unparse(again) == unparse(tree)


@given(st.text(alphabet="()[]\"\\ andornotin<>=!+-*/.,09azAZ_é\n\x00'", max_size=60))
@settings(max_examples=500)
def test_any_text_is_parsed_or_refused_at_a_character_within_it(text: str) -> None:
    try:
        parse(text, rule="X1")
    except RuleError as error:
        assert error.rule == "X1"
        assert 0 <= error.offset <= len(text)


# --- Precedence ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("not a == b", "not (a == b)"),
        ("not a in b", "not (a in b)"),
        ("a + b * c < d", "(a + (b * c)) < d"),
        ("a - b - c", "(a - b) - c"),
        ("a / b / c", "(a / b) / c"),
        ("-a * b", "(-a) * b"),
        ("a and b and c", "(a and b) and c"),
        ("not not a", "not (not a)"),
    ],
)
def test_operators_bind_as_the_reference_says(written: str, meant: str) -> None:
    assert without_places(parse(written)) == without_places(parse(meant))


def test_each_part_knows_its_character() -> None:
    tree = parse("value > 3 and reefer")
    assert [(type(n).__name__, n.at) for n in walk(tree)] == [
        ("Binary", 10), ("Binary", 6), ("Name", 0), ("Literal", 8), ("Name", 14),
    ]  # fmt: skip


def test_names_and_lists_of_a_condition_are_known() -> None:
    tree = parse('load_code in list("ports") and any_only_words(goods_texts, list("vague_terms"))')
    assert names(tree) == {"load_code": 0, "goods_texts": 46}
    assert lists_of(tree) == ("ports", "vague_terms")


# --- Refusals, each at its character ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "offset", "part"),
    [
        ("value = 3", 6, "write == to compare"),
        ("value > 3 && reefer", 10, "write and"),
        ("value > 3 | reefer", 10, "write or"),
        ("!reefer", 0, "write not"),
        ("load_code == 'ECGYE'", 13, "double quotes"),
        ('load_code == "ECGYE', 13, "no closing quote"),
        ("value > ", 8, "found the end"),
        ("value > 3 reefer", 10, "expected the end"),
        ("(value > 3", 10, "expected )"),
        ("1 < value < 3", 10, "do not chain"),
        ("value == null", 9, "is_null(field)"),
        ("value > 1e5", 8, "15 digits"),
        ("value > 1.5.5", 8, "15 digits"),
        ("value > 1234567890123456", 8, "15 digits"),
        ("value in []", 9, "1 to 50"),
        ('value in [1, "A"]', 9, "all texts or all numbers"),
        ("value in [a]", 10, "expected a text or a number"),
        ("value == not reefer", 9, "brackets"),
        ("valu > 3", 0, "did you mean value"),
        ("contains_all(goods_text)", 0, "there is no function"),
        ("value", 0, "true or false as a whole"),
        ("true", 0, "at least one field"),
        ("value > reefer", 6, "takes number here, not flag"),
        ("goods_text > 3", 11, "takes date or number here, not text"),
        ("not value", 0, "takes flag here, not number"),
        ("goods_text + 1 > 3", 11, "takes number here, not text"),
        ("departure - issued > 3", 10, "takes number here, not date"),
        ('goods_text == "bananas"', 14, "upper-case"),
        ('load_code in ["ecgye"]', 13, "upper-case"),
        ('value in ["A"]', 6, "takes numbers here, not texts"),
        ("goods_texts == goods_texts", 12, "not texts"),
        ('load_code in list("port")', 18, "did you mean ports"),
        ("load_code in list(load_code)", 13, 'write list("name")'),
        ("size(goods_text, value) > 3", 0, "needs 1 between its brackets, found 2"),
        ("size(value) > 3", 5, "must be text, not number"),
        ("contains(goods_text, load_code)", 21, "must be text constant"),
        ('issued > date("2026-02-30")', 14, "YYYY-MM-DD"),
        ('issued > date("20260203")', 14, "YYYY-MM-DD"),
        ("issued > date(load_code)", 14, "in quotes"),
        ('matches(goods_text, "(?i)A")', 20, "nothing to repeat"),
        ('matches(goods_text, "A**")', 20, "nothing to repeat"),
        ('matches(goods_text, "(A")', 20, "brackets"),
        ("matches(goods_text, load_code)", 20, "in quotes"),
        ("is_round(value, 0)", 16, "above zero"),
        ("is_round(value, -5)", 16, "above zero"),
        ("or_else(reefer, 1)", 16, "one type"),
        ("or_else(value, containers) > 1", 15, "must be"),
    ],
)
def test_a_mistake_is_refused_at_its_character(text: str, offset: int, part: str) -> None:
    error = refused(text)
    assert (error.rule, error.offset) == ("X1", offset)
    assert part in error.reason


def test_too_long_a_condition_is_refused() -> None:
    assert refused("reefer or " * 300 + "reefer").offset == MAX_LENGTH


def test_too_deep_a_condition_is_refused_before_it_is_walked() -> None:
    assert "levels deep" in refused("(" * 900 + "reefer" + ")" * 900).reason
    assert "levels deep" in refused("not " * 400 + "reefer").reason
    assert "levels deep" in refused(" or ".join(["reefer"] * 60)).reason
    assert "levels deep" in refused("-" * 900 + "value > 3").reason


def test_control_characters_in_a_text_are_refused() -> None:
    assert refused('load_code == "A\x1fB"').offset == 13


@pytest.mark.parametrize(
    "name",
    ["nationality", "gender", "residence", "document_issuer", "birth_place", "ethnicity",
     "religion", "health", "meal_request", "assistance_request", "language"],
)  # fmt: skip
def test_no_condition_reads_what_says_nothing_of_risk_in_a_traveller(name: str) -> None:
    error = refused(f'age < 18 and {name} == "X"', "traveller")
    assert error.offset == len("age < 18 and ")
    assert f"no condition may read {name}" in error.reason
    assert name in fields("traveller")
    assert not fields("traveller")[name].allowed_for


@pytest.mark.parametrize("name", ["surname", "given_names", "departure_code", "arrival_code"])
def test_names_and_places_of_travellers_are_shown_but_never_judged(name: str) -> None:
    assert refused(f'{name} == "X"', "traveller").offset == 0
    assert fields("traveller")[name].allowed_for == {"text"}


# --- Patterns --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern", ["A", "^AB?C*$", "(AB|C)+", "[A-Z]{3}[0-9]{6,7}", r"\.\*", "[^A-F0-9 ]", "A.B"]
)
def test_patterns_of_the_common_subset_are_accepted(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    ["", "A" * (MAX_PATTERN + 1), "(?=A)", r"\d", r"\1", "A++", "A*?", "*A", "[[A]]", "[A&&B]",
     "[", "(", "a", "A{100}", "[Z-A]", "A{5,2}", "(|)*{2}"],
)  # fmt: skip
def test_patterns_on_which_engines_differ_are_refused(pattern: str) -> None:
    assert pattern_problem(pattern) is not None


def test_every_function_says_what_it_means() -> None:
    assert all(function.meaning for function in FUNCTIONS.values())


def test_calculations_inside_one_another_are_limited() -> None:
    """Each looks at its result, so forty of them would keep a node busy for years."""
    fits = " + ".join(["value"] * (MAX_CALCULATIONS + 1)) + " > 3"
    check(parse(fits), scope("consignment"))
    problem = refused(fits.replace("value >", "value + packages >"))
    assert "calculations inside one another" in problem.reason
    assert problem.offset == fits.index("+")
