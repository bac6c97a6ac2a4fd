"""Referrals: every legal walk, every illegal move refused with its reason, and one history at both
sides whatever happens to the messages. About 4 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from message_network import Network, carry, schedules

from esclusa.casework.forms import MoveMistakes, moment
from esclusa.casework.referral_moves import allowed, next_move
from esclusa.casework.referral_rates import rates
from esclusa.casework.referral_words import (
    SYSTEM,
    codes,
    fields,
    final,
    rows,
    states,
    words,
)
from esclusa.casework.referrals import Referral, counted, merge
from esclusa.codes import examination
from esclusa.errors import InputError, StateError
from esclusa.model import ReferralMove, ReferralSubject

BEGAN = dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC)
CUT_OFF = "2026-11-27T20:00:00Z"
ASKING, HOST = "northreach", "marisol"
FILLED = {
    "text": "something", "long": "something written with a reason in it", "number": "112.5",
    "moment": CUT_OFF,
}  # fmt: skip


def at(hours: float) -> str:
    return (BEGAN + dt.timedelta(hours=hours)).isoformat()


def facts(move: str, state: str, **changes: str) -> dict[str, str]:
    """Return what a move must record, filled; of alternatives the first."""
    found = {}
    for need in rows()[move, state].needs:
        field = fields()[need.fields[0]]
        found[field.name] = (
            next(iter(codes(field.list))) if field.list else FILLED[field.type]
        )  # fmt: skip
    return found | changes


class Side:
    """One node's knowledge of a referral."""

    def __init__(self, agency: str) -> None:
        self.agency = agency
        self.known: list[ReferralMove] = []

    def now(self) -> Referral:
        return merge(self.known) if self.known else Referral(
            id="R1", requester=ASKING, host=HOST
        )  # fmt: skip

    def make(
        self, move: str, hours: float, by: str = "", *, lead: bool = True, version: str = "",
        **changes: str,
    ) -> ReferralMove:  # fmt: skip
        """Make a move here, and nowhere else yet."""
        now = self.now()
        asked = ReferralMove(
            referral="R1", requester=ASKING, host=HOST, agency=self.agency, number=0, seen=0,
            move=move, by=by or f"one of {self.agency}", at=at(hours),
            subject=ReferralSubject(carrier="NRCH", bill="B1"),
        )  # fmt: skip
        said = facts(move, now.state) if (move, now.state) in rows() else {}
        made = next_move(now, asked, said | changes, supervisor=lead, version=version)
        self.known.append(made)
        return made


class Pair:
    """Both sides, with messages that arrive at once unless a test holds them back."""

    def __init__(self) -> None:
        self.asking, self.host = Side(ASKING), Side(HOST)

    def go(self, *moves: tuple[Any, ...]) -> Pair:
        """Make moves as (move, hours, further …) where they belong, and carry them over."""
        for move, hours, *more in moves:
            side = self.host if _is_hosts(move, self.host.now().state) else self.asking
            side.make(move, hours, *more)
            self.carry()
        return self

    def carry(self) -> None:
        carry(self.asking, self.host)

    @property
    def state(self) -> str:
        assert seen_by(self.asking) == seen_by(self.host)
        return self.host.now().state


def _is_hosts(move: str, state: str) -> bool:
    row = rows().get((move, state))
    return row is not None and row.actor in ("host", "system_or_host")


def seen_by(side: Side) -> Any:
    """Return what both sides must see alike."""
    now = side.now()
    return (
        now.state, now.do_not_load, now.cut_off, now.rested, now.resting, now.subject,
        [(step.move, step.state, step.lost) for step in now.steps], now.waiting,
    )  # fmt: skip


REQUEST = (("open", 0), ("request", 0.1))


# --- the data ---------------------------------------------------------------------------------


def test_every_field_code_list_state_and_move_of_the_table_has_its_words() -> None:
    for row in rows().values():
        assert row.move in words("move")
        assert {row.source, row.target} - {"none"} <= set(words("state"))
        assert set(row.fields) <= set(fields())
    assert all(codes(field.list) for field in fields().values() if field.type == "code")
    for group in ("state", "move", "lost"):
        assert all(word.text_en and word.text_es for word in words(group).values())


def test_every_state_is_reached_and_the_ends_are_those_of_the_table() -> None:
    reached, before = {"none"}, set()
    while reached != before:
        before = set(reached)
        reached |= {row.target for row in rows().values() if row.source in reached}
    assert reached - {"none"} == set(states())
    assert final() == {"discarded", "resolved_clear", "seizure", "host_cleared", "void"}


