"""Told of requests for information at both sides, and of tasks to the member who has them; 5 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

import case_worlds
import request_worlds
import worlds
from esclusa.casework.notices import Choice, Way
from esclusa.node import Node
from esclusa.sharing.reader import Reader
from exchange_worlds import World
from notice_worlds import account
from request_worlds import ASKED, ASKING

REQUESTS = ("request_received", "request_answered", "request_clock")
TASKS = ("case_task", "case_overdue")


def told(node: Node, reader: Reader) -> dict[str, list[str]]:
    node.notices.tick()
    found: dict[str, list[str]] = {}
    for one in node.notices.waiting(reader):
        found.setdefault(one.kind.code, []).append(one.title_en)
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = request_worlds.made(tmp_path)
    for node in made.nodes.values():
        node.notices.tick()
    yield made
    made.close()


def test_both_sides_are_told_of_a_request_its_answer_and_its_clock(world: World) -> None:
    choice = Choice(feed=Way(kinds=REQUESTS), clock_minutes=120)
    here = account(world[ASKED], "hana", choice, clearance=2)
    there = account(world[ASKING], "tia", choice, clearance=2)
    name = request_worlds.ask(world).row.id
    assert told(world[ASKED], here) == {"request_received": ["KANARI TRADING: Asked"]}
    assert told(world[ASKING], there) == {}
    world.clock.ahead += dt.timedelta(hours=7)  # of eight
    for agency, reader in ((ASKED, here), (ASKING, there)):
        assert told(world[agency], reader)["request_clock"] == ["KANARI TRADING: Asked"]
    request_worlds.go(world, name, "answer_full")
    assert told(world[ASKING], there) == {
        "request_answered": ["KANARI TRADING: Answered in full"]
    }  # fmt: skip
    assert told(world[ASKED], here) == {}
    low = account(world[ASKED], "lou", choice, clearance=0)
    request_worlds.ask(world)
    assert told(world[ASKED], low) == {}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = case_worlds.made(tmp_path / "node")
    made.exchange.now = lambda: case_worlds.NOW
    made.notices.tick()
    yield made
    made.close()


def test_a_task_is_told_to_who_has_it_and_to_nobody_else(node: Node) -> None:
    choice = Choice(feed=Way(kinds=TASKS))
    people = {}
    for name in ("analyst", "supervisor"):
        node.notices.choose(node.administrator(), choice, name)
        people[name] = node.people.account(name)
    with node.store.write() as connection:
        connection.exec_driver_sql("UPDATE notice_choice SET since = ''")
    case = case_worlds.opened(node).row.id
    case_worlds.go(node, case, "join", person="supervisor")
    case_worlds.go(
        node, case, "task", task="ask the port for the seal", member="supervisor",
        due="2026-11-27T10:00Z",
    )  # fmt: skip
    assert told(node, people["analyst"]) == {}
    assert told(node, people["supervisor"]) == {
        "case_task": ["Boxes of Altamira: ask the port for the seal"]
    }
    node.exchange.now = lambda: case_worlds.NOW + dt.timedelta(hours=3)
    assert "case_overdue" in told(node, people["supervisor"])
    (task,) = node.case_desk.show(case_worlds.lead(node), case).tasks
    case_worlds.go(node, case, "assign", of=task.name, member="analyst")
    assert told(node, people["supervisor"]) == {}
    assert set(told(node, people["analyst"])) == {"case_task", "case_overdue"}
    case_worlds.go(node, case, "done", of=task.name, result="answered")
    assert told(node, people["analyst"]) == {}
    assert worlds.queue_of(node, case_worlds.lead(node))
