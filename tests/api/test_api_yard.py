"""The yard through the API: one record for each form, however often it is sent. 3 CPU seconds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec
import pytest
from starlette.testclient import TestClient

import selection_worlds as made
import worlds
import yard_worlds as yard
from esclusa.node import Node
from esclusa.web.app import create_app
from twins import same
from yard_worlds import boxes, filled

BASE = "/api/v1"
SHEET = f"{BASE}/yard/{made.PORT}.{made.DAY}.A"


def client_of(node: Node, name: str = "analyst") -> TestClient:
    client = TestClient(create_app(node), headers={"accept-encoding": "identity"})
    asked = {"name": name, "password": worlds.PASSWORD}
    token = client.post(f"{BASE}/session", json=asked).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    folder = tmp_path_factory.mktemp("yard")
    left, right = (yard.yard_node(folder / str(secret), secret=secret) for secret in (False, True))
    for node in (left, right):
        worlds.add_people(node)
    yield left, right
    left.close()
    right.close()


def test_a_form_is_recorded_once_and_its_receipt_is_always_the_same(
    pair: tuple[Node, Node],
) -> None:
    client, box = client_of(pair[0]), boxes(pair[0])[0]
    assert [row["name"] for row in client.get(f"{BASE}/yard").json()] == [yard.NAME]
    assert client.get(SHEET).json()["boxes"][0]["box"] == box.box
    body = {"form": msgspec.to_builtins(filled(box))}
    first = client.post(f"{SHEET}/forms", json=body)
    assert first.status_code == 200
    assert client.post(f"{SHEET}/forms", json=body).json() == first.json()
    assert client.get(f"{BASE}/yard-forms/{first.json()['form']}").json() == first.json()
    body["form"]["remarks"] = "later"
    assert client.post(f"{SHEET}/forms", json=body).status_code == 409
    assert yard.examinations(pair[0], box.box) == 1


def test_what_is_known_by_now_is_told_and_handed_back(pair: tuple[Node, Node]) -> None:
    client, box = client_of(pair[0]), boxes(pair[0])[1]
    pair[0].yard_desk.record(yard.officer(pair[0], "ben"), yard.NAME, filled(box))
    body = {"form": msgspec.to_builtins(filled(box))}
    refused = client.post(f"{SHEET}/forms", json=body).json()
    assert refused["error"] == "Untold" and "ben" in refused["detail"]
    told = next(one for one in client.get(SHEET).json()["boxes"] if one["box"] == box.box)["told"]
    body["told"] = [one["code"] for one in told]
    assert client.post(f"{SHEET}/forms", json=body).status_code == 200


def test_bad_input_is_one_clear_error(pair: tuple[Node, Node]) -> None:
    client, box = client_of(pair[0]), boxes(pair[0])[2]
    plain = msgspec.to_builtins(filled(box))
    for changes, part in (
        ({"completed": "now"}, "completed is not a date"), ({"result": "clean"}, "result is not"),
        ({"id": "7"}, "id is not a UUID"), ({"remarks": "x" * 5_000}, "remarks"),
        ({"subject": "ghost"}, "box is not"),
    ):  # fmt: skip
        answer = client.post(f"{SHEET}/forms", json={"form": plain | changes})
        assert answer.status_code == 400 and part in answer.json()["detail"]
    assert client.post(f"{SHEET}/forms", json={"form": plain, "more": 1}).status_code == 400
    assert client.post(f"{SHEET}/forms", json={"form": {}}).status_code == 400
    assert client.get(f"{BASE}/yard?limit=0").status_code == 400
    assert client_of(pair[0], "auditor").get(SHEET).status_code == 403
    assert yard.examinations(pair[0], box.box) == 0


def test_the_yard_answers_as_in_a_world_without_secrets(pair: tuple[Node, Node]) -> None:
    clients = [client_of(node, "supervisor") for node in pair]
    box = boxes(pair[0])[3]
    known = pair[1].yard_desk.sheet(made.cleared(pair[1]), f"{yard.NAME}@4").boxes
    hidden = next(one for one in known if one.title.startswith("QX"))
    form = msgspec.to_builtins(filled(box))
    forms = [form, form, form | {"seal": "S2"}]
    forms += [form | {"id": str(uuid.uuid4()), "subject": hidden.subject, "box": hidden.box}]
    asked = [("GET", "/yard", {}), ("GET", f"/yard/{yard.NAME.replace('/', '.')}@4", {}),
             ("GET", f"/yard-forms/{uuid.uuid4()}", {})]  # fmt: skip
    path = SHEET.removeprefix(BASE)
    asked += [("POST", f"{path}/forms", {"json": {"form": one}}) for one in forms]
    asked += [("POST", f"{path}@4/forms", {"json": {"form": one}}) for one in forms]
    for method, address, more in asked:
        same(address, *(one.request(method, BASE + address, **more) for one in clients))
