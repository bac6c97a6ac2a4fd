"""A chart in a real browser: reached by keyboard, equal to its table, enlarged, without script.

About 8 CPU seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe import breaches
from layout import TIGHTEST, look, misfits
from playwright.sync_api import BrowserContext, Page, expect

import worlds
from esclusa.node import Node
from worlds import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("browser") / "node")
    bills = [(f"K{n}", f"FIRMA {n:03} SA", "TEA") for n in range(60)]
    worlds.take_in(made, "open.edi", worlds.cuscar(*bills))
    made.add_user(made.administrator(), name="ana", password=PASSWORD, role="analyst")
    yield made
    made.close()


def address_of(node: Node) -> str:
    name = node.entities.find(worlds.reader(node), "NORTHREACH STAR").rows[0].id
    return f"/entities/{name}/chart"


def opened(context: BrowserContext, node: Node, home: str, **likes: str) -> Page:
    token = node.sign_in("ana", PASSWORD)
    if likes:
        node.set_preferences(token, **likes)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    return context.new_page()


def test_the_keyboard_reaches_the_nodes_and_opens_one(
    context: BrowserContext, home: str, node: Node
) -> None:
    page = opened(context, node, home)
    page.goto(address_of(node))
    box = page.locator("figure.chart-box")
    box.focus()
    met: list[str] = []
    for _press in range(3):
        page.keyboard.press("Tab")
        met.append(page.evaluate("() => document.activeElement.id"))
    assert met == ["n0", "n1", "n2"]
    # What has the focus is told apart, and is in sight.
    width: str = page.evaluate(
        "() => getComputedStyle(document.activeElement.querySelector('path')).strokeWidth"
    )
    assert width == "6px"
    seen: bool = page.evaluate("""() => {
        const [a, b] = [document.activeElement, document.querySelector('figure.chart-box')].map(e => e.getBoundingClientRect());
        return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right;
    }""")
    assert seen
    name = page.evaluate("() => document.activeElement.querySelector('title').textContent")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/entities/" in url or "/records/" in url)
    expect(page.locator("h1")).to_contain_text(
        name.partition(": ")[2].partition(" · ")[0].replace("NRCH/", "")
    )


def test_chart_and_table_hold_the_same_lines_and_zooming_changes_neither(
    context: BrowserContext, home: str, node: Node
) -> None:
    page = opened(context, node, home)
    page.goto(address_of(node))
    drawn = page.evaluate("() => [...document.querySelectorAll('figure path[id]')].map(e => e.id)")
    rows = page.evaluate("() => [...document.querySelectorAll('tr[id]')].map(e => e.id)")
    assert [one.replace("l", "r") for one in drawn] == rows and len(rows) > 100
    svg = page.locator("figure svg")
    before = svg.bounding_box()
    page.get_by_role("button", name="Larger").click()
    after = svg.bounding_box()
    assert before is not None and after is not None and after["width"] > before["width"] * 1.3
    page.get_by_role("button", name="Whole").click()
    whole, box = svg.bounding_box(), page.locator("figure.chart-box").bounding_box()
    assert whole is not None and box is not None
    assert whole["width"] <= box["width"] + 1 and whole["height"] <= box["height"] + 1
    assert drawn == page.evaluate(
        "() => [...document.querySelectorAll('figure path[id]')].map(e => e.id)"
    )


def test_without_script_the_chart_is_there_and_no_button_that_does_nothing(
    window: Callable[..., Any], home: str, node: Node
) -> None:
    with window(home, java_script_enabled=False) as found:
        page = opened(found, node, home)
        page.goto(address_of(node))
        expect(page.locator("figure svg")).to_be_visible()
        assert page.get_by_role("button", name="Larger").count() == 0
        page.locator("figure a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/entities/**")


@pytest.mark.parametrize(("width", "scheme"), TIGHTEST)
def test_nothing_scrolls_sideways_and_axe_finds_nothing(
    window: Callable[..., Any], home: str, node: Node, width: int, scheme: str
) -> None:
    with window(home) as found:
        page = opened(found, node, home, language="es" if scheme == "dark" else "en")
        look(page, width, scheme)
        chart = address_of(node)
        others = [chart.replace("/chart", page_of) for page_of in ("/timeline", "/map", "")]
        for address in (chart, *others):
            page.goto(address)
            assert misfits(page) == [], address
            assert breaches(page) == [], address


def test_the_keyboard_reaches_the_marks_of_the_map_and_each_leads_to_its_row(
    context: BrowserContext, home: str, node: Node
) -> None:
    page = opened(context, node, home)
    page.goto(address_of(node).replace("/chart", "/map"))
    page.locator("figure.chart-box").focus()
    page.keyboard.press("Tab")
    focused = page.evaluate("() => document.activeElement.getAttribute('href')")
    width = page.evaluate(
        "() => getComputedStyle(document.activeElement.querySelector('circle')).strokeWidth"
    )
    assert (focused, width) == (page.locator("figure a").first.get_attribute("href"), "5px")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{focused}")
    expect(page.locator(focused)).to_be_in_viewport()
