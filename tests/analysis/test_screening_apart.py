"""The steps of a batch before names are compared word by word let nothing go that may be a hit.

Each bound is held against the full comparison: no name reaches a higher share, and none that would
reach the threshold is left out. What is read in fewer steps is what the longer way reads.
"""

from __future__ import annotations

import math
import pickle
import random
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import BulkScreener, Index, Query, Screener, make_query, screener
from esclusa.analysis.screening.align import align
from esclusa.analysis.screening.attributes import attribute_parts
from esclusa.analysis.screening.bounds import Pairs, close_reach
from esclusa.analysis.screening.closely import apart_reach
from esclusa.analysis.screening.index import glued
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.questions import Facts, Slots, Words, questions, written_as_one
from esclusa.analysis.screening.score import score_name
from esclusa.analysis.screening.search import SLACK, look_up, loose_reach
from esclusa.analysis.screening.settings import default_weights
from esclusa.analysis.screening.sound import fold_joined, fold_two
from esclusa.model import Alias, Identifier, ListEntry

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


def _blocks(
    bulk: BulkScreener, queries: list[Query]
) -> tuple[Slots, Facts, Pairs, list[tuple[str, ...]]]:
    tokens = [query.name.tokens for query in queries]
    slots, facts = questions(INDEX, Words(tokens), SCREENER.lookups)
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


@settings(max_examples=200, deadline=None)
@given(MANY, st.sampled_from([25.0, 40.0, 54.0, 70.0]))
def test_no_pair_that_would_reach_the_threshold_is_left_out(
    queries: list[Query], threshold: float
) -> None:
    screener = Screener(INDEX, threshold=threshold)
    bulk = BulkScreener(screener)
    slots, facts, pairs, tokens = _blocks(bulk, queries)
    left = bulk._promising(slots, facts, screener.needed(queries), Words(tokens))
    kept = set(zip(left.query.tolist(), left.name.tolist(), strict=True))
    for place, number in zip(pairs.query.tolist(), pairs.name.tolist(), strict=True):
        query = queries[place]
        asked, name = look_up(query.name.tokens, screener.lookups), INDEX.names[number]
        scored = score_name(INDEX, query, asked, name)
        facts = attribute_parts(query, INDEX.entries[name.entry], INDEX.weights.attribute)
        brought = sum(part.points for part in facts)
        kinds = screener.needed([query]).kinds[0]
        if scored is not None and scored.points + brought >= threshold:
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
    both = written_as_one(questions(INDEX, Words(tokens), lookups)[0])
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


WORLD = Index.build([
    ListEntry(list_id="own", uid=str(number), type=kind, name=name, birth_dates=("1971-05-02",))
    for number, (kind, name) in enumerate([
        ("person", "ROY"), ("person", "Duran Roy"), ("person", "Roy H Vega"), ("person", "Joel M Ruiz"),
        ("person", "JOSEPH"), ("person", "Camila Joseph"), ("person", "王小明"), ("person", "王小红"),
        ("person", "Wang Xiao Ming"), ("person", "C K Vega"), ("person", "KH Vega"),
        ("organisation", "ROY TRADING"), ("vessel", "ROY H"), ("person", "Ana Patton A"),
    ])
])  # fmt: skip
"""Words that sound like themselves with an initial behind or before them; signs."""
ODD = st.lists(
    st.sampled_from(["ROY", "H", "DURAN", "VEGA", "JOE", "JOEL", "L", "M", "J", "JOSEPH", "CAMILA", "A",
                     "ANA", "ARSLAN", "PATTON", "王小明", "王小红", "WANG", "XIAO", "MING", "XIAOMING",
                     "K", "KH", "C", "TRADING"]),
    min_size=1, max_size=5,
).map(" ".join)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(make_query, ODD, st.sampled_from(["any", "person"])), min_size=1, max_size=4
    ),
    st.sampled_from([20.0, 40.0, 54.0]),
)
def test_initials_beside_words_that_sound_like_them_lose_no_hit(
    queries: list[Query], threshold: float
) -> None:
    """Held against every name of the list, whatever the search would have found."""
    screener = Screener(WORLD, threshold=threshold)
    lookups, every = Lookups(WORLD), range(len(WORLD.names))
    bulk = BulkScreener(screener)
    for query, found in zip(queries, bulk.answers(queries), strict=True):
        asked = look_up(query.name.tokens, lookups)
        judged = screener.judged(query, asked, every)
        searched = [  # names that agree in initials alone are no candidates
            hit for hit in judged
            if query.kind in ("any", hit.entry_type) and any(
                part.code not in _TELL_LITTLE and len(dict(part.values).get("asked", "")) > 1
                and part.points > 0 for part in hit.parts
            )
        ]  # fmt: skip
        assert {hit.uid for hit in searched} <= {hit.uid for hit in found}


ODD_WORDS = ["ROY", "H", "DURAN", "VEGA", "JOE", "JOEL", "L", "M", "J", "JOSEPH", "A", "ANA",
             "ANNA", "EM", "EL", "YI", "Y", "K", "KH", "C", "SEE", "XIAO", "MING", "XIAOMING",
             "LIN", "NA", "LINNA", "MARIA", "MARIAM", "MIRIAM", "TRADING"]  # fmt: skip
"""Words that mean several of each other, initials that a word sounds like, words joined."""


def _odd_index() -> Index:
    source = random.Random(7)
    return Index.build([
        ListEntry(list_id="own", uid=str(number), type=source.choice(["person", "vessel"]),
                  name=" ".join(source.choices(ODD_WORDS, k=source.choice([1, 2, 3, 3, 4]))))
        for number in range(400)
    ])  # fmt: skip


