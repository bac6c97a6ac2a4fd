"""Moves on an alert: what the state table allows, and who may make them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.casework.alerts import ANALYSIS, next_move, standing, verdicts
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


@given(st.lists(st.sampled_from(["claim", "release", "verdict", "undo"]), max_size=20))
def test_every_history_stays_within_the_states_and_keeps_every_move(steps: list[str]) -> None:
    moves: list[AlertMove] = []
    for step in steps:
        try:
            moves.append(make(moves, step, verdict="refer", reason="x"))
        except StateError:
            continue
        assert moves[-1].number == len(moves)
        now = standing(moves)
        assert now.state in {"new", "claimed", "closed"}
        assert (now.state == "closed") == bool(now.verdict)
        assert now.state != "new" or not now.claimed_by
