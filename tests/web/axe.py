"""axe-core before a page: the rules of WCAG 2.2 AA and its own best practice."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Nothing is told of what passes, and no rule here needs the style sheets loaded beforehand: a quarter
# of the time.
_LOOK = """async rules => (await axe.run(document, {
    runOnly: rules, resultTypes: ["violations"], preload: false})).violations.map(
    found => [found.id, found.nodes.map(node => node.html.slice(0, 200))])"""


def breaches(page: Page) -> list[Any]:
    """Return what axe finds on a page, with every part of it unfolded.

    The page is waited for until it is loaded; after a click the test says first where that leads.
    """
    page.wait_for_load_state()
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(_AXE)
    found: list[Any] = page.evaluate(_LOOK, _RULES)
    return found
