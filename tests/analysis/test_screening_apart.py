"""The steps of a batch before names are compared word by word let nothing go that may be a hit.

Each bound is held against the full comparison: no name reaches a higher share, and none that would
reach the threshold is left out. What is read in fewer steps is what the longer way reads.
"""

from __future__ import annotations

import math
import pickle
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import BulkScreener, Index, Query, Screener, make_query
from esclusa.analysis.screening.align import align
from esclusa.analysis.screening.attributes import most
from esclusa.analysis.screening.bounds import Pairs
from esclusa.analysis.screening.closely import apart_reach
from esclusa.analysis.screening.index import glued
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.questions import questions, written_as_one
from esclusa.analysis.screening.score import score_name
from esclusa.analysis.screening.search import SLACK, look_up, loose_reach
from esclusa.analysis.screening.sound import fold_joined, fold_two
from esclusa.model import Alias, ListEntry

WORDS = ["MARIA", "JOSE", "AHMED", "MUHAMMAD", "MOHAMED", "J", "M", "H", "RODRIGUEZ", "RODRIGEZ",
         "IVANOV", "IVANOVA", "VEGA", "ABDULRAHMAN", "ABDUL", "RAHMAN", "OCEAN", "STAR", "LINNA",
         "LIN", "NA", "WEI", "محمد", "KH", "KK", "K", "YI", "Y", "II", "2", "MARIANA", "TRADING",
         "ZEST", "LEASING", "XIAO", "HSIAO", "X"]  # fmt: skip
"""Initials, words of one sound, two that lists write as one, words of trade."""


def _entries() -> list[ListEntry]:
    source = random.Random(20261127)

    def name() -> str:
        return " ".join(source.sample(WORDS, source.choice([1, 2, 2, 3, 4])))

    return [
        ListEntry(
            list_id="own",
            uid=str(number),
            type=source.choice(["person", "organisation", "vessel"]),
            name=name(),
            aliases=(Alias(name=name(), weak=source.random() < 0.3),),
        )
        for number in range(150)
    ]


INDEX = Index.build(_entries())
SCREENER = Screener(INDEX, threshold=40.0)
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
ASKED = st.builds(
    make_query, NAMES, st.sampled_from(["any", "person", "vessel"]), st.sampled_from(["", "1971"])
)
MANY = st.lists(ASKED, min_size=1, max_size=6)


def _blocks(bulk: BulkScreener, queries: list[Query]) -> tuple[object, ...]:
    tokens = [query.name.tokens for query in queries]
    slots, facts = questions(INDEX, tokens, SCREENER.lookups)
    return slots, facts, bulk._pairs(slots), tokens


def _same_letters(query: Query, number: int) -> bool:
    """Such names are found by another way, see ``_sounding``."""
    asked = look_up(query.name.tokens, SCREENER.lookups)
    return number in INDEX.names_sounding(asked.whole).tolist()


@settings(max_examples=150, deadline=None)
@given(MANY)
def test_no_name_agrees_to_a_higher_share_than_the_bound_says(queries: list[Query]) -> None:
    slots, facts, pairs, _ = _blocks(BulkScreener(SCREENER), queries)
    reach = apart_reach(SCREENER.listed_words, facts, slots, pairs)
    loose = loose_reach(
        INDEX, pairs.name, pairs.gained(), *(fact[pairs.query] for fact in facts.loose())
    )
    for place, number, bound, looser in zip(
        pairs.query.tolist(), pairs.name.tolist(), reach.tolist(), loose.tolist(), strict=True
    ):
        query = queries[place]
        if not _same_letters(query, number):
            asked = look_up(query.name.tokens, SCREENER.lookups)
            assert align(INDEX, asked, INDEX.names[number]).share <= min(bound, looser) + SLACK


@settings(max_examples=100, deadline=None)
@given(MANY, st.sampled_from([25.0, 40.0, 54.0, 70.0]))
def test_no_pair_that_would_reach_the_threshold_is_left_out(
    queries: list[Query], threshold: float
) -> None:
    screener = Screener(INDEX, threshold=threshold)
    bulk = BulkScreener(screener)
    slots, facts, pairs, tokens = _blocks(bulk, queries)
    left = bulk._promising(slots, facts, screener.needed(queries), tokens)
    kept = set(zip(left.query.tolist(), left.name.tolist(), strict=True))
    for place, number in zip(pairs.query.tolist(), pairs.name.tolist(), strict=True):
        query = queries[place]
        asked, name = look_up(query.name.tokens, screener.lookups), INDEX.names[number]
        scored = score_name(INDEX, query, asked, name)
        highest = most(query, INDEX.weights.attribute)
        kinds = screener.needed([query]).kinds[0]
        if scored is not None and scored.points + highest >= threshold:
            met = (place, number) in kept
            assert met or _same_letters(query, number) or not INDEX.kinds[number] & kinds


