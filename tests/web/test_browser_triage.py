"""Triage in a real browser: twenty alerts by keyboard alone with the keys counted, the bulk step, a
conflict, and everything again without script. About 6 CPU seconds without the browser's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from layout import LOOKS, look, misfits
from playwright.sync_api import Browser, BrowserContext, Page, expect

import worlds
from esclusa.node import Node
from esclusa.sharing.views import QueueFilter
from worlds import PASSWORD

pytestmark = pytest.mark.browser

MANY = 24


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("triage") / "node")
    bills = [(f"T{n:02}", f"FIRMA {n} SA", "GENERAL CARGO") for n in range(MANY)]
    late = worlds.cuscar(*bills).replace(b"202612010800", b"209912010800")
    worlds.take_in(made, "many.edi", late)
    worlds.add_people(made)
    yield made
    made.close()


@pytest.fixture
def home(node: Node, serving: Callable[..., Any]) -> Iterator[str]:
    with serving(node) as address:
        yield address


def signed_in(context: BrowserContext, home: str, node: Node, name: str = "analyst") -> Page:
    token = node.sign_in(name, PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    return context.new_page()


class Keyboard:
    """A page's keyboard that counts the keys pressed and, apart, the words typed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, key: str) -> None:
        self.pressed += 1
        self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_twenty_alerts_are_decided_by_keyboard_alone_with_three_keys_each_at_most(
    context: BrowserContext, home: str, node: Node
) -> None:
    page = signed_in(context, home, node)
    page.goto("/queue?sort=arrival")
    keys = Keyboard(page)
    keys.press("j")
    expect(page.locator("tr.at a").first).to_be_focused()
    keys.press("Enter")
    expect(page.locator("section.decision")).to_be_visible()
    opened = keys.pressed
    spent: dict[str, int] = {}
    for number in range(20):
        before, title, address = keys.pressed, heading(page), page.url
        if number % 5 == 0:
            keys.press("4")
            expect(page.locator("form.verdict input[name=reason]")).to_be_focused()
            keys.type("Papers seen, j and k are letters here.")
            keys.press("Enter")
        elif number % 5 == 1:
            keys.press("z")
            expect(page.locator("select[name=hours]")).to_be_focused()
            keys.press("Tab")
            expect(page.locator("input[name=why]")).to_be_focused()
            keys.type("Waiting for the carrier.")
            keys.press("Enter")
        elif number % 5 == 2:
            keys.press("3")
            keys.type("Known shipper.")
            keys.press("Enter")
        else:
            keys.press("s")
        page.wait_for_url(lambda url, was=address: url != was)
        spent[title] = keys.pressed - before
    assert opened == 2
    assert len(spent) == 20
    assert max(spent.values()) <= 3, spent
    assert sum(spent.values()) == 36
    ana = worlds.reader(node, name="analyst")
    closed = node.queue(ana, QueueFilter(state="closed", limit=200)).rows
    asleep = node.queue(ana, QueueFilter(state="snoozed", limit=200)).rows
    assert (len(closed), len(asleep)) == (16, 4)
    assert "sort=arrival" in page.url
    keys.press("q")
    page.wait_for_url("**/queue?sort=arrival&at=*")
    for row in (*closed, *asleep):
        node.undo(ana, row.alert_id)


def test_rows_are_chosen_decided_and_taken_back_by_keyboard(
    context: BrowserContext, home: str, node: Node
) -> None:
    page = signed_in(context, home, node)
    page.goto("/queue?sort=arrival")
    keys = Keyboard(page)
    for key in ("j", "x", "j", "j", "x"):
        keys.press(key)
    expect(page.locator("input[name=alert]:checked")).to_have_count(2)
    keys.press("v")
    expect(page.locator("select[name=verdict]")).to_be_focused()
    for _time in range(4):
        keys.press("ArrowDown")
    expect(page.locator("select[name=verdict]")).to_have_value("explained")
    keys.press("Tab")
    keys.type("Same empties as every week.")
    keys.press("Enter")
    page.wait_for_url("**/queue?sort=arrival&bulk=*")
    ana = worlds.reader(node, name="analyst")
    assert node.queue(ana, QueueFilter(state="closed")).count == 2
    keys.press("u")
    page.wait_for_url("**/queue?sort=arrival")
    assert node.queue(ana, QueueFilter(state="closed")).count == 0
    keys.press("a")
    page.wait_for_url("**/queue?sort=arrival&chosen=all")
    expect(page.locator("input[name=alert]:checked")).to_have_count(MANY)


def test_somebody_was_faster_and_nothing_typed_is_lost_without_script(
    browser: Browser, home: str, node: Node
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=home, locale="en")
    page = signed_in(context, home, node)
    ana, bea = worlds.reader(node, name="analyst"), worlds.reader(node, name="bea")
    rows = node.queue(ana, QueueFilter(sort="arrival")).rows
    page.goto("/queue?sort=arrival")
    for row in rows[:3]:
        page.locator(f"#a-{row.alert_id} input[name=alert]").check()
    page.get_by_label("Verdict on the alerts chosen").select_option("explained")
    page.get_by_label("Reason, in your own words").fill("Papers seen.")
    node.claim(bea, rows[1].alert_id)
    page.get_by_role("button", name="Write the verdict").click()
    expect(page.get_by_role("alert")).to_contain_text("Something stands against 1")
    expect(page.locator("tbody tr")).to_contain_text("bea")
    expect(page.get_by_label("Reason, in your own words")).to_have_value("Papers seen.")
    page.get_by_role("button", name="Write the verdict on the other 2").click()
    page.wait_for_url("**/queue?sort=arrival&bulk=*")
    page.get_by_role("button", name="Take all of it back").click()
    page.goto(f"/alerts/{rows[0].alert_id}?sort=arrival")
    page.locator("form.verdict input[value=inform]").check()
    page.locator("form.verdict input[name=reason]").fill("My long words.")
    node.claim(bea, rows[0].alert_id)
    page.get_by_role("button", name="Write the verdict", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("bea")
    expect(page.locator("form.verdict input[name=reason]")).to_have_value("My long words.")
    page.goto("/queue?kind=consignment")
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name").fill("Bills")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("link", name="Bills").click()
    page.wait_for_url("**/queue?kind=consignment")
    for row in rows[:2]:
        node.release(bea, row.alert_id)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_scrolls_sideways_and_targets_are_24_pixels_wcag_1_4_10_and_2_5_8(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, node: Node,
    width: int, scheme: str,
) -> None:  # fmt: skip
    ana = worlds.reader(node, name="analyst")
    row = node.queue(ana, QueueFilter(sort="arrival")).rows[0]
    with window(home) as context:
        page = signed_in(context, home, node)
        look(page, width, scheme)
        for address in ("/queue", f"/alerts/{row.alert_id}?sort=arrival"):
            page.goto(address)
            assert misfits(page) == [], address
