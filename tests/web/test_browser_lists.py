"""A held edition of a list in a real browser: seen, looked into, confirmed; with script and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import worlds
from esclusa.node import Node

pytestmark = pytest.mark.browser

MANY = tuple((f"e{number:02}", f"FIRM NUMBER{number} OF NORTHREACH") for number in range(20))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("browser") / "node")
    worlds.add_people(made)
    yield made
    made.close()


@pytest.fixture(params=(True, False), ids=("with script", "script off"))
def page(
    request: pytest.FixtureRequest, node: Node, home: str,
    window: Callable[..., AbstractContextManager[BrowserContext]],
) -> Iterator[Page]:  # fmt: skip
    """A supervisor's window."""
    with window(home, java_script_enabled=request.param) as context:
        token = node.sign_in("supervisor", worlds.PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        yield context.new_page()


def test_a_held_edition_is_found_looked_into_and_confirmed(
    page: Page, node: Node, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = "scripted" if "with script" in request.node.name else "plain"
    worlds.with_list(node, name, *MANY)
    file = tmp_path / "half.json"
    file.write_bytes(worlds.list_of(*MANY[:10]))

    page.goto("/lists")
    page.get_by_role("link", name=name).click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("More entries would go")
    page.get_by_role("link", name="Which would go").click()
    expect(page.get_by_role("row").filter(has_text="FIRM NUMBER19")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    held = page.locator("form[action$='/confirm']")
    held.get_by_label("Reason, in your own words").fill("two offices were joined")
    held.get_by_role("button", name="Bring it into force").press("Enter")
    expect(page.get_by_role("row").filter(has_text="two offices were joined")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    (now,) = [item for item in node.lists(node.operator()) if item.id == name]
    assert now.entries == 10
