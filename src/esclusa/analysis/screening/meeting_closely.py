"""The close bound of a batch in one walk; compiled by numba, when the extra ``fast`` is installed.

What :func:`~.bounds.close_reach` works out on arrays, one column of all pairs after the other, is
here worked out for one pair after the other. The few pairs that need more of Python are left to it:
those where two neighbouring words of the name sound like one of the query's. The function is plain
Python that numba compiles, so it uses no more of numpy than it knows.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import msgspec
import numpy as np

from esclusa.analysis.screening.bounds import Pairs, joining_codes
from esclusa.analysis.screening.closely import Close, Needed, close, least_points
from esclusa.analysis.screening.columns import Bools, ends_of
from esclusa.analysis.screening.doubts import ENOUGH
from esclusa.analysis.screening.index import kind_bit
from esclusa.analysis.screening.listed_words import ListedWords
from esclusa.analysis.screening.questions import Facts, Slots
from esclusa.analysis.screening.search import SLACK, cheapest
from esclusa.analysis.screening.stated import ADDRESS, BIRTH, BIRTH_PLACE, PLACE, Worth
from esclusa.formats.compiling import compiled

_LONGEST = 32
"""Words of a name or a query at most, see :data:`~.questions.Marks`."""


class Asked(NamedTuple):
    """What is known of each query: :class:`~.closely.Needed` and :class:`~.questions.Facts`."""

    nation: Any
    birth: Any
    birth_place: Any
    address: Any
    weights: Any
    bits: Any
    letter: Any
    lone: Any
    single: Any
    first: Any


class Listed(NamedTuple):
    """What is known of each name (``weight`` to ``first_word``), of its words in a row (``words``),
    and of each word, see :class:`~.listed_words.ListedWords`."""

    weight: Any
    factor: Any
    unlike: Any
    kinds: Any
    first_word: Any
    words: Any
    own: Any
    bits: Any
    letter: Any
    met: Any
    stated: Any
    nations: Any


class Looks(NamedTuple):
    """What each slot covers, its look-up, and whether it is two words; of each look-up its weight,
    whether a meaning counts in some names only (``unsure``) and, from ``ends`` on, the listed words
    that it may mean and how alike they are."""

    covers: Any
    joined: Any
    look: Any
    weight: Any
    unsure: Any
    ends: Any
    words: Any
    likes: Any


class Told(NamedTuple):
    """Weights, and the least points of a hit; for the costs see :func:`~.search.against`."""

    initial: Any
    begins: Any
    cheapest: Any
    both: Any
    asked: Any
    listed: Any
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


def closer(words: ListedWords, facts: Facts, slots: Slots, pairs: Pairs, needed: Needed) -> Close:
    """Return what :func:`~.closely.close` does, in another order."""
    hard = _hard(slots, pairs, len(words.index.names))
    count = len(pairs.query)
    points, marks = np.empty(count, np.float32), np.zeros((3, count), np.bool_)
    left = np.empty((2, count), np.uint32)
    compiled(reach)(
        pairs.query, pairs.name, pairs.starts, pairs.slots, hard, _looks(slots),
        _asked(facts, needed), _listed(words), _told(words, needed), points, marks, left,
    )  # fmt: skip
    found = Close(pairs.query, pairs.name, points, marks[1], marks[2], *left).only(marks[0])
    if not hard.any():
        return found
    rest = pairs.only(hard)
    return found.also(close(words, facts, _few(slots, rest), rest, needed))


def _hard(slots: Slots, pairs: Pairs, count: int) -> Bools:
    """Mark the pairs with a name of which two neighbouring words may be one of the query's."""
    known = joining_codes(slots, count)
    hard = np.zeros(len(pairs.query), dtype=np.bool_)
    if len(known):
        names = np.repeat(pairs.name, np.diff(pairs.starts, append=len(pairs.slots)))
        sought = slots.look[pairs.slots].astype(np.int64) * count + names
        there = known[np.minimum(known.searchsorted(sought), len(known) - 1)] == sought
        hard[pairs.starts.searchsorted(np.flatnonzero(there), side="right") - 1] = True
    return hard


