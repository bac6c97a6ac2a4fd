"""Referrals through the pages, over two joined nodes, no script. About 15 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html
from small_node import HOSTILE, SmallNode
from small_referrals import ASKED, LOUD, OURS
from walker import Walker, text_of

import worlds
from esclusa.model import record_id
from exchange_worlds import World, for_partners, officer, take_in
from referral_worlds import ASKING, HIDDEN, HOST, bill, facts, go, hide, loaded, made, request


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("referrals")) as two:
        two.add_people()
        yield two


def person(world: World, agency: str, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(world[agency]).sign_in(role, language, password=worlds.PASSWORD)


def soon(world: World, hours: float = 8) -> str:
    """Return a moment as a browser's field for date and time gives it."""
    return f"{world.clock() + dt.timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def step(walker: Walker, name: str, move: str, **given: str) -> Any:
    return walker.step(f"/referrals/{name}", move, **given)


def test_from_the_alert_to_a_seizure_at_both_sides(world: World) -> None:
    ana, hugo, record = person(world, ASKING), person(world, HOST), bill(world)
    page = ana.see(f"/records/{record}")
    (place,) = page.xpath("//a[starts-with(@href, '/referral-starts/')]/@href")
    form = ana.see(place)
    assert form.xpath("//input[@name='host']/@value") == [HOST]
    sent = ana.post(place, host=HOST, risk_reasons="goods do not fit the exporter",
                    legal_purpose="treaty, article 3", cut_off=soon(world), send="yes")  # fmt: skip
    assert sent.status_code == 303, text_of(html.fromstring(sent.text))
    name = sent.headers["location"].removeprefix("/referrals/")
    world.sync(HOST, ASKING)
    assert name in str(html.tostring(hugo.see("/referrals?side=host")))
    for move, state in (("accept", "requested"), ("scan", "accepted"), ("scan_anomaly", "scanning"),
                        ("examine", "scan_anomaly"), ("seize", "physical")):  # fmt: skip
        assert step(hugo, name, move, **facts(move, state)).status_code == 303
    world.sync(HOST, ASKING)
    said = text_of(ana.see(f"/referrals/{name}"))
    assert "State: Seizure" in said
    assert "Mass in kg112" in said.replace(" 112", "112")
    es = text_of(person(world, ASKING, "supervisor", "es").see(f"/referrals/{name}"))
    assert "Incautación" in es and "Drogas" in es
    assert "Seizure" in text_of(ana.see(f"/records/{record}"))
    assert ana.see("/referrals?state=seizure").xpath(f"//a[@href='/referrals/{name}']")
    # The host's page leads to the examination that came of it.
    exam = hugo.see(f"/referrals/{name}").xpath("//a[text()='The examination']/@href")
    assert exam and hugo.get(exam[0]).status_code == 200


def test_a_wrong_form_says_so_at_the_field_and_loses_nothing(world: World) -> None:
    ana, record = person(world, ASKING), bill(world)
    place = f"/referral-starts/{record}"
    typed = {"host": HOST, "risk_reasons": "typed with care\r\nin two lines", "legal_purpose": "x",
             "cut_off": "2020-01-01T10:00", "send": "yes"}  # fmt: skip
    wrong = ana.post(place, **typed)
    assert wrong.status_code == 422
    page = html.fromstring(wrong.text)
    marked = page.xpath("//*[@aria-invalid='true']/@name")
    assert marked == ["legal_purpose", "cut_off"]
    for name in marked:
        (at,) = page.xpath(f"//*[@name='{name}']/@aria-describedby")
        assert text_of(page.get_element_by_id(at))
    assert page.xpath("string(//textarea[@name='risk_reasons'])").split() == [
        "typed", "with", "care", "in", "two", "lines",
    ]  # fmt: skip
    assert page.xpath("//input[@name='cut_off']/@value") == ["2020-01-01T10:00"]
    assert page.xpath("//input[@name='host'][@checked]/@value") == [HOST]
    assert ana.see(place).xpath("//tr[@data-row]") == []
    es = person(world, ASKING, "supervisor", "es").post(place, **typed)
    assert "No es posterior a este momento." in es.text
    none = ana.post(place, **(typed | {"host": "altamira"}))
    assert none.status_code == 400


def test_a_step_with_a_mistake_keeps_what_was_typed(world: World) -> None:
    hugo = person(world, HOST)
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    wrong = step(hugo, name, "decline", officer="77", decline_text="yard full until Friday")
    assert wrong.status_code == 422
    page = html.fromstring(wrong.text)
    assert page.xpath("//*[@aria-invalid='true']/@name") == ["decline_code"]
    assert page.xpath("string(//details[@open]//textarea)") == "yard full until Friday"
    assert step(hugo, name, "decline", officer="77", decline_code="no_capacity",
                decline_text="yard full until Friday").status_code == 303  # fmt: skip


