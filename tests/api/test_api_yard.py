"""The yard through the API: one record for each form, however often it is sent. 3 CPU seconds."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from starlette.testclient import TestClient

import selection_worlds as made
import worlds
import yard_worlds as yard
from esclusa.node import Node
from esclusa.web.app import create_app
from photos import jpeg
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
        (wrong,) = answer.json()["errors"]
        assert wrong["pointer"] == f"#/form/{'box' if 'subject' in changes else min(changes)}"
        assert part in wrong["detail"] or wrong["problem"] == "long"
    several = plain | {"completed": "now", "result": "clean"}
    answer = client.post(f"{SHEET}/forms", json={"form": several}).json()
    assert [(one["pointer"], one["problem"]) for one in answer["errors"]] == [
        ("#/form/result", "code"), ("#/form/completed", "moment")
    ]  # fmt: skip
    assert client.post(f"{SHEET}/forms", json={"form": plain, "more": 1}).status_code == 400
    assert client.post(f"{SHEET}/forms", json={"form": {}}).status_code == 400
    assert client.get(f"{BASE}/yard?limit=0").status_code == 400
    assert client_of(pair[0], "auditor").get(SHEET).status_code == 403
    assert yard.examinations(pair[0], box.box) == 0


def test_a_form_with_its_photographs_is_recorded_once_and_each_comes_back_with_its_hash(
    pair: tuple[Node, Node],
) -> None:
    client, box = client_of(pair[0], "supervisor"), boxes(pair[0])[4]
    photos = [jpeg(note=b"seal"), jpeg(note=b"doors")]
    hashes = [hashlib.sha256(one).hexdigest() for one in photos]
    form = msgspec.to_builtins(filled(box)) | {"photos": hashes}
    first = sent(client, form, photos)
    assert (first.status_code, first.json()["photos"]) == (200, 2)
    assert sent(client, form, photos).json() == first.json()  # a lost answer doubles nothing
    assert sent(client, form | {"photos": []}, photos[:1]).status_code == 409
    assert yard.examinations(pair[0], box.box) == 1
    path = f"{BASE}/examinations/{first.json()['examination']}/photographs"
    kept = client.get(path).json()["photos"]
    assert [(one["file"], one["sha256"], one["size"]) for one in kept] == [
        (f"p{n}.jpg", hashes[n], len(photos[n])) for n in range(2)
    ]
    read = client.post(f"{path}/{hashes[1]}/readings", json={"why": "asked by the port"})
    assert (read.status_code, read.content) == (200, photos[1])
    moves = [one["move"]["code"] for one in client.get(path).json()["photos"][1]["custody"]]
    assert moves == ["take_in", "read"]


def sent(client: TestClient, form: object, photos: list[bytes], **more: object) -> httpx.Response:
    """Send a form with photographs in parts; ``more`` are further parts."""
    files = [("files", (f"p{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos)]
    data = {"data": json.dumps({"form": form}), **more}
    return client.post(f"{SHEET}/forms/photographed", data=data, files=files)


def test_photographs_that_will_not_do_are_refused_whole(pair: tuple[Node, Node]) -> None:
    client, box = client_of(pair[0]), boxes(pair[0])[2]
    plain = msgspec.to_builtins(filled(box))
    good = jpeg(note=b"good")
    for form, photos, part in (
        (plain, [jpeg(note=b"%d" % n) for n in range(7)], "photos are too many"),
        (plain, [b"no picture"], "photos is no JPEG or PNG"),
        (plain, [good + b"\0" * (8 << 20)], "photos is too large"),
        (plain | {"photos": ["0" * 64]}, [good], "photos are others than the form names"),
        (plain | {"photos": ["0" * 64]}, [], "photos is no JPEG or PNG"),
        (plain | {"completed": "now"}, [good], "completed is not a date"),
    ):  # fmt: skip
        answer = sent(client, form, photos)
        assert (answer.status_code, part in answer.json()["detail"]) == (400, True), part
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"#/form/{part.split()[0]}"]
    for name in ("more", "data"):
        assert sent(client, plain, [good], **{name: "x"}).status_code == 400
    path = f"{SHEET}/forms/photographed"
    assert client.post(path, json={"form": plain}).status_code == 400
    assert client.post(path, content=b"--x", headers={"content-type": "multipart/form-data"}
                       ).status_code == 400  # fmt: skip
    assert yard.examinations(pair[0], box.box) == 0
    auditor = client_of(pair[0], "auditor")
    assert sent(auditor, plain, [good]).status_code == 403


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
    for one in forms:
        parts = {
            "files": {"files": ("p.jpg", jpeg(note=b"same"))},
            "data": {"data": json.dumps(one)},
        }
        asked += [("POST", f"{path}{at}/forms/photographed", parts) for at in ("", "@4")]
    for method, address, more in asked:
        same(address, *(one.request(method, BASE + address, **more) for one in clients))
