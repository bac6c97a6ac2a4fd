"""Selection under capacity: order, chances, and a draw that can be checked and not foreseen.

About 5 CPU seconds.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from selection_pools import OLDER, some

from esclusa.analysis.selection import (
    ONE,
    Candidate,
    Follow,
    Look,
    Past,
    Place,
    Policy,
    Sheet,
    Trail,
    commitment,
    default_policy,
    digest,
    pareto,
    read_policy,
    select,
    sheet_seed,
    verify,
)
from esclusa.analysis.selection import draw as drawing
from esclusa.analysis.selection.chances import spread
from esclusa.analysis.selection.openness import openness
from esclusa.analysis.selection.worth import followed
from esclusa.errors import InputError

SEED = bytes(range(32))
OTHER = bytes(range(1, 33))
PORT = Place("PAMIT", "2026-11-27", 12, "A")


def pasts(cells: list[str]) -> st.SearchStrategy[Past]:
    few = st.integers(0, 9)
    return st.builds(
        Past, cell=st.sampled_from(cells), lately=few, ever=few, examined=few, found=few,
        usual=st.none() | st.floats(0, 9), looked=st.none() | few,
    )  # fmt: skip


IMPORTERS = pasts([f"importer-{at}" for at in range(7)])
LANES = pasts(["lane-0", "lane-1"])


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Up to 40 candidates in a few importers and lanes."""
    many = draw(st.integers(0, 40))
    return [
        Candidate(
            subject=f"box-{at}",
            score=draw(st.floats(0, 1)),
            value=draw(st.none() | st.floats(0, 1e6)),
            mandatory=("list",) if draw(st.integers(0, 9)) == 0 else (),
            cells=draw(
                st.fixed_dictionaries(
                    {},
                    optional={"importer": IMPORTERS, "lane": LANES, "born_on_lane": LANES},
                )
            ),
        )
        for at in range(many)
    ]


@given(candidates(), st.integers(0, 50), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_laws_of_every_sheet(found: list[Candidate], capacity: int, chance: random.Random) -> None:
    place = Place("PAMIT", "2026-11-27", capacity, "A")
    sheet = select(SEED, place, found, default_policy())
    lanes = Counter(line.lane for line in sheet.lines)
    must = sum(bool(one.mandatory) for one in found)
    assert lanes["mandatory"] == must  # never dropped
    assert sheet.over == max(0, must - capacity)
    assert len(sheet.chosen()) == min(len(found), max(capacity, must))
    assert sum(line.chance for line in sheet.lines) == len(sheet.chosen()) * ONE  # exact
    left = max(0, capacity - must)
    drawn = sum(1 for line in sheet.chosen() if line.lane.startswith("control"))
    if len(found) - must >= left:
        assert drawn >= min(left, math.ceil(default_policy().control_share * capacity))
    for line in sheet.lines:
        assert 0 <= line.random_chance <= line.chance <= ONE
        assert line.chance == ONE or line.stratum >= 0
        if drawn:
            assert line.chance > 0  # what was not chosen could have been
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert select(SEED, place, shuffled, default_policy()) == sheet
    assert verify(sheet, sheet.commitment, SEED, shuffled, default_policy()) == ()


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, ONE)), max_size=30),
    st.integers(0, 12 * ONE),
)
def test_chances_sum_to_the_slots_exactly(parts: list[tuple[int, int]], total: int) -> None:
    sizes, most = [a for a, _ in parts], [b for _, b in parts]
    given_ = spread(total, sizes, most)
    assert sum(given_) == min(total, sum(b for a, b in parts if a))
    assert all(0 <= one <= top for one, top in zip(given_, most, strict=True))


