"""Rules of a node's own from the command line; a second person gives a password to approve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import cli
from rule_texts import rule


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    node = worlds.make(tmp_path / "node")
    worlds.take_in(
        node, "one.edi", worlds.cuscar(("B1", "UNO SA", "BANANAS"), ("B2", "DOS", "TEA"))
    )
    node.add_user(node.administrator(), name="bea", password=worlds.PASSWORD, role="supervisor")
    node.add_user(node.administrator(), name="leo", password=worlds.PASSWORD, role="analyst")
    node.close()
    (tmp_path / "rule.toml").write_text(rule())
    return tmp_path


def run(folder: Path, *words: str, password: str = worlds.PASSWORD) -> Result:
    return CliRunner().invoke(
        cli,
        ["rules", words[0], "--node", str(folder / "node"), *words[1:]],
        input=f"{password}\n",
        env={"COLUMNS": "180"},
    )


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_from_a_file_to_a_rule_in_force_and_its_end(folder: Path) -> None:
    file = str(folder / "rule.toml")
    (folder / "blank.toml").write_text(run(folder, "blank").stdout)
    assert said(run(folder, "try", str(folder / "blank.toml")))["mistakes"] == []
    tried = said(run(folder, "try", file))
    assert (tried["figures"]["rows"], tried["figures"]["all"]["hits"]) == (2, 1)
    assert said(run(folder, "new", file))["open"] == "1"
    assert "--as" in run(folder, "rehearse", "N1", "--later").stderr
    waits = said(run(folder, "rehearse", "N1", "--later", "--as", "bea"))["versions"][0]
    assert (waits["state"], waits["waiting"]) == ("draft", "bea")
    assert said(run(folder, "rehearse", "N1"))["versions"][0]["state"] == "rehearsed"
    mine = run(folder, "approve", "N1", "--reason", "good")
    assert mine.exit_code == 1 and "operator wrote this version; a second person" in mine.stderr
    wrong = run(folder, "approve", "N1", "--as", "bea", "--reason", "good", password="nonsense")
    assert wrong.exit_code == 1
    low = run(folder, "approve", "N1", "--as", "leo", "--reason", "good")
    assert low.exit_code == 1 and "does not include rule:approve" in low.stderr
    assert said(run(folder, "approve", "N1", "--as", "bea", "--reason", "good"))["running"] == "1"
    (folder / "rule.toml").write_text(rule(version="2", word="TEA"))
    assert said(run(folder, "amend", "N1", file))["open"] == "2"
    assert run(folder, "show", "N1", "--text").stdout == rule(version="2", word="TEA")
    said(run(folder, "reject", "N1", "--as", "bea", "--reason", "too wide"))
    said(run(folder, "retire", "N1", "--reason", "moved on"))
    steps = [json.loads(line) for line in run(folder, "history", "N1").stdout.splitlines()]
    assert [(step["move"], step["by"], step["state"]) for step in steps] == [
        ("new", "operator", "draft"), ("ask_rehearsal", "bea", "draft"),
        ("rehearse", "operator", "rehearsed"),
        ("approve", "bea", "approved"), ("amend", "operator", "draft"),
        ("reject", "bea", "rejected"), ("retire", "operator", "retired"),
    ]  # fmt: skip


def test_mistakes_come_with_line_and_character_and_keep_nothing(folder: Path) -> None:
    file = folder / "rule.toml"
    file.write_text(rule().replace("contains(", "contians("))
    for command in ("new", "try"):
        result = run(folder, command, str(file))
        assert result.exit_code == {"new": 1, "try": 3}[command]
        shown = result.stderr if command == "new" else result.stdout
        assert "did you mean contains?" in shown
    told = run(folder, "new", str(file)).stderr
    assert told.startswith(f"esclusa: {file.name}: ") and "line 12, character 1" in told
    file.write_bytes(b"id = \xff")
    assert "byte 5: is not UTF-8 text" in run(folder, "new", str(file)).stderr
    assert run(folder, "show", "N1").exit_code == 4


def test_tables_for_people(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("esclusa.cli.output.for_people", lambda: True)
    file = str(folder / "rule.toml")
    assert "1 other" not in run(folder, "new", file).output
    shown = run(folder, "rehearse", "N1").output
    for words in ("Rehearsal of version 1: 2 records", "all hits", "not known", "NRCH B1",
                  "What nobody examined counts in no yield"):  # fmt: skip
        assert words in shown
    listed = run(folder, "list", "--yields").output
    assert "N1" in listed and "rehearsed" in listed and "C05" in listed
    approved = run(folder, "approve", "N1", "--as", "bea", "--reason", "good").output
    assert "judges what comes in from now on" in approved
