"""Rules of a node's own over the API: from a text to a rule in force, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from program import Program

import worlds
from esclusa.node import Node
from rule_texts import rule


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("rules") / "node")
    worlds.take_in(made, "o.edi", worlds.cuscar(("B1", "UNO SA", "BANANAS"), ("B2", "DOS", "TEA")))
    worlds.add_people(made)
    yield made
    made.close()


class Writer(Program):
    def text(self, path: str, text: str, **query: Any) -> httpx.Response:
        return self.post(path, text.encode(), **query)


def test_from_a_text_to_a_rule_in_force_and_its_end(node: Node) -> None:
    analyst, boss = Writer(node, "analyst"), Writer(node, "supervisor")
    tried = analyst.text("/rules/try", rule()).json()
    assert (tried["figures"]["rows"], tried["figures"]["all"]["hits"]) == (2, 1)
    assert analyst.text("/rules/try", rule(), rehearse=False).json()["figures"] is None
    made = analyst.text("/rules", rule(), reason="asked by the shift").json()
    assert (made["open"], made["steps"][0]["reason"]) == ("1", "asked by the shift")
    waits = analyst.ask("POST", "/rules/N1/rehearsals").json()["versions"][0]
    assert (waits["state"], waits["waiting"]) == ("draft", "analyst")
    node.work.run()
    made_now = analyst.ask("GET", "/rules/N1").json()["versions"][0]
    assert (made_now["state"], made_now["waiting"]) == ("rehearsed", "")
    assert analyst.ask("POST", "/rules/N1/rehearse").json()["versions"][0]["state"] == "rehearsed"
    digest = made["versions"][0]["digest"]
    said = {"reason": "good", "digest": digest}
    assert analyst.ask("POST", "/rules/N1/approve", json=said).status_code == 403
    stale = boss.ask("POST", "/rules/N1/approve", json={"reason": "good", "digest": "0" * 32})
    assert (stale.status_code, "changed since you saw it" in stale.text) == (409, True)
    assert boss.ask("POST", "/rules/N1/approve", json=said).json()["running"] == "1"
    assert analyst.text("/rules", rule(version="2", word="TEA"), name="N1").json()["open"] == "2"
    boss.ask("POST", "/rules/N1/reject", json={"reason": "too wide"})
    analyst.text("/rules", rule(version="3", word="TEA"), name="N1")
    analyst.ask("POST", "/rules/N1/withdraw", json={})
    ended = boss.ask("POST", "/rules/N1/retire", json={"reason": "moved on"}).json()
    assert [one["state"] for one in ended["versions"]] == ["retired", "rejected", "withdrawn"]
    (row,) = [row for row in analyst.ask("GET", "/rules").json() if row["name"]]
    assert (row["name"], row["state"]) == ("N1", "withdrawn")
    rows = analyst.ask("GET", "/rules", params={"yields": True}).json()
    assert sum(row["rate"] is not None for row in rows) > 20


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (b"\xff", 400, "not UTF-8"),
        (b"id = ", 422, "line 1, character 6"),
        (rule().replace("contains(", "contians(").encode(), 422, "line 12, character 1"),
        (b"x" * 200_000, 413, "larger than 131 kB"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_its_place(
    node: Node, text: bytes, status: int, said: str
) -> None:
    analyst = Writer(node, "analyst")
    answer = analyst.ask("POST", "/rules", content=text)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    if status == 422:
        tried = analyst.ask("POST", "/rules/try", content=text).json()
        assert tried["mistakes"][0]["line"] and tried["figures"] is None
        placed = [
            (one["reason"], one["code"], one["line"], one["column"]) for one in tried["mistakes"]
        ]
        assert all(one["code"].startswith("rule_text:") for one in tried["mistakes"])
        assert all(one["reason_es"] for one in tried["mistakes"])
        assert placed == [
            (one["detail"], one["code"], one["line"], one["column"])
            for one in answer.json()["errors"]
        ]


def test_who_may_not_and_what_is_not_there(node: Node) -> None:
    auditor = Writer(node, "auditor")
    assert auditor.ask("GET", "/rules").status_code == 200
    assert auditor.ask("GET", "/rules", params={"yields": True}).status_code == 403
    for path in ("/rules", "/rules/try"):
        assert auditor.text(path, rule("N4")).status_code == 403
    analyst, boss = Writer(node, "analyst"), Writer(node, "supervisor")
    assert analyst.ask("GET", "/rules/C05").status_code == 404
    assert analyst.ask("POST", "/rules/N9/rehearse").status_code == 404
    for step in ("approve", "reject", "retire"):
        answer = boss.ask("POST", f"/rules/N9/{step}", json={"reason": "because"})
        assert answer.status_code == 404
    assert boss.ask("POST", "/rules/N9/approve", json={"reason": 7}).status_code == 400
    assert analyst.text("/rules", rule("N5"), level=9).status_code == 400
    assert analyst.text("/rules", rule("N5"), level=4).status_code == 400
