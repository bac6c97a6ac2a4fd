"""Check a condition's tree against the field catalogue, the functions and the lists.

Everything that could go wrong at night with real rows is refused here in daylight, with the
character where it stands: unknown words, types that do not fit, fields that no rule may read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from esclusa.analysis.targeting.catalogue import Field
from esclusa.analysis.targeting.functions import FUNCTIONS, Function
from esclusa.analysis.targeting.patterns import pattern_problem
from esclusa.analysis.targeting.tree import (
    Binary,
    Call,
    Items,
    Literal,
    Name,
    Node,
    Unary,
    children,
    names,
    walk,
)
from esclusa.analysis.targeting.words import one_of, term
from esclusa.errors import RuleError, Term

Constant = str | bool | float | tuple[str, ...] | tuple[float, ...]

MAX_CALCULATIONS: Final = 6
"""Calculations inside one another. Each looks at its result before it hands it on, so the cost
doubles with each."""

_ORDERED = frozenset({"number", "date"})
_SCALAR = frozenset({"text", "number", "flag", "date"})


class Scope(NamedTuple):
    """What a condition may speak about: fields by name, word lists by name, and whose rule it is
    (for the error)."""

    fields: Mapping[str, Field]
    lists: Mapping[str, tuple[str, ...]]
    rule: str = ""

    def error(self, text: str, at: int, **facts: Any) -> RuleError:
        """Return the error that names the rule and the character ``at``."""
        return RuleError(text, **facts).of(self.rule, at)


def check(node: Node, scope: Scope) -> None:
    """Check a whole condition.

    :raises RuleError: the first thing that does not fit, with its character position.
    """
    if type_of(node, scope) != "flag":
        raise scope.error("a condition must be true or false as a whole", node.at)
    if not names(node):
        raise scope.error("a condition must read at least one field", node.at)
    _check_cost(node, scope)


def lists_of(node: Node) -> tuple[str, ...]:
    """Return the names of the word lists that the condition uses."""
    calls = (part for part in walk(node) if isinstance(part, Call) and part.name == "list")
    found = (call.args[0] for call in calls)
    return tuple(dict.fromkeys(arg.value for arg in found if _is_text(arg)))  # type: ignore[union-attr, misc]


def type_of(node: Node, scope: Scope) -> str:
    """Return the type of ``node``: a catalogue type, or ``numbers`` for a list of numbers."""
    match node:
        case Literal(value):
            return _literal_type(value, node.at, scope)
        case Items(values):
            return _items_type(values, node.at, scope)
        case Name():
            return _field_type(node, scope)
        case Unary():
            return _unary_type(node, scope)
        case Binary():
            return _binary_type(node, scope)
        case Call():
            return _call_type(node, scope)


def constant(node: Node, scope: Scope) -> Constant | None:
    """Return the value of a constant, None when ``node`` depends on the row."""
    match node:
        case Literal(value):
            return value
        case Items(values):
            return values
        case Unary("-", Literal(float(value))):
            return -value
        case Call("list", (Literal(str(name)),)):
            return scope.lists.get(name)
    return None


def _check_cost(node: Node, scope: Scope, inside: int = 0) -> None:
    if isinstance(node, Binary) and node.op in ("+", "-", "*", "/"):
        inside += 1
        if inside > MAX_CALCULATIONS:
            raise scope.error(
                "more than {most} calculations inside one another", node.at, most=MAX_CALCULATIONS
            )
    for child in children(node):
        _check_cost(child, scope, inside)


def _is_text(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, str)


def _literal_type(value: Constant, at: int, scope: Scope) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, str):
        _require_upper([value], at, scope)
        return "text"
    return "number"


def _items_type(values: Iterable[str | float], at: int, scope: Scope) -> str:
    texts = [value for value in values if isinstance(value, str)]
    _require_upper(texts, at, scope)
    return "texts" if texts else "numbers"


def _require_upper(texts: Iterable[str], at: int, scope: Scope) -> None:
    for text in texts:
        if not text or text != text.upper():
            raise scope.error(
                "fields hold upper-case text, so this could never be equal to one", at
            )


def _field_type(node: Name, scope: Scope) -> str:
    field = scope.fields.get(node.name)
    if field is None:
        like = _like(node.name, scope.fields)
        raise scope.error("there is no field {name}{like}", node.at, name=node.name, like=like)
    if "condition" not in field.allowed_for:
        why = term(field.note or "it may only be shown")
        raise scope.error("no condition may read {name}: {why}", node.at, name=node.name, why=why)
    return field.type


def _like(word: str, known: Iterable[str]) -> Term:
    near = get_close_matches(word, list(known), n=1)
    if not near:
        return Term("")
    return Term(f"; did you mean {near[0]}?", es=f"; ¿quiso decir {near[0]}?")


def _unary_type(node: Unary, scope: Scope) -> str:
    wanted = "flag" if node.op == "not" else "number"
    _require(node.operand, {wanted}, node.op, node.at, scope)
    return wanted


def _binary_type(node: Binary, scope: Scope) -> str:
    op = node.op
    if op in ("and", "or"):
        return _both(node, {"flag"}, "flag", scope)
    if op in ("+", "-", "*", "/"):
        return _both(node, {"number"}, "number", scope)
    if op == "in":
        return _membership(node, scope)
    left = _require(node.left, _SCALAR if op in ("==", "!=") else _ORDERED, op, node.at, scope)
    _require(node.right, {left}, op, node.at, scope)
    return "flag"


def _both(node: Binary, wanted: Iterable[str], gives: str, scope: Scope) -> str:
    _require(node.left, wanted, node.op, node.at, scope)
    _require(node.right, wanted, node.op, node.at, scope)
    return gives


def _require(node: Node, wanted: Iterable[str], op: str, at: int, scope: Scope) -> str:
    found = type_of(node, scope)
    if found not in wanted:
        raise scope.error(
            "{op} takes {expected} here, not {found}", at, op=op, expected=one_of(wanted),
            found=term(found),
        )  # fmt: skip
    return found


def _membership(node: Binary, scope: Scope) -> str:
    left = _require(node.left, {"text", "number"}, "in", node.at, scope)
    _require(node.right, {f"{left}s"}, "in", node.at, scope)
    return "flag"


def _call_type(node: Call, scope: Scope) -> str:
    if node.name == "list":
        return _list_type(node, scope)
    function = FUNCTIONS.get(node.name)
    if function is None:
        like = _like(node.name, [*FUNCTIONS, "list"])
        raise scope.error("there is no function {name}{like}", node.at, name=node.name, like=like)
    if len(node.args) != len(function.takes):
        raise scope.error(
            "{name} needs {wanted} between its brackets, found {found}", node.at, name=node.name,
            wanted=len(function.takes), found=len(node.args),
        )  # fmt: skip
    kinds = [_argument(node, index, function, scope) for index in range(len(node.args))]
    _particular(node, kinds, scope)
    return kinds[0] if function.gives == "same" else function.gives


def _argument(node: Call, index: int, function: Function, scope: Scope) -> str:
    arg, allowed = node.args[index], function.takes[index]
    if allowed == {"pattern!"} or node.name == "date":
        return _quoted(node, arg, scope)
    found = type_of(arg, scope)
    if found in allowed or (f"{found}!" in allowed and constant(arg, scope) is not None):
        return found
    raise scope.error(
        "value {number} of {name} must be {expected}, not {found}", arg.at, number=index + 1,
        name=node.name, expected=one_of(kind.replace("!", " constant") for kind in allowed),
        found=term(found),
    )  # fmt: skip


def _quoted(node: Call, arg: Node, scope: Scope) -> str:
    if not _is_text(arg):
        raise scope.error("{name} takes a text in quotes here", arg.at, name=node.name)
    return "text"


def _particular(node: Call, kinds: list[str], scope: Scope) -> None:
    """What the table of functions cannot say: equal types, real dates, patterns, steps."""
    last = node.args[-1]
    value = constant(last, scope)
    if node.name == "or_else" and kinds[0] != kinds[1]:
        raise scope.error(
            "or_else takes two values of one type, not {first} and {second}", last.at,
            first=term(kinds[0]), second=term(kinds[1]),
        )  # fmt: skip
    if node.name == "is_round" and isinstance(value, float) and value <= 0:
        raise scope.error("the step of is_round must be above zero", last.at)
    if node.name == "date" and isinstance(value, str) and not _is_day(value):
        raise scope.error("a date is written YYYY-MM-DD", last.at)
    if node.name == "matches" and (problem := pattern_problem(str(value))):
        raise problem.of(scope.rule, last.at)


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _list_type(node: Call, scope: Scope) -> str:
    if len(node.args) != 1 or not _is_text(node.args[0]):
        raise scope.error('write list("name")', node.at)
    name = str(node.args[0].value)  # type: ignore[union-attr]
    if name not in scope.lists:
        raise scope.error(
            "the pack has no list {name}{like}", node.args[0].at, name=name,
            like=_like(name, scope.lists),
        )  # fmt: skip
    return "texts"
