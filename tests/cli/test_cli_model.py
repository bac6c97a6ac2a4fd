"""Models and scores from the command line. CPU: about eight seconds, most of it one fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import score_worlds
import worlds
from esclusa.analysis.scoring import checksum, read_model
from esclusa.cli.commands import cli
from esclusa.model import record_id


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("models")
    node = score_worlds.scored_node(where / "node")
    node.model_desk.fit(score_worlds.supervisor(node), "spring", recipe=score_worlds.QUICK)
    node.close()
    return where


@pytest.fixture
def folder(fitted: Path, tmp_path: Path) -> Path:
    """A node with one model that is not active yet, each test's own."""
    shutil.copytree(fitted / "node", tmp_path / "node")
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, [*words[:2], "--node", str(folder / "node"), *words[2:]], env={"COLUMNS": "180"}
    )


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_from_a_model_to_a_score_with_reasons(folder: Path) -> None:
    refused = run(folder, "target", "score")
    assert (refused.exit_code, refused.stderr) == (
        1, "esclusa: no model is active, so nothing is scored\n",
    )  # fmt: skip
    listed = said(run(folder, "model", "list"))
    assert (listed["name"], listed["active"]) == ("spring", False)
    card = run(folder, "model", "card", "spring", "--language", "es")
    assert card.stdout.startswith("Ficha del modelo: spring")
    whole = read_model(run(folder, "model", "card", "spring", "--file").stdout)
    assert checksum(whole) == listed["checksum"]
    bare = run(folder, "model", "activate", "spring")
    assert bare.exit_code == 2 and "--reason" in bare.stderr
    step = said(run(folder, "model", "activate", listed["checksum"][:8], "--reason", "card read"))
    assert (step["move"], step["by"], step["compared"]) == ("activate", "operator", [])
    assert said(run(folder, "model", "compare", "spring"))["old"] == ""
    done = said(run(folder, "target", "score"))
    assert (done["scored"], done["already"]) == (score_worlds.COUNT, 0)
    assert said(run(folder, "target", "score"))["scored"] == 0
    best = said(run(folder, "target", "highest", "--limit", "1"))
    told = said(run(folder, "target", "explain", best["subject_id"]))
    parts = sum(one["contribution"] for one in told["reasons"])
    assert told["start"] + parts + told["rest"] == told["score"] == best["score"]
    again = said(run(folder, "target", "score", best["subject_id"], "--again"))
    assert again["scored"] == 1
    old = said(run(folder, "target", "explain", best["subject_id"], "--version", "1"))
    assert (old["version"], old["of"]) == (1, 2)


def test_what_is_not_there_is_told_in_one_sentence(folder: Path) -> None:
    subject = record_id("x", "consignment", "nothing")
    for words, code in (
        (("target", "explain", subject), 4),
        (("target", "score", subject), 1),
        (("target", "box", "MARU1234567"), 4),
        (("model", "card", "winter"), 4),
        (("model", "activate", "winter", "--reason", "r"), 4),
    ):
        found = run(folder, *words)
        assert found.exit_code in (code, 4), found.output
        assert len(found.stderr.splitlines()) == 1


def test_drift_is_told(folder: Path) -> None:
    run(folder, "model", "activate", "spring", "--reason", "card read")
    run(folder, "target", "score")
    told = said(run(folder, "model", "drift", "spring", "--days", "3660"))
    assert told["rows"] == score_worlds.COUNT
    assert len(told["shifts"]) > 10
    assert told["control_rows"] == 0


def test_a_node_without_outcomes_cannot_fit(tmp_path: Path) -> None:
    worlds.make(tmp_path / "node").close()
    found = run(tmp_path, "model", "fit", "first")
    assert found.exit_code == 1
    assert (
        "a model needs at least 200 known outcomes" in found.stderr
        or "no consignments" in found.stderr
    )


def test_people_see_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from esclusa.cli import output

    monkeypatch.setattr(output, "for_people", lambda: True)
    run(folder, "model", "activate", "spring", "--reason", "card read")
    run(folder, "target", "score")
    assert "active" in run(folder, "model", "list").output
    subject = record_id(said_agency(folder), "consignment", "PZ/B1")
    told = run(folder, "target", "explain", subject, "--language", "es").output
    assert "Punto de partida" in told and "Puntuación" in told
    assert "control sample" in run(folder, "model", "drift", "spring").output


def said_agency(folder: Path) -> str:
    from esclusa.node import Node

    node = Node.open(folder / "node")
    node.close()
    return node.agency
