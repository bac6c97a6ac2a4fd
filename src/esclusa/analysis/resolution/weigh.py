"""Points of a pair: a sum of named parts, and what the sum means."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
import numpy as np

from esclusa.analysis.resolution.align import gains, steps
from esclusa.analysis.resolution.attributes import Codes
from esclusa.analysis.resolution.bound import most_by_length, most_by_words
from esclusa.analysis.resolution.compare import (
    NEVER,
    NUMBER_KIND,
    Columns,
    Compared,
    Named,
    compare,
    compare_attributes,
    compare_names,
    make_columns,
    name_points,
    ordered,
    pairs_of_names,
    sections,
)
from esclusa.analysis.resolution.mention import NUMBERED
from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.settings import (
    ATTRIBUTES,
    LEVELS,
    SECTIONS,
    Section,
    Settings,
    Threshold,
)
from esclusa.analysis.resolution.wordtable import Floats, Ints, Small, WordTable

IMPOSSIBLE: Final = -1000.0
"""Points of two that are never one."""
CERTAIN: Final = 1000.0
"""Points of equal numbers, where the number is the thing."""
_DIGITS: Final = 6
"""Points are rounded, so that no order of adding decides."""

MATCH: Final = "match"
POSSIBLE: Final = "possible"
NO: Final = "no"

_ROUNDED: Final = 1e-5
"""More than rounding can add."""

CHUNK: Final = 200_000
"""Pairs scored at once: about 200 MB while they are worked on."""


class Part(msgspec.Struct, frozen=True):
    """One named part of a pair's points. ``values`` fill the sentence that ``code`` names."""

    code: str
    points: float
    values: tuple[tuple[str, str], ...] = ()


class PairScore(msgspec.Struct, frozen=True):
    """Points of a pair, the sum of its parts; ``verdict`` is ``match``, ``possible`` or ``no``."""

    points: float
    verdict: str
    parts: tuple[Part, ...]
    version: str


def verdict_of(points: float, threshold: Threshold) -> str:
    """Return what points mean: ``match``, ``possible`` (a person should look) or ``no``."""
    if points >= threshold.match:
        return MATCH
    return POSSIBLE if points >= threshold.possible else NO


def points_of(compared: Compared, settings: Settings) -> Floats:
    """Return the points of each compared pair."""
    return _sum(compared.names, compared.section, compared.answers, settings)


def _sum(names: Named, section: Codes, answers: Codes, settings: Settings) -> Floats:
    points = name_points(settings, section, names.agree, names.conflict, names.extra)
    points += stated_points(section, answers, settings)
    return np.where(section == NEVER, IMPOSSIBLE, points.round(_DIGITS))


def stated_points(section: Codes, answers: Codes, settings: Settings) -> Floats:
    """Return the points of all but names: the base and the answers of attributes."""
    table, row = settings.answer_points(), np.maximum(section, 0)
    points: Floats = table[row, 0, 0]
    for number in range(len(ATTRIBUTES)):
        points += table[row, number + 1, answers[:, number]]
    return points