def test_no_code_of_a_result_is_unknown_to_examinations() -> None:
    known = examination.lists().category
    assert {c: (v.text_en, v.text_es) for c, v in codes("category").items()} == {
        code: (text.en, text.es) for code, text in known.items()
    }  # fmt: skip


# --- whole walks --------------------------------------------------------------------------------


def test_a_request_is_accepted_scanned_opened_and_ends_in_a_seizure() -> None:
    pair = Pair().go(
        *REQUEST, ("accept", 1), ("scan", 2), ("scan_anomaly", 3), ("examine", 4), ("seize", 5)
    )
    assert pair.state == "seizure"
    now = pair.asking.now()
    assert [step.move.move for step in counted(now)] == [
        "request", "accept", "scan", "scan_anomaly", "examine", "seize",
    ]  # fmt: skip
    assert {r.name: r.value for r in now.steps[-1].move.recorded}["mass_kg"] == "112.5"
    with pytest.raises(StateError, match="is seizure does not allow the move 'void'"):
        pair.host.make("void", 6)


def test_the_draft_stays_at_home() -> None:
    pair = Pair().go(("open", 0), ("amend", 0.1), ("request", 0.2))
    assert [m.move for m in pair.asking.now().drafts] == ["open", "amend"]
    assert pair.host.now().drafts == ()
    assert [m.move for m in pair.host.known] == ["request"]
    assert pair.state == "requested"


def test_only_the_hosts_clearance_lifts_do_not_load() -> None:
    pair = Pair().go(*REQUEST, ("decline", 1), ("escalate", 2))
    assert pair.state == "escalated"
    assert pair.asking.now().do_not_load
    with pytest.raises(StateError, match="belongs to the host"):
        pair.asking.make("clear_load", 3)
    pair.go(("clear_load", 4))
    assert pair.state == "host_cleared"
    assert not pair.asking.now().do_not_load


def test_an_accepted_escalation_keeps_the_flag_until_it_is_cleared() -> None:
    pair = Pair().go(*REQUEST, ("decline", 1), ("escalate", 2), ("accept", 13), ("scan", 14))
    assert pair.host.now().do_not_load
    pair.go(("scan_clear", 15), ("clear", 16))
    assert pair.state == "resolved_clear"
    assert not pair.host.now().do_not_load


def test_void_leaves_the_flag_as_it_was() -> None:
    pair = Pair().go(*REQUEST, ("decline", 1), ("escalate", 2))
    pair.asking.make("void", 3, SYSTEM, void_code="bill_deleted", void_text="withdrawn by NRCH")
    pair.carry()
    assert pair.state == "void"
    assert pair.host.now().do_not_load


def test_a_box_that_was_never_loaded_is_void_at_the_hosts_word_and_in_no_rate() -> None:
    pair = Pair().go(*REQUEST, ("accept", 1))
    never = {"void_code": "never_loaded", "void_text": "the vessel sailed without it"}
    with pytest.raises(StateError, match="when its bill is deleted"):
        pair.asking.make("void", 2, "lena", **never)
    pair.host.make("void", 2, "hugo", **never)
    pair.carry()
    assert pair.state == "void"
    said = rates([pair.asking.now()])
    assert (said.asked, said.void, said.waiting, said.answered) == (0, 1, 0, 0)


def test_silence_past_the_cut_off_is_no_answer_and_nothing_else() -> None:
    pair = Pair().go(*REQUEST)
    with pytest.raises(StateError, match="has not passed yet"):
        pair.asking.make("expire", 11, SYSTEM)
    with pytest.raises(StateError, match="follows from time alone"):
        pair.asking.make("expire", 13)
    with pytest.raises(StateError, match="the cut-off passed at 2026-11-27T20:00"):
        pair.host.make("accept", 12.01)
    pair.asking.make("expire", 12.01, SYSTEM)
    pair.carry()
    assert pair.state == "expired"
    late = {row.move for row in allowed(pair.host.now(), HOST, "h", supervisor=True, at=at(13))}
    assert late == {"void"}


def test_the_clock_rests_while_a_question_is_open_and_the_rest_is_added() -> None:
    pair = Pair().go(*REQUEST, ("ask", 2))
    now = pair.asking.now()
    assert now.resting == BEGAN + dt.timedelta(hours=2)
    assert now.left(BEGAN + dt.timedelta(hours=9)) == dt.timedelta(hours=10)
    with pytest.raises(StateError):
        pair.asking.make("expire", 13, SYSTEM)
    pair.go(("answer", 5))
    assert pair.asking.now().rested == dt.timedelta(hours=3)
    assert pair.asking.now().due == BEGAN + dt.timedelta(hours=15)
    pair.go(("accept", 14.9))
    assert pair.state == "accepted"


