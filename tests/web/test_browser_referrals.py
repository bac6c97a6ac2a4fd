"""A referral in a real browser, across two served nodes, without script. About 10 s of CPU beside the browser's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import worlds
from exchange_worlds import World
from referral_worlds import ASKING, HOST, bill, made

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    two = made(tmp_path_factory.mktemp("browser"))
    for agency in (HOST, ASKING):
        worlds.add_people(two[agency])
    yield two
    two.close()


def signed_in(context: BrowserContext, home: str, world: World, agency: str, name: str) -> Page:
    token = world[agency].sign_in(name, worlds.PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    return context.new_page()


def step(page: Page, title: str, **given: str) -> None:
    """Open a step's form by its title, fill it in, send it."""
    if not page.get_by_role("form", name=title).is_visible():
        page.locator("summary", has_text=title).first.click()
    form = page.get_by_role("form", name=title)
    for name, value in given.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("item => item.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.get_by_role("button", name=title).click()


def test_from_request_to_seizure_across_two_running_nodes_without_script(
    browser: Browser, serving: Any, world: World
) -> None:
    record = bill(world)
    with serving(world[ASKING]) as asking, serving(world[HOST]) as hosting:
        ana = browser.new_context(java_script_enabled=False, base_url=asking)
        page = signed_in(ana, asking, world, ASKING, "analyst")
        page.goto(f"/records/{record}")
        page.get_by_role("link", name="Refer it to a host").click()
        page.get_by_label("Reasons for the risk").fill("goods do not fit the exporter")
        cut_off = world.clock() + dt.timedelta(hours=9)
        page.get_by_label("Vessel's cut-off").fill(f"{cut_off:%Y-%m-%dT%H:%M}")
        page.get_by_role("button", name="Send the request").click()
        expect(page.get_by_role("alert")).to_contain_text("it is said at the field")
        expect(page.locator(".wrong")).to_have_text("Fill this in.")
        expect(page.get_by_label("Reasons for the risk")).to_have_value(
            "goods do not fit the exporter"
        )
        page.get_by_label("Legal basis and purpose").fill("treaty, article 3")
        page.get_by_role("button", name="Send the request").click()
        expect(page.locator("main")).to_contain_text("State: Requested")
        world.sync(HOST, ASKING)

        hugo = browser.new_context(java_script_enabled=False, base_url=hosting)
        desk = signed_in(hugo, hosting, world, HOST, "analyst")
        desk.goto("/referrals")
        desk.get_by_role("link", name="KANARIREF").first.click()
        step(desk, "Accept", officer="77", planned_exam="scan_and_open")
        step(desk, "Begin the scan", equipment_id="portal 2")
        step(desk, "Scan shows an anomaly", image_ref="img-1", zone="behind the doors")
        step(desk, "Open the box", order_id="order 9")
        step(desk, "Seizure", category="drugs", what="packages", mass_kg="112",
             concealment="bags behind the doors", photo_ref="photo 1")  # fmt: skip
        expect(desk.locator("main")).to_contain_text("State: Seizure")
        world.sync(HOST, ASKING)
        page.reload()
        expect(page.locator("main")).to_contain_text("State: Seizure")
        expect(page.locator("main")).to_contain_text("bags behind the doors")
        ana.close()
        hugo.close()
