"""Putting an alert off: until when, why not longer, and that it comes back by itself."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.casework import snooze
from esclusa.casework.alerts import ANALYSIS, next_move, standing
from esclusa.errors import InputError, StateError
from esclusa.model import AlertMove, Consignment, PortCall, TransportEvent
from esclusa.model.movement import Place, Voyage

AT = "2026-11-23T12:00:00.000000Z"
LATER = "2026-11-23T18:00:00.000000Z"


def step(
    moves: list[AlertMove], move: str, by: str = "ana", at: str = AT, **more: str
) -> AlertMove:
    return next_move(moves, alert_id="a", move=move, by=by, at=at, **more)


def asleep(**more: str) -> list[AlertMove]:
    return [step([], "snooze", until=LATER, reason="papers are on their way", **more)]


def test_a_snooze_keeps_its_reason_and_its_end() -> None:
    made = asleep()[0]
    assert (made.state, made.until, made.reason) == ("snoozed", LATER, "papers are on their way")


def test_it_is_back_by_itself_at_its_moment_and_not_before() -> None:
    assert standing(asleep(), "2026-11-23T17:59:59Z").state == "snoozed"
    assert standing(asleep(), LATER).state == "new"
    assert standing(asleep()).state == "snoozed"


def test_a_woken_and_an_ended_snooze_allow_what_a_new_alert_allows() -> None:
    ended = step(asleep(), "claim", "bea", at="2026-11-23T19:00:00Z")
    assert (ended.state, ended.claimed_by, ended.until) == ("claimed", "bea", "")
    assert step(asleep(), "wake", "bea").state == "new"
    with pytest.raises(StateError, match="new does not allow the move 'wake'"):
        step(asleep(), "wake", at="2026-11-23T19:00:00Z")


def test_changed_facts_wake_it_and_never_carry_it_on() -> None:
    assert step(asleep(), "reopen", ANALYSIS).state == "new"
    assert step(asleep(), "void", ANALYSIS).state == "withdrawn"
    with pytest.raises(StateError, match="not for analysis"):
        step([], "snooze", ANALYSIS, until=LATER, reason="x")


def test_an_undone_step_after_a_snooze_leads_back_to_it_with_its_end() -> None:
    moves = asleep()
    moves.append(step(moves, "claim"))
    moves.append(step(moves, "undo"))
    assert (moves[-1].state, moves[-1].until) == ("snoozed", LATER)
    moves.append(step(moves, "undo"))
    assert standing(moves).state == "new"


def test_what_somebody_else_holds_only_a_supervisor_puts_off() -> None:
    claimed = [step([], "claim")]
    with pytest.raises(StateError, match="only ana or a supervisor may snooze"):
        step(claimed, "snooze", "bea", until=LATER, reason="x")
    made = next_move(
        claimed, alert_id="a", move="snooze", by="bea", at=AT, until=LATER, reason="x",
        supervisor=True,
    )  # fmt: skip
    assert made.state == "snoozed"


@pytest.mark.parametrize("reason", ("", "   "))
def test_a_snooze_needs_a_reason(reason: str) -> None:
    with pytest.raises(InputError, match="a snooze needs a written reason"):
        step([], "snooze", until=LATER, reason=reason)


@pytest.mark.parametrize("until", ("", AT, "2026-11-23T11:00:00Z", "2027-03-01T00:00:00Z", "soon",
                                   "2026-11-24", "2026-11-23T18:00:00"))  # fmt: skip
def test_a_snooze_needs_a_moment_that_lies_ahead_within_90_days(until: str) -> None:
    with pytest.raises(InputError, match="until"):
        step([], "snooze", until=until, reason="x")


@pytest.mark.parametrize(
    ("behaviour", "fits"),
    [
        ("", True),
        ("2026-11-23T18:00:00Z", True),
        ("2026-11-23T17:59:59Z", False),
        ("2026-11-23T13:00:00-05:00", True),
        ("2026-11-23T12:59:00-05:00", False),
        # Without a zone it may mean the clock that is 14 hours ahead of UTC.
        ("2026-11-24T08:00", True),
        ("2026-11-24T07:59", False),
        ("2026-11-25", True),
        ("2026-11-24", False),
        ("when the tide allows", True),
    ],
)
def test_a_snooze_is_compared_with_the_time_of_the_behaviour(behaviour: str, fits: bool) -> None:
    if fits:
        assert asleep(behaviour=behaviour)
    else:
        with pytest.raises(StateError, match="after what the alert is about"):
            asleep(behaviour=behaviour)
    assert snooze.oversleeps(LATER, behaviour) != fits


def test_arrival_comes_before_departure_and_an_event_has_happened() -> None:
    port = Place(code="PAONX")
    bill = Consignment(carrier="NRCH", bill="B1", departure="2026-11-01", arrival="2026-12-01")
    call = PortCall(voyage=Voyage(), port=port, departure="2026-11-02")
    event = TransportEvent(event="gate_out", occurred="2026-11-03T00:00Z", place=port)
    assert [snooze.behaviour_of(body) for body in (bill, call, event, None)] == [
        "2026-12-01", "2026-11-02", "", "",
    ]  # fmt: skip


def test_a_moment_is_read_on_the_clock_that_is_named() -> None:
    assert snooze.read("2026-11-24T06:00", "America/Panama") == "2026-11-24T11:00:00.000000Z"
    assert snooze.read("2026-11-24T06:00", "UTC") == "2026-11-24T06:00:00.000000Z"
    assert snooze.read("2026-11-24T06:00-05:00", "UTC") == "2026-11-24T11:00:00.000000Z"


@pytest.mark.parametrize("text", ("2026-03-08T02:30", "2026-11-01T01:30"))
def test_an_hour_that_the_clock_skips_or_shows_twice_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="skips or shows twice"):
        snooze.read(text, "America/New_York")


@given(st.integers(1, 2_000), st.integers(-3_000, 3_000))
def test_asleep_and_awake_meet_at_the_end(minutes: int, after: int) -> None:
    now = dt.datetime.fromisoformat(AT)
    until = snooze.text_of(now + dt.timedelta(minutes=minutes))
    moves = [step([], "snooze", until=until, reason="x")]
    asked = snooze.text_of(now + dt.timedelta(minutes=after))
    assert (standing(moves, asked).state == "snoozed") == (after < minutes)
