"""Every page that a person can reach, before axe: no breach of WCAG 2.2 AA, in both languages, light
and dark, wide and narrow.

Each of two roles walks from the first page along the links, to one address of each kind of page.
About 60 CPU seconds; ``ESCLUSA_LONG=1`` takes every language in every scheme and width.
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
from playwright.sync_api import Page

import worlds
from esclusa.node import Node
from esclusa.web.page import all_pages

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVERY = list(itertools.product(("en", "es"), ("light", "dark"), (1300, 360)))
SOME = [("en", "light", 1300), ("es", "dark", 360)]
WAYS = EVERY if os.environ.get("ESCLUSA_LONG") else SOME


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


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
@pytest.mark.parametrize(("language", "scheme", "width"), WAYS)
def test_no_page_breaks_the_rules_of_access(
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
    assert len(seen) > (20 if role == "supervisor" else 5)


def walk(page: Page, wrong: dict[str, Any]) -> set[str]:
    """Visit one address of each kind of page that links lead to; note what axe finds."""
    ahead, seen = ["/"], set()
    while ahead:
        address = ahead.pop()
        if (kind := kind_of(address)) in seen or not kind:
            continue
        seen.add(kind)
        page.goto(address)
        if found := breaches(page):
            wrong[address] = found
        ahead += page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    return seen
