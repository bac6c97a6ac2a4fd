"""Pairs of profiles compared attribute by attribute, many at once.

A comparison gives three figures for the names (bits that agree, that contradict, that only one side
has) and one answer for each attribute. :mod:`.weigh` makes points of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.align import Phrases, align, make_phrases
from esclusa.analysis.resolution.mention import NUMBERED, ORGANISATION, PARTY, PERSON, VESSEL
from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.settings import ATTRIBUTES, LEVELS, SECTIONS, Settings
from esclusa.analysis.resolution.wordtable import Floats, Ints, WordTable
from esclusa.analysis.screening import dates

Codes = npt.NDArray[np.int8]

NEVER: Final = -1
"""Section of pairs that cannot be one: a person and a firm, two containers of other numbers."""
_SAME_ADDRESS: Final = 0.8
_PART_ADDRESS: Final = 0.4
_KINDS: Final = {PERSON: 0, ORGANISATION: 1, PARTY: 2, VESSEL: 3, "address": 4}
NUMBER_KIND: Final = 5
"""Kind of what is its number: a container, a document, a telephone."""
_SECTION_OF: Final = np.array(
    [
        [0, -1, 0, -1, -1, -1],
        [-1, 1, 1, -1, -1, -1],
        [0, 1, 1, -1, -1, -1],
        [-1, -1, -1, 2, -1, -1],
        [-1, -1, -1, -1, 3, -1],
        [-1, -1, -1, -1, -1, -1],
    ],
    dtype=np.int8,
)
"""Section of :data:`SECTIONS` by the kinds of both sides."""


class Attribute(msgspec.Struct, frozen=True):
    """One attribute of all profiles: a number per distinct value, 0 for none."""

    codes: Ints
    values: list[Any]


class Columns(msgspec.Struct, frozen=True):
    """Profiles as columns. ``first`` and ``count`` say which phrases are the names of a profile."""

    kinds: Ints
    order: npt.NDArray[np.uint64]
    first: Ints
    count: Ints
    names: Phrases
    addresses: Phrases
    attributes: dict[str, Attribute]


class Compared(msgspec.Struct, frozen=True):
    """What the comparison of each pair gave; ``answers`` has a column per attribute, 0 for none,
    n for the n-th of its :data:`LEVELS`. ``ours`` and ``theirs`` are the phrases compared."""

    section: Codes
    agree: Floats
    conflict: Floats
    extra: Floats
    answers: Codes
    ours: Ints
    theirs: Ints


def make_columns(profiles: Sequence[Profile], table: WordTable, settings: Settings) -> Columns:
    """Arrange profiles for :func:`compare`; pairs are given by their positions here."""
    most = settings.limits.names
    names = [name for profile in profiles for name in _longest(profile.names, most)]
    counts = np.array([min(len(p.names), most) for p in profiles], dtype=np.int64)
    return Columns(
        kinds=np.array([_kind(profile.type) for profile in profiles], dtype=np.int64),
        order=np.array([int(profile.digest, 16) for profile in profiles], dtype=np.uint64),
        first=np.cumsum(counts) - counts,
        count=counts,
        names=make_phrases(names, table, settings.limits.words),
        addresses=make_phrases([p.address for p in profiles], table, settings.limits.words),
        attributes={name: _attribute(profiles, name) for name in _VALUES},
    )


def _longest(names: tuple[tuple[str, ...], ...], most: int) -> Sequence[tuple[str, ...]]:
    return names if len(names) <= most else sorted(names, key=lambda n: (-len(n), n))[:most]


def _kind(name: str) -> int:
    return NUMBER_KIND if name in NUMBERED else _KINDS[name]


_VALUES: Final[dict[str, Callable[[Profile], Any]]] = {
    "birth": lambda profile: profile.births,
    "country": lambda profile: profile.countries,
    "identifier": lambda profile: profile.identifiers,
    "phone": lambda profile: profile.phones,
    "place": lambda profile: profile.places,
}


def _attribute(profiles: Sequence[Profile], name: str) -> Attribute:
    value_of, numbers = _VALUES[name], {(): 0}
    codes = [numbers.setdefault(value_of(profile), len(numbers)) for profile in profiles]
    return Attribute(np.array(codes, dtype=np.int64), list(numbers))


def compare(
    columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints, *, floor: float
) -> Compared:
    """Compare profile ``a[n]`` with ``b[n]`` for all n. The answer does not depend on which is
    which.

    :param floor: pairs that cannot reach so many points keep attribute answers of 0.
    """
    swap = columns.order[a] > columns.order[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    section = _SECTION_OF[columns.kinds[a], columns.kinds[b]]
    named = _names(columns, table, settings, a, b, section)
    answers = np.zeros((a.size, len(ATTRIBUTES)), dtype=np.int8)
    hopeful = np.flatnonzero(_may_reach(columns, settings, a, b, section, named) >= floor)
    for number, name in enumerate(ATTRIBUTES):
        answers[hopeful, number] = (
            _addresses(columns, table, settings, a[hopeful], b[hopeful])
            if name == "address"
            else _answers(columns.attributes[name], settings, name, a[hopeful], b[hopeful])
        )
    return Compared(section, *named[:3], answers, *named[3:])


_Named = tuple[Floats, Floats, Floats, Ints, Ints]


def name_points(settings: Settings, section: Codes, named: tuple[Floats, ...]) -> Floats:
    """Return the points of names alone: weighted agreement, contradiction and omission."""
    table = np.array(
        [
            [one.agree, one.conflict, one.extra]
            for one in (settings.section(name) for name in SECTIONS)
        ]
    )
    weights = table[np.maximum(section, 0)]
    points: Floats = weights[:, 0] * named[0] + weights[:, 1] * named[1] + weights[:, 2] * named[2]
    return points


def _names(
    columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints, section: Codes
) -> _Named:
    """Compare all names of either side with each other; the best pair of names stands."""
    ours, theirs = columns.count[a], columns.count[b]
    times = np.where(section >= 0, ours * theirs, 0)
    pair = np.repeat(np.arange(a.size), times)
    within = np.arange(pair.size) - np.repeat(np.cumsum(times) - times, times)
    left = columns.first[a[pair]] + within // np.maximum(theirs[pair], 1)
    right = columns.first[b[pair]] + within % np.maximum(theirs[pair], 1)
    found = align(table, columns.names, left, right, settings.words.floor)
    conflict = np.minimum(found.left, found.right)
    extra = np.maximum(found.left, found.right) - conflict
    points = name_points(settings, section[pair], (found.agree, conflict, extra))
    order = np.lexsort((right, left, -points, pair))
    best = order[np.r_[True, np.diff(pair[order]) > 0]] if pair.size else order
    result: list[Any] = []
    for values in (found.agree, conflict, extra):
        column = np.zeros(a.size)
        column[pair[best]] = values[best]
        result.append(column)
    for numbers in (left, right):
        phrase = np.full(a.size, -1, dtype=np.int64)
        phrase[pair[best]] = numbers[best]
        result.append(phrase)
    return result[0], result[1], result[2], result[3], result[4]


def _may_reach(
    columns: Columns, settings: Settings, a: Ints, b: Ints, section: Codes, named: _Named
) -> Floats:
    """The most points that a pair can have: its names', and the best answer of each attribute that
    both sides state."""
    most = name_points(settings, section, named[:3])
    for number, name in enumerate(SECTIONS):
        weights = settings.section(name)
        best = np.full(a.size, weights.base)
        for attribute, column in columns.attributes.items():
            both = (column.codes[a] > 0) & (column.codes[b] > 0)
            best += np.where(both, max(0.0, *getattr(weights, attribute).values(), 0.0), 0.0)
        both = (columns.addresses.length[a] > 0) & (columns.addresses.length[b] > 0)
        best += np.where(both, max(0.0, *weights.address.values(), 0.0), 0.0)
        most = np.where(section == number, most + best, most)
    return np.where(section >= 0, most, -np.inf)


def _answers(column: Attribute, settings: Settings, name: str, a: Ints, b: Ints) -> Codes:
    """Ask once for each pair of distinct values."""
    ours, theirs = column.codes[a], column.codes[b]
    found = np.zeros(a.size, dtype=np.int8)
    both = np.flatnonzero((ours > 0) & (theirs > 0))
    if not both.size:
        return found
    codes, inverse = np.unique(ours[both] << 31 | theirs[both], return_inverse=True)
    answer = [
        _ask(name, column.values[c >> 31], column.values[c & 0x7FFFFFFF], settings)
        for c in codes.tolist()
    ]
    levels = ("", *LEVELS[name])
    numbers = np.array([levels.index(text) for text in answer], dtype=np.int8)
    found[both] = numbers[inverse]
    return found


def _ask(name: str, ours: Any, theirs: Any, settings: Settings) -> str:
    if name == "birth":
        return births(ours, theirs)
    if name == "identifier":
        return identifiers(ours, theirs, settings.exclusive)
    return "other" if set(ours).isdisjoint(theirs) else "same"


def births(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    """Return the best verdict of any birth date of one side against any of the other's."""
    listed = [span for span in map(dates.parse_span, theirs) if span]
    verdicts = {dates.compare(span, listed) for span in map(dates.parse_span, ours) if span}
    return next((verdict for verdict in LEVELS["birth"] if verdict in verdicts), "")


def identifiers(
    ours: tuple[tuple[str, str], ...],
    theirs: tuple[tuple[str, str], ...],
    exclusive: Sequence[str],
) -> str:
    """Return ``same`` (number and scheme), ``other_scheme``, ``other`` (two numbers under a scheme
    that gives each one) or ""."""
    if not set(ours).isdisjoint(theirs):
        return "same"
    if not {value for _, value in ours}.isdisjoint(value for _, value in theirs):
        return "other_scheme"
    both = {scheme for scheme, _ in ours} & {scheme for scheme, _ in theirs}
    return "other" if both.intersection(exclusive) else ""


def _addresses(columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints) -> Codes:
    phrases = columns.addresses
    found = np.zeros(a.size, dtype=np.int8)
    both = np.flatnonzero((phrases.length[a] > 0) & (phrases.length[b] > 0))
    aligned = align(table, phrases, a[both], b[both], settings.words.floor)
    lost = np.minimum(aligned.left, aligned.right)
    share = aligned.agree / np.maximum(aligned.agree + lost, 1e-9)
    found[both] = np.where(share >= _SAME_ADDRESS, 1, np.where(share >= _PART_ADDRESS, 2, 3))
    return found
