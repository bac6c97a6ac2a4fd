"""A case shared in a real browser: the preview, the joint case, taken back; each page before axe, in
both languages, light and dark, wide and narrow. About 12 CPU seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe import breaches
from playwright.sync_api import expect

import worlds
from esclusa.node import Node
from exchange_worlds import World
from joint_worlds import DUE, GUEST, OWNER, made, step, take, take_up

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("joint")) as two:
        yield two


@pytest.fixture(scope="module")
def node(world: World) -> Node:
    return world[OWNER]


@pytest.mark.parametrize(("language", "scheme", "width"), [
    ("en", "light", 1300), ("es", "dark", 360),
])  # fmt: skip
def test_a_case_is_shared_and_taken_back_with_pages_that_everybody_can_use(
    window: Callable[..., Any], home: str, world: World, node: Node, language: str, scheme: str,
    width: int,
) -> None:  # fmt: skip
    who = worlds.reader(node, name="analyst")
    case = node.case_desk.open(who, {"title": "Boxes of Altamira"}).row.id
    step(world, OWNER, case, "note", by=who, text="the seal differs")
    token = node.sign_in("analyst", worlds.PASSWORD)
    node.set_preferences(token, language=language)
    with window(home, color_scheme=scheme) as opened:
        opened.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = opened.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/cases/{case}")
        page.locator(f"a[href='/cases/{case}/share']").click()
        expect(page).to_have_url(re.compile(r"/share$"))
        assert breaches(page) == []
        page.get_by_role("radio", name=GUEST).check()
        page.locator("textarea[name=reason]").fill("their port sees the same boxes")
        page.locator("button[name=look]").click()
        expect(page.locator("#preview")).to_contain_text(GUEST)
        expect(page.locator("main")).to_contain_text("the seal differs")
        assert breaches(page) == []
        page.locator("form[aria-label] button.main").click()
        page.wait_for_url("**/joint-cases/*")
        joint = page.url.rsplit("/", 1)[-1]
        world.sync(OWNER, GUEST)
        home_case = take_up(world, joint)
        take(world, GUEST, home_case, b"their photo")
        step(world, GUEST, home_case, "task", task="look", member=f"@{OWNER}", due=DUE)
        world.sync(OWNER, GUEST)
        page.reload()
        assert breaches(page) == []  # and unfolds every form
        page.locator("form[action$='/done'] textarea").fill("nobody passed")
        page.locator("form[action$='/done'] button.main").click()
        expect(page.locator("main")).to_contain_text("nobody passed")
        page.goto("/cases")
        expect(page.locator("#joints")).to_be_visible()
        assert breaches(page) == []
        page.goto(f"/joint-cases/{joint}")
        end = page.locator("form[action$='/end']")
        page.locator("details.step", has=end).locator("summary").click()
        end.locator("textarea").fill("court order")
        with page.expect_navigation():
            end.locator("button.main").click()
        world.sync(OWNER, GUEST)
        page.reload()
        assert breaches(page) == []
        shown = node.joint_desk.show(who, joint)
        assert (shown.ended, shown.receipts, shown.given) == (True, shown.given, shown.back)
