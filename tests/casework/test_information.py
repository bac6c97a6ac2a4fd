"""Requests for information: the data, the clocks, every illegal move refused with its reason, and
one history at both sides whatever happens to the messages. About 3 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from message_network import Network, carry, schedules

from esclusa.casework.forms import MoveMistakes
from esclusa.casework.information import LONGEST, Request, merge
from esclusa.casework.information_moves import Agreed, allowed, next_move
from esclusa.casework.information_rates import rates
from esclusa.casework.information_words import (
    ANSWERS,
    DECISIONS,
    SYSTEM,
    codes,
    fields,
    final,
    rows,
    states,
    words,
)
from esclusa.errors import InputError, StateError
from esclusa.model import InformationMove
from esclusa.sharing.agreement.lists import clocks, refusals
from esclusa.sharing.reader import PURPOSES

BEGAN = dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC)
ASKING, ASKED = "northreach", "marisol"
AGREED = Agreed(
    clocks=tuple(clocks()), refusals=tuple(refusals()), purposes=("targeting", "investigation")
)
FILLED = {"text": "something", "long": "something written with a reason in it"}


def at(hours: float) -> str:
    return (BEGAN + dt.timedelta(hours=hours)).isoformat()


def facts(move: str, state: str, **changes: str) -> dict[str, str]:
    """Return what a move must record, filled; of alternatives the first."""
    found = {}
    for need in rows()[move, state].needs:
        field = fields()[need.fields[0]]
        if field.type != "moment":
            found[field.name] = (
                next(iter(codes(field.list))) if field.list else FILLED[field.type]
            )  # fmt: skip
    return found | changes


class Side:
    """One node's knowledge of a request."""

    def __init__(self, agency: str) -> None:
        self.agency = agency
        self.known: list[InformationMove] = []

    def now(self) -> Request:
        if self.known:
            return merge(self.known)
        return Request(id="R1", requester=ASKING, answerer=ASKED)

    def make(
        self, move: str, hours: float, by: str = "", *, lead: bool = True, version: str = "",
        agreed: Agreed | None = AGREED, records: tuple[str, ...] = (), **changes: str,
    ) -> InformationMove:  # fmt: skip
        """Make a move here, and nowhere else yet."""
        now = self.now()
        asked = InformationMove(
            request="R1", requester=ASKING, answerer=ASKED, agency=self.agency, number=0, seen=0,
            move=move, by=by or f"one of {self.agency}", at=at(hours), records=records,
        )  # fmt: skip
        said = facts(move, now.state) if (move, now.state) in rows() else {}
        made = next_move(now, asked, said | changes, agreed, supervisor=lead, version=version)
        self.known.append(made)
        return made


class Pair:
    """Both sides, with messages that arrive at once unless a test holds them back."""

    def __init__(self) -> None:
        self.asking, self.asked = Side(ASKING), Side(ASKED)

    def go(self, *moves: tuple[Any, ...], **changes: str) -> Pair:
        """Make moves as (move, hours) where they belong, and carry them over."""
        for move, hours in moves:
            row = rows()[move, self.asked.now().state]
            side = self.asked if row.actor == "answerer" else self.asking
            known = {name: value for name, value in changes.items()
                     if any(name in need.fields for need in row.needs)}  # fmt: skip
            side.make(move, hours, SYSTEM if row.actor == "system" else "", **known)
            self.carry()
        return self

    def carry(self) -> None:
        carry(self.asking, self.asked)

    @property
    def now(self) -> Request:
        assert seen_by(self.asking) == seen_by(self.asked)
        return self.asked.now()


def seen_by(side: Side) -> Any:
    """Return what both sides must see alike."""
    now = side.now()
    return (
        now.state, now.clock, now.due, now.rested, now.resting, now.subject, now.escalated,
        [(step.move, step.state, step.lost, step.late) for step in now.steps], now.waiting,
    )  # fmt: skip


# --- the data -----------------------------------------------------------------------------------


def test_every_field_code_list_state_and_move_of_the_table_has_its_words() -> None:
    for row in rows().values():
        assert row.move in words("move")
        assert {row.source, row.target} - {"none"} <= set(words("state"))
        assert {name for need in row.needs for name in need.fields} <= set(fields())
    assert all(codes(field.list) for field in fields().values() if field.type == "code")
    for group in ("state", "move", "lost", "stays"):
        assert all(word.text_en and word.text_es for word in words(group).values())
    for name in ("subject", "purpose", "clock", "ground"):
        assert all(code.text_en and code.text_es for code in codes(name).values())
    assert tuple(codes("purpose")) == PURPOSES


