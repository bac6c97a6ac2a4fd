"""A judgement is about who stood there: it rests while another party stands in the same place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.errors import EsclusaError, NotFound, StateError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Body, Consignment, EntityJudgement, Level, Marking
from esclusa.node import Node
from esclusa.node import entity_judging as judging
from esclusa.node.entity_desk import EntityDesk
from esclusa.sharing import entity_views as views
from esclusa.sharing.reader import Role

ONE, OTHER, THIRD = "ISTMO PRIMAVERA SA", "OTRA FIRMA SA", "CUARTA EMPRESA SA"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "one.edi", worlds.cuscar(("B1", ONE, "TEA"), ("B2", OTHER, "BANANAS")))
    yield made
    made.close()


def officer(node: Node, name: str = "ana", **more: Any) -> Any:
    return msgspec.structs.replace(worlds.reader(node, **more), name=name)


def entity(node: Node, words: str, **who: Any) -> str:
    return node.entities.find(officer(node, **who), words).rows[0].id


def judged(node: Node, verdict: str = "same", **more: Any) -> views.JudgementView:
    one, other = (entity(node, words).removeprefix("ent-") for words in (ONE, OTHER))
    return node.entities.judge(
        more.pop("who", officer(node)), one, other, verdict=verdict, reason="seen", **more
    )


def stated(node: Node, said: views.JudgementView) -> views.JudgementView:
    rows = node.entities.judgements(officer(node)).rows
    return next(row for row in rows if row.id == said.id)


def amend(node: Node, bill: str, name: str, goods: str = "BANANAS", function: str = "5") -> None:
    data = worlds.cuscar((bill, name, goods), function=function)
    worlds.take_in(node, "amended.edi", data)


def held(node: Node, name: str) -> tuple[Body, int]:
    """The body of a record and the number of its label."""
    with node.store.read() as connection:
        found = records.get(connection, node.labels, node.gate.visible(officer(node)), name)
        assert found is not None and found.body is not None
        return found.body, records.label_of(connection, found.seq)


def write(node: Node, body: Body, label: int) -> None:
    with node.store.write() as connection:
        records.append(connection, [Draft(body=body, originator="marisol", label_id=label)])


def names(node: Node, entity_id: str) -> set[str]:
    return set(node.entities.show(officer(node), entity_id).entity.names)


def side_of(said: views.JudgementView, name: str) -> str:
    assert said.a and said.b
    return "a" if said.a.names == (name,) else "b"


def test_another_party_in_the_same_place_inherits_nothing_until_the_first_one_is_back(
    node: Node,
) -> None:
    said = judged(node)
    side, one = side_of(said, OTHER), entity(node, ONE)
    assert said.rests == () and names(node, one) == {ONE, OTHER}
    amend(node, "B2", THIRD)
    assert names(node, one) == {ONE}
    now = stated(node, said)
    assert (now.verdict, now.by, now.reason) == ("same", "ana", "seen")
    assert now.rests == (views.RestView(side=side, why="changed", parts=("names",)),)
    third = node.entities.show(officer(node), entity(node, THIRD))
    assert [item.rests for item in third.judgements] == [now.rests]
    assert [m.names for m in third.members] == [(THIRD,)]

    fresh = EntityDesk(
        node.gate, node.pipeline, Path(mkdtemp(dir=node.folder.parent))
    )  # what memory holds is what the ledger gives anew
    assert fresh.judgements(officer(node)).rows == node.entities.judgements(officer(node)).rows

    amend(node, "B2", OTHER)
    assert stated(node, said).rests == () and names(node, one) == {ONE, OTHER}


def test_an_amendment_elsewhere_in_the_record_leaves_it_in_force(node: Node) -> None:
    said = judged(node)
    amend(node, "B2", OTHER.lower(), goods="COFFEE")
    assert stated(node, said).rests == ()
    assert names(node, entity(node, ONE)) == {ONE, OTHER.lower()}


def test_parties_in_another_order_are_other_parties_in_their_places(node: Node) -> None:
    said = judged(node, "different")
    side = side_of(said, OTHER)
    body, label = held(node, getattr(said, side).record_id)
    assert isinstance(body, Consignment)
    turned = msgspec.structs.replace(body, parties=body.parties[::-1])
    for now_said, rests in ((turned, True), (body, False)):
        write(node, now_said, label)
        now = stated(node, said)
        assert bool(now.rests) is rests
        assert {rest.side for rest in now.rests} == ({side} if rests else set())
        assert all("names" in rest.parts for rest in now.rests)


def test_a_pair_whose_judgement_rests_may_be_judged_anew_by_anybody(node: Node) -> None:
    said = judged(node)
    amend(node, "B2", THIRD)
    ben = officer(node, "ben")
    assert said.a and said.b
    again = node.entities.judge(ben, said.a.id, said.b.id, verdict="different", reason="looked")
    assert (again.id, again.by, again.rests) == (said.id, "ben", ())
    with pytest.raises(StateError, match="ben has judged this pair 'different'"):
        node.entities.judge(officer(node), said.a.id, said.b.id, verdict="same", reason="no")
    # The first one was answered: with its facts back, the newest step is the one that is compared.
    amend(node, "B2", OTHER)
    assert [rest.why for rest in stated(node, said).rests] == ["changed"]


def test_a_resting_one_is_taken_back_by_whoever_made_it(node: Node) -> None:
    said = judged(node)
    amend(node, "B2", THIRD)
    with pytest.raises(StateError, match="only ana or a supervisor"):
        node.entities.undo(officer(node, "ben"), said.id)
    assert node.entities.undo(officer(node), said.id).rests == ()
    amend(node, "B2", OTHER)
    assert names(node, entity(node, ONE)) == {ONE}


def test_it_is_taken_back_while_a_record_is_withdrawn_and_stays_so_when_it_is_back(
    node: Node,
) -> None:
    said = judged(node)
    side = side_of(said, OTHER)
    amend(node, "B2", OTHER, function="1")
    resting = stated(node, said)
    assert resting.rests == (views.RestView(side=side, why="gone"),)
    assert getattr(resting, side) is None and resting.may_undo
    assert not node.entities.judgements(officer(node, "ben")).rows[0].may_undo
    undone = node.entities.undo(officer(node), said.id, reason="two tills")
    assert (undone.id, undone.verdict, undone.reason, undone.rests) == (
        said.id,
        "",
        "two tills",
        (),
    )
    with pytest.raises(StateError, match="no judgement of this pair"):
        node.entities.undo(officer(node), said.id)
    amend(node, "B2", OTHER, function="9")
    assert names(node, entity(node, ONE)) == {ONE}
    assert [row.verdict for row in node.entities.judgements(officer(node)).rows] == [""]


def test_one_withdrawn_and_back_counts_again(node: Node) -> None:
    said = judged(node)
    amend(node, "B2", OTHER, function="1")
    assert names(node, entity(node, ONE)) == {ONE}
    amend(node, "B2", OTHER, function="9")
    assert stated(node, said).rests == () and names(node, entity(node, ONE)) == {ONE, OTHER}


@pytest.mark.parametrize("step", ["judge", "undo"])
def test_a_record_erased_between_writing_and_reading_back_is_not_found(
    node: Node, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    said = judged(node) if step == "undo" else None
    member = node.entities.show(officer(node), entity(node, OTHER)).members[-1]
    written = getattr(judging, step)

    def then_erased(*args: Any) -> str:
        name: str = written(*args)
        node.erase(node.administrator(), member.record_id, reason="a test of erasure")
        return name

    monkeypatch.setattr(judging, step, then_erased)
    with pytest.raises(NotFound, match="no such judgement"):
        if said:
            node.entities.undo(officer(node), said.id)
        else:
            judged(node)
    monkeypatch.undo()
    assert not node.entities.judgements(officer(node)).rows


def test_one_erased_just_before_it_is_taken_back_is_not_found(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, undo = judged(node), judging.undo
    assert said.a

    def erased_first(*args: Any) -> str:
        node.erase(node.administrator(), said.a.record_id, reason="a test of erasure")  # type: ignore[union-attr]
        return undo(*args)

    monkeypatch.setattr(judging, "undo", erased_first)
    with pytest.raises(NotFound, match="no such judgement"):
        node.entities.undo(officer(node), said.id)


def test_one_that_kept_no_facts_rests_until_it_is_judged_anew(node: Node) -> None:
    said = judged(node)
    body, label = held(node, said.id)
    assert isinstance(body, EntityJudgement) and body.a.facts and body.b.facts
    bare = [msgspec.structs.replace(side, facts={}) for side in (body.a, body.b)]
    write(node, msgspec.structs.replace(body, a=bare[0], b=bare[1]), label)
    assert [rest.why for rest in stated(node, said).rests] == ["not_kept", "not_kept"]
    assert judged(node, who=officer(node, "ben")).rests == ()


def test_a_secret_judgement_that_rests_shows_nothing_to_who_may_not_see_it(node: Node) -> None:
    secret, eva = Marking(level=Level.SECRET), officer(node, "eva", clearance=Level.SECRET)
    worlds.take_in(node, "secret.edi", worlds.cuscar(("B8", "GHOST SA", "TEA")), secret)
    hidden, seen = entity(node, "GHOST", clearance=Level.SECRET), entity(node, OTHER)
    before = node.entities.show(officer(node), seen), node.entities.questions(officer(node))
    said = node.entities.judge(eva, hidden, seen, verdict="same", reason="GHOST")
    for name, rests in (("PHANTOM SA", 1), ("GHOST SA", 0)):
        worlds.take_in(node, "more.edi", worlds.cuscar(("B8", name, "TEA"), function="5"), secret)
        assert len(node.entities.judgements(eva).rows[0].rests) == rests
        assert node.entities.judgements(officer(node)).rows == ()
        assert before == (
            node.entities.show(officer(node), seen), node.entities.questions(officer(node))
        )  # fmt: skip
    told = set()
    for name in (said.id, "nobody"):
        with pytest.raises(EsclusaError) as refused:
            node.entities.undo(officer(node, "sol", role=Role.SUPERVISOR), name)
        told.add(repr(refused.value))
    assert len(told) == 1
