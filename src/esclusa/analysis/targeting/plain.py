"""Turn a checked tree into a plain function of one row.

The column engine takes milliseconds for one row whatever it holds. Meaning and values are those of
:mod:`.compiler`; tests hold them together on ten thousand made-up cases. A pattern is left to the
column engine, whose patterns are of another kind than Python's.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from esclusa.analysis.targeting.checker import Constant, Scope, constant
from esclusa.analysis.targeting.frame import UNIT
from esclusa.analysis.targeting.functions import FUNCTIONS, is_only_words
from esclusa.analysis.targeting.tree import Binary, Call, Items, Literal, Name, Node, Unary, names

Row = Mapping[str, Any]
Test = Callable[[Row], Any]
"""Gives the value of a condition on a row: true, false, or None for unknown."""


class _NotPlain(Exception):
    """A part of the tree has no plain form."""


def plain_condition(node: Node, scope: Scope) -> Test | None:
    """Return the condition of a tree that passed ``check`` as a function of a row of the feature
    table, whose numbers are finite; None where only the column engine can tell."""
    try:
        return _made(node, scope)
    except _NotPlain:
        return None


def _made(node: Node, scope: Scope) -> Test:
    match node:
        case Literal(value):
            return lambda _row: value
        case Name(name):
            return operator.itemgetter(name)
        case Unary("not", operand):
            return _with_one(operator.not_, _made(operand, scope))
        case Unary(_, operand):
            return _with_one(operator.neg, _made(operand, scope))
        case Binary("in", left, right):
            return _membership(left, right, scope)
        case Binary("/", left, right) if names(left) and not names(right):
            return _with_two(_finite(_by_constant), _made(left, scope), _made(right, scope))
        case Binary(op, left, right):
            return _binary(op, _made(left, scope), _made(right, scope))
        case Call(name, args):
            return _call(name, args, scope)
        case Items():  # pragma: no cover - the checker lets lists stand as constants only
            raise AssertionError(node)


def _with_one(make: Callable[[Any], Any], part: Test) -> Test:
    def value(row: Row) -> Any:
        found = part(row)
        return None if found is None else make(found)

    return value


def _with_two(make: Callable[[Any, Any], Any], left: Test, right: Test) -> Test:
    def value(row: Row) -> Any:
        one, other = left(row), right(row)
        return None if one is None or other is None else make(one, other)

    return value


def _binary(op: str, left: Test, right: Test) -> Test:
    if op in ("and", "or"):
        return _logic(op == "or", left, right)
    return _with_two(_COMPARED.get(op) or _finite(_ARITHMETIC[op]), left, right)


def _logic(decides: bool, left: Test, right: Test) -> Test:
    """Return Kleene's ``or`` where true decides, his ``and`` where false does."""

    def value(row: Row) -> Any:
        one = left(row)
        if one is decides:
            return decides
        other = right(row)
        if other is decides:
            return decides
        return None if one is None or other is None else not decides

    return value


def _finite(make: Callable[[float, float], float]) -> Callable[[float, float], float | None]:
    def value(one: float, other: float) -> float | None:
        try:
            found = make(one, other)
        except ZeroDivisionError:
            return None
        return found if math.isfinite(found) else None

    return value


def _by_constant(one: float, other: float) -> float:
    """Return a quotient as the column engine has it, which multiplies by one part of a constant."""
    return one * (1 / other)


_COMPARED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
_ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


def _membership(left: Node, right: Node, scope: Scope) -> Test:
    needle, values = _made(left, scope), constant(right, scope)
    if isinstance(values, tuple):
        return _with_one(frozenset(values).__contains__, needle)
    return _with_two(lambda one, some: one in some, needle, _made(right, scope))


def _call(name: str, args: tuple[Node, ...], scope: Scope) -> Test:
    takes = FUNCTIONS[name].takes
    fixed = [
        constant(arg, scope) if any(kind.endswith("!") for kind in kinds) else None
        for arg, kinds in zip(args, takes, strict=True)
    ]
    if name == "date":
        day = dt.date.fromisoformat(str(fixed[0]))
        return lambda _row: day
    first = _made(args[0], scope)
    if name == "is_null":
        return lambda row: first(row) is None
    if name == "or_else":
        return lambda row: fixed[1] if (found := first(row)) is None else found
    if name == "days_between":
        return _with_two(lambda one, other: float((other - one).days), first, _made(args[1], scope))
    if name in _OF_ONE:
        return _with_one(_OF_ONE[name], first)
    if name in _OF_CONSTANT:
        return _with_one(_OF_CONSTANT[name](fixed[1]), first)
    raise _NotPlain(name)


_OF_ONE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "size": lambda text: float(len(text)),
    "count": lambda texts: float(len(texts)),
    "abs": abs,
}


def _held(before: str, after: str, pieces: Any) -> Callable[[str], bool]:
    """Return whether one of these pieces, with these signs around it, lies in a text that has
    ``before`` and ``after`` around it, too."""
    wanted = [before + piece + after for piece in pieces]

    def value(text: str) -> bool:
        padded = before + text + after
        return any(piece in padded for piece in wanted)

    return value


def _held_in_list(
    between: str, edge: str, before: str, after: str, pieces: Any
) -> Callable[[Sequence[str]], bool]:
    wanted = [before + piece + after for piece in pieces]

    def value(texts: Sequence[str]) -> bool:
        padded = edge + between.join(texts) + edge
        return any(piece in padded for piece in wanted)

    return value


def _starts_with_any(starts: Any) -> Callable[[str], bool]:
    wanted = tuple(starts)
    return lambda text: text.startswith(wanted)


def _is_round(step: Any) -> Callable[[float], bool]:
    def value(number: float) -> bool:
        parts = _by_constant(number, step)
        if not math.isfinite(parts):
            return False
        return number != 0 and number - round(parts) * step == 0

    return value


_OF_CONSTANT: Final[Mapping[str, Callable[[Constant | None], Callable[[Any], Any]]]] = {
    "contains": lambda piece: lambda text: piece in text,
    "starts_with": lambda piece: lambda text: text.startswith(piece),
    "ends_with": lambda piece: lambda text: text.endswith(piece),
    "starts_with_any": _starts_with_any,
    "contains_any": lambda phrases: _held(" ", " ", phrases),
    "only_words": lambda phrases: lambda text: is_only_words(text, phrases),  # type: ignore[arg-type]
    "any_in": lambda values: _held_in_list(UNIT, UNIT, UNIT, UNIT, values),
    "any_starts_with": lambda starts: _held_in_list(UNIT, UNIT, UNIT, "", starts),
    "any_contains_any": lambda phrases: _held_in_list(f" {UNIT} ", " ", " ", " ", phrases),
    "any_only_words": lambda phrases: (
        lambda texts: any(
            is_only_words(text, phrases)  # type: ignore[arg-type]
            for text in texts
        )
    ),
    "is_round": _is_round,
}
