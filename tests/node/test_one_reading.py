"""What a page asks of several services is one reading: one snapshot, one write of its audit lines,
and never another reader's.

CPU: about two seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import worlds
from esclusa.errors import NotFound
from esclusa.ledger import audit
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.sharing.reader import Action, Reader, Role


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
