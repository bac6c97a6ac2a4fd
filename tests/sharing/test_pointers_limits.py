"""How much may be asked, and how far that lets an asker get who only tries numbers."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pointer_worlds import NOW, SUBJECTS, World, clause, containers, found, hull, scope, terms

from esclusa.errors import PointerError
from esclusa.sharing.pointers import answering, meter
from esclusa.sharing.pointers.meter import DAY, YEAR, Meter, left, spend
from esclusa.sharing.pointers.padding import QUESTIONS
from esclusa.sharing.pointers.terms import DRAFT_LIMITS, Limits

SMALL = Limits(question=64, day=160, epoch=100, year=400)
HOUR = dt.timedelta(hours=1)


def _spend(state: Meter, elements: int, at: dt.datetime, number: int = 1) -> Meter:
    return spend(state, SMALL, scope(), number, elements, at, "northreach")


def test_one_question_is_limited() -> None:
    assert _spend(Meter(), 64, NOW).spent
    with pytest.raises(PointerError, match="65 elements were asked and 64 may be asked"):
        _spend(Meter(), 65, NOW)


def test_one_epoch_is_limited_and_a_new_one_begins_anew() -> None:
    state = _spend(_spend(Meter(), 64, NOW), 36, NOW)
    assert left(state, SMALL, scope(), 1, NOW) == 0
    assert left(state, SMALL, scope(), 2, NOW) == 60


def test_any_24_hours_are_limited_across_epochs_purposes_and_agreements() -> None:
    state = Meter()
    for number, elements in ((1, 64), (2, 64), (3, 32)):
        state = _spend(state, elements, NOW, number)
    other = scope(purpose="sanctions", agreement="0" * 64)
    assert left(state, SMALL, other, 1, NOW + DAY - HOUR) == 0
    assert left(state, SMALL, other, 1, NOW + DAY) == 64


def test_midnight_opens_nothing() -> None:
    evening = NOW.replace(hour=23)
    state = _spend(_spend(_spend(Meter(), 64, evening), 64, evening, 2), 32, evening, 3)
    assert left(state, SMALL, scope(), 4, evening + 2 * HOUR) == 0


def test_any_365_days_are_limited() -> None:
    state = Meter()
    for day in range(6):
        state = _spend(state, 64, NOW + day * DAY, day)
    assert left(state, SMALL, scope(), 99, NOW + 300 * DAY) == 16
    assert left(state, SMALL, scope(), 99, NOW + YEAR) == 64


def test_kinds_of_things_are_counted_apart() -> None:
    state = _spend(_spend(Meter(), 64, NOW), 36, NOW)
    assert left(state, SMALL, scope("vessel"), 1, NOW) == 64


def test_a_clock_that_goes_back_opens_nothing() -> None:
    state = _spend(_spend(_spend(Meter(), 64, NOW), 64, NOW, 2), 32, NOW, 3)
    assert left(state, SMALL, scope(), 4, NOW - 400 * DAY) == 0
    assert all(item.at == NOW for item in state.spent)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(QUESTIONS[:3]), st.integers(1, 3)), max_size=60))  # fmt: skip
def test_no_order_of_questions_gets_more_than_the_limits(
    tries: list[tuple[int, int, int]],
) -> None:
    state, now = Meter(), NOW
    answered: list[tuple[dt.datetime, int, int]] = []
    for hours, elements, number in tries:
        now += hours * HOUR
        try:
            state = _spend(state, elements, now, number)
        except PointerError:
            continue
        answered.append((now, elements, number))
    assert sum(elements for _at, elements, _n in answered) <= SMALL.year
    for start, _elements, number in answered:
        day = [e for at, e, _n in answered if start <= at < start + DAY]
        assert sum(day) <= SMALL.day
        assert sum(e for _at, e, n in answered if n == number) <= SMALL.epoch


def test_both_sides_refuse_what_is_too_much_and_nothing_is_counted_for_it() -> None:
    world = World(terms(SMALL))
    world.open(containers(range(20)))
    world.search(containers(range(60)))
    asker, owner = world.asker, world.owner
    with pytest.raises(PointerError, match="64 elements were asked and 36 may"):
        world.ask(containers(range(60)))
    assert world.asker == asker
    world.asker = msgspec.structs.replace(asker, meter=Meter())
    question = world.ask(containers(range(60)))
    with pytest.raises(PointerError) as caught:
        world.answer(question)
    assert caught.value.rule == "limit"
    assert world.owner == owner


def test_the_count_survives_a_new_epoch_a_closed_one_and_the_end_of_the_agreement() -> None:
    world = World(terms(SMALL))
    world.open(containers(range(20)))
    world.search(containers(range(60)))
    world.owner = answering.end(world.owner)
    world.open(containers(range(20)))
    assert left(world.owner.meter, SMALL, scope(), 1, NOW) == 36


def test_padding_is_counted_because_the_owner_cannot_tell_it() -> None:
    world = World()
    world.open(containers(range(20)))
    world.search(containers({1}))
    assert [item.elements for item in world.owner.meter.spent] == [16]


# --- trying numbers -------------------------------------------------------------------------------


def test_trying_ship_numbers_one_after_the_other_gets_as_far_as_the_limit_and_no_further() -> None:
    """900,000 well-formed IMO numbers; the owner knows 12 of the first 300."""
    world = World(terms(Limits(question=64, day=128, epoch=128, year=256)))
    watched = {hull(number) for number in range(0, 300, 25)}
    learned: set[object] = set()
    tried = 0
    for _day in range(10):
        world.open(watched, scope("vessel"))
        while True:
            world.asker = msgspec.structs.replace(world.asker, meter=Meter())  # it cheats
            question = world.ask([hull(number) for number in range(tried, tried + 64)])
            try:
                reply = world.answer(question)
            except PointerError as error:
                assert error.rule == "limit"
                break
            learned |= found(world.settle(reply))
            tried += 64
        world.now += DAY
    assert tried == 256
    assert learned == {hull(number) for number in range(0, 256, 25)}


def test_the_set_alone_gives_a_dictionary_nothing() -> None:
    """Whoever holds the set and every possible number, but not the key, meets no entry."""
    from esclusa.sharing.pointers import catalogue, voprf

    world = World()
    numbers = [hull(number) for number in range(200)]
    made = world.open(numbers, scope("vessel"))
    guessed = voprf.derive_key(bytes(32), made.public)
    tags = {catalogue.tag_of(voprf.compute(guessed, item.encode())) for item in numbers}
    assert not tags & catalogue.tags_of(made)


def test_a_draft_begins_with_limits_that_let_few_of_the_ship_numbers_be_tried() -> None:
    assert DRAFT_LIMITS["vessel"].year / 900_000 < 0.05
    assert set(DRAFT_LIMITS) == set(SUBJECTS)
    assert all(item.limits.question in QUESTIONS for item in clause().searches)


def test_a_meter_forgets_only_what_no_limit_counts_any_more() -> None:
    state = _spend(Meter(), 16, NOW)
    assert len(meter.spend(state, SMALL, scope(), 2, 16, NOW + YEAR, "x").spent) == 1
    assert len(meter.spend(state, SMALL, scope(), 2, 16, NOW + YEAR - HOUR, "x").spent) == 2