def _few(slots: Slots, pairs: Pairs) -> Slots:
    """Return the slots with the look-ups alone that some pairs have; of the others, any."""
    used = np.unique(slots.look[pairs.slots])
    look = np.minimum(used.searchsorted(slots.look), len(used) - 1).astype(np.int32)
    looks = tuple(slots.looks[number] for number in used.tolist())
    return msgspec.structs.replace(slots, looks=looks, look=look)


def _looks(slots: Slots) -> Looks:
    looks = slots.looks
    return Looks(
        slots.covers, slots.joined, slots.look,
        np.array([look.weight for look in looks], dtype=np.float32),
        np.array([look.unsure for look in looks], dtype=np.bool_),
        ends_of(np.array([len(look.words) for look in looks], dtype=np.int64)),
        np.concatenate([look.words for look in looks]),
        np.concatenate([look.word_likes for look in looks]),
    )  # fmt: skip


def _asked(facts: Facts, needed: Needed) -> Asked:
    return Asked(
        *needed.asks, facts.weights, facts.bits, facts.single, facts.lone,
        facts.letters(single=True), facts.letters(single=False),
    )  # fmt: skip


def _listed(words: ListedWords) -> Listed:
    index, columns = words.index, words.index.columns
    return Listed(
        index.name_weights, index.name_factors, words.unlike, index.kinds, columns.first_word,
        columns.words, index.listed_weights, words.bits, index.single, words.met, columns.stated,
        columns.nations,
    )  # fmt: skip


def _told(words: ListedWords, needed: Needed) -> Told:
    weights, single = words.index.weights.name, np.float32
    worth = Worth.of(words.index.weights.attribute)
    both = 2 * weights.conflict
    return Told(
        single(weights.initial_weight), single(weights.initial_weight * weights.initial),
        single(cheapest(weights)), single(both), single(min(weights.extra_query, both)),
        single(min(weights.extra_entry, both)), single(weights.full), single(weights.rarity),
        single(2 * weights.rarity_scale), single(weights.few), single(least_points(needed)),
        single(SLACK), single(needed.threshold),
        single(worth.country), single(worth.place),
        single(worth.other), kind_bit("person"), ENOUGH,
    )  # fmt: skip