def test_every_state_is_reached_and_nothing_is_ever_called_clear() -> None:
    reached, before = {"none"}, set()
    while reached != before:
        before = set(reached)
        reached |= {row.target for row in rows().values() if row.source in reached}
    assert reached - {"none"} == set(states())
    assert final() == {"answered", "withdrawn"}
    for group in ("state", "move"):
        for word in words(group).values():
            assert "clear" not in word.text_en.lower().split()


def test_clocks_are_those_of_police_practice_with_their_sources() -> None:
    assert {clock.id: clock.hours for clock in clocks().values()} == {
        "8h": 8, "12h": 12, "7d": 168, "14d": 336,
    }  # fmt: skip
    assert all("art." in code.meaning_en for code in codes("clock").values())


# --- walks and clocks ---------------------------------------------------------------------------


@pytest.mark.parametrize(("clock", "hours"), [("8h", 8), ("12h", 12), ("7d", 168), ("14d", 336)])
def test_the_answer_is_due_by_the_clock_that_the_question_named(clock: str, hours: int) -> None:
    pair = Pair().go(("ask", 0), clock=clock)
    assert pair.now.due == BEGAN + dt.timedelta(hours=hours)
    assert pair.now.left(BEGAN) == dt.timedelta(hours=hours)
    for side in (pair.asking, pair.asked):
        with pytest.raises(StateError):
            side.make("expire", hours, SYSTEM)
    pair.go(("expire", hours + 0.1))
    assert (pair.now.state, pair.now.left(BEGAN)) == ("expired", None)


def test_the_clock_runs_over_a_leap_day_and_a_change_of_zone_in_true_hours() -> None:
    asked = InformationMove(
        request="R1", requester=ASKING, answerer=ASKED, agency=ASKING, number=1, seen=0,
        move="ask", by="ana", at="2028-02-25T22:00:00-05:00", clock="7d",
    )  # fmt: skip
    due = merge([asked]).due
    assert due == dt.datetime(2028, 3, 4, 3, tzinfo=dt.UTC)


def test_the_clock_rests_while_more_is_needed_and_the_rest_is_added() -> None:
    pair = Pair().go(("ask", 0), ("acknowledge", 1), ("need_more", 2), clock="8h")
    assert pair.now.resting == BEGAN + dt.timedelta(hours=2)
    assert pair.now.left(BEGAN + dt.timedelta(hours=30)) == dt.timedelta(hours=6)
    with pytest.raises(StateError):
        pair.asking.make("expire", 30, SYSTEM)
    pair.go(("reply", 12))
    assert (pair.now.rested, pair.now.resting) == (dt.timedelta(hours=10), None)
    assert pair.now.due == BEGAN + dt.timedelta(hours=18)
    pair.go(("answer_full", 17.9))
    assert (pair.now.state, pair.now.steps[-1].late) == ("answered", False)


def test_an_extension_names_reason_and_moment_and_comes_in_time() -> None:
    pair = Pair().go(("ask", 0), clock="8h")
    for until, problem in ((at(8), "sooner"), ("soon", "moment"), ("2026-11-28T10:00", "moment"),
                           (at(24 * 367), "sooner"), ("", "missing")):  # fmt: skip
        with pytest.raises(MoveMistakes) as caught:
            pair.asked.make("extend", 1, until=until)
        assert [(m.field, m.problem) for m in caught.value.mistakes] == [("until", problem)]
    with pytest.raises(MoveMistakes):
        pair.asked.make("extend", 1, until=at(20), extension_reason="busy")
    pair.asked.make("extend", 1, until="2026-11-28T05:00+01:00")
    pair.carry()
    assert pair.now.due == BEGAN + dt.timedelta(hours=20)
    with pytest.raises(StateError, match=r"due at 2026-11-28T04:00\+00:00"):
        pair.asked.make("extend", 20.1, until=at(40))
    # What rested before an extension is in the moment that was named; what rests after is added.
    pair.go(("need_more", 10), ("reply", 12))
    assert pair.now.due == BEGAN + dt.timedelta(hours=22)