def test_chances_are_in_proportion_below_their_top() -> None:
    assert spread(2 * ONE, [1, 1, 2, 4], [ONE] * 4) == [ONE // 4, ONE // 4, ONE // 2, ONE]
    assert spread(2 * ONE, [1, 1, 2, 12], [ONE] * 4) == [ONE // 4, ONE // 4, ONE // 2, ONE]


@pytest.mark.parametrize("strata", [[0, 0, 0, 0, 0], [0, 1, 1, 2, 2]])
def test_chances_are_exact_over_all_starts(
    strata: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enumeration: the line is cut into 20ths, and every start is tried."""
    subjects = ["a", "b", "c", "d", "e"]
    random_, cell = [5, 4, 6, 3, 2], [15, 0, 1, 2, 2]  # in 20ths; they sum to 2 slots
    met: Counter[tuple[str, bool]] = Counter()
    for start in range(20):

        def number(key: bytes, purpose: str, subject: str = "", start: int = start) -> int:
            return start * ONE // 20 if purpose == "start" else sum(subject.encode())

        monkeypatch.setattr(drawing, "number", number)
        found = drawing.drawn(
            b"", subjects, strata, [a * ONE // 20 for a in random_], [a * ONE // 20 for a in cell]
        )
        assert len(found) == 2
        met.update(found.items())
    for at, subject in enumerate(subjects):
        assert met[subject, True] == random_[at]
        assert met[subject, False] == cell[at]


def test_chances_hold_over_many_seeds() -> None:
    """Monte Carlo over whole sheets: how often each is drawn against the chance on the sheet."""
    pool, rounds = some(20), 1_000
    place = Place("PAMIT", "2026-11-27", 10)
    policy = msgspec.structs.replace(default_policy(), control_share=0.3)
    first = select(SEED, place, pool, policy)
    chance = {line.subject: line for line in first.lines}
    met: Counter[str] = Counter()
    at_random: Counter[str] = Counter()
    for turn in range(rounds):
        sheet = select(turn.to_bytes(32, "big"), place, pool, policy)
        for line in sheet.chosen():
            met[line.subject] += 1
            at_random[line.subject] += line.lane == "control_random"
    for subject, line in chance.items():
        for seen, said in ((met, line.chance), (at_random, line.random_chance)):
            p = said / ONE
            if line.lane in ("mandatory", "value"):
                continue
            assert abs(seen[subject] - rounds * p) <= 4.5 * (rounds * p * (1 - p)) ** 0.5 + 1e-9


def test_each_stratum_gets_its_share_whatever_the_start() -> None:
    pool = some(200)
    place = Place("PAMIT", "2026-11-27", 60)
    policy = msgspec.structs.replace(default_policy(), control_share=0.5, random_share=1.0)
    for turn in range(20):
        sheet = select(turn.to_bytes(32, "big"), place, pool, policy)
        drawn = Counter(line.stratum for line in sheet.chosen() if line.stratum >= 0)
        for stratum in range(4):
            due = sum(line.chance for line in sheet.lines if line.stratum == stratum) / ONE
            assert abs(drawn[stratum] - due) < 1 + 1e-6


def test_without_the_seed_the_draw_says_nothing() -> None:
    """Another seed draws as if by chance: no more in common than chances let expect."""
    pool = some(40)
    place = Place("PAMIT", "2026-11-27", 20)
    policy = msgspec.structs.replace(default_policy(), control_share=0.3)

    def drawn(seed: bytes) -> set[str]:
        sheet = select(seed, place, pool, policy)
        return {line.subject for line in sheet.chosen() if line.lane.startswith("control")}

    lines = select(SEED, place, pool, policy).lines
    rounds = 100
    due = sum((line.chance / ONE) ** 2 for line in lines if line.stratum >= 0)
    common = [
        len(drawn(turn.to_bytes(32, "big")) & drawn((turn + rounds).to_bytes(32, "big")))
        for turn in range(rounds)
    ]
    assert sum(common) / rounds == pytest.approx(due, abs=0.4)


def test_one_seed_draws_otherwise_on_another_day_port_or_shift() -> None:
    pool = some(400)

    def drawn(place: Place) -> set[str]:
        lines = select(SEED, place, pool, default_policy()).chosen()
        return {line.subject for line in lines if line.lane.startswith("control")}

    places = [
        Place("PAMIT", "2026-11-27", 60, "A"),
        Place("PAMIT", "2026-11-27", 60, "B"),
        Place("PAMIT", "2026-11-28", 60, "A"),
        Place("PABLB", "2026-11-27", 60, "A"),
    ]
    found = [drawn(place) for place in places]
    assert all(one != other for at, one in enumerate(found) for other in found[:at])
    assert len({commitment(SEED, p.port, p.day, p.shift) for p in places}) == 4


def sheet_and_pool() -> tuple[Sheet, list[Candidate], Policy]:
    pool, policy = some(), default_policy()
    return select(SEED, PORT, pool, policy), pool, policy


def test_a_swapped_seed_is_found_out() -> None:
    sheet, pool, policy = sheet_and_pool()
    assert verify(sheet, sheet.commitment, SEED, pool, policy) == ()
    found = verify(sheet, sheet.commitment, OTHER, pool, policy)
    assert found[0].startswith("the seed is not the one that was committed to")
    swapped = select(OTHER, PORT, pool, policy)
    found = verify(swapped, sheet.commitment, OTHER, pool, policy)
    assert found[0].startswith("the sheet names another commitment")


def test_a_changed_list_of_candidates_is_found_out() -> None:
    sheet, pool, policy = sheet_and_pool()
    told = "the list of candidates is not the one that the sheet was made from"
    assert told in verify(sheet, sheet.commitment, SEED, pool[1:], policy)
    other = msgspec.structs.replace(pool[5], score=pool[5].score / 2)
    changed = [other if one.subject == other.subject else one for one in pool]
    assert told in verify(sheet, sheet.commitment, SEED, changed, policy)
    assert any("twice" in one for one in verify(sheet, sheet.commitment, SEED, pool * 2, policy))


def test_a_changed_policy_line_or_chance_is_found_out() -> None:
    sheet, pool, policy = sheet_and_pool()
    looser = msgspec.structs.replace(policy, version="2")
    assert verify(sheet, sheet.commitment, SEED, pool, looser)[0].startswith("the policy is not")
    lines = list(sheet.lines)
    away = next(at for at, line in enumerate(lines) if line.lane == "value")
    lines[away] = msgspec.structs.replace(lines[away], lane="none")
    tampered = msgspec.structs.replace(sheet, lines=tuple(lines))
    assert verify(tampered, sheet.commitment, SEED, pool, policy) == (
        f"{lines[away].subject} is drawn for value, the sheet says none",
    )
    lines = list(sheet.lines)
    some_ = next(at for at, line in enumerate(lines) if line.lane == "none")
    lines[some_] = msgspec.structs.replace(lines[some_], chance=lines[some_].chance + 1)
    tampered = msgspec.structs.replace(sheet, lines=tuple(lines))
    assert "has a chance of" in verify(tampered, sheet.commitment, SEED, pool, policy)[0]
    gone = msgspec.structs.replace(sheet, lines=sheet.lines[1:])
    found = verify(gone, sheet.commitment, SEED, pool, policy)
    assert found == (f"{sheet.lines[0].subject} is missing on the sheet",)


def test_more_mandatory_work_than_slots_is_said_and_nothing_is_dropped() -> None:
    pool = [msgspec.structs.replace(one, mandatory=("rule R01",)) for one in some(15)]
    sheet = select(SEED, PORT, [*pool, *some(40)[15:]], default_policy())
    assert sheet.over == 3
    assert sum(line.lane == "mandatory" for line in sheet.lines) == 15
    assert not [line for line in sheet.chosen() if line.lane != "mandatory"]


def test_seeds_of_a_secret_tell_nothing_of_each_other_and_are_32_bytes() -> None:
    made = {sheet_seed(SEED, "PAMIT", "2026-11-27", "A", turn) for turn in range(5)}
    assert len(made) == 5
    assert {len(one) for one in made} == {32}
    with pytest.raises(InputError, match="32 bytes, this one 4"):
        commitment(b"abcd", "PAMIT", "2026-11-27", "A")


def test_the_line_between_finds_and_value_is_a_trade() -> None:
    points = pareto(some(200), 20, 1000.0)
    by_chance = points[0]
    by_value = next(p for p in points if p.formula == "chance_value" and p.value_weight == 1)
    assert by_chance.finds == max(p.finds for p in points)
    assert by_value.value == max(p.value for p in points)
    assert by_chance.finds > by_value.finds
    assert by_chance.value < by_value.value
    assert by_chance.efficient and by_value.efficient
    line = sorted((p for p in points if p.efficient), key=lambda p: p.finds)
    assert [p.value for p in line] == sorted((p.value for p in line), reverse=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("control_share = 0.0", "control_share"),
        ("formula = 'guess'", "formula"),
        ("strata = [0.5, 0.2, 1.0]", "strata must rise"),
        ("strata = [0.5]", "strata must rise"),
        ("value_unit = inf", "no finite number"),
        ("speed = 3", "speed"),
        ("= 3", "no TOML"),
        ("[[cells]]\nnovelty = 1.0", "kind"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_policy(text)


def test_a_changed_policy_has_another_digest() -> None:
    assert read_policy("") == default_policy()
    assert read_policy("lean = 0.5").digest() != default_policy().digest()


FOLLOW = read_policy("formula = 'chance'\nvalue_weight = 0.0")


def told(score: float, found: int, promised: float) -> Candidate:
    return Candidate(
        subject="a",
        score=score,
        trails={"new_goods_on_lane": Trail(found=found, promised=promised)},
    )


def test_a_find_that_was_not_promised_raises_the_scores_of_its_cell() -> None:
    """One find where 0.1 was promised: odds times (1 + 0.3) / (0.1 + 0.3)."""
    assert FOLLOW.follow == (Follow("new_goods_on_lane", 0.3),)
    odds = 0.05 / 0.95 * 1.3 / 0.4
    assert followed(told(0.05, 1, 0.1), FOLLOW) == pytest.approx(odds / (1 + odds))
    assert followed(told(0.05, 1, 1.0), FOLLOW) == 0.05  # as promised: the model knows it
    assert followed(told(0.05, 0, 3.0), FOLLOW) == 0.05  # nothing found lowers nothing
    assert followed(Candidate(subject="a", score=0.05), FOLLOW) == 0.05
    assert followed(told(0.0, 9, 0.1), FOLLOW) == 0.0
    assert followed(told(1.0, 9, 0.1), FOLLOW) == 1.0


@given(st.floats(0, 1), st.integers(0, 50), st.floats(0, 50))
@settings(max_examples=60)
def test_following_never_lowers_a_score_and_knows_its_most(
    score: float, found: int, promised: float
) -> None:
    raised = followed(told(score, found, promised), FOLLOW)
    assert score * (1 - 1e-11) <= raised <= 1
    most = score * 50 / (1 - score + score * 50)
    assert raised <= most * (1 + 1e-9) or raised == score
    assert followed(told(score, found + 1, promised), FOLLOW) >= raised * (1 - 1e-11)


def test_what_is_near_a_find_gets_the_slot() -> None:
    pool = [Candidate(subject=f"box-{at:02}", score=0.2 + at / 1000) for at in range(20)]
    near = msgspec.structs.replace(told(0.1, 2, 0.1), subject="near")
    place = Place("PAMIT", "2026-11-27", 2)

    def valued(one: Candidate) -> list[str]:
        lines = select(SEED, place, [*pool, one], FOLLOW).lines
        return [line.subject for line in lines if line.lane == "value"]

    assert valued(near) == ["near"]
    assert valued(msgspec.structs.replace(near, trails={})) == ["box-19"]


def test_sheets_from_before_trails_can_still_be_checked() -> None:
    """Digests of a candidate without trails and of a policy that follows nothing, as of version 1."""
    one = Candidate(subject="a", score=0.5)
    plain = {"subject": "a", "score": 0.5, "value": None, "mandatory": [], "cells": {}}
    assert digest([one]) == hashlib.sha256(rfc8785.dumps([plain])).hexdigest()
    assert digest([told(0.5, 0, 0.0)]) != digest([one])
    old = msgspec.structs.replace(read_policy(OLDER), follow=())
    plain = msgspec.to_builtins(old)
    del plain["follow"]
    for look in (*plain["cells"], *plain["curious"]):
        del look["surge"], look["unseen"], look["excess"], look["spare"]
    del plain["probe_share"]
    assert old.digest() == hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
    assert msgspec.convert(plain, Policy).follow == ()


NEW_ON_LANE = Look("new_on_lane", surge=2.0, unseen=1.0)


def test_a_lane_with_more_new_importers_than_usual_draws_attention_until_one_is_opened() -> None:
    """Eight in the last weeks where two were usual: (8 + 1) / (2 + 1), squared; each exam of late
    halves, thirds, quarters it. Exams of long ago close nothing."""

    def drawn_by(past: Past) -> float:
        one = Candidate(subject="a", score=0.1, cells={"new_on_lane": past})
        return openness(one, (NEW_ON_LANE,), default_policy())

    assert drawn_by(Past("a", 8, 10, 5, 1, usual=2.0, looked=0)) == 9.0
    assert drawn_by(Past("a", 8, 10, 5, 1, usual=2.0, looked=2)) == 3.0
    assert drawn_by(Past("a", 8, 10, 5, 1, usual=8.0, looked=0)) == 1.0
    assert drawn_by(Past("a", 8, 10, 5, 1)) == 1.0  # nobody knows what was usual
    known = Candidate(subject="b", score=0.1, cells={"lane": Past("a", 8, 10)})
    assert openness(known, (NEW_ON_LANE,), default_policy()) == 0.0  # his importer is not new


BORN_ON_LANE = Look("born_on_lane", excess=1.0, spare=1.0, unseen=1.0)


@pytest.mark.parametrize(
    ("came", "usual", "looked", "drawn_by"),
    [(4, 1.0, 0, 0.5), (4, 1.0, 1, 0.25), (2, 1.0, 0, 0.0), (1, 3.0, 0, 0.0), (8, 0.0, 0, 0.875)],
    ids=["four where one is usual", "one was opened", "one more", "fewer", "none is usual"],
)
def test_a_lane_draws_attention_by_what_part_of_its_new_importers_is_above_the_usual_and_one(
    came: int, usual: float, looked: int, drawn_by: float
) -> None:
    past = Past("a", came, 10, 5, 1, usual=usual, looked=looked)
    one = Candidate(subject="a", score=0.1, cells={"born_on_lane": past})
    assert openness(one, (BORN_ON_LANE,), default_policy()) == drawn_by
    unknown = msgspec.structs.replace(past, usual=None)
    one = msgspec.structs.replace(one, cells={"born_on_lane": unknown})
    assert openness(one, (BORN_ON_LANE,), default_policy()) == 0.0  # nobody knows what is usual


def test_what_was_usual_is_part_of_the_digests_only_where_it_is_told() -> None:
    told_of = {"lane": Past("a", 8, 10, 5, 1)}
    plain = {"cell": "a", "lately": 8, "ever": 10, "examined": 5, "found": 1}
    one = Candidate(subject="a", score=0.5, cells=told_of)
    said = {"subject": "a", "score": 0.5, "value": None, "mandatory": [], "cells": {"lane": plain}}
    assert digest([one]) == hashlib.sha256(rfc8785.dumps([said])).hexdigest()
    more = {"lane": msgspec.structs.replace(told_of["lane"], usual=0.0)}
    assert digest([msgspec.structs.replace(one, cells=more)]) != digest([one])
    older = read_policy(OLDER)
    assert default_policy().weighs_lately()
    assert not older.weighs_lately()
    look = msgspec.structs.replace(older.cells[0], surge=1.0)
    assert msgspec.structs.replace(older, cells=(look,)).digest() != older.digest()
    look = msgspec.structs.replace(older.cells[0], excess=1.0)
    assert msgspec.structs.replace(older, cells=(look,)).weighs_lately()
    assert msgspec.structs.replace(older, cells=(look,)).digest() != older.digest()


@pytest.mark.parametrize(
    "text", ["weight = 0", "weight = 0.3\nmost = 0.5", "weight = 1\nspeed = 2"]
)
def test_a_follow_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="follow"):
        read_policy(f"[[follow]]\nkind = 'lane'\n{text}")
