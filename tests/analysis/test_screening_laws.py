"""Laws of screening: bounds, determinism, and that the quick search loses nothing."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import Hit, Index, Screener, make_query, screen_one
from esclusa.analysis.screening.align import align
from esclusa.analysis.screening.index import ListedName
from esclusa.analysis.screening.likeness import likeness
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.score import score_name
from esclusa.analysis.screening.search import Asked, candidates, look_up
from esclusa.analysis.screening.settings import default_weights
from esclusa.model import Alias, ListEntry

GIVEN = [
    "MARIA",
    "JOSE",
    "JUAN",
    "AHMED",
    "MOHAMMED",
    "PETR",
    "OLGA",
    "WEI",
    "LI",
    "KIM",
    "JONG",
    "IVAN",
    "ANA",
    "J",
    "M",
    "ABDUL",
    "HASSAN",
]
FAMILY = [
    "RODRIGUEZ",
    "PEREZ",
    "IVANOV",
    "IVANOVA",
    "PETROV",
    "HUSSEIN",
    "HUSAYN",
    "TORRES",
    "VEGA",
    "BARRANTES",
    "SUN",
    "SONG",
    "CHEN",
    "CHENG",
    "ZUBAROWSKI",
    "ABDULRAHMAN",
    "RAHMAN",
    "OCEAN",
    "STAR",
    "LOGISTICS",
]


def _name(draw_from: random.Random) -> str:
    count = draw_from.choice([1, 2, 2, 3, 3, 4])
    return " ".join(draw_from.choice(GIVEN + FAMILY) for _ in range(count))


def _entries(seed: int, count: int) -> list[ListEntry]:
    source = random.Random(seed)
    return [
        ListEntry(
            list_id=source.choice(["marisol", "northreach"]),
            uid=str(number),
            type=source.choice(["person", "organisation", "vessel"]),
            name=_name(source),
            aliases=(Alias(name=_name(source), weak=source.random() < 0.2),),
            birth_dates=source.choice([(), ("1971-05-02",), ("1960/1965",)]),
            nationalities=source.choice([(), ("PA",)]),
        )
        for number in range(count)
    ]


ENTRIES = _entries(1, 150)
INDEX = Index.build(ENTRIES)

NAMES = st.lists(st.sampled_from(GIVEN + FAMILY), min_size=1, max_size=4).map(" ".join)
WORDS = st.text(alphabet="AEIOUHKLMNRSTWYZ", min_size=1, max_size=8)
TYPED = st.one_of(NAMES, st.text(max_size=40))


def spread(name: str) -> list[str]:
    """The name with a letter changed, a blank lost, the order turned."""
    words = name.split()
    return [name, "".join(words), " ".join(reversed(words)), name[:-1] + "X", name[1:]]


SPREAD = NAMES.flatmap(lambda name: st.sampled_from(spread(name)))
BIRTHS = st.sampled_from(["", "1971-05-02", "1962", "1999-01-01"])


@given(TYPED, st.sampled_from(["person", "organisation", "vessel", "any"]), BIRTHS)
def test_scores_lie_between_0_and_100_and_are_the_sum_of_their_parts(
    name: str, kind: str, birth: str
) -> None:
    for hit in screen_one(INDEX, name=name, kind=kind, birth_date=birth, threshold=1.0):
        assert 0.0 <= hit.score <= 100.0
        assert abs(hit.score - sum(part.points for part in hit.parts)) < 1e-6


@given(TYPED)
def test_ranks_count_from_one_and_scores_fall(name: str) -> None:
    hits = screen_one(INDEX, name=name, threshold=1.0)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    keys = [
        (-round(hit.score, 2), -round(2 * hit.matched_weight, 6), hit.list_id, hit.uid)
        for hit in hits
    ]
    assert keys == sorted(keys)


@settings(max_examples=60)
@given(SPREAD, st.sampled_from([0.3, 0.6, 0.7, 0.9]))
def test_the_quick_search_keeps_every_name_that_reaches_the_share(name: str, least: float) -> None:
    query = make_query(name)
    asked = look_up(query.name.tokens, Lookups(INDEX))
    kept = set(candidates(INDEX, asked, "any", least))
    for number, listed in enumerate(INDEX.names):
        reaches = score_name(INDEX, query, asked, listed, least) is not None
        if reaches and _tells_more_than_initials(asked, listed):
            assert number in kept


def _tells_more_than_initials(asked: Asked, listed: ListedName) -> bool:
    """Names that agree in single letters alone are never candidates: they tell next to nothing."""
    return any(
        len(asked.words[place].token) > 1 and pair.how != "initial"
        for pair in align(INDEX, asked, listed).pairs
        for place in pair.asked
    )


@given(NAMES)
def test_an_entry_is_found_by_its_own_name(name: str) -> None:
    own = ListEntry(list_id="altamira", uid="own", type="person", name=name)
    if any(len(word) > 1 for word in make_query(name, "person").name.tokens):
        hits = screen_one(Index.build([*ENTRIES, own]), name=name, kind="person")
        assert "own" in [hit.uid for hit in hits]


@given(WORDS, WORDS)
def test_likeness_is_symmetric_and_lies_between_0_and_1(left: str, right: str) -> None:
    weights = default_weights().word
    how, like = likeness(left, right, weights)
    assert likeness(right, left, weights) == (how, like)
    assert 0.0 <= like <= 1.0
    assert (like == 1.0) == (left == right)


def _answer(hits: list[Hit]) -> bytes:
    return msgspec.json.encode(hits)


def test_two_indexes_of_the_same_entries_answer_alike() -> None:
    again = Index.build(_entries(1, 150))
    for name in ("MARIA PEREZ", "MOHAMMED HUSSEIN", "KIM JONG SUN", "OCEAN STAR"):
        assert _answer(screen_one(INDEX, name=name, threshold=20)) == _answer(
            screen_one(again, name=name, threshold=20)
        )


def test_the_order_of_the_entries_does_not_matter() -> None:
    mixed = list(ENTRIES)
    random.Random(4).shuffle(mixed)
    turned = Index.build(mixed)
    for name in ("MARIA PEREZ", "MOHAMMED HUSSEIN", "KIM JONG SUN", "OCEAN STAR"):
        ours = [(h.uid, round(h.score, 6)) for h in screen_one(INDEX, name=name, threshold=20)]
        theirs = [(h.uid, round(h.score, 6)) for h in screen_one(turned, name=name, threshold=20)]
        assert ours == theirs


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_what_was_asked_before_changes_no_answer(names: list[str]) -> None:
    keeping = Screener(INDEX, threshold=30)
    for name in [*names, *reversed(names)]:
        assert list(keeping.one(name)) == screen_one(INDEX, name=name, threshold=30)


STRANGER = ListEntry(list_id="altamira", uid="new", type="person", name="Xqwfpbj Vlkdrtz")
"""None of its words is like any word of the list."""


@given(NAMES)
def test_an_unrelated_entry_never_ends_the_hit_of_a_name_that_agrees_in_every_word(
    name: str,
) -> None:
    before = screen_one(INDEX, name=name)
    after = {hit.uid: hit for hit in screen_one(Index.build([*ENTRIES, STRANGER]), name=name)}
    for hit in before:
        if all(part.code not in ("asked_only", "listed_only") for part in hit.parts):
            assert hit.uid in after


@given(NAMES)
def test_an_unrelated_entry_moves_a_score_by_less_than_a_hundredth(name: str) -> None:
    """One more entry makes every word a little rarer, by ln(10,151 / 10,150)."""
    grown = Index.build([*ENTRIES, STRANGER])
    after = {hit.uid: hit.score for hit in screen_one(grown, name=name, threshold=10)}
    for hit in screen_one(INDEX, name=name, threshold=12):
        assert abs(after[hit.uid] - hit.score) < 0.01
