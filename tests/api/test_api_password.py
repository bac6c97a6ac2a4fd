"""The own password over the API, and a program that has to change it first. About 3 s of CPU (hashing)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from esclusa.node import Node
from esclusa.web.app import create_app

BASE, OLD, NEW = "/api/v1", "correct horse battery", "battery horse correct"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(tmp_path_factory.mktemp("password") / "node", agency="marisol")
    yield made
    made.close()


@pytest.fixture
def client(node: Node) -> TestClient:
    """A client from an address of its own, so that one test's wrong tries slow no other down."""
    return TestClient(create_app(node), base_url="http://node.test")


def signed_in(client: TestClient, name: str, password: str = OLD) -> dict[str, str]:
    answer = client.post(f"{BASE}/session", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def test_a_new_password_comes_with_a_new_session_and_ends_the_others(
    node: Node, client: TestClient
) -> None:
    node.people.add(name="ana", password=OLD, role="analyst")
    here, there = signed_in(client, "ana"), signed_in(client, "ana")
    answer = client.post(f"{BASE}/password", headers=here, json={"old": OLD, "new": NEW})
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["password_due"]) == ("ana", False)
    for gone in (here, there):
        assert client.get(f"{BASE}/queue", headers=gone).status_code == 401
    fresh = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert client.get(f"{BASE}/queue", headers=fresh).status_code == 200
    assert client.post(
        f"{BASE}/session", json={"name": "ana", "password": OLD}
    ).status_code == 401  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"old": "wrong", "new": NEW}, 403), ({"old": OLD, "new": "short"}, 400),
        ({"old": OLD, "new": OLD}, 400), ({"old": OLD}, 400), ({}, 400), ([], 400),
        ({"old": OLD, "new": 7}, 400), ({"old": OLD, "new": NEW, "name": "sol"}, 400),
        ({"old": OLD, "new": "x" * 1025}, 400), ({"old": OLD, "new": "x" * 2_000_000}, 413),
    ],
)  # fmt: skip
def test_what_is_wrong_changes_nothing(
    node: Node, client: TestClient, body: object, status: int
) -> None:
    if "sol" not in {one.name for one in node.people.all()}:
        node.people.add(name="sol", password=OLD, role="analyst")
    mine = signed_in(client, "sol")
    answer = client.post(f"{BASE}/password", headers=mine, json=body)
    assert answer.status_code == status, answer.text
    assert NEW not in answer.text and OLD not in answer.text
    assert client.get(f"{BASE}/queue", headers=mine).status_code == 200


@pytest.mark.usefixtures("brake_clock")
def test_guesses_are_slowed_down(node: Node) -> None:
    client = TestClient(create_app(node), base_url="http://node.test")
    node.people.add(name="eva", password=OLD, role="analyst")
    mine = signed_in(client, "eva")
    tried = [
        client.post(
            f"{BASE}/password", headers=mine, json={"old": f"no {n}", "new": NEW}
        ).status_code
        for n in range(7)
    ]
    assert tried == [403] * 5 + [429] * 2


def test_a_first_password_answers_nothing_but_its_change(node: Node, client: TestClient) -> None:
    node.people.add(name="new", password=OLD, role="supervisor", first=True)
    answer = client.post(f"{BASE}/session", json={"name": "new", "password": OLD})
    assert (answer.status_code, answer.json()["password_due"]) == (201, True)
    mine = {"Authorization": f"Bearer {answer.json()['token']}"}
    for method, path in (("GET", "/queue"), ("GET", "/notices"), ("POST", "/screen"),
                         ("GET", "/search?text=a"), ("GET", "/notice-settings")):  # fmt: skip
        refused = client.request(method, BASE + path, headers=mine)
        assert refused.status_code == 403 and "change your password first" in refused.text
    said = {"old": OLD, "new": NEW}
    changed = client.post(f"{BASE}/password", headers=mine, json=said).json()
    assert changed["password_due"] is False
    fresh = {"Authorization": f"Bearer {changed['token']}"}
    assert client.get(f"{BASE}/queue", headers=fresh).status_code == 200
    assert client.delete(f"{BASE}/session", headers=fresh).status_code == 204


def test_without_a_session_nobody_changes_anything(client: TestClient) -> None:
    said = {"old": OLD, "new": NEW}
    assert client.post(f"{BASE}/password", json=said).status_code == 401
    wrong = {"Authorization": "Bearer guess"}
    assert client.post(f"{BASE}/password", headers=wrong, json=said).status_code == 401
