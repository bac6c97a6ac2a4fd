"""A message explained in a real browser: pasted, dropped, by keyboard, with script and without."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from layout import LOOKS, look, misfits
from playwright.sync_api import BrowserContext, Page, expect
from small_node import PASSWORD

pytestmark = pytest.mark.browser

MESSAGE = """UNB+UNOC:3+NORTHREACH+MARISOL+260413:1015+77'
UNH+1+CUSCAR:D:96A:UN'
BGM+85+NR-1+9'
NAD+CZ+++PANADERÍA EL ÍNDIGO SA+CALLE 50'
EQD+CN+NRXU4430057+22G1:102:5++2+5'
UNT+5+1'
UNZ+1+77'
"""

Windows = Callable[..., AbstractContextManager[BrowserContext]]


def opened(context: BrowserContext, language: str = "en") -> Page:
    """Sign in and open the page."""
    page = context.new_page()
    page.goto(f"/sign-in?language={language}&next=/messages")
    page.locator("input[name=name]").fill("analyst")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("textarea").wait_for()
    return page


def explained(page: Page) -> None:
    """Paste the message and look at it."""
    page.locator("textarea").fill(MESSAGE)
    page.locator("#read button.main").click()
    page.wait_for_url("**/messages#result")


def test_a_message_is_pasted_and_its_defect_found_at_its_segment_by_keyboard_alone(
    context: BrowserContext,
) -> None:
    page = opened(context)
    page.locator("textarea").focus()
    page.keyboard.insert_text(MESSAGE)
    for _step in range(4):
        page.keyboard.press("Tab")
    expect(page.locator("#read button.main")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/messages#result")
    expect(page.locator("#result")).to_be_in_viewport()
    expect(page.locator("textarea")).to_have_value(MESSAGE)
    page.keyboard.press("j")
    expect(page.locator("tr.at")).to_contain_text("check digit is 6")
    page.keyboard.press("Enter")
    page.wait_for_url("**/messages#s-5")
    row = page.locator("tr:target")
    expect(row).to_be_in_viewport()
    expect(row.locator("th")).to_have_text("EQDEquipment details")
    expect(row.locator("li.wrong code")).to_have_text("NRXU4430057")
    expect(row.locator("li.wrong")).to_contain_text("Warning 1")


def test_without_script_and_in_spanish_the_same_is_seen(window: Windows, home: str) -> None:
    with window(home, java_script_enabled=False) as context:
        page = opened(context, "es")
        explained(page)
        expect(page.locator("#result")).to_have_text("Qué se reconoció")
        page.get_by_role("link", name="EQD (4)").click()
        row = page.locator("tr:target")
        expect(row.locator("li.wrong")).to_contain_text("Advertencia 1")
        assert row.locator("th small").get_attribute("lang") == "en"
        page.get_by_role("link", name="Advertencia 1").click()
        expect(page.locator("tr:target")).to_contain_text("value.container")
        page.get_by_role("button", name="Error o más grave").click()
        page.wait_for_url("**/messages#defects")
        expect(page.locator("#d-1")).to_have_count(0)
        expect(page.get_by_role("button", pressed=True)).to_have_text("Error o más grave")


def test_a_dropped_file_is_looked_at_byte_for_byte(context: BrowserContext) -> None:
    page = opened(context)
    dropped = page.evaluate_handle(
        """(text) => { const all = new DataTransfer();
          all.items.add(new File([text], "dropped.edi")); return all }""",
        MESSAGE.replace("\n", "\r\n"),
    )
    form = page.locator("#read")
    form.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(form).to_have_class("filters over")
    page.locator("textarea").dispatch_event("drop", {"dataTransfer": dropped})
    expect(form).to_have_class("filters")
    expect(page.locator("input[type=file]")).to_be_focused()
    page.keyboard.press("Tab")
    page.locator("#read button.main").click()
    page.wait_for_url("**/messages#result")
    expect(form).to_contain_text("dropped.edi")
    size = len(MESSAGE.replace("\n", "\r\n").encode())
    expect(page.locator("dl.across").first).to_contain_text(f"{size} B")
    page.get_by_role("button", name="Fatal").click()
    page.wait_for_url("**/messages#defects")
    expect(form).to_contain_text("dropped.edi")


def test_the_answer_is_saved_as_a_file_and_the_page_stays(context: BrowserContext) -> None:
    page = opened(context)
    explained(page)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save the answer to the sender (CONTRL)").click()
    assert saving.value.suggested_filename == "contrl.edi"
    assert b"UCI+77+NORTHREACH+MARISOL" in saving.value.path().read_bytes()
    expect(page.locator("#result")).to_have_count(1)


def test_the_page_keeps_its_width_its_targets_and_its_focus_wcag_1_4_10_2_5_8_and_2_4_7(
    context: BrowserContext,
) -> None:
    page = opened(context)
    explained(page)
    for width, scheme in LOOKS:
        look(page, width, scheme)
        assert misfits(page) == []
    page.locator("textarea").focus()
    for _ in range(20):
        outline = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return [document.activeElement.tagName, s.outlineStyle, s.outlineWidth] }"
        )
        assert outline[0] == "BODY" or outline[1:] == ["solid", "3px"], outline
        page.keyboard.press("Tab")


def test_every_control_has_a_name_that_a_screen_reader_says_wcag_4_1_2(
    context: BrowserContext,
) -> None:
    page = opened(context)
    explained(page)
    for role, name in (("textbox", "Message"), ("combobox", "Directory"), ("combobox", "Guide"),
                       ("button", "Look at it"), ("group", "Show"), ("group", "Defects")):  # fmt: skip
        expect(page.get_by_role(role, name=name, exact=True)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_label("Or a file")).to_have_count(1)
    expect(page.get_by_role("table")).not_to_have_count(0)
    expect(page.get_by_role("rowheader", name="EQD Equipment details")).to_have_count(1)
