"""Moves on an alert: what the state table allows, and who may make them."""

import datetime as dt
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.casework import tables
from esclusa.casework.alerts import ANALYSIS, next_move, standing, verdicts
from esclusa.casework.snooze import text_of
from esclusa.errors import InputError, StateError
from esclusa.model import AlertMove

AT = "2026-11-23T12:00:00Z"


def make(moves: list[AlertMove], move: str, by: str = "ana", **more: object) -> AlertMove:
    return next_move(moves, alert_id="a", move=move, by=by, at=AT, **more)


def play(*steps: tuple[str, str]) -> list[AlertMove]:
    moves: list[AlertMove] = []
    for move, by in steps:
        more = {"verdict": "refer", "reason": "seal differs"} if move == "verdict" else {}
        moves.append(make(moves, move, by, **more))
    return moves


def test_a_new_alert_has_no_moves_and_is_new() -> None:
    assert standing([]).state == "new"


def test_claim_release_verdict() -> None:
    assert standing(play(("claim", "ana"))).claimed_by == "ana"
    assert standing(play(("claim", "ana"), ("release", "ana"))).state == "new"
    done = standing(play(("claim", "ana"), ("verdict", "ana")))
    assert (done.state, done.verdict) == ("closed", "refer")


def test_what_somebody_else_claimed_cannot_be_claimed() -> None:
    with pytest.raises(StateError, match="already claimed by ana"):
        make(play(("claim", "ana")), "claim", "bea")


def test_only_the_claimant_or_a_supervisor_releases() -> None:
    moves = play(("claim", "ana"))
    with pytest.raises(StateError, match="only ana or a supervisor"):
        make(moves, "release", "bea")
    assert make(moves, "release", "bea", supervisor=True).state == "new"


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [("refer", ""), ("refer", "  "), ("", "why"), ("harmless", "why"), ("refer", "x" * 2001)],
)
def test_a_verdict_needs_a_code_from_the_list_and_a_reason(verdict: str, reason: str) -> None:
    with pytest.raises(InputError):
        make([], "verdict", verdict=verdict, reason=reason)


def test_no_verdict_says_clear_or_safe() -> None:
    for item in verdicts():
        words = f"{item.code} {item.text_en} {item.text_es}".lower()
        assert not {"safe", "clear", "seguro", "clean"} & set(words.split())


def test_undo_goes_back_step_by_step_to_the_beginning() -> None:
    moves = play(("claim", "ana"), ("verdict", "ana"))
    moves.append(make(moves, "undo"))
    assert standing(moves).state == "claimed"
    moves.append(make(moves, "undo"))
    assert standing(moves).state == "new"
    with pytest.raises(StateError, match="no move to undo"):
        make(moves, "undo")
    assert [move.number for move in moves] == [1, 2, 3, 4]


def test_only_the_mover_or_a_supervisor_undoes() -> None:
    moves = play(("claim", "ana"), ("verdict", "ana"))
    with pytest.raises(StateError, match="only ana or a supervisor"):
        make(moves, "undo", "bea")
    assert make(moves, "undo", "bea", supervisor=True).state == "claimed"


def test_the_analysis_reopens_and_voids_but_never_decides() -> None:
    closed = play(("verdict", "ana"))
    assert make(closed, "reopen", ANALYSIS).state == "new"
    assert make(closed, "void", ANALYSIS).state == "withdrawn"
    with pytest.raises(StateError, match="not for analysis"):
        make([], "verdict", ANALYSIS, verdict="refer", reason="x")
    with pytest.raises(StateError, match="not for ana"):
        make(closed, "reopen", "ana")


def test_a_move_of_the_analysis_cannot_be_undone() -> None:
    moves = play(("verdict", "ana"))
    moves.append(make(moves, "reopen", ANALYSIS))
    with pytest.raises(StateError, match="changed facts"):
        make(moves, "undo")


@pytest.mark.parametrize(
    ("state", "move"),
    [("new", "release"), ("closed", "claim"), ("closed", "verdict"), ("new", "reopen")],
)
def test_a_move_the_state_does_not_allow_is_refused(state: str, move: str) -> None:
    moves = {"new": [], "closed": play(("verdict", "ana"))}[state]
    by = ANALYSIS if move == "reopen" else "ana"
    with pytest.raises(StateError):
        make(moves, move, by, verdict="refer", reason="x")


