"""`esclusa redress`: applied for, granted by a second person, looked up, the paper. About 5 s of
CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import cli
from exchange_worlds import World
from redress_worlds import HOST, OTHER, fly, listed, made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("redress")) as two:
        worlds.add_people(two[HOST])
        yield two


def run(world: World, agency: str, *words: object, typed: str = "") -> Result:
    asked = ["redress", *(str(word) for word in words), "--node", str(world[agency].folder)]
    return CliRunner().invoke(cli, asked, input=typed)


def test_from_application_to_paper_and_the_partner_knows_the_number(
    world: World, tmp_path: Path
) -> None:
    match = listed(world[HOST], fly(world[HOST], "AM100")).match
    assert match is not None
    wrong = run(world, HOST, "apply", "--match", match.id)
    assert (wrong.exit_code, wrong.stderr) == (
        1, "esclusa: input: statement must be filled in\n",
    )  # fmt: skip
    done = run(world, HOST, "apply", "--match", match.id, "--set",
               "statement=Stopped for somebody else.")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    case = json.loads(done.stdout)["row"]["case"]
    assert json.loads(done.stdout)["person"]["documents"] == ["passport:PA1111112"]
    seen = run(world, HOST, "move", case, "papers", "--set", "seen=Passport in original")
    assert seen.exit_code == 0, seen.stderr
    until = f"--set=until={world.clock().date()}"
    own = run(world, HOST, "move", case, "grant", "--set", "ground=Another birth date", until)
    assert own.exit_code == 1
    assert "a second person decides" in own.stderr
    other = run(world, HOST, "move", case, "grant", "--set", "ground=Another birth date", until,
                "--partner", OTHER, "--as", "supervisor", typed=f"{worlds.PASSWORD}\n")  # fmt: skip
    assert other.exit_code == 0, other.stderr
    world.sync(HOST, OTHER)
    number = json.loads(run(world, HOST, "show", case).stdout)["row"]["number"]
    (found,) = [
        json.loads(line) for line in run(world, OTHER, "number", number).stdout.splitlines()
    ]
    assert (found["agency"], found["person"]["birth_date"]) == (HOST, "1971-05-12")
    rows = [json.loads(line) for line in run(world, HOST, "list").stdout.splitlines()]
    assert case in {row["case"] for row in rows}
    assert number in run(world, HOST, "paper", case).stdout
    target = tmp_path / "paper.pdf"
    assert run(world, HOST, "paper", case, "--pdf", target).exit_code == 0
    assert target.read_bytes().startswith(b"%PDF")
    assert json.loads(run(world, HOST, "counts").stdout)["numbers"] == 1


def test_wrong_words_are_told_in_one_sentence(world: World) -> None:
    for words, said in (
        (("number", "R1"), "is no redress number"),
        (("number", "RPE4-QYGW-VJ8N"), "no such redress number is known here"),
        (("show", "0" * 16), "no such redress case"),
        (("counts", "--since", "soon"), "is no day of the form"),
    ):
        done = run(world, HOST, *words)
        assert done.exit_code != 0
        assert said in done.stderr
