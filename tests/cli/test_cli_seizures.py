"""`esclusa seizures` and the API's addresses: reported, joined, corrected, counted, taken back.
About 4 s of CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

import worlds
from esclusa.cli.commands import cli
from esclusa.node import Node
from esclusa.web.app import create_app
from seizure_worlds import HIDDEN, hide


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("seizures") / "node")
    worlds.add_people(made)
    yield made
    made.close()


def run(node: Node, *words: object) -> Result:
    asked = ["seizures", *(str(word) for word in words), "--node", str(node.folder)]
    return CliRunner().invoke(cli, asked)


def test_reported_corrected_counted_and_taken_back_on_the_command_line(node: Node) -> None:
    said = ("--set", "agency=customs", "--set", "number=C-1", "--set", "place=PAONX",
            "--item", "drugs:packages:112:KGM")  # fmt: skip
    wrong = run(node, "report", *said)
    assert (wrong.exit_code, wrong.stderr) == (1, "esclusa: input: seized must be filled in\n")
    done = run(node, "report", *said, "--set", "seized=2026-11-20")
    assert done.exit_code == 0, done.stderr
    view = json.loads(done.stdout)
    assert view["row"]["event"] == "customs-C-1"
    record = view["reports"][0]["record"]
    fixed = run(node, "correct", "customs-C-1", record, "--item", "drugs:packages:98.5:KGM",
                "--why", "weighed again", "--version", "1")  # fmt: skip
    assert fixed.exit_code == 0, fixed.stderr
    assert json.loads(fixed.stdout)["row"]["amounts"][0]["amount"] == 98.5
    (row, drugs) = [json.loads(line) for line in run(node, "counts").stdout.splitlines()]
    assert (row["events"], drugs["category"]["code"]) == (1, "drugs")
    assert run(node, "withdraw", record, "--why", "entered twice").exit_code == 0
    assert run(node, "list").stdout == ""
    assert "no such seizure" in run(node, "show", "customs-C-1").stderr


def test_the_same_over_the_api(node: Node) -> None:
    client = TestClient(create_app(node), base_url="http://node.test")
    said = {"name": "analyst", "password": worlds.PASSWORD}
    token = client.post("/api/v1/session", json=said).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    report = {"seized": "2026-11-20", "agency": "customs", "number": "A-1",
              "items": [{"category": "drugs", "quantity": 5, "unit": "KGM"}]}  # fmt: skip
    made = client.post("/api/v1/seizures", json={"report": report})
    assert made.status_code == 200, made.text
    (mine,) = made.json()["reports"]
    place = f"/api/v1/seizure-reports/{mine['record']}"
    again = client.post("/api/v1/seizures", json={"report": report})
    assert again.status_code == 409
    bad = client.post("/api/v1/seizures", json={"report": report | {"items": []}})
    assert "items must be filled in" in bad.text
    fix = {"report": report | {"event": "customs-A-1", "items": [{"category": "revenue"}]},
           "why": "not drugs", "version": mine["version"]}  # fmt: skip
    assert client.post(f"{place}/correction", json=fix).status_code == 200
    assert client.post(f"{place}/correction", json=fix).status_code == 409
    rows = client.get("/api/v1/seizures", params={"category": "revenue"}).json()["rows"]
    assert [row["event"] for row in rows] == ["customs-A-1"]
    counts = client.get("/api/v1/seizure-counts", params={"by": "year"}).json()
    assert counts["definition"] == "seizures/1"
    gone = client.post(f"{place}/withdrawal", json={"why": "entered twice", "version": "2"})
    assert gone.status_code == 204
    assert client.get("/api/v1/seizures/customs-A-1").status_code == 404
    hidden = hide(node)
    assert client.get(f"/api/v1/seizures/{HIDDEN}").status_code == 404
    none = {"why": "because", "version": "1"}
    assert client.post(f"/api/v1/seizure-reports/{hidden}/withdrawal", json=none).status_code == 404
