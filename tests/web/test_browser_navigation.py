"""The navigation in a real browser: groups that open by mouse and by keyboard, with or without
script, one at a time, over no content. About 2 s of CPU beside the browser's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from small_lists import LIST
from small_node import PASSWORD, SmallNode
from small_notices import NOTICE

pytestmark = pytest.mark.browser


@pytest.fixture(params=[True, False], ids=["with script", "script off"])
def page(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, node: SmallNode,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:  # fmt: skip
    with window(home, java_script_enabled=request.param) as context:
        token = node.sign_in("supervisor", PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        yield context.new_page()


def bottom(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_a_group_opens_by_keyboard_closes_the_other_and_covers_nothing(page: Page) -> None:
    page.goto("/queue")
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu.get_by_role("link", name="Referrals")).to_be_visible()
    expect(menu.get_by_role("link", name="Rules")).to_be_hidden()
    group = menu.locator("summary", has_text="Lists and rules")
    group.focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Rules")).to_be_visible()
    expect(menu.get_by_role("link", name="Referrals")).to_be_hidden()
    header, main = bottom(page, "header.top"), page.locator("main").bounding_box()
    assert main is not None and main["y"] >= header - 1
    assert bottom(page, "details[open] ul") <= header
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="Lists")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules")
    expect(menu.get_by_role("link", name="Rules")).to_have_attribute("aria-current", "page")


def test_on_a_phone_every_page_of_the_menu_can_be_reached_by_touch(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto("/queue")
    menu = page.get_by_role("navigation", name="Pages")
    for group in menu.locator("summary").all():
        if group.locator("xpath=..").get_attribute("open") is None:
            group.click()
        for link in group.locator("xpath=..").get_by_role("link").all():
            box = link.bounding_box()
            assert box is not None
            assert box["x"] >= 0 and box["x"] + box["width"] <= 360
            assert box["height"] >= 24


def test_a_notice_opens_its_page_without_being_sent_on(
    page: Page, home: str, request: pytest.FixtureRequest
) -> None:
    """With script the browser shows the page's own address; without, that of the notice."""
    page.goto(f"/notices/{NOTICE}?via=mail")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    script = "with script" in request.node.callspec.id
    shown = f"/lists/{LIST}" if script else f"/notices/{NOTICE}?via=mail"
    assert page.url == home + shown
