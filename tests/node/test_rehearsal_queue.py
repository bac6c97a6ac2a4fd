"""Rehearsals that wait: asked for, made in time beside the pages, through a restart. 5 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import worlds
from esclusa.errors import EsclusaError, Forbidden, NotFound, StateError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.rehearsal_queue import RehearsalQueue
from esclusa.sharing.reader import Reader, Role
from rule_texts import rule


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    bills = [("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE")]
    worlds.take_in(made, "one.edi", worlds.cuscar(*bills))
    worlds.add_people(made)
    made.rule_desk.write(worlds.reader(made, name="analyst"), rule())
    yield made
    made.close()


def analyst(node: Node) -> Reader:
    return worlds.reader(node, name="analyst")


def states(node: Node, name: str = "N1") -> list[tuple[str, str, str]]:
    view = node.rule_desk.show(worlds.reader(node, name="supervisor", role=Role.SUPERVISOR), name)
    return [(one.version, one.state, one.waiting) for one in view.versions]


def test_what_is_asked_for_waits_is_made_once_and_is_what_would_have_been_made_at_once(
    node: Node,
) -> None:
    view = node.rule_desk.ask_rehearsal(analyst(node), "N1")
    assert [(one.waiting, one.state, one.figures) for one in view.versions] == [
        ("analyst", "draft", None)
    ]
    assert view.versions[0].waiting_since == view.steps[-1].at
    again = node.rule_desk.ask_rehearsal(analyst(node), "N1")
    assert len(again.steps) == len(view.steps) == 2  # once is enough
    node.work.run()
    node.work.run()
    done = node.rule_desk.show(analyst(node), "N1")
    assert [(s.move, s.by) for s in done.steps] == [
        ("new", "analyst"), ("ask_rehearsal", "analyst"), ("rehearse", "analyst"),
    ]  # fmt: skip
    assert states(node) == [("1", "rehearsed", "")]
    now = node.rule_desk.rehearse(analyst(node), "N1").versions[0].figures
    assert done.versions[0].figures == now
    (job,) = [one for one in node.work.states() if one.name == "rehearsals"]
    assert (job.runs, job.failures) == (2, 0)


def test_it_waits_through_a_restart(node: Node) -> None:
    node.rule_desk.ask_rehearsal(analyst(node), "N1")
    other = Node.open(node.folder)
    assert states(other) == [("1", "draft", "analyst")]
    other.work.run()
    other.close()
    assert states(node) == [("1", "rehearsed", "")]


def test_a_text_that_was_changed_and_a_version_that_was_closed_have_nothing_that_waits(
    node: Node,
) -> None:
    desk = node.rule_desk
    desk.ask_rehearsal(analyst(node), "N1")
    desk.write(analyst(node), rule(word="TEA"), name="N1")
    assert states(node) == [("1", "draft", "")]
    desk.ask_rehearsal(analyst(node), "N1")
    desk.withdraw(analyst(node), "N1")
    node.work.run()
    assert states(node) == [("1", "withdrawn", "")]
    with pytest.raises(StateError, match="which does not allow the move 'ask_rehearsal'"):
        desk.ask_rehearsal(analyst(node), "N1")


def test_a_rehearsed_version_that_waits_for_another_keeps_its_figures_and_can_be_approved(
    node: Node,
) -> None:
    desk, boss = node.rule_desk, worlds.reader(node, name="supervisor", role=Role.SUPERVISOR)
    before = desk.rehearse(analyst(node), "N1").versions[0].figures
    view = desk.ask_rehearsal(analyst(node), "N1")
    assert view.versions[0].figures == before
    assert desk.approve(boss, "N1", reason="good figures").running == "1"
    node.work.run()
    assert states(node)[0][2] == ""


def test_nobody_is_waited_for_whose_account_was_closed_and_another_asks_anew(node: Node) -> None:
    desk, boss = node.rule_desk, worlds.reader(node, name="supervisor", role=Role.SUPERVISOR)
    desk.ask_rehearsal(worlds.reader(node, name="gone"), "N1")
    node.work.run()
    assert states(node) == [("1", "draft", "gone")]
    desk.ask_rehearsal(boss, "N1")
    node.work.run()
    assert states(node) == [("1", "rehearsed", "")]


def test_what_fails_is_tried_three_times_and_holds_up_no_other(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = node.rule_desk
    desk.write(analyst(node), rule("N2"))
    for name in ("N1", "N2"):
        desk.ask_rehearsal(analyst(node), name)
    asked: list[str] = []
    real = desk.rehearse

    def fails(reader: Reader, name: str) -> object:
        asked.append(name[:2])
        if name.startswith("N1"):
            raise StateError("not now")
        return real(reader, name)

    monkeypatch.setattr(desk, "rehearse", fails)
    queue = RehearsalQueue(node.store, desk, node.people.account)
    for _ in range(3):
        with pytest.raises(StateError, match="not now"):
            queue.run()
    assert queue.run() == 0
    assert asked == ["N1", "N2", "N1", "N1"]
    assert states(node, "N2") == [("1", "rehearsed", "")]


def test_a_page_makes_at_once_what_is_small_and_asks_for_what_is_long(node: Node) -> None:
    desk = node.rule_desk
    long = desk.rehearse_or_ask(analyst(node), "N1", most=1)
    assert [(one.state, one.waiting) for one in long.versions] == [("draft", "analyst")]
    short = desk.rehearse_or_ask(analyst(node), "N1", most=2)
    assert [(one.state, one.waiting) for one in short.versions] == [("rehearsed", "")]


def test_who_may_not_see_the_rule_or_write_rules_asks_for_nothing(node: Node) -> None:
    desk, top = node.rule_desk, worlds.reader(node, name="top", clearance=Level.SECRET)
    desk.write(top, rule("N3"), level=int(Level.SECRET))
    refused = []
    for name in ("N3", "N9"):
        with pytest.raises(NotFound) as error:
            desk.ask_rehearsal(analyst(node), name)
        refused.append(str(error.value))
    assert refused[0] == refused[1]
    auditor = worlds.reader(node, name="auditor", role=Role.AUDITOR)
    with pytest.raises(Forbidden):
        desk.ask_rehearsal(auditor, "N1")
    desk.ask_rehearsal(top, "N3")
    with pytest.raises(EsclusaError):
        desk.show(analyst(node), "N3")
    node.work.run()  # "top" has no account here: nothing is made in its name
    assert [one.waiting for one in desk.show(top, "N3").versions] == ["top"]
