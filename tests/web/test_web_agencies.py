"""Agencies, agreements and the exchange's health over two real nodes. About 4 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import html
from walker import Walker, text_of

from esclusa.node import Node
from exchange_worlds import World, for_partners, take_in

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("agencies"), "marisol", "northreach", "altamira")
    made.agree("marisol", "northreach")
    take_in(made["marisol"], for_partners("northreach"))
    made["marisol"].exchange.publish()
    made.sync("marisol", "northreach")
    node = made["marisol"]
    for name, role in (("tom", "administrator"), ("sol", "supervisor")):
        node.add_user(node.administrator(), name=name, password=PASSWORD, role=role)
    yield made
    made.close()


def tom(node: Node, language: str = "en") -> Walker:
    return Walker(node).sign_in("tom", language, password=PASSWORD)


def test_health_tells_of_each_partner_when_it_was_heard_and_how_far_its_clock_is(
    world: World,
) -> None:
    node = world["marisol"]
    found = {one.agency: one for one in node.health_desk.look(node.administrator(), "x").partners}
    assert found["northreach"].agreement == "in_force" and found["northreach"].ends
    assert found["northreach"].heard and found["northreach"].apart is not None
    assert abs(found["northreach"].apart) < 60
    assert (found["altamira"].agreement, found["altamira"].apart) == ("none", None)
    assert "northreach" in text_of(tom(node).see("/health"))


@pytest.mark.parametrize(("language", "word"), (("en", "in force"), ("es", "en vigor")))
def test_agreements_are_listed_with_the_days_that_are_left(
    world: World, language: str, word: str
) -> None:
    page = tom(world["marisol"], language).see("/agencies")
    assert page.xpath("//tr[@data-row]/th/a/text()") == ["altamira", "northreach"]
    (row,) = page.xpath("//table[2]//tbody/tr | (//table)[2]//tbody/tr")
    assert word in text_of(row) and int(text_of(row.xpath("td[@class='num']")[0])) > 0


def test_an_agreement_is_ended_by_an_administrator_who_confirmed(world: World) -> None:
    node, walker = world["marisol"], tom(world["marisol"])
    assert walker.post("/agencies/northreach/end").status_code == 400
    assert walker.post("/agencies/altamira/end", sure="yes").status_code == 409
    assert Walker(node).sign_in("sol", password=PASSWORD).post(
        "/agencies/northreach/end", sure="yes"
    ).status_code == 403  # fmt: skip
    assert "in force" in text_of(walker.see("/agencies").xpath("//tr[@data-row]")[1])
    assert walker.post("/agencies/northreach/end", sure="yes").status_code == 303
    assert "ended" in text_of(walker.see("/agencies").xpath("//tr[@data-row]")[1])
    again = walker.post("/agencies/northreach/end", sure="yes")
    assert again.status_code == 409
    assert html.fromstring(again.text).xpath("//*[@role='alert']")
