"""Which patterns ``matches`` accepts.

Only what every engine understands alike: literal signs, ``.``, simple classes, groups,
alternatives, anchors and one repetition at a time. No back references and no look-around, so the
column engine decides each in linear time whatever the text.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from esclusa.errors import RuleError

MAX_PATTERN: Final = 200
_PIECE: Final = re.compile(
    r"""
    (?P<repeat>[*+?]|\{[0-9]{1,2}(?:,[0-9]{1,2})?\})
  | (?P<class>\[\^?(?:[A-Z0-9]-[A-Z0-9]|[A-Z0-9 ])+\])
  | (?P<other>[A-Z0-9 _/,:;'#@%=-] | \\[.*+?()\[\]{}|^$\\/-] | [.()|^$])
    """,
    re.VERBOSE,
)


def pattern_problem(pattern: str) -> RuleError | None:
    """Return what is wrong with ``pattern``, None when it can be used."""
    if not pattern or len(pattern) > MAX_PATTERN:
        return RuleError("a pattern has 1 to {most} characters", most=MAX_PATTERN)
    at, repeatable = 0, False
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            return RuleError(
                "{sign!r} at {at} of the pattern is not supported", sign=pattern[at], at=at
            )
        repeat = piece.lastgroup == "repeat"
        if repeat and not repeatable:
            return RuleError("nothing to repeat at {at} of the pattern", at=at)
        repeatable = not repeat and piece.group() not in ("(", "|", "^", "$")
        at = piece.end()
    return _engine_problem(pattern)


def _engine_problem(pattern: str) -> RuleError | None:
    try:
        re.compile(pattern)
        pl.Series([""]).str.contains(pattern)
    except (re.error, pl.exceptions.PolarsError):
        return RuleError("the pattern cannot be read; check its brackets")
    return None
