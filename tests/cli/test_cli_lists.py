"""``esclusa lists``: editions, differences, what is held, and what comparing kept records gave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import cli

MANY = tuple((f"e{number:02}", f"FIRM NUMBER{number} OF NORTHREACH") for number in range(20))


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["lists", *map(str, words)])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def node(tmp_path: Path) -> Path:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "b.edi", worlds.cuscar(("B1", "FIRM NUMBER19 OF NORTHREACH", "BANANAS")))
    made.close()
    return tmp_path / "node"


def file(folder: Path, *entries: tuple[str, str]) -> Path:
    path = folder / "own.json"
    path.write_bytes(worlds.list_of(*entries))
    return path


def test_add_says_what_comparing_kept_records_gave(node: Path, tmp_path: Path) -> None:
    done = run("add", "own", file(tmp_path, *MANY), "--source", "Office", "--node", node)
    assert done.exit_code == 0
    assert "20 entries, 20 added, 0 changed, 0 removed" in done.output
    assert (
        "1 records in retention compared with 20 new or changed entries: 1 alerts new or changed, "
        "0 ended (finished "
    ) in done.output
    (shown,) = lines(run("show", "--node", node))
    assert (shown["source"], shown["number"], shown["held"]) == ("Office", 1, False)


def test_diff_keeps_nothing_and_report_says_it_afterwards(node: Path, tmp_path: Path) -> None:
    run("add", "own", file(tmp_path, *MANY), "--node", node)
    new = file(tmp_path, *MANY[:19], ("n1", "NEW FIRM"))
    before = lines(run("diff", "own", new, "--node", node))
    assert [(row["what"], row["uid"], row["name"]) for row in before] == [
        ("removed", "e19", "FIRM NUMBER19 OF NORTHREACH"), ("added", "n1", "NEW FIRM"),
    ]  # fmt: skip
    assert [row["number"] for row in lines(run("history", "own", "--node", node))] == [1]
    updated = run("update", "own", new, "--node", node)
    assert "1 alerts new or changed" not in updated.output
    assert "0 alerts new or changed, 1 ended" in updated.output
    after = lines(run("report", "own", "--node", node))
    assert [(row["what"], row["uid"]) for row in after] == [("removed", "e19"), ("added", "n1")]
    assert len(lines(run("report", "own", "1", "--what", "added", "--node", node))) == 20


def test_a_held_edition_is_said_and_confirmed_or_discarded(node: Path, tmp_path: Path) -> None:
    run("add", "own", file(tmp_path, *MANY), "--node", node)
    half = file(tmp_path, *MANY[:10])
    for step, entries in (("discard", 20), ("confirm", 10)):
        held = run("update", "own", half, "--node", node)
        assert held.exit_code == 3
        assert "more entries would go than the settings allow" in held.output
        assert lines(run("show", "--node", node))[0]["entries"] == 20
        assert run(step, "own", "--reason", "looked at", "--node", node).exit_code == 0
        assert lines(run("show", "--node", node))[0]["entries"] == entries
    assert run("confirm", "own", "--reason", "again", "--node", node).exit_code == 1
    assert run("confirm", "own", "--node", node).exit_code == 2
    states = [row["state"] for row in lines(run("history", "own", "--node", node))]
    assert states == ["in_force", "discarded", "past"]


def test_a_list_of_ones_own_is_marked(node: Path, tmp_path: Path) -> None:
    add = ("add", "own", file(tmp_path, *MANY), "--node", node)
    assert run(*add, "--level", 4, "--caveat", "H1").exit_code == 0
    assert run(*add).exit_code == 0
    found = lines(run("show", "--node", node))
    assert sorted(row["level"] for row in found) == [0, 4]  # type: ignore[type-var]
    assert run("update", "own", add[2], "--node", node).exit_code == 1
    secret = next(row["key"] for row in found if row["level"] == 4)
    assert run("update", "own", add[2], "--marking-key", secret, "--node", node).exit_code == 0
    assert run(*add, "--for", "nobody").exit_code == 1


def test_a_list_that_is_not_there_ends_as_not_found(node: Path, tmp_path: Path) -> None:
    new = file(tmp_path, *MANY)
    for words in (("update", "none", new), ("diff", "none", new), ("report", "none"),
                  ("history", "none"), ("confirm", "none", "--reason", "x"),
                  ("discard", "none")):  # fmt: skip
        assert run(*words, "--node", node).exit_code == 4
    assert run("compare", "--node", node).exit_code == 0
