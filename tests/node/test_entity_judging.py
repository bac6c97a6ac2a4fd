"""Judgements on entities at a node: they decide, can be taken back, and show to whoever may know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.errors import EsclusaError, Forbidden, InputError, NotFound, StateError
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.node.entity_desk import EntityDesk
from esclusa.sharing.reader import Role

NAMES = ("ISTMO PRIMAVERA SA", "ISTMO PRIMAVERA LOGISTICA SA", "OTRA FIRMA SA", "CUARTA EMPRESA SA")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    bills = [(f"B{n}", name, "BANANAS") for n, name in enumerate(NAMES, start=1)]
    worlds.take_in(made, "one.edi", worlds.cuscar(*bills))
    yield made
    made.close()


def officer(node: Node, name: str = "ana", **more: Any) -> Any:
    return msgspec.structs.replace(worlds.reader(node, **more), name=name)


def entity(node: Node, words: str, **who: Any) -> Any:
    rows = node.entities.find(officer(node, **who), words).rows
    return min(rows, key=lambda row: len(row.names[0]))


def everything(desk: EntityDesk, reader: Any) -> list[str]:
    """What a reader can be shown of these names, as text; judgements themselves left out."""
    told = []
    for name in NAMES:
        for row in desk.find(reader, name, limit=200).rows:
            view = msgspec.structs.replace(desk.show(reader, row.id), judgements=())
            near = desk.links(reader, row.id, depth=2)
            told.append(msgspec.json.encode([row, view, near]).decode())
    return [*told, msgspec.json.encode(desk.questions(reader, limit=200)).decode()]


def judge(node: Node, one: str, other: str, verdict: str, **more: Any) -> Any:
    values = {"reason": "seen at the counter", **more}
    who = values.pop("who", officer(node))
    return node.entities.judge(who, one, other, verdict=verdict, **values)


def test_two_firms_judged_the_same_are_one_until_it_is_taken_back(node: Node) -> None:
    reader = officer(node)
    before = everything(node.entities, reader)
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    said = judge(node, one.id, other.id, "same")
    assert (said.verdict, said.by, said.reason) == ("same", "ana", "seen at the counter")
    assert {side.names for side in (said.a, said.b)} == {(NAMES[0],), (NAMES[2],)}

    view = node.entities.show(reader, one.id)
    assert set(view.entity.names) >= {NAMES[0], NAMES[2]}
    assert [item.id for item in view.judgements] == [said.id]
    assert node.entities.show(reader, other.id).entity.id == view.entity.id  # a former id leads on

    undone = node.entities.undo(reader, said.id, reason="two ledgers")
    assert (undone.id, undone.verdict, undone.reason) == (said.id, "", "two ledgers")
    assert everything(node.entities, reader) == before
    assert [item.verdict for item in node.entities.judgements(reader).rows] == [""]


def test_members_judged_different_are_parted_and_the_pair_is_asked_no_more(node: Node) -> None:
    reader = officer(node)
    more = worlds.cuscar(("B9", "ISTMO PRIMAVERA S.A.", "COFFEE"))
    worlds.take_in(node, "two.edi", more)
    before = everything(node.entities, reader)
    view = node.entities.show(reader, entity(node, "ISTMO PRIMAVERA").id)
    one, other = view.members[0].id, view.members[-1].id
    said = judge(node, one, other, "different")
    parted = [node.entities.show(reader, f"ent-{name}").entity for name in (one, other)]
    assert parted[0].id != parted[1].id
    asked = {frozenset((pair.a.id, pair.b.id)) for pair in node.entities.questions(reader)}
    assert frozenset((one, other)) not in asked
    node.entities.undo(reader, said.id)
    assert everything(node.entities, reader) == before


def test_what_is_kept_in_memory_is_what_the_ledger_gives_anew(node: Node) -> None:
    reader = officer(node)
    judge(node, entity(node, "ISTMO PRIMAVERA").id, entity(node, "OTRA FIRMA").id, "same")
    afresh = EntityDesk(node.gate, node.pipeline, Path(mkdtemp(dir=node.folder.parent)))
    assert everything(node.entities, reader) == everything(afresh, reader)


def test_a_judgement_survives_an_amended_record_and_goes_with_an_erased_one(node: Node) -> None:
    reader = officer(node)
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    judge(node, one.id, other.id, "same")
    worlds.take_in(node, "again.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "COFFEE")))
    view = node.entities.show(reader, one.id)
    assert NAMES[2] in view.entity.names
    member = next(m for m in view.members if m.names == (NAMES[2],))
    node.erase(node.administrator(), member.record_id, reason="a test of erasure")
    assert not node.entities.judgements(reader).rows
    assert NAMES[2] not in node.entities.show(reader, one.id).entity.names


def test_two_officers_do_not_overrule_each_other_unseen(node: Node) -> None:
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    said = judge(node, one.id, other.id, "same")
    with pytest.raises(StateError, match="ana has judged this pair 'same'"):
        judge(node, said.a.id, said.b.id, "different", who=officer(node, "ben"))
    with pytest.raises(StateError, match="only ana or a supervisor"):
        node.entities.undo(officer(node, "ben"), said.id)
    node.entities.undo(officer(node, "carla", role=Role.SUPERVISOR), said.id)
    with pytest.raises(StateError, match="no judgement of this pair"):
        node.entities.undo(officer(node), said.id)
    again = judge(node, said.a.id, said.b.id, "different", who=officer(node, "ben"))
    assert (again.id, again.verdict) == (said.id, "different")


def test_a_judgement_that_contradicts_a_chain_is_told(node: Node) -> None:
    words = ("ISTMO PRIMAVERA", "OTRA FIRMA", "CUARTA EMPRESA")
    one, other, third = (entity(node, item).id.removeprefix("ent-") for item in words)
    judge(node, one, other, "same")
    judge(node, other, third, "same")
    judge(node, one, third, "different")
    rows = node.entities.judgements(officer(node)).rows
    assert [row.contradicted for row in rows].count(True) == 1
    assert not next(row for row in rows if row.verdict == "different").contradicted


@pytest.mark.parametrize(
    ("verdict", "reason", "error"),
    [
        ("alike", "because", "the verdict 'alike' is not one of same, different"),
        ("same", "  ", "needs a written reason"),
        ("same", "x" * 10_000, "longer than 2000 characters"),
    ],
)
def test_a_verdict_or_reason_that_cannot_stand_is_refused(
    node: Node, verdict: str, reason: str, error: str
) -> None:
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    with pytest.raises(InputError, match=error):
        judge(node, one.id, other.id, verdict, reason=reason)
    assert not node.entities.judgements(officer(node)).rows


def test_what_is_unknown_or_one_thing_twice_cannot_be_judged(node: Node) -> None:
    one = entity(node, "ISTMO PRIMAVERA")
    for name in ("nobody", "ent-nobody", ""):
        with pytest.raises(NotFound, match="no such mention"):
            judge(node, one.id, name, "same")
    with pytest.raises(InputError, match="not one twice"):
        judge(node, one.id, one.id.removeprefix("ent-"), "same")
    with pytest.raises(NotFound, match="no such judgement"):
        node.entities.undo(officer(node), one.id)


def test_who_reads_no_case_judges_none_and_steps_are_in_the_log(node: Node) -> None:
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            judge(node, one.id, other.id, "same", who=officer(node, role=role))
    said = judge(node, one.id, other.id, "same")
    node.entities.undo(officer(node), said.id)
    lines = node.gate.audit(officer(node, role=Role.AUDITOR), limit=50)
    steps = [(line.action, line.detail) for line in lines if line.subject == said.id]
    assert sorted(steps) == [("entity:judge", "same"), ("entity:undo", "")]


def test_a_judgement_on_a_secret_mention_changes_nothing_for_who_may_not_see_it(
    node: Node,
) -> None:
    secret = Marking(level=Level.SECRET)
    worlds.take_in(node, "secret.edi", worlds.cuscar(("B8", "GHOST SA", "TEA")), secret)
    before = everything(node.entities, officer(node))
    cleared = officer(node, "eva", clearance=Level.SECRET)
    (hidden,) = node.entities.find(cleared, "GHOST").rows
    seen = entity(node, "OTRA FIRMA", clearance=Level.SECRET)
    said = judge(node, hidden.id, seen.id, "same", who=cleared)
    assert "GHOST SA" in node.entities.show(cleared, seen.id).entity.names
    assert node.record(cleared, said.id).marking.level == Level.SECRET

    assert everything(node.entities, officer(node)) == before
    assert node.entities.judgements(officer(node)).rows == ()
    told = []
    for name in (said.id, "nobody"):
        with pytest.raises(EsclusaError) as refused:
            node.entities.undo(officer(node), name)
        told.append(repr(refused.value))
    for name in (hidden.id, said.a.id, said.b.id, "nobody"):
        if name != seen.id.removeprefix("ent-"):
            with pytest.raises(EsclusaError) as refused:
                judge(node, seen.id, name, "same")
            told.append(repr(refused.value))
    assert told[0] == told[1] and len(set(told[2:])) == 1
