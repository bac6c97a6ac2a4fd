"""Killed at any moment, the node loses nothing acknowledged and leaves nothing half-written.

A child process takes files in and is killed at random moments, again and again, until it once comes
through. The ledger must then equal that of a node that was never disturbed.

How much work there is says a run that nothing disturbs. The first moments are counted in the work
that the child itself does, and lie in the first half of what is left of it: however fast or busy
the machine, the child is not done by then. The others are moments of the clock (SIGKILL), which
strike while it waits as well; one of these may come too late.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

import worlds
from esclusa.ledger import custody
from esclusa.ledger.schema import defect, quarantine, queue, record, source
from esclusa.node import Node

BY_WORK, BY_CLOCK = 4, 2
"""Kills of either kind; the first is while files are still coming in."""
CHILD = Path(__file__).with_name("kill_child.py")


class Run(NamedTuple):
    """What a child acknowledged and, if it came through, the seconds that it worked until all was
    received, that it worked, and that it took."""

    acknowledged: list[str]
    received: float = 0.0
    worked: float = 0.0
    took: float = 0.0

    @property
    def done(self) -> bool:
        return self.took > 0


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


def run_child(folder: Path, names: list[Path], *, work: float = 0, clock: float = 0) -> Run:
    """Run the child; it ends after so many seconds of its own work, or is killed so many seconds
    after it opened the node. 0: never."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), str(work), *map(str, names)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "open"
    killer = threading.Timer(clock or 300, child.send_signal, [signal.SIGKILL])
    killer.start()
    said = child.stdout.read()
    whole = said[: said.rfind("\n") + 1]  # the kill may have struck within its last line
    lines = [line.split() for line in whole.splitlines()]
    child.wait()
    killer.cancel()
    acknowledged = [line[1] for line in lines if line[0] == "acknowledged"]
    seconds = next((line[1:] for line in lines if line[0] == "done"), ())
    return Run(acknowledged, *map(float, seconds))


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
    whole = run_child(tmp_path / "calm", names)
    assert whole.done
    node = new_node(tmp_path / "node", ledger_url)

    acknowledged: set[str] = set()
    struck, left = 0, 1.0
    for number in range(BY_WORK + BY_CLOCK):
        half = left / 2 if number else whole.received / whole.worked
        share = chance.uniform(0.0, half)
        by_work = number < BY_WORK
        seconds = share * (whole.worked if by_work else whole.took)
        # A timer of 0 seconds would never strike.
        run = run_child(
            tmp_path / "node", names, **{"work" if by_work else "clock": seconds + 0.001}
        )
        struck += not run.done
        left -= share  # At least: what was not yet written is done again.
        acknowledged |= set(run.acknowledged)
        with node.store.read() as connection:
            for identity in acknowledged:
                assert custody.find(connection, identity, None) is not None
        assert node.check() == []
    last = run_child(tmp_path / "node", names)

    assert struck >= BY_WORK
    assert last.done
    assert state_of(node) == state_of(calm)
    assert node.check() == []
    assert not list((tmp_path / "node" / "vault").glob("incoming-*")) or node.vault.sweep() is None
    calm.close()
    node.close()
