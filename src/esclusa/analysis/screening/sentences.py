"""The parts of a score as sentences for officers, in English and Spanish."""

from __future__ import annotations

from functools import cache
from typing import Final

from esclusa.analysis.screening import words
from esclusa.analysis.screening.hit import Hit, Part

LANGUAGES: Final = ("en", "es")


def sentence(part: Part, lang: str = "en") -> str:
    """Return a part as one line, its points first when it has any: ``+38.2 word PETR = PETR …``."""
    text = _templates()[part.code][lang].format_map(dict(part.values))
    return f"{part.points:+.2f} {text}" if part.points else text


def sentences(hit: Hit, lang: str = "en") -> tuple[str, ...]:
    """Return all lines of a hit; ``lang`` is ``en`` or ``es``."""
    return tuple(sentence(part, lang) for part in hit.parts)


def answer_sentence(hit: Hit, lang: str = "en") -> str:
    """Return what can be said of a hit (see :attr:`.Hit.answer`) as one line."""
    return _templates()[f"answer_{hit.answer}"][lang]


@cache
def _templates() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in words.rows("sentences.csv")}