def test_somebody_was_faster_and_the_text_is_still_there(world: World) -> None:
    hugo = person(world, HOST)
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    form = hugo.form_of(f"/referrals/{name}", "decline", officer="77", decline_code="no_capacity",
                   decline_text="typed with care and now too late")  # fmt: skip
    go(world, name, "ask")
    late = hugo.post(f"/referrals/{name}/move", **form)
    assert late.status_code == 409
    page = html.fromstring(late.text)
    assert "Somebody was faster" in text_of(page)
    assert "typed with care and now too late" in text_of(
        page.get_element_by_id("typed").getparent()
    )
    assert page.xpath("//input[@value='decline']") == []
    assert "Question open" in text_of(page)


def test_waiver_and_do_not_load_on_the_pages(world: World) -> None:
    ana, lena, hugo = (person(world, ASKING), person(world, ASKING, "supervisor"),
                       person(world, HOST))  # fmt: skip
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    empty = step(ana, name, "ask_waiver")
    assert (empty.status_code, empty.text.count('aria-invalid="true"')) == (422, 2)
    assert step(lena, name, "ask_waiver", exception_code="relief_goods").status_code == 303
    # The one who asked has no form to approve; by hand it is refused with the reason.
    assert lena.see(f"/referrals/{name}").xpath("//input[@value='waive']") == []
    version = lena.see(f"/referrals/{name}").xpath("//input[@name='version']/@value")[0]
    self_approved = lena.post(f"/referrals/{name}/move", move="waive", version=version,
                              approval="mine as well")  # fmt: skip
    assert (self_approved.status_code, "a second person" in self_approved.text) == (409, True)
    world.sync(HOST, ASKING)
    assert step(hugo, name, "decline", **facts("decline", "requested")).status_code == 303
    world.sync(HOST, ASKING)
    assert step(ana, name, "escalate", escalation_reason="found twice on this lane") \
        .status_code == 303  # fmt: skip
    world.sync(HOST, ASKING)
    assert "Do not load." in text_of(hugo.see(f"/referrals/{name}"))
    shown = world[HOST].referral_desk.show(officer(world[HOST]), name)
    (box,) = shown.row.subject.boxes
    take_in(world[HOST], for_partners(), loaded(box), "loading.edi")
    told = text_of(hugo.see(f"/referrals/{name}"))
    assert "Told as loaded." in told and "against do not load" in told
    assert "Told as loaded." not in text_of(ana.see(f"/referrals/{name}"))  # not theirs to read
    assert ana.see(f"/referrals/{name}").xpath("//input[@value='clear_load']") == []
    assert step(hugo, name, "clear_load", **facts("clear_load", "escalated")).status_code == 303
    assert "Do not load." not in text_of(hugo.see(f"/referrals/{name}"))


def test_the_clock_is_shown_with_its_rest(world: World) -> None:
    hugo = person(world, HOST)
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    assert step(hugo, name, "ask", question="which seal was on it?").status_code == 303
    said = text_of(hugo.see(f"/referrals/{name}"))
    assert "The clock rests" in said and "it rests since" in said


def test_whoever_may_not_see_it_finds_pages_as_without_it(world: World) -> None:
    node, record = world[ASKING], bill(world)
    ana = person(world, ASKING)
    alert = record_id(node.agency, "alert", record)

    def pages() -> list[tuple[int, str]]:
        said = {"move": "ask_waiver", "version": "1.1.0", "exception_code": "relief_goods"}
        got = [ana.get("/referrals?state=all"), ana.get(f"/referrals/{HIDDEN}"),
               ana.get(f"/records/{record}"), ana.get(f"/referral-starts/{record}"),
               ana.get(f"/alerts/{alert}"), ana.post(f"/referrals/{HIDDEN}/move", **said)]  # fmt: skip
        return [(answer.status_code, _still(answer.text)) for answer in got]

    before = pages()
    hide(node, record)
    assert pages() == before
    assert node.referral_desk.show(worlds.cleared(node), HIDDEN).record == record
    low = officer(node)
    assert node.referral_desk.of_record(low, record).referrals == ()


def _still(text: str) -> str:
    """Return a page without the present moment that each page names."""
    page = html.fromstring(text)
    return text_of(page.xpath("//main")[0])


def test_roles_without_cases_have_no_referrals(world: World) -> None:
    for role in ("auditor", "administrator"):
        walker = person(world, ASKING, role)
        assert walker.get("/referrals").status_code == 403
        assert "/referrals" not in walker.get("/help").text


@pytest.mark.parametrize("language", ("en", "es"))
def test_hostile_text_is_text(language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", language)
    for address in ("/referrals", f"/referrals/{ASKED}", f"/referrals/{OURS}",
                    f"/referrals/{LOUD}", "/referral-starts/one"):  # fmt: skip
        page = walker.get(address)
        assert page.status_code == 200, address
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
    wrong = walker.post("/referral-starts/one", host=HOSTILE, risk_reasons=HOSTILE)
    assert wrong.status_code == 422 and "<img src=x" not in wrong.text
