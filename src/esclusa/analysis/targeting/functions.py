"""The functions of the language, as one table: types, meaning and how each becomes a column.

Every function gives *unknown* when an argument is unknown, unless its row says otherwise. A type
written with ``!`` must be a constant of the rule: a literal or a ``list("…")``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from esclusa.analysis.targeting.frame import UNIT

Element = Callable[[str, Any], bool]
"""Whether one element of a list satisfies the function; used to point at the evidence."""


class Function:
    """One function.

    ``takes`` lists, per argument, the allowed types; ``gives`` is the result's type or ``same``
    (the first argument's). ``build`` receives polars expressions, and plain Python values for
    constants.
    """

    __slots__ = ("build", "element", "gives", "meaning", "takes")

    def __init__(
        self,
        takes: Sequence[str],
        gives: str,
        build: Callable[..., pl.Expr],
        meaning: str,
        element: Element | None = None,
    ) -> None:
        self.takes = tuple(frozenset(kinds.split("|")) for kinds in takes)
        self.gives = gives
        self.build = build
        self.meaning = meaning
        self.element = element


def _text_size(value: pl.Expr) -> pl.Expr:
    return value.str.len_chars().cast(pl.Float64)


def _texts_size(value: pl.Expr) -> pl.Expr:
    return value.list.len().cast(pl.Float64)


def _contains_any(text: pl.Expr, phrases: Sequence[str]) -> pl.Expr:
    padded = pl.concat_str(pl.lit(" "), text, pl.lit(" "))
    return padded.str.contains_any([f" {phrase} " for phrase in phrases])


def _only_words(text: pl.Expr, phrases: Sequence[str]) -> pl.Expr:
    return text.str.contains(f"^{segments(phrases)}$")


def _any_only_words(texts: pl.Expr, phrases: Sequence[str]) -> pl.Expr:
    edge_left, edge_right = f"(?:^|{UNIT})", f"(?:$|{UNIT})"
    return texts.list.join(UNIT).str.contains(edge_left + segments(phrases) + edge_right)


def segments(phrases: Sequence[str]) -> str:
    """Return a pattern for a text that phrases and bare numbers make up without a rest."""
    word = "|".join([*map(escaped, phrases), "[0-9]+"])
    return f"(?:(?:{word}) )*(?:{word})"


def escaped(piece: str) -> str:
    """Return a pattern that stands for ``piece`` itself, in every engine."""
    return re.escape(piece).replace("\\ ", " ")


def is_only_words(text: str, phrases: Sequence[str]) -> bool:
    """Tell in plain Python whether ``text`` is made of ``phrases`` and bare numbers alone."""
    words = text.split(" ")
    known = {tuple(phrase.split(" ")) for phrase in phrases}
    longest = max(map(len, known), default=0)
    reached = {0}
    for start in range(len(words)):
        if start in reached:
            if re.fullmatch("[0-9]+", words[start]):
                reached.add(start + 1)
            ends = range(start + 1, min(start + longest, len(words)) + 1)
            reached.update(end for end in ends if tuple(words[start:end]) in known)
    return len(words) in reached


def _wrapped(texts: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(UNIT), texts.list.join(UNIT), pl.lit(UNIT))


def _any_in(texts: pl.Expr, values: Sequence[str]) -> pl.Expr:
    return _wrapped(texts).str.contains_any([UNIT + value + UNIT for value in values])


def _any_starts_with(texts: pl.Expr, starts: Sequence[str]) -> pl.Expr:
    return _wrapped(texts).str.contains_any([UNIT + start for start in starts])


def _starts_with_any(text: pl.Expr, starts: Sequence[str]) -> pl.Expr:
    return pl.concat_str(pl.lit(UNIT), text).str.contains_any([UNIT + start for start in starts])


def _any_contains_any(texts: pl.Expr, phrases: Sequence[str]) -> pl.Expr:
    joined = texts.list.join(f" {UNIT} ")
    padded = pl.concat_str(pl.lit(" "), joined, pl.lit(" "))
    return padded.str.contains_any([f" {phrase} " for phrase in phrases])


def _is_round(value: pl.Expr, step: float) -> pl.Expr:
    return (value != 0) & (value - (value / step).round(0) * step == 0)


def _days_between(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    return (last - first).dt.total_days().cast(pl.Float64)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "is_null": Function(
        ["text|number|flag|date|texts"], "flag", lambda x: x.is_null(),
        "true when the value is unknown, false when it is known; never unknown itself",
    ),
    "or_else": Function(
        ["text|number|flag", "text!|number!|flag!"], "same",
        lambda x, y: x.fill_null(pl.lit(y)),
        "the value, or the constant when the value is unknown",
    ),
    "size": Function(
        ["text"], "number", _text_size, "number of characters of a text",
    ),
    "count": Function(
        ["texts"], "number", _texts_size, "number of elements of a list",
    ),
    "contains": Function(
        ["text", "text!"], "flag", lambda x, y: x.str.contains(y, literal=True),
        "the text holds this piece anywhere, even inside a word",
    ),
    "starts_with": Function(
        ["text", "text!"], "flag", lambda x, y: x.str.starts_with(y),
        "the text starts with this piece",
    ),
    "ends_with": Function(
        ["text", "text!"], "flag", lambda x, y: x.str.ends_with(y),
        "the text ends with this piece",
    ),
    "starts_with_any": Function(
        ["text", "texts!"], "flag", _starts_with_any,
        "the text starts with one of these pieces",
    ),
    "contains_any": Function(
        ["text", "texts!"], "flag", _contains_any,
        "the text holds one of these as whole words",
    ),
    "only_words": Function(
        ["text", "texts!"], "flag", _only_words,
        "nothing is left of the text once these words and bare numbers are taken out",
    ),
    "matches": Function(
        ["text", "pattern!"], "flag", lambda x, y: x.str.contains(y),
        "the pattern is found somewhere in the text",
    ),
    "any_in": Function(
        ["texts", "texts!"], "flag", _any_in,
        "an element of the list is one of these", lambda x, y: x in y,
    ),
    "any_starts_with": Function(
        ["texts", "texts!"], "flag", _any_starts_with,
        "an element of the list starts with one of these",
        lambda x, y: x.startswith(tuple(y)),
    ),
    "any_contains_any": Function(
        ["texts", "texts!"], "flag", _any_contains_any,
        "an element of the list holds one of these as whole words",
        lambda x, y: any(f" {phrase} " in f" {x} " for phrase in y),
    ),
    "any_only_words": Function(
        ["texts", "texts!"], "flag", _any_only_words,
        "an element of the list is made of these words and bare numbers alone", is_only_words,
    ),
    "days_between": Function(
        ["date", "date"], "number", _days_between,
        "whole days from the first date to the second, negative when the second is earlier",
    ),
    "date": Function(
        ["text!"], "date", lambda x: pl.lit(dt.date.fromisoformat(x)),
        "a calendar day written as YYYY-MM-DD",
    ),
    "abs": Function(
        ["number"], "number", lambda x: x.abs(), "the number without its sign",
    ),
    "is_round": Function(
        ["number", "number!"], "flag", _is_round,
        "the number is not zero and a whole multiple of the step, which is above zero",
    ),
}  # fmt: skip
"""Every function but ``list("name")``, which stands for a dated word list of the pack."""
