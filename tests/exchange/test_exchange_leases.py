"""Leases: a copy is read while its supplier renews, then hidden, then erased, network or no network."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from trio import DAY, HOUR, NOW, Trio, content

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import pacts
from esclusa.sharing.exchange.messages import LeaseRefresh, Onward
from esclusa.sharing.exchange.rows import Grade


@pytest.fixture
def trio() -> Trio:
    given = Trio()
    given.state("marisol", "r1")
    given.talk()
    return given


def _reads(
    trio: Trio, holder: str = "northreach", supplier: str = "marisol", originator: str = ""
) -> bool:
    copy = trio.copy(holder, supplier, originator=originator)
    return pacts.readable(trio.nodes[holder], copy, trio.now)


def test_a_copy_can_be_read_as_soon_as_it_is_there(trio: Trio) -> None:
    assert _reads(trio)


def test_a_copy_is_hidden_at_the_moment_its_lease_ends(trio: Trio) -> None:
    trio.sleep(3 * DAY - dt.timedelta(seconds=1))
    assert _reads(trio)
    trio.sleep(dt.timedelta(seconds=1))
    assert not _reads(trio)


def test_a_hidden_copy_stays_for_the_grace_and_is_then_erased(trio: Trio) -> None:
    trio.sleep(4 * DAY - HOUR)
    trio.tick("northreach")
    assert trio.holds("northreach", "marisol")
    trio.sleep(HOUR)
    trio.tick("northreach")
    assert trio.copy("northreach", "marisol").why == "lease"


def test_a_lease_is_renewed_when_half_of_it_is_over(trio: Trio) -> None:
    trio.sleep(DAY)
    trio.tick("marisol")
    assert trio.batch("marisol", "northreach").messages == ()
    trio.sleep(DAY)
    trio.tick("marisol")
    assert [type(m) for m in trio.batch("marisol", "northreach").messages] == [LeaseRefresh]
    trio.talk()
    trio.sleep(2 * DAY)
    assert _reads(trio)


def test_what_a_partner_lost_with_its_lease_is_sent_again_and_can_be_read(trio: Trio) -> None:
    trio.sleep(5 * DAY)
    trio.tick("northreach")
    trio.talk()
    assert _reads(trio)
    assert trio.copy("northreach", "marisol").content == content()


def test_a_clock_set_back_gives_no_time(trio: Trio) -> None:
    trio.sleep(2 * DAY)
    trio.tick("northreach")
    trio.sleep(-2 * DAY)
    trio.tick("northreach")
    trio.sleep(DAY)
    assert not _reads(trio)


def test_a_clock_set_forward_only_ever_hides(trio: Trio) -> None:
    trio.sleep(10 * DAY)
    trio.tick("northreach")
    trio.sleep(-10 * DAY)
    assert not _reads(trio)


def test_a_difference_of_clocks_neither_lengthens_nor_shortens_a_lease() -> None:
    trio = Trio()
    trio.sleep(-2 * HOUR)
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    trio.sleep(2 * HOUR)
    trio.take(batch)
    trio.sleep(3 * DAY - HOUR)
    assert _reads(trio)
    trio.sleep(HOUR)
    assert not _reads(trio)


def test_time_on_the_way_beyond_the_agreed_difference_of_clocks_is_taken_off() -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    trio.sleep(2 * DAY)
    trio.take(batch)
    trio.sleep(DAY + HOUR)
    assert _reads(trio)
    trio.sleep(HOUR)
    assert not _reads(trio)


def test_a_bundle_that_arrives_after_its_lease_is_kept_hidden() -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    trio.sleep(9 * DAY)
    trio.take(batch)
    assert trio.holds("northreach", "marisol") and not _reads(trio)


def test_no_lease_is_longer_than_agreed(trio: Trio) -> None:
    batch = trio.batch("marisol", "northreach")
    endless = LeaseRefresh("marisol", batch.run + 400 * DAY, "text-1")
    trio.take(msgspec.structs.replace(batch, messages=(endless,)))
    trio.sleep(3 * DAY)
    assert not _reads(trio)


def test_a_lease_under_another_text_counts_for_nothing(trio: Trio) -> None:
    trio.sleep(2 * DAY)
    batch = trio.batch("marisol", "northreach")
    other = LeaseRefresh("marisol", batch.run + 3 * DAY, "text-9")
    trio.take(msgspec.structs.replace(batch, messages=(other,)))
    trio.sleep(DAY)
    assert not _reads(trio)


def test_a_hidden_copy_can_be_neither_passed_on_nor_built_upon(trio: Trio) -> None:
    trio.onward = Onward("within", ("altamira",))
    trio.sleep(3 * DAY)
    with pytest.raises(ExchangeError) as refused:
        trio.pass_on("northreach", "altamira", originator="marisol")
    assert refused.value.rule == "held"
    with pytest.raises(ExchangeError) as refused:
        trio.state("northreach", "alert", sources=(("marisol", "marisol", "r1"),))
    assert refused.value.rule == "held"


def test_what_is_passed_on_is_lent_no_longer_than_it_is_lent() -> None:
    trio = Trio(onward=Onward("within", ("altamira",)))
    trio.state("marisol", "r1")
    trio.talk()
    trio.sleep(2 * DAY)
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.carry("northreach", "altamira")
    assert _reads(trio, "altamira", "northreach", "marisol")
    trio.sleep(DAY)
    assert not _reads(trio, "altamira", "northreach", "marisol")


def test_what_lapsed_at_an_onward_holder_comes_back_when_reading_resumes() -> None:
    trio = Trio(onward=Onward("within", ("altamira",)))
    trio.state("marisol", "r1")
    trio.talk()
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    trio.sleep(4 * DAY)
    trio.tick("altamira")
    trio.erase("altamira")
    trio.carry("altamira", "northreach")
    assert trio.grant("northreach", "altamira", originator="marisol").state is Grade.LAPSED
    trio.tick("marisol")
    trio.talk()
    assert _reads(trio, "altamira", "northreach", "marisol")


def test_a_copy_that_came_without_any_lease_is_hidden(trio: Trio) -> None:
    batch = trio.batch("marisol", "northreach")
    stripped = [m for m in trio.sent("marisol", "northreach") if type(m) is not LeaseRefresh]
    fresh = Trio()
    fresh.take(
        msgspec.structs.replace(
            batch,
            first=1,
            previous="",
            messages=tuple(stripped),
            seen=fresh.batch("marisol", "northreach").seen,
        )
    )
    assert fresh.holds("northreach", "marisol") and not _reads(fresh)


def test_an_ended_agreement_hides_everything_even_before_anyone_notices() -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    trio.talk()
    late = msgspec.structs.replace(trio.nodes["northreach"].pacts["marisol"], ends=NOW + HOUR)
    trio.nodes["northreach"].pacts["marisol"] = late
    assert _reads(trio)
    trio.sleep(HOUR)
    assert not _reads(trio)


def test_a_node_that_is_being_migrated_shows_no_copy(trio: Trio) -> None:
    state = msgspec.structs.replace(trio.nodes["northreach"], ready=False)
    assert not pacts.readable(state, trio.copy("northreach", "marisol"), trio.now)


def test_who_lost_its_lease_to_its_own_clock_gets_a_new_one_with_the_copy(trio: Trio) -> None:
    trio.sleep(5 * DAY)
    trio.tick("northreach")
    trio.erase("northreach")
    trio.sleep(-5 * DAY)
    trio.talk()
    assert trio.holds("northreach", "marisol") and _reads(trio)
