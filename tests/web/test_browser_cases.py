"""A case in a real browser, without script: from an alert to its outcome, with evidence in and out.
About 5 s of CPU beside the browser's."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe import breaches
from layout import TIGHTEST, misfits
from playwright.sync_api import Browser, Page, expect
from small_cases import CASE, ENDED, OTHER
from small_node import PASSWORD, SmallNode, alert_name

import case_worlds
import worlds
from esclusa.node import Node

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = case_worlds.made(tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


def step(page: Page, title: str, **given: str) -> None:
    """Open a step's form by its title, fill it in, send it, and wait for the page that comes."""
    named = page.get_by_role("button", name=title, exact=True)
    form = page.locator("form").filter(has=named).first
    if not form.is_visible():
        page.locator("summary", has_text=title).first.click()
    for name, value in given.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("item => item.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "file":
            field.set_input_files(value)
        else:
            field.fill(value)
    with page.expect_navigation():
        form.get_by_role("button", name=title, exact=True).click()


def test_a_case_from_an_alert_to_its_outcome_without_script(
    browser: Browser, serving: Any, node: Node, tmp_path: Path
) -> None:
    photo = tmp_path / "seal.html"
    photo.write_bytes(b"<script>document.title = 'run'</script>")
    alert = case_worlds.alert(node)
    with serving(node) as home:
        context = browser.new_context(java_script_enabled=False, base_url=home)
        token = node.sign_in("analyst", worlds.PASSWORD)
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        page.goto(f"/alerts/{alert}")
        page.get_by_role("link", name="Put into a case").click()
        page.get_by_label("Title").fill("Boxes of Altamira")
        page.get_by_role("button", name="Put in").click()
        expect(page.locator("main")).to_contain_text("State: Open")
        step(page, "Start work")
        step(page, "Add a member", person="supervisor")
        step(page, "Set a task", task="ask the carrier", member="analyst", due="yesterday")
        expect(page.get_by_role("alert")).to_contain_text("it is said at the field")
        expect(page.locator(".wrong")).to_have_text("Write date and time like 2026-11-28 10:00.")
        step(page, "Set a task", due="2026-11-28 10:00")
        expect(page.locator("main")).to_contain_text("ask the carrier")
        step(page, "Take in evidence", files=str(photo), what="page", source="carrier's site")
        expect(page.get_by_role("heading", name="seal.html")).to_be_visible()
        page.locator("summary", has_text="Download").first.click()
        with page.expect_download() as saving:
            page.get_by_role("button", name="Download").click()
        assert Path(saving.value.path()).read_bytes() == photo.read_bytes()
        assert saving.value.suggested_filename == "seal.html"
        page.goto(page.url.partition("#")[0])
        step(page, "Close", outcome="nothing_found", closing="scan and opening on the quay")
        expect(page.get_by_role("alert")).to_contain_text("tasks wait: 1")
        expect(page.get_by_label("What the outcome rests on")).to_have_value(
            "scan and opening on the quay"
        )
        step(page, "Task done", result="papers seen")
        page.locator("summary", has_text="Export as a sealed package").click()
        with page.expect_download() as saving:
            page.get_by_role("button", name="Export", exact=True).click()
        with zipfile.ZipFile(saving.value.path()) as archive:
            readable = archive.read("case.html").decode()
        page.goto(page.url)
        step(page, "Close", outcome="nothing_found", closing="scan and opening on the quay")
        expect(page.locator("main")).to_contain_text("State: Closed")
        page.get_by_role("link", name="Compare all files").click()
        expect(page.get_by_role("row", name="seal.html")).to_contain_text("Intact")
        alone = context.new_page()
        alone.set_content(readable)
        expect(alone.get_by_role("heading", name="Boxes of Altamira")).to_be_visible()
        assert alone.title() != "run"
        context.close()


def test_no_page_of_the_case_room_breaks_the_rules_of_access_or_scrolls_sideways(
    window: Any, serving: Any
) -> None:
    """Everything unfolded; narrow, dark and Spanish, in a long run every way."""
    small = SmallNode()
    addresses = ("/cases", *(f"/cases/{name}" for name in (CASE, OTHER, ENDED)),
                 f"/cases/{CASE}/checks", "/case-starts",
                 f"/case-starts/alert/{alert_name(1)}")  # fmt: skip
    wrong: list[Any] = []
    with serving(small) as home:
        for width, scheme in TIGHTEST:
            language = "es" if width == 360 else "en"
            token = small.sign_in("supervisor", PASSWORD)
            small.set_preferences(token, language=language)
            with window(home, color_scheme=scheme) as context:
                context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
                page = context.new_page()
                page.set_viewport_size({"width": width, "height": 900})
                for address in addresses:
                    page.goto(address)
                    found = [*breaches(page), *misfits(page)]
                    wrong += [(address, language, width, one) for one in found]
    assert not wrong, wrong
