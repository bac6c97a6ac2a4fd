"""The map of an entity: page and table, API, over one real node. About 5 CPU seconds."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Iterator

import pytest
from lxml import html
from small_entities import ENTITY
from small_node import SmallNode
from starlette.testclient import TestClient
from walker import Walker, text_of

import worlds
from esclusa.node import Node
from esclusa.sharing.map_views import PlacesView, PlaceView
from esclusa.web.app import create_app
from esclusa.web.map_plots import degrees, drawn, path
from worlds import PASSWORD

CALLS = (("NLRTM", "20261201"), ("CNSGH", "20261120"), ("KRPUS", "20261110"), ("QQQQQ", "20261105"))
"""Where a ship discharges, and when."""
NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("map") / "node")
    made.maps._now = lambda: NOW
    for number, (port, day) in enumerate(CALLS):
        sent = worlds.cuscar((f"B{number}", "ISTMO PRIMAVERA SA", "BANANAS")).decode()
        sent = sent.replace("PAONX", port).replace("CNSHA", "PAONX").replace("20261201", day)
        sent = sent.replace("I1'", f"I{number + 5}'").replace("+M1+", f"+M{number}+")
        worlds.take_in(made, f"{port}.edi", sent.encode())
    made.add_user(made.administrator(), name="ana", password=PASSWORD, role="analyst")
    yield made
    made.close()


def see(node: Node, words: str, language: str = "en") -> html.HtmlElement:
    name = node.entities.find(worlds.reader(node), words).rows[0].id
    walker = Walker(node).sign_in("ana", language, password=PASSWORD)
    return walker.see(f"/entities/{name}/map")


@pytest.mark.parametrize("language", ["en", "es"])
def test_map_and_table_hold_the_same_places(node: Node, language: str) -> None:
    page = see(node, "NORTHREACH STAR", language)
    rows = page.xpath("//tr[@data-row]")
    codes = [row.xpath("td[2]/text()")[0] for row in rows]
    assert codes[:4] == ["QQQQQ", "KRPUS", "CNSGH", "NLRTM"] and codes[4:] == ["PAONX"]
    unknown = {row.get("id") for row in rows if not row.xpath("td[3]/small")}
    assert [row.xpath("td[2]/text()")[0] for row in rows if row.get("id") in unknown] == ["QQQQQ"]
    marks = page.xpath("//figure//*[name()='a']")
    assert [one.get("href") for one in marks] == [
        f"#{row.get('id')}" for row in rows if row.get("id") not in unknown
    ]
    numbers = {row.get("id"): row.xpath("td[1]/text()")[0] for row in rows}
    assert all(numbers[one.get("href")[1:]] == one.xpath("*[name()='text']/text()")[0]
               for one in marks)  # fmt: skip
    assert all(one.xpath("*[name()='title']/text()") for one in marks)
    assert [one.get("href") for one in marks if "undated" in one.get("class")] == ["#p4"]
    said = {
        "en": ("1 place is in the table alone", "an order of dates, not a route", "0°"),
        "es": ("1 lugar está solo en la tabla", "un orden de fechas, no una ruta", "°O"),
    }
    assert all(words in text_of(page) for words in said[language])
    assert not page.xpath("//*[@style] | //style | //main//script")


def test_only_a_carrier_s_places_are_joined_and_only_those_with_a_date(node: Node) -> None:
    page = see(node, "NORTHREACH STAR")
    ways = page.xpath("//*[name()='polyline']")
    assert [(one.get("class"), len(one.get("points").split())) for one in ways] == [
        ("way past", 2), ("way ahead", 2),
    ]  # fmt: skip
    stops = [[text_of(cell) for cell in row] for row in page.xpath("//tr[@data-stop]")]
    assert [(stop[0], stop[4], stop[5]) for stop in stops] == [
        ("4 Rotterdam", "11.0", "still to come"), ("3 Shanghai", "10.0", "joined on the map"),
        ("2 Busan", "5.0", "gap: where one of the two lies is not known"),
        ("1 QQQQQ", "–", "–"),
    ]  # fmt: skip
    firm = see(node, "ISTMO PRIMAVERA")
    assert not firm.xpath("//tr[@data-stop]")
    assert not firm.xpath("//*[name()='polyline']") and "not a route" not in text_of(firm)
    assert len(firm.xpath("//figure//*[name()='a']")) == 4


def test_a_map_of_the_world_is_small_enough_for_a_slow_line(node: Node) -> None:
    name = node.entities.find(worlds.reader(node), "NORTHREACH STAR").rows[0].id
    walker = Walker(node).sign_in("ana", password=PASSWORD)
    content = walker.get(f"/entities/{name}/map").content
    assert 8_000 < len(gzip.compress(content, 6)) < 30_000


def test_an_entity_without_places_and_a_place_that_no_list_knows_are_said() -> None:
    walker = Walker(SmallNode()).sign_in()
    assert f"/entities/{ENTITY}/map" in walker.see(f"/entities/{ENTITY}").xpath("//a/@href")
    page = text_of(walker.see(f"/entities/{ENTITY}/map"))
    assert "Only the newest records were looked at" in page and "not known" in page
    assert "no date" in page and "port time" in page
    assert drawn(PlacesView(entity="e", title="", rows=(), carrier=True, looked=0), "en") is None


def test_two_places_on_one_spot_have_two_marks_and_a_view_may_cross_the_date_line() -> None:
    def view(*places: tuple[float, float]) -> PlacesView:
        rows = tuple(
            PlaceView(number=n, code=f"C{n}", name="", first="2026-11-01", last="2026-11-01",
                      records=1, kinds=(), what=(), named=(), lat=lat, lon=lon, source="port")
            for n, (lat, lon) in enumerate(places, 1)
        )  # fmt: skip
        return PlacesView(entity="e", title="", rows=rows, carrier=True, looked=1)

    near = drawn(view((8.95, -79.5667), (8.95, -79.5667)), "en")
    assert near and near.scale == "panama" and near.coast.startswith("M")
    one, other = near.marks
    assert (one.true_x, one.true_y) == (other.true_x, other.true_y) and other.aside
    assert abs(one.x - other.x) + abs(one.y - other.y) >= 23
    wide = drawn(view((-36.8, 174.8), (-17.5, -149.6)), "es")
    assert wide is not None and wide.ways == ()  # no track was given
    assert wide and wide.scale == "world" and wide.marks[0].x < wide.marks[1].x < wide.width
    assert {line.label[-1] for line in wide.meridians} >= {"E", "O"}
    assert drawn(view((9.4, -79.9), (10.4, -75.5)), "en").scale == "region"


def test_paths_and_degrees_are_written_as_they_are_read() -> None:
    written = path([[(1, 2), (3, 2), (0, 5)], [(10, 10), (10, 0)]])
    assert written == "M1 2l2 0-3 3m10 5l0-10"
    assert [degrees(one, "EW") for one in (-79.5, 190, 0, 180, -180)] == [
        "79.5°W", "170°W", "0°", "180°", "180°",
    ]  # fmt: skip
    assert degrees(-4, "NS") == "4°S"
    assert re.fullmatch(r"M[\d lm-]+", written)


def test_the_api_gives_the_places(node: Node) -> None:
    token = node.sign_in("ana", PASSWORD)
    name = node.entities.find(worlds.reader(node), "ISTMO PRIMAVERA").rows[0].id
    with TestClient(create_app(node), headers={"authorization": f"Bearer {token}"}) as client:
        given = client.get(f"/api/v1/entities/{name}/places").json()
        rows = {row["code"]: row for row in given["rows"]}
        assert rows["PAONX"]["records"] == 4 and rows["PAONX"]["source"] == "port"
        assert (rows["NLRTM"]["lat"], rows["NLRTM"]["lon"]) == (51.9, 4.4833)
        assert rows["QQQQQ"].get("lat") is None
        assert client.get("/api/v1/entities/ent-nobody/places").status_code == 404
