"""A query against one entry: the parts of the score and their sum.

Name points are spread over the agreeing words, so the parts add up to the score exactly. A weak
alias is never enough: without an agreeing birth date, country or identifier it makes no hit,
whatever the threshold.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from esclusa.analysis.screening.align import Alignment, Pair, align
from esclusa.analysis.screening.attributes import (
    attribute_parts,
    former_name,
    identifier_parts,
)
from esclusa.analysis.screening.doubts import doubts
from esclusa.analysis.screening.hit import Part
from esclusa.analysis.screening.index import Index, ListedName
from esclusa.analysis.screening.query import Query
from esclusa.analysis.screening.search import Asked
from esclusa.analysis.screening.settings import NameWeights
from esclusa.analysis.screening.words import shown
from esclusa.model import ListEntry

HIGHEST: Final = 100.0

_ROUNDING: Final = 1e-6
"""Points are spread over the words and added up again; that may not lose a hit."""

_SUPPORT: Final = ("birth_date", "birth_swapped", "birth_month", "identifier", "identifier_mmsi")
"""What makes a weak alias worth showing; a year or a country is shared by too many."""


class NameScore(msgspec.Struct, frozen=True, gc=False):
    """The points of one listed name. ``weight`` is that of the agreeing words."""

    name: ListedName
    points: float
    weight: float
    parts: tuple[Part, ...]


class EntryScore(msgspec.Struct, frozen=True):
    """The score of one entry: its best name, the attributes, and their sum bounded to 0 to 100."""

    entry: ListEntry
    name: NameScore | None
    score: float
    parts: tuple[Part, ...]


def score_name(
    index: Index, query: Query, asked: Asked, name: ListedName, least: float = 0.0,
    enough: float = -math.inf,
) -> NameScore | None:  # fmt: skip
    """Return the points of a query's name against one listed name.

    None when nothing agrees, or less than the share ``least`` of the full points, or fewer points
    than ``enough``.
    """
    weights = index.weights.name
    aligned = align(index, asked, name)
    weak = weights.weak if name.weak else 1.0
    if not aligned.pairs or aligned.share * weak < least:
        return None
    factor = weights.full * weak
    rarity = _rarity(aligned, weights)
    agreed = factor * aligned.share + rarity.points + _ROUNDING
    if agreed < enough:
        return None
    against = doubts(index, query, asked, name, aligned)
    if agreed + sum([part.points for part in against]) < enough:
        return None
    parts = [_word(index, asked, name, pair, factor, aligned) for pair in aligned.pairs]
    parts += _left_over(index, asked, name, aligned)
    parts.append(rarity)
    parts += against
    if name.weak:
        parts.append(Part("weak_alias", 0.0))
    points = sum(part.points for part in parts)
    return NameScore(name, points, aligned.weight, tuple(parts))


def score_entry(
    index: Index,
    query: Query,
    number: int,
    name: NameScore | None,
    identifiers: list[tuple[str, str, str]],
) -> EntryScore | None:
    """Return an entry's score, None when only a weak alias speaks for it."""
    entry, points = index.entries[number], index.weights.attribute
    parts = identifier_parts(query, identifiers, points)
    parts += name.parts if name else ()
    parts += attribute_parts(query, entry, points)
    parts += former_name(entry, name.name.text) if name and entry.type == "vessel" else []
    if name and name.name.weak and not _supported(parts):
        return None
    total = sum(part.points for part in parts)
    score = min(max(total, 0.0), HIGHEST)
    if score != total:
        parts.append(Part("bounded", score - total))
    return EntryScore(entry, name, score, tuple(parts))


def _supported(parts: list[Part]) -> bool:
    return any(part.code in _SUPPORT for part in parts)


def _word(
    index: Index, asked: Asked, name: ListedName, pair: Pair, factor: float, aligned: Alignment
) -> Part:
    points = factor * aligned.share * pair.like * pair.weight / aligned.weight
    values = (
        ("asked", " ".join(shown(asked.words[i].token) for i in pair.asked)),
        ("listed", " ".join(shown(index.vocabulary.tokens[name.words[j]]) for j in pair.listed)),
        ("like", f"{pair.like:.2f}"),
        ("weight", f"{pair.weight / 2:.1f}"),
    )
    return Part(pair.how, points, values)


def _left_over(index: Index, asked: Asked, name: ListedName, aligned: Alignment) -> list[Part]:
    ours = [(asked.words[i].token, asked.words[i].weight) for i in aligned.asked_left]
    listed = [name.words[j] for j in aligned.listed_left]
    theirs = [(index.vocabulary.tokens[word], index.word_weights[word]) for word in listed]
    return [_lone("asked_only", *word) for word in ours] + [
        _lone("listed_only", *word) for word in theirs
    ]


def _lone(code: str, token: str, weight: float) -> Part:
    return Part(code, 0.0, (("word", shown(token)), ("weight", f"{weight:.1f}")))


def _rarity(aligned: Alignment, weights: NameWeights) -> Part:
    """Saturates, because ten rare words do not say ten times what one does."""
    told = aligned.weight / 2
    points = weights.rarity * (1.0 - math.exp(-told / weights.rarity_scale)) * aligned.share
    return Part("rarity", points, (("weight", f"{told:.1f}"),))