ODD_INDEX = _odd_index()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(ODD_WORDS), min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from([0.3, 0.5, 0.62, 0.7, 0.8, 0.9, 0.95]),
)
def test_a_name_that_has_the_share_is_not_said_to_miss_it_and_what_is_sure_is_so(
    words: list[list[str]], needed: float
) -> None:
    """Asked of every pair that has a word in common, so that no step before hides a slip."""
    queries = [make_query(" ".join(each), "person") for each in words]
    screener = Screener(ODD_INDEX)
    bulk, tokens = BulkScreener(screener), [query.name.tokens for query in queries]
    slots, facts = questions(ODD_INDEX, Words(tokens), screener.lookups)
    pairs = bulk._pairs(slots)
    if not len(pairs.query):
        return
    enough = np.full(len(pairs.query), needed, dtype=np.float32)
    reach = close_reach(screener.listed_words, facts, slots, pairs, enough)
    for pair, (place, number) in enumerate(
        zip(pairs.query.tolist(), pairs.name.tolist(), strict=True)
    ):
        asked, name = look_up(tokens[place], screener.lookups), ODD_INDEX.names[number]
        if number in ODD_INDEX.names_sounding(asked.whole).tolist():
            continue
        found = align(ODD_INDEX, asked, name)
        if found.share >= needed:
            assert reach.share[pair] >= needed - SLACK
        if reach.sure[pair]:
            assert reach.words[pair] == len(found.pairs)
            assert _places(reach.asked_left[pair]) == found.asked_left
            assert _places(reach.listed_left[pair]) == found.listed_left


def _places(marks: np.uint32) -> tuple[int, ...]:
    return tuple(place for place in range(32) if int(marks) >> place & 1)


_TELL_LITTLE = ("initial", "rarity", "country", "no_birth_date_asked")


@settings(max_examples=150, deadline=None)
@given(MANY, st.sampled_from([0.0, 25.0, 54.0]), st.sets(st.integers(0, 149), max_size=80))
def test_whether_there_is_a_hit_is_told_as_the_hits_are(
    queries: list[Query], threshold: float, numbers: set[int]
) -> None:
    screener = Screener(INDEX, threshold=threshold)
    for only in (None, [("own", str(number)) for number in numbers]):
        bulk = BulkScreener(screener, only)
        assert list(bulk.meets(queries)) == [bool(hits) for hits in bulk.answers(queries)]


@pytest.mark.parametrize(("name", "kind", "identifiers"), [
    ("", "any", ("imo:9074729",)), ("MARISOL", "vessel", ("imo:9074729",)),
    ("MARISOL", "vessel", ("imo:9074730",)), ("12 Calle Uruguay, Colon", "address", ()),
    ("Avenida Balboa 7", "address", ()), ("", "any", ()),
])  # fmt: skip
def test_whether_there_is_a_hit_is_told_by_numbers_and_addresses_too(
    name: str, kind: str, identifiers: tuple[str, ...]
) -> None:
    index = Index.build([
        ListEntry(list_id="own", uid="ship", type="vessel", name="OCEAN STAR",
                  identifiers=(Identifier(scheme="imo", value="9074729"),),
                  addresses=("Calle Uruguay 12, Colon",)),
        ListEntry(list_id="own", uid="2", type="vessel", name="MARISOL"),
    ])  # fmt: skip
    query = make_query(name, kind, "", "", identifiers)
    for only in (None, [("own", "ship")], [("own", "2")]):
        bulk = BulkScreener(Screener(index), only)
        assert list(bulk.meets([query])) == [bool(hits) for hits in bulk.answers([query])]


@pytest.mark.parametrize(
    ("changed", "kind", "listed", "asked"),
    [
        # Two words that contradict cost less than one that only one side has: what is left over on
        # the other side too makes a name better, and of the second VEGA that is not known before.
        (
            {"conflict": 0.12, "extra_query": 1.2, "extra_entry": 1.5},
            "vessel", "VEGA CHENG VEGA", "IVANOVIVANOV VEGA KIM RAHMAN",
        ),
        # Signs that contradict cost less than the words that they are read as would: one sign of
        # four stands against another, and two words, because a third is read otherwise in front.
        ({}, "person", "盖行长强", "强李长盖"),
        ({"signs": 0.0}, "person", "李伟", "李娜"),
        ({"signs": 0.5, "against": 60.0}, "person", "김민수", "김영희"),
        ({"signs": 0.5, "against": 60.0}, "person", "欧阳伟", "欧阳娜"),
    ],
    ids=["repeated word", "weights as shipped", "one sign", "two signs", "two words agree"],
)  # fmt: skip
def test_what_words_left_over_cost_at_least_is_not_overstated(
    changed: dict[str, float], kind: str, listed: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that at a threshold of nothing has some points is a hit up to just these."""
    weights = default_weights()
    weights = msgspec.structs.replace(
        weights, name=msgspec.structs.replace(weights.name, **changed)
    )
    entry = ListEntry(list_id="own", uid="here", type=kind, name=listed)
    index, query = Index.build([entry], {}, weights), make_query(asked, kind)
    (whole,) = Screener(index, threshold=0.0).query(query)
    assert whole.score > 5.0
    for threshold in (whole.score - 5.0, whole.score - 0.1):
        (found,) = BulkScreener(Screener(index, threshold=threshold)).answers([query])
        assert found == (whole,)
        for few in (0, 1_000):
            monkeypatch.setattr(screener, "_FEW_FOUND", few)
            assert Screener(index, threshold=threshold).query(query) == (whole,)
