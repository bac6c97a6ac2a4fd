"""Redress through the pages, over two joined nodes, no script. About 10 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html
from small_node import HOSTILE, SmallNode
from small_redress import CHECKED, GIVEN, NUMBER
from walker import Walker, step_form, text_of

import worlds
from exchange_worlds import World
from redress_worlds import HIDDEN, HOST, OTHER, fly, hide, listed, made, waits


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("redress")) as two:
        two.add_people()
        yield two


def person(world: World, agency: str = HOST, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(world[agency]).sign_in(role, language, password=worlds.PASSWORD)


def step(walker: Walker, name: str, move: str, **given: str) -> Any:
    """Send a step's form, with everything that stands in it and what is given."""
    form, hidden, fields = step_form(walker.see(f"/redress/{name}"), move)
    assert set(given) <= fields, (fields, given)
    stands = {box.get("name"): box.value or "" for box in form.xpath(".//textarea | .//input")
              if box.get("name") in fields and box.get("type") not in ("hidden", "checkbox")}  # fmt: skip
    return walker.post(f"/redress/{name}/move", **(hidden | stands | given))


def begun(world: World, walker: Walker, flight: str) -> str:
    """Return the case of an application that begins at a traveller's match."""
    match = listed(world[HOST], fly(world[HOST], flight)).match
    assert match is not None
    page = walker.see(f"/matches/{match.id}")
    (place,) = page.xpath("//a[starts-with(@href, '/redress-starts/')]/@href")
    form = walker.see(place)
    assert form.xpath("//input[@name='birth_date']/@value") == ["1971-05-12"]
    sent = walker.post(place, name="Fabio Delvalle Jurado", birth_date="1971-05-12",
                       nationality="pan", documents="passport:PA1111112\r\n",
                       statement="Stopped twice for somebody else.")  # fmt: skip
    assert sent.status_code == 303, text_of(html.fromstring(sent.text))
    return str(sent.headers["location"]).removeprefix("/redress/")


def test_from_the_match_to_a_number_that_the_partner_honours(world: World) -> None:
    ana, lena = person(world), person(world, role="supervisor")
    name = begun(world, ana, "AM100")
    assert step(ana, name, "papers", seen="Passport in original").status_code == 303
    assert not ana.see(f"/redress/{name}").xpath("//input[@name='move' and @value='grant']")
    assert step(lena, name, "grant", ground="Another birth date", partner_northreach="yes",
                ).status_code == 303  # fmt: skip
    world.sync(HOST, OTHER)
    page = lena.see(f"/redress/{name}")
    (number,) = {word for word in text_of(page).split() if word.count("-") == 2 and word[0] == "R"}
    flown = fly(world[OTHER], "AM101", number=number)
    assert not waits(world[OTHER], flown)
    theirs = person(world, OTHER)
    said = text_of(theirs.see(f"/redress?number={number.lower()}"))
    assert "Given by marisol" in said
    assert "kept quiet" in said
    record = text_of(theirs.see(f"/records/{flown}"))
    assert f"Quiet: redress number {number}" in record
    es = text_of(person(world, OTHER, "supervisor", "es").see(f"/records/{flown}"))
    assert f"En silencio: el número de reparación {number}" in es
    paper = ana.get(f"/redress/{name}/paper?as=text")
    assert number in paper.text
    assert "wanted" not in paper.text
    assert ana.get(f"/redress/{name}/paper").content.startswith(b"%PDF")
    assert ana.see("/redress?state=granted").xpath(f"//a[@href='/redress/{name}']")
    assert not ana.see("/redress?state=refused").xpath(f"//a[@href='/redress/{name}']")


def test_a_wrong_form_says_so_at_the_field_and_loses_nothing(world: World) -> None:
    ana = person(world)
    match = listed(world[HOST], fly(world[HOST], "AM110")).match
    assert match is not None
    typed = {"name": "Typed With Care", "birth_date": "12/05/1971", "nationality": "PAN",
             "documents": "PA1111112", "statement": "short"}  # fmt: skip
    wrong = ana.post(f"/redress-starts/{match.id}", **typed)
    assert wrong.status_code == 422
    page = html.fromstring(wrong.text)
    assert page.xpath("//*[@aria-invalid='true']/@name") == [
        "birth_date", "documents", "statement",
    ]  # fmt: skip
    for name in ("birth_date", "documents", "statement"):
        (at,) = page.xpath(f"//*[@name='{name}']/@aria-describedby")
        assert text_of(page.get_element_by_id(at))
    assert page.xpath("//input[@name='name']/@value") == ["Typed With Care"]
    assert page.xpath("string(//textarea[@name='statement'])").strip() == "short"
    es = person(world, role="supervisor", language="es").post(
        f"/redress-starts/{match.id}", **typed
    )
    assert "Escriba una fecha completa" in es.text


def test_the_same_person_cannot_grant_and_who_was_slower_is_told(world: World) -> None:
    lena, ana = person(world, role="supervisor"), person(world)
    name = begun(world, lena, "AM120")
    assert step(lena, name, "papers", seen="Passport in original").status_code == 303
    page = lena.see(f"/redress/{name}")
    assert not page.xpath("//input[@name='move' and @value='grant']")
    version = page.xpath("//input[@name='version']/@value")[0]
    refused = lena.post(f"/redress/{name}/move", move="grant", version=version,
                        ground="Another birth date", until=_later())  # fmt: skip
    assert refused.status_code == 409
    assert "a second person decides" in refused.text
    assert step(ana, name, "withdraw", reason="He wishes it.").status_code == 303
    slow = lena.post(f"/redress/{name}/move", move="refuse", version=version,
                     refuse_code="papers_missing", refuse_text="No birth certificate.")  # fmt: skip
    assert slow.status_code == 409
    said = text_of(html.fromstring(slow.text))
    assert "Somebody was faster" in said
    assert "No birth certificate." in said


def _later() -> str:
    return f"{dt.datetime.now(dt.UTC).date() + dt.timedelta(days=100)}"


def test_a_number_is_looked_up_with_its_check_character(world: World) -> None:
    ana = person(world)
    wrong = ana.get("/redress?number=RPE4-QYGW-VJ8M")
    assert wrong.status_code == 422
    assert "mistyped" in wrong.text
    nowhere = ana.get(f"/redress?number={NUMBER}")
    assert nowhere.status_code == 200
    assert "No such redress number is known here." in nowhere.text


def test_what_is_there_in_secret_is_not_there(world: World) -> None:
    ana = person(world)
    hide(world[HOST])
    for address in (f"/redress/{HIDDEN}", f"/redress/{HIDDEN}/paper", "/redress-starts/" + HIDDEN):
        assert ana.get(address).status_code == 404
    assert "GHOST" not in ana.get("/redress").text
    assert ana.post(f"/redress/{HIDDEN}/move", move="revoke").status_code == 404


def test_what_people_typed_is_shown_as_text() -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", "en")
    for address in ("/redress", f"/redress?number={NUMBER}", f"/redress/{CHECKED}",
                    f"/redress/{GIVEN}", "/redress-starts/x"):  # fmt: skip
        answer = walker.get(address)
        assert answer.status_code == 200
        assert HOSTILE not in answer.text
