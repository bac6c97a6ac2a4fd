"""The first steps of a batch in one walk: which names the words of each query may mean, and which
of them may reach the threshold; compiled by numba, when the extra ``fast`` is installed.

Each query adds up what its words bring to each name in an array of names, instead of sorting all
rows of all queries. The bounds are those of :func:`~.search.loose_reach`,
:func:`~.closely.apart_reach` and :func:`~.closely.may_reach`, with the same slack; sums may differ
from theirs in the last bits of 32. The function is plain Python that numba compiles, so it uses no
more of numpy than it knows.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from esclusa.analysis.screening.bounds import Pairs
from esclusa.analysis.screening.closely import Needed, least_points
from esclusa.analysis.screening.columns import Bools, Ints, ends_of
from esclusa.analysis.screening.doubts import ENOUGH
from esclusa.analysis.screening.index import Floats, kind_bit
from esclusa.analysis.screening.listed_words import ListedWords
from esclusa.analysis.screening.questions import Facts, Slots
from esclusa.analysis.screening.search import SLACK, cheapest
from esclusa.analysis.screening.stated import ADDRESS, BIRTH, BIRTH_PLACE, PLACE, Worth
from esclusa.formats.compiling import INSTALLED, at_hand, compiled

WORTH: Final = 2_000_000
"""Rows of a chunk of queries from which on compiled code is worth its while. Loading numba and the
loops takes as long as some four million rows on arrays; who asks for half as many asks again."""
WORTH_AGAIN: Final = 50_000
"""Rows from which on it is worth its while once it is loaded."""


class Asked(NamedTuple):
    """What is known of each query: :class:`~.closely.Needed` and :class:`~.questions.Facts`."""

    nation: Any
    birth: Any
    birth_place: Any
    address: Any
    kinds: Any
    weight: Any
    initials: Any
    letters: Any
    heaviest: Any
    lone: Any
    words: Any
    single: Any
    first: Any


class Listed(NamedTuple):
    """What is known of each name, see :class:`~.listed_words.ListedWords`."""

    weight: Any
    initials: Any
    factor: Any
    heaviest: Any
    near: Any
    letters: Any
    unlike: Any
    kinds: Any
    stated: Any
    nations: Any


class Rows(NamedTuple):
    """The slots, and the names of each look-up in a row, from ``ends`` on."""

    query: Any
    look: Any
    joins: Any
    ends: Any
    names: Any
    gains: Any


class Told(NamedTuple):
    """Weights, the least points of a hit, its threshold, and what nations are worth."""

    initial: Any
    cheapest: Any
    rarest: Any
    full: Any
    rarity: Any
    scale: Any
    few: Any
    least: Any
    slack: Any
    threshold: Any
    country: Any
    place: Any
    other: Any
    person: int
    enough: int


class Found(NamedTuple):
    """Room for the pairs that stay and their rows, as in :class:`~.bounds.Pairs`."""

    query: Any
    name: Any
    starts: Any
    slots: Any
    gains: Any


def fast(rows: int) -> bool:
    """Answer whether so many rows are walked by compiled code."""
    return INSTALLED and rows >= (min(WORTH, WORTH_AGAIN) if at_hand(meet) else WORTH)


def promising(
    words: ListedWords, facts: Facts, slots: Slots, postings: list[tuple[Ints, Floats]],
    needed: Needed,
) -> Pairs:  # fmt: skip
    """Return the pairs that pass the loose bound, that of initials and that of points.

    :param postings: the names of each look-up of ``slots``, each once, and what it adds to them.
    """
    rows = _rows(slots, postings)
    sizes = np.diff(rows.ends)
    most = int(sizes[rows.look].sum())
    found = Found(
        np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32),
        np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int32),
        np.empty(most, dtype=np.float32),
    )  # fmt: skip
    count = len(words.index.names)
    pairs, filled = compiled(meet)(
        rows, _asked(facts, needed), _listed(words), _told(words, needed), found,
        np.full(count, -1, dtype=np.int32), np.zeros(count, dtype=np.float32),
        np.zeros((2, count), dtype=np.int32),
    )  # fmt: skip
    return Pairs(
        found.query[:pairs].copy(), found.name[:pairs].copy(), found.starts[:pairs].copy(),
        found.slots[:filled].copy(), found.gains[:filled].copy(),
    )  # fmt: skip


def _rows(slots: Slots, postings: list[tuple[Ints, Floats]]) -> Rows:
    joining: Bools = np.array([len(look.joining) > 0 for look in slots.looks], dtype=np.bool_)
    return Rows(
        slots.query,
        slots.look,
        slots.joined | joining[slots.look],
        ends_of(np.array([len(names) for names, _ in postings], dtype=np.int64)),
        np.concatenate([names for names, _ in postings]),
        np.concatenate([gains for _, gains in postings]),
    )


def _asked(facts: Facts, needed: Needed) -> Asked:
    return Asked(
        *needed.asks,
        needed.kinds,
        *facts.loose(),
        facts.lone,
        (facts.weights > 0).sum(axis=1),
        facts.letters(single=True),
        facts.letters(single=False),
    )


def _listed(words: ListedWords) -> Listed:
    index = words.index
    return Listed(
        index.name_weights, index.initial_weights, index.name_factors, words.heaviest,
        words.near, words.letters, words.unlike, index.kinds, index.columns.stated,
        index.columns.nations,
    )  # fmt: skip


def _told(words: ListedWords, needed: Needed) -> Told:
    weights, single = words.index.weights.name, np.float32
    worth = Worth.of(words.index.weights.attribute)
    return Told(
        single(weights.initial_weight), single(cheapest(weights)), single(words.index.rarest),
        single(weights.full), single(weights.rarity), single(2 * weights.rarity_scale),
        single(weights.few), single(least_points(needed)), single(SLACK), single(needed.threshold),
        single(worth.country), single(worth.place),
        single(worth.other), kind_bit("person"), ENOUGH,
    )  # fmt: skip


def meet(
    rows: Any, asked: Any, listed: Any, told: Any, found: Any, mark: Any, gained: Any, held: Any
) -> tuple[int, int]:
    """Fill ``found``; return how many pairs and rows it holds.

    :param mark: -1 for each name; ``gained`` and ``held`` are 0, the latter twice.
    """
    two, nothing, one = np.float32(2), np.float32(0), np.float32(1)
    no_bits = np.uint64(0)
    count, held_joins = held[0], held[1]
    touched = np.empty(len(mark), dtype=np.int32)
    pairs, filled, start, slots = 0, 0, 0, len(rows.query)
    while start < slots:
        query, end, met = rows.query[start], start, 0
        while end < slots and rows.query[end] == query:
            look, joins = rows.look[end], np.int32(rows.joins[end])
            for place in range(rows.ends[look], rows.ends[look + 1]):
                name, gain = rows.names[place], rows.gains[place]
                if mark[name] != query:
                    mark[name] = query
                    gained[name], count[name], held_joins[name] = gain, 1, joins
                    touched[met] = name
                    met += 1
                else:
                    gained[name] += gain
                    count[name] += 1
                    held_joins[name] += joins
            end += 1
        before = pairs
        weight, lone, heaviest = asked.weight[query], asked.lone[query], asked.heaviest[query]
        letters, initials = asked.letters[query], asked.initials[query]
        single, first, nation = asked.single[query], asked.first[query], asked.nation[query]
        for place in range(met):
            name = touched[place]
            mark[name] = -1
            if not listed.kinds[name] & asked.kinds[query]:
                continue
            # As most_of: what the entry states may agree.
            said, most = listed.stated[name], nothing
            if said & BIRTH:
                most += asked.birth[query]
            if said & BIRTH_PLACE:
                most += asked.birth_place[query]
            if said & ADDRESS:
                most += asked.address[query]
            if nation != no_bits:
                if listed.nations[name] & nation:
                    most += told.country
                elif said & PLACE:
                    most += told.place
                elif listed.nations[name] != no_bits:
                    most += told.other
            enough = max(told.threshold - (told.rarity + most), one) / told.full - told.slack
            enough /= listed.factor[name]
            gain, total = gained[name], weight + listed.weight[name]
            # As loose_reach: every initial agrees, and stands for what tells most.
            theirs = listed.initials[name]
            agreed = two * (gain + theirs + initials)
            missing = total - agreed - (theirs / told.initial * heaviest + letters * told.rarest)
            if agreed < enough * (agreed + told.cheapest * max(missing, nothing)):
                continue
            # As apart_reach: no initial agrees, where none may.
            near, begun = listed.near[name] & single, listed.letters[name] & first
            carried = count[name] == 1 and held_joins[name] == 0
            if not near and not begun:
                agreed = two * gain
                missing = max(total - agreed, nothing)
                share = agreed / (agreed + told.cheapest * missing)
                if (share * lone if carried else share) < enough:
                    continue
            # As may_reach: initials agree where they may, and what rarity adds counts.
            ours = letters if near else nothing
            theirs = theirs / told.initial if begun else nothing
            agreed = two * (gain + told.initial * (ours + theirs))
            missing = total - agreed - ours * listed.heaviest[name] - theirs * heaviest
            share = agreed / (agreed + told.cheapest * max(missing, nothing))
            alone = ours + theirs == nothing and held_joins[name] == 0
            if alone and count[name] == 1:
                share *= lone
            rarity = told.rarity * (one - np.float32(math.exp(-agreed / told.scale)))
            reach = share * (told.full * listed.factor[name] + rarity) + most
            if count[name] + ours < told.enough and listed.kinds[name] == told.person:
                left = alone and asked.words[query] > count[name]
                reach -= told.few * (two if left else one)
            if reach < told.least and not listed.unlike[name] & single:
                continue
            mark[name] = query
            found.query[pairs], found.name[pairs], found.starts[pairs] = query, name, filled
            filled += count[name]
            # From here on where the next row of the pair goes.
            held_joins[name] = found.starts[pairs]
            pairs += 1
        if pairs > before:
            for slot in range(start, end):
                look = rows.look[slot]
                for place in range(rows.ends[look], rows.ends[look + 1]):
                    name = rows.names[place]
                    if mark[name] == query:
                        row = held_joins[name]
                        found.slots[row], found.gains[row] = slot, rows.gains[place]
                        held_joins[name] = row + 1
        start = end
    return pairs, filled
