"""Mappings over the API: list, show, add, upload with one, and the guess to correct."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from esclusa.api.problem import Problem
from esclusa.formats.tabular.mapping import MAPPING_BYTES, load_mapping
from esclusa.model import Level
from esclusa.node.node import Node
from esclusa.sharing import views
from esclusa.web.app import create_app

PASSWORD = "correct horse battery"
BASE = "/api/v1"
DATA = Path(__file__).parents[1] / "data" / "tabular"
TABLE = (DATA / "exportacion.csv").read_bytes()
RIGHT = (DATA / "exportacion.toml").read_bytes()
NAME = "altamira-exportacion"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a node with its people; each test opens a copy."""
    folder = tmp_path_factory.mktemp("mappings") / "node"
    node = Node.create(folder, agency="NORTHREACH")
    for role in ("analyst", "supervisor", "auditor", "administrator"):
        node.add_user(
            node.administrator(), name=role, password=PASSWORD, role=role, clearance=Level.OFFICIAL
        )
    node.close()
    return folder


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(shutil.copytree(made, tmp_path / "node"))
    yield opened
    opened.close()


class Caller:
    """A program that calls the API in one role."""

    def __init__(self, node: Node, role: str) -> None:
        self.client = TestClient(create_app(node), base_url="http://node.test")
        body = {"name": role, "password": PASSWORD}
        token = self.client.post(BASE + "/session", json=body).json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, status: int, into: Any, **more: Any) -> Any:
        answer = self.client.request(method, BASE + path, headers=self.headers, **more)
        assert answer.status_code == status, answer.text
        return msgspec.convert(answer.json(), into)

    def add(self, text: bytes = RIGHT, status: int = 201, into: Any = views.MappingView) -> Any:
        return self.call("POST", "/mappings?name=m.toml", status, into, content=text)

    def upload(self, mapping: str = "", status: int = 201, into: Any = views.SourceView) -> Any:
        asked = {"name": "exportacion.csv"} | ({"mapping": mapping} if mapping else {})
        return self.call("POST", "/sources", status, into, params=asked, content=TABLE)


def test_a_mapping_is_added_listed_shown_and_used(node: Node) -> None:
    supervisor, analyst = Caller(node, "supervisor"), Caller(node, "analyst")
    guessed = analyst.upload()
    assert guessed.mapping == ""
    added = supervisor.add()
    assert (added.id, added.version, added.columns) == (NAME, 1, 8)
    (listed,) = analyst.call("GET", "/mappings", 200, tuple[views.MappingView, ...])
    assert (listed.id, listed.text) == (NAME, "")
    shown = analyst.call("GET", f"/mappings/{NAME}", 200, views.MappingView)
    assert shown.text.encode() == RIGHT
    mapped = analyst.upload(NAME)
    assert (mapped.mapping, mapped.mapping_digest) == (NAME, shown.digest)
    assert mapped.id != guessed.id
    assert analyst.upload() == mapped
    assert Caller(node, "administrator").add(RIGHT + b"# newer\n").version == 2
    older = analyst.call(
        "GET", f"/mappings/{NAME}?digest={shown.digest[:8]}", 200, views.MappingView
    )
    assert older.version == 1


def test_the_guess_for_an_upload_is_offered_as_a_mapping_to_correct(node: Node) -> None:
    analyst = Caller(node, "analyst")
    guessed = analyst.upload()
    offered = analyst.call("GET", f"/sources/{guessed.id}/proposal", 200, views.ProposalView)
    assert load_mapping(offered.text.encode()).id == "exportacion"
    analyst.call("GET", "/sources/nothing/proposal", 404, Problem)


@pytest.mark.parametrize(
    ("text", "status", "word"),
    [
        (RIGHT.replace(b'"bill"', b'"billl"'), 422, "billl"), (b"colour = 1\n" + RIGHT, 422, "colour"),
        (b"\xff", 422, "not a mapping"), (b"", 422, "not a mapping"),
        (b"#" * (MAPPING_BYTES + 1), 413, "larger"),
    ],
)  # fmt: skip
def test_a_bad_mapping_is_a_problem_that_names_what_is_wrong(
    node: Node, text: bytes, status: int, word: str
) -> None:
    supervisor = Caller(node, "supervisor")
    assert word in supervisor.add(text, status, Problem).detail
    assert supervisor.call("GET", "/mappings", 200, list[views.MappingView]) == []


def test_an_upload_with_an_unknown_mapping_is_400_and_keeps_nothing(node: Node) -> None:
    analyst = Caller(node, "analyst")
    assert "no mapping is called 'nowhere'" in analyst.upload("nowhere", 400, Problem).detail
    assert analyst.call("GET", "/sources", 200, list[views.SourceView]) == []


def test_a_role_without_the_action_is_403_and_a_missing_mapping_404(node: Node) -> None:
    assert Caller(node, "analyst").add(RIGHT, 403, Problem).error == "Forbidden"
    auditor = Caller(node, "auditor")
    for path in ("/mappings", f"/mappings/{NAME}"):
        assert auditor.call("GET", path, 403, Problem).error == "Forbidden"
    Caller(node, "analyst").call("GET", f"/mappings/{NAME}", 404, Problem)


def test_a_file_that_a_reader_may_not_see_offers_no_guess(node: Node) -> None:
    guessed = Caller(node, "analyst").upload()
    node.add_user(
        node.administrator(), name="low", password=PASSWORD, role="analyst", clearance=Level.OPEN
    )
    low = Caller(node, "low")
    hidden = low.call("GET", f"/sources/{guessed.id}/proposal", 404, Problem)
    assert hidden == low.call("GET", f"/sources/{'0' * 32}/proposal", 404, Problem)
