"""Pairs of profiles compared attribute by attribute, many at once.

A comparison gives three figures for the names (bits that agree, that contradict, that only one side
has) and one answer for each attribute. :mod:`.weigh` makes points of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.align import PhraseMaker, Phrases, align
from esclusa.analysis.resolution.attributes import (
    VALUES,
    Attribute,
    Codes,
    Small,
    answers,
    make_attribute,
)
from esclusa.analysis.resolution.mention import NUMBERED, ORGANISATION, PARTY, PERSON, VESSEL
from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.settings import ATTRIBUTES, Settings
from esclusa.analysis.resolution.wordtable import Floats, Ints, WordTable

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


class Columns(msgspec.Struct, frozen=True):
    """Profiles as columns. ``first`` and ``count`` say which phrases are the names of a profile,
    ``reach`` how many bits the longest of them has."""

    kinds: Codes
    order: npt.NDArray[np.uint64]
    first: Small
    count: Small
    reach: Floats
    names: Phrases
    addresses: Phrases
    attributes: dict[str, Attribute]


class Named(msgspec.Struct, frozen=True):
    """What the names of each pair gave, in bits; ``ours`` and ``theirs`` are the phrases compared,
    -1 for none."""

    agree: Floats
    conflict: Floats
    extra: Floats
    ours: Ints
    theirs: Ints


class Compared(msgspec.Struct, frozen=True):
    """What the comparison of each pair gave; ``answers`` has a column per attribute, 0 for none,
    n for the n-th of its :data:`LEVELS`."""

    section: Codes
    names: Named
    answers: Codes


class ColumnsMaker:
    """Takes profiles one by one and arranges them for :func:`compare`; keeps none of them."""

    def __init__(self, table: WordTable, settings: Settings) -> None:
        self._table, self._settings = table, settings
        self._kinds, self._count, self._order = array("b"), array("i"), array("Q")
        self._names = PhraseMaker(table, settings.limits.words)
        self._addresses = PhraseMaker(table, settings.limits.words)
        self._codes = {name: array("i") for name in VALUES}
        self._known: dict[str, dict[Any, int]] = {name: {(): 0} for name in VALUES}

    def add(self, profile: Profile) -> None:
        """Take one more profile; its position is the number of those before it."""
        names = _longest(profile.names, self._settings.limits.names)
        for name in names:
            self._names.add(name)
        self._addresses.add(profile.address)
        self._kinds.append(_kind(profile.type))
        self._count.append(len(names))
        self._order.append(int(profile.digest, 16))
        for attribute, value_of in VALUES.items():
            known = self._known[attribute]
            self._codes[attribute].append(known.setdefault(value_of(profile), len(known)))

    def _stated(self) -> Iterator[tuple[str, array[int], dict[Any, int]]]:
        return ((name, self._codes[name], self._known[name]) for name in VALUES)

    def made(self) -> Columns:
        """Return all profiles taken as columns."""
        count = np.array(self._count, dtype=np.int32)
        names, exclusive = self._names.made(), self._settings.exclusive
        attributes = {
            name: make_attribute(
                name,
                np.array(self._codes[name], dtype=np.int32),
                list(self._known[name]),
                exclusive,
            )
            for name in VALUES
        }
        return Columns(
            kinds=np.array(self._kinds, dtype=np.int8),
            order=np.array(self._order, dtype=np.uint64),
            first=(np.cumsum(count) - count).astype(np.int32),
            count=count,
            reach=_reach(names, count, self._table),
            names=names,
            addresses=self._addresses.made(),
            attributes=attributes,
        )


def make_columns(profiles: Iterable[Profile], table: WordTable, settings: Settings) -> Columns:
    """Arrange profiles for :func:`compare`; pairs are given by their positions here."""
    maker = ColumnsMaker(table, settings)
    for profile in profiles:
        maker.add(profile)
    return maker.made()


def _longest(names: tuple[tuple[str, ...], ...], most: int) -> Sequence[tuple[str, ...]]:
    return names if len(names) <= most else sorted(names, key=lambda n: (-len(n), n))[:most]


def _kind(name: str) -> int:
    return NUMBER_KIND if name in NUMBERED else _KINDS[name]


def _reach(names: Phrases, count: Small, table: WordTable) -> Floats:
    phrase = np.repeat(np.arange(names.length.size), names.length)
    each = np.bincount(phrase, table.bits_of(names.words), minlength=names.length.size)
    most = np.zeros(count.size)
    np.maximum.at(most, np.repeat(np.arange(count.size), count), each)
    return most


def ordered(columns: Columns, a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Return each pair so that the same side is always first, whichever was."""
    swap = columns.order[a] > columns.order[b]
    return np.where(swap, b, a), np.where(swap, a, b)


