"""Cases over the API: opened, worked on, evidence in and out, a package. About 5 s of CPU."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from program import Program

import case_worlds
from case_worlds import CLOSED, DUE, PHOTO
from esclusa.api.download import disposition
from esclusa.api.limits import FaceLimits
from esclusa.node import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = case_worlds.made(tmp_path_factory.mktemp("cases"))
    yield one
    one.close()


class Room(Program):
    def __init__(self, node: Node, role: str = "analyst", **limits: Any) -> None:
        super().__init__(node, role, limits=FaceLimits(**limits))
        self.headers["Accept-Encoding"] = "identity"  # so that lengths are those of the files

    def move(self, name: str, move: str, of: str = "", **given: str) -> httpx.Response:
        return self.step(f"/cases/{name}", move, given=given, of=of)

    def take(self, name: str, data: bytes, file: str = "seal.jpg") -> httpx.Response:
        version = self.get(f"/cases/{name}").json()["version"]
        said = {"name": file, "what": "photo", "source": "gate", "version": version}
        return self.post(f"/cases/{name}/evidence", data, **said)


def test_a_case_from_an_alert_to_its_package(node: Node) -> None:
    ana, item = Room(node), case_worlds.alert(node)
    start = ana.get("/case-starts", kind="alert", item=item).json()
    others = [row["id"] for row in ana.get("/cases").json()["rows"]]
    assert (start["title"], start["held_by"]) == ("NRCH B2", [])
    assert sorted(one["id"] for one in start["cases"]) == sorted(others)
    body = {"title": "Boxes of Altamira", "kind": "alert", "item": item, "why": "same exporter"}
    name = ana.post("/cases", body).json()["row"]["id"]
    view = ana.move(name, "task", task="ask the carrier", member="analyst", due=DUE).json()
    refused = ana.move(name, "close", **CLOSED)
    assert (refused.status_code, "tasks wait: 1" in refused.text) == (409, True)
    ana.move(name, "done", of=view["tasks"][0]["name"])
    view = ana.take(name, PHOTO).json()
    file = view["evidence"][0]
    assert file["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    read = ana.post(f"/cases/{name}/evidence/{file['name']}/readings", {"why": "compare"})
    assert read.content == PHOTO
    assert [one["result"]["code"] for one in ana.get(f"/cases/{name}/checks").json()] == ["intact"]
    package = ana.post(f"/cases/{name}/package", {"to": "court", "language": "es"})
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        assert f"evidence/{file['sha256']}" in archive.namelist()
    assert ana.move(name, "close", **CLOSED).json()["row"]["state"]["es"] == "Cerrado"
    told = [step["move"]["code"] for step in ana.get(f"/cases/{name}").json()["steps"]]
    assert told == ["open", "name", "put", "task", "done", "take_in", "read", "export", "read",
                    "close"]  # fmt: skip
    other = ana.post("/cases", body).json()
    assert other["items"][0]["also_in"] == []  # the first is closed
    again = ana.post(f"/cases/{other['row']['id']}/items",
                     {"kind": "alert", "item": item, "version": other["version"]})  # fmt: skip
    assert (again.status_code, "already" in again.text) == (409, True)


def test_a_file_is_handed_out_as_one_that_no_browser_opens(node: Node) -> None:
    ana = Room(node)
    name = ana.post("/cases", {"title": "files"}).json()["row"]["id"]
    view = ana.take(name, b"<script>alert(1)</script>", 'x"; señal\r\n.html').json()
    read = ana.post(f"/cases/{name}/evidence/{view['evidence'][0]['name']}/readings", {})
    for answer in (read, ana.post(f"/cases/{name}/package", {})):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith('attachment; filename="')
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a.jpg", "attachment; filename=\"a.jpg\"; filename*=UTF-8''a.jpg"),
        ('"; x=y\r\nSet-Cookie: a', "attachment; filename=\"___x_y__Set-Cookie__a\"; "
         "filename*=UTF-8''%22%3B%20x%3Dy%0D%0ASet-Cookie%3A%20a"),
        ("ñ", "attachment; filename=\"_\"; filename*=UTF-8''%C3%B1"),
        ("", "attachment; filename=\"file\"; filename*=UTF-8''"),
    ],
)  # fmt: skip
def test_no_name_breaks_out_of_its_header(name: str, field: str) -> None:
    assert disposition(name) == field


def test_what_is_refused_is_refused_in_one_clear_sentence(node: Node) -> None:
    ana, other = Room(node, upload_bytes=2000), Room(node, "auditor")
    wrong = ana.post("/cases", {"title": ""})
    assert (wrong.status_code, "title must be filled in" in wrong.text) == (400, True)
    name = ana.post("/cases", {"title": "refused"}).json()["row"]["id"]
    files = len(list((node.folder / "vault").rglob("*")))
    for data, status in ((b"", 400), (b"x" * 2001, 413), (b"x" * 9000, 413)):
        answer = ana.take(name, data)
        assert answer.status_code == status, answer.text
    assert len(list((node.folder / "vault").rglob("*"))) == files
    assert ana.get(f"/cases/{name}").json()["evidence"] == []
    for path, body in (
        ("moves", {"move": "note", "version": ""}), ("moves", {"move": "fly", "version": "x"}),
        ("moves", {"move": "note", "version": "x", "under": "nobody"}),
        ("moves", {"move": "note", "version": "x", "colour": "red"}),
        ("items", {"kind": "case", "item": "x", "version": "x"}),
        ("package", {"language": "fr"}),
    ):  # fmt: skip
        assert ana.post(f"/cases/{name}/{path}", body).status_code == 400, body
    stale = {"move": "note", "version": "x", "given": {"text": "x"}}
    faster = ana.post(f"/cases/{name}/moves", stale)
    assert (faster.status_code, "somebody was faster" in faster.text) == (409, True)
    for move in ("put", "take_in", "read", "export"):
        assert ana.move(name, move).status_code == 400
    for level in (4, 9, -2):
        assert ana.post("/cases", {"title": "high", "level": level}).status_code == 400
    damaged = ana.move(name, "note", text="a\x00b")
    assert damaged.status_code == 400
    for query in ({"state": "gone"}, {"limit": 0}, {"limit": 10**6}, {"mine": "perhaps"}):
        assert ana.get("/cases", **query).status_code == 400
    for path in ("/cases", f"/cases/{name}", f"/cases/{name}/checks", "/case-starts"):
        assert other.get(path).status_code == 403
    for path in ("/cases/nothing", f"/cases/{name}/evidence/x/readings"):
        answer = ana.get(path) if path.endswith("nothing") else ana.post(path, {})
        assert answer.status_code in (404, 409)
