"""A batch gives what one at a time gives: whole, narrowed to some entries, and on several cores."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import (
    HIT_SCHEMA,
    BulkScreener,
    Index,
    Query,
    Screener,
    batch,
    make_query,
    many,
    screen,
    screen_batch,
    screener,
    search,
)
from esclusa.model import Alias, Identifier, ListEntry

WORDS = ["MARIA", "JOSE", "AHMED", "MUHAMMAD", "J", "M", "RODRIGUEZ", "IVANOV", "VEGA", "ABDULRAHMAN",
         "OCEAN", "STAR", "ZUBAROWSKI", "LINNA", "LIN", "NA", "WEI", "محمد", "KH", "KK", "K", "YI",
         "Y", "II", "2", "MARIANA", "TRADING"]  # fmt: skip


def _entries() -> list[ListEntry]:
    source = random.Random(4)

    def name() -> str:
        return " ".join(source.sample(WORDS, source.choice([1, 2, 2, 3, 4])))

    return [
        ListEntry(
            list_id="own",
            uid=str(number),
            type=source.choice(["person", "organisation", "vessel", "other"]),
            name=name(),
            aliases=(Alias(name=name(), weak=source.random() < 0.5),),
            birth_dates=source.choice([(), ("1971-05-02",)]),
            identifiers=source.choice([(), (Identifier(scheme="imo", value="9074729"),)]),
        )
        for number in range(200)
    ]


ENTRIES = _entries()
INDEX = Index.build(ENTRIES, {"own": "1"})
ASKED = st.builds(
    make_query,
    st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
    st.sampled_from(["any", "person", "vessel"]),
    st.sampled_from(["", "1971", "1971-05-02"]),
    st.just(""),
    st.sampled_from([(), ("imo:9074729",)]),
)


@pytest.mark.parametrize("few", [0, search._FEW_NAMES], ids=["long list", "short list"])
@settings(max_examples=40, deadline=None)
@given(st.lists(ASKED, max_size=8), st.sampled_from([25.0, 54.0]), st.sampled_from([1, 50, 10_000]))
def test_a_batch_answers_as_one_at_a_time_does(
    few: int, queries: list[Query], threshold: float, rows: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_FEW_NAMES", few)
        patch.setattr(many, "ROWS", rows)
        patch.setattr(many, "_FEW_QUERIES", 0)
        bulk = BulkScreener(Screener(INDEX, threshold=threshold))
        single = Screener(INDEX, threshold=threshold)
        expected = [single.query(query) for query in queries]
        assert list(bulk.answers(queries)) == expected
        assert bulk.all_of(queries + queries) == expected + expected


@settings(max_examples=60, deadline=None)
@given(ASKED, st.sampled_from([25.0, 54.0, 70.0]))
def test_the_closest_look_at_names_loses_none(query: Query, threshold: float) -> None:
    found = Screener(INDEX, threshold=threshold).query(query)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screener, "_FEW_FOUND", 0)
        assert Screener(INDEX, threshold=threshold).query(query) == found


@pytest.mark.parametrize(
    ("asked", "listed", "threshold"),
    [
        # Two words of the query may mean either of two listed ones, one way better than the other.
        ("MARIA MARIA MUHAMMAD محمد", "محمد MUHAMMAD", 54.0),
        # A word that means a single letter, or sounds like another word of few letters.
        ("YI", "Y", 50.0),
        ("KH", "KK", 70.0),
        # An initial stands for a word, and a word for an initial.
        ("JOSE M VEGA", "JOSE MARIA VEGA", 54.0),
        ("JOSE MARIA VEGA", "J M VEGA", 54.0),
        # Two words are one on either side.
        ("LIN NA WEI", "LINNA WEI", 54.0),
        ("MARIANA VEGA", "MARIA NA VEGA", 54.0),
    ],
)
def test_what_agrees_in_an_unusual_way_is_found_by_every_way_of_asking(
    asked: str, listed: str, threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [ListEntry(list_id="own", uid="here", type="person", name=listed)]
    index = Index.build([*ENTRIES[:50], *more])
    query = make_query(asked)
    (found,) = BulkScreener(Screener(index, threshold=threshold)).answers([query])
    assert "here" in {hit.uid for hit in found}
    for few in (0, 1_000):
        monkeypatch.setattr(screener, "_FEW_FOUND", few)
        assert Screener(index, threshold=threshold).query(query) == found


def test_a_long_table_is_screened_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    queries = pl.DataFrame(
        {"query_id": [str(n) for n in range(30)], "name": [e.name for e in ENTRIES[:30]]}
    )
    whole = screen_batch(queries, INDEX)
    monkeypatch.setattr(batch, "_ROWS", 7)
    monkeypatch.setattr(many, "CHUNK", 3)
    monkeypatch.setattr(many, "WORDS_KEPT", 2)
    assert screen_batch(queries, INDEX).equals(whole)
    only = [(entry.list_id, entry.uid) for entry in ENTRIES]
    assert screen_batch(queries, INDEX, only=only).equals(whole)


@settings(max_examples=40, deadline=None)
@given(ASKED, st.sets(st.integers(0, 199), max_size=60))
def test_narrowed_to_some_entries_the_others_are_left_out_and_nothing_else_changes(
    query: Query, numbers: set[int]
) -> None:
    asking = Screener(INDEX, threshold=40.0)
    only = {("own", str(number)) for number in numbers}
    (found,) = BulkScreener(asking, only).answers([query])
    every = [hit for hit in asking.query(query) if (hit.list_id, hit.uid) in only]
    assert [(hit.uid, hit.score, hit.parts) for hit in found][: len(every)] == [
        (hit.uid, hit.score, hit.parts) for hit in every
    ]
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))


def test_entries_that_no_list_has_narrow_to_nothing() -> None:
    queries = pl.DataFrame({"query_id": ["1"], "name": [ENTRIES[0].name]})
    assert screen(queries, INDEX).height > 0
    assert screen(queries, INDEX, only=[("own", "none"), ("other", "0")]).height == 0


def test_two_processes_give_the_table_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_ROWS", 40)
    queries = pl.DataFrame(
        {"query_id": [str(n) for n in range(100)], "name": [e.name for e in ENTRIES[:100]]}
    )
    alone = screen_batch(queries, INDEX)
    assert alone.schema == HIT_SCHEMA
    assert alone.height > 100
    assert screen_batch(queries, INDEX, workers=2).equals(alone)
    only = [("own", str(number)) for number in range(20)]
    some = screen_batch(queries, INDEX, only=only, detail=False, workers=2)
    assert set(some["uid"]) <= {uid for _list, uid in only}
    assert some["detail"].list.len().sum() == 0
