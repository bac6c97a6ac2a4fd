"""Parse the text of a condition into a tree (top-down operator precedence, after Pratt 1973).

Written here because the language is small, its errors must name a character, and no general
evaluator (``eval``, template engines, expression libraries) may come near text from a file.
"""

from __future__ import annotations

from typing import Any, Final

from esclusa.analysis.targeting.lexer import Token, tokens
from esclusa.analysis.targeting.tree import (
    POWER,
    Binary,
    Call,
    Items,
    Literal,
    Name,
    Node,
    Unary,
    depth,
)
from esclusa.analysis.targeting.words import term
from esclusa.errors import RuleError

MAX_DEPTH: Final = 40
"""Levels of the tree; also bounds the recursion of everything that walks it."""

MAX_ITEMS: Final = 50
"""Values of a list written in a condition; longer ones belong into a list file."""

_COMPARISON: Final = POWER["=="]


def parse(source: str, *, rule: str = "") -> Node:
    """Return the tree of a condition.

    :param rule: id of the rule, for the error.
    :raises RuleError: not a sentence of the language, too long or too deep; ``offset`` is the
        character where the trouble starts, from 0.
    """
    reader = _Reader(tokens(source, rule=rule), rule)
    node = reader.expression(0)
    if reader.now.kind != "end":
        raise reader.error(
            "expected the end or an operator, found {found}", found=_shown(reader.now)
        )
    if depth(node) > MAX_DEPTH:
        raise RuleError("more than {most} levels deep", rule=rule, offset=node.at, most=MAX_DEPTH)
    return node


class _Reader:
    """Holds the place in the token list; one method per form of the grammar."""

    def __init__(self, found: list[Token], rule: str) -> None:
        self._tokens = found
        self._rule = rule
        self._index = 0
        self._level = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._index]

    def error(self, text: str, token: Token | None = None, **facts: Any) -> RuleError:
        at = (token or self.now).at
        return RuleError(text, **facts).of(self._rule, at)

    def expression(self, power: int) -> Node:
        """Read operands and operators that bind tighter than ``power``."""
        self._level += 1
        if self._level > MAX_DEPTH:
            raise self.error("more than {most} levels deep", most=MAX_DEPTH)
        left = self._prefix(power)
        while (binds := self._operator_power()) > power:
            left = self._infix(left, binds)
        self._level -= 1
        return left

    def _operator_power(self) -> int:
        token = self.now
        if token.kind not in ("sign", "keyword") or token.text == "not":
            return 0
        return POWER.get(token.text, 0)

    def _infix(self, left: Node, binds: int) -> Node:
        operator = self._next()
        node = Binary(operator.text, left, self.expression(binds), operator.at)
        if binds == _COMPARISON and self._operator_power() == _COMPARISON:
            raise self.error("comparisons do not chain: join two of them with and")
        return node

    def _prefix(self, power: int) -> Node:
        token = self._next()
        match token.kind, token.text:
            case "number", text:
                return Literal(float(text), token.at)
            case "text", text:
                return Literal(text, token.at)
            case "keyword", "true" | "false":
                return Literal(token.text == "true", token.at)
            case "name", _:
                return self._name(token)
            case "keyword", "not":
                return self._not(token, power)
            case "sign", "-":
                return Unary("-", self.expression(POWER["*"]), token.at)
            case "sign", "(":
                return self._closed(self.expression(0), ")")
            case "sign", "[":
                return self._items(token)
        raise self.error("expected a value, found {found}", token, found=_shown(token))

    def _not(self, token: Token, power: int) -> Node:
        if power >= POWER["not"]:
            raise self.error("put not and what it denies into brackets here", token)
        return Unary("not", self.expression(POWER["not"] - 1), token.at)

    def _name(self, token: Token) -> Node:
        if token.text == "null":
            raise self.error("there is no null to compare with: write is_null(field)", token)
        if not self._accept("("):
            return Name(token.text, token.at)
        args: list[Node] = []
        while not self._accept(")"):
            if args:
                self._expect(",")
            args.append(self.expression(0))
        return Call(token.text, tuple(args), token.at)

    def _items(self, opening: Token) -> Node:
        values: list[str | float] = []
        while not self._accept("]"):
            if values:
                self._expect(",")
            values.append(self._item())
        if not values or len(values) > MAX_ITEMS or len({type(value) for value in values}) > 1:
            raise self.error(
                "a list has 1 to {most} values, all texts or all numbers", opening, most=MAX_ITEMS
            )
        return Items(tuple(values), opening.at)  # type: ignore[arg-type]

    def _item(self) -> str | float:
        sign = -1.0 if self._accept("-") else 1.0
        token = self._next()
        if token.kind == "number":
            return sign * float(token.text)
        if token.kind == "text" and sign > 0:
            return token.text
        raise self.error("expected a text or a number, found {found}", token, found=_shown(token))

    def _closed(self, node: Node, sign: str) -> Node:
        self._expect(sign)
        return node

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise self.error(
                "expected {sign} here, found {found}", sign=sign, found=_shown(self.now)
            )

    def _accept(self, sign: str) -> bool:
        found = self.now.kind == "sign" and self.now.text == sign
        self._index += found
        return found

    def _next(self) -> Token:
        token = self.now
        self._index += token.kind != "end"
        return token


def _shown(token: Token) -> str:
    return term("the end") if token.kind == "end" else token.text[:20]
