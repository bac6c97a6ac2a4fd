"""Models and scores over the API. CPU: about two seconds; the model is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from program import Program

import planted_models
import worlds
from esclusa.node import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("scores") / "node")
    worlds.take_in(made, "o.edi", worlds.box("B1", "NRXU4430056", "S1"))
    worlds.take_in(made, "p.edi", worlds.box("B2", "NRXU4430056", "S1"))
    worlds.add_people(made)
    planted_models.plant(made, "spring")
    yield made
    made.close()


def test_from_a_model_to_scores_and_their_container(node: Node) -> None:
    analyst, boss = Program(node, "analyst"), Program(node, "supervisor")
    refused = analyst.ask("POST", "/scores", json={})
    assert (refused.status_code, "no model is active" in refused.text) == (409, True)
    (listed,) = analyst.ask("GET", "/models").json()["models"]
    assert (listed["name"], listed["active"]) == ("spring", False)
    reason = {"reason": "card read"}
    assert analyst.ask("POST", "/models/spring/activate", json=reason).status_code == 403
    step = boss.ask("POST", f"/models/{listed['checksum']}/activate", json=reason).json()
    assert (step["move"], step["by"]) == ("activate", "supervisor")
    assert analyst.ask("POST", "/scores", json={}).json()["scored"] == 2
    assert analyst.ask("POST", "/scores", json={}).json() == {
        "model": "spring", "checksum": listed["checksum"], "scored": 0, "already": 2,
    }  # fmt: skip
    rows = analyst.ask("GET", "/scores", params={"limit": 2}).json()
    told = analyst.ask("GET", f"/scores/{rows[0]['subject_id']}").json()
    parts = sum(one["contribution"] for one in told["reasons"])
    assert told["start"] + parts + told["rest"] == told["score"] == rows[0]["score"]
    box = analyst.ask("GET", "/boxes/nrxu4430056/score").json()
    one, two = (row["probability"] for row in rows)
    assert box["probability"] == pytest.approx(1 - (1 - one) * (1 - two))
    assert (box["scored"], box["unscored"], box["low"]) == (2, 0, max(one, two))
    card = analyst.ask("GET", "/models/spring", params={"language": "es"}).json()
    assert card["card"].startswith("Ficha del modelo: spring") and card["shapes"]
    assert boss.ask("POST", "/models/retire", json={"reason": "done"}).json()["move"] == "retire"


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/models/winter", {}, 404),
        ("GET", "/models/spring", {"params": {"language": "fr"}}, 400),
        ("GET", "/models/spring/drift", {"params": {"days": 0}}, 400),
        ("GET", "/scores", {"params": {"limit": 0}}, 400),
        ("GET", "/scores/" + "0" * 36, {}, 404),
        ("GET", "/scores/" + "0" * 36, {"params": {"version": -1}}, 400),
        ("GET", "/boxes/MARU1234567/score", {}, 404),
        ("POST", "/scores", {"json": {"records": ["0" * 36] * 501}}, 400),
        ("POST", "/scores", {"json": {"colour": "red"}}, 400),
        ("POST", "/models", {"json": {"name": "first"}}, 409),
        ("POST", "/models", {"json": {"name": " "}}, 400),
        ("POST", "/models", {"json": {"name": "x", "level": 9}}, 400),
        ("POST", "/models/spring/activate", {"json": {"reason": " "}}, 400),
    ],
)
def test_what_cannot_be_is_refused_with_its_status(
    node: Node, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    answer = Program(node, "supervisor").ask(method, path, **more)
    assert answer.status_code == status, answer.text
