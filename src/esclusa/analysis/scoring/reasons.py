"""Reasons: the contributions of a score in words, adding up to it to the last digit.

A reason is a term: a feature, or a cross of features. The largest come first, whichever way they
point; what is not among them is one line, so that the lines still sum to the score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.scoring.model import UNIT, Feature, Model, Part
from esclusa.analysis.scoring.score import Ints
from esclusa.analysis.scoring.words import Language, say

TOP: Final = 5
_CHUNK: Final = 8_192


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One contribution, in units of a ten-thousandth of log odds, with what it is about: title and
    value in both languages."""

    term: int
    contribution: int
    title_en: str
    title_es: str
    value_en: str
    value_es: str

    @property
    def raises(self) -> bool:
        """Tell whether it raises the score."""
        return self.contribution > 0

    def title(self, language: Language) -> str:
        """Return what it is about, in a language."""
        return self.title_es if language == "es" else self.title_en

    def value(self, language: Language) -> str:
        """Return the value that was read, in a language."""
        return self.value_es if language == "es" else self.value_en

    def sentence(self, language: Language) -> str:
        """Return the reason as a sentence: feature, value, direction, size."""
        way = "raises" if self.raises else "lowers"
        return say(
            "reason", way, language, title=self.title(language), value=self.value(language),
            points=points(abs(self.contribution)), odds=odds(self.contribution),
        )  # fmt: skip


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A score and where it comes from: ``start + sum of reasons + rest == score``, in units."""

    score: int
    probability: float
    start: int
    reasons: tuple[Reason, ...]
    rest: int


def explain(
    model: Model, row: Mapping[str, Any], contributions: tuple[int, ...], probability: float,
    *, top: int = TOP,
) -> Explained:  # fmt: skip
    """Return the largest reasons of one row.

    :param row: the features that the contributions were looked up for.
    :param contributions: one a term, as scoring gave them.
    """
    order = sorted(range(len(contributions)), key=lambda term: (-abs(contributions[term]), term))
    chosen = [term for term in order[:top] if contributions[term]]
    reasons = tuple(_reason(model, row, term, contributions[term]) for term in chosen)
    total = sum(contributions)
    return Explained(
        score=model.intercept + total,
        probability=probability,
        start=model.intercept,
        reasons=reasons,
        rest=total - sum(reason.contribution for reason in reasons),
    )


def top_terms(contributions: Ints, *, top: int = TOP) -> npt.NDArray[np.int64]:
    """Return for each row the terms with the largest contributions, the largest first.

    :param contributions: one line a term, one column a row.
    :return: one line a row; of equal ones the term that comes first.
    """
    terms, rows = contributions.shape
    top = min(top, terms)
    found = np.empty((rows, top), np.int64)
    for start in range(0, rows, _CHUNK):
        some = slice(start, start + _CHUNK)
        # Size and place of a term in one number, so that the largest tells which term it is.
        keys = np.abs(contributions[:, some].astype(np.int64)) * (terms + 1)
        keys += np.arange(terms, 0, -1)[:, None]
        columns = np.arange(keys.shape[1])
        for place in range(top):
            term = terms - keys.max(axis=0) % (terms + 1)
            found[some, place] = term
            keys[term, columns] = -1
    return found


def term_title(model: Model, term: int, language: Language) -> str:
    """Return what a term is about: its feature, or the features that it crosses."""
    known = {feature.name: feature for feature in model.features}
    parts = [model.parts[part] for part in model.terms[term].parts]
    titles = [_part_title(known[part.feature], part, language) for part in parts]
    return say("reason", "and", language).join(titles)


def points(units: int) -> str:
    """Return units as log odds with all four decimals."""
    sign, units = ("-" if units < 0 else ""), abs(units)
    return f"{sign}{units // UNIT}.{units % UNIT:04d}"


def odds(units: int) -> str:
    """Return by how much a contribution multiplies the odds, three digits."""
    return f"{math.exp(units / UNIT):.3g}"


def _reason(model: Model, row: Mapping[str, Any], term: int, contribution: int) -> Reason:
    parts = [model.parts[part] for part in model.terms[term].parts]
    values = {
        language: say("reason", "and", language).join(
            value_text(row.get(part.feature), part, language) for part in parts
        )
        for language in ("en", "es")
    }
    return Reason(
        term=term, contribution=contribution,
        title_en=term_title(model, term, "en"), title_es=term_title(model, term, "es"),
        value_en=values["en"], value_es=values["es"],
    )  # fmt: skip


def _part_title(feature: Feature, part: Part, language: Language) -> str:
    title = feature.title_es if language == "es" else feature.title_en
    if not part.prefix:
        return title
    return say("reason", "first", language, title=title, count=part.prefix)


def value_text(value: Any, part: Part, language: Language) -> str:
    """Return a value as the reason shows it: at most six digits, and the prefix that counted."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return say("reason", "missing", language)
    if isinstance(value, str):
        return value[: part.prefix] if part.prefix else value
    return f"{float(value):.6g}"
