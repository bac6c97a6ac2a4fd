"""The control sample's two halves: what each gives, and that together they lose nothing.

About 6 CPU seconds.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict

import msgspec
import polars as pl
import pytest
from selection_pools import OLDER, THIRD, some

from esclusa.analysis.measurement import missed
from esclusa.analysis.selection import (
    ONE,
    Candidate,
    Line,
    Past,
    Place,
    Policy,
    default_policy,
    read_policy,
    select,
)
from esclusa.analysis.selection.control import least_inspected
from esclusa.errors import InputError

SEED = bytes(range(32))
BEFORE = read_policy('version = "1.1"\nleast_share = 0.0' + OLDER)
"""The policy as it was before the least inspected lanes got a part of their own."""
ONLY_CONTROL = msgspec.structs.replace(default_policy(), control_share=1.0)
"""The shipped policy where all slots are for the control sample, so none is left for cells alone."""


def many_lanes(many: int = 400) -> list[Candidate]:
    """Candidates on ten lanes, of which lane 0 is opened least; every twentieth importer is new."""
    chance = random.Random(5)
    return [
        Candidate(
            subject=f"box-{at:03}",
            score=chance.random() ** 5,
            cells={
                "importer": Past(f"new-{at}", 1, 1) if at % 20 == 0
                else Past(f"importer-{at % 50}", 8, 200, 10, 0),
                "lane": Past(f"lane-{at % 10}", 40, 400, 4 * (at % 10), 1),
            },
        )
        for at in range(many)
    ]  # fmt: skip


def drawn(pool: list[Candidate], policy: Policy, slots: int, turn: int = 0) -> tuple[Line, ...]:
    place = Place("PAMIT", "2026-11-27", slots)
    return select(turn.to_bytes(32, "big"), place, pool, policy).lines


def inside(pool: list[Candidate], policy: Policy) -> dict[str, bool]:
    found = least_inspected(sorted(pool, key=lambda one: one.subject), policy.least_share)
    return dict(zip(sorted(one.subject for one in pool), found, strict=True))


@pytest.mark.parametrize(
    ("control", "slots", "digest", "sheet"),
    [
        (
            0.1, 12, "b4420fca761f44296e98aaf43d21357ede3b57bc799538a5332c61a7ebde4756",
            "250468ed1bdbdccb8a8aaad1b40b9edd0c0dc26ac164db070aabf13bbb14f9e5",
        ),
        (
            0.5, 30, "a24c7428593ad58362edf74348d7a24880f898629365353fe88cba6bf6280075",
            "51552af607e081bbce65001823aed44b31aef3ee6eb75ad9535948d6c5ed8fb3",
        ),
    ],
    ids=["12 slots", "30 slots"],
)  # fmt: skip
def test_sheets_of_older_policies_are_made_again_byte_by_byte(
    control: float, slots: int, digest: str, sheet: str
) -> None:
    """Digests of policy and sheet, made before there were ``least_share`` and ``looks``."""
    policy = msgspec.structs.replace(BEFORE, control_share=control)
    assert policy.digest() == digest
    made = select(SEED, Place("PAMIT", "2026-11-27", slots, "A"), some(), policy)
    assert hashlib.sha256(msgspec.json.encode(made)).hexdigest() == sheet


@pytest.mark.parametrize(
    ("slots", "sheet"),
    [
        (12, "ae91797bfeb5e9b2e3046c857f910c945f8d7bee04687656a06fa0252f3358aa"),
        (30, "7c263b586290ecc0b5fbc54c15975539b7d1f1c4dd514e9791cdd15e2d4888e4"),
    ],
    ids=["12 slots", "30 slots"],
)
def test_sheets_of_version_1_2_are_made_again_byte_by_byte(slots: int, sheet: str) -> None:
    """Digests made with the policy as it was shipped before ``surge`` and ``unseen``."""
    policy = read_policy('version = "1.2"' + OLDER)
    assert policy.digest() == "224da306023cb20308bb3429ad3140a6e6cdd6cd13892967a9625e2cd23bee81"
    made = select(SEED, Place("PAMIT", "2026-11-27", slots, "A"), some(), policy)
    assert hashlib.sha256(msgspec.json.encode(made)).hexdigest() == sheet


@pytest.mark.parametrize(
    ("slots", "sheet"),
    [
        (12, "64fc4433b629656ff62bef65a9d5302090c082fbdc797b751bbbafc47b2443cd"),
        (30, "91867e730e3074cc66f0ec1f596fd52fc2d8ca974772d105d16f561cec00ccbf"),
    ],
    ids=["12 slots", "30 slots"],
)
def test_sheets_of_version_1_3_are_made_again_byte_by_byte(slots: int, sheet: str) -> None:
    """Digests made with the policy as it was shipped before ``excess`` and ``probe_share``."""
    policy = read_policy('version = "1.3"' + THIRD)
    assert policy.digest() == "621c23887db1e197d5ba9e028fed64f9c2ee4aabb5119d0a669b59cd69f1f212"
    pool = [
        msgspec.structs.replace(one, cells=one.cells | ({} if at % 3 else {"new_on_lane": few(at)}))
        for at, one in enumerate(some())
    ]
    made = select(SEED, Place("PAMIT", "2026-11-27", slots, "A"), pool, policy)
    assert hashlib.sha256(msgspec.json.encode(made)).hexdigest() == sheet


def few(at: int) -> Past:
    return Past(f"lane-{at % 5}", 8, 10, at % 2, 0, usual=2.0, looked=at % 2)


def surging(opened: int = 0, usual: float = 1.0) -> list[Candidate]:
    """400 boxes of known importers, and three each of four whose first came lately on one lane."""
    past = Past("lane-1", 4, 9, opened, 0, usual=usual, looked=opened)
    known = [
        Candidate(subject=f"known-{at:03}", score=0.2 + at / 1000, cells={"lane": Past("lane-1")})
        for at in range(400)
    ]
    new = [
        Candidate(
            subject=f"new-{at:02}", score=0.02,
            cells={
                "lane": Past("lane-1"), "importer": Past(f"importer-{at % 4}", 3, 3),
                "born_on_lane": past,
            },
        )
        for at in range(12)
    ]  # fmt: skip
    return [*known, *new]


@pytest.mark.parametrize(
    ("opened", "usual", "slots", "probes"),
    [(0, 1.0, 100, 6), (0, 1.0, 30, 3), (2, 1.0, 100, 2), (0, 3.0, 100, 0)],
    ids=["owed", "no more than the share", "two were opened", "as many as usual"],
)
def test_cells_get_slots_of_their_own_where_more_new_importers_come_than_usual(
    opened: int, usual: float, slots: int, probes: int
) -> None:
    """Four where one is usual, and one more: half of them are above that, so each of the four is owed
    half of three exams. They come out of the slots for worth, never of the control sample."""
    policy = msgspec.structs.replace(default_policy(), control_share=0.01)
    lines = drawn(surging(opened, usual), policy, slots)
    lanes = Counter(line.lane for line in lines)
    assert lanes["value"] == slots - 1 - probes
    assert lanes["control_random"] + lanes["control_lane"] == 1 + probes
    new = [line for line in lines if line.subject.startswith("new-")]
    on_top = sum(line.chance for line in new) - 12 * min(line.chance for line in lines)
    assert abs(on_top - probes * ONE) < ONE / 2
    assert all(0 < line.chance <= ONE for line in lines)
    assert sum(line.chance for line in lines) == slots * ONE
    quiet = msgspec.structs.replace(policy, probe_share=0.0, looks=0.0)
    assert Counter(line.lane for line in drawn(surging(opened, usual), quiet, slots))["value"] == (
        slots - 1
    )


def test_the_new_settings_are_part_of_the_digest_where_they_act() -> None:
    ours = default_policy()
    assert msgspec.structs.replace(ours, probe_share=0.1).digest() != ours.digest()
    assert msgspec.structs.replace(ours, looks=4.0).digest() != ours.digest()
    assert msgspec.structs.replace(ours, least_share=0.6).digest() != ours.digest()
    assert msgspec.structs.replace(BEFORE, looks=3.0).digest() == BEFORE.digest()
    plain = msgspec.to_builtins(BEFORE)
    del plain["least_share"], plain["looks"]
    assert msgspec.convert(plain, Policy).least_share == 0.0  # as an old sheet keeps it


@pytest.mark.parametrize("text", ["least_share = 1.1", "least_share = -0.1", "looks = -1.0"])
def test_a_share_or_number_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=text.split()[0]):
        read_policy(text)


def test_candidates_have_to_tell_of_their_lane_where_lanes_count() -> None:
    assert "lane" in read_policy("cells = []\ncurious = []").kinds()
    assert read_policy("cells = []\ncurious = []\nleast_share = 0.0").kinds() == ()


def test_the_least_inspected_lanes_are_those_with_fewest_exams_for_what_comes() -> None:
    """Lanes with 0, 1 and 2 exams on 10, 5 and 100 bills: rates of 0, 20 and 2 %."""
    cells = [Past("a", 1, 10, 0), Past("b", 1, 5, 1), Past("c", 1, 100, 2)]
    pool = [
        Candidate(subject=f"{at}", cells={"lane": cells[at % 3]}, score=0.1) for at in range(30)
    ]
    pool.append(Candidate(subject="nowhere", score=0.1))
    held = {
        share: {
            one.cells["lane"].cell
            for one, here in zip(pool, least_inspected(pool, share), strict=True)
            if here
        }
        for share in (0.0, 0.3, 0.5, 1.0)
    }
    assert held == {0.0: set(), 0.3: {"a"}, 0.5: {"a", "c"}, 1.0: {"a", "b", "c"}}
    assert least_inspected(pool, 1.0)[-1] is False  # no lane is known of it


def test_in_each_stratum_the_random_half_gives_all_the_same_chance() -> None:
    pool = many_lanes()
    here = inside(pool, ONLY_CONTROL)
    chances = defaultdict(list)
    for line in drawn(pool, ONLY_CONTROL, 60):
        chances[line.stratum, here[line.subject]].append(line.random_chance)
    assert len(chances) == 8
    assert all(max(some) - min(some) <= 2 for some in chances.values())  # billionths


def test_together_the_halves_give_a_stratum_what_one_random_sample_would() -> None:
    """But for cells: the part that is owed to them is taken from all others alike."""
    pool = many_lanes()
    policy = msgspec.structs.replace(ONLY_CONTROL, looks=0.0)
    here = inside(pool, policy)
    assert 0.7 <= sum(here.values()) / len(here) < 0.85
    plain = {line.subject: line.chance for line in drawn(pool, _alone(policy), 60)}
    for line in drawn(pool, policy, 60):
        assert line.chance == pytest.approx(plain[line.subject], abs=4)
        assert line.chance > line.random_chance or not here[line.subject]


def _alone(policy: Policy) -> Policy:
    return msgspec.structs.replace(policy, random_share=1.0, least_share=0.0)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7, 1.0])
def test_the_random_half_stays_a_sample_of_everything(share: float) -> None:
    """However few lanes the other half is spread over, none falls below a quarter of the chance
    that it has elsewhere in its stratum."""
    pool = many_lanes()
    policy = msgspec.structs.replace(ONLY_CONTROL, least_share=share)
    here = inside(pool, policy)
    chances: dict[tuple[int, bool], int] = {}
    for line in drawn(pool, policy, 60):
        chances[line.stratum, here[line.subject]] = line.random_chance
    for stratum in range(4):
        if (stratum, False) in chances:
            assert chances[stratum, True] >= chances[stratum, False] / 4 - 2


def test_cells_get_what_they_are_owed_where_there_are_slots_for_it() -> None:
    """Eight new importers on lanes without exams, with four bills in four weeks each: each draws all
    the attention of its kind, 0.32 of it for the lane's traffic."""
    pool = [
        Candidate(
            subject=f"box-{at:03}", score=0.02,
            cells={
                "importer": Past(f"new-{at}", 4, 4) if at < 8 else Past("known", 8, 200, 10, 0),
                "lane": Past("new" if at < 8 else "old", 40, 400, 0 if at < 8 else 40),
            },
        )
        for at in range(400)
    ]  # fmt: skip
    for looks in (0.0, 1.0, 2.0):
        policy = msgspec.structs.replace(read_policy(OLDER), control_share=1.0, looks=looks)
        lines = drawn(pool, policy, 40)
        level = lines[100].chance - lines[100].random_chance
        owed = round(looks * (40 / 400) ** 0.5 * ONE)
        for line in lines[:8]:
            assert line.chance - line.random_chance == pytest.approx(max(owed, level), abs=100)
        assert sum(line.chance for line in lines) == 40 * ONE
        assert sum(line.random_chance for line in lines) == 20 * ONE


