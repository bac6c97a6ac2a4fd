"""Errands about partners in a real browser, before a real node; with script and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from exchange_worlds import World, for_partners, own, take_in

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("browser"), "marisol", "northreach")
    made.agree("marisol", "northreach")
    take_in(made["marisol"], for_partners("northreach"))
    made["marisol"].exchange.publish()
    made.sync("marisol", "northreach")
    for role in ("supervisor", "auditor"):
        node = made["marisol"]
        node.add_user(node.administrator(), name=role, password=PASSWORD, role=role)
    yield made
    made.close()


@pytest.fixture(scope="module")
def home(world: World, serving: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with serving(world["marisol"]) as address:
        yield address


@pytest.fixture(params=(True, False), ids=("with script", "script off"))
def page(
    request: pytest.FixtureRequest, world: World, home: str,
    window: Callable[..., AbstractContextManager[BrowserContext]],
) -> Iterator[Page]:  # fmt: skip
    """A supervisor's window."""
    with window(home, java_script_enabled=request.param) as context:
        token = world["marisol"].sign_in("supervisor", PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        yield context.new_page()


def test_a_partner_is_found_in_the_menu_and_opened(page: Page) -> None:
    page.goto("/queue")
    page.locator("summary", has_text="Partners").click()
    page.get_by_role("link", name="Partners").click()
    page.get_by_role("link", name="northreach").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("northreach")
    page.get_by_text("What it gives").first.click()
    expect(page.locator("main details li").first).to_be_visible()


def test_a_record_is_previewed_from_its_page_and_taken_back(page: Page, world: World) -> None:
    """Each run takes another record: one that was taken back stays so."""
    node = world["marisol"]
    state = node.exchange.state()
    out = {key[2] for key, grant in state.grants.items() if grant.state == "out"}
    record = min(item.id for item in own(node) if node.exchange.name_of(item.id) in out)
    page.goto(f"/records/{record}")
    page.get_by_role("link", name="What a partner would get of it").click()
    page.locator("select[name=partner]").select_option("northreach")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row").filter(has_text="made coarser").first).to_be_visible()
    page.get_by_role("link", name="Back to the record").click()
    page.get_by_role("link", name="Where it went, and taking it back").click()
    page.get_by_label("Reason, in your own words").fill("wrong office")
    page.get_by_label("Take it back from every partner; ours stays.").check()
    page.get_by_role("button", name="Recall").click()
    expect(page.get_by_role("row").filter(has_text="recalled, no receipt yet")).to_be_visible()
    world.sync("marisol", "northreach")
    page.reload()
    expect(page.get_by_role("row").filter(has_text="gone")).to_be_visible()
