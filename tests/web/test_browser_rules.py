"""The rule editor in a real browser: with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

import worlds
from esclusa.node import Node
from rule_texts import rule
from worlds import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("browser") / "node")
    bills = [(f"B{n}", f"FIRMA {n} SA", "BANANAS") for n in range(12)]
    worlds.take_in(made, "o.edi", worlds.cuscar(*bills))
    worlds.add_people(made)
    yield made
    made.close()


def signed_in(context: BrowserContext, home: str, node: Node, name: str) -> Any:
    token = node.sign_in(name, PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    return context.new_page()


def test_a_rule_is_written_rehearsed_and_approved_without_script(
    browser: Browser, home: str, node: Node
) -> None:
    ana = browser.new_context(java_script_enabled=False, base_url=home)
    page = signed_in(ana, home, node, "analyst")
    page.goto("/rules")
    page.get_by_role("link", name="Write a rule of our own").click()
    page.get_by_label("Text of the rule").fill(rule().replace("goods_text, ", "goods_tex, "))
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 12, character 10")
    page.get_by_label("Text of the rule").fill(rule())
    page.get_by_role("button", name="Rehearse").click()
    expect(page.locator("main")).to_contain_text("12 records were looked at")
    page.get_by_label("Reason, in your own words").fill("asked by the shift")
    page.get_by_role("button", name="Keep as a draft").click()
    page.wait_for_url("**/rules/N1")
    page.get_by_role("button", name="Rehearse version 1").click()
    expect(page.locator("main")).to_contain_text("Version 1: Rehearsed")
    ana.close()
    bea = browser.new_context(java_script_enabled=False, base_url=home)
    page = signed_in(bea, home, node, "supervisor")
    page.goto("/rules/N1")
    form = page.locator("form[action$=approve]")
    form.get_by_label("Reason, in your own words").fill("good figures")
    form.get_by_role("button", name="Approve version 1").click()
    expect(page.locator("main")).to_contain_text("in force: version 1")
    bea.close()
