"""Joint cases: one history at both sides whatever happens to the messages, nobody changes what the
other made, and what is not here changes the order of nothing else. About 4 s of CPU."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from message_network import Network, schedules

from esclusa.casework.case_words import rows, words
from esclusa.casework.joint import SHARE, TAKE_UP, TOLD, Joint, at, merge, step_name
from esclusa.model import EvidenceFile, JointCaseMove, JointItem, Recorded, decode_body, encode_body

BEGAN = dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC)
OWNER, GUEST = "northreach", "marisol"
FILE = EvidenceFile(name="seal.jpg", sha256="0" * 64, size=5)


class Side:
    """One node's knowledge of a joint case."""

    def __init__(self, agency: str) -> None:
        self.agency = agency
        self.known: list[JointCaseMove] = []

    def now(self) -> Joint:
        return merge(self.known) if self.known else Joint(id="J", owner=OWNER, guest=GUEST)

    def make(self, move: str, of: str = "", hours: float = 0, **said: str) -> JointCaseMove:
        """Make a move here, allowed or not, and nowhere else yet."""
        now, other = self.now(), GUEST if self.agency == OWNER else OWNER
        number = now.highest(self.agency) + 1
        made = JointCaseMove(
            joint="J", owner=OWNER, guest=GUEST, agency=self.agency, number=number,
            seen=now.highest(other), step=step_name("J", f"{self.agency}{number}"), move=move,
            by=f"one of {self.agency}", at=(BEGAN + dt.timedelta(hours=hours)).isoformat(), of=of,
            item=JointItem(kind="record", name="r1") if move == "put" else JointItem(),
            recorded=tuple(Recorded(name=name, value=value) for name, value in said.items()),
            file=FILE if move == "take_in" else None,
        )  # fmt: skip
        self.known.append(made)
        return made


class Pair(Network):
    """Two sides between which messages are lost, late, repeated and out of turn."""

    def __init__(self) -> None:
        super().__init__(Side(OWNER), Side(GUEST))
        self.sides[OWNER].make(SHARE)
        self.post(OWNER, self.sides[OWNER].known[0])

    def any_move(self, agency: str, choice: int) -> None:
        chance, side = random.Random(choice), self.sides[agency]
        if not side.known:
            return  # a guest that was told of nothing has nothing to say
        move = chance.choice(sorted(TOLD))
        things = [thing.name for thing in side.now().things]
        of = (
            chance.choice([*things, "-", ""]) if rows()[move].about or chance.random() < 0.3 else ""
        )
        said = {"member": at(chance.choice((OWNER, GUEST)))} if move in ("task", "assign") else {}
        self.post(agency, side.make(move, of, self.hours, **said))


def told(now: Joint) -> list[tuple[Any, ...]]:
    return [(s.move.agency, s.move.number, s.lost) for s in now.steps]


def played(acts: Iterable[tuple[str, int, float]]) -> Pair:
    pair = Pair()
    pair.play(acts)
    return pair


@settings(max_examples=150, deadline=None)
@given(schedules(9))
def test_both_sides_have_one_history_whatever_happens_to_the_messages(acts: Any) -> None:
    pair = played(acts)
    for side in pair.sides.values():  # what is here already never changes its order
        before = [key[:2] for key in told(side.now())]
        side.before = before
    pair.deliver_all()
    one, other = (side.now() for side in pair.sides.values())
    assert one == other
    assert one.missing == 0
    for side in pair.sides.values():
        order = [key[:2] for key in told(side.now())]
        assert [key for key in order if key in side.before] == side.before
    every = [move for side in pair.sides.values() for move in side.known]
    random.Random(1).shuffle(every)
    assert merge(every) == one
    assert all(decode_body(encode_body(move)) == move for move in every)


@settings(max_examples=100, deadline=None)
@given(schedules(9))
def test_nobody_changes_what_the_other_made_but_for_a_task_that_he_was_given(acts: Any) -> None:
    pair = played(acts)
    pair.deliver_all()
    now = pair.sides[OWNER].now()
    for thing in now.things:
        maker = thing.made.move.agency
        for step in thing.steps:
            if step.move.agency != maker:
                assert (thing.kind, step.move.move) == ("task", "done")
                assert thing.said("member") == at(step.move.agency)
    for step in now.steps:
        if step.move.move in (SHARE, TAKE_UP) and not step.lost:
            assert step.move.agency == (OWNER if step.move.move == SHARE else GUEST)


@settings(max_examples=100, deadline=None)
@given(schedules(9))
def test_what_was_erased_is_missed_and_changes_the_order_of_nothing_else(acts: Any) -> None:
    pair = played(acts)
    pair.deliver_all()
    every = pair.sides[OWNER].known
    gone = {(m.agency, m.number) for m in every[1:] if random.Random(m.step).random() < 0.3}
    less = merge(m for m in every if (m.agency, m.number) not in gone)
    kept = [key for key in told(merge(every)) if key[:2] not in gone]
    assert [key[:2] for key in told(less)] == [key[:2] for key in kept]
    last = {a: max((m.number for m in every if m.agency == a), default=0) for a in (OWNER, GUEST)}
    tail: dict[str, int] = {}
    for agency, number in last.items():
        while number - tail.get(agency, 0) > 0 and (agency, number - tail.get(agency, 0)) in gone:
            tail[agency] = tail.get(agency, 0) + 1
    assert less.missing == len(gone) - sum(tail.values())  # what is last leaves no gap


def test_a_fork_has_one_voice_and_strangers_have_none() -> None:
    owner = Side(OWNER)
    owner.make(SHARE)
    first = owner.make("note", text="one")
    fork = JointCaseMove(**{f: getattr(first, f) for f in first.__struct_fields__} | {
        "recorded": (Recorded(name="text", value="another"),)})  # fmt: skip
    assert merge([*owner.known, fork]) == merge([fork, *reversed(owner.known)])
    stranger = JointCaseMove(**{f: getattr(first, f) for f in first.__struct_fields__} | {
        "agency": "altamira", "number": 3})  # fmt: skip
    assert merge([*owner.known, stranger]) == merge(owner.known)


def test_what_does_not_count_is_kept_with_its_reason() -> None:
    owner, guest = Side(OWNER), Side(GUEST)
    guest.known.append(owner.make(SHARE))
    task = owner.make("task", member=at(GUEST))
    note = owner.make("note")
    guest.known += [task, note]
    guest.make(TAKE_UP)
    guest.make("close")
    for move, of in (("drop", task.step), ("seal", note.step), ("done", "-"), (SHARE, "")):
        guest.make(move, of)
    guest.make("done", task.step)
    guest.make("done", task.step)
    guest.make("burn")
    now = guest.now()
    assert [step.lost for step in now.steps[3:]] == [
        "", "", "not_theirs", "unknown", "unknown", "not_theirs", "", "overtaken", "unreadable",
    ]  # fmt: skip
    assert {step.lost for step in now.steps} - {""} == set(words("lost"))
    assert now.states == ("open", "closed")
    assert now.thing(task.step).state == "done"


def test_every_told_move_is_in_the_table_of_cases_and_partners_cannot_compare_names() -> None:
    assert set(rows()) >= TOLD
    assert not TOLD & {"join", "leave", "export", "unshare", "open"}
    assert step_name("J", "s1") == step_name("J", "s1") != step_name("K", "s1")
