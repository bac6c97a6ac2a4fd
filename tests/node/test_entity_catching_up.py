"""What an entity desk remembers is what a desk that reads everything anew would have, whatever was
written, replaced, withdrawn or erased between two questions. About 6 CPU
seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import pytest

import worlds
from esclusa.ledger.standing import Mark, mark
from esclusa.node import Node
from esclusa.node.entity_desk import EntityDesk
from esclusa.sharing.reader import Reader

BILLS = (("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"), ("B2", "OTRA FIRMA SA", "BANANAS"))


def known_to(
    desk: EntityDesk, reader: Reader
) -> tuple[dict[int, tuple[str, ...]], set[int], set[frozenset[str]]]:
    with desk.seen(reader) as (_connection, _visible, known):
        groups = {frozenset(entity.mentions) for entity in known.entities}
        return known.mentions(), set(known.judged), groups


def judge(node: Node, reader: Reader) -> None:
    """Say of two mentions that they are not the same."""
    with node.entities.seen(reader) as (_connection, _visible, known):
        one, other = sorted(m for names in known.mentions().values() for m in names)[:2]
    node.entities.judge(reader, one, other, verdict="different", reason="papers seen")


def erase(node: Node, reader: Reader) -> None:
    name = node.search(reader, "B2").rows[0].record_id
    node.erase(node.administrator(), name, reason="asked for")


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def test_after_each_step_it_is_as_if_everything_had_been_read_anew(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    own = "" if database == "sqlite" else str(request.getfixturevalue("fresh_postgres"))
    node = worlds.make(tmp_path / "node", own)
    ana = worlds.reader(node)
    steps: list[Callable[[], object]] = [
        lambda: worlds.take_in(node, "first.edi", worlds.cuscar(*BILLS)),
        lambda: worlds.take_in(node, "other.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "TILES"))),
        lambda: judge(node, ana),
        lambda: worlds.take_in(
            node, "changed.edi", worlds.cuscar(("B1", "FIRMA NUEVA SA", "TILES"), function="4")
        ),
        lambda: worlds.take_in(node, "gone.edi", worlds.cuscar(BILLS[1], function="1")),
        lambda: worlds.take_in(node, "back.edi", worlds.cuscar(BILLS[1])),
        lambda: worlds.with_list(node, "own", ("p1", "OTRA FIRMA"), ("p2", "GHOST FIRM")),
        lambda: worlds.with_list(node, "own", ("p1", "OTRA FIRMA")),
        lambda: worlds.take_in(node, "hid.edi", worlds.cuscar(*BILLS), marking=worlds.SECRET),
        lambda: erase(node, ana),
        lambda: worlds.take_in(node, "again.edi", worlds.cuscar(BILLS[1])),
    ]
    seen: set[tuple[int, ...]] = set()
    for step in steps:
        step()
        for reader in (ana, worlds.cleared(node)):
            fresh = known_to(
                EntityDesk(node.gate, node.pipeline, Path(mkdtemp(dir=node.folder.parent))), reader
            )
            assert known_to(node.entities, reader) == fresh
            seen.add(tuple(sorted(fresh[0])))
    assert len(seen) >= 8  # the steps do change what there is
    node.close()


def test_the_mark_of_a_ledger_changes_with_each_record_and_each_erasure(tmp_path: Path) -> None:
    node = worlds.make(tmp_path / "node")
    ana, marks = worlds.reader(node), [_mark(node)]
    assert marks == [Mark()]
    worlds.take_in(node, "first.edi", worlds.cuscar(*BILLS))
    marks.append(_mark(node))
    node.search(ana, "B1")  # a read changes nothing but the audit log
    assert _mark(node) == marks[-1]
    erase(node, ana)
    marks.append(_mark(node))
    assert marks[2].last == marks[1].last and marks[2].erased > marks[1].erased == 0
    node.close()


def _mark(node: Node) -> Mark:
    with node.store.read() as connection:
        return mark(connection)
