"""The life of a rule: what the table allows, who may, and a model played against random schedules."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from esclusa.casework.rule_life import (
    OPEN,
    RUNNING,
    Periods,
    in_force,
    moves_from,
    next_move,
    state_on,
    states,
    versions,
)
from esclusa.casework.tables import table
from esclusa.errors import InputError, StateError
from esclusa.model import RehearsalFigures, RuleMove, RuleRate

FIRST = dt.date(2026, 3, 1)
PERIODS = Periods(before_end=10, in_force=40)
FIGURES = RehearsalFigures(rows=1, unjudged=0, all=RuleRate(hits=1), alone=RuleRate(hits=1))
WRITES = ("new", "amend", "edit")


def step(
    moves: list[RuleMove], move: str, by: str = "ana", *, day: dt.date = FIRST, version: str = "",
    text: str = "a rule", starts: int = 0, lasts: int = 100, digest: str = "", now: str = "",
    reason: str = "seen in the yard", supervisor: bool = False,
) -> RuleMove:  # fmt: skip
    """Ask for a move and add it to the history."""
    known = versions(moves)
    written: dict[str, Any] = {}
    if move in WRITES:
        version = version or ("1" if not known else str(len(known) + (move != "edit")))
        begins = day + dt.timedelta(days=starts)
        written = {
            "text": text, "digest": digest or f"digest of {text}",
            "valid_from": begins.isoformat(),
            "valid_to": (begins + dt.timedelta(days=lasts)).isoformat(),
        }  # fmt: skip
    else:
        written = {"digest": digest, "figures": FIGURES if move == "rehearse" else None}
        now = now or (known[-1].digest if known else "")
    asked = RuleMove(
        rule_id="R", number=0, move=move, version=version, by=by, at=f"{day}T12:00:00Z",
        reason=reason, **written,
    )  # fmt: skip
    made = next_move(moves, asked, day=day, periods=PERIODS, supervisor=supervisor, now=now)
    moves.append(made)
    return made


def play(*steps: tuple[str, str], day: dt.date = FIRST, **more: Any) -> list[RuleMove]:
    moves: list[RuleMove] = []
    for move, by in steps:
        step(moves, move, by, day=day, **more)
    return moves


APPROVED = (("new", "ana"), ("rehearse", "ana"), ("approve", "bea"))


def state(moves: list[RuleMove], day: dt.date, place: int = -1) -> str:
    known = versions(moves)
    return state_on(known, range(len(known))[place], day, PERIODS)


def after(days: int) -> dt.date:
    return FIRST + dt.timedelta(days=days)


def test_a_rule_goes_from_draft_to_expired_by_steps_and_days() -> None:
    moves = play(("new", "ana"))
    assert state(moves, FIRST) == "draft"
    step(moves, "rehearse")
    assert state(moves, FIRST) == "rehearsed"
    assert step(moves, "approve", "bea").state == "approved"
    assert [state(moves, after(day)) for day in (0, 39, 40, 100, 101)] == [
        "active", "active", "review_due", "review_due", "expired",
    ]  # fmt: skip
    assert [move.number for move in moves] == [1, 2, 3]


def test_review_is_due_a_stated_time_before_the_end() -> None:
    moves = play(*APPROVED, lasts=30)
    assert [state(moves, after(day)) for day in (20, 21, 30, 31)] == [
        "active", "review_due", "review_due", "expired",
    ]  # fmt: skip


def test_an_approved_rule_waits_for_its_first_day() -> None:
    moves = play(*APPROVED, starts=5)
    assert [state(moves, after(day)) for day in (4, 5)] == ["approved", "active"]
    assert in_force(versions(moves), after(4), PERIODS) is None


def test_nobody_approves_what_he_wrote_or_changed() -> None:
    moves = play(("new", "ana"), ("edit", "bea"), ("rehearse", "carla"))
    for author in ("ana", "bea"):
        with pytest.raises(StateError, match=f"{author} wrote this version; a second person"):
            step(list(moves), "approve", author, supervisor=True)
    assert step(moves, "approve", "carla").state == "approved"


def test_what_is_approved_is_exactly_what_was_rehearsed_and_seen() -> None:
    moves = play(("new", "ana"))
    with pytest.raises(StateError, match="is draft, which does not allow the move 'approve'"):
        step(moves, "approve", "bea")
    step(moves, "rehearse")
    step(moves, "edit", text="another rule")
    with pytest.raises(StateError, match="is draft"):
        step(moves, "approve", "bea")
    step(moves, "rehearse")
    with pytest.raises(StateError, match="changed since you saw it"):
        step(moves, "approve", "bea", digest="digest of a rule")
    with pytest.raises(StateError, match="a list that it reads has changed"):
        step(moves, "approve", "bea", now="digest with another list")
    step(moves, "rehearse", now="digest with another list")
    done = step(moves, "approve", "bea", now="digest with another list",
                digest="digest of another rule")  # fmt: skip
    assert done.digest == "digest with another list"


def test_what_has_ended_is_not_approved() -> None:
    moves = play(("new", "ana"), ("rehearse", "ana"), lasts=3)
    with pytest.raises(StateError, match="its last day was 2026-03-04"):
        step(moves, "approve", "bea", day=after(4))


def test_the_old_version_stays_in_force_until_the_new_one_begins_and_never_comes_back() -> None:
    moves = play(*APPROVED)
    step(moves, "amend", text="sharper", starts=20)
    step(moves, "rehearse")
    step(moves, "approve", "bea")
    for day, name, states_then in (
        (19, "1", ["active", "approved"]), (20, "2", ["superseded", "active"]),
    ):  # fmt: skip
        running = in_force(versions(moves), after(day), PERIODS)
        assert running is not None and running.name == name
        assert [state(moves, after(day), place) for place in (0, 1)] == states_then
    assert step(moves, "retire", "ana", day=after(25)).version == "2"
    assert in_force(versions(moves), after(26), PERIODS) is None


def test_a_new_version_retired_before_its_first_day_leaves_the_old_one_in_force() -> None:
    moves = play(*APPROVED)
    step(moves, "amend", text="sharper", starts=20)
    step(moves, "rehearse")
    step(moves, "approve", "bea")
    step(moves, "retire", "bea", day=after(3), version="2")
    running = in_force(versions(moves), after(25), PERIODS)
    assert running is not None and running.name == "1"


def test_a_new_version_retired_on_its_first_day_has_been_in_force() -> None:
    moves = play(*APPROVED)
    for move, by in (("amend", "ana"), ("rehearse", "ana"), ("approve", "bea"), ("retire", "bea")):
        step(moves, move, by, day=after(7), text="sharper")
    assert in_force(versions(moves), after(7), PERIODS) is None


def test_time_in_force_counts_from_the_approval() -> None:
    moves = play(("new", "ana"), starts=-10, lasts=200)
    step(moves, "rehearse")
    step(moves, "approve", "bea", day=after(5))
    assert [state(moves, after(day)) for day in (44, 45)] == ["active", "review_due"]


def test_rejecting_and_retiring_need_a_reason_and_a_draft_is_withdrawn_by_its_author() -> None:
    moves = play(("new", "ana"), ("rehearse", "ana"))
    with pytest.raises(InputError, match="say why"):
        step(moves, "reject", "bea", reason=" ")
    with pytest.raises(StateError, match="only ana or a supervisor"):
        step(moves, "withdraw", "bea")
    assert step(list(moves), "withdraw", "bea", supervisor=True).state == "withdrawn"
    assert step(moves, "reject", "bea").state == "rejected"
    assert step(moves, "amend").version == "2"
    with pytest.raises(InputError, match="longer than 2000"):
        step(moves, "withdraw", reason="x" * 2001)


def test_a_version_s_name_is_used_once_and_a_draft_keeps_its_own() -> None:
    moves = play(*APPROVED)
    with pytest.raises(StateError, match="there is a version 1 already"):
        step(moves, "amend", version="1")
    step(moves, "amend", version="2")
    with pytest.raises(StateError, match="must keep that version"):
        step(moves, "edit", version="3")
    with pytest.raises(StateError, match="no version '9'"):
        step(moves, "retire", version="9")
    assert step(moves, "withdraw").version == "2"


def test_the_moves_of_days_are_in_the_table_and_nobody_makes_them() -> None:
    days = {row["move"] for row in table("rule_states.csv") if row["actor"] == "dates"}
    assert days == {"begin", "review", "end", "supersede"}
    moves = play(*APPROVED)
    for move in days:
        with pytest.raises(StateError):
            step(moves, move)
    assert moves_from("none") == {"new"}
    assert moves_from("active") == {"amend", "retire"}


# --- random schedules against a model ------------------------------------------------------------

PEOPLE = st.sampled_from(["ana", "bea", "carla"])


class Schedules(RuleBasedStateMachine):
    """Moves and days in any order. The model keeps, for each version, what a person would note."""

    @initialize()
    def start(self) -> None:
        self.moves: list[RuleMove] = []
        self.day = FIRST
        self.model: list[dict[str, Any]] = []
        self.began: set[str] = set()

    def newest(self) -> dict[str, Any]:
        return self.model[-1] if self.model else {"open": False, "state": "none"}

    def tried(self, allowed: bool, move: str, by: str, **more: Any) -> bool:
        """Ask for a move; it must be refused exactly when the model says so."""
        before = list(self.moves)
        try:
            step(self.moves, move, by, day=self.day, **more)
        except StateError:
            assert not allowed, (move, by, self.model)
            assert self.moves == before
            return False
        assert allowed, (move, by, self.model)
        return True

    @rule(by=PEOPLE, starts=st.integers(-30, 30), lasts=st.integers(0, 60), text=st.text("ab"))
    def write(self, by: str, starts: int, lasts: int, text: str) -> None:
        noted = self.newest()
        move = "edit" if noted["open"] else "amend" if self.model else "new"
        text = f"text {text}"
        self.tried(True, move, by, starts=starts, lasts=lasts, text=text)
        if move != "edit":
            noted = {"authors": set(), "open": True, "from": None, "gone": None}
            self.model.append(noted)
        noted["authors"].add(by)
        begins = self.day + dt.timedelta(days=starts)
        noted |= {"text": text, "rehearsed": None, "state": "draft", "valid": (
            begins, begins + dt.timedelta(days=lasts))}  # fmt: skip
        self.model[-1] = noted

    @rule(by=PEOPLE, move=st.sampled_from(["new", "amend"]))
    def write_out_of_turn(self, by: str, move: str) -> None:
        if (move == "new" and self.model) or (move == "amend" and self.newest()["open"]):
            self.tried(False, move, by)

    @rule(by=PEOPLE)
    def rehearse(self, by: str) -> None:
        noted = self.newest()
        if self.tried(noted["open"], "rehearse", by):
            noted |= {"rehearsed": noted["text"], "state": "rehearsed"}

    @rule(by=PEOPLE, supervisor=st.booleans())
    def approve(self, by: str, supervisor: bool) -> None:
        noted = self.newest()
        allowed = (
            noted["open"] and noted["rehearsed"] == noted["text"]
            and by not in noted["authors"] and self.day <= noted["valid"][1]
        )  # fmt: skip
        if self.tried(allowed, "approve", by, supervisor=supervisor):
            noted |= {"open": False, "state": "approved",
                      "from": max(self.day, noted["valid"][0])}  # fmt: skip

    @rule(by=PEOPLE, supervisor=st.booleans(), move=st.sampled_from(["reject", "withdraw"]))
    def give_up(self, by: str, supervisor: bool, move: str) -> None:
        noted = self.newest()
        allowed = noted["open"] and (move == "reject" or by in noted["authors"] or supervisor)
        if self.tried(allowed, move, by, supervisor=supervisor):
            noted |= {"open": False, "state": "rejected" if move == "reject" else "withdrawn"}

    @rule(by=PEOPLE)
    def retire(self, by: str) -> None:
        running = self.running()
        waiting = [
            v for v in self.model if v["state"] == "approved" and v["from"] > self.day
            and v["from"] <= v["valid"][1] and v["gone"] is None
        ]  # fmt: skip
        chosen = running or (waiting[-1] if waiting else None)
        if self.tried(chosen is not None, "retire", by) and chosen is not None:
            chosen |= {"state": "retired", "gone": self.day}

    @rule(days=st.integers(1, 30))
    def wait(self, days: int) -> None:
        self.day += dt.timedelta(days=days)

    def running(self) -> dict[str, Any] | None:
        """The last version that has begun, if it is approved and has not ended."""
        begun = [
            v for v in self.model if v["from"] is not None and v["from"] <= self.day
            and (v["gone"] is None or v["gone"] >= v["from"])
        ]  # fmt: skip
        last = begun[-1] if begun else None
        fits = last is not None and last["state"] == "approved" and self.day <= last["valid"][1]
        return last if fits else None

    @invariant()
    def what_runs_is_what_the_model_says(self) -> None:
        known = versions(self.moves)
        found = in_force(known, self.day, PERIODS)
        noted = self.running()
        assert (found and found.text) == (noted and noted["text"])
        told = [state_on(known, place, self.day, PERIODS) for place in range(len(known))]
        assert sum(one in RUNNING for one in told) <= 1
        assert sum(one in OPEN for one in told) <= 1
        assert not {*told[:-1]} & OPEN
        assert {*told} <= {*states()}

    @invariant()
    def nothing_is_removed_and_no_author_approved(self) -> None:
        assert [move.number for move in self.moves] == list(range(1, len(self.moves) + 1))
        authors: dict[str, set[str]] = {}
        for move in self.moves:
            if move.text:
                authors.setdefault(move.version, set()).add(move.by)
            assert move.move != "approve" or move.by not in authors[move.version]


Schedules.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSchedules = Schedules.TestCase
