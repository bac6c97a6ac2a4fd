"""Ten errands in a real browser by keyboard alone: nothing here presses, moves or taps a pointer.

What is wanted is reached as a person reaches it: with a key of the page, or by Tab until it has the
focus. About 10 CPU seconds, the browser's own apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from small_node import PASSWORD, SmallNode, alert_name, record_name
from small_referrals import OURS

pytestmark = pytest.mark.browser

FAR = 160
"""Stops of the Tab key before a person would give up; the longest form has about half."""


@pytest.fixture(scope="module")
def home(serving: Callable[[SmallNode], AbstractContextManager[str]]) -> Iterator[str]:
    with serving(SmallNode(rows=6)) as address:
        yield address


def sign_in(context: BrowserContext, name: str = "analyst") -> Page:
    page = context.new_page()
    page.goto("/sign-in?language=en")
    expect(page.locator("input[name=name]")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    return page


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus, seen on the screen and with its outline."""
    expect(wanted).to_have_count(1)
    for _ in range(FAR):
        if wanted.evaluate("node => node === document.activeElement"):
            shown = wanted.evaluate("node => getComputedStyle(node).outlineStyle")
            assert shown != "none", "what has the focus does not show it (WCAG 2.2, 2.4.7)"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{FAR} stops of Tab do not reach {wanted}")


def type_into(page: Page, wanted: Locator, text: str) -> None:
    reach(page, wanted)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    reach(page, wanted)
    page.keyboard.press(key)


def go(page: Page, group: str, entry: str) -> None:
    """Open a group of the navigation and follow one of its entries."""
    item = page.locator("nav").get_by_role("link", name=entry, exact=True)
    if not item.is_visible():
        press(page, page.locator("nav summary").filter(has_text=group))
        expect(item).to_be_visible()
    press(page, item)


def test_1_sign_in_and_out(context: BrowserContext) -> None:
    page = sign_in(context)
    press(page, page.get_by_role("button", name="Sign out"))
    page.wait_for_url("**/sign-in*")


def test_2_triage_three_alerts_with_the_same_verdict(context: BrowserContext) -> None:
    page = sign_in(context)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alert_name(0)}*")
    page.keyboard.press("4")
    expect(page.locator("input[name=reason]")).to_be_focused()
    page.keyboard.type("Papers seen.")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alert_name(1)}*")
    page.keyboard.press("s")
    page.wait_for_url(f"**/alerts/{alert_name(2)}*")
    page.keyboard.press("u")
    page.wait_for_url(f"**/alerts/{alert_name(1)}*")
    expect(page.locator("aside")).to_contain_text("Papers seen.")


def test_3_claim_an_alert_and_put_it_back(context: BrowserContext) -> None:
    page = sign_in(context)
    page.goto(f"/alerts/{alert_name(3)}")
    page.keyboard.press("c")
    expect(page.locator(".decision")).to_contain_text("Claimed by analyst")
    page.keyboard.press("r")
    expect(page.locator(".decision")).not_to_contain_text("Claimed by")


def test_4_write_a_verdict_without_single_keys_wcag_2_1_4(context: BrowserContext) -> None:
    page = sign_in(context)
    page.goto(f"/alerts/{alert_name(4)}")
    verdict = page.locator("input[name=verdict][value=refer]")
    reach(page, page.locator("input[name=verdict]").first)
    for _ in range(8):
        if verdict.is_checked():
            break
        page.keyboard.press("ArrowDown")
    expect(verdict).to_be_checked()
    type_into(page, page.locator("input[name=reason]"), "The seal is another one.")
    press(page, page.get_by_role("button", name="Write the verdict"))
    page.wait_for_url(f"**/alerts/*moved={alert_name(4)}*")
    expect(page.get_by_role("status")).to_contain_text("Verdict written")


def test_5_search(context: BrowserContext) -> None:
    page = sign_in(context)
    page.keyboard.press("/")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.type("NRTH 0000")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_6_open_a_record_from_what_was_found(context: BrowserContext) -> None:
    page = sign_in(context)
    page.goto("/search?text=NRTH")
    press(page, page.locator("tbody").get_by_role("link").first)
    page.wait_for_url(f"**/records/{record_name(0)}")
    expect(page.locator("h1")).to_contain_text("NRTH 0000")


def test_7_screen_a_name(context: BrowserContext) -> None:
    page = sign_in(context)
    go(page, "Look up", "Screening")
    page.wait_for_url("**/screening")
    type_into(page, page.locator("input[name=name]"), "ORILLA SUR TRADING")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("ORILLA = ORILLA")


def test_8_draft_a_rule(context: BrowserContext) -> None:
    page = sign_in(context)
    go(page, "Lists and rules", "Rules")
    press(page, page.get_by_role("link", name="Write a rule of our own"))
    page.wait_for_url("**/rule-editor")
    area = page.locator("textarea[name=text]")
    reach(page, area)
    page.keyboard.press("Control+End")
    page.keyboard.type("\n# for pier 7")
    press(page, page.get_by_role("button", name="Keep as a draft"))
    page.wait_for_url("**/rules/*")


def test_9_ask_a_host_to_look_into_a_box(context: BrowserContext) -> None:
    page = sign_in(context)
    page.goto(f"/records/{record_name(1)}")
    press(page, page.get_by_role("link", name="Refer it to a host"))
    page.wait_for_url("**/referral-starts/*")
    host = page.locator("input[name=host]").first
    if not host.is_checked():
        press(page, host, "Space")
    for field in page.locator("form.fields .field").all():
        box = field.locator("input, textarea, select").first
        kind = box.evaluate("node => node.tagName")
        reach(page, box)
        if kind == "SELECT":
            page.keyboard.press("ArrowDown")
        else:
            moment = box.get_attribute("placeholder") or ""
            page.keyboard.type("2027-01-01 10:00" if moment[:2] == "20" else "112 kg too heavy")
    press(page, page.get_by_role("button", name="Send the request"))
    page.wait_for_url(f"**/referrals/{OURS}")


def test_10_download_a_report(context: BrowserContext) -> None:
    page = sign_in(context)
    go(page, "Oversight", "Selection report")
    page.wait_for_url("**/selection-report")
    with page.expect_download() as kept:
        press(page, page.locator("main").get_by_role("link", name="PDF"))
    assert kept.value.suggested_filename.endswith(".pdf")
    assert kept.value.path().read_bytes().startswith(b"%PDF-")
