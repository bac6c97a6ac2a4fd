"""What secret records do to models and scores is unseen by those who may not see the records.

Two nodes, alike but for secret bills and finds in one: whoever is not cleared fits the same model,
byte for byte, and sees the same scores. CPU: about 12 seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

import score_worlds
import worlds
from esclusa.errors import EsclusaError, NotFound, StateError
from esclusa.model import Level, record_id
from esclusa.node import Node

Both = tuple[Node, Node]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The open world, and the same with secrets; in each a model fitted without clearance."""
    made = []
    for secret in (False, True):
        folder = tmp_path_factory.mktemp("world") / "node"
        node = score_worlds.scored_node(folder, secret=secret)
        node.model_desk.fit(score_worlds.supervisor(node), "open", recipe=score_worlds.QUICK)
        node.model_desk.activate(score_worlds.supervisor(node), "open", reason="card read")
        node.score_desk.score(worlds.reader(node))
        made.append(node)
    cleared = score_worlds.supervisor(made[1], clearance=Level.SECRET, name=worlds.CLEARED)
    made[1].score_desk.score(cleared)
    made[1].model_desk.fit(cleared, "hidden", recipe=score_worlds.QUICK)
    made[1].model_desk.activate(cleared, "hidden", reason="for those who may")
    made[1].score_desk.score(cleared)
    for node in made:
        node.close()
    with ExitStack() as open_:
        yield tuple(
            open_.enter_context(score_worlds.copied(node.folder, node.folder.parent / "read"))
            for node in made
        )  # type: ignore[misc]


def test_the_model_that_all_may_see_is_the_same_to_the_last_byte(both: Both) -> None:
    one, other = (node.model_desk.document(worlds.reader(node), "open") for node in both)
    assert one == other


def test_lists_cards_and_the_active_model_are_the_same(both: Both) -> None:
    def seen(node: Node) -> object:
        found = node.model_desk.models(score_worlds.supervisor(node))
        page = node.model_desk.show(worlds.reader(node), "")
        models = [msgspec.structs.replace(one, fitted="") for one in found.models]
        steps = [msgspec.structs.replace(one, at="") for one in found.steps]
        return models, steps, page.card, page.shapes

    assert seen(both[0]) == seen(both[1])
    for node in both:
        for name in ("hidden", "0" * 12):
            with pytest.raises(NotFound, match="no such model"):
                node.model_desk.show(worlds.reader(node), name)


def test_scores_are_the_same_and_secret_ones_are_not_there(both: Both) -> None:
    def seen(node: Node) -> object:
        rows = node.score_desk.highest(worlds.reader(node), limit=200)
        told = [node.score_desk.explain(worlds.reader(node), row.subject_id) for row in rows[:20]]
        return (
            [(row.subject_id, row.title, row.score, row.probability) for row in rows],
            [msgspec.structs.replace(one, at="") for one in told],
        )

    assert seen(both[0]) == seen(both[1])
    hidden = record_id(both[1].agency, "consignment", "QX/B3")
    cleared = worlds.reader(both[1], clearance=Level.SECRET)
    assert both[1].score_desk.explain(cleared, hidden).model == "hidden"
    errors = []
    for node in both:
        for subject in (hidden, "0" * 36):
            with pytest.raises(NotFound) as refused:
                node.score_desk.explain(worlds.reader(node), subject)
            errors.append(str(refused.value))
            with pytest.raises(NotFound):
                node.score_desk.score(worlds.reader(node), [subject])
    assert len(set(errors)) == 1


def test_the_cleared_see_their_model_active_and_an_open_bill_scored_by_it(both: Both) -> None:
    node = both[1]
    cleared = worlds.reader(node, clearance=Level.SECRET)
    subject = record_id(node.agency, "consignment", "PZ/B3")
    assert node.model_desk.show(cleared, "").model.name == "hidden"
    assert node.score_desk.explain(cleared, subject).model == "hidden"
    assert node.score_desk.explain(worlds.reader(node), subject).model == "open"


def test_an_assessment_is_no_record_for_those_who_may_not_see_it(both: Both) -> None:
    node = both[1]
    subject = record_id(node.agency, "consignment", "QX/B3")
    name = record_id(node.agency, "assessment", subject)
    assert node.record(worlds.reader(node, clearance=Level.SECRET), name)
    with pytest.raises(NotFound, match="no such record"):
        node.record(worlds.reader(node), name)


def test_scoring_anew_says_the_same_numbers(both: Both) -> None:
    done = [node.score_desk.score(worlds.reader(node)) for node in both]
    assert (done[0].scored, done[0].already) == (done[1].scored, done[1].already)
    told = []
    for node in both:
        try:
            told.append(node.model_desk.compare(worlds.reader(node), "open", "hidden"))
        except EsclusaError as error:
            told.append(str(error))
    assert told[0] == told[1]


def test_without_a_model_that_one_may_see_nothing_is_scored(both: Both, tmp_path: Path) -> None:
    built = both[1].folder.parent / "node"
    with score_worlds.copied(built, tmp_path / "node") as node:
        node.model_desk.retire(score_worlds.supervisor(node), reason="test")
        with pytest.raises(StateError, match="no model is active"):
            node.score_desk.score(worlds.reader(node))