def test_the_bound_leaves_most_strangers_out_and_takes_initials_as_they_come() -> None:
    """A bound of 1 for every pair would lose nothing and be of no use."""
    queries = [make_query("MARIA XIAO"), make_query("M VEGA")]
    slots, facts, pairs, _ = _blocks(BulkScreener(SCREENER), queries)
    reach = apart_reach(SCREENER.listed_words, facts, slots, pairs)
    no_initial = np.array([  # the first query has none, and these names have none
        place == 0 and all(len(INDEX.vocabulary.tokens[word]) > 1 for word in INDEX.names[n].words)
        for place, n in zip(pairs.query.tolist(), pairs.name.tolist(), strict=True)
    ])  # fmt: skip
    assert (reach[no_initial] < 0.7).mean() > 0.7
    begins = [  # M may stand for a word of these names
        place == 1 and any(
            INDEX.vocabulary.tokens[word].startswith("M") for word in INDEX.names[n].words
        )
        for place, n in zip(pairs.query.tolist(), pairs.name.tolist(), strict=True)
    ]  # fmt: skip
    assert any(begins)
    assert (reach[begins] == 1.0).all()


def test_no_pairs_have_no_bounds() -> None:
    slots, facts, pairs, _ = _blocks(BulkScreener(SCREENER), [make_query("QQQQQ")])
    none = Pairs(pairs.query[:0], pairs.name[:0], pairs.starts[:0], pairs.slots[:0],
                 pairs.gains[:0])  # fmt: skip
    assert len(apart_reach(SCREENER.listed_words, facts, slots, none)) == 0
    assert list(BulkScreener(Screener(Index.build([]))).answers([make_query("MARIA VEGA")])) == [()]


@settings(max_examples=150, deadline=None)
@given(ASKED, st.integers(0, len(INDEX.names) - 1), st.floats(-40.0, 100.0))
def test_a_name_is_given_up_early_only_when_its_points_are_fewer_than_needed(
    query: Query, number: int, enough: float
) -> None:
    asked, name = look_up(query.name.tokens, SCREENER.lookups), INDEX.names[number]
    whole = score_name(INDEX, query, asked, name)
    early = score_name(INDEX, query, asked, name, enough=enough)
    assert early == whole if early is not None else whole is None or whole.points < enough
    if whole is not None:
        assert score_name(INDEX, query, asked, name, enough=whole.points) == whole
        assert score_name(INDEX, query, asked, name, enough=-math.inf) == whole


@settings(max_examples=60, deadline=None)
@given(NAMES)
def test_a_threshold_of_nothing_gives_up_no_name(text: str) -> None:
    """Below 0 every score counts as 0, which is then a hit."""
    query = make_query(text)
    screener = Screener(INDEX, threshold=0.0)
    asked = look_up(query.name.tokens, screener.lookups)
    every = range(len(INDEX.names))
    least = screener.least(query)
    met = {
        INDEX.names[n].entry for n in every
        if not INDEX.names[n].weak
        and score_name(INDEX, query, asked, INDEX.names[n], least) is not None
    }  # fmt: skip
    found = {int(hit.uid) for hit in screener.judged(query, asked, every)}
    assert met <= found or len(found) == 50


@settings(max_examples=60, deadline=None)
@given(MANY)
def test_two_words_that_lists_write_as_one_are_told_by_the_batch_as_by_the_word(
    queries: list[Query],
) -> None:
    tokens = [query.name.tokens for query in queries]
    lookups = Lookups(INDEX)
    both = written_as_one(questions(INDEX, tokens, lookups)[0])
    for place, each in enumerate(tokens):
        told = {at: lookups.joined(*two) for at, two in enumerate(pairwise(each))}
        assert both.get(place, {}) == {at: look for at, look in told.items() if look is not None}
        assert look_up(each, lookups, both.get(place, {})) == look_up(each, lookups)


LETTERS = st.text(alphabet="ABCDEHIKNSTUXZ2Ñç", min_size=1, max_size=14)


@settings(max_examples=300, deadline=None)
@given(LETTERS, LETTERS)
def test_two_words_sound_together_as_letters_in_a_row(left: str, right: str) -> None:
    assert fold_two(left, right) == fold_joined((left, right))
    joined = left + right
    wanted = fold_joined((left, right)) if len(joined) <= 24 and joined.isalpha() else ""
    assert glued(left, right) == wanted


@pytest.mark.parametrize(
    ("left", "right", "heard"),
    [("LIN", "", "LIN"), ("", "LIN", "LIN"), ("", "", ""), ("A2", "B", "")],
)
def test_a_word_alone_and_words_with_digits(left: str, right: str, heard: str) -> None:
    assert glued(left, right) == heard


def test_names_travel_to_another_process_and_come_back_the_same() -> None:
    again = pickle.loads(pickle.dumps(INDEX.names))
    assert list(again) == list(INDEX.names)
    assert again[-1] == INDEX.names[len(INDEX.names) - 1]
    assert again[2:4] == INDEX.names[2:4]
