"""Models and a record's score in a real browser: narrow and wide, light and dark, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from small_node import PASSWORD, SmallNode, record_name
from small_scores import MODEL

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ("light", "dark"))
@pytest.mark.parametrize("width", (1300, 360))
def test_no_page_scrolls_sideways_and_targets_are_24_pixels_wcag_1_4_10_and_2_5_8(
    window: Callable[..., AbstractContextManager[BrowserContext]], serving: Any, width: int,
    scheme: str,
) -> None:  # fmt: skip
    small = SmallNode()
    with serving(small) as home, window(home) as context:
        token = small.sign_in("supervisor", PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        for address in ("/models", f"/models/{MODEL}?compare=1&days=30",
                        f"/records/{record_name(1)}"):  # fmt: skip
            page.goto(address)
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (address, wide)
            low = page.evaluate(
                """() => [...document.querySelectorAll(
                "main button, main input:not([type=hidden], [type=radio]), main select")]
                .filter(item => item.getBoundingClientRect().height < 24).length"""
            )
            assert low == 0, address
