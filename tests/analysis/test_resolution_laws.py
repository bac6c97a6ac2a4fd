"""Laws of resolution: incremental equals batch, any order, undo, erasure, and what a reader sees."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.resolution_worlds import (
    RARITY,
    TIGHT,
    facts,
    judgement,
    judgements,
    mention,
    worlds,
)
from esclusa.analysis.resolution import Entities, Judgement, Mention, changes_between, view

SEEDS = st.integers(0, 2**32)


def _batch(mentions: list[Mention], judged: list[Judgement] = []) -> Entities:  # noqa: B006
    return Entities.build(mentions, judged, TIGHT, RARITY)


@settings(max_examples=10, deadline=None)
@given(worlds(), judgements(), SEEDS)
def test_mentions_and_judgements_in_any_order_and_batches_give_the_entities_of_one_run(
    mentions: list[Mention], judged: list[Judgement], seed: int
) -> None:
    source = random.Random(seed)
    entities = Entities(TIGHT, RARITY)
    steps: list[list[Mention] | Judgement] = [*judged]
    rest = source.sample(mentions, len(mentions))
    while rest:
        size = source.randint(1, 4)
        steps.append(rest[:size])
        rest = rest[size:]
    source.shuffle(steps)
    for step in steps:
        entities.judge(step) if isinstance(step, Judgement) else entities.add(step)
    assert facts(entities) == facts(_batch(mentions, judged))


@settings(max_examples=10, deadline=None)
@given(worlds(), judgements(), st.sets(st.integers(0, 14)))
def test_erasing_records_gives_the_entities_of_a_world_that_never_had_them(
    mentions: list[Mention], judged: list[Judgement], gone: set[int]
) -> None:
    entities = _batch(mentions, judged)
    entities.remove({f"r{number:03}" for number in gone})
    erased = {one.id for one in mentions if one.seq in gone}
    left = [one for one in mentions if one.id not in erased]
    standing = [one for one in judged if erased.isdisjoint(one.pair)]
    assert facts(entities) == facts(_batch(left, standing))
    assert [one.id for one in entities.judgements] == sorted(one.id for one in standing)


@settings(max_examples=10, deadline=None)
@given(worlds(), judgements(), st.permutations(range(14)))
def test_a_judgement_withdrawn_leaves_everything_as_it_was(
    mentions: list[Mention], judged: list[Judgement], pair: list[int]
) -> None:
    entities = _batch(mentions, judged)
    before = facts(entities)
    for verdict in ("same", "different"):
        entities.judge(judgement(50, pair[0], pair[1], verdict))
        entities.withdraw("j50")
        assert facts(entities) == before


@settings(max_examples=10, deadline=None)
@given(worlds(labels=3), judgements(labels=3), st.sets(st.integers(1, 3)))
def test_a_reader_sees_the_entities_of_a_world_without_what_he_may_not_see(
    mentions: list[Mention], judged: list[Judgement], visible: set[int]
) -> None:
    seen = view(_batch(mentions, judged), visible)
    without = _batch(
        [one for one in mentions if one.label in visible],
        [one for one in judged if one.label in visible],
    )
    assert facts(seen) == facts(without)
    assert seen.loss == without.loss
    assert all(entity.labels <= visible for entity in seen)


@settings(max_examples=10, deadline=None)
@given(worlds(), judgements(), SEEDS)
def test_the_log_tells_each_change_and_nothing_else(
    mentions: list[Mention], judged: list[Judgement], seed: int
) -> None:
    source = random.Random(seed)
    entities = Entities(TIGHT, RARITY)
    for step in source.sample([*mentions, *judged], len(mentions) + len(judged)):
        before = entities.partition()
        told = entities.judge(step) if isinstance(step, Judgement) else entities.add([step])
        expected = changes_between(before, entities.partition())
        assert [(one.kind, one.entity, one.others, one.mentions) for one in told] == [
            (one.kind, one.entity, one.others, one.mentions) for one in expected
        ]


@settings(max_examples=10, deadline=None)
@given(worlds(), judgements())
def test_no_entity_goes_against_a_person_or_holds_two_exclusive_numbers(
    mentions: list[Mention], judged: list[Judgement]
) -> None:
    entities = _batch(mentions)
    for entity in entities:
        numbers = {
            text
            for member in entity.mentions
            for text in entities.mention(member).identifiers  # type: ignore[union-attr]
            if text.startswith("national_id") and entity.types != ("container",)
        }
        assert len(numbers) <= 1
    latest = {one.pair: one for one in judged}
    judged_world = _batch(mentions, judged)
    for (a, b), one in latest.items():
        ours, theirs = judged_world.entity_of(a), judged_world.entity_of(b)
        if ours and theirs and one.verdict == "different":
            assert ours.id != theirs.id


@settings(max_examples=10, deadline=None)
@given(worlds())
def test_the_id_of_an_entity_is_that_of_its_earliest_mention(mentions: list[Mention]) -> None:
    for entity in _batch(mentions):
        assert entity.id == f"ent-{min(entity.mentions)}"


def test_the_points_of_a_pair_are_the_sum_of_its_parts_whichever_comes_first() -> None:
    mentions = [
        mention(n, name, birth_dates=("1971-05-02",))
        for n, name in enumerate(
            (
                "John Kowalczyk",
                "Maria Ana Kowalczyk",
                "KowalczykJohn",
                "J Kowalczik",
                "محمد كوفالتشيك",
            )
        )
    ]
    entities = _batch(mentions)
    for one in mentions:
        for other in mentions:
            found = entities.compare(one.id, other.id)
            assert abs(found.points - sum(part.points for part in found.parts)) < 1e-5
            assert found == entities.compare(other.id, one.id)
