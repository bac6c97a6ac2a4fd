"""Selection and its report in a real browser: without script, on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from small_node import PASSWORD, SmallNode
from small_selection import SELECTION

import selection_worlds as made
import worlds
from esclusa.node import Node

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = made.filled_node(tmp_path_factory.mktemp("browser") / "node")
    worlds.add_people(node)
    yield node
    node.close()


def test_a_sheet_is_drawn_changed_and_checked_without_script(
    browser: Browser, serving: Callable[..., Any], node: Node
) -> None:
    with serving(node) as home:
        context = browser.new_context(java_script_enabled=False, base_url=home)
        token = node.sign_in("analyst", worlds.PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        page.goto("/selections")
        form = page.locator("form[method=post][action='/selections']")
        form.get_by_label("Port").fill(made.PORT)
        form.get_by_label("Day").fill(made.DAY)
        form.get_by_label("Slots").fill("7")
        form.get_by_role("button", name="Commit").click()
        page.wait_for_url(f"**/selections/{made.PORT}.{made.DAY}")
        page.get_by_role("button", name="Draw").click()
        expect(page.locator("[aria-labelledby=proposed] tbody tr")).to_have_count(7)
        page.get_by_label("Take off").select_option(index=1)
        page.get_by_label("Reason, in your own words").fill("box not unloaded")
        page.get_by_role("button", name="Change").click()
        expect(page.locator("main")).to_contain_text("box not unloaded")
        expect(page.locator("[aria-labelledby=proposed] tbody tr")).to_have_count(6)
        page.get_by_role("button", name="Reveal").click()
        page.get_by_role("link", name="Check the draw").click()
        expect(page.locator("main")).to_contain_text("come out as the sheet says")
        context.close()


def test_paper_has_the_sheet_its_marking_and_no_forms(
    window: Callable[..., AbstractContextManager[BrowserContext]], serving: Any
) -> None:
    small = SmallNode()
    with serving(small) as home, window(home) as context:
        token = small.sign_in("supervisor", PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        page.goto(f"/selections/{SELECTION}")
        page.emulate_media(media="print")
        expect(page.locator("[aria-labelledby=proposed] table")).to_be_visible()
        expect(page.locator("p.marking")).to_be_visible()
        for gone in ("nav", "form[action$=swap]", "#trade", "details"):
            expect(page.locator(gone).first).to_be_hidden()
