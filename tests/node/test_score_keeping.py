"""A served node scores what comes in by itself, under each label by the model that is active there.

CPU: about 5 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import planted_models
import worlds
from esclusa.errors import NotFound
from esclusa.model import Marking, record_id
from esclusa.node import Node
from esclusa.sharing.reader import Role


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "old.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    yield made
    made.close()


def activate(node: Node, name: str, marking: Marking | None = None, intercept: int = 0) -> None:
    planted_models.plant(node, name, marking=marking, intercept=intercept)
    node.model_desk.activate(boss(node), name, reason="card read")


def boss(node: Node) -> worlds.Reader:
    return worlds.reader(node, role=Role.SUPERVISOR, name="sol", clearance=worlds.Level.SECRET)


def bill(node: Node, number: str) -> str:
    return record_id(node.agency, "consignment", f"NRCH/{number}")


def keep_up(node: Node) -> int:
    return node.score_desk.keep_up(node.operator())


def test_without_an_active_model_nothing_is_scored(node: Node) -> None:
    assert keep_up(node) == 0
    activate(node, "first")
    node.model_desk.retire(boss(node), reason="not good enough")
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TILES")))
    assert keep_up(node) == 0


def test_what_comes_in_or_is_amended_is_scored_once_and_what_was_there_waits(node: Node) -> None:
    activate(node, "first")
    assert keep_up(node) == 0
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TILES")))
    assert (keep_up(node), keep_up(node)) == (1, 0)
    ana = worlds.reader(node)
    first = node.score_desk.explain(ana, bill(node, "B2"))
    with pytest.raises(NotFound):
        node.score_desk.explain(ana, bill(node, "B1"))
    worlds.take_in(node, "amended.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "GLASS")))
    assert node.score_desk.explain(ana, bill(node, "B2")).later
    assert keep_up(node) == 1
    again = node.score_desk.explain(ana, bill(node, "B2"))
    assert (again.version, again.subject_version, again.later) == (2, 2, False)
    assert node.score_desk.explain(ana, bill(node, "B2"), version=1).score == first.score
    assert node.score_desk.score(ana).already == 1


def test_a_node_that_was_stopped_catches_up_and_scores_nothing_twice(
    node: Node, tmp_path: Path
) -> None:
    activate(node, "first")
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TILES")))
    assert keep_up(node) == 1
    worlds.take_in(node, "late.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "TILES")))
    node.close()
    opened = Node.open(tmp_path / "node")
    assert (keep_up(opened), keep_up(opened)) == (1, 0)
    assert node.score_desk.explain(worlds.reader(opened), bill(opened, "B3")).version == 1
    opened.close()


def test_a_secret_model_takes_no_score_from_those_who_do_not_know_it(node: Node) -> None:
    activate(node, "open")
    activate(node, "hidden", worlds.SECRET, intercept=40_000)
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TILES")))
    assert (keep_up(node), keep_up(node)) == (2, 0)
    name = bill(node, "B2")
    assert node.score_desk.explain(worlds.reader(node), name).model == "open"
    assert node.score_desk.explain(worlds.cleared(node), name).model == "hidden"


def test_the_jobs_of_a_node_keep_scores_up_and_tell_how_it_went(node: Node) -> None:
    activate(node, "first")
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TILES")))
    node.jobs.run()
    states = {one.name: one for one in node.jobs.states()}
    assert states["scores"].runs == 1 and not states["scores"].error
    assert states["scores"].began is not None and states["scores"].began.utcoffset() is not None
    assert node.score_desk.explain(worlds.reader(node), bill(node, "B2")).model == "first"


def test_two_processes_of_one_node_keep_one_score(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(node, "first")
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TILES")))
    other, made = Node.open(tmp_path / "node"), node.score_desk._assessed

    def and_the_other_is_faster(*given: Any) -> Any:
        drafts = made(*given)
        assert keep_up(other) == 1
        return drafts

    monkeypatch.setattr(node.score_desk, "_assessed", and_the_other_is_faster)
    assert keep_up(node) == 0
    assert node.score_desk.explain(worlds.reader(node), bill(node, "B2")).of == 1
    other.close()
