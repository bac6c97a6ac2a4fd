"""Two nodes that are served, each by a process of its own, and nothing between them but the HTTPS
line: what comes of a warning is in the figures of the service that gave it, by the wall clock.

Nobody carries here. What is written before the nodes are served is set up by hand; from then on the
test only works at one desk, as an officer would in a third process, and reads at the other.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from test_acceptance_scenarios import REASONS, REEFER, figures, grown, refusal
from test_around import keep
from test_feedback import BOXES, clause, history, warn
from test_line import HOST as MACHINE

import worlds
from esclusa.casework.notices import Choice, Way
from esclusa.node import credentials
from esclusa.node.exchange import Exchange
from esclusa.node.pilot import certify, make_authority
from esclusa.sharing.reader import Reader
from exchange_worlds import World, officer, own
from notice_worlds import account
from referral_worlds import ASKING, HOST, clauses, facts, go, request

SECONDS: Final = 1
"""Between two rounds of a served node here; where nobody says otherwise it is a minute."""
PROMISED: Final = 60.0
"""Seconds in which the manual says that news reaches the partner, with rounds of a minute."""
START: Final = 180.0
"""Seconds in which a process is up: three of CPU, on however busy a machine."""
WARNED, OTHER = "KANARISP1", "KANARISP2"

pytestmark = pytest.mark.slow


class Pair(World):
    """Both nodes as this process opens them, the name of the referral between them, and who at
    Northreach wants to be told of it."""

    asked: str
    told: Reader


class Served:
    """A node's line in a process of its own."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._log = log
        words = ("partner", "serve", "--node", str(folder), "--port", "0", "--every", str(SECONDS))
        command = "from esclusa.cli import main; main()"
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-c", command, *words], stdout=said, stderr=said
            )

    def address(self) -> str:
        """Return where it listens, once it does."""
        return str(polled(self._listens, START)).rsplit(" at ", 1)[1].strip()

    def _listens(self) -> str:
        assert self.process.poll() is None, self._log.read_text("utf-8")
        return next((line for line in self.said() if " listens for partners at " in line), "")

    def said(self) -> list[str]:
        return self._log.read_text("utf-8").splitlines()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def polled(look: Callable[[], Any], seconds: float, began: float = 0.0) -> Any:
    """Look five times a second until there is something, so many seconds from ``began`` at most."""
    began = began or time.monotonic()
    while not (found := look()):
        assert time.monotonic() - began < seconds, "nothing came within that time"
        time.sleep(0.2)
    return found


def taken(what: str, began: float) -> None:
    print(f"from {what}: {time.monotonic() - began:.1f} s by the clock")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Marisol has warned Northreach of a bill, and Northreach has asked Marisol to look into a box,
    which is being opened. Then both are served."""
    folder = tmp_path_factory.mktemp("served")
    world = Pair(folder, HOST, ASKING)
    with world:
        draft = world.draft(HOST, ASKING)
        world.agree(HOST, ASKING, clauses=(*draft.clauses, *clauses(), *clause()))
        node = world[ASKING]
        node.add_mapping(node.operator(), "e.toml", io.BytesIO(worlds.sample("examinations.toml")))
        worlds.with_list(node, "watched", ("w1", "KANARI CONSIGNEE SA"))
        warn(world, WARNED)
        warn(world, OTHER, BOXES[1])
        for node in world.nodes.values():
            keep(node, refusal(world), days=60)
            keep(node, REEFER)
        world.asked = request(world, bill_of(world, ASKING, "REEFER1")).row.id
        world.sync(HOST, ASKING)
        go(world, world.asked, "accept", "scan", "scan_anomaly", "examine")
        node.notices.tick()
        choice = Choice(feed=Way(kinds=("referral_answered",)))
        world.told = account(node, "nora", choice, clearance=2)
        make_authority(folder / "authority", "Pilot", world.clock())
        for agency, node in world.nodes.items():
            certify(folder / "authority", node.folder, agency, [MACHINE], world.clock())
        ends = {agency: Served(node.folder, folder / f"{agency}.log")
                for agency, node in world.nodes.items()}  # fmt: skip
        try:
            for agency, other in ((HOST, ASKING), (ASKING, HOST)):
                keys = credentials.read_public(world[other].folder).keys
                world[agency].exchange.add_partner(
                    other, keys, address=ends[other].address(), by="test"
                )
            yield world
            for agency, end in ends.items():
                assert end.process.poll() is None, end.said()
                assert [line for line in end.said() if " listens " not in line] == [], agency
        finally:
            for end in ends.values():
                end.end()


@pytest.fixture
def nobody_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process no batch is made and none is taken in."""

    def refuse(*_args: object, **_named: object) -> None:
        raise AssertionError("the test carries")

    for name in ("batch", "bundle", "receive", "receive_bundle"):
        monkeypatch.setattr(Exchange, name, refuse)


