"""`esclusa requests`: asked, answered, listed, written as CSV, counted; escalated by a supervisor.
About 4 s of CPU."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import cli
from exchange_worlds import World
from request_worlds import ASKED, ASKING, bill, made, question


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("requests")) as two:
        yield two


def run(world: World, agency: str, *words: object, typed: str = "") -> Result:
    folder = world[agency].folder
    asked = ["requests", *(str(word) for word in words), "--node", str(folder)]
    return CliRunner().invoke(cli, asked, input=typed)


def settings(given: dict[str, str]) -> list[str]:
    return [word for name, value in given.items() for word in ("--set", f"{name}={value}")]


def asked(world: World, *more: object) -> str:
    """Return the name of a question that was sent from the command line and has arrived."""
    done = run(world, ASKING, "ask", ASKED, *more, *settings(question(subject_kind="document")))
    assert done.exit_code == 0, done.stderr
    view = json.loads(done.stdout)
    assert (view["row"]["state"]["code"], view["stays"]) == ("asked", None)
    world.sync(ASKED, ASKING)
    return str(view["row"]["id"])


def test_a_request_is_asked_refused_escalated_listed_and_counted(
    world: World, tmp_path: Path
) -> None:
    name = asked(world, "--about", bill(world))
    version = json.loads(run(world, ASKED, "show", name).stdout)["version"]
    wrong = run(world, ASKED, "move", name, "refuse", *settings({"officer": "77",
                "ground": "minor_offence", "refusal_text": "a small matter"}))  # fmt: skip
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "esclusa: input: ground is not one that the agreement with this partner lists\n",
    )
    said = settings({"officer": "77", "ground": "not_available", "refusal_text": "never held it"})
    done = run(world, ASKED, "move", name, "refuse", *said, "--version", version)
    assert json.loads(done.stdout)["row"]["state"]["es"] == "Negada"
    again = run(world, ASKED, "move", name, "acknowledge", "--version", version)
    assert (again.exit_code, "somebody was faster" in again.stderr) == (1, True)
    world.sync(ASKED, ASKING)
    node = world[ASKING]
    node.add_user(
        node.administrator(), name="ana", password=worlds.PASSWORD, role="analyst", clearance=2
    )
    up = ("move", name, "escalate", *settings({"escalation_reason": "the heads settle it"}))
    alone = run(world, ASKING, *up, "--as", "ana", typed=worlds.PASSWORD + "\n")
    assert (alone.exit_code, "a supervisor" in alone.stderr) == (1, True)
    done = run(world, ASKING, *up)
    assert done.exit_code == 0, done.stderr
    rows = run(world, ASKING, "list", "--side", "requester").stdout.splitlines()
    assert name in {json.loads(row)["id"] for row in rows}
    target = tmp_path / "desk.csv"
    assert run(world, ASKING, "list", "--csv", target).exit_code == 0
    with target.open(newline="", encoding="utf-8") as file:
        (row,) = [one for one in csv.DictReader(file) if one["id"] == name]
    assert (row["state"], row["level"]) == ("Escalated", "OFFICIAL")
    ours, _ = map(json.loads, run(world, ASKING, "rates").stdout.splitlines())
    assert (ours["asked"], ours["in_time"], ours["escalated"]) == (1, 1, 1)
    assert [one["word"]["code"] for one in ours["refused"]] == ["not_available"]


def test_what_is_not_there_or_not_written_right_is_said(world: World) -> None:
    missing = run(world, ASKING, "show", "0" * 16)
    assert (missing.exit_code, missing.stderr) == (4, "esclusa: no such request for information\n")
    assert run(world, ASKING, "ask", ASKED, "--set", "no sign").exit_code == 2
    high = run(world, ASKING, "ask", "altamira", *settings(question()))
    assert (high.exit_code, "no partner of this node" in high.stderr) == (1, True)
