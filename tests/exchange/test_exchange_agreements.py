"""Agreements: content goes only between nodes that hold the same text in force."""

from __future__ import annotations

import msgspec
import pytest
from trio import DAY, HOUR, NOW, Trio, pact

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import moves
from esclusa.sharing.exchange.messages import AgreementChange, Onward
from esclusa.sharing.exchange.rows import Grade


@pytest.fixture
def trio() -> Trio:
    given = Trio()
    given.state("marisol", "r1")
    given.talk()
    return given


def _adopt(trio: Trio, name: str, partner: str, number: int = 2) -> None:
    trio.do(name, moves.adopt, partner=partner, pact=pact(number))


def test_a_text_that_has_not_begun_or_is_over_is_not_put_in_force(trio: Trio) -> None:
    for begins, ends in ((NOW + HOUR, NOW + DAY), (NOW - DAY, NOW)):
        text = msgspec.structs.replace(pact(2), begins=begins, ends=ends)
        with pytest.raises(ExchangeError) as refused:
            trio.do("marisol", moves.adopt, partner="northreach", pact=text)
        assert refused.value.rule == "agreement"


def test_one_text_is_put_in_force_once(trio: Trio) -> None:
    with pytest.raises(ExchangeError):
        _adopt(trio, "marisol", "northreach", 1)


def test_the_side_that_is_behind_refuses_and_is_offered_again(trio: Trio) -> None:
    _adopt(trio, "marisol", "northreach")
    trio.state("marisol", "r1", 2)
    trio.talk()
    assert trio.grant("marisol", "northreach").state is Grade.REFUSED
    assert not trio.holds("northreach", "marisol")
    _adopt(trio, "northreach", "marisol")
    trio.talk()
    assert trio.copy("northreach", "marisol").version == 2
    assert trio.holds("northreach", "marisol")


def test_a_narrower_text_narrows_what_is_out(trio: Trio) -> None:
    trio.drop = frozenset({"where"})
    for name, partner in (("marisol", "northreach"), ("northreach", "marisol")):
        _adopt(trio, name, partner)
    trio.talk()
    copy = trio.copy("northreach", "marisol")
    assert copy.content is not None and bytes(copy.content.body) == b'{"what":"crane"}'


def test_a_stricter_onward_rule_reaches_what_is_out_and_what_was_passed_on() -> None:
    trio = Trio(onward=Onward("within", ("altamira",)))
    trio.state("marisol", "r1")
    trio.talk()
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    trio.onward = Onward("never")
    for name, partner in (("marisol", "northreach"), ("northreach", "marisol")):
        _adopt(trio, name, partner)
    trio.talk()
    assert trio.copy("northreach", "marisol").onward == Onward("never")
    assert not trio.holds("altamira", "northreach", originator="marisol")


@pytest.mark.parametrize("ender", ["marisol", "northreach"])
def test_the_end_takes_everything_back_on_both_sides(trio: Trio, ender: str) -> None:
    other = "northreach" if ender == "marisol" else "marisol"
    trio.do(ender, moves.end, partner=other)
    trio.talk()
    assert trio.nodes["marisol"].pacts["northreach"].ended
    assert trio.nodes["northreach"].pacts["marisol"].ended
    assert not trio.holds("northreach", "marisol")
    assert trio.grant("marisol", "northreach").state is Grade.GONE
    assert trio.holds("altamira", "marisol")


def test_the_last_moment_is_outside(trio: Trio) -> None:
    for one, two in (("marisol", "northreach"), ("northreach", "marisol")):
        trio.nodes[one].pacts[two] = msgspec.structs.replace(pact(), ends=NOW + HOUR)
    trio.sleep(HOUR)
    trio.tick("marisol", "northreach")
    assert not trio.holds("northreach", "marisol")


def test_no_content_leaves_after_the_end_though_it_waits_in_the_outbox(trio: Trio) -> None:
    trio.state("marisol", "r2")
    trio.nodes["marisol"].pacts["northreach"] = msgspec.structs.replace(pact(), ends=NOW + HOUR)
    trio.sleep(HOUR)
    batch = trio.batch("marisol", "northreach")
    assert all(getattr(message, "content", None) is None for message in batch.messages)


def test_after_the_end_nothing_new_flows_and_a_new_text_begins_anew(trio: Trio) -> None:
    trio.do("marisol", moves.end, partner="northreach")
    trio.talk()
    trio.state("marisol", "r1", 2)
    trio.talk()
    assert not trio.holds("northreach", "marisol")
    for name, partner in (("marisol", "northreach"), ("northreach", "marisol")):
        _adopt(trio, name, partner)
    trio.talk()
    assert trio.copy("northreach", "marisol").version == 2 and trio.holds("northreach", "marisol")


def test_who_works_under_a_text_that_ended_here_is_told_so_again(trio: Trio) -> None:
    _adopt(trio, "marisol", "northreach")
    trio.do("marisol", moves.end, partner="northreach")
    trio.talk()
    _adopt(trio, "northreach", "marisol")
    trio.talk()
    assert ("marisol", "agreement", "northreach") in trio.alarms
    assert trio.nodes["northreach"].pacts["marisol"].ended


def test_a_text_that_is_unknown_here_is_an_alarm_and_grants_nothing(trio: Trio) -> None:
    batch = trio.batch("altamira", "northreach")
    trio.take(msgspec.structs.replace(batch, messages=(AgreementChange("text-9"),)))
    assert ("northreach", "agreement", "altamira") in trio.alarms
    assert trio.nodes["northreach"].pacts["altamira"] == pact()