# --- any schedule, against a model that is told anew here -------------------------------------------

PEOPLE = ("ana", "bea", "sol", ANALYSIS)
"""Two officers, a supervisor, and the software."""
MOVES = ("claim", "release", "verdict", "undo", "snooze", "wake", "reopen", "void", "quiet")
BEGAN = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def at(hours: int) -> str:
    return text_of(BEGAN + dt.timedelta(hours=hours))


@dataclass
class Model:
    """The manual on alerts, as short as it can be told: (state, holder, verdict, end) and who moved
    how, for each step that nobody has taken back."""

    stack: list[tuple[str, tuple[str, str, str, int]]] = field(default_factory=list)

    def now(self, hour: int) -> tuple[str, str, str, int]:
        state, holder, verdict, end = self.stack[-1][1] if self.stack else ("new", "", "", 0)
        return ("new", "", "", 0) if state == "snoozed" and end <= hour else (
            state, holder, verdict, end)  # fmt: skip

    def refuses(self, move: str, by: str, hour: int) -> bool:
        state, holder, _verdict, _end = self.now(hour)
        mine = by in (holder, "sol")
        if (by == ANALYSIS) != (move in ("reopen", "void", "quiet")):
            return True
        if move == "undo":
            last = self.stack[-1][0] if self.stack else ANALYSIS
            return last == ANALYSIS or by not in (last, "sol")
        open_ = state in ("new", "claimed", "snoozed")
        return not {
            "claim": open_ and holder in ("", by),
            "release": state == "claimed" and mine,
            "verdict": open_,
            "snooze": state == "new" or (state == "claimed" and mine),
            "wake": state == "snoozed",
            "reopen": state in ("snoozed", "closed", "withdrawn"),
            "void": True,
            "quiet": state == "new",
        }[move]

    def take(self, move: str, by: str, hour: int, end: int) -> None:
        if move == "undo":
            self.stack.pop()
            return
        holder = self.now(hour)[1] or by
        self.stack.append((by, {
            "claim": ("claimed", by, "", 0), "release": ("new", "", "", 0),
            "verdict": ("closed", holder, "refer", 0), "snooze": ("snoozed", "", "", end),
            "wake": ("new", "", "", 0), "reopen": ("new", "", "", 0),
            "void": ("withdrawn", "", "", 0), "quiet": ("withdrawn", "", "", 0),
        }[move]))  # fmt: skip


steps = st.tuples(
    st.sampled_from(MOVES), st.sampled_from(PEOPLE), st.integers(0, 3), st.integers(1, 9)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=40))
def test_every_schedule_of_people_and_changed_facts_goes_as_the_manual_says(
    schedule: list[tuple[str, str, int, int]],
) -> None:
    model, moves, hour = Model(), list[AlertMove](), 0
    for move, by, later, sleeps in schedule:
        hour += later
        more = {"verdict": "refer", "reason": "seal differs"} if move == "verdict" else {}
        more |= {"until": at(hour + sleeps), "reason": "papers"} if move == "snooze" else {}
        before, refused = list(moves), model.refuses(move, by, hour)
        try:
            moves.append(next_move(moves, alert_id="a", move=move, by=by, at=at(hour),
                                   supervisor=by == "sol", **more))  # fmt: skip
        except StateError as error:
            assert refused, (move, by, error)
            assert len(str(error)) > 20
            continue
        assert not refused, (move, by)
        model.take(move, by, hour, hour + sleeps)
        assert (moves[:-1], moves[-1].number) == (before, len(moves))  # nothing is ever taken out
        now, (state, holder, verdict, end) = standing(moves, at(hour)), model.now(hour)
        assert (now.state, now.claimed_by, now.verdict) == (state, holder, verdict)
        assert now.until == (at(end) if state == "snoozed" else "")


def test_the_model_makes_and_refuses_every_move_of_the_table() -> None:
    """A walk long enough to meet all of it, so that the test above is known to."""
    assert {move for move, _state in tables.moves("alert_states.csv")} == set(MOVES)
    made, refused = set(), set()
    chance, model = random.Random(20261128), Model()
    for hour in range(3000):
        move, by = chance.choice(MOVES), chance.choice(PEOPLE)
        if model.refuses(move, by, hour):
            refused.add(move)
        else:
            made.add(move)
            model.take(move, by, hour, hour + chance.randint(1, 9))
    assert made == set(MOVES) == refused
