"""Every page before axe and the ruler: no breach of WCAG 2.2 AA, in both languages, light and dark,
wide and narrow.

Every page of the site is opened on the small node, each in one of the eight ways, so that all of
them are met; and a supervisor walks over a real node along its links to what he works on. About 50
CPU seconds; ``ESCLUSA_LONG=1`` takes every page, and two roles to every kind of page that links lead
to, in every way.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe import breaches
from layout import misfits
from playwright.sync_api import Page
from small_node import PASSWORD, SmallNode
from test_web_pages import PAGES, address

import worlds
from esclusa.node import Node
from esclusa.sharing.reader import PERMITTED, Role
from esclusa.web.page import all_pages

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVERY = list(itertools.product(("en", "es"), ("light", "dark"), (1300, 360)))
LONG = bool(os.environ.get("ESCLUSA_LONG"))
WALKS = [(role, *way) for role in ("supervisor", "administrator") for way in EVERY]
WORKED_ON = ("/", "/queue", "/alerts/{alert_id}", "/intake", "/intake/{source_id}")
"""Kinds of pages that the walk goes to where nothing longer is asked for."""
SEES = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
"""Roles that together may open every page, the first that may opens it."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.build(tmp_path_factory.mktemp("axe") / "node", secret=True)
    worlds.add_people(made)
    yield made
    made.close()


def kind_of(address: str) -> str:
    """Return the path of the page that an address belongs to, "" for another place or a file."""
    parts = urlsplit(address)
    for page in all_pages():
        pattern = re.sub(r"\{\w+\}", "[^/]+", page.path)
        if page.method == "GET" and re.fullmatch(pattern, parts.path):
            return "" if page.download or parts.netloc else page.path
    return ""


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_no_page_of_the_site_breaks_the_rules_of_access_or_scrolls_sideways(
    window: Callable[..., Any], serving: Callable[..., Any], number: int
) -> None:
    """Every eighth page in this way, as the table of the site has them; all of them when asked."""
    language, scheme, width = EVERY[number]
    small, wrong, seen = SmallNode(), dict[str, Any](), 0
    pages = PAGES if LONG else PAGES[number :: len(EVERY)]
    with serving(small) as home, window(home, color_scheme=scheme) as opened:
        page = opened.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        for role in SEES:
            token = small.sign_in(role, PASSWORD)
            small.set_preferences(token, language=language)
            opened.add_cookies([{"name": "esclusa", "value": token, "url": home}])
            for one in (one for one in pages if role == first_of(one)):
                answer = page.goto(address(one))
                assert answer is not None and answer.ok, one.path
                assert page.evaluate("document.documentElement.lang") == language
                if found := [*breaches(page), *misfits(page)]:
                    wrong[one.path] = found
                seen += 1
    assert wrong == {}
    assert seen == len(pages)


def first_of(page: Any) -> Role:
    return next(role for role in SEES if page.action is None or page.action in PERMITTED[role])


@pytest.mark.parametrize(
    ("role", "language", "scheme", "width"), WALKS if LONG else [("supervisor", "es", "dark", 360)]
)
def test_no_page_that_links_lead_to_breaks_the_rules_of_access(
    window: Callable[..., Any], home: str, node: Node, role: str, language: str, scheme: str,
    width: int,
) -> None:  # fmt: skip
    token = node.sign_in(role, worlds.PASSWORD)
    node.set_preferences(token, language=language)
    wrong: dict[str, Any] = {}
    with window(home, color_scheme=scheme) as opened:
        opened.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = opened.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        seen = walk(page, wrong)
    assert wrong == {}
    assert len(seen) > (20 if role == "supervisor" else 5) if LONG else seen == set(WORKED_ON)


def walk(page: Page, wrong: dict[str, Any]) -> set[str]:
    """Visit one address of each kind of page that links lead to; note what axe finds."""
    ahead, seen = ["/"], set[str]()
    while ahead:
        address = ahead.pop()
        kind = kind_of(address)
        if kind in seen or not kind or not (LONG or kind in WORKED_ON):
            continue
        seen.add(kind)
        page.goto(address)
        if found := breaches(page):
            wrong[address] = found
        ahead += page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    return seen
