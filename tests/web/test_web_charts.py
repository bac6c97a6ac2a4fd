"""Charts and timelines through pages and API, over one real node. About 4 CPU seconds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from lxml import html
from small_entities import ENTITY
from small_node import SmallNode
from starlette.testclient import TestClient
from walker import Walker, text_of

import worlds
from esclusa.node import Node
from esclusa.node.chart_drawing import word
from esclusa.node.entity_story import KINDS
from esclusa.web.app import create_app
from esclusa.web.catalogue import Catalogue, vocabulary
from worlds import PASSWORD


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("charts") / "node")
    bills = [("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE")]
    bills += [(f"K{n}", f"FIRMA {n:03} SA", "TEA") for n in range(55)]
    worlds.take_in(made, "open.edi", worlds.cuscar(*bills))
    made.add_user(made.administrator(), name="ana", password=PASSWORD, role="analyst")
    yield made
    made.close()


def walk(node: Node, language: str = "en") -> Walker:
    return Walker(node).sign_in("ana", language, password=PASSWORD)


def entity(node: Node, words: str) -> str:
    return node.entities.find(worlds.reader(node), words).rows[0].id


def drawn(page: html.HtmlElement) -> list[str]:
    return [str(one) for one in page.xpath("//figure//*[name()='path'][starts-with(@id, 'l')]/@id")]


def test_every_line_of_the_drawing_is_a_row_of_the_table_and_every_node_a_link(node: Node) -> None:
    page = walk(node).see(f"/entities/{entity(node, 'ISTMO PRIMAVERA')}/chart?depth=2")
    rows = page.xpath("//tr[starts-with(@id, 'r')]/@id")
    assert len(rows) == 3
    assert [f"r{name[1:]}" for name in drawn(page)] == rows
    nodes = page.xpath("//figure//*[name()='a']")
    assert nodes and all(one.get("href") and one.xpath("*[name()='title']") for one in nodes)
    assert not page.xpath("//figure//*[@style] | //style | //script[not(@src)]")
    legend = page.xpath("//ul[contains(@class, 'legend')]/li")
    kinds = {one for one in ("Ship", "Party", "Consignment") if one in text_of(page)}
    assert len(legend) >= len(kinds) == 3


def test_a_hub_is_opened_by_its_link_and_keeps_how_far_and_what_was_opened(node: Node) -> None:
    walker, name = walk(node), entity(node, "ISTMO PRIMAVERA")
    page = walker.see(f"/entities/{name}/chart?depth=2")
    opens, _shipper = page.xpath("//p[contains(., 'open one to draw them')]/a/@href")
    assert parse_qs(urlsplit(opens).query)["depth"] == ["2"]
    more = walker.see(opens)
    assert len(drawn(more)) > len(drawn(page)) + 50
    assert more.xpath("//input[@name='through']/@value")
    svg, _csv = more.xpath("//p[@class='summary']/a[contains(@href, '/chart.')]/@href")
    assert "through=" in svg
    assert walker.get(svg).text.count('class="line') == len(drawn(more)) + 1  # one in the legend


def test_ways_between_two_are_drawn_and_none_is_said(node: Node) -> None:
    walker, name = walk(node, "es"), entity(node, "ISTMO PRIMAVERA")
    page = walker.see(f"/entities/{name}/chart?to={entity(node, 'OTRA FIRMA')}")
    assert "caminos hasta OTRA FIRMA SA" in text_of(page)
    # All ways go over the ship and the shipper, which have too many ties; each can be opened.
    assert not drawn(page) and "No se halló relación" in text_of(page)
    first, _second = page.xpath("//p[contains(., 'abra uno')]/a/@href")
    assert len(drawn(walker.see(first))) == 4
    assert walker.get(f"/entities/{name}/chart?to=ent-nobody").status_code == 404


@pytest.mark.parametrize("query", ("depth=9", "depth=x", "through=" + "a%0A" * 40, "to=%00"))
def test_a_wrong_question_is_refused(node: Node, query: str) -> None:
    assert walk(node).get(f"/entities/{entity(node, 'ISTMO')}/chart?{query}").status_code == 400


def test_files_are_given_with_the_marking(node: Node) -> None:
    walker, name = walk(node, "es"), entity(node, "ISTMO PRIMAVERA")
    drawing = walker.get(f"/entities/{name}/chart.svg")
    assert drawing.headers["content-disposition"] == f'attachment; filename="chart-{name}.svg"'
    assert "Clasificación: OFFICIAL" in "".join(ElementTree.fromstring(drawing.text).itertext())
    rows = list(csv.reader(io.StringIO(walker.get(f"/entities/{name}/chart.csv").text)))
    assert rows[1][:2] == ["Clasificación", "OFFICIAL · marisol · → marisol"]
    lines = node.gate.audit(worlds.reader(node, role=worlds.Role.AUDITOR), limit=4)
    assert sum(line.detail.startswith("entity chart exported") for line in lines) == 2


def test_roles_in_a_file_are_told_in_the_words_of_the_page() -> None:
    """A file is made without the pages' catalogue, and has its own list of the same words."""
    roles = vocabulary()["value.role"]
    for language in ("en", "es"):
        page = Catalogue(language).word
        assert {role: word("role", role, language) for role in roles} == {
            role: page("value.role", role) for role in roles
        }


