"""Entities at a node: only what the reader may see makes them, and they follow the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.errors import EsclusaError, Forbidden, InputError, NotFound
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.entity_desk import EntityDesk
from esclusa.sharing.reader import Role

WORDS = ("ISTMO PRIMAVERA", "GHOST", "OTRA FIRMA", "SALINAS", "FIRMA CUATRO", "DELVALLE", "MARISOL",
         "NORTHREACH", "BANANAS", "NOBODY AT ALL")  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("entities")) as pair:
        yield pair


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "one.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    yield made
    made.close()


def answer(action: Any) -> str:
    try:
        return msgspec.json.encode(action()).decode()
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"


def entities_of(node: Node, **who: Any) -> list[str]:
    reader = worlds.reader(node, **who)
    pages = [node.entities.find(reader, word, limit=200) for word in WORDS]
    return sorted({row.id for page in pages for row in page.rows})


def everything(node: Node, names: list[str], **who: Any) -> list[str]:
    reader, desk = worlds.reader(node, **who), node.entities
    told = [answer(lambda w=word: desk.find(reader, w, limit=200)) for word in WORDS]
    told.append(answer(lambda: desk.questions(reader, limit=200)))
    told += [answer(lambda n=name: desk.show(reader, n)) for name in names[::2]]
    for name in names[::5]:
        told.append(answer(lambda n=name: desk.links(reader, n, depth=2)))
        told.append(answer(lambda n=name: desk.paths(reader, names[0], n)))
    return told


def test_what_is_hidden_changes_no_entity_id_count_reason_question_link_or_error(
    both: tuple[Node, Node],
) -> None:
    plain, secret = both
    hidden = entities_of(secret, clearance=Level.SECRET)
    asked = sorted({*entities_of(plain), *hidden})
    assert set(hidden) - set(entities_of(plain))  # the secret world does hold more
    # What the cleared reader was shown before must not serve the other one.
    everything(secret, asked[:20], clearance=Level.SECRET)
    for level in (Level.OFFICIAL, Level.OPEN):
        left, right = (everything(world, asked, clearance=level) for world in both)
        assert left == right


def test_what_is_hidden_is_as_unknown_as_what_never_was(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    reader = worlds.reader(secret)
    ghost = secret.entities.find(worlds.cleared(secret), "GHOST FIRM").rows[0].id
    told = {answer(lambda n=name: secret.entities.show(reader, n)) for name in (ghost, "ent-0", "")}
    assert told == {"NotFound: no such entity"}


def test_one_firm_on_two_bills_is_one_entity_with_a_reason_in_both_languages(node: Node) -> None:
    reader = worlds.reader(node)
    worlds.take_in(node, "two.edi", worlds.cuscar(("B2", "ISTMO PRIMAVERA S.A.", "COFFEE")))
    (row,) = node.entities.find(reader, "istmo primavera").rows
    view = node.entities.show(reader, row.id)
    assert {member.source for member in view.members} == {"one.edi", "two.edi"}
    assert all(member.record_id and member.path for member in view.members)
    assert len(view.bonds) + view.equal >= 1
    for bond in view.bonds:
        assert bond.parts_en and len(bond.parts_en) == len(bond.parts_es)


def test_entities_kept_in_memory_are_those_worked_out_anew(node: Node) -> None:
    def told(desk: EntityDesk) -> list[str]:
        reader = worlds.reader(node)
        rows = [row for word in WORDS for row in desk.find(reader, word).rows]
        return [answer(lambda r=row: desk.show(reader, r.id)) for row in rows]

    assert told(node.entities)
    more = worlds.cuscar(("B2", "ISTMO PRIMAVERA SA", "COFFEE"), ("B1", "OTRA FIRMA SA", "BANANAS"))
    worlds.take_in(node, "two.edi", more)
    assert told(node.entities) == told(
        EntityDesk(node.gate, node.pipeline, Path(mkdtemp(dir=node.folder.parent)))
    )


def test_an_erased_record_is_in_no_entity_any_more(node: Node) -> None:
    reader = worlds.reader(node)
    before = entities_of(node)
    worlds.take_in(node, "two.edi", worlds.cuscar(("B7", "ALTAMIRA GHOST SL", "COFFEE")))
    (row,) = node.entities.find(reader, "ALTAMIRA GHOST").rows
    (member,) = node.entities.show(reader, row.id).members
    node.erase(node.administrator(), member.record_id, reason="a test of erasure")
    assert not node.entities.find(reader, "ALTAMIRA GHOST").rows
    assert entities_of(node) == before
    with pytest.raises(NotFound):
        node.entities.show(reader, row.id)


def test_who_reads_no_case_reads_no_entity_and_blank_text_finds_none(node: Node) -> None:
    with pytest.raises(Forbidden):
        node.entities.find(worlds.reader(node, role=Role.AUDITOR), "ISTMO")
    with pytest.raises(InputError, match="name or a number"):
        node.entities.find(worlds.reader(node), "  ")


def test_reading_an_entity_is_in_the_log(node: Node) -> None:
    (row,) = node.entities.find(worlds.reader(node), "ISTMO PRIMAVERA").rows
    node.entities.show(worlds.reader(node), row.id)
    lines = node.gate.audit(worlds.reader(node, role=Role.AUDITOR), limit=5)
    assert row.id in {line.subject for line in lines}


def test_a_part_that_is_longer_than_what_is_shown_says_so(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = worlds.reader(node)
    names = ("DELVALLE", "DELVALLE", "DELVALLE", "M DELVALLE", "MARIO DELVALLE ZUBIETA")
    bills = [(f"B{n}", name, "COFFEE") for n, name in enumerate(names, start=2)]
    worlds.take_in(node, "two.edi", worlds.cuscar(*bills))
    rows = node.entities.find(reader, "delvalle").rows
    name, *others = (row.id for row in rows if row.names == ("DELVALLE",))
    for other in others:
        node.entities.judge(reader, name, other, verdict="same", reason="one card")
    whole = node.entities.show(reader, name)
    asked = {frozenset((p.a.id, p.b.id)) for p in node.entities.questions(reader, limit=200)}
    own = {member.id for member in whole.members}
    assert whole.cut == () and len(own) > 2 and len(whole.questions) > 1
    assert {frozenset((p.a.id, p.b.id)) for p in whole.questions} == {p for p in asked if p & own}
    monkeypatch.setattr("esclusa.node.entity_desk._MEMBERS", 2)
    monkeypatch.setattr("esclusa.node.entity_desk._QUESTIONS", 1)
    cut = node.entities.show(reader, name)
    assert set(cut.cut) >= {"members", "questions"}
    assert (len(cut.members), cut.questions) == (2, whole.questions[:1])
    assert cut.entity.members == len(own)
