"""Entities through the pages and the API, over one real node."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from walker import Walker, text_of

import worlds
from esclusa.analysis.resolution.mention import TYPES
from esclusa.casework.entity_judgements import VERDICTS
from esclusa.model import Level
from esclusa.node import Node
from esclusa.web.app import create_app
from esclusa.web.catalogue import vocabulary
from worlds import PASSWORD

WHY = "Two <b>ledgers</b>."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entities") / "node"
    node = worlds.make(folder)
    bills = (("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*bills))
    worlds.take_in(node, "secret.edi", worlds.cuscar(("B8", "GHOST SA", "TEA")), worlds.SECRET)
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


def entity(node: Node, words: str, level: Level = Level.OFFICIAL) -> str:
    (row,) = node.entities.find(worlds.reader(node, clearance=level), words).rows
    return row.id


def mention(name: str) -> str:
    return name.removeprefix("ent-")


def pair_path(node: Node) -> str:
    one, other = sorted(mention(entity(node, w)) for w in ("ISTMO PRIMAVERA", "OTRA FIRMA"))
    return f"/entity-pairs/{one}/{other}"


def test_an_entity_is_found_by_name_and_shows_members_neighbours_and_ways(node: Node) -> None:
    walker, name = walk(node), entity(node, "ISTMO PRIMAVERA")
    found = walker.see("/entities?text=istmo+primavera")
    assert f"/entities/{name}" in found.xpath("//a/@href")
    page = walker.see(f"/entities/{name}?depth=2")
    assert "ISTMO PRIMAVERA SA" in text_of(page) and "open.edi" in text_of(page)
    near = page.xpath("//section[@aria-labelledby='near']//tbody//a/@href")
    near = [href for href in near if href.startswith("/entities/") and not href.endswith(name)]
    assert near
    other = near[0].removeprefix("/entities/")
    ways = walker.see(f"/entities/{name}?to={other}")
    assert ways.xpath("//section[@aria-labelledby='ways']//tbody/tr")
    spanish = walk(node, language="es").see(f"/entities/{name}")
    assert "Quién comparte qué con ella" in text_of(spanish)


def test_nothing_found_and_blank_text_are_said(node: Node) -> None:
    walker = walk(node)
    nothing = walker.see("/entities?text=nobody")
    assert "Nothing found among what you may see." in text_of(nothing)
    assert walker.get("/entities?text=%20").status_code == 200
    assert walker.get("/entities?text=...").status_code == 400


def test_two_entities_are_judged_the_same_side_by_side_and_it_is_taken_back(node: Node) -> None:
    walker, path = walk(node), pair_path(node)
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    joined = walker.post(f"/entities/{one}/join", other=other)
    page = walker.see(joined.headers["location"])
    assert {"ISTMO PRIMAVERA SA", "OTRA FIRMA SA"} <= set(page.xpath("//table//p/text()"))
    done = walker.post(path, verdict="same", reason=WHY)
    assert done.status_code == 303 and "?judged=" in done.headers["location"]
    said = done.headers["location"].partition("judged=")[2]
    entity_page = walker.get(f"/entities/{one}").text
    assert "OTRA FIRMA SA" in entity_page
    assert "Two &lt;b&gt;ledgers&lt;/b&gt;." in entity_page
    former = [walker.get(f"/entities/{name}").text for name in (one, other)]
    assert sum("a former one" in text for text in former) == 1
    assert "One and the same" in text_of(walker.see("/entity-judgements"))
    undone = walker.post(f"/entity-judgements/{said}/undo", reason="wrong till")
    assert undone.headers["location"] == path
    assert "OTRA FIRMA SA" not in text_of(walker.see(f"/entities/{one}").xpath("//h1")[0])
    assert "Taken back" in text_of(walker.see("/entity-judgements"))


def test_only_one_s_own_judgement_or_a_supervisor_s_hand_takes_it_back(node: Node) -> None:
    path = pair_path(node)
    done = walk(node).post(path, verdict="different", reason=WHY)
    said = done.headers["location"].partition("judged=")[2]
    other = walk(node, "eva")
    assert "Take the judgement back" not in other.get(path).text
    assert other.post(f"/entity-judgements/{said}/undo").status_code == 409
    assert other.post(path, verdict="same", reason="no").status_code == 409
    assert walk(node, "sol").post(f"/entity-judgements/{said}/undo").status_code == 303


@pytest.mark.parametrize("form", [{"reason": "x"}, {"verdict": "same", "reason": " "},
                                  {"verdict": "alike", "reason": "x"}])  # fmt: skip
def test_a_judgement_without_verdict_or_reason_is_refused(node: Node, form: dict[str, str]) -> None:
    assert walk(node).post(pair_path(node), **form).status_code == 400
    assert not node.entities.judgements(worlds.reader(node)).rows


def test_an_entity_that_may_not_be_known_is_like_none_on_every_page(node: Node) -> None:
    walker, shown = walk(node), mention(entity(node, "OTRA FIRMA"))
    hidden = mention(entity(node, "GHOST", Level.SECRET))
    for path in (
        "/entities/ent-{}",
        f"/entity-pairs/{shown}/{{}}",
        f"/entities/ent-{shown}?to=ent-{{}}",
    ):
        answers = [walker.get(path.format(name)) for name in (hidden, "f" * 20)]
        assert {answer.status_code for answer in answers} == {404}
        texts = {answer.text.replace(hidden, "f" * 20).split("<footer")[0] for answer in answers}
        assert len(texts) == 1
    assert "GHOST" not in walker.get("/entities?text=ghost").text.replace('value="ghost"', "")


def test_the_api_finds_shows_judges_and_undoes(node: Node) -> None:
    with TestClient(create_app(node), base_url="http://node.test") as client:
        client.headers["Authorization"] = f"Bearer {node.sign_in('ana', PASSWORD)}"
        rows = client.get("/api/v1/entities", params={"text": "otra firma"}).json()["rows"]
        one, other = rows[0]["id"], entity(node, "ISTMO PRIMAVERA")
        asked = {"one": one, "other": other, "verdict": "same", "reason": "One till."}
        said = client.post("/api/v1/entity-judgements", json=asked).json()
        assert (said["verdict"], said["by"]) == ("same", "ana")
        pair = {"one": said["a"]["id"], "other": said["b"]["id"]}
        again = client.post("/api/v1/entity-judgements", json={**asked, **pair})
        assert again.status_code == 409
        view = client.get(f"/api/v1/entities/{one}").json()
        assert len(view["members"]) == 2 and view["judgements"][0]["id"] == said["id"]
        wrong = client.post("/api/v1/entity-judgements", json={**asked, "verdict": "alike"})
        assert wrong.status_code == 400
        assert client.get(f"/api/v1/entities/{one}/links", params={"depth": 9}).status_code == 400
        undone = client.post(f"/api/v1/entity-judgements/{said['id']}/undo", json={})
        assert undone.json()["verdict"] == ""


def test_every_type_tie_and_verdict_has_a_word() -> None:
    ties = {"consignment", "voyage", "journey", "booking", "document", "phone", "address"}
    words = vocabulary()
    assert set(words["entity_type"]) == set(TYPES)
    assert set(words["entity_verdict"]) == {*VERDICTS, "taken_back"}
    assert set(words["tie"]) == ties
