"""Models fitted, compared and activated by people; scores frozen, explained, never overwritten.

CPU: about 15 seconds, most of it fitting three models once for all tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

import score_worlds
import worlds
from esclusa.analysis.scoring import read_model
from esclusa.errors import Forbidden, InputError, NotFound, StateError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Assessment, record_id
from esclusa.node import Node
from esclusa.sharing.reader import Role


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    made = score_worlds.scored_node(folder / "fitted")
    with pytest.raises(StateError, match="no model is active"):
        made.score_desk.score(worlds.reader(made))
    made.model_desk.fit(score_worlds.supervisor(made), "spring", recipe=score_worlds.QUICK)
    made.close()
    return folder / "fitted"


@pytest.fixture(scope="module")
def activated(fitted: Path) -> Path:
    folder = fitted.parent / "activated"
    with score_worlds.copied(fitted, folder) as made:
        boss = score_worlds.supervisor(made)
        made.model_desk.activate(boss, "spring", reason="first one; card read")
        done = made.score_desk.score(worlds.reader(made))
        assert (done.scored, done.already) == (score_worlds.COUNT, 0)
    return folder


@pytest.fixture
def node(fitted: Path, tmp_path: Path) -> Iterator[Node]:
    """A node with one model, not active."""
    with score_worlds.copied(fitted, tmp_path / "node") as made:
        yield made


@pytest.fixture
def scored(activated: Path, tmp_path: Path) -> Iterator[Node]:
    """The same, active, and everything scored."""
    with score_worlds.copied(activated, tmp_path / "node") as made:
        yield made


def test_fitting_keeps_a_model_and_activates_nothing(node: Node) -> None:
    shown = node.model_desk.models(score_worlds.supervisor(node))
    first = shown.models[-1]
    assert (first.name, first.known) == ("spring", 320)
    assert first.auc is not None and first.auc > 0.7
    assert {one.name for one in first.challenger} >= {"auc", "precision_5"}
    model = read_model(node.model_desk.document(score_worlds.supervisor(node), "spring"))
    assert model.training.unknown == 80  # not examined: neither a find nor clean
    assert dict(model.training.lanes)["control_random"] == pytest.approx(0.25, abs=0.08)


def test_a_model_page_has_the_card_in_the_readers_language_and_shapes(node: Node) -> None:
    page = node.model_desk.show(worlds.reader(node, language="es"), "spring")
    assert page.card.startswith("Ficha del modelo: spring")
    assert node.model_desk.show(worlds.reader(node), "spring").card.startswith("Model card")
    assert page.shapes[0].rows[-1][0] == "no consta"


def test_only_supervisors_fit_and_activate(node: Node) -> None:
    for work in (
        lambda: node.model_desk.fit(worlds.reader(node), "x"),
        lambda: node.model_desk.activate(worlds.reader(node), "spring", reason="r"),
        lambda: node.model_desk.models(worlds.reader(node, role=Role.AUDITOR)),
        lambda: node.score_desk.explain(worlds.reader(node, role=Role.AUDITOR), "0" * 36),
    ):
        with pytest.raises(Forbidden):
            work()


def test_activating_needs_a_reason_and_is_kept_with_who_and_why(scored: Node) -> None:
    desk, boss = scored.model_desk, score_worlds.supervisor(scored)
    with pytest.raises(StateError, match="active already"):
        desk.activate(boss, "spring", reason="again")
    with pytest.raises(InputError, match="written reason"):
        desk.retire(boss, reason="  ")
    with pytest.raises(NotFound):
        desk.activate(boss, "winter", reason="r")
    first = desk.models(boss).steps[-1]
    assert (first.move, first.by, first.reason) == ("activate", "sol", "first one; card read")


def test_a_score_tells_what_it_rests_on_and_sums(scored: Node) -> None:
    best = scored.score_desk.highest(worlds.reader(scored), limit=5)
    assert [row.score for row in best] == sorted((row.score for row in best), reverse=True)
    view = scored.score_desk.explain(worlds.reader(scored), best[0].subject_id)
    assert view.start + sum(one.contribution for one in view.reasons) + view.rest == view.score
    assert 1 <= len(view.reasons) <= 5
    assert view.model == "spring" and len(view.checksum) == 64
    assert view.rules[0].startswith("first ")
    assert (view.version, view.of, view.later) == (1, 1, False)
    with scored.store.read() as connection:
        kept = [one for one in records.current_of_kind(connection, scored.labels, "assessment")
                if one.id == view.record_id]  # fmt: skip
    (body,) = (one.body for one in kept)
    assert isinstance(body, Assessment)
    assert body.start + sum(body.contributions) == body.score == view.score


def test_finds_score_higher_than_others(scored: Node) -> None:
    found = {
        row["subject"]: row["found"]
        for row in scored.outcomes(worlds.reader(scored)).iter_rows(named=True)
    }
    rows = scored.score_desk.highest(worlds.reader(scored), limit=200)
    top = [found[row.subject_id] for row in rows[:40] if row.subject_id in found]
    assert sum(bool(one) for one in top) / len(top) > 0.4


def test_what_is_scored_stays_until_the_record_or_the_model_changes(scored: Node) -> None:
    ana = worlds.reader(scored)
    assert scored.score_desk.score(ana).scored == 0
    subject = _id(scored, "PZ/B7")
    before = scored.score_desk.explain(ana, subject)
    _amend(scored, subject)
    assert scored.score_desk.explain(ana, subject).later
    done = scored.score_desk.score(ana)
    assert (done.scored, done.already) == (1, score_worlds.COUNT - 1)
    after = scored.score_desk.explain(ana, subject)
    assert (after.version, after.of, after.subject_version, after.later) == (2, 2, 2, False)
    assert scored.score_desk.explain(ana, subject, version=1) == msgspec.structs.replace(
        before, of=2, later=True
    )
    assert scored.score_desk.score(ana, [subject], again=True).scored == 1
    with pytest.raises(NotFound):
        scored.score_desk.score(ana, ["0" * 36])


def test_a_second_model_is_compared_and_never_takes_over_by_itself(scored: Node) -> None:
    boss = score_worlds.supervisor(scored)
    page = scored.model_desk.fit(
        boss, "summer", recipe=msgspec.structs.replace(score_worlds.QUICK, seed=3, strength=0.5)
    )
    assert not page.model.active
    assert scored.model_desk.show(boss, "").model.name == "spring"
    told = scored.model_desk.compare(boss, "summer")
    assert (told.old, told.new) == ("spring", "summer")
    assert told.rows >= 40 and told.figures[0].name == "auc"
    step = scored.model_desk.activate(boss, "summer", reason="as good, newer")
    assert step.compared == told.figures
    done = scored.score_desk.score(worlds.reader(scored))
    assert (done.model, done.scored) == ("summer", score_worlds.COUNT)
    subject = _id(scored, "PZ/B9")
    assert scored.score_desk.explain(worlds.reader(scored), subject).model == "summer"
    assert scored.score_desk.explain(worlds.reader(scored), subject, version=1).model == "spring"
    scored.model_desk.activate(boss, "spring", reason="back for the other tests")
    scored.score_desk.score(worlds.reader(scored))


def test_a_container_combines_its_bills(scored: Node) -> None:
    with pytest.raises(NotFound):
        scored.score_desk.box(worlds.reader(scored), "MARU1234567")
    with pytest.raises(InputError):
        scored.score_desk.box(worlds.reader(scored), " ")


def test_erasing_a_consignment_takes_its_scores(scored: Node) -> None:
    ana, subject = worlds.reader(scored), _id(scored, "PZ/B11")
    scored.score_desk.explain(ana, subject)
    scored.erase(scored.administrator(), subject, reason="asked for")
    with pytest.raises(NotFound):
        scored.score_desk.explain(ana, subject)


def test_every_step_leaves_a_line_in_the_audit(scored: Node) -> None:
    subject = _id(scored, "PZ/B3")
    scored.score_desk.explain(worlds.reader(scored), subject)
    lines = scored.audit(worlds.reader(scored, role=Role.AUDITOR), limit=1000)
    actions = {line.action for line in lines}
    assert {"model:fit", "model:activate", "score:write", "score:read"} <= actions


def _id(node: Node, key: str) -> str:
    return record_id(node.agency, "consignment", key)


def _amend(node: Node, subject: str) -> None:
    with node.store.write() as connection:
        label = connection.execute(
            sa.text("SELECT label_id FROM record WHERE id = :id"), {"id": subject}
        ).scalar_one()
        held = records.get(connection, node.labels, {label}, subject)
        assert held is not None and held.body is not None
        goods = msgspec.structs.replace(held.body.goods[0], value=10.0)
        body = msgspec.structs.replace(held.body, goods=(goods,))
        records.append(connection, [Draft(body=body, originator=node.agency, label_id=label)])
