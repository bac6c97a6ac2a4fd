"""Models and scores through the pages, over one real node and a small one; no script.

CPU: about three seconds. The models are written by hand, nothing is fitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lxml import html
from small_node import HOSTILE, SmallNode, record_name
from small_scores import MODEL, OLD
from walker import Walker, text_of

import planted_models
import worlds
from esclusa.casework.model_steps import ACTIVATE, RETIRE
from esclusa.node import Node
from esclusa.sharing.score_views import ShapeView
from esclusa.web.catalogue import vocabulary
from esclusa.web.shape_plots import HEIGHT, WIDTH, shape_plot


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("models") / "node")
    worlds.take_in(made, "o.edi", worlds.cuscar(("B1", "UNO SA", "BANANAS"), ("B2", "DOS", "TEA")))
    worlds.add_people(made)
    planted_models.plant(made, "spring")
    yield made
    made.close()


def person(node: Node, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=worlds.PASSWORD)


def test_from_a_card_to_a_score_on_the_record(node: Node) -> None:
    ana, boss = person(node), person(node, "supervisor")
    (record,) = {row.record_id for row in node.search(worlds.reader(node), "B1").rows}
    page = ana.see(f"/records/{record}")
    assert "No model that you may see has scored this consignment" in text_of(page)
    refused = ana.post(f"/records/{record}/score")
    assert (refused.status_code, "no model is active" in refused.text) == (409, True)
    listed = boss.see("/models")
    assert "not active" in text_of(listed) and "Fit a new model" in text_of(listed)
    assert "Fit a new model" not in text_of(ana.see("/models"))
    address = listed.xpath("//table//a/@href")[0]
    shown = boss.see(address)
    assert "Model card: spring" in text_of(shown) and "made up" in text_of(shown)
    assert ana.post(f"{address}/activate", reason="mine").status_code == 403
    assert boss.post(f"{address}/activate", reason=" ").status_code == 400
    assert boss.post(f"{address}/activate", reason="card read").status_code == 303
    assert boss.post(f"{address}/activate", reason="again").status_code == 409
    assert "card read" in text_of(ana.see("/models"))
    assert ana.post(f"/records/{record}/score").status_code == 303
    page = ana.see(f"/records/{record}")
    (table,) = page.xpath("//section[@aria-labelledby='model-score']//table")
    told = [float(cell) for cell in table.xpath("tbody/tr/td[@class='num']/text()")]
    total = float(table.xpath("string(tfoot//td[@class='num'])"))
    assert round(sum(told) * 10_000) == round(total * 10_000)
    assert "raises the score" in text_of(table)
    alert = node.record(worlds.reader(node), record).alert
    if alert is not None:
        assert ana.see(f"/alerts/{alert.alert_id}").xpath(
            "//section[@aria-labelledby='model-score']//table"
        )
    spanish = person(node, language="es").see(f"/records/{record}")
    assert "masa bruta" in text_of(spanish) and "sube la puntuación" in text_of(spanish)
    assert boss.post("/models-retire", reason="moved on").status_code == 303
    assert "Retirado" in text_of(ana.see("/models"))  # the account reads Spanish now


def test_fitting_without_outcomes_says_what_is_lacking(node: Node) -> None:
    boss = person(node, "supervisor")
    answer = boss.post("/models", name="first", level="", clock="recorded")
    assert (answer.status_code, "at least 200 known outcomes" in answer.text) == (409, True)
    assert boss.post("/models", name=" ", level="", clock="recorded").status_code == 400
    assert boss.post("/models", name="x", level="9", clock="recorded").status_code == 400
    assert person(node).post("/models", name="x").status_code == 403


def test_what_is_not_there_is_not_found(node: Node) -> None:
    ana = person(node)
    for name in ("winter", "0" * 64, "x" * 3000):
        assert ana.get(f"/models/{name}").status_code in (400, 404)
    assert person(node, "auditor").get("/models").status_code == 403


@pytest.mark.parametrize("language", ("en", "es"))
def test_a_drawing_has_its_table_and_every_text_is_escaped(language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", language)
    for address in ("/models", f"/models/{MODEL}?compare=1&days=30", f"/models/{OLD}?compare=1",
                    f"/records/{record_name(1)}"):  # fmt: skip
        answer = walker.get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.text and "onerror=alert" not in re.sub(
            r"&lt;img[^<]*", "", answer.text
        )
    page = html.fromstring(walker.get(f"/models/{MODEL}").text)
    drawings, tables = page.xpath("//article//svg"), page.xpath("//article//table")
    assert (len(drawings), len(tables)) == (2, 3)
    assert all(svg.xpath("string(title)") for svg in drawings)


def test_the_page_says_alarm_and_too_few_where_it_must() -> None:
    walker = Walker(SmallNode()).sign_in("supervisor")
    assert "Alarm" in text_of(walker.see(f"/models/{MODEL}?days=30"))
    assert "only 12 outcomes" in text_of(walker.see(f"/models/{OLD}?compare=1"))
    assert walker.get(f"/models/{MODEL}?days=x").status_code == 400
    assert walker.get(f"/models/{MODEL}?days=0").status_code == 400


def test_steps_of_a_shape_stay_inside_the_drawing_and_keep_their_order() -> None:
    shape = ShapeView(
        title="t", number=True, cuts=tuple(float(n) for n in range(30)),
        rows=(*((str(n), (n - 10) * 700) for n in range(31)), ("missing", 0)),
    )  # fmt: skip
    made = shape_plot(shape)
    assert made is not None
    places = [tuple(map(float, one)) for one in re.findall(r"[ML]([\d.]+) ([\d.]+)", made.path)]
    assert len(places) == 62
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    heights = [y for _x, y in places[::2]]
    assert heights == sorted(heights, reverse=True)
    assert min(heights) < made.zero < max(heights)
    assert len(made.across) <= 6


def test_a_shape_that_says_nothing_is_not_drawn() -> None:
    flat = ShapeView(title="t", number=True, cuts=(1.0,), rows=(("a", 0), ("b", 0), ("m", 5)))
    one = ShapeView(title="t", number=True, cuts=(), rows=(("…", 7), ("m", 5)))
    assert shape_plot(flat) is None
    assert shape_plot(one) is None


def test_every_step_has_a_word() -> None:
    assert set(vocabulary()["model_move"]) == {ACTIVATE, RETIRE}
