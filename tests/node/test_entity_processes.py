"""Registers of entities under several processes, and after one was killed; on both databases. About
20 CPU seconds."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import worlds
from entity_folders import anew, folder_of, places_of, told
from esclusa.node import Node

CHILD = Path(__file__).with_name("register_child.py")
WORDS = ("ISTMO PRIMAVERA", "OTRA FIRMA", "SALINAS", "CANARIO")
BILLS = (("B1", "ISTMO PRIMAVERA SA", "TILES"), ("B2", "OTRA FIRMA SA", "BANANAS"),
         ("B7", "CANARIO QUETZAL SL", "COFFEE"))  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Node]:
    own = "" if request.param == "sqlite" else str(request.getfixturevalue("fresh_postgres"))
    made = worlds.make(tmp_path / "node", own)
    worlds.take_in(made, "one.edi", worlds.cuscar(*BILLS))
    yield made
    made.close()


def child(node: Node, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(node.folder), what], stdout=subprocess.PIPE, text=True
    )


def fits(node: Node) -> bool:
    who = worlds.reader(node)
    return told(node.entities, who, WORDS) == told(anew(node), who, WORDS)


def killed(node: Node, what: str) -> None:
    running = child(node, what)
    running.communicate(timeout=120)
    assert running.returncode == -signal.SIGKILL


def test_a_process_killed_while_it_makes_a_file_leaves_none_behind(node: Node) -> None:
    killed(node, "making")
    assert [path.suffix for path in folder_of(node).iterdir()] != [".lock"]  # it had begun one
    assert not list(folder_of(node).glob("*.db"))
    node.entities.registers.forget()  # as at each start
    assert [path.suffix for path in folder_of(node).iterdir()] == [".lock"]
    assert fits(node)


def test_a_process_killed_while_it_brings_a_file_up_to_date_has_changed_nothing(
    node: Node,
) -> None:
    assert fits(node)
    node.entities.registers.close()
    worlds.take_in(node, "two.edi", worlds.cuscar(("B8", "CANARIO OTRO SL", "TILES")))
    killed(node, "taking")
    assert fits(node)


def test_what_a_killed_process_erased_leaves_the_journal_at_the_next_start(node: Node) -> None:
    assert fits(node)
    killed(node, "forgetting")
    assert places_of(node, "CANARIO")  # this process holds the file open: its journal stands
    node.entities.registers.forget()
    assert not places_of(node, "CANARIO")
    assert fits(node)


def test_processes_that_read_and_write_at_once_tell_the_same_in_the_end(node: Node) -> None:
    running = [child(node, "reading") for _ in range(2)]
    for one in running:
        assert one.stdout is not None and one.stdout.readline() == "open\n"
    for number in range(4):
        bills = ((f"N{number}", "CANARIO OTRO SL", "TILES"), ("B1", f"NUEVA {number} SA", "TILES"))
        worlds.take_in(node, f"{number}.edi", worlds.cuscar(*bills))
        assert fits(node)
    name = node.search(worlds.reader(node), "B7").rows[0].record_id
    node.erase(node.administrator(), name, reason="asked for")
    (node.folder / "stop").touch()
    said = "\n".join(told(node.entities, worlds.reader(node), WORDS)).encode()
    for one in running:
        out, _ = one.communicate(timeout=120)
        digest, rounds = out.split()
        assert one.returncode == 0 and digest == hashlib.sha256(said).hexdigest()
        assert int(rounds) >= 1
    assert fits(node)
    assert len(list(folder_of(node).glob("*.db"))) == 1
    assert not places_of(node, "QUETZAL")
