"""Requests for information: asked once, answered forward only, refused with an agreed reason."""

from __future__ import annotations

import msgspec
import pytest
from trio import DAY, HOUR, Trio

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import core, moves
from esclusa.sharing.exchange.messages import Answer, Request
from esclusa.sharing.exchange.words import EVENTS, REFUSALS

KEY = ("marisol", "northreach", "q1")


@pytest.fixture
def trio() -> Trio:
    given = Trio()
    asked = Request("q1", "check", given.now + 12 * HOUR, "the crane at pier 4")
    given.do("marisol", moves.request, partner="northreach", asked=asked)
    given.talk()
    return given


def _respond(trio: Trio, step: str, **more: object) -> None:
    trio.do("northreach", moves.respond, asker="marisol", answer=Answer("q1", step, **more))  # type: ignore[arg-type]
    trio.talk()


def test_a_request_is_acknowledged_extended_and_answered(trio: Trio) -> None:
    for step, due in (("acknowledged", None), ("extended", trio.now + 2 * DAY), ("answered", None)):
        _respond(trio, step, due=due)
        assert trio.nodes["marisol"].questions[KEY].step == step
        assert trio.nodes["northreach"].questions[KEY].step == step
    assert trio.nodes["marisol"].questions[KEY].due == trio.now + 2 * DAY


@pytest.mark.parametrize(
    ("first", "then"),
    [("answered", "acknowledged"), ("refused", "answered"), ("extended", "extended")],
)
def test_steps_go_forward_only_and_nothing_follows_the_end(
    trio: Trio, first: str, then: str
) -> None:
    _respond(trio, first, reason="not_available")
    with pytest.raises(ExchangeError) as refused:
        _respond(trio, then)
    assert refused.value.rule == "request"


def test_a_refusal_gives_a_reason_from_the_agreements_list(trio: Trio) -> None:
    with pytest.raises(ExchangeError):
        _respond(trio, "refused", reason="no time")
    _respond(trio, "refused", reason="not_available")
    assert trio.nodes["marisol"].questions[KEY].step == "refused"


def test_an_id_is_used_once(trio: Trio) -> None:
    with pytest.raises(ExchangeError):
        trio.do(
            "marisol", moves.request, partner="northreach", asked=Request("q1", "check", trio.now)
        )


def test_a_request_needs_an_agreement(trio: Trio) -> None:
    trio.do("marisol", moves.end, partner="altamira")
    with pytest.raises(ExchangeError) as refused:
        trio.do(
            "marisol", moves.request, partner="altamira", asked=Request("q2", "check", trio.now)
        )
    assert refused.value.rule == "agreement"


def test_a_request_that_comes_again_does_not_start_anew(trio: Trio) -> None:
    _respond(trio, "acknowledged")
    batch = trio.batch("marisol", "northreach")
    again = Request("q1", "check", trio.now + 12 * HOUR)
    trio.take(msgspec.structs.replace(batch, messages=(again,)))
    assert trio.nodes["northreach"].questions[KEY].step == "acknowledged"


def test_a_step_that_nobody_waits_for_changes_nothing(trio: Trio) -> None:
    batch = trio.batch("altamira", "marisol")
    trio.take(msgspec.structs.replace(batch, messages=(Answer("q1", "answered"),)))
    assert trio.nodes["marisol"].questions[KEY].step is None


def test_when_the_clock_ends_both_sides_are_told_once(trio: Trio) -> None:
    trio.sleep(12 * HOUR)
    trio.tick()
    trio.tick()
    assert sorted(a for a in trio.alarms if a[1] == "request") == [
        ("marisol", "request", "northreach"), ("northreach", "request", "marisol"),
    ]  # fmt: skip


def test_a_longer_clock_starts_the_waiting_anew(trio: Trio) -> None:
    trio.sleep(12 * HOUR)
    trio.tick()
    _respond(trio, "extended", due=trio.now + DAY)
    trio.alarms.clear()
    trio.sleep(DAY)
    trio.tick("marisol")
    assert trio.alarms == [("marisol", "request", "northreach")]


def test_every_word_of_a_refusal_and_of_the_audit_is_on_its_list(trio: Trio) -> None:
    assert set(REFUSALS) >= {"fork", "ahead", "stranger", "clock", "not_ready", "consent"}
    effects = trio.do("marisol", core.tick)
    assert {line.event for line in effects.audit} <= set(EVENTS)
