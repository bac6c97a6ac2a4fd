"""The syntax tree of a rule's condition, and its one canonical text.

``at`` is the character position in the source text, for error messages; two conditions that differ
only in positions and blanks have the same canonical text.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """A text, number or truth value written in the rule."""

    value: str | bool | float
    at: int = 0


class Items(msgspec.Struct, frozen=True):
    """A list written in the rule, all texts or all numbers."""

    values: tuple[str, ...] | tuple[float, ...]
    at: int = 0


class Name(msgspec.Struct, frozen=True):
    """A field of the feature table."""

    name: str
    at: int = 0


class Unary(msgspec.Struct, frozen=True):
    """``not x`` or ``-x``."""

    op: str
    operand: Node
    at: int = 0


class Binary(msgspec.Struct, frozen=True):
    """``x op y``; ``at`` is where the operator stands."""

    op: str
    left: Node
    right: Node
    at: int = 0


class Call(msgspec.Struct, frozen=True):
    """``name(x, y)``."""

    name: str
    args: tuple[Node, ...]
    at: int = 0


Node = Literal | Items | Name | Unary | Binary | Call

POWER = {
    "or": 1, "and": 2, "not": 3,
    "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4,
    "+": 5, "-": 5, "*": 6, "/": 6,
}  # fmt: skip
"""How tightly an operator binds; comparisons do not chain."""

_MINUS_POWER = 7
_ATOM_POWER = 8


def children(node: Node) -> tuple[Node, ...]:
    """Return the operands of ``node`` from left to right."""
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    return node.args if isinstance(node, Call) else ()


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def depth(node: Node) -> int:
    """Return the number of levels of the tree, 1 for a leaf."""
    levels, level = 0, [node]
    while level:
        levels, level = levels + 1, [child for parent in level for child in children(parent)]
    return levels


def names(node: Node) -> dict[str, int]:
    """Return each field that the tree reads, with the position of its first mention."""
    found: dict[str, int] = {}
    for part in walk(node):
        if isinstance(part, Name):
            found.setdefault(part.name, part.at)
    return found


def unparse(node: Node) -> str:
    """Return the canonical text of ``node``; parsing it gives the same tree again."""
    match node:
        case Literal(value):
            return _literal(value)
        case Items(values):
            return "[" + ", ".join(_literal(value) for value in values) + "]"
        case Name(name):
            return name
        case Unary("not", operand):
            return "not " + _inside(operand, POWER["not"])
        case Unary(_, operand):
            return "-" + _inside(operand, _MINUS_POWER)
        case Binary(op, left, right):
            return _binary(op, left, right)
        case Call(name, args):
            return name + "(" + ", ".join(unparse(arg) for arg in args) + ")"


def _binary(op: str, left: Node, right: Node) -> str:
    power = POWER[op]
    left_power = power + 1 if power == POWER["=="] else power
    return f"{_inside(left, left_power)} {op} {_inside(right, power + 1)}"


def _inside(node: Node, power: int) -> str:
    text = unparse(node)
    return text if _power(node) >= power else f"({text})"


def _power(node: Node) -> int:
    if isinstance(node, Binary):
        return POWER[node.op]
    if isinstance(node, Unary):
        return POWER["not"] if node.op == "not" else _MINUS_POWER
    return _ATOM_POWER


def _literal(value: str | bool | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
