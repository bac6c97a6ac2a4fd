"""Laws of scoring many pairs: what is left out, side by side or at other thresholds changes nothing."""

from __future__ import annotations

from itertools import product

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.resolution_worlds import NAMES, RARITY, TIGHT, facts, judgements, mention, worlds
from esclusa.analysis.resolution import Entities, Judgement, Mention, apart, default_settings
from esclusa.analysis.resolution.attributes import (
    answers,
    births,
    identifiers,
    make_attribute,
)
from esclusa.analysis.resolution.compare import compare, make_columns
from esclusa.analysis.resolution.profile import pack, profile_of, unpack
from esclusa.analysis.resolution.settings import LEVELS, Threshold
from esclusa.analysis.resolution.weigh import CERTAIN, points_of, score_pairs
from esclusa.analysis.resolution.wordtable import WordTable

DATES = (
    (), ("1971-05-02",), ("1971-02-05",), ("1971-05",), ("1971-06",), ("1971",), ("1972-05-02",),
    ("1972",), ("1974-01-01",), ("1974",), ("1960/1980",), ("1971-05-02", "1980"), ("1971-02-02",),
)  # fmt: skip
NUMBERS = (
    (), (("imo", "9074729"),), (("imo", "9176187"),), (("mmsi", "9074729"),), (("passport", "P1"),),
    (("passport", "P2"),), (("imo", "9074729"), ("mmsi", "351000000")),
)  # fmt: skip

many_names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)


@st.composite
def told(draw: st.DrawFn) -> list[Mention]:
    """Mentions with several names, addresses and telephones each."""
    some = st.sampled_from
    return [
        msgspec.structs.replace(
            one,
            names=tuple(draw(many_names)),
            addresses=draw(some(((), ("12 Harbour Road",), ("12 Harbor Rd",), ("9 Quay",)))),
            nationalities=draw(some(((), ("PA",), ("CO",), ("PA", "CO")))),
        )
        for one in draw(worlds(8))
    ]


@settings(max_examples=25, deadline=None)
@given(told(), st.sampled_from((-3.0, 0.0, 5.0)))
def test_pairs_left_out_before_their_names_are_compared_are_below_possible(
    mentions: list[Mention], possible: float
) -> None:
    cut = Threshold(possible=possible, match=possible + 6, strong=possible + 11)
    wanted = msgspec.structs.replace(default_settings(), threshold=cut)
    table, profiles = WordTable(RARITY, wanted), [profile_of(one) for one in mentions]
    columns = make_columns(profiles, table, wanted)
    a, b = (side.ravel() for side in np.indices((len(profiles), len(profiles))))
    quick = score_pairs(columns, table, wanted, a, b)
    full = points_of(compare(columns, table, wanted, a, b), wanted)
    numbers = quick == CERTAIN
    assert ((quick >= possible) == (full >= possible))[~numbers].all()
    reached = (full >= possible) & ~numbers
    assert (quick[reached] == full[reached]).all()
    assert (quick == score_pairs(columns, table, wanted, b, a)).all()


def test_dates_and_numbers_compared_as_columns_get_the_answers_of_one_pair_at_a_time() -> None:
    for name, values, ask in (
        ("birth", DATES, births),
        ("identifier", NUMBERS, lambda a, b: identifiers(a, b, default_settings().exclusive)),
    ):
        codes = np.arange(len(values), dtype=np.int32)
        column = make_attribute(name, codes, values, default_settings().exclusive)
        a, b = (side.ravel() for side in np.indices((len(values), len(values))))
        found = answers(column, name, default_settings(), a, b)
        levels = ("", *LEVELS[name])
        expected = [ask(*pair) if all(pair) else "" for pair in product(values, values)]
        assert [levels[answer] for answer in found.tolist()] == expected


@settings(max_examples=5, deadline=None)
@given(worlds(10))
def test_content_kept_as_bytes_is_the_profile(mentions: list[Mention]) -> None:
    for one in mentions:
        assert unpack(*pack(one)) == profile_of(one)
        assert pack(one) == pack(msgspec.structs.replace(one, id="other", seq=99))


def test_two_processes_give_the_entities_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    mentions = [
        mention(number, NAMES[number % len(NAMES)], birth_dates=DATES[number % len(DATES)])
        for number in range(60)
    ]
    alone = Entities.build(mentions, (), None, RARITY)
    blocks: list[int] = []
    one_block = apart.Work.score

    def counted(work: apart.Work, start: int) -> apart.Possible:
        blocks.append(start)
        return one_block(work, start)

    monkeypatch.setattr(apart, "_BLOCK", 100)
    monkeypatch.setattr(apart.Work, "score", counted)
    assert facts(Entities.build(mentions, (), None, RARITY, processes=2)) == facts(alone)
    assert blocks == []  # all were scored elsewhere
    assert facts(Entities.build(mentions, (), None, RARITY)) == facts(alone)
    assert len(blocks) > 1


@settings(max_examples=10, deadline=None)
@given(worlds(), judgements(), st.lists(st.floats(-2.0, 14.0), min_size=1, max_size=3))
def test_thresholds_changed_later_give_the_entities_of_one_run_under_them(
    mentions: list[Mention], judged: list[Judgement], steps: list[float]
) -> None:
    entities = Entities.build(mentions, judged, TIGHT, RARITY)
    cut = TIGHT.threshold
    for match in sorted(steps):
        cut = Threshold(possible=max(-3.0, match - 6), match=match, strong=match + 5)
        entities.rethink(cut)
    fresh = msgspec.structs.replace(TIGHT, threshold=cut)
    assert facts(entities) == facts(Entities.build(mentions, judged, fresh, RARITY))


def test_thresholds_below_the_pairs_that_were_kept_are_refused() -> None:
    entities = Entities(default_settings(), RARITY)
    with pytest.raises(ValueError, match="kept from -3.0 points, not from -4.0"):
        entities.rethink(Threshold(possible=-4.0, match=3.0, strong=8.0))


def test_a_larger_node_asks_for_more_and_nothing_depends_on_what_is_there() -> None:
    shipped = default_settings()
    sizes = [one.records for one in shipped.sizes]
    assert sizes == sorted(set(sizes)) and len(sizes) > 1
    cuts = [shipped.for_size(records).threshold for records in sizes]
    assert [cut.match for cut in cuts] == sorted(cut.match for cut in cuts)
    assert cuts[0].match < cuts[-1].match
    assert all(cut.possible < cut.match < cut.strong for cut in cuts)
    assert shipped.for_size(1).threshold == cuts[0]
    assert shipped.for_size(sizes[0] + 1).threshold == cuts[1]  # rounded up: fewer wrong ones
    assert shipped.for_size(sizes[-1] * 9).threshold == cuts[-1]
    with pytest.raises(ValueError, match="at least 1 record, not 0"):
        shipped.for_size(0)
    bare = msgspec.structs.replace(shipped, sizes=())
    assert bare.for_size(5_000_000) == bare
