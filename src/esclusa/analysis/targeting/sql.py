"""Turn a checked tree into one SQL expression that means the same as the polars one.

The engineer of a national centre runs a rule where the rows lie, in DuckDB or PostgreSQL, and gets
the hits that the node gets. Constants are written into the text as SQL literals; the only names in
it are the catalogue's fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from esclusa.analysis.targeting.catalogue import fields
from esclusa.analysis.targeting.checker import Constant, Scope, check, constant
from esclusa.analysis.targeting.frame import UNIT
from esclusa.analysis.targeting.functions import FUNCTIONS, escaped, segments
from esclusa.analysis.targeting.sql_dialects import Dialect, joined, text
from esclusa.analysis.targeting.tree import Binary, Call, Items, Literal, Name, Node, Unary

_COMPARED: Final = {"==": "=", "!=": "<>", "and": "AND", "or": "OR"}


def sql_condition(node: Node, scope: Scope, dialect: Dialect) -> str:
    """Return the condition as an SQL expression that is true, false or null.

    The row's columns must be named as the catalogue's fields and have the types of
    :func:`columns_of`.

    :raises RuleError: the tree does not pass :func:`.checker.check`.
    """
    check(node, scope)
    return _Writer(scope, dialect).expression(node)


def columns_of(subject: str, dialect: Dialect) -> dict[str, str]:
    """Return name and column type of each field that a condition about ``subject`` may read."""
    return {
        field.name: dialect.types[field.type]
        for field in fields(subject).values()
        if "condition" in field.allowed_for
    }


def quoted(name: str) -> str:
    """Return a column's name in quotes."""
    return '"' + name.replace('"', '""') + '"'


class _Writer:
    def __init__(self, scope: Scope, dialect: Dialect) -> None:
        self._scope = scope
        self._dialect = dialect
        self._functions = {**_shared(dialect), **dialect.functions}

    def expression(self, node: Node) -> str:
        match node:
            case Literal(value):
                return self._constant(value)
            case Name(name):
                return quoted(name)
            case Unary("not", operand):
                return f"(NOT {self.expression(operand)})"
            case Unary(_, operand):
                return f"(-({self.expression(operand)}))"
            case Binary("in", left, right):
                return self._membership(left, right)
            case Binary(op, left, right):
                return self._binary(op, self.expression(left), self.expression(right))
            case Call(name, args):
                return self._functions[name](*self._arguments(name, args))
            case Items():  # pragma: no cover - the checker lets lists stand as constants only
                raise AssertionError(node)

    def _constant(self, value: Constant) -> str:
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, str):
            return text(value)
        assert isinstance(value, float)
        return f"'{value!r}'::{self._dialect.types['number']}"

    def _binary(self, op: str, left: str, right: str) -> str:
        if op in ("+", "-", "*", "/"):
            return self._dialect.calculate(op, left, right)
        return f"({left} {_COMPARED.get(op, op)} {right})"

    def _membership(self, left: Node, right: Node) -> str:
        needle, values = self.expression(left), constant(right, self._scope)
        if isinstance(values, tuple):
            return f"({needle} IN ({', '.join(map(self._constant, values))}))"
        found = self._functions["element"](needle, self.expression(right))
        return f"CASE WHEN {needle} IS NOT NULL THEN {found} END"

    def _arguments(self, name: str, args: Sequence[Node]) -> list[str | Constant]:
        """Constants stay values where the function asks for one, as in the polars compiler."""
        takes = FUNCTIONS[name].takes
        found: list[str | Constant] = []
        for arg, kinds in zip(args, takes, strict=True):
            wanted = any(kind.endswith("!") for kind in kinds)
            value = constant(arg, self._scope) if wanted else None
            if name == "or_else" and value is not None:
                value = self._constant(value)
            found.append(self.expression(arg) if value is None else value)
        return found


def _shared(dialect: Dialect) -> Mapping[str, Callable[..., str]]:
    """Return what both databases write alike; patterns are those of the polars functions."""
    matches, number = dialect.matches, dialect.types["number"]
    return {
        "is_null": lambda x: f"({x} IS NULL)",
        "or_else": lambda x, y: f"coalesce({x}, {y})",
        "size": lambda x: f"length({x})::{number}",
        "starts_with": lambda x, y: f"starts_with({x}, {text(y)})",
        "starts_with_any": lambda x, y: matches(x, f"^(?:{_either(y)})"),
        "contains_any": lambda x, y: matches(f"(' ' || {x} || ' ')", f" (?:{_either(y)}) "),
        "only_words": lambda x, y: matches(x, f"^{segments(y)}$"),
        "matches": matches,
        "any_starts_with": lambda x, y: matches(
            f"({text(UNIT)} || {joined(x)})", f"{UNIT}(?:{_either(y)})"
        ),
        "any_contains_any": lambda x, y: matches(
            f"(' ' || array_to_string({x}, {text(f' {UNIT} ')}) || ' ')", f" (?:{_either(y)}) "
        ),
        "any_only_words": lambda x, y: matches(joined(x), f"(?:^|{UNIT}){segments(y)}(?:$|{UNIT})"),
        "days_between": lambda x, y: f"({y} - {x})::{number}",
        "date": lambda x: f"DATE {text(x)}",
        "abs": lambda x: f"abs({x})",
    }


def _either(pieces: Sequence[str]) -> str:
    return "|".join(map(escaped, pieces))
