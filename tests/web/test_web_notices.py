"""Notices through the pages, no script: settings, what waits, the feed, answers by form, the outbox,
use. About 9 s of CPU."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from small_node import HOSTILE, SmallNode
from small_notices import NOTICE
from walker import Walker, text_of

import worlds
from esclusa.node import notice_settings
from exchange_worlds import World
from notice_worlds import Post, confirm, settle
from referral_worlds import ASKING, HOST, bill, made, request, state_at

FORM = {
    "mail_to": "ana@customs.example", "mail_when": "daily", "mail_at": "07:30", "webhook_to": "",
    "webhook_when": "at_once", "webhook_at": "07:00", "language": "", "time_zone": "",
    "minimum_score": "0", "clock_minutes": "120",
}  # fmt: skip
KINDS = ["alert", "referral_received"]


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


def person(world: World, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(world[HOST]).sign_in(role, language, password=worlds.PASSWORD)


def waiting(world: World, walker: Walker) -> set[str]:
    """Return the addresses of what waits for somebody by mail, once the node has looked."""
    world[HOST].notices.tick()
    page = walker.see("/notices?via=mail")
    return set(page.xpath("//table//a[starts-with(@href, '/notices/')]/@href"))


def test_settings_are_kept_and_shown_and_what_waits_leads_to_its_page(world: World) -> None:
    ana = person(world)
    sent = ana.post("/notices", **FORM, mail_kinds=KINDS, feed_kinds=KINDS[:1], forms="on")
    assert (sent.status_code, sent.headers["location"]) == (303, "/notices?kept=1#settings")
    page = ana.see("/notices?kept=1")
    assert page.xpath("//input[@name='mail_kinds' and @checked]/@value") == KINDS
    assert page.xpath("//input[@name='mail_to']/@value") == ["ana@customs.example"]
    assert page.xpath("//select[@name='mail_when']/option[@selected]/@value") == ["daily"]
    before = waiting(world, ana)
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    (link,) = waiting(world, ana) - before
    answer, own = ana.get(link), ana.see(f"/referrals/{name}")
    assert (answer.status_code, answer.headers["content-location"]) == (200, f"/referrals/{name}")
    drawn = ana.tree(answer)  # in place of the notice, as at its own address
    assert drawn.xpath("string(//h1)") == own.xpath("string(//h1)")
    assert drawn.xpath("//form/@action") == own.xpath("//form/@action")
    assert drawn.xpath("//input[@name='back']/@value") == [f"/referrals/{name}"]
    assert drawn.xpath("//body/@data-own-address") == [f"/referrals/{name}"]
    assert not own.xpath("//body/@data-own-address")
    assert person(world, "supervisor").get(link).status_code == 404
    assert "Se agota" not in text_of(ana.see("/notices"))


def test_a_mistake_is_said_and_nothing_that_was_chosen_is_lost(world: World) -> None:
    ana = person(world, "supervisor")
    tried = FORM | {"mail_to": "ana@evil.example", "mail_at": "09:15", "clock_minutes": "45"}
    answer = ana.post("/notices", **tried, mail_kinds=KINDS, subject_kinds=["traveller"])
    assert answer.status_code == 400
    page = ana.tree(answer)
    assert "mail may not go to that address" in text_of(page)
    assert page.xpath("//input[@name='mail_to']/@value") == ["ana@evil.example"]
    assert page.xpath("//input[@name='mail_at']/@value") == ["09:15"]
    assert page.xpath("//input[@name='clock_minutes']/@value") == ["45"]
    assert page.xpath("//input[@name='mail_kinds' and @checked]/@value") == KINDS
    assert page.xpath("//input[@name='subject_kinds' and @checked]/@value") == ["traveller"]
    assert ana.see("/notices").xpath("//input[@name='mail_kinds' and @checked]") == []
    for wrong in ({"minimum_score": "many"}, {"mail_when": "often"}, {"clock_minutes": "1"}):
        assert ana.post("/notices", **(FORM | wrong), mail_kinds=KINDS).status_code == 400


def test_a_mail_address_is_confirmed_on_the_page(world: World, post: Post) -> None:
    lea, to = person(world, "supervisor", "es"), "lea@customs.example"
    lea.post("/notices", **(FORM | {"mail_to": to}), mail_kinds=KINDS)
    assert f"Un código va a {to}" in text_of(lea.see("/notices"))
    world[HOST].notices.tick()
    (data,) = [data for sent, data in post.mails if sent == to]
    (code,) = re.findall(rb" ([2-9A-Z]{8})\r\n", data.replace(b"=\r\n", b""))
    assert f"Un código fue a {to}" in text_of(lea.see("/notices"))
    wrong = lea.post("/notices/address", code="WRONG234")
    assert wrong.status_code == 400
    (field,) = lea.tree(wrong).xpath("//input[@name='code']")
    assert (field.get("value"), field.get("aria-invalid")) == ("WRONG234", "true")
    assert lea.post("/notices/address-again").status_code == 409  # a letter went just now
    assert lea.post("/notices/address", code=code.decode()).status_code == 303
    assert f"{to} está confirmada" in text_of(lea.see("/notices"))
    assert lea.post("/notices/address", code=code.decode()).status_code == 409
    lea.post("/notices", **(FORM | {"mail_to": ""}))


def test_a_feeds_address_is_shown_once_and_ends(world: World) -> None:
    ana = person(world)
    page = ana.tree(ana.post("/notices/feed"))
    (shown,) = page.xpath("//section[@aria-labelledby='feed']//code/text()")
    path = str(shown).removeprefix("https://esclusa.customs.example")
    stranger = Walker(world[HOST])
    assert stranger.get(path).headers["cache-control"] == "private, no-cache"
    assert path not in ana.get("/notices").text
    assert ana.post("/notices/feed-end").status_code == 303
    assert stranger.get(path).status_code == 404


def test_a_form_is_handed_out_and_its_answer_taken_in(world: World) -> None:
    otto = person(world)
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    got = otto.get(f"/notice-forms?referral={name}&account=analyst")
    assert f'filename="referral-{name}.csv"' in got.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(got.content.decode("utf-8-sig"))))
    out = io.StringIO()
    filled = {"answer": "ask", "question": "which of them is meant?"}
    csv.writer(out).writerows([(row[0], filled.get(row[0], row[1]), row[2]) for row in rows])
    data = out.getvalue().encode()
    for status in (200, 422):
        answer = otto.post("/notice-answers", files=[("files", ("form.csv", data))])
        assert answer.status_code == status
    said = text_of(otto.tree(answer))
    assert "form.csv: line 3: this form was used already" in said
    assert state_at(world, HOST, name) == "need_info"
    assert otto.post("/notice-answers", files=[("files", ("a.csv", b"x"))]).status_code == 422
    assert otto.get("/notice-forms?referral=ghost&account=analyst").status_code == 404


def test_the_outbox_tests_a_channel_and_tries_again(world: World, post: Post) -> None:
    node, admin = world[HOST], person(world, "administrator")
    ana = person(world)
    node.notices.tick()  # what other tests left
    ana.post("/notices", **(FORM | {"mail_when": "at_once"}), mail_kinds=KINDS)
    confirm(node, "analyst")
    request(world, bill(world))
    world.sync(HOST, ASKING)
    post.fault, post.to = "refuses", "ana@customs.example"
    node.notices.tick()
    page = admin.see("/notice-outbox")
    assert "answer 550" in text_of(page)
    (again,) = page.xpath("//form[contains(@action, '/again')]/@action")
    post.fault = ""
    assert admin.post(again).status_code == 303
    before = len(post.mails)
    node.notices.tick()
    assert len(post.mails) == before + 1
    said = text_of(admin.tree(admin.post("/notice-outbox/test", channel="webhook", to="desk")))
    assert "sent" in said
    wrong = admin.post("/notice-outbox/test", channel="mail", to="x@evil.example")
    assert wrong.status_code == 400 and "Choose from the list." in wrong.text
    path = node.folder / notice_settings.FILE
    kept = path.read_text()
    path.write_text("[mail")
    assert admin.get("/notice-outbox").status_code in (400, 500, 503)
    path.write_text(kept)


def test_use_stands_by_agency_and_as_a_table(world: World) -> None:
    admin = person(world, "administrator")
    assert admin.post("/notice-use", account="analyst", agency="police").status_code == 303
    page = admin.see("/notice-use?days=31")
    assert {"police", ASKING} <= {text_of(one).split()[0] for one in page.xpath("//tbody//th")}
    table = admin.get("/notice-use.csv?days=31")
    assert b"agency,partner" in table.content
    assert b"analyst" not in table.content
    assert admin.get("/notice-use?days=0").status_code == 400
    assert "Nunca" in text_of(person(world, "auditor", "es").see("/notice-use")).title()


@pytest.mark.parametrize("language", ("en", "es"))
def test_a_hostile_name_is_text_everywhere(language: str) -> None:
    for role, paths in (
        ("supervisor", ("/notices", "/notice-answers")),
        ("administrator", ("/notice-outbox", "/notice-use")),
    ):
        walker = Walker(SmallNode(title=HOSTILE)).sign_in(role, language)
        for path in paths:
            answer = walker.get(path)
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
        if role == "administrator":
            said = walker.post("/notice-outbox/test", channel="webhook", to="x").text
        else:
            said = walker.post("/notice-answers", files=[("files", (HOSTILE, b"bad"))]).text
            said += walker.post("/notice-answers", files=[("files", ("f", b"good"))]).text
        assert "<script>alert" not in said
        assert walker.get(f"/notices/{NOTICE}").status_code == 200
