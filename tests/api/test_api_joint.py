"""Cases shared with partners over the API and the command line, at both sides. About 8 s of CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from program import Program

from esclusa.cli.commands import cli
from exchange_worlds import World
from joint_worlds import DUE, GUEST, OWNER, WHY, made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("joint")) as two:
        yield two


@pytest.fixture(scope="module")
def two(world: World) -> tuple[Program, Program]:
    return Program(world[OWNER]), Program(world[GUEST])


def test_a_program_shares_takes_up_works_and_takes_back(
    world: World, two: tuple[Program, Program]
) -> None:
    ana, luis = two
    case = ana.post("/cases", {"title": "Boxes of Altamira"}).json()
    name = case["row"]["id"]
    start = ana.get(f"/cases/{name}/share-start").json()
    assert start["partners"] == [{"agency": GUEST, "stays": None, "shared": False}]
    look = ana.get(f"/cases/{name}/share-preview", partner=GUEST, reason=WHY).json()
    asked = {"partner": GUEST, "reason": WHY, "version": case["version"]}
    joint = ana.post(f"/cases/{name}/shares", asked).json()["row"]["id"]
    world.sync(OWNER, GUEST)
    seen = luis.get(f"/joint-cases/{joint}").json()
    assert [s["recorded"] for s in seen["steps"]] == [s["recorded"] for s in look["steps"]]
    assert [row["id"] for row in luis.get("/joint-cases").json()] == [joint]
    home = luis.post(f"/joint-cases/{joint}/case", {"title": "theirs"}).json()["row"]["id"]
    assert luis.get(f"/cases/{home}").json()["shares"][0]["joint"] == joint
    given = {"task": "check the gate", "member": f"@{GUEST}", "due": DUE}
    assert ana.step(f"/cases/{name}", "task", given=given).status_code == 200
    world.sync(OWNER, GUEST)
    view = luis.get(f"/joint-cases/{joint}").json()
    path = f"/joint-cases/{joint}/tasks/{view['tasks'][0]['name']}/done"
    assert luis.post(path, {"version": "old"}).status_code == 409
    assert luis.post(path, {"version": ""}).status_code == 400
    done = luis.post(path, {"version": view["version"], "result": "nobody passed"}).json()
    assert done["tasks"][0]["state"]["code"] == "done"
    share = ana.get(f"/cases/{name}").json()["shares"][0]["name"]
    end = f"/cases/{name}/shares/{share}/end"
    assert ana.post(end, {"reason": ""}).status_code == 400
    assert ana.post(end, {"reason": "court order"}).json()["shares"][0]["state"]["code"] == "ended"
    world.sync(OWNER, GUEST)
    assert luis.get(f"/joint-cases/{joint}").status_code == 404
    assert ana.get(f"/joint-cases/{joint}").json()["receipts"] == 3
    assert ana.post(f"/cases/{name}/shares", asked | {"partner": "altamira"}).status_code == 400
    for text in ("{}", '{"partner": 1}'):
        assert ana.post(f"/cases/{name}/shares", text.encode()).status_code in (400, 415)


def run(world: World, agency: str, *words: object) -> Result:
    asked = ["case", *map(str, words), "--node", str(world[agency].folder)]
    return CliRunner().invoke(cli, asked)


def told(world: World, agency: str, *words: object) -> Any:
    done = run(world, agency, *words)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout.splitlines()[0])


def test_the_command_line_does_the_same(world: World) -> None:
    name = told(world, OWNER, "open", "--title", "Over the command line")["row"]["id"]
    told(world, OWNER, "note", name, "for us alone", "--under", "home")
    look = told(world, OWNER, "share", name, GUEST, "--preview", "--reason", WHY)
    assert [s["move"]["code"] for s in look["steps"]] == ["share", "name"]
    joint = told(world, OWNER, "share", name, GUEST, "--reason", WHY)["row"]["id"]
    twice = run(world, OWNER, "share", name, GUEST, "--reason", WHY)
    assert (twice.exit_code, "shared with" in twice.stderr) == (1, True)
    world.sync(OWNER, GUEST)
    assert joint in run(world, GUEST, "joint").stdout
    assert (
        told(world, GUEST, "take-up", joint, "--title", "ours")["row"]["theirs"]["code"] == "open"
    )
    told(world, OWNER, "task", name, "look", "--for", f"@{GUEST}", "--due", DUE)
    world.sync(OWNER, GUEST)
    view = told(world, GUEST, "joint", joint)
    told(world, GUEST, "joint-done", joint, view["tasks"][0]["name"], "--result", "seen")
    assert run(world, OWNER, "unshare", name, "altamira", "--reason", "x").exit_code == 4
    assert told(world, OWNER, "unshare", name, GUEST, "--reason", "over")["ended"]
    assert run(world, GUEST, "joint", "none").exit_code == 4