def test_silence_is_no_answer_and_a_late_answer_is_an_answer_that_came_late() -> None:
    pair = Pair().go(("ask", 0), ("expire", 9), clock="8h")
    assert words("state")[pair.now.state].text_en == "No answer in time"
    with pytest.raises(StateError):
        pair.asked.make("need_more", 10)
    pair.go(("answer_none", 11))
    assert (pair.now.state, pair.now.steps[-1].late) == ("nothing_known", True)
    # The same when the answer was late and silence had not been noted yet.
    pair = Pair().go(("ask", 0), ("refuse", 8.5), clock="8h")
    assert (pair.now.state, pair.now.steps[-1].late) == ("refused", True)


def test_the_lead_escalates_once_and_the_clock_begins_again() -> None:
    pair = Pair().go(("ask", 0), ("refuse", 2), clock="8h")
    with pytest.raises(StateError, match="a supervisor"):
        pair.asking.make("escalate", 30, lead=False)
    with pytest.raises(StateError, match="service that asked"):
        pair.asked.make("escalate", 30)
    pair.go(("escalate", 30))
    assert pair.now.due == BEGAN + dt.timedelta(hours=38)
    pair.go(("refuse", 31))
    with pytest.raises(StateError, match="once already"):
        pair.asking.make("escalate", 32)
    assert "escalate" not in {
        row.move for row in allowed(pair.now, ASKING, supervisor=True, at=at(32))
    }


# --- what is refused ----------------------------------------------------------------------------


def test_every_move_that_the_table_does_not_allow_is_refused_with_the_state() -> None:
    pair = Pair().go(("ask", 0), ("acknowledge", 1))
    known = {state for _move, state in rows()}
    for move in {name for name, _ in rows()} - {m for m, s in rows() if s == "acknowledged"}:
        for side in (pair.asking, pair.asked):
            with pytest.raises(StateError, match="that is acknowledged does not allow"):
                side.make(move, 2)
    assert "acknowledged" in known


def test_each_move_belongs_to_one_side() -> None:
    for (move, state), row in rows().items():
        theirs = ASKING if row.actor == "answerer" else ASKED
        now = Request(id="R1", requester=ASKING, answerer=ASKED, state=state)
        asked = InformationMove(
            request="R1", requester=ASKING, answerer=ASKED, agency=theirs, number=0, seen=0,
            move=move, by="bea", at=at(1),
        )  # fmt: skip
        with pytest.raises(StateError, match=r"belongs to|from time alone"):
            next_move(now, asked, {}, AGREED, supervisor=True)


def test_what_the_agreement_does_not_list_is_refused_at_its_field() -> None:
    narrow = Agreed(clocks=("7d",), refusals=("not_available",), purposes=("investigation",))
    side = Side(ASKING)
    with pytest.raises(MoveMistakes) as caught:
        side.make("ask", 0, agreed=narrow, clock="8h", purpose="targeting")
    assert [(m.field, m.problem) for m in caught.value.mistakes] == [
        ("purpose", "unagreed"), ("clock", "unagreed"),
    ]  # fmt: skip
    assert "clock is not one that the agreement with this partner lists" in str(caught.value)
    with pytest.raises(MoveMistakes) as caught:
        side.make("ask", 0, agreed=narrow, clock="1h", purpose="investigation")
    assert [(m.field, m.problem) for m in caught.value.mistakes] == [("clock", "code")]
    pair = Pair().go(("ask", 0))
    with pytest.raises(MoveMistakes) as caught:
        pair.asked.make("refuse", 1, agreed=narrow, ground="national_security")
    assert [(m.field, m.problem) for m in caught.value.mistakes] == [("ground", "unagreed")]
    pair.asked.make("refuse", 1, agreed=narrow, ground="not_available")


def test_wrong_fields_are_named_one_by_one() -> None:
    side = Side(ASKING)
    with pytest.raises(MoveMistakes) as caught:
        side.make("ask", 0, subject_kind="ghost", subject_name="", question="who?",
                  legal_basis="a\x00b", purpose="x" * 41)  # fmt: skip
    assert {(m.field, m.problem) for m in caught.value.mistakes} == {
        ("subject_kind", "code"), ("subject_name", "one_of"), ("subject_number", "one_of"),
        ("question", "short"), ("legal_basis", "damaged"), ("purpose", "long"),
    }  # fmt: skip
    with pytest.raises(InputError, match="does not record 'secret'"):
        side.make("ask", 0, secret="x")
    assert side.known == []


