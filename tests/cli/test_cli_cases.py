"""`esclusa case`: opened, worked on, evidence in and out, compared, exported. About 3 s of CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import case_worlds
import worlds
from esclusa.cli.commands import cli
from esclusa.node import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = case_worlds.made(tmp_path_factory.mktemp("cases"))
    yield one
    one.close()


def run(node: Node, *words: object, typed: str = "") -> Result:
    asked = ["case", *(str(word) for word in words), "--node", str(node.folder)]
    return CliRunner().invoke(cli, asked, input=typed)


def told(node: Node, *words: object, typed: str = "") -> Any:
    done = run(node, *words, typed=typed)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def opened(node: Node) -> str:
    alert = f"alert:{case_worlds.alert(node)}"
    view = told(node, "open", "--title", "Boxes of Altamira", "--put", alert)
    assert [item["title"] for item in view["items"]] == ["NRCH B2"]
    return str(view["row"]["id"])


def test_a_case_is_opened_worked_on_and_closed(node: Node) -> None:
    name = opened(node)
    record = worlds.queue_of(node, case_worlds.lead(node))[-1].subject_id
    view = told(node, "add", name, f"record:{record}", "--why", "same exporter")
    assert len(view["items"]) == 2
    view = told(node, "note", name, "the seal differs", "--of", view["items"][1]["name"])
    assert view["steps"][-1]["recorded"][0]["value"] == "the seal differs"
    view = told(node, "task", name, "ask the carrier", "--for", "operator", "--due",
                case_worlds.DUE, "--version", view["version"])  # fmt: skip
    stale = run(node, "move", name, "start", "--version", "old")
    assert (stale.exit_code, "somebody was faster" in stale.stderr) == (1, True)
    closing = ("--set", "outcome=double", "--set", "closing=goes on in the other case")
    early = run(node, "move", name, "close", *closing)
    assert (early.exit_code, "tasks wait: 1" in early.stderr) == (1, True)
    told(node, "move", name, "done", "--of", view["tasks"][0]["name"])
    view = told(node, "move", name, "close", *closing)
    assert view["outcome"]["es"] == "Continúa en otro caso"
    listed = run(node, "list", "--state", "closed", "--mine").stdout.splitlines()
    assert name in {json.loads(line)["id"] for line in listed}
    assert told(node, "show", name)["row"]["state"]["code"] == "closed"
    assert run(node, "show", "nothing").exit_code == 4


def test_evidence_goes_in_and_out_and_is_compared(node: Node, tmp_path: Path) -> None:
    name, photo, out = opened(node), tmp_path / "seal.jpg", tmp_path / "out.jpg"
    photo.write_bytes(case_worlds.PHOTO)
    said = ("--what", "photo of the seal", "--source", "gate camera 3")
    view = told(node, "evidence", name, photo, *said)
    evidence = view["evidence"][0]["name"]
    done = run(node, "evidence", name, out, "--read", evidence, "--why", "compare")
    assert (done.exit_code, out.read_bytes()) == (0, case_worlds.PHOTO)
    custody = told(node, "show", name)["evidence"][0]["custody"]
    assert [line["move"]["code"] for line in custody] == ["take_in", "read"]
    assert run(node, "verify", name).exit_code == 0
    kept = node.vault.path(view["evidence"][0]["sha256"])
    kept.write_bytes(b"another photo")
    bad = run(node, "verify", name)
    assert (bad.exit_code, json.loads(bad.stdout)["result"]["code"]) == (3, "altered")
    out.unlink()
    refused = run(node, "evidence", name, out, "--read", evidence)
    assert (refused.exit_code, "altered" in refused.stderr, out.exists()) == (1, True, False)
    kept.write_bytes(case_worlds.PHOTO)
    (tmp_path / "empty").touch()
    for file, why in (("empty", "the file is empty"), ("nothing", "cannot be read")):
        done = run(node, "evidence", name, tmp_path / file, *said)
        assert (done.exit_code, why in done.stderr) == (1, True)


def test_a_package_is_written_and_a_changed_one_is_found(node: Node, tmp_path: Path) -> None:
    name, target = opened(node), tmp_path / "case.zip"
    done = run(node, "export", name, target, "--to", "court", "--language", "es")
    assert done.exit_code == 0, done.stderr
    assert "seal " in done.stdout
    assert run(node, "verify", name, "--package", target).exit_code == 0
    whole = target.read_bytes()
    target.write_bytes(whole.replace(b"case.html", b"case.htm1"))
    bad = run(node, "verify", name, "--package", target)
    assert bad.exit_code == 3
    results = {json.loads(line)["result"]["code"] for line in bad.stdout.splitlines()}
    assert results >= {"missing", "added"}
    for data in (b"", whole[:-40]):
        target.write_bytes(data)
        refused = run(node, "verify", name, "--package", target)
        assert (refused.exit_code, "not a package of a case" in refused.stderr) == (1, True)
    other = run(node, "verify", opened(node), "--package", target)
    assert other.exit_code == 1


def test_somebody_else_acts_with_a_password_and_wrong_words_are_refused(node: Node) -> None:
    name = opened(node)
    outside = run(node, "note", name, "x", "--as", "analyst", typed=f"{worlds.PASSWORD}\n")
    assert (outside.exit_code, "members of the case" in outside.stderr) == (1, True)
    told(node, "move", name, "join", "--set", "person=analyst")
    view = told(node, "note", name, "seen", "--as", "analyst", typed=f"{worlds.PASSWORD}\n")
    assert view["steps"][-1]["by"] == "analyst"
    for words in (("add", name, "alert"), ("move", name, "start", "--set", "note"),
                  ("move", name, "start", "--set", "note=a", "--set", "note=b")):  # fmt: skip
        assert run(node, *words).exit_code == 2