def bill_of(world: World, agency: str, bill: str) -> str:
    return next(item.id for item in own(world[agency]) if item.body.bill == bill)


def led_to(world: World, agency: str, what: str) -> Any:
    """Return what a node shows under *Warnings* of a record or a referral; None for nothing."""
    rows = world[agency].feedback_desk.warnings(officer(world[agency])).rows
    return next((row for row in rows if what in (row.record, row.event)), None)


@pytest.mark.usefixtures("nobody_carries")
def test_a_find_is_in_the_figures_of_who_warned_within_the_promised_minute(pair: Pair) -> None:
    """Northreach takes an examination in; its own tick says what came of Marisol's bill."""
    record = bill_of(pair, HOST, WARNED)
    before = figures(pair, HOST), history(pair, HOST, OTHER)
    assert led_to(pair, HOST, record) is None
    began = time.monotonic()
    row = ("ESP1", "found", "", WARNED, "value", "")
    worlds.take_in(pair[ASKING], "found.csv", worlds.examined(row))
    told = polled(lambda: led_to(pair, HOST, record), PROMISED, began)
    taken("the examination to the figures of who warned", began)
    assert (told.kind, told.partner, told.found) == ("consignment", ASKING, True)
    more = grown(before[0], figures(pair, HOST))
    assert [more.get(name) for name in ("exams_made", "exams_answered", "exams_found")] == [1] * 3
    examined, found = before[1]
    assert history(pair, HOST, OTHER) == (examined + 1, found + 1)


@pytest.mark.usefixtures("nobody_carries")
def test_a_seizure_is_in_the_rules_of_who_asked_within_the_promised_minute(pair: Pair) -> None:
    """Marisol's officer records the seizure; Northreach asked, and hears of it."""
    before = {agency: figures(pair, agency) for agency in (HOST, ASKING)}
    assert led_to(pair, ASKING, pair.asked) is None
    host = pair[HOST]
    stands = host.referral_desk.show(officer(host), pair.asked).row.state.code
    began = time.monotonic()
    host.referral_desk.move(officer(host), pair.asked, "seize", facts("seize", stands))
    told = polled(lambda: led_to(pair, ASKING, pair.asked), PROMISED, began)
    assert (told.kind, told.partner, told.found, told.seized) == ("referral", HOST, True, True)

    def rules(agency: str) -> list[int]:
        more = grown(before[agency], figures(pair, agency))
        return [more.get(f"{figure}/{code}", 0) for figure in ("rules_answered", "rules_found")
                for code in REASONS]  # fmt: skip

    # The step comes first, and what was found with the examination beside it.
    polled(lambda: rules(ASKING) == [1] * 6, PROMISED, began)
    pair[ASKING].notices.tick()  # what pages that are served, or the clock's job, do by themselves
    (notice,) = pair[ASKING].notices.waiting(pair.told)
    assert notice.kind.code == "referral_answered"
    taken("the seizure to the rules and the notice of who asked", began)
    assert rules(HOST) == [1] * 6