# --- waivers ------------------------------------------------------------------------------------


def test_a_waiver_needs_a_code_or_a_written_reason_and_a_second_person_who_leads() -> None:
    pair = Pair().go(*REQUEST)
    asking = pair.asking
    with pytest.raises(MoveMistakes) as caught:
        asking.make("ask_waiver", 1, exception_code="")
    assert {(m.field, m.problem) for m in caught.value.mistakes} == {
        ("exception_code", "one_of"), ("waiver_reason", "one_of"),
    }  # fmt: skip
    with pytest.raises(MoveMistakes) as caught:
        asking.make("ask_waiver", 1, exception_code="", waiver_reason="no time")
    assert caught.value.mistakes[0].problem == "short"
    with pytest.raises(MoveMistakes) as caught:
        asking.make("ask_waiver", 1, exception_code="friend_of_mine")
    assert caught.value.mistakes[0].problem == "code"
    with pytest.raises(StateError, match="nobody has asked"):
        asking.make("waive", 1, "lena")
    asking.make("ask_waiver", 1, "ana")
    with pytest.raises(StateError, match="a second person"):
        asking.make("waive", 2, " ANA ")
    with pytest.raises(StateError, match="leads the team"):
        asking.make("waive", 2, "bea", lead=False)
    with pytest.raises(StateError, match="belongs to the requesting side"):
        pair.host.make("waive", 2, "hugo")
    asking.make("waive", 2, "lena")
    pair.carry()
    assert pair.state == "waived"


def test_a_waiver_asked_for_before_the_host_asked_back_must_be_asked_for_again() -> None:
    pair = Pair().go(*REQUEST, ("ask_waiver", 1, "ana"), ("ask", 2), ("answer", 3))
    with pytest.raises(StateError, match="nobody has asked"):
        pair.asking.make("waive", 4, "lena")


def test_a_forged_waiver_by_one_person_counts_at_neither_side() -> None:
    pair = Pair().go(*REQUEST, ("ask_waiver", 1, "ana"))
    forged = ReferralMove(
        referral="R1", requester=ASKING, host=HOST, agency=ASKING, number=3, seen=0,
        move="waive", by="Ana", at=at(2),
    )  # fmt: skip
    pair.asking.known.append(forged)
    pair.carry()
    assert pair.state == "requested"
    assert pair.host.now().steps[-1].lost == "one_person"


# --- rates --------------------------------------------------------------------------------------


def test_rates_count_each_referral_once_and_leave_void_ones_out() -> None:
    def now(*moves: tuple[Any, ...]) -> Referral:
        return Pair().go(*REQUEST, *moves).host.now()

    pairs = [
        now(), now(("ask", 1)), now(("accept", 1)), now(("decline", 1)),
        now(("decline", 1), ("escalate", 2), ("accept", 3), ("scan", 4), ("scan_clear", 5),
            ("clear", 6)),
        now(("accept", 1), ("scan", 2), ("scan_anomaly", 3), ("examine", 4), ("seize", 5)),
        now(("ask_waiver", 1, "ana"), ("waive", 2, "lena")),
        now(("void", 1)), now(("decline", 1), ("void", 2)),
    ]  # fmt: skip
    silent = Pair().go(*REQUEST)
    silent.asking.make("expire", 13, SYSTEM)
    gone = Pair().go(*REQUEST)
    gone.asking.make("expire", 13, SYSTEM)
    gone.asking.make("void", 14, SYSTEM, void_code="bill_deleted")
    draft = Side(ASKING)
    draft.make("open", 0)
    said = rates([*pairs, silent.asking.now(), gone.asking.now(), draft.now()])
    assert (said.asked, said.void, said.waiting, said.answered) == (8, 3, 2, 4)
    assert (said.silent, said.waived, said.due) == (1, 1, 5)
    assert said.asked == said.waiting + said.answered + said.silent + said.waived
    assert said.declined == {"national_law": 2}
    assert (said.found, said.nothing_found) == (1, 1)


# --- refused moves ------------------------------------------------------------------------------


