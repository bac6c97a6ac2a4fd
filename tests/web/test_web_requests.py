"""Requests for information through the pages, over two joined nodes, no script. About 12 s of CPU."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html
from small_node import HOSTILE, SmallNode
from small_requests import LATE, RESTS, WAITS
from walker import Walker, text_of

import worlds
from exchange_cases import Bill, manifest, record_of
from exchange_worlds import World, for_partners, officer, take_in
from request_worlds import (
    ASKED,
    ASKING,
    HIDDEN,
    ask,
    bill,
    facts,
    go,
    hide,
    in_hours,
    made,
    question,
    state_at,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("requests")) as two:
        two.add_people()
        yield two


def person(world: World, agency: str, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(world[agency]).sign_in(role, language, password=worlds.PASSWORD)


def step(walker: Walker, name: str, move: str, **given: str) -> Any:
    return walker.step(f"/requests/{name}", move, **given)


def test_from_the_record_to_an_answer_at_both_sides(world: World) -> None:
    ana, hugo, record = person(world, ASKING), person(world, ASKED), bill(world)
    page = ana.see(f"/records/{record}")
    (place,) = page.xpath("//a[starts-with(@href, '/request-starts/')]/@href")
    form = ana.see(place)
    assert form.xpath("//input[@name='partner']/@value") == [ASKED]
    assert "KANARIREF" in form.xpath("string(//input[@name='subject_name']/@value)")
    assert form.xpath("//select[@name='level']") == []
    assert form.xpath("//select[@name='clock']/option/@value") == ["", "8h", "7d"]
    typed = question(subject_kind="document", partner=ASKED)
    sent = ana.post(place, **typed)
    assert sent.status_code == 303
    world.sync(ASKED, ASKING)
    name = sent.headers["location"].rpartition("/")[2]
    assert f"/requests/{name}" in hugo.see("/requests").xpath("//tr/th/a/@href")
    assert step(hugo, name, "acknowledge", officer="77").status_code == 303
    until = in_hours(world, 30)[:16].replace("T", " ")
    assert step(hugo, name, "extend", officer="77", extension_reason="files of another office",
                until=until).status_code == 303  # fmt: skip
    assert step(hugo, name, "answer_none", officer="77", searched="ship register, since 2019") \
        .status_code == 303  # fmt: skip
    world.sync(ASKED, ASKING)
    told = text_of(ana.see(f"/requests/{name}"))
    assert "Nothing known" in told and "ship register, since 2019" in told
    assert "within eight hours" in told and "Z" in told.partition("Answer due")[2][:30]
    assert "Nothing known" in text_of(ana.see(f"/records/{record}"))
    assert "clear" not in told.lower().split()


def test_a_question_with_mistakes_keeps_what_was_typed_and_says_what_is_wrong(
    world: World,
) -> None:
    ana = person(world, ASKING)
    typed = question(partner=ASKED, legal_basis="", clock="14d", level="0",
                     question="typed with care")  # fmt: skip
    wrong = ana.post("/request-starts", **typed)
    page = html.fromstring(wrong.text)
    assert wrong.status_code == 422
    assert page.xpath("//*[@aria-invalid='true']/@name") == ["legal_basis", "clock"]
    assert "The agreement with this partner does not list it." in text_of(page)
    assert page.xpath("string(//textarea[@name='question'])").strip() == "typed with care"
    assert page.xpath("//select[@name='level']/option[@selected]/@value") == ["0"]
    es = person(world, ASKING, "supervisor", "es").post("/request-starts", **typed)
    assert "El acuerdo con este socio no lo contempla." in es.text
    for bad in ({"partner": "altamira"}, {"level": "4"}, {"level": "x"}):
        assert ana.post("/request-starts", **(question(partner=ASKED) | bad)).status_code in (
            400, 422,
        )  # fmt: skip
    assert ana.post("/request-starts", **question(partner=ASKED)).status_code == 303


def test_a_ground_that_the_agreement_does_not_list_is_refused_at_its_field(world: World) -> None:
    hugo, name = person(world, ASKED), ask(world).row.id
    page = hugo.see(f"/requests/{name}")
    grounds = page.xpath("//select[@name='ground']/option/@value")
    assert grounds == ["", "not_available", "national_security", "outside_agreement"]
    forged = hugo.form_of(f"/requests/{name}", "refuse", officer="77", ground="",
                     refusal_text="a small matter only")  # fmt: skip
    wrong = hugo.post(f"/requests/{name}/move", **(forged | {"ground": "minor_offence"}))
    page = html.fromstring(wrong.text)
    assert (wrong.status_code, page.xpath("//*[@aria-invalid='true']/@name")) == (422, ["ground"])
    assert page.xpath("string(//details[@open]//textarea)").strip() == "a small matter only"
    assert step(hugo, name, "refuse", officer="77", ground="national_security",
                refusal_text="an operation is under way").status_code == 303  # fmt: skip
    world.sync(ASKED, ASKING)
    ana, lena = person(world, ASKING), person(world, ASKING, "supervisor")
    assert "national security" in text_of(ana.see(f"/requests/{name}"))
    assert ana.see(f"/requests/{name}").xpath("//input[@value='escalate']") == []
    assert step(lena, name, "escalate", escalation_reason="the heads should settle it") \
        .status_code == 303  # fmt: skip


def test_somebody_was_faster_and_the_text_is_still_there(world: World) -> None:
    hugo, name = person(world, ASKED), ask(world).row.id
    form = hugo.form_of(
        f"/requests/{name}", "need_more", officer="77", missing="typed with care, too late"
    )
    go(world, name, "refuse")
    late = hugo.post(f"/requests/{name}/move", **form)
    page = html.fromstring(late.text)
    assert late.status_code == 409
    assert "Somebody was faster" in text_of(page)
    assert "typed with care, too late" in text_of(page.get_element_by_id("typed").getparent())
    assert page.xpath("//input[@value='need_more']") == []


def test_an_answer_points_to_records_and_a_record_that_stays_is_named(world: World) -> None:
    node, hugo, ana = world[ASKED], person(world, ASKED), person(world, ASKING)
    said = Bill(bill="KANARIWEB", box="CSQU3054383", seal="SWEB")
    take_in(node, for_partners(ASKING), manifest(said), "web.edi")
    goes, stays, name = record_of(node, "KANARIWEB").id, bill(world, ASKED), ask(world).row.id
    wrong = step(hugo, name, "answer_full", officer="7", answer="as here", records=stays)
    page = html.fromstring(wrong.text)
    assert wrong.status_code == 422
    assert f"the record {stays} stays here" in text_of(page)
    assert page.xpath("string(//details[@open]//textarea[@name='records'])").strip() == stays
    assert step(hugo, name, "answer_full", officer="7", answer="as here", records=goes) \
        .status_code == 303  # fmt: skip
    world.sync(ASKED, ASKING)
    copy = record_of(world[ASKING], "KANARIWEB")
    assert ana.see(f"/requests/{name}").xpath(f"//a[@href='/records/{copy.id}']")
    assert ana.get(f"/records/{copy.id}").status_code == 200


def test_the_clock_is_shown_with_its_rest_and_the_desk_goes_out_as_csv(world: World) -> None:
    hugo, name = person(world, ASKED), ask(world, subject_name="=HYPERLINK(1)").row.id
    assert step(hugo, name, "need_more", officer="7", missing="which one?").status_code == 303
    said = text_of(hugo.see(f"/requests/{name}"))
    assert "The clock rests" in said and "it rests since" in said
    table = hugo.get("/requests.csv?state=need_more")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    (row,) = [one for one in rows if one["id"] == name]
    assert (row["state"], row["whose turn"], row["asked by"]) == (
        "More is needed", "theirs", ASKING,
    )  # fmt: skip
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["rests since (UTC)"].endswith("Z")
    es = person(world, ASKED, "supervisor", "es").get("/requests.csv?state=need_more")
    assert es.text.splitlines()[0].startswith("id,somos,")


def test_whoever_may_not_see_it_finds_pages_as_without_it(world: World) -> None:
    node, record = world[ASKING], bill(world)
    ana = person(world, ASKING)

    def pages() -> list[tuple[int, str]]:
        said = {"move": "withdraw", "version": "1.0", "reason": "settled"}
        got = [
            ana.get("/requests?state=all"), ana.get(f"/requests/{HIDDEN}"),
            ana.get(f"/records/{record}"), ana.get(f"/request-starts/{record}"),
            ana.post(f"/requests/{HIDDEN}/move", **said),
        ]  # fmt: skip
        seen = [
            (one.status_code, _still(text_of(html.fromstring(one.text).xpath("//main")[0])))
            for one in got
        ]
        table = csv.DictReader(io.StringIO(ana.get("/requests.csv?state=all").text))
        return [*seen, *((200, str(row | {"minutes left": ""})) for row in table)]

    before = pages()
    hide(node, record)
    assert pages() == before
    assert node.information_desk.show(worlds.cleared(node), HIDDEN).record == record
    assert node.information_desk.of_record(officer(node), record).requests == ()


def _still(text: str) -> str:
    """Return a text without how much time is left, which goes on."""
    return re.sub(r"\d+ (h|min)", "_", text)


def test_roles_without_cases_have_no_requests(world: World) -> None:
    for role in ("auditor", "administrator"):
        walker = person(world, ASKING, role)
        for address in ("/requests", "/requests.csv", "/request-starts"):
            assert walker.get(address).status_code == 403
        assert "/requests" not in walker.get("/help").text


@pytest.mark.parametrize("language", ("en", "es"))
def test_hostile_text_is_text(language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", language)
    for address in ("/requests", *(f"/requests/{name}" for name in (WAITS, RESTS, LATE)),
                    "/request-starts", "/request-starts/one"):  # fmt: skip
        page = walker.get(address)
        assert page.status_code == 200, address
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
    wrong = walker.post("/request-starts/one", partner=HOSTILE, legal_basis=HOSTILE)
    assert wrong.status_code == 422 and "<img src=x" not in wrong.text


def test_a_step_by_hand_that_is_not_ours_is_refused_with_the_reason(world: World) -> None:
    ana, name = person(world, ASKING), ask(world).row.id
    version = ana.see(f"/requests/{name}").xpath("//input[@name='version']/@value")[0]
    for move, said in (("answer_none", "belongs to the service that is asked"),
                       ("expire", "from time alone"), ("reply", "does not allow")):  # fmt: skip
        given = facts("answer_none", "asked") if move == "answer_none" else {}
        got = ana.post(f"/requests/{name}/move", move=move, version=version, **given)
        assert (got.status_code, said in got.text) == (409, True), move
    assert state_at(world, ASKING, name) == "asked"
