"""Hit review through the pages, the API and the command line, over one real node."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from walker import Walker, text_of

import worlds
from esclusa.cli.commands import cli
from esclusa.node import Node
from esclusa.web.app import create_app
from worlds import PASSWORD

WHY = "Another <b>firm</b>."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matches") / "node"
    node = worlds.make(folder)
    worlds.with_list(node, "own", ("p1", "OTRA FIRMA"), ("p2", "SALINAS DEL ESTE"))
    worlds.with_list(node, "hidden", ("h1", "ISTMO PRIMAVERA"), marking=worlds.SECRET)
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    for name, role in (("ana", "analyst"), ("eva", "analyst"), ("sol", "supervisor")):
        node.add_user(node.administrator(), name=name, password=PASSWORD, role=role)
    node.close()
    return folder


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Iterator[Node]:
    shutil.copytree(made, tmp_path / "node")
    opened = Node.open(tmp_path / "node")
    yield opened
    opened.close()


def walk(node: Node, name: str = "ana", language: str = "en") -> Walker:
    return Walker(node).sign_in(name, language, password=PASSWORD)


def waiting(node: Node) -> list[str]:
    return [row.match_id for row in node.match_desk.matches(worlds.reader(node)).rows]


def hidden(node: Node) -> str:
    rows = node.match_desk.matches(worlds.cleared(node)).rows
    return next(row.match_id for row in rows if row.list_id == "hidden")


def test_the_page_shows_both_sides_in_words_and_the_alert_leads_to_it(node: Node) -> None:
    walker, names = walk(node), waiting(node)
    assert len(names) == 2
    page = walker.see(f"/matches/{names[0]}")
    assert "Agrees" in text_of(page) and "Speaks for the match" in text_of(page)
    assert "kept under this marking" in text_of(page) and "OFFICIAL" in text_of(page)
    links = [
        link
        for row in worlds.queue_of(node, worlds.reader(node))
        for link in walker.see(f"/alerts/{row.alert_id}").xpath("//a/@href")
    ]
    assert {f"/matches/{name}" for name in names} <= set(links)
    assert "Ambos lados" in text_of(walk(node, language="es").see(f"/matches/{names[0]}"))


def test_after_a_decision_comes_the_next_match_and_it_can_be_undone_from_there(node: Node) -> None:
    walker, (one, two) = walk(node), waiting(node)
    form = {"outcome": "not_the_same", "reason": WHY}
    answer = walker.post(f"/matches/{one}/decide", **form)
    assert answer.headers["location"] == f"/matches/{two}?decided={one}"
    assert "Decision written on the match before." in walker.get(answer.headers["location"]).text
    page = walker.get(f"/matches/{one}").text
    assert "Another &lt;b&gt;firm&lt;/b&gt;." in page and "Match cleared on" in page
    last = walker.post(f"/matches/{two}/decide", **form)
    assert last.headers["location"] == f"/matches?decided={two}"
    assert walker.post(f"/matches/{one}/undo").headers["location"] == f"/matches/{one}"
    assert waiting(node) == [one]


def test_only_one_s_own_decision_or_a_supervisor_s_hand_takes_it_back(node: Node) -> None:
    one = waiting(node)[0]
    form = {"outcome": "the_same", "reason": "Same tax number."}
    assert walk(node).post(f"/matches/{one}/decide", **form).status_code == 303
    other = walk(node, "eva")
    assert "Undo the last decision" not in other.get(f"/matches/{one}").text
    assert other.post(f"/matches/{one}/undo").status_code == 409
    assert walk(node, "sol").post(f"/matches/{one}/undo").status_code == 303


def test_a_match_that_may_not_be_known_is_like_none_on_every_face(node: Node) -> None:
    walker, name = walk(node), hidden(node)
    missing = "00000000-0000-5000-8000-000000000000"
    for path in ("/matches/{}", "/matches/{}/decide", "/matches/{}/undo"):
        form = {"outcome": "the_same", "reason": "x"}
        answers = [
            walker.post(path.format(which), **form) if path[-2:] != "{}" else
            walker.get(path.format(which))
            for which in (name, missing)
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {404}
        assert len({text.text.replace(name, missing).split("<footer")[0] for text in answers}) == 1
    with TestClient(create_app(node), base_url="http://node.test") as client:
        headers = {"Authorization": f"Bearer {node.sign_in('ana', PASSWORD)}"}
        for which in (name, missing):
            answer = client.get(f"/api/v1/matches/{which}", headers=headers)
            assert (answer.status_code, answer.json()["detail"]) == (
                404,
                "no such thing, or none that you may know of",
            )


def test_the_api_decides_shows_and_undoes(node: Node) -> None:
    with TestClient(create_app(node), base_url="http://node.test") as client:
        headers = {"Authorization": f"Bearer {node.sign_in('ana', PASSWORD)}"}
        rows = client.get("/api/v1/matches", headers=headers).json()["rows"]
        path = f"/api/v1/matches/{rows[0]['match_id']}"
        said = {"outcome": "not_the_same", "reason": "Other owner.", "redress": "0123456"}
        made = client.post(f"{path}/decide", headers=headers, json=said).json()
        assert made["state"] == "not_the_same" and made["steps"][0]["redress"] == "0123456"
        wrong = client.post(f"{path}/decide", headers=headers, json=said | {"outcome": "clear"})
        assert wrong.status_code == 400
        assert client.post(f"{path}/undo", headers=headers).json()["state"] == ""


def test_the_command_line_lists_decides_shows_and_undoes(node: Node) -> None:
    def run(*words: str) -> list[dict[str, object]]:
        done = CliRunner().invoke(
            cli, ["matches", words[0], "--node", str(node.folder), *words[1:]]
        )
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    names = [str(row["match_id"]) for row in run("list")]
    assert len(names) == 3  # the operator is cleared for the hidden list
    assert run("decide", names[0], "cannot_tell", "--reason", "No papers.")[0]["state"] == (
        "cannot_tell"
    )
    assert run("show", names[0])[0]["told_en"]
    assert len(run("list")) == 2
    assert run("undo", names[0])[0]["state"] == ""
    missing = CliRunner().invoke(cli, ["matches", "show", "--node", str(node.folder), "GHOST"])
    assert missing.exit_code == 4 and "GHOST" not in missing.output
