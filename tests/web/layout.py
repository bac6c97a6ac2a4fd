"""How a page lies on the screen: WCAG 2.2, 1.4.10 (no scrolling in two directions) and 2.5.8
(targets of 24 pixels)."""

from __future__ import annotations

import os

from playwright.sync_api import Page

_EVERY = [(width, scheme) for width in (1300, 360) for scheme in ("light", "dark")]
LOOKS = _EVERY if os.environ.get("ESCLUSA_LONG") else [(1300, "light"), (360, "dark")]
"""Widths in pixels and colour schemes that pages are tried in: each width and each scheme once, as
neither depends on the other; every pair of them in a long run."""

TIGHTEST = LOOKS if os.environ.get("ESCLUSA_LONG") else [(360, "dark")]
"""For pages that axe meets a second time: `test_browser_axe.py` takes every route there is."""

_SMALL = """() => [...document.querySelectorAll("button, summary, textarea, select, label.tick, "
    + "input:not([type=hidden], [type=radio], [type=checkbox])")]
    .filter(item => item.checkVisibility())
    .filter(item => Math.min(item.getBoundingClientRect().height,
                             item.getBoundingClientRect().width) < 24)
    .map(item => item.outerHTML)"""


def look(page: Page, width: int, scheme: str) -> None:
    """Give the window a width and a colour scheme."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})


def misfits(page: Page) -> list[str]:
    """Return what lies wrong on the page with every part of it unfolded: the pixels that it is too
    wide, and each control that is too small to hit."""
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    wide: int = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    small: list[str] = page.evaluate(_SMALL)
    return [*([f"{wide} pixels too wide"] if wide > 0 else []), *small]
