"""Hit review in a real browser, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

import worlds
from esclusa.node import Node
from worlds import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("browser") / "node")
    worlds.with_list(made, "own", ("p1", "OTRA FIRMA"), ("p2", "SALINAS DEL ESTE"))
    worlds.take_in(made, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    made.add_user(made.administrator(), name="ana", password=PASSWORD, role="analyst")
    yield made
    made.close()


def test_a_match_is_decided_with_the_keyboard_and_the_alert_tells_it(
    context: BrowserContext, home: str, node: Node
) -> None:
    rows = node.match_desk.matches(worlds.reader(node)).rows
    token = node.sign_in("ana", PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    page = context.new_page()
    page.goto("/matches")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/matches/{rows[0].match_id}")
    page.keyboard.press("1")
    expect(page.get_by_label("Reason, in your own words")).to_be_focused()
    page.keyboard.type("Another firm, seen on paper.")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/matches/{rows[1].match_id}?decided={rows[0].match_id}")
    expect(page.get_by_role("status")).to_contain_text("Decision written on the match before.")
    alert = node.record(node.operator(), rows[0].subject_id).alert
    assert alert is not None
    page.goto(f"/alerts/{alert.alert_id}")
    expect(page.locator("table.reasons")).to_contain_text("Another firm, seen on paper.")
    expect(page.locator("table.reasons")).to_contain_text("Match cleared on")
