"""Pointer search between two nodes: a hit is a hit on both sides, and nothing else is learned.

What a test of one's own cannot show, that the group is hard, rests on RFC 9497 and libsodium.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pointer_worlds import (
    NOW,
    World,
    container,
    containers,
    found,
    hull,
    scope,
    seeded,
    terms,
)

from esclusa.errors import PointerError
from esclusa.sharing.pointers import answering, asking, catalogue, epochs, group, voprf
from esclusa.sharing.pointers.messages import (
    LARGEST_MESSAGE,
    Catalogue,
    Question,
    Reply,
    catalogue_limit,
    decode,
    encode,
    split,
)
from esclusa.sharing.pointers.padding import QUESTIONS, catalogue_size, question_size
from esclusa.sharing.pointers.rows import EVENTS, REFUSALS

NUMBERS = st.frozensets(st.integers(0, 40), max_size=25)
OPEN_CONTAINERS = containers(range(20))


@pytest.fixture
def world() -> World:
    made = World()
    made.open(OPEN_CONTAINERS)
    return made


def refusal(work: Callable[[], object]) -> str:
    """Return the rule that refuses."""
    with pytest.raises(PointerError) as caught:
        work()
    assert caught.value.rule in REFUSALS
    return caught.value.rule


# --- a hit if, and only if, both have it ----------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(held=NUMBERS, asked=NUMBERS.filter(bool))
def test_a_key_is_a_hit_exactly_when_both_sides_have_it(
    held: frozenset[int], asked: frozenset[int]
) -> None:
    world = World()
    world.open(containers(held))
    findings = world.search(containers(asked))
    assert found(findings) == containers(held & asked)
    assert frozenset(findings.misses) == containers(asked - held)


def test_both_states_survive_being_written_down(world: World) -> None:
    question = world.ask(containers({3, 77}))
    world.restart()
    reply = world.answer(question)
    world.restart()
    assert found(world.settle(reply)) == containers({3})


def test_a_question_of_another_kind_of_thing_finds_nothing_even_with_a_changed_program() -> None:
    """The kind that is written in the log is the kind that was searched."""
    world = World()
    ships = world.open({hull(1)}, scope("vessel"))
    world.open(OPEN_CONTAINERS)
    random = seeded(5)
    by = group.random_scalar(random)
    hidden = voprf.blind(hull(1).encode(), by)
    padding = [group.element(random(64)) for _ in range(15)]
    question = msgspec.structs.replace(
        world.ask(containers({1})), id="0" * 32, elements=b"".join(sorted([hidden, *padding]))
    )
    reply = world.answer(question)
    place = split(question.elements).index(hidden)
    output = voprf.finalize(hull(1).encode(), by, split(reply.elements)[place])
    assert catalogue.tag_of(output) not in catalogue.tags_of(ships)


# --- what a transcript shows ----------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(asked=st.frozensets(st.integers(0, 10_000), min_size=1, max_size=16))
def test_questions_of_one_size_look_alike_whatever_is_asked_and_found(
    asked: frozenset[int],
) -> None:
    world, other = World(seed=1), World(seed=7)
    for each in (world, other):
        each.open(OPEN_CONTAINERS)
    question, usual = world.ask(containers(asked)), other.ask(containers({1}))
    reply, answered = world.answer(question), other.answer(usual)
    assert _shape(question) == _shape(usual)
    assert _shape(reply) == _shape(answered)


def _shape(message: Question | Reply) -> Any:
    sizes = {name: len(value) if isinstance(value, bytes) else type(value).__name__
             for name, value in msgspec.structs.asdict(message).items()}  # fmt: skip
    return sizes, len(encode(message))


def test_the_same_keys_asked_twice_share_no_element(world: World) -> None:
    first, second = (split(world.ask(containers(range(16))).elements) for _ in range(2))
    assert not set(first) & set(second)


def test_padding_and_keys_stand_in_one_ascending_row(world: World) -> None:
    elements = split(world.ask(containers({1, 2, 3})).elements)
    assert list(elements) == sorted(elements)
    assert len(elements) == 16 and all(map(group.is_element, elements))


@pytest.mark.parametrize(
    ("count", "size"), [(1, 16), (16, 16), (17, 64), (65, 256), (1025, 4096), (4096, 4096)]
)
def test_questions_have_few_sizes(count: int, size: int) -> None:
    assert question_size(count) == size


@pytest.mark.parametrize(
    ("count", "size"), [(0, 1024), (1, 1024), (1024, 1024), (1025, 2048), (3000, 4096)]
)
def test_sets_have_the_size_of_a_power_of_two(count: int, size: int) -> None:
    assert catalogue_size(count) == size


@settings(max_examples=20, deadline=None)
@given(
    held=st.frozensets(st.integers(0, 200), max_size=40), data=st.binary(min_size=10, max_size=10)
)
def test_an_entry_is_found_in_a_set_exactly_when_it_is_in_it(
    held: frozenset[int], data: bytes
) -> None:
    made = World().open(containers(held))
    tags = catalogue.tags_of(made)
    assert all(catalogue.holds(made, tag) for tag in tags)
    near_misses = {bytes((*tag[:-1], tag[-1] ^ 1)) for tag in tags} | {
        data,
        bytes(10),
        b"\xff" * 10,
    }
    assert not any(catalogue.holds(made, tag) for tag in near_misses - tags)


def test_the_chance_of_any_false_hit_is_small() -> None:
    assert catalogue.false_hit_bound(1 << 20, 500_000) < 1e-12


def test_the_log_rows_of_both_sides_name_no_key_and_can_be_laid_side_by_side(world: World) -> None:
    asked = containers({3, 77})
    world.search(asked)
    text = msgspec.json.encode(world.rows).decode()
    assert not [item for item in asked if item.parts[0] in text]
    events = {row.event: row for row in world.rows}
    assert set(events) <= set(EVENTS)
    answered, settled = (events[f"pointers:question:{word}"] for word in ("answered", "settled"))
    assert answered.message == settled.message
    assert (answered.elements, answered.asked, answered.hits) == (16, 0, 0)
    assert (settled.elements, settled.asked, settled.hits) == (16, 2, 1)


def test_no_secret_stands_in_what_a_trace_would_print(world: World) -> None:
    world.ask(containers({3}))
    (pending,), (epoch,) = world.asker.pending.values(), world.owner.epochs
    assert container(3).parts[0] not in repr(pending)
    assert repr(epoch.seed) not in repr(epoch)
    key = epochs.key_of(epoch)  # goes to the processes that compute a set, and so near their errors
    assert repr(key.secret)[2:-1] not in repr(key)


# --- two worlds: what the owner's answers tell ----------------------------------------------------


def test_answers_are_the_same_bytes_whether_or_not_the_owner_holds_something_else() -> None:
    """The reply depends on the key and the question alone, so it tells nothing of the set."""
    with_it, without = World(seed=3), World(seed=3)
    with_it.open(OPEN_CONTAINERS | {container(500)})
    without.open(OPEN_CONTAINERS)
    question = without.ask(containers({1, 2, 99}))
    same = msgspec.structs.replace(question, catalogue=with_it.owner.epochs[0].catalogue)
    left, right = with_it.answer(same), without.answer(question)
    assert (left.elements, left.proof) == (right.elements, right.proof)


def test_sets_with_and_without_a_key_differ_in_one_entry_and_in_nothing_else() -> None:
    with_it, without = World(seed=3), World(seed=3)
    left = with_it.open(OPEN_CONTAINERS | {container(500)})
    right = without.open(OPEN_CONTAINERS)
    assert msgspec.structs.replace(left, tags=right.tags) == right
    assert len(left.tags) == len(right.tags)
    assert len(catalogue.tags_of(left) - catalogue.tags_of(right)) == 1


def test_errors_are_the_same_whatever_the_owner_holds() -> None:
    said = []
    for pointers in (OPEN_CONTAINERS, containers(range(500, 900))):
        world = World(seed=3)
        world.open(pointers)
        question = world.ask(containers({1}))
        world.now += dt.timedelta(days=2)
        with pytest.raises(PointerError) as caught:
            world.answer(question)
        said.append(str(caught.value))
    assert said[0] == said[1]


# --- epochs and agreements cannot be joined -------------------------------------------------------


def test_two_epochs_share_neither_key_nor_entry(world: World) -> None:
    first = world.set
    second = world.open(OPEN_CONTAINERS)
    assert second.number == first.number + 1
    assert second.public != first.public
    assert not catalogue.tags_of(first) & catalogue.tags_of(second)


def test_a_set_computed_in_parts_side_by_side_is_the_set(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = world.owner.epochs[0]
    monkeypatch.setattr(catalogue, "_PART", 3)
    with ThreadPoolExecutor(2) as pool:
        made = catalogue.publish(epoch, OPEN_CONTAINERS, 2048, pool.map)
    assert made == world.set
    key, some = epochs.key_of(epoch), [item.encode() for item in OPEN_CONTAINERS]
    assert catalogue.entries_of((key, tuple(some))) == [
        catalogue.tag_of(voprf.compute(key, data)) for data in some
    ]


def test_an_epoch_that_was_prepared_opens_unless_another_was_opened_meanwhile(world: World) -> None:
    given = (scope(), world.terms, containers({1, 77}), world.now, seeded(9))
    epoch, made = answering.prepare(world.owner, *given)
    assert not {epoch.number} & {item.number for item in world.owner.epochs}  # nothing is open yet
    opened, rows = answering.adopt(world.owner, epoch, made, world.now)
    assert (opened, made, rows) == answering.open_epoch(world.owner, *given[:-1], seeded(9))
    world.open(OPEN_CONTAINERS)
    assert refusal(lambda: answering.adopt(world.owner, epoch, made, world.now)) == "epoch"


@pytest.mark.parametrize(
    "change",
    [{"agreement": "cd" * 32}, {"purpose": "sanctions"}, {"asker": "altamira"}, {"owner": "x"},
     {"subject": "vessel"}],
)  # fmt: skip
def test_two_scopes_share_no_key_even_with_the_same_seed(change: dict[str, str]) -> None:
    first = epochs.begin(scope(), 1, terms(), NOW, seeded(1))
    other = epochs.begin(scope(**change), 1, terms(), NOW, seeded(1))  # type: ignore[arg-type]
    assert first.seed == other.seed
    assert epochs.key_of(first) != epochs.key_of(other)


def test_a_new_epoch_ends_the_one_before(world: World) -> None:
    question = world.ask(containers({1}))
    world.open(OPEN_CONTAINERS)
    assert refusal(lambda: world.answer(question)) == "epoch"


def test_an_epoch_that_was_closed_answers_no_more(world: World) -> None:
    question = world.ask(containers({1}))
    world.owner, (row,) = answering.close_epoch(world.owner, scope(), world.now)
    assert row.event == "pointers:epoch:closed"
    assert refusal(lambda: world.answer(question)) == "epoch"
    world.now -= dt.timedelta(hours=1)  # a clock set back opens nothing
    assert refusal(lambda: world.answer(question)) == "epoch"


def test_an_epoch_ends_by_the_clock_on_both_sides(world: World) -> None:
    question = world.ask(containers({1}))
    world.now += dt.timedelta(hours=24)
    assert refusal(lambda: world.answer(question)) == "epoch"
    assert refusal(lambda: world.ask(containers({1}))) == "epoch"


def test_no_epoch_outlives_its_agreement() -> None:
    short = msgspec.structs.replace(terms(), ends=NOW + dt.timedelta(hours=5))
    epoch = epochs.begin(scope(), 1, short, NOW, seeded(1))
    assert epoch.ends == epoch.until == short.ends


def test_the_key_is_destroyed_when_hits_can_no_longer_be_followed_up(world: World) -> None:
    (epoch,) = world.owner.epochs
    assert answering.lapse(world.owner, epoch.until - dt.timedelta(seconds=1)).epochs
    gone = answering.lapse(world.owner, epoch.until)
    assert epoch.seed not in msgspec.msgpack.encode(gone)


def test_the_end_of_the_agreement_destroys_all_keys_and_keeps_numbers_and_counts(
    world: World,
) -> None:
    world.search(containers({1}))
    ended = answering.end(world.owner)
    assert not ended.epochs
    assert (ended.numbers, ended.meter) == (world.owner.numbers, world.owner.meter)


def test_a_restart_within_an_epoch_makes_the_same_set(world: World) -> None:
    (epoch,) = world.owner.epochs
    assert catalogue.publish(epoch, OPEN_CONTAINERS, 1 << 20) == world.set


# --- refused: wrong, cut, too large, again --------------------------------------------------------


def _flipped(data: bytes, place: int = 0) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


REPLIES: dict[str, tuple[str, Callable[[Reply], dict[str, Any]]]] = {
    "proof": ("proof", lambda r: {"proof": _flipped(r.proof)}),
    "proof cut": ("proof", lambda r: {"proof": r.proof[:-1]}),
    "proof empty": ("proof", lambda r: {"proof": b""}),
    "places changed": ("proof", lambda r: {"elements": r.elements[32:] + r.elements[:32]}),
    "an element twice": ("proof", lambda r: {"elements": r.elements[:32] * 16}),
    "identity": ("element", lambda r: {"elements": bytes(32) + r.elements[32:]}),
    "an element less": ("size", lambda r: {"elements": r.elements[:-32]}),
    "a byte less": ("element", lambda r: {"elements": r.elements[:-1]}),
    "an element more": ("size", lambda r: {"elements": r.elements + r.elements[:32]}),
    "another question": ("replay", lambda r: {"question": "0" * 64}),
    "another epoch": ("replay", lambda r: {"number": 9}),
    "another id": ("replay", lambda r: {"id": "0" * 32}),
    "another purpose": ("replay", lambda r: {"scope": scope(purpose="sanctions")}),
}


@pytest.mark.parametrize("case", REPLIES)
def test_a_reply_that_is_not_exactly_right_is_refused_and_the_question_stays_open(
    world: World, case: str
) -> None:
    rule, change = REPLIES[case]
    reply = world.answer(world.ask(containers({1, 99})))
    before = world.asker
    wrong = msgspec.structs.replace(reply, **change(reply))
    assert refusal(lambda: world.settle(wrong)) == rule
    assert world.asker == before
    assert found(world.settle(reply)) == containers({1})


def test_an_owner_that_marks_one_element_with_another_key_is_found_out(world: World) -> None:
    question = world.ask(containers({1}))
    reply = world.answer(question)
    other = voprf.derive_key(bytes(32), b"for this asker alone")
    elements = list(split(question.elements))
    mixed = [group.multiply(other.secret, elements[0]), *split(reply.elements)[1:]]
    wrong = msgspec.structs.replace(reply, elements=b"".join(mixed))
    assert refusal(lambda: world.settle(wrong)) == "proof"


QUESTIONS_REFUSED: dict[str, tuple[str, Callable[[Question], dict[str, Any]]]] = {
    "no element": ("size", lambda q: {"elements": b""}),
    "no agreed size": ("size", lambda q: {"elements": q.elements[:-32]}),
    "a byte less": ("element", lambda q: {"elements": q.elements[:-1]}),
    "larger than any": ("size", lambda q: {"elements": q.elements * 1024}),
    "identity": ("element", lambda q: {"elements": bytes(32) + q.elements[32:]}),
    "no point": ("element", lambda q: {"elements": q.elements[:-32] + b"\xff" * 32}),
    "the same twice": ("element", lambda q: {"elements": q.elements[:32] * 2 + q.elements[64:]}),
    "not in order": ("element", lambda q: {"elements": q.elements[32:] + q.elements[:32]}),
    "a later epoch": ("epoch", lambda q: {"number": 2}),
    "another set": ("catalogue", lambda q: {"catalogue": "0" * 64}),
    "another asker": ("stranger", lambda q: {"scope": scope(asker="altamira")}),
    "another owner": ("stranger", lambda q: {"scope": scope(owner="altamira")}),
    "another agreement": ("agreement", lambda q: {"scope": scope(agreement="0" * 64)}),
    "another purpose": ("agreement", lambda q: {"scope": scope(purpose="investigation")}),
    "a kind without an epoch": ("epoch", lambda q: {"scope": scope("vessel")}),
}


@pytest.mark.parametrize("case", QUESTIONS_REFUSED)
def test_a_question_that_is_not_exactly_right_is_refused_costs_nothing_and_is_logged(
    world: World, case: str
) -> None:
    rule, change = QUESTIONS_REFUSED[case]
    question = world.ask(containers({1}))
    before = world.owner
    wrong = msgspec.structs.replace(question, **change(question))
    with pytest.raises(PointerError) as caught:
        world.answer(wrong)
    assert caught.value.rule == rule
    assert world.owner == before
    assert answering.refused(world.owner, wrong, caught.value, NOW).outcome == rule


def test_a_question_is_answered_once(world: World) -> None:
    question = world.ask(containers({1}))
    world.answer(question)
    world.restart()
    assert refusal(lambda: world.answer(question)) == "replay"


def test_a_reply_is_taken_in_once(world: World) -> None:
    reply = world.answer(world.ask(containers({1})))
    world.settle(reply)
    world.restart()
    assert refusal(lambda: world.settle(reply)) == "replay"


def test_a_question_given_up_is_forgotten_with_its_keys(world: World) -> None:
    question = world.ask(containers({1}))
    world.asker = asking.give_up(world.asker, question.id)
    assert container(1).parts[0].encode() not in msgspec.json.encode(world.asker)
    assert refusal(lambda: world.settle(world.answer(question))) == "replay"


def test_every_message_cut_short_is_refused_with_one_sentence(world: World) -> None:
    question = world.ask(containers({1}))
    reply = world.answer(question)
    said = set()
    for message in (question, reply, world.set):
        data = encode(message)
        for length in range(0, len(data), 61):
            with pytest.raises(PointerError) as caught:
                decode(data[:length], type(message), "northreach", 1 << 20)
            said.add(str(caught.value))
    assert said == {"northreach: the message is cut short or has another form"}


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b'{"type":"pointer_reply"}', b"\xff\xfe", b"[" * 20_000, b'{"a":1}'],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    assert refusal(lambda: decode(data, Question, "northreach")) == "shape"


def test_a_message_with_a_field_that_nobody_knows_is_refused(world: World) -> None:
    data = encode(world.ask(containers({1})))
    assert refusal(lambda: decode(data[:-1] + b',"x":1}', Question, "northreach")) == "shape"


def test_a_message_too_large_is_refused_unread() -> None:
    assert refusal(lambda: decode(b" " * (LARGEST_MESSAGE + 1), Question, "x")) == "size"


def test_a_set_larger_than_agreed_is_refused_unread(world: World) -> None:
    data = encode(world.set)
    assert len(data) <= catalogue_limit(1024)
    assert refusal(lambda: decode(data, Catalogue, "marisol", len(data) - 1)) == "size"


def test_the_largest_question_fits_into_a_message() -> None:
    largest = Question(scope(), 1, "0" * 32, "0" * 64, bytes(32 * QUESTIONS[-1]))
    assert decode(encode(largest), Question, "northreach") == largest


# --- catalogues -----------------------------------------------------------------------------------


CATALOGUES: dict[str, tuple[str, Callable[[Catalogue], dict[str, Any]]]] = {
    "for another": ("stranger", lambda c: {"scope": scope(asker="altamira")}),
    "over": ("epoch", lambda c: {"ends": NOW}),
    "not begun": ("epoch", lambda c: {"begins": NOW + dt.timedelta(seconds=1)}),
    "no key": ("element", lambda c: {"public": bytes(32)}),
    "too large": ("size", lambda c: {"tags": c.tags * 4}),
    "empty": ("catalogue", lambda c: {"tags": b""}),
    "too small": ("catalogue", lambda c: {"tags": c.tags[: 10 * 512]}),
    "no power of two": ("catalogue", lambda c: {"tags": c.tags + b"\xff" * 10}),
    "a byte less": ("catalogue", lambda c: {"tags": c.tags[:-1]}),
    "not in order": ("catalogue", lambda c: {"tags": c.tags[10:] + c.tags[:10]}),
    "twice the same": ("catalogue", lambda c: {"tags": c.tags[:10] + c.tags[:-10]}),
}


@pytest.mark.parametrize("case", CATALOGUES)
def test_a_set_that_breaks_its_form_is_refused(world: World, case: str) -> None:
    rule, change = CATALOGUES[case]
    wrong = msgspec.structs.replace(world.set, **change(world.set))
    assert refusal(lambda: catalogue.accept(wrong, "marisol", "northreach", 2048, NOW)) == rule


def test_an_older_set_or_a_second_one_under_the_same_number_is_refused(world: World) -> None:
    first = world.set
    second = world.open(OPEN_CONTAINERS)
    twin = msgspec.structs.replace(second, tags=b"".join(sorted(catalogue.tags_of(first))))
    for wrong in (first, twin):
        assert refusal(lambda wrong=wrong: catalogue.accept(
            wrong, "marisol", "northreach", 1 << 20, NOW, held=second)) == "replay"  # type: ignore[misc]  # fmt: skip
    assert catalogue.accept(second, "marisol", "northreach", 1 << 20, NOW, held=second)


def test_more_keys_than_agreed_are_refused_and_not_cut() -> None:
    world = World(terms(catalogue=1024))
    assert refusal(lambda: world.open(containers(range(1025)))) == "size"


def test_a_set_holds_only_its_kind_of_thing(world: World) -> None:
    assert refusal(lambda: world.open({hull(1)})) == "catalogue"


def test_a_set_of_before_is_not_used_for_a_question_of_now(world: World) -> None:
    reply = world.answer(world.ask(containers({1})))
    world.open(OPEN_CONTAINERS)
    assert refusal(lambda: world.settle(reply)) == "catalogue"


@pytest.mark.parametrize("asked", [{hull(1)}, frozenset(), containers(range(4097))])
def test_a_question_asks_something_agreed_and_not_too_much(
    world: World, asked: frozenset[Any]
) -> None:
    before = world.asker
    assert refusal(lambda: world.ask(asked)) in ("agreement", "size")
    assert world.asker == before