def reach(
    queries: Any, names: Any, starts: Any, slots: Any, hard: Any, looks: Any, asked: Any,
    listed: Any, told: Any, points: Any, marks: Any, left: Any,
) -> None:  # fmt: skip
    """Fill for each pair that is not ``hard`` its points, whether it stays, whether what is left
    over is sure, whether it is unsure, and the words left over on both sides."""
    one, two, nothing, no_bits = np.float32(1), np.float32(2), np.float32(0), np.uint64(0)
    likes, gains = np.empty((2, 64, _LONGEST), dtype=np.float32)
    for pair in range(len(queries)):
        if hard[pair]:
            continue
        query, name = queries[pair], names[pair]
        begin = starts[pair]
        end = starts[pair + 1] if pair + 1 < len(starts) else len(slots)
        first = listed.first_word[name]
        size = listed.first_word[name + 1] - first
        # As most_of: what the entry states may agree.
        said, brings, nation = listed.stated[name], nothing, asked.nation[query]
        if said & BIRTH:
            brings += asked.birth[query]
        if said & BIRTH_PLACE:
            brings += asked.birth_place[query]
        if said & ADDRESS:
            brings += asked.address[query]
        if nation != no_bits:
            if listed.nations[name] & nation:
                brings += told.country
            elif said & PLACE:
                brings += told.place
            elif listed.nations[name] != no_bits:
                brings += told.other
        enough = max(told.threshold - (told.rarity + brings), one) / told.full - told.slack
        enough /= listed.factor[name]
        single, begun = asked.single[query], asked.first[query]
        odd = (listed.unlike[name] & single) != no_bits
        # How the query's words meet those of the name.
        row_gains, row_full = nothing, nothing
        covered, joined, met, ways = np.uint32(0), 0, 0, 0
        doubtful = False
        for row in range(begin, end):
            slot = slots[row]
            look = looks.look[slot]
            weight, here = looks.weight[look], row - begin
            best, gained = nothing, nothing
            for at in range(size):
                word, like = listed.words[first + at], nothing
                for place in range(looks.ends[look], looks.ends[look + 1]):
                    if looks.words[place] == word:
                        like = looks.likes[place]
                        break
                gain = like * (weight + listed.own[word]) / two
                likes[here, at], gains[here, at] = like, gain
                best, gained = max(best, like), max(gained, gain)
                if like > nothing:
                    ways += 1
            row_gains += gained
            row_full += gained / max(best, enough)
            if best > nothing:
                covered |= looks.covers[slot]
                doubtful |= looks.unsure[look]
                if looks.joined[slot]:
                    joined += 1
                else:
                    met += 1
        # The name's side.
        gained, full, lost, absorbed, initials = nothing, nothing, nothing, nothing, nothing
        meant, listed_left = 0, np.uint32(0)
        singles, may, single_may = no_bits, no_bits, no_bits
        for at in range(size):
            word = listed.words[first + at]
            best, most = nothing, nothing
            for row in range(end - begin):
                best, most = max(best, likes[row, at]), max(most, gains[row, at])
            gained += most
            full += most / max(best, enough)
            bit, by, letter = listed.bits[word], listed.met[word], listed.letter[word]
            begins = letter and (bit & begun) != no_bits
            taken = (by & single) != no_bits
            if best > nothing:
                meant += 1
            elif not begins and not taken:
                lost += listed.own[word]
                listed_left |= np.uint32(1) << np.uint32(at)
            if taken and not letter:
                absorbed += listed.own[word]
            if begins:
                initials += told.begins
            may |= by
            if letter:
                singles |= bit
                single_may |= by
        # The query's side.
        total, asked_lost, asked_left, words = nothing, nothing, np.uint32(0), 0
        own_initials = nothing
        for at in range(asked.weights.shape[1]):
            own, bit, letter = (
                asked.weights[query, at],
                asked.bits[query, at],
                asked.letter[query, at],
            )
            if own <= nothing:
                continue
            words += 1
            total += own
            taken = (bit & (may if letter else singles)) != no_bits
            if not taken and not covered >> np.uint32(at) & np.uint32(1):
                asked_lost += own
                asked_left |= np.uint32(1) << np.uint32(at)
            if taken and letter:
                own_initials += told.initial if (bit & single_may) != no_bits else told.begins
            elif taken:
                absorbed += own
        initials += own_initials
        # As _shared: the lower of both shares.
        both = min(asked_lost, lost)
        costs = told.both * both + told.asked * (asked_lost - both) + told.listed * (lost - both)
        total += listed.weight[name] - absorbed
        agreed, other = two * (initials + row_gains), two * (initials + gained)
        unmet = told.cheapest * max(total - agreed, nothing)
        share = agreed / max(two * (initials + row_full) + costs, agreed + unmet, told.slack)
        unmet = told.cheapest * max(total - other, nothing)
        share = min(share, other / max(two * (initials + full) + costs, other + unmet, told.slack))
        alone = joined == 0 and initials == nothing
        if alone and met == 1:
            share *= asked.lone[query]
        sure = alone and not odd and not doubtful and ways == met and meant == met
        rarity = told.rarity * (one - np.float32(math.exp(-agreed / told.scale)))
        if odd:
            share, rarity = one, told.rarity
        reached = share * (told.full * listed.factor[name] + rarity) + brings
        kept = share >= enough and reached >= told.least
        unsure = not sure and not odd
        if listed.kinds[name] == told.person:
            some = asked_left != 0 or listed_left != 0
            agreeing = met
            if not sure:
                asked_met, listed_met = words, size
                for at in range(_LONGEST):
                    if asked_left >> np.uint32(at) & np.uint32(1):
                        asked_met -= 1
                    if listed_left >> np.uint32(at) & np.uint32(1):
                        listed_met -= 1
                agreeing = min(asked_met, listed_met)
            if not odd and agreeing < told.enough:
                reached -= told.few * (two if some else one)
            some = asked_left != 0 and listed_left != 0
            sure, unsure = sure and some, unsure and some
        else:
            sure, unsure = False, False
        points[pair] = reached
        marks[0, pair] = kept and reached >= told.least
        marks[1, pair], marks[2, pair] = sure, unsure
        left[0, pair], left[1, pair] = asked_left, listed_left
