"""The pages of administrators and auditors before axe and the ruler: WCAG 2.2 AA, narrow, dark and
Spanish, in a long run every way; and an account closed with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from axe import breaches
from layout import TIGHTEST, look, misfits
from playwright.sync_api import BrowserContext, expect
from small_accounts import ACCOUNT
from small_node import PASSWORD, SmallNode

pytestmark = pytest.mark.browser

PAGES = {
    "administrator": (
        "/users",
        f"/users/{ACCOUNT}",
        "/users/administrator",
        "/agencies",
        "/health",
    ),
    "auditor": ("/audit", "/audit?as=table", "/audit?subject=leo", "/audit-use"),
}


@pytest.mark.parametrize(("width", "scheme"), TIGHTEST)
def test_no_page_breaks_the_rules_of_access(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, node: SmallNode,
    width: int, scheme: str,
) -> None:  # fmt: skip
    with window(home) as context:
        page = context.new_page()
        for role, addresses in PAGES.items():
            token = node.sign_in(role, PASSWORD)
            node.set_preferences(token, language="es" if width == 360 else "en")
            context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
            look(page, width, scheme)
            for address in addresses:
                answer = page.goto(address)
                assert answer is not None and answer.ok, address
                assert breaches(page) == [], address
                assert misfits(page) == [], address


def test_an_account_is_closed_by_keyboard_and_only_after_the_tick(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, node: SmallNode,
) -> None:  # fmt: skip
    with window(home) as context:
        token = node.sign_in("administrator", PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        page.goto(f"/users/{ACCOUNT}")
        form = page.get_by_role("form", name="Open the account again")
        form.get_by_role("button").focus()
        page.keyboard.press("Enter")  # the browser holds the form back: the tick is required
        assert node.account_desk.done == []
        form.get_by_role("checkbox").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(ACCOUNT)
        page.wait_for_url(f"**/users/{ACCOUNT}")
        assert node.account_desk.done == [("reopen", ACCOUNT, {"seen": "sign-of-it"})]
