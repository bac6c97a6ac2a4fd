"""The batch: order, gaps, repeats, forks, strangers, clocks, and nodes that went back to a backup."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio import DAY, HOUR, NOW, Trio, content, marking

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import core, moves, outbox
from esclusa.sharing.exchange.messages import Checkpoint, Held, Request, Seen
from esclusa.sharing.exchange.rows import Hold

replace = msgspec.structs.replace


@pytest.fixture
def trio() -> Trio:
    return Trio()


def _refused(trio: Trio, batch: object, **more: str) -> str:
    """Take a batch that must be refused with an alarm and without a change; returns the rule."""
    name = more.get("at") or batch.receiver  # type: ignore[attr-defined]
    before = trio.backup(name)
    effects = trio.take(batch, **more)  # type: ignore[arg-type]
    assert effects.refused is not None and [a.rule for a in effects.alarms] == [
        effects.refused.rule
    ]
    assert replace(trio.nodes[name], clock={}) == replace(before, clock={})
    return effects.refused.rule


# --- who and when ---------------------------------------------------------------------------------


def test_a_batch_signed_by_another_is_refused(trio: Trio) -> None:
    trio.state("marisol", "r1")
    assert _refused(trio, trio.batch("marisol", "northreach"), signer="altamira") == "stranger"


def test_a_batch_for_another_is_refused(trio: Trio) -> None:
    trio.state("marisol", "r1")
    assert _refused(trio, trio.batch("marisol", "northreach"), at="altamira") == "stranger"


def test_a_refused_batch_is_not_kept_in_memory_by_its_error(trio: Trio) -> None:
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    wrong = trio.take(replace(batch, made=NOW + 9 * DAY)).refused
    trio.take(batch)
    trio.state("marisol", "r2")
    forked = replace(trio.batch("marisol", "northreach"), previous="0" * 64)
    fork = trio.take(forked).refused
    assert wrong is not None and fork is not None and fork.rule == "fork"
    assert wrong.__traceback__ is None and fork.__traceback__ is None


def test_an_agency_without_agreement_is_refused(trio: Trio) -> None:
    batch = replace(trio.batch("marisol", "northreach"), sender="nobody")
    assert _refused(trio, batch) == "stranger"


def test_a_batch_from_further_in_the_future_than_clocks_may_differ_is_refused(trio: Trio) -> None:
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    assert _refused(trio, replace(batch, made=NOW + 2 * HOUR + DAY)) == "clock"
    assert trio.take(replace(batch, made=NOW + 2 * HOUR)).refused is None


def test_a_batch_from_long_ago_is_taken(trio: Trio) -> None:
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    trio.sleep(30 * DAY)
    assert trio.take(batch).refused is None


def test_a_refusal_answers_a_partner_and_no_stranger(trio: Trio) -> None:
    known = ExchangeError("signature", "a byte was flipped", "marisol")
    unknown = ExchangeError("signature", "a byte was flipped", "nobody")
    assert core.refusal(trio.nodes["northreach"], known).send == ("marisol",)
    assert core.refusal(trio.nodes["northreach"], unknown).send == ()


def test_a_half_migrated_node_takes_and_sends_nothing(trio: Trio) -> None:
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    trio.nodes["northreach"] = replace(trio.nodes["northreach"], ready=False)
    assert _refused(trio, batch) == "not_ready"
    with pytest.raises(ExchangeError):
        trio.batch("northreach", "marisol")
    with pytest.raises(ExchangeError):
        trio.tick("northreach")


# --- order ----------------------------------------------------------------------------------------


def test_numbers_have_no_gap_and_each_hash_covers_the_one_before(trio: Trio) -> None:
    for version in (1, 2, 3):
        trio.state("marisol", "r1", version)
    batch = trio.batch("marisol", "northreach")
    head = batch.previous
    for number, message in enumerate(batch.messages, batch.first):
        head = outbox.link(head, message)
        assert trio.nodes["marisol"].entries["northreach", number].head == head
    assert (batch.first, head) == (1, trio.nodes["marisol"].outboxes["northreach"].head)


def test_a_batch_after_a_gap_waits_and_is_asked_for_again(trio: Trio) -> None:
    trio.state("marisol", "r1")
    whole = trio.batch("marisol", "northreach")
    later = replace(whole, first=2, messages=whole.messages[1:], previous="?")
    effects = trio.take(later)
    assert (effects.refused, effects.alarms, effects.send) == (None, (), ("marisol",))
    assert trio.nodes["northreach"].inboxes == {}


def test_a_batch_that_overlaps_is_taken_from_where_it_is_new(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.take(trio.batch("marisol", "northreach"))
    trio.state("marisol", "r2")
    trio.take(trio.batch("marisol", "northreach"))
    assert trio.nodes["northreach"].inboxes["marisol"].number == 3
    assert trio.holds("northreach", "marisol", "r2")


def test_an_answer_says_how_far_was_read_and_nothing_is_sent_twice(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.carry("marisol", "northreach")
    assert len(trio.batch("marisol", "northreach").messages) == 2
    trio.carry("northreach", "marisol")
    assert trio.batch("marisol", "northreach").messages == ()


def test_an_old_batch_between_new_ones_changes_nothing(trio: Trio) -> None:
    trio.state("marisol", "r1")
    old = trio.batch("marisol", "northreach")
    trio.take(old)
    trio.state("marisol", "r1", 2, content=content("ferry"))
    trio.talk()
    before = trio.backup("northreach")
    trio.take(old)
    assert trio.nodes["northreach"] == before


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(1, 5)), max_size=25),
)
def test_any_order_and_any_repeat_of_batches_ends_in_the_same_state(
    versions: list[int], order: list[tuple[int, int]]
) -> None:
    straight, crooked = Trio(), Trio()
    batches = []
    for number, record in enumerate(versions, 1):
        straight.state("marisol", f"r{record}", number)
        crooked.state("marisol", f"r{record}", number)
        batches.append(crooked.batch("marisol", "northreach"))
    for place, limit in order:
        batch = batches[place % len(batches)]
        crooked.take(replace(batch, messages=batch.messages[:limit]))
    straight.talk()
    crooked.talk()
    assert crooked.nodes["northreach"].copies == straight.nodes["northreach"].copies
    assert crooked.nodes["northreach"].inboxes == straight.nodes["northreach"].inboxes


# --- forks and backups ----------------------------------------------------------------------------


def test_a_number_used_before_with_other_content_is_a_fork(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    twin = Trio()
    twin.state("marisol", "r9", content=content("other"))
    forged = replace(
        twin.batch("marisol", "northreach"), messages=twin.sent("marisol", "northreach")[:1] * 3
    )
    effects = trio.take(forged)
    assert effects.refused is not None and effects.refused.rule == "fork"
    assert not trio.holds("northreach", "marisol", "r9")


def test_a_restored_node_continues_after_what_was_read_and_both_sides_learn_of_it(
    trio: Trio,
) -> None:
    backup = trio.backup("marisol")
    trio.state("marisol", "r1")
    trio.talk()
    trio.restore("marisol", backup)
    trio.talk()
    assert ("marisol", "ahead", "northreach") in trio.alarms
    assert ("northreach", "fork", "marisol") in trio.alarms
    trio.state("marisol", "r2")
    trio.talk()
    assert trio.holds("northreach", "marisol", "r2")


def test_what_a_restored_node_forgot_giving_is_noted_and_waits_for_a_person(trio: Trio) -> None:
    backup = trio.backup("marisol")
    trio.state("marisol", "r1")
    trio.talk()
    trio.restore("marisol", backup)
    trio.talk()
    assert trio.nodes["marisol"].own["r1"].hold is Hold.UNACCOUNTED
    trio.withdraw("marisol", "r1", 2)
    trio.talk()
    assert not trio.holds("northreach", "marisol")


def test_a_recall_that_a_restored_node_forgot_stays_a_recall(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.carry("marisol", "northreach")
    trio.carry("northreach", "marisol")
    backup = trio.backup("marisol")
    trio.withdraw("marisol", "r1", 2)
    trio.carry("marisol", "northreach")
    trio.restore("marisol", backup)
    trio.talk()
    assert not trio.holds("northreach", "marisol") and not trio.holds("altamira", "marisol")
    assert trio.nodes["marisol"].own["r1"].hold is Hold.UNACCOUNTED


def test_numbers_given_twice_do_not_hide_a_statement(trio: Trio) -> None:
    backup = trio.backup("marisol")
    trio.state("marisol", "r1", content=content("before"))
    trio.talk()
    trio.restore("marisol", backup)
    trio.state("marisol", "r1", content=content("after"))
    trio.talk()
    trio.state("marisol", "r1", 2, content=content("again"))
    trio.talk()
    assert trio.copy("northreach", "marisol").content == content("again")


def test_a_narrowing_that_was_forgotten_is_noticed_though_the_content_is_the_same(
    trio: Trio,
) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    backup = trio.backup("marisol")
    trio.state("marisol", "r1", 2, said="narrow", marking=marking("northreach", level=2))
    trio.talk()
    trio.restore("marisol", backup)
    trio.state("marisol", "r1", 2, said="narrow", marking=marking("northreach", level=3))
    trio.talk()
    trio.state("marisol", "r1", 3, marking=marking("northreach", level=3))
    trio.talk()
    assert trio.copy("northreach", "marisol").marking.level == 3


def test_a_restored_receiver_gets_everything_again(trio: Trio) -> None:
    backup = trio.backup("northreach")
    trio.state("marisol", "r1")
    trio.talk()
    trio.restore("northreach", backup)
    trio.talk()
    assert trio.holds("northreach", "marisol")


def test_two_restored_nodes_find_each_other_again(trio: Trio) -> None:
    backups = {name: trio.backup(name) for name in ("marisol", "northreach")}
    for version in (1, 2):
        trio.state("marisol", "r1", version)
        trio.state("northreach", "r2", version)
        trio.talk()
    for name, backup in backups.items():
        trio.restore(name, backup)
    trio.state("marisol", "r3")
    trio.talk()
    assert trio.holds("northreach", "marisol", "r3")


def test_an_inventory_tells_a_partner_only_what_it_supplied_itself(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.state("altamira", "r2")
    trio.talk()
    box = trio.nodes["northreach"].inboxes["marisol"]
    batch = trio.batch("marisol", "northreach")
    trio.take(replace(batch, messages=(Checkpoint(box.number, box.head, back=True),)))
    holds = trio.sent("northreach", "marisol")[-1].holds
    assert [(held.originator, held.record) for held in holds] == [("marisol", "r1")]


@pytest.mark.parametrize("missed", ["the newer version", "everything"])
def test_what_an_inventory_shows_as_missed_is_said_again(trio: Trio, missed: str) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    older = trio.copy("northreach", "marisol")
    trio.state("marisol", "r1", 2, content=content("ferry"))
    trio.talk()
    held = Held("marisol", "r1", 1, 1, older.digest, True)
    place = trio.nodes["northreach"].inboxes["marisol"]
    holds = (held,) if missed == "the newer version" else ()
    batch = trio.batch("northreach", "marisol")
    answer = Checkpoint(place.number, place.head, holds=holds)
    trio.take(replace(batch, messages=(answer,)))
    (said,) = trio.batch("marisol", "northreach").messages
    assert (said.version, said.content) == (2, content("ferry"))


def test_a_word_that_our_outbox_went_back_is_heard_even_in_an_old_batch(trio: Trio) -> None:
    trio.state("northreach", "r1")
    trio.talk()
    batch = trio.batch("northreach", "marisol")
    old = replace(batch, first=1, previous="", messages=(), seen=Seen(9, "f" * 64))
    trio.take(old)
    assert ("marisol", "ahead", "northreach") in trio.alarms


def test_a_message_that_a_batch_cut_short_comes_with_the_next(trio: Trio) -> None:
    for number in range(5):
        trio.do(
            "marisol",
            moves.request,
            partner="northreach",
            asked=Request(f"q{number}", "check", NOW + DAY),
        )
    assert [len(trio.batch("marisol", "northreach", limit=2).messages)] == [2]
    for _ in range(3):
        trio.carry("marisol", "northreach", limit=2)
        trio.carry("northreach", "marisol")
    assert len(trio.nodes["northreach"].questions) == 5
