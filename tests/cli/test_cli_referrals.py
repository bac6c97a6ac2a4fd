"""`esclusa referral`: asked, answered by the host, listed, shown; a waiver by two people. About
4 s of CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli import output
from esclusa.cli.commands import cli
from exchange_worlds import World, for_partners, take_in
from referral_worlds import ASKING, HOST, bill, in_hours, loaded, made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("referrals")) as two:
        yield two


def run(world: World, agency: str, *words: object, typed: str = "") -> Result:
    folder = world[agency].folder
    asked = ["referral", *(str(word) for word in words), "--node", str(folder)]
    return CliRunner().invoke(cli, asked, input=typed)


def opened(world: World) -> str:
    """Return the name of a referral that was sent from the command line and has arrived."""
    done = run(
        world, ASKING, "open", bill(world), "--host", HOST,
        "--set", "risk_reasons=goods do not fit", "--set", "legal_purpose=treaty, article 3",
        "--set", f"cut_off={in_hours(world, 8)}",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    view = json.loads(done.stdout)
    assert (view["row"]["state"]["code"], view["stays"]) == ("requested", None)
    world.sync(HOST, ASKING)
    return str(view["row"]["id"])


def test_a_referral_is_opened_answered_listed_and_shown(world: World) -> None:
    name = opened(world)
    shown = json.loads(run(world, HOST, "show", name).stdout)
    version = shown["version"]
    said = ("--set", "officer=77", "--set", "planned_exam=scan")
    wrong = run(world, HOST, "move", name, "accept", "--set", "officer=77")
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "esclusa: input: planned_exam must be filled in\n",
    )
    spanish = run(world, HOST, "move", name, "accept", "--set", "officer=77", "--language", "es")
    assert (spanish.exit_code, spanish.stderr) == (1, "esclusa: planned_exam debe rellenarse\n")
    done = run(world, HOST, "move", name, "accept", *said, "--version", version)
    assert json.loads(done.stdout)["row"]["state"]["es"] == "Aceptada"
    again = run(world, HOST, "move", name, "void", "--version", version)
    assert again.exit_code == 1
    assert "somebody was faster" in again.stderr
    world.sync(HOST, ASKING)
    rows = run(world, ASKING, "list", "--side", "requester").stdout.splitlines()
    assert name in {json.loads(row)["id"] for row in rows}
    missing = run(world, ASKING, "show", "0" * 16)
    assert (missing.exit_code, missing.stderr) == (4, "esclusa: no such referral\n")
    assert run(world, HOST, "move", name, "scan", "--set", "no sign").exit_code == 2


def test_a_referral_shows_people_what_messages_tell_of_its_boxes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = opened(world)
    (box,) = json.loads(run(world, HOST, "show", name).stdout)["row"]["subject"]["boxes"]
    take_in(world[HOST], for_partners(), loaded(box), f"{box}.edi")
    (news,) = json.loads(run(world, HOST, "show", name).stdout)["news"]
    assert (news["box"], news["event"]) == (box, "load")
    monkeypatch.setattr(output, "for_people", lambda: True)
    printed = run(world, HOST, "show", name).stdout
    assert "What messages tell of its boxes" in printed
    assert "CNSHA" in printed.partition("History")[0]


def test_one_person_cannot_waive_from_the_command_line(world: World) -> None:
    name, node = opened(world), world[ASKING]
    node.add_user(
        node.administrator(), name="lena", password=worlds.PASSWORD, role="supervisor",
        clearance=2,
    )  # fmt: skip
    asked = run(world, ASKING, "move", name, "ask_waiver", "--set", "exception_code=relief_goods")
    assert asked.exit_code == 0, asked.stderr
    approve = ("move", name, "waive", "--set", "approval=the emergency was declared")
    alone = run(world, ASKING, *approve)
    assert alone.exit_code == 1
    assert "a second person approves it" in alone.stderr
    done = run(world, ASKING, *approve, "--as", "lena", typed=worlds.PASSWORD + "\n")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["row"]["state"]["code"] == "waived"
