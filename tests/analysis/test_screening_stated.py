"""Bounds know what an entry states beside its names, and lose no hit by it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import BulkScreener, Index, Query, Screener, make_query
from esclusa.analysis.screening import meeting as loops
from esclusa.analysis.screening.attributes import asks, asks_of, attribute_parts
from esclusa.analysis.screening.score import score_entry, score_name
from esclusa.analysis.screening.search import candidates, look_up
from esclusa.analysis.screening.settings import default_weights
from esclusa.analysis.screening.stated import Worth, most_of
from esclusa.model import Alias, ListEntry

WORDS = ["MARIA", "JOSE", "VEGA", "VEGAS", "IVANOV", "IVANOVA", "LINNA", "M", "AHMED", "OCEAN"]
DATES = ["", "1971", "1971-05", "1971-05-02", "1971-02-05", "1988-01-01"]
NATIONS = ["", "PA", "PAN", "Panama", "CN", "Marisol", "Northreach"]
PLACES = ["", "Colon, Panama", "Puerto Vega", "Shenzhen, China", "PA"]
ADDRESSES = ["", "12 Calle Mayor, Colon, Panama", "12 Mayor Calle Colon", "4 North Quay, China"]
POINTS = default_weights().attribute


def _entries() -> list[ListEntry]:
    source = random.Random(20261128)

    def some(values: list[str]) -> tuple[str, ...]:
        return tuple(value for value in source.sample(values, source.randrange(3)) if value)

    def name() -> str:
        return " ".join(source.sample(WORDS, source.choice([2, 2, 3])))

    return [
        ListEntry(
            list_id="own", uid=str(number),
            type=source.choice(["person", "person", "organisation", "vessel"]),
            name=name(), aliases=(Alias(name=name(), weak=source.random() < 0.3),),
            birth_dates=some(DATES), birth_places=some(PLACES), nationalities=some(NATIONS),
            addresses=some(ADDRESSES),
        )
        for number in range(45)
    ]  # fmt: skip


ENTRIES = _entries()
INDEX = Index.build(ENTRIES)
ASKED = st.builds(
    make_query,
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    st.sampled_from(["any", "person", "organisation", "vessel"]),
    st.sampled_from(DATES), st.sampled_from(NATIONS), st.just(()), st.sampled_from(PLACES),
    st.sampled_from(ADDRESSES),
)  # fmt: skip
MANY = st.lists(ASKED, min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(ASKED)
def test_no_entry_brings_a_query_more_points_than_the_bound_says(query: Query) -> None:
    columns, worth, asked = INDEX.columns, Worth.of(POINTS), asks(query, POINTS)
    for number, entry in enumerate(ENTRIES):
        first = INDEX.names_of(number).start
        bound = asked.most(columns.stated.item(first), columns.nations.item(first), worth)
        assert sum(part.points for part in attribute_parts(query, entry, POINTS)) <= bound


def test_the_bound_tells_entries_that_state_nothing_from_those_that_may_agree() -> None:
    query = make_query("MARIA VEGA", "person", "1971", "PA", (), "Colon, Panama", "12 Calle Mayor")
    worth, asked = Worth.of(POINTS), asks(query, POINTS)
    full = ListEntry(
        list_id="own", uid="1", type="person", name="MARIA VEGA", birth_dates=("1971",),
        birth_places=("Colon",), nationalities=("PA",), addresses=("12 Calle Mayor",),
    )  # fmt: skip
    bare = ListEntry(list_id="own", uid="2", type="person", name="MARIA VEGA")
    other = ListEntry(
        list_id="own", uid="3", type="person", name="MARIA VEGA", nationalities=("CN",)
    )
    columns = Index.build([full, bare, other]).columns
    bounds = [
        asked.most(said, nations, worth)
        for said, nations in zip(columns.stated.tolist(), columns.nations.tolist(), strict=True)
    ]
    agreeing = POINTS["birth_date"] + POINTS["birth_place"] + POINTS["country"] + POINTS["address"]
    assert bounds == [agreeing, 0.0, POINTS["country_other"]]


@settings(max_examples=30, deadline=None)
@given(MANY)
def test_many_pairs_at_once_have_the_bounds_of_one_at_a_time(queries: list[Query]) -> None:
    columns, worth, count = INDEX.columns, Worth.of(POINTS), len(INDEX.names)
    query = np.repeat(np.arange(len(queries)), count)
    name = np.tile(np.arange(count), len(queries))
    found = most_of(
        asks_of(queries, POINTS), query, columns.stated[name], columns.nations[name], worth
    )
    expected = [
        asks(queries[one], POINTS).most(
            columns.stated.item(other), columns.nations.item(other), worth
        )
        for one, other in zip(query.tolist(), name.tolist(), strict=True)
    ]
    np.testing.assert_allclose(found, expected)


def _every(query: Query, threshold: float) -> dict[str, float]:
    """Return the entries that reach the threshold, each of their names that may be one compared and
    nothing left out by its entry's facts."""
    screener = Screener(INDEX, threshold=threshold)
    asked = look_up(query.name.tokens, screener.lookups)
    best: dict[str, float] = {}
    for number in candidates(INDEX, asked, query.kind, screener.least(query)):
        name = score_name(INDEX, query, asked, INDEX.names[number])
        if name is not None:
            entry = score_entry(INDEX, query, name.name.entry, name, [])
            if entry is not None and entry.score >= threshold:
                uid = entry.entry.uid
                best[uid] = max(best.get(uid, 0.0), entry.score)
    return best


@pytest.mark.parametrize("compiled", [False, True])
@settings(max_examples=25, deadline=None)
@given(queries=MANY, threshold=st.sampled_from([25.0, 54.0, 70.0]))
def test_hits_are_those_of_comparing_whatever_the_entries_state(
    compiled: bool, queries: list[Query], threshold: float
) -> None:
    screener = Screener(INDEX, threshold=threshold)
    if compiled:
        pytest.importorskip("numba")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "fast", lambda rows: compiled)
        bulk = BulkScreener(screener)
        many = list(bulk.answers(queries))
        assert list(bulk.meets(queries)) == [bool(hits) for hits in many]
    for query, hits in zip(queries, many, strict=True):
        assert {hit.uid: hit.score for hit in hits} == pytest.approx(_every(query, threshold))
        assert hits == Screener(INDEX, threshold=threshold).query(query)


def test_a_nationality_that_is_no_text_raises_nothing() -> None:
    """A byte of the command line that is no UTF-8 comes as half of a surrogate pair."""
    query = make_query("MARIA VEGA", "person", nationality="P\udcff")
    screener = Screener(Index.build([ENTRIES[0], _MARIA]))
    assert [hit.uid for hit in screener.query(query)] == ["maria"]
    assert list(BulkScreener(screener).meets([query])) == [True]


_MARIA = ListEntry(list_id="own", uid="maria", type="person", name="MARIA VEGA")


def test_an_update_keeps_what_the_entries_state() -> None:
    later = [*ENTRIES[:20], *ENTRIES[30:]]
    updated = INDEX.updated(gone=[("own", entry.uid) for entry in ENTRIES[20:30]])
    built = Index.build(later)
    assert updated.columns.stated.tolist() == built.columns.stated.tolist()
    assert updated.columns.nations.tolist() == built.columns.nations.tolist()
