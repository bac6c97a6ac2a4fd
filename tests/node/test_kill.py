"""Killed at any moment, the node loses nothing acknowledged and leaves nothing half-written.

A child process takes files in and is killed (SIGKILL) at random moments, again and again, until it
once comes through. The ledger must then equal that of a node that was never disturbed.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import sqlalchemy as sa

import worlds
from esclusa.ledger import custody
from esclusa.ledger.schema import defect, quarantine, queue, record, source
from esclusa.node import Node

KILLS = 6
CHILD = Path(__file__).with_name("kill_child.py")


def files(folder: Path) -> list[Path]:
    folder.mkdir()
    made = {"one.edi": worlds.interchange(400), "two.edi": worlds.interchange(200, first=1500)}
    made["damaged.edi"] = worlds.sample("manifest-damaged.edi")
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


def state_of(node: Node) -> dict[str, list[tuple[object, ...]]]:
    """Return what the ledger holds, without clocks and salts."""
    wanted = {
        "records": sa.select(
            record.c.id, record.c.version, record.c.kind, record.c.body, record.c.current,
            record.c.source_id, record.c.offset, record.c.withdrawn,
        ),
        "queue": sa.select(queue.c.alert_id, queue.c.score, queue.c.state, queue.c.title),
        "sources": sa.select(source.c.id, source.c.name, source.c.state, source.c.counts),
        "quarantine": sa.select(quarantine.c.source_id, quarantine.c.offset, quarantine.c.state),
        "defects": sa.select(defect.c.source_id, defect.c.number, defect.c.body),
    }  # fmt: skip
    with node.store.read() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(query))
            for name, query in wanted.items()
        }


def run_child(folder: Path, names: list[Path], wait: float | None) -> tuple[list[str], bool]:
    """Run the child, kill it ``wait`` seconds after it opened the node; what it acknowledged."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), *map(str, names)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "open"
    killer = threading.Timer(wait or 300, child.send_signal, [signal.SIGKILL])
    killer.start()
    lines = child.stdout.read().splitlines()
    child.wait()
    killer.cancel()
    return [line.split()[1] for line in lines if line.startswith("ack")], "done" in lines


def new_node(folder: Path, database: str = "") -> Node:
    node = worlds.make(folder, database)
    worlds.with_list(node, "own", ("f7", "FIRMA 7 SA"), ("f8", "FIRMA 8 SA"))
    return node


def test_killed_at_random_moments_nothing_is_lost_or_doubled(
    tmp_path: Path, ledger_url: str
) -> None:
    chance = random.Random(20261123)
    names = files(tmp_path / "in")
    calm = new_node(tmp_path / "calm")
    began = time.monotonic()
    for name in names:
        worlds.take_in(calm, name.name, name.read_bytes())
    most = 1.2 * (time.monotonic() - began)
    node = new_node(tmp_path / "node", ledger_url)

    acknowledged: set[str] = set()
    struck = 0
    for _attempt in range(KILLS):
        said, done = run_child(tmp_path / "node", names, chance.uniform(0.0, most))
        struck += not done
        acknowledged |= set(said)
        with node.store.read() as connection:
            for identity in acknowledged:
                assert custody.find(connection, identity, None) is not None
        assert node.check() == []
    _said, done = run_child(tmp_path / "node", names, None)

    assert struck
    assert done
    assert state_of(node) == state_of(calm)
    assert node.check() == []
    assert not list((tmp_path / "node" / "vault").glob("incoming-*")) or node.vault.sweep() is None
    calm.close()
    node.close()