def test_few_slots_go_to_cells_alone_as_before() -> None:
    """Where cells are owed more than the half has, chances are those of the policy before."""
    pool = many_lanes()
    few = msgspec.structs.replace(read_policy(OLDER), control_share=1.0, looks=50.0)
    told = drawn(pool, few, 4)
    assert sum(line.chance - line.random_chance for line in told) == 2 * ONE
    old = {
        line.subject: line for line in drawn(pool, msgspec.structs.replace(few, least_share=0.0), 4)
    }
    for line in told:
        assert line.chance == pytest.approx(old[line.subject].chance, abs=2)


def test_both_halves_tell_what_is_missed_as_sharply_as_one_random_sample() -> None:
    """Finds planted among 400, more where scores are high; 60 exams, over and over."""
    pool = many_lanes()
    chance = random.Random(11)
    bad = {one.subject: chance.random() < 0.02 + one.score / 4 for one in pool}
    truth = sum(bad.values()) / len(bad)
    told = {}
    for name, policy in (("both", ONLY_CONTROL), ("random", _alone(ONLY_CONTROL))):
        estimates, covered, rounds = [], 0, 120
        for turn in range(rounds):
            rows = [
                (line.stratum, line.chance / ONE, line.lane != "none",
                 bad[line.subject] if line.lane != "none" else None)
                for line in drawn(pool, policy, 60, turn)
            ]  # fmt: skip
            names = {
                "stratum": pl.Int64,
                "chance": pl.Float64,
                "drawn": pl.Boolean,
                "found": pl.Boolean,
            }
            found = missed(pl.DataFrame(rows, schema=names, orient="row"))
            assert found.share is not None
            assert found.low is not None
            assert found.high is not None
            estimates.append(found.share)
            covered += found.low <= truth <= found.high
        mean = sum(estimates) / rounds
        spread = sum((one - mean) ** 2 for one in estimates) / rounds
        assert abs(mean - truth) < 4 * (spread / rounds) ** 0.5
        assert covered / rounds >= 0.9
        told[name] = spread
    assert told["both"] < 1.4 * told["random"]