def test_somebody_was_faster() -> None:
    pair = Pair().go(("ask", 0))
    seen = pair.asked.now().version
    pair.go(("acknowledge", 1))
    with pytest.raises(StateError, match="somebody was faster"):
        pair.asked.make("answer_none", 2, version=seen)


def test_only_an_answer_points_to_records_and_to_few() -> None:
    pair = Pair().go(("ask", 0))
    with pytest.raises(InputError, match="points to no records"):
        pair.asked.make("acknowledge", 1, records=("a",))
    with pytest.raises(InputError, match="50 at most"):
        pair.asked.make("answer_full", 1, records=tuple(map(str, range(51))))
    pair.asked.make("answer_full", 1, records=("a", "b"))
    pair.carry()
    assert pair.now.steps[-1].move.records == ("a", "b")


# --- beside each other --------------------------------------------------------------------------


@pytest.mark.parametrize(("move", "hours", "state"), [
    ("answer_full", 7.9, "answered"), ("refuse", 7.9, "refused"), ("extend", 7.9, "acknowledged"),
])  # fmt: skip
def test_what_was_done_in_time_stands_beside_silence_that_was_noted_meanwhile(
    move: str, hours: float, state: str
) -> None:
    pair = Pair().go(("ask", 0), clock="8h")
    more = {"until": at(30)} if move == "extend" else {}
    pair.asking.make("expire", 8.1, SYSTEM)
    pair.asked.make(move, hours, **more)
    pair.carry()
    assert pair.now.state == state
    assert pair.now.steps[-1].lost in ("overtaken", "early")
    assert not pair.now.steps[-2].late


def test_an_answer_stands_beside_a_question_that_was_withdrawn_meanwhile() -> None:
    pair = Pair().go(("ask", 0))
    pair.asking.make("withdraw", 1)
    pair.asked.make("answer_part", 2)
    pair.carry()
    assert pair.now.state == "answered_in_part"
    assert [(s.move.move, s.lost) for s in pair.now.steps[1:]] == [
        ("answer_part", ""), ("withdraw", "overtaken"),
    ]  # fmt: skip


def test_moves_of_strangers_and_of_the_wrong_side_count_for_nothing() -> None:
    pair = Pair().go(("ask", 0))
    said = {"request": "R1", "requester": ASKING, "answerer": ASKED, "seen": 1, "by": "x"}
    forged = [
        InformationMove(agency=ASKING, number=2, move="answer_none", at=at(1), **said),
        InformationMove(agency="altamira", number=1, move="answer_none", at=at(1), **said),
        InformationMove(agency=ASKED, number=1, move="open_sesame", at="yesterday", **said),
        InformationMove(agency=ASKING, number=3, move="ask", clock="1h", at=at(1), **said),
    ]
    now = merge([*pair.asked.known, *forged])
    assert now.state == "asked"
    assert {step.lost for step in now.steps} == {"", "unreadable", "not_theirs", "overtaken"}


# --- rates --------------------------------------------------------------------------------------


def test_rates_count_each_request_once_and_silence_is_no_answer() -> None:
    def now(*moves: tuple[Any, ...], **changes: str) -> Request:
        return Pair().go(("ask", 0), *moves, clock="8h", **changes).now

    said = rates([
        now(), now(("acknowledge", 1)), now(("need_more", 1)),
        now(("answer_full", 1)), now(("answer_part", 1)), now(("answer_none", 9)),
        now(("refuse", 1), ground="national_security"),
        now(("refuse", 1), ("escalate", 2), ("answer_full", 3), ground="outside_agreement"),
        now(("expire", 9)), now(("expire", 9), ("answer_full", 10)),
        now(("expire", 9), ("withdraw", 10)), now(("withdraw", 1)),
        now(("extend", 1), ("answer_full", 20), until=at(30)),
        now(("expire", 9), ("escalate", 10), ("answer_full", 11)),
    ])  # fmt: skip
    assert (said.asked, said.waiting, said.in_time, said.late) == (14, 3, 5, 3)
    assert (said.silent, said.withdrawn, said.due) == (2, 1, 10)
    assert said.asked == said.waiting + said.in_time + said.late + said.silent + said.withdrawn
    assert (said.full, said.part, said.nothing_known) == (4, 1, 1)
    assert said.refused == {"national_security": 1, "outside_agreement": 1}
    assert (said.extended, said.escalated) == (1, 2)
    assert said.in_time + said.late == 4 + 1 + 1 + 2