def test_every_move_that_the_table_does_not_allow_is_refused_with_the_state() -> None:
    pair = Pair().go(*REQUEST, ("accept", 1))
    for move in {name for name, _ in rows()} - {m for m, s in rows() if s == "accepted"}:
        for side in (pair.asking, pair.host):
            with pytest.raises(StateError, match="a referral that is accepted does not allow"):
                side.make(move, 2)


def test_somebody_was_faster() -> None:
    pair = Pair().go(*REQUEST)
    seen = pair.host.now().version
    pair.go(("ask", 1))
    with pytest.raises(StateError, match="somebody was faster"):
        pair.host.make("void", 2, version=seen)


def test_wrong_fields_are_named_one_by_one() -> None:
    pair = Pair().go(*REQUEST, ("accept", 1), ("scan", 2), ("scan_anomaly", 3), ("examine", 4))
    with pytest.raises(MoveMistakes) as caught:
        pair.host.make(
            "seize", 5, category="gold", what="", mass_kg="-3", concealment="x" * 301,
            photo_ref="a\x00b",
        )  # fmt: skip
    assert [(m.field, m.problem) for m in caught.value.mistakes] == [
        ("category", "code"), ("what", "missing"), ("mass_kg", "number"),
        ("concealment", "long"), ("photo_ref", "damaged"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="does not record 'approval'"):
        pair.host.make("seize", 5, approval="yes")
    for mass in ("nan", "inf", "1e9", "0", "12,5"):
        with pytest.raises(MoveMistakes):
            pair.host.make("seize", 5, mass_kg=mass)
    assert len(pair.host.now().steps) == 5


def test_a_cut_off_needs_its_zone_and_lies_ahead() -> None:
    side = Side(ASKING)
    for text, problem in (
        ("2026-11-28T10:00", "moment"), ("tomorrow", "moment"), ("9999-12-31T23:59Z", "moment"),
        ("2026-11-27T07:59Z", "past"),
    ):  # fmt: skip
        with pytest.raises(MoveMistakes) as caught:
            side.make("open", 0, cut_off=text)
        assert [(m.field, m.problem) for m in caught.value.mistakes] == [("cut_off", problem)]


# --- beside each other --------------------------------------------------------------------------


def beside(*moves: tuple[str, str, float, str]) -> Referral:
    """Return the referral after moves that both sides made without knowing the other's."""
    pair = Pair().go(*REQUEST, ("ask_waiver", 1, "ana"))
    for agency, move, hours, by in moves:
        side = pair.asking if agency == ASKING else pair.host
        code = {"void_code": "bill_deleted"} if move == "void" else {}
        text = {"void_text": "withdrawn by the carrier"} if move == "void" else {}
        side.make(move, hours, by, **code, **text)
    pair.carry()
    assert seen_by(pair.asking) == seen_by(pair.host)
    return pair.host.now()


def test_of_a_waiver_and_an_acceptance_made_beside_each_other_the_hosts_word_stands() -> None:
    now = beside((ASKING, "waive", 2, "lena"), (HOST, "accept", 3, "hugo"))
    assert now.state == "accepted"
    assert [(s.move.move, s.lost) for s in now.steps[-2:]] == [
        ("accept", ""),
        ("waive", "overtaken"),
    ]


def test_a_late_message_turns_no_answer_into_the_answer_that_was_given_in_time() -> None:
    now = beside((ASKING, "expire", 12.1, SYSTEM), (HOST, "accept", 11.9, "hugo"))
    assert now.state == "accepted"
    assert now.steps[-1].lost == "overtaken"


def test_a_deleted_bill_beside_an_acceptance_is_void_and_both_moves_are_kept() -> None:
    now = beside((ASKING, "void", 2, SYSTEM), (HOST, "accept", 3, "hugo"))
    assert now.state == "void"
    assert [(s.move.move, s.lost) for s in now.steps[-2:]] == [("accept", ""), ("void", "")]


def test_a_seizure_is_not_made_void_by_what_was_said_beside_it() -> None:
    pair = Pair().go(*REQUEST, ("accept", 1), ("scan", 2), ("scan_anomaly", 3), ("examine", 4))
    pair.asking.make("void", 5, SYSTEM, void_code="bill_deleted", void_text="withdrawn")
    pair.host.make("seize", 6)
    pair.carry()
    assert pair.state == "seizure"


def test_moves_of_strangers_and_of_the_wrong_side_count_for_nothing() -> None:
    pair = Pair().go(*REQUEST)
    wrong = ReferralMove(
        referral="R1", requester=ASKING, host=HOST, agency=ASKING, number=2, seen=0,
        move="accept", by="ana", at=at(1),
    )  # fmt: skip
    stranger = ReferralMove(
        referral="R1", requester=ASKING, host=HOST, agency="altamira", number=1, seen=0,
        move="accept", by="x", at=at(1),
    )  # fmt: skip
    odd = ReferralMove(
        referral="R1", requester=ASKING, host=HOST, agency=ASKING, number=3, seen=0,
        move="…ncel", by="ana", at="yesterday",
    )  # fmt: skip
    now = merge([*pair.host.known, wrong, stranger, odd])
    assert now.state == "requested"
    assert [step.lost for step in now.steps] == ["", "not_theirs", "unreadable"]


# --- the model: two nodes, any schedule -----------------------------------------------------------

_PEOPLE = ("ana", "lena", "bea")


class Messages(Network):
    """Two nodes whose people move as the table says, or try to."""

    def __init__(self) -> None:
        super().__init__(Side(ASKING), Side(HOST))
        self.hours = 0.2
        self.sides[ASKING].make("open", 0)
        self.act(ASKING, "request", "ana")

    def act(self, agency: str, move: str, by: str) -> ReferralMove | None:
        """Make a move if it is allowed there; and check that the table allowed it there."""
        side = self.sides[agency]
        before = side.now()
        try:
            made = side.make(move, self.hours, by)
        except StateError:
            return None
        after = side.now()
        if made.number:
            self.post(agency, made)
            assert (move, before.state) in rows()
            assert after.steps[-1].move == made
            assert after.steps[-1].lost == ""
        return made

    def any_move(self, agency: str, choice: int) -> None:
        """Try a move: three times of four one of those that people can make now, else any."""
        now, who = self.sides[agency].now(), _PEOPLE[choice % 3]
        names = sorted({move for move, _state in rows()})
        can = allowed(now, agency, who, supervisor=True, at=at(self.hours))
        rare = {"void", "ask_waiver"}  # else most referrals would end early
        open_ones = [row.move for row in can if row.move not in rare or choice % 11 == 0]
        chosen = open_ones if choice % 4 and open_ones else names
        by_system = chosen is names and choice % 16 == 0
        move = "expire" if choice % 32 == 0 else chosen[choice // 4 % len(chosen)]
        self.act(agency, move, SYSTEM if by_system else who)


@settings(max_examples=300, deadline=None)
@given(schedules(3))
def test_both_sides_end_with_one_history_and_no_illegal_state(acts: Iterable[Any]) -> None:
    network = Messages()
    network.play(acts)
    hosts_before = [s.move for s in counted(network.sides[HOST].now()) if s.move.agency == HOST]
    network.deliver_all()
    one, other = network.sides[ASKING], network.sides[HOST]
    assert seen_by(one) == seen_by(other)
    assert seen_by(one) == seen_by_all(reversed(one.known))
    _check(one.now())
    # What the host did counts for good, whatever arrives later.
    after = [s.move for s in counted(one.now()) if s.move.agency == HOST]
    assert after == hosts_before
    assert [m for m in other.known if m.agency == HOST] == after


def seen_by_all(moves: Iterable[ReferralMove]) -> Any:
    side = Side(ASKING)
    side.known = list(moves)
    drafts = sorted((m for m in side.known if not m.number), key=lambda m: m.at)
    side.known = drafts + [m for m in side.known if m.number]
    return seen_by(side)


def _check(now: Referral) -> None:
    """Hold the history against the table and the rules, told anew here."""
    state, flag, asked_by = "draft", False, ""
    assert not now.waiting
    for step in now.steps:
        if step.lost:
            assert step.state == state
            continue
        row = rows()[step.move.move, state]
        assert step.state == row.target
        if row.target != state or row.move == "ask_waiver":
            asked_by = step.move.by if row.move == "ask_waiver" else asked_by
        if row.move == "waive":
            assert asked_by and asked_by != step.move.by
        if row.actor == "host":
            assert step.move.agency == HOST
        if state == "expired":
            assert row.target == "void"
        if flag and row.target not in ("escalated", "void"):
            assert step.move.agency == HOST or row.move == "examine"
        flag = row.move == "escalate" or (flag and row.move not in ("clear", "clear_load"))
        state = row.target
    assert now.state == state
    assert now.do_not_load == flag


def test_moments_are_read_with_their_zone_or_not_at_all() -> None:
    assert moment("2026-11-27T10:00+02:00") == dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC)
    for text in ("", "2026-11-27T10:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59Z", "x"):
        assert moment(text) is None
