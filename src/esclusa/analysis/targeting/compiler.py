"""Turn a checked tree into one polars expression.

Meaning, the same in every engine: *unknown* (null) is neither true nor false. A comparison or a
function with an unknown value is unknown; ``and``, ``or`` and ``not`` follow Kleene's three-valued
logic; an arithmetic result that is not a finite number, such as a division by zero, is unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from esclusa.analysis.targeting.checker import Constant, Scope, check, constant
from esclusa.analysis.targeting.functions import FUNCTIONS
from esclusa.analysis.targeting.tree import Binary, Call, Items, Literal, Name, Node, Unary

_LOGIC: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "and": operator.and_,
    "or": operator.or_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def compile_condition(node: Node, scope: Scope) -> pl.Expr:
    """Return the condition as a Boolean column expression over the feature table.

    :raises RuleError: the tree does not pass :func:`.checker.check`.
    """
    check(node, scope)
    return _column(node, scope)


def _column(node: Node, scope: Scope) -> pl.Expr:
    match node:
        case Literal(value):
            return pl.lit(value)
        case Name(name):
            return pl.col(name)
        case Unary("not", operand):
            return ~_column(operand, scope)
        case Unary(_, operand):
            return -_column(operand, scope)
        case Binary("in", left, right):
            return _membership(left, right, scope)
        case Binary(op, left, right):
            return _binary(op, _column(left, scope), _column(right, scope))
        case Call(name, args):
            return FUNCTIONS[name].build(*_arguments(name, args, scope))
        case Items():  # pragma: no cover - the checker lets lists stand as constants only
            raise AssertionError(node)


def _binary(op: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    if op in _LOGIC:
        return _LOGIC[op](left, right)
    result = _ARITHMETIC[op](left, right)
    return pl.when(result.is_finite()).then(result)


def _membership(left: Node, right: Node, scope: Scope) -> pl.Expr:
    needle, values = _column(left, scope), constant(right, scope)
    if isinstance(values, tuple):
        return needle.is_in(list(values))
    haystack = _column(right, scope)
    return pl.when(needle.is_not_null()).then(haystack.list.contains(needle))


def _arguments(name: str, args: tuple[Node, ...], scope: Scope) -> list[pl.Expr | Constant]:
    takes = FUNCTIONS[name].takes
    return [_argument(arg, kinds, scope) for arg, kinds in zip(args, takes, strict=True)]


def _argument(node: Node, kinds: frozenset[str], scope: Scope) -> pl.Expr | Constant:
    value = constant(node, scope) if any(kind.endswith("!") for kind in kinds) else None
    return _column(node, scope) if value is None else value