def test_a_timeline_has_a_strip_equal_to_its_table_and_pages(node: Node) -> None:
    walker, name = walk(node), entity(node, "NORTHREACH STAR")
    page = walker.see(f"/entities/{name}/timeline")
    rows = page.xpath("//tr[@data-row]/@id")
    assert len(rows) == 50
    assert page.xpath("//figure//*[name()='a']/@href") == [f"#{row}" for row in rows]
    (older,) = page.xpath("//a[@rel='next']/@href")
    rest = walker.see(older)
    assert rest.xpath("//tr[@data-row]") and not rest.xpath("//a[@rel='next']")
    assert page.xpath("//tr[@data-row]//a/@href") != rest.xpath("//tr[@data-row]//a/@href")
    none = walker.see(f"/entities/{name}/timeline?kind=referral_move")
    assert "That does not say that nothing happened." in text_of(none)
    bills = walker.see(f"/entities/{name}/timeline?kind=consignment&since=2026-12-01")
    assert set(bills.xpath("//tr[@data-row]/th/text()")) == {"Bill"}
    assert walker.get(f"/entities/{name}/timeline?kind=ghost").status_code == 400
    assert "port time" in text_of(page)


def test_an_entity_s_page_stays_short_and_says_what_it_leaves_to_the_chart(node: Node) -> None:
    name = entity(node, "NORTHREACH STAR")
    page = walk(node).see(f"/entities/{name}")
    rows = page.xpath("//section[@aria-labelledby='near']//tbody/tr")
    whole = len(node.entities.links(worlds.reader(node), name).ways)
    assert (len(rows), whole) == (25, 114)
    assert "1 to 25 of 114" in text_of(page)
    assert (
        page.xpath("//section[@aria-labelledby='near']//a/@href")[-1]
        == f"/entities/{name}/chart?depth=1"
    )


def test_an_entity_s_page_leads_to_both_and_shows_contradictions_side_by_side() -> None:
    walker = Walker(SmallNode()).sign_in()
    page = walker.see(f"/entities/{ENTITY}")
    heads = page.xpath("//section[@aria-labelledby='beside']//thead//th/text()")
    assert heads == ["Dates of birth", "1971-02-03", "1974-03-04"]
    assert {f"/entities/{ENTITY}/chart", f"/entities/{ENTITY}/timeline"} <= set(
        page.xpath("//a/@href")
    )
    chart = walker.see(f"/entities/{ENTITY}/chart")
    assert "Not drawn for want of room: 2 entities, 1 shared things, 3 lines." in text_of(chart)
    assert "A limit ended the walk; there may be more." in text_of(chart)
    story = text_of(walker.see(f"/entities/{ENTITY}/timeline"))
    assert "Only the newest records were looked at; there are older ones." in story


def test_the_api_gives_places_facts_and_entries(node: Node) -> None:
    token, name = node.sign_in("ana", PASSWORD), entity(node, "ISTMO PRIMAVERA")
    with TestClient(create_app(node), headers={"authorization": f"Bearer {token}"}) as client:
        base = f"/api/v1/entities/{name}"
        chart = client.get(f"{base}/chart", params={"depth": 2}).json()
        assert {(one["x"], one["y"]) for one in chart["nodes"]} and chart["marking"]["level"] == 1
        hub = next(one for one in chart["nodes"] if one["opens"])
        more = client.get(f"{base}/chart", params={"depth": 2, "through": hub["opens"]}).json()
        assert len(more["nodes"]) > len(chart["nodes"])
        assert client.get(f"{base}/chart", params={"depth": 4}).status_code == 400
        facts = client.get(f"{base}/facts").json()["facts"]
        assert [one["value"] for one in facts if one["part"] == "names"] == ["ISTMO PRIMAVERA SA"]
        story = client.get(f"{base}/timeline", params={"limit": 1}).json()
        assert len(story["rows"]) == 1 and story["rows"][0]["kind"] in KINDS
        assert client.get(f"{base}/timeline", params={"kind": "ghost"}).status_code == 400
        assert client.get("/api/v1/entities/ent-nobody/chart").status_code == 404
