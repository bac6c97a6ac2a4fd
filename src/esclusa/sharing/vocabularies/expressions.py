"""Access expressions: attributes a reader must hold, joined by ``&`` and ``|`` (Apache Accumulo
Access, AccessExpression specification and its ABNF).

Our caveats say "all of these", so an expression becomes caveats exactly when it means that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from esclusa.errors import MarkingError
from esclusa.model import Marking

LONGEST: Final = 10_000
DEEPEST: Final = 100
_MOST_TERMS: Final = 256
"""Ways to satisfy an expression that are looked at; real ones have a handful."""

_BARE: Final = re.compile(r"[A-Za-z0-9_.:/-]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])+)"')
_ESCAPED: Final = re.compile(r'\\(["\\])')


class Token(msgspec.Struct, frozen=True):
    """One attribute, without its quotes."""

    word: str


class Every(msgspec.Struct, frozen=True):
    """All parts must hold; no parts at all always hold."""

    parts: tuple[Expression, ...] = ()


class Some(msgspec.Struct, frozen=True):
    """At least one part must hold."""

    parts: tuple[Expression, ...]


Expression = Token | Every | Some


def parse(text: str) -> Expression:
    """Read an expression; the empty one always holds.

    :raises MarkingError: naming the position of the first fault.
    """
    if len(text) > LONGEST:
        raise MarkingError(f"an access expression of more than {LONGEST} characters")
    if not text:
        return Every()
    found, end = _expression(text, 0, 0)
    if end != len(text):
        raise _fault(text, end)
    return found


def _expression(text: str, at: int, depth: int) -> tuple[Expression, int]:
    """``(access-token / paren-expression) [and-expression / or-expression]``."""
    first, at = _part(text, at, depth)
    joint = text[at : at + 1]
    if joint not in ("&", "|"):
        return first, at
    parts = [first]
    while text[at : at + 1] == joint:
        part, at = _part(text, at + 1, depth)
        parts.append(part)
    return (Every if joint == "&" else Some)(tuple(parts)), at


def _part(text: str, at: int, depth: int) -> tuple[Expression, int]:
    if text[at : at + 1] == "(":
        if depth == DEEPEST:
            raise MarkingError(f"an access expression of more than {DEEPEST} levels")
        found, at = _expression(text, at + 1, depth + 1)
        if text[at : at + 1] != ")":
            raise _fault(text, at)
        return found, at + 1
    if match := _BARE.match(text, at):
        return Token(match[0]), match.end()
    if match := _QUOTED.match(text, at):
        return Token(_ESCAPED.sub(r"\1", match[1])), match.end()
    raise _fault(text, at)


def _fault(text: str, at: int) -> MarkingError:
    found = repr(text[at]) if at < len(text) else "its end"
    return MarkingError(f"access expression, character {at}: {found} is not expected")


def holds(expression: Expression, attributes: Collection[str]) -> bool:
    """Tell whether a reader with these attributes satisfies the expression."""
    match expression:
        case Token():
            return expression.word in attributes
        case Every():
            return all(holds(part, attributes) for part in expression.parts)
        case Some():
            return any(holds(part, attributes) for part in expression.parts)


def caveats_of(text: str) -> frozenset[str]:
    """Return the caveats that say the same as an expression.

    :raises MarkingError: when it cannot be read, leaves a choice between attributes, or uses one
        that is no word for a marking.
    """
    ways = _ways(parse(text))
    if len(ways) != 1:
        raise MarkingError("an access expression that leaves a choice cannot become caveats")
    return Marking(caveats=next(iter(ways))).caveats


def expression_of(caveats: Iterable[str]) -> str:
    """Return the expression that asks for all these caveats, in the order of the alphabet."""
    return "&".join(_written(word) for word in sorted(caveats))


def _written(word: str) -> str:
    if _BARE.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ways(expression: Expression) -> frozenset[frozenset[str]]:
    """Return the least sets of attributes that satisfy an expression (its prime implicants).

    An expression has no negation, so it means "all of these" exactly when there is one such set.
    """
    match expression:
        case Token():
            return frozenset({frozenset({expression.word})})
        case Some():
            return _least(way for part in expression.parts for way in _ways(part))
        case Every():
            ways = frozenset({frozenset[str]()})
            for part in expression.parts:
                ways = _least(left | right for left in ways for right in _ways(part))
            return ways


def _least(ways: Iterable[frozenset[str]]) -> frozenset[frozenset[str]]:
    found = frozenset(ways)
    if len(found) > _MOST_TERMS:
        raise MarkingError("an access expression with too many choices")
    return frozenset(way for way in found if not any(other < way for other in found))
