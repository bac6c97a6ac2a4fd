"""Notices over the API: settings, what waits, feed, form, outbox, use; and what is refused. 9 s of CPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from program import BASE, Program

import worlds
from exchange_worlds import World
from notice_worlds import Post, settle
from referral_worlds import ASKING, HOST, bill, made, request

CHOICE = {
    "mail": {"kinds": ["alert"], "to": "ana@customs.example", "when": "daily", "at": "07:30"},
    "feed": {"kinds": ["referral_received", "list_changed"]},
    "time_zone": "America/Panama",
}


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("post")) as made_:
        yield made_


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, post: Post) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("notices")) as two:
        worlds.add_people(two[HOST])
        settle(two[HOST], post)
        two[HOST].notices.tick()
        yield two


def test_an_account_chooses_and_is_told_and_its_feed_is_read(world: World) -> None:
    ana = Program(world[HOST])
    kept = ana.post("/notice-settings", {"choice": CHOICE}).json()
    assert kept["mail"] == {**CHOICE["mail"]}
    assert ana.get("/notice-settings").json() == kept
    node = world[HOST]
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    node.notices.tick()
    (one,) = [one for one in ana.get("/notices").json() if one["path"] == f"/referrals/{name}"]
    assert one["kind"]["code"] == "referral_received"
    feed = ana.post("/notice-feed").json()["path"]
    answer = ana.client.get(feed)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert "KANARIREF" not in answer.text
    mine = ana.client.get(feed, headers=ana.headers)
    assert "KANARIREF" in mine.text
    again = ana.client.get(feed, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ana.post("/notice-feed/end").status_code == 204
    assert ana.client.get(feed).status_code == 404


def test_a_mail_address_is_confirmed_by_its_code(world: World, post: Post) -> None:
    lea, ana = Program(world[HOST], "supervisor"), Program(world[HOST])
    assert lea.post("/notice-address/again").status_code == 409  # there is none yet
    choice = {"mail": {"kinds": ["alert"], "to": "lea@customs.example"}}
    assert lea.post("/notice-settings", {"choice": choice}).json()["address"] == {
        "address": "lea@customs.example", "state": "waiting", "until": "",
    }  # fmt: skip
    world[HOST].notices.tick()
    (data,) = [data for to, data in post.mails if to == "lea@customs.example"]
    (code,) = re.findall(rb"page Notices: (\w{8})", data.replace(b"=\r\n", b""))
    said = {"code": code.decode()}
    for body, status in (({}, 400), ({"code": 7}, 400), ({"code": "x" * 10_000}, 400),
                         ({"code": "WRONG234"}, 400), (said | {"account": "lea"}, 400)):  # fmt: skip
        assert lea.post("/notice-address", body).status_code == status, body
    assert ana.post("/notice-address", said).status_code in (400, 409)
    assert lea.post("/notice-address", said).json()["state"] == "confirmed"
    assert lea.post("/notice-address", said).status_code == 409
    assert lea.get("/notice-settings").json()["address"]["state"] == "confirmed"
    assert lea.post("/notice-settings", {"choice": {}}).json()["address"]["state"] == "none"


def test_a_form_goes_out_and_comes_back(world: World) -> None:
    otto = Program(world[HOST])
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    made_ = otto.get(f"/notice-forms/{name}", account="auditor").status_code
    assert made_ == 400  # an auditor answers no referral
    form = otto.get(f"/notice-forms/{name}", account="analyst").json()
    assert form["name"] == f"referral-{name}.csv"
    text = form["text"].replace('"answer",""', '"answer","ask"')
    text = text.replace('"question",""', '"question","which of the two boxes?"')
    sent = otto.client.post(
        f"{BASE}/notice-answers?name=form.csv", headers=otto.headers, content=text.encode()
    )
    assert sent.json()["state_en"] == "Question open"
    twice = otto.client.post(
        f"{BASE}/notice-answers?name=form.csv", headers=otto.headers, content=text.encode()
    )
    assert twice.status_code == 400
    assert "form.csv: line 3: this form was used already" in twice.json()["detail"]


def test_the_outbox_and_use_are_for_who_runs_the_node(world: World) -> None:
    admin, ana = Program(world[HOST], "administrator"), Program(world[HOST])
    assert admin.get("/notice-outbox").json()["messages"] == []
    tested = admin.post("/notice-tests", {"channel": "mail", "to": "bo@customs.example"}).json()
    assert tested == {"state": "sent", "told": ""}
    assert admin.post("/notice-agencies", {"account": "auditor", "agency": "court"}).json()[
        "agency"
    ] == "court"  # fmt: skip
    page = admin.get("/notice-use", days=30).json()
    assert {row["agency"] for row in page["rows"]} == {"court", HOST, ASKING}
    for path in ("/notice-outbox", "/notice-use"):
        assert ana.get(path).status_code == 403
    assert ana.get("/notice-settings", account="auditor").status_code == 403
    assert Program(world[HOST], "auditor").get("/notice-use").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/notice-settings", {"choice": {"mail": {"kinds": ["alert"]}}}, 400),
        ("/notice-settings", {"choice": {"mial": {}}}, 400),
        ("/notice-settings", {"choice": {"feed": {"kinds": ["alert"] * 2}}}, 400),
        ("/notice-settings", {"choice": {"mail": {"kinds": ["alert"], "to": "x@evil.example"}}}, 400),
        ("/notice-settings", {"choice": CHOICE, "account": "auditor"}, 403),
        ("/notice-settings", {}, 400),
        ("/notice-tests", {"channel": "mail", "to": "ana@customs.example"}, 403),
        ("/notice-outbox/00/again", None, 403),
        ("/notice-answers", {}, 400),
    ],
)  # fmt: skip
def test_what_is_wrong_or_not_allowed_is_refused(
    world: World, path: str, body: Any, status: int
) -> None:
    answer = Program(world[HOST]).post(path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_an_administrators_mistake_is_named(world: World) -> None:
    admin = Program(world[HOST], "administrator")
    for path, status in (("/notice-outbox/00/again", 404),):
        assert admin.post(path).status_code == status
    assert admin.get("/notice-outbox", state="odd").status_code == 400
    assert admin.get("/notice-outbox", limit=0).status_code == 400
    assert admin.get("/notice-use", days=0).status_code == 400
    assert admin.post("/notice-tests", {"channel": "fax", "to": "1"}).status_code == 400
    said = {"account": "nobody", "agency": "court"}
    assert admin.post("/notice-agencies", said).status_code == 404
    said = {"account": "auditor", "agency": "a court"}
    assert admin.post("/notice-agencies", said).status_code == 400