def sections(columns: Columns, a: Ints, b: Ints) -> Codes:
    """Return the number of the section that weighs each pair, or :data:`NEVER`."""
    found: Codes = _SECTION_OF[columns.kinds[a], columns.kinds[b]]
    return found


def compare(columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints) -> Compared:
    """Compare profile ``a[n]`` with ``b[n]`` for all n. The answer does not depend on which is
    which."""
    a, b = ordered(columns, a, b)
    section = sections(columns, a, b)
    named = compare_names(columns, table, settings, pairs_of_names(columns, a, b, section), section)
    return Compared(section, named, compare_attributes(columns, table, settings, a, b))


def compare_attributes(
    columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints
) -> Codes:
    """Return the answers of all attributes, a column for each."""
    found = np.zeros((a.size, len(ATTRIBUTES)), dtype=np.int8)
    for number, name in enumerate(ATTRIBUTES):
        found[:, number] = (
            _addresses(columns, table, settings, a, b)
            if name == "address"
            else answers(columns.attributes[name], name, settings, a, b)
        )
    return found


class NamePairs(msgspec.Struct, frozen=True):
    """Names to be compared: ``pair`` is the number of the pair of profiles, in order; ``left`` and
    ``right`` are phrases."""

    pair: Ints
    left: Ints
    right: Ints

    def some(self, kept: npt.NDArray[np.bool_]) -> NamePairs:
        """Return those that are kept."""
        return NamePairs(self.pair[kept], self.left[kept], self.right[kept])


def pairs_of_names(columns: Columns, a: Ints, b: Ints, section: Codes) -> NamePairs:
    """Return all names of either side against each other, for pairs that can be one."""
    ours, theirs = columns.count[a], columns.count[b]
    times = np.where(section >= 0, ours * theirs, 0).astype(np.int64)
    pair = np.repeat(np.arange(a.size), times)
    within = np.arange(pair.size) - np.repeat(np.cumsum(times) - times, times)
    each = np.maximum(theirs[pair], 1)
    return NamePairs(
        pair, columns.first[a[pair]] + within // each, columns.first[b[pair]] + within % each
    )


def compare_names(
    columns: Columns, table: WordTable, settings: Settings, names: NamePairs, section: Codes
) -> Named:
    """Compare names; the pair of names with most points stands for its pair of profiles."""
    pair, left, right = names.pair, names.left, names.right
    found = align(table, columns.names, left, right, settings.words.floor)
    conflict = np.minimum(found.left, found.right)
    extra = np.maximum(found.left, found.right) - conflict
    points = name_points(settings, section[pair], found.agree, conflict, extra)
    order = np.lexsort((right, left, -points, pair))
    best = order[np.r_[True, np.diff(pair[order]) > 0]] if pair.size else order
    at = pair[best]

    def spread(values: Any, rest: Any) -> Any:
        column = np.full(section.size, rest)
        column[at] = values[best]
        return column

    return Named(
        spread(found.agree, 0.0), spread(conflict, 0.0), spread(extra, 0.0),
        spread(left, -1), spread(right, -1),
    )  # fmt: skip


def name_points(
    settings: Settings, section: Codes, agree: Floats, conflict: Floats, extra: Floats
) -> Floats:
    """Return the points of names alone: weighted agreement, contradiction and omission."""
    weights = settings.name_weights()[np.maximum(section, 0)]
    points: Floats = weights[:, 0] * agree + weights[:, 1] * conflict + weights[:, 2] * extra
    return points


def _addresses(columns: Columns, table: WordTable, settings: Settings, a: Ints, b: Ints) -> Codes:
    phrases = columns.addresses
    found = np.zeros(a.size, dtype=np.int8)
    both = np.flatnonzero((phrases.length[a] > 0) & (phrases.length[b] > 0))
    aligned = align(table, phrases, a[both], b[both], settings.words.floor)
    lost = np.minimum(aligned.left, aligned.right)
    share = aligned.agree / np.maximum(aligned.agree + lost, 1e-9)
    found[both] = np.where(share >= _SAME_ADDRESS, 1, np.where(share >= _PART_ADDRESS, 2, 3))
    return found
