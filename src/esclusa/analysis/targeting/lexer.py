"""Cut the text of a condition into tokens, each with its character position."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from esclusa.analysis.targeting.words import term
from esclusa.errors import RuleError, Term

MAX_LENGTH: Final = 2_000
"""Characters. The longest condition of the first pack has under 300; long value lists belong into
list files, where they have a date and a source."""

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "true", "false"})

_TOKEN: Final = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
  | (?P<number>[0-9]{1,15}(?:\.[0-9]{1,9})?)(?![0-9A-Za-z_.])
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<text>"(?:[^"\\]|\\["\\])*")
  | (?P<sign>==|!=|<=|>=|[-+*/<>()\[\],])
    """,
    re.VERBOSE,
)

_HINTS: Final = {
    "=": ": write == to compare",
    "&": ": write and",
    "|": ": write or",
    "!": ": write not, or != to compare",
    "'": ": texts stand in double quotes",
    '"': ': this text has no closing quote, or an escape other than \\" and \\\\',
    "%": ": there is no remainder; see is_round",
}


class Token(NamedTuple):
    """``kind`` is ``number``, ``name``, ``text``, ``sign``, ``keyword`` or ``end``."""

    kind: str
    text: str
    at: int


def tokens(source: str, *, rule: str = "") -> list[Token]:
    """Return the tokens of ``source``, closed by one ``end`` token.

    :raises RuleError: longer than :data:`MAX_LENGTH`, or a sign the language does not know.
    """
    if len(source) > MAX_LENGTH:
        raise RuleError(
            "the condition has {length} characters, at most {most} are allowed", rule=rule,
            offset=MAX_LENGTH, length=len(source), most=MAX_LENGTH,
        )  # fmt: skip
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise _complaint(source[at]).of(rule, at)
        kind = match.lastgroup or ""
        if kind != "blank":
            found.append(_token(kind, match.group(), at, rule))
        at = match.end()
    return [*found, Token("end", "", at)]


def _token(kind: str, text: str, at: int, rule: str) -> Token:
    if kind == "name" and text in KEYWORDS:
        return Token("keyword", text, at)
    if kind == "text":
        if not text.isprintable():
            raise RuleError("a text may hold printable signs only", rule=rule, offset=at)
        return Token("text", re.sub(r"\\(.)", r"\1", text[1:-1]), at)
    return Token(kind, text, at)


def _complaint(sign: str) -> RuleError:
    if sign.isdigit():
        return RuleError(
            "a number has at most 15 digits and 9 decimals, and nothing attached to it"
        )
    shown = sign if sign.isprintable() else f"U+{ord(sign):04X}"
    hint = term(_HINTS[sign]) if sign in _HINTS else Term("")
    return RuleError("{sign} is not part of the language{hint}", sign=shown, hint=hint)
