"""The first steps of a batch as compiled loops give what they give on arrays, step by step; without
numba, and for few rows, the latter are taken."""

from __future__ import annotations

import random

import numpy as np
import pytest

from esclusa.analysis.screening import BulkScreener, Index, Query, Screener, make_query, meeting
from esclusa.analysis.screening.closely import Close, close, closely, stands
from esclusa.analysis.screening.meeting import promising
from esclusa.analysis.screening.meeting_closely import closer
from esclusa.analysis.screening.questions import Words, questions
from esclusa.model import Alias, ListEntry

WORDS = ["MARIA", "JOSE", "AHMED", "MUHAMMAD", "MOHAMED", "J", "M", "H", "RODRIGUEZ", "RODRIGEZ",
         "IVANOV", "IVANOVA", "VEGA", "ABDULRAHMAN", "ABDUL", "RAHMAN", "OCEAN", "STAR", "LINNA",
         "LIN", "NA", "WEI", "محمد", "KH", "KK", "K", "YI", "Y", "II", "2", "MARIANA", "TRADING",
         "ZEST", "LEASING", "XIAO", "HSIAO", "X", "王", "小明", "CHEN", "CHAN", "MAN", "WEN"]  # fmt: skip
"""Initials, words of one sound, two that lists write as one, words of trade, signs,
Chinese syllables that are one in some names only."""
THRESHOLDS = [0.0, 25.0, 54.0]


def _name(source: random.Random) -> str:
    return " ".join(source.sample(WORDS, source.choice([1, 2, 2, 3, 4])))


def _entries(count: int) -> list[ListEntry]:
    source = random.Random(20261128)
    return [
        ListEntry(
            list_id="own", uid=str(number),
            type=source.choice(["person", "person", "organisation", "vessel", "other"]),
            name=_name(source), aliases=(Alias(name=_name(source), weak=source.random() < 0.3),),
        )
        for number in range(count)
    ]  # fmt: skip


def _queries(count: int) -> list[Query]:
    source = random.Random(7)
    kinds = ["any", "any", "person", "vessel", "organisation"]
    told = [make_query(_name(source), source.choice(kinds), source.choice(["", "1971"]))
            for _ in range(count)]  # fmt: skip
    long = " ".join(WORDS[number % len(WORDS)] for number in range(60))
    return [*told, make_query(""), make_query("QQQQQ"), make_query(long)]


INDEX = Index.build([
    *_entries(300),
    ListEntry(list_id="own", uid="long", type="person", name=" ".join(WORDS * 2)),
])  # fmt: skip
QUERIES = _queries(250)
SOME = [("own", str(number)) for number in range(0, 300, 2)]

Told = dict[tuple[int, int], tuple[float, bool, bool, tuple[int, int]]]


def _told(found: Close) -> Told:
    """What the close bound says, by query and name; words left over count where it says so."""
    columns = (found.query, found.name, found.points, found.sure, found.unsure, found.asked_left,
               found.listed_left)  # fmt: skip
    return {
        (query, name): (points, sure, unsure, (ours, theirs) if sure or unsure else (0, 0))
        for query, name, points, sure, unsure, ours, theirs in zip(
            *(column.tolist() for column in columns), strict=True
        )
    }


@pytest.mark.parametrize("only", [None, SOME], ids=["all entries", "half of them"])
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_compiled_loops_find_what_is_found_step_by_step(
    threshold: float, only: list[tuple[str, str]] | None
) -> None:
    screener = Screener(INDEX, threshold=threshold)
    bulk, words = BulkScreener(screener, only), screener.listed_words
    tokens = [query.name.tokens for query in QUERIES]
    slots, facts = questions(INDEX, Words(tokens), screener.lookups)
    needed = screener.needed(QUERIES)
    plain = bulk._step_by_step(slots, facts, needed)
    pairs = promising(words, facts, slots, [bulk._postings(look) for look in slots.looks], needed)
    order = np.lexsort((pairs.name, pairs.query))
    assert len(plain.query) > 300
    assert pairs.query[order].tolist() == plain.query.tolist()
    assert pairs.name[order].tolist() == plain.name.tolist()
    ends, plain_ends = (np.append(each.starts, len(each.slots)) for each in (pairs, plain))
    for pair, other in enumerate(order.tolist()):
        rows = slice(ends[other], ends[other + 1])
        told = slice(plain_ends[pair], plain_ends[pair + 1])
        assert pairs.slots[rows].tolist() == plain.slots[told].tolist()
        assert pairs.gains[rows].tolist() == plain.gains[told].tolist()
    near = _told(closer(words, facts, slots, pairs, needed))
    expected = _told(close(words, facts, slots, plain, needed))
    assert near.keys() == expected.keys()
    for key, (points, *rest) in expected.items():
        assert near[key][0] == pytest.approx(points, abs=1e-3)
        assert list(near[key][1:]) == rest
    left = stands(INDEX, closer(words, facts, slots, pairs, needed), needed, Words(tokens))
    kept = closely(words, facts, slots, plain, needed, Words(tokens))
    assert set(zip(left.query.tolist(), left.name.tolist(), strict=True)) == set(
        zip(kept.query.tolist(), kept.name.tolist(), strict=True)
    )


@pytest.mark.parametrize("only", [None, SOME], ids=["all entries", "half of them"])
def test_hits_are_the_same_with_and_without_compiled_loops(
    only: list[tuple[str, str]] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = QUERIES[:60] + QUERIES[-3:]
    monkeypatch.setattr(meeting, "INSTALLED", False)
    screener = Screener(INDEX, threshold=40.0)
    plain = list(BulkScreener(screener, only).answers(queries))
    met = list(BulkScreener(screener, only).meets(queries))
    assert met == [bool(hits) for hits in plain]
    assert sum(met) > 20
    monkeypatch.setattr(meeting, "INSTALLED", True)
    monkeypatch.setattr(meeting, "WORTH", 0)
    assert list(BulkScreener(screener, only).answers(queries)) == plain
    assert list(BulkScreener(screener, only).meets(queries)) == met


def test_compiled_code_is_taken_for_many_rows_and_where_there_is_numba(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meeting, "at_hand", lambda loop: False)
    assert meeting.fast(meeting.WORTH)
    assert not meeting.fast(meeting.WORTH - 1)
    monkeypatch.setattr(meeting, "at_hand", lambda loop: loop is meeting.meet)
    assert meeting.fast(meeting.WORTH_AGAIN)
    assert not meeting.fast(meeting.WORTH_AGAIN - 1)
    monkeypatch.setattr(meeting, "INSTALLED", False)
    assert not meeting.fast(meeting.WORTH)


def test_a_list_without_entries_and_queries_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "WORTH", 0)
    nothing = BulkScreener(Screener(Index.build([])))
    assert list(nothing.answers([make_query("MARIA VEGA"), make_query("")])) == [(), ()]
    assert list(BulkScreener(Screener(INDEX)).answers([make_query("")])) == [()]
