"""What a node keeps of its entities after its ledger was put back from a backup: nothing of another
past is believed. On both databases. About 15 CPU seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

import worlds
from entity_folders import anew, folder_of, places_of, told
from esclusa.node import Node

WORDS = ("ISTMO PRIMAVERA", "OTRA FIRMA", "SALINAS", "CANARIO")
BILLS = (
    ("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"),
    ("B2", "OTRA FIRMA SA", "BANANAS"),
    ("B3", "SALINAS DEL ESTE SA", "BANANAS"),
)
CANARY = ("B7", "CANARIO QUETZAL SL", "COFFEE")

Making = Callable[[Path], Node]
"""Makes an empty node in a folder, on the database that is tested."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def making(request: pytest.FixtureRequest) -> Iterator[Making]:
    with ExitStack() as stack:

        def make(folder: Path) -> Node:
            database = ""
            if request.param == "postgres":
                copied: Callable[[str], AbstractContextManager[str]]
                copied = request.getfixturevalue("database_from")
                database = stack.enter_context(copied(""))
            return worlds.make(folder, database)

        yield make


@pytest.fixture
def node(making: Making, tmp_path: Path) -> Iterator[Node]:
    made = making(tmp_path / "node")
    worlds.take_in(made, "one.edi", worlds.cuscar(*BILLS))
    yield made
    made.close()


def fits(node: Node) -> bool:
    """Tell whether what is kept is what the ledger gives anew."""
    who = worlds.reader(node)
    return told(node.entities, who, WORDS) == told(anew(node), who, WORDS)


def erase(node: Node, bill: str) -> None:
    name = node.search(worlds.cleared(node), bill).rows[0].record_id
    node.erase(node.administrator(), name, reason="asked for")


def restored(node: Node, archive: Path, target: Node) -> Node:
    """Return a node of a backup, with the registers of the node as it is now: so it looks after the
    database alone was put back."""
    target.restore(archive)
    target.close()
    node.entities.registers.close()
    shutil.copytree(folder_of(node), folder_of(target), dirs_exist_ok=True)
    return Node.open(target.folder)


@pytest.mark.parametrize("after", ["at_once", "as_many", "more", "erased"])
def test_a_ledger_that_was_put_back_is_not_told_from_a_file_of_its_future(
    node: Node, making: Making, tmp_path: Path, after: str
) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    node.backup(tmp_path / "backup.tar.gz")
    future = worlds.cuscar(("B9", "CANARIO FUTURO SL", "TILES"))
    if after == "erased":
        erase(node, "B7")
    else:
        worlds.take_in(node, "future.edi", future)
    told(node.entities, worlds.reader(node), WORDS)
    back = restored(node, tmp_path / "backup.tar.gz", making(tmp_path / "back"))
    if after in ("as_many", "more"):
        worlds.take_in(back, "other.edi", worlds.cuscar(("B8", "CANARIO OTRO SL", "TILES")))
    if after == "more":
        worlds.take_in(back, "more.edi", worlds.cuscar(("B4", "SALINAS DEL ESTE SA", "TILES")))
    if after == "erased":
        erase(back, "B2")  # as many erasures as the file knows, but others
    assert fits(back)
    assert not places_of(back, "FUTURO")
    back.close()


def test_restoring_a_node_removes_the_files_that_were_there(
    node: Node, making: Making, tmp_path: Path
) -> None:
    node.backup(tmp_path / "backup.tar.gz")
    told(node.entities, worlds.reader(node), WORDS)
    target = making(tmp_path / "back")
    node.entities.registers.close()
    shutil.copytree(folder_of(node), folder_of(target), dirs_exist_ok=True)
    target.restore(tmp_path / "backup.tar.gz")
    assert not list(folder_of(target).glob("*.db"))
    assert fits(target)
    target.close()