def score_pairs(columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints) -> Floats:
    """Return the points of many pairs; those below ``possible`` may be given any points below it,
    since most of them are known to be there before their names are compared (:mod:`.bound`)."""
    parts = [
        _score(columns, table, settings, a[at], b[at])
        for at in (slice(n, n + CHUNK) for n in range(0, a.size, CHUNK))
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _score(columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints) -> Floats:
    points = np.full(a.size, IMPOSSIBLE)
    numbers = columns.kinds[a] == NUMBER_KIND
    points[numbers & (columns.order[a] == columns.order[b])] = CERTAIN
    least = settings.threshold.possible - _ROUNDED
    left, right = ordered(columns, a, b)
    section = sections(columns, left, right)
    at = np.flatnonzero(section != NEVER)
    left, right, section = left[at], right[at], section[at]
    answers = compare_attributes(columns, table, settings, left, right)
    stated = stated_points(section, answers, settings)
    hope = stated + most_by_length(columns, settings, left, right, section) >= least
    at, left, right, section = at[hope], left[hope], right[hope], section[hope]
    answers, stated = answers[hope], stated[hope]
    names = pairs_of_names(columns, left, right, section)
    reach = most_by_words(columns, table, settings, names, section) + stated[names.pair]
    alive = np.bincount(names.pair, reach >= least, minlength=at.size) > 0
    alive |= (stated >= least) & (np.bincount(names.pair, minlength=at.size) == 0)
    found = compare_names(columns, table, settings, names.some(reach >= least), section)
    points[at] = np.where(alive, _sum(found, section, answers, settings), IMPOSSIBLE)
    return points


def explain_pair(ours: Profile, theirs: Profile, table: WordTable, settings: Settings) -> PairScore:
    """Return the points of one pair with every part."""
    return explain_pairs([(ours, theirs)], table, settings)[0]


def explain_pairs(
    pairs: Sequence[tuple[Profile, Profile]], table: WordTable, settings: Settings
) -> list[PairScore]:
    """Return the points of pairs with every part; a hundred cost as much as a few one by one."""
    sides = [(a, b) if a.digest <= b.digest else (b, a) for a, b in pairs]
    profiles = list({one.digest: one for side in sides for one in side}.values())
    at = {one.digest: number for number, one in enumerate(profiles)}
    columns = make_columns(profiles, table, settings)
    left, right = (np.array([at[side[n].digest] for side in sides], dtype=np.int64) for n in (0, 1))
    found = compare(columns, table, settings, left, right)
    points = points_of(found, settings).tolist()
    return [
        _explained(columns, table, settings, found, number, side, points[number])
        for number, side in enumerate(sides)
    ]


def _explained(
    columns: Columns, table: WordTable, settings: Settings, found: Compared, at: int,
    pair: tuple[Profile, Profile], points: float,
) -> PairScore:  # fmt: skip
    """Return the points of the pair at a place among those compared."""
    first, second = pair
    if first == second and first.type in NUMBERED:
        return PairScore(CERTAIN, MATCH, (Part("number", CERTAIN),), settings.version)
    if found.section[at] == NEVER:
        part = Part("never", IMPOSSIBLE, _values(first.type, second.type))
        return PairScore(IMPOSSIBLE, NO, (part,), settings.version)
    weights = settings.section(SECTIONS[int(found.section[at])])
    parts = (
        Part("base", weights.base),
        *_name_parts(columns, table, settings, found, at, weights),
        *_attribute_parts(found, at, weights, pair),
    )
    return PairScore(points, verdict_of(points, settings.threshold), parts, settings.version)


def _values(ours: str, theirs: str = "") -> tuple[tuple[str, str], ...]:
    return (("ours", ours), ("theirs", theirs))


def _name_parts(
    columns: Columns, table: WordTable, settings: Settings, found: Compared, at: int,
    weights: Section,
) -> Iterator[Part]:  # fmt: skip
    if found.names.ours[at] < 0:
        return
    left, right = (_phrase(columns, int(n)) for n in (found.names.ours[at], found.names.theirs[at]))
    gain, _like = gains(table, left[None, :], right[None, :], settings.words.floor)
    pairs = [(int(i[0]), int(j[0]), float(bits[0])) for i, j, bits in steps(gain)]
    pairs = [pair for pair in pairs if pair[2] > 0]
    for i, j, bits in sorted(pairs):
        words = _values(table.token(int(left[i])), table.token(int(right[j])))
        yield Part("word", weights.agree * bits, words)
    ours = _rest(table, left, {i for i, _, _ in pairs})
    theirs = _rest(table, right, {j for _, j, _ in pairs})
    more = float(found.names.agree[at]) - sum(bits for _, _, bits in pairs)
    if more > 1e-9:
        yield Part("whole", weights.agree * more, _values(ours, theirs))
    if found.names.conflict[at] > 0:
        yield Part(
            "conflict", weights.conflict * float(found.names.conflict[at]), _values(ours, theirs)
        )
    if found.names.extra[at] > 0:
        only = ours if len(ours) >= len(theirs) else theirs
        yield Part("extra", weights.extra * float(found.names.extra[at]), _values(only))


def _phrase(columns: Columns, number: int) -> Small:
    start = columns.names.start[number]
    found: Small = columns.names.words[start : start + columns.names.length[number]]
    return found


def _rest(table: WordTable, words: Small, taken: set[int]) -> str:
    return " ".join(table.token(int(w)) for n, w in enumerate(words) if n not in taken)


def _attribute_parts(
    found: Compared, at: int, weights: Section, pair: tuple[Profile, Profile]
) -> Iterator[Part]:
    for number, name in enumerate(ATTRIBUTES):
        answer = int(found.answers[at, number])
        if answer:
            level = LEVELS[name][answer - 1]
            points = getattr(weights, name).get(level, 0.0)
            values = _values(*(_text(name, profile) for profile in pair))
            yield Part(f"{name}_{level}", points, values)


_FIELDS: Final = {
    "birth": "births", "country": "countries", "identifier": "identifiers", "phone": "phones",
    "address": "address", "place": "places",
}  # fmt: skip


def _text(name: str, profile: Profile) -> str:
    values: Sequence[Any] = getattr(profile, _FIELDS[name])
    if name == "identifier":
        return ", ".join(":".join(pair) for pair in values)
    return (" " if name == "address" else ", ").join(values)


def sentence(part: Part, lang: str = "en") -> str:
    """Return a part as one line, points first: ``+9.1 word PETR = PETR``; ``en`` or ``es``."""
    return f"{part.points:+.1f} {_templates()[part.code][lang].format_map(dict(part.values))}"


@cache
def _templates() -> dict[str, dict[str, str]]:
    text = (files(__package__) / "data/sentences.csv").read_text(encoding="utf-8")
    return {row["code"]: row for row in csv.DictReader(text.splitlines())}