# --- the model: two nodes, any schedule -----------------------------------------------------------


class Messages(Network):
    """Two nodes whose people move as the table says, or try to."""

    def __init__(self) -> None:
        super().__init__(Side(ASKING), Side(ASKED))
        self.act(ASKING, "ask", "ana")

    def act(self, agency: str, move: str, by: str) -> None:
        """Make a move if it is allowed there; and check that the table allowed it there."""
        side = self.sides[agency]
        before = side.now()
        until = before.due and (before.due + dt.timedelta(hours=3)).isoformat()
        more = {"until": until} if move == "extend" and until else {}
        more |= {"clock": "8h"} if move == "ask" else {}
        try:
            made = side.make(move, self.hours, by, **more)
        except StateError:
            return
        after = side.now()
        self.post(agency, made)
        assert (move, before.state) in rows()
        assert (after.steps[-1].move, after.steps[-1].lost) == (made, "")

    def any_move(self, agency: str, choice: int) -> None:
        """Try a move: three times of four one of those that people can make now, else any."""
        now = self.sides[agency].now()
        names = sorted({move for move, _state in rows()})
        can = [row.move for row in allowed(now, agency, supervisor=True, at=at(self.hours))]
        rare = DECISIONS | {"withdraw"}  # else most requests would end early
        usual = [move for move in can if move not in rare or choice % 5 == 0]
        chosen = usual if choice % 4 and usual else names
        if choice % 16 == 0:
            self.act(agency, "expire", SYSTEM)
        else:
            self.act(agency, chosen[choice // 4 % len(chosen)], "ana")


@settings(max_examples=300, deadline=None)
@given(schedules(5))
def test_both_sides_end_with_one_history_and_no_illegal_state(acts: Iterable[Any]) -> None:
    network = Messages()
    network.play(acts)
    before = [
        step.move for step in network.sides[ASKED].now().steps
        if not step.lost and step.move.agency == ASKED
    ]  # fmt: skip
    network.deliver_all()
    one, other = network.sides[ASKING], network.sides[ASKED]
    assert seen_by(one) == seen_by(other)
    again = Side(ASKING)
    again.known = [*reversed(one.known), *one.known]
    assert seen_by(again) == seen_by(one)
    _check(one.now())
    # What the asked service did counts for good, whatever arrives later.
    after = [
        step.move for step in one.now().steps if not step.lost and step.move.agency == ASKED
    ]  # fmt: skip
    assert after == before
    assert [move for move in other.known if move.agency == ASKED] == after


def _check(now: Request) -> None:
    """Hold the history against the table and the rules, told anew here."""
    state, due, asked, resting, escalated = "none", BEGAN, BEGAN, None, 0
    assert not now.waiting
    for step in now.steps:
        move = step.move
        if step.lost:
            assert step.state == state
            continue
        row = rows()[move.move, state]
        made = dt.datetime.fromisoformat(move.at)
        assert step.state == row.target
        assert move.agency == (ASKED if row.actor == "answerer" else ASKING)
        if resting is not None:
            due += max(made - resting, dt.timedelta())  # clocks apart take no time away
            resting = None
        if move.move == "ask":
            asked, due = made, made + dt.timedelta(hours=8)
        elif move.move == "need_more":
            assert made <= due
            resting = made
        elif move.move == "extend":
            assert made <= due < dt.datetime.fromisoformat(move.due) <= asked + LONGEST
            due = dt.datetime.fromisoformat(move.due)
        elif move.move == "expire":
            assert move.by == SYSTEM
            assert made > due
        elif move.move == "escalate":
            escalated += 1
            due = made + dt.timedelta(hours=8)
        if move.move in ANSWERS:
            assert row.target in ("answered", "answered_in_part", "nothing_known")
        state = row.target
    assert (now.state, now.due, now.resting) == (state, due, resting)
    assert escalated <= 1
