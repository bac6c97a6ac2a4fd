"""Reports on casework and the board over the API. About 8 CPU seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from program import Program

import report_worlds as made
import worlds
from esclusa.node import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = made.node_of(tmp_path_factory.mktemp("api") / "node")
    node.board.now = lambda: made.NOW
    worlds.add_people(node)
    yield node
    node.close()


def test_figures_their_records_and_what_was_kept(node: Node) -> None:
    sol = Program(node, "supervisor")
    told = sol.get("/reports/2026-03").json()
    rows = {(row["figure"], row.get("part", "")): row
            for one in told["sections"] for row in one["rows"]}  # fmt: skip
    assert rows["alerts_decided", ""]["cells"]["now"]["number"] == 4
    assert rows["alerts_decided", ""]["cells"]["before"]["number"] == 1
    assert told["clearance"] == 1 and told["purpose"] == "targeting"
    behind = sol.get("/reports/2026-03/figures/alerts_decided", part="explained").json()
    assert [row["id"] for row in behind["rows"]] == [made.alert_id("A6"), made.alert_id("A2")]
    small = sol.get("/reports/2026-03", hide_small="true").json()
    shown = [cell["number"] for one in small["sections"] for row in one["rows"]
             for cell in row["cells"].values() if cell.get("number")]  # fmt: skip
    assert shown and min(shown) >= 5
    kept = sol.post("/reports/2026-03/keep")
    assert kept.status_code == 201
    digest = kept.json()["row"]["digest"]
    assert sol.get(f"/kept-reports/{digest}").json()["intact"] is True
    assert [one["digest"] for one in sol.get("/kept-reports", period="2026-03").json()] == [digest]
    assert sol.get("/kept-reports", period="2026-02").json() == []


def test_the_board_and_its_queues(node: Node) -> None:
    sol = Program(node, "supervisor")
    queues = {one["queue"]: one for one in sol.get("/board").json()["queues"]}
    assert (queues["alerts_claimed"]["count"], queues["alerts_claimed"]["late"]) == (1, 1)
    held = sol.get("/board/alerts_claimed", late="true").json()
    assert [row["id"] for row in held["rows"]] == [made.alert_id("A3")]
    assert sol.get("/board/alerts_new", limit=2, offset=5).json()["number"] == 6


def test_rates_of_referrals_by_the_days_on_which_they_were_asked_for(node: Node) -> None:
    sol = Program(node, "supervisor")
    (ours, theirs) = sol.get("/referral-rates", since="2026-03-01", until="2026-03-31").json()
    assert (ours["asked"], ours["answered"], ours["due"], ours["void"]) == (5, 3, 4, 1)
    assert (ours["since"], ours["until"], ours["version"]) == ("2026-03-01", "2026-03-31", 1)
    assert (theirs["asked"], theirs["found"]) == (2, 1)
    assert sol.get("/referral-rates").json()[0]["asked"] == 6
    assert (
        sol.get("/referral-rates", since="2026-03-05", until="2026-03-05").json()[0]["asked"] == 1
    )
    assert sol.get("/referral-rates", since="soon").status_code == 400


@pytest.mark.parametrize(("path", "query", "status"), [
    ("/reports/2026-13", {}, 400), ("/reports/2026-05", {}, 400),
    ("/reports/2026-03/figures/ghost", {}, 400),
    ("/reports/2026-03/figures/alerts_raised", {"limit": 0}, 400),
    ("/reports/2026-03/figures/alerts_raised", {"offset": -1}, 400),
    ("/reports/2026-03/figures/alerts_raised", {"of": "2020-01"}, 400),
    ("/reports/2026-03", {"hide_small": "maybe"}, 400), ("/kept-reports/ghost", {}, 404),
    ("/board/ghost", {}, 400), ("/board/matches", {"age": "old"}, 400),
])  # fmt: skip
def test_wrong_questions_are_refused(
    node: Node, path: str, query: dict[str, Any], status: int
) -> None:
    assert Program(node, "supervisor").get(path, **query).status_code == status


def test_roles_without_them_get_nothing(node: Node) -> None:
    ana, audits = Program(node, "analyst"), Program(node, "auditor")
    assert ana.get("/board").status_code == 403
    assert ana.post("/reports/2026-03/keep").status_code == 403
    assert audits.get("/reports/2026-03").status_code == 403
    assert Program(node, "supervisor").post("/reports/2026-04/keep").status_code == 409
