"""What a page asks of several services is one reading: one snapshot, one write of its audit lines,
and never another reader's.

CPU: about two seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

import worlds
from esclusa.errors import NotFound
from esclusa.ledger import audit
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.story_views import TimelineFilter
from esclusa.sharing.views import QueueFilter


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("reading") / "node")
    worlds.take_in(made, "first.edi", worlds.cuscar(("T1", "FIRMA SA", "GENERAL CARGO")))
    yield made
    made.close()


def supervisor(node: Node, name: str) -> Reader:
    return worlds.reader(node, name=name, role=Role.SUPERVISOR)


def lines_of(node: Node, name: str) -> list[tuple[str, str]]:
    """When and what, of the lines about a reader, in order."""
    with node.store.read() as connection:
        return [(row.at, row.action) for row in reversed(audit.lines(connection, limit=200))
                if row.who == name]  # fmt: skip


def test_the_board_says_all_that_it_read_in_one_write(node: Node) -> None:
    node.board.board(supervisor(node, "bea"))
    said = lines_of(node, "bea")
    assert len({at for at, _action in said}) == 1
    assert [action for _at, action in said] == [
        Action.REFERRAL_READ, Action.REFERRAL_READ, Action.REQUEST_READ, Action.CASE_READ,
        Action.BOARD_READ, Action.RULE_READ, Action.LIST_READ,
    ]  # fmt: skip
    with node.store.read() as connection:
        assert audit.verified(connection).broken == 0


def test_what_was_read_before_a_refusal_is_said(node: Node) -> None:
    reader = supervisor(node, "carl")
    with pytest.raises(NotFound), node.gate.together(reader):
        node.gate.search(reader, "FIRMA")
        node.list_desk.show(reader, "no_such_list")
    assert [action for _at, action in lines_of(node, "carl")] == [Action.SEARCH, Action.LIST_READ]


def test_it_is_one_snapshot(node: Node) -> None:
    reader = supervisor(node, "dora")
    with node.gate.together(reader):
        assert node.gate.search(reader, "SNAPSHOT").rows == ()
        worlds.take_in(node, "more.edi", worlds.cuscar(("T2", "SNAPSHOT SA", "GENERAL CARGO")))
        assert node.gate.search(reader, "SNAPSHOT").rows == ()
        with node.gate.together(reader):  # within it, another one adds nothing
            assert node.gate.search(reader, "SNAPSHOT").rows == ()
        assert lines_of(node, "dora") == []
    assert node.gate.search(reader, "SNAPSHOT").rows
    assert len(lines_of(node, "dora")) == 4


def test_another_reader_within_it_sees_what_is_his(node: Node) -> None:
    top, low = worlds.cleared(node), worlds.reader(node, name="eve")
    secret = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    with node.gate.together(top):
        with node.gate.reading(top) as (_connection, seen):
            assert secret in seen
        with node.gate.reading(low) as (_connection, seen):
            assert secret not in seen
        node.gate.search(low, "FIRMA")
        assert len(lines_of(node, "eve")) == 1  # at once, as without it
    same_name = worlds.reader(node, name=top.name)
    with node.gate.together(same_name), node.gate.reading(same_name) as (_connection, seen):
        assert secret not in seen


def test_a_record_and_an_alert_are_one_reading_with_all_that_is_beside_them(node: Node) -> None:
    """The same answers and the same lines as each desk gives by itself, in one write."""
    found = node.gate.search(worlds.reader(node, name="ida"), "FIRMA").rows
    name = next(row.record_id for row in found if row.kind == "consignment")
    reader, alone = worlds.reader(node, name="gil"), worlds.reader(node, name="hugo")
    seen = node.record_desk.record(reader, name)
    assert seen.record == node.record(alone, name)
    assert seen.score == node.score_desk.beside(alone, name)
    assert seen.referrals == node.referral_desk.of_record(alone, name)
    assert seen.requests == node.information_desk.of_record(alone, name)
    assert seen.cases == node.case_desk.of_item(alone, "record", name)
    said = lines_of(node, "gil")
    assert [what for _at, what in said] == [what for _at, what in lines_of(node, "hugo")]
    assert len({at for at, _what in said}) == 1


def test_an_alert_is_one_reading_with_its_record_and_its_place_in_the_list(node: Node) -> None:
    everything = QueueFilter(state="all")
    opened = node.gate.queue(worlds.reader(node, name="ida"), everything).rows[0].alert_id
    reader, alone = worlds.reader(node, name="kim"), worlds.reader(node, name="lea")
    seen = node.record_desk.alert(reader, opened, everything, moved=opened)
    assert seen.alert == node.alert(alone, opened)
    assert seen.sheet.record == node.record(alone, seen.alert.alert.subject_id)
    assert (seen.before, seen.after) == node.neighbours(alone, opened, everything)
    assert seen.last is None  # the reader made no step
    assert len({at for at, _what in lines_of(node, "kim")}) == 1
    with pytest.raises(NotFound):
        node.record_desk.alert(reader, "no such alert", everything)


def test_an_entity_is_one_reading_with_all_that_is_beside_it(node: Node) -> None:
    """The same answers and the same lines as each desk gives by itself, in one write."""
    reader, alone = worlds.reader(node, name="mia"), worlds.reader(node, name="ned")
    name = node.entities.find(worlds.reader(node), "FIRMA").rows[0].id
    other = node.entities.find(worlds.reader(node), "NORTHREACH STAR").rows[0].id
    seen = node.entity_sheets.sheet(reader, name, most=100, latest=5, depth=2, to=other)
    assert seen.entity == node.entities.show(alone, name)
    assert seen.facts == node.stories.facts(alone, name)
    assert seen.story == node.stories.timeline(alone, name, TimelineFilter(limit=5))
    assert seen.near == node.entities.links(alone, name, depth=2)
    assert seen.connected == node.entities.paths(alone, name, other)
    assert seen.cases == node.case_desk.of_item(alone, "entity", name)
    said = lines_of(node, "mia")
    assert [what for _at, what in said] == [what for _at, what in lines_of(node, "ned")]
    assert len(said) == 5 and len({at for at, _what in said}) == 1
    nobody = node.entity_sheets.sheet(reader, name, most=1, latest=1, depth=2, to="ent-nobody")
    assert nobody.connected is None
    assert (len(nobody.near.ways), nobody.near.count) == (1, len(seen.near.ways))
    with pytest.raises(NotFound):
        node.entity_sheets.sheet(reader, "ent-nobody", most=1, latest=1)


def test_what_is_told_of_an_entity_is_one_state_and_another_reader_has_his_own(node: Node) -> None:
    top, low = worlds.cleared(node), worlds.reader(node, name="ola")
    marking = Marking(level=Level.SECRET)
    worlds.take_in(node, "hid.edi", worlds.cuscar(("T8", "GHOST SA", "TEA")), marking)
    with node.entities.together(top):
        assert len(node.entities.find(top, "GHOST").rows) == 1
        worlds.take_in(node, "hid2.edi", worlds.cuscar(("T9", "GHOST TWO SA", "TEA")), marking)
        assert len(node.entities.find(top, "GHOST").rows) == 1
        assert node.entities.find(low, "GHOST").rows == ()
        assert len(lines_of(node, "ola")) == 1  # at once, as without it
    assert len(node.entities.find(top, "GHOST").rows) == 2
    with pytest.raises(NotFound), node.entities.together(low):
        node.entities.find(low, "FIRMA")
        node.entities.show(low, "ent-nobody")
    assert len(lines_of(node, "ola")) == 3


def test_moves_on_many_alerts_are_those_on_each(node: Node) -> None:
    reader = worlds.reader(node, name="pia")
    bills = [(f"M{n}", f"PARTIDA {n} SA", "GENERAL CARGO") for n in range(4)]
    worlds.take_in(node, "moves.edi", worlds.cuscar(*bills))
    rows = [row for row in node.queue(reader, QueueFilter(state="all")).rows if " M" in row.title]
    assert len(rows) == 4
    for row, often in zip(rows, (0, 1, 4, 9), strict=True):
        for number in range(often):
            (node.release if number % 2 else node.claim)(reader, row.alert_id)
    with node.gate.reading(reader) as (connection, visible):
        own = max(
            visible, key=lambda label: len(node.gate.moves(connection, rows[3].alert_id, label))
        )
        told = node.gate.moves_of(connection, [(row.alert_id, own) for row in rows])
        assert told == {
            row.alert_id: node.gate.moves(connection, row.alert_id, own) for row in rows
        }
        assert [len(told[row.alert_id]) for row in rows] == [0, 1, 4, 9]
        assert node.gate.moves_of(connection, []) == {}


def test_within_one_reading_a_question_is_asked_once_and_without_one_each_time(node: Node) -> None:
    reader = worlds.reader(node, name="rut")
    rows = node.gate.search(worlds.reader(node), "FIRMA").rows
    name = next(row.record_id for row in rows if row.kind == "consignment")
    asked: list[tuple[str, str]] = []

    def noting(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if "FROM record" in statement and "record.id =" in statement:
            asked.append((statement, str(given)))

    sa.event.listen(sa.Engine, "before_cursor_execute", noting)
    try:
        seen = node.record_desk.record(reader, name)
        together = list(asked)
        asked.clear()
        node.record(reader, name)
        node.score_desk.beside(reader, name)
        node.referral_desk.of_record(reader, name)
        node.information_desk.of_record(reader, name)
        node.case_desk.of_item(reader, "record", name)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", noting)
    assert len(together) == len(set(together)) < len(asked)
    assert set(together) == set(asked)
    worlds.take_in(node, "again.edi", worlds.cuscar(("T1", "FIRMA SA", "OTHER CARGO")))
    assert node.record_desk.record(reader, name).record.version == seen.record.version + 1
