"""Every kind of page, narrow and wide, light and dark: nothing scrolls sideways, all can be hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from layout import LOOKS, look, misfits
from playwright.sync_api import BrowserContext
from small_node import PASSWORD, SOURCE, SmallNode, alert_name, record_name
from small_referrals import ASKED, LOUD, OURS
from small_scores import MODEL
from small_selection import SELECTION

pytestmark = pytest.mark.browser

ADDRESSES = (
    "/queue", f"/alerts/{alert_name(1)}", f"/records/{record_name(1)}", "/intake",
    f"/intake/{SOURCE}", f"/intake/{SOURCE}/proposal", "/mappings", "/mappings/marisol-consignment",
    "/lists", "/screening", "/search?text=x", "/help", "/preferences",
    "/models", f"/models/{MODEL}?compare=1&days=30",
    "/rules", "/rules?yields=true", "/rules/N1", "/rule-editor",
    "/selections", f"/selections/{SELECTION}", "/selections/committed", "/selections/drawn/check",
    "/selection-report",
    "/referrals", *(f"/referrals/{name}" for name in (ASKED, OURS, LOUD)),
    f"/referral-starts/{record_name(1)}",
)  # fmt: skip


@pytest.fixture(scope="module")
def node() -> SmallNode:
    return SmallNode()


@pytest.fixture(scope="module")
def home(node: SmallNode, serving: Callable[..., Any]) -> Iterator[str]:
    with serving(node) as address:
        yield address


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_scrolls_sideways_and_targets_are_24_pixels_wcag_1_4_10_and_2_5_8(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, node: SmallNode,
    width: int, scheme: str,
) -> None:  # fmt: skip
    token = node.sign_in("supervisor", PASSWORD)
    with window(home) as context:
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        look(page, width, scheme)
        for address in ADDRESSES:
            answer = page.goto(address)
            assert answer is not None and answer.ok, address
            assert misfits(page) == [], address
