"""Reason sentences: text with field names in braces, filled from one row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from esclusa.analysis.targeting.catalogue import Field
from esclusa.errors import RuleError

_HOLE: Final = re.compile(r"\{([a-z_][a-z0-9_]*)(:%)?\}")
_LONGEST: Final = 120
"""Characters of one value inside a sentence; the evidence shows more."""
_MOST_ELEMENTS: Final = 5
_WORDS: Final = {"en": ("not known", "yes", "no"), "es": ("no consta", "sí", "no")}


class Template:
    """A sentence in one language, cut once into plain pieces and holes."""

    __slots__ = ("_language", "_pieces", "fields")

    def __init__(self, text: str, language: str) -> None:
        self._language = language
        self._pieces = _HOLE.split(text)
        self.fields = tuple(dict.fromkeys(self._pieces[1::3]))

    def fill(self, row: Mapping[str, Any]) -> str:
        """Return the sentence with the values of ``row``; unknown values are named as unknown."""
        parts = self._pieces[0:1]
        for name, percent, plain in zip(*(self._pieces[i::3] for i in (1, 2, 3)), strict=True):
            parts += [show(row[name], self._language, percent=percent is not None), plain]
        return "".join(parts)


def template_problem(entry: str, text: str, fields: Mapping[str, Field]) -> RuleError | None:
    """Return what is wrong with the sentence of an entry, with the character, or None."""
    for match in _HOLE.finditer(text):
        field = fields.get(match[1])
        if field is None or "text" not in field.allowed_for:
            return RuleError(
                "{said}: no sentence may show {name}", entry=entry, offset=match.start(),
                said=entry, name=match[1],
            )  # fmt: skip
        if match[2] and field.type != "number":
            return RuleError(
                "{said}: {name} is not a number: no per cent", entry=entry, offset=match.start(),
                said=entry, name=match[1],
            )  # fmt: skip
    if (stray := re.search(r"[{}]", _HOLE.sub("", text))) is not None:
        return RuleError(
            "{said}: braces hold one field name, as in {example}", entry=entry,
            offset=stray.start(), said=entry, example="{goods_text}",
        )  # fmt: skip
    return None


def show(value: Any, language: str, *, percent: bool = False) -> str:
    """Return ``value`` for a reader: decimal comma in Spanish, long values cut."""
    unknown, yes, no = _WORDS[language]
    if value is None:
        return unknown
    if isinstance(value, bool):
        return yes if value else no
    if isinstance(value, (int, float)):
        return _number(value, language, percent)
    if isinstance(value, dt.date):
        return value.isoformat()
    return _cut(value if isinstance(value, str) else _listed(value))


def _number(value: float, language: str, percent: bool) -> str:
    text = f"{value * 100:.0f} %" if percent else f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "es" else text


def _listed(values: Sequence[str]) -> str:
    more = len(values) - _MOST_ELEMENTS
    return ", ".join(values[:_MOST_ELEMENTS]) + (f" +{more}" if more > 0 else "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
